//! Decides which requests a token service answers: a pure function of a request's head and sender.
//!
//! Any page in a browser can send requests to this machine, so the rules keep browsers out. A browser always adds `Origin` or
//! `Sec-Fetch-*`, sends the name in its URL as `Host`, and asks by a preflight, which is refused here, before it sends a header
//! of the page's own.

use axum::http::{
    HeaderMap, Method, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_LENGTH, FORWARDED, HOST, HeaderName, ORIGIN, REFERER, VIA},
};
use subtle::ConstantTimeEq;

use super::protocol::PROOF;
use crate::secret::Secret;

/// The longest body that is read.
pub const LONGEST_BODY: usize = 4096;
/// The header that each request must have, and its value. A page cannot send it without a preflight.
pub const REQUIRED_HEADER: (HeaderName, &str) = (HeaderName::from_static("x-token-service"), "1");

/// Paths for health checks and metrics: their answers hold no secret.
const PUBLIC_PATHS: [&str; 3] = ["/livez", "/readyz", "/metrics"];
/// Headers that browsers and proxies add.
const FOREIGN: [HeaderName; 4] = [ORIGIN, REFERER, FORWARDED, VIA];
const FOREIGN_PREFIXES: [&str; 2] = ["sec-fetch-", "x-forwarded-"];

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A local process, with its user id if the kernel gave one.
    User(Option<u32>),
    /// A peer on TCP.
    Network {
        /// Whether it is this machine.
        loopback: bool,
    },
}

/// The condition for an answer.
#[derive(Debug, Clone)]
pub enum AccessRule {
    /// On the socket: it comes from this user.
    #[cfg_attr(not(unix), allow(dead_code))]
    User(u32),
    /// On a port: it carries the secret, and this `Host`.
    Secret {
        /// The `Host`.
        host: String,
        /// The secret.
        secret: Secret,
    },
    /// On the port for metrics: it comes from this machine.
    Metrics,
}

/// The parts of a request that the decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct RequestInfo<'a> {
    /// Who sent it.
    pub peer: Peer,
    /// Its method.
    pub method: &'a Method,
    /// Its target.
    pub uri: &'a Uri,
    /// Its headers.
    pub headers: &'a HeaderMap,
}

/// How far a request is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It may come from any program of this machine.
    Public,
    /// It comes from a process of this user.
    Authenticated,
}

/// Decides whether a request is answered, and how far it is trusted.
///
/// # Errors
/// The status of the refusal: 403 in general, 405 for another method than GET and POST, 413 for an announced body of more than 4 KiB.
pub fn admit(rule: &AccessRule, info: RequestInfo<'_>) -> Result<Access, StatusCode> {
    if !is_near(rule, info.peer) {
        return Err(StatusCode::FORBIDDEN);
    }
    if info.method != Method::GET && info.method != Method::POST {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    if announced_body(info.headers) > LONGEST_BODY as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    if PUBLIC_PATHS.contains(&info.uri.path()) {
        return Ok(Access::Public);
    }
    let headers = info.headers;
    let allowed = info.uri.authority().is_none()
        && only(headers, &HOST).is_some_and(|host| host == host_of(rule).as_bytes())
        && only(headers, &REQUIRED_HEADER.0).is_some_and(|value| value == REQUIRED_HEADER.1.as_bytes())
        && !headers.keys().any(is_foreign);
    if allowed && knows_the_secret(rule, headers) {
        Ok(Access::Authenticated)
    } else if allowed && info.uri.path() == PROOF && matches!(rule, AccessRule::Secret { .. }) {
        // The proof comes before the client sends the secret.
        Ok(Access::Public)
    } else {
        Err(StatusCode::FORBIDDEN)
    }
}

fn is_near(rule: &AccessRule, peer: Peer) -> bool {
    match (rule, peer) {
        (AccessRule::User(own), Peer::User(Some(user))) => *own == user,
        (AccessRule::Secret { .. } | AccessRule::Metrics, Peer::Network { loopback }) => loopback,
        _ => false,
    }
}

fn host_of(rule: &AccessRule) -> &str {
    match rule {
        AccessRule::Secret { host, .. } => host,
        AccessRule::User(_) | AccessRule::Metrics => "localhost",
    }
}

/// A length that cannot be read counts as too long.
fn announced_body(headers: &HeaderMap) -> u64 {
    let Some(length) = headers.get(CONTENT_LENGTH) else {
        return 0;
    };
    length
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(u64::MAX)
}

/// The value of a header that is there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then_some(value.as_bytes())
}

fn is_foreign(name: &HeaderName) -> bool {
    FOREIGN.contains(name) || FOREIGN_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix))
}

fn knows_the_secret(rule: &AccessRule, headers: &HeaderMap) -> bool {
    match rule {
        AccessRule::User(_) => true,
        AccessRule::Metrics => false,
        AccessRule::Secret { secret, .. } => only(headers, &AUTHORIZATION)
            .and_then(|value| value.strip_prefix(b"Bearer "))
            // In constant time: its duration tells nothing of the secret.
            .is_some_and(|given| given.ct_eq(secret.expose().as_bytes()).into()),
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
