//! A service at a port proves that it knows the secret before a client sends the secret: any program of this machine can listen at
//! a port that a dead service has left.

use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};

use super::private::service;
use crate::{error::Error, secret::Secret};

/// The number of hexadecimal digits of a nonce and of a secret.
pub const DIGITS: usize = 64;
/// The first line of the message. It keeps the proof apart from any other use of the secret.
const PURPOSE: &str = "tradovate-session token service";

/// 256 random bits, in hexadecimal digits.
///
/// # Errors
/// [`crate::error::ErrorKind::Service`] if the system gives none.
pub fn random_digits() -> Result<Secret, Error> {
    let mut bytes = zeroize::Zeroizing::new([0_u8; 32]);
    SystemRandom::new()
        .fill(&mut *bytes)
        .map_err(|_| service("the system gives no random bits"))?;
    Ok(Secret::new(hex::encode(bytes.as_slice())))
}

/// The proof for a nonce at this host and port. None if the text is no nonce.
pub fn proof(secret: &Secret, host: &str, nonce: &str) -> Option<String> {
    let is_nonce = nonce.len() == DIGITS && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_nonce.then(|| hex::encode(hmac::sign(&key(secret), &message(host, nonce))))
}

/// Whether a proof was made with the secret, for this nonce, host and port.
pub fn is_proof(secret: &Secret, host: &str, nonce: &str, proof: &str) -> bool {
    hex::decode(proof).is_ok_and(|bytes| hmac::verify(&key(secret), &message(host, nonce), &bytes).is_ok())
}

fn key(secret: &Secret) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes())
}

fn message(host: &str, nonce: &str) -> Vec<u8> {
    format!("{PURPOSE}\n{host}\n{nonce}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_23_a_proof_is_for_one_secret_one_port_and_one_nonce() {
        let secret = Secret::new("canary-secret");
        let [nonce, other] = [(); 2].map(|()| random_digits().unwrap());
        let (nonce, other) = (nonce.expose(), other.expose());
        let given = proof(&secret, "127.0.0.1:1", nonce).unwrap();
        assert!(is_proof(&secret, "127.0.0.1:1", nonce, &given));
        assert!(!is_proof(&Secret::new("another"), "127.0.0.1:1", nonce, &given));
        assert!(!is_proof(&secret, "127.0.0.1:2", nonce, &given));
        assert!(!is_proof(&secret, "127.0.0.1:1", other, &given));
        for wrong in ["", "0", "zz", "é", &given[1..], &format!("{given}00")] {
            assert!(!is_proof(&secret, "127.0.0.1:1", nonce, wrong), "{wrong}");
        }
        assert!(!given.contains("canary"));
    }

    #[test]
    fn only_a_nonce_is_answered() {
        let secret = Secret::new("canary-secret");
        for wrong in ["", "0", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64)] {
            assert_eq!(proof(&secret, "127.0.0.1:1", wrong), None, "{wrong}");
        }
    }
}
