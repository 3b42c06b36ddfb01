//! A Tradovate access token, requested once, kept alive in the background and shared by everything that needs it.
//!
//! The way through the crate, from below:
//!
//! - [`clock`], [`secret`], [`error`] and [`trace`] use nothing else of the crate but `mutex`. `backoff`, `access`, `task` and
//!   `trust` are used by several folders: pauses, private files, tasks, TLS.
//! - [`api`] calls Tradovate, and says what an answer means (`answer`).
//! - [`store`] keeps one text for each login: in memory, in files, in Redis.
//! - [`session`] keeps a token alive: a `record` has all that is known of a login's token, `policy` decides what it needs next,
//!   `transitions` and `reports` change it by an answer, the `keeper` acts, and a [`session::Session`] is the handle.
//! - [`service`] hands a session's token to other processes, its dependents, over HTTP on this machine.
//! - `node` is the binding: it translates between the crate and JavaScript, and decides nothing.

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
mod task;
pub mod trace;
mod trust;

#[cfg(feature = "node")]
pub mod node;
