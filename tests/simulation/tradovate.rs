//! Tradovate as it is known: sessions that close each other, limits an hour, tickets, captchas and lockouts.

use fastrand::Rng;

use super::{
    engine::{HOUR, MINUTE, Ms, SECOND},
    plan::Plan,
    weather::{Fault, Weather},
    world::server_time,
};

/// What Tradovate allows in an hour.
const FAILED_LOGINS: usize = 5;
const RENEWALS: usize = 15;

/// What is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Login { password: u32, ticket: Option<u64> },
    Renewal { token: u64, ticket: Option<u64> },
    Get { token: u64, number: u64 },
    Post { token: u64, number: u64 },
}

/// What it answers.
#[derive(Debug, Clone)]
pub struct Told {
    pub status: u16,
    pub retry_after: Option<u64>,
    pub body: String,
    pub at: Ms,
}

#[derive(Debug, Clone, Copy)]
pub struct Issued {
    pub number: u64,
    pub expires: Ms,
    session: u64,
    dead: bool,
}

/// What a kind of auth call has to wait for.
#[derive(Debug, Clone, Copy, Default)]
struct Gate {
    ticket: Option<(u64, Ms, Ms)>,
    captcha: Ms,
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
    /// Open sessions, the oldest first.
    open: Vec<u64>,
    issued: Vec<Issued>,
    numbers: u64,
    failed: Vec<Ms>,
    renewed: Vec<Ms>,
    login: Gate,
    renewal: Gate,
    stop: (Ms, u16),
    /// Every stop that it imposed has ended by then.
    pub stopped_until: Ms,
    pub evictions: u64,
    /// Answers by a penalty to more calls than it allows.
    pub too_many_logins: u64,
    pub too_many_renewals: u64,
}

