//! How a dependent asks its service: for the token, for a newer one, and to be heard about one that failed.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use hyper::Method;
use jiff::Timestamp;

use super::{
    line::{Connection, Line},
    told::{Told, read},
    wire::{Heard, REJECTED, Rejected, SharedToken, TOKEN},
};
use crate::{
    error::{Error, ErrorKind},
    session::Dice,
};

/// How long a poll waits for news: short enough to notice a service that was stopped in its tracks.
const POLL: Duration = Duration::from_secs(30);
/// For an answer that the service has at hand.
const PROMPT: Duration = Duration::from_secs(5);
/// For a report, which may have to wait for a call to Tradovate.
const REPORT: Duration = Duration::from_secs(40);
/// An answer this quick tells the time.
const QUICK: Duration = Duration::from_secs(1);
/// What those whose connection broke together are spread over.
const SPREAD: Duration = Duration::from_millis(200);
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(2);
const LEAST_BACK_OFF: Duration = Duration::from_millis(20);

/// The token that a dependent starts with.
pub struct First {
    /// The connection that it came on.
    pub connection: Connection,
    /// The token.
    pub token: Box<SharedToken>,
    /// The service's offset from this machine's clock, if it answered quickly enough to tell.
    pub offset_ms: Option<i64>,
}

/// What asking came to.
pub struct Asked {
    /// The connection, if it can be used again.
    pub connection: Option<Connection>,
    /// What was learned.
    pub told: Result<Told, Error>,
    /// The service's offset from this machine's clock, if it answered quickly enough to tell.
    pub offset_ms: Option<i64>,
}

/// Asks for the token as it is now, on a new connection: what answers may be another service than before.
pub async fn ask_now(line: &Line) -> Asked {
    let asked = async {
        let mut connection = line.open().await?;
        let sent = line.clock().boot();
        let said = line.ask(&mut connection, Method::GET, TOKEN, None, PROMPT).await?;
        let quick = line.clock().boot().saturating_sub(sent) < QUICK;
        Ok((connection, read(&said)?, quick))
    };
    match asked.await {
        Ok((connection, told, quick)) => {
            let offset_ms = match &told {
                Told::Token(token) if quick => {
                    Some(token.server_time.as_millisecond() - line.clock().wall().as_millisecond())
                }
                _ => None,
            };
            Asked {
                connection: Some(connection),
                told: Ok(told),
                offset_ms,
            }
        }
        Err(error) => Asked {
            connection: None,
            told: Err(error),
            offset_ms: None,
        },
    }
}

/// What a dependent has, when it asks for news.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its token's generation.
    pub generation: u64,
    /// The end of the stop that it was last told of.
    pub stop: Option<Timestamp>,
}

/// Waits for news on a connection that stands; asks on a new one if it does not stand any more.
#[must_use]
pub fn poll(
    line: Arc<Line>,
    connection: Option<Connection>,
    known: Known,
    pause: Duration,
    spread: f64,
) -> BoxFuture<'static, Asked> {
    Box::pin(async move {
        line.clock().sleep(pause).await;
        if let Some(mut connection) = connection {
            let Known { generation, stop } = known;
            let stop = stop.map_or("none".to_owned(), |stop| stop.to_string());
            let target = format!("{TOKEN}?after={generation}&wait={}&stop={stop}", POLL.as_secs());
            let said = line
                .ask(&mut connection, Method::GET, &target, None, POLL + PROMPT)
                .await
                .and_then(|said| read(&said));
            if let Ok(told) = said {
                return Asked {
                    connection: Some(connection),
                    told: Ok(told),
                    offset_ms: None,
                };
            }
            line.clock().sleep(SPREAD.mul_f64(spread)).await;
        }
        ask_now(&line).await
    })
}

/// Reports how a call with the token was answered.
#[must_use]
pub fn report(line: Arc<Line>, rejected: Rejected) -> BoxFuture<'static, Result<Heard, Error>> {
    Box::pin(async move {
        let body = serde_json::to_vec(&rejected).unwrap_or_default();
        let mut connection = line.open().await?;
        let said = line
            .ask(&mut connection, Method::POST, REJECTED, Some(body), REPORT)
            .await?;
        match said.status {
            202 => serde_json::from_slice(&said.body).ok(),
            _ => None,
        }
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Service,
                format!("the token service answers a report with {}", said.status),
            )
        })
    })
}

/// Full jitter up to a ceiling that doubles with each failure: short, since the way is short and asking costs Tradovate
/// nothing.
pub fn back_off(failures: u32, dice: &dyn Dice) -> Duration {
    FIRST_BACK_OFF
        .saturating_mul(1_u32 << failures.saturating_sub(1).min(16))
        .min(LONGEST_BACK_OFF)
        .mul_f64(dice.unit().clamp(0.0, 1.0))
        .max(LEAST_BACK_OFF)
}
