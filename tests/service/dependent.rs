//! Promise 24: dependents over a real service, in real time.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tempfile::TempDir;
use tradovate_session::{
    api::{Environment, Failure},
    error::ErrorKind,
    secret::Secret,
    service::{Address, client},
    session::{events::Event, view::State},
};

use crate::{
    far::{Far, options},
    raw::{Home, SOON, port_in, private_folder, set_mode, socket_in},
    support::{Act, Seen, World, pass, upstream, witness::Witness},
};

/// What the service has asked of Tradovate: logins and renewals.
fn upstream_calls(home: &Home) -> (usize, usize) {
    (home.world.count(Seen::Login), home.world.count(Seen::Renewal))
}

async fn both(run: impl AsyncFn(Home, Far)) {
    for address in [socket_in as fn(&TempDir) -> Address, port_in] {
        let home = Home::with(address, crate::raw::limits()).await;
        let far = Far::at(home.address()).await;
        run(home, far).await;
    }
}

#[tokio::test]
async fn promise_24_a_dependent_has_the_identical_token_and_calls_tradovate_itself() {
    both(async |home, far| {
        assert_eq!(far.token().as_deref(), Some("token-1"));
        let (view, here) = (far.session.view(), home.session.view());
        let (theirs, ours) = (view.record.token.as_ref().unwrap(), here.record.token.as_ref().unwrap());
        assert!(theirs.expires_at.duration_since(ours.expires_at).abs() <= jiff::SignedDuration::from_millis(2));
        assert_eq!((theirs.margin(), view.record.user_id), (ours.margin(), Some(1)));
        assert_eq!(far.list().await.unwrap(), "[]");
        assert_eq!((far.world.count(Seen::Get), home.world.count(Seen::Get)), (1, 0));
        let told = far.events.drain();
        assert!(
            matches!(
                &told[..],
                [Event::Token {
                    generation,
                    user_id: Some(1),
                    ..
                }] if generation.get() == 1
            ),
            "{told:?}"
        );
        assert_eq!(view.state(far.session.clock().now()), State::Active);
        far.assert_no_auth_call();
    })
    .await;
}

#[tokio::test]
async fn promise_24_a_renewal_reaches_a_dependent_at_once() {
    both(async |home, far| {
        home.session.renew(1.into(), crate::support::TIMEOUT).await.unwrap();
        let reached = tokio::time::timeout(Duration::from_secs(1), far.shows(|far| far.has(2)));
        reached.await.expect("within a second");
        assert_eq!(far.token().as_deref(), Some("token-2"));
        assert_eq!(far.session.view().counts.adoptions, 2);
    })
    .await;
}

#[tokio::test]
async fn promise_24_a_401_is_reported_and_the_get_is_sent_once_more_with_a_newer_token() {
    both(async |home, far| {
        far.world.calls([Failure::Unauthorized(String::new())]);
        assert_eq!(far.list().await.unwrap(), "[]");
        assert_eq!(far.world.count(Seen::Get), 2);
        assert_eq!(upstream_calls(&home), (1, 1), "a probe by one renewal, no login");
        assert!(far.has(2));
        far.assert_no_auth_call();
    })
    .await;
}

#[tokio::test]
async fn promise_12_a_post_is_never_sent_again_by_a_dependent() {
    let home = Home::at_socket().await;
    for failure in [
        Failure::Unauthorized(String::new()),
        upstream(500),
        Failure::WrongHost(421),
    ] {
        let far = Far::at(home.address()).await;
        far.world.calls([failure.clone()]);
        assert!(far.post().await.is_err());
        assert_eq!(far.world.count(Seen::Post), 1, "{failure:?}");
    }
}

#[tokio::test]
async fn promise_11_two_hundred_calls_that_fail_with_one_generation_are_one_report_and_one_renewal() {
    let home = Home::at_socket().await;
    let far = Far::at(home.address()).await;
    far.world
        .calls(std::iter::repeat_n(Failure::Unauthorized(String::new()), 200));
    let calls = futures_util::future::join_all((0..200).map(|_| far.list())).await;
    assert!(calls.iter().all(Result::is_ok));
    assert_eq!(far.world.count(Seen::Get), 400);
    assert_eq!(upstream_calls(&home), (1, 1));
}

