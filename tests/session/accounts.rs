//! Questions about accounts: which calls they take, and what becomes of the answers.

// Sleeping here moves a paused clock, it waits for nothing.
#![allow(clippy::disallowed_methods)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use tradovate_session::{
    api::{AccountCall, Credentials, Failure, Grant, Reply, Request, Tradovate},
    error::ErrorKind,
    secret::Secret,
    session::{Deps, Session},
};

use crate::support::{TIMEOUT, World, credentials};

type Answer = dyn Fn(&str, &str) -> Result<String, Failure> + Send + Sync;

/// A Tradovate with accounts: notes each call and how many run at once. Later calls are answered sooner.
struct Accounts {
    login: Arc<dyn Tradovate>,
    answer: Box<Answer>,
    asked: Mutex<Vec<String>>,
    running: AtomicUsize,
    most: AtomicUsize,
}

/// Counts a call as running for as long as it is not dropped.
struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Tradovate for Accounts {
    fn request_token<'a>(
        &'a self,
        base: &'a str,
        credentials: &'a Credentials,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        self.login.request_token(base, credentials, ticket, timeout)
    }

    fn renew_token<'a>(
        &'a self,
        base: &'a str,
        token: &'a Secret,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        self.login.renew_token(base, token, ticket, timeout)
    }

    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Reply<String>> {
        Box::pin(async move {
            let endpoint = request.endpoint;
            let position = {
                let mut asked = self.asked.lock().unwrap();
                asked.push(format!("{}?{}", endpoint.path, endpoint.query));
                asked.len() as u64
            };
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            let _running = Running(&self.running);
            self.most.fetch_max(running, Ordering::SeqCst);
            let answers = tokio::time::sleep(Duration::from_millis(1_000 - position));
            let outcome = match tokio::time::timeout(request.timeout, answers).await {
                Ok(()) => (self.answer)(&endpoint.path, &endpoint.query),
                Err(_) => Err(Failure::TimedOut { sent: true }),
            };
            Reply {
                outcome,
                date: None,
                raw: None,
            }
        })
    }
}

async fn opened(
    answer: impl Fn(&str, &str) -> Result<String, Failure> + Send + Sync + 'static,
) -> (Arc<Accounts>, Session) {
    let world = World::new();
    let tradovate = Arc::new(Accounts {
        login: world.tradovate.clone(),
        answer: Box::new(answer),
        asked: Mutex::default(),
        running: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    });
    let credentials = credentials("pw");
    let deps = Deps {
        api: tradovate.clone(),
        ..world.deps(&credentials)
    };
    let session = Session::start(world.settings(), deps, credentials);
    session.opened(TIMEOUT).await.unwrap();
    (tradovate, session)
}

/// Ids as objects of them.
fn entities(query: &str) -> String {
    let ids = query.split_once('=').unwrap().1.replace("%2C", ",");
    let entities: Vec<_> = ids.split(',').map(|id| format!("{{\"id\":{id}}}")).collect();
    format!("[{}]", entities.join(","))
}

fn items(count: i64) -> AccountCall {
    AccountCall::Items {
        ids: (1..=count).collect(),
    }
}

#[tokio::test(start_paused = true)]
async fn many_ids_take_calls_of_ten_four_at_once_and_come_back_in_order() {
    let (tradovate, session) = opened(|_, query| Ok(entities(query))).await;
    let answer = session.accounts(&items(105), TIMEOUT).await.unwrap();
    let all: Vec<_> = (1..=105).map(|id| format!("{{\"id\":{id}}}")).collect();
    assert_eq!(answer, format!("[{}]", all.join(",")));
    let asked = tradovate.asked.lock().unwrap();
    assert_eq!(asked.len(), 11);
    assert!(asked.iter().all(|call| call.matches("%2C").count() < 10), "{asked:?}");
    assert_eq!(tradovate.most.load(Ordering::SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn no_ids_take_no_call() {
    let (tradovate, session) = opened(|_, _| panic!("nothing is asked")).await;
    assert_eq!(session.accounts(&items(0), TIMEOUT).await.unwrap(), "[]");
    let of_nobody = AccountCall::OfUsers { user_ids: vec![] };
    assert_eq!(session.accounts(&of_nobody, TIMEOUT).await.unwrap(), "[]");
    assert!(tradovate.asked.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_part_that_fails_ends_the_question_and_drops_the_other_parts() {
    let (tradovate, session) = opened(|_, query| {
        if query.contains("=31%2C") {
            return Err(Failure::NotFound(String::new()));
        }
        Ok(entities(query))
    })
    .await;
    let error = session.accounts(&items(200), TIMEOUT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(tradovate.running.load(Ordering::SeqCst), 0);
    assert!(tradovate.asked.lock().unwrap().len() < 20);
}

#[tokio::test(start_paused = true)]
async fn the_parts_share_one_deadline() {
    let (_, session) = opened(|_, query| Ok(entities(query))).await;
    let started = tokio::time::Instant::now();
    let answer = session.accounts(&items(200), Duration::from_millis(1_500)).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Timeout);
    assert!(
        started.elapsed() <= Duration::from_millis(1_600),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_not_found_by_name_is_no_failure_and_one_by_id_is() {
    let (_, session) = opened(|_, _| Err(Failure::NotFound(String::new()))).await;
    let find = AccountCall::Find { name: "A".into() };
    assert_eq!(session.accounts(&find, TIMEOUT).await.unwrap(), "");
    let item = AccountCall::Item { id: 1 };
    assert_eq!(
        session.accounts(&item, TIMEOUT).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}
