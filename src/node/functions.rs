//! The documented examples: one HTTP call each, nothing kept.

use std::time::Duration;

use napi_derive::napi;
use serde::Deserialize;

use super::{
    bridge::{Bridge, Outcome},
    input::{millis, origin, parsed},
    process::{clock, tradovate},
};
use crate::{
    api::{AccountCall, Credentials, Grant, HttpTradovate, Reply, Request, Tradovate, Unauthorized},
    clock::ServerClock,
    error::Error,
    secret::Secret,
};

#[napi]
impl Bridge {
    /// Requests a token. `options` is JSON, here and below: `{ environment, baseUrl, timeoutMs }`.
    #[napi]
    pub fn get_access_token(&self, id: u32, credentials: String, options: String) {
        self.one_call(id, &options, move |call| async move {
            let credentials: Credentials = parsed(&credentials, "credentials")?;
            let reply = call
                .api
                .request_token(&call.base, &credentials, None, call.timeout)
                .await;
            call.granted(reply, "token request", Unauthorized::Login, credentials.secrets())
        });
    }

    /// Renews a token.
    #[napi]
    pub fn renew_access_token(&self, id: u32, access_token: String, options: String) {
        self.one_call(id, &options, move |call| async move {
            let token = Secret::new(access_token);
            let reply = call.api.renew_token(&call.base, &token, None, call.timeout).await;
            call.granted(reply, "renewal", Unauthorized::Renewal, [&token])
        });
    }

    /// Lists the accounts.
    #[napi]
    pub fn get_accounts(&self, id: u32, access_token: String, options: String) {
        self.one_call(id, &options, move |call| async move {
            let token = Secret::new(access_token);
            let endpoint = AccountCall::List.endpoints().remove(0);
            let request = Request {
                base: &call.base,
                endpoint: &endpoint,
                token: &token,
                ticket: None,
                timeout: call.timeout,
            };
            let reply = call.api.call(request).await;
            call.told(reply, &endpoint.path, &token)
        });
    }

    fn one_call<F>(&self, id: u32, options: &str, make: impl FnOnce(OneCall) -> F)
    where
        F: Future<Output = Result<String, Error>> + Send + 'static,
    {
        let call = OneCall::new(options).map(make);
        self.calls().start(id, async move {
            Outcome::without_session(match call {
                Ok(call) => call.await.map(Some),
                Err(error) => Err(error),
            })
        });
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CallOptions {
    environment: String,
    base_url: Option<String>,
    timeout_ms: u32,
}

/// The parts of a single call. Times in its errors are by the local clock, since nobody keeps an offset here.
struct OneCall {
    api: HttpTradovate,
    base: String,
    timeout: Duration,
    clock: ServerClock,
}

impl OneCall {
    fn new(options: &str) -> Result<Self, Error> {
        let CallOptions {
            environment,
            base_url,
            timeout_ms,
        } = parsed(options, "options")?;
        Ok(Self {
            api: tradovate(),
            base: origin(&environment, base_url.as_deref())?.first(),
            timeout: millis(timeout_ms),
            clock: ServerClock::new(clock()),
        })
    }

    /// The text of an answer with a token, unless that has expired by the time that the answer tells. One that tells none is
    /// believed: the local clock alone may be wrong, and a token that was just granted is good.
    fn granted<'a>(
        &self,
        mut reply: Reply<Grant>,
        doing: &str,
        unauthorized: Unauthorized,
        secrets: impl IntoIterator<Item = &'a Secret>,
    ) -> Result<String, Error> {
        if let Some(sample) = &reply.date {
            self.clock.observe(sample);
        }
        if self.clock.is_told() {
            reply.outcome = reply.outcome.and_then(|grant| grant.unexpired(self.clock.now()));
        }
        reply
            .outcome
            .map(|grant| grant.text.expose().to_owned())
            .map_err(|failure| failure.to_token_error(doing, unauthorized, &self.base, self.clock.now(), secrets))
    }

    /// The text of any other answer.
    fn told(&self, reply: Reply<String>, doing: &str, token: &Secret) -> Result<String, Error> {
        reply
            .outcome
            .map_err(|failure| failure.to_error(doing, Unauthorized::TokenOrPermission, self.clock.now(), [token]))
    }
}