#[tokio::test]
async fn promise_10_a_closed_session_that_a_dependent_met_first_is_taken_back_by_one_login() {
    let home = Home::at_socket().await;
    let far = Far::at(home.address()).await;
    far.world.calls([upstream(500)]);
    home.world.renewals([Act::Fail(Failure::Unauthorized(String::new()))]);
    assert_eq!(far.list().await.unwrap(), "[]");
    assert_eq!(upstream_calls(&home), (2, 1));
    far.assert_no_auth_call();
}

#[tokio::test]
async fn promise_10_a_burst_of_500s_with_a_healthy_session_is_one_probe_and_no_login() {
    let home = Home::at_socket().await;
    let far = Far::at(home.address()).await;
    for _ in 0..20 {
        far.world.calls([upstream(500), upstream(500)]);
        let error = far.list().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Http);
        far.world.tradovate.calls.lock().unwrap().clear();
    }
    assert_eq!(upstream_calls(&home), (1, 1));
}

#[tokio::test]
async fn promise_10_an_endpoint_that_keeps_saying_401_costs_one_probe_and_two_calls_at_first() {
    let home = Home::at_socket().await;
    let far = Far::at(home.address()).await;
    far.world
        .calls(std::iter::repeat_n(Failure::Unauthorized(String::new()), 11));
    for asked in 2..12 {
        assert_eq!(far.list().await.unwrap_err().kind(), ErrorKind::Unauthorized);
        assert_eq!(far.world.count(Seen::Get), asked);
    }
    assert!(far.has(2), "a 401 is no loss");
    assert!(far.post().await.is_ok(), "all else works");
    assert_eq!(upstream_calls(&home), (1, 1));
}

#[tokio::test]
async fn promise_7_a_penalty_on_a_dependents_get_is_waited_out_and_its_ticket_goes_along_once() {
    let home = Home::at_socket().await;
    let far = Far::at(home.address()).await;
    far.world.calls([Failure::Penalty {
        ticket: Some(Secret::new("ticket")),
        wait: Duration::from_millis(500),
    }]);
    let calls = futures_util::future::join_all((0..20).map(|_| far.list())).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(far.world.count(Seen::GetWithTicket), 1);
}

#[tokio::test]
async fn promise_24_moved_hosts_are_asked_for_by_a_report() {
    let home = Home::at_socket().await;
    let far = Far::at(home.address()).await;
    far.world.calls([Failure::WrongHost(307)]);
    assert_eq!(far.list().await.unwrap(), "[]");
    assert_eq!(far.world.count(Seen::Get), 2);
    assert_eq!(upstream_calls(&home), (1, 1));
}

