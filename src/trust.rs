//! TLS settings: clients trust what the system trusts, and certain roots besides.

use std::sync::Arc;

use rustls::{
    ClientConfig, Error, RootCertStore,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

/// Settings of a client that trusts what the system trusts, the bundled roots, and those of a PEM text. Where the system's
/// verifier cannot be made, the roots alone are trusted.
///
/// # Errors
/// If the ciphers do not suit.
pub fn client_config(extra: &[u8]) -> Result<ClientConfig, Error> {
    let roots: Vec<_> = roots(extra).collect();
    let system = Verifier::new_with_extra_roots(roots.iter().cloned(), Arc::new(default_provider()));
    config(system.ok(), roots)
}

/// Settings of a client that trusts nothing.
///
/// # Errors
/// If the ciphers do not suit.
pub fn distrusting_config() -> Result<ClientConfig, Error> {
    config(None, Vec::new())
}

fn config(system: Option<Verifier>, roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig, Error> {
    let builder =
        ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions()?;
    let builder = if let Some(system) = system {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(system))
    } else {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots);
        builder.with_root_certificates(store)
    };
    Ok(builder.with_no_client_auth())
}

/// The bundled roots, and those of a PEM text. A certificate that cannot be a root is left out: a single one would leave the
/// process without any TLS.
fn roots(extra: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    let extra = CertificateDer::pem_slice_iter(extra)
        .filter_map(Result::ok)
        .filter(|root| RootCertStore::empty().add(root.clone()).is_ok());
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned().chain(extra)
}

#[cfg(test)]
mod tests {
    use rustls::{ServerConfig, pki_types::ServerName};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;

    /// Whether a client with these settings accepts a server whose certificate is its own root.
    async fn accepts(client: ClientConfig, server: &rcgen::CertifiedKey<rcgen::KeyPair>) -> bool {
        let key = server.signing_key.serialize_der().try_into().unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![server.cert.der().clone()], key)
            .unwrap();
        let (near, far) = tokio::io::duplex(64 * 1024);
        let connector = TlsConnector::from(Arc::new(client));
        let name = ServerName::try_from("sandbox.test").unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (connected, _) = tokio::join!(connector.connect(name, near), acceptor.accept(far));
        connected.is_ok()
    }

    #[tokio::test]
    async fn without_the_system_s_verifier_the_given_roots_are_trusted_and_no_others() {
        let [server, stranger] =
            [(); 2].map(|()| rcgen::generate_simple_self_signed(["sandbox.test".to_owned()]).unwrap());
        let given: Vec<_> = roots(server.cert.pem().as_bytes()).collect();
        assert!(given.len() > 100, "the bundled ones are among them");
        assert!(accepts(config(None, given.clone()).unwrap(), &server).await);
        assert!(!accepts(config(None, given).unwrap(), &stranger).await);
    }

    #[tokio::test]
    async fn with_the_system_s_verifier_the_given_roots_are_trusted_too() {
        let server = rcgen::generate_simple_self_signed(["sandbox.test".to_owned()]).unwrap();
        assert!(accepts(client_config(server.cert.pem().as_bytes()).unwrap(), &server).await);
        assert!(!accepts(client_config(b"").unwrap(), &server).await);
        assert!(!accepts(distrusting_config().unwrap(), &server).await);
    }
}
