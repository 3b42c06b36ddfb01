//! The body of a request, which tells when the request is written.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, SizeHint};

/// Whether any of a call may have reached a server.
#[derive(Clone, Default)]
pub(super) struct Written(Arc<AtomicBool>);

impl Written {
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A whole body, or none. Hyper first asks it for its end when it begins to write the request on an open connection, with
/// HTTP/1 and HTTP/2 alike.
pub(super) struct NotedBody {
    rest: Option<Bytes>,
    written: Written,
}

impl NotedBody {
    pub fn new(content: Option<Bytes>, written: Written) -> Self {
        Self {
            rest: content.filter(|content| !content.is_empty()),
            written,
        }
    }
}

impl Body for NotedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.written.note();
        Poll::Ready(self.rest.take().map(|content| Ok(Frame::data(content))))
    }

    fn is_end_stream(&self) -> bool {
        self.written.note();
        self.rest.is_none()
    }

    /// Exact, so that the length is announced and the body not sent in chunks.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.as_ref().map_or(0, |content| content.len() as u64))
    }
}
