//! Long lists of JSON, cut by a scan that looks at brackets, strings and commas only.

/// The elements of a list that have not been read yet.
pub struct Elements<'a> {
    /// The text from the next one on.
    rest: Option<&'a str>,
}

impl<'a> Elements<'a> {
    /// All elements of a text; none if it is no list.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        Self {
            rest: text.trim_start().strip_prefix('['),
        }
    }

    /// The text from the next element on, unless there is no more.
    #[must_use]
    pub fn rest(&self) -> Option<&'a str> {
        self.rest
    }

    /// Goes past elements of `length`, which have been read, and the comma behind them.
    pub fn skip(&mut self, length: usize) {
        self.rest = self.rest.and_then(|rest| rest[length..].strip_prefix(','));
    }

    /// Goes past at least `size` bytes of elements, if there are so many, and gives them. A text that is no closed list lacks
    /// its last ones.
    pub fn take(&mut self, size: usize) -> Option<&'a str> {
        let rest = self.rest.take()?;
        let length = Scan::of(rest).end(size)?;
        self.rest = rest[length..].strip_prefix(',');
        Some(&rest[..length])
    }
}

/// A walk over elements.
struct Scan<'a> {
    bytes: &'a [u8],
    /// Where it has got to.
    at: usize,
    /// Brackets that are open within the list.
    depth: usize,
}

impl<'a> Scan<'a> {
    fn of(elements: &'a str) -> Self {
        Self {
            bytes: elements.as_bytes(),
            at: 0,
            depth: 0,
        }
    }

    /// Where the first comma between elements is that has `least` bytes before it, or else the list's closing bracket.
    fn end(mut self, least: usize) -> Option<usize> {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => self.string(),
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' if self.depth > 0 => self.depth -= 1,
                b']' => return Some(self.at),
                b'}' => return None,
                b',' if self.depth == 0 && self.at >= least => return Some(self.at),
                _ => {}
            }
            self.at += 1;
        }
        None
    }

    /// Goes to the end of a string.
    fn string(&mut self) {
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'"' => return,
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, size: usize) -> Vec<&str> {
        let mut elements = Elements::of(text);
        std::iter::from_fn(|| elements.take(size)).collect()
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
    fn what_has_been_read_is_skipped() {
        let mut elements = Elements::of(" [1,22, 3]");
        elements.skip(1);
        assert_eq!(elements.rest(), Some("22, 3]"));
        assert_eq!(elements.take(0), Some("22"));
        elements.skip(2);
        assert_eq!(elements.rest(), None);
        assert_eq!(elements.take(0), None);
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
