//! The session of one login: a record of its token, a policy that decides what the record needs next, and a keeper that acts.

pub mod address;
pub mod attempt_count;
pub mod budget;
mod calls;
pub mod cooldown;
mod deps;
pub mod events;
mod failed_calls;
pub mod history;
pub mod hold;
mod keeper;
pub mod ledger;
pub mod limits;
pub mod lineage;
pub mod login_key;
mod merge;
mod penalties;
pub mod phase;
pub mod policy;
pub(crate) mod publisher;
pub mod record;
pub mod refusal;
pub mod reports;
pub(crate) mod request;
#[allow(clippy::module_inception)]
pub mod session;
mod settings;
pub mod stored;
pub mod suspicion;
pub mod token;
pub mod transitions;
pub mod view;
mod wait_for;
mod waiting;
mod warm;

pub use deps::{CredentialsSource, Deps, Random};
pub use limits::{Limits, MaxLogins, OnEviction};
pub(crate) use session::KeeperHandle;
pub use session::Session;
pub use settings::Settings;
