//! A look into a store, without a session.

use std::{sync::Arc, time::Duration};

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use serde::Deserialize;

use super::{
    bridge::{Bridge, Outcome},
    input::{origin, parsed},
    json::standing_value,
    process::clock,
    store::{Key, StoreConfig, key},
};
use crate::{
    api::Credentials,
    clock::ServerClock,
    error::Error,
    session::{events::EventQueue, login_key::LoginKey, stored::stored_view},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Config {
    environment: String,
    base_url: Option<String>,
    store: StoreConfig,
}

#[napi]
impl Bridge {
    /// The status of a login by its store alone: it has no counts, and is nothing if nothing is stored. Of the credentials
    /// only name, appId and cid count.
    #[napi]
    pub fn stored_status(&self, id: u32, config: String, identity: String, store_key: Option<Uint8Array>) {
        let key = store_key.as_ref().map(key).transpose();
        self.calls().start(id, async move {
            let result = match key {
                Ok(key) => look(&config, &identity, key.as_ref()).await,
                Err(error) => Err(error),
            };
            Outcome::without_session(result)
        });
    }
}

async fn look(config: &str, identity: &str, key: Option<&Key>) -> Result<Option<String>, Error> {
    let config: Config = parsed(config, "options")?;
    let identity: Credentials = parsed(identity, "credentials")?;
    let origin = origin(&config.environment, config.base_url.as_deref())?;
    // A store that was named has no events: what is wrong with it is this call's error. No lease is taken, so it does not
    // matter how long one would last.
    let store = config
        .store
        .open(key, Duration::ZERO, &Arc::new(EventQueue::new(|| {})))?;
    let clock = ServerClock::new(clock());
    let view = stored_view(&*store, &LoginKey::of(&origin, &identity), &clock).await?;
    Ok(view.map(|view| standing_value(&view, view.state(clock.now()), &clock).to_string()))
}
