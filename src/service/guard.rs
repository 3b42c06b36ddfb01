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

/// Whether a request may be answered, else the status that refuses it.
///
/// # Errors
/// 403 in general, 405 for another method than GET and POST, 413 for an announced body of more than 4 KiB.
pub fn admit(door: &Door, asker: Asker<'_>) -> Result<(), StatusCode> {
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
        return Ok(());
    }
    let headers = asker.headers;
    let allowed = asker.uri.authority().is_none()
        && only(headers, &HOST).is_some_and(|host| host == host_of(door).as_bytes())
        && only(headers, &MARK.0).is_some_and(|value| value == MARK.1.as_bytes())
        && !headers.keys().any(is_foreign)
        && knows_the_secret(door, headers);
    if allowed { Ok(()) } else { Err(StatusCode::FORBIDDEN) }
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
mod tests {
    use super::*;

    const USER: u32 = 1000;
    const SECRET: &str = "canary-service-secret";
    const AT_HOME: Peer = Peer::User(Some(USER));
    const LOOPBACK: Peer = Peer::Network { loopback: true };
    const FORBIDDEN: Option<u16> = Some(403);

    fn socket() -> Door {
        Door::User(USER)
    }

    fn port() -> Door {
        Door::Secret {
            host: "127.0.0.1:7450".into(),
            secret: Secret::new(SECRET),
        }
    }

    fn refused(door: &Door, peer: Peer, request: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let (method, target) = request.split_once(' ').unwrap();
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        let asker = Asker {
            peer,
            method: &method.parse().unwrap(),
            uri: &target.parse().unwrap(),
            headers: &map,
        };
        admit(door, asker).err().map(|status| status.as_u16())
    }

    const HOME: [(&str, &str); 2] = [("host", "localhost"), ("x-token-service", "1")];
    const BEARER: (&str, &str) = ("authorization", "Bearer canary-service-secret");
    const NET: [(&str, &str); 3] = [("host", "127.0.0.1:7450"), ("x-token-service", "1"), BEARER];

