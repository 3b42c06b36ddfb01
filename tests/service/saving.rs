//! A token is handed on when it is saved: a service that dies before that must not have given its number away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tradovate_session::{
    error::Error,
    session::{Deps, Session},
    store::{Entry, Lease, MemoryStore, Revision, Store},
};

use crate::{
    raw::{exchange, limits, private_folder, request, socket_in, start},
    support::{TIMEOUT, World, credentials},
};

/// A store in which a token of generation 2 is saved only when the gate is opened.
#[derive(Default)]
struct Gated {
    store: MemoryStore,
    open: AtomicBool,
    gate: Notify,
}

impl Store for Gated {
    fn lease<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lease, Error>> {
        self.store.lease(key)
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.store.read(key)
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        entry: Entry,
        before: Revision,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let held_back = entry.text.expose().contains("\"generation\":2") && !self.open.load(Ordering::SeqCst);
            if held_back {
                self.gate.notified().await;
            }
            self.store.write(key, entry, before, lease).await
        })
    }
}

#[tokio::test]
#[allow(clippy::disallowed_methods)] // the service is in real time
async fn promise_24_a_token_is_handed_on_when_it_is_saved() {
    let world = World::new();
    let store = Arc::new(Gated::default());
    let credentials = credentials("pw");
    let deps = Deps {
        store: store.clone(),
        ..world.deps(&credentials)
    };
    let session = Arc::new(Session::start(world.settings(), deps, credentials));
    session.opened(TIMEOUT).await.unwrap();
    let folder = private_folder();
    let service = start(&session, socket_in(&folder), limits()).await.unwrap();
    let renewal = tokio::spawn({
        let session = session.clone();
        async move { session.renew(1.into(), TIMEOUT).await.map(|_| ()) }
    });
    while session.view().record.generation.get() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let poll = request(service.address(), "GET", "/v1/token?after=1&wait=1", &[], "");
    let early = exchange(service.address(), &poll).await;
    assert_eq!(early.status, 200, "a poll that has no more time gets what there is");
    let poll = request(service.address(), "GET", "/v1/token?after=1&wait=60", &[], "");
    let mut waiting = Box::pin(exchange(service.address(), &poll));
    tokio::select! {
        _ = &mut waiting => panic!("a token was handed on that is not saved"),
        () = tokio::time::sleep(Duration::from_millis(500)) => {}
    }
    store.open.store(true, Ordering::SeqCst);
    store.gate.notify_one();
    assert_eq!(waiting.await.json()["generation"], 2);
    renewal.await.unwrap().unwrap();
}
