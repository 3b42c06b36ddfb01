//! The calls that Tradovate counts by address: the renewals and the refused logins of all logins of this machine, and how many
//! more they leave for one of them. Pure: the [`ledger`](super::ledger) stores the record.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    hold::{Hold, HoldReason},
    limits::{AHEAD, HOUR, REFUSED_LOGINS_AN_HOUR, RENEWALS_AN_HOUR},
    login_key::LoginKey,
};
use crate::clock::{StoredOffset, earlier, later, timestamp};

/// An address whose logins need more renewals an hour than this renews them later.
const CROWDED_ABOVE: f64 = 11.6;
/// The least time before a token's expiry at which a crowded address renews.
const LATEST: Duration = Duration::from_secs(120);
/// The step by which renewals come later while an address fills up.
const STEP: Duration = Duration::from_secs(30);
/// A login whose outcome is not known so long after its timeout counts as one of a process that has ended.
const TRIAL_MARGIN: Duration = Duration::from_secs(30);
/// The same for one that has no end in the record.
const LONGEST_TRIAL: Duration = Duration::from_secs(60);
/// How often a login looks whether the trials before it have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// The most logins that are remembered: those whose tokens live longest.
const MOST_LOGINS: usize = 500;

/// The recent calls of all logins of an address. Times are Tradovate's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRecord {
    #[serde(default)]
    renewals: Vec<Timestamp>,
    #[serde(default)]
    refusals: Vec<Timestamp>,
    /// Logins under way that may be refused.
    #[serde(default)]
    trials: Vec<Trial>,
    /// The logins that are kept alive.
    #[serde(default)]
    logins: BTreeMap<LoginKey, Lifetime>,
    /// How far Tradovate's clock was ahead of this machine's when an answer told it last.
    #[serde(default)]
    pub clock: Option<StoredOffset>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Trial {
    id: u64,
    at: Timestamp,
    #[serde(default)]
    ends_at: Option<Timestamp>,
}

impl Trial {
    fn ends_at(&self) -> Timestamp {
        self.ends_at.unwrap_or_else(|| later(self.at, LONGEST_TRIAL))
    }
}

/// A token's end, and how long it lives, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Lifetime(i64, i64);

/// The calls that an address leaves for one login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowance {
    /// The hold on one more renewal, if there is one.
    pub renewal: Option<Hold>,
    /// The hold on this login's token request, if there is one.
    pub login: Option<Hold>,
    /// How long before expiry a renewal is due at the earliest; none if the address has room.
    pub renew_before: Option<Duration>,
    /// How full the address is.
    pub counts: AddressCounts,
}

/// How full an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressCounts {
    /// Logins that are kept alive.
    pub logins: usize,
    /// Renewals of the last hour.
    pub renewals: usize,
    /// Refused logins of the last hour.
    pub refused_logins: usize,
    /// Whether renewals alone cannot keep all logins alive.
    pub overfull: bool,
}

/// The login that asks for its allowance.
#[derive(Debug, Clone, Copy)]
pub struct Applicant<'a> {
    /// Its key.
    pub key: &'a LoginKey,
    /// When its token expires.
    pub expires_at: Option<Timestamp>,
    /// Whether its credentials have worked before.
    pub proven: bool,
    /// How long before expiry it renews where there is room.
    pub renew_before: Duration,
    /// The most that one of its calls takes.
    pub timeout: Duration,
}

impl AddressRecord {
    /// The allowance of a login.
    #[must_use]
    pub fn allowance(&self, applicant: Applicant<'_>, now: Timestamp) -> Allowance {
        let renew_before = self.renew_before(applicant.renew_before, now);
        let logins = self.alive(now).count();
        let counts = AddressCounts {
            logins,
            renewals: lately(&self.renewals, now).len(),
            refused_logins: lately(&self.refusals, now).len(),
            // A single login whose tokens live for minutes is a test.
            overfull: logins > 1 && renew_before == Some(LATEST) && self.is_crowded(LATEST, now),
        };
        Allowance {
            renewal: self.renewal_hold(applicant, renew_before, now),
            login: self.login_hold(applicant.proven, now),
            renew_before,
            counts,
        }
    }

    /// Notes a renewal that is about to be made, unless there is no room for it.
    ///
    /// # Errors
    /// The hold that forbids it.
    pub fn reserve_renewal(&mut self, applicant: Applicant<'_>, now: Timestamp) -> Result<(), Hold> {
        if let Some(hold) = self.allowance(applicant, now).renewal {
            return Err(hold);
        }
        self.renewals.push(now);
        Ok(())
    }

    /// Notes a login that is about to be made, unless too many were refused or may be.
    ///
    /// # Errors
    /// The hold that forbids it.
    pub fn reserve_login(&mut self, applicant: Applicant<'_>, id: u64, now: Timestamp) -> Result<(), Hold> {
        if let Some(hold) = self.login_hold(applicant.proven, now) {
            return Err(hold);
        }
        self.trials.push(Trial {
            id,
            at: now,
            ends_at: Some(later(now, applicant.timeout.saturating_add(TRIAL_MARGIN))),
        });
        Ok(())
    }

    /// Takes back the note of a renewal that never reached Tradovate.
    pub fn withdraw_renewal(&mut self, noted_at: Timestamp) {
        if let Some(index) = self.renewals.iter().position(|at| *at == noted_at) {
            self.renewals.remove(index);
        }
    }

    /// Notes that a login has ended, and whether it was refused.
    pub fn end_login(&mut self, id: u64, refused: bool, now: Timestamp) {
        self.trials.retain(|trial| trial.id != id);
        if refused {
            self.refusals.push(now);
        }
    }

