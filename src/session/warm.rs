//! Connections that are kept ready for a session's calls, for as long as it may make any.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU8, Ordering},
};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use super::{cooldown::CooldownKind, record::Record, view::View};
use crate::{
    api::{HostPurpose, KeptWarm, Origin, Tradovate},
    clock::ServerClock,
    task::spawn,
};

/// The purposes whose hosts are kept warm; none if that is switched off or there is no TLS. Dropping it ends that.
pub(super) struct Warm(Option<Arc<Used>>);

/// The state that a session shares with its task.
#[derive(Default)]
struct Used {
    /// A bit for each purpose that was called.
    purposes: AtomicU8,
    is_over: AtomicBool,
    changed: Notify,
}

impl Warm {
    pub fn off() -> Self {
        Self(None)
    }

    /// Begins with the host of the environment, on the present runtime.
    pub fn start(
        api: Arc<dyn Tradovate>,
        origin: Origin,
        clock: Arc<ServerClock>,
        views: watch::Receiver<Arc<View>>,
    ) -> Self {
        let used = Arc::new(Used::default());
        used.add(origin.environment().purpose());
        spawn(keep_warm(api, origin, clock, used.clone(), views));
        Self(Some(used))
    }

    /// Notes the purpose of a call.
    pub fn used(&self, purpose: HostPurpose) {
        if let Some(used) = &self.0
            && !used.has(purpose)
        {
            used.add(purpose);
            used.changed.notify_one();
        }
    }
}

impl Drop for Warm {
    fn drop(&mut self) {
        if let Some(used) = &self.0 {
            used.is_over.store(true, Ordering::Release);
            used.changed.notify_one();
        }
    }
}

impl Used {
    fn add(&self, purpose: HostPurpose) {
        self.purposes.fetch_or(1 << purpose as u8, Ordering::AcqRel);
    }

    fn has(&self, purpose: HostPurpose) -> bool {
        self.purposes.load(Ordering::Acquire) & (1 << purpose as u8) != 0
    }
}

async fn keep_warm(
    api: Arc<dyn Tradovate>,
    origin: Origin,
    clock: Arc<ServerClock>,
    used: Arc<Used>,
    mut views: watch::Receiver<Arc<View>>,
) {
    let mut kept: Vec<(String, Option<KeptWarm>)> = Vec::new();
    while !used.is_over.load(Ordering::Acquire) {
        let view = views.borrow_and_update().clone();
        let now = clock.now();
        let stopped_until = stopped_until(&view.record, now);
        let may_call = !view.is_closed() && stopped_until.is_none() && view.record.good_token(now).is_some();
        let wanted: Vec<String> = HostPurpose::ALL
            .into_iter()
            .filter(|purpose| may_call && used.has(*purpose))
            .map(|purpose| origin.rest(purpose, &view.record.hosts))
            .collect();
        drop(view);
        kept.retain(|(base, _)| wanted.contains(base));
        for base in wanted {
            if kept.iter().all(|(already, _)| *already != base) {
                let warm = api.keep_warm(&base);
                kept.push((base, warm));
            }
        }
        tokio::select! {
            changed = views.changed() => if changed.is_err() { return },
            () = used.changed.notified() => {}
            () = clock.sleep_until(stopped_until.unwrap_or(Timestamp::MAX)), if stopped_until.is_some() => {}
        }
    }
}

/// Until when Tradovate wants no calls of the user, or a person to answer a captcha.
fn stopped_until(record: &Record, now: Timestamp) -> Option<Timestamp> {
    let is_stop = |kind| {
        matches!(
            kind,
            CooldownKind::Captcha | CooldownKind::RateLimited | CooldownKind::LockedOut
        )
    };
    record
        .cooldowns
        .values()
        .filter(|cooldown| is_stop(cooldown.kind) && cooldown.until > now)
        .map(|cooldown| cooldown.until)
        .max()
}
