//! A session as the facade holds it.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use napi::{
    Env,
    bindgen_prelude::{Uint8Array, Uint32ArraySlice},
};
use napi_derive::napi;
use serde::Deserialize;
use serde_json::json;

use super::{
    bridge::{Bridge, CallValue, Calls, Outcome},
    changes::Changes,
    credential_requests::CredentialRequests,
    input::{method, millis, parsed, purpose},
    json::{error_value, event_value, status_value, token_value},
    process::{SystemRandom, clock, runtime, tradovate},
    session_config::{LEAST_FLIGHT, SessionConfig},
    store::key,
};
use crate::{
    api::{AccountCall, Credentials, Endpoint, RawAnswer, Shape},
    clock::{ServerClock, earlier, until},
    error::{Error, ErrorKind},
    session::{CredentialsSource, Deps, Session, events::EventQueue, ledger::Ledger, token::Generation},
};

/// A call whose answer is passed on as it came.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawCall {
    method: String,
    path: String,
    query: String,
    body: Option<String>,
    purpose: String,
    timeout_ms: u32,
}

/// A session as the facade holds it.
#[napi]
pub struct SessionHandle {
    pub(super) calls: Arc<Calls>,
    pub(super) events: Arc<EventQueue>,
    changes: Changes,
    pending: Arc<AtomicBool>,
    asks: Arc<CredentialRequests>,
    pub(super) session: Arc<OnceLock<Arc<Session>>>,
}

#[napi]
impl SessionHandle {
    /// Its thread knows it by `number`, and is woken with it when `snapshot()` has something new.
    #[napi(constructor)]
    pub fn new(bridge: &Bridge, number: u32) -> Self {
        let calls = bridge.calls();
        let changes = Changes::default();
        let pending = Arc::new(AtomicBool::new(false));
        let wake = {
            let (calls, pending, note) = (calls.clone(), pending.clone(), changes.noter());
            move || {
                note();
                if !pending.swap(true, Ordering::AcqRel) {
                    calls.wake(number);
                }
            }
        };
        let events = Arc::new(EventQueue::new(wake));
        Self {
            calls,
            asks: Arc::new(CredentialRequests::new(events.clone())),
            events,
            changes,
            pending,
            session: Arc::default(),
        }
    }

