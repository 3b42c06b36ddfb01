//! Connections that are ready before they are needed: against a server on this machine with TLS, in a time that the test moves.

// Times in a test are known to be in order, and a real server is waited for in real time.
#![allow(clippy::disallowed_methods, clippy::unchecked_time_subtraction)]

mod clock;
mod polite;
mod ready;
mod server;
mod unchanged;

use std::{sync::Arc, time::Duration};

use tradovate_session::{
    api::{Endpoint, Failure, HttpTradovate, KeptWarm, Method, Request, Shape, Tradovate},
    secret::Secret,
};

use self::{
    clock::{TestClock, Time},
    server::{Protocol, Server},
};

const AUTHORITY: &[u8] = include_bytes!("../../__test__/tls/authority.pem");
/// How often the idle connection is looked at, as the default has it.
const LOOK: Duration = Duration::from_millis(250);

/// A client, a server, and their time.
struct World {
    time: Arc<Time>,
    clock: Arc<TestClock>,
    server: Server,
    api: HttpTradovate,
}

impl World {
    async fn new(protocol: Protocol, idle: Option<Duration>) -> Self {
        let time = Arc::new(Time::default());
        let clock = time.clock();
        let server = Server::start(protocol, idle, time.clock()).await;
        let api = HttpTradovate::new(clock.clone(), AUTHORITY.into());
        Self {
            time,
            clock,
            server,
            api,
        }
    }

    fn keep(&self) -> KeptWarm {
        self.api.keep_warm(&self.server.base).unwrap()
    }

    /// Lets a time pass in which the host's task does all that it wants.
    async fn pass(&self, time: Duration) {
        let end = self.time.now() + time;
        loop {
            self.clock.settled(1).await;
            self.server.settled().await;
            let now = self.time.now();
            if now >= end {
                return;
            }
            self.time.advance((now + LOOK).min(end));
        }
    }

    async fn call(&self, method: Method) -> Result<String, Failure> {
        let endpoint = Endpoint {
            method,
            path: "order/item".into(),
            query: String::new(),
            body: None,
            shape: Shape::Any,
        };
        let request = Request {
            base: &self.server.base,
            endpoint: &endpoint,
            token: &Secret::new("a-token"),
            ticket: None,
            timeout: Duration::from_secs(30),
        };
        self.api.call(request).await.outcome
    }

    /// Makes a call, and says whether it was served by a connection that was ready before.
    async fn finds_one_ready(&self, method: Method) -> bool {
        let ready = self.server.handshakes();
        self.call(method).await.unwrap();
        self.server.last_to_serve() < ready
    }
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}