#[tokio::test]
async fn promise_7_a_stop_of_the_user_stops_the_dependents_gets_and_not_its_posts() {
    let home = Home::at_socket().await;
    let far = Far::at(home.address()).await;
    far.world.calls([Failure::RateLimited(Duration::from_secs(3600))]);
    assert_eq!(far.list().await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(far.list().await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(far.world.count(Seen::Get), 1);
    assert!(far.post().await.is_ok());
    assert_eq!(upstream_calls(&home), (1, 0));
}

#[tokio::test]
async fn promise_24_an_outage_of_the_service_is_lived_through_until_expiry() {
    let home = Home::at_socket().await;
    *home.world.tradovate.life.lock().unwrap() = Duration::from_secs(4);
    home.session.renew(1.into(), crate::support::TIMEOUT).await.unwrap();
    let far = Far::at(home.address()).await;
    let dies = far.session.view().record.token.as_ref().unwrap().expires_at;
    home.service.close().await;
    far.shows(|far| far.session.view().last_failure.is_some()).await;
    let mut served = 0;
    while far.session.clock().now() < dies {
        if far.list().await.is_ok() {
            served += 1;
        } else {
            assert!(
                far.session.clock().now() >= dies,
                "served without error as long as it lives"
            );
        }
    }
    assert!(served > 20, "{served}");
    let state = far.session.view().state(far.session.clock().now());
    let error = far.session.token(Duration::from_millis(300)).await.unwrap_err();
    assert_eq!((state, error.kind()), (State::Waiting, ErrorKind::Expired));
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::Service);
    let events = far.events.drain();
    let warnings = events.iter().filter(|event| matches!(event, Event::Warning(_))).count();
    assert_eq!(warnings, 1, "one for the outage: {events:?}");
    far.assert_no_auth_call();
}

#[tokio::test]
async fn who_hears_of_a_failure_finds_it() {
    let home = Home::at_socket().await;
    let witness = Witness::new();
    let far = Far::with(home.address(), |options| options.events = witness.events.clone())
        .await
        .unwrap();
    witness.watches(&far.session);
    home.service.close().await;
    far.shows(|far| far.session.view().counts.failures > 1).await;
    assert_eq!(witness.sights(), [(ErrorKind::Service, Some(ErrorKind::Service))]);
}

#[tokio::test]
async fn promise_24_a_dependent_finds_the_service_again_with_whatever_token_it_has_by_then() {
    for address in [socket_in, port_in] {
        let home = Home::with(address, crate::raw::limits()).await;
        let far = Far::at(home.address()).await;
        let Home {
            world,
            session,
            service,
            folder,
        } = home;
        let place = service.address().clone();
        service.close().await;
        far.shows(|far| far.session.view().last_failure.is_some()).await;
        assert!(far.has(1));
        // Another record, as after a restart without a store: the count of generations begins anew.
        session.close().await;
        let other = World::new();
        other.tradovate.call_tokens_from(100);
        let reopened = Arc::new(other.open().await);
        let service = crate::raw::start(&reopened, place, crate::raw::limits()).await.unwrap();
        far.shows(|far| far.token().as_deref() == Some("token-101")).await;
        assert!(far.session.view().last_failure.is_none());
        assert_eq!((world.count(Seen::Login), other.count(Seen::Login)), (1, 1));
        far.assert_no_auth_call();
        service.close().await;
        drop(folder);
    }
}

#[tokio::test]
async fn promise_24_two_hundred_dependents_follow_a_restart_within_5_s_and_cost_tradovate_nothing() {
    let home = Home::at_socket().await;
    let address = home.address().clone();
    let fars = futures_util::future::join_all((0..200).map(|_| Far::at(&address))).await;
    let Home {
        world,
        session,
        service,
        folder,
    } = home;
    service.close().await;
    for far in &fars {
        far.shows(|far| far.session.view().last_failure.is_some()).await;
    }
    session.renew(1.into(), crate::support::TIMEOUT).await.unwrap();
    let service = crate::raw::start(&session, address, crate::raw::limits())
        .await
        .unwrap();
    let all = futures_util::future::join_all(fars.iter().map(|far| far.shows(|far| far.has(2))));
    tokio::time::timeout(Duration::from_secs(5), all)
        .await
        .expect("within 5 s");
    assert_eq!((world.count(Seen::Login), world.count(Seen::Renewal)), (1, 1));
    for far in &fars {
        far.assert_no_auth_call();
    }
    service.close().await;
    drop(folder);
}

#[tokio::test]
async fn promise_24_a_connection_that_ends_by_its_time_is_no_trouble() {
    let limits = tradovate_session::service::Limits {
        connection_for: Duration::from_millis(200),
        headers_within: Duration::from_millis(100),
        ..crate::raw::limits()
    };
    let home = Home::with(socket_in, limits).await;
    let far = Far::at(home.address()).await;
    for generation in 2..8 {
        pass(Duration::from_millis(150)).await;
        home.session
            .renew((generation - 1).into(), crate::support::TIMEOUT)
            .await
            .unwrap();
        far.shows(|far| far.has(generation)).await;
    }
    let events = far.events.drain();
    assert!(
        events.iter().all(|event| matches!(event, Event::Token { .. })),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_dependent_keeps_the_hosts_that_it_calls_warm_until_it_is_closed() {
    let home = Home::at_socket().await;
    let far = Far::with(home.address(), |options| options.keep_warm = true)
        .await
        .unwrap();
    let warm = far.world.tradovate.warm.clone();
    let keeps = async |hosts| {
        let kept = async {
            while warm.lock().unwrap().len() != hosts {
                pass(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(SOON, kept).await.expect("soon");
    };
    keeps(1).await;
    far.session.close().await;
    keeps(0).await;
    let cold = Far::at(home.address()).await;
    cold.list().await.unwrap();
    assert!(cold.world.tradovate.warm.lock().unwrap().is_empty());
}

#[tokio::test]
async fn promise_20_the_services_time_corrects_a_wrong_clock() {
    let home = Home::at_socket().await;
    for hours in [2, -2] {
        let world = World::new();
        world.clock.wall_skew_ms.store(hours * 3_600_000, Ordering::SeqCst);
        let session = client::connect(options(&world, home.address())).await.unwrap();
        let difference = session.clock().now().duration_since(home.session.clock().now()).abs();
        assert!(difference < jiff::SignedDuration::from_secs(1), "{difference}");
        assert!(session.view().record.good_token(session.clock().now()).is_some());
    }
}

#[tokio::test]
async fn promise_24_another_environment_or_user_than_wanted_is_refused_at_once() {
    let home = Home::at_socket().await;
    let wrong = [
        (Some(Environment::Live), None),
        (None, Some(2)),
        (Some(Environment::Demo), Some(2)),
    ];
    for (environment, user_id) in wrong {
        let far = Far::with(home.address(), |options| {
            options.environment = environment;
            options.user_id = user_id;
        });
        assert_eq!(far.await.err().unwrap().kind(), ErrorKind::ServiceMismatch);
    }
    let right = Far::with(home.address(), |options| {
        options.environment = Some(Environment::Demo);
        options.user_id = Some(1);
    });
    assert!(right.await.is_ok());
}

#[tokio::test]
async fn promise_24_a_socket_that_others_could_have_made_is_not_used() {
    let home = Home::at_socket().await;
    let Address::Socket { socket_path } = home.address() else {
        panic!()
    };
    let kind = async || Far::with(home.address(), |_| {}).await.err().map(|error| error.kind());
    for (path, fine) in [(socket_path.as_path(), 0o600), (home.folder.path(), 0o700)] {
        for bits in [fine | 0o040, fine | 0o004, fine | 0o002, fine | 0o010] {
            set_mode(path, bits);
            assert_eq!(
                kind().await,
                Some(ErrorKind::ServiceMismatch),
                "{bits:o} {}",
                path.display()
            );
        }
        set_mode(path, fine);
        assert_eq!(kind().await, None);
    }
}

#[tokio::test]
async fn promise_24_a_secret_that_others_could_have_read_is_not_used() {
    let home = Home::at_port().await;
    let Address::Port { secret_file, .. } = home.address() else {
        panic!()
    };
    set_mode(secret_file, 0o644);
    let refused = Far::with(home.address(), |_| {}).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::ServiceMismatch);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_waited_for_until_the_timeout() {
    let home = Home::at_socket().await;
    let folder = private_folder();
    let address = socket_in(&folder);
    let missing = Far::with(&address, |options| options.timeout = Duration::from_millis(300)).await;
    let error = missing.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Service);
    assert!(error.to_string().contains("is it running?"), "{error}");
    let connecting = Far::at(&address);
    let starting = async {
        pass(Duration::from_millis(300)).await;
        crate::raw::start(&home.session, address.clone(), crate::raw::limits())
            .await
            .unwrap()
    };
    let (far, service) = tokio::join!(connecting, starting);
    assert!(far.has(1));
    service.close().await;
}

#[tokio::test]
async fn promise_22_a_closed_dependent_leaves_nothing_behind() {
    let home = Home::at_socket().await;
    let far = Far::at(home.address()).await;
    far.world.always(Some(upstream(500)));
    far.session.close().await;
    assert_eq!(far.session.token(SOON).await.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(far.list().await.unwrap_err().kind(), ErrorKind::Closed);
}
