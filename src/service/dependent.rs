//! The task behind a dependent: it publishes the token that the service hands out, and reports calls that fail with it.

mod stop;
mod suspicion;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use self::{
    stop::Stops,
    suspicion::{ReportedSuspicion, SuspicionEnd, moved, reported},
};
use super::{
    connector::{Connection, Connector},
    protocol::SharedToken,
    requests::{FirstToken, Known, TokenReply, back_off, poll},
    token_answer::{Expected, LEAST_WAIT, TokenAnswer, unavailable_error},
};
use crate::{
    api::{Hosts, Origin},
    clock::{ServerClock, later},
    error::{Error, ErrorKind},
    session::{
        Random,
        address::AddressCounts,
        events::{EventQueue, How},
        hold::{Hold, HoldReason},
        login_key::LoginKey,
        phase::Phase,
        policy::{Decision, StopReason},
        publisher::Publisher,
        record::Record,
        reports::claim_ticket,
        request::{KeeperRequest, RequestKind},
        view::{Counts, LastFailure, View},
    },
};

/// The longest pause before a service without a token, or with another login's, is polled again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The pause after an answer that came sooner than it should.
const PAUSE: Duration = Duration::from_secs(1);

/// The parts that a dependent depends on.
pub struct Deps {
    pub connector: Arc<Connector>,
    pub clock: Arc<ServerClock>,
    pub random: Arc<dyn Random>,
    pub events: Arc<EventQueue>,
    pub origin: Origin,
    pub wanted: Expected,
}

/// The state of a service without a token.
#[derive(Debug, Clone, Copy)]
struct Unavailable {
    why: ErrorKind,
    until: Timestamp,
    /// Whether the service said when it will have one again.
    is_told: bool,
}

impl Unavailable {
    fn retry_at(self) -> Option<Timestamp> {
        self.is_told.then_some(self.until)
    }
}

/// The task behind one dependent.
pub struct Dependent {
    deps: Deps,
    record: Record,
    suspicion: ReportedSuspicion,
    stops: Stops,
    unavailable: Option<Unavailable>,
    /// Failures in a row.
    failures: u32,
    last_failure: Option<LastFailure>,
    counts: Counts,
    polling: BoxFuture<'static, TokenReply>,
    /// Whether the token is fetched anew since a local clock was set.
    fetches_time: bool,
    requests: mpsc::UnboundedReceiver<Box<KeeperRequest>>,
    waiting: Vec<oneshot::Sender<()>>,
    closing: watch::Receiver<bool>,
    publisher: Publisher,
}

impl Dependent {
    /// A dependent that has its first token.
    pub fn new(
        deps: Deps,
        first: FirstToken,
        requests: mpsc::UnboundedReceiver<Box<KeeperRequest>>,
        closing: watch::Receiver<bool>,
        all_published: watch::Sender<bool>,
    ) -> (Self, watch::Receiver<Arc<View>>) {
        let FirstToken {
            connection,
            token,
            offset_ms,
        } = first;
        let record = Record::empty(LoginKey::default(), token.environment);
        let view = View::opening(record.clone(), Arc::default());
        let (publisher, seen) = Publisher::new(view, deps.events.clone(), all_published);
        let mut dependent = Self {
            deps,
            record,
            suspicion: ReportedSuspicion::default(),
            stops: Stops::default(),
            unavailable: None,
            failures: 0,
            last_failure: None,
            counts: Counts::default(),
            polling: Box::pin(std::future::pending()),
            fetches_time: false,
            requests,
            waiting: Vec::new(),
            closing,
            publisher,
        };
        dependent.set_clock(offset_ms);
        dependent.take(&token);
        dependent.poll(Some(connection), Duration::ZERO);
        (dependent, seen)
    }

