//! A service of somebody's own making, which says whatever a test wants a dependent to hear.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};
use tradovate_session::service::Address;

use crate::raw::set_mode;

/// Answers each request by its head and body, and notes its first line.
pub struct Fake {
    pub address: Address,
    pub seen: Arc<Mutex<Vec<String>>>,
    hang_up: Arc<tokio::sync::Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fake {
    pub fn in_folder(folder: &TempDir, answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let path: PathBuf = folder.path().join("token.sock");
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        set_mode(&path, 0o600);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = seen.clone();
        let answer = Arc::new(answer);
        let hang_up = Arc::new(tokio::sync::Notify::new());
        let cut = hang_up.clone();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (stream, _) = accepted.unwrap();
                        connections.spawn(converse(stream, answer.clone(), noted.clone()));
                    }
                    () = cut.notified() => connections.shutdown().await,
                }
            }
        });
        Self {
            address: Address::Socket { socket_path: path },
            seen,
            hang_up,
            task,
        }
    }

    /// Cuts all connections.
    pub fn hang_up(&self) {
        self.hang_up.notify_one();
    }

    pub fn count(&self, start: &str) -> usize {
        self.seen
            .lock()
            .unwrap()
            .iter()
            .filter(|line| line.starts_with(start))
            .count()
    }
}

async fn converse(
    mut stream: UnixStream,
    answer: Arc<dyn Fn(&str) -> String + Send + Sync>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut bytes).await {
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        seen.lock().unwrap().push(text.lines().next().unwrap().to_owned());
        let said = answer(&text);
        // An empty answer stands for one that never comes.
        if said.is_empty() {
            std::future::pending::<()>().await;
        }
        if stream.write_all(said.as_bytes()).await.is_err() {
            return;
        }
    }
}

pub fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A token's JSON, of an hour.
pub fn token(generation: u64, environment: &str, user_id: i64) -> String {
    format!(
        r#"{{"accessToken":"fake-{generation}","expirationTime":"2030-01-01T01:00Z","expiresInMs":3600000,
        "issuedAt":"2030-01-01T00:00:00Z","generation":{generation},"environment":"{environment}","userId":{user_id},
        "baseUrl":"https://demo.tradovateapi.com/v1","hosts":{{}},"serverTime":"2030-01-01T00:00:00Z"}}"#
    )
}

pub fn is_poll(request: &str) -> bool {
    request.starts_with("GET /v1/token?")
}
