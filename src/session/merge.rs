//! Merges two records that have diverged, and makes up for one that is lost, so that no call is made that any of them forbids.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    cooldown::{Cooldown, Scope},
    history::Attempts,
    limits::{HOUR, Limits, REFUSED_LOGINS_AN_HOUR},
    record::Record,
    refusal::Refusal,
    token::Loss,
};
use crate::{
    api::failure::LONG_STOP,
    clock::{earlier, later},
    store::Damage,
};

/// How far apart the moments may be at which one and the same damage is seen: the clock is corrected in between.
const AROUND: Duration = Duration::from_secs(1);
/// How far two processes' estimates of one moment may be apart.
const APART: Duration = Duration::from_secs(3);

/// Makes one record of our own and the stored one, where ours could not be saved or the stored one is older.
///
/// | part | what counts |
/// |---|---|
/// | token, session, user | the higher generation's; of two tokens of one generation the stored one, which others use; the stored one's, too, where a login was made into an emptied store |
/// | hosts | the higher generation's; of one generation those that have changed more often, else ours |
/// | generation | the higher one; one more than that where both had made it from the same one before |
/// | whether the token is lost | if either knows it, and the token was not renewed since, whatever the generations |
/// | history | all moments of both, each once; an eviction that both have seen is one |
/// | stop of the user, refusal, settled endpoints | the one that lasts longest |
/// | ticket | gone, with its penalty, if it has gone along with a call of either |
/// | cooldown, back-off | of one generation: the longer cooldown that no call has used up, and the later call; an older generation's only if its call was made after the newer token was issued |
/// | penalty on a call | the longer one; a later one before one whose ticket was taken |
/// | `resume()` | the later one, which ends in both what began before it |
#[must_use]
pub fn merged(ours: &Record, stored: Record) -> Record {
    let same_token = access_token(ours) == access_token(&stored);
    // Both were made from the generation before.
    let forked = ours.generation == stored.generation && !same_token;
    // The store was emptied, or put back to an older state, and somebody has logged in since.
    let begun_anew = stored.generation < ours.generation && issued_at(&stored) > issued_at(ours);
    let (mut record, mut other) = if stored.generation >= ours.generation || begun_anew {
        (stored, ours.clone())
    } else {
        (ours.clone(), stored)
    };
    if forked || begun_anew {
        record.generation = ours.generation.next();
    }
    // A token that was renewed under the same name was alive after it had seemed lost, unless that was seen later.
    let refused_later = same_token && was_evicted_after(&other, issued_at(&record));
    let same_life = same_token && record.generation == other.generation || refused_later;
    if let (true, Some(token), Some(same)) = (same_life, record.token.as_mut(), other.token.as_ref()) {
        token.lost = token.lost.or(same.lost);
    }
    record.session = record.session.max(other.session);
    if begun_anew {
        record.session = record.session.next();
    }
    if is_known_to(&record, &other, forked, refused_later) {
        other.history.evictions.pop();
    }
    record.last_evicted = record.last_evicted.max(other.last_evicted);
    if refused_later {
        record.last_evicted = Some(record.generation);
    }
    record.forget_used_up(other.used_up.clone());
    other.forget_used_up(record.used_up.clone());
    unite(&mut record.history.logins, other.history.logins);
    unite(&mut record.history.refusals, other.history.refusals);
    unite(&mut record.history.renewals, other.history.renewals);
    unite(&mut record.history.evictions, other.history.evictions);
    if let Some(stop) = other.cooldowns.remove(&Scope::All)
        && record
            .cooldowns
            .get(&Scope::All)
            .is_none_or(|known| known.until < stop.until)
    {
        record.cooldowns.insert(Scope::All, stop);
    }
    let same_generation = record.generation == other.generation;
    let issued_at = issued_at(&record);
    // The token that came after a refusal has ended it.
    let counts = |refusal: &Refusal| same_generation || issued_at.is_none_or(|at| later(at, LONG_STOP) < refusal.until);
    record.refusal = match (record.refusal.take(), other.refusal.filter(counts)) {
        (Some(ours), Some(theirs)) if ours.until < theirs.until => Some(theirs.after(ours, REFUSED_LOGINS_AN_HOUR)),
        (Some(ours), Some(theirs)) => Some(ours.after(theirs, REFUSED_LOGINS_AN_HOUR)),
        (ours, theirs) => ours.or(theirs),
    };
    for (scope, attempts, others) in [
        (Scope::Login, &mut record.login, other.login),
        (Scope::Renewal, &mut record.renewal, other.renewal),
    ] {
        // A `resume()` forgets when the call was made, and keeps what Tradovate has asked to wait for.
        let untimed = |attempts: &Attempts| attempts.not_before.filter(|_| attempts.last_at.is_none());
        let not_before = untimed(attempts).max(untimed(&others));
        // The token that came after a call has ended what that had imposed.
        let is_ended = others.last_at <= issued_at || others.last_at == record.noted_at;
        if !same_generation && is_ended {
            attempts.keep_back_until(not_before);
            continue;
        }
        let longer = longer(
            (record.cooldowns.remove(&scope), attempts),
            (other.cooldowns.remove(&scope), &others),
        );
        record.cooldowns.extend(longer.map(|cooldown| (scope, cooldown)));
        // Failures add up until there is a new token. Times alone do not tell which is newer: an answer corrects the
        // clock by which its call was noted.
        let failures = |attempts: &Attempts| if same_generation { attempts.failures } else { 0 };
        let last_at = attempts.last_at.max(others.last_at);
        if (failures(&others), others.last_at) > (failures(attempts), attempts.last_at) {
            *attempts = others;
        }
        if same_generation {
            // Whichever was sent last, the next call keeps its distance to it.
            attempts.last_at = last_at;
        }
        attempts.keep_back_until(not_before);
    }
    let (mine, others) = (&mut record.suspicion, &other.suspicion);
    mine.blind_login_at = mine.blind_login_at.max(others.blind_login_at);
    mine.blind_login_before = mine.blind_login_before.max(others.blind_login_before);
    record.suspicion.merge_own(&other.suspicion);
    record.penalties_noted = record.penalties_noted.max(other.penalties_noted);
    for (endpoint, penalty) in other.penalties {
        let known = record.penalties.get(&endpoint);
        if known.is_none_or(|known| counts_before(&penalty, known)) {
            record.keep_penalty(&endpoint, penalty);
        }
    }
    record.resumed_at = record.resumed_at.max(other.resumed_at);
    record.contention_ended = record.contention_ended.max(other.contention_ended);
    if let Some(at) = record.resumed_at {
        record.end_what_began_before(at);
    }
    record.fight_ended_at = record.fight_ended_at.max(other.fight_ended_at);
    if let Some(ended_at) = record.fight_ended_at {
        record.history.evictions.retain(|at| *at > ended_at);
    }
    record.proven = record.proven.take().or(other.proven);
    if same_generation && !ours.hosts.are_older_than(&record.hosts) {
        record.hosts = ours.hosts.clone();
    }
    record
}

