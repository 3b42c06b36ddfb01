//! Promise 20: clocks that are set between two runs of a bot.

#![allow(clippy::disallowed_methods)]

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tradovate_session::{
    api::{AccountCall, Environment, Failure, Origin},
    clock::{Clock, later, until},
    error::{ErrorKind, Outcome},
    session::{Deps, Session, Settings, view::State},
};

use crate::support::{
    Act, LIFE, Seen, TIMEOUT, TestClock, World, credentials,
    faulty::{Bot, Faulty},
    minutes, pass,
};

const HOUR_MS: i64 = 3_600_000;

fn set_clock(world: &World, wrong_by_ms: i64) {
    world.clock.wall_skew_ms.store(wrong_by_ms, Ordering::SeqCst);
}

/// Worlds in which the boot clock shows that the wall clock was set, and in which nothing shows it.
fn worlds() -> [World; 2] {
    [World::new(), World::with_clock(TestClock::of_unknown_boot())]
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_set_right_between_two_runs_costs_no_login_and_serves_no_dead_token() {
    for wrong_by in [2 * HOUR_MS, -2 * HOUR_MS] {
        for world in worlds() {
            set_clock(&world, wrong_by);
            world.open().await.close().await;
            set_clock(&world, 0);
            pass(minutes(1)).await;
            let session = world.open().await;
            assert_eq!((world.count(Seen::Login), world.count(Seen::Time)), (1, 1));
            // Renewed in time, and never served beyond its end.
            for _ in 0..20 {
                pass(minutes(10)).await;
                let view = session.token(TIMEOUT).await.unwrap();
                let true_now = later("2030-01-01T00:00:00Z".parse().unwrap(), world.clock.elapsed());
                let token = view.record.token.clone().unwrap();
                assert!(token.expires_at > true_now, "a dead token");
            }
            assert_eq!(world.count(Seen::Login), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_nobody_touched_needs_no_look_at_the_time() {
    for wrong_by in [0, 2 * HOUR_MS] {
        let world = World::new();
        set_clock(&world, wrong_by);
        for _ in 0..10 {
            world.open().await.close().await;
            pass(minutes(1)).await;
        }
        assert_eq!((world.count(Seen::Login), world.count(Seen::Time)), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_token_that_is_dead_by_tradovates_time_is_given_up_at_the_start() {
    let world = World::new();
    set_clock(&world, 2 * HOUR_MS);
    world.open().await.close().await;
    set_clock(&world, 0);
    pass(LIFE + minutes(1)).await;
    world.open().await;
    assert_eq!(world.count(Seen::Login), 2);
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_look_at_the_time_during_which_the_process_is_stopped_is_made_again() {
    for stop in [0, 4, 9, 11, 15, 19, 21, 300].map(Duration::from_secs) {
        for loses_answer in [false, true] {
            let world = World::with_clock(TestClock::of_unknown_boot());
            world.open().await.close().await;
            pass(LIFE + minutes(10)).await;
            set_clock(&world, -HOUR_MS);
            *world.tradovate.time_stops.lock().unwrap() = stop;
            world.tradovate.time_hangs.store(loses_answer, Ordering::SeqCst);
            let session = world.start();
            pass(Duration::from_secs(1)).await;
            world.tradovate.time_hangs.store(false, Ordering::SeqCst);
            let opened = session.opened(minutes(10)).await.unwrap();
            // A short stop does not tell a lost answer from a host that tells no time.
            if loses_answer && stop <= Duration::from_secs(4) {
                continue;
            }
            assert_eq!(
                (world.count(Seen::Login), opened.record.generation.get()),
                (2, 2),
                "stopped for {stop:?}: a dead token is served"
            );
            assert!(world.count(Seen::Time) <= 2, "stopped for {stop:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_start_eight_hours_ahead_without_a_network_leaves_nothing_behind() {
    for world in worlds() {
        set_clock(&world, 8 * HOUR_MS);
        world.tradovate.tells_time.store(false, Ordering::SeqCst);
        world.logins(std::iter::repeat_n(Act::Fail(Failure::NotSent("no network".into())), 3));
        let session = world.start();
        let error = session.opened(Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        session.close().await;
        set_clock(&world, 0);
        world.tradovate.tells_time.store(true, Ordering::SeqCst);
        world.tradovate.logins.lock().unwrap().clear();
        let start = world.clock.boot();
        world.open().await;
        assert!(
            world.clock.boot().saturating_sub(start) < Duration::from_secs(2),
            "logs in at once"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_good_token_is_not_given_up_while_the_network_is_yet_to_come() {
    for world in worlds() {
        set_clock(&world, -2 * HOUR_MS);
        world.open().await.close().await;
        set_clock(&world, 0);
        pass(minutes(1)).await;
        let no_network = Some(Failure::NotSent("no network".into()));
        world.tradovate.hosts_down.lock().unwrap().push(("", no_network));
        let session = world.start();
        pass(Duration::from_secs(20)).await;
        let tried = world.count(Seen::Login);
        world.tradovate.hosts_down.lock().unwrap().clear();
        session.token(TIMEOUT).await.unwrap();
        assert_eq!(world.count(Seen::Login), tried, "the time is looked at first");
        assert_eq!(session.view().record.generation.get(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_where_the_told_host_is_gone_the_first_one_tells_the_time() {
    for wrong_by in [2 * HOUR_MS, -2 * HOUR_MS] {
        for failure in [None, Some(Failure::NotSent("gone".into()))] {
            let world = World::new();
            let retired = "old.tradovateapi.com";
            world.tradovate.told_hosts.lock().unwrap().push(("demo", retired));
            set_clock(&world, wrong_by);
            world.open().await.close().await;
            set_clock(&world, 0);
            world.tradovate.hosts_down.lock().unwrap().push((retired, failure));
            pass(minutes(1)).await;
            world.open().await;
            assert_eq!((world.count(Seen::Login), world.count(Seen::Time)), (1, 2));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_host_that_tells_no_time_keeps_callers_for_seconds_and_closing_not_at_all() {
    let world = World::new();
    set_clock(&world, 2 * HOUR_MS);
    world.open().await.close().await;
    set_clock(&world, 0);
    world.tradovate.hosts_down.lock().unwrap().push(("", None));
    pass(minutes(1)).await;
    let session = world.start();
    let start = world.clock.boot();
    session.opened(TIMEOUT).await.unwrap();
    assert!(world.clock.boot().saturating_sub(start) <= Duration::from_secs(5));
    let other = world.start();
    pass(Duration::from_secs(1)).await;
    let start = world.clock.boot();
    other.close().await;
    assert!(world.clock.boot().saturating_sub(start) < Duration::from_millis(10));
    for _ in 0..600 {
        let start = world.clock.boot();
        session.token(TIMEOUT).await.unwrap();
        assert!(world.clock.boot().saturating_sub(start) <= Duration::from_secs(5));
        pass(Duration::from_secs(1)).await;
    }
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_good_answer_without_a_time_is_not_lost_to_a_wrong_clock() {
    for wrong_by in [2 * HOUR_MS, -2 * HOUR_MS] {
        let world = World::new();
        set_clock(&world, wrong_by);
        world.tradovate.tells_time.store(false, Ordering::SeqCst);
        let session = world.open().await;
        assert_eq!(world.count(Seen::Login), 1);
        assert!(
            until(
                session.clock().now(),
                session.view().record.token.clone().unwrap().expires_at
            ) < LIFE * 3
        );
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_token_that_is_granted_after_the_clock_was_set_is_not_lost_to_it() {
    for takes in [Duration::ZERO, Duration::from_secs(11)] {
        let world = World::new();
        let session = world.open().await;
        assert!(session.clock().is_told());
        // Nothing tells the time from here on, or a slow answer alone.
        world.tradovate.tells_time.store(!takes.is_zero(), Ordering::SeqCst);
        world.tradovate.time_hangs.store(true, Ordering::SeqCst);
        *world.tradovate.login_takes.lock().unwrap() = takes;
        set_clock(&world, 2 * HOUR_MS);
        pass(minutes(1)).await;
        assert_eq!(world.count(Seen::Login), 2, "by the clock the token is dead");
        let view = session.token(TIMEOUT).await.unwrap();
        assert_eq!(view.record.token.clone().unwrap().access_token.expose(), "token-2");
        pass(minutes(30)).await;
        session.token(TIMEOUT).await.unwrap();
        assert_eq!(world.count(Seen::Login), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_token_that_died_while_the_machine_stood_still_in_the_call_is_not_served() {
    for tells_time in [true, false] {
        let world = World::new();
        let session = world.open().await;
        world.tradovate.tells_time.store(tells_time, Ordering::SeqCst);
        world.tradovate.time_hangs.store(true, Ordering::SeqCst);
        world.renewals([Act::Fail(Failure::Unauthorized(String::new()))]);
        *world.tradovate.login_takes.lock().unwrap() = Duration::from_secs(3);
        let renewed = async { session.renew(1.into(), TIMEOUT).await };
        let stopped = async {
            pass(Duration::from_secs(2)).await;
            assert_eq!(world.count(Seen::Login), 2, "it is under way");
            // The boot clock of a virtual machine stands still with it.
            set_clock(&world, i64::try_from(LIFE.as_millis()).unwrap() + 10 * 60_000);
        };
        let (renewed, ()) = tokio::join!(renewed, stopped);
        let view = session.token(TIMEOUT).await.unwrap();
        assert_eq!(view.record.token.clone().unwrap().access_token.expose(), "token-3");
        assert_eq!(world.count(Seen::Login), 3);
        drop(renewed);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_first_login_during_which_the_clock_is_set_right_is_not_lost() {
    let world = World::new();
    set_clock(&world, -8 * HOUR_MS);
    *world.tradovate.login_takes.lock().unwrap() = Duration::from_secs(3);
    let session = world.start();
    let opened = session.opened(TIMEOUT);
    let set_right = async {
        pass(Duration::from_secs(2)).await;
        set_clock(&world, 0);
    };
    let (opened, ()) = tokio::join!(opened, set_right);
    opened.unwrap();
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_27_a_call_whose_time_ends_before_it_can_be_sent_is_not_sent() {
    let world = World::new();
    set_clock(&world, 2 * HOUR_MS);
    world.open().await.close().await;
    set_clock(&world, 0);
    world.tradovate.time_hangs.store(true, Ordering::SeqCst);
    pass(minutes(1)).await;
    let session = world.start();
    let error = session
        .accounts(&AccountCall::List, Duration::from_secs(1))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout, Some(Outcome::NotSent))
    );
    assert_eq!(world.count(Seen::Get), 0);
    session
        .accounts(&AccountCall::List, Duration::from_secs(9))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn promise_20_answers_that_never_tell_the_time_cost_no_login_at_the_next_start() {
    for wrong_by in [2 * HOUR_MS, -2 * HOUR_MS] {
        let world = World::new();
        set_clock(&world, wrong_by);
        world.tradovate.tells_time.store(false, Ordering::SeqCst);
        for _ in 0..3 {
            world.open().await.close().await;
            pass(minutes(5)).await;
        }
        assert_eq!(world.count(Seen::Login), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_an_answer_that_was_too_slow_to_tell_the_time_is_used_and_so_is_the_next() {
    for wrong_by in [2 * HOUR_MS, -2 * HOUR_MS] {
        let world = World::new();
        set_clock(&world, wrong_by);
        *world.tradovate.login_takes.lock().unwrap() = Duration::from_secs(11);
        let first = world.open().await;
        assert!(
            until(
                first.clock().now(),
                first.view().record.token.clone().unwrap().expires_at
            ) < LIFE * 3
        );
        first.close().await;
        world.open().await.close().await;
        assert_eq!(world.count(Seen::Login), 1);
        // Refused slowly, it leaves nothing that the next process takes for the time.
        pass(LIFE + minutes(5)).await;
        world.logins([Act::Fail(Failure::Rejected(String::new()))]);
        let refused = world.start();
        refused.opened(TIMEOUT).await.unwrap_err();
        refused.close().await;
        pass(minutes(5)).await;
        world.open().await;
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_clock_that_is_a_month_ahead_makes_the_store_forget_nothing() {
    let (world, store) = (World::new(), Arc::new(Faulty::default()));
    set_clock(&world, 31 * 24 * HOUR_MS);
    world.tradovate.tells_time.store(false, Ordering::SeqCst);
    let bot = Bot::open(&world, &store).await;
    assert!(store.clearings.lock().unwrap().is_empty());
    world.tradovate.tells_time.store(true, Ordering::SeqCst);
    bot.session.renew(1.into(), TIMEOUT).await.unwrap();
    let true_now = later("2030-01-01T00:00:00Z".parse().unwrap(), world.clock.elapsed());
    let cleared = store.clearings.lock().unwrap().clone();
    assert_eq!(cleared.len(), 1);
    assert!(until(true_now, cleared[0]) < Duration::from_secs(5), "{cleared:?}");
    // What a sandbox tells is the time of its machine.
    let credentials = credentials("pw");
    let settings = Settings {
        origin: Origin::new(Environment::Demo, Some("http://127.0.0.1:4010/v1")).unwrap(),
        ..world.settings()
    };
    let deps = Deps {
        store: store.clone(),
        ..world.deps(&credentials)
    };
    let sandboxed = Session::start(settings, deps, credentials);
    sandboxed.opened(TIMEOUT).await.unwrap();
    assert_eq!(*store.clearings.lock().unwrap(), cleared);
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_bot_that_is_stopped_by_a_fight_and_restarted_later_goes_by_tradovates_time() {
    let world = World::with_clock(TestClock::of_unknown_boot());
    let session = world.open().await;
    for _ in 0..2 {
        world.evict();
        let _ = session.accounts(&AccountCall::List, TIMEOUT).await;
        pass(minutes(1)).await;
    }
    assert_eq!(session.view().state(session.clock().now()), State::Contended);
    session.close().await;
    pass(minutes(20)).await;
    // By this clock it was started before the fight.
    set_clock(&world, -2 * HOUR_MS);
    let session = world.open().await;
    assert_eq!(session.view().state(session.clock().now()), State::Active);
    assert_eq!((world.count(Seen::Login), world.count(Seen::Time)), (3, 1));
}
