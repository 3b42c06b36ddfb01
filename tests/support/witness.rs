//! A listener that looks at the session at the very moment at which it hears of a failure.

use std::sync::{Arc, Mutex, OnceLock, Weak};

use tokio::sync::watch;
use tradovate_session::{
    error::ErrorKind,
    session::{
        Session,
        events::{Event, News},
        view::View,
    },
};

/// What was told, and what the session showed of its trouble just then.
pub type Sight = (ErrorKind, Option<ErrorKind>);

pub struct Witness {
    pub news: Arc<News>,
    views: Arc<OnceLock<watch::Receiver<Arc<View>>>>,
    sights: Arc<Mutex<Vec<Sight>>>,
}

impl Witness {
    pub fn new() -> Self {
        let views = Arc::new(OnceLock::<watch::Receiver<Arc<View>>>::new());
        let sights = Arc::<Mutex<Vec<Sight>>>::default();
        let (look, noted) = (views.clone(), sights.clone());
        let news = Arc::new_cyclic(|news: &Weak<News>| {
            let news = news.clone();
            News::new(move || {
                let (Some(views), Some(news)) = (look.get(), news.upgrade()) else {
                    return;
                };
                for event in news.take() {
                    if let Event::Warning(error) = event {
                        let shown = views.borrow().trouble.as_ref().map(|trouble| trouble.error.kind());
                        noted.lock().unwrap().push((error.kind(), shown));
                    }
                }
            })
        });
        Self { news, views, sights }
    }

    /// From here on it looks.
    pub fn watches(&self, session: &Session) {
        assert!(self.views.set(session.views()).is_ok(), "it watches one session");
        self.news.take();
    }

    pub fn sights(&self) -> Vec<Sight> {
        self.sights.lock().unwrap().drain(..).collect()
    }
}
