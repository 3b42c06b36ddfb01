//! The slots of a service's connections. Connections that have not shown the secret have few slots and a short life, so that they
//! cannot shut out the dependents. A connection that shows it moves to the larger part.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

use super::limits::Limits;
use crate::{clock::Clock, mutex::lock};

/// A connection keeps its slot at least this long while others wait: enough to show the secret.
const LEAST_STAY: Duration = Duration::from_millis(20);

/// The state of a connection's authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Unauthenticated,
    Authenticated,
    Displaced,
}

/// The slots of one listener.
pub struct Slots {
    authenticated: Arc<Semaphore>,
    unauthenticated: Mutex<VecDeque<Unauthenticated>>,
    most_unauthenticated: usize,
    freed: Notify,
    clock: Arc<dyn Clock>,
}

struct Unauthenticated {
    standing: Arc<watch::Sender<Standing>>,
    since: Duration,
}

/// A connection's slot, until it is dropped.
pub struct Slot {
    slots: Arc<Slots>,
    standing: Arc<watch::Sender<Standing>>,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Slots {
    /// The slots of a listener whose connections must show the secret, or need not.
    pub fn new(limits: &Limits, needs_secret: bool, clock: Arc<dyn Clock>) -> Arc<Self> {
        let most_unauthenticated = if needs_secret { limits.unauthenticated.max(1) } else { 0 };
        Arc::new(Self {
            authenticated: Arc::new(Semaphore::new(
                limits.connections.saturating_sub(most_unauthenticated).max(1),
            )),
            unauthenticated: Mutex::default(),
            most_unauthenticated,
            freed: Notify::new(),
            clock,
        })
    }

    /// A slot for a connection that need not show the secret. None where each must.
    pub async fn for_authenticated(self: &Arc<Self>) -> Option<Slot> {
        if self.most_unauthenticated > 0 {
            return None;
        }
        let permit = self.authenticated.clone().acquire_owned().await.ok()?;
        Some(self.slot(Standing::Authenticated, Some(permit)))
    }

    /// A slot for a connection that has yet to show the secret. If none is free, the oldest such connection is closed.
    pub async fn for_unauthenticated(self: &Arc<Self>) -> Slot {
        loop {
            let wait = {
                let mut unauthenticated = self.unauthenticated();
                let now = self.clock.boot();
                let oldest = unauthenticated.front().map_or(now, |connection| connection.since);
                let wait = oldest.saturating_add(LEAST_STAY).saturating_sub(now);
                if unauthenticated.len() >= self.most_unauthenticated
                    && wait.is_zero()
                    && let Some(oldest) = unauthenticated.pop_front()
                {
                    displace(&oldest.standing);
                }
                if unauthenticated.len() < self.most_unauthenticated {
                    let slot = self.slot(Standing::Unauthenticated, None);
                    unauthenticated.push_back(Unauthenticated {
                        standing: slot.standing.clone(),
                        since: now,
                    });
                    return slot;
                }
                wait
            };
            tokio::select! {
                () = self.freed.notified() => {}
                () = self.clock.sleep(wait) => {}
            }
        }
    }

    fn slot(self: &Arc<Self>, standing: Standing, permit: Option<OwnedSemaphorePermit>) -> Slot {
        Slot {
            slots: self.clone(),
            standing: Arc::new(watch::channel(standing).0),
            permit: Mutex::new(permit),
        }
    }

    fn unauthenticated(&self) -> MutexGuard<'_, VecDeque<Unauthenticated>> {
        lock(&self.unauthenticated)
    }

    fn leave_unauthenticated(&self, standing: &Arc<watch::Sender<Standing>>) {
        self.unauthenticated()
            .retain(|connection| !Arc::ptr_eq(&connection.standing, standing));
        self.freed.notify_one();
    }
}

impl Slot {
    /// Notes that the connection has shown the secret. If no slot of the larger part is free, it keeps its own.
    pub fn authenticate(&self) {
        if *self.standing.borrow() != Standing::Unauthenticated {
            return;
        }
        let Ok(permit) = self.slots.authenticated.clone().try_acquire_owned() else {
            return;
        };
        let moved = self.standing.send_if_modified(|standing| {
            let is_here = *standing == Standing::Unauthenticated;
            if is_here {
                *standing = Standing::Authenticated;
            }
            is_here
        });
        if moved {
            *lock(&self.permit) = Some(permit);
            self.slots.leave_unauthenticated(&self.standing);
        }
    }

    /// Completes once the connection has shown the secret. Returns false if a newer connection needs the slot.
    pub async fn is_kept(&self) -> bool {
        let mut standing = self.standing.subscribe();
        let settled = standing
            .wait_for(|standing| *standing != Standing::Unauthenticated)
            .await;
        settled.is_ok_and(|standing| *standing == Standing::Authenticated)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.leave_unauthenticated(&self.standing);
    }
}

fn displace(standing: &watch::Sender<Standing>) {
    standing.send_if_modified(|standing| {
        let is_unauthenticated = *standing == Standing::Unauthenticated;
        if is_unauthenticated {
            *standing = Standing::Displaced;
        }
        is_unauthenticated
    });
}
