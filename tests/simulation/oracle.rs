//! What a process knows of its login, or could know from its store: what each call is held against.
//!
//! A fact is learned with an answer, stored with the next write, and lost with the last holder of it. What nobody can know
//! any more binds nobody.

use tradovate_session::{
    api::{Denial, Failure, Grant},
    session::token::Generation,
};

use super::{
    engine::{HOUR, MINUTE, Ms, SECOND},
    exchange::{Asked, Told},
};

/// How far apart two processes' estimates of one moment may be.
const APART: Ms = 3 * SECOND;

/// What was sent or seen, by the time of its store and the number of its request.
pub type Mark = (Ms, u64);

/// What holds one kind of auth call.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    /// The end of a penalty, and the ticket to come back with.
    pub penalty: Ms,
    pub ticket: Option<u64>,
    /// The password that a login's ticket is for.
    pub password: Option<u32>,
    pub captcha: Ms,
    /// When the latest call was sent that is not known to have succeeded.
    pub failed: Option<Ms>,
    changed: Ms,
    /// When something was last imposed, and when a token last ended that.
    imposed: Ms,
    cleared: Ms,
    /// When the ticket came, by true time.
    came: Ms,
    /// Another process was granted a token at about the same time: nobody can tell which came first.
    pub unclear: bool,
}

/// See the head of this file. Times are those of a store: true time, and what clocks were put forward.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub renewals: Vec<Mark>,
    pub logins: Vec<Mark>,
    pub tries: Vec<Mark>,
    pub refusals: Vec<Mark>,
    pub evictions: Vec<Mark>,
    pub login: Gate,
    pub renewal: Gate,
    pub stop: Ms,
    /// Tokens that a renewal was refused with by 401, and when.
    pub lost: Vec<Mark>,
    /// Tokens that a renewal was granted with: their sessions lived.
    pub extended: Vec<Mark>,
    /// The latest token.
    pub newest: Option<Newest>,
    /// When a login was last granted.
    pub logged_in_at: Ms,
    pub denied: Option<(u32, Ms)>,
    /// Renewals since the last success whose answers may mean a closed session, or refuse a token in doubt.
    pub doubtful: u32,
    pub blind: Option<(Ms, u64)>,
}

/// A token that was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    pub token: u64,
    pub expires: Ms,
    pub granted: Ms,
    /// The generation that it was made from.
    pub made_from: Generation,
}

/// The answer to an auth call: what it was taken for, and as it came.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    pub outcome: Result<&'a Grant, &'a Failure>,
    pub told: Option<&'a Told>,
    /// A told host was asked, which may be gone.
    pub told_host: bool,
    /// When it came, by true time.
    pub came: Ms,
    /// The generation that its session showed when it was sent.
    pub generation: Generation,
}

/// One mark for each number, the earliest.
fn union(mine: &mut Vec<Mark>, other: &[Mark]) {
    if mine == other {
        return;
    }
    for mark in other {
        match mine.iter_mut().find(|known| known.1 == mark.1) {
            Some(known) => known.0 = known.0.min(mark.0),
            None => mine.push(*mark),
        }
    }
    mine.sort_unstable();
}

impl Gate {
    fn merge(&mut self, other: &Self) {
        // Two tickets that came at about the same time: by their clocks nobody can tell which is the newer one.
        let both = self.ticket.is_some() && other.ticket.is_some() && self.ticket != other.ticket;
        self.unclear |= both && (self.came - other.came).abs() < APART;
        self.came = self.came.max(other.came);
        // A ticket that both still have went along with no call, though each has tried one since that was not sent.
        let in_both = self.ticket.is_some() && self.ticket == other.ticket;
        // A call that came later has used up the ticket.
        let mine = (self.penalty > other.changed).then_some((self.penalty, self.ticket, self.password));
        let others = (other.penalty > self.changed || self.changed == 0).then_some((
            other.penalty,
            other.ticket,
            other.password,
        ));
        let same = self.penalty == other.penalty && self.changed <= other.changed;
        (self.penalty, self.ticket, self.password) = if same || in_both {
            (other.penalty, other.ticket, other.password)
        } else {
            mine.max(others).unwrap_or_default()
        };
        self.captcha = self.captcha.max(other.captcha);
        self.imposed = self.imposed.max(other.imposed);
        if other.changed > self.changed {
            self.failed = other.failed;
        }
        self.changed = self.changed.max(other.changed);
        self.unclear |= other.unclear;
        self.end_before(self.cleared.max(other.cleared));
    }

