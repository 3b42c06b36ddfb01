//! What the facade hands over, in the core's own types. It has checked it all.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::{
    api::{Environment, Origin},
    error::{Error, ErrorKind},
};

/// Where calls go.
pub fn origin(environment: &str, base_url: Option<&str>) -> Result<Origin, Error> {
    let config = |what: String| Error::new(ErrorKind::Config, what);
    let environment = match environment {
        "live" => Environment::Live,
        "demo" => Environment::Demo,
        _ => return Err(config("environment must be 'live' or 'demo'".into())),
    };
    Origin::new(environment, base_url).map_err(|what| config(format!("baseUrl {what}")))
}

/// Reads what the facade has checked. An error names the field and none of its content.
pub fn parsed<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::new(ErrorKind::Config, format!("{what} cannot be read")))
}

/// A stretch of time from JavaScript.
pub fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}
