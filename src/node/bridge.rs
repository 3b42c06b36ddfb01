//! The calls of one JavaScript thread: each is started with a number, and settled by it through one shared function. One wakeup
//! function for all sessions says that one of them has other news.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard},
};

use futures_util::{FutureExt, future::BoxFuture};
use napi::{
    Status,
    bindgen_prelude::{Float64Array, FnArgs, Function, Latin1String, Uint8Array},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;
use tokio::task::{AbortHandle, yield_now};

use super::{
    json::{error_value, notes_value},
    long_list::{Piece, pieces},
    process::runtime,
    text::ascii,
};
use crate::{
    error::{self, Error, ErrorKind},
    mutex::lock,
    session::{Session, token::Generation},
    trace::{self, Trace},
};

type SettleArgs = FnArgs<(
    u32,
    Option<Latin1String>,
    Option<String>,
    f64,
    bool,
    Option<Float64Array>,
    Option<Uint8Array>,
)>;
// Weak: the facade holds the process while calls are under way, and an idle one may end.
type Settle = ThreadsafeFunction<Settled, (), SettleArgs, Status, false, true>;

/// Tells the number of a session that has events.
type Wakeup = ThreadsafeFunction<u32, (), u32, Status, false, true>;

/// A call's end: its number, its text or error, the session's generation and perhaps bytes; or a piece of its list, with more to
/// come.
pub struct Settled {
    id: u32,
    text: Option<Latin1String>,
    error: Option<String>,
    generation: f64,
    more: bool,
    values: Option<Vec<f64>>,
    bytes: Option<Vec<u8>>,
}

/// The result of a call for the facade.
#[derive(Default)]
pub struct CallValue {
    /// A text, which is JSON.
    pub text: Option<String>,
    /// The body of an answer that is passed on as it came.
    pub bytes: Option<Vec<u8>>,
}

impl From<Option<String>> for CallValue {
    fn from(text: Option<String>) -> Self {
        Self { text, bytes: None }
    }
}

/// The end of a call.
pub struct Outcome {
    /// Its result, or its error.
    pub result: Result<CallValue, Error>,
    /// The session's generation by then; 0 without a session.
    pub generation: Generation,
    /// The session, by whose clock the error's times are told.
    pub session: Option<Arc<Session>>,
}

impl Outcome {
    /// The end of a call that has no session.
    pub fn without_session(result: Result<Option<String>, Error>) -> Self {
        Self {
            result: result.map(CallValue::from),
            generation: Generation::default(),
            session: None,
        }
    }
}

/// The calls of one JavaScript thread.
#[napi]
pub struct Bridge {
    calls: Arc<Calls>,
}

#[napi]
impl Bridge {
    /// `settle` ends a call: its number, its JSON text or error, the session's generation, and whether the text is only a
    /// piece of a long list and more is to come; a piece with values is a table, any other a list. The bytes are the body that
    /// `fetch()` gives. `wakeup` gets the number of a session whose `snapshot()` has something new.
    #[napi(constructor)]
    pub fn new(
        #[napi(
            ts_arg_type = "(id: number, text: string | null, error: string | null, generation: number, more: boolean, values: Float64Array | null, bytes: Uint8Array | null) => void"
        )]
        settle: Function<'_, SettleArgs, ()>,
        #[napi(ts_arg_type = "(session: number) => void")] wakeup: Function<'_, u32, ()>,
    ) -> napi::Result<Self> {
        let settle = settle
            .build_threadsafe_function::<Settled>()
            .weak::<true>()
            .callee_handled::<false>()
            .build_callback(|context| {
                let Settled {
                    id,
                    text,
                    error,
                    generation,
                    more,
                    values,
                    bytes,
                } = context.value;
                let (values, bytes) = (values.map(Float64Array::new), bytes.map(Uint8Array::new));
                Ok((id, text, error, generation, more, values, bytes).into())
            })?;
        let wakeup = wakeup
            .build_threadsafe_function::<u32>()
            .weak::<true>()
            .callee_handled::<false>()
            .build()?;
        Ok(Self {
            calls: Arc::new(Calls {
                settle,
                wakeup,
                pending: Mutex::default(),
            }),
        })
    }

    /// Drops a call and its request.
    #[napi]
    pub fn cancel(&self, id: u32) {
        if let Some(task) = self.calls.pending().tasks.remove(&id) {
            task.abort();
        }
    }

    /// Traces the call that is started next under this number.
    #[napi]
    pub fn trace(&self, id: u32) {
        self.calls.pending().traces.insert(id, Arc::default());
    }

    /// Ends the trace of a call, and gives its notes so far: JSON, `{ attempts, url, status, requestMs, generation }`, in which
    /// `url` is the REST base and an unknown value is null.
    #[napi]
    pub fn traced(&self, id: u32) -> Option<String> {
        let trace = self.calls.pending().traces.remove(&id)?;
        Some(notes_value(&trace.notes()).to_string())
    }

    pub(super) fn calls(&self) -> Arc<Calls> {
        self.calls.clone()
    }
}