    /// A token that came later has ended what was imposed before.
    fn end_before(&mut self, granted: Ms) {
        self.unclear |= self.imposed > 0 && (self.imposed - granted).abs() < APART;
        self.cleared = self.cleared.max(granted);
        if self.imposed < self.cleared {
            (self.penalty, self.ticket, self.captcha) = (0, None, 0);
        }
    }

    fn clear(&mut self, at: Ms) {
        *self = Self {
            changed: at,
            cleared: at,
            ..Self::default()
        };
    }
}

impl Known {
    pub fn merge(&mut self, other: &Self) {
        union(&mut self.renewals, &other.renewals);
        union(&mut self.logins, &other.logins);
        union(&mut self.tries, &other.tries);
        union(&mut self.refusals, &other.refusals);
        union(&mut self.evictions, &other.evictions);
        union(&mut self.lost, &other.lost);
        union(&mut self.extended, &other.extended);
        self.login.merge(&other.login);
        self.renewal.merge(&other.renewal);
        self.stop = self.stop.max(other.stop);
        let made_from = |known: &Self| known.newest.map(|newest| newest.made_from);
        // Of two tokens that were made from one generation the stored one counts.
        let displaces = other.newest.is_some() && made_from(other) == made_from(self) && other.newest != self.newest;
        if displaces || other.granted_at() > self.granted_at() {
            (self.newest, self.doubtful) = (other.newest, other.doubtful);
        } else if other.newest == self.newest {
            self.doubtful = self.doubtful.max(other.doubtful);
        }
        // A token that was renewed under the same name was alive after it had seemed lost. Who judges allows for clocks that are
        // apart, and who saw it may have had one that was.
        if let Some(newest) = self.newest {
            self.lost
                .retain(|mark| mark.1 != newest.token || mark.0 > newest.granted + 2 * APART);
        }
        self.logged_in_at = self.logged_in_at.max(other.logged_in_at);
        self.login.end_before(self.logged_in_at);
        self.renewal.end_before(self.granted_at().unwrap_or(0));
        // The latest counts: others' credentials are told apart from those alone.
        if other.denied.map(|denied| denied.1) > self.denied.map(|denied| denied.1) {
            self.denied = other.denied;
        }
        // A login that came later was granted.
        if self
            .denied
            .is_some_and(|denied| self.granted_at().is_some_and(|at| at + HOUR > denied.1))
        {
            self.denied = None;
        }
        self.blind = self.blind.max(other.blind);
    }

    fn granted_at(&self) -> Option<Ms> {
        self.newest.map(|newest| newest.granted)
    }

    pub fn forget(&mut self, at: Ms, budget: Ms) {
        self.renewals.retain(|mark| mark.0 > at - HOUR);
        self.tries.retain(|mark| mark.0 > at - HOUR);
        self.refusals.retain(|mark| mark.0 > at - HOUR);
        // Longer than any budget looks back: `at` may be ahead of true time.
        self.logins.retain(|mark| mark.0 > at - 2 * budget.max(HOUR));
        let old = self.evictions.len().saturating_sub(4);
        self.evictions.drain(..old);
        for list in [&mut self.lost, &mut self.extended] {
            let old = list.len().saturating_sub(8);
            list.drain(..old);
        }
    }

    pub fn knows_lost(&self, token: u64) -> bool {
        self.lost.iter().any(|mark| mark.1 == token)
    }

    /// Whether a token was refused while it seemed to live on for a while.
    pub fn knows_evicted(&self, token: u64) -> bool {
        self.evictions.iter().any(|mark| mark.1 == token)
    }

    /// Takes in that a call was sent.
    pub fn sent(&mut self, asked: Asked, number: u64, at: Ms, blind: bool) {
        match asked {
            Asked::Login { password, .. } => {
                self.login.ticket.take_if(|_| self.login.password != Some(password));
                union(&mut self.logins, &[(at, number)]);
                union(&mut self.tries, &[(at, number)]);
                self.login.failed = Some(at);
                self.login.changed = at;
                if blind {
                    self.blind = Some((at, number));
                }
            }
            Asked::Renewal { .. } => {
                union(&mut self.renewals, &[(at, number)]);
                self.renewal.failed = Some(at);
                self.renewal.changed = at;
            }
            Asked::Get(_) | Asked::Post(_) | Asked::Time => {}
        }
    }

