//! Who is kept out, by requests as they would come. `src/service/guard.rs` has the table row by row.

use tradovate_session::service::Address;

use crate::raw::{Answer, Home, exchange, port_in, proper, request, socket_in, strict, with_headers};

const GENERIC: &str = r#"{"code":"ERR_TRADOVATE_SERVICE"}"#;

fn assert_refused(answer: &Answer, status: u16, what: &str) {
    assert_eq!((answer.status, answer.body.as_str()), (status, GENERIC), "{what}");
    for (name, value) in &answer.headers {
        assert!(!name.starts_with("access-control"), "{what}: {name}: {value}");
        assert!(!value.contains("token-"), "{what}: {name}: {value}");
    }
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
}

async fn homes() -> [Home; 2] {
    [
        Home::with(socket_in, strict()).await,
        Home::with(port_in, strict()).await,
    ]
}

/// A proper request, but that one header is another.
async fn with(address: &Address, name: &str, value: Option<&str>) -> Answer {
    let mut headers = proper(address);
    headers.retain(|header| !header.0.eq_ignore_ascii_case(name));
    headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    exchange(address, &with_headers("GET", "/v1/token", &headers, "")).await
}

#[tokio::test]
async fn promise_23_another_host_is_refused() {
    for home in homes().await {
        for host in ["evil.example", "localhost:1", "127.0.0.1", "127.0.0.2:80", "[::1]"] {
            assert_refused(&with(home.address(), "Host", Some(host)).await, 403, host);
        }
        assert_refused(&with(home.address(), "Host", None).await, 403, "no host");
        let absolute = request(home.address(), "GET", "http://evil.example/v1/token", &[], "");
        assert_refused(&exchange(home.address(), &absolute).await, 403, "an absolute target");
    }
}

#[tokio::test]
async fn promise_23_a_request_without_the_mark_is_refused() {
    for home in homes().await {
        for mark in [None, Some("0"), Some("yes")] {
            assert_refused(
                &with(home.address(), "X-Token-Service", mark).await,
                403,
                &format!("{mark:?}"),
            );
        }
    }
}

#[tokio::test]
async fn promise_23_a_port_wants_its_secret_and_a_socket_needs_none() {
    let [socket, port] = homes().await;
    assert_eq!(socket.get("/v1/token").await.status, 200);
    assert_eq!(port.get("/v1/token").await.status, 200);
    let wrong = format!("Bearer {}", "0".repeat(64));
    for secret in [None, Some("Bearer "), Some(wrong.as_str())] {
        assert_refused(
            &with(port.address(), "Authorization", secret).await,
            403,
            "a wrong secret",
        );
    }
}

#[tokio::test]
async fn promise_23_whatever_a_browser_or_a_proxy_adds_is_refused() {
    for home in homes().await {
        for (name, value) in [
            ("Origin", "http://127.0.0.1"),
            ("Origin", "null"),
            ("Referer", "http://localhost/"),
            ("Sec-Fetch-Site", "none"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Forwarded", "for=10.0.0.1"),
            ("X-Forwarded-For", "10.0.0.1"),
            ("X-Forwarded-Host", "localhost"),
            ("Via", "1.1 proxy"),
        ] {
            assert_refused(&home.ask("GET", "/v1/token", &[(name, value)], "").await, 403, name);
        }
    }
}

#[tokio::test]
async fn promise_23_no_page_is_told_that_it_may_ask() {
    for home in homes().await {
        let preflight = [
            ("Origin", "http://evil.example"),
            ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "x-token-service"),
            ("Access-Control-Request-Private-Network", "true"),
        ];
        assert_refused(
            &home.ask("OPTIONS", "/v1/token", &preflight, "").await,
            405,
            "preflight",
        );
    }
}

#[tokio::test]
async fn promise_23_other_methods_are_refused() {
    for home in homes().await {
        for method in ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"] {
            assert_refused(&home.ask(method, "/v1/token", &[], "").await, 405, method);
        }
        assert_refused(
            &home.ask("POST", "/v1/token", &[], "{}").await,
            405,
            "POST where GET is meant",
        );
        assert_refused(&home.get("/v1/token/rejected").await, 405, "GET where POST is meant");
        let head = home.ask("HEAD", "/v1/token", &[], "").await;
        assert_eq!((head.status, head.body.as_str()), (405, ""));
    }
}

#[tokio::test]
async fn promise_23_there_is_no_login_no_forced_renewal_and_no_shutdown() {
    let home = Home::at_socket().await;
    let calls = home.world.tradovate.log.lock().unwrap().len();
    for path in [
        "/",
        "/v1",
        "/v1/login",
        "/v1/renew",
        "/v1/token/renew",
        "/v1/close",
        "/v1/shutdown",
        "/v1/credentials",
        "/metrics",
        "/v1/token/",
        "//v1/token",
        "/v1/../v1/token",
    ] {
        assert_refused(&home.get(path).await, 404, path);
        assert_refused(&home.ask("POST", path, &[], "{}").await, 404, path);
    }
    assert_eq!(home.get("/v1/token").await.status, 200);
    assert_eq!(home.world.tradovate.log.lock().unwrap().len(), calls);
}

#[tokio::test]
async fn promise_23_watchers_need_nothing_but_the_way_in() {
    for home in homes().await {
        for (path, body) in [("/livez", "ok\n"), ("/readyz", "ready\n")] {
            let bare = exchange(
                home.address(),
                &with_headers("GET", path, &[("Host".into(), "x".into())], ""),
            )
            .await;
            assert_eq!((bare.status, bare.body.as_str()), (200, body));
        }
    }
}

#[tokio::test]
async fn promise_23_what_is_no_http_is_cut_off() {
    for home in homes().await {
        for garbage in [
            "\r\n\r\n\r\n\r\n",
            "hello\r\n\r\n",
            "GET /v1/token HTTP/9.9\r\n\r\n",
            "\u{1}\u{2}\u{3}\r\n\r\n",
        ] {
            let mut stream = crate::raw::connect(home.address()).await;
            tokio::io::AsyncWriteExt::write_all(&mut stream, garbage.as_bytes())
                .await
                .unwrap();
            let answer = crate::raw::rest(stream.as_mut()).await;
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
                "{garbage:?}: {answer}"
            );
        }
        let huge = format!("GET /v1/token HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(64 * 1024));
        let mut stream = crate::raw::connect(home.address()).await;
        // It may hang up before all of it is sent.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, huge.as_bytes()).await;
        let answer = crate::raw::rest(stream.as_mut()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
        assert_eq!(home.get("/v1/token").await.status, 200);
    }
}
