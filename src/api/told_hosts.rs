//! The hosts that Tradovate's answers name. Each is a hint: when it fails, calls go to the first host until that fails as well, or
//! another one is named.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hosts::HostPurpose;
use crate::{
    backoff::Backoff,
    clock::{earlier, later},
};

/// The pause between two renewals that a host asks for by saying that another one serves its purpose.
const MOVE_GAP: Backoff = Backoff::new(Duration::from_secs(60), LONGEST_MOVE_GAP);
const LONGEST_MOVE_GAP: Duration = Duration::from_secs(3600);
/// So many moves in a row end their pause at once if they bring another host.
const QUICK_MOVES: u32 = 3;

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
    /// The moves of each purpose.
    #[serde(default)]
    moves: BTreeMap<HostPurpose, Moves>,
}

/// What hosts of a purpose answered: that another one serves it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Moves {
    by_told: Move,
    by_first: Move,
}

/// The moves of a purpose, as one host tells them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Move {
    /// How many there were, with no more than an hour in between.
    times: u32,
    /// Until when another one asks for no renewal.
    until: Option<Timestamp>,
    /// Whether the renewal that it asked for is still to come.
    is_open: bool,
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

    /// These hosts, with the told one of a purpose in use again if it was left.
    #[must_use]
    pub fn back_at_told(&self, purpose: HostPurpose) -> Cow<'_, Self> {
        let mut hosts = Cow::Borrowed(self);
        if self.has_left(purpose) {
            hosts.to_mut().failed.remove(&purpose);
        }
        hosts
    }

    /// Whether a host that says that another one serves its purpose is a reason to have the hosts named anew.
    #[must_use]
    pub fn may_have_moved(&self, purpose: HostPurpose, now: Timestamp) -> bool {
        let moves = self.moves(purpose);
        let known = if self.has_left(purpose) {
            moves.by_first
        } else {
            moves.by_told
        };
        known.until.is_none_or(|until| until <= now)
    }

    /// Whether a renewal that names the hosts of a purpose is still to come.
    #[must_use]
    pub fn is_moving(&self, purpose: HostPurpose) -> bool {
        let Moves { by_told, by_first } = self.moves(purpose);
        by_told.is_open || by_first.is_open
    }

    /// Whether auth calls go to the first host of a purpose: it has just said that another one serves that, so it answers.
    #[must_use]
    pub fn asks_first(&self, purpose: HostPurpose) -> bool {
        self.moves(purpose).by_first.is_open
    }

    /// Notes that the host for a purpose answered that another one serves it, so that a renewal is to name the hosts. Returns
    /// false if that was asked for a short while ago.
    pub fn note_move(&mut self, purpose: HostPurpose, now: Timestamp) -> bool {
        if !self.may_have_moved(purpose, now) {
            return false;
        }
        let has_left = self.has_left(purpose);
        let moves = self.moves.entry(purpose).or_default();
        let known = if has_left {
            &mut moves.by_first
        } else {
            &mut moves.by_told
        };
        let is_recent = known.until.is_none_or(|until| until > earlier(now, LONGEST_MOVE_GAP));
        let times = if is_recent { known.times.saturating_add(1) } else { 1 };
        *known = Move {
            times,
            until: Some(later(now, MOVE_GAP.pause(times))),
            is_open: true,
        };
        self.changes += 1;
        true
    }

    /// Notes that an auth call has ended: no renewal is still to come for a move.
    pub fn end_moves(&mut self) {
        let mut ended = false;
        for known in all(&mut self.moves) {
            ended |= std::mem::take(&mut known.is_open);
        }
        self.changes += u64::from(ended);
    }

    /// Ends pauses that a wrong clock has made too long.
    pub fn reconcile(&mut self, now: Timestamp) {
        let most = later(now, LONGEST_MOVE_GAP);
        for known in all(&mut self.moves) {
            known.until.take_if(|until| *until > most);
        }
    }

    fn moves(&self, purpose: HostPurpose) -> Moves {
        self.moves.get(&purpose).copied().unwrap_or_default()
    }

    /// Takes over newly told hosts. Purposes that they lack keep theirs, and a host that failed and is told again is still the
    /// one that failed.
    pub fn learn(&mut self, told: HostMap) {
        self.end_moves();
        let mut changed = false;
        for (purpose, host) in told {
            if self.told.get(&purpose) == Some(&host) {
                continue;
            }
            self.told.insert(purpose, host);
            changed = true;
            if let Some(moves) = self.moves.get_mut(&purpose) {
                for known in [&mut moves.by_told, &mut moves.by_first] {
                    known.until.take_if(|_| known.times <= QUICK_MOVES);
                }
            }
        }
        self.changes += u64::from(changed);
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

fn all(moves: &mut BTreeMap<HostPurpose, Moves>) -> impl Iterator<Item = &mut Move> {
    moves
        .values_mut()
        .flat_map(|Moves { by_told, by_first }| [by_told, by_first])
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
    fn promise_26_the_first_host_is_asked_where_it_has_sent_a_call_away_until_an_auth_call_has_ended() {
        let mut hosts = Hosts::told(named("old"));
        assert!(hosts.note_move(DEMO, at(0)));
        assert!(
            hosts.is_moving(DEMO) && !hosts.asks_first(DEMO),
            "the told host said so"
        );
        hosts.learn(named("old"));
        assert!(hosts.fail(DEMO) && hosts.note_move(DEMO, at(1)) && hosts.asks_first(DEMO));
        hosts.end_moves();
        assert!(!hosts.is_moving(DEMO) && !hosts.asks_first(DEMO));
        hosts.learn(named("old"));
        assert!(hosts.has_left(DEMO), "it is still the one that failed");
        hosts.learn(named("new"));
        assert_eq!(hosts.get(DEMO), Some("new"));
    }

    #[test]
    fn promise_26_moves_ask_for_names_after_pauses_that_double_and_end_after_a_quiet_hour() {
        let mut hosts = Hosts::default();
        let mut now = 0;
        for pause in [60, 120, 240, 480, 960, 1920, 3600, 3600] {
            assert!(hosts.note_move(DEMO, at(now)));
            assert!(!hosts.note_move(DEMO, at(now + pause - 1)) && hosts.may_have_moved(DEMO, at(now + pause)));
            assert!(
                hosts.may_have_moved(HostPurpose::MdDemo, at(now)),
                "each purpose has its own"
            );
            now += pause;
        }
        assert!(hosts.note_move(DEMO, at(now + 3600)));
        assert!(hosts.may_have_moved(DEMO, at(now + 3660)));
    }

    #[test]
    fn promise_26_a_move_that_brings_another_host_may_be_followed_by_the_next_at_once_but_not_for_ever() {
        let mut hosts = Hosts::default();
        let moves = (0..20).filter(|second| {
            let noted = hosts.note_move(DEMO, at(*second));
            hosts.learn(named(&format!("host-{second}")));
            noted
        });
        assert_eq!(moves.count(), 4);
    }

    #[test]
    fn promise_20_a_pause_that_a_wrong_clock_has_made_ends_with_it() {
        let mut hosts = Hosts::default();
        assert!(hosts.note_move(DEMO, at(10_800)));
        hosts.reconcile(at(0));
        assert!(hosts.may_have_moved(DEMO, at(0)));
    }
}
