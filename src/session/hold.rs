//! Holds. One keeps a call from being made for a while.

use jiff::Timestamp;

use super::cooldown::CooldownKind;
use crate::error::ErrorKind;

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
    /// The session was shown to be alive a moment ago.
    ProbeGap,
    /// The renewals of the hour leave none to find out whether the session lives.
    ProbeQuota,
}

impl HoldReason {
    /// The kind of its error, and the reason in words. None for a back-off: its reason is the call that failed.
    pub(super) fn told(self) -> Option<(ErrorKind, &'static str)> {
        let told = match self {
            Self::BackOff => return None,
            Self::Cooldown(CooldownKind::Penalty) => (
                ErrorKind::Penalty,
                "Tradovate asks to wait until `retryAt`; the first such call after that carries its ticket",
            ),
            Self::Cooldown(CooldownKind::Captcha) => (
                ErrorKind::Captcha,
                "Tradovate wants a captcha; a person must log in on its web site, then call resume(), or wait an hour",
            ),
            Self::Cooldown(CooldownKind::RateLimited) => (
                ErrorKind::RateLimited,
                "too many requests; nothing is asked before `retryAt`",
            ),
            Self::Cooldown(CooldownKind::LockedOut) => (
                ErrorKind::LockedOut,
                "Tradovate has locked this user out; nothing is asked before `retryAt`",
            ),
            Self::ProbeGap => (
                ErrorKind::Quota,
                "the session was shown to be alive a moment ago; it is looked at again in a while",
            ),
            Self::ProbeQuota => (
                ErrorKind::Quota,
                "a call was answered as if the session were closed, and the renewals of this hour leave none to find out; call \
                 renew() less often",
            ),
            Self::AddressRenewals => (
                ErrorKind::Quota,
                "12 renewals were made within the hour by all logins of this machine; Tradovate locks an address out beyond 15",
            ),
            Self::AddressRefusals => (
                ErrorKind::Quota,
                "4 logins of this machine were refused within the hour; Tradovate locks an address out beyond 5. Mend the \
                 credentials that are refused",
            ),
            Self::AddressTrials => (
                ErrorKind::Quota,
                "other logins of this machine are under way; this one waits until they are known not to be refused",
            ),
            Self::RenewalQuota => (
                ErrorKind::Quota,
                "12 renewals were made within the hour; Tradovate locks out beyond 15",
            ),
            Self::RefusalQuota => (
                ErrorKind::Quota,
                "4 logins were refused within the hour; Tradovate locks out beyond 5",
            ),
            Self::LoginBudget => (
                ErrorKind::LoginBudget,
                "maxLogins is used up; something makes this bot log in again and again",
            ),
        };
        Some(told)
    }
}

/// The hold that ends last; of several, the last in the list. Callers list a back-off first, since it says the least.
pub(super) fn latest<const N: usize>(holds: [Option<Hold>; N]) -> Option<Hold> {
    holds.into_iter().flatten().max_by_key(|hold| hold.until)
}
