//! The calls to Tradovate, and the meaning of their answers. This module knows no session.

pub(crate) mod account;
pub mod answer;
mod auth;
pub(crate) mod failure;
mod hosts;
mod http;
mod order_operations;
mod told_hosts;
mod unauthorized;

use std::{any::Any, fmt, time::Duration};

use futures_util::future::BoxFuture;

pub use account::AccountCall;
pub use auth::{Cid, Credentials, Grant};
pub use failure::{Denial, Failure};
pub use hosts::{Environment, HostPurpose, Origin};
pub use http::{HttpTradovate, WarmPeriods};
pub use order_operations::OrderOperation;
pub use told_hosts::{HostMap, Hosts};
pub use unauthorized::Unauthorized;

use crate::{clock::DateSample, secret::Secret};

/// Calls Tradovate: over HTTP, or in a simulation.
///
/// Each call ends within its timeout, and dropping its future drops the request. None of them is repeated here, but for a
/// GET whose connection had died unnoticed before it was used again.
pub trait Tradovate: Send + Sync + 'static {
    /// Asks for a token, which opens a session. `base` is the REST base URL.
    fn request_token<'a>(
        &'a self,
        base: &'a str,
        credentials: &'a Credentials,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>>;

    /// Extends the session of a token that has not expired.
    fn renew_token<'a>(
        &'a self,
        base: &'a str,
        token: &'a Secret,
        ticket: Option<&'a Secret>,
        timeout: Duration,
    ) -> BoxFuture<'a, Reply<Grant>>;

    /// Asks the host of `base` for nothing but its `Date`: no token goes along, and no limit of a login counts it. None if no
    /// answer with a `Date` came in time.
    fn server_time<'a>(&'a self, base: &'a str, timeout: Duration) -> BoxFuture<'a, Option<DateSample>> {
        let _ = (base, timeout);
        Box::pin(std::future::ready(None))
    }

    /// Keeps a connection to the host of `base` ready, on the present runtime, until the result is dropped. None where that is
    /// of no use.
    fn keep_warm(&self, base: &str) -> Option<KeptWarm> {
        let _ = base;
        None
    }

    /// Makes any other call. Gives the answer's JSON text; it is empty if there was no body, and with [`Shape::Raw`].
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Reply<String>>;
}

/// A connection that is kept ready while this lives.
pub struct KeptWarm {
    _guard: Box<dyn Any + Send + Sync>,
}

impl KeptWarm {
    /// `guard` ends it when it is dropped.
    pub fn new(guard: impl Any + Send + Sync) -> Self {
        Self {
            _guard: Box::new(guard),
        }
    }
}

/// The result of a call.
#[derive(Debug)]
pub struct Reply<T> {
    /// The answer's meaning.
    pub outcome: Result<T, Failure>,
    /// The time that its `Date` tells; none if it has none, or a cache kept the answer.
    pub date: Option<DateSample>,
    /// The answer itself, whatever it means, of a call with [`Shape::Raw`].
    pub raw: Option<RawAnswer>,
}

/// An HTTP answer as the server sent it.
#[derive(Clone, PartialEq, Eq)]
pub struct RawAnswer {
    /// Where it came from: the URL of the call, without a ticket.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The usual name of the status; empty if it has none.
    pub reason: &'static str,
    /// Names and values of the headers that are about the answer, and not about the connection; no cookies. A value has one
    /// character for each byte.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Shows nothing that the server said.
impl fmt::Debug for RawAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawAnswer({}, {} bytes)", self.status, self.body.len())
    }
}

/// The verbs that Tradovate's API has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Acts: never sent twice.
    Post,
}

impl Method {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// The form that an answer must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A list of entities.
    List,
    /// One entity.
    Entity,
    /// One entity, or nothing.
    EntityOrNone,
    /// An object with the id of what the operation has made.
    Made(&'static OrderOperation),
    /// Any JSON, or nothing.
    Any,
    /// Whatever comes: the caller reads [`Reply::raw`].
    Raw,
}

impl Shape {
    /// The form of the answer to a call of `path`, as far as it is known.
    #[must_use]
    pub fn of_answer_to(path: &str) -> Self {
        OrderOperation::of(path).map_or(Self::Any, Self::Made)
    }
}

/// A call, but for its host and its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The verb.
    pub method: Method,
    /// The path below the REST base, such as `account/list`.
    pub path: String,
    /// The query, encoded and without the question mark; empty for none.
    pub query: String,
    /// The JSON body of a POST.
    pub body: Option<String>,
    /// The form that the answer must have.
    pub shape: Shape,
}

/// One authenticated call.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The REST base URL of the purpose.
    pub base: &'a str,
    /// The call.
    pub endpoint: &'a Endpoint,
    /// The bearer token.
    pub token: &'a Secret,
    /// The ticket of a penalty that has been waited out.
    pub ticket: Option<&'a Secret>,
    /// The time for the whole call.
    pub timeout: Duration,
}
