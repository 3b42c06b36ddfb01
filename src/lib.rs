//! A Tradovate access token, requested once, kept alive in the background and shared by everything that needs it.
//!
//! The way through the crate, from below:
//!
//! - [`clock`], [`secret`], [`error`] and [`trace`] know nothing else of the crate.
//! - [`api`] calls Tradovate, and says what an answer means (`answer`).
//! - [`store`] keeps one text for each login: in memory, in files, in Redis.
//! - [`session`] is the heart: a `record` says all that is known of a login's token, `policy` decides what it needs next,
//!   `transitions` and `reports` say what an answer does to it, the `keeper` acts, and a [`session::Session`] is the handle.
//! - [`service`] hands a session's token to other processes, its dependents, over HTTP on this machine.
//! - `node` is the binding: it translates between all that and JavaScript, and decides nothing.

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
pub mod trace;
mod trust;

#[cfg(feature = "node")]
pub mod node;
