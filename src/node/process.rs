//! What the whole process shares, whatever number of threads loads the addon: one runtime, one client, one clock.

use std::{
    future::pending,
    sync::{Arc, OnceLock},
    thread,
};

use tokio::runtime::{Builder, Handle};

use crate::{
    api::HttpTradovate,
    clock::{Clock, SystemClock},
    error::Error,
    session::Dice,
};

/// The runtime: one thread of its own. I/O waits, and a second thread would cost each call more than it gives.
pub fn runtime() -> &'static Handle {
    static RUNTIME: OnceLock<Handle> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        // Without a thread nothing can work; napi turns the panic into a JavaScript error.
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the system gives nothing to wait for I/O with");
        let handle = runtime.handle().clone();
        thread::Builder::new()
            .name("tradovate-session".into())
            .spawn(move || runtime.block_on(pending::<()>()))
            .expect("the system gives no thread for the runtime");
        handle
    })
}

/// The local clocks.
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// The HTTP client.
pub fn tradovate() -> Result<HttpTradovate, Error> {
    static CLIENT: OnceLock<Result<HttpTradovate, Error>> = OnceLock::new();
    CLIENT
        .get_or_init(|| HttpTradovate::new(clock(), &extra_roots()))
        .clone()
}

/// What Node's own clients trust besides, in PEM. Node itself warns of a file that it cannot read.
fn extra_roots() -> Vec<u8> {
    let file = std::env::var_os("NODE_EXTRA_CA_CERTS");
    file.and_then(|file| std::fs::read(file).ok()).unwrap_or_default()
}

/// The system's randomness.
pub struct SystemDice;

impl Dice for SystemDice {
    fn unit(&self) -> f64 {
        fastrand::f64()
    }

    fn number(&self) -> u64 {
        fastrand::u64(..)
    }
}
