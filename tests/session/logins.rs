//! How few logins are made: starts, refusals, fights.

use std::{
    future::ready,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tradovate_session::{
    api::{AccountCall, Credentials, Denial, Failure},
    clock::until,
    error::{Error, ErrorKind, Outcome},
    session::{CredentialsSource, Deps, MaxLogins, OnEviction, Session, events::Event, view::State},
    store::Store,
};

use crate::support::{
    Act, Seen, TIMEOUT, TestClock, World, credentials, faulty::Bot, minutes, pass, upstream, wrong_password,
};

#[tokio::test(start_paused = true)]
async fn promise_8_a_thousand_starts_with_a_wrong_password_make_one_login() {
    let world = World::new();
    world.logins(std::iter::repeat_n(wrong_password(), 10));
    for _ in 0..1_000 {
        let error = world.start().opened(TIMEOUT).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        pass(Duration::from_secs(3)).await;
    }
    assert_eq!(world.count(Seen::Login), 1);
    let _ = world.start_with("another").opened(TIMEOUT).await;
    assert_eq!(world.count(Seen::Login), 2, "changed credentials are tried");
}

#[tokio::test(start_paused = true)]
async fn promise_8_a_refused_start_says_when_the_next_try_is_made_whatever_the_refusal() {
    for denial in [
        Denial::Credentials,
        Denial::ExtraFactor,
        Denial::AccountStatus,
        Denial::Violation,
    ] {
        let world = World::new();
        world.logins([Act::Fail(Failure::Denied(denial, "no".into()))]);
        let bot = Bot::start(&world, &Arc::default());
        let error = bot.session.opened(TIMEOUT).await.unwrap_err();
        assert_eq!((error.kind(), error.retry_at().is_some()), (denial.kind(), true));
        let is_warning =
            |event: &Event| matches!(event, Event::Warning(warning) if warning.retry_at() == error.retry_at());
        assert!(bot.events.drain().iter().any(is_warning), "{denial:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn promise_27_a_start_within_the_back_off_of_a_5xx_tells_its_status() {
    let world = World::new();
    world.logins(std::iter::repeat_n(Act::Fail(upstream(503)), 2));
    world.start().opened(TIMEOUT).await.unwrap_err();
    let error = world.start().opened(Duration::from_millis(1)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status(), error.outcome()),
        (ErrorKind::Http, Some(503), Some(Outcome::NotSent))
    );
}

#[tokio::test(start_paused = true)]
async fn promise_6_a_start_within_the_back_off_says_so_and_one_that_can_outwait_it_logs_in() {
    let world = World::new();
    world.logins(std::iter::repeat_n(
        Act::Fail(Failure::NotSent("no network".into())),
        50,
    ));
    world.start().opened(minutes(5)).await.unwrap_err();
    let made = world.count(Seen::Login);
    let short = Duration::from_millis(1);
    let session = world.start();
    let error = session.opened(short).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Connect, Some(Outcome::NotSent))
    );
    assert_eq!(
        error.to_string(),
        format!("the last {made} logins failed; the next one waits for its back-off, until `retryAt`")
    );
    assert_eq!(world.count(Seen::Login), made, "nothing was sent");
    let left = until(session.clock().now(), error.retry_at().unwrap());
    assert!(left > short && left <= minutes(5), "{left:?}");
    world.tradovate.logins.lock().unwrap().clear();
    world.start().opened(left + TIMEOUT).await.unwrap();
    assert_eq!(world.count(Seen::Login), made + 1);
}

/// Gives the password that it holds at present, if it holds one.
struct Vault(Mutex<Option<&'static str>>);

impl Vault {
    fn new(password: Option<&'static str>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(password)))
    }

    fn put(&self, password: &'static str) {
        *self.0.lock().unwrap() = Some(password);
    }

    /// A session that was started with a password, and asks the vault for the next one.
    fn start(self: &Arc<Self>, world: &World, password: &str) -> Session {
        let given = credentials(password);
        let deps = Deps {
            source: self.clone(),
            ..world.deps(&given)
        };
        Session::start(world.settings(), deps, given)
    }
}

impl CredentialsSource for Vault {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        let password = *self.0.lock().unwrap();
        let locked = || Error::new(ErrorKind::Config, "the vault is locked");
        Box::pin(ready(password.map(credentials).ok_or_else(locked)))
    }
}

