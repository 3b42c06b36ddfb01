//! A Tradovate access token, requested once, kept alive in the background and shared by everything that needs it.

mod access;
pub mod api;
mod backoff;
pub mod clock;
pub mod error;
mod mutex;
pub mod secret;
pub mod service;
pub mod session;
pub mod store;
mod trust;

#[cfg(feature = "node")]
pub mod node;
