//! The status of a login by its store alone, for whoever wants to know without opening a session.

use std::sync::Arc;

use super::{
    address::AddressCounts,
    attempt_count::AttemptCount,
    limits::Limits,
    login_key::LoginKey,
    phase::Phase,
    policy::{Requested, decide, past_eviction},
    record::Record,
    view::{Counts, LastFailure, View, renews_at},
};
use crate::{
    clock::ServerClock,
    error::Error,
    store::{Store, located},
};

/// The view of a session that would be opened now; none if nothing is stored. Nothing is called or written, and no lease is
/// taken. The times follow the defaults of a session, since the store does not tell its users' options.
///
/// # Errors
/// [`ErrorKind::Store`] and [`ErrorKind::StoreMismatch`], as [`Record::decode`] and the store have them.
pub async fn stored_view(store: &dyn Store, key: &LoginKey, clock: &ServerClock) -> Result<Option<View>, Error> {
    let Some(entry) = store.read(key.as_str()).await? else {
        return Ok(None);
    };
    let record = Record::decode(&entry, key).map_err(|error| located(store, key.as_str(), error))?;
    clock.adopt_offset(&record.clock, store.ahead_ms());
    Ok(Some(view_of(record, clock)))
}

fn view_of(record: Record, clock: &ServerClock) -> View {
    let now = clock.now();
    let limits = Limits::default();
    let requested = Requested {
        past_eviction: past_eviction(&record, now),
        ..Requested::default()
    };
    // Sessions add a little by chance, each its own; this is the earliest.
    let random = 0.0;
    let failing = [&record.renewal, &record.login]
        .into_iter()
        .filter(|attempts| attempts.failures > 0)
        .max_by_key(|attempts| attempts.last_at);
    View {
        decision: decide(&record, now, &limits, requested, random),
        attempts_done: AttemptCount::default(),
        phase: Phase::Idle,
        last_failure: failing.map(|attempts| LastFailure {
            error: attempts
                .error("the last call for a token failed; the process that has the session knows more".into()),
            not_sent: false,
            elsewhere: false,
        }),
        counts: Counts::default(),
        renews_at: renews_at(&record, limits.renew_before, random),
        withheld: Arc::new([]),
        address: AddressCounts::default(),
        max_logins: None,
        record: Arc::new(record),
    }
}