#[tokio::test(start_paused = true)]
async fn promise_8_the_try_after_an_hour_is_made_with_the_credentials_of_then() {
    let world = World::new();
    world.logins([wrong_password(), wrong_password()]);
    let vault = Vault::new(Some("old"));
    let session = vault.start(&world, "old");
    session.opened(TIMEOUT).await.unwrap_err();
    pass(minutes(20)).await;
    // The source is asked again, and still has the refused ones.
    session.token(TIMEOUT).await.unwrap_err();
    vault.put("new");
    pass(minutes(39)).await;
    assert_eq!(world.count(Seen::Login), 1);
    pass(minutes(2)).await;
    assert_eq!(*world.tradovate.passwords.lock().unwrap(), ["old", "new"]);
}

#[tokio::test(start_paused = true)]
async fn a_login_long_after_the_start_is_made_with_the_credentials_of_then() {
    let world = World::new();
    let _first = world.open().await;
    let vault = Vault::new(Some("pw"));
    let session = vault.start(&world, "pw");
    session.opened(TIMEOUT).await.unwrap();
    pass(minutes(10)).await;
    vault.put("new");
    world.evict();
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!(world.tradovate.passwords.lock().unwrap().last().unwrap(), "new");
}

#[tokio::test(start_paused = true)]
async fn no_login_is_made_with_old_credentials_where_new_ones_cannot_be_had() {
    let world = World::new();
    let first = world.open().await;
    let vault = Vault::new(None);
    let session = vault.start(&world, "pw");
    session.opened(TIMEOUT).await.unwrap();
    pass(minutes(10)).await;
    world.evict();
    first.close().await;
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    pass(minutes(2)).await;
    assert_eq!(world.count(Seen::Login), 1);
    vault.put("new");
    pass(minutes(6)).await;
    assert_eq!(*world.tradovate.passwords.lock().unwrap(), ["pw", "new"]);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_another_sessions_refused_renewal_makes_due_is_made_with_the_credentials_of_then() {
    let world = World::new();
    let vault = Vault::new(Some("pw"));
    let sessions = [vault.start(&world, "pw"), vault.start(&world, "pw")];
    for session in &sessions {
        session.opened(TIMEOUT).await.unwrap();
    }
    vault.put("new");
    world.renewals([Act::Fail(Failure::Unauthorized(String::new()))]);
    pass(minutes(64)).await;
    let key = sessions[0].view().record.key.clone();
    let lease = world.store.lease(key.as_str()).await.unwrap();
    // Both are about to renew. The one that has the lease last finds that a login is due.
    pass(minutes(2)).await;
    lease.release().await;
    pass(Duration::from_secs(1)).await;
    assert_eq!(world.count(Seen::Renewal), 1);
    assert_eq!(*world.tradovate.passwords.lock().unwrap(), ["pw", "new"]);
}

#[tokio::test(start_paused = true)]
async fn promise_8_refused_credentials_are_not_tried_on_suspicion_either() {
    let world = World::new();
    let session = world.open().await;
    world.always(Some(upstream(500)));
    world.logins([wrong_password(), wrong_password(), wrong_password()]);
    for _ in 0..100 {
        world.calls([upstream(500)]);
        let _ = session.accounts(&AccountCall::List, Duration::from_secs(5)).await;
        pass(Duration::from_secs(30)).await;
    }
    assert_eq!(world.count(Seen::Login), 2, "the first one, and one on suspicion");
}

#[tokio::test(start_paused = true)]
async fn promise_9_an_eviction_is_answered_once_and_the_next_is_a_fight() {
    let world = World::new();
    let session = world.open().await;
    world.evict();
    session.accounts(&AccountCall::List, TIMEOUT).await.unwrap();
    assert_eq!((world.count(Seen::Login), world.count(Seen::Get)), (2, 2));
    pass(minutes(5)).await;
    world.evict();
    let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contended);
    pass(minutes(24 * 60)).await;
    assert_eq!(world.count(Seen::Login), 2);
    assert_eq!(session.view().state(session.clock().now()), State::Contended);
}

#[tokio::test(start_paused = true)]
async fn promise_9_an_eviction_can_be_left_at_that() {
    let world = World {
        on_eviction: OnEviction::Stop,
        ..World::new()
    };
    let session = world.open().await;
    world.evict();
    let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Evicted);
    pass(minutes(120)).await;
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_9_a_fight_is_told_by_a_clock_that_was_wrong_at_the_start() {
    let world = World::new();
    world.clock.wall_skew_ms.store(2 * 3_600_000, Ordering::SeqCst);
    let session = world.open().await;
    for _ in 0..2 {
        pass(minutes(5)).await;
        world.evict();
        let _ = session.accounts(&AccountCall::List, TIMEOUT).await;
    }
    assert_eq!(session.view().state(session.clock().now()), State::Contended);
    assert_eq!(world.count(Seen::Login), 2);
}

