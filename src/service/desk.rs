//! What a token service answers: each call, from the session's latest view.

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
    guard::{Admitted, Asker, Door, LONGEST_BODY, Peer, admit},
    metrics::{self, Metrics, Present},
    places::Place,
    proof::proof,
    wire::{
        ACCOUNTS, DOUBTFUL, Heard, LONGEST_STOP, LONGEST_WAIT, PROOF, Proof, REJECTED, Refusal, Rejected, SharedToken,
        Stopped, TOKEN, stop_by,
    },
};
use crate::{
    api::{AccountCall, failure::LONG_STOP},
    clock::until,
    error::{Error, ErrorKind},
    session::{Session, view::View},
};

/// How long a call to Tradovate, or a report, may keep its asker waiting.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every answer is made from.
#[derive(Clone)]
pub struct Desk {
    /// Whose token is served.
    pub session: Arc<Session>,
    /// Where answers are counted.
    pub metrics: Arc<Metrics>,
    /// How long a request's body is waited for.
    pub body_within: Duration,
}

impl Desk {
    /// The calls of a token service, behind a door.
    pub fn token_router(&self, door: Door) -> Router {
        let routes = token_routes();
        let routes = match &door {
            Door::Secret { host, secret } => {
                let (host, secret) = (host.clone(), secret.clone());
                routes.route(
                    PROOF,
                    get(async move |asked: Result<Query<Nonce>, QueryRejection>| {
                        let proof = asked.ok().and_then(|asked| proof(&secret, &host, &asked.nonce));
                        proof.map_or_else(
                            || refusal(StatusCode::BAD_REQUEST),
                            |proof| json(StatusCode::OK, &Proof { proof }),
                        )
                    }),
                )
            }
            Door::User(_) | Door::Metrics => routes,
        };
        self.behind(door, routes)
    }

    /// The one call of the port for metrics, behind a door.
    pub fn metrics_router(&self, door: Door) -> Router {
        self.behind(door, metrics_routes())
    }

    fn behind(&self, door: Door, routes: Router<Self>) -> Router {
        let guarded = Guarded {
            door: Arc::new(door),
            desk: self.clone(),
        };
        routes
            .layer(from_fn_with_state(guarded, guard))
            .with_state(self.clone())
    }
}

#[derive(Clone)]
struct Guarded {
    door: Arc<Door>,
    desk: Desk,
}

fn token_routes() -> Router<Desk> {
    Router::new()
        .route(TOKEN, get(token))
        .route(REJECTED, post(rejected))
        .route(ACCOUNTS, get(accounts))
        .route("/livez", get(async || text(StatusCode::OK, "ok\n")))
        .route("/readyz", get(ready))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
}

fn metrics_routes() -> Router<Desk> {
    Router::new()
        .route("/metrics", get(told_metrics))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
}

/// Lets nobody in who should not be, counts what was answered, and keeps answers out of every cache.
async fn guard(State(Guarded { door, desk }): State<Guarded>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get().copied().unwrap_or(Peer::User(None));
    let asker = Asker {
        peer,
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
    };
    let verdict = admit(&door, asker);
    let call = match (&verdict, request.uri().path()) {
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
    if verdict == Ok(Admitted::Users)
        && let Some(place) = request.extensions().get::<Arc<Place>>()
    {
        place.becomes_known();
    }
    let mut response = match verdict {
        Ok(_) => next.run(request).await,
        Err(status) => {
            tracing::warn!(status = status.as_u16(), "a request was refused");
            refusal(status)
        }
    };
    desk.metrics.answered(call, response.status().as_u16());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What a proof is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nonce {
    nonce: String,
}

/// What a long poll is told.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Poll {
    /// The generation that the asker has.
    after: Option<u64>,
    /// Seconds.
    #[serde(default)]
    wait: u64,
    /// The end of the stop that the asker knows of, as it was told; anything else for none.
    stop: Option<String>,
}

impl Poll {
    /// Whether there is a stop that the asker wants to hear of.
    fn misses(&self, stopped: Option<&Stopped>) -> bool {
        let known = self.stop.as_deref();
        known.is_some_and(|known| stopped.is_some_and(|stopped| stopped.until.to_string() != known))
    }
}

async fn token(State(desk): State<Desk>, poll: Result<Query<Poll>, QueryRejection>, request: Request) -> Response {
    let Ok(Query(poll)) = poll else {
        return refusal(StatusCode::BAD_REQUEST);
    };
    let wait = Duration::from_secs(poll.wait);
    if wait > LONGEST_WAIT || (poll.after.is_none() && !wait.is_zero()) {
        return refusal(StatusCode::BAD_REQUEST);
    }
    let known = request.headers().get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    let after = poll.after.or_else(|| known.and_then(generation_of));
    let _present = (!wait.is_zero()).then(|| Present::at(&desk.metrics.polls));
    let clock = desk.session.clock().local();
    let end = clock.boot().saturating_add(wait);
    let mut views = desk.session.views();
    let mut ended = false;
    loop {
        let view = views.borrow_and_update().clone();
        let left = end.saturating_sub(clock.boot());
        let now = desk.session.clock().now();
        let has = if poll.misses(Stopped::of(&view.record, now).as_ref()) {
            None
        } else {
            after
        };
        match answer(&view, now, has, !left.is_zero() && !ended) {
            Answer::Token => {
                if let Some(shared) = SharedToken::of(&desk.session, &view) {
                    return tagged(json(StatusCode::OK, &shared), view.record.generation);
                }
            }
            Answer::Unchanged => return tagged(StatusCode::NOT_MODIFIED.into_response(), view.record.generation),
            Answer::None => return none(&desk, &view),
            Answer::Later => tokio::select! {
                // The session is closed: nothing more is to come, and its token is as good as before.
                changed = views.changed() => ended = changed.is_err(),
                () = clock.sleep(left) => {}
            },
        }
    }
}

/// How somebody who asks for the token is answered.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Token,
    Unchanged,
    None,
    /// Nothing is to be told yet, and there is time.
    Later,
}

