//! An address is taken before anything is asked of Tradovate.

use std::time::Duration;

use tradovate_session::{
    error::ErrorKind,
    service::{Bound, Service},
};

use crate::{
    far::Far,
    raw::{Home, limits, port_in, private_folder, set_mode, socket_in},
    support::pass,
};

#[tokio::test]
async fn promise_23_an_address_is_bound_before_there_is_a_session_and_served_when_there_is() {
    let home = Home::at_socket().await;
    for address in [socket_in, port_in] {
        let folder = private_folder();
        let wanted = address(&folder);
        let bound = Bound::at(&wanted, None).await.unwrap();
        let taken = Bound::at(&wanted, None).await.err().unwrap();
        assert_eq!(taken.kind(), ErrorKind::Service);
        let serving = async {
            pass(Duration::from_millis(300)).await;
            Service::on(bound, &home.session, limits()).unwrap()
        };
        let place = match &wanted {
            tradovate_session::service::Address::Socket { .. } => Some(wanted.clone()),
            tradovate_session::service::Address::Port { .. } => None,
        };
        let service = if let Some(place) = place {
            let (far, service) = tokio::join!(Far::at(&place), serving);
            assert!(far.has(1), "who came early was let wait");
            service
        } else {
            serving.await
        };
        assert!(Far::at(service.address()).await.has(1));
        service.close().await;
        assert!(Bound::at(&wanted, None).await.is_ok(), "it is free again");
    }
}

#[tokio::test]
async fn promise_23_what_is_bound_and_not_served_leaves_nothing_behind() {
    for address in [socket_in, port_in] {
        let folder = private_folder();
        drop(Bound::at(&address(&folder), Some(0)).await.unwrap());
        let names = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = names
            .filter(|name| !name.to_string_lossy().ends_with(".lock"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test]
async fn promise_23_a_secret_is_not_put_where_others_could_replace_it() {
    for (bits, fine) in [(0o700, true), (0o755, true), (0o775, false), (0o1777, false)] {
        let folder = private_folder();
        set_mode(folder.path(), bits);
        let refused = Bound::at(&port_in(&folder), None).await.err().map(|error| error.kind());
        assert_eq!(refused, (!fine).then_some(ErrorKind::ServiceMismatch), "{bits:o}");
        if !fine {
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
        }
    }
}
