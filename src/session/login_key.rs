//! The key of a login and the fingerprint of credentials. Neither reveals what it stands for.

use serde::{Deserialize, Serialize};

use crate::api::{Credentials, Origin};

/// The key that a token is stored under: a hash of base URL, environment, name, appId and cid, so that nothing of the login can
/// be read from it. The default is no login's: a dependent does not know its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LoginKey(String);

impl LoginKey {
    /// The key of a login.
    #[must_use]
    pub fn of(origin: &Origin, credentials: &Credentials) -> Self {
        let cid = credentials.cid.as_ref().map(ToString::to_string);
        let parts = [
            &origin.first(),
            origin.environment().as_str(),
            &credentials.name,
            credentials.app_id.as_deref().unwrap_or_default(),
            cid.as_deref().unwrap_or_default(),
        ];
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        for part in parts {
            // The length keeps neighbours apart: ("ab", "c") is not ("a", "bc").
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        Self(hex::encode(&context.finish().as_ref()[..16]))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A keyed hash by which changed credentials are told from the same ones. It is cut so short that many passwords share
/// it: a stolen record cannot confirm a guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    salt: String,
    mark: String,
}

impl Fingerprint {
    /// The mark of credentials under a fresh salt.
    #[must_use]
    pub fn new(credentials: &Credentials, salt: u64) -> Self {
        let salt = hex::encode(salt.to_be_bytes());
        let mark = mark(credentials, &salt);
        Self { salt, mark }
    }

    /// Whether these are the same credentials.
    #[must_use]
    pub fn matches(&self, credentials: &Credentials) -> bool {
        mark(credentials, &self.salt) == self.mark
    }
}

fn mark(credentials: &Credentials, salt: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, salt.as_bytes());
    let tag = ring::hmac::sign(&key, credentials.body(None).as_bytes());
    hex::encode(&tag.as_ref()[..2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::Environment, secret::Secret};

    fn credentials(name: &str, password: &str) -> Credentials {
        Credentials {
            name: name.into(),
            password: Secret::new(password),
            app_id: None,
            app_version: None,
            device_id: None,
            cid: None,
            sec: None,
        }
    }

    fn origin() -> Origin {
        Origin::new(Environment::Demo, None).unwrap()
    }

    #[test]
    fn a_key_tells_logins_apart_and_shows_nothing_of_them() {
        let key = |name, password| LoginKey::of(&origin(), &credentials(name, password));
        assert_eq!(key("me", "one"), key("me", "two"));
        assert_ne!(key("me", "one"), key("you", "one"));
        let live = Origin::new(Environment::Live, None).unwrap();
        assert_ne!(key("me", ""), LoginKey::of(&live, &credentials("me", "")));
        assert!(!key("longname", "").as_str().contains("longname"));
    }

    #[test]
    fn a_fingerprint_knows_changed_credentials() {
        let fingerprint = Fingerprint::new(&credentials("me", "pw-canary"), 7);
        assert!(fingerprint.matches(&credentials("me", "pw-canary")));
        let changed = (0..20)
            .filter(|n| !fingerprint.matches(&credentials("me", &format!("new-{n}"))))
            .count();
        assert!(changed >= 19, "{changed} of 20 changes seen");
    }
}
