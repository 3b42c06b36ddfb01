//! The requests of a dependent to its service. It fetches the token, polls for a newer one, and reports calls that failed.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use hyper::Method;
use jiff::Timestamp;

use super::{
    connector::{Connection, Connector},
    protocol::{REJECTED, Report, ReportReply, SharedToken, TOKEN},
    token_answer::{TokenAnswer, read_token_answer},
};
use crate::{
    backoff::Backoff,
    error::{Error, ErrorKind},
    session::{Random, token::Generation},
};

/// How long a poll waits for a newer token. A service that was stopped (`SIGSTOP`) is noticed after this time.
const POLL: Duration = Duration::from_secs(30);
/// The timeout of a request that the service answers without a call to Tradovate.
const PROMPT: Duration = Duration::from_secs(5);
/// The timeout of a report: the service may call Tradovate before it answers.
const REPORT: Duration = Duration::from_secs(40);
/// The service's time is taken from an answer that came within this time.
const QUICK: Duration = Duration::from_secs(1);
/// Dependents whose connections broke together reconnect within this time, each at a random moment.
const SPREAD: Duration = Duration::from_millis(200);
/// Short, since these requests stay on this machine and cost no call to Tradovate.
const BACK_OFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
const LEAST_BACK_OFF: Duration = Duration::from_millis(20);

/// The first token of a dependent, and the connection that it came on.
pub struct FirstToken {
    /// The connection that it came on.
    pub connection: Connection,
    /// The token.
    pub token: Box<SharedToken>,
    /// The service's offset from this machine's clock, if it answered quickly enough to tell.
    pub offset_ms: Option<i64>,
}

/// The outcome of a request for the token.
pub struct TokenReply {
    /// The connection, if it can be used again.
    pub connection: Option<Connection>,
    /// The service's answer.
    pub answer: Result<TokenAnswer, Error>,
    /// The service's offset from this machine's clock, if it answered quickly enough to tell.
    pub offset_ms: Option<i64>,
}

/// Fetches the present token on a new connection. Another service than before may answer.
pub async fn fetch_token(connector: &Connector) -> TokenReply {
    let asked = async {
        let mut connection = connector.connect().await?;
        let sent = connector.clock().boot();
        let response = connector
            .send(&mut connection, Method::GET, TOKEN, None, PROMPT)
            .await?;
        let quick = connector.clock().boot().saturating_sub(sent) < QUICK;
        Ok((connection, read_token_answer(&response)?, quick))
    };
    match asked.await {
        Ok((connection, answer, quick)) => {
            let offset_ms = match &answer {
                TokenAnswer::Token(token) if quick => {
                    Some(token.server_time.as_millisecond() - connector.clock().wall().as_millisecond())
                }
                _ => None,
            };
            TokenReply {
                connection: Some(connection),
                answer: Ok(answer),
                offset_ms,
            }
        }
        Err(error) => TokenReply {
            connection: None,
            answer: Err(error),
            offset_ms: None,
        },
    }
}

/// The state of a dependent, which the service compares with its own.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its token's generation.
    pub generation: Generation,
    /// The end of the stop that the service told of last.
    pub stop: Option<Timestamp>,
}

/// Polls on an open connection until the service has something newer than `known`. Fetches the token on a new connection if that
/// one is closed.
#[must_use]
pub fn poll(
    connector: Arc<Connector>,
    connection: Option<Connection>,
    known: Known,
    pause: Duration,
    spread: f64,
) -> BoxFuture<'static, TokenReply> {
    Box::pin(async move {
        connector.clock().sleep(pause).await;
        if let Some(mut connection) = connection {
            let Known { generation, stop } = known;
            let stop = stop.map_or("none".to_owned(), |stop| stop.to_string());
            let target = format!("{TOKEN}?after={generation}&wait={}&stop={stop}", POLL.as_secs());
            let response = connector
                .send(&mut connection, Method::GET, &target, None, POLL + PROMPT)
                .await
                .and_then(|response| read_token_answer(&response));
            if let Ok(answer) = response {
                return TokenReply {
                    connection: Some(connection),
                    answer: Ok(answer),
                    offset_ms: None,
                };
            }
            connector.clock().sleep(SPREAD.mul_f64(spread)).await;
        }
        fetch_token(&connector).await
    })
}

/// Reports how a call with the token was answered.
#[must_use]
pub fn report(connector: Arc<Connector>, rejected: Report) -> BoxFuture<'static, Result<ReportReply, Error>> {
    Box::pin(async move {
        let body = serde_json::to_vec(&rejected).unwrap_or_default();
        let mut connection = connector.connect().await?;
        let response = connector
            .send(&mut connection, Method::POST, REJECTED, Some(body), REPORT)
            .await?;
        match response.status {
            202 => serde_json::from_slice(&response.body).ok(),
            _ => None,
        }
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Service,
                format!("the token service answers a report with {}", response.status),
            )
        })
    })
}

/// The back-off after failures in a row.
pub fn back_off(failures: u32, random: &dyn Random) -> Duration {
    BACK_OFF.jittered(failures, random.unit(), LEAST_BACK_OFF)
}
