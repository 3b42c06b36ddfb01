//! The calls that the limits of a login still allow, for whoever wants to know before one must wait.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    limits::{HOUR, MaxLogins, REFUSED_LOGINS_AN_HOUR, RENEWALS_AN_HOUR, counted},
    record::Record,
};

/// The calls that the limits of one login still allow. [`AddressCounts`](super::address::AddressCounts) has the address's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    /// Logins that may be made before one must wait.
    pub logins: usize,
    /// Renewals that may be made before one must wait.
    pub renewals: usize,
}

/// The calls that the limits of a login allow now.
#[must_use]
pub fn budget(record: &Record, max_logins: MaxLogins, now: Timestamp) -> Budget {
    let history = &record.history;
    let may_be_refused = left(&history.refusals, REFUSED_LOGINS_AN_HOUR, HOUR, now) > 0;
    let logins = left(&history.logins, max_logins.count, max_logins.within, now);
    Budget {
        logins: if may_be_refused { logins } else { 0 },
        renewals: left(&history.renewals, RENEWALS_AN_HOUR, HOUR, now),
    }
}

/// How many more are allowed now.
fn left(list: &[Timestamp], most: usize, within: Duration, now: Timestamp) -> usize {
    most.saturating_sub(counted(list, within, now).len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::Environment, session::limits::Limits, session::login_key::LoginKey};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_900_000_000_000 + ms).unwrap()
    }

    fn record() -> Record {
        let key: LoginKey = serde_json::from_str("\"key\"").unwrap();
        Record::empty(key, Environment::Demo)
    }

    #[test]
    fn the_budget_is_what_the_limits_leave_and_fills_again_with_time() {
        let most = Limits::default().max_logins;
        let left = |record: &Record, now| {
            let Budget { logins, renewals } = budget(record, most, now);
            (logins, renewals)
        };
        let mut used = record();
        assert_eq!(left(&used, at(0)), (3, 12));
        used.history.logins = vec![at(0), at(1000)];
        used.history.renewals = vec![at(0), at(1000), at(2000)];
        assert_eq!(left(&used, at(2000)), (1, 9));
        assert_eq!(left(&used, at(600_000)), (2, 9), "a login counts for ten minutes");
        assert_eq!(left(&used, at(3_600_000)), (3, 10), "and a renewal for an hour");
        used.history.renewals = vec![at(0); 20];
        used.history.refusals = vec![at(0); 4];
        assert_eq!(left(&used, at(600_001)), (0, 0), "no login where four were refused");
    }
}
