//! The catalogue of errors: each kind with its code, its class in JavaScript, and whether only a person can mend it. A test
//! compares the facade, its declarations and docs/errors.md with it.

/// Only a person can mend an error of the kind.
const PERSON: bool = true;
/// A program can mend it, or it passes with time.
const PROGRAM: bool = false;

macro_rules! catalogue {
    ($($(#[$doc:meta])* $kind:ident, $code:literal, $class:ident, $needs_person:ident;)+) => {
        /// The kinds of errors: one for each thing that a caller may want to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)+
        }

        impl ErrorKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// The stable code that JavaScript sees.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!("ERR_TRADOVATE_", $code),)+
                }
            }

            /// The class that JavaScript sees.
            #[must_use]
            pub fn class(self) -> ErrorClass {
                match self {
                    $(Self::$kind => ErrorClass::$class,)+
                }
            }

            /// Whether only a person can mend it.
            #[must_use]
            pub fn needs_person(self) -> bool {
                match self {
                    $(Self::$kind => $needs_person,)+
                }
            }
        }
    };
}

catalogue! {
    /// An argument cannot work.
    Config, "CONFIG", Config, PROGRAM;
    /// Tradovate refused the name, the password or the API key.
    Credentials, "CREDENTIALS", Credentials, PERSON;
    /// Tradovate wants something more that no program can give.
    ExtraFactor, "EXTRA_FACTOR", Credentials, PERSON;
    /// The user is closed, locked or not confirmed.
    AccountStatus, "ACCOUNT_STATUS", Credentials, PERSON;
    /// A penalty ticket.
    Penalty, "PENALTY", Penalty, PROGRAM;
    /// A penalty that only a person can answer.
    Captcha, "CAPTCHA", Penalty, PERSON;
    /// 429.
    RateLimited, "RATE_LIMITED", Penalty, PROGRAM;
    /// 423.
    LockedOut, "LOCKED_OUT", Penalty, PERSON;
    /// Our own limit of logins.
    LoginBudget, "LOGIN_BUDGET", Penalty, PROGRAM;
    /// Our own limit of renewals or of refused logins an hour.
    Quota, "QUOTA", Penalty, PROGRAM;
    /// There is no good token.
    Expired, "EXPIRED", Session, PROGRAM;
    /// A third login closed our session.
    Evicted, "EVICTED", Session, PROGRAM;
    /// The session was closed again right after it was taken back.
    Contended, "CONTENDED", Session, PERSON;
    /// The caller closed the session.
    Closed, "CLOSED", Session, PROGRAM;
    /// 401.
    Unauthorized, "UNAUTHORIZED", Session, PROGRAM;
    /// 403.
    Forbidden, "FORBIDDEN", Session, PROGRAM;
    /// No connection was made, or it was lost.
    Connect, "CONNECT", Network, PROGRAM;
    /// No answer came in time.
    Timeout, "TIMEOUT", Network, PROGRAM;
    /// 408 or 5xx.
    Http, "HTTP", Network, PROGRAM;
    /// An answer that makes no sense.
    Protocol, "PROTOCOL", Protocol, PROGRAM;
    /// Tradovate's validation refused a field.
    Violation, "VIOLATION", Protocol, PROGRAM;
    /// 404.
    NotFound, "NOT_FOUND", Protocol, PROGRAM;
    /// An endpoint refused in words: `errorText`, `failureReason` or a 400.
    Rejected, "REJECTED", Protocol, PROGRAM;
    /// The store cannot be used.
    Store, "STORE", Store, PROGRAM;
    /// The store holds something else than it should.
    StoreMismatch, "STORE_MISMATCH", Store, PROGRAM;
    /// The token service cannot be used.
    Service, "SERVICE", Service, PROGRAM;
    /// The token service serves another environment or user.
    ServiceMismatch, "SERVICE_MISMATCH", Service, PROGRAM;
}

impl ErrorKind {
    /// The kind of a code, if this version knows it.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// The classes of errors, by which a caller branches first: one for each thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Mend the argument.
    Config,
    /// Mend the credentials.
    Credentials,
    /// Wait.
    Penalty,
    /// There is no token that can be used, or not for this.
    Session,
    /// Try again later.
    Network,
    /// Read what Tradovate says.
    Protocol,
    /// Mend the store.
    Store,
    /// Mend the token service.
    Service,
}

impl ErrorClass {
    /// Its name in JavaScript.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "ConfigError",
            Self::Credentials => "CredentialsError",
            Self::Penalty => "PenaltyError",
            Self::Session => "SessionError",
            Self::Network => "NetworkError",
            Self::Protocol => "ProtocolError",
            Self::Store => "StoreError",
            Self::Service => "ServiceError",
        }
    }
}
