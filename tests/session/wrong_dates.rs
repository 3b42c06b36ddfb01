//! Promise 20: one answer with a wrong date costs no token, no login and no count, and serves no dead token.

#![allow(clippy::disallowed_methods, clippy::unchecked_time_subtraction)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use tradovate_session::{
    api::{AccountCall, Credentials, Grant, KeptWarm, Reply, Request, Tradovate},
    clock::DateSample,
    secret::Secret,
    session::{Deps, Session},
};

use crate::support::{LIFE, Script, Seen, TIMEOUT, World, credentials, minutes, pass, upstream, wrong_password};

/// A Tradovate one of whose nodes, which answers the next renewal or login, has a wrong clock.
struct WrongNode {
    inner: Arc<Script>,
    renewals_by: Mutex<Option<SignedDuration>>,
    logins_by: Mutex<Option<SignedDuration>>,
}

fn shifted<T>(mut reply: Reply<T>, by: Option<SignedDuration>) -> Reply<T> {
    if let (Some(by), Some(date)) = (by, reply.date.as_mut()) {
        date.date = date.date.checked_add(by).unwrap();
    }
    reply
}

impl Tradovate for WrongNode {
    fn request_token<'a>(
        &'a self,
        base: &'a str,
        credentials: &'a Credentials,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        Box::pin(async move {
            let reply = self.inner.request_token(base, credentials, ticket, timeout).await;
            shifted(reply, self.logins_by.lock().unwrap().take())
        })
    }

    fn renew_token<'a>(
        &'a self,
        base: &'a str,
        token: &'a Secret,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        Box::pin(async move {
            let reply = self.inner.renew_token(base, token, ticket, timeout).await;
            let by = *self.renewals_by.lock().unwrap();
            if reply.outcome.is_ok() {
                *self.renewals_by.lock().unwrap() = None;
            }
            shifted(reply, by)
        })
    }

    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Reply<String>> {
        self.inner.call(request)
    }

    fn keep_warm(&self, base: &str) -> Option<KeptWarm> {
        self.inner.keep_warm(base)
    }

    fn server_time<'a>(&'a self, base: &'a str, timeout: Duration) -> BoxFuture<'a, Option<DateSample>> {
        self.inner.server_time(base, timeout)
    }
}

fn with_wrong_node(world: &World) -> (Arc<WrongNode>, Session) {
    let node = Arc::new(WrongNode {
        inner: world.tradovate.clone(),
        renewals_by: Mutex::default(),
        logins_by: Mutex::default(),
    });
    let credentials = credentials("pw");
    let deps = Deps {
        api: node.clone(),
        ..world.deps(&credentials)
    };
    (node, Session::start(world.settings(), deps, credentials))
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_renewals_date_that_is_behind_serves_no_dead_token() {
    let world = World::new();
    let (node, session) = with_wrong_node(&world);
    session.opened(TIMEOUT).await.unwrap();
    *node.renewals_by.lock().unwrap() = Some(SignedDuration::from_hours(-3));
    pass(minutes(70)).await;
    assert_eq!(world.count(Seen::Renewal), 1);
    let renewed = world.times(Seen::Renewal)[0];
    // The renewed token ends 80 minutes after its renewal, by true time.
    for minute in 70..170 {
        let served = session.token(TIMEOUT).await;
        let true_now = world.clock.elapsed();
        let last = world
            .times(Seen::Renewal)
            .into_iter()
            .chain(world.times(Seen::Login))
            .max()
            .unwrap();
        if served.is_ok() {
            assert!(
                true_now < last + LIFE + Duration::from_secs(2),
                "minute {minute}: a token that ended {:?} ago is served (renewed at {renewed:?}); looks {}",
                true_now - last - LIFE,
                world.count(Seen::Time),
            );
        }
        pass(minutes(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_renewals_date_that_is_ahead_costs_no_token_and_no_login() {
    let world = World::new();
    let (node, session) = with_wrong_node(&world);
    session.opened(TIMEOUT).await.unwrap();
    *node.renewals_by.lock().unwrap() = Some(SignedDuration::from_hours(3));
    pass(minutes(70)).await;
    session.token(TIMEOUT).await.unwrap();
    assert_eq!(
        (world.count(Seen::Renewal), world.count(Seen::Login)),
        (1, 1),
        "looks {}",
        world.count(Seen::Time)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_logins_date_that_is_ahead_costs_no_second_session() {
    let world = World::new();
    let (node, session) = with_wrong_node(&world);
    *node.logins_by.lock().unwrap() = Some(SignedDuration::from_hours(3));
    let opened = session.opened(TIMEOUT).await;
    pass(minutes(1)).await;
    assert_eq!(world.count(Seen::Login), 1, "{:?}", opened.err());
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_renewals_date_that_is_ahead_forgets_no_refused_logins_of_the_address() {
    let world = World::new();
    let (node, session) = with_wrong_node(&world);
    session.opened(TIMEOUT).await.unwrap();
    let refuse = async |round: usize| {
        world.tradovate.logins.lock().unwrap().clear();
        world.logins(std::iter::repeat_n(wrong_password(), 4));
        for number in 0..4 {
            let credentials = Credentials {
                name: format!("user {round} {number}"),
                ..credentials("wrong")
            };
            let other = Session::start(world.settings(), world.deps(&credentials), credentials);
            let _ = other.opened(Duration::from_secs(1)).await;
            other.close().await;
        }
        world.tradovate.logins.lock().unwrap().clear();
    };
    refuse(0).await;
    assert_eq!(world.count(Seen::Login), 5);
    *node.renewals_by.lock().unwrap() = Some(SignedDuration::from_hours(3));
    let _ = session.renew(1.into(), TIMEOUT).await;
    pass(Duration::from_secs(5)).await;
    let before = world.count(Seen::Login);
    refuse(1).await;
    assert_eq!(
        world.count(Seen::Login) - before,
        0,
        "refused logins beyond four in {:?}",
        world.clock.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_wrong_date_right_after_a_restart_costs_no_token() {
    let world = World::new();
    world.open().await.close().await;
    pass(minutes(5)).await;
    let session = world.open().await;
    *world.tradovate.calls_ahead.lock().unwrap() = Some(minutes(180));
    let first = session.accounts(&AccountCall::List, TIMEOUT).await;
    pass(Duration::from_secs(60)).await;
    assert_eq!(
        world.count(Seen::Login),
        1,
        "{:?}; {} looks",
        first.map_err(|error| error.to_string()),
        world.count(Seen::Time)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_20_a_pages_date_that_is_a_little_behind_serves_no_dead_token() {
    let world = World::new();
    let (node, session) = with_wrong_node(&world);
    session.opened(TIMEOUT).await.unwrap();
    *node.renewals_by.lock().unwrap() = Some(SignedDuration::from_secs(-55));
    world.always(Some(upstream(503)));
    pass(LIFE).await;
    for second in 0..70 {
        let served = session.token(Duration::from_millis(100)).await;
        let late = world.clock.elapsed().saturating_sub(LIFE);
        assert!(
            served.is_err() || late < Duration::from_secs(2),
            "second {second}: a token that ended {late:?} ago"
        );
        pass(Duration::from_secs(1)).await;
    }
}
