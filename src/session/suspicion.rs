//! The part of a record about answers that may mean a closed session: the suspicion, the probes that settle it, and the
//! endpoints whose refusals are their own.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::limits::HOUR;
use crate::{backoff::Backoff, clock::later};

/// How long an endpoint's own refusals raise no suspicion; it doubles each time.
const OWN_REFUSALS: Backoff = Backoff::new(Duration::from_secs(60), HOUR);
/// Endpoints that a record remembers something of.
const MOST_ENDPOINTS: usize = 32;

/// The suspicion that a session is closed, raised by answers that may mean an outage as well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suspicion {
    /// Probes that settled nothing; none if there is no suspicion.
    pub probes: Option<u32>,
    /// When a renewal last showed that the session lives.
    #[serde(default)]
    pub settled_at: Option<Timestamp>,
    /// How often in a row, with no more than an hour in between.
    #[serde(default)]
    pub settled: u32,
    /// How often of that after an endpoint had failed that had answered well before.
    #[serde(default)]
    pub settled_after_good: u32,
    /// Whether an endpoint that had answered well before raised it: it may be the first to meet an eviction.
    #[serde(default)]
    pub after_good: bool,
    /// Whether one did by a 401.
    #[serde(default)]
    pub denied_after_good: bool,
    /// The endpoints whose answers raised it.
    #[serde(default)]
    pub endpoints: BTreeSet<String>,
    /// Those of them whose answer was a 401.
    #[serde(default)]
    pub unauthorized: BTreeSet<String>,
    /// Endpoints whose 401s were shown to be their own and no matter of the session.
    #[serde(default)]
    pub own: BTreeMap<String, OwnRefusals>,
    /// Endpoints whose other bad answers were shown to be their own. A 401 raises a suspicion even if these are known, and the
    /// other way round.
    #[serde(default)]
    pub own_outages: BTreeMap<String, OwnRefusals>,
    /// When a login was last made because probes settled nothing.
    #[serde(default)]
    pub blind_login_at: Option<Timestamp>,
    /// When one was made before that, which counts again if that one opens no session.
    #[serde(default)]
    pub blind_login_before: Option<Timestamp>,
}

/// The kinds of answers that may mean a closed session. An endpoint's own are known by kind: a new kind raises a suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadAnswer {
    /// A 401.
    Unauthorized,
    /// 408, 500, 502–504, or what a retired host answers.
    Outage,
}

/// An endpoint that refuses a session which lives: for want of a permission, say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnRefusals {
    /// How often that was shown.
    pub times: u32,
    /// Until when its refusals raise no suspicion.
    pub until: Timestamp,
}

impl Suspicion {
    /// Whether an endpoint's bad answers of a kind are known to be its own.
    #[must_use]
    pub fn is_own(&self, endpoint: &str, answer: BadAnswer, now: Timestamp) -> bool {
        self.own_of(answer).get(endpoint).is_some_and(|own| now < own.until)
    }

    /// Whether they were last shown to be its own, however long ago: it has not answered well since.
    #[must_use]
    pub fn was_own(&self, endpoint: &str, answer: BadAnswer) -> bool {
        self.own_of(answer).contains_key(endpoint)
    }

    fn own_of(&self, answer: BadAnswer) -> &BTreeMap<String, OwnRefusals> {
        match answer {
            BadAnswer::Unauthorized => &self.own,
            BadAnswer::Outage => &self.own_outages,
        }
    }

    /// Raises it by an endpoint's answer. `was_good`: the endpoint has answered well in this session, and such answers were not
    /// shown to be its own since.
    pub fn raise(&mut self, endpoint: Option<&str>, was_good: bool, answer: BadAnswer, now: Timestamp) {
        self.probes.get_or_insert(0);
        self.after_good |= was_good;
        self.denied_after_good |= was_good && answer == BadAnswer::Unauthorized;
        if self.settled_at.is_some_and(|at| later(at, HOUR) <= now) {
            (self.settled, self.settled_after_good) = (0, 0);
        }
        if let Some(endpoint) = endpoint
            && self.endpoints.len() < MOST_ENDPOINTS
        {
            self.endpoints.insert(endpoint.to_owned());
            match answer {
                BadAnswer::Unauthorized => self.unauthorized.insert(endpoint.to_owned()),
                BadAnswer::Outage => self.unauthorized.remove(endpoint),
            };
        }
    }