    /// Runs until the handle is closed or dropped.
    pub async fn run(mut self) {
        while !*self.closing.borrow() {
            let now = self.now();
            if self.deps.clock.local_clocks_differ() && !self.fetches_time {
                self.fetches_time = true;
                self.poll(None, Duration::ZERO);
            }
            self.suspicion.settle(&mut self.record, now);
            self.stops.report(&self.record, &self.deps.connector, now);
            self.publish(false);
            self.answer();
            let wake = self.wakes_at();
            let mut closing = self.closing.clone();
            tokio::select! {
                biased;
                // Closed, or the handle is gone.
                _ = closing.wait_for(|closing| *closing) => break,
                request = self.requests.recv() => match request {
                    Some(request) => self.take_requests(request),
                    None => break,
                },
                reply = reported(&mut self.suspicion.reporting) => {
                    let now = self.now();
                    self.suspicion.take_reply(&reply, &mut self.record, now);
                }
                reply = reported(&mut self.stops.reporting) => {
                    let now = self.now();
                    self.stops.take_reply(&reply, now);
                }
                reply = &mut self.polling => self.take_in(reply),
                () = self.deps.clock.sleep_until(wake) => {}
            }
        }
        self.publish(true);
        self.publisher.end();
        self.answer();
    }

    fn now(&self) -> Timestamp {
        self.deps.clock.now()
    }

    /// The next moment at which time alone changes the state.
    fn wakes_at(&self) -> Timestamp {
        let now = self.now();
        let expiry = self.record.good_token(now).map(|token| token.expires_at);
        [expiry, self.suspicion.until]
            .into_iter()
            .chain(self.stops.changes_at(&self.record, now))
            .flatten()
            .min()
            .unwrap_or(Timestamp::MAX)
    }

    /// Takes in all requests that are there.
    fn take_requests(&mut self, first: Box<KeeperRequest>) {
        let mut request = Some(first);
        while let Some(next) = request {
            let KeeperRequest { kind, ack } = *next;
            let (now, connector) = (self.now(), &self.deps.connector);
            match kind {
                RequestKind::Check | RequestKind::DoubtTime | RequestKind::Resume => {}
                RequestKind::Renewal { have, .. } => {
                    self.suspicion.raise(&self.record, moved(have), connector, now);
                }
                RequestKind::TokenReport { generation, report } => {
                    self.suspicion
                        .take_report(&mut self.record, generation, &report, connector, now);
                }
                RequestKind::Ticket {
                    endpoint,
                    patience,
                    given,
                } => {
                    // A caller that has given up leaves the ticket unused; others go on after their wait.
                    let _ = given.send(claim_ticket(&mut self.record, &endpoint, patience, now));
                }
            }
            self.waiting.push(ack);
            request = self.requests.try_recv().ok();
        }
    }

    fn take_in(&mut self, reply: TokenReply) {
        let TokenReply {
            connection,
            answer,
            offset_ms,
        } = reply;
        self.set_clock(offset_ms);
        let (connection, pause) = match answer {
            Ok(TokenAnswer::Unchanged) => {
                self.note_success();
                (connection, Duration::ZERO)
            }
            Ok(TokenAnswer::Token(token)) => match self.deps.wanted.check(&token) {
                Ok(_) => {
                    self.note_success();
                    let pause = if self.take(&token) { Duration::ZERO } else { PAUSE };
                    (connection, pause)
                }
                Err(error) => {
                    // The service serves another login, so nothing is known of this one any more.
                    self.record.token = None;
                    self.fail(error);
                    (None, LONGEST_PAUSE)
                }
            },
            Ok(TokenAnswer::Unavailable { why, wait }) => {
                self.lose(why, wait);
                (None, wait.min(LONGEST_PAUSE).mul_f64(self.deps.random.unit().max(0.1)))
            }
            Err(error) => {
                self.fail(error);
                (None, back_off(self.failures, &*self.deps.random))
            }
        };
        self.poll(connection, pause);
    }

    fn poll(&mut self, connection: Option<Connection>, pause: Duration) {
        let connector = self.deps.connector.clone();
        let known = Known {
            generation: self.record.generation,
            stop: self.stops.told_until,
        };
        self.polling = poll(connector, connection, known, pause, self.deps.random.unit());
    }

    fn set_clock(&mut self, offset_ms: Option<i64>) {
        if let Some(offset_ms) = offset_ms {
            self.fetches_time = false;
            self.deps.clock.set_offset(offset_ms);
        }
    }

    fn note_success(&mut self) {
        self.failures = 0;
        self.last_failure = None;
        self.unavailable = None;
    }

    /// The service cannot be reached or used. The present token stays good until it expires.
    fn fail(&mut self, error: Error) {
        self.failures = self.failures.saturating_add(1);
        self.unavailable = None;
        self.note(error);
    }

