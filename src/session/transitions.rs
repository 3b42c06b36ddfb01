//! The effect of a call and its answer on the record: the other half of the policy, as pure as `policy.rs`.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    cooldown::{Cooldown, CooldownKind, Scope},
    history::Attempts,
    limits::{LEAST_GAP, LONGEST_BACK_OFF, PENALTIES_BEFORE_AN_HOUR, PROBES, REFUSED_LOGINS_AN_HOUR, RENEWALS_AN_HOUR},
    login_key::Fingerprint,
    record::Record,
    refusal::Refusal,
    token::{Granted, Loss, Token},
};
use crate::{
    api::{Credentials, Denial, Failure, Grant, Origin, Unauthorized, failure::LONG_STOP},
    backoff::Backoff,
    clock::{earlier, later, until},
};

const FIRST_BACK_OFF: Duration = Duration::from_secs(2);
const LONGEST_LOGIN_BACK_OFF: Duration = Duration::from_secs(300);
/// Penalties in a row are waited out ever longer, up to this, unless Tradovate names more: each resending counts as a call.
const LONGEST_PENALTY: Duration = Duration::from_secs(600);
/// From this many renewals left in the hour, those left are spread over the token's remaining life.
const SCARCE: usize = 4;

/// The two calls that a keeper makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A token request.
    Login,
    /// A renewal.
    Renewal,
}

impl Call {
    /// Its name in traces.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Renewal => "renewal",
        }
    }

    /// What a 401 means to it.
    #[must_use]
    pub fn unauthorized(self) -> Unauthorized {
        match self {
            Self::Login => Unauthorized::Login,
            Self::Renewal => Unauthorized::Renewal,
        }
    }
}

/// Everything besides the record that an answer's consequences depend on.
#[derive(Debug, Clone, Copy)]
pub struct AnswerContext<'a> {
    /// Tradovate's time.
    pub now: Timestamp,
    /// Between 0 and 1, new for each answer.
    pub random: f64,
    /// New for each answer: the salt of a fingerprint, and what makes a call's moment its own.
    pub salt: u64,
    /// Where hosts are resolved from.
    pub origin: &'a Origin,
    /// Whether a told host was asked, and not the first one.
    pub told_host: bool,
}

/// Notes a call before it is sent, so that a process that dies in mid-call has counted it.
pub fn before_call(record: &mut Record, call: Call, now: Timestamp) {
    record.prune(now);
    match call {
        Call::Renewal => {
            record.history.renewals.push(now);
            record.renewal.last_at = Some(now);
        }
        Call::Login => {
            if record.good_token(now).is_some() {
                record.suspicion.note_blind_login(now);
            }
            record.history.logins.push(now);
            record.login.last_at = Some(now);
        }
    }
}

/// A moment within the millisecond that ends now, for no other call: a record tells calls apart by their moments, and another
/// process may call as soon as this one has its answer.
#[must_use]
pub fn moment(now: Timestamp, random: u64) -> Timestamp {
    earlier(now, Duration::from_nanos(random % 1_000_000))
}

/// Notes a call anew: the clock by which it was noted may have been wrong, and its answer has corrected that. A correction of less
/// than the least gap is no more than dates in whole seconds tell, and other processes may not have made it.
fn note_anew(list: &mut [Timestamp], attempts: &mut Attempts, now: Timestamp) {
    if let Some(noted) = list.last_mut() {
        *noted = now;
    }
    let before = attempts.last_at.filter(|noted| *noted <= later(now, LEAST_GAP));
    attempts.last_at = before.max(Some(now));
}

