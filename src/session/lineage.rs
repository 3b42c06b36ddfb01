//! The revisions that a stored record was written over. A revision alone does not tell that a store has lost a write which it had
//! confirmed: the next write is a later one all the same.

use serde::{Deserialize, Serialize};

use crate::store::Revision;

/// Revisions that are remembered.
const MOST_REVISIONS: usize = 8;

/// The latest revisions that a record was written over, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lineage(Vec<Revision>);

impl Lineage {
    /// Notes that the record is written over `before`. A write that has failed is noted once.
    pub fn note(&mut self, before: Revision) {
        if before == Revision::NONE || self.0.last() == Some(&before) {
            return;
        }
        self.0.push(before);
        let old = self.0.len().saturating_sub(MOST_REVISIONS);
        self.0.drain(..old);
    }

    /// Whether the record may have been written over `seen`, at once or in steps: one that is older than all remembered ones counts
    /// as one of them.
    #[must_use]
    pub fn may_have(&self, seen: Revision) -> bool {
        self.0.first().is_none_or(|oldest| seen < *oldest) || self.0.contains(&seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lineage(revisions: impl IntoIterator<Item = u64>) -> Lineage {
        let mut lineage = Lineage::default();
        for revision in revisions {
            lineage.note(revision.into());
        }
        lineage
    }

    #[test]
    fn a_record_does_not_come_after_a_write_that_it_was_not_made_from() {
        let lineage = lineage([10, 20, 20, 40]);
        let after = [10, 20, 40].map(|seen| lineage.may_have(seen.into()));
        let not_after = [11, 30, 41].map(|seen| lineage.may_have(seen.into()));
        assert_eq!((after, not_after), ([true; 3], [false; 3]));
        assert_eq!(serde_json::to_value(&lineage).unwrap(), serde_json::json!([10, 20, 40]));
    }

    #[test]
    fn what_is_older_than_all_that_is_remembered_is_believed() {
        assert!(Lineage::default().may_have(7.into()));
        assert!(lineage([0]).may_have(7.into()), "nothing was there");
        let most = MOST_REVISIONS as u64;
        let lineage = lineage(1..=most + 2);
        assert_eq!(lineage.0.len(), MOST_REVISIONS);
        assert!(lineage.may_have(2.into()) && !lineage.may_have((most + 3).into()));
    }
}
