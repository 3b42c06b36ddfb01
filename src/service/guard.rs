//! Who may ask a token service: a pure function of what a request shows of itself.
//!
//! A browser is the asker to keep out, since any page can send requests to this machine. It cannot leave out what it adds
//! itself (`Origin`, `Sec-Fetch-*`), cannot set another `Host` than the name it was led by, and must ask first before it
//! sends a header of its own, to which nothing here says yes.

use axum::http::{
    HeaderMap, Method, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_LENGTH, FORWARDED, HOST, HeaderName, ORIGIN, REFERER, VIA},
};
use subtle::ConstantTimeEq;

use super::wire::PROOF;
use crate::secret::Secret;

/// The longest body that is read.
pub const LONGEST_BODY: usize = 4096;
/// The header that no page can send unasked, and its value.
pub const MARK: (HeaderName, &str) = (HeaderName::from_static("x-token-service"), "1");

/// Needed by whatever watches a process, and telling nothing worth hiding.
const OPEN_PATHS: [&str; 3] = ["/livez", "/readyz", "/metrics"];
/// A browser adds these, or a proxy: nobody else's requests are meant to come here.
const FOREIGN: [HeaderName; 4] = [ORIGIN, REFERER, FORWARDED, VIA];
const FOREIGN_PREFIXES: [&str; 2] = ["sec-fetch-", "x-forwarded-"];

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A process of this user, by the kernel's word; none if it gave none.
    User(Option<u32>),
    /// Somebody who came by network.
    Network {
        /// From this very machine.
        loopback: bool,
    },
}

/// What a request has to show.
#[derive(Debug, Clone)]
pub enum Door {
    /// On the socket: to come from this user.
    User(u32),
    /// On a port: the secret, for this host and port.
    Secret {
        /// The only `Host`.
        host: String,
        /// The only secret.
        secret: Secret,
    },
    /// On the port for metrics: to come from this machine.
    Metrics,
}

/// What of a request is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Who sent it.
    pub peer: Peer,
    /// Its method.
    pub method: &'a Method,
    /// Its target.
    pub uri: &'a Uri,
    /// Its headers.
    pub headers: &'a HeaderMap,
}

/// As what a request is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admitted {
    /// As anybody's.
    Anybodys,
    /// As one of this user's processes.
    Users,
}

/// Whether a request may be answered, and as what, else the status that refuses it.
///
/// # Errors
/// 403 in general, 405 for another method than GET and POST, 413 for an announced body of more than 4 KiB.
pub fn admit(door: &Door, asker: Asker<'_>) -> Result<Admitted, StatusCode> {
    if !is_near(door, asker.peer) {
        return Err(StatusCode::FORBIDDEN);
    }
    if asker.method != Method::GET && asker.method != Method::POST {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    if announced_body(asker.headers) > LONGEST_BODY as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    if OPEN_PATHS.contains(&asker.uri.path()) {
        return Ok(Admitted::Anybodys);
    }
    let headers = asker.headers;
    let allowed = asker.uri.authority().is_none()
        && only(headers, &HOST).is_some_and(|host| host == host_of(door).as_bytes())
        && only(headers, &MARK.0).is_some_and(|value| value == MARK.1.as_bytes())
        && !headers.keys().any(is_foreign);
    if allowed && knows_the_secret(door, headers) {
        Ok(Admitted::Users)
    } else if allowed && asker.uri.path() == PROOF && matches!(door, Door::Secret { .. }) {
        // Asked before the secret is told.
        Ok(Admitted::Anybodys)
    } else {
        Err(StatusCode::FORBIDDEN)
    }
}

fn is_near(door: &Door, peer: Peer) -> bool {
    match (door, peer) {
        (Door::User(own), Peer::User(Some(user))) => *own == user,
        (Door::Secret { .. } | Door::Metrics, Peer::Network { loopback }) => loopback,
        _ => false,
    }
}

fn host_of(door: &Door) -> &str {
    match door {
        Door::Secret { host, .. } => host,
        Door::User(_) | Door::Metrics => "localhost",
    }
}

/// Not to be read is to be too long.
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

fn knows_the_secret(door: &Door, headers: &HeaderMap) -> bool {
    match door {
        Door::User(_) => true,
        Door::Metrics => false,
        Door::Secret { secret, .. } => only(headers, &AUTHORIZATION)
            .and_then(|value| value.strip_prefix(b"Bearer "))
            // As long for a wrong secret as for the right one, wherever they differ.
            .is_some_and(|given| given.ct_eq(secret.expose().as_bytes()).into()),
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
