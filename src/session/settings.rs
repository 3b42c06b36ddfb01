//! The settings that the owner of a session gives it.

use std::time::Duration;

use super::limits::Limits;
use crate::api::Origin;

/// The settings that the owner of a session gives it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The environment, or the base URL of another Tradovate.
    pub origin: Origin,
    /// The limits that the policy keeps.
    pub limits: Limits,
    /// The timeout of one call to Tradovate.
    pub timeout: Duration,
    /// Whether a person has done what only a person could do: contention, a captcha or refused credentials are over.
    pub resume: bool,
    /// Whether connections are kept ready.
    pub keep_warm: bool,
}