/// The calls under way, and the way back to their thread.
pub struct Calls {
    settle: Settle,
    wakeup: Wakeup,
    pending: Mutex<Pending>,
}

/// The state of calls, by their numbers.
#[derive(Default)]
struct Pending {
    tasks: HashMap<u32, AbortHandle>,
    /// The traces of calls, until JavaScript has taken them.
    traces: HashMap<u32, Arc<Trace>>,
}

impl Calls {
    /// Runs a call and settles it by its number.
    pub fn start(self: &Arc<Self>, id: u32, call: impl Future<Output = Outcome> + Send + 'static) {
        self.spawn(id, call.boxed());
    }

    /// All calls have one type here, so that the addon has the code of a task once for all of them.
    fn spawn(self: &Arc<Self>, id: u32, call: BoxFuture<'static, Outcome>) {
        // Held until the number is noted, so that a call that ends at once finds it.
        let mut pending = self.pending();
        let call = match pending.traces.get(&id).cloned() {
            None => call,
            Some(trace) => trace::traced(trace, call).boxed(),
        };
        let calls = self.clone();
        let task = runtime().spawn(async move {
            let outcome = AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|_| {
                let error = Error::new(ErrorKind::Protocol, "the core failed; please report this");
                let error = error.with_outcome(error::Outcome::Unknown);
                Outcome::without_session(Err(error))
            });
            calls.settle(id, outcome).await;
        });
        pending.tasks.insert(id, task.abort_handle());
    }

    /// Says that a session has events.
    pub fn wake(&self, session: u32) {
        // A thread that is ending takes no more calls.
        let _ = self.wakeup.call(session, ThreadsafeFunctionCallMode::NonBlocking);
    }

    async fn settle(
        &self,
        id: u32,
        Outcome {
            result,
            generation,
            session,
        }: Outcome,
    ) {
        #[allow(clippy::cast_precision_loss)] // a generation is a count of tokens
        let mut end = Settled {
            id,
            text: None,
            error: None,
            generation: generation.get() as f64,
            more: false,
            values: None,
            bytes: None,
        };
        match result {
            Ok(CallValue {
                text: Some(text),
                bytes: None,
            }) => {
                let Some(pieces) = pieces(&text) else {
                    end.text = Some(latin1(text));
                    return self.end(end);
                };
                for Piece { text, values } in pieces {
                    self.tell(Settled {
                        id,
                        text: Some(latin1(text)),
                        error: None,
                        generation: end.generation,
                        more: true,
                        values,
                        bytes: None,
                    });
                    // Others have their turn between the pieces.
                    yield_now().await;
                }
            }
            Ok(CallValue { text, bytes }) => (end.text, end.bytes) = (text.map(latin1), bytes),
            Err(error) => end.error = Some(error_value(&error, session.as_deref().map(Session::clock)).to_string()),
        }
        self.end(end);
    }

    /// Settles a call, unless it was cancelled.
    fn end(&self, end: Settled) {
        if self.pending().tasks.remove(&end.id).is_some() {
            self.tell(end);
        }
    }

    fn tell(&self, settled: Settled) {
        // A thread that is ending takes no more calls.
        let _ = self.settle.call(settled, ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        lock(&self.pending)
    }
}

fn latin1(json: String) -> Latin1String {
    ascii(json).into()
}