    /// The count of changes in what `snapshot()` tells: one number, to be read by `Atomics.load`. It can be had once.
    #[napi]
    pub fn changes<'env>(&self, env: &'env Env) -> napi::Result<Uint32ArraySlice<'env>> {
        self.changes.array(env)
    }

    /// Starts the keeper; settles when a usable token is at hand. `store_key` seals the record.
    #[napi]
    pub fn open(&self, id: u32, config: String, credentials: String, store_key: Option<Uint8Array>) {
        match self.start(&config, &credentials, store_key.as_ref()) {
            Ok((session, patience)) => {
                self.run(id, session, move |session| async move {
                    session.opened(patience).await.map(|_| None)
                });
            }
            Err(error) => self.fail(id, error),
        }
    }

    /// Settles when there is a token that is good for a while.
    #[napi]
    pub fn token(&self, id: u32, timeout_ms: u32) {
        self.with_session(id, move |session| async move {
            session.token(millis(timeout_ms)).await.map(|_| None)
        });
    }

    /// Renews, unless there is a newer token than generation `have`.
    #[napi]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a generation that the facade was given
    pub fn renew(&self, id: u32, have: f64, timeout_ms: u32) {
        let have = Generation::from(have as u64);
        self.with_session(id, move |session| async move {
            session.renew(have, millis(timeout_ms)).await.map(|_| None)
        });
    }

    /// Goes on after a person has done what they were asked to do; settles when there is a usable token.
    #[napi]
    pub fn resume(&self, id: u32, timeout_ms: u32) {
        self.with_session(id, move |session| async move {
            session.resume(millis(timeout_ms)).await.map(|_| None)
        });
    }

    /// Answers a question about accounts; settles with one JSON text, empty if there is no such account.
    #[napi]
    pub fn accounts(&self, id: u32, question: String, timeout_ms: u32) {
        self.with_session(id, move |session| async move {
            let question: AccountCall = parsed(&question, "the question about accounts")?;
            session.accounts(&question, millis(timeout_ms)).await.map(Some)
        });
    }

    /// Makes a call; settles with the answer's JSON text.
    #[napi]
    #[allow(clippy::too_many_arguments)] // one flat crossing is cheaper than an object
    pub fn request(
        &self,
        id: u32,
        verb: String,
        path: String,
        query: String,
        body: Option<String>,
        host_purpose: Option<String>,
        timeout_ms: u32,
    ) {
        self.with_session(id, move |session| async move {
            let purpose = match host_purpose {
                Some(name) => purpose(&name)?,
                None => session.origin().environment().purpose(),
            };
            let endpoint = Endpoint {
                method: method(&verb)?,
                shape: Shape::of_answer_to(&path),
                path,
                query,
                body,
            };
            session.call(&endpoint, purpose, millis(timeout_ms)).await.map(Some)
        });
    }

    /// Whether logins and renewals are traced: their beginning is then told at once, and else with the next change.
    #[napi]
    pub fn set_traced(&self, is_traced: bool) {
        self.events.set_traced(is_traced);
    }

    /// Makes a call, `{ method, path, query, body, purpose, timeoutMs }` as JSON; settles with the server's answer, whatever it
    /// means: `{ url, status, reason, headers }` as JSON, and the body as bytes.
    #[napi]
    pub fn fetch(&self, id: u32, call: String) {
        let Some(session) = self.session.get().cloned() else {
            return self.fail(id, Error::closed());
        };
        self.run_for_value(id, session, move |session| async move {
            let call: RawCall = parsed(&call, "the call")?;
            let purpose = purpose(&call.purpose)?;
            let endpoint = Endpoint {
                method: method(&call.method)?,
                path: call.path,
                query: call.query,
                body: call.body,
                shape: Shape::Raw,
            };
            let answer = session.call_raw(&endpoint, purpose, millis(call.timeout_ms)).await?;
            let RawAnswer {
                url,
                status,
                reason,
                headers,
                body,
            } = answer;
            let head = json!({ "url": url, "status": status, "reason": reason, "headers": headers });
            Ok(CallValue {
                text: Some(head.to_string()),
                bytes: Some(body),
            })
        });
    }

    /// The token, its times, and the events since the last call.
    #[napi]
    pub fn snapshot(&self) -> String {
        self.pending.store(false, Ordering::Release);
        let asks = self.asks.drain();
        let Some(session) = self.session.get() else {
            let nothing = json!({
                "token": null, "remainingMs": 0, "freshMs": 0, "lack": null, "events": [], "asks": asks,
            });
            return nothing.to_string();
        };
        let events = self.events.drain();
        let view = session.view();
        let now = session.clock().now();
        let record = &view.record;
        let token = record.good_token(now);
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let lack = token.is_none().then(|| view.expired());
        json!({
            "token": token.map(|token| token_value(token, record.generation, record.user_id)),
            "remainingMs": token.map_or(0, |token| ms(until(now, token.expires_at))),
            "freshMs": token.map_or(0, |token| ms(until(now, earlier(token.expires_at, token.margin())))),
            "lack": lack.map(|error| error_value(&error, Some(session.clock()))),
            "events": events.iter().map(|event| event_value(session, event)).collect::<Vec<_>>(),
            "asks": asks,
        })
        .to_string()
    }

    /// The host and the URLs of a purpose, as Tradovate told them last, and the base URL that it began with; nothing before there
    /// is a session.
    #[napi]
    pub fn host(&self, name: String) -> napi::Result<Option<String>> {
        let purpose = purpose(&name).map_err(|error| napi::Error::from_reason(error.to_string()))?;
        Ok(self.session.get().map(|session| {
            let (origin, view) = (session.origin(), session.view());
            let host = json!({
                "host": origin.host(purpose, &view.record.hosts),
                "webSocketUrl": origin.web_socket(purpose, &view.record.hosts),
                "baseUrl": origin.rest(purpose, &view.record.hosts),
                "firstBaseUrl": origin.first_rest(purpose),
            });
            host.to_string()
        }))
    }

    /// The status of the session; nothing before there is one.
    #[napi]
    pub fn status(&self) -> Option<String> {
        let session = self.session.get()?;
        let view = session.view();
        let state = view.state(session.clock().now());
        Some(status_value(session, &view, state).to_string())
    }

    /// Answers a request for credentials.
    #[napi]
    pub fn provide(&self, ask: u32, credentials: String) {
        self.asks.answer(ask, parsed(&credentials, "credentials"));
    }

    /// Says that the credentials function failed; the number stands for what it threw.
    #[napi]
    pub fn decline(&self, ask: u32, reason: u32) {
        let error = Error::new(ErrorKind::Config, "login: the credentials function failed").with_thrown(reason);
        self.asks.answer(ask, Err(error));
    }

    /// Settles once nothing is under way any more for a session that was closed.
    #[napi]
    pub fn ended(&self, id: u32) {
        match self.session.get() {
            Some(session) => self.run(id, session.clone(), |session| async move {
                tokio::select! {
                    () = session.ended() => {}
                    // A disk that hangs is waited for no longer than a call.
                    () = session.clock().local().sleep(LEAST_FLIGHT * 2) => {}
                }
                Ok(None)
            }),
            None => self.calls.start(id, async { Outcome::without_session(Ok(None)) }),
        }
    }

    /// Stops the keeper; whatever else waits on the session is settled first.
    #[napi]
    pub fn close(&self, id: u32) {
        match self.session.get() {
            Some(session) => self.run(id, session.clone(), |session| async move {
                session.close().await;
                Ok(None)
            }),
            None => self.calls.start(id, async { Outcome::without_session(Ok(None)) }),
        }
    }

    fn start(
        &self,
        config: &str,
        credentials: &str,
        store_key: Option<&Uint8Array>,
    ) -> Result<(Arc<Session>, Duration), Error> {
        let store_key = store_key.map(key).transpose()?;
        let config: SessionConfig = parsed(config, "options")?;
        let credentials: Credentials = parsed(credentials, "credentials")?;
        let patience = config.patience();
        let settings = config.settings()?;
        let source: Arc<dyn CredentialsSource> = if config.asks {
            self.asks.clone()
        } else {
            Arc::new(credentials.clone())
        };
        let deps = Deps {
            api: Arc::new(tradovate()),
            store: config.store.open(store_key.as_ref(), settings.timeout, &self.events)?,
            ledger: Ledger::new(config.store.ledger(), &settings.origin),
            source,
            random: Arc::new(SystemRandom),
            clock: Arc::new(ServerClock::new(clock())),
            events: self.events.clone(),
        };
        let _guard = runtime().enter();
        let session = self
            .session
            .get_or_init(|| Arc::new(Session::start(settings, deps, credentials)))
            .clone();
        Ok((session, patience))
    }

    pub(super) fn fail(&self, id: u32, error: Error) {
        self.calls
            .start(id, async move { Outcome::without_session(Err(error)) });
    }

    pub(super) fn with_session<F>(&self, id: u32, call: impl FnOnce(Arc<Session>) -> F + Send + 'static)
    where
        F: Future<Output = Result<Option<String>, Error>> + Send + 'static,
    {
        match self.session.get() {
            Some(session) => self.run(id, session.clone(), call),
            None => self.fail(id, Error::closed()),
        }
    }

    fn run<F>(&self, id: u32, session: Arc<Session>, call: impl FnOnce(Arc<Session>) -> F + Send + 'static)
    where
        F: Future<Output = Result<Option<String>, Error>> + Send + 'static,
    {
        self.run_for_value(id, session, |session| {
            let call = call(session);
            async move { call.await.map(CallValue::from) }
        });
    }

    fn run_for_value<F>(&self, id: u32, session: Arc<Session>, call: impl FnOnce(Arc<Session>) -> F + Send + 'static)
    where
        F: Future<Output = Result<CallValue, Error>> + Send + 'static,
    {
        // Called here and not in the task: what the session shows now is what its caller knows.
        let call = call(session.clone());
        self.calls.start(id, async move {
            let result = call.await;
            Outcome {
                result,
                generation: session.view().record.generation,
                session: Some(session),
            }
        });
    }
}
