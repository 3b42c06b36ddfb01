//! Many alike objects on their way to JavaScript, as one table: whoever parses their JSON reads each field's name, and each
//! text that they have in common, once for every object.

use std::{collections::HashMap, fmt::Write};

/// More kinds of objects than this in one piece are not alike.
const MOST_SHAPES: usize = 32;
/// Integers of up to so many digits are exact as JavaScript's numbers.
const MOST_DIGITS: usize = 15;

/// Objects as a table.
pub struct Table {
    /// JSON: `[[[keys, kinds], …], [cell, …]]`. A kind is `n` for a number or `c` for a cell, one letter a key.
    pub cells: String,
    /// For each object the number of its shape, and for each of its keys the number itself or that of a cell.
    pub values: Vec<f64>,
}

/// The table of some objects, which are separated by commas; none if JSON says it better.
///
/// Only the structure is looked at. What a cell holds is judged by whoever reads it.
pub fn table(objects: &str) -> Option<Table> {
    let mut reader = Reader { text: objects, at: 0 };
    let mut shapes = Shapes::default();
    let mut cells = Cells::default();
    let mut values = Vec::with_capacity(objects.len() / 16);
    let mut fields = Vec::new();
    loop {
        reader.object(&mut fields)?;
        #[allow(clippy::cast_precision_loss)] // one of a few shapes
        values.push(shapes.number(&fields)? as f64);
        values.extend(fields.iter().enumerate().map(|(column, field)| match field.value {
            Value::Integer(number) => number,
            Value::Cell(json) => cells.number(column, json),
        }));
        match reader.next() {
            Some(b',') => {}
            None => break,
            _ => return None,
        }
    }
    let mut text = String::with_capacity(cells.text.len() + 256);
    shapes.write(&mut text);
    let _ = write!(text, ",[{}]]", cells.text);
    Some(Table { cells: text, values })
}

struct Field<'a> {
    /// The key's JSON.
    key: &'a str,
    value: Value<'a>,
}

enum Value<'a> {
    Integer(f64),
    Cell(&'a str),
}

impl Field<'_> {
    fn kind(&self) -> char {
        match self.value {
            Value::Integer(_) => 'n',
            Value::Cell(_) => 'c',
        }
    }
}

/// The kinds of objects that there are: the same keys in the same order, with numbers at the same places.
#[derive(Default)]
struct Shapes<'a> {
    known: Vec<(Vec<&'a str>, String)>,
    last: usize,
}

impl<'a> Shapes<'a> {
    fn number(&mut self, fields: &[Field<'a>]) -> Option<usize> {
        let fits = |(keys, kinds): &(Vec<&str>, String)| {
            keys.len() == fields.len()
                && kinds.chars().eq(fields.iter().map(Field::kind))
                && keys.iter().zip(fields).all(|(key, field)| *key == field.key)
        };
        if !self.known.get(self.last).is_some_and(fits) {
            self.last = match self.known.iter().position(fits) {
                Some(number) => number,
                None if self.known.len() == MOST_SHAPES => return None,
                None => {
                    let keys = fields.iter().map(|field| field.key).collect();
                    self.known.push((keys, fields.iter().map(Field::kind).collect()));
                    self.known.len() - 1
                }
            };
        }
        Some(self.last)
    }

    fn write(&self, text: &mut String) {
        text.push_str("[[");
        for (number, (keys, kinds)) in self.known.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let _ = write!(text, "{comma}[[{}],\"{kinds}\"]", keys.join(","));
        }
        text.push(']');
    }
}

/// Texts by their numbers: each is there once, but what has an identity of its own, objects and lists, as often as it came.
#[derive(Default)]
struct Cells<'a> {
    text: String,
    count: u32,
    numbers: HashMap<&'a str, u32>,
    /// What was last in a column is often what comes next.
    last: Vec<(&'a str, u32)>,
}

impl<'a> Cells<'a> {
    fn number(&mut self, column: usize, json: &'a str) -> f64 {
        if let Some((_, number)) = self.last.get(column).filter(|(last, _)| *last == json) {
            return f64::from(*number);
        }
        if json.starts_with(['{', '[']) {
            return f64::from(self.add(json));
        }
        let known = self.numbers.get(json).copied();
        let number = known.unwrap_or_else(|| {
            let number = self.add(json);
            self.numbers.insert(json, number);
            number
        });
        if self.last.len() <= column {
            self.last.resize(column + 1, ("", 0));
        }
        self.last[column] = (json, number);
        f64::from(number)
    }

    fn add(&mut self, json: &str) -> u32 {
        if self.count > 0 {
            self.text.push(',');
        }
        self.text.push_str(json);
        self.count += 1;
        self.count - 1
    }
}

