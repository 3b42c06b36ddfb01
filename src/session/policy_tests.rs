//! Tests of `policy.rs`.

use proptest::prelude::*;

use super::*;
use crate::{
    api::Environment,
    clock::until,
    secret::Secret,
    session::{login_key::LoginKey, token::Loss},
};

const START: i64 = 1_900_000_000_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(START + ms).unwrap()
}

fn record(life_ms: i64) -> Record {
    let key: LoginKey = serde_json::from_str("\"key\"").unwrap();
    let mut record = Record::empty(key, Environment::Demo);
    record.token = Some(Token {
        access_token: Secret::new("token"),
        md_access_token: None,
        expires_at: at(life_ms),
        expiration_time: String::new(),
        issued_at: at(0),
        lost: None,
    });
    record
}

fn limits(renew_before: Duration) -> Limits {
    Limits {
        renew_before,
        ..Limits::default()
    }
}

#[test]
fn promise_3_lives_of_80_and_90_minutes_are_renewed_a_quarter_of_an_hour_before_their_end() {
    for life in [80, 90] {
        let token = record(life * 60_000).token.unwrap();
        assert_eq!(due_at(&token, QUARTER_HOUR, 0.0), at((life - 15) * 60_000));
        assert_eq!(due_at(&token, QUARTER_HOUR, 1.0), at((life - 15) * 60_000 + 45_000));
    }
}

#[test]
fn promise_20_no_stored_moment_is_waited_for_by_a_clock_that_nobody_has_told_the_time() {
    let unknown_time = Requested {
        server_time: Some(Duration::MAX),
        ..Requested::default()
    };
    let limits = limits(QUARTER_HOUR);
    let decision = |record: &Record| decide(record, at(0), &limits, unknown_time, 0.5);
    let mut fresh = record(60_000);
    fresh.token = None;
    assert_eq!(
        decision(&fresh),
        Decision::Login,
        "there is nothing to judge by the time"
    );
    fresh.login.not_before = Some(at(10_001));
    assert_eq!(decision(&fresh), Decision::FetchServerTime);
    fresh.login.not_before = Some(at(10_000));
    let Decision::Wait(hold) = decision(&fresh) else {
        panic!("a short hold is waited for by any clock");
    };
    assert_eq!(hold.until, at(10_000));
    let mut evicted = record(60_000);
    evicted.token.as_mut().unwrap().lost = Some(Loss::Evicted);
    evicted.history.evictions = vec![at(-2), at(-1)];
    assert_eq!(decision(&evicted), Decision::FetchServerTime);
    assert_eq!(decision(&record(60_000)), Decision::FetchServerTime);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn promise_3_a_renewal_is_due_within_the_life_and_not_at_once(
        life_ms in 1_000_i64..30 * 86_400_000,
        renew_before_ms in 1_000_u64..86_400_000,
        random in 0.0..=1.0,
    ) {
        let record = record(life_ms);
        let limits = limits(Duration::from_millis(renew_before_ms));
        let Decision::Serve { until: due, held: None } = decide(&record, at(0), &limits, Requested::default(), random) else {
            panic!("a new token is served");
        };
        let life = until(at(0), at(life_ms));
        let wait = until(at(0), due);
        prop_assert!(wait + Duration::from_millis(1) >= life * 3 / 4, "{wait:?} of {life:?}");
        prop_assert!(due < at(life_ms));
        prop_assert_eq!(decide(&record, due, &limits, Requested::default(), random), Decision::Renew);
        prop_assert_eq!(decide(&record, at(life_ms), &limits, Requested::default(), random), Decision::Login);
    }
}
