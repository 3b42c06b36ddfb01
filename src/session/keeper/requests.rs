//! The keeper's handling of requests: those of callers, and the reports of what they saw.

use std::{collections::VecDeque, future::pending, pin::pin, time::Duration};

use tokio::sync::{mpsc, oneshot};

use super::{Keeper, RequestedRenewal};
use crate::{
    secret::Secret,
    session::{
        policy::{Decision, StopReason},
        reports::{TokenReport, after_report, claim_ticket},
        request::{KeeperRequest, RequestKind},
        token::Generation,
    },
};

impl Keeper {
    /// Takes in all requests that are there, so that one decision answers them together.
    pub(super) async fn take_requests(&mut self, first: Box<KeeperRequest>) {
        let mut request = Some(first);
        let (mut seen, mut tickets) = (Vec::new(), Vec::new());
        while let Some(next) = request {
            let KeeperRequest { kind, ack } = *next;
            match kind {
                RequestKind::Renewal {
                    have,
                    attempts_done,
                    until,
                } if attempts_done == self.attempts_done => {
                    let before = self.requested.unwrap_or(RequestedRenewal { have, until });
                    self.requested = Some(RequestedRenewal {
                        have: before.have.max(have),
                        until: before.until.max(until),
                    });
                }
                RequestKind::DoubtTime => self.doubts_time = true,
                // A check, or a renewal whose caller shares the call that has just ended.
                RequestKind::Check | RequestKind::Renewal { .. } => {}
                RequestKind::Ticket {
                    endpoint,
                    patience,
                    given,
                } => tickets.push((endpoint, patience, given)),
                RequestKind::Resume => {
                    self.resumes = true;
                    self.resuming.push(ack);
                    request = self.waiting_request();
                    continue;
                }
                RequestKind::TokenReport { generation, report } => seen.push((generation, report)),
            }
            self.waiting.push(ack);
            request = self.waiting_request();
        }
        self.apply_reports(seen).await;
        for (endpoint, patience, given) in tickets {
            self.give_ticket(&endpoint, patience, given).await;
        }
        self.reload_refused_credentials().await;
    }

    pub(super) fn waiting_request(&mut self) -> Option<Box<KeeperRequest>> {
        self.deferred.pop_front().or_else(|| self.requests.try_recv().ok())
    }

