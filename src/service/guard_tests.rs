//! Who is let in, and who is not.

use super::*;

const USER: u32 = 1000;
const SECRET: &str = "canary-service-secret";
const AT_HOME: Peer = Peer::User(Some(USER));
const LOOPBACK: Peer = Peer::Network { loopback: true };
const FORBIDDEN: Option<u16> = Some(403);
const BEARER: (&str, &str) = ("authorization", "Bearer canary-service-secret");
/// What a good request shows on the socket, and on a port.
const HOME: [(&str, &str); 2] = [("host", "localhost"), ("x-token-service", "1")];
const NET: [(&str, &str); 3] = [("host", "127.0.0.1:7450"), ("x-token-service", "1"), BEARER];

fn socket() -> AccessRule {
    AccessRule::User(USER)
}

fn port() -> AccessRule {
    AccessRule::Secret {
        host: "127.0.0.1:7450".into(),
        secret: Secret::new(SECRET),
    }
}

fn refused(rule: &AccessRule, peer: Peer, request: &str, headers: &[(&str, &str)]) -> Option<u16> {
    let (method, target) = request.split_once(' ').unwrap();
    let headers = headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, value);
    }
    let info = RequestInfo {
        peer,
        method: &method.parse().unwrap(),
        uri: &target.parse().unwrap(),
        headers: &map,
    };
    admit(rule, info).err().map(|status| status.as_u16())
}

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
    assert_eq!(refused(&AccessRule::Metrics, far, "GET /metrics", &[]), FORBIDDEN);
    assert_eq!(refused(&AccessRule::Metrics, LOOPBACK, "GET /metrics", &[]), None);
    assert_eq!(
        refused(&AccessRule::Metrics, LOOPBACK, "GET /v1/token", &HOME),
        FORBIDDEN
    );
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
