//! Promise 23: the token service as its dependents, and those who should not be, meet it. Over real sockets, in real time.

#[path = "../support/mod.rs"]
mod support;

mod address;
mod door;
mod limits;
mod metrics;
mod raw;
mod reports;
mod token;