/// A generation that is not the asker's is news, be it newer or, where the record was lost, from another count.
fn answer(view: &View, now: Timestamp, after: Option<u64>, has_time: bool) -> Answer {
    let good = view.record.good_token(now).is_some();
    let new = after != Some(view.record.generation);
    match (good, new) {
        // If this process died before it is saved, the next one would give its number to another token.
        (true, true) if view.saving && has_time => Answer::Later,
        (true, true) => Answer::Token,
        (true, false) if has_time => Answer::Later,
        (true, false) => Answer::Unchanged,
        // A call is under way that may bring one.
        (false, _) if has_time && view.flying => Answer::Later,
        (false, _) => Answer::None,
    }
}

async fn rejected(State(desk): State<Desk>, request: Request) -> Response {
    let body = tokio::select! {
        body = to_bytes(request.into_body(), LONGEST_BODY) => body,
        () = desk.session.clock().local().sleep(desk.body_within) => return refusal(StatusCode::REQUEST_TIMEOUT),
    };
    let Ok(body) = body else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let Ok(report) = serde_json::from_slice(&body) else {
        return refusal(StatusCode::BAD_REQUEST);
    };
    let Rejected {
        generation,
        status,
        retry_after_ms,
    } = report;
    if let Some(kind) = stop_by(status)
        && generation == desk.session.view().record.generation
    {
        tracing::warn!(generation, status, "a dependent's call was answered by a stop");
        desk.metrics.reported(status);
        let wait = retry_after_ms
            .map_or(LONG_STOP, Duration::from_millis)
            .min(LONGEST_STOP);
        desk.session.stopped(kind, wait, PATIENCE).await;
    }
    if DOUBTFUL.contains(&status) {
        tracing::info!(generation, status, "a dependent's call failed");
        desk.metrics.reported(status);
        desk.session.doubt(generation, PATIENCE).await;
    }
    let view = desk.session.view();
    let heard = Heard {
        generation: view.record.generation,
        probing: is_in_doubt(&view),
    };
    json(StatusCode::ACCEPTED, &heard)
}

/// Whether the service is finding out if the session lives, or will.
fn is_in_doubt(view: &View) -> bool {
    view.flying || view.record.suspicion.probes.is_some()
}

async fn accounts(State(desk): State<Desk>) -> Response {
    match desk.session.accounts(&AccountCall::List, PATIENCE).await {
        Ok(list) => typed(StatusCode::OK, "application/json", list),
        Err(error) => failed(&desk, &error),
    }
}

async fn ready(State(desk): State<Desk>) -> Response {
    let now = desk.session.clock().now();
    if desk.session.view().record.good_token(now).is_some() {
        text(StatusCode::OK, "ready\n")
    } else {
        text(StatusCode::SERVICE_UNAVAILABLE, "no token\n")
    }
}

async fn told_metrics(State(desk): State<Desk>) -> Response {
    match desk.metrics.text() {
        Ok(body) => typed(StatusCode::OK, metrics::CONTENT_TYPE, body),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

async fn unknown() -> Response {
    refusal(StatusCode::NOT_FOUND)
}

async fn wrong_method() -> Response {
    refusal(StatusCode::METHOD_NOT_ALLOWED)
}

/// There is no token now.
fn none(desk: &Desk, view: &View) -> Response {
    let now = desk.session.clock().now();
    failed(desk, &view.reason(now).unwrap_or_else(|| view.expired()))
}

/// The code of what went wrong, and when to ask again.
fn failed(desk: &Desk, error: &Error) -> Response {
    let now = desk.session.clock().now();
    let wait = error.retry_at().map_or(Duration::ZERO, |at| until(now, at));
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    let mut response = json(StatusCode::SERVICE_UNAVAILABLE, &Refusal::of(error.kind()));
    if let Ok(value) = seconds.to_string().parse() {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

/// The one answer to whatever should not have been asked, whoever asked it and why ever it was refused.
fn refusal(status: StatusCode) -> Response {
    json(status, &Refusal::of(ErrorKind::Service))
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    // Plain structs of texts and numbers: there is nothing that JSON could refuse.
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

fn tagged(mut response: Response, generation: u64) -> Response {
    if let Ok(tag) = format!("\"{generation}\"").parse() {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

fn generation_of(tag: &str) -> Option<u64> {
    tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}
