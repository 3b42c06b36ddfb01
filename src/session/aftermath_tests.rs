//! What each answer does to the record.

use super::*;
use crate::{
    api::Environment,
    clock::earlier,
    secret::Secret,
    session::{
        login_key::LoginKey,
        policy::{Decision, MaxLogins, OnEviction, Wish, decide},
        token::Token,
    },
};

fn record(now: Timestamp) -> Record {
    let key: LoginKey = serde_json::from_str("\"key\"").unwrap();
    let mut record = Record::empty(key, Environment::Demo);
    record.generation = 2;
    record.token = Some(Token {
        access_token: Secret::new("token"),
        md_access_token: None,
        expires_at: later(now, HOUR),
        expiration_time: String::new(),
        issued_at: now,
        lost: None,
    });
    record
}

fn limits() -> Limits {
    Limits {
        renew_before: HOUR / 4,
        on_eviction: OnEviction::Login,
        max_logins: MaxLogins { count: 3, within: HOUR },
        opened_at: Timestamp::UNIX_EPOCH,
    }
}

fn credentials() -> Credentials {
    serde_json::from_str(r#"{"name":"me","password":"pw"}"#).unwrap()
}

#[test]
fn promise_11_only_a_rejection_of_the_present_generation_counts() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let mut record = record(now);
    for sighting in [Sighting::Refused, Sighting::Doubtful] {
        for generation in [0, 1, 3] {
            let before = record.clone();
            assert!(!after_sighting(&mut record, generation, &sighting, now));
            assert_eq!(record, before);
        }
    }
    assert!(after_sighting(&mut record, 2, &Sighting::Refused, now));
    assert_eq!(record.token.as_ref().unwrap().lost, Some(Loss::Evicted));
    assert!(
        !after_sighting(&mut record, 2, &Sighting::Refused, now),
        "told twice, counted once"
    );
    assert_eq!(record.history.evictions.len(), 1);
}

#[test]
fn promise_7_a_ticket_is_sent_once_whatever_is_answered() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let upstream = Failure::Upstream {
        status: 503,
        retry_after: None,
    };
    for failure in [
        Failure::Unauthorized(String::new()),
        Failure::TimedOut { sent: true },
        Failure::LockedOut(HOUR),
        upstream,
    ] {
        let mut record = record(now);
        let ticket = Some(Secret::new("ticket"));
        record.cooldowns.insert(
            Scope::Renewal,
            Cooldown {
                kind: CooldownKind::Penalty,
                until: now,
                ticket,
            },
        );
        after_renewal(&mut record, Err(&failure), circumstances(now, &origin));
        assert!(!record.cooldowns.contains_key(&Scope::Renewal), "{failure:?}");
    }
}

fn circumstances(now: Timestamp, origin: &Origin) -> Circumstances<'_> {
    Circumstances {
        now,
        dice: 0.5,
        salt: 1,
        origin,
    }
}

#[test]
fn promise_20_a_call_counts_from_the_time_that_its_answer_told() {
    let told: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let origin = Origin::new(Environment::Demo, None).unwrap();
    let failure = Failure::Upstream {
        status: 503,
        retry_after: None,
    };
    for believed in [later(told, 2 * HOUR), earlier(told, 2 * HOUR)] {
        let mut record = record(told);
        before_call(&mut record, Call::Renewal, &limits(), believed);
        after_renewal(&mut record, Err(&failure), circumstances(told, &origin));
        assert_eq!(record.history.renewals, [told]);
        assert_eq!(record.renewal.last_at, Some(told));
        record.token = None;
        before_call(&mut record, Call::Login, &limits(), believed);
        after_login(
            &mut record,
            Err(&Failure::TimedOut { sent: true }),
            &credentials(),
            circumstances(told, &origin),
        );
        assert_eq!(record.history.logins, [told]);
        assert!(matches!(
            decide(&record, later(told, 301 * LEAST_GAP), &limits(), Wish::default(), 0.5),
            Decision::Login
        ));
    }
}

#[test]
fn promise_6_a_call_whose_answer_nobody_knows_is_followed_by_the_least_gap() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let mut record = record(now);
    record.token = None;
    before_call(&mut record, Call::Login, &limits(), now);
    let at = |time| decide(&record, time, &limits(), Wish::default(), 0.5);
    assert!(matches!(at(now), Decision::Wait(hold) if hold.until == later(now, LEAST_GAP)));
    assert_eq!(at(later(now, LEAST_GAP)), Decision::Login);
}

#[test]
fn promise_6_the_back_off_doubles_with_jitter_and_is_never_under_a_second() {
    let most = |failures| back_off(failures, LONGEST_BACK_OFF, 1.0).as_secs();
    assert_eq!([1, 2, 3, 4, 5, 6, 60].map(most), [2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(back_off(9, LONGEST_LOGIN_BACK_OFF, 1.0), LONGEST_LOGIN_BACK_OFF);
    for failures in [1, 5, u32::MAX] {
        assert_eq!(back_off(failures, LONGEST_BACK_OFF, 0.0), LEAST_GAP);
    }
}
