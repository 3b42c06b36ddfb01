//! Secret texts, which no output may show: passwords, API secrets, tokens, tickets.

use std::{cmp::Reverse, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serializer};
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

/// A secret text. It has no `Display`, its `Debug` tells nothing, clones share its memory, and that is zeroed when the last of
/// them is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<Box<str>>>);

impl Secret {
    /// Makes a text secret.
    pub fn new(text: impl Into<String>) -> Self {
        // Copied: a text that is cut to its length may move and leave a copy behind.
        let text = Zeroizing::new(text.into());
        Self(Arc::new(Zeroizing::new(Box::from(text.as_str()))))
    }

    /// The text itself, for the wire and the caller that owns it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a header can carry it: visible ASCII, as a bearer token must be.
    #[must_use]
    pub fn fits_a_header(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// Writes a secret out, for `#[serde(serialize_with)]`: a type that holds one has to say so to be serialised.
///
/// # Errors
/// Those of the serializer.
pub fn reveal<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// The same for a secret that may be absent.
///
/// # Errors
/// Those of the serializer.
#[allow(clippy::ref_option)] // the signature that serde calls
pub fn reveal_option<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => serializer.serialize_some(secret.expose()),
        None => serializer.serialize_none(),
    }
}

/// Makes text from outside fit for an error: one line, at most 300 characters, and none of `secrets`, in case the other side
/// echoes what it was sent.
#[must_use]
pub fn printable<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    let mut forms: Vec<_> = secrets.into_iter().flat_map(forms_of).collect();
    // The longest first: a form that begins another one would leave the rest of it.
    forms.sort_by_key(|form| Reverse(form.len()));
    let mut clean = text.to_owned();
    for form in &forms {
        clean = clean.replace(form.as_str(), "[redacted]");
    }
    clean
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(300)
        .collect()
}

/// The forms of a secret: as it is, in JSON, in a query and in a path.
fn forms_of(secret: &Secret) -> Vec<Zeroizing<String>> {
    let plain = secret.expose();
    // Cutting out one or two characters would leave nothing readable, and a secret so short protects nothing.
    if plain.len() <= 2 {
        return Vec::new();
    }
    let in_json = Zeroizing::new(serde_json::Value::from(plain).to_string());
    let in_query: String = byte_serialize(plain.as_bytes()).collect();
    let in_path = in_query.replace('+', "%20");
    let mut forms = vec![
        plain.to_owned(),
        in_json[1..in_json.len() - 1].to_owned(),
        in_query,
        in_path,
    ];
    forms.dedup();
    forms.into_iter().map(Zeroizing::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_25_debug_tells_nothing() {
        let secret = Secret::new("canary-password");
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains("canary"));
    }

    #[test]
    fn promise_25_an_echo_is_cut_out() {
        let secret = Secret::new("canary-password");
        let text = printable("no user with canary-password\nhere", [&secret]);
        assert_eq!(text, "no user with [redacted] here");
        assert_eq!(printable(&"x".repeat(10_000), []).len(), 300);
    }

    #[test]
    fn promise_25_an_echo_is_cut_out_as_json_and_queries_write_it() {
        let secret = Secret::new("canary \"pass\\word\"/é");
        for echo in [
            r#"{"password":"canary \"pass\\word\"/é"}"#,
            "password=canary+%22pass%5Cword%22%2F%C3%A9",
            "password=canary%20%22pass%5Cword%22%2F%C3%A9",
        ] {
            let text = printable(echo, [&secret]);
            assert!(text.contains("[redacted]") && !text.contains("canary"), "{text}");
        }
    }

    #[test]
    fn promise_25_a_secret_that_begins_another_leaves_no_rest_of_it() {
        let (short, long) = (Secret::new("canary"), Secret::new("canary-and-more"));
        assert_eq!(printable("canary-and-more", [&short, &long]), "[redacted]");
    }

    #[test]
    fn a_header_carries_visible_ascii_only() {
        for (text, fits) in [
            ("abc.DEF-1", true),
            ("", false),
            ("a b", false),
            ("a\nb", false),
            ("é", false),
        ] {
            assert_eq!(Secret::new(text).fits_a_header(), fits, "{text:?}");
        }
    }
}