/// Applies the answer to a login. Returns whether it counts as refused.
pub fn after_login(
    record: &mut Record,
    outcome: Result<&Grant, &Failure>,
    credentials: &Credentials,
    context: AnswerContext<'_>,
) -> bool {
    let AnswerContext {
        now,
        random,
        salt,
        origin,
        told_host,
    } = context;
    let called_at = record.login.last_at;
    let noted = moment(now, salt);
    if record.suspicion.blind_login_at == called_at {
        record.suspicion.blind_login_at = called_at.map(|_| noted);
    }
    note_anew(&mut record.history.logins, &mut record.login, noted);
    match outcome {
        Ok(grant) => {
            record.noted_at = called_at;
            record.grant(grant, origin, now, Granted::ByLogin);
            record.login = Attempts::default();
            record.renewal = Attempts::default();
            record.use_up(Scope::Login);
            // Its ticket was given for a renewal of the token before.
            if let Some(cooldown) = record.cooldowns.get_mut(&Scope::Renewal) {
                cooldown.ticket = None;
            }
            record.refusal = None;
            record.proven = Some(Fingerprint::new(credentials, salt));
            record.suspicion.end();
            false
        }
        Err(failure) => {
            if !failure.may_have_opened_a_session() {
                record.history.logins.pop();
                // The next one need not wait, but where probes are made: in an outage one of them comes first.
                // Of one that keeps meeting penalties it stays.
                let in_a_row = record
                    .cooldowns
                    .get(&Scope::Login)
                    .map_or(0, |cooldown| cooldown.in_a_row);
                let is_kept = matches!(failure, Failure::Penalty { .. }) && in_a_row >= PENALTIES_BEFORE_AN_HOUR;
                if failure.is_not_sent() || (record.suspicion.denied_after_good && !is_kept) {
                    record.suspicion.take_back_blind_login(noted);
                }
            }
            let is_refused = is_refused(record, failure, told_host);
            if is_refused {
                record.history.refusals.push(noted);
            }
            let denial = match failure {
                Failure::Denied(denial, _) => Some(*denial),
                Failure::Unauthorized(_) => Some(Denial::Credentials),
                _ => None,
            };
            if let Some(denial) = denial.filter(|_| !told_host || !may_be_a_told_hosts(Call::Login, failure)) {
                record.proven.take_if(|proven| proven.matches(credentials));
                let before = record.refusal.take().filter(|refusal| now < refusal.until);
                let ticket = record.cooldowns.get(&Scope::Login);
                let secrets = credentials
                    .secrets()
                    .chain(ticket.and_then(|cooldown| cooldown.ticket.as_ref()));
                let refusal = Refusal {
                    fingerprint: Fingerprint::new(credentials, salt),
                    before: Vec::new(),
                    until: later(now, LONG_STOP),
                    denial,
                    text: failure.to_error("login", Unauthorized::Login, now, secrets).to_string(),
                };
                record.refusal = Some(match before {
                    Some(before) => refusal.after(before, REFUSED_LOGINS_AN_HOUR),
                    None => refusal,
                });
            }
            note_host(record, Call::Login, failure, origin);
            let in_a_row = use_ticket_up(record, Scope::Login, failure);
            if cool_down(record, Scope::Login, failure, in_a_row, now) {
                if let Some(cooldown) = record
                    .cooldowns
                    .get_mut(&Scope::Login)
                    .filter(|cooldown| cooldown.ticket.is_some())
                {
                    cooldown.credentials = Some(Fingerprint::new(credentials, salt));
                }
            } else {
                fail(&mut record.login, Some(failure), LONGEST_LOGIN_BACK_OFF, now, random);
            }
            is_refused
        }
    }
}

/// Whether a login that failed counts as refused. What a told host answers that may be gone counts only once another login was
/// refused within the hour, so that two hosts that both refuse cost no more than the hour's refusals.
fn is_refused(record: &Record, failure: &Failure, told_host: bool) -> bool {
    let is_the_hosts = told_host && may_be_a_told_hosts(Call::Login, failure);
    failure.is_refusal() && !(is_the_hosts && record.history.refusals.is_empty())
}

/// Whether a told host that is gone may be the cause of a failure: whoever has its name now may answer anything but Tradovate's own
/// words. A renewal that is refused is the token's matter.
#[must_use]
pub fn may_be_a_told_hosts(call: Call, failure: &Failure) -> bool {
    match failure {
        Failure::Unauthorized(_) | Failure::BadRequest(_) => call == Call::Login,
        Failure::Denied(denial, _) => *denial == Denial::ExtraFactor,
        _ => failure.may_be_another_servers(),
    }
}

