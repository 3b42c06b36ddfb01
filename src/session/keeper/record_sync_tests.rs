//! Tests of `record_sync.rs`.

use std::{sync::Arc, time::Duration};

use super::*;
use crate::{
    api::Environment,
    clock::SystemClock,
    secret::Secret,
    session::{
        cooldown::{Cooldown, CooldownKind, Scope},
        login_key::LoginKey,
    },
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_900_000_000 + seconds).unwrap()
}

/// A stored record whose last renewal was noted at a time.
fn renewed(revision: u64, noted_at: Timestamp) -> Record {
    let key: LoginKey = serde_json::from_str("\"key\"").unwrap();
    let mut record = Record::empty(key, Environment::Demo);
    record.revision = Revision::from(revision);
    record.begun = Revision::from(1);
    for before in 1..revision {
        record.lineage.note(Revision::from(before));
    }
    record.history.renewals = vec![noted_at];
    record.renewal.last_at = Some(noted_at);
    record
}

#[test]
fn promise_7_a_penalty_is_not_used_up_by_the_note_of_its_own_call_that_a_clock_ahead_has_made() {
    let clock = ServerClock::new(Arc::new(SystemClock));
    let (mut sync, ahead) = (RecordSync::default(), at(7_200));
    let mut record = renewed(1, ahead);
    record.history.renewals.clear();
    record.renewal = Attempts::default();
    sync.take_over(&mut record, renewed(1, ahead), &clock, 0);
    assert_eq!(record.renewal.last_at, Some(ahead));
    // There is something to save, so that what is stored is merged in.
    sync.save_from(at(0));
    let mut answered = renewed(2, at(10));
    let penalty = Cooldown {
        ticket: Some(Secret::new("ticket")),
        ..Cooldown::new(CooldownKind::Penalty, at(10), Duration::from_secs(77))
    };
    answered.cooldowns.insert(Scope::Renewal, penalty.clone());
    sync.take_over(&mut record, answered, &clock, 0);
    assert_eq!(record.cooldowns.get(&Scope::Renewal), Some(&penalty));
    assert_eq!(
        (record.renewal.last_at, record.history.renewals),
        (Some(at(10)), vec![at(10)])
    );
}
