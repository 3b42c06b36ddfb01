//! A listener that looks at the session at the very moment at which it hears of a failure.

use std::sync::{Arc, Mutex, OnceLock, Weak};

use tokio::sync::watch;
use tradovate_session::{
    error::ErrorKind,
    session::{
        Session,
        events::{Event, EventQueue},
        view::View,
    },
};

/// What was told, and what the session showed of its failure just then.
pub type Sight = (ErrorKind, Option<ErrorKind>);

pub struct Witness {
    pub events: Arc<EventQueue>,
    views: Arc<OnceLock<watch::Receiver<Arc<View>>>>,
    sights: Arc<Mutex<Vec<Sight>>>,
}

impl Witness {
    pub fn new() -> Self {
        let views = Arc::new(OnceLock::<watch::Receiver<Arc<View>>>::new());
        let sights = Arc::<Mutex<Vec<Sight>>>::default();
        let (look, noted) = (views.clone(), sights.clone());
        let events = Arc::new_cyclic(|events: &Weak<EventQueue>| {
            let events = events.clone();
            EventQueue::new(move || {
                let (Some(views), Some(events)) = (look.get(), events.upgrade()) else {
                    return;
                };
                for event in events.drain() {
                    if let Event::Warning(error) = event {
                        let shown = views
                            .borrow()
                            .last_failure
                            .as_ref()
                            .map(|last_failure| last_failure.error.kind());
                        noted.lock().unwrap().push((error.kind(), shown));
                    }
                }
            })
        });
        Self { events, views, sights }
    }

    /// From here on it looks.
    pub fn watches(&self, session: &Session) {
        assert!(self.views.set(session.views()).is_ok(), "it watches one session");
        self.events.drain();
    }

    pub fn sights(&self) -> Vec<Sight> {
        self.sights.lock().unwrap().drain(..).collect()
    }
}
