//! Parts of the benchmark's server that would make wrong figures without anybody noticing. That server is a crate of its own; these
//! files of it need no more than this one's dependencies.

// They measure real time, as the benchmark does. Here tokio's clock stands still until all sleep.
#![allow(clippy::disallowed_methods)]

#[path = "../bench/server/src/idle.rs"]
mod idle;
#[path = "../bench/server/src/received.rs"]
#[cfg_attr(not(unix), allow(dead_code))] // there is no such clock to be tested
mod received;

use std::{pin::pin, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use idle::Activity;
use received::Received;
#[cfg(unix)]
use received::shared_clock_us;

const LIMIT: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_secs(3);

/// How long it takes until the connection has been idle for `LIMIT`.
async fn until_idle(activity: &Activity) -> Duration {
    let began = Instant::now();
    activity.idle_for(LIMIT).await;
    began.elapsed()
}

/// Paused time goes on to the next timer, whose resolution is a millisecond.
#[track_caller]
fn assert_close(actual: Duration, expected: Duration) {
    let off = actual.abs_diff(expected);
    assert!(off <= Duration::from_millis(2), "{actual:?} instead of {expected:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_is_idle_from_its_beginning() {
    assert_close(until_idle(&Activity::new()).await, LIMIT);
}

#[tokio::test(start_paused = true)]
async fn idle_time_counts_from_the_last_answer() {
    let activity = Arc::new(Activity::new());
    let answering = tokio::spawn({
        let activity = activity.clone();
        async move {
            for _ in 0..4 {
                sleep(STEP).await;
                drop(activity.begin());
            }
        }
    });
    assert_close(until_idle(&activity).await, STEP * 4 + LIMIT);
    answering.await.expect("the task that answers");
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_not_idle_while_one_of_its_requests_is_being_answered() {
    let activity = Activity::new();
    let (first, second) = (activity.begin(), activity.begin());
    let mut idle = pin!(until_idle(&activity));
    let answers = async {
        sleep(LIMIT * 2).await;
        drop(first);
        sleep(LIMIT * 2).await;
        drop(second);
        std::future::pending::<Duration>().await
    };
    let took = tokio::select! {
        took = idle.as_mut() => took,
        never = answers => never,
    };
    assert_close(took, LIMIT * 5);
}

fn told(received: &Received, prefix: &str) -> Value {
    serde_json::from_str(&received.beginning_with(prefix)).expect("JSON")
}

#[test]
fn a_request_that_comes_again_is_counted_and_keeps_its_first_time() {
    let received = Received::default();
    received.note("7-a", Some(10));
    received.note("7-b", Some(20));
    received.note("7-a", Some(30));
    let expected = json!({ "7-a": { "count": 2, "firstUs": 10 }, "7-b": { "count": 1, "firstUs": 20 } });
    assert_eq!(told(&received, "7-"), expected);
}

#[test]
fn a_process_is_told_of_its_own_requests_only() {
    let received = Received::default();
    received.note("7-a", Some(10));
    received.note("77-a", Some(20));
    received.note("8-a", None);
    assert_eq!(told(&received, "7-"), json!({ "7-a": { "count": 1, "firstUs": 10 } }));
    assert_eq!(told(&received, "8-"), json!({ "8-a": { "count": 1, "firstUs": null } }));
    assert_eq!(told(&received, "9-"), json!({}));
}

#[cfg(unix)]
#[test]
fn the_shared_clock_goes_on_in_microseconds() {
    let before = shared_clock_us().expect("a clock");
    // Longer than a second, so that both parts of the time count.
    std::thread::sleep(Duration::from_millis(1_100));
    let passed = shared_clock_us().expect("a clock") - before;
    assert!((1_100_000..60_000_000).contains(&passed), "{passed} µs");
}
