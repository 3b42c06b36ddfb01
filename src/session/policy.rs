//! Decides what a record needs next: a pure function of the record, the time and the limits. Every rule about when to call is
//! here, or in the effect of an answer on the record (`transitions.rs`).

use std::time::Duration;

use jiff::Timestamp;

use super::{
    address::Allowance,
    cooldown::Scope,
    history::Attempts,
    hold::{Hold, HoldReason, latest},
    limits::{
        HOUR, LEAST_GAP, LONGEST_BACK_OFF, Limits, MaxLogins, OnEviction, PENALTIES_BEFORE_AN_HOUR, PROBES,
        QUARTER_HOUR, REFUSED_LOGINS_AN_HOUR, RENEWALS_AN_HOUR, after, quota,
    },
    record::Record,
    refusal::Refusal,
    token::{Generation, Token},
};
use crate::{
    api::Denial,
    backoff::Backoff,
    clock::{earlier, later},
};

/// The pause between two requests for Tradovate's time.
pub const TIME_REQUEST_GAP: Duration = Duration::from_secs(300);
/// A hold that ends within this is waited for by any clock: a wrong one costs no more than the hold itself.
pub const SHORT_HOLD: Duration = Duration::from_secs(10);
/// Probes stop at this many renewals an hour, and leave the rest to the timer.
const RENEWALS_WITH_PROBES: usize = 8;
/// Probes for an endpoint that had answered well before stop at this many.
const RENEWALS_WITH_PROBES_AFTER_GOOD: usize = 10;
/// A session that was just shown to be alive is probed again after this long at the earliest; it doubles each time.
const PROBE_GAP: Backoff = Backoff::new(Duration::from_secs(5), Duration::from_secs(320));

/// The inputs of a decision beside the record and the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requested {
    /// Whether a caller asks for a renewal, due or not.
    pub renewal: bool,
    /// Whether the refused credentials have changed.
    pub changed_credentials: bool,
    /// How long ago Tradovate's time was last requested, if the local clocks do not tell it. It is needed before a stored token is
    /// served or given up, and before a stored moment is waited for.
    pub server_time: Option<Duration>,
    /// The same, if the time is needed before a call is made: a local clock was set, or a guess alone says that stops are over.
    pub time_before_call: Option<Duration>,
    /// The calls that the address leaves for this login.
    pub address: Allowance,
    /// Whether the credentials have opened a session before.
    pub proven: bool,
    /// The generation whose eviction the session found when it was opened. It was another session's and stops nothing.
    pub past_eviction: Option<Generation>,
}

/// The next step that a record needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The token is served; nothing is done before `until`.
    Serve {
        /// When to decide again.
        until: Timestamp,
        /// The hold on a renewal or a probe that is due.
        held: Option<Hold>,
    },
    /// Request Tradovate's time now.
    FetchServerTime,
    /// Renew now.
    Renew,
    /// Log in now.
    Login,
    /// There is no good token, and none can be had before the hold ends.
    Wait(Hold),
    /// There is no good token, and this session will not ask for one by itself, but for one try after refused credentials.
    Stop {
        /// The reason.
        why: StopReason,
        /// When trying again can help.
        retry_at: Option<Timestamp>,
    },
}

/// The reason why a session stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Evicted, with [`OnEviction::Stop`].
    Evicted,
    /// Evicted again right after taking the session back.
    Contended,
    /// The credentials were refused.
    Refused(Denial),
}

/// Decides what a record needs. `random` is between 0 and 1 and stays the same for one generation.
#[must_use]
pub fn decide(record: &Record, now: Timestamp, limits: &Limits, requested: Requested, random: f64) -> Decision {
    let decision = match record.good_token(now) {
        Some(token) => decide_with_token(token, record, now, limits, requested, random),
        None => decide_without_token(record, now, limits, requested),
    };
    let stored = record.token.as_ref().is_some_and(|token| token.lost.is_none());
    // A token that is given up costs a login: where a call would be made, the time can be had as well.
    let gap = if decision == Decision::Login {
        LEAST_GAP
    } else {
        TIME_REQUEST_GAP
    };
    let is_held = match &decision {
        Decision::Wait(hold) => hold.until > later(now, SHORT_HOLD),
        Decision::Stop { .. } => true,
        _ => false,
    };
    let calls = matches!(decision, Decision::Renew | Decision::Login);
    let is_old = |looked: Option<Duration>, gap| looked.is_some_and(|since| since >= gap);
    let before_call = calls && is_old(requested.time_before_call, TIME_REQUEST_GAP);
    if before_call || ((stored || is_held) && is_old(requested.server_time, gap)) {
        return Decision::FetchServerTime;
    }
    decision
}

