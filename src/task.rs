//! Tasks of the runtime.

use futures_util::FutureExt;
use tokio::task::{JoinHandle, JoinSet};

/// Starts a task on the present runtime. Its future is boxed: for each type of future the addon would have a copy of what tokio does
/// with a task, which is 4 kB and more.
pub fn spawn(future: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(future.boxed())
}

/// Starts a task of a set.
pub fn spawn_on(set: &mut JoinSet<()>, future: impl Future<Output = ()> + Send + 'static) {
    set.spawn(future.boxed());
}
