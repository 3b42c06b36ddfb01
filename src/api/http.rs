//! The calls over HTTP. Nothing outside this module names reqwest.

mod body;
mod clients;
mod connector;
mod received;
mod warm;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use hyper::body::Bytes;
use reqwest::{
    Body, Client, RequestBuilder, Response,
    header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE},
};
use serde::de::IgnoredAny;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

pub use self::warm::WarmPeriods;
use self::{
    body::{NotedBody, Written},
    clients::{Clients, root_of},
    received::{Received, date_sample, reply, retry_after},
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
const LONGEST_BODY: usize = 16 * 1024 * 1024;
/// How often a request is sent again that the server says it has not looked at.
const MOST_RESENDS: u32 = 2;

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

    /// Sends a request and reads the whole answer, within `timeout`. If it ends before, the connection is dropped.
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
        let mut resends = 0;
        let (mut response, sent) = loop {
            let sent = self.clock.reading();
            let body = NotedBody::new(content.cloned(), written.clone());
            let request = request(client).header(ACCEPT, "application/json");
            match request.body(Body::wrap(body)).send().await {
                Ok(response) => break (response, sent),
                Err(error) if resends < MOST_RESENDS && is_unprocessed(&error) => {
                    resends += 1;
                    trace::note(Notes::repeats);
                }
                Err(error) => return Err(failure_of(error, written)),
            }
        };
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

fn url_of(base: &str, path: &str, query: &str, ticket: Option<&Secret>) -> String {
    let mut url = format!("{base}/{path}");
    let ticket = ticket.map(|ticket| {
        Serializer::new(String::new())
            .append_pair("p-ticket", ticket.expose())
            .finish()
    });
    for (part, mark) in [Some(query), ticket.as_deref()]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .zip("?&".chars())
    {
        url.push(mark);
        url.push_str(part);
    }
    url
}

/// The content of a POST, if it has any: a ticket makes one where there is no body.
fn post_content(body: Option<&str>, ticket: Option<&Secret>) -> Option<Bytes> {
    let body = body.or(ticket.map(|_| "{}"))?;
    Some(Bytes::from_owner(with_ticket(body, ticket)))
}

/// The body of a POST with the ticket of a penalty beside its own fields, if it has fields.
fn with_ticket(body: &str, ticket: Option<&Secret>) -> Zeroizing<String> {
    let object = body.trim_end().strip_suffix('}').filter(|_| is_object(body));
    let (Some(open), Some(ticket)) = (object, ticket) else {
        return Zeroizing::new(body.to_owned());
    };
    let comma = if open.trim().len() > 1 { "," } else { "" };
    let ticket = Zeroizing::new(serde_json::Value::from(ticket.expose()).to_string());
    // Made in one piece: a text that grows may move and leave a copy behind.
    Zeroizing::new([open, comma, "\"p-ticket\":", &ticket, "}"].concat())
}

fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok()
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

/// Whether a server that speaks HTTP/2 says that it has not looked at the request.
fn is_unprocessed(error: &reqwest::Error) -> bool {
    root_of(error).downcast_ref::<h2::Error>().is_some_and(|error| {
        let goes_away = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
        let refuses = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
        error.is_remote() && (goes_away || refuses)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_its_query_and_ticket_encoded() {
        let ticket = Secret::new("a&b=c");
        assert_eq!(url_of("http://h/v1", "a/b", "", None), "http://h/v1/a/b");
        assert_eq!(url_of("http://h/v1", "a/b", "x=1", None), "http://h/v1/a/b?x=1");
        assert_eq!(
            url_of("http://h/v1", "a/b", "x=1", Some(&ticket)),
            "http://h/v1/a/b?x=1&p-ticket=a%26b%3Dc"
        );
        assert_eq!(
            url_of("http://h/v1", "a/b", "", Some(&ticket)),
            "http://h/v1/a/b?p-ticket=a%26b%3Dc"
        );
    }

    #[test]
    fn a_ticket_goes_beside_the_fields_of_a_body_that_has_fields() {
        let ticket = Secret::new("t\"1");
        let with = |body| with_ticket(body, Some(&ticket)).to_string();
        assert_eq!(with(r#"{"accountId":9}"#), r#"{"accountId":9,"p-ticket":"t\"1"}"#);
        assert_eq!(with(" { } \n"), r#" { "p-ticket":"t\"1"}"#);
        for body in ["", "[1]", "7", "\"{}\"", "{", "{}}"] {
            assert_eq!(with(body), body);
        }
        assert_eq!(*with_ticket(r#"{"a":1}"#, None), r#"{"a":1}"#);
    }

    #[test]
    fn promise_7_a_post_without_a_body_has_one_for_its_ticket() {
        let ticket = Secret::new("t");
        let content = |body, ticket| post_content(body, ticket).map(|bytes| bytes.to_vec());
        assert_eq!(content(None, None), None);
        assert_eq!(content(None, Some(&ticket)).unwrap(), br#"{"p-ticket":"t"}"#);
        assert_eq!(
            content(Some(r#"{"a":1}"#), Some(&ticket)).unwrap(),
            br#"{"a":1,"p-ticket":"t"}"#
        );
        assert_eq!(content(Some("[1]"), None).unwrap(), b"[1]");
    }
}