fn decide_with_token(
    token: &Token,
    record: &Record,
    now: Timestamp,
    limits: &Limits,
    requested: Requested,
    random: f64,
) -> Decision {
    // A session that may be closed is not taken back where an eviction stops it.
    let takes_back = limits.on_eviction == OnEviction::Login && refusal(record, now, requested).is_none();
    let probe = probe(record, takes_back, now);
    let probing = probe.is_some_and(|hold| hold.until <= now);
    let renew_before = requested.address.renew_before.unwrap_or(limits.renew_before);
    let due = due_at(token, renew_before.min(limits.renew_before), random);
    let login_at = login_on_suspicion(record, now, requested)
        .filter(|_| takes_back)
        .map(|at| {
            let hold = login_hold(record, now, limits, requested);
            hold.map_or(at, |hold| at.max(hold.until))
        });
    if login_at.is_some_and(|at| at <= now) {
        return Decision::Login;
    }
    let next = login_at.map_or(due, |at| due.min(at));
    // A login that comes first ends the hold as well.
    let until_login = |hold: Hold| Hold {
        until: login_at.map_or(hold.until, |at| hold.until.min(at)),
        ..hold
    };
    if !requested.renewal && !probing && record.ticket(Scope::Renewal, now).is_none() && now < due {
        let held = probe.map(until_login);
        return Decision::Serve {
            until: held.map_or(next, |hold| next.min(hold.until)),
            held,
        };
    }
    match renewal_hold(record, now, requested).map(until_login) {
        Some(held) => Decision::Serve {
            until: held.until.min(token.expires_at),
            held: Some(held),
        },
        None => Decision::Renew,
    }
}

fn decide_without_token(record: &Record, now: Timestamp, limits: &Limits, requested: Requested) -> Decision {
    if let Some((why, retry_at)) = eviction_stop(record, limits, requested) {
        return Decision::Stop { why, retry_at };
    }
    if let Some(refusal) = refusal(record, now, requested) {
        return Decision::Stop {
            why: StopReason::Refused(refusal.denial),
            retry_at: Some(refusal.until),
        };
    }
    match login_hold(record, now, limits, requested) {
        Some(hold) => Decision::Wait(hold),
        None => Decision::Login,
    }
}

/// When a token's renewal is due: a while before its expiry, a quarter of its life at most, and a little later by the
/// random so that processes with one token do not all act at once.
#[must_use]
pub fn due_at(token: &Token, renew_before: Duration, random: f64) -> Timestamp {
    let ahead = renew_before.min(token.life() / 4);
    let jitter = ahead.mul_f64(random.clamp(0.0, 1.0) / 20.0);
    earlier(token.expires_at, ahead.saturating_sub(jitter)).max(token.issued_at)
}

/// The cooldown of the whole user, if one is on: no auth call and no GET may be made.
#[must_use]
pub fn user_cooldown(record: &Record, now: Timestamp) -> Option<Hold> {
    cooldown(record, Scope::All, now)
}

/// The hold on a probe of a suspicion, if there is one that a probe can settle: it is over when the probe is due. A suspicion that
/// three probes did not settle is settled by a login, or where none is made by a probe from time to time.
fn probe(record: &Record, takes_back: bool, now: Timestamp) -> Option<Hold> {
    let suspicion = &record.suspicion;
    if suspicion.probes? >= PROBES {
        let last = record.renewal.last_at.filter(|_| !takes_back)?;
        return Some(Hold {
            until: after(last, QUARTER_HOUR),
            why: HoldReason::ProbeGap,
        });
    }
    // Refusals for want of a permission do not delay a probe for an eviction that another endpoint meets.
    let most = if suspicion.after_good {
        RENEWALS_WITH_PROBES_AFTER_GOOD
    } else {
        RENEWALS_WITH_PROBES
    };
    let gap = Hold {
        until: probe_gap_end(record).unwrap_or(now),
        why: HoldReason::ProbeGap,
    };
    let room = quota(&record.history.renewals, most, HOUR, now).map(|until| Hold {
        until,
        why: HoldReason::ProbeQuota,
    });
    latest([Some(gap), room])
}

/// When the pause is over that follows a probe which has settled a suspicion.
fn probe_gap_end(record: &Record) -> Option<Timestamp> {
    let suspicion = &record.suspicion;
    let settled = if suspicion.after_good {
        suspicion.settled_after_good
    } else {
        suspicion.settled
    };
    suspicion.settled_at.map(|at| later(at, PROBE_GAP.pause(settled)))
}

