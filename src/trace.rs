//! Notes about a call, for whoever traces it. Each layer adds its own while the call goes through it. Where nobody traces the
//! call, that costs a look at one variable.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::mutex::lock;

tokio::task_local! {
    static TRACE: Arc<Trace>;
}

/// The notes about one call, and about all the requests that it takes.
#[derive(Debug, Default)]
pub struct Trace {
    notes: Mutex<Notes>,
}

impl Trace {
    /// The notes so far.
    #[must_use]
    pub fn notes(&self) -> Notes {
        lock(&self.notes).clone()
    }
}

/// Facts about a call. They show no query, no token and no body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// How often it was tried: 0 before the first time, and 1 more for each request that was sent again.
    pub attempts: u32,
    /// The REST base URL of the latest request.
    pub base: Option<String>,
    /// The HTTP status that the latest request was answered with.
    pub status: Option<u16>,
    /// How long the latest request took, from its start to the end of its answer.
    pub took: Option<Duration>,
    /// The generation of the token that it was made with.
    pub generation: Option<u64>,
}

impl Notes {
    /// Notes that a request is about to be made.
    pub fn requests(&mut self, base: &str) {
        self.attempts = self.attempts.max(1);
        if self.base.as_deref() != Some(base) {
            self.base = Some(base.to_owned());
        }
        self.status = None;
        self.took = None;
    }

    /// Notes that the same request is made once more.
    pub fn repeats(&mut self) {
        self.attempts += 1;
    }

    /// Notes that the request has ended, with a status if it was answered.
    pub fn ended(&mut self, status: Option<u16>, took: Duration) {
        self.status = status;
        self.took = Some(took);
    }
}

/// Runs a call whose notes go into `trace`.
pub fn traced<F: Future>(trace: Arc<Trace>, call: F) -> impl Future<Output = F::Output> {
    TRACE.scope(trace, call)
}

/// Whether the call that is being made is traced.
#[must_use]
pub fn is_traced() -> bool {
    TRACE.try_with(|_| ()).is_ok()
}

/// Notes something about the call that is being made, if it is traced.
pub fn note(change: impl FnOnce(&mut Notes)) {
    // An error says that nobody traces it.
    let _ = TRACE.try_with(|trace| change(&mut lock(&trace.notes)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_noted_in_a_traced_call_is_found_in_its_trace_alone() {
        let (one, other) = (Arc::new(Trace::default()), Arc::new(Trace::default()));
        let inner = async {
            assert!(is_traced());
            note(|notes| notes.requests("http://127.0.0.1:1"));
            note(|notes| notes.ended(Some(503), Duration::from_millis(3)));
            note(Notes::repeats);
        };
        traced(other.clone(), traced(one.clone(), inner)).await;
        let expected = Notes {
            attempts: 2,
            base: Some("http://127.0.0.1:1".into()),
            status: Some(503),
            took: Some(Duration::from_millis(3)),
            generation: None,
        };
        assert_eq!(one.notes(), expected);
        assert_eq!(other.notes(), Notes::default());
    }

    #[tokio::test]
    async fn nothing_is_noted_where_nobody_traces() {
        assert!(!is_traced());
        note(|_| panic!("nobody traces"));
        traced(Arc::default(), async {}).await;
        assert!(!is_traced());
    }

    #[test]
    fn the_status_of_an_earlier_request_is_not_told_of_a_later_one() {
        let mut notes = Notes::default();
        notes.requests("a");
        notes.ended(Some(401), Duration::from_millis(1));
        notes.repeats();
        notes.requests("b");
        assert_eq!(
            (notes.attempts, notes.status, notes.took, notes.base.as_deref()),
            (2, None, None, Some("b"))
        );
    }
}
