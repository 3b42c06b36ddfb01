use super::*;

const RENEW_BEFORE: Duration = Duration::from_secs(900);
const LIFE: Duration = Duration::from_secs(4_800);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_900_000_000 + seconds).unwrap()
}

fn key(number: usize) -> LoginKey {
    serde_json::from_str(&format!("\"login-{number:03}\"")).unwrap()
}

fn applicant(key: &LoginKey, expires_at: i64) -> Applicant<'_> {
    Applicant {
        key,
        expires_at: Some(at(expires_at)),
        proven: true,
        timeout: Duration::from_secs(30),
        renew_before: RENEW_BEFORE,
    }
}

fn newcomer(key: &LoginKey) -> Applicant<'_> {
    Applicant {
        key,
        expires_at: None,
        proven: false,
        timeout: Duration::from_secs(30),
        renew_before: RENEW_BEFORE,
    }
}

/// Logins whose tokens die a minute after each other, from `first` on.
fn fleet(size: usize, first: i64) -> AddressRecord {
    let mut record = AddressRecord::default();
    for (number, end) in (0..size).zip((first..).step_by(60)) {
        record.note_token(&key(number), at(end), LIFE);
    }
    record
}

#[test]
fn promise_6_an_address_makes_twelve_renewals_an_hour_whoever_wants_them() {
    let mut record = AddressRecord::default();
    for second in 0..12 {
        record
            .reserve_renewal(applicant(&key(second), 900), at(i64::try_from(second).unwrap()))
            .unwrap();
    }
    let hold = record.reserve_renewal(applicant(&key(12), 900), at(20)).unwrap_err();
    assert_eq!((hold.until, hold.why), (at(3_600), HoldReason::AddressRenewals));
    record.withdraw_renewal(at(3));
    record.reserve_renewal(applicant(&key(12), 900), at(20)).unwrap();
    assert_eq!(record.allowance(newcomer(&key(99)), at(20)).counts.renewals, 12);
    assert_eq!(record.allowance(newcomer(&key(99)), at(3_610)).counts.renewals, 2);
}

#[test]
fn promise_6_the_token_that_dies_first_is_renewed_first() {
    let mut record = fleet(3, 300);
    record.renewals = (0..10).map(at).collect();
    // Two places, and two logins that are due die before the third.
    assert!(record.allowance(applicant(&key(0), 300), at(100)).renewal.is_none());
    assert!(record.allowance(applicant(&key(1), 360), at(100)).renewal.is_none());
    let hold = record.allowance(applicant(&key(2), 420), at(100)).renewal.unwrap();
    assert_eq!(hold.until, at(3_600));
}

#[test]
fn promise_6_logins_that_are_not_kept_any_more_hold_their_places_until_their_tokens_end() {
    let mut record = AddressRecord::default();
    for number in 0..13 {
        let end = 300 + i64::try_from(number).unwrap();
        record.note_token(&key(number), at(end), Duration::from_secs(4_800));
    }
    let hold = record.allowance(applicant(&key(12), 312), at(250)).renewal.unwrap();
    assert_eq!(hold.until, at(300));
    assert!(record.allowance(applicant(&key(12), 312), at(301)).renewal.is_none());
}

#[test]
fn promise_6_a_crowded_address_is_told_soon_whatever_a_login_wants() {
    let record = fleet(13, 4_800);
    let renew_before = |wanted| {
        let key = key(0);
        let applicant = Applicant {
            renew_before: wanted,
            ..newcomer(&key)
        };
        record.allowance(applicant, at(0)).renew_before
    };
    let usual = renew_before(RENEW_BEFORE).unwrap();
    for wanted in [Duration::from_millis((1 << 53) - 1), Duration::MAX] {
        let step = usual.abs_diff(renew_before(wanted).unwrap());
        assert!(step <= Duration::from_secs(30), "{wanted:?}: {step:?}");
    }
    assert_eq!(renew_before(LATEST), None);
    assert_eq!(
        fleet(40, 4_800).renew_before(LATEST + Duration::from_millis(1), at(0)),
        Some(LATEST)
    );
}

