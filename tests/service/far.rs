//! A dependent with a Tradovate of its own, so that what it asks of it is told apart from what the service asks.

use std::{sync::Arc, time::Duration};

use tradovate_session::{
    api::AccountCall,
    error::Error,
    service::{Address, client},
    session::{Session, events::EventQueue},
};

use crate::{
    raw::SOON,
    support::{Even, Seen, World},
};

/// A dependent, and the Tradovate that it calls.
pub struct Far {
    pub world: World,
    pub session: Session,
    pub events: Arc<EventQueue>,
}

pub fn options(world: &World, address: &Address) -> client::Options {
    client::Options {
        address: address.clone(),
        environment: None,
        user_id: None,
        api: world.tradovate.clone(),
        clock: world.clock.clone(),
        random: Arc::new(Even::default()),
        events: Arc::new(EventQueue::new(|| {})),
        timeout: Duration::from_secs(3),
        keep_warm: false,
    }
}

impl Far {
    pub async fn at(address: &Address) -> Self {
        Self::with(address, |_| {}).await.unwrap()
    }

    pub async fn with(address: &Address, set: impl FnOnce(&mut client::Options)) -> Result<Self, Error> {
        let world = World::new();
        let mut options = options(&world, address);
        set(&mut options);
        let events = options.events.clone();
        let session = client::connect(options).await?;
        Ok(Self { world, session, events })
    }

    pub fn token(&self) -> Option<String> {
        let view = self.session.view();
        let token = view.record.good_token(self.session.clock().now())?;
        Some(token.access_token.expose().to_owned())
    }

    pub async fn list(&self) -> Result<String, Error> {
        self.session.accounts(&AccountCall::List, Duration::from_secs(3)).await
    }

    pub async fn post(&self) -> Result<String, Error> {
        self.session
            .accounts(&AccountCall::CashBalance { account_id: 1 }, Duration::from_secs(3))
            .await
    }

    /// Waits until it shows what is wanted.
    pub async fn shows(&self, wanted: impl Fn(&Self) -> bool) {
        let mut views = self.session.views();
        let shown = async {
            while !wanted(self) {
                views.changed().await.unwrap();
            }
        };
        let is_shown = tokio::time::timeout(SOON, shown).await.is_ok();
        assert!(is_shown, "it does not show what is wanted: {:?}", self.session.view());
    }

    pub fn has(&self, generation: u64) -> bool {
        self.session.view().record.generation == generation.into() && self.token().is_some()
    }

    pub fn assert_no_auth_call(&self) {
        for call in [
            Seen::Login,
            Seen::LoginWithTicket,
            Seen::Renewal,
            Seen::RenewalWithTicket,
        ] {
            assert_eq!(self.world.count(call), 0);
        }
    }
}