    /// Settles it by a renewal: the session lives, and the answers were the endpoints' own. The next probe waits a while.
    pub fn settle_by_renewal(&mut self, now: Timestamp) {
        let after_good = self.after_good;
        if !self.settle(now) {
            return;
        }
        self.settled_at = Some(now);
        self.settled = self.settled.saturating_add(1);
        if after_good {
            self.settled_after_good = self.settled_after_good.saturating_add(1);
        }
    }

    /// Settles it: the session lives, and the answers were the endpoints' own. Returns whether there was a suspicion.
    pub fn settle(&mut self, now: Timestamp) -> bool {
        if self.probes.take().is_none() {
            return false;
        }
        (self.after_good, self.denied_after_good) = (false, false);
        let unauthorized = std::mem::take(&mut self.unauthorized);
        for endpoint in std::mem::take(&mut self.endpoints) {
            let own = if unauthorized.contains(&endpoint) {
                &mut self.own
            } else {
                &mut self.own_outages
            };
            note_own(own, endpoint, now);
        }
        true
    }

    /// Forgets that an endpoint's bad answers are its own, since it has answered well. Returns whether they were.
    pub fn forget_own(&mut self, endpoint: &str) -> bool {
        let outages = self.own_outages.remove(endpoint).is_some();
        self.own.remove(endpoint).is_some() || outages
    }

    /// Whether any bad answers of an endpoint are known to have been its own.
    #[must_use]
    pub fn has_own(&self, endpoint: &str) -> bool {
        self.own.contains_key(endpoint) || self.own_outages.contains_key(endpoint)
    }

    /// Forgets what is known of endpoints but what `keeps` tells to keep.
    pub fn retain_own(&mut self, keeps: impl Fn(&OwnRefusals) -> bool) {
        for known in [&mut self.own, &mut self.own_outages] {
            known.retain(|_, own| keeps(own));
        }
    }

    /// Takes over what another record knows of endpoints: of each what was shown last.
    pub fn merge_own(&mut self, other: &Self) {
        for (mine, others) in [(&mut self.own, &other.own), (&mut self.own_outages, &other.own_outages)] {
            for (endpoint, own) in others {
                let known = mine.entry(endpoint.clone()).or_insert(*own);
                if known.until < own.until {
                    *known = *own;
                }
            }
        }
    }

    /// Forgets which bad answers are endpoints' own: a person has given the permissions that were lacking, perhaps.
    pub fn forget_all_own(&mut self) {
        self.own.clear();
        self.own_outages.clear();
        (self.settled, self.settled_after_good) = (0, 0);
    }

    /// Notes a login that is made though the token seems good.
    pub fn note_blind_login(&mut self, at: Timestamp) {
        self.blind_login_before = self.blind_login_at.replace(at);
    }

    /// Takes back the note of one that was not made, or opened no session.
    pub fn take_back_blind_login(&mut self, noted_at: Timestamp) {
        if self.blind_login_at == Some(noted_at) {
            self.blind_login_at = self.blind_login_before;
        }
    }

    /// Ends it with the session.
    pub fn end(&mut self) {
        self.probes = None;
        (self.after_good, self.denied_after_good) = (false, false);
        (self.settled, self.settled_after_good) = (0, 0);
        self.endpoints.clear();
        self.unauthorized.clear();
    }
}

fn note_own(known: &mut BTreeMap<String, OwnRefusals>, endpoint: String, now: Timestamp) {
    let times = known.get(&endpoint).map_or(1, |own| own.times.saturating_add(1));
    let until = later(now, OWN_REFUSALS.pause(times));
    known.insert(endpoint, OwnRefusals { times, until });
    while known.len() > MOST_ENDPOINTS {
        let first = known.iter().min_by_key(|(_, own)| own.until);
        let Some(endpoint) = first.map(|(endpoint, _)| endpoint.clone()) else {
            break;
        };
        known.remove(&endpoint);
    }
}
