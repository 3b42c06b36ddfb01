//! Long lists of JSON, cut by a scan that looks at brackets, strings and commas only.

/// Texts up to this length are read as a whole: it takes no longer than looking for a place to cut.
pub const LONG: usize = 64 * 1024;

/// The elements of a list in pieces of at least `size` bytes but for the last, each without brackets around it. A text
/// that is no closed list comes in fewer pieces than it has.
pub fn pieces(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let mut scan = Scan::of(text);
    std::iter::from_fn(move || {
        let from = scan.as_ref()?.at;
        let to = scan.as_mut().and_then(|scan| scan.comma(from.saturating_add(size)));
        if to.is_none() {
            let end = scan.take()?;
            return end.is_closed.then(|| &text[from..end.at - 1]);
        }
        to.map(|to| &text[from..to])
    })
}

/// A walk over the elements of a list.
struct Scan<'a> {
    bytes: &'a [u8],
    /// Where it has got to.
    at: usize,
    /// Brackets that are open within the list.
    depth: usize,
    /// Whether the list's own closing bracket has been passed.
    is_closed: bool,
}

impl<'a> Scan<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let at = text.len() - text.trim_start().len();
        text[at..].starts_with('[').then(|| Self {
            bytes: text.as_bytes(),
            at: at + 1,
            depth: 0,
            is_closed: false,
        })
    }

    /// Goes past the next comma between elements that is at `least` or beyond, and tells where it is.
    fn comma(&mut self, least: usize) -> Option<usize> {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => self.string(),
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' if self.depth > 0 => self.depth -= 1,
                b']' => {
                    self.is_closed = true;
                    return None;
                }
                b'}' => return None,
                b',' if self.depth == 0 && self.at > least => return Some(self.at - 1),
                _ => {}
            }
        }
        None
    }

    /// Goes past the end of a string.
    fn string(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' => return,
                _ => {}
            }
        }
        // Open to the end: what follows a text is no closing bracket.
        self.at = self.bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, size: usize) -> Vec<&str> {
        pieces(text, size).collect()
    }

    #[test]
    fn a_list_is_cut_between_elements_and_nowhere_else() {
        let text = r#" [{"a":[1,2],"b":"],[\",{"} , [3,4],"x,y", null ] "#;
        assert_eq!(
            cut(text, 0),
            [r#"{"a":[1,2],"b":"],[\",{"} "#, " [3,4]", r#""x,y""#, " null "]
        );
        assert_eq!(
            cut(text, 10),
            [r#"{"a":[1,2],"b":"],[\",{"} "#, r#" [3,4],"x,y""#, " null "]
        );
        assert_eq!(cut(text, 1_000).len(), 1);
        assert_eq!(cut("[]", 0), [""]);
    }

    #[test]
    fn what_is_no_closed_list_lacks_its_last_piece() {
        for broken in [
            "",
            "{}",
            "1",
            "[",
            "[1",
            "[{]",
            "[\"]",
            r#"["\"]"#,
            "[}]",
            "[{\"a\":\"\\",
        ] {
            assert!(cut(broken, 1_000).is_empty(), "{broken}");
        }
        assert_eq!(cut("[1,2,3", 0), ["1", "2"]);
    }

    #[test]
    fn pieces_together_are_the_list() {
        let elements: Vec<_> = (0..1_000)
            .map(|id| format!(r#"{{"id":{id},"name":"a\"]é,[{id}"}}"#))
            .collect();
        let text = format!("[{}]", elements.join(","));
        for size in [1, 100, 5_000] {
            let pieces = cut(&text, size);
            assert_eq!(format!("[{}]", pieces.join(",")), text);
            assert!(
                pieces[..pieces.len() - 1]
                    .iter()
                    .all(|piece| (size..size + 60).contains(&piece.len()))
            );
        }
    }
}
