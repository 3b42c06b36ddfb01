//! A time that passes only when the test says so.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;
use tradovate_session::clock::{Clock, later};

/// A deadline for what takes no time by the test's clock.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often others get their turn before a wait is worth a timer.
const TURNS: usize = 200;

pub struct Time {
    now: watch::Sender<Duration>,
    /// Who looks at it later than it passes.
    asleep: Mutex<Duration>,
}

impl Default for Time {
    fn default() -> Self {
        let start = Duration::from_secs(1_000);
        Self {
            now: watch::channel(start).0,
            asleep: Mutex::new(Duration::ZERO),
        }
    }
}

impl Time {
    /// A clock that shows this time.
    pub fn clock(self: &Arc<Self>) -> Arc<TestClock> {
        Arc::new(TestClock {
            time: self.clone(),
            sleepers: Arc::default(),
        })
    }

    pub fn now(&self) -> Duration {
        *self.now.borrow() + *self.asleep.lock().unwrap()
    }

    pub fn advance(&self, to: Duration) {
        let asleep = *self.asleep.lock().unwrap();
        self.now.send_replace(to - asleep);
    }

    /// The machine sleeps: time passes, and nothing that waits for it wakes up.
    pub fn sleep_through(&self, time: Duration) {
        *self.asleep.lock().unwrap() += time;
    }
}

pub struct TestClock {
    time: Arc<Time>,
    /// Until when who sleeps, by number.
    sleepers: Arc<Mutex<BTreeMap<usize, Duration>>>,
}

impl TestClock {
    /// Waits until as many sleep, and none of them is due.
    pub async fn settled(&self, sleepers: usize) {
        until(|| self.none_is_due() && self.sleepers.lock().unwrap().len() == sleepers).await;
    }

    /// Waits until none of those who sleep is due.
    pub async fn quiet(&self) {
        until(|| self.none_is_due()).await;
    }

    fn none_is_due(&self) -> bool {
        let now = *self.time.now.borrow();
        self.sleepers.lock().unwrap().values().all(|end| *end > now)
    }
}

/// Somebody who sleeps, until he wakes up or gives up.
struct Sleeper {
    among: Arc<Mutex<BTreeMap<usize, Duration>>>,
    number: usize,
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.among.lock().unwrap().remove(&self.number);
    }
}

impl Clock for TestClock {
    fn wall(&self) -> Timestamp {
        later("2030-01-01T00:00:00Z".parse().unwrap(), self.boot())
    }

    fn boot(&self) -> Duration {
        self.time.now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        let mut now = self.time.now.subscribe();
        let end = *now.borrow() + time;
        let among = self.sleepers.clone();
        Box::pin(async move {
            static NUMBERS: AtomicUsize = AtomicUsize::new(0);
            let number = NUMBERS.fetch_add(1, Ordering::SeqCst);
            among.lock().unwrap().insert(number, end);
            let _sleeper = Sleeper { among, number };
            let _ = now.wait_for(|now| *now >= end).await;
        })
    }
}

/// Waits for what comes of itself.
pub async fn until(mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        for turn in 0.. {
            if is_so() {
                return;
            }
            if turn < TURNS {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("never came to be");
}
