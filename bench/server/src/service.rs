//! Which question gets which answer.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, header};
use serde_json::Value;

use crate::{
    answers::{ORDER_PLACED, account_lists, token},
    received::{Received, shared_clock_us},
};

/// The life of Tradovate's own tokens.
const LIFE_MS: i64 = 80 * 60 * 1_000;

/// What a base URL's first part, such as `accounts=5,lifeMs=4000,delayMs=500`, asks for.
struct Wishes {
    accounts: usize,
    life_ms: i64,
    delay_ms: u64,
    list_delay_ms: u64,
}

impl Wishes {
    fn read(text: &str) -> Option<Self> {
        let mut wishes = Self {
            accounts: 5,
            life_ms: LIFE_MS,
            delay_ms: 0,
            list_delay_ms: 0,
        };
        for wish in text.split(',') {
            match wish.split_once('=')? {
                ("accounts", value) => wishes.accounts = value.parse().ok()?,
                ("lifeMs", value) => wishes.life_ms = value.parse().ok()?,
                ("delayMs", value) => wishes.delay_ms = value.parse().ok()?,
                ("listDelayMs", value) => wishes.list_delay_ms = value.parse().ok()?,
                _ => return None,
            }
        }
        Some(wishes)
    }
}

/// The answers, and how often which was asked for.
pub struct Service {
    lists: HashMap<usize, Bytes>,
    logins: AtomicU64,
    renewals: AtomicU64,
    calls: AtomicU64,
    handshakes: AtomicU64,
    received: Received,
}

impl Service {
    /// Makes the lists.
    pub fn new() -> Self {
        Self {
            lists: account_lists(),
            logins: AtomicU64::new(0),
            renewals: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            handshakes: AtomicU64::new(0),
            received: Received::default(),
        }
    }

    /// Counts a TLS handshake that was completed.
    pub fn note_handshake(&self) {
        self.handshakes.fetch_add(1, Ordering::Relaxed);
    }

    /// Answers `/<wishes>/v1/<endpoint>`, `/counts`, and `/received?<prefix of ids>`. `delayMs` holds back tokens,
    /// `listDelayMs` lists.
    pub async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let arrived_us = shared_clock_us();
        let path = request.uri().path().trim_start_matches('/');
        let Some((wishes, endpoint)) = path.split_once("/v1/") else {
            return match path {
                "counts" => json(self.counts()),
                "received" => {
                    let prefix = request.uri().query().unwrap_or_default();
                    json(Bytes::from(self.received.beginning_with(prefix)))
                }
                _ => not_found(),
            };
        };
        let Some(wishes) = Wishes::read(wishes) else {
            return not_found();
        };
        let counter = match endpoint {
            "account/list" => {
                self.calls.fetch_add(1, Ordering::Relaxed);
                pause(wishes.list_delay_ms).await;
                return self.lists.get(&wishes.accounts).cloned().map_or_else(not_found, json);
            }
            "order/item" | "order/placeorder" => {
                if let Some(id) = order_id(request).await {
                    self.received.note(&id, arrived_us);
                    return json(Bytes::from_static(ORDER_PLACED));
                }
                return not_found();
            }
            "auth/accesstokenrequest" => &self.logins,
            "auth/renewaccesstoken" => {
                if let Some(id) = query_id(&request).or_else(|| token_id(&request)) {
                    self.received.note(id, arrived_us);
                }
                &self.renewals
            }
            _ => return not_found(),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        pause(wishes.delay_ms).await;
        let number = self.logins.load(Ordering::Relaxed) + self.renewals.load(Ordering::Relaxed);
        json(token(number, wishes.life_ms))
    }

    fn counts(&self) -> Bytes {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = serde_json::json!({
            "logins": count(&self.logins),
            "renewals": count(&self.renewals),
            "calls": count(&self.calls),
            "handshakes": count(&self.handshakes),
        });
        Bytes::from(counts.to_string())
    }
}

async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

/// The id of a request about an order: a parameter of the query, or in the body where Tradovate has the caller's own.
async fn order_id(request: Request<Incoming>) -> Option<String> {
    if let Some(id) = query_id(&request) {
        return Some(id.to_owned());
    }
    let body = request.into_body().collect().await.ok()?.to_bytes();
    let order: Value = serde_json::from_slice(&body).ok()?;
    Some(order.get("clOrdId")?.as_str()?.to_owned())
}

fn query_id(request: &Request<Incoming>) -> Option<&str> {
    request.uri().query()?.strip_prefix("id=")
}

/// What one of our tokens begins with: its number.
fn token_id(request: &Request<Incoming>) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (id, _) = header.strip_prefix("Bearer ")?.rsplit_once('-')?;
    Some(id)
}

fn json(body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    let content_type = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

fn not_found() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
