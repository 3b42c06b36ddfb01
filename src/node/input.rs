//! What the facade hands over, in the core's own types. It has checked it all.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::{
    api::{Environment, Origin},
    error::{Error, ErrorKind},
};

/// Where calls go. Anything but `demo` is live.
pub fn origin(environment: &str, base_url: Option<&str>) -> Result<Origin, Error> {
    let environment = if environment == "demo" {
        Environment::Demo
    } else {
        Environment::Live
    };
    Origin::new(environment, base_url).map_err(|what| Error::new(ErrorKind::Config, format!("baseUrl {what}")))
}

/// Reads what the facade has checked. An error names the field and none of its content.
pub fn parsed<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::new(ErrorKind::Config, format!("{what} cannot be read")))
}

/// A stretch of time from JavaScript.
pub fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}
