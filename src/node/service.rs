//! A token service as the facade holds it, and a session whose token comes from one.

use std::sync::{Arc, Mutex};

use napi_derive::napi;
use serde::Deserialize;
use serde_json::json;

use super::{
    bridge::{Bridge, CallValue, Calls, Outcome},
    input::{millis, parsed},
    process::{SystemRandom, clock, tradovate},
    session::SessionHandle,
};
use crate::{
    api::Environment,
    error::Error,
    mutex::lock,
    service::{Address, Bound, Limits, Options, Service, client},
    session::{Session, token::Generation},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ServeOptions {
    address: Address,
    metrics_port: Option<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConnectOptions {
    address: Address,
    environment: Option<Environment>,
    user_id: Option<i64>,
    timeout_ms: u32,
    keep_warm: bool,
}

/// The content of a handle.
enum Held {
    Nothing,
    /// An address for the service to come.
    Bound(Box<Bound>),
    Open(Service),
}

type Place = Arc<Mutex<Held>>;

/// Replaces the content of a handle. Returns the old one.
fn swap(place: &Place, held: Held) -> Held {
    std::mem::replace(&mut *lock(place), held)
}

/// A token service as the facade holds it.
#[napi]
pub struct ServiceHandle {
    calls: Arc<Calls>,
    place: Place,
}

#[napi]
impl ServiceHandle {
    /// A service that [`SessionHandle::serve`] opens.
    #[napi(constructor)]
    pub fn new(bridge: &Bridge) -> Self {
        Self {
            calls: bridge.calls(),
            place: Arc::new(Mutex::new(Held::Nothing)),
        }
    }

    /// Takes an address for a service that [`SessionHandle::serve`] opens later.
    #[napi]
    pub fn bind(&self, id: u32, options: String) {
        let place = self.place.clone();
        self.calls.start(id, async move {
            let bound = async {
                let ServeOptions { address, metrics_port } = parsed(&options, "options")?;
                Bound::at(&address, metrics_port).await
            };
            let bound = bound.await.map(|bound| {
                swap(&place, Held::Bound(Box::new(bound)));
                None
            });
            Outcome::without_session(bound)
        });
    }

    /// Dependents that wait for the next token now; none if no service is open.
    #[napi]
    pub fn dependents(&self) -> u32 {
        match &*lock(&self.place) {
            Held::Open(service) => service.dependents(),
            Held::Nothing | Held::Bound(_) => 0,
        }
    }

    /// Ends the service, and every connection to it, or gives up what is bound.
    #[napi]
    pub fn close(&self, id: u32) {
        let place = self.place.clone();
        self.calls.start(id, async move {
            if let Held::Open(open) = swap(&place, Held::Nothing) {
                open.close().await;
            }
            Outcome::without_session(Ok(None))
        });
    }
}

#[napi]
impl SessionHandle {
    /// Opens a service for this session's token, where its handle is bound or else where the options say; settles with its
    /// address, and the port for metrics, as JSON.
    #[napi]
    pub fn serve(&self, id: u32, service: &ServiceHandle, options: String) {
        let place = service.place.clone();
        self.with_session(id, move |session| async move {
            let opened = if let Held::Bound(bound) = swap(&place, Held::Nothing) {
                Service::on(*bound, &session, Limits::default())?
            } else {
                let ServeOptions { address, metrics_port } = parsed(&options, "options")?;
                let options = Options {
                    session,
                    address,
                    metrics_port,
                    limits: Limits::default(),
                };
                Service::start(options).await?
            };
            let told = json!({ "address": opened.address(), "metricsPort": opened.metrics_port() });
            swap(&place, Held::Open(opened));
            Ok(Some(told.to_string()))
        });
    }

    /// Becomes a dependent of a service; settles when its token is here.
    #[napi]
    pub fn connect(&self, id: u32, options: String) {
        match self.dependent(&options) {
            Ok(options) => {
                let place = self.session.clone();
                self.calls.start(id, async move {
                    let connected = client::connect(options).await;
                    let session = connected.map(|session| place.get_or_init(|| Arc::new(session)).clone());
                    Outcome {
                        generation: session.as_ref().map(|session| generation(session)).unwrap_or_default(),
                        session: session.as_ref().ok().cloned(),
                        result: session.map(|_| CallValue::default()),
                    }
                });
            }
            Err(error) => self.fail(id, error),
        }
    }

    fn dependent(&self, options: &str) -> Result<client::Options, Error> {
        let ConnectOptions {
            address,
            environment,
            user_id,
            timeout_ms,
            keep_warm,
        } = parsed(options, "options")?;
        Ok(client::Options {
            address,
            environment,
            user_id,
            api: Arc::new(tradovate()),
            clock: clock(),
            random: Arc::new(SystemRandom),
            events: self.events.clone(),
            timeout: millis(timeout_ms),
            keep_warm,
        })
    }
}

fn generation(session: &Session) -> Generation {
    session.view().record.generation
}
