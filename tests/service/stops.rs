//! A 423 or 429 is the user's: whoever meets it, all stop.

use std::{sync::Arc, time::Duration};

use tradovate_session::{
    api::{AccountCall, Failure},
    error::ErrorKind,
    session::{policy::user_cooldown, view::State},
};

use crate::{
    fake::{Fake, answer, is_poll, token},
    far::Far,
    raw::{Home, SOON, private_folder},
    support::{Seen, TIMEOUT, pass, upstream},
};

const HOUR: Duration = Duration::from_secs(3600);

fn is_stopped(far: &Far) -> bool {
    user_cooldown(&far.session.view().record, far.session.clock().now()).is_some()
}

/// How long the service's own session is stopped.
fn stopped_for(home: &Home) -> Option<Duration> {
    let now = home.session.clock().now();
    let hold = user_cooldown(&home.session.view().record, now)?;
    Some(tradovate_session::clock::until(now, hold.until))
}

async fn report(home: &Home, body: &str) -> u16 {
    home.ask("POST", "/v1/token/rejected", &[], body).await.status
}

#[tokio::test]
async fn promise_7_a_stop_that_one_of_twenty_dependents_meets_stops_all_and_the_service() {
    for (failure, kind) in [
        (Failure::RateLimited(HOUR), ErrorKind::RateLimited),
        (Failure::LockedOut(HOUR), ErrorKind::LockedOut),
    ] {
        let home = Home::at_socket().await;
        let fars = futures_util::future::join_all((0..20).map(|_| Far::at(home.address()))).await;
        fars[0].world.calls([failure]);
        assert_eq!(fars[0].list().await.unwrap_err().kind(), kind);
        let all = futures_util::future::join_all(fars.iter().map(|far| far.shows(is_stopped)));
        tokio::time::timeout(Duration::from_secs(1), all)
            .await
            .expect("at once");
        for far in &fars {
            let error = far.list().await.unwrap_err();
            assert_eq!(error.kind(), kind);
            assert!(error.retry_at().is_some());
            assert_eq!(far.session.view().state(far.session.clock().now()), State::Waiting);
        }
        let gets = |far: &Far| far.world.count(Seen::Get);
        assert_eq!(
            fars.iter().map(gets).collect::<Vec<_>>(),
            [[1].as_slice(), &[0; 19]].concat()
        );
        let accounts = home.session.accounts(&AccountCall::List, TIMEOUT).await;
        assert_eq!(accounts.unwrap_err().kind(), kind);
        assert_eq!(home.get("/v1/accounts").await.status, 503);
        assert_eq!(home.world.count(Seen::Get), 0);

        let restarted = Far::at(home.address()).await;
        assert_eq!(restarted.list().await.unwrap_err().kind(), kind);
        assert_eq!(gets(&restarted), 0);
        // An order is its caller's to weigh.
        assert!(restarted.post().await.is_ok());
        let auth = [Seen::Login, Seen::Renewal].map(|call| home.world.count(call));
        assert_eq!(auth, [1, 0], "a stop is no suspicion");
    }
}

#[tokio::test]
async fn promise_7_a_stop_ends_for_all_when_it_ends() {
    let home = Home::at_socket().await;
    let fars = [Far::at(home.address()).await, Far::at(home.address()).await];
    fars[0].world.calls([Failure::RateLimited(Duration::from_millis(700))]);
    assert_eq!(fars[0].list().await.unwrap_err().kind(), ErrorKind::RateLimited);
    fars[1].shows(is_stopped).await;
    for far in &fars {
        assert!(far.list().await.is_ok(), "held until then");
        far.shows(|far| far.session.view().state(far.session.clock().now()) == State::Active)
            .await;
    }
    assert!(fars[0].world.times(Seen::Get)[1] >= Duration::from_millis(700));
}