    /// The service has no good token, so the present one is dead.
    fn lose(&mut self, why: ErrorKind, wait: Duration) {
        let now = self.now();
        let until = later(now, wait);
        self.failures = 0;
        let is_told = wait > LEAST_WAIT;
        self.unavailable = Some(Unavailable { why, until, is_told });
        self.record.token = None;
        self.suspicion.end(SuspicionEnd::Lost, &mut self.record, now);
        self.note(unavailable_error(why).with_retry_at(until));
    }

    /// Warns of a failure once, however often it repeats.
    fn note(&mut self, error: Error) {
        self.counts.failures += 1;
        let known = self
            .last_failure
            .as_ref()
            .is_some_and(|last_failure| last_failure.error.kind() == error.kind());
        tracing::debug!(failures = self.failures, %error, "the token service is of no use");
        if !known {
            self.publisher.warn(error.clone());
        }
        self.last_failure = Some(LastFailure::not_sent(error));
    }

    /// Takes over the service's token and stop. Returns whether either is new.
    fn take(&mut self, shared: &SharedToken) -> bool {
        let now = self.now();
        let stop_is_news = self.stops.take(shared.stopped.as_ref(), &mut self.record, now);
        let same = self.record.generation == shared.generation
            && (self.record.token.as_ref()).is_some_and(|token| token.access_token == shared.access_token);
        if same {
            return stop_is_news;
        }
        let hosts = shared.hosts.iter().map(|(purpose, host)| (&**purpose, &**host));
        self.record.generation = shared.generation;
        // A renewal cannot be told from a login here: either way a call that failed may be sent again with it.
        self.record.session = self.record.session.next();
        self.record.user_id = shared.user_id;
        self.record.hosts = Hosts::told(self.deps.origin.trusted(hosts));
        let token = shared.to_token();
        self.record.token = Some(token);
        tracing::info!(generation = shared.generation.get(), "a new token from the service");
        self.counts.adoptions += 1;
        // Every suspicion about the token before is settled.
        self.suspicion.reporting = None;
        self.suspicion.end(SuspicionEnd::Alive, &mut self.record, now);
        // The view comes before the event: a listener then finds the token.
        self.publish(false);
        self.publisher.tell_token(&self.record, How::Adopted);
        true
    }

    fn decision(&self) -> Decision {
        let now = self.now();
        if let Some(token) = self.record.good_token(now) {
            return Decision::Serve {
                until: token.expires_at,
                held: None,
            };
        }
        let stopped = match self.unavailable.map(|unavailable| unavailable.why) {
            Some(ErrorKind::Contended) => Some(StopReason::Contended),
            Some(ErrorKind::Evicted) => Some(StopReason::Evicted),
            _ => None,
        };
        if let Some(why) = stopped {
            let retry_at = self.unavailable.and_then(Unavailable::retry_at);
            return Decision::Stop { why, retry_at };
        }
        let until = self
            .unavailable
            .map_or_else(|| later(now, PAUSE), |unavailable| unavailable.until);
        let why = HoldReason::BackOff;
        Decision::Wait(Hold { until, why })
    }

    fn publish(&mut self, closed: bool) {
        let good = self.record.good_token(self.now()).is_some();
        let reachable = self.failures == 0 && self.unavailable.is_none();
        let in_flight = self.suspicion.until.is_some() || (!good && reachable);
        let phase = match (closed, in_flight) {
            (true, _) => Phase::Closed,
            (false, true) => Phase::Calling,
            (false, false) => Phase::Idle,
        };
        let decision = self.decision();
        let is_waiting = matches!(decision, Decision::Wait(_));
        let last_failure = self.last_failure.clone().or_else(|| {
            let text = "the token service has not given a good token yet; it is asked again";
            is_waiting.then(|| LastFailure::not_sent(Error::new(ErrorKind::Service, text)))
        });
        let view = View {
            record: Arc::new(self.record.clone()),
            decision,
            attempts_done: self.suspicion.ended,
            phase,
            last_failure,
            counts: self.counts,
            renews_at: None,
            withheld: Arc::default(),
            address: AddressCounts::default(),
            max_logins: None,
        };
        let now = self.now();
        self.publisher.publish(view, now);
    }

    fn answer(&mut self) {
        for ack in self.waiting.drain(..) {
            // A caller that has given up needs no answer.
            let _ = ack.send(());
        }
    }
}
