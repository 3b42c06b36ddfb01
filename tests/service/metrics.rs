//! What Prometheus is told.

use tradovate_session::{
    api::Failure,
    service::{Address, Options, Service},
};

use crate::{
    raw::{Answer, Home, exchange, limits, socket_in, with_headers},
    support::TIMEOUT,
};

async fn metrics_home() -> (Home, Service, u16) {
    let home = Home::at_port().await;
    let folder = &home.folder;
    let options = Options {
        session: home.session.clone(),
        address: socket_in(folder),
        metrics_port: Some(0),
        limits: limits(),
    };
    let service = Service::start(options).await.unwrap();
    let port = service.metrics_port().unwrap();
    (home, service, port)
}

async fn get(port: u16, path: &str) -> Answer {
    let address = Address::Port {
        port,
        secret_file: "none".into(),
    };
    let host = [("Host".to_owned(), address.host())];
    exchange(&address, &with_headers("GET", path, &host, "")).await
}

fn value(text: &str, series: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in\n{text}"))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn promise_23_metrics_tell_how_the_session_fares_and_what_was_asked() {
    let (home, service, port) = metrics_home().await;
    let text = exchange(
        service.address(),
        &crate::raw::request(service.address(), "GET", "/v1/token", &[], ""),
    )
    .await;
    assert_eq!(text.status, 200);
    let refused = exchange(service.address(), &with_headers("GET", "/v1/token", &[], "")).await;
    assert_eq!(refused.status, 403);
    home.session.renew(1.into(), TIMEOUT).await.unwrap();

    let answer = get(port, "/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    let text = &answer.body;
    assert!(text.ends_with("# EOF\n"));
    for (series, wanted) in [
        ("tradovate_session_logins_total", 1.0),
        ("tradovate_session_renewals_total", 1.0),
        ("tradovate_session_adoptions_total", 0.0),
        ("tradovate_session_failures_total", 0.0),
        ("tradovate_session_token_generation", 2.0),
        ("tradovate_session_needs_person", 0.0),
        ("tradovate_session_retry_timestamp_seconds", 0.0),
        ("tradovate_address_logins", 1.0),
        ("tradovate_address_refused_logins", 0.0),
        ("tradovate_session_state{state=\"active\"}", 1.0),
        ("tradovate_session_state{state=\"degraded\"}", 0.0),
        ("tradovate_session_state{state=\"contended\"}", 0.0),
        ("tradovate_service_requests_total{call=\"token\",status=\"200\"}", 1.0),
        ("tradovate_service_requests_total{call=\"refused\",status=\"403\"}", 1.0),
        ("tradovate_service_polls", 0.0),
    ] {
        assert!((value(text, series) - wanted).abs() < 1e-9, "{series} in\n{text}");
    }
    let now = home.session.clock().now().as_second();
    #[allow(clippy::cast_precision_loss)]
    let left = value(text, "tradovate_session_token_expiry_timestamp_seconds") - now as f64;
    assert!((79.0 * 60.0..=81.0 * 60.0).contains(&left), "{left}");
    assert!(text.contains("tradovate_session_info{environment=\"demo\",version="));
}

#[tokio::test]
async fn promise_23_metrics_are_on_their_own_port_of_this_machine_and_nothing_else_is() {
    let (home, service, port) = metrics_home().await;
    assert_eq!(home.get("/metrics").await.status, 404);
    for path in ["/v1/token", "/v1/accounts", "/"] {
        assert_eq!(get(port, path).await.status, 403, "{path}");
    }
    assert!(tokio::net::TcpStream::connect(("127.0.0.2", port)).await.is_err());
    service.close().await;
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[tokio::test]
async fn promise_25_metrics_hold_nothing_of_a_token_or_a_secret() {
    let (home, service, port) = metrics_home().await;
    home.world
        .tradovate
        .calls
        .lock()
        .unwrap()
        .push_back(Failure::Unauthorized(String::new()));
    home.get("/v1/accounts").await;
    home.report(1, 401).await;
    let text = get(port, "/metrics").await.body;
    let Address::Port { secret_file, .. } = home.address() else {
        panic!()
    };
    let secret = std::fs::read_to_string(secret_file).unwrap();
    assert!(
        !text.contains("token-1") && !text.contains("token-2") && !text.contains(&secret),
        "{text}"
    );
    service.close().await;
}
