//! The routes of a token service. Each answer comes from the session's latest view.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    guard::{Access, AccessRule, LONGEST_BODY, Peer, RequestInfo, admit},
    metrics::{self, GaugeGuard, Metrics},
    proof::proof,
    protocol::{
        ACCOUNTS, ErrorBody, LONGEST_STOP, LONGEST_WAIT, MOVED, PROOF, Proof, REJECTED, Report, ReportReply,
        SUSPICIOUS, SharedToken, Stopped, TOKEN, stop_by,
    },
    slots::Slot,
};
use crate::{
    api::{AccountCall, failure::LONG_STOP},
    clock::until,
    error::{Error, ErrorKind},
    session::{Session, token::Generation, view::View},
};

/// The timeout of a call to Tradovate, and of a report, for one request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The state that the routes share.
#[derive(Clone)]
pub struct RouteState {
    /// The session whose token is served.
    pub session: Arc<Session>,
    /// Counts the answers.
    pub metrics: Arc<Metrics>,
    /// The time limit of a request's body.
    pub body_within: Duration,
}

impl RouteState {
    /// The routes of a token service, with their access rule.
    pub fn token_router(&self, rule: AccessRule) -> Router {
        let routes = token_routes();
        let routes = match &rule {
            AccessRule::Secret { host, secret } => {
                let (host, secret) = (host.clone(), secret.clone());
                routes.route(
                    PROOF,
                    get(async move |asked: Result<Query<Nonce>, QueryRejection>| {
                        let proof = asked.ok().and_then(|asked| proof(&secret, &host, &asked.nonce));
                        proof.map_or_else(
                            || error_response(StatusCode::BAD_REQUEST),
                            |proof| json(StatusCode::OK, &Proof { proof }),
                        )
                    }),
                )
            }
            AccessRule::User(_) | AccessRule::Metrics => routes,
        };
        self.behind(rule, routes)
    }

    /// The route of the port for metrics, with its access rule.
    pub fn metrics_router(&self, rule: AccessRule) -> Router {
        self.behind(rule, metrics_routes())
    }

    fn behind(&self, rule: AccessRule, routes: Router<Self>) -> Router {
        let guarded = Guarded {
            rule: Arc::new(rule),
            state: self.clone(),
        };
        routes
            .layer(from_fn_with_state(guarded, guard))
            .with_state(self.clone())
    }
}

#[derive(Clone)]
struct Guarded {
    rule: Arc<AccessRule>,
    state: RouteState,
}

fn token_routes() -> Router<RouteState> {
    Router::new()
        .route(TOKEN, get(token))
        .route(REJECTED, post(rejected))
        .route(ACCOUNTS, get(accounts))
        .route("/livez", get(async || text(StatusCode::OK, "ok\n")))
        .route("/readyz", get(ready))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
}

fn metrics_routes() -> Router<RouteState> {
    Router::new()
        .route("/metrics", get(metrics_text))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
}

/// Applies the access rule, counts the answers, and forbids caches to keep them.
async fn guard(State(Guarded { rule, state }): State<Guarded>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get().copied().unwrap_or(Peer::User(None));
    let info = RequestInfo {
        peer,
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
    };
    let access = admit(&rule, info);
    let call = match (&access, request.uri().path()) {
        (Err(_), _) => "refused",
        (Ok(_), TOKEN) => "token",
        (Ok(_), REJECTED) => "rejected",
        (Ok(_), ACCOUNTS) => "accounts",
        (Ok(_), PROOF) => "proof",
        (Ok(_), "/livez") => "livez",
        (Ok(_), "/readyz") => "readyz",
        (Ok(_), "/metrics") => "metrics",
        (Ok(_), _) => "unknown",
    };
    if access == Ok(Access::Authenticated)
        && let Some(slot) = request.extensions().get::<Arc<Slot>>()
    {
        slot.authenticate();
    }
    let mut response = match access {
        Ok(_) => next.run(request).await,
        Err(status) => {
            tracing::warn!(status = status.as_u16(), "a request was refused");
            error_response(status)
        }
    };
    state.metrics.answered(call, response.status().as_u16());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The query of a request for the proof.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nonce {
    nonce: String,
}

/// The query of a request for the token.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Poll {
    /// The generation that the dependent has.
    after: Option<Generation>,
    /// How long to wait for another one, in seconds.
    #[serde(default)]
    wait: u64,
    /// The end of the stop that the dependent knows of, as the service sent it. Anything else stands for none.
    stop: Option<String>,
}

