//! Records that have grown apart, and one that is lost: what counts then, so that no call is made which any of them forbids.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    policy::{Limits, REFUSED_LOGINS_AN_HOUR},
    record::{Attempts, Cooldown, HOUR, Record, Scope},
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

/// Our own record and the stored one, where ours could not be saved or the stored one is older, as one: the newer token,
/// and all that either knows of calls and of what holds them back.
#[must_use]
pub fn merged(ours: &Record, stored: Record) -> Record {
    let same_token = access_token(ours) == access_token(&stored);
    // Both were made from the generation before; the stored token is what others use.
    let forked = ours.generation == stored.generation && !same_token;
    // The store was emptied, or put back to an older state, and somebody has logged in since.
    let begun_anew = stored.generation < ours.generation && issued_at(&stored) > issued_at(ours);
    let (mut record, mut other) = if stored.generation >= ours.generation || begun_anew {
        (stored, ours.clone())
    } else {
        (ours.clone(), stored)
    };
    if forked || begun_anew {
        record.generation = ours.generation.saturating_add(1);
    }
    // A token that was renewed under the same name was alive after it had seemed lost.
    let same_life = same_token && record.generation == other.generation;
    if let (true, Some(token), Some(same)) = (same_life, record.token.as_mut(), other.token.as_ref()) {
        token.lost = token.lost.or(same.lost);
    }
    record.session = record.session.max(other.session).saturating_add(u64::from(begun_anew));
    if is_known_to(&record, &other, forked) {
        other.history.evictions.pop();
    }
    record.last_evicted = record.last_evicted.max(other.last_evicted);
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
        // The token that came after a call has ended what that had imposed.
        let is_ended = others.last_at <= issued_at || others.last_at == record.noted_at;
        if !same_generation && is_ended {
            continue;
        }
        let known = record.cooldowns.remove(&scope).filter(|known| !is_over(known, &others));
        let others_cooldown = other.cooldowns.remove(&scope).filter(|known| !is_over(known, attempts));
        let longer = [known, others_cooldown]
            .into_iter()
            .flatten()
            .max_by_key(|cooldown| cooldown.until);
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
    }
    record.suspicion.blind_login_at = record.suspicion.blind_login_at.max(other.suspicion.blind_login_at);
    for (endpoint, own) in other.suspicion.own {
        let known = record.suspicion.own.entry(endpoint).or_insert(own);
        // The one that was shown last.
        if known.until < own.until {
            *known = own;
        }
    }
    record.penalties_noted = record.penalties_noted.max(other.penalties_noted);
    for (endpoint, penalty) in other.penalties {
        let known = record.penalties.get(&endpoint);
        if known.is_none_or(|known| counts_before(&penalty, known)) {
            record.keep_penalty(&endpoint, penalty);
        }
    }
    record.resumed_at = record.resumed_at.max(other.resumed_at);
    if let Some(word) = record.resumed_at {
        record.end_what_began_before(word);
    }
    record.proven = record.proven.take().or(other.proven);
    if same_generation {
        record.hosts = ours.hosts.clone();
    }
    record
}

/// What has to be assumed when a stored record is lost: all but one of the logins that are allowed were made when it was
/// last written, and all but one of those that may be refused. If one was lost shortly before, there is none left.
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

/// Whether of two penalties on a call `one` counts: the longer one, or, where the ticket of either was taken, the later one.
fn counts_before(one: &Cooldown, other: &Cooldown) -> bool {
    if one.ticket.is_some() == other.ticket.is_some() {
        one.until > other.until
    } else {
        one.number > other.number
    }
}

/// Whether a call was made after a cooldown had ended: then it has used up the ticket.
fn is_over(cooldown: &Cooldown, calls: &Attempts) -> bool {
    calls.last_at.is_some_and(|at| cooldown.until <= at)
}

