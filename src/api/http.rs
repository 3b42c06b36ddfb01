//! The calls over HTTP. Nothing outside this module names reqwest.

mod body;
mod clients;
mod connector;
mod received;
mod ticket;
mod warm;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use hyper::body::Bytes;
use reqwest::{
    Body, Client, RequestBuilder, Response,
    header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE},
};

pub use self::warm::WarmPeriods;
use self::{
    body::{NotedBody, Written},
    clients::{Clients, root_of},
    received::{Received, date_sample, reply, retry_after},
    ticket::{post_content, url_of},
    warm::Warmth,
};
use super::{
    Credentials, Failure, Grant, KeptWarm, Method, Reply, Request, Shape, Tradovate,
    answer::{judge_call, judge_login, judge_renewal},
    auth::{RENEW_PATH, REQUEST_PATH},
    hosts::authority_of,
};
use crate::{
    clock::{Clock, DateSample},
    secret::{Secret, printable},
    trace::{self, Notes},
};

/// How long the body of an answer that is no success is waited for.
const FAILURE_BODY_TIMEOUT: Duration = Duration::from_secs(1);
/// How long it may take to retire connections, so that no hung one holds a failure back.
const RETIRED_WITHIN: Duration = Duration::from_millis(100);
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// Tradovate over HTTP. All clones share one pool of connections.
#[derive(Clone)]
pub struct HttpTradovate {
    clients: Arc<Clients>,
    warmth: Arc<Warmth>,
    clock: Arc<dyn Clock>,
}

impl HttpTradovate {
    /// A client that trusts the certificates of `extra_roots`, in PEM, beside the system's and the bundled ones. What is no
    /// certificate is left out.
    pub fn new(clock: Arc<dyn Clock>, extra_roots: Arc<[u8]>) -> Self {
        Self::with_periods(clock, extra_roots, WarmPeriods::default())
    }

    /// The same, with other times for connections that are made ahead.
    pub fn with_periods(clock: Arc<dyn Clock>, extra_roots: Arc<[u8]>, periods: WarmPeriods) -> Self {
        let clients = Arc::new(Clients::new(extra_roots));
        Self {
            warmth: Warmth::new(clients.clone(), clock.clone(), periods),
            clients,
            clock,
        }
    }

    /// Sends a request and reads the whole answer, within `timeout`. If it ends before, the connection is dropped, and with it the
    /// idle ones: a network that is gone reports nothing.
    async fn exchange(
        &self,
        base: &str,
        request: impl Fn(&Client) -> RequestBuilder,
        content: Option<Bytes>,
        on_loss: OnLoss,
        timeout: Duration,
    ) -> Result<Received, Failure> {
        let written = Written::default();
        let begun = trace::is_traced().then(|| self.clock.boot());
        trace::note(|notes| notes.requests(base));
        let received = tokio::select! {
            received = self.receive(base, request, content, on_loss, &written) => received,
            () = self.clock.sleep(timeout) => Err(if self.clients.has(base) {
                Failure::TimedOut { sent: written.get() }
            } else {
                Failure::NotSent("no HTTP client could be made in time".into())
            }),
        };
        if let Err(Failure::TimedOut { sent: true }) = received {
            tokio::select! {
                biased;
                () = self.warmth.distrust(base) => {}
                () = self.clock.sleep(RETIRED_WITHIN) => {}
            }
        }
        if let Some(begun) = begun {
            let status = received.as_ref().ok().map(|received| received.status);
            let took = self.clock.boot().saturating_sub(begun);
            trace::note(|notes| notes.ended(status, took));
        }
        received
    }

    async fn receive(
        &self,
        base: &str,
        request: impl Fn(&Client) -> RequestBuilder,
        content: Option<Bytes>,
        on_loss: OnLoss,
        written: &Written,
    ) -> Result<Received, Failure> {
        let client = self.clients.of(base).await?;
        let _call = self.warmth.call(base).await;
        let once = || self.receive_once(client, &request, content.as_ref(), written);
        match once().await {
            Err(Failure::Lost(why)) if on_loss == OnLoss::Resend => {
                trace::note(Notes::repeats);
                match once().await {
                    // The first request was sent.
                    Err(Failure::NotSent(_)) => Err(Failure::Lost(why)),
                    received => received,
                }
            }
            received => received,
        }
    }

    async fn receive_once(
        &self,
        client: &Client,
        request: impl Fn(&Client) -> RequestBuilder,
        content: Option<&Bytes>,
        written: &Written,
    ) -> Result<Received, Failure> {
        let sent = self.clock.reading();
        let body = NotedBody::new(content.cloned(), written.clone());
        let request = request(client).header(ACCEPT, "application/json");
        let response = request.body(Body::wrap(body)).send().await;
        let mut response = response.map_err(|error| failure_of(error, written))?;
        let date = date_sample(response.headers(), sent, self.clock.reading());
        let status = response.status().as_u16();
        let retry_after = retry_after(
            response.headers(),
            date.map_or_else(|| self.clock.wall(), |sample| sample.date),
        );
        let headers = std::mem::take(response.headers_mut());
        let body = if (200..300).contains(&status) {
            body_of(response, written).await?
        } else {
            // The status decides, so an answer that was cut short, or never ends, is still an answer.
            tokio::select! {
                biased;
                body = body_of(response, written) => body.unwrap_or_default(),
                () = self.clock.sleep(FAILURE_BODY_TIMEOUT) => Vec::new(),
            }
        };
        Ok(Received {
            status,
            retry_after,
            headers,
            body,
            date,
        })
    }
}

