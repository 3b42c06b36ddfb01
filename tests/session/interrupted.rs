//! Sessions that are closed, dropped or lose their lease at each moment of what they do: nothing is lost, and nobody waits.

#![allow(clippy::disallowed_methods, clippy::unchecked_time_subtraction)]

use std::{sync::Arc, time::Duration};

use tradovate_session::{api::HostPurpose, error::Outcome};

use crate::support::{
    Seen, TIMEOUT, World,
    faulty::{Bot, Faulty},
    get, minutes, order, pass, penalty,
};

#[tokio::test(start_paused = true)]
async fn promise_1_a_session_that_is_closed_or_dropped_at_any_moment_loses_no_token() {
    let ms = Duration::from_millis;
    for renews in [false, true] {
        for closes in [true, false] {
            for at in (0..900).step_by(7) {
                let world = World::new();
                let store = Arc::new(Faulty::default());
                *store.lease_takes.lock().unwrap() = ms(40);
                *store.write_takes.lock().unwrap() = ms(40);
                *store.release_takes.lock().unwrap() = ms(40);
                *world.tradovate.login_takes.lock().unwrap() = ms(100);
                let bot = Bot::start(&world, &store);
                if renews {
                    bot.session.opened(TIMEOUT).await.unwrap();
                    pass(Duration::from_secs(2)).await;
                    let renewal = bot.session.renew(1.into(), TIMEOUT);
                    tokio::pin!(renewal);
                    tokio::select! {
                        _ = &mut renewal => {}
                        () = pass(ms(at)) => {}
                    }
                } else {
                    pass(ms(at)).await;
                }
                let before = world.clock.elapsed();
                if closes {
                    // A token that is being saved is waited for: that takes one write.
                    let write = if bot.session.view().phase.is_saving() {
                        ms(40)
                    } else {
                        ms(0)
                    };
                    bot.session.close().await;
                    let took = world.clock.elapsed() - before;
                    assert!(
                        took < write + ms(5),
                        "closing took {took:?} at {at} ms (renews {renews})"
                    );
                }
                drop(bot);
                pass(Duration::from_secs(3)).await;
                let sent = (world.count(Seen::Login), world.count(Seen::Renewal));
                let second = Bot::open(&world, &store).await;
                let generation = second.generation().get();
                let logins = world.count(Seen::Login);
                assert_eq!(logins, 1, "at {at} ms, renews {renews}, closes {closes}, sent {sent:?}");
                let wanted = 1 + u64::try_from(sent.1).unwrap();
                assert_eq!(generation, wanted, "at {at} ms, renews {renews}, closes {closes}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_15_a_lease_that_lapses_at_any_moment_leaves_one_token() {
    let ms = Duration::from_millis;
    for at in (45..700).step_by(9) {
        let world = World::new();
        let store = Arc::new(Faulty::default());
        *store.lease_takes.lock().unwrap() = ms(40);
        *store.write_takes.lock().unwrap() = ms(40);
        *store.release_takes.lock().unwrap() = ms(40);
        *world.tradovate.login_takes.lock().unwrap() = ms(100);
        let (bot, other) = (Bot::start(&world, &store), Bot::start(&world, &store));
        pass(ms(at)).await;
        let held = store.held.lock().unwrap().upgrade();
        if held.is_some() {
            drop(held);
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.lapse()));
        }
        let _ = bot.session.opened(TIMEOUT).await;
        let _ = other.session.opened(TIMEOUT).await;
        pass(minutes(3)).await;
        let (a, b) = (bot.session.view(), other.session.view());
        let tokens = [a, b].map(|view| {
            let token = view
                .record
                .token
                .as_ref()
                .map(|token| token.access_token.expose().to_owned());
            (view.record.generation.get(), token)
        });
        assert!(
            tokens[0] == tokens[1] && tokens[0].1.is_some() && world.count(Seen::Login) <= 2,
            "at {at} ms: {tokens:?}, {} logins",
            world.count(Seen::Login)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn promise_2_a_call_ends_at_once_with_its_outcome_whenever_the_session_is_closed() {
    let ms = Duration::from_millis;
    for post in [false, true] {
        for at in (0..2600).step_by(13) {
            let world = World::new();
            let store = Arc::new(Faulty::default());
            *store.lease_takes.lock().unwrap() = ms(40);
            *store.write_takes.lock().unwrap() = ms(40);
            *store.release_takes.lock().unwrap() = ms(40);
            let bot = Bot::open(&world, &store).await;
            let session = Arc::new(bot.session);
            let endpoint = if post { order() } else { get("a/list") };
            if post {
                world.calls([penalty(1)]);
                session.call(&endpoint, HostPurpose::Demo, TIMEOUT).await.unwrap_err();
                pass(ms(900)).await;
            } else {
                world.calls([penalty(1)]);
            }
            let sent = world.count(Seen::Post) + world.count(Seen::PostWithTicket);
            let calling = tokio::spawn({
                let (session, endpoint) = (session.clone(), endpoint.clone());
                async move { session.call(&endpoint, HostPurpose::Demo, TIMEOUT).await }
            });
            pass(ms(at)).await;
            let before = world.clock.elapsed();
            session.close().await;
            let answer = calling.await.unwrap();
            let took = world.clock.elapsed() - before;
            assert!(took < ms(200), "ended {took:?} after closing at {at} ms, post {post}");
            let sent = world.count(Seen::Post) + world.count(Seen::PostWithTicket) - sent;
            if post && let Err(error) = answer {
                let outcome = error.outcome().map(Outcome::as_str);
                let wanted = if sent == 0 { Some("not-sent") } else { Some("answered") };
                assert_eq!(outcome, wanted, "at {at} ms: {error}");
            }
        }
    }
}
