//! A Tradovate that answers by a script, and a clock that follows tokio's: what the tests of promises run against.

// Sleeping here moves a paused clock, it waits for nothing.
#![allow(
    // Each file of tests uses a part of this.
    dead_code,
    clippy::disallowed_methods,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::new_without_default
)]

pub mod faulty;
#[cfg(unix)]
pub mod redis;
pub mod witness;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Notify, time::Instant};
use tradovate_session::{
    api::{Credentials, Environment, Failure, Grant, KeptWarm, Origin, Reply, Request, Tradovate},
    clock::{Clock, DateSample, Reading, ServerClock, later},
    secret::Secret,
    session::{Deps, Limits, OnEviction, Random, Session, Settings, events::EventQueue, ledger::Ledger},
    store::{MemoryStore, Store},
};

/// Follows tokio's paused time; the wall clock can be set, and both can run too fast or too slow.
pub struct TestClock {
    start: Instant,
    pub wall_skew_ms: AtomicI64,
    pub drift_ppm: AtomicI64,
    /// None where a process cannot tell one run of its machine from another.
    pub boot_id: Option<&'static str>,
}

impl TestClock {
    /// A clock of a machine whose runs cannot be told from each other.
    pub fn of_unknown_boot() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            wall_skew_ms: AtomicI64::new(0),
            drift_ppm: AtomicI64::new(0),
            boot_id: None,
        })
    }

    /// True time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Clock for TestClock {
    fn wall(&self) -> Timestamp {
        let skew = SignedDuration::from_millis(self.wall_skew_ms.load(Ordering::SeqCst));
        later(epoch(), self.boot()).saturating_add(skew).unwrap()
    }

    fn boot(&self) -> Duration {
        let micros = i64::try_from(self.elapsed().as_micros()).unwrap();
        let drift = micros / 1_000_000 * self.drift_ppm.load(Ordering::SeqCst);
        Duration::from_micros((micros + drift).try_into().unwrap())
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn boot_id(&self) -> Option<&str> {
        self.boot_id
    }
}

fn epoch() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

/// The middle of everything.
pub struct Even;

impl Random for Even {
    fn unit(&self) -> f64 {
        0.5
    }

    fn number(&self) -> u64 {
        7
    }
}

/// What the scripted Tradovate does with a call.
#[derive(Clone)]
pub enum Act {
    Fail(Failure),
    Hang,
    /// Grants a token once it is told to.
    When(Arc<Notify>),
    /// Grants a token of this expiry, counted from the start.
    Until(Duration),
}

/// Which call was made, and when after the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Login,
    LoginWithTicket,
    Renewal,
    RenewalWithTicket,
    Get,
    GetWithTicket,
    Post,
    PostWithTicket,
    /// A look at the time.
    Time,
}

/// Grants tokens of `life` unless a script says otherwise; the last act of a script is repeated if `endless`.
pub struct Script {
    clock: Arc<TestClock>,
    pub life: Mutex<Duration>,
    pub logins: Mutex<VecDeque<Act>>,
    pub renewals: Mutex<VecDeque<Act>>,
    pub calls: Mutex<VecDeque<Failure>>,
    /// How long Tradovate takes for a call, and for a login.
    pub call_takes: Mutex<Duration>,
    pub login_takes: Mutex<Duration>,
    /// Paths that this user's key may not use.
    pub denied: Mutex<Vec<&'static str>>,
    /// How every call to a host fails whose name begins so; none: it never answers.
    pub hosts_down: Mutex<Vec<(&'static str, Option<Failure>)>>,
    /// The hosts that token answers name.
    pub told_hosts: Mutex<Vec<(&'static str, &'static str)>>,
    /// Whether answers tell the time.
    pub tells_time: AtomicBool,
    pub always: Mutex<Option<Failure>>,
    pub log: Mutex<Vec<(Duration, Seen)>>,
    /// The hosts that are kept warm.
    pub warm: Arc<Mutex<Vec<String>>>,
    /// The passwords of all logins.
    pub passwords: Mutex<Vec<String>>,
    tokens: AtomicUsize,
}

impl Script {
    pub fn count(&self, wanted: Seen) -> usize {
        self.log
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, seen)| *seen == wanted)
            .count()
    }

    pub fn times(&self, wanted: Seen) -> Vec<Duration> {
        self.log
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, seen)| *seen == wanted)
            .map(|(at, _)| *at)
            .collect()
    }

    /// Tokens are numbered from after this one.
    pub fn call_tokens_from(&self, number: usize) {
        self.tokens.store(number, Ordering::SeqCst);
    }

    fn note(&self, seen: Seen) {
        self.log.lock().unwrap().push((self.clock.elapsed(), seen));
    }

    async fn token(&self, act: Option<Act>, takes: Duration) -> Reply<Grant> {
        let sent = self.clock.reading();
        tokio::time::sleep(takes + Duration::from_millis(20)).await;
        let always = self.always.lock().unwrap().clone().map(Act::Fail);
        let outcome = match act.or(always) {
            Some(Act::Fail(failure)) => Err(failure),
            Some(Act::Hang) => std::future::pending().await,
            Some(Act::When(told)) => {
                told.notified().await;
                Ok(self.grant(later(self.now(), *self.life.lock().unwrap())))
            }
            Some(Act::Until(end)) => Ok(self.grant(later(epoch(), end))),
            None => Ok(self.grant(later(self.now(), *self.life.lock().unwrap()))),
        };
        let date = self.date(sent);
        Reply {
            outcome,
            date,
            raw: None,
        }
    }

    fn date(&self, sent: Reading) -> Option<DateSample> {
        let date = Timestamp::from_second(self.now().as_second()).unwrap();
        let received = self.clock.reading();
        self.tells_time
            .load(Ordering::SeqCst)
            .then_some(DateSample { date, sent, received })
    }

    /// Fails, or waits for ever, if the host of `base` is down.
    async fn reach(&self, base: &str) -> Result<(), Failure> {
        let down = self.hosts_down.lock().unwrap().clone();
        let host = base.split("//").nth(1).unwrap_or_default();
        match down.into_iter().find(|(name, _)| host.starts_with(name)) {
            Some((_, Some(failure))) => Err(failure),
            Some((_, None)) => std::future::pending().await,
            None => Ok(()),
        }
    }

    fn now(&self) -> Timestamp {
        later(epoch(), self.clock.elapsed())
    }

    fn grant(&self, expires_at: Timestamp) -> Grant {
        let number = self.tokens.fetch_add(1, Ordering::SeqCst) + 1;
        Grant {
            access_token: Secret::new(format!("token-{number}")),
            md_access_token: None,
            expires_at,
            expiration_time: expires_at.to_string(),
            user_id: Some(1),
            hosts: self
                .told_hosts
                .lock()
                .unwrap()
                .iter()
                .map(|(purpose, host)| ((*purpose).to_owned(), (*host).to_owned()))
                .collect(),
            text: Secret::new("{}"),
        }
    }
}