#[tokio::test(start_paused = true)]
async fn promise_9_a_session_that_is_opened_after_an_eviction_goes_on_whatever_its_clock_says() {
    for wrong_by in [-30_000, -2 * 3_600_000, 2 * 3_600_000] {
        for clock in [World::new().clock, TestClock::of_unknown_boot()] {
            let mut world = World::with_clock(clock);
            world.on_eviction = OnEviction::Stop;
            let session = world.open().await;
            pass(minutes(10)).await;
            world.evict();
            let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Evicted);
            session.close().await;
            world.clock.wall_skew_ms.store(wrong_by, Ordering::SeqCst);
            pass(Duration::from_secs(5)).await;
            let session = world.open().await;
            assert_eq!(world.count(Seen::Login), 2, "{wrong_by}");
            // Its own eviction is left at that.
            pass(minutes(20)).await;
            world.evict();
            let error = session.accounts(&AccountCall::List, TIMEOUT).await.unwrap_err();
            assert_eq!((error.kind(), world.count(Seen::Login)), (ErrorKind::Evicted, 2));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_13_sessions_of_one_store_adopt_the_token() {
    let world = World::new();
    for _ in 0..50 {
        world.open().await.close().await;
        pass(Duration::from_secs(12)).await;
    }
    assert_eq!(world.count(Seen::Login), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_dead_on_arrival_leads_to_no_further_login_at_once() {
    let world = World::new();
    pass(minutes(10)).await;
    world.logins(std::iter::repeat_n(Act::Until(minutes(5)), 10));
    let error = world.start().opened(TIMEOUT).await.unwrap_err();
    assert_eq!((world.count(Seen::Login), error.kind()), (1, ErrorKind::Protocol));
}

#[tokio::test(start_paused = true)]
async fn promise_8_two_sessions_with_two_wrong_passwords_make_one_login_each() {
    let world = World::new();
    world.logins(std::iter::repeat_n(wrong_password(), 10));
    let sessions = [world.start_with("one"), world.start_with("two")];
    for session in &sessions {
        session.opened(TIMEOUT).await.unwrap_err();
    }
    for _ in 0..50 {
        pass(minutes(1)).await;
        for session in &sessions {
            session.token(Duration::from_secs(1)).await.unwrap_err();
        }
    }
    assert_eq!(world.count(Seen::Login), 2);
}

#[tokio::test(start_paused = true)]
async fn promise_8_a_session_with_a_short_budget_forgets_nothing_that_a_longer_one_counts() {
    let world = World::new();
    let start = |count, within| {
        let credentials = credentials("pw");
        let mut settings = world.settings();
        settings.limits.max_logins = MaxLogins { count, within };
        Session::start(settings, world.deps(&credentials), credentials)
    };
    *world.tradovate.life.lock().unwrap() = minutes(2);
    world.renewals(std::iter::repeat_n(Act::Fail(upstream(503)), 10_000));
    let short = start(3, minutes(10));
    short.opened(TIMEOUT).await.unwrap();
    while world.count(Seen::Login) < 8 {
        pass(minutes(1)).await;
    }
    short.close().await;
    pass(minutes(30)).await;
    let long = start(8, 24 * minutes(60));
    let error = long.opened(TIMEOUT).await.unwrap_err();
    assert_eq!((error.kind(), world.count(Seen::Login)), (ErrorKind::LoginBudget, 8));
}

#[tokio::test(start_paused = true)]
async fn promise_6_proven_credentials_get_in_after_four_wrong_passwords_of_the_same_login() {
    let world = World::new();
    world.open().await.close().await;
    pass(minutes(90)).await;
    world.logins(std::iter::repeat_n(wrong_password(), 4));
    for number in 0..4 {
        let session = world.start_with(&format!("wrong-{number}"));
        session.opened(Duration::from_secs(20)).await.unwrap_err();
        session.close().await;
        pass(minutes(1)).await;
    }
    assert_eq!(world.count(Seen::Login), 5);
    pass(minutes(2)).await;
    let right = world.start();
    let opened = right.opened(TIMEOUT).await;
    let now = right.clock().now();
    assert!(
        opened.is_ok(),
        "{:?}, for {:?}",
        opened.as_ref().err().map(|error| (error.kind(), error.to_string())),
        opened
            .as_ref()
            .err()
            .and_then(Error::retry_at)
            .map(|at| at.duration_since(now)),
    );
}

#[tokio::test(start_paused = true)]
async fn promise_6_two_logins_keep_a_second_apart_also_after_a_resume() {
    let world = World::new();
    world.logins(std::iter::repeat_n(wrong_password(), 4));
    let session = world.start();
    session.opened(TIMEOUT).await.unwrap_err();
    session.resume(TIMEOUT).await.unwrap_err();
    let times = world.times(Seen::Login);
    assert!(times[1] >= times[0] + Duration::from_secs(1), "{times:?}");
}
