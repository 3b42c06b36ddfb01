//! Seals texts with a key: without it nobody can read a copied file or dump.

use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

/// The length of a key in bytes.
pub const KEY_LEN: usize = 32;

/// A key that seals texts: ChaCha20-Poly1305 with a random nonce for each.
pub struct SealKey {
    key: LessSafeKey,
    random: SystemRandom,
}

impl SealKey {
    /// A key of 32 bytes, which should come from a random source.
    #[must_use]
    #[allow(clippy::missing_panics_doc)] // the length is the only thing that could be wrong
    pub fn new(bytes: &[u8; KEY_LEN]) -> Self {
        let unbound = UnboundKey::new(&CHACHA20_POLY1305, bytes).expect("the length is the algorithm's");
        Self {
            key: LessSafeKey::new(unbound),
            random: SystemRandom::new(),
        }
    }

    /// Seals a text. It opens only with the same `about`, which the sealed bytes do not contain.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if the system has no randomness to give.
    pub fn seal(&self, text: &str, about: &str) -> Result<Vec<u8>, Error> {
        let failed = |_| {
            Error::new(
                ErrorKind::Store,
                "the record cannot be sealed: the system gives no randomness",
            )
        };
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(failed)?;
        let mut sealed = text.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about.as_bytes()),
                &mut sealed,
            )
            .map_err(failed)?;
        sealed.splice(..0, nonce);
        Ok(sealed)
    }

    /// Opens the bytes that [`SealKey::seal`] made. Returns nothing if the key or `about` is another one, or a byte has changed.
    #[must_use]
    pub fn open(&self, sealed: &[u8], about: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = Zeroizing::new(text.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self
            .key
            .open_in_place(nonce, Aad::from(about.as_bytes()), &mut text)
            .ok()?
            .len();
        text.truncate(length);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_18_a_sealed_text_opens_with_its_key_and_for_its_purpose_only() {
        let (key, other) = (SealKey::new(&[1; KEY_LEN]), SealKey::new(&[2; KEY_LEN]));
        let sealed = key.seal("canary", "a").unwrap();
        assert_eq!(key.open(&sealed, "a").unwrap().as_slice(), b"canary");
        assert!(other.open(&sealed, "a").is_none());
        assert!(key.open(&sealed, "b").is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(&changed, "a").is_none(), "byte {at}");
            assert!(key.open(&sealed[..at], "a").is_none(), "{at} bytes");
        }
    }

    #[test]
    fn promise_18_the_same_text_is_sealed_differently_each_time_and_cannot_be_read() {
        let key = SealKey::new(&[1; KEY_LEN]);
        let (one, two) = (key.seal("canary", "a").unwrap(), key.seal("canary", "a").unwrap());
        assert_ne!(one, two);
        assert!(!one.windows(6).any(|bytes| bytes == b"canary"));
    }
}
