//! A count of the attempts that have ended. A caller who waits for an attempt sees by it whether the attempt has ended.

/// Attempts that have ended since the session was opened: calls of a keeper, settled suspicions of a dependent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct AttemptCount(u64);

impl AttemptCount {
    /// The count after one more attempt.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
