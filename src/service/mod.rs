//! One token for many processes: a service that hands a session's token out on this machine, and the dependent that takes
//! it. No credentials, no login and no forced renewal pass over it.

mod address;
mod asking;
pub mod client;
mod connections;
mod dependent;
mod desk;
mod guard;
mod line;
mod listener;
mod metrics;
mod places;
mod private;
mod proof;
mod server;
mod told;
mod wire;

pub use address::Address;
pub use client::connect;
pub use server::{Bound, Limits, Options, Service};
