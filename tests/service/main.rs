//! Promises 23 and 24: the token service as its dependents meet it, and those who should not be. Over real sockets, in real
//! time.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod address;
mod bound;
mod closing;
mod dependent;
mod fake;
mod far;
mod limits;
mod metrics;
mod misled;
mod moves;
mod proof;
mod raw;
mod removed;
mod reports;
mod saving;
mod stops;
mod token;
mod unauthenticated;
