//! Which requests came, how often, and when: a caller's request has an id.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

/// All requests with an id.
#[derive(Default)]
pub struct Received {
    requests: Mutex<HashMap<String, Arrivals>>,
}

struct Arrivals {
    count: u64,
    first_us: Option<u64>,
}

impl Received {
    /// Notes a request, and when its head had come.
    pub fn note(&self, id: &str, at_us: Option<u64>) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let arrivals = requests.entry(id.to_owned()).or_insert(Arrivals {
            count: 0,
            first_us: at_us,
        });
        arrivals.count += 1;
    }

    /// `{ "<id>": { "count": 1, "firstUs": 123 } }` of all ids that begin so.
    pub fn beginning_with(&self, prefix: &str) -> String {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let of_prefix = requests.iter().filter(|(id, _)| id.starts_with(prefix));
        let entry = |(id, arrivals): (&String, &Arrivals)| {
            let value = json!({ "count": arrivals.count, "firstUs": arrivals.first_us });
            (id.clone(), value)
        };
        Value::Object(of_prefix.map(entry).collect()).to_string()
    }
}

/// Microseconds on the clock that `process.hrtime()` reads too, so that both sides of a call can be compared.
#[cfg(unix)]
pub fn shared_clock_us() -> Option<u64> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).ok()?;
    let nanoseconds = u64::try_from(now.tv_nsec).ok()?;
    Some(seconds * 1_000_000 + nanoseconds / 1_000)
}

/// There is no such clock here.
#[cfg(not(unix))]
pub fn shared_clock_us() -> Option<u64> {
    None
}
