//! Tradovate as it is known: sessions that close each other, limits an hour, permissions, tickets, captchas and lockouts.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::{
    engine::{HOUR, MINUTE, Ms, SECOND},
    exchange::{Asked, Told, stop_time},
    faults::{Fault, Weather},
    hosts::Hosts,
    plan::{Permissions, Plan},
    world::server_time,
};

/// What Tradovate allows in an hour.
const FAILED_LOGINS: usize = 5;
const RENEWALS: usize = 15;

/// Status, `Retry-After` and body.
type Answered = (u16, Option<u64>, String);

#[derive(Debug, Clone, Copy)]
pub struct Issued {
    pub number: u64,
    pub expires: Ms,
    session: u64,
    dead: bool,
}

/// What a kind of call has to wait for: tickets by number, and the end and the length of their wait.
#[derive(Debug, Clone, Default)]
struct Gate {
    tickets: Vec<(u64, Ms, Ms)>,
    captcha: Ms,
}

/// What Tradovate counts by address: failed logins, and renewals.
#[derive(Debug, Default)]
pub struct Address {
    failed: Vec<Ms>,
    renewed: Vec<Ms>,
    called: Vec<Ms>,
    /// The most calls within an hour: logins and renewals together, and of each kind.
    pub most_called: usize,
    pub most_failed: usize,
    pub most_renewed: usize,
    /// Answers by a penalty to more calls than it allows.
    pub too_many_logins: u64,
    pub too_many_renewals: u64,
}

/// One user, as Tradovate sees it.
#[derive(Debug)]
pub struct Tradovate {
    most_sessions: usize,
    managers: usize,
    life: Ms,
    rotates: bool,
    kills_old: bool,
    pub password: u32,
    /// The one that last opened a session.
    pub granted_to: Option<u32>,
    /// Open sessions, the oldest first.
    open: Vec<u64>,
    issued: Vec<Issued>,
    numbers: u64,
    permissions: Permissions,
    login: Gate,
    renewal: Gate,
    /// By whether it is a POST, and its endpoint.
    calls: BTreeMap<(bool, u8), Gate>,
    /// Its end, its status, and what its answers say if it begins anew soon.
    stop: (Ms, u16, Option<u64>),
    /// Every stop that it imposed has ended by then.
    pub stopped_until: Ms,
    pub evictions: u64,
    /// When the latest token dies, and for how long there was no good one: the longest time, and the sum.
    latest: Ms,
    pub longest_gap: Ms,
    pub gaps: Ms,
}

/// What an answer depends on besides the call.
pub struct AnswerContext<'a> {
    pub weather: &'a Weather,
    pub hosts: &'a Hosts,
    pub address: &'a mut Address,
    pub now: Ms,
    pub rng: &'a mut Rng,
}

impl Tradovate {
    pub fn new(plan: &Plan, user: usize) -> Self {
        Self {
            most_sessions: plan.sessions,
            managers: plan.managers(),
            life: plan.life,
            rotates: plan.rotates,
            kills_old: plan.kills_old,
            password: 1,
            granted_to: None,
            open: Vec::new(),
            issued: Vec::new(),
            numbers: user as u64 * 1_000_000_000,
            permissions: plan.permissions(),
            login: Gate::default(),
            renewal: Gate::default(),
            calls: BTreeMap::new(),
            stop: (0, 429, None),
            stopped_until: 0,
            evictions: 0,
            latest: 0,
            longest_gap: 0,
            gaps: 0,
        }
    }

    /// A token that it has given, for as long as anybody may remember it.
    pub fn issued(&self, number: u64) -> Option<&Issued> {
        self.issued.iter().rev().find(|issued| issued.number == number)
    }

    /// Whether it would take a token, and if not, whether that is because its time has come.
    pub fn takes(&self, number: u64, now: Ms) -> Result<(), bool> {
        match self.issued(number) {
            Some(issued) if now >= issued.expires => Err(true),
            Some(issued) if !issued.dead && self.open.contains(&issued.session) => Ok(()),
            _ => Err(false),
        }
    }

    /// Whether it has given a token that is still good.
    pub fn is_served(&self, now: Ms) -> bool {
        self.issued.iter().any(|issued| self.takes(issued.number, now).is_ok())
    }

    /// A process that needs a token starts: until now nobody was without one.
    pub fn is_needed(&mut self, now: Ms) {
        if self.latest > 0 {
            self.latest = self.latest.max(now);
        }
    }

    /// Someone logs in on the web site.
    pub fn web_login(&mut self) {
        self.open_session();
    }

    pub fn answer(&mut self, asked: Asked, by: &mut AnswerContext<'_>) -> Told {
        let (status, retry_after, body) = self.judge(asked, by);
        Told {
            status,
            retry_after,
            body,
            at: by.now,
        }
    }

