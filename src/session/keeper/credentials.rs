//! The credentials that a keeper logs in with. It loads newer ones from their source.

use std::{sync::Arc, time::Duration};

use super::{Keeper, closed};
use crate::{
    api::Credentials,
    error::{Error, ErrorKind},
    secret::Secret,
    session::{cooldown::Scope, login_key::LoginKey},
};

/// How long loaded credentials count as new, and how often refused ones may be loaded anew.
const RELOAD_GAP: Duration = Duration::from_secs(60);

/// Credentials, and when they came from their source.
pub(super) struct LoadedCredentials {
    pub current: Credentials,
    /// Their secrets.
    pub withheld: Arc<[Secret]>,
    /// By the boot clock: the wall clock may have been wrong then.
    loaded_at: Duration,
    /// Whether they were not used for a login since.
    pub unused: bool,
}

impl LoadedCredentials {
    pub fn new(current: Credentials, loaded_at: Duration) -> Self {
        Self {
            withheld: current.secrets().cloned().collect(),
            current,
            loaded_at,
            unused: true,
        }
    }
}

impl Keeper {
    /// Whether there are credentials to log in with that are not used and not old. Those that a ticket is for stay good.
    pub(super) fn has_credentials(&self) -> bool {
        let has_ticket = self.record.ticket(Scope::Login, self.now()).is_some();
        let is_for_ticket = has_ticket && !self.is_ticket_for_others();
        self.credentials.unused && (is_for_ticket || self.loaded_lately())
    }

    /// Whether a login's ticket was given for other credentials.
    pub(super) fn is_ticket_for_others(&self) -> bool {
        let cooldown = self.record.cooldowns.get(&Scope::Login);
        let given_for = cooldown.and_then(|cooldown| cooldown.credentials.as_ref());
        given_for.is_some_and(|given_for| !given_for.matches(&self.credentials.current))
    }

    pub(super) fn loaded_lately(&self) -> bool {
        self.deps.clock.local().boot() < self.credentials.loaded_at + RELOAD_GAP
    }

    /// Loads the credentials anew. Returns false if another session has stored a newer token before they came.
    ///
    /// # Errors
    /// What their source failed with: then there are none to log in with.
    pub(super) async fn load_credentials(&mut self) -> Result<bool, Error> {
        self.credentials.loaded_at = self.deps.clock.local().boot();
        self.credentials.unused = false;
        let generation = self.record.generation;
        let mut given = Box::pin(self.given());
        let mut watches = true;
        let credentials = loop {
            let (store, key, seen) = (self.deps.store.clone(), self.key.clone(), self.sync.seen);
            let first = async {
                tokio::select! {
                    biased;
                    credentials = &mut given => Some(credentials),
                    () = store.changed(key.as_str(), seen), if watches => None,
                }
            };
            match self.applying_stops(first).await {
                Some(credentials) => break credentials?,
                // A store that cannot be read tells of the same change again.
                None => watches = self.read().await.is_ok(),
            }
            if self.record.generation > generation {
                return Ok(false);
            }
        };
        if LoginKey::of(&self.settings.origin, &credentials) != self.key {
            let text =
                "login: the credentials are now another login's (name, appId or cid changed); open a new session";
            return Err(Error::new(ErrorKind::Config, text));
        }
        self.credentials = LoadedCredentials::new(credentials, self.credentials.loaded_at);
        Ok(true)
    }

    /// The credentials of the source, if they come in time.
    fn given(&self) -> impl Future<Output = Result<Credentials, Error>> + use<> {
        let source = self.deps.source.clone();
        let (closing, clock, timeout) = (self.closing.clone(), self.deps.clock.clone(), self.settings.timeout);
        async move {
            tokio::select! {
                biased;
                credentials = source.credentials() => credentials,
                () = closed(closing) => Err(Error::closed()),
                () = clock.local().sleep(timeout) => {
                    Err(Error::new(ErrorKind::Timeout, "login: the credentials were not given in time"))
                }
            }
        }
    }
}
