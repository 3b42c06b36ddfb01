//! Decides when a connection to a host is made ahead, checked and replaced: a pure function of what was seen of the host.

use std::time::Duration;

use crate::backoff::Backoff;

/// The times of the plan. Tests shorten them.
#[derive(Debug, Clone)]
pub struct WarmPeriods {
    /// The age at which an idle connection is replaced. Load balancers close those that have been idle for 60 s.
    pub replace_after: Duration,
    /// How long after the last call a host counts as quiet.
    pub quiet_after: Duration,
    /// The least time between two connections to a host that is quiet, and the age at which one is too old for use.
    pub replace_after_when_quiet: Duration,
    /// How soon it is noticed that an idle connection was closed.
    pub check_every: Duration,
    /// The same for a host that is quiet.
    pub check_every_when_quiet: Duration,
    /// A connection that lives less than this counts as closed at once.
    pub shortest_life: Duration,
    /// How long no connection is made after one that failed or was closed at once; doubled each time.
    pub first_pause: Duration,
    /// The longest such pause.
    pub longest_pause: Duration,
    /// How long it is believed that a server closes idle connections early.
    pub believed_for: Duration,
}

impl Default for WarmPeriods {
    fn default() -> Self {
        Self {
            replace_after: Duration::from_secs(45),
            quiet_after: Duration::from_secs(5 * 60),
            replace_after_when_quiet: Duration::from_secs(58),
            check_every: Duration::from_millis(250),
            check_every_when_quiet: Duration::from_secs(1),
            shortest_life: Duration::from_secs(2),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            believed_for: Duration::from_secs(10 * 60),
        }
    }
}

/// The next step for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// No session uses the host any more.
    End,
    /// Nothing, for so long.
    Wait(Duration),
    /// Check whether the idle connection is still open.
    Check,
    /// Make a connection, and put it in the place of what is there.
    Make,
    /// Retire what is there: it is too old for use, and no other may be made yet.
    Retire,
}

/// What was seen of a host. Times are the boot clock's, which counts the sleep of the machine.
#[derive(Debug, Default)]
pub(super) struct Seen {
    sessions: usize,
    calls_under_way: usize,
    last_call: Duration,
    idle: Option<Idle>,
    fresh: Lifetime,
    used: Lifetime,
    /// Connections in a row that failed or were closed at once.
    failures: u32,
    not_before: Duration,
    /// When the last one was made.
    made_at: Option<Duration>,
    /// How long that took.
    took: Duration,
}

/// The youngest idle connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Idle {
    since: Duration,
    /// When it was last seen to be open.
    open_at: Duration,
    was_used: bool,
}

impl Idle {
    /// How long it is known to have stayed open.
    fn life(self) -> Duration {
        self.open_at.saturating_sub(self.since)
    }
}

/// How long a server leaves idle connections open, as far as it closes them early. Some give a connection that carried no
/// request yet another time than one that did.
#[derive(Debug, Default, Clone, Copy)]
struct Lifetime {
    /// The life of the last connection that was closed.
    last: Option<Duration>,
    /// The life of two connections in a row, and until when that is believed.
    known: Option<(Duration, Duration)>,
}

impl Lifetime {
    /// One close may be a server's restart; two after about the same time are a rule.
    fn closed(&mut self, life: Duration, now: Duration, believed_for: Duration) {
        let is_similar = |last: &Duration| life * 2 < *last * 3 && *last * 2 < life * 3;
        if let Some(last) = self.last.filter(is_similar) {
            self.known = Some((life.min(last), now + believed_for));
        }
        self.last = Some(life);
    }

    fn known(&self, now: Duration) -> Option<Duration> {
        self.known.filter(|(_, until)| now < *until).map(|(life, _)| life)
    }
}

impl Seen {
    pub fn decide(&self, now: Duration, periods: &WarmPeriods) -> Step {
        if self.sessions == 0 {
            return Step::End;
        }
        let is_quiet = self.is_quiet(now, periods);
        let check_every = if is_quiet {
            periods.check_every_when_quiet
        } else {
            periods.check_every
        };
        if self.calls_under_way > 0 {
            return Step::Wait(check_every);
        }
        let quiet_gap = self.made_at.filter(|_| is_quiet);
        let may_make_at = quiet_gap
            .map_or(Duration::ZERO, |made_at| made_at + periods.replace_after_when_quiet)
            .max(self.not_before);
        let Some(idle) = self.idle else {
            return step_at(may_make_at, now, Step::Make);
        };
        let due = idle.since + self.usable(idle, now, periods);
        if due <= now && may_make_at <= now {
            return Step::Make;
        }
        if self.is_too_old(now, periods) {
            return Step::Retire;
        }
        let make_at = due.max(may_make_at);
        match step_at(idle.open_at + check_every, now, Step::Check) {
            Step::Wait(rest) => Step::Wait(rest.min(make_at.saturating_sub(now))),
            check => check,
        }
    }