    /// Notes until when a login's token lives, and for how long it was given.
    pub fn note_token(&mut self, key: &LoginKey, expires_at: Timestamp, life: Duration) {
        let life = i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
        let lifetime = Lifetime(expires_at.as_millisecond(), life);
        self.logins.insert(key.clone(), lifetime);
        while self.logins.len() > MOST_LOGINS {
            let first = self.logins.iter().min_by_key(|(_, lifetime)| lifetime.0);
            let Some(key) = first.map(|(key, _)| key.clone()) else {
                return;
            };
            self.logins.remove(&key);
        }
    }

    /// Forgets what nothing looks at any more, and what was written under a clock that was ahead.
    pub fn prune(&mut self, now: Timestamp) {
        let (since, most) = (earlier(now, HOUR), later(now, AHEAD));
        let counts = |at: Timestamp| at > since && at <= most;
        self.renewals.retain(|at| counts(*at));
        self.refusals.retain(|at| counts(*at));
        self.trials.retain(|trial| trial.ends_at() > now && trial.at <= most);
        self.logins.retain(|_, Lifetime(end, _)| timestamp(*end) > now);
    }

    fn alive(&self, now: Timestamp) -> impl Iterator<Item = (&LoginKey, Timestamp, Duration)> {
        let all = self.logins.iter().map(|(key, Lifetime(end, life))| {
            let life = Duration::from_millis(u64::try_from(*life).unwrap_or(0));
            (key, timestamp(*end), life)
        });
        all.filter(move |(_, end, _)| *end > now)
    }

    /// Whether the logins need too many renewals an hour, if each is renewed so long before its expiry.
    fn is_crowded(&self, ahead: Duration, now: Timestamp) -> bool {
        let mut needed = 0.0;
        self.alive(now).any(|(_, _, life)| {
            let cycle = life.saturating_sub(ahead.min(life / 4)).as_secs_f64();
            needed += HOUR.as_secs_f64() / cycle.max(1.0);
            needed > CROWDED_ABOVE
        })
    }

    /// A crowded address renews later, so that each renewal brings more: as late as it must, and no later.
    fn renew_before(&self, wanted: Duration, now: Timestamp) -> Option<Duration> {
        let ahead = |steps: u64| {
            let later_by = Duration::from_secs(steps.saturating_mul(STEP.as_secs()));
            wanted.saturating_sub(later_by).max(LATEST)
        };
        // The fewest steps that leave room, which more steps do as well.
        let mut fewest = 0;
        let room = wanted.saturating_sub(LATEST).as_millis().div_ceil(STEP.as_millis());
        let mut most = u64::try_from(room).unwrap_or(u64::MAX);
        while fewest < most {
            let middle = fewest.midpoint(most);
            if self.is_crowded(ahead(middle), now) {
                fewest = middle + 1;
            } else {
                most = middle;
            }
        }
        (fewest > 0).then(|| ahead(fewest))
    }

    /// Logins go first whose renewal is due as well and whose token expires sooner.
    fn renewal_hold(&self, applicant: Applicant<'_>, ahead: Option<Duration>, now: Timestamp) -> Option<Hold> {
        let made = lately(&self.renewals, now);
        let ahead = ahead.unwrap_or(applicant.renew_before);
        let before = |(key, end, life): &(&LoginKey, Timestamp, Duration)| {
            let is_due = earlier(*end, ahead.min(*life / 4)) <= now;
            let dies_sooner = applicant
                .expires_at
                .is_some_and(|at| (*end, *key) < (at, applicant.key));
            is_due && dies_sooner && *key != applicant.key
        };
        let mut ends: Vec<_> = self.alive(now).filter(before).map(|(_, end, _)| end).collect();
        let (ahead_of_it, free) = (ends.len(), RENEWALS_AN_HOUR.saturating_sub(made.len()));
        if ahead_of_it < free {
            return None;
        }
        let too_many = ahead_of_it - free;
        let place = made.len().saturating_sub(RENEWALS_AN_HOUR) + too_many;
        let slot = made.get(place).or(made.last()).map(|made| later(*made, HOUR));
        // A login that is not kept any more leaves its place when its token ends.
        ends.sort_unstable();
        let left = ends.get(too_many).copied();
        Some(Hold {
            until: slot.or(left).unwrap_or_else(|| later(now, HOUR)),
            why: HoldReason::AddressRenewals,
        })
    }

    /// Credentials that have worked before are likely to work again, and a login that works is not counted: they may use the last
    /// of the five refusals that Tradovate allows. Like all others they wait until the logins before them have ended.
    fn login_hold(&self, proven: bool, now: Timestamp) -> Option<Hold> {
        let refused = lately(&self.refusals, now);
        let most = REFUSED_LOGINS_AN_HOUR + usize::from(proven);
        if let Some(oldest) = refused.len().checked_sub(most) {
            return Some(Hold {
                until: later(refused[oldest], HOUR),
                why: HoldReason::AddressRefusals,
            });
        }
        let under_way = self.trials.iter().filter(|trial| trial.ends_at() > now);
        (refused.len() + under_way.count() >= most).then(|| Hold {
            until: later(now, LOOK_AGAIN),
            why: HoldReason::AddressTrials,
        })
    }
}

/// The moments of the last hour, in order.
fn lately(list: &[Timestamp], now: Timestamp) -> Vec<Timestamp> {
    let since = earlier(now, HOUR);
    let mut lately: Vec<_> = list.iter().copied().filter(|at| *at > since).collect();
    lately.sort_unstable();
    lately
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
