//! Secret texts, which no output may show: passwords, API secrets, tokens, tickets.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serializer};
use zeroize::Zeroizing;

/// The most bytes of a character reference of HTML that are looked at: longer ones have zeros in front.
const LONGEST_ENTITY: usize = 32;

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

/// The most characters of a text from outside in an error.
const MOST_PRINTED: usize = 300;
/// The most characters of it that are looked at for secrets. Where nothing but secrets has come before, no more is printed.
const MOST_LOOKED_AT: usize = 4_096;
const REDACTED: &str = "[redacted]";

/// Whether a character changes the direction of the text around it, or is not seen: what is shown would be another text.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Makes text from outside fit for an error: one line, at most 300 characters, and none of `secrets`, in case the other side
/// echoes what it was sent, as it is or as JSON, a URL or HTML writes it.
#[must_use]
pub fn printable<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    // Cutting out one or two characters would leave nothing readable, and a secret so short protects nothing.
    let secrets: Vec<_> = secrets
        .into_iter()
        .map(Secret::expose)
        .filter(|secret| secret.len() > 2)
        .collect();
    let (mut clean, mut printed, mut hidden_until) = (String::new(), 0, 0);
    for (at, c) in text.char_indices().take(MOST_LOOKED_AT) {
        if printed >= MOST_PRINTED {
            break;
        }
        let lengths = secrets.iter().filter_map(|secret| written_length(secret, &text[at..]));
        let end = lengths.max().map_or(0, |length| at + length);
        if end > hidden_until {
            if at >= hidden_until {
                clean.push_str(REDACTED);
                printed += REDACTED.len();
            }
            hidden_until = end;
        }
        if at >= hidden_until {
            clean.push(if c.is_control() || turns_text(c) { ' ' } else { c });
            printed += 1;
        }
    }
    clean.chars().take(MOST_PRINTED).collect()
}

/// How many bytes of a text write the secret out that it begins with, at most.
fn written_length(secret: &str, text: &str) -> Option<usize> {
    let mut ends = vec![0];
    for c in secret.chars() {
        let mut next: Vec<_> = ends
            .iter()
            .flat_map(|end| written_lengths(c, &text[*end..]).map(move |length| end + length))
            .collect();
        next.sort_unstable();
        next.dedup();
        ends = next;
        if ends.is_empty() {
            return None;
        }
    }
    ends.last().copied()
}

/// How many bytes write the character out that a text begins with: as it is, or as JSON, a URL or HTML does.
fn written_lengths(c: char, text: &str) -> impl Iterator<Item = usize> {
    let plain = text.starts_with(c).then(|| c.len_utf8());
    let escaped = match text.as_bytes().first() {
        Some(b'\\') => in_json(c, text),
        Some(b'%') => {
            let bytes = c.encode_utf8(&mut [0; 4]).bytes().map(u16::from).collect();
            in_hex(bytes, "%", 2, text)
        }
        Some(b'+') => (c == ' ').then_some(1),
        Some(b'&') => in_html(c, text),
        _ => None,
    };
    plain.into_iter().chain(escaped)
}

fn in_json(c: char, text: &str) -> Option<usize> {
    let short = match text[1..].chars().next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return in_hex(c.encode_utf16(&mut [0; 2]).to_vec(), "\\u", 4, text),
        other if other.is_ascii_punctuation() => other,
        _ => return None,
    };
    (short == c).then_some(2)
}

/// The length of units in a row that a text begins with, each in hexadecimal digits after a mark.
fn in_hex(units: Vec<u16>, mark: &str, digits: usize, text: &str) -> Option<usize> {
    let mut rest = text;
    for unit in units {
        rest = rest.strip_prefix(mark)?;
        let (number, after) = rest.split_at_checked(digits)?;
        rest = (u16::from_str_radix(number, 16) == Ok(unit)).then_some(after)?;
    }
    Some(text.len() - rest.len())
}

fn in_html(c: char, text: &str) -> Option<usize> {
    let end = text.bytes().take(LONGEST_ENTITY).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let number = name
        .strip_prefix('#')
        .and_then(|number| match number.strip_prefix(['x', 'X']) {
            Some(number) => u32::from_str_radix(number, 16).ok(),
            None => number.parse().ok(),
        });
    let named = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => number.and_then(char::from_u32),
    };
    (named == Some(c)).then_some(end + 1)
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
        assert_eq!(printable("a\u{202e}b\u{200b}c\u{feff}", []), "a b c ");
    }

    #[test]
    fn promise_25_an_echo_is_cut_out_however_json_urls_and_html_write_it() {
        let secret = Secret::new("canary \"p&ss\\<w>rd'/\té😀");
        for echo in [
            r#"{"password":"canary \"p&ss\\<w>rd'/\té😀"}"#,
            r#"{"password":"canary \"p\u0026ss\\\u003cw\u003Erd\u0027\/\t\u00e9\ud83d\uDE00"}"#,
            "password=canary+%22p%26ss%5C%3Cw%3Erd%27%2F%09%C3%A9%F0%9F%98%80",
            "password=canary%20%22p%26ss%5c%3cw%3erd%27%2f%09%c3%a9%f0%9f%98%80",
            "<p>canary &quot;p&amp;ss\\&lt;w&gt;rd&#39;/\té😀</p>",
            "<p>canary &#34;p&#38;ss&#92;&#60;w&#62;rd&apos;&#x2F;&#9;&eacute;&#xe9;&#x1f600;</p>"
                .replace("&eacute;", "")
                .as_str(),
        ] {
            let text = printable(echo, [&secret]);
            assert!(text.contains("[redacted]"), "{echo}: {text}");
            for part in ["canary", "ss", "rd", "😀", "1f600", "%80"] {
                let rest = text.replace("[redacted]", "").replace("password", "");
                assert!(!rest.contains(part), "{echo}: {text}");
            }
        }
        // As it is, though it looks like something that is written otherwise.
        for plain in ["a&amp;b", "a%26b", r"a\u0026b", "a+b c", r"a\nb"] {
            assert_eq!(printable(plain, [&Secret::new(plain)]), "[redacted]");
        }
    }

    #[test]
    fn promise_25_what_only_resembles_a_secret_stays() {
        let secret = Secret::new("p&ss wörd");
        for text in [
            "p&ss",
            "p&ss_wörd",
            "p%2ss wörd",
            "p%26",
            r"p\u00",
            "p&am",
            "p&amp",
            "p&;ss wörd",
            r"p\",
        ] {
            assert_eq!(printable(text, [&secret]), text);
        }
    }

    #[test]
    fn promise_25_secrets_that_overlap_leave_no_rest() {
        let (short, long) = (Secret::new("canary"), Secret::new("canary-and-more"));
        assert_eq!(printable("canary-and-more", [&short, &long]), "[redacted]");
        let (first, second) = (Secret::new("canary-a"), Secret::new("a-canary"));
        assert_eq!(printable("canary-a-canary!", [&first, &second]), "[redacted]!");
        assert_eq!(printable("canary-acanary-a", [&first]), "[redacted][redacted]");
    }

    #[test]
    fn promise_25_a_text_of_nothing_but_secrets_is_cut() {
        let secret = Secret::new("a".repeat(8_192));
        let text = "a".repeat(1_000_000) + "canary";
        assert_eq!(printable(&text, [&secret]), "[redacted]");
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
