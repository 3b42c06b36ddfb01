//! Many alike objects on their way to JavaScript, as one table: whoever parses their JSON reads each field's name, and each
//! text that they have in common, once for every object.

use std::{collections::HashMap, fmt::Write};

use foldhash::fast::RandomState;

use super::reader::{Field, Reader, Value};

/// More kinds of objects than this in one piece are not alike.
const MOST_SHAPES: usize = 32;

/// A column in which so many texts came, each for the first time, will go on like that.
const ALL_DIFFERENT: u32 = 16;

/// Objects as a table.
pub struct Table {
    /// JSON: `[[[keys, kinds], …], [cell, …]]`. A kind is `n` for a number or `c` for a cell, one letter a key.
    pub cells: String,
    /// For each object the number of its shape, and for each of its keys the number itself or that of a cell.
    pub values: Vec<f64>,
}

/// The table of the objects at the beginning of a list's elements, at least `size` bytes of them if there are so many, and how
/// long they are; none if they are better sent as JSON.
///
/// Only the structure is looked at. What a cell holds is judged by whoever reads it.
pub fn table(elements: &str, size: usize) -> Option<(Table, usize)> {
    let mut reader = Reader::of(elements);
    let mut shapes = Shapes::default();
    let mut cells = Cells::default();
    let mut values = Vec::with_capacity(elements.len().min(size) / 16);
    let mut fields = Vec::new();
    let length = loop {
        reader.object(&mut fields, shapes.last_keys())?;
        #[allow(clippy::cast_precision_loss)] // one of a few shapes
        values.push(shapes.number(&fields)? as f64);
        values.extend(fields.iter().enumerate().map(|(column, field)| match field.value {
            Value::Integer(number) => number,
            Value::Cell(json) => cells.number(column, json),
        }));
        let end = reader.place();
        match reader.next() {
            Some(b',') if end < size => {}
            Some(b',' | b']') => break end,
            _ => return None,
        }
    };
    let mut text = String::with_capacity(cells.text.len() + 256);
    shapes.write(&mut text);
    let _ = write!(text, ",[{}]]", cells.text);
    Some((Table { cells: text, values }, length))
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

    fn last_keys(&self) -> &[&'a str] {
        self.known.get(self.last).map_or(&[], |(keys, _)| keys)
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

/// Texts by their numbers. Each is there once, but objects and lists, which have an identity, are there as often as they came.
#[derive(Default)]
struct Cells<'a> {
    text: String,
    count: u32,
    numbers: HashMap<&'a str, u32, RandomState>,
    columns: Vec<Column<'a>>,
}

#[derive(Default, Clone, Copy)]
struct Column<'a> {
    /// The text that came last, which is often the next one as well.
    last: &'a str,
    last_number: u32,
    /// How many texts came that were there before, and how many that were not.
    old: u32,
    new: u32,
}

impl<'a> Cells<'a> {
    fn number(&mut self, column: usize, json: &'a str) -> f64 {
        if self.columns.len() <= column {
            self.columns.resize(column + 1, Column::default());
        }
        let Column {
            last,
            last_number,
            old,
            new,
        } = self.columns[column];
        if json == last {
            self.columns[column].old += 1;
            return f64::from(last_number);
        }
        if json.starts_with(['{', '[']) || (old == 0 && new > ALL_DIFFERENT) {
            return f64::from(self.add(json));
        }
        let known = self.numbers.get(json).copied();
        let number = known.unwrap_or_else(|| {
            let number = self.add(json);
            self.numbers.insert(json, number);
            number
        });
        let column = &mut self.columns[column];
        (column.last, column.last_number) = (json, number);
        *(if known.is_some() {
            &mut column.old
        } else {
            &mut column.new
        }) += 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(objects: &str) -> Option<(String, Vec<f64>)> {
        let list = format!("{objects}]");
        let (table, length) = table(&list, usize::MAX)?;
        assert_eq!(length, objects.len());
        Some((table.cells, table.values))
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
    fn a_table_ends_behind_the_object_that_makes_it_long_enough() {
        let elements = r#"{"a":1} ,{"a":2},{"a":3}]"#;
        let length = |size| table(elements, size).map(|(table, length)| (table.values.len() / 2, length));
        assert_eq!(length(0), Some((1, 8)));
        assert_eq!(length(8), Some((1, 8)));
        assert_eq!(length(9), Some((2, 16)));
        assert_eq!(length(1_000), Some((3, 24)));
        assert!(table(r#"{"a":1}"#, 0).is_none());
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
            assert!(written(objects).is_none(), "{objects}");
        }
        let many: Vec<_> = (0..=MOST_SHAPES).map(|key| format!(r#"{{"k{key}":1}}"#)).collect();
        assert!(written(&many.join(",")).is_none());
        assert!(written(&many[1..].join(",")).is_some());
    }
}
