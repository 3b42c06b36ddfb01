//! Opens a dependent: a session that takes its token from a service, and cannot ask Tradovate for one.

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, watch};

use super::{
    address::Address,
    connector::Connector,
    dependent::{Dependent, Deps},
    private::service,
    requests::{FirstToken, TokenReply, back_off, fetch_token},
    token_answer::{Expected, LEAST_WAIT, TokenAnswer, unavailable_error},
};
use crate::{
    api::{Environment, Origin, Tradovate},
    clock::{Clock, ServerClock, later},
    error::{Error, ErrorKind},
    session::{KeeperHandle, Random, Session, events::EventQueue},
    task::spawn,
};

/// The options of a dependent.
pub struct Options {
    /// The address of the service.
    pub address: Address,
    /// The only environment whose token is accepted. By default the first token decides.
    pub environment: Option<Environment>,
    /// The only user whose token is accepted. By default the first token decides.
    pub user_id: Option<i64>,
    /// Calls Tradovate, once there is a token.
    pub api: Arc<dyn Tradovate>,
    /// The local clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The queue of the session's events.
    pub events: Arc<EventQueue>,
    /// The timeout of connecting, and of one call.
    pub timeout: Duration,
    /// Whether connections to Tradovate are kept ready.
    pub keep_warm: bool,
}

/// Connects to a service and takes its token. A service that is not there, or has no token for the moment, is asked again
/// until `timeout`.
///
/// # Errors
/// [`ErrorKind::Service`] if there is none; [`ErrorKind::ServiceMismatch`] if it is somebody else's, or serves another
/// environment or user; what keeps the service from having a token, if that lasts.
pub async fn connect(options: Options) -> Result<Session, Error> {
    let clock = Arc::new(ServerClock::new(options.clock.clone()));
    let address = options.address.absolute().map_err(|error| {
        let text = format!("the address of the token service cannot be resolved: {error}");
        Error::new(ErrorKind::Service, text)
    })?;
    let connector = Arc::new(Connector::new(address, options.clock));
    let wanted = Expected {
        environment: options.environment,
        user_id: options.user_id,
        ..Expected::default()
    };
    let first = first_token(&connector, &wanted, &*options.random, options.timeout).await?;
    let wanted = wanted.check(&first.token)?;
    let base_url = first.token.first_base_url.as_ref().unwrap_or(&first.token.base_url);
    let origin = Origin::new(first.token.environment, Some(base_url)).map_err(|what| {
        Error::new(
            ErrorKind::Service,
            format!("the token service names a baseUrl that {what}"),
        )
    })?;
    let (requests, received) = mpsc::unbounded_channel();
    let (closing, closed) = watch::channel(false);
    let (ending, all_published) = watch::channel(false);
    let deps = Deps {
        connector,
        clock: clock.clone(),
        random: options.random,
        events: options.events,
        origin: origin.clone(),
        wanted,
    };
    let (dependent, views) = Dependent::new(deps, first, received, closed, ending);
    spawn(dependent.run());
    Ok(Session::kept_by(
        KeeperHandle {
            views,
            requests,
            closing,
            all_published,
        },
        options.api,
        clock,
        origin,
        options.timeout,
        options.keep_warm,
    ))
}

async fn first_token(
    connector: &Connector,
    wanted: &Expected,
    random: &dyn Random,
    timeout: Duration,
) -> Result<FirstToken, Error> {
    let clock = connector.clock();
    let end = clock.boot().saturating_add(timeout);
    let mut error = Error::new(
        ErrorKind::Timeout,
        "the token service does not answer within the timeout",
    );
    for failures in 1.. {
        let left = end.saturating_sub(clock.boot());
        let TokenReply {
            connection,
            answer,
            offset_ms,
        } = tokio::select! {
            asked = fetch_token(connector) => asked,
            () = clock.sleep(left) => return Err(error),
        };
        let (failure, wait) = match (answer, connection) {
            (Ok(TokenAnswer::Token(token)), Some(connection)) => {
                wanted.check(&token)?;
                return Ok(FirstToken {
                    connection,
                    token,
                    offset_ms,
                });
            }
            (Ok(TokenAnswer::Unavailable { why, wait }), _) => {
                let error = if wait > LEAST_WAIT {
                    unavailable_error(why).with_retry_at(later(clock.wall(), wait))
                } else {
                    unavailable_error(why)
                };
                if why.needs_person() || why == ErrorKind::Evicted {
                    return Err(error);
                }
                (error, wait)
            }
            (Err(error), _) if error.kind() != ErrorKind::Service => return Err(error),
            (Err(error), _) => (error, back_off(failures, random)),
            (Ok(_), _) => (service("the token service gives no token"), back_off(failures, random)),
        };
        if wait >= end.saturating_sub(clock.boot()) {
            return Err(failure);
        }
        error = failure;
        clock.sleep(wait).await;
    }
    Err(error)
}
