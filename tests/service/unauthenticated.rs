//! Who has not shown the secret: few places, and for a short time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinSet,
};
use tradovate_session::service::{Address, Limits, Options, Service};

use crate::{
    far::Far,
    raw::{Home, SHORT, connect, exchange, limits, port_in, request, rest},
    support::{TIMEOUT, pass},
};

/// As many strangers as the service has places, in small: each asks for `/livez` again and again, and comes back when it is cut off.
fn crowd(address: &Address, size: usize) -> (JoinSet<()>, Arc<AtomicUsize>) {
    let livez = request(address, "GET", "/livez", &[], "")
        .lines()
        .filter(|line| !line.starts_with("Authorization") && !line.starts_with("Connection"))
        .collect::<Vec<_>>()
        .join("\r\n")
        + "\r\n\r\n";
    let mut strangers = JoinSet::new();
    let inside = Arc::new(AtomicUsize::new(0));
    for _ in 0..size {
        let (address, livez, inside) = (address.clone(), livez.clone(), inside.clone());
        strangers.spawn(async move {
            loop {
                let mut stream = connect(&address).await;
                let mut is_inside = false;
                while stream.write_all(livez.as_bytes()).await.is_ok() {
                    let mut bytes = [0; 1024];
                    match stream.read(&mut bytes).await {
                        Ok(0) | Err(_) => break,
                        Ok(_) if !is_inside => {
                            is_inside = true;
                            inside.fetch_add(1, Ordering::SeqCst);
                        }
                        Ok(_) => {}
                    }
                    pass(Duration::from_millis(300)).await;
                }
            }
        });
    }
    (strangers, inside)
}

fn small() -> Limits {
    Limits {
        connections: 64,
        unauthenticated: 4,
        ..limits()
    }
}

#[tokio::test]
async fn promise_23_strangers_on_a_port_do_not_keep_dependents_out() {
    let home = Home::with(port_in, small()).await;
    let (_strangers, inside) = crowd(home.address(), 64);
    while inside.load(Ordering::SeqCst) < 64 {
        pass(Duration::from_millis(20)).await;
    }
    let entering = futures_util::future::join_all((0..8).map(|_| Far::at(home.address())));
    let fars = tokio::time::timeout(Duration::from_secs(3), entering)
        .await
        .expect("they get in");
    home.session.renew(1.into(), TIMEOUT).await.unwrap();
    for far in &fars {
        far.shows(|far| far.has(2)).await;
        assert!(
            far.session.view().last_failure.is_none(),
            "{:?}",
            far.session.view().last_failure
        );
    }
}

#[tokio::test]
async fn promise_23_a_strangers_connection_is_short_whatever_it_asks() {
    let home = Home::with(
        port_in,
        Limits {
            unauthenticated_for: SHORT,
            ..limits()
        },
    )
    .await;
    let poll = home.get("/v1/token?after=1&wait=1");
    let livez = request(home.address(), "GET", "/livez", &[], "")
        .replace("Connection: close\r\n", "")
        .replace("Authorization", "X-Not");
    let mut stream = connect(home.address()).await;
    let began = home.world.clock.elapsed();
    let stranger = async {
        loop {
            let mut bytes = [0; 1024];
            if stream.write_all(livez.as_bytes()).await.is_err() || stream.read(&mut bytes).await.unwrap_or(0) == 0 {
                break;
            }
            pass(SHORT / 10).await;
        }
        home.world.clock.elapsed().saturating_sub(began)
    };
    let (poll, stayed) = tokio::join!(poll, stranger);
    assert_eq!(poll.status, 304, "who has shown the secret may stay");
    assert!(stayed >= SHORT && stayed < 3 * SHORT, "{stayed:?}");
}

#[tokio::test]
async fn promise_23_a_wrong_secret_makes_nobody_known() {
    let home = Home::with(
        port_in,
        Limits {
            unauthenticated_for: SHORT,
            ..limits()
        },
    )
    .await;
    let text = request(home.address(), "GET", "/v1/token", &[], "").replace("Connection: close\r\n", "");
    for (wrong, status) in [
        (text.replace("Bearer ", "Bearer 0"), "403"),
        (text.replace("X-Token-Service", "X-Other"), "403"),
        (text.replace("/v1/token", "/livez"), "200"),
    ] {
        let mut stream = connect(home.address()).await;
        let began = home.world.clock.elapsed();
        stream.write_all(wrong.as_bytes()).await.unwrap();
        let seen = rest(stream.as_mut()).await;
        assert!(seen.starts_with(&format!("HTTP/1.1 {status}")), "{seen}");
        let stayed = home.world.clock.elapsed().saturating_sub(began);
        assert!(stayed < 3 * SHORT, "{stayed:?}");
    }
}

#[tokio::test]
async fn promise_23_strangers_on_the_port_for_metrics_do_not_keep_others_out() {
    let home = Home::at_socket().await;
    let folder = crate::raw::private_folder();
    let options = Options {
        session: home.session.clone(),
        address: crate::raw::socket_in(&folder),
        metrics_port: Some(0),
        limits: small(),
    };
    let service = Service::start(options).await.unwrap();
    let address = Address::Port {
        port: service.metrics_port().unwrap(),
        secret_file: "/dev/null".into(),
    };
    let (_strangers, inside) = crowd(&address, 64);
    while inside.load(Ordering::SeqCst) < 64 {
        pass(Duration::from_millis(20)).await;
    }
    let scrape = exchange(
        &address,
        "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    let scraped = tokio::time::timeout(Duration::from_secs(5), scrape)
        .await
        .expect("it gets in");
    assert_eq!(scraped.status, 200);
    service.close().await;
}
