//! Tests of `merge.rs`.

use std::time::Duration;

use super::*;
use crate::{
    api::Environment,
    clock::later,
    secret::Secret,
    session::{
        cooldown::CooldownKind,
        hold::HoldReason,
        limits::{MaxLogins, OnEviction},
        login_key::LoginKey,
        policy::{Decision, Requested, decide},
        suspicion::OwnRefusals,
        token::{Generation, Loss, Token},
    },
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_900_000_000 + seconds).unwrap()
}

fn record(generation: impl Into<Generation>, token: &str) -> Record {
    let key: LoginKey = serde_json::from_str("\"key\"").unwrap();
    let mut record = Record::empty(key, Environment::Demo);
    record.generation = generation.into();
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
        assert_eq!((merged.generation, token(&merged)), (ours.max(stored).into(), wins));
    }
}

#[test]
fn a_ticket_that_went_along_with_a_call_comes_back_by_no_record() {
    let mut before = record(3, "token");
    for (scope, ticket) in [(Scope::Login, "login-canary"), (Scope::Renewal, "renewal-canary")] {
        let penalty = Cooldown {
            ticket: Some(Secret::new(ticket)),
            ..cooldown(60)
        };
        before.cooldowns.insert(scope, penalty);
    }
    // Its clock was corrected meanwhile, so that no time tells that a call was made.
    let mut after = before.clone();
    after.use_up(Scope::Login);
    for both in [merged(&before, after.clone()), merged(&after, before.clone())] {
        assert_eq!(both.cooldowns.get(&Scope::Login), None);
        assert_eq!(
            both.cooldowns.get(&Scope::Renewal),
            before.cooldowns.get(&Scope::Renewal)
        );
    }
    for generation in [2, 4] {
        after.generation = generation.into();
        for both in [merged(&before, after.clone()), merged(&after, before.clone())] {
            assert_eq!(both.cooldowns.get(&Scope::Login), None);
        }
    }
}

#[test]
fn two_tokens_of_one_generation_become_the_stored_one_of_the_next() {
    let merged = merged(&record(3, "ours"), record(3, "stored"));
    assert_eq!((merged.generation, token(&merged)), (4.into(), "stored"));
}

#[test]
fn promise_19_a_login_into_an_emptied_store_counts_under_a_generation_of_its_own() {
    let (mut ours, mut stored) = (record(7, "ours"), record(1, "stored"));
    (ours.session, stored.session) = (2.into(), 1.into());
    stored.token.as_mut().unwrap().issued_at = at(1);
    let merged = merged(&ours, stored);
    assert_eq!(
        (merged.generation, merged.session, token(&merged)),
        (8.into(), 3.into(), "stored")
    );
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
    assert_eq!(merged.generation, 2.into());
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
        ..Attempts::default()
    };
    let both = merged(&ours, stored.clone());
    assert!(both.cooldowns.values().all(|cooldown| cooldown.until == at(20)));
    assert_eq!(both.login, ours.login);
    stored.generation = 3.into();
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
fn promise_7_a_ticket_that_both_still_have_was_sent_by_neither() {
    let (mut ours, mut stored) = (record(3, "same"), record(3, "same"));
    let ticket = Cooldown {
        ticket: Some(Secret::new("ticket")),
        ..cooldown(15)
    };
    // Each has tried a login since, for which there were no credentials.
    for (record, tried_at) in [(&mut ours, 20), (&mut stored, 30)] {
        record.login.last_at = Some(at(tried_at));
        record.cooldowns.insert(Scope::Login, ticket.clone());
    }
    assert_eq!(merged(&ours, stored).cooldowns[&Scope::Login], ticket);
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
            (3.into(), counts)
        );
    }
}