    /// The headers, with one of them set to another value, or left out.
    fn but<'a>(headers: &[(&'a str, &'a str)], name: &str, value: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
        headers
            .iter()
            .filter_map(|header| match value {
                _ if header.0 != name => Some(*header),
                Some(value) => Some((header.0, value)),
                None => None,
            })
            .collect()
    }

    fn and<'a>(headers: &[(&'a str, &'a str)], more: (&'a str, &'a str)) -> Vec<(&'a str, &'a str)> {
        headers.iter().copied().chain([more]).collect()
    }

    #[test]
    fn promise_23_what_is_asked_for_properly_is_answered() {
        for request in [
            "GET /v1/token",
            "GET /v1/token?after=3&wait=60",
            "POST /v1/token/rejected",
            "GET /v1/accounts",
        ] {
            assert_eq!(refused(&socket(), AT_HOME, request, &HOME), None, "{request}");
            assert_eq!(refused(&port(), LOOPBACK, request, &NET), None, "{request}");
        }
    }

    #[test]
    fn promise_23_another_user_is_refused_on_the_socket_whatever_he_asks() {
        for peer in [
            Peer::User(Some(USER + 1)),
            Peer::User(Some(0)),
            Peer::User(None),
            LOOPBACK,
        ] {
            for request in ["GET /v1/token", "GET /livez", "GET /readyz"] {
                assert_eq!(
                    refused(&socket(), peer, request, &HOME),
                    FORBIDDEN,
                    "{peer:?} {request}"
                );
            }
        }
    }

    #[test]
    fn promise_23_only_this_machine_is_answered_on_a_port() {
        let far = Peer::Network { loopback: false };
        assert_eq!(refused(&port(), far, "GET /v1/token", &NET), FORBIDDEN);
        assert_eq!(refused(&port(), far, "GET /livez", &NET), FORBIDDEN);
        assert_eq!(refused(&Door::Metrics, far, "GET /metrics", &[]), FORBIDDEN);
        assert_eq!(refused(&Door::Metrics, LOOPBACK, "GET /metrics", &[]), None);
        assert_eq!(refused(&Door::Metrics, LOOPBACK, "GET /v1/token", &HOME), FORBIDDEN);
    }

    #[test]
    fn promise_23_the_host_is_exact() {
        for host in [
            "evil.example",
            "127.0.0.1",
            "localhost:80",
            "LOCALHOST",
            "localhost.",
            "",
            "127.0.0.1:7450",
        ] {
            let headers = but(&HOME, "host", Some(host));
            assert_eq!(
                refused(&socket(), AT_HOME, "GET /v1/token", &headers),
                FORBIDDEN,
                "{host}"
            );
        }
        for host in [
            "evil.example:7450",
            "localhost:7450",
            "127.0.0.1",
            "127.0.0.1:7451",
            "[::1]:7450",
            "",
        ] {
            let headers = but(&NET, "host", Some(host));
            assert_eq!(
                refused(&port(), LOOPBACK, "GET /v1/token", &headers),
                FORBIDDEN,
                "{host}"
            );
        }
        assert_eq!(
            refused(&socket(), AT_HOME, "GET /v1/token", &but(&HOME, "host", None)),
            FORBIDDEN
        );
        let twice = and(&HOME, ("host", "localhost"));
        assert_eq!(refused(&socket(), AT_HOME, "GET /v1/token", &twice), FORBIDDEN);
        assert_eq!(
            refused(&socket(), AT_HOME, "GET http://evil.example/v1/token", &HOME),
            FORBIDDEN
        );
    }

    #[test]
    fn promise_23_the_mark_is_required() {
        for value in [None, Some("0"), Some("true"), Some("")] {
            let headers = but(&HOME, "x-token-service", value);
            assert_eq!(
                refused(&socket(), AT_HOME, "GET /v1/token", &headers),
                FORBIDDEN,
                "{value:?}"
            );
        }
        let twice = and(&HOME, ("x-token-service", "1"));
        assert_eq!(refused(&socket(), AT_HOME, "GET /v1/token", &twice), FORBIDDEN);
    }

    #[test]
    fn promise_23_a_port_wants_the_secret() {
        let wrong = [
            "Bearer canary-service-secreT",
            "Bearer canary-service-secret2",
            "Bearer canary-service",
            "Bearer ",
            "Bearer",
            "Basic canary-service-secret",
            "bearer canary-service-secret",
            "canary-service-secret",
            "",
        ];
        for value in wrong {
            let headers = but(&NET, "authorization", Some(value));
            assert_eq!(
                refused(&port(), LOOPBACK, "GET /v1/token", &headers),
                FORBIDDEN,
                "{value}"
            );
        }
        assert_eq!(
            refused(&port(), LOOPBACK, "GET /v1/token", &but(&NET, "authorization", None)),
            FORBIDDEN
        );
        assert_eq!(
            refused(&port(), LOOPBACK, "GET /v1/token", &and(&NET, BEARER)),
            FORBIDDEN
        );
    }

    #[test]
    fn promise_23_a_browser_or_a_proxy_is_refused() {
        for foreign in [
            ("origin", "http://localhost"),
            ("origin", "null"),
            ("referer", "http://localhost/"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-user", "?1"),
            ("sec-fetch-something-new", ""),
            ("forwarded", "for=127.0.0.1"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-host", "localhost"),
            ("x-forwarded-proto", "http"),
            ("via", "1.1 proxy"),
        ] {
            assert_eq!(
                refused(&socket(), AT_HOME, "GET /v1/token", &and(&HOME, foreign)),
                FORBIDDEN,
                "{foreign:?}"
            );
            assert_eq!(
                refused(&port(), LOOPBACK, "GET /v1/token", &and(&NET, foreign)),
                FORBIDDEN,
                "{foreign:?}"
            );
        }
    }

    #[test]
    fn promise_23_only_get_and_post_are_known() {
        for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"] {
            for path in ["/v1/token", "/livez"] {
                let request = format!("{method} {path}");
                assert_eq!(refused(&socket(), AT_HOME, &request, &HOME), Some(405), "{request}");
            }
        }
    }

    #[test]
    fn promise_23_a_body_of_more_than_4_kib_is_refused_unread() {
        for (length, status) in [
            ("0", None),
            ("4096", None),
            ("4097", Some(413)),
            ("99999999999999999999", Some(413)),
        ] {
            let headers = and(&HOME, ("content-length", length));
            assert_eq!(
                refused(&socket(), AT_HOME, "POST /v1/token/rejected", &headers),
                status,
                "{length}"
            );
        }
    }

    #[test]
    fn promise_23_watchers_need_nothing_but_the_way_in() {
        for path in ["/livez", "/readyz"] {
            let request = format!("GET {path}");
            assert_eq!(refused(&socket(), AT_HOME, &request, &[]), None);
            assert_eq!(refused(&port(), LOOPBACK, &request, &[("host", "anything")]), None);
        }
        assert_eq!(refused(&port(), LOOPBACK, "GET /livez/../v1/token", &[]), FORBIDDEN);
    }

    #[test]
    fn promise_25_a_door_shows_no_secret() {
        assert!(!format!("{:?}", port()).contains("canary"));
    }
}
