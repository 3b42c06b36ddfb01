//! The calls of the session's owner. Each waits until it may be made, and may be sent again when it fails.

use std::{borrow::Cow, sync::Arc, time::Duration};

use tokio::sync::oneshot;

use super::{
    cooldown::CooldownKind,
    failed_calls::{FailedCall, Retry, STOP_PATIENCE},
    hold::{Hold, HoldReason},
    limits::LEAST_GAP,
    policy::user_cooldown,
    reports::TokenReport,
    request::RequestKind,
    session::Session,
    suspicion::BadAnswer,
    token::Generation,
    view::View,
    wait_for::{Deadline, WaitFor},
};
use crate::{
    api::{Endpoint, Failure, HostPurpose, Method, RawAnswer, Request, Shape, Unauthorized},
    clock::{DateSample, later},
    error::{Error, Outcome},
    mutex::lock,
    secret::Secret,
    trace,
};

/// The pause between two reports that an answer's date contradicts what is known of the time.
const DOUBT_GAP: Duration = Duration::from_secs(60);
/// How many seconds a GET waits for a look at Tradovate's time where the local clocks differ on whether a stop is over.
const CLOCK_PATIENCE: u32 = 5;
/// How long an order waits for the store to give out the ticket of its path.
const ORDER_PATIENCE: Duration = Duration::from_secs(5);
/// The most characters of a call's verb and path by which it is remembered.
const LONGEST_NAME: usize = 96;
/// The most endpoints that are remembered as having answered well.
const MOST_GOOD_ENDPOINTS: usize = 64;

impl Session {
    pub(super) async fn call_by(
        &self,
        endpoint: &Endpoint,
        purpose: HostPurpose,
        deadline: Deadline,
    ) -> Result<String, Error> {
        self.call_raw_by(endpoint, purpose, deadline, &mut None).await
    }

    /// The same. Leaves the server's last answer in `raw`, if there was one and the endpoint wants it.
    pub(super) async fn call_raw_by(
        &self,
        endpoint: &Endpoint,
        purpose: HostPurpose,
        deadline: Deadline,
        raw: &mut Option<RawAnswer>,
    ) -> Result<String, Error> {
        let name = name_of(endpoint);
        let mut sent_again = false;
        let mut penalties = 0;
        let mut sent_back = false;
        let mut so_far = Outcome::NotSent;
        loop {
            let still = |error: Error| error.with_outcome(so_far);
            let admitted = self.admitted(&name, endpoint.method, deadline).await;
            let (view, ticket) = admitted.map_err(still)?;
            let Some(token) = view.record.token.as_ref() else {
                return Err(still(view.expired()));
            };
            let timeout = self.left(deadline);
            if timeout.is_zero() {
                let late = Failure::TimedOut { sent: false };
                return Err(still(late.to_error(
                    &endpoint.path,
                    Unauthorized::TokenOrPermission,
                    self.clock.now(),
                    [],
                )));
            }
            let hosts = &view.record.hosts;
            let hosts = if sent_back {
                hosts.back_at_told(purpose)
            } else {
                Cow::Borrowed(hosts)
            };
            let base = self.origin.rest(purpose, &hosts);
            self.warm.used(purpose);
            let request = Request {
                base: &base,
                endpoint,
                token: &token.access_token,
                ticket: ticket.as_ref(),
                timeout,
            };
            trace::note(|notes| {
                notes.generation = Some(view.record.generation.get());
                if sent_again || sent_back || penalties > 0 {
                    notes.repeats();
                }
            });
            *raw = None;
            let ticket_in_use = ticket.as_ref().map(|ticket| self.uses(ticket, &name, &view));
            let call = self.api.call(request);
            let reply = match endpoint.method {
                Method::Get => self.until_closing(call, so_far).await?,
                // Its caller needs to know its outcome.
                Method::Post => call.await,
            };
            *raw = reply.raw;
            if let Some(sample) = &reply.date {
                self.note_date(sample);
            }
            let generation = view.record.generation;
            if let Some(ticket) = ticket_in_use {
                let is_unused = reply.outcome.as_ref().is_err_and(Failure::is_not_sent);
                ticket.end(is_unused).await;
            }
            let failure = match reply.outcome {
                Ok(text) => {
                    let bytes = raw.as_ref().map_or(text.len(), |raw| raw.body.len());
                    tracing::debug!(endpoint.path, generation = generation.get(), bytes, "answered");
                    self.was_answered(&view, name);
                    return Ok(text);
                }
                Err(failure) => failure,
            };
            let secrets = view.withheld.iter().chain(token.secrets()).chain(ticket.as_ref());
            let was_own = view.record.suspicion.was_own(&name, BadAnswer::Unauthorized);
            let denies_good_tokens = sent_again || was_own;
            let unauthorized = Unauthorized::in_session(denies_good_tokens);
            let error = failure.to_error(&endpoint.path, unauthorized, self.clock.now(), secrets);
            tracing::debug!(endpoint.path, generation = generation.get(), %error, "failed");
            let call = FailedCall {
                name: &name,
                method: endpoint.method,
                purpose,
                view: &view,
                hosts: &hosts,
                sent_again,
                may_go_back: !sent_back && ticket.is_none(),
            };
            so_far = failure.outcome();
            let again = self.note_failure(&failure, call, deadline).await;
            let again = again.map_err(|error| error.with_outcome(so_far))?;
            let error = self.with_advice(error, &failure, unauthorized, endpoint);
            match again {
                _ if self.left(deadline).is_zero() => return Err(error),
                Retry::AfterPenalty if penalties == 0 => penalties += 1,
                Retry::WithNewToken => sent_again = true,
                Retry::AtToldHost => sent_back = true,
                _ => return Err(error),
            }
        }
    }

