//! Which question gets which answer.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Incoming, header};

use crate::answers::{account_lists, token};

/// The life of Tradovate's own tokens.
const LIFE_MS: i64 = 80 * 60 * 1_000;

/// What a base URL's first part, such as `accounts=5,lifeMs=4000,delayMs=500`, asks for.
struct Wishes {
    accounts: usize,
    life_ms: i64,
    delay_ms: u64,
}

impl Wishes {
    fn read(text: &str) -> Option<Self> {
        let mut wishes = Self {
            accounts: 5,
            life_ms: LIFE_MS,
            delay_ms: 0,
        };
        for wish in text.split(',') {
            match wish.split_once('=')? {
                ("accounts", value) => wishes.accounts = value.parse().ok()?,
                ("lifeMs", value) => wishes.life_ms = value.parse().ok()?,
                ("delayMs", value) => wishes.delay_ms = value.parse().ok()?,
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
}

impl Service {
    /// Makes the lists.
    pub fn new() -> Self {
        Self {
            lists: account_lists(),
            logins: AtomicU64::new(0),
            renewals: AtomicU64::new(0),
            calls: AtomicU64::new(0),
        }
    }

    /// Answers `/<wishes>/v1/<endpoint>`, and `/counts`. `delayMs` holds back tokens, not lists.
    pub async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().trim_start_matches('/');
        let Some((wishes, endpoint)) = path.split_once("/v1/") else {
            return if path == "counts" {
                json(self.counts())
            } else {
                not_found()
            };
        };
        let Some(wishes) = Wishes::read(wishes) else {
            return not_found();
        };
        let counter = match endpoint {
            "account/list" => {
                self.calls.fetch_add(1, Ordering::Relaxed);
                return self.lists.get(&wishes.accounts).cloned().map_or_else(not_found, json);
            }
            "auth/accesstokenrequest" => &self.logins,
            "auth/renewaccesstoken" => &self.renewals,
            _ => return not_found(),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if wishes.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(wishes.delay_ms)).await;
        }
        let number = self.logins.load(Ordering::Relaxed) + self.renewals.load(Ordering::Relaxed);
        json(token(number, wishes.life_ms))
    }

    fn counts(&self) -> Bytes {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = serde_json::json!({
            "logins": count(&self.logins),
            "renewals": count(&self.renewals),
            "calls": count(&self.calls),
        });
        Bytes::from(counts.to_string())
    }
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