/// Assumes the worst when a stored record is lost: all but one of the logins that are allowed were made when it was last
/// written, and all but one of those that may be refused. If another record was lost shortly before, there is none left.
pub fn after_damage(record: &mut Record, damage: Damage, limits: &Limits, now: Timestamp) {
    let left = |within| usize::from(damage.before.is_none_or(|before| before <= earlier(now, within)));
    let at = damage.at.min(now);
    let assume = |list: &mut Vec<Timestamp>, most: usize| {
        let known = list.iter().filter(|known| **known >= earlier(at, AROUND)).count();
        // Of two calls at one moment one would be lost where lists are united.
        list.extend((known..most).map(|n| earlier(at, Duration::from_millis(n as u64))));
        list.sort_unstable();
    };
    let logins = limits.max_logins;
    assume(
        &mut record.history.logins,
        logins.count - left(logins.within).min(logins.count),
    );
    assume(&mut record.history.refusals, REFUSED_LOGINS_AN_HOUR - left(HOUR));
}

/// Whether of two penalties on a call `one` counts: the longer one. Where the ticket of either was taken, others wait for the call
/// that it went along with, unless that is answered by a later penalty, or there is one that lasts longer.
fn counts_before(one: &Cooldown, other: &Cooldown) -> bool {
    let is_open = |open: &Cooldown, taken: &Cooldown| open.number > taken.number || open.until > taken.until;
    match (one.ticket.is_some(), other.ticket.is_some()) {
        (true, false) => is_open(one, other),
        (false, true) => !is_open(other, one),
        _ => one.until > other.until,
    }
}

/// The longer cooldown that no call of the other record has used up. A ticket that both still have went along with none, though each
/// has tried one since that was not sent.
fn longer(
    (ours, our_calls): (Option<Cooldown>, &Attempts),
    (theirs, their_calls): (Option<Cooldown>, &Attempts),
) -> Option<Cooldown> {
    let ticket = |cooldown: &Option<Cooldown>| cooldown.as_ref().and_then(|cooldown| cooldown.ticket.clone());
    let in_both = ticket(&ours).is_some() && ticket(&ours) == ticket(&theirs);
    let ours = ours.filter(|ours| in_both || !is_over(ours, their_calls));
    let theirs = theirs.filter(|theirs| in_both || !is_over(theirs, our_calls));
    [ours, theirs]
        .into_iter()
        .flatten()
        .max_by_key(|cooldown| cooldown.until)
}

/// Whether a call was made after a cooldown had ended: then it has used up the ticket.
fn is_over(cooldown: &Cooldown, calls: &Attempts) -> bool {
    calls.last_at.is_some_and(|at| cooldown.until <= at)
}

/// Whether the record counts the eviction of `other`'s token already, or that was none: the token was refused because somebody
/// had renewed it, and the session went on, unless the token of now was refused itself.
fn is_known_to(record: &Record, other: &Record, forked: bool, refused_later: bool) -> bool {
    let evicted = other.token.as_ref().filter(|token| token.lost == Some(Loss::Evicted));
    let is_counted = !forked && record.last_evicted >= Some(other.generation);
    let is_followed = record.session == other.session && record.generation > other.generation;
    let went_on = is_followed && !refused_later;
    evicted.is_some() && (went_on || is_counted)
}

/// Whether an eviction ended the record's token after `issued_at`, by any clock.
fn was_evicted_after(record: &Record, issued_at: Option<Timestamp>) -> bool {
    let is_evicted = record
        .token
        .as_ref()
        .is_some_and(|token| token.lost == Some(Loss::Evicted));
    let evicted_at = record.history.evictions.last().copied();
    is_evicted && record.last_evicted == Some(record.generation) && evicted_at > issued_at.map(|at| later(at, APART))
}

fn access_token(record: &Record) -> Option<&str> {
    record.token.as_ref().map(|token| token.access_token.expose())
}

fn issued_at(record: &Record) -> Option<Timestamp> {
    record.token.as_ref().map(|token| token.issued_at)
}

fn unite(list: &mut Vec<Timestamp>, other: Vec<Timestamp>) {
    list.extend(other);
    list.sort_unstable();
    list.dedup();
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