    fn uses(&self, ticket: &Secret, endpoint: &str, view: &View) -> TicketInUse<'_> {
        TicketInUse {
            session: self,
            generation: view.record.generation,
            endpoint: endpoint.to_owned(),
            ticket: Some(ticket.clone()),
        }
    }

    /// Adds to a call's error what the answer alone does not tell: how the order of a command is found, and when trying again can
    /// help, as the record has noted it since.
    fn with_advice(&self, error: Error, failure: &Failure, unauthorized: Unauthorized, endpoint: &Endpoint) -> Error {
        let view = self.view();
        match failure {
            // The record has noted it a moment later, and gives no ticket before the end of that.
            Failure::Penalty { .. } => match view.record.penalties.get(&name_of(endpoint)) {
                Some(penalty) => error.with_retry_at(penalty.until),
                None => error,
            },
            Failure::Unauthorized(_) => {
                let is_open = unauthorized == Unauthorized::SessionOrPermission;
                match view.hold() {
                    Some(hold) if is_open && view.record.suspicion.probes.is_some() => error.with_retry_at(hold.until),
                    _ => error,
                }
            }
            Failure::Unintelligible { .. } => error,
            _ => match endpoint.shape {
                Shape::Made(operation) if failure.outcome() == Outcome::Unknown => {
                    error.with_advice(operation.advice())
                }
                _ => error,
            },
        }
    }

    /// Corrects the clock by an answer's date, unless that contradicts what is known of the time.
    fn note_date(&self, sample: &DateSample) {
        if self.clock.is_contradicted_by(sample) {
            self.doubt_time();
        } else {
            self.clock.observe(sample);
        }
    }

    /// Has the keeper look at Tradovate's time, at most once a minute.
    fn doubt_time(&self) {
        let now = self.clock.local().boot();
        let mut doubted_at = lock(&self.time_doubted_at);
        if doubted_at.is_none_or(|at| now.saturating_sub(at) >= DOUBT_GAP) {
            *doubted_at = Some(now);
            self.notify(RequestKind::DoubtTime);
        }
    }

    /// Tells the keeper of a good answer, if it ends the endpoint's own refusals or a suspicion about the session.
    fn was_answered(&self, view: &View, endpoint: String) {
        {
            let (mut good, session) = (lock(&self.good_endpoints), view.record.session);
            if good.get(&endpoint) != Some(&session) {
                good.retain(|_, in_session| *in_session == session);
                if good.len() < MOST_GOOD_ENDPOINTS {
                    good.insert(endpoint.clone(), session);
                }
            }
        }
        let suspicion = &view.record.suspicion;
        let in_doubt = suspicion.probes.is_some();
        if in_doubt || suspicion.has_own(&endpoint) {
            let generation = view.record.generation;
            self.send_report(generation, TokenReport::Accepted { endpoint, in_doubt });
        }
    }

    pub(super) fn send_report(&self, generation: Generation, report: TokenReport) {
        self.notify(RequestKind::TokenReport { generation, report });
    }

    /// The view to make a call with: a token, and for a GET no cooldown of the user.
    async fn permitted(&self, method: Method, deadline: Deadline) -> Result<Arc<View>, Error> {
        let mut patience = CLOCK_PATIENCE;
        loop {
            let view = self.wait(WaitFor::Fresh, deadline).await?;
            let (earliest, now) = (self.clock.earliest(), self.clock.now());
            match user_cooldown(&view.record, earliest).filter(|_| method == Method::Get) {
                // One of the local clocks was set, and by one of them the stop is over: a look at Tradovate's time tells.
                Some(hold) if hold.until <= now && patience > 0 => {
                    patience -= 1;
                    self.doubt_time();
                    let rest = LEAST_GAP.min(self.left(deadline));
                    self.unless_closed(self.clock.local().sleep(rest)).await?;
                }
                Some(hold) if hold.until <= now => return Ok(view),
                Some(hold) if hold.until <= later(now, self.left(deadline)) => {
                    self.unless_closed(self.clock.sleep_until(hold.until)).await?;
                }
                Some(hold) => return Err(view.hold_error(hold)),
                None => return Ok(view),
            }
        }
    }

    /// Waits for a penalty on a GET to end, once for all who make that call. Returns the view to make the call with, and the ticket
    /// to the first caller only: the others go on when that call was answered. A POST waits for no penalty.
    async fn admitted(
        &self,
        name: &str,
        method: Method,
        deadline: Deadline,
    ) -> Result<(Arc<View>, Option<Secret>), Error> {
        let mut views = self.keeper.views.clone();
        loop {
            let view = self.permitted(method, deadline).await?;
            let latest = self.view();
            let Some(penalty) = latest.record.penalties.get(name) else {
                return Ok((view, None));
            };
            let now = self.clock.now();
            let (until, has_ticket) = (penalty.until, penalty.ticket.is_some());
            match method {
                _ if until <= now && has_ticket => {
                    if self.left(deadline).is_zero() {
                        let why = HoldReason::Cooldown(CooldownKind::Penalty);
                        return Err(view.hold_error(Hold { until, why }));
                    }
                    let patience = match method {
                        Method::Get => deadline,
                        Method::Post => self.deadline((self.left(deadline) / 2).min(ORDER_PATIENCE)),
                    };
                    if let Some(ticket) = self.claim_ticket(name, patience).await {
                        return Ok((self.permitted(method, deadline).await?, Some(ticket)));
                    }
                    if method == Method::Post && self.view().record.penalties.get(name) == Some(penalty) {
                        // An order waits for no store.
                        return Ok((view, penalty.ticket.clone()));
                    }
                    if self.view().record.penalties.get(name) == Some(penalty) {
                        // The store fails, or the keeper is gone.
                        self.unless_closed(self.clock.local().sleep(LEAST_GAP)).await?;
                    }
                }
                Method::Get if until > now => {
                    let why = HoldReason::Cooldown(CooldownKind::Penalty);
                    let end = later(now, self.left(deadline));
                    // The call that took the ticket may be answered at any moment.
                    if until > end && (has_ticket || end <= now) {
                        return Err(view.hold_error(Hold { until, why }));
                    }
                    let rest = async {
                        tokio::select! {
                            biased;
                            _ = views.wait_for(|view| view.record.penalties.get(name) != Some(penalty)) => {}
                            () = self.clock.sleep_until(until.min(end)) => {}
                        }
                    };
                    self.unless_closed(rest).await?;
                }
                _ => return Ok((view, None)),
            }
        }
    }

    async fn claim_ticket(&self, name: &str, deadline: Deadline) -> Option<Secret> {
        let (given, mut ticket) = oneshot::channel();
        let kind = RequestKind::Ticket {
            endpoint: name.to_owned(),
            patience: self.left(deadline),
            given,
        };
        self.request(kind, deadline).await;
        ticket.try_recv().ok().flatten()
    }

    async fn unless_closed(&self, rest: impl Future<Output = ()>) -> Result<(), Error> {
        let mut views = self.keeper.views.clone();
        tokio::select! {
            biased;
            _ = views.wait_for(|view| view.is_closed()) => Err(Error::closed()),
            () = rest => Ok(()),
        }
    }

    /// Drops a call when the session is closed. `so_far` is the outcome where the session was closed before the call.
    async fn until_closing<T>(&self, call: impl Future<Output = T>, so_far: Outcome) -> Result<T, Error> {
        // Created before `closing` is read, so that it misses no notification.
        let dropped = self.dropping.notified();
        if *self.keeper.closing.borrow() {
            return Err(Error::closed().with_outcome(so_far));
        }
        tokio::select! {
            biased;
            () = dropped => Err(Error::closed().with_outcome(Outcome::Unknown)),
            done = call => Ok(done),
        }
    }
}