async fn in_time<T>(timeout: Duration, reply: impl Future<Output = Reply<T>>) -> Reply<T> {
    tokio::time::timeout(timeout, reply).await.unwrap_or(Reply {
        outcome: Err(Failure::TimedOut { sent: true }),
        date: None,
        raw: None,
    })
}

impl Tradovate for Script {
    fn request_token<'a>(
        &'a self,
        base: &'a str,
        credentials: &'a Credentials,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        Box::pin(async move {
            let password = credentials.password.expose().to_owned();
            self.passwords.lock().unwrap().push(password);
            self.note(if ticket.is_some() {
                Seen::LoginWithTicket
            } else {
                Seen::Login
            });
            let act = self.logins.lock().unwrap().pop_front();
            let takes = *self.login_takes.lock().unwrap();
            let answer = async {
                if let Err(failure) = self.reach(base).await {
                    return failed(failure);
                }
                self.token(act, takes).await
            };
            in_time(timeout, answer).await
        })
    }

    fn renew_token<'a>(
        &'a self,
        base: &'a str,
        _: &'a Secret,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        Box::pin(async move {
            self.note(if ticket.is_some() {
                Seen::RenewalWithTicket
            } else {
                Seen::Renewal
            });
            let act = self.renewals.lock().unwrap().pop_front();
            let answer = async {
                match self.reach(base).await {
                    Ok(()) => self.token(act, Duration::ZERO).await,
                    Err(failure) => failed(failure),
                }
            };
            in_time(timeout, answer).await
        })
    }

    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Reply<String>> {
        Box::pin(async move {
            let post = request.endpoint.body.is_some();
            self.note(match (post, request.ticket.is_some()) {
                (true, false) => Seen::Post,
                (true, true) => Seen::PostWithTicket,
                (false, false) => Seen::Get,
                (false, true) => Seen::GetWithTicket,
            });
            let takes = *self.call_takes.lock().unwrap();
            let is_denied = self.denied.lock().unwrap().contains(&&*request.endpoint.path);
            let answer = async {
                if let Err(failure) = self.reach(request.base).await {
                    return failed(failure);
                }
                tokio::time::sleep(takes).await;
                if is_denied {
                    return failed(Failure::Unauthorized("Access is denied".into()));
                }
                let failure = self.calls.lock().unwrap().pop_front();
                Reply {
                    outcome: failure.map_or_else(|| Ok("[]".into()), Err),
                    date: None,
                    raw: None,
                }
            };
            in_time(request.timeout, answer).await
        })
    }

    fn keep_warm(&self, base: &str) -> Option<KeptWarm> {
        self.warm.lock().unwrap().push(base.to_owned());
        Some(KeptWarm::new(WarmHost {
            base: base.to_owned(),
            among: self.warm.clone(),
        }))
    }

    fn server_time<'a>(&'a self, base: &'a str, timeout: Duration) -> BoxFuture<'a, Option<DateSample>> {
        Box::pin(async move {
            self.note(Seen::Time);
            let sent = self.clock.reading();
            let answer = async {
                self.reach(base).await.ok()?;
                self.date(sent)
            };
            tokio::time::timeout(timeout, answer).await.ok().flatten()
        })
    }
}

