//! JSON objects, read field by field: their structure, and nothing of what their values hold but plain integers.

use memchr::memchr2;

/// Integers of up to so many digits are exact as JavaScript's numbers.
const MOST_DIGITS: usize = 15;

/// The characters that end a number, `true`, `false` or `null`.
const ENDS_A_WORD: [bool; 256] = {
    let mut ends = [false; 256];
    let signs = b",}]{[\" \t\n\r";
    let mut at = 0;
    while at < signs.len() {
        ends[signs[at] as usize] = true;
        at += 1;
    }
    ends
};

/// A key with its value.
pub struct Field<'a> {
    /// The key's JSON.
    pub key: &'a str,
    pub value: Value<'a>,
}

/// The value of a field: an integer, or any other JSON.
pub enum Value<'a> {
    Integer(f64),
    Cell(&'a str),
}

impl Field<'_> {
    /// Its letter in a table.
    pub fn kind(&self) -> char {
        match self.value {
            Value::Integer(_) => 'n',
            Value::Cell(_) => 'c',
        }
    }
}

/// Reads objects, one field after another.
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// At the beginning of a text.
    pub fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next character that is not blank is.
    pub fn place(&mut self) -> usize {
        self.skip_blanks();
        self.at
    }

    /// The next character that is not blank, gone past.
    pub fn next(&mut self) -> Option<u8> {
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

    /// `expected` are the keys that are likely to come.
    pub fn object(&mut self, fields: &mut Vec<Field<'a>>, expected: &[&'a str]) -> Option<()> {
        fields.clear();
        if self.next()? != b'{' {
            return None;
        }
        loop {
            self.skip_blanks();
            let key = match expected.get(fields.len()) {
                Some(key) if self.text.as_bytes()[self.at..].starts_with(key.as_bytes()) => {
                    self.at += key.len();
                    key
                }
                _ => self.key()?,
            };
            if self.next()? != b':' {
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

    /// A key's JSON, if a plain assignment does what JSON means by it.
    fn key(&mut self) -> Option<&'a str> {
        let key = self.string()?;
        (!key.contains('\\') && key != "\"__proto__\"").then_some(key)
    }

    fn value(&mut self) -> Option<Value<'a>> {
        self.skip_blanks();
        let from = self.at;
        match self.text.as_bytes().get(from)? {
            b'"' => self.string().map(Value::Cell),
            b'{' | b'[' => self.nested().map(Value::Cell),
            _ => {
                let length = self.text.as_bytes()[from..]
                    .iter()
                    .position(|byte| ENDS_A_WORD[usize::from(*byte)])?;
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
            self.at += memchr2(b'"', b'\\', bytes.get(self.at..)?)?;
            if bytes[self.at] == b'"' {
                break;
            }
            self.at += 2;
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
    if digits.len() > MOST_DIGITS || (digits.starts_with('0') && json != "0") || digits.is_empty() {
        return None;
    }
    let number = digits.bytes().try_fold(0_u64, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'))
    })? as f64;
    Some(if digits.len() < json.len() { -number } else { number })
}
