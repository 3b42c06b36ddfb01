//! What was done and suffered, counted.

use std::ops::AddAssign;

use tradovate_session::api::{Failure, Grant};

use super::exchange::Asked;

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident: $words:literal,)*) => {
        /// Counts of one world, or of many.
        #[derive(Debug, Clone, Default)]
        pub struct Figures {
            $($(#[$doc])* pub $name: u64,)*
            /// Time that processes ran for, in milliseconds.
            pub process_ms: i64,
            pub dead_ms: i64,
        }

        impl AddAssign<&Figures> for Figures {
            fn add_assign(&mut self, other: &Figures) {
                $(self.$name += other.$name;)*
                self.process_ms += other.process_ms;
                self.dead_ms += other.dead_ms;
            }
        }

        impl Figures {
            /// A line for each.
            pub fn lines(&self) -> Vec<(&'static str, u64)> {
                vec![$(($words, self.$name),)*]
            }
        }
    };
}

figures! {
    worlds: "worlds",
    storms: "storms",
    starts: "starts of processes",
    crashes: "crashes",
    retired: "told hosts retired",
    given_up: "openers and callers that gave up",
    sleeps: "processes and machines put to sleep",
    clock_jumps: "clocks set",
    store_faults: "failures of stores",
    logins: "logins sent",
    logins_granted: "logins granted",
    refusals: "logins refused",
    renewals: "renewals sent",
    renewals_granted: "renewals granted",
    resent: "calls with a ticket",
    penalties: "penalties",
    captchas: "captchas",
    stops: "423 and 429",
    evictions: "sessions closed by a later login",
    contended: "callers told of a session fight",
    calls: "other calls",
    looks: "looks at the server's time",
    served: "tokens served to callers",
    errors: "callers given an error",
    closed_unawares: "tokens served whose session was closed and nobody knew",
    too_many_renewals: "renewals beyond Tradovate's limit, of processes that share a store",
    too_many_logins: "failed logins beyond it, of processes that share a store",
    apart: "either, of managers that share none",
}

impl Figures {
    pub fn sent(&mut self, asked: Asked) {
        match asked {
            Asked::Login { ticket, .. } => {
                self.logins += 1;
                self.resent += u64::from(ticket.is_some());
            }
            Asked::Renewal { ticket, .. } => {
                self.renewals += 1;
                self.resent += u64::from(ticket.is_some());
            }
            Asked::Time => self.looks += 1,
            Asked::Get(_) | Asked::Post(_) => {}
        }
    }

    pub fn learned(&mut self, asked: Asked, outcome: Result<&Grant, &Failure>) {
        let login = matches!(asked, Asked::Login { .. });
        match outcome {
            Ok(_) if login => self.logins_granted += 1,
            Ok(_) => self.renewals_granted += 1,
            Err(failure) => {
                self.refusals += u64::from(login && failure.is_refusal());
                match failure {
                    Failure::Penalty { .. } => self.penalties += 1,
                    Failure::Captcha => self.captchas += 1,
                    Failure::RateLimited(_) | Failure::LockedOut(_) => self.stops += 1,
                    _ => {}
                }
            }
        }
    }
}