#[test]
fn promise_6_a_call_that_was_noted_by_a_clock_that_was_ahead_is_kept_a_distance_to() {
    let now = at(100);
    for (generation, others_generation) in [(2, 2), (2, 1), (1, 2)] {
        let ours = record(generation, "ours");
        let mut theirs = record(others_generation, "theirs");
        theirs.login.last_at = Some(at(6_000));
        theirs.reconcile(now);
        let both = [merged(&ours, theirs.clone()), merged(&theirs, ours)];
        for login in both.map(|record| record.login) {
            assert_eq!((login.not_before, login.told_until), (Some(at(101)), Some(at(101))));
        }
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
    let penalty = |ticket: &str, wait| Cooldown {
        ticket: Some(Secret::new(ticket)),
        ..Cooldown::new(CooldownKind::Penalty, at(0), Duration::from_secs(wait))
    };
    let penalised = |before: &Record, penalty: Cooldown| {
        let mut record = before.clone();
        record.penalise("GET a", penalty);
        record
    };
    let counts = |one: &Record, other: &Record, ticket: Option<&str>, until: i64| {
        for (one, other) in [(one, other), (other, one)] {
            let both = merged(one, other.clone());
            let penalty = &both.penalties["GET a"];
            let known = penalty.ticket.as_ref().map(Secret::expose);
            assert_eq!((known, penalty.until), (ticket, at(until)));
        }
    };
    let nothing = record(2, "same");
    let longer = penalised(&nothing, penalty("one", 60));
    counts(&longer, &penalised(&nothing, penalty("two", 30)), Some("one"), 60);
    let mut taken = longer.clone();
    taken.take_ticket("GET a", at(60), at(90)).unwrap();
    counts(&taken, &longer, None, 90);
    // Its call was answered by another penalty, which ends before others would have waited for that answer.
    counts(&penalised(&taken, penalty("two", 85)), &taken, Some("two"), 85);
    // Somebody who knew of neither the ticket nor its call met a longer one.
    counts(&penalised(&nothing, penalty("three", 95)), &taken, Some("three"), 95);
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
    let evicted = |generation: u64, token: &str, seen_at| {
        let mut record = record(generation, token);
        record.token.as_mut().unwrap().lost = Some(Loss::Evicted);
        record.history.evictions.push(at(seen_at));
        record.last_evicted = Some(generation.into());
        record
    };
    let mut taken_back = evicted(3, "same", 10);
    taken_back.generation = 4.into();
    taken_back.token.as_mut().unwrap().access_token = Secret::new("new");
    taken_back.token.as_mut().unwrap().lost = None;
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
    stored.last_evicted = Some(2.into());
    let mut ours = stored.clone();
    ours.token.as_mut().unwrap().lost = Some(Loss::Evicted);
    ours.history.evictions.push(at(90));
    ours.last_evicted = Some(3.into());
    let both = merged(&ours, stored);
    assert_eq!(
        (both.history.evictions, both.last_evicted),
        (vec![at(11), at(90)], Some(3.into()))
    );
}

#[test]
fn promise_9_a_token_that_was_renewed_under_its_name_is_lost_if_it_was_refused_after_that() {
    let refused = |seen_at| {
        let mut record = record(3, "same");
        record.token.as_mut().unwrap().lost = Some(Loss::Evicted);
        record.history.evictions.push(at(seen_at));
        record.last_evicted = Some(3.into());
        record
    };
    let mut renewed = record(4, "same");
    renewed.token.as_mut().unwrap().issued_at = at(20);
    let evictions = |one: &Record, other: &Record| {
        let both = merged(one, other.clone());
        assert_eq!(both.generation, 4.into());
        assert_eq!(both.token.unwrap().lost.is_some(), !both.history.evictions.is_empty());
        both.history.evictions
    };
    // The clocks of two processes differ a little.
    for (seen_at, seen) in [(12, vec![]), (22, vec![]), (60, vec![at(60)])] {
        assert_eq!(evictions(&refused(seen_at), &renewed), seen);
        assert_eq!(evictions(&renewed, &refused(seen_at)), seen);
    }
    let known = merged(&renewed, refused(60));
    for seen_by_another in [refused(60), refused(61)] {
        assert_eq!(evictions(&known, &seen_by_another), [at(60)]);
    }
    assert_eq!(evictions(&known, &renewed), [at(60)]);
    let mut seen_of_the_renewed = refused(62);
    (seen_of_the_renewed.generation, seen_of_the_renewed.last_evicted) = (4.into(), Some(4.into()));
    assert_eq!(evictions(&known, &seen_of_the_renewed), [at(62)]);
    assert_eq!(evictions(&seen_of_the_renewed, &known), [at(60)]);
}

#[test]
fn promise_11_a_401_for_a_token_that_another_has_renewed_meanwhile_is_no_eviction() {
    let mut refused = record(3, "old");
    refused.token.as_mut().unwrap().lost = Some(Loss::Evicted);
    refused.history.evictions.push(at(12));
    refused.last_evicted = Some(3.into());
    let mut renewed = record(4, "new");
    renewed.token.as_mut().unwrap().issued_at = at(11);
    let both = merged(&refused, renewed.clone());
    assert_eq!((both.history.evictions.len(), token(&both)), (0, "new"));
    // A login has taken the session back.
    renewed.session = renewed.session.next();
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

#[test]
fn promise_26_a_host_that_failed_in_another_session_is_not_asked_again_for_what_is_still_to_be_saved_here() {
    let purpose = Environment::Demo.purpose();
    let mut before = record(3, "token");
    before
        .hosts
        .learn([(purpose, "old.tradovateapi.com".to_owned())].into());
    let mut failed = before.clone();
    failed.hosts.fail(purpose);
    // Each of the two may be the one that is still to be saved.
    for (ours, stored) in [(&before, &failed), (&failed, &before)] {
        assert_eq!(merged(ours, stored.clone()).hosts.get(purpose), None);
    }
    let mut again = failed.clone();
    again.hosts.fail(purpose);
    let both = merged(&failed, again);
    assert!(both.hosts.get(purpose).is_some(), "the first host has failed as well");
    let mut renamed = failed.clone();
    renamed
        .hosts
        .learn([(purpose, "new.tradovateapi.com".to_owned())].into());
    let both = merged(&failed, renamed);
    assert_eq!(both.hosts.get(purpose), Some("new.tradovateapi.com"));
}

#[test]
fn promise_27_a_persons_word_for_a_contended_session_is_not_forgotten_in_a_merge() {
    let mut contended = record(3, "same");
    contended.token.as_mut().unwrap().lost = Some(Loss::Evicted);
    contended.history.evictions = vec![at(10), at(20)];
    contended.last_evicted = Some(3.into());
    let mut resumed = contended.clone();
    resumed.resume(at(30));
    for both in [merged(&resumed, contended.clone()), merged(&contended, resumed.clone())] {
        assert_eq!(both.contention_ended, Some(3.into()));
        assert_eq!(both.history.evictions, []);
    }
    // Of an eviction that was not contended there is nothing to remember.
    contended.history.evictions.pop();
    contended.resume(at(30));
    assert_eq!(contended.contention_ended, None);
    assert_eq!(contended.history.evictions, [at(10)]);
    let both = merged(&contended, contended.clone());
    assert_eq!(both.history.evictions, [at(10)]);
}
