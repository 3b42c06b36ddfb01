//! The binding: translates between JavaScript and the core, and decides nothing. The only folder that names napi.
//!
//! Outcomes are data: each call is settled through one shared function with a text or an error. State is behind `Arc` and
//! cloned into what runs, since a worker thread may end in mid-call.

// The macros of napi-derive write unsafe code.
#![allow(unsafe_code, missing_docs)]
// Values from JavaScript are owned, and index.d.ts documents the errors.
#![allow(
    clippy::needless_pass_by_value,
    clippy::missing_errors_doc,
    clippy::must_use_candidate
)]

mod bridge;
mod changes;
mod credential_requests;
mod functions;
mod input;
mod json;
mod log;
mod long_list;
mod process;
mod service;
mod session;
mod session_config;
mod store;
mod stored;
mod text;

pub use bridge::Bridge;
pub use input::input_catalogue;
pub use json::error_catalogue;
pub use service::ServiceHandle;
pub use session::SessionHandle;
