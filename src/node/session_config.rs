//! The options of a session, as the facade hands them over.

use std::time::Duration;

use serde::Deserialize;

use super::{
    input::{millis, on_eviction, origin},
    store::StoreConfig,
};
use crate::{
    error::Error,
    session::{Limits, MaxLogins, Settings},
};

/// The least timeout of a login or renewal, however short its caller's is: all sessions of its login need it, and a token that
/// nobody waits for any more is still stored.
pub const LEAST_FLIGHT: Duration = Duration::from_secs(30);

/// The options, which the facade has checked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionConfig {
    environment: String,
    base_url: Option<String>,
    timeout_ms: u32,
    renew_before_ms: u64,
    on_eviction: String,
    max_logins: MaxLoginsConfig,
    pub store: StoreConfig,
    /// Whether credentials are to be had from a function of JavaScript.
    pub asks: bool,
    resume: bool,
    keep_warm: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MaxLoginsConfig {
    count: usize,
    within_ms: u64,
}

impl SessionConfig {
    /// How long a caller waits.
    pub fn patience(&self) -> Duration {
        millis(self.timeout_ms)
    }

    /// The core's settings.
    pub fn settings(&self) -> Result<Settings, Error> {
        Ok(Settings {
            origin: origin(&self.environment, self.base_url.as_deref())?,
            limits: Limits {
                renew_before: Duration::from_millis(self.renew_before_ms),
                on_eviction: on_eviction(&self.on_eviction)?,
                max_logins: MaxLogins {
                    count: self.max_logins.count,
                    within: Duration::from_millis(self.max_logins.within_ms),
                },
            },
            timeout: self.patience().max(LEAST_FLIGHT),
            resume: self.resume,
            keep_warm: self.keep_warm,
        })
    }
}