impl Tradovate for HttpTradovate {
    fn request_token<'a>(
        &'a self,
        base: &'a str,
        credentials: &'a Credentials,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        Box::pin(async move {
            let content = Bytes::from_owner(credentials.body(ticket));
            let request = |client: &Client| {
                let request = client.post(format!("{base}/{REQUEST_PATH}"));
                request.header(CONTENT_TYPE, "application/json")
            };
            let received = self
                .exchange(base, request, Some(content), OnLoss::Report, timeout)
                .await;
            reply(received, None, judge_login)
        })
    }

    fn renew_token<'a>(
        &'a self,
        base: &'a str,
        token: &'a Secret,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>> {
        Box::pin(async move {
            let request = |client: &Client| {
                let request = client.get(url_of(base, RENEW_PATH, "", ticket));
                request.bearer_auth(token.expose())
            };
            let received = self.exchange(base, request, None, OnLoss::Report, timeout).await;
            reply(received, None, judge_renewal)
        })
    }

    fn server_time<'a>(&'a self, base: &'a str, timeout: Duration) -> BoxFuture<'a, Option<DateSample>> {
        Box::pin(async move {
            let request = |client: &Client| client.head(base);
            let received = self.exchange(base, request, None, OnLoss::Resend, timeout).await;
            received.ok()?.date
        })
    }

    fn keep_warm(&self, base: &str) -> Option<KeptWarm> {
        Some(KeptWarm::new(self.warmth.keep(base)?))
    }

    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Reply<String>> {
        Box::pin(async move {
            let Request {
                base,
                endpoint,
                token,
                ticket,
                timeout,
            } = request;
            // The ticket goes where the call's own parameters are.
            let (query_ticket, content) = match (endpoint.method, &endpoint.body) {
                (Method::Get, body) => (ticket, body.clone().map(Bytes::from)),
                (Method::Post, body) => (None, post_content(body.as_deref(), ticket)),
            };
            let send = |client: &Client| {
                let url = url_of(base, &endpoint.path, &endpoint.query, query_ticket);
                let request = match (endpoint.method, &content) {
                    (Method::Get, _) => client.get(url),
                    (Method::Post, Some(_)) => client.post(url).header(CONTENT_TYPE, "application/json"),
                    // Some servers refuse a POST that does not say how long its body is.
                    (Method::Post, None) => client
                        .post(url)
                        .header(CONTENT_TYPE, "application/json")
                        .header(CONTENT_LENGTH, 0),
                };
                request.bearer_auth(token.expose())
            };
            let on_loss = match endpoint.method {
                Method::Get => OnLoss::Resend,
                Method::Post => OnLoss::Report,
            };
            let received = self.exchange(base, send, content.clone(), on_loss, timeout).await;
            let is_raw = endpoint.shape == Shape::Raw;
            let raw_from = is_raw.then(|| url_of(base, &endpoint.path, &endpoint.query, None));
            reply(received, raw_from, |answer| judge_call(answer, endpoint.shape))
        })
    }
}

/// What to do when the connection is lost before the whole answer came. A request that was not sent yet, since a connection of
/// the pool had died, goes out on another one in either case.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnLoss {
    /// Give the loss as the failure.
    Report,
    /// Send the request again once.
    Resend,
}

async fn body_of(mut response: Response, written: &Written) -> Result<Vec<u8>, Failure> {
    let status = response.status().as_u16();
    let too_long = || Failure::Unintelligible {
        status,
        what: "a body of more than 16 MiB".into(),
    };
    let announced = response.content_length().unwrap_or(0);
    if announced > LONGEST_BODY as u64 {
        return Err(too_long());
    }
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(|error| failure_of(error, written))? {
        if body.len() + chunk.len() > LONGEST_BODY {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Makes a failure of reqwest's error: its root cause and the host, without the rest of the URL.
fn failure_of(error: reqwest::Error, written: &Written) -> Failure {
    if error.is_builder() {
        return Failure::NotSent("the request cannot be written".into());
    }
    let host = error.url().map(authority_of);
    let error = error.without_url();
    let why = printable(&root_of(&error).to_string(), []);
    if error.is_connect() || !written.get() {
        Failure::NotSent(match host {
            Some(host) => format!("{host}: {why}"),
            None => why,
        })
    } else {
        Failure::Lost(why)
    }
}