#[test]
fn promise_6_a_crowded_address_renews_later_and_an_overfull_one_says_so() {
    let renew_before = |size| {
        let record = fleet(size, 4_800);
        let allowance = record.allowance(newcomer(&key(0)), at(0));
        (allowance.renew_before, allowance.counts.overfull)
    };
    assert_eq!(renew_before(1), (None, false));
    assert_eq!(renew_before(11), (None, false));
    let (later, overfull) = renew_before(13);
    assert!(
        later.unwrap() < RENEW_BEFORE && later.unwrap() > LATEST && !overfull,
        "{later:?}"
    );
    assert_eq!(renew_before(20), (Some(LATEST), true));

    let mut alone = AddressRecord::default();
    alone.note_token(&key(0), at(60), Duration::from_secs(60));
    let short = |record: &AddressRecord| record.allowance(newcomer(&key(0)), at(0)).counts.overfull;
    assert!(!short(&alone), "one login is no fleet");
    alone.note_token(&key(1), at(60), Duration::from_secs(60));
    assert!(short(&alone));
}

#[test]
fn promise_6_four_wrong_passwords_stop_an_address_but_not_what_has_worked_before() {
    let mut record = AddressRecord::default();
    for id in 0..4 {
        record.reserve_login(newcomer(&key(0)), id, at(0)).unwrap();
    }
    // Nobody knows yet what becomes of the four.
    let hold = record.reserve_login(newcomer(&key(5)), 5, at(0)).unwrap_err();
    assert_eq!(hold.why, HoldReason::AddressTrials);
    assert!(hold.until < at(1));
    for id in 0..4 {
        record.end_login(id, true, at(1));
    }
    let hold = record.reserve_login(newcomer(&key(5)), 5, at(2)).unwrap_err();
    assert_eq!((hold.until, hold.why), (at(3_601), HoldReason::AddressRefusals));
    record.reserve_login(applicant(&key(6), 0), 6, at(2)).unwrap();
    // That one is refused as well: Tradovate's limit is reached.
    record.end_login(6, true, at(3));
    assert!(record.reserve_login(applicant(&key(7), 0), 7, at(4)).is_err());
    assert_eq!(record.allowance(newcomer(&key(8)), at(4)).counts.refused_logins, 5);
    record.prune(at(3_610));
    assert_eq!(record, AddressRecord::default());
}

#[test]
fn promise_6_credentials_that_worked_before_and_are_refused_all_at_once_are_five_refusals() {
    let mut record = AddressRecord::default();
    let gone: Vec<_> = (0..20)
        .filter(|id| record.reserve_login(applicant(&key(0), 0), *id, at(0)).is_ok())
        .collect();
    assert_eq!(gone.len(), 5);
    for id in gone {
        record.end_login(id, true, at(1));
    }
    let hold = record.reserve_login(applicant(&key(0), 0), 20, at(2)).unwrap_err();
    assert_eq!((hold.until, hold.why), (at(3_601), HoldReason::AddressRefusals));
}

#[test]
fn promise_6_logins_that_are_granted_leave_room_for_the_next() {
    let mut record = AddressRecord::default();
    for id in 0..20 {
        record.reserve_login(newcomer(&key(0)), id, at(0)).unwrap();
        record.end_login(id, false, at(0));
    }
    // A process that ended in the middle of its login blocks nobody for long.
    for id in 20..24 {
        record.reserve_login(newcomer(&key(0)), id, at(0)).unwrap();
    }
    assert!(record.reserve_login(newcomer(&key(0)), 24, at(59)).is_err());
    assert!(record.reserve_login(newcomer(&key(0)), 24, at(61)).is_ok());
}

#[test]
fn promise_20_what_was_written_under_a_clock_that_was_ahead_is_forgotten() {
    let mut record = AddressRecord {
        renewals: (0..12).map(|n| at(8 * 3_600 + n)).collect(),
        ..AddressRecord::default()
    };
    record.prune(at(0));
    assert_eq!(record.renewals, []);
}

#[test]
fn a_ledger_of_many_logins_stays_small() {
    let record = fleet(1_000, 4_800);
    assert_eq!(record.logins.len(), MOST_LOGINS);
    assert!(record.logins.contains_key(&key(999)) && !record.logins.contains_key(&key(0)));
    assert!(serde_json::to_string(&record).unwrap().len() < 60_000);
}
