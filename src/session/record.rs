//! Everything that is known about a login's token, as one small record, read and written whole.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    cooldown::{Cooldown, CooldownKind, Scope, TicketMark},
    history::{Attempts, History},
    limits::{AHEAD, HOUR, LEAST_GAP},
    lineage::Lineage,
    login_key::{Fingerprint, LoginKey},
    refusal::Refusal,
    suspicion::Suspicion,
    token::{Generation, Granted, Loss, SessionNumber, Token},
};
use crate::{
    api::{Environment, Grant, Hosts, Origin, failure::LONG_STOP},
    clock::{StoredOffset, earlier, later},
    error::{Error, ErrorKind},
    secret::Secret,
    store::{Entry, Revision, envelope::mismatch},
};

/// The version of the record's form.
pub const SCHEMA: u32 = 1;

/// Logins that are remembered: as many as any `maxLogins` can look at.
const MOST_LOGINS: usize = 100;
/// The longest cooldown, and so the furthest that a moment in a record can lie ahead.
const LONGEST_STOP: Duration = Duration::from_secs(24 * 3_600);

/// One login's token, and all that decides what it needs next.
///
/// All times are Tradovate's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The version of this form.
    pub schema: u32,
    /// Grows with every write, and follows the clock.
    pub revision: Revision,
    /// The revision that it was begun with in its store: another one after the store was emptied.
    #[serde(default)]
    pub begun: Revision,
    /// The latest revisions that it was written over.
    #[serde(default)]
    pub lineage: Lineage,
    /// Grows by one with each new token.
    pub generation: Generation,
    /// Grows by one with each login: tokens of one session share it.
    pub session: SessionNumber,
    /// Real money, or simulation.
    pub environment: Environment,
    /// Whose record it is.
    pub key: LoginKey,
    /// The newest token, even if it is dead.
    pub token: Option<Token>,
    /// When the call that brought the token was noted, by the clock of then. A session that has seen no more than the note knows
    /// the call by that.
    #[serde(default)]
    pub noted_at: Option<Timestamp>,
    /// The generation whose token the last eviction ended.
    #[serde(default)]
    pub last_evicted: Option<Generation>,
    /// Hosts as last told, and those of them that failed.
    #[serde(default)]
    pub hosts: Hosts,
    /// The user as last told.
    #[serde(default)]
    pub user_id: Option<i64>,
    /// How far Tradovate's clock was ahead when it was last looked at.
    #[serde(default)]
    pub clock: StoredOffset,
    /// The cooldowns, by the calls that they are about.
    #[serde(default)]
    pub cooldowns: BTreeMap<Scope, Cooldown>,
    /// The latest tickets that have gone along with a call. A clock that is corrected hides which of two records is newer; the
    /// tickets tell it.
    #[serde(default)]
    pub used_up: Vec<TicketMark>,
    /// Penalties on other calls, by verb and path.
    #[serde(default)]
    pub penalties: BTreeMap<String, Cooldown>,
    /// How often a penalty was noted or its ticket taken.
    #[serde(default)]
    pub penalties_noted: u64,
    /// The failures of logins.
    #[serde(default)]
    pub login: Attempts,
    /// The failures of renewals.
    #[serde(default)]
    pub renewal: Attempts,
    /// The recent calls and evictions, as far as a limit counts them.
    #[serde(default)]
    pub history: History,
    /// Credentials that Tradovate refused.
    #[serde(default)]
    pub refusal: Option<Refusal>,
    /// The credentials that last opened a session.
    #[serde(default)]
    pub proven: Option<Fingerprint>,
    /// The suspicion that the session is closed.
    #[serde(default)]
    pub suspicion: Suspicion,
    /// When a person last called `resume()`.
    #[serde(default)]
    pub resumed_at: Option<Timestamp>,
    /// When a person last called `resume()` while the login was contended: evictions from before do not count any more.
    #[serde(default)]
    pub fight_ended_at: Option<Timestamp>,
    /// The generation that was contended until a `resume()`: its eviction stops no session any more.
    #[serde(default)]
    pub contention_ended: Option<Generation>,
}

impl Record {
    /// The record of a login that nothing is known of.
    #[must_use]
    pub fn empty(key: LoginKey, environment: Environment) -> Self {
        Self {
            schema: SCHEMA,
            revision: Revision::NONE,
            begun: Revision::NONE,
            lineage: Lineage::default(),
            generation: Generation::default(),
            session: SessionNumber::default(),
            environment,
            key,
            token: None,
            noted_at: None,
            last_evicted: None,
            hosts: Hosts::default(),
            user_id: None,
            clock: StoredOffset::default(),
            cooldowns: BTreeMap::new(),
            used_up: Vec::new(),
            penalties: BTreeMap::new(),
            penalties_noted: 0,
            login: Attempts::default(),
            renewal: Attempts::default(),
            history: History::default(),
            refusal: None,
            proven: None,
            suspicion: Suspicion::default(),
            resumed_at: None,
            fight_ended_at: None,
            contention_ended: None,
        }
    }

