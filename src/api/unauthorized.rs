//! The meanings of a 401.

/// What a 401 means to the call that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unauthorized {
    /// The login is refused.
    Login,
    /// The renewed token is dead.
    Renewal,
    /// The token is dead, or may not do this.
    TokenOrPermission,
    /// The same in a session, which finds out by a renewal which of them it is.
    SessionOrPermission,
    /// The token is good and may not do this.
    Permission,
}

impl Unauthorized {
    /// What it means to a session's call. `denies_good_tokens`: the endpoint has answered 401 to a token that a renewal has shown
    /// to be good.
    #[must_use]
    pub fn in_session(denies_good_tokens: bool) -> Self {
        if denies_good_tokens {
            Self::Permission
        } else {
            Self::SessionOrPermission
        }
    }

    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Login => "this login is refused",
            Self::Renewal => "the token is no longer good: a login elsewhere has closed the session, or it has expired",
            Self::TokenOrPermission => "the token is no longer good, or may not do this",
            Self::SessionOrPermission => {
                "the API key may not do this, or the session was closed: a renewal shows which of them"
            }
            Self::Permission => {
                "the session has been shown to be good, so its API key may not do this; a person must give the key the \
                 permission on Tradovate's web site"
            }
        }
    }
}