/// Reads objects, one field after another.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next character that is not blank, gone past.
    fn next(&mut self) -> Option<u8> {
        self.skip_blanks();
        let byte = self.text.as_bytes().get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn skip_blanks(&mut self) {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        while self.text.as_bytes().get(self.at).is_some_and(is_blank) {
            self.at += 1;
        }
    }

    fn object(&mut self, fields: &mut Vec<Field<'a>>) -> Option<()> {
        fields.clear();
        if self.next()? != b'{' {
            return None;
        }
        loop {
            self.skip_blanks();
            let key = self.string()?;
            // A plain assignment would not do what JSON means by it.
            if key.contains('\\') || key == "\"__proto__\"" || self.next()? != b':' {
                return None;
            }
            let value = self.value()?;
            fields.push(Field { key, value });
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn value(&mut self) -> Option<Value<'a>> {
        self.skip_blanks();
        let from = self.at;
        match self.text.as_bytes().get(from)? {
            b'"' => self.string().map(Value::Cell),
            b'{' | b'[' => self.nested().map(Value::Cell),
            _ => {
                let ends = |byte: &u8| {
                    matches!(
                        byte,
                        b',' | b'}' | b']' | b'{' | b'[' | b'"' | b' ' | b'\t' | b'\n' | b'\r'
                    )
                };
                let length = self.text.as_bytes()[from..].iter().position(ends)?;
                self.at += length;
                let json = &self.text[from..self.at];
                (length > 0).then(|| integer(json).map_or(Value::Cell(json), Value::Integer))
            }
        }
    }

    /// A string's JSON.
    fn string(&mut self) -> Option<&'a str> {
        let from = self.at;
        let bytes = self.text.as_bytes();
        if *bytes.get(from)? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            match *bytes.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(&self.text[from..self.at])
    }

    /// An object's or list's JSON.
    fn nested(&mut self) -> Option<&'a str> {
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(&self.text[from..self.at]);
            }
        }
    }
}

/// An integer that is written as plainly as it can be.
#[allow(clippy::cast_precision_loss)] // it has few enough digits
fn integer(json: &str) -> Option<f64> {
    let digits = json.strip_prefix('-').unwrap_or(json);
    let is_plain = digits.len() <= MOST_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let leads_well = !digits.starts_with('0') || json == "0";
    (is_plain && leads_well)
        .then(|| json.parse::<i64>().ok())
        .flatten()
        .map(|number| number as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(objects: &str) -> Option<(String, Vec<f64>)> {
        table(objects).map(|table| (table.cells, table.values))
    }

    #[test]
    fn names_and_common_texts_are_written_once() {
        let (cells, values) = written(r#"{"id":7,"name":"a","on":true}, {"id":-8,"name":"b","on":true}"#).unwrap();
        assert_eq!(cells, r#"[[[["id","name","on"],"ncc"]],["a",true,"b"]]"#);
        assert_eq!(values, [0.0, 7.0, 0.0, 1.0, 0.0, -8.0, 2.0, 1.0]);
    }

    #[test]
    fn objects_that_differ_have_shapes_of_their_own() {
        let (cells, values) = written(r#"{"a":1},{"b":1},{"a":null},{"a":2}"#).unwrap();
        assert_eq!(cells, r#"[[[["a"],"n"],[["b"],"n"],[["a"],"c"]],[null]]"#);
        assert_eq!(values, [0.0, 1.0, 1.0, 1.0, 2.0, 0.0, 0.0, 2.0]);
    }

    #[test]
    fn what_is_no_plain_integer_keeps_its_words() {
        for json in [
            "-0",
            "01",
            "1.5",
            "1e3",
            "9007199254740993",
            "-",
            "nonsense",
            "1234567890123456",
        ] {
            let (cells, _) = written(&format!(r#"{{"n":{json}}}"#)).unwrap();
            assert!(cells.ends_with(&format!("[{json}]]")), "{cells}");
        }
        assert_eq!(
            written(r#"{"n":999999999999999}"#).unwrap().1,
            [0.0, 999_999_999_999_999.0]
        );
    }

    #[test]
    fn objects_and_lists_within_are_never_shared() {
        let (cells, values) = written(r#"{"a":{"]":"}"}},{"a":{"]":"}"}}"#).unwrap();
        assert_eq!(cells, r#"[[[["a"],"c"]],[{"]":"}"},{"]":"}"}]]"#);
        assert_eq!(values, [0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn what_a_table_cannot_say_is_left_to_json() {
        for objects in [
            "",
            "1",
            "{}",
            "[1]",
            r#"{"a":1},2"#,
            r#"{"__proto__":1}"#,
            r#"{"\u0061":1}"#,
            r#"{"a":1"#,
            r#"{"a":}"#,
            r#"{"a" 1}"#,
            r#"{"a":1}{"a":1}"#,
            r#"{"a":"\"#,
            r#"{"a":[}"#,
            r#"{"a":1,}"#,
        ] {
            assert!(table(objects).is_none(), "{objects}");
        }
        let many: Vec<_> = (0..=MOST_SHAPES).map(|key| format!(r#"{{"k{key}":1}}"#)).collect();
        assert!(table(&many.join(",")).is_none());
        assert!(table(&many[1..].join(",")).is_some());
    }
}
