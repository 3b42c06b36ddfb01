//! Turns what the facade hands over into the core's own types. The facade has checked it all; a value that is wrong all the
//! same is an error, and never taken for another one.

use std::time::Duration;

use napi_derive::napi;
use serde::de::DeserializeOwned;
use serde_json::json;
use tracing::level_filters::LevelFilter;

use crate::{
    api::{Environment, HostPurpose, Method, Origin},
    error::{Error, ErrorKind},
    session::{Limits, OnEviction},
    store::{redis::DEFAULT_PREFIX, seal::KEY_LEN},
};

const ENVIRONMENTS: [Environment; 2] = [Environment::Live, Environment::Demo];
const METHODS: [Method; 2] = [Method::Get, Method::Post];
const EVICTION_ANSWERS: [(&str, OnEviction); 2] = [("login", OnEviction::Login), ("stop", OnEviction::Stop)];
const LOG_LEVELS: [(&str, LevelFilter); 5] = [
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// The values that the facade may hand over, and the core's defaults, as JSON. A test compares the facade's own with them.
#[napi]
pub fn input_catalogue() -> String {
    let Limits {
        renew_before,
        max_logins,
        on_eviction,
    } = Limits::default();
    let on_eviction = EVICTION_ANSWERS.iter().find(|(_, answer)| *answer == on_eviction);
    let catalogue = json!({
        "environments": ENVIRONMENTS.map(Environment::as_str),
        "purposes": HostPurpose::ALL.map(HostPurpose::as_str),
        "methods": METHODS.map(Method::as_str),
        "evictionAnswers": EVICTION_ANSWERS.map(|(name, _)| name),
        "logLevels": LOG_LEVELS.map(|(name, _)| name),
        "keyBytes": KEY_LEN,
        "defaults": {
            "prefix": DEFAULT_PREFIX,
            "renewBeforeMs": in_millis(renew_before),
            "onEviction": on_eviction.map(|(name, _)| name),
            "maxLogins": { "count": max_logins.count, "withinMs": in_millis(max_logins.within) },
        },
    });
    catalogue.to_string()
}

fn in_millis(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}

/// The origin of calls.
pub fn origin(environment: &str, base_url: Option<&str>) -> Result<Origin, Error> {
    let environment = ENVIRONMENTS
        .into_iter()
        .find(|known| known.as_str() == environment)
        .ok_or_else(|| config("environment must be 'live' or 'demo'"))?;
    Origin::new(environment, base_url).map_err(|what| config(&format!("baseUrl {what}")))
}

/// The method of a verb.
pub fn method(verb: &str) -> Result<Method, Error> {
    METHODS
        .into_iter()
        .find(|method| method.as_str() == verb)
        .ok_or_else(|| config("method must be 'GET' or 'POST'"))
}

/// The purpose of a name.
pub fn purpose(name: &str) -> Result<HostPurpose, Error> {
    name.parse().map_err(|()| config("there is no such purpose of a host"))
}

/// The reaction to an eviction.
pub fn on_eviction(name: &str) -> Result<OnEviction, Error> {
    named(&EVICTION_ANSWERS, name).ok_or_else(|| config("onEviction must be 'login' or 'stop'"))
}

/// The level of the log.
pub fn log_level(name: &str) -> Result<LevelFilter, Error> {
    named(&LOG_LEVELS, name).ok_or_else(|| config("there is no such level of a log"))
}

fn named<T: Copy>(known: &[(&str, T)], name: &str) -> Option<T> {
    known.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// Reads what the facade has checked. An error names the field and none of its content.
pub fn parsed<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| config(&format!("{what} cannot be read")))
}

/// A duration from JavaScript.
pub fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn config(what: &str) -> Error {
    Error::new(ErrorKind::Config, what)
}