/// Notes that a login could not even be asked for, since the credentials could not be had.
pub fn without_credentials(record: &mut Record, now: Timestamp, random: f64) {
    record.login.last_at = Some(now);
    fail(&mut record.login, None, LONGEST_LOGIN_BACK_OFF, now, random);
}

/// Applies the answer to a renewal. Returns whether the token's life was extended.
pub fn after_renewal(record: &mut Record, outcome: Result<&Grant, &Failure>, context: AnswerContext<'_>) -> bool {
    let AnswerContext {
        now,
        random,
        salt,
        origin,
        ..
    } = context;
    let called_at = record.renewal.last_at;
    let noted = moment(now, salt);
    note_anew(&mut record.history.renewals, &mut record.renewal, noted);
    match outcome {
        Ok(grant) => {
            record.noted_at = called_at;
            let extended = record.token.as_ref().is_none_or(|token| extends(token, grant, now));
            let issued_at = record.token.as_ref().map(|token| token.issued_at);
            if record.token.as_ref().is_some_and(|token| is_same(token, grant)) {
                record.learn(grant, origin);
            } else {
                record.grant(grant, origin, now, Granted::ByRenewal);
            }
            if let (false, Some(token), Some(issued_at)) = (extended, record.token.as_mut(), issued_at) {
                // Another text for the same life: what a renewal must add is still measured by the whole of it.
                token.issued_at = issued_at;
            }
            record.suspicion.settle_by_renewal(now);
            record.use_up(Scope::Renewal);
            if extended {
                record.renewal = Attempts::default();
            } else {
                fail_renewal(record, None, now, random);
            }
            extended
        }
        Err(failure) => {
            if failure.is_not_sent() {
                record.history.renewals.pop();
            }
            note_host(record, Call::Renewal, failure, origin);
            renewal_failed(record, failure, now, random);
            false
        }
    }
}

/// Notes what the failure of an auth call says of the host that was asked.
fn note_host(record: &mut Record, call: Call, failure: &Failure, origin: &Origin) {
    let purpose = origin.environment().purpose();
    let asked_first = record.hosts.asks_first(purpose);
    record.hosts.end_moves();
    let has_another = record.hosts.has_left(purpose) || origin.is_told(purpose, &record.hosts);
    // Where the first host was asked for another one's name, what calls go to stays.
    if may_be_a_told_hosts(call, failure) && has_another && !asked_first {
        record.hosts.fail(purpose);
    }
}

/// Whether a renewal brought nothing but what is known.
fn is_same(token: &Token, grant: &Grant) -> bool {
    let md = grant.md_access_token.as_ref();
    let same_md = md.is_none_or(|md| token.md_access_token.as_ref() == Some(md));
    token.access_token == grant.access_token && token.expires_at == grant.expires_at && same_md
}

/// A renewal extends a life by at least the margin, or, asked for early, gives a whole one anew.
fn extends(token: &Token, grant: &Grant, now: Timestamp) -> bool {
    let whole = later(now, token.life().saturating_sub(token.margin()));
    grant.expires_at >= later(token.expires_at, token.margin())
        || (grant.expires_at > token.expires_at && grant.expires_at >= whole)
}

fn renewal_failed(record: &mut Record, failure: &Failure, now: Timestamp, random: f64) {
    let doubted = record.suspicion.probes.is_some();
    let in_a_row = use_ticket_up(record, Scope::Renewal, failure);
    match failure {
        // A refusal of a token in doubt settles the doubt; without one, only a 401 says that the token is dead.
        Failure::Unauthorized(_) => lose(record, now),
        Failure::Rejected(_) | Failure::BadRequest(_) if doubted => lose(record, now),
        _ => {
            if failure.leaves_in_doubt() && doubted {
                record.suspicion.probes = record
                    .suspicion
                    .probes
                    .map(|probes| (probes.saturating_add(1)).min(PROBES));
            }
            if !cool_down(record, Scope::Renewal, failure, in_a_row, now) {
                fail_renewal(record, Some(failure), now, random);
            }
        }
    }
}

