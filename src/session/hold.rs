//! Holds. One keeps a call from being made for a while.

use jiff::Timestamp;

use super::cooldown::CooldownKind;

/// The reason why a call may not be made, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The first moment at which it may be made.
    pub until: Timestamp,
    /// The reason.
    pub why: HoldReason,
}

impl Hold {
    /// Whether the address holds the call. Nothing is wrong with the login then.
    pub(crate) fn is_of_address(self) -> bool {
        matches!(
            self.why,
            HoldReason::AddressRenewals | HoldReason::AddressRefusals | HoldReason::AddressTrials
        )
    }
}

/// The reason of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// It failed lately.
    BackOff,
    /// Tradovate imposed a cooldown.
    Cooldown(CooldownKind),
    /// Our own limit of renewals an hour.
    RenewalQuota,
    /// Our own limit of refused logins an hour.
    RefusalQuota,
    /// Our own limit of logins.
    LoginBudget,
    /// Our own limit of renewals an hour for all logins of this machine.
    AddressRenewals,
    /// Our own limit of refused logins an hour for all logins of this machine.
    AddressRefusals,
    /// Logins of this machine are under way that may be refused.
    AddressTrials,
    /// The session was shown to be alive a moment ago, or often within the hour.
    ProbeGap,
}

/// The hold that ends last; of several, the last in the list. Callers list a back-off first, since it says the least.
pub(super) fn latest<const N: usize>(holds: [Option<Hold>; N]) -> Option<Hold> {
    holds.into_iter().flatten().max_by_key(|hold| hold.until)
}
