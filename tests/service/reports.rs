//! What a report of a dependent can do, and what it cannot.

use tradovate_session::api::Failure;

use crate::{
    raw::{Answer, Home},
    support::{Act, Seen, TIMEOUT, upstream},
};

fn heard(answer: &Answer) -> (u16, u64, bool) {
    let json = answer.json();
    (
        answer.status,
        json["generation"].as_u64().unwrap(),
        json["probing"].as_bool().unwrap(),
    )
}

fn upstream_calls(home: &Home) -> (usize, usize) {
    (
        home.world.tradovate.count(Seen::Login),
        home.world.tradovate.count(Seen::Renewal),
    )
}

/// Waits for the end of whatever the keeper does.
async fn settled(home: &Home) {
    let mut views = home.session.views();
    views.wait_for(|view| !view.phase.is_in_flight()).await.unwrap();
}

#[tokio::test]
async fn promise_23_a_report_a_401_too_is_a_suspicion_that_one_renewal_settles() {
    for status in [401, 408, 500, 502, 503, 504] {
        let home = Home::at_socket().await;
        assert_eq!(heard(&home.report(1, status).await), (202, 1, true), "{status}");
        settled(&home).await;
        assert_eq!(upstream_calls(&home), (1, 1), "{status}");
        assert_eq!(home.get("/v1/token").await.json()["generation"], 2);
        // The next look comes in a while, whoever reports: one dependent cannot make the service renew again and again.
        assert_eq!(heard(&home.report(2, status).await), (202, 2, true));
        assert_eq!(upstream_calls(&home), (1, 1));
    }
}

#[tokio::test]
async fn promise_11_a_report_of_another_generation_does_nothing() {
    let home = Home::at_socket().await;
    home.session.renew(1.into(), TIMEOUT).await.unwrap();
    for generation in [0, 1, 3, u64::MAX] {
        assert_eq!(
            heard(&home.report(generation, 401).await),
            (202, 2, false),
            "{generation}"
        );
    }
    assert_eq!(upstream_calls(&home), (1, 1));
}

#[tokio::test]
async fn promise_23_a_report_of_anything_else_does_nothing() {
    let home = Home::at_socket().await;
    for status in [0, 200, 400, 403, 404, 409, 422, 424, 428, 430, 501, 505, 599, 65535] {
        assert_eq!(heard(&home.report(1, status).await), (202, 1, false), "{status}");
    }
    assert_eq!(upstream_calls(&home), (1, 0));
}

#[tokio::test]
async fn promise_23_two_hundred_reports_make_one_renewal() {
    let home = Home::at_socket().await;
    let reports = (0..200).map(|_| home.report(1, 401));
    for answer in futures_util::future::join_all(reports).await {
        assert_eq!(answer.status, 202);
    }
    settled(&home).await;
    assert_eq!(upstream_calls(&home), (1, 1));
}

#[tokio::test]
async fn promise_10_a_probe_that_is_refused_is_followed_by_one_login() {
    let home = Home::at_socket().await;
    home.world
        .tradovate
        .renewals
        .lock()
        .unwrap()
        .push_back(Act::Fail(Failure::Unauthorized(String::new())));
    assert_eq!(heard(&home.report(1, 401).await), (202, 1, true));
    let fresh = home.get("/v1/token?after=1&wait=60").await;
    assert_eq!((fresh.status, fresh.json()["generation"].clone()), (200, 2.into()));
    assert_eq!(upstream_calls(&home), (2, 1));
}

#[tokio::test]
async fn promise_10_a_probe_that_settles_nothing_makes_no_login_at_once() {
    let home = Home::at_socket().await;
    home.world
        .tradovate
        .renewals
        .lock()
        .unwrap()
        .push_back(Act::Fail(upstream(503)));
    assert_eq!(heard(&home.report(1, 500).await), (202, 1, true));
    settled(&home).await;
    assert_eq!(upstream_calls(&home), (1, 1));
    assert_eq!(heard(&home.report(1, 500).await), (202, 1, true), "still in doubt");
    assert_eq!(
        home.get("/v1/token").await.json()["generation"],
        1,
        "the token is served on"
    );
}

#[tokio::test]
async fn promise_23_a_report_that_is_none_is_refused() {
    let home = Home::at_socket().await;
    for body in [
        "",
        "{}",
        "[]",
        "null",
        "1",
        r#"{"generation":1}"#,
        r#"{"generation":"1","status":401}"#,
    ] {
        let answer = home.ask("POST", "/v1/token/rejected", &[], body).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (400, r#"{"code":"ERR_TRADOVATE_SERVICE"}"#),
            "{body}"
        );
    }
    assert_eq!(upstream_calls(&home), (1, 0));
}
