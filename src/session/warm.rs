//! Connections that are kept ready for a session's calls, for as long as it may make any.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    record::{CooldownKind, Record},
    view::View,
};
use crate::{
    api::{HostPurpose, Origin, Tradovate},
    clock::ServerClock,
};

/// The purposes whose hosts are kept warm; none if that is switched off. Dropping it ends that.
pub(super) struct Warm(Option<watch::Sender<BTreeSet<HostPurpose>>>);

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
        let (purposes, used) = watch::channel(BTreeSet::from([origin.environment().purpose()]));
        tokio::spawn(keep_warm(api, origin, clock, used, views));
        Self(Some(purposes))
    }

    /// Takes in the purpose of a call.
    pub fn used(&self, purpose: HostPurpose) {
        let Some(purposes) = &self.0 else { return };
        if !purposes.borrow().contains(&purpose) {
            purposes.send_if_modified(|purposes| purposes.insert(purpose));
        }
    }
}

async fn keep_warm(
    api: Arc<dyn Tradovate>,
    origin: Origin,
    clock: Arc<ServerClock>,
    mut purposes: watch::Receiver<BTreeSet<HostPurpose>>,
    mut views: watch::Receiver<Arc<View>>,
) {
    let mut kept = BTreeMap::new();
    loop {
        let view = views.borrow_and_update().clone();
        let now = clock.now();
        let stopped_until = stopped_until(&view.record, now);
        let may_call = !view.closed && stopped_until.is_none() && view.record.good_token(now).is_some();
        let wanted: BTreeSet<String> = if may_call {
            let purposes = purposes.borrow_and_update();
            purposes
                .iter()
                .map(|purpose| origin.rest(*purpose, &view.record.hosts))
                .collect()
        } else {
            BTreeSet::new()
        };
        kept.retain(|base, _| wanted.contains(base));
        for base in wanted {
            kept.entry(base).or_insert_with_key(|base| api.keep_warm(base));
        }
        drop(view);
        tokio::select! {
            changed = views.changed() => if changed.is_err() { return },
            // The session was dropped.
            changed = purposes.changed() => if changed.is_err() { return },
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
