//! The parts that the whole process shares, however many threads load the addon: one runtime, one client, one clock.

use std::sync::{Arc, OnceLock};

use tokio::runtime::{Builder, Runtime};

use crate::{
    api::HttpTradovate,
    clock::{Clock, SystemClock},
    session::Random,
};

/// The most threads for files and the names of hosts, which wait there. What is beyond them waits its turn.
const BLOCKING_THREADS: usize = 64;

/// The runtime. With a single thread a call alone is no faster, and many at once over TLS lose an eighth of their rate.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("tradovate-session")
            .enable_all()
            .build()
            // Without threads nothing can work; napi turns the panic into a JavaScript error.
            .expect("the system gives no threads for the runtime")
    })
}

/// The local clocks.
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// The HTTP clients.
pub fn tradovate() -> HttpTradovate {
    static TRADOVATE: OnceLock<HttpTradovate> = OnceLock::new();
    TRADOVATE
        .get_or_init(|| HttpTradovate::new(clock(), extra_roots()))
        .clone()
}

/// The certificates that Node's own clients trust besides, in PEM. Node itself warns of a file that it cannot read.
pub fn extra_roots() -> Arc<[u8]> {
    static ROOTS: OnceLock<Arc<[u8]>> = OnceLock::new();
    let read = || {
        let file = std::env::var_os("NODE_EXTRA_CA_CERTS");
        file.and_then(|file| std::fs::read(file).ok())
            .unwrap_or_default()
            .into()
    };
    ROOTS.get_or_init(read).clone()
}

/// The system's randomness.
pub struct SystemRandom;

impl Random for SystemRandom {
    fn unit(&self) -> f64 {
        fastrand::f64()
    }

    fn number(&self) -> u64 {
        fastrand::u64(..)
    }
}
