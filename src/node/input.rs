//! What the facade hands over, in the core's own types. It has checked it all; what is wrong all the same is an error, and
//! never taken for something else.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::{
    api::{Environment, HostPurpose, Method, Origin},
    error::{Error, ErrorKind},
    session::OnEviction,
};

/// Where calls go.
pub fn origin(environment: &str, base_url: Option<&str>) -> Result<Origin, Error> {
    let environment = match environment {
        "live" => Environment::Live,
        "demo" => Environment::Demo,
        _ => return Err(config("environment must be 'live' or 'demo'")),
    };
    Origin::new(environment, base_url).map_err(|what| config(&format!("baseUrl {what}")))
}

/// A verb.
pub fn method(verb: &str) -> Result<Method, Error> {
    [Method::Get, Method::Post]
        .into_iter()
        .find(|method| method.as_str() == verb)
        .ok_or_else(|| config("method must be 'GET' or 'POST'"))
}

/// What a host is used for.
pub fn purpose(name: &str) -> Result<HostPurpose, Error> {
    name.parse().map_err(|()| config("there is no such purpose of a host"))
}

/// What an eviction is answered by.
pub fn on_eviction(name: &str) -> Result<OnEviction, Error> {
    match name {
        "login" => Ok(OnEviction::Login),
        "stop" => Ok(OnEviction::Stop),
        _ => Err(config("onEviction must be 'login' or 'stop'")),
    }
}

/// Reads what the facade has checked. An error names the field and none of its content.
pub fn parsed<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| config(&format!("{what} cannot be read")))
}

/// A stretch of time from JavaScript.
pub fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn config(what: &str) -> Error {
    Error::new(ErrorKind::Config, what)
}
