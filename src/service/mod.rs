//! One token for many processes. A service hands a session's token out on this machine, and dependents take it. Nobody can send
//! credentials, log in or force a renewal through it.

mod address;
pub mod client;
mod connections;
mod connector;
mod dependent;
mod guard;
mod limits;
mod listener;
mod metrics;
mod private;
mod proof;
mod protocol;
mod requests;
mod routes;
mod secret_file;
mod server;
mod slots;
mod token_answer;

pub use address::Address;
pub use client::connect;
pub use limits::Limits;
pub use server::{Bound, Options, Service};