    fn judge(&mut self, asked: Asked, by: &mut AnswerContext<'_>) -> Answered {
        if asked == Asked::Time {
            return (404, None, String::new());
        }
        let now = by.now;
        if now < self.stop.0 {
            return self.stop_all(self.stop.1, self.stop.2, now);
        }
        if matches!(asked, Asked::Login { .. } | Asked::Renewal { .. }) {
            let address = &mut *by.address;
            address.called.retain(|at| *at > now - HOUR);
            address.called.push(now);
            address.most_called = address.most_called.max(address.called.len());
        }
        if let Some(told) = self.gate(asked, by) {
            return told;
        }
        match by.weather.fault(by.rng) {
            Some(Fault::Status(status)) => {
                let wait = (status == 503 && by.rng.u32(0..4) == 0).then(|| by.rng.u64(1..60));
                if status == 403 && matches!(asked, Asked::Login { .. }) {
                    by.address.failed.push(now);
                }
                (status, wait, String::new())
            }
            Some(Fault::Stop(status)) => {
                let wait = match by.rng.u32(0..4) {
                    0 => Some(by.rng.u64(1..5_000)),
                    1 => Some(by.rng.u64(1..30)),
                    _ => None,
                };
                self.stop_all(status, wait, now)
            }
            Some(Fault::BriefStop) => {
                let wait = Some(by.rng.u64(1..60));
                let stopped = self.stop_all(429, wait, now);
                self.stop.2 = wait;
                stopped
            }
            Some(Fault::Penalty) => {
                let wait = by.rng.i64(1..120) * SECOND;
                self.penalise(asked, wait, by)
            }
            Some(Fault::Captcha) if !matches!(asked, Asked::Get(_) | Asked::Post(_)) => self.captcha(asked, by),
            Some(Fault::Text) => refuse(asked, by, r#"{"errorText":"The app is not registered"}"#),
            Some(Fault::Factor) => refuse(asked, by, r#"{"chl":"v1"}"#),
            Some(Fault::Garbage) => (200, None, "<html>".into()),
            Some(Fault::RefusedOrder) if matches!(asked, Asked::Post(_)) => refused_order(),
            _ => self.serve(asked, by),
        }
    }

    fn serve(&mut self, asked: Asked, by: &mut AnswerContext<'_>) -> Answered {
        let now = by.now;
        match asked {
            Asked::Login { password, .. } => {
                by.address.failed.retain(|at| *at > now - HOUR);
                if by.address.failed.len() >= FAILED_LOGINS {
                    by.address.too_many_logins += 1;
                    return self.penalise(asked, 15 * SECOND, by);
                }
                if password != self.password {
                    return refuse(asked, by, r#"{"errorText":"Incorrect username or password."}"#);
                }
                self.granted_to = Some(password);
                let session = self.open_session();
                self.grant(session, now + self.life, by)
            }
            Asked::Renewal { token, .. } => {
                let address = &mut *by.address;
                address.renewed.retain(|at| *at > now - HOUR);
                address.renewed.push(now);
                address.most_renewed = address.most_renewed.max(address.renewed.len());
                if address.renewed.len() > RENEWALS {
                    address.too_many_renewals += 1;
                    return self.penalise(asked, 15 * SECOND, by);
                }
                match self.takes(token, now) {
                    Ok(()) => self.renew(token, by),
                    Err(expired) => closed(expired, by),
                }
            }
            Asked::Get(called) | Asked::Post(called) => match self.takes(called.token, now) {
                Ok(()) if !self.permissions.denies(called.endpoint, now) => (200, None, "[]".into()),
                Ok(()) if matches!(asked, Asked::Post(_)) && by.rng.bool() => refused_order(),
                Ok(()) => (401, None, "Access is denied".into()),
                Err(expired) => closed(expired, by),
            },
            Asked::Time => (404, None, String::new()),
        }
    }

    fn renew(&mut self, token: u64, by: &AnswerContext<'_>) -> Answered {
        let now = by.now;
        let kills = self.rotates && self.kills_old;
        let rotates = self.rotates;
        let Some(old) = self.issued.iter_mut().rev().find(|issued| issued.number == token) else {
            return (401, None, String::new());
        };
        let expires = if by.weather.extends {
            now + self.life
        } else {
            old.expires
        };
        if rotates {
            old.dead = kills;
            let session = old.session;
            return self.grant(session, expires, by);
        }
        old.expires = expires;
        self.latest = self.latest.max(expires);
        (200, None, body(token, expires, by.hosts))
    }

    fn grant(&mut self, session: u64, expires: Ms, by: &AnswerContext<'_>) -> Answered {
        let now = by.now;
        self.numbers += 1;
        if self.issued.len() >= 64 {
            self.issued.retain(|issued| issued.expires > now - HOUR);
        }
        self.issued.push(Issued {
            number: self.numbers,
            expires,
            session,
            dead: false,
        });
        let gap = if self.latest == 0 {
            0
        } else {
            (now - self.latest).max(0)
        };
        self.gaps += gap;
        self.longest_gap = self.longest_gap.max(gap);
        self.latest = self.latest.max(expires);
        (200, None, body(self.numbers, expires, by.hosts))
    }

    fn open_session(&mut self) -> u64 {
        self.numbers += 1;
        self.open.push(self.numbers);
        if self.open.len() > self.most_sessions {
            self.open.remove(0);
            self.evictions += 1;
        }
        self.numbers
    }

    fn gate_of(&mut self, asked: Asked) -> &mut Gate {
        match asked {
            Asked::Get(called) => self.calls.entry((false, called.endpoint)).or_default(),
            Asked::Post(called) => self.calls.entry((true, called.endpoint)).or_default(),
            Asked::Login { .. } => &mut self.login,
            Asked::Renewal { .. } | Asked::Time => &mut self.renewal,
        }
    }

    /// What still has to be waited for. A ticket that has been waited out opens the gate.
    fn gate(&mut self, asked: Asked, by: &mut AnswerContext<'_>) -> Option<Answered> {
        let now = by.now;
        let (brought, is_auth) = match asked {
            Asked::Login { ticket, .. } | Asked::Renewal { ticket, .. } => (ticket, true),
            Asked::Get(called) | Asked::Post(called) => (called.ticket, false),
            Asked::Time => return None,
        };
        let gate = self.gate_of(asked);
        if now < gate.captcha {
            return Some(self.captcha(asked, by));
        }
        let (last, until, wait) = *gate.tickets.last()?;
        // Of calls that were made at once each has a ticket of its own; of auth calls there are never two.
        let opens = |(ticket, until, _): &(u64, Ms, Ms)| {
            brought == Some(*ticket) && now >= *until && (!is_auth || *ticket == last)
        };
        // A ticket that nobody came back with is forgotten.
        if gate.tickets.iter().any(opens) || now > until + HOUR {
            gate.tickets.clear();
            return None;
        }
        Some(self.penalise(asked, (wait * 2).min(10 * MINUTE), by))
    }

    fn penalise(&mut self, asked: Asked, wait: Ms, by: &mut AnswerContext<'_>) -> Answered {
        let now = by.now;
        self.numbers += 1;
        let ticket = (self.numbers, now + wait, wait);
        let gate = self.gate_of(asked);
        if gate.tickets.len() == 16 {
            gate.tickets.remove(0);
        }
        gate.tickets.push(ticket);
        self.stopped_until = self.stopped_until.max(now + wait);
        let captcha = if by.rng.bool() { r#","p-captcha":false"# } else { "" };
        let body = format!(
            r#"{{"p-ticket":"p{}","p-time":{}{captcha}}}"#,
            self.numbers,
            wait / SECOND
        );
        (200, None, body)
    }

    fn captcha(&mut self, asked: Asked, by: &mut AnswerContext<'_>) -> Answered {
        let now = by.now;
        let gate = self.gate_of(asked);
        if now >= gate.captcha {
            gate.captcha = now + HOUR;
            gate.tickets.clear();
        }
        let until = gate.captcha;
        self.stopped_until = self.stopped_until.max(until);
        let told = if by.rng.bool() { "true" } else { r#""true""# };
        let body = format!(r#"{{"p-ticket":"c","p-time":3,"p-captcha":{told}}}"#);
        (200, None, body)
    }

    pub fn is_stopped(&self, now: Ms) -> bool {
        now < self.stop.0
    }

    /// A stop that is asked into begins anew. Managers that know nothing of each other would make it last for ever.
    fn stop_all(&mut self, status: u16, wait: Option<u64>, now: Ms) -> Answered {
        if self.is_stopped(now) && self.managers > 1 {
            return (status, wait, String::new());
        }
        let told = stop_time(status, wait).unwrap_or(HOUR);
        self.stop = (now + told, status, self.stop.2.filter(|_| self.is_stopped(now)));
        self.stopped_until = self.stopped_until.max(now + told);
        (status, wait, String::new())
    }
}

fn refuse(asked: Asked, by: &mut AnswerContext<'_>, body: &str) -> Answered {
    if matches!(asked, Asked::Login { .. }) {
        let (address, now) = (&mut *by.address, by.now);
        address.failed.retain(|at| *at > now - HOUR);
        address.failed.push(now);
        address.most_failed = address.most_failed.max(address.failed.len());
    }
    (200, None, body.into())
}

/// How a token is refused whose time has come, or whose session is closed.
fn closed(expired: bool, by: &AnswerContext<'_>) -> Answered {
    match if expired { 401 } else { by.weather.closed_as } {
        400 => (400, None, "Expired Access Token".into()),
        status => (status, None, String::new()),
    }
}

fn refused_order() -> Answered {
    let body = r#"{"failureReason":"UnknownReason","failureText":"Access is denied"}"#;
    (200, None, body.into())
}

fn body(token: u64, expires: Ms, hosts: &Hosts) -> String {
    let expires = server_time(expires);
    let hosts = hosts.field();
    format!(r#"{{"accessToken":"t{token}","expirationTime":"{expires}","userId":7{hosts}}}"#)
}
