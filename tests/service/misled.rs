//! Dependents whose service says something else than it should.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tradovate_session::{
    clock::Clock,
    error::ErrorKind,
    session::{events::Event, view::State},
};

use crate::{
    fake::{Fake, answer, is_poll, token},
    far::Far,
    raw::{SOON, private_folder},
    support::pass,
};

#[tokio::test]
async fn promise_24_a_service_that_turns_to_another_user_or_environment_is_used_no_more_until_it_turns_back() {
    for other in [token(2, "live", 1), token(2, "demo", 2)] {
        let folder = private_folder();
        let step = Arc::new(AtomicUsize::new(0));
        let now = step.clone();
        let fake = Fake::in_folder(&folder, move |request| match now.load(Ordering::SeqCst) {
            0 if is_poll(request) => String::new(),
            0 => answer(200, &token(1, "demo", 1)),
            1 => answer(200, &other),
            _ if is_poll(request) => String::new(),
            _ => answer(200, &token(3, "demo", 1)),
        });
        let far = Far::at(&fake.address).await;
        assert!(far.has(1));
        step.store(1, Ordering::SeqCst);
        let address = fake.address.clone();
        fake.hang_up();
        far.shows(|far| far.token().is_none()).await;
        let error = far.session.token(Duration::from_millis(100)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ServiceMismatch);
        assert_eq!(far.list().await.unwrap_err().kind(), ErrorKind::ServiceMismatch);
        let warnings = far.events.drain();
        assert!(
            warnings
                .iter()
                .any(|event| matches!(event, Event::Warning(error) if error.kind() == ErrorKind::ServiceMismatch))
        );
        step.store(2, Ordering::SeqCst);
        far.shows(|far| far.has(3)).await;
        assert_eq!(address, fake.address);
    }
}