    /// Takes in the answer to a login.
    pub fn logged_in(&mut self, answer: Answer<'_>, password: u32, number: u64, at: Ms) {
        match answer.outcome {
            Ok(grant) => {
                self.login.clear(at);
                self.logged_in_at = at;
                // A ticket is for the token before.
                (self.renewal.failed, self.renewal.ticket, self.renewal.changed) = (None, None, at);
                self.denied = None;
                self.granted(grant, answer.generation, at);
            }
            Err(failure) => {
                let is_the_hosts = answer.told_host && may_be_a_told_hosts(failure);
                if failure.is_refusal() && !is_the_hosts {
                    union(&mut self.refusals, &[(at, number)]);
                }
                if matches!(failure, Failure::Denied(..) | Failure::Unauthorized(_)) && !is_the_hosts {
                    self.denied = Some((password, at + HOUR));
                }
                if matches!(failure, Failure::Penalty { .. }) {
                    self.login.password = Some(password);
                }
                let stop = cool_down(&mut self.login, failure, answer, at);
                self.stop = self.stop.max(stop);
            }
        }
    }

    /// Takes in the answer to a renewal of `token`.
    pub fn renewed(&mut self, answer: Answer<'_>, token: u64, fresh: bool, at: Ms) {
        match answer.outcome {
            Ok(grant) => {
                let expires = super::world::true_time(grant.expires_at);
                let failed = self
                    .renewal
                    .failed
                    .filter(|_| self.newest.is_some_and(|newest| newest.expires >= expires));
                self.renewal.clear(at);
                self.renewal.failed = failed;
                self.extended.push((at, token));
                self.granted(grant, answer.generation, at);
            }
            Err(failure) => {
                match failure {
                    Failure::Unauthorized(_) => self.lose(token, fresh, at),
                    failure if failure.leaves_in_doubt() => self.doubtful += 1,
                    // Refused: settles a doubt, if there is one.
                    Failure::Rejected(_) | Failure::BadRequest(_) => self.doubtful = self.doubtful.max(3),
                    _ => {}
                }
                let stop = cool_down(&mut self.renewal, failure, answer, at);
                self.stop = self.stop.max(stop);
            }
        }
    }

    fn granted(&mut self, grant: &Grant, made_from: Generation, at: Ms) {
        let token = number_in(grant.access_token.expose());
        self.lost.retain(|mark| mark.1 != token);
        self.newest = Some(Newest {
            token,
            expires: super::world::true_time(grant.expires_at),
            granted: at,
            made_from,
        });
        self.doubtful = 0;
    }

    pub fn lose(&mut self, token: u64, fresh: bool, at: Ms) {
        if !self.knows_lost(token) {
            self.lost.push((at, token));
            if fresh {
                self.evictions.push((at, token));
            }
        }
    }

    /// Whether two evictions came so close together that nothing but a new start may answer them.
    pub fn fight(&self) -> Option<Ms> {
        let was_alive = |token: u64| self.extended.iter().any(|mark| mark.1 == token);
        let evictions: Vec<_> = self.evictions.iter().filter(|mark| !was_alive(mark.1)).collect();
        // A later one that is no part of that fight shows that a new start has ended it, also if its session had lived on
        // until then.
        let is_latest = |at: Ms| self.evictions.iter().all(|mark| mark.0 - at < 15 * MINUTE - 5 * SECOND);
        match evictions.as_slice() {
            [.., before, last] if last.0 - before.0 < 15 * MINUTE - 5 * SECOND && is_latest(last.0) => Some(last.0),
            _ => None,
        }
    }
}

/// Notes what an answer imposes on a kind of call; answers until when everything has to stop.
fn cool_down(gate: &mut Gate, failure: &Failure, answer: Answer<'_>, at: Ms) -> Ms {
    let told = answer.told;
    (gate.changed, gate.unclear) = (at, false);
    if !failure.is_not_sent() {
        gate.ticket = None;
    }
    if told.is_some_and(Told::wants_captcha) {
        (gate.captcha, gate.imposed) = (at + HOUR, at);
    } else if let Failure::Penalty { ticket, wait } = failure {
        gate.ticket = ticket.as_ref().map(|ticket| number_in(ticket.expose()));
        gate.penalty = at + wait.as_millis() as Ms;
        (gate.imposed, gate.came) = (at, answer.came);
    }
    told.and_then(Told::stop).map_or(0, |wait| at + wait)
}

/// The number in a simulated token or ticket.
pub fn number_in(text: &str) -> u64 {
    text.get(1..).and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Whether a told host that is gone may have answered a login, and not Tradovate in its own words.
pub fn may_be_a_told_hosts(failure: &Failure) -> bool {
    match failure {
        Failure::Unauthorized(_) | Failure::BadRequest(_) => true,
        Failure::Denied(denial, _) => *denial == Denial::ExtraFactor,
        _ => failure.may_be_another_servers(),
    }
}