impl Poll {
    /// Whether there is a stop that the dependent does not know of.
    fn misses(&self, stopped: Option<&Stopped>) -> bool {
        let known = self.stop.as_deref();
        known.is_some_and(|known| stopped.is_some_and(|stopped| stopped.until.to_string() != known))
    }
}

async fn token(
    State(state): State<RouteState>,
    poll: Result<Query<Poll>, QueryRejection>,
    request: Request,
) -> Response {
    let Ok(Query(poll)) = poll else {
        return error_response(StatusCode::BAD_REQUEST);
    };
    let wait = Duration::from_secs(poll.wait);
    if wait > LONGEST_WAIT || (poll.after.is_none() && !wait.is_zero()) {
        return error_response(StatusCode::BAD_REQUEST);
    }
    let known = request.headers().get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    let after = poll.after.or_else(|| known.and_then(generation_of));
    let _guard = (!wait.is_zero()).then(|| GaugeGuard::new(&state.metrics.polls));
    let clock = state.session.clock().local();
    let end = clock.boot().saturating_add(wait);
    let mut views = state.session.views();
    let mut ended = false;
    loop {
        let view = views.borrow_and_update().clone();
        let left = end.saturating_sub(clock.boot());
        let now = state.session.clock().now();
        let has = if poll.misses(Stopped::of(&view.record, now).as_ref()) {
            None
        } else {
            after
        };
        match poll_result(&view, now, has, !left.is_zero() && !ended) {
            PollResult::Token => {
                if let Some(shared) = SharedToken::of(&state.session, &view) {
                    return tagged(json(StatusCode::OK, &shared), view.record.generation);
                }
            }
            PollResult::Unchanged => return tagged(StatusCode::NOT_MODIFIED.into_response(), view.record.generation),
            PollResult::Unavailable => return unavailable(&state, &view),
            PollResult::Later => tokio::select! {
                // A closed session publishes nothing more. Its token stays good.
                changed = views.changed() => ended = changed.is_err(),
                () = clock.sleep(left) => {}
            },
        }
    }
}

/// The answer to a request for the token.
#[derive(Debug, PartialEq, Eq)]
enum PollResult {
    Token,
    Unchanged,
    Unavailable,
    /// None yet: the request can wait on.
    Later,
}

/// Any other generation than the dependent's is new to it: where a record was lost, generations are counted anew.
fn poll_result(view: &View, now: Timestamp, after: Option<Generation>, has_time: bool) -> PollResult {
    let good = view.record.good_token(now).is_some();
    let new = after != Some(view.record.generation);
    match (good, new) {
        // A process that ends before the token is saved would leave its generation to another token.
        (true, true) if view.phase.is_saving() && has_time => PollResult::Later,
        (true, true) => PollResult::Token,
        (true, false) if has_time => PollResult::Later,
        (true, false) => PollResult::Unchanged,
        // A call is under way that may bring one.
        (false, _) if has_time && view.phase.is_in_flight() => PollResult::Later,
        (false, _) => PollResult::Unavailable,
    }
}