    /// Whether the idle connection is so old that a server may be closing it at this moment.
    pub fn is_too_old(&self, now: Duration, periods: &WarmPeriods) -> bool {
        self.idle
            .is_some_and(|idle| now.saturating_sub(idle.since) >= periods.replace_after_when_quiet)
    }

    /// Whether a pool that keeps connections for `idle_timeout` after the last look at them would use this one for too long.
    pub fn outlives_the_pool(&self, idle_timeout: Duration, periods: &WarmPeriods) -> bool {
        self.idle
            .is_some_and(|idle| idle.life() + idle_timeout > periods.replace_after_when_quiet)
    }

    pub fn session_came(&mut self, now: Duration) {
        self.sessions += 1;
        self.last_call = now;
    }

    pub fn session_left(&mut self) {
        self.sessions = self.sessions.saturating_sub(1);
    }

    pub fn has_sessions(&self) -> bool {
        self.sessions > 0
    }

    pub fn call_started(&mut self, now: Duration) {
        self.calls_under_way += 1;
        self.last_call = now;
    }

    pub fn call_ended(&mut self, now: Duration) {
        self.calls_under_way = self.calls_under_way.saturating_sub(1);
        self.last_call = now;
        self.idle = Some(Idle {
            since: now,
            open_at: now,
            was_used: true,
        });
    }

    /// Notes that the idle connection was checked.
    pub fn checked(&mut self, is_open: bool, now: Duration, periods: &WarmPeriods) {
        // A call has come in between: its end tells more.
        if self.calls_under_way > 0 {
            return;
        }
        let Some(idle) = &mut self.idle else {
            return;
        };
        if is_open {
            idle.open_at = idle.open_at.max(now);
            if !idle.was_used && idle.life() >= periods.shortest_life {
                self.failures = 0;
            }
            return;
        }
        let idle = *idle;
        self.idle = None;
        let lifetime = if idle.was_used { &mut self.used } else { &mut self.fresh };
        if idle.life() >= periods.shortest_life {
            lifetime.closed(idle.life(), now, periods.believed_for);
        } else if !idle.was_used {
            self.failed(now, periods);
        }
    }

    /// Notes that a connection was made, and is the youngest one, or that it could not be made.
    pub fn made(&mut self, is_made: bool, started: Duration, now: Duration, periods: &WarmPeriods) {
        self.made_at = Some(started);
        if !is_made {
            self.failed(now, periods);
            return;
        }
        self.took = now.saturating_sub(started);
        if self.calls_under_way == 0 {
            self.idle = Some(Idle {
                since: now,
                open_at: now,
                was_used: false,
            });
        }
    }

    /// Notes that there is no idle connection any more.
    pub fn retired(&mut self) {
        self.idle = None;
    }

    fn failed(&mut self, now: Duration, periods: &WarmPeriods) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + Backoff::new(periods.first_pause, periods.longest_pause).pause(self.failures);
    }

    fn is_quiet(&self, now: Duration, periods: &WarmPeriods) -> bool {
        now.saturating_sub(self.last_call) >= periods.quiet_after
    }

    /// How long an idle connection is used. Its successor is made before the server closes it.
    fn usable(&self, idle: Idle, now: Duration, periods: &WarmPeriods) -> Duration {
        let lifetime = if idle.was_used { self.used } else { self.fresh };
        let most = if self.is_quiet(now, periods) {
            periods.replace_after_when_quiet
        } else {
            periods.replace_after
        };
        lifetime
            .known(now)
            .map_or(most, |life| (life * 9 / 10).saturating_sub(self.took).min(most))
    }
}

fn step_at(at: Duration, now: Duration, step: Step) -> Step {
    match at.checked_sub(now) {
        Some(rest) if !rest.is_zero() => Step::Wait(rest),
        _ => step,
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
