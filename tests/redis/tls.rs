//! Redis over TLS: `rediss://`.

use std::{fs, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tradovate_session::{
    clock::SystemClock,
    error::ErrorKind,
    store::{RedisOptions, RedisStore, Revision, Store},
};

use crate::{entry, options, support::redis::Redis};

/// A Redis whose certificate is for these names, and the certificate of who signed it.
fn start(names: &[&str]) -> Option<(Redis, Vec<u8>)> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();

    let folder = TempDir::new().unwrap();
    let mut settings = vec!["--tls-auth-clients".to_owned(), "no".to_owned()];
    for (setting, text) in [
        ("--tls-cert-file", certificate.pem()),
        ("--tls-key-file", key.serialize_pem()),
        ("--tls-ca-cert-file", authority.pem()),
    ] {
        let path = folder.path().join(setting);
        fs::write(&path, text).unwrap();
        settings.extend([setting.to_owned(), path.to_str().unwrap().to_owned()]);
    }
    let redis = Redis::start_with_tls(folder, &settings)?;
    Some((redis, authority.pem().into_bytes()))
}

fn store(redis: &Redis, scheme: &str, host: &str, extra_roots: &[u8]) -> RedisStore {
    let options = RedisOptions {
        extra_roots: extra_roots.into(),
        ..options(format!("{scheme}://{host}:{}", redis.port()))
    };
    RedisStore::new(options, Arc::new(SystemClock)).unwrap()
}

#[tokio::test]
async fn rediss_is_tls_with_a_certificate_that_is_trusted_and_fits_the_host() {
    let Some((redis, authority)) = start(&["localhost", "127.0.0.1"]) else {
        return;
    };
    for host in ["localhost", "127.0.0.1"] {
        let store = store(&redis, "rediss", host, &authority);
        let before = store
            .read("a")
            .await
            .unwrap()
            .map_or(Revision::NONE, |entry| entry.revision);
        let lease = store.lease("a").await.unwrap();
        assert!(store.write("a", entry(before.next()), before, &lease).await.unwrap());
        lease.release().await;
    }
    let Some((misnamed, its_authority)) = start(&["redis.example"]) else {
        return;
    };
    for (store, why) in [
        (store(&redis, "rediss", "localhost", b""), "certificate"),
        (store(&misnamed, "rediss", "localhost", &its_authority), "certificate"),
        (store(&redis, "redis", "localhost", &authority), "lost"),
    ] {
        let error = store.read("a").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().contains(why), "{error}");
    }
}