/// Notes that the token is dead. Well before its expiry that is an eviction; near it the two clocks may differ.
fn lose(record: &mut Record, now: Timestamp) {
    record.suspicion.end();
    let Some(token) = record.token.as_mut() else { return };
    if token.is_fresh(now) {
        token.lost = Some(Loss::Evicted);
        record.history.evictions.push(now);
        record.last_evicted = Some(record.generation);
    } else {
        token.lost = Some(Loss::Expired);
    }
}

/// Uses up the ticket of a call that was sent, whatever the failure. Returns how many penalties in a row it has met before.
fn use_ticket_up(record: &mut Record, scope: Scope, failure: &Failure) -> u32 {
    let in_a_row = record.cooldowns.get(&scope).map_or(0, |cooldown| cooldown.in_a_row);
    if !failure.is_not_sent() {
        record.use_up(scope);
    }
    in_a_row
}

/// Notes the cooldown that a failure imposes. `in_a_row` counts the penalties before it. Returns whether it imposes one.
fn cool_down(record: &mut Record, scope: Scope, failure: &Failure, in_a_row: u32, now: Timestamp) -> bool {
    match failure {
        Failure::Penalty { ticket, wait } => {
            let in_a_row = in_a_row.saturating_add(1);
            let cooldown = Cooldown {
                ticket: ticket.clone(),
                in_a_row,
                ..Cooldown::new(CooldownKind::Penalty, now, *wait)
            };
            record.cooldowns.insert(scope, cooldown);
            if in_a_row > 1 {
                let attempts = match scope {
                    Scope::Login => &mut record.login,
                    Scope::Renewal | Scope::All => &mut record.renewal,
                };
                let pause = Backoff::new(*wait, LONGEST_PENALTY.max(*wait)).pause(in_a_row);
                attempts.told_until = Some(later(now, pause));
                attempts.status = None;
                attempts.not_before = attempts.told_until;
            }
        }
        Failure::Captcha => {
            record
                .cooldowns
                .insert(scope, Cooldown::new(CooldownKind::Captcha, now, LONG_STOP));
        }
        Failure::RateLimited(wait) => record.stop(CooldownKind::RateLimited, *wait, now),
        Failure::LockedOut(wait) => record.stop(CooldownKind::LockedOut, *wait, now),
        _ => return false,
    }
    true
}

fn fail_renewal(record: &mut Record, failure: Option<&Failure>, now: Timestamp, random: f64) {
    fail(&mut record.renewal, failure, LONGEST_BACK_OFF, now, random);
    let left = RENEWALS_AN_HOUR.saturating_sub(record.history.renewals.len());
    if let (1..=SCARCE, Some(token)) = (left, record.good_token(now)) {
        let share = until(now, token.expires_at) / u32::try_from(left + 1).unwrap_or(1);
        record.renewal.not_before = record.renewal.not_before.max(Some(later(now, share)));
    }
}

fn fail(attempts: &mut Attempts, failure: Option<&Failure>, longest: Duration, now: Timestamp, random: f64) {
    attempts.failures = attempts.failures.saturating_add(1);
    (attempts.status, attempts.told_until) = match failure {
        Some(Failure::Upstream {
            status, retry_after, ..
        }) => (Some(*status), retry_after.map(|wait| later(now, wait))),
        _ => (None, None),
    };
    let wait = back_off(attempts.failures, longest, random);
    attempts.not_before = Some(later(now, wait)).max(attempts.told_until);
}

/// The back-off after failures in a row, never less than the least gap.
fn back_off(failures: u32, longest: Duration, random: f64) -> Duration {
    Backoff::new(FIRST_BACK_OFF, longest).jittered(failures, random, LEAST_GAP)
}

#[cfg(test)]
#[path = "transitions_tests.rs"]
mod tests;