impl Tradovate {
    pub fn new(plan: &Plan) -> Self {
        Self {
            most_sessions: plan.sessions,
            managers: plan.stores,
            life: plan.life,
            rotates: plan.rotates,
            kills_old: plan.kills_old,
            password: 1,
            open: Vec::new(),
            issued: Vec::new(),
            numbers: 0,
            failed: Vec::new(),
            renewed: Vec::new(),
            login: Gate::default(),
            renewal: Gate::default(),
            stop: (0, 429),
            stopped_until: 0,
            evictions: 0,
            too_many_logins: 0,
            too_many_renewals: 0,
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

    /// Someone logs in on the web site.
    pub fn web_login(&mut self) {
        self.open_session();
    }

    pub fn answer(&mut self, asked: Asked, weather: &Weather, now: Ms, rng: &mut Rng) -> Told {
        let (status, retry_after, body) = self.judge(asked, weather, now, rng);
        Told {
            status,
            retry_after,
            body,
            at: now,
        }
    }

    fn judge(&mut self, asked: Asked, weather: &Weather, now: Ms, rng: &mut Rng) -> (u16, Option<u64>, String) {
        if now < self.stop.0 {
            return self.stop_all(self.stop.1, None, now);
        }
        if let Some(told) = self.gate(asked, now, rng) {
            return told;
        }
        match weather.fault(rng) {
            Some(Fault::Status(status)) => {
                let wait = (status == 503 && rng.u32(0..4) == 0).then(|| rng.u64(1..60));
                if status == 403 && matches!(asked, Asked::Login { .. }) {
                    self.failed.push(now);
                }
                (status, wait, String::new())
            }
            Some(Fault::Stop(status)) => {
                let wait = (rng.u32(0..3) == 0).then(|| rng.u64(1..5_000));
                self.stop_all(status, wait, now)
            }
            Some(Fault::Penalty) => self.penalise(asked, rng.i64(1..120) * SECOND, now, rng),
            Some(Fault::Captcha) if !matches!(asked, Asked::Get { .. } | Asked::Post { .. }) => {
                self.captcha(asked, now)
            }
            Some(Fault::Text) => self.refuse(asked, now, r#"{"errorText":"The app is not registered"}"#),
            Some(Fault::Factor) => self.refuse(asked, now, r#"{"chl":"v1"}"#),
            Some(Fault::Garbage) => (200, None, "<html>".into()),
            _ => self.serve(asked, weather, now, rng),
        }
    }

    fn serve(&mut self, asked: Asked, weather: &Weather, now: Ms, rng: &mut Rng) -> (u16, Option<u64>, String) {
        match asked {
            Asked::Login { password, .. } => {
                self.failed.retain(|at| *at > now - HOUR);
                if self.failed.len() >= FAILED_LOGINS {
                    self.too_many_logins += 1;
                    return self.penalise(asked, 15 * SECOND, now, rng);
                }
                if password != self.password {
                    return self.refuse(asked, now, r#"{"errorText":"Incorrect username or password."}"#);
                }
                let session = self.open_session();
                self.grant(session, now, now + self.life)
            }
            Asked::Renewal { token, .. } => {
                self.renewed.retain(|at| *at > now - HOUR);
                self.renewed.push(now);
                if self.renewed.len() > RENEWALS {
                    self.too_many_renewals += 1;
                    return self.penalise(asked, 15 * SECOND, now, rng);
                }
                match self.takes(token, now) {
                    Ok(()) => self.renew(token, weather, now),
                    Err(expired) => (if expired { 401 } else { weather.closed_as }, None, String::new()),
                }
            }
            Asked::Get { token, .. } | Asked::Post { token, .. } => match self.takes(token, now) {
                Ok(()) => (200, None, "[]".into()),
                Err(expired) => (if expired { 401 } else { weather.closed_as }, None, String::new()),
            },
        }
    }

    fn renew(&mut self, token: u64, weather: &Weather, now: Ms) -> (u16, Option<u64>, String) {
        let kills = self.rotates && self.kills_old;
        let rotates = self.rotates;
        let Some(old) = self.issued.iter_mut().rev().find(|issued| issued.number == token) else {
            return (401, None, String::new());
        };
        let expires = if weather.extends { now + self.life } else { old.expires };
        if rotates {
            old.dead = kills;
            let session = old.session;
            return self.grant(session, now, expires);
        }
        old.expires = expires;
        (200, None, body(token, expires))
    }

    fn grant(&mut self, session: u64, now: Ms, expires: Ms) -> (u16, Option<u64>, String) {
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
        (200, None, body(self.numbers, expires))
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

    /// What still has to be waited for. A ticket that has been waited out opens the gate.
    fn gate(&mut self, asked: Asked, now: Ms, rng: &mut Rng) -> Option<(u16, Option<u64>, String)> {
        let (gate, brought) = match asked {
            Asked::Login { ticket, .. } => (&mut self.login, ticket),
            Asked::Renewal { ticket, .. } => (&mut self.renewal, ticket),
            Asked::Get { .. } | Asked::Post { .. } => return None,
        };
        if now < gate.captcha {
            return Some(self.captcha(asked, now));
        }
        let (ticket, until, wait) = gate.ticket?;
        // A ticket that nobody came back with is forgotten.
        if (brought == Some(ticket) && now >= until) || now > until + HOUR {
            gate.ticket = None;
            return None;
        }
        Some(self.penalise(asked, (wait * 2).min(10 * MINUTE), now, rng))
    }

    fn penalise(&mut self, asked: Asked, wait: Ms, now: Ms, rng: &mut Rng) -> (u16, Option<u64>, String) {
        self.numbers += 1;
        let ticket = Some((self.numbers, now + wait, wait));
        match asked {
            Asked::Login { .. } => self.login.ticket = ticket,
            Asked::Renewal { .. } => self.renewal.ticket = ticket,
            Asked::Get { .. } | Asked::Post { .. } => {}
        }
        self.stopped_until = self.stopped_until.max(now + wait);
        let captcha = if rng.bool() { r#","p-captcha":false"# } else { "" };
        let body = format!(
            r#"{{"p-ticket":"p{}","p-time":{}{captcha}}}"#,
            self.numbers,
            wait / SECOND
        );
        (200, None, body)
    }

    fn captcha(&mut self, asked: Asked, now: Ms) -> (u16, Option<u64>, String) {
        let gate = match asked {
            Asked::Login { .. } => &mut self.login,
            _ => &mut self.renewal,
        };
        if now >= gate.captcha {
            gate.captcha = now + HOUR;
            gate.ticket = None;
        }
        self.stopped_until = self.stopped_until.max(gate.captcha);
        (200, None, r#"{"p-ticket":"c","p-time":3,"p-captcha":true}"#.into())
    }

    pub fn is_stopped(&self, now: Ms) -> bool {
        now < self.stop.0
    }

    /// A stop that is asked into begins anew. Managers that know nothing of each other would make it last for ever.
    fn stop_all(&mut self, status: u16, wait: Option<u64>, now: Ms) -> (u16, Option<u64>, String) {
        if self.is_stopped(now) && self.managers > 1 {
            return (status, wait, String::new());
        }
        let told = wait.map_or(HOUR, |seconds| (seconds as Ms * SECOND).max(HOUR));
        self.stop = (now + told, status);
        self.stopped_until = self.stopped_until.max(now + told);
        (status, wait, String::new())
    }

    fn refuse(&mut self, asked: Asked, now: Ms, body: &str) -> (u16, Option<u64>, String) {
        if matches!(asked, Asked::Login { .. }) {
            self.failed.push(now);
        }
        (200, None, body.into())
    }
}

fn body(token: u64, expires: Ms) -> String {
    let expires = server_time(expires);
    format!(r#"{{"accessToken":"t{token}","expirationTime":"{expires}","userId":7}}"#)
}
