//! JSON on its way to JavaScript.

use std::fmt::Write;

/// The same JSON without any character beyond ASCII, which can only be in strings: V8 copies such a text, and has to decode
/// any other.
pub fn ascii(json: String) -> String {
    if json.is_ascii() {
        return json;
    }
    let mut text = String::with_capacity(json.len() + json.len() / 8);
    let mut rest = json.as_str();
    while let Some(at) = rest.find(|sign: char| !sign.is_ascii()) {
        let (plain, other) = rest.split_at(at);
        text.push_str(plain);
        let end = other.find(|sign: char| sign.is_ascii()).unwrap_or(other.len());
        for unit in other[..end].encode_utf16() {
            // Writing to a String does not fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
        rest = &other[end..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_ascii_is_escaped_as_javascript_does() {
        let json = r#"{"ö":"aé😀b","c":"é"}"#;
        assert_eq!(ascii(json.into()), r#"{"\u00f6":"a\u00e9\ud83d\ude00b","c":"\u00e9"}"#);
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(ascii("[1]".into()), "[1]");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&ascii(json.into())).unwrap(),
            value
        );
    }
}
