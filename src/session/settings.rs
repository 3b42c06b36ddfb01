//! What the owner of a session wants of it.

use std::time::Duration;

use super::limits::Limits;
use crate::api::Origin;

/// What the owner of a session wants of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which Tradovate.
    pub origin: Origin,
    /// What the policy goes by.
    pub limits: Limits,
    /// The most that one call to Tradovate may take.
    pub timeout: Duration,
    /// Whether a person has done what only a person could do: a fight, a captcha or refused credentials are over.
    pub resume: bool,
    /// Whether connections are kept ready.
    pub keep_warm: bool,
}