    /// Reads a stored record.
    ///
    /// # Errors
    /// [`ErrorKind::StoreMismatch`] for another login's record or another form, [`ErrorKind::Store`] for a text that is none.
    pub fn decode(entry: &Entry, key: &LoginKey) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Form {
            schema: u32,
        }
        let broken = |_| {
            let text = "the stored record cannot be read; nothing was sent, and it is left as it is; remove it, and a login \
                        begins a new one, or choose another store";
            Error::new(ErrorKind::Store, text)
        };
        let form: Form = serde_json::from_str(entry.text.expose()).map_err(broken)?;
        if form.schema != SCHEMA {
            let why = format!("it has form {}, this version knows {SCHEMA}", form.schema);
            let advice = "; use the version that has written it, or choose another store";
            return Err(mismatch(&why, advice));
        }
        let record: Self = serde_json::from_str(entry.text.expose()).map_err(broken)?;
        if record.key != *key {
            return Err(mismatch(
                "it is another login's",
                "; remove it, or choose another store",
            ));
        }
        Ok(record)
    }

    /// The record as it is stored.
    #[must_use]
    pub fn encode(&self) -> Entry {
        // Text keys and plain values always become JSON.
        let text = serde_json::to_string(self).unwrap_or_default();
        Entry {
            revision: self.revision,
            text: Secret::new(text),
        }
    }

    /// The token, if Tradovate may still take it.
    #[must_use]
    pub fn good_token(&self, now: Timestamp) -> Option<&Token> {
        self.token.as_ref().filter(|token| token.is_good(now))
    }

    /// The ticket for the next call of this kind, while it is of use.
    #[must_use]
    pub fn ticket(&self, scope: Scope, now: Timestamp) -> Option<&Secret> {
        let cooldown = self.cooldowns.get(&scope).filter(|cooldown| cooldown.counts(now))?;
        cooldown.ticket.as_ref()
    }

    /// Takes over the user and the hosts that came with a token.
    pub fn learn(&mut self, grant: &Grant, origin: &Origin) {
        self.user_id = grant.user_id.or(self.user_id);
        let told = grant.hosts.iter().map(|(purpose, host)| (&**purpose, &**host));
        self.hosts.learn(origin.trusted(told));
    }

    /// Takes over a granted token, and what came with it. What the answer lacks stays as it was; the market-data token only
    /// if the session is the same one.
    pub fn grant(&mut self, grant: &Grant, origin: &Origin, now: Timestamp, how: Granted) {
        let before = self.token.take().filter(|_| how == Granted::ByRenewal);
        self.generation = self.generation.next();
        if how == Granted::ByLogin {
            self.session = self.session.next();
        }
        self.learn(grant, origin);
        self.token = Some(Token {
            access_token: grant.access_token.clone(),
            md_access_token: grant
                .md_access_token
                .clone()
                .or(before.and_then(|token| token.md_access_token)),
            expires_at: grant.expires_at,
            expiration_time: grant.expiration_time.clone(),
            issued_at: now,
            lost: None,
        });
    }

    /// Stops every auth call and GET for a while. The longest stop counts: asking again has made it longer, not shorter.
    pub fn stop(&mut self, kind: CooldownKind, wait: Duration, now: Timestamp) {
        let stop = Cooldown::new(kind, now, wait);
        let known = self.cooldowns.get(&Scope::All);
        if known.is_none_or(|known| known.until < stop.until) {
            self.cooldowns.insert(Scope::All, stop);
        }
    }

    /// Whether calls were stopped, refused or counted that may still forbid others.
    #[must_use]
    pub fn has_stops(&self) -> bool {
        !self.cooldowns.is_empty() || self.refusal.is_some() || !self.history.refusals.is_empty()
    }

    /// Forgets what no limit of any session of this login looks at any more.
    pub fn prune(&mut self, now: Timestamp) {
        let since = earlier(now, HOUR);
        self.history.refusals.retain(|at| *at > since);
        self.history.renewals.retain(|at| *at > since);
        for (list, most) in [
            (&mut self.history.logins, MOST_LOGINS),
            (&mut self.history.evictions, 2),
        ] {
            let old = list.len().saturating_sub(most);
            list.drain(..old);
        }
        self.cooldowns.retain(|_, cooldown| cooldown.counts(now));
        self.penalties.retain(|_, cooldown| cooldown.counts(now));
        // An hour after its refusals have begun to raise suspicion again, an endpoint counts as any other.
        self.suspicion.retain_own(|own| own.until > since);
    }

    /// Corrects moments that lie further ahead than they can: a clock that was ahead has written them. Calls and cooldowns count
    /// from now on, and back-offs end. Returns whether the record changed.
    pub fn reconcile(&mut self, now: Timestamp) -> bool {
        let before = self.clone();
        let most = later(now, AHEAD);
        for list in [
            &mut self.history.logins,
            &mut self.history.refusals,
            &mut self.history.renewals,
            &mut self.history.evictions,
        ] {
            // Of two calls at one moment one would be lost where lists are united.
            for (ms, at) in (0..).zip(list.iter_mut().rev().filter(|at| **at > most)) {
                *at = earlier(now, Duration::from_millis(ms));
            }
        }
        self.end_future_backoffs(now);
        for cooldown in self.cooldowns.values_mut().chain(self.penalties.values_mut()) {
            cooldown.reconcile(now);
        }
        let furthest = later(now, LONGEST_STOP + AHEAD);
        self.cooldowns.retain(|_, cooldown| cooldown.until <= furthest);
        self.penalties.retain(|_, cooldown| cooldown.until <= furthest);
        if let Some(refusal) = &mut self.refusal {
            refusal.until = refusal.until.min(later(most, HOUR));
        }
        let resumed = [&mut self.resumed_at, &mut self.fight_ended_at];
        for at in resumed.into_iter().chain([&mut self.suspicion.settled_at]) {
            at.take_if(|at| *at > most);
        }
        let suspicion = &mut self.suspicion;
        for at in [&mut suspicion.blind_login_at, &mut suspicion.blind_login_before] {
            *at = at.map(|at| if at > most { now } else { at });
        }
        self.suspicion.retain_own(|own| own.until <= later(most, HOUR));
        self.hosts.reconcile(now);
        *self != before
    }

    /// Whether a call or a cooldown was noted at a time that has not come yet.
    #[must_use]
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        let most = later(now, AHEAD);
        let History {
            logins,
            refusals,
            renewals,
            evictions,
        } = &self.history;
        let all = [logins, refusals, renewals, evictions].into_iter().flatten();
        let last = [self.login.last_at, self.renewal.last_at].into_iter().flatten();
        let cooldowns = self.cooldowns.values().chain(self.penalties.values());
        let noted = cooldowns.map(|cooldown| cooldown.noted_at);
        all.copied().chain(last).chain(noted).any(|at| at > most)
    }

    /// Ends back-offs that were imposed at a time which has not come yet. Returns whether there were any.
    pub fn end_future_backoffs(&mut self, now: Timestamp) -> bool {
        let most = later(now, AHEAD);
        let mut gone = false;
        for attempts in [&mut self.login, &mut self.renewal] {
            if attempts.last_at.is_some_and(|at| at > most) {
                let least_gap = Some(later(now, LEAST_GAP));
                // Dated by this clock, which may be wrong as well.
                *attempts = Attempts {
                    last_at: Some(now),
                    not_before: least_gap,
                    told_until: least_gap,
                    ..Attempts::default()
                };
                gone = true;
            }
        }
        gone
    }

    /// The generation, if its token was lost by an eviction.
    #[must_use]
    pub fn evicted_generation(&self) -> Option<Generation> {
        let lost = self.token.as_ref().and_then(|token| token.lost);
        (lost == Some(Loss::Evicted)).then_some(self.generation)
    }

    /// Goes on after a person has done what only a person can do. Tradovate's own limits stay.
    pub fn resume(&mut self, now: Timestamp) {
        self.resumed_at = Some(now);
        self.suspicion.forget_all_own();
        // Of a login that is not contended the last eviction counts on: the next one may be the second of a fight.
        if let (Some(evicted), Some(_)) = (self.evicted_generation(), self.history.contended_until()) {
            self.contention_ended = Some(evicted);
            self.fight_ended_at = Some(now);
            self.history.evictions.clear();
        }
        self.end_what_began_before(Timestamp::MAX);
        // The least gap stays, also for those that see the login's time in the future.
        self.login = Attempts {
            last_at: self.login.last_at,
            told_until: self.login.told_until,
            not_before: self.login.told_until,
            ..Attempts::default()
        };
    }

    /// Ends what needs a person, if it began before a `resume()`.
    pub fn end_what_began_before(&mut self, resumed_at: Timestamp) {
        self.refusal
            .take_if(|refusal| earlier(refusal.until, LONG_STOP) <= resumed_at);
        for scope in [Scope::Login, Scope::Renewal] {
            let is_over = |cooldown: &Cooldown| {
                cooldown.kind == CooldownKind::Captcha && earlier(cooldown.until, LONG_STOP) <= resumed_at
            };
            if self.cooldowns.get(&scope).is_some_and(is_over) {
                self.cooldowns.remove(&scope);
            }
        }
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
