//! A server whose answers are ready before the first question: what is measured against it is the client.
//!
//! It takes options as JSON, prints one line of JSON, its ports and the file of its certificate authority, and ends when its
//! standard input does.

mod answers;
mod certificates;
mod idle;
mod received;
mod service;

use std::{convert::Infallible, io, net::Ipv4Addr, pin::pin, sync::Arc, time::Duration};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use certificates::Authority;
use idle::Activity;
use service::Service;

type Failure = Box<dyn std::error::Error>;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    /// How long a connection may be idle before it is closed; without it none is closed.
    idle_close_ms: Option<u64>,
}

/// What all listeners share.
#[derive(Clone)]
struct Shared {
    service: Arc<Service>,
    idle_close: Option<Duration>,
}

// One thread: the server has one core to itself, and the clients have the others.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let options: Options = match std::env::args().nth(1) {
        Some(text) => serde_json::from_str(&text)?,
        None => Options::default(),
    };
    let authority = Authority::new()?;
    let folder = tempfile::tempdir()?;
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem())?;

    let shared = Shared {
        service: Arc::new(Service::new()),
        idle_close: options.idle_close_ms.map(Duration::from_millis),
    };
    let plain = listen(shared.clone(), None).await?;
    let tls = listen(shared.clone(), Some(authority.acceptor(&["http/1.1"])?)).await?;
    let tls_h2 = listen(shared, Some(authority.acceptor(&["h2", "http/1.1"])?)).await?;
    println!("{}", json!({ "plain": plain, "tls": tls, "tlsH2": tls_h2, "ca": ca }));

    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    Ok(())
}

/// Serves on a port of its own, and tells which.
async fn listen(shared: Shared, tls: Option<TlsAcceptor>) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        loop {
            // What one connection suffers from is its client's affair.
            if let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, shared.clone(), tls.clone()));
            }
        }
    });
    Ok(port)
}

async fn connection(stream: TcpStream, shared: Shared, tls: Option<TlsAcceptor>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    match tls {
        None => talk(stream, shared).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                shared.service.note_handshake();
                talk(stream, shared).await;
            }
        }
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, shared: Shared) {
    let activity = Arc::new(Activity::new());
    let answer = service_fn({
        let (activity, service) = (activity.clone(), shared.service);
        move |request| {
            let (activity, service) = (activity.clone(), service.clone());
            async move {
                let _being_answered = activity.begin();
                Ok::<_, Infallible>(service.answer(request).await)
            }
        }
    });
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http2().max_concurrent_streams(1_024);
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), answer));
    let idle = async {
        match shared.idle_close {
            Some(limit) => activity.idle_for(limit).await,
            None => std::future::pending().await,
        }
    };
    // A client that goes away in mid-answer is no failure of the server.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = idle => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