#[tokio::test]
async fn promise_23_a_dependents_word_stops_for_a_day_at_most_and_with_the_present_token_only() {
    for generation in [0, 2, u64::MAX] {
        let home = Home::at_socket().await;
        let body = format!(r#"{{"generation":{generation},"status":429}}"#);
        assert_eq!(
            (report(&home, &body).await, stopped_for(&home)),
            (202, None),
            "{generation}"
        );
    }
    for (more, least, most) in [
        ("", HOUR.saturating_sub(Duration::from_secs(5)), HOUR),
        (
            r#","retryAfterMs":7000"#,
            Duration::from_secs(5),
            Duration::from_secs(7),
        ),
        (r#","retryAfterMs":18446744073709551615"#, 23 * HOUR, 24 * HOUR),
    ] {
        let home = Home::at_socket().await;
        let body = format!(r#"{{"generation":1,"status":423{more}}}"#);
        assert_eq!(report(&home, &body).await, 202);
        let wait = stopped_for(&home).unwrap();
        assert!(wait > least && wait <= most, "{more}: {wait:?}");
    }
    let home = Home::at_socket().await;
    for wrong in ["-1", "1.5", "\"1\""] {
        let body = format!(r#"{{"generation":1,"status":429,"retryAfterMs":{wrong}}}"#);
        assert_eq!((report(&home, &body).await, stopped_for(&home)), (400, None), "{wrong}");
    }
}

#[tokio::test]
async fn promise_23_a_poll_that_says_which_stop_it_knows_hears_of_another_and_any_other_poll_waits_as_ever() {
    let home = Home::at_socket().await;
    let plain = home.get("/v1/token?after=1&wait=1");
    let telling = home.get("/v1/token?after=1&wait=60&stop=none");
    let stopping = async {
        pass(Duration::from_millis(100)).await;
        report(&home, r#"{"generation":1,"status":429,"retryAfterMs":60000}"#).await
    };
    let (plain, told, _) = tokio::join!(plain, telling, stopping);
    assert_eq!(plain.status, 304);
    assert_eq!((told.status, told.header("etag")), (200, Some("\"1\"")));
    let told = told.json();
    let stopped = &told["stopped"];
    assert_eq!(stopped["code"], "ERR_TRADOVATE_RATE_LIMITED");
    assert!(stopped["forMs"].as_u64().unwrap() > 50_000);
    let until = stopped["until"].as_str().unwrap();
    assert_eq!(
        home.get(&format!("/v1/token?after=1&wait=1&stop={until}")).await.status,
        304
    );
    assert_eq!(home.get("/v1/token").await.json()["stopped"]["until"], until);
}

#[tokio::test]
async fn promise_24_a_stop_that_could_not_be_told_is_told_once_the_service_is_back() {
    let home = Home::at_socket().await;
    let far = Far::at(home.address()).await;
    let Home {
        world,
        session,
        service,
        folder,
    } = home;
    let address = service.address().clone();
    service.close().await;
    far.shows(|far| far.session.view().last_failure.is_some()).await;
    far.world.calls([Failure::RateLimited(HOUR)]);
    assert_eq!(far.list().await.unwrap_err().kind(), ErrorKind::RateLimited);
    let service = crate::raw::start(&session, address, crate::raw::limits())
        .await
        .unwrap();
    let mut views = session.views();
    let now = session.clock().now();
    let told = views.wait_for(|view| user_cooldown(&view.record, now).is_some());
    tokio::time::timeout(SOON, told).await.expect("it is told").unwrap();
    assert_eq!(world.count(Seen::Get), 0);
    service.close().await;
    drop(folder);
}

#[tokio::test]
async fn promise_24_a_stop_is_told_once_and_again_only_while_the_service_has_another_token() {
    let folder = private_folder();
    let fake = Fake::in_folder(&folder, |request| {
        if request.starts_with("POST") {
            return answer(202, r#"{"generation":1,"probing":false}"#);
        }
        if is_poll(request) {
            String::new()
        } else {
            answer(200, &token(1, "demo", 1))
        }
    });
    let far = Arc::new(Far::at(&fake.address).await);
    far.world.calls((0..20).map(|_| Failure::RateLimited(HOUR)));
    let calls = futures_util::future::join_all((0..20).map(|_| far.list()));
    assert!(calls.await.iter().all(Result::is_err));
    pass(Duration::from_millis(1500)).await;
    assert_eq!(fake.count("POST"), 1);
    // What is no stop is no report of one.
    far.world.calls([upstream(501)]);
    assert!(far.post().await.is_err());
    assert_eq!(fake.count("POST"), 1);
}