#[tokio::test]
async fn promise_24_a_service_without_a_token_ends_its_dependents_token_and_says_why() {
    for (code, kind, state) in [
        ("CONTENDED", ErrorKind::Contended, State::Contended),
        ("EVICTED", ErrorKind::Evicted, State::Stopped),
        ("CAPTCHA", ErrorKind::Expired, State::Waiting),
    ] {
        let folder = private_folder();
        let lost = Arc::new(AtomicUsize::new(0));
        let is_lost = lost.clone();
        let fake = Fake::in_folder(&folder, move |request| {
            if is_lost.load(Ordering::SeqCst) == 0 {
                return if is_poll(request) {
                    String::new()
                } else {
                    answer(200, &token(1, "demo", 1))
                };
            }
            let body = format!(r#"{{"code":"ERR_TRADOVATE_{code}"}}"#);
            format!(
                "HTTP/1.1 503 X\r\nRetry-After: 3600\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        });
        let far = Far::at(&fake.address).await;
        lost.store(1, Ordering::SeqCst);
        fake.hang_up();
        far.shows(|far| far.token().is_none()).await;
        assert_eq!(far.session.view().state(far.session.clock().now()), state);
        let error = far.session.token(Duration::from_secs(2)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{code}");
        let now = far.session.clock().now();
        let view = far.session.view();
        assert!(
            view.retry_at(now).is_some_and(|at| at > now),
            "{code}: as the service says"
        );
        assert_eq!(view.reason(now).unwrap().retry_at(), view.retry_at(now), "{code}");
        if kind != ErrorKind::Expired {
            assert!(error.retry_at().is_some(), "{code}: by the method as by the getter");
        }
        assert_eq!(
            Far::with(&fake.address, |_| {}).await.err().unwrap().code(),
            format!("ERR_TRADOVATE_{code}")
        );
    }
}

#[tokio::test]
async fn a_service_that_makes_no_sense_is_no_service_and_the_token_lives_on() {
    for nonsense in [
        answer(200, "{}"),
        answer(200, "<html>"),
        answer(403, ""),
        answer(404, "{}"),
        answer(302, ""),
        "HTTP/1.1 200 X\r\nContent-Length: 9999999999\r\n\r\n".into(),
        "220 smtp.example ready\r\n".into(),
    ] {
        let folder = private_folder();
        let first = AtomicUsize::new(0);
        let said = nonsense.clone();
        let fake = Fake::in_folder(&folder, move |_| match first.fetch_add(1, Ordering::SeqCst) {
            0 => answer(200, &token(1, "demo", 1)),
            _ => said.clone(),
        });
        let far = Far::at(&fake.address).await;
        far.shows(|far| far.session.view().last_failure.is_some()).await;
        assert!(far.has(1), "{nonsense}");
        let state = far.session.view().state(far.session.clock().now());
        assert_eq!(state, State::Degraded);
        let refused = Far::with(&fake.address, |options| options.timeout = Duration::from_millis(200)).await;
        assert_eq!(refused.err().unwrap().kind(), ErrorKind::Service, "{nonsense}");
    }
}

#[tokio::test]
async fn promise_24_a_service_that_hangs_is_named_once_the_token_has_ended() {
    let folder = private_folder();
    let short = token(1, "demo", 1)
        .replace("2030-01-01T01:00Z", "2030-01-01T00:00:02Z")
        .replace("3600000", "2000");
    let fake = Fake::in_folder(&folder, move |request| {
        if is_poll(request) {
            String::new()
        } else {
            answer(200, &short)
        }
    });
    let far = Far::at(&fake.address).await;
    assert!(far.has(1));
    far.shows(|far| far.token().is_none()).await;
    let (view, now) = (far.session.view(), far.session.clock().now());
    assert_eq!(view.state(now), State::Waiting);
    assert_eq!(view.reason(now).unwrap().kind(), ErrorKind::Service);
    let error = far.session.token(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::Service);
    assert!(
        error
            .cause()
            .unwrap()
            .to_string()
            .contains("has not given a good token yet")
    );
}

#[tokio::test]
async fn promise_24_a_dependent_asks_with_back_off_and_never_in_a_rush() {
    let folder = private_folder();
    // It answers each poll at once with the token that the dependent has.
    let fake = Fake::in_folder(&folder, |_| answer(200, &token(1, "demo", 1)));
    let _eager = Far::at(&fake.address).await;
    pass(Duration::from_secs(2)).await;
    assert!(fake.count("GET") <= 4, "{:?}", fake.seen.lock().unwrap());

    let folder = private_folder();
    let first = AtomicUsize::new(0);
    let fake = Fake::in_folder(&folder, move |_| match first.fetch_add(1, Ordering::SeqCst) {
        0 => answer(200, &token(1, "demo", 1)),
        _ => answer(500, ""),
    });
    let _failing = Far::at(&fake.address).await;
    pass(Duration::from_secs(2)).await;
    assert!(fake.count("GET") <= 10, "{:?}", fake.seen.lock().unwrap());
}

#[tokio::test]
async fn promise_10_a_401_is_no_loss_until_the_service_says_so_and_the_get_waits_for_its_verdict() {
    let folder = private_folder();
    let verdict = Arc::new(AtomicUsize::new(0));
    let given = verdict.clone();
    let fake = Fake::in_folder(&folder, move |request| {
        if request.starts_with("POST") {
            return answer(202, r#"{"generation":1,"probing":true}"#);
        }
        match given.load(Ordering::SeqCst) {
            0 if is_poll(request) => String::new(),
            0 => answer(200, &token(1, "demo", 1)),
            _ if is_poll(request) => String::new(),
            _ => answer(200, &token(2, "demo", 1)),
        }
    });
    let far = Arc::new(Far::at(&fake.address).await);
    far.world
        .calls([tradovate_session::api::Failure::Unauthorized(String::new())]);
    let call = tokio::spawn({
        let far = far.clone();
        async move { far.list().await }
    });
    while fake.count("POST") == 0 {
        pass(Duration::from_millis(5)).await;
    }
    pass(Duration::from_millis(300)).await;
    assert!(!call.is_finished(), "it waits");
    assert!(far.has(1), "and the token is there for all others");
    assert_eq!(far.world.count(crate::support::Seen::Get), 1);
    verdict.store(1, Ordering::SeqCst);
    fake.hang_up();
    assert!(call.await.unwrap().is_ok());
    assert_eq!(far.world.count(crate::support::Seen::Get), 2);
    assert!(far.has(2));
    assert_eq!(fake.count("POST"), 1);
}

#[tokio::test]
async fn promise_11_a_dependent_reports_the_present_generation_only_and_once() {
    let folder = private_folder();
    let fake = Fake::in_folder(&folder, |request| {
        if request.starts_with("POST") {
            return answer(202, r#"{"generation":7,"probing":true}"#);
        }
        if is_poll(request) {
            String::new()
        } else {
            answer(200, &token(7, "demo", 1))
        }
    });
    let far = Far::at(&fake.address).await;
    for generation in [0, 6, 8] {
        far.session.doubt(generation.into(), false, SOON).await;
    }
    assert!(!far.session.view().phase.is_in_flight(), "nothing is in doubt");
    for _ in 0..3 {
        far.session.doubt(7.into(), false, SOON).await;
        assert!(far.session.view().phase.is_in_flight(), "callers wait for the verdict");
        while fake.count("POST") == 0 {
            pass(Duration::from_millis(5)).await;
        }
        pass(Duration::from_millis(50)).await;
    }
    assert_eq!(fake.count("POST"), 1);
    assert!(far.has(7), "a doubt is no loss");
}

#[tokio::test]
async fn promise_24_dependents_whose_connections_broke_together_come_back_spread_out() {
    let folder = private_folder();
    let fake = Fake::in_folder(&folder, |request| {
        if is_poll(request) {
            String::new()
        } else {
            answer(200, &token(1, "demo", 1))
        }
    });
    let far = Far::at(&fake.address).await;
    while fake.count("GET /v1/token?") == 0 {
        pass(Duration::from_millis(5)).await;
    }
    let broke = far.world.clock.boot();
    fake.hang_up();
    while fake.count("GET /v1/token HTTP") < 2 {
        pass(Duration::from_millis(5)).await;
    }
    // The middle of what they are spread over, since the random are even.
    let back = far.world.clock.boot().saturating_sub(broke);
    assert!(
        back >= Duration::from_millis(95) && back < Duration::from_secs(2),
        "{back:?}"
    );
    assert!(far.session.view().last_failure.is_none());
}
