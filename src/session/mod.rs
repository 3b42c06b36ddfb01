//! One login, one record, one keeper: what is known of a token, what it needs next, and who does it.

pub mod aftermath;
pub mod events;
mod keeper;
pub mod policy;
pub mod record;
#[allow(clippy::module_inception)]
pub mod session;
pub mod view;

pub use keeper::{CredentialsSource, Dice};
pub use policy::{MaxLogins, OnEviction};
pub use session::{Options, Session};