struct WarmHost {
    base: String,
    among: Arc<Mutex<Vec<String>>>,
}

impl Drop for WarmHost {
    fn drop(&mut self) {
        let mut among = self.among.lock().unwrap();
        let place = among.iter().position(|base| *base == self.base).unwrap();
        among.remove(place);
    }
}

fn failed<T>(failure: Failure) -> Reply<T> {
    Reply {
        outcome: Err(failure),
        date: None,
        raw: None,
    }
}

/// A world with one Tradovate and one store.
pub struct World {
    pub clock: Arc<TestClock>,
    pub tradovate: Arc<Script>,
    pub store: MemoryStore,
    pub on_eviction: OnEviction,
}

pub const LIFE: Duration = Duration::from_secs(80 * 60);
pub const TIMEOUT: Duration = Duration::from_secs(30);

impl World {
    pub fn new() -> Self {
        let clock = Arc::new(TestClock {
            start: Instant::now(),
            wall_skew_ms: AtomicI64::new(0),
            drift_ppm: AtomicI64::new(0),
            boot_id: Some("this boot"),
        });
        Self::with_clock(clock)
    }

    pub fn with_clock(clock: Arc<TestClock>) -> Self {
        let tradovate = Arc::new(Script {
            clock: clock.clone(),
            life: Mutex::new(LIFE),
            logins: Mutex::default(),
            renewals: Mutex::default(),
            calls: Mutex::default(),
            call_takes: Mutex::new(Duration::from_millis(20)),
            login_takes: Mutex::default(),
            denied: Mutex::default(),
            hosts_down: Mutex::default(),
            told_hosts: Mutex::default(),
            tells_time: AtomicBool::new(true),
            always: Mutex::default(),
            log: Mutex::default(),
            warm: Arc::default(),
            passwords: Mutex::default(),
            tokens: AtomicUsize::new(0),
        });
        Self {
            clock,
            tradovate,
            store: MemoryStore::default(),
            on_eviction: OnEviction::Login,
        }
    }

    /// What the next logins come to.
    pub fn logins(&self, acts: impl IntoIterator<Item = Act>) {
        self.tradovate.logins.lock().unwrap().extend(acts);
    }

    /// What the next renewals come to.
    pub fn renewals(&self, acts: impl IntoIterator<Item = Act>) {
        self.tradovate.renewals.lock().unwrap().extend(acts);
    }

    /// How the next calls of callers fail.
    pub fn calls(&self, failures: impl IntoIterator<Item = Failure>) {
        self.tradovate.calls.lock().unwrap().extend(failures);
    }

    /// A login elsewhere closes the session: the next call and the next renewal are answered 401.
    pub fn evict(&self) {
        self.calls([Failure::Unauthorized(String::new())]);
        self.renewals([Act::Fail(Failure::Unauthorized(String::new()))]);
    }

    /// How all logins and renewals fail from now on.
    pub fn always(&self, failure: Option<Failure>) {
        *self.tradovate.always.lock().unwrap() = failure;
    }

    /// How many calls were made.
    pub fn count(&self, wanted: Seen) -> usize {
        self.tradovate.count(wanted)
    }

    /// When calls were made, counted from the start.
    pub fn times(&self, wanted: Seen) -> Vec<Duration> {
        self.tradovate.times(wanted)
    }

    pub fn start(&self) -> Session {
        self.start_with("pw")
    }

    pub fn start_with(&self, password: &str) -> Session {
        let credentials = credentials(password);
        Session::start(self.settings(), self.deps(&credentials), credentials)
    }

    pub fn settings(&self) -> Settings {
        Settings {
            origin: Origin::new(Environment::Demo, None).unwrap(),
            limits: Limits {
                on_eviction: self.on_eviction,
                ..Limits::default()
            },
            timeout: TIMEOUT,
            resume: false,
            keep_warm: false,
        }
    }

    pub fn deps(&self, credentials: &Credentials) -> Deps {
        Deps {
            api: self.tradovate.clone(),
            store: Arc::new(self.store.clone()),
            ledger: self.ledger(Arc::new(self.store.clone())),
            source: Arc::new(credentials.clone()),
            random: Arc::new(Even),
            clock: Arc::new(ServerClock::new(self.clock.clone())),
            events: Arc::new(EventQueue::new(|| {})),
        }
    }

    pub fn ledger(&self, store: Arc<dyn Store>) -> Ledger {
        Ledger::new(store, &self.settings().origin)
    }

    pub async fn open(&self) -> Session {
        let session = self.start();
        session.opened(TIMEOUT).await.unwrap();
        session
    }
}

pub fn credentials(password: &str) -> Credentials {
    Credentials {
        name: "me".into(),
        password: Secret::new(password),
        app_id: None,
        app_version: None,
        device_id: None,
        cid: None,
        sec: None,
    }
}

pub fn upstream(status: u16) -> Failure {
    Failure::Upstream {
        status,
        retry_after: None,
    }
}

pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

pub fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}