/// Whether the eviction that ended `other`'s token is one that the record counts already, or none: the token was refused since
/// somebody had renewed it, and the session went on.
fn is_known_to(record: &Record, other: &Record, forked: bool) -> bool {
    let evicted = other.token.as_ref().filter(|token| token.lost == Some(Loss::Evicted));
    let is_counted = !forked && record.last_evicted >= Some(other.generation);
    let went_on = record.session == other.session && record.generation > other.generation;
    evicted.is_some() && (went_on || is_counted)
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
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        api::Environment,
        clock::later,
        secret::Secret,
        session::{
            login_key::LoginKey,
            policy::{Decision, HoldReason, MaxLogins, OnEviction, Requested, decide},
            record::CooldownKind,
            suspicion::OwnRefusals,
            token::{Loss, Token},
        },
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_900_000_000 + seconds).unwrap()
    }

    fn record(generation: u64, token: &str) -> Record {
        let key: LoginKey = serde_json::from_str("\"key\"").unwrap();
        let mut record = Record::empty(key, Environment::Demo);
        record.generation = generation;
        record.token = Some(Token {
            access_token: Secret::new(token),
            md_access_token: None,
            expires_at: at(4_800),
            expiration_time: String::new(),
            issued_at: at(0),
            lost: None,
        });
        record
    }

    fn cooldown(until: i64) -> Cooldown {
        Cooldown {
            until: at(until),
            ..Cooldown::new(CooldownKind::Captcha, at(0), Duration::ZERO)
        }
    }

    fn limits() -> Limits {
        Limits {
            renew_before: Duration::from_secs(900),
            on_eviction: OnEviction::Login,
            max_logins: MaxLogins {
                count: 3,
                within: Duration::from_secs(600),
            },
        }
    }

    fn token(record: &Record) -> &str {
        access_token(record).unwrap()
    }

    #[test]
    fn the_newer_generation_wins_and_it_never_falls() {
        for (ours, stored, wins) in [(3, 2, "ours"), (2, 3, "stored"), (3, 0, "ours")] {
            let merged = merged(&record(ours, "ours"), record(stored, "stored"));
            assert_eq!((merged.generation, token(&merged)), (ours.max(stored), wins));
        }
    }

    #[test]
    fn two_tokens_of_one_generation_become_the_stored_one_of_the_next() {
        let merged = merged(&record(3, "ours"), record(3, "stored"));
        assert_eq!((merged.generation, token(&merged)), (4, "stored"));
    }

    #[test]
    fn promise_19_a_login_into_an_emptied_store_counts_under_a_generation_of_its_own() {
        let (mut ours, mut stored) = (record(7, "ours"), record(1, "stored"));
        (ours.session, stored.session) = (2, 1);
        stored.token.as_mut().unwrap().issued_at = at(1);
        let merged = merged(&ours, stored);
        assert_eq!((merged.generation, merged.session, token(&merged)), (8, 3, "stored"));
    }

    #[test]
    fn what_either_knows_of_calls_counts_once() {
        let (mut ours, mut stored) = (record(2, "same"), record(2, "same"));
        ours.history.renewals = vec![at(1), at(3)];
        stored.history.renewals = vec![at(1), at(2)];
        ours.history.logins = vec![at(4)];
        stored.history.refusals = vec![at(5)];
        ours.history.evictions = vec![at(6)];
        ours.token.as_mut().unwrap().lost = Some(Loss::Evicted);
        let merged = merged(&ours, stored);
        assert_eq!(merged.generation, 2);
        assert_eq!(merged.history.renewals, [at(1), at(2), at(3)]);
        assert_eq!(
            (merged.history.logins, merged.history.refusals, merged.history.evictions),
            (vec![at(4)], vec![at(5)], vec![at(6)])
        );
        assert_eq!(merged.token.unwrap().lost, Some(Loss::Evicted));
    }

    #[test]
    fn the_longer_cooldown_counts_unless_a_token_came_after_it() {
        let (mut ours, mut stored) = (record(2, "same"), record(2, "same"));
        for scope in [Scope::All, Scope::Login, Scope::Renewal] {
            ours.cooldowns.insert(scope, cooldown(20));
            stored.cooldowns.insert(scope, cooldown(10));
        }
        ours.login = Attempts {
            failures: 2,
            last_at: Some(at(1)),
            not_before: Some(at(9)),
            told_until: None,
        };
        let both = merged(&ours, stored.clone());
        assert!(both.cooldowns.values().all(|cooldown| cooldown.until == at(20)));
        assert_eq!(both.login, ours.login);
        stored.generation = 3;
        stored.token.as_mut().unwrap().issued_at = at(2);
        stored.cooldowns.clear();
        let newer = merged(&ours, stored);
        assert_eq!(newer.cooldowns.into_keys().collect::<Vec<_>>(), [Scope::All]);
        assert_eq!(newer.login, Attempts::default());
    }

    #[test]
    fn a_later_call_has_used_up_the_ticket_that_was_due() {
        let (mut ours, mut stored) = (record(3, "same"), record(3, "same"));
        ours.renewal.last_at = Some(at(20));
        stored.renewal.last_at = Some(at(10));
        // Ours has used up the ticket that is stored.
        stored.cooldowns.insert(Scope::Renewal, cooldown(15));
        let both = merged(&ours, stored.clone());
        assert!(both.cooldowns.is_empty());
        assert_eq!(both.renewal.last_at, Some(at(20)));
        assert_eq!(merged(&stored, ours.clone()), both);
        // The later call has no answer yet, which the other one has.
        stored.cooldowns.insert(Scope::Renewal, cooldown(30));
        assert_eq!(merged(&ours, stored).cooldowns[&Scope::Renewal], cooldown(30));
    }

    #[test]
    fn a_cooldown_that_came_after_the_newer_token_counts() {
        let (mut ours, stored) = (record(2, "old"), record(3, "new"));
        ours.cooldowns.insert(Scope::Renewal, cooldown(20));
        for (called_at, counts) in [(-5, false), (5, true)] {
            ours.renewal.last_at = Some(at(called_at));
            let both = merged(&ours, stored.clone());
            assert_eq!(
                (both.generation, both.cooldowns.contains_key(&Scope::Renewal)),
                (3, counts)
            );
        }
    }

    #[test]
    fn promise_7_a_ticket_that_another_session_has_renewed_with_counts_no_more_whatever_the_clocks() {
        let (mut ours, mut stored) = (record(2, "old"), record(3, "new"));
        ours.cooldowns.insert(Scope::Renewal, cooldown(10));
        ours.renewal.last_at = Some(at(20));
        // The answer has put the clock back by which the call was noted.
        stored.token.as_mut().unwrap().issued_at = at(19);
        for (noted_at, counts) in [(None, true), (Some(at(20)), false), (Some(at(5)), true)] {
            stored.noted_at = noted_at;
            let both = merged(&ours, stored.clone());
            assert_eq!(both.cooldowns.contains_key(&Scope::Renewal), counts);
        }
    }

    #[test]
    fn promise_7_of_two_penalties_on_a_call_the_longer_one_counts_and_after_a_taken_ticket_the_later_one() {
        let penalty = |ticket: Option<&str>, number, wait| Cooldown {
            ticket: ticket.map(Secret::new),
            number,
            ..Cooldown::new(CooldownKind::Penalty, at(0), Duration::from_secs(wait))
        };
        for (counts, other) in [
            (penalty(Some("one"), 0, 60), penalty(Some("two"), 1, 30)),
            // The ticket was taken, by somebody with as much patience, and its call was answered by another penalty.
            (penalty(Some("two"), 1, 25), penalty(None, 0, 30)),
            (penalty(None, 1, 25), penalty(Some("one"), 0, 60)),
        ] {
            let (mut ours, mut stored) = (record(2, "same"), record(2, "same"));
            ours.keep_penalty("GET a", counts.clone());
            stored.keep_penalty("GET a", other);
            for (one, other) in [(&ours, &stored), (&stored, &ours)] {
                assert_eq!(merged(one, other.clone()).penalties["GET a"], counts);
            }
        }
    }

    #[test]
    fn promise_10_what_was_shown_last_of_an_endpoint_counts() {
        let own = |times, until| OwnRefusals {
            times,
            until: at(until),
        };
        let (mut ours, mut stored) = (record(2, "same"), record(3, "new"));
        ours.suspicion.own.insert("GET a".into(), own(5, 10));
        stored.suspicion.own.insert("GET a".into(), own(1, 60));
        assert_eq!(merged(&ours, stored).suspicion.own["GET a"], own(1, 60));
    }

    #[test]
    fn promise_9_an_eviction_that_two_have_seen_is_one() {
        let evicted = |generation, token: &str, seen_at| {
            let mut record = record(generation, token);
            record.token.as_mut().unwrap().lost = Some(Loss::Evicted);
            record.history.evictions.push(at(seen_at));
            record.last_evicted = Some(generation);
            record
        };
        let mut taken_back = evicted(3, "same", 10);
        taken_back.generation = 4;
        taken_back.token.as_mut().unwrap().access_token = Secret::new("new");
        taken_back.token.as_mut().unwrap().lost = None;
        let renewed = merged(&evicted(3, "same", 12), record(4, "same"));
        assert!(renewed.token.unwrap().lost.is_none());
        for stored in [evicted(3, "same", 10), taken_back] {
            let both = merged(&evicted(3, "same", 12), stored);
            assert_eq!(both.history.evictions, [at(10)]);
        }
        assert_eq!(
            merged(&evicted(3, "same", 12), record(3, "same")).history.evictions,
            [at(12)]
        );
    }

    #[test]
    fn promise_9_an_eviction_counts_beside_the_one_before_whatever_the_clocks() {
        let mut stored = record(3, "same");
        stored.token.as_mut().unwrap().issued_at = at(10);
        // Of the token before, by a clock that is ahead of the one by which this token was issued.
        stored.history.evictions.push(at(11));
        stored.last_evicted = Some(2);
        let mut ours = stored.clone();
        ours.token.as_mut().unwrap().lost = Some(Loss::Evicted);
        ours.history.evictions.push(at(90));
        ours.last_evicted = Some(3);
        let both = merged(&ours, stored);
        assert_eq!(
            (both.history.evictions, both.last_evicted),
            (vec![at(11), at(90)], Some(3))
        );
    }

    #[test]
    fn promise_11_a_401_for_a_token_that_another_has_renewed_meanwhile_is_no_eviction() {
        let mut refused = record(3, "old");
        refused.token.as_mut().unwrap().lost = Some(Loss::Evicted);
        refused.history.evictions.push(at(12));
        refused.last_evicted = Some(3);
        let mut renewed = record(4, "new");
        renewed.token.as_mut().unwrap().issued_at = at(11);
        let both = merged(&refused, renewed.clone());
        assert_eq!((both.history.evictions.len(), token(&both)), (0, "new"));
        // A login has taken the session back.
        renewed.session += 1;
        assert_eq!(merged(&refused, renewed).history.evictions, [at(12)]);
    }

    #[test]
    fn promise_17_a_damaged_record_leaves_one_login_and_a_second_one_none() {
        let lost = |at, before| {
            let mut record = record(0, "");
            record.token = None;
            let damage = Damage { at, before };
            after_damage(&mut record, damage, &limits(), at);
            // A clock is never read to the same millisecond twice.
            let at = later(at, Duration::from_millis(1));
            after_damage(&mut record, Damage { at, before }, &limits(), at);
            record
        };
        let decision = |record: &Record, now| decide(record, now, &limits(), Requested::default(), 0.5);
        let mut first = lost(at(0), None);
        assert_eq!(decision(&first, at(1)), Decision::Login);
        first.history.logins.push(at(1));
        let Decision::Wait(hold) = decision(&first, at(2)) else {
            panic!("a login too many")
        };
        let ms = Duration::from_millis;
        assert_eq!(
            (hold.why, hold.until),
            (HoldReason::LoginBudget, earlier(at(600), ms(1)))
        );
        let second = lost(at(5), Some(at(0)));
        let Decision::Wait(hold) = decision(&second, at(6)) else {
            panic!("a login too many")
        };
        let end = earlier(later(at(5), HOUR), ms(3));
        assert_eq!((hold.why, hold.until), (HoldReason::RefusalQuota, end));
        let both = merged(&second, second.clone());
        assert_eq!(both.history, second.history);
        assert_eq!(decision(&lost(at(5_000), Some(at(0))), at(5_001)), Decision::Login);
        assert_eq!(decision(&second, at(5_000)), Decision::Login);
    }
}
