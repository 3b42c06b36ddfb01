//! Which certificates are trusted beside the system's.

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The bundled roots, and those of a PEM text. What can be no root is passed over: a single one would leave the process
/// without any TLS.
pub fn roots(extra: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    let extra = CertificateDer::pem_slice_iter(extra)
        .filter_map(Result::ok)
        .filter(|root| RootCertStore::empty().add(root.clone()).is_ok());
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned().chain(extra)
}
