//! What a failed call means for its session, and whether it is sent again.

use std::time::Duration;

use super::{
    cooldown::CooldownKind,
    reports::TokenReport,
    request::RequestKind,
    session::Session,
    suspicion::BadAnswer,
    view::View,
    wait_for::{Deadline, WaitFor},
};
use crate::{
    api::{Failure, HostPurpose, Hosts, Method},
    clock::later,
    error::{Error, ErrorKind},
    mutex::lock,
};

/// How long the caller of a POST waits until a stop is noted, so that the call after it knows of it.
pub(super) const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// A call that failed.
#[derive(Clone, Copy)]
pub(super) struct FailedCall<'a> {
    /// Verb and path.
    pub(super) name: &'a str,
    pub(super) method: Method,
    pub(super) purpose: HostPurpose,
    /// The view that it was made with.
    pub(super) view: &'a View,
    /// The hosts by which it was sent.
    pub(super) hosts: &'a Hosts,
    pub(super) sent_again: bool,
    /// Whether the told host may be asked if the first one sends it on: once, and not after a ticket was used.
    pub(super) may_go_back: bool,
}

/// Whether a failed call may be sent again.
pub(super) enum Retry {
    Not,
    WithNewToken,
    /// At the told host, which was left too early.
    AtToldHost,
    AfterPenalty,
}

impl Session {
    /// Tells the keeper what a failure means for token, host and user, and finds out whether the call may be sent again.
    pub(super) async fn note_failure(
        &self,
        failure: &Failure,
        call: FailedCall<'_>,
        deadline: Deadline,
    ) -> Result<Retry, Error> {
        let FailedCall {
            name,
            method,
            purpose,
            view,
            hosts,
            sent_again,
            may_go_back,
        } = call;
        let generation = view.record.generation;
        let is_told = self.origin.is_told(purpose, hosts);
        let suspicious = failure.is_suspicious() || (is_told && failure.is_of_a_retired_host());
        // An endpoint's own refusals, such as for want of a permission, are known after the first one and raise no suspicion.
        let answer = match failure {
            Failure::Unauthorized(_) => BadAnswer::Unauthorized,
            _ => BadAnswer::Outage,
        };
        let now = self.clock.now();
        let is_own = view.record.suspicion.is_own(name, answer, now);
        let report = match failure {
            Failure::RateLimited(wait) => Some(TokenReport::Stopped(CooldownKind::RateLimited, *wait)),
            Failure::LockedOut(wait) => Some(TokenReport::Stopped(CooldownKind::LockedOut, *wait)),
            Failure::Penalty { ticket, wait } => Some(TokenReport::Penalised {
                endpoint: name.to_owned(),
                ticket: ticket.clone(),
                wait: *wait,
            }),
            _ if suspicious && !is_own => {
                let in_session = lock(&self.good_endpoints).get(name).copied();
                // What was shown to be its own since then may be so again: a permission was withdrawn.
                let was_own = self.view().record.suspicion.was_own(name, answer);
                Some(TokenReport::Suspicious {
                    endpoint: Some(name.to_owned()),
                    was_good: in_session == Some(view.record.session) && !was_own,
                    answer,
                })
            }
            _ => None,
        };
        let latest = self.view();
        let attempts_done = latest.attempts_done;
        match report {
            // Whoever placed an order learns at once what became of it, also where a renewal is under way.
            Some(report) if method == Method::Post && !report.is_of_stop() => self.send_report(generation, report),
            Some(report) => {
                let is_post = method == Method::Post;
                let patience = if is_post {
                    self.deadline(self.left(deadline).min(STOP_PATIENCE))
                } else {
                    deadline
                };
                let is_of_stop = report.is_of_stop();
                let kind = RequestKind::TokenReport { generation, report };
                // A report about a token that has been replaced meanwhile changes nothing.
                let is_outdated = |view: &View| !is_of_stop && view.record.generation > generation;
                self.request_unless(kind, patience, is_outdated).await;
            }
            None => {}
        }
        if is_told && (failure.is_without_answer() || (sent_again && failure.may_be_another_servers())) {
            let host = Some(self.origin.host(purpose, hosts));
            self.send_report(generation, TokenReport::HostFailed { purpose, host });
        }
        let is_elsewhere = matches!(failure, Failure::WrongHost(_));
        let is_outdated = self.view().record.generation > generation;
        let names = is_elsewhere && !is_outdated && latest.record.hosts.may_have_moved(purpose, now);
        if names {
            self.send_report(generation, TokenReport::Moved { purpose });
            self.notify(RequestKind::Renewal {
                have: generation,
                attempts_done,
                until: later(now, self.timeout),
            });
        }
        // The first host does not serve the purpose, so the told one is asked again: it may have been left for one lost connection.
        let has_left = hosts.has_left(purpose);
        if has_left && (failure.is_without_answer() || is_elsewhere) {
            self.send_report(generation, TokenReport::HostFailed { purpose, host: None });
        }
        if method == Method::Post {
            return Ok(Retry::Not);
        }
        let goes_back = is_elsewhere && has_left && may_go_back;
        match failure {
            Failure::Penalty { .. } => Ok(Retry::AfterPenalty),
            _ if goes_back && (sent_again || is_outdated) => Ok(Retry::AtToldHost),
            _ if sent_again => Ok(Retry::Not),
            _ if is_elsewhere && is_outdated => Ok(Retry::WithNewToken),
            _ if names || (is_elsewhere && latest.record.hosts.is_moving(purpose)) => {
                let than = generation;
                let moved = self.wait(WaitFor::Newer { than, attempts_done }, deadline).await;
                Ok(match moved {
                    Ok(_) => Retry::WithNewToken,
                    Err(_) if goes_back => Retry::AtToldHost,
                    Err(_) => Retry::Not,
                })
            }
            _ if goes_back => Ok(Retry::AtToldHost),
            _ if suspicious && is_outdated => Ok(Retry::WithNewToken),
            _ if suspicious && !is_own => self.after_suspicion(view, deadline).await,
            _ => Ok(Retry::Not),
        }
    }

    fn has_no_token(&self) -> bool {
        self.view().record.good_token(self.clock.now()).is_none()
    }

    /// Waits until the suspicion that a call's answer raised is settled. The call may be sent again if the session lives, or was
    /// taken back.
    async fn after_suspicion(&self, view: &View, deadline: Deadline) -> Result<Retry, Error> {
        let session = view.record.session;
        match self.wait(WaitFor::SuspicionEnd { session }, deadline).await {
            Ok(after) if after.record.session > session || after.record.suspicion.probes.is_none() => {
                Ok(Retry::WithNewToken)
            }
            // That there is no token any more says more than the answer to the call.
            Err(error) if error.kind() == ErrorKind::Closed || self.has_no_token() => Err(error),
            Ok(_) | Err(_) => Ok(Retry::Not),
        }
    }
}
