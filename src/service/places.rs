//! The places of a service's connections. Who has not shown the secret has few and for a short time, so that strangers cannot
//! keep others out; who shows it moves to the many.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

use super::server::Limits;
use crate::clock::Clock;

/// A stranger keeps a place at least this long while others wait: enough to show the secret.
const LEAST_STAY: Duration = Duration::from_millis(20);

/// Who a connection belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Stranger,
    Known,
    Displaced,
}

/// The places of one listener.
pub struct Places {
    known: Arc<Semaphore>,
    strangers: Mutex<VecDeque<Stranger>>,
    most_strangers: usize,
    freed: Notify,
    clock: Arc<dyn Clock>,
}

struct Stranger {
    standing: Arc<watch::Sender<Standing>>,
    since: Duration,
}

/// A connection's place, until it is dropped.
pub struct Place {
    places: Arc<Places>,
    standing: Arc<watch::Sender<Standing>>,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Places {
    /// Places where everybody is known from the start, or a stranger at first.
    pub fn new(limits: &Limits, has_strangers: bool, clock: Arc<dyn Clock>) -> Arc<Self> {
        let most_strangers = if has_strangers { limits.strangers.max(1) } else { 0 };
        Arc::new(Self {
            known: Arc::new(Semaphore::new(limits.connections.saturating_sub(most_strangers).max(1))),
            strangers: Mutex::default(),
            most_strangers,
            freed: Notify::new(),
            clock,
        })
    }

    /// A place for somebody who is known; none where everybody is a stranger at first.
    pub async fn for_known(self: &Arc<Self>) -> Option<Place> {
        if self.most_strangers > 0 {
            return None;
        }
        let permit = self.known.clone().acquire_owned().await.ok()?;
        Some(self.place(Standing::Known, Some(permit)))
    }

    /// A place for a stranger. If there is none, the one who has been there longest has to go.
    pub async fn for_stranger(self: &Arc<Self>) -> Place {
        loop {
            let wait = {
                let mut strangers = self.strangers();
                let now = self.clock.boot();
                let oldest = strangers.front().map_or(now, |stranger| stranger.since);
                let wait = oldest.saturating_add(LEAST_STAY).saturating_sub(now);
                if strangers.len() >= self.most_strangers
                    && wait.is_zero()
                    && let Some(oldest) = strangers.pop_front()
                {
                    displace(&oldest.standing);
                }
                if strangers.len() < self.most_strangers {
                    let place = self.place(Standing::Stranger, None);
                    strangers.push_back(Stranger {
                        standing: place.standing.clone(),
                        since: now,
                    });
                    return place;
                }
                wait
            };
            tokio::select! {
                () = self.freed.notified() => {}
                () = self.clock.sleep(wait) => {}
            }
        }
    }

    fn place(self: &Arc<Self>, standing: Standing, permit: Option<OwnedSemaphorePermit>) -> Place {
        Place {
            places: self.clone(),
            standing: Arc::new(watch::channel(standing).0),
            permit: Mutex::new(permit),
        }
    }

    fn strangers(&self) -> MutexGuard<'_, VecDeque<Stranger>> {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stranger_no_more(&self, standing: &Arc<watch::Sender<Standing>>) {
        self.strangers()
            .retain(|stranger| !Arc::ptr_eq(&stranger.standing, standing));
        self.freed.notify_one();
    }
}

impl Place {
    /// Its owner has shown the secret. If all places of those who have are taken, it stays a stranger's.
    pub fn becomes_known(&self) {
        if *self.standing.borrow() != Standing::Stranger {
            return;
        }
        let Ok(permit) = self.places.known.clone().try_acquire_owned() else {
            return;
        };
        let moved = self.standing.send_if_modified(|standing| {
            let is_here = *standing == Standing::Stranger;
            if is_here {
                *standing = Standing::Known;
            }
            is_here
        });
        if moved {
            *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = Some(permit);
            self.places.is_stranger_no_more(&self.standing);
        }
    }

    /// Ends once its owner is known; answers false if a newcomer needs the place.
    pub async fn is_kept(&self) -> bool {
        let mut standing = self.standing.subscribe();
        let settled = standing.wait_for(|standing| *standing != Standing::Stranger).await;
        settled.is_ok_and(|standing| *standing == Standing::Known)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.is_stranger_no_more(&self.standing);
    }
}

fn displace(standing: &watch::Sender<Standing>) {
    standing.send_if_modified(|standing| {
        let is_stranger = *standing == Standing::Stranger;
        if is_stranger {
            *standing = Standing::Displaced;
        }
        is_stranger
    });
}
