//! The metrics of a service for Prometheus: the state of its session, and the requests. They contain no part of a token.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicI64},
};

use jiff::Timestamp;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text::encode},
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        info::Info,
    },
    registry::{Registry, Unit},
};

use super::protocol::{MOVED, STOPPING, SUSPICIOUS};
use crate::{
    error::Error,
    session::{
        Session,
        view::{State, View},
    },
};

/// The text's `Content-Type`.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    call: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReportLabels {
    status: u16,
}

/// A service's counters, and the registry that they are read from.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    reports: Family<ReportLabels, Counter>,
    /// Connections that are open.
    pub connections: Gauge<i64, AtomicI64>,
    /// Long polls under way.
    pub polls: Gauge<i64, AtomicI64>,
}

impl Metrics {
    /// The metrics of a service for this session.
    #[must_use]
    pub fn new(session: Arc<Session>) -> Self {
        let mut registry = Registry::default();
        let about = Info::new([
            ("environment", session.origin().environment().as_str().to_owned()),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ]);
        registry.register("tradovate_session", "What is served, and by which version", about);
        registry.register_collector(Box::new(SessionCollector { session }));
        let service = registry.sub_registry_with_prefix("tradovate_service");
        let requests = Family::<RequestLabels, Counter>::default();
        service.register("requests", "Requests answered", requests.clone());
        let reports = Family::<ReportLabels, Counter>::default();
        service.register(
            "reports",
            "Reports that a call with the token failed, by what Tradovate answered",
            reports.clone(),
        );
        let connections = Gauge::default();
        service.register("connections", "Connections that are open", connections.clone());
        // These counters begin at 0: Prometheus sees no increase of a counter that first shows at 1.
        for status in [403, 405, 413] {
            let call = "refused";
            drop(requests.get_or_create(&RequestLabels { call, status }));
        }
        for status in SUSPICIOUS.into_iter().chain(MOVED).chain(STOPPING) {
            drop(reports.get_or_create(&ReportLabels { status }));
        }
        let polls = Gauge::default();
        service.register(
            "polls",
            "Long polls under way, one for each waiting dependent",
            polls.clone(),
        );
        Self {
            registry,
            requests,
            reports,
            connections,
            polls,
        }
    }

    /// Counts an answer.
    pub fn answered(&self, call: &'static str, status: u16) {
        self.requests.get_or_create(&RequestLabels { call, status }).inc();
    }

    /// Counts a report by its status.
    pub fn reported(&self, status: u16) {
        self.reports.get_or_create(&ReportLabels { status }).inc();
    }

    /// The metrics as `OpenMetrics` text.
    ///
    /// # Errors
    /// Those of the encoder; a string gives none.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Raises a gauge by one until it is dropped.
pub struct GaugeGuard(Gauge<i64, AtomicI64>);

impl GaugeGuard {
    /// Raises the gauge.
    #[must_use]
    pub fn new(gauge: &Gauge<i64, AtomicI64>) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Reads the session's state when somebody asks for the metrics.
struct SessionCollector {
    session: Arc<Session>,
}

impl fmt::Debug for SessionCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionCollector")
    }
}

impl Collector for SessionCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let view = self.session.view();
        let now = self.session.clock().now();
        let mut counter = |name, help, value| {
            let metric = ConstCounter::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
        };
        let counts = view.counts;
        counter("tradovate_session_logins", "Logins that brought a token", counts.logins)?;
        counter(
            "tradovate_session_renewals",
            "Renewals that extended a token",
            counts.renewals,
        )?;
        counter(
            "tradovate_session_adoptions",
            "Tokens taken over from another session with the same store",
            counts.adoptions,
        )?;
        counter(
            "tradovate_session_failures",
            "Logins and renewals that failed",
            counts.failures,
        )?;
        let state = view.state(now);
        let mut states = encoder.encode_descriptor(
            "tradovate_session_state",
            "1 for the state that the session is in, 0 for the others",
            None,
            prometheus_client::metrics::MetricType::Gauge,
        )?;
        for each in State::ALL {
            let one = ConstGauge::new(i64::from(each == state));
            one.encode(states.encode_family(&[("state", each.as_str())])?)?;
        }
        let mut gauge = |name, help, unit: Option<&Unit>, value: f64| {
            let metric = ConstGauge::new(value);
            metric.encode(encoder.encode_descriptor(name, help, unit, metric.metric_type())?)
        };
        let seconds = Some(&Unit::Seconds);
        #[allow(clippy::cast_precision_loss)] // a count of tokens
        let generation = view.record.generation.get() as f64;
        gauge(
            "tradovate_session_token_generation",
            "The token's generation",
            None,
            generation,
        )?;
        gauge(
            "tradovate_session_token_expiry_timestamp",
            "When the token ends, by this machine's clock; 0 without one",
            seconds,
            self.local_seconds(view.record.good_token(now).map(|token| token.expires_at)),
        )?;
        gauge(
            "tradovate_session_renewal_timestamp",
            "When the token's renewal is due; 0 without one",
            seconds,
            self.local_seconds(view.renews_at),
        )?;
        gauge(
            "tradovate_session_retry_timestamp",
            "When something that is held back will be tried; 0 if nothing is",
            seconds,
            self.local_seconds(view.retry_at(now)),
        )?;
        gauge(
            "tradovate_session_needs_person",
            "1 if only a person can mend what keeps the session from its work",
            None,
            f64::from(u8::from(needs_person(&view, now))),
        )?;
        for (name, help, count) in address_gauges(&view) {
            gauge(name, help, None, count)?;
        }
        gauge(
            "tradovate_session_clock_offset",
            "Tradovate's clock minus this machine's",
            seconds,
            seconds_of(self.session.clock().offset_ms()),
        )
    }
}

impl SessionCollector {
    fn local_seconds(&self, at: Option<Timestamp>) -> f64 {
        at.map_or(0.0, |at| seconds_of(self.session.clock().to_local(at).as_millisecond()))
    }
}

/// How full the address is, since Tradovate counts some calls by address.
#[allow(clippy::cast_precision_loss)] // counts of an hour
fn address_gauges(view: &View) -> [(&'static str, &'static str, f64); 3] {
    let counts = view.address;
    [
        (
            "tradovate_address_logins",
            "Logins that are kept alive from this machine",
            counts.logins as f64,
        ),
        (
            "tradovate_address_renewals",
            "Renewals by all logins of this machine in the last hour; at most 12 are made",
            counts.renewals as f64,
        ),
        (
            "tradovate_address_refused_logins",
            "Refused logins of this machine in the last hour; at 4 only credentials that have worked before are tried",
            counts.refused_logins as f64,
        ),
    ]
}

fn needs_person(view: &View, now: Timestamp) -> bool {
    view.reason(now).as_ref().is_some_and(Error::needs_person)
}

#[allow(clippy::cast_precision_loss)] // milliseconds of this century
fn seconds_of(ms: i64) -> f64 {
    ms as f64 / 1000.0
}
