//! One login, one record, one keeper: what is known of a token, what it needs next, and who does it.

pub mod address;
pub mod aftermath;
pub mod events;
mod keeper;
pub(crate) mod knock;
mod ledger;
pub mod login_key;
mod merge;
pub mod policy;
pub mod record;
pub mod refusal;
#[allow(clippy::module_inception)]
pub mod session;
pub mod stored;
pub mod token;
mod tools;
pub mod view;
mod waiting;

pub use policy::{MaxLogins, OnEviction};
pub(crate) use session::KeeperHandle;
pub use session::{Options, Session};
pub use tools::{CredentialsSource, Dice};