/// A ticket that goes along with a call. Its end is told in any case, also where the call is given up: others wait for it.
struct TicketInUse<'a> {
    session: &'a Session,
    generation: Generation,
    endpoint: String,
    ticket: Option<Secret>,
}

impl TicketInUse<'_> {
    /// Ends it. One that was not sent is kept for the next call.
    async fn end(mut self, is_unused: bool) {
        let Some(ticket) = self.ticket.take_if(|_| is_unused) else {
            return;
        };
        let report = TokenReport::TicketUnused {
            endpoint: self.endpoint.clone(),
            ticket,
        };
        let kind = RequestKind::TokenReport {
            generation: self.generation,
            report,
        };
        let patience = self.session.deadline(STOP_PATIENCE);
        self.session.request(kind, patience).await;
    }
}

impl Drop for TicketInUse<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let endpoint = std::mem::take(&mut self.endpoint);
        let report = TokenReport::TicketUsed { endpoint, ticket };
        self.session.send_report(self.generation, report);
    }
}

/// The verb and path by which a call is known. Tradovate takes a path in whatever case.
fn name_of(endpoint: &Endpoint) -> String {
    let name = format!("{} {}", endpoint.method.as_str(), endpoint.path.to_ascii_lowercase());
    name.chars().take(LONGEST_NAME).collect()
}