async fn rejected(State(state): State<RouteState>, request: Request) -> Response {
    let body = tokio::select! {
        body = to_bytes(request.into_body(), LONGEST_BODY) => body,
        () = state.session.clock().local().sleep(state.body_within) => return error_response(StatusCode::REQUEST_TIMEOUT),
    };
    let Ok(body) = body else {
        return error_response(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let Ok(report) = serde_json::from_slice(&body) else {
        return error_response(StatusCode::BAD_REQUEST);
    };
    let Report {
        generation,
        status,
        retry_after_ms,
        was_good,
    } = report;
    if let Some(kind) = stop_by(status)
        && generation == state.session.view().record.generation
    {
        tracing::warn!(
            generation = generation.get(),
            status,
            "a dependent's call was answered by a stop"
        );
        state.metrics.reported(status);
        let wait = retry_after_ms
            .map_or(LONG_STOP, Duration::from_millis)
            .min(LONGEST_STOP);
        state.session.stopped(kind, wait, TIMEOUT).await;
    }
    let is_moved = MOVED.contains(&status);
    if is_moved || SUSPICIOUS.contains(&status) {
        tracing::info!(generation = generation.get(), status, "a dependent's call failed");
        state.metrics.reported(status);
        if is_moved {
            state.session.moved(generation);
        }
        state.session.doubt(generation, was_good, TIMEOUT).await;
    }
    let view = state.session.view();
    let reply = ReportReply {
        generation: view.record.generation,
        probing: is_in_doubt(&view),
    };
    json(StatusCode::ACCEPTED, &reply)
}

/// Whether the service probes the session, or will.
fn is_in_doubt(view: &View) -> bool {
    view.phase.is_in_flight() || view.record.suspicion.probes.is_some()
}

async fn accounts(State(state): State<RouteState>) -> Response {
    match state.session.accounts(&AccountCall::List, TIMEOUT).await {
        Ok(list) => typed(StatusCode::OK, "application/json", list),
        Err(error) => failed(&state, &error),
    }
}

async fn ready(State(state): State<RouteState>) -> Response {
    let now = state.session.clock().now();
    if state.session.view().record.good_token(now).is_some() {
        text(StatusCode::OK, "ready\n")
    } else {
        text(StatusCode::SERVICE_UNAVAILABLE, "no token\n")
    }
}

async fn metrics_text(State(state): State<RouteState>) -> Response {
    match state.metrics.text() {
        Ok(body) => typed(StatusCode::OK, metrics::CONTENT_TYPE, body),
        Err(_) => error_response(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

async fn unknown() -> Response {
    error_response(StatusCode::NOT_FOUND)
}

async fn wrong_method() -> Response {
    error_response(StatusCode::METHOD_NOT_ALLOWED)
}

/// The answer while there is no good token.
fn unavailable(state: &RouteState, view: &View) -> Response {
    let now = state.session.clock().now();
    failed(state, &view.reason(now).unwrap_or_else(|| view.expired()))
}

/// An error as its code, and when to ask again.
fn failed(state: &RouteState, error: &Error) -> Response {
    let now = state.session.clock().now();
    let wait = error.retry_at().map_or(Duration::ZERO, |at| until(now, at));
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    let mut response = json(StatusCode::SERVICE_UNAVAILABLE, &ErrorBody::of(error.kind()));
    if let Ok(value) = seconds.to_string().parse() {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

/// The one answer to every request that is refused, whatever the reason.
fn error_response(status: StatusCode) -> Response {
    json(status, &ErrorBody::of(ErrorKind::Service))
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    // Structs of texts and numbers always become JSON.
    typed(
        status,
        "application/json",
        serde_json::to_vec(value).unwrap_or_default(),
    )
}

fn text(status: StatusCode, body: &'static str) -> Response {
    typed(status, "text/plain; charset=utf-8", body)
}

fn typed(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = (status, Body::from(body.into())).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn tagged(mut response: Response, generation: Generation) -> Response {
    if let Ok(tag) = format!("\"{generation}\"").parse() {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

fn generation_of(tag: &str) -> Option<Generation> {
    let number: u64 = tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()?;
    Some(number.into())
}
