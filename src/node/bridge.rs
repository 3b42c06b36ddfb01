//! The calls of one JavaScript thread: each is started with a number, and settled by it through one shared function.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt;
use napi::{
    Status,
    bindgen_prelude::{FnArgs, Function},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;
use tokio::task::AbortHandle;

use super::{outcome::error_value, process::runtime};
use crate::{
    error::{Error, ErrorKind},
    session::Session,
};

type SettleArgs = FnArgs<(u32, Option<String>, Option<String>, f64)>;
// Weak: the facade holds the process while calls are under way, and an idle one may end.
type Settle = ThreadsafeFunction<Settled, (), SettleArgs, Status, false, true>;

/// A call's end: its number, its text or error, and the session's generation.
pub struct Settled {
    id: u32,
    text: Option<String>,
    error: Option<String>,
    generation: f64,
}

/// What a call came to, and with which of a session's tokens.
pub struct Outcome {
    /// The text for the facade, if there is one.
    pub result: Result<Option<String>, Error>,
    /// The session's generation by then; 0 without a session.
    pub generation: u64,
    /// The session, by whose clock the error's times are told.
    pub session: Option<Arc<Session>>,
}

/// The calls of one JavaScript thread.
#[napi]
pub struct Bridge {
    calls: Arc<Calls>,
}

#[napi]
impl Bridge {
    /// `settle` ends a call: its number, its text or error, and the session's generation.
    #[napi(constructor)]
    pub fn new(settle: Function<'_, SettleArgs, ()>) -> napi::Result<Self> {
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
                } = context.value;
                Ok((id, text, error, generation).into())
            })?;
        Ok(Self {
            calls: Arc::new(Calls {
                settle,
                pending: Mutex::default(),
            }),
        })
    }

    /// Drops a call and its request.
    #[napi]
    pub fn cancel(&self, id: u32) {
        if let Some(task) = self.calls.pending().remove(&id) {
            task.abort();
        }
    }

    pub(super) fn calls(&self) -> Arc<Calls> {
        self.calls.clone()
    }
}

/// The calls under way.
pub struct Calls {
    settle: Settle,
    pending: Mutex<HashMap<u32, AbortHandle>>,
}

impl Calls {
    /// Runs a call and settles it by its number.
    pub fn start(self: &Arc<Self>, id: u32, call: impl Future<Output = Outcome> + Send + 'static) {
        let calls = self.clone();
        // Held until the number is noted, so that a call that ends at once finds it.
        let mut pending = self.pending();
        let task = runtime().spawn(async move {
            let outcome = AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|_| Outcome {
                result: Err(Error::new(ErrorKind::Protocol, "the core failed; please report this")),
                generation: 0,
                session: None,
            });
            if calls.pending().remove(&id).is_some() {
                calls.settle(id, outcome);
            }
        });
        pending.insert(id, task.abort_handle());
    }

    fn settle(
        &self,
        id: u32,
        Outcome {
            result,
            generation,
            session,
        }: Outcome,
    ) {
        let (text, error) = match result {
            Ok(text) => (text, None),
            Err(error) => (
                None,
                Some(error_value(&error, session.as_deref().map(Session::clock)).to_string()),
            ),
        };
        #[allow(clippy::cast_precision_loss)] // a generation is a count of tokens
        let settled = Settled {
            id,
            text,
            error,
            generation: generation as f64,
        };
        // A thread that is ending takes no more calls.
        let _ = self.settle.call(settled, ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<u32, AbortHandle>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
