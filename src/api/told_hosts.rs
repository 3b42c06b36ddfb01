//! The hosts that Tradovate's answers name. Each is a hint: when it fails, calls go to the first host until that fails as well, or
//! another one is named.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hosts::HostPurpose;
use crate::{
    backoff::Backoff,
    clock::{earlier, later},
};

/// For how long a renewal that a moved host asked for is not asked for again; it doubles each time, up to an hour.
const MOVE_GAP: Backoff = Backoff::new(Duration::from_secs(30), LONGEST_MOVE_GAP);
const LONGEST_MOVE_GAP: Duration = Duration::from_secs(3600);

/// Hosts by purpose. Each is a bare host name, on loopback with its port.
pub type HostMap = BTreeMap<HostPurpose, String>;

/// Hosts as last told, and those of them that have failed since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosts {
    #[serde(default)]
    told: HostMap,
    #[serde(default)]
    failed: HostMap,
    /// Grows with each change.
    #[serde(default)]
    changes: u64,
    /// Purposes whose host answered that another one serves them, until an answer names the hosts.
    #[serde(default)]
    moved: BTreeSet<HostPurpose>,
    /// How often in a row hosts did that, with no more than an hour in between.
    #[serde(default)]
    moves: u32,
    /// Until when another move asks for no renewal: the hosts have just been named.
    #[serde(default)]
    settled_until: Option<Timestamp>,
}

impl Hosts {
    /// The hosts of a map, none of which has failed.
    #[must_use]
    pub fn told(told: HostMap) -> Self {
        Self {
            told,
            ..Self::default()
        }
    }

    /// Whether these hosts lack a change of `others`, if both were made from the same ones.
    #[must_use]
    pub fn are_older_than(&self, others: &Self) -> bool {
        self.changes < others.changes
    }

    /// The purposes for which a host was told.
    pub fn purposes(&self) -> impl Iterator<Item = HostPurpose> + '_ {
        self.told.keys().copied()
    }

    /// The told host for a purpose, unless it is the one that failed.
    #[must_use]
    pub fn get(&self, purpose: HostPurpose) -> Option<&str> {
        let host = self.told.get(&purpose)?;
        (self.failed.get(&purpose) != Some(host)).then_some(host)
    }

    /// Whether the told host for a purpose is the one that failed, so that calls go to the first one.
    #[must_use]
    pub fn has_left(&self, purpose: HostPurpose) -> bool {
        let told = self.told.get(&purpose);
        told.is_some() && self.failed.get(&purpose) == told
    }

    /// Whether a host that says that another one serves its purpose is a reason to have the hosts named anew.
    #[must_use]
    pub fn may_have_moved(&self, now: Timestamp) -> bool {
        self.settled_until.is_none_or(|until| until <= now)
    }

    /// Notes that the host for a purpose answered that another one serves it. The next token's answer names that, and is asked
    /// for where this answer came from. Returns whether it is to be asked for.
    pub fn note_move(&mut self, purpose: HostPurpose, now: Timestamp) -> bool {
        if !self.may_have_moved(now) {
            return false;
        }
        let is_over = |until: Timestamp| until <= earlier(now, LONGEST_MOVE_GAP);
        let before = if self.settled_until.is_some_and(is_over) {
            0
        } else {
            self.moves
        };
        self.moves = before.saturating_add(1);
        self.settled_until = Some(later(now, MOVE_GAP.pause(self.moves)));
        self.moved.insert(purpose);
        self.changes += 1;
        true
    }

    /// Takes over newly told hosts. Purposes that they lack keep theirs. A host that failed and is told again is still the one
    /// that failed, unless the first one has said meanwhile that another one serves its purpose.
    pub fn learn(&mut self, told: HostMap) {
        let moved = std::mem::take(&mut self.moved);
        self.changes += u64::from(!moved.is_empty());
        self.failed.retain(|purpose, _| !moved.contains(purpose));
        if told.iter().any(|(purpose, host)| self.told.get(purpose) != Some(host)) {
            self.told.extend(told);
            self.changes += 1;
        }
    }

    /// Notes that a call of a purpose failed as calls to a host that is gone do. After the told host calls go to the first one,
    /// after the first one to the told host again. Returns whether the host changed.
    pub fn fail(&mut self, purpose: HostPurpose) -> bool {
        let Some(told) = self.told.get(&purpose) else {
            return false;
        };
        if self.failed.get(&purpose) == Some(told) {
            self.failed.remove(&purpose);
        } else {
            self.failed.insert(purpose, told.clone());
        }
        self.changes += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: HostPurpose = HostPurpose::Demo;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_900_000_000 + seconds).unwrap()
    }

    fn named(host: &str) -> HostMap {
        HostMap::from([(DEMO, host.to_owned())])
    }

    #[test]
    fn promise_26_a_host_that_failed_and_is_named_again_is_asked_again_only_where_the_first_one_sent_a_call_away() {
        let mut hosts = Hosts::told(named("old"));
        assert!(hosts.fail(DEMO));
        hosts.learn(named("old"));
        assert!(hosts.has_left(DEMO));
        assert!(
            hosts.note_move(DEMO, at(0)) && hosts.has_left(DEMO),
            "the first host is asked for the name"
        );
        hosts.learn(named("old"));
        assert_eq!(hosts.get(DEMO), Some("old"));
        assert!(hosts.fail(DEMO) && hosts.note_move(DEMO, at(30)));
        hosts.learn(named("new"));
        assert_eq!(hosts.get(DEMO), Some("new"));
    }

    #[test]
    fn promise_26_moves_ask_for_names_after_pauses_that_double_and_end_after_a_quiet_hour() {
        let mut hosts = Hosts::default();
        let mut now = 0;
        for pause in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
            assert!(hosts.note_move(DEMO, at(now)));
            assert!(!hosts.note_move(DEMO, at(now + pause - 1)) && hosts.may_have_moved(at(now + pause)));
            now += pause;
        }
        assert!(hosts.note_move(DEMO, at(now + 3600)));
        assert!(hosts.may_have_moved(at(now + 3630)));
    }
}
