//! Credentials that Tradovate refused, so that the same ones are not tried again and again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::login_key::Fingerprint;
use crate::api::{Credentials, Denial};

/// Credentials that Tradovate refused, known by a keyed hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The refused credentials.
    pub fingerprint: Fingerprint,
    /// Others that were refused before them, within the hour.
    #[serde(default)]
    pub before: Vec<Fingerprint>,
    /// When they may be tried again.
    pub until: Timestamp,
    /// The reason why they were refused.
    pub denial: Denial,
    /// Tradovate's words, cleaned.
    pub text: String,
}

impl Refusal {
    /// Whether these credentials are among the refused ones.
    #[must_use]
    pub fn is_about(&self, credentials: &Credentials) -> bool {
        let mut refused = std::iter::once(&self.fingerprint).chain(&self.before);
        refused.any(|fingerprint| fingerprint.matches(credentials))
    }

    /// This refusal, and what an earlier one was about: the last `most` of it.
    #[must_use]
    pub fn after(mut self, earlier: Self, most: usize) -> Self {
        let mut before = earlier.before;
        before.push(earlier.fingerprint);
        before.append(&mut self.before);
        before.retain(|known| *known != self.fingerprint);
        before.dedup();
        let old = before.len().saturating_sub(most);
        self.before = before.split_off(old);
        self
    }
}
