//! A Tradovate that answers by a script.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Notify;
use tradovate_session::{
    api::{Credentials, Failure, Grant, KeptWarm, Reply, Request, Tradovate},
    clock::{Clock, DateSample, Reading, later},
    secret::Secret,
};

use super::{LIFE, TestClock, clock::epoch};

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
    /// How far Tradovate's time is ahead of the test's.
    pub ahead: Mutex<Duration>,
    /// How far ahead the date of a call's answer is, if it has one, and that of a login or renewal that fails.
    pub calls_ahead: Mutex<Option<Duration>>,
    /// Hosts that serve token requests and renewals, and answer 307 to every call.
    pub sends_away: Mutex<Vec<&'static str>>,
    /// The hosts that token answers name.
    pub told_hosts: Mutex<Vec<(&'static str, &'static str)>>,
    /// Whether answers tell the time.
    pub tells_time: AtomicBool,
    /// Whether looks at the time are never answered.
    pub time_hangs: AtomicBool,
    /// How long the process is stopped during its next look at the time.
    pub time_stops: Mutex<Duration>,
    pub always: Mutex<Option<Failure>>,
    pub log: Mutex<Vec<(Duration, Seen)>>,
    /// The hosts that are kept warm.
    pub warm: Arc<Mutex<Vec<String>>>,
    /// The passwords of all logins.
    pub passwords: Mutex<Vec<String>>,
    tokens: AtomicUsize,
}

impl Script {
    pub fn new(clock: Arc<TestClock>) -> Self {
        Self {
            clock,
            life: Mutex::new(LIFE),
            logins: Mutex::default(),
            renewals: Mutex::default(),
            calls: Mutex::default(),
            call_takes: Mutex::new(Duration::from_millis(20)),
            login_takes: Mutex::default(),
            denied: Mutex::default(),
            hosts_down: Mutex::default(),
            sends_away: Mutex::default(),
            ahead: Mutex::default(),
            calls_ahead: Mutex::default(),
            told_hosts: Mutex::default(),
            tells_time: AtomicBool::new(true),
            time_hangs: AtomicBool::new(false),
            time_stops: Mutex::default(),
            always: Mutex::default(),
            log: Mutex::default(),
            warm: Arc::default(),
            passwords: Mutex::default(),
            tokens: AtomicUsize::new(0),
        }
    }

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
        let ahead = self.calls_ahead.lock().unwrap().filter(|_| outcome.is_err());
        let date = self.date(sent).map(|date| ahead_by(date, ahead.unwrap_or_default()));
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
        later(later(epoch(), self.clock.elapsed()), *self.ahead.lock().unwrap())
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

fn ahead_by(sample: DateSample, ahead: Duration) -> DateSample {
    DateSample {
        date: later(sample.date, ahead),
        ..sample
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
            let sent = self.clock.reading();
            let answer = async {
                if let Err(failure) = self.reach(request.base).await {
                    return failed(failure);
                }
                tokio::time::sleep(takes).await;
                if self
                    .sends_away
                    .lock()
                    .unwrap()
                    .iter()
                    .any(|host| request.base.contains(host))
                {
                    return failed(Failure::WrongHost(307));
                }
                if is_denied {
                    return failed(Failure::Unauthorized("Access is denied".into()));
                }
                let failure = self.calls.lock().unwrap().pop_front();
                let ahead = *self.calls_ahead.lock().unwrap();
                Reply {
                    outcome: failure.map_or_else(|| Ok("[]".into()), Err),
                    date: ahead.and_then(|ahead| self.date(sent).map(|date| ahead_by(date, ahead))),
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
                if self.time_hangs.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                self.date(sent)
            };
            let sample = tokio::time::timeout(timeout, answer).await.ok().flatten();
            let stop = std::mem::take(&mut *self.time_stops.lock().unwrap());
            // A process that is stopped looks at no deadline.
            tokio::time::sleep(stop).await;
            sample.map(|sample| DateSample {
                received: self.clock.reading(),
                ..sample
            })
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
