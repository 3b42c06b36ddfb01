//! A server whose answers are ready before the first question: what is measured against it is the client.
//!
//! It prints one line of JSON, its ports and the file of its certificate authority, and ends when its standard input does.

mod answers;
mod certificates;
mod service;

use std::{convert::Infallible, io, net::Ipv4Addr, sync::Arc};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use certificates::Authority;
use service::Service;

type Failure = Box<dyn std::error::Error>;

// One thread: the server has one core to itself, and the clients have the others.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let authority = Authority::new()?;
    let folder = tempfile::tempdir()?;
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem())?;

    let service = Arc::new(Service::new());
    let plain = listen(service.clone(), None).await?;
    let tls = listen(service.clone(), Some(authority.acceptor(&["http/1.1"])?)).await?;
    let tls_h2 = listen(service, Some(authority.acceptor(&["h2", "http/1.1"])?)).await?;
    println!("{}", json!({ "plain": plain, "tls": tls, "tlsH2": tls_h2, "ca": ca }));

    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    Ok(())
}

/// Serves on a port of its own, and tells which.
async fn listen(service: Arc<Service>, tls: Option<TlsAcceptor>) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        loop {
            // What one connection suffers from is its client's affair.
            if let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, service.clone(), tls.clone()));
            }
        }
    });
    Ok(port)
}

async fn connection(stream: TcpStream, service: Arc<Service>, tls: Option<TlsAcceptor>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    match tls {
        None => talk(stream, service).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                talk(stream, service).await;
            }
        }
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, service: Arc<Service>) {
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(service.answer(&request).await) }
    });
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http2().max_concurrent_streams(1_024);
    // A client that goes away in mid-answer is no failure of the server.
    let _ = server.serve_connection(TokioIo::new(stream), answer).await;
}