    /// Takes a step that may take long. Reports of stops are applied meanwhile, so that no caller of this session goes on
    /// calling, and the token's end is told; all other requests wait for the step's end.
    pub(super) async fn applying_stops<T>(&mut self, step: impl Future<Output = T>) -> T {
        let mut step = pin!(step);
        let clock = self.deps.clock.clone();
        let mut ends = self.record.good_token(self.now()).map(|token| token.expires_at);
        loop {
            let end = async {
                match ends {
                    Some(at) => clock.sleep_until(at).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                done = &mut step => return done,
                Some(request) = self.requests.recv() => self.apply_or_defer(request),
                () = end => if ends.is_some_and(|at| at <= self.now()) {
                    ends = None;
                    self.publish_next();
                },
            }
        }
    }

    pub(super) fn apply_or_defer(&mut self, request: Box<KeeperRequest>) {
        match &request.kind {
            RequestKind::TokenReport { generation, report } if report.is_of_stop() => {
                let now = self.now();
                if after_report(&mut self.record, *generation, report, now) {
                    self.sync.save_from(now);
                    self.publish_next();
                }
                // A record that is read at this moment shows the ticket as being under way.
                if matches!(report, TokenReport::TicketUsed { .. }) {
                    self.deferred.push_back(request);
                    return;
                }
                // A caller that has given up needs no answer.
                let _ = request.ack.send(());
            }
            _ => self.deferred.push_back(request),
        }
    }

    /// Applies the stops that were reported by now. All other requests wait.
    pub(super) fn take_waiting_stops(&mut self) {
        while let Ok(request) = self.requests.try_recv() {
            self.apply_or_defer(request);
        }
    }

    /// Takes no more requests: their callers learn at once that the session is closed. A stop that was reported before counts.
    pub(super) fn end_requests(&mut self) {
        self.requests.close();
        self.take_waiting_stops();
        self.deferred.clear();
    }

    pub(super) async fn apply_reports(&mut self, mut seen: Vec<(Generation, TokenReport)>) {
        let is_about_token =
            |report: &TokenReport| matches!(report, TokenReport::Suspicious { .. } | TokenReport::Accepted { .. });
        seen.retain(|(generation, report)| *generation == self.record.generation || !is_about_token(report));
        seen.dedup();
        if seen.is_empty() {
            return;
        }
        if !self.apply_to_record(&seen) {
            return;
        }
        // A report counts at once, even if it cannot be saved and the stored record cannot be read.
        self.sync.save_from(self.deps.clock.now());
        self.publish_next();
        // A stop counts from now on, and a merge keeps it. Applied once more it would begin anew, and could replace a longer one.
        seen.retain(|(_, report)| !matches!(report, TokenReport::Stopped(..) | TokenReport::Penalised { .. }));
        let Ok(lease) = self.lease().await else { return };
        if self.read().await.is_ok() && (self.apply_to_record(&seen) || self.sync.save_at.is_some()) {
            // A failure has been told, and saving is tried again.
            let _ = self.write(&lease).await;
        }
        self.give_back(lease).await;
    }

    /// Applies reports to the record. Returns whether they have changed it.
    pub(super) fn apply_to_record(&mut self, seen: &[(Generation, TokenReport)]) -> bool {
        let now = self.now();
        let mut changed = false;
        for (generation, report) in seen {
            changed |= after_report(&mut self.record, *generation, report, now);
        }
        changed
    }

    /// Loads refused credentials anew when a caller asks for something: they may have changed at their source.
    pub(super) async fn reload_refused_credentials(&mut self) {
        let refused = matches!(
            self.decide(),
            Decision::Stop {
                why: StopReason::Refused(_),
                ..
            }
        );
        if refused && !self.loaded_lately() {
            // Where there are none, the refusal stands.
            let _ = self.load_credentials().await;
        }
    }

    /// Gives the ticket of a call's penalty, unless somebody else has taken it, or its caller has given up.
    pub(super) async fn give_ticket(
        &mut self,
        endpoint: &str,
        patience: Duration,
        given: oneshot::Sender<Option<Secret>>,
    ) {
        let Ok(lease) = self.lease().await else { return };
        if self.read().await.is_ok() && !given.is_closed() {
            let now = self.now();
            let ticket = claim_ticket(&mut self.record, endpoint, patience, now);
            if ticket.is_some() {
                // A failure has been told, and saving is tried again.
                let _ = self.write(&lease).await;
            }
            // A caller that has given up just now leaves the ticket unused; others go on after `patience`.
            let _ = given.send(ticket);
        }
        self.give_back(lease).await;
    }

    /// Applies a `resume()`, for all sessions of this login.
    pub(super) async fn resume(&mut self) {
        let Ok(lease) = self.lease().await else { return };
        if self.read().await.is_ok() {
            self.record.resume(self.now());
            self.last_failure = None;
            self.resumes = false;
            self.waiting.append(&mut self.resuming);
            // A failure has been told, and saving is tried again.
            let _ = self.write(&lease).await;
        }
        self.give_back(lease).await;
    }
}

/// The request that has waited longest. None if the handle was dropped.
pub(super) async fn next_request(
    deferred: &mut VecDeque<Box<KeeperRequest>>,
    requests: &mut mpsc::UnboundedReceiver<Box<KeeperRequest>>,
) -> Option<Box<KeeperRequest>> {
    match deferred.pop_front() {
        Some(request) => Some(request),
        None => requests.recv().await,
    }
}