/// From when a login may settle a suspicion that no probe has settled, or that none can: an endpoint that had answered well denies
/// the token, which is an eviction as a rule, and renewals are used up or held, for longer than an outage holds them.
fn login_on_suspicion(record: &Record, now: Timestamp, requested: Requested) -> Option<Timestamp> {
    let suspicion = &record.suspicion;
    // Others behind this address may be refused as often: who keeps asking keeps all of them out.
    let penalties = record
        .cooldowns
        .get(&Scope::Login)
        .map_or(0, |cooldown| cooldown.in_a_row);
    let gap = if penalties > PENALTIES_BEFORE_AN_HOUR {
        HOUR
    } else {
        QUARTER_HOUR
    };
    let free = suspicion.blind_login_at.map_or(now, |at| later(at, gap));
    if suspicion.probes? >= PROBES {
        return Some(free);
    }
    let room = quota(&record.history.renewals, RENEWALS_WITH_PROBES_AFTER_GOOD, HOUR, now);
    let probe_at = room.max(renewal_hold(record, now, requested).map(|hold| hold.until));
    let has_no_probes = probe_at.is_some_and(|at| at > later(now, LONGEST_BACK_OFF));
    (suspicion.denied_after_good && has_no_probes).then(|| probe_gap_end(record).map_or(free, |end| free.max(end)))
}

/// The refusal that forbids to log in with these credentials.
fn refusal(record: &Record, now: Timestamp, requested: Requested) -> Option<&Refusal> {
    let refusal = record.refusal.as_ref()?;
    (now < refusal.until && !requested.changed_credentials).then_some(refusal)
}

/// The stop that an eviction causes, if it causes one, and when a new session may try. A `resume()` ends it where the session was
/// contended, and nowhere else: with [`OnEviction::Stop`] the session is left to the other login.
fn eviction_stop(record: &Record, limits: &Limits, requested: Requested) -> Option<(StopReason, Option<Timestamp>)> {
    let evicted = record.evicted_generation()?;
    if requested.past_eviction == Some(evicted) {
        return None;
    }
    if let Some(over) = record.history.contended_until() {
        return Some((StopReason::Contended, Some(over)));
    }
    let stops = limits.on_eviction == OnEviction::Stop && record.contention_ended != Some(evicted);
    stops.then_some((StopReason::Evicted, None))
}

/// The generation whose eviction does not stop a session that found it at its opening: it was another session's, and that was
/// not contended then.
#[must_use]
pub fn past_eviction(record: &Record, opened_at: Timestamp) -> Option<Generation> {
    let is_over = record.history.contended_until().is_none_or(|over| over <= opened_at);
    record.evicted_generation().filter(|_| is_over)
}

fn renewal_hold(record: &Record, now: Timestamp, requested: Requested) -> Option<Hold> {
    let quota = quota(&record.history.renewals, RENEWALS_AN_HOUR, HOUR, now);
    latest([
        back_off(&record.renewal, now, requested.renewal),
        cooldown(record, Scope::All, now),
        cooldown(record, Scope::Renewal, now),
        requested.address.renewal.filter(|hold| now < hold.until),
        quota.map(|until| Hold {
            until,
            why: HoldReason::RenewalQuota,
        }),
    ])
}

fn login_hold(record: &Record, now: Timestamp, limits: &Limits, requested: Requested) -> Option<Hold> {
    let MaxLogins { count, within } = limits.max_logins;
    // Others' wrong passwords keep nobody out whose credentials have worked before.
    let most_refused = REFUSED_LOGINS_AN_HOUR + usize::from(requested.proven && requested.changed_credentials);
    let refusals = quota(&record.history.refusals, most_refused, HOUR, now);
    let budget = quota(&record.history.logins, count, within, now);
    latest([
        back_off(&record.login, now, false),
        cooldown(record, Scope::All, now),
        cooldown(record, Scope::Login, now),
        requested.address.login.filter(|hold| now < hold.until),
        refusals.map(|until| Hold {
            until,
            why: HoldReason::RefusalQuota,
        }),
        budget.map(|until| Hold {
            until,
            why: HoldReason::LoginBudget,
        }),
    ])
}

fn cooldown(record: &Record, scope: Scope, now: Timestamp) -> Option<Hold> {
    let cooldown = record.cooldowns.get(&scope).filter(|cooldown| now < cooldown.until)?;
    Some(Hold {
        until: cooldown.until,
        why: HoldReason::Cooldown(cooldown.kind),
    })
}

/// A caller who asks for a renewal need not wait out the back-off, only what Tradovate asked for and the least gap. The gap
/// follows a call whose answer is unknown, too: its process died, or was closed.
fn back_off(attempts: &Attempts, now: Timestamp, asked_for: bool) -> Option<Hold> {
    let gap = attempts.last_at.map(|at| after(at, LEAST_GAP));
    let until = gap.max(if asked_for {
        attempts.told_until
    } else {
        attempts.not_before
    });
    until.filter(|until| now < *until).map(|until| Hold {
        until,
        why: HoldReason::BackOff,
    })
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
