//! The Rust client without Node: how fast the server can be called at all.
//!
//! Takes a job as JSON, calls one after another or many at once, reads each body and parses nothing, and prints what it saw.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use reqwest::{Certificate, Client};
use serde::Deserialize;
use serde_json::json;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    url: String,
    /// The file of the authority that the server's certificate is from.
    ca: String,
    warm_up: usize,
    calls: usize,
    at_once: usize,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let text = std::env::args().nth(1).ok_or("a job as JSON is needed")?;
    let job: Job = serde_json::from_str(&text)?;
    // Only a second call would find one installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = Certificate::from_pem(&std::fs::read(&job.ca)?)?;
    let client = Client::builder().no_proxy().tls_certs_only([authority]).build()?;

    calls(&client, &job.url, job.warm_up, job.at_once).await?;
    let started = Instant::now();
    let mut times = calls(&client, &job.url, job.calls, job.at_once).await?;
    let seconds = started.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    #[allow(clippy::cast_precision_loss)] // a count of calls
    let calls_per_second = times.len() as f64 / seconds;
    println!(
        "{}",
        json!({ "p50Us": at(50), "p99Us": at(99), "callsPerSecond": calls_per_second })
    );
    Ok(())
}

/// Makes `count` calls, `at_once` of them at any time, and gives the microseconds that each took.
async fn calls(client: &Client, url: &str, count: usize, at_once: usize) -> Result<Vec<f64>, Failure> {
    let next = Arc::new(AtomicUsize::new(0));
    let lanes: Vec<_> = (0..at_once)
        .map(|_| tokio::spawn(lane(client.clone(), url.to_owned(), next.clone(), count)))
        .collect();
    let mut times = Vec::with_capacity(count);
    for lane in lanes {
        times.extend(lane.await??);
    }
    Ok(times)
}

async fn lane(client: Client, url: String, next: Arc<AtomicUsize>, count: usize) -> Result<Vec<f64>, Failure> {
    let mut times = Vec::new();
    while next.fetch_add(1, Ordering::Relaxed) < count {
        let started = Instant::now();
        let answer = client.get(&url).bearer_auth("bench").send().await?.error_for_status()?;
        answer.bytes().await?;
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    Ok(times)
}
