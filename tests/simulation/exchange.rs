//! What is asked of Tradovate, and what it answers.

use super::engine::{HOUR, Ms, SECOND};

/// What is asked of Tradovate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Login {
        password: u32,
        ticket: Option<u64>,
    },
    Renewal {
        token: u64,
        ticket: Option<u64>,
    },
    Get(Called),
    Post(Called),
    /// Nothing but the time.
    Time,
}

/// A call of a bot's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    pub token: u64,
    pub number: u64,
    pub endpoint: u8,
    pub ticket: Option<u64>,
}

/// What it answers.
#[derive(Debug, Clone)]
pub struct Told {
    pub status: u16,
    pub retry_after: Option<u64>,
    pub body: String,
    pub at: Ms,
}

impl Told {
    /// For how long nothing may be asked from now on.
    pub fn stop(&self) -> Option<Ms> {
        stop_time(self.status, self.retry_after)
    }

    pub fn wants_captcha(&self) -> bool {
        self.body.contains(r#""p-captcha":true"#) || self.body.contains(r#""p-captcha":"true""#)
    }

    pub fn refuses_order(&self) -> bool {
        self.body.contains("failureReason")
    }
}

pub fn stop_time(status: u16, retry_after: Option<u64>) -> Option<Ms> {
    let told = retry_after.map(|seconds| seconds as Ms * SECOND);
    match status {
        423 => Some(told.map_or(HOUR, |told| told.max(HOUR))),
        429 => Some(told.unwrap_or(HOUR)),
        _ => None,
    }
}
