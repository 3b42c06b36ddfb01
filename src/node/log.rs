//! The core's log on its way to JavaScript: off until somebody asks for it, and bounded.

use std::{
    fmt::Debug,
    sync::{Mutex, MutexGuard, Once},
};

use napi::{
    Status,
    bindgen_prelude::Function,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
};

use super::{bridge::Bridge, input::log_level};
use crate::mutex::lock;

/// The most lines that wait for one thread; further ones are dropped.
const MOST: usize = 1_024;

type Listener = ThreadsafeFunction<String, (), String, Status, false, true, MOST>;

static ON: Once = Once::new();
static LISTENERS: Mutex<Vec<Listener>> = Mutex::new(Vec::new());

#[napi]
impl Bridge {
    /// Hands each line of the core's log to `line`, as JSON. The level that is given first counts for the whole process.
    #[napi]
    pub fn log(&self, level: String, line: Function<'_, String, ()>) -> napi::Result<()> {
        let level = log_level(&level).map_err(|error| napi::Error::from_reason(error.to_string()))?;
        let listener: Listener = line
            .build_threadsafe_function::<String>()
            .weak::<true>()
            .max_queue_size::<MOST>()
            .callee_handled::<false>()
            .build()?;
        listeners().push(listener);
        ON.call_once(|| {
            let log = tracing_subscriber::registry().with(Lines.with_filter(Ours(level)));
            // A program that embeds the core with a log of its own keeps that.
            let _ = tracing::subscriber::set_global_default(log);
        });
        Ok(())
    }
}

fn listeners() -> MutexGuard<'static, Vec<Listener>> {
    lock(&LISTENERS)
}

/// Lets this crate's own events through, up to a level.
struct Ours(LevelFilter);

impl<S> tracing_subscriber::layer::Filter<S> for Ours {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: &Context<'_, S>) -> bool {
        *metadata.level() <= self.0 && metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0)
    }
}

/// Tells every listener of each event.
struct Lines;

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(Map::new());
        line.put("level", event.metadata().level().as_str().to_ascii_lowercase());
        line.put("target", event.metadata().target());
        event.record(&mut line);
        let line = Value::Object(line.0).to_string();
        // A thread that has ended listens no more.
        listeners()
            .retain(|listener| listener.call(line.clone(), ThreadsafeFunctionCallMode::NonBlocking) != Status::Closing);
    }
}

/// An event's fields.
struct Line(Map<String, Value>);

impl Line {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value);
    }
}
