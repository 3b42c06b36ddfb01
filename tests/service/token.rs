//! The token as it is handed out.

use std::time::{Duration, Instant};

use tradovate_session::api::Failure;

use crate::{
    raw::{Answer, Home},
    support::{Act, Seen, TIMEOUT, upstream},
};

fn sorted_names(answer: &Answer) -> Vec<String> {
    answer.json().as_object().unwrap().keys().cloned().collect()
}

#[allow(clippy::disallowed_methods)] // these tests are about real time
fn now() -> Instant {
    Instant::now()
}

#[tokio::test]
async fn promise_23_a_token_comes_with_all_that_is_needed_to_use_it() {
    let home = Home::at_socket().await;
    let answer = home.get("/v1/token").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("etag"), Some("\"1\""));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        sorted_names(&answer),
        [
            "accessToken",
            "baseUrl",
            "environment",
            "expirationTime",
            "expiresInMs",
            "firstBaseUrl",
            "generation",
            "hosts",
            "issuedAt",
            "login",
            "serverTime",
            "userId",
        ],
        "Tradovate gave no market-data token"
    );
    let token = answer.json();
    assert_eq!(token["accessToken"], "token-1");
    assert_eq!(token["environment"], "demo");
    assert_eq!(token["userId"], 1);
    assert_eq!(token["baseUrl"], "https://demo.tradovateapi.com/v1");
    let left = token["expiresInMs"].as_u64().unwrap();
    assert!(left <= 80 * 60_000 && left > 79 * 60_000);
    let instant = |name: &str| token[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let told = instant("expirationTime").as_millisecond() - instant("serverTime").as_millisecond();
    assert!(told.abs_diff(left.cast_signed()) <= 1);
}

#[tokio::test]
async fn promise_23_a_token_that_the_asker_has_is_not_sent_again() {
    let home = Home::at_socket().await;
    for (target, tag) in [
        ("/v1/token", "\"1\""),
        ("/v1/token?after=1", "\"0\""),
        ("/v1/token?after=1&wait=0", "x"),
    ] {
        let answer = home.ask("GET", target, &[("If-None-Match", tag)], "").await;
        assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{target}");
        assert_eq!(answer.header("etag"), Some("\"1\""));
    }
    for (target, tag) in [
        ("/v1/token", "\"0\""),
        ("/v1/token", "W/\"1\""),
        ("/v1/token?after=0", "\"1\""),
    ] {
        assert_eq!(
            home.ask("GET", target, &[("If-None-Match", tag)], "").await.status,
            200,
            "{target}"
        );
    }
}

#[tokio::test]
async fn promise_23_a_long_poll_ends_at_a_newer_generation() {
    let home = Home::at_socket().await;
    let started = now();
    let poll = home.get("/v1/token?after=1&wait=60");
    let renew = home.session.renew(1.into(), TIMEOUT);
    let (answer, renewed) = tokio::join!(poll, renew);
    renewed.unwrap();
    assert_eq!(
        (answer.status, answer.json()["accessToken"].clone()),
        (200, "token-2".into())
    );
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn promise_23_a_long_poll_without_news_ends_in_time_with_304() {
    let home = Home::at_socket().await;
    let started = now();
    let answer = home.get("/v1/token?after=1&wait=1").await;
    assert_eq!((answer.status, answer.body.as_str()), (304, ""));
    let took = started.elapsed();
    assert!(
        took >= Duration::from_secs(1) && took < Duration::from_secs(2),
        "{took:?}"
    );
}

#[tokio::test]
async fn promise_23_a_generation_of_another_count_is_answered_at_once() {
    let home = Home::at_socket().await;
    let answer = home.get("/v1/token?after=900&wait=60").await;
    assert_eq!((answer.status, answer.json()["generation"].clone()), (200, 1.into()));
}

#[tokio::test]
async fn promise_23_a_poll_of_more_than_60_s_or_of_nonsense_is_refused() {
    let home = Home::at_socket().await;
    for query in [
        "after=1&wait=61",
        "wait=5",
        "after=-1&wait=5",
        "after=x",
        "after=1&wait=1.5",
        "after=1&more=1",
        "wait=",
    ] {
        let answer = home.get(&format!("/v1/token?{query}")).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (400, r#"{"code":"ERR_TRADOVATE_SERVICE"}"#),
            "{query}"
        );
    }
}

#[tokio::test]
async fn promise_23_without_a_token_the_code_and_the_time_to_ask_again_are_told() {
    let home = Home::at_socket().await;
    // Refused as lost, and no login for an hour.
    home.world.calls([Failure::Unauthorized(String::new())]);
    home.world.renewals([Act::Fail(Failure::Unauthorized(String::new()))]);
    home.world.logins([Act::Fail(Failure::Captcha)]);
    assert_eq!(home.get("/v1/accounts").await.status, 503);
    for target in ["/v1/token", "/v1/token?after=1&wait=60"] {
        let answer = home.get(target).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (503, r#"{"code":"ERR_TRADOVATE_CAPTCHA"}"#)
        );
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((3590..=3600).contains(&wait), "{wait}");
    }
    let ready = home.get("/readyz").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "no token\n"));
    assert_eq!(home.get("/livez").await.status, 200);
}

#[tokio::test]
async fn promise_23_accounts_are_tradovates_own() {
    let home = Home::at_socket().await;
    let answer = home.get("/v1/accounts").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "[]"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    home.world
        .tradovate
        .calls
        .lock()
        .unwrap()
        .push_back(Failure::Forbidden(String::new()));
    let failed = home.get("/v1/accounts").await;
    assert_eq!(
        (failed.status, failed.body.as_str()),
        (503, r#"{"code":"ERR_TRADOVATE_FORBIDDEN"}"#)
    );
    assert_eq!(failed.header("retry-after"), Some("1"));
    assert_eq!(home.world.tradovate.count(Seen::Get), 2);
}

#[tokio::test]
async fn promise_5_the_good_token_is_handed_out_while_its_renewal_fails() {
    let home = Home::at_socket().await;
    *home.world.tradovate.always.lock().unwrap() = Some(upstream(503));
    assert!(home.session.renew(1.into(), TIMEOUT).await.is_err());
    assert_eq!(home.get("/v1/token").await.json()["accessToken"], "token-1");
    assert_eq!(home.get("/readyz").await.status, 200);
}
