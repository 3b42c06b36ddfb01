//! The form of a stored text: a header line, then the text, plain or sealed.
//!
//! The header `tradovate-session 1 plain 12 0f3a…` holds the form's version, the kind of the text, its revision, and a checksum
//! over all of that and the text. The checksum tells damage from a text of another version, login or key: a damaged text may
//! be replaced, the others must be left alone.

use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::{Entry, Revision, SealKey};
use crate::{
    error::{Error, ErrorKind},
    secret::Secret,
};

const NAME: &str = "tradovate-session";
const FORM: u32 = 1;

/// The most bytes of an envelope. No record needs so many: a longer text is another program's.
pub const LONGEST: usize = 64 * 1024;

/// Wraps the texts of a store: plain, or sealed with a key.
pub struct Envelope {
    seal: Option<SealKey>,
}

/// The content of an envelope.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// The entry that was put in.
    Intact(Entry),
    /// Nothing that anybody could read.
    Damaged,
}

impl Envelope {
    /// An envelope that seals texts if there is a key.
    #[must_use]
    pub fn new(seal: Option<SealKey>) -> Self {
        Self { seal }
    }

    /// Wraps an entry, which is stored under `key`.
    ///
    /// # Errors
    /// Those of [`SealKey::seal`], and [`ErrorKind::Store`] for a text that is too long to be read again.
    pub fn wrap(&self, key: &str, entry: &Entry) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (kind, payload) = match &self.seal {
            Some(seal) => ("sealed", seal.seal(entry.text.expose(), &about(key, entry.revision))?),
            None => ("plain", entry.text.expose().as_bytes().to_vec()),
        };
        let checksum = checksum(kind, entry.revision, &payload);
        let mut bytes = Zeroizing::new(format!("{NAME} {FORM} {kind} {} {checksum}\n", entry.revision).into_bytes());
        bytes.extend_from_slice(&payload);
        if bytes.len() > LONGEST {
            // The stored record can be read; this one could not.
            let text = "the record cannot be saved: it has grown longer than any should";
            return Err(Error::new(ErrorKind::Store, text));
        }
        Ok(bytes)
    }

    /// Unwraps the entry that is stored under `key`.
    ///
    /// # Errors
    /// [`ErrorKind::StoreMismatch`] for a form of another version, for a text that this key did not seal, and for a plain text
    /// where a key is given.
    pub fn unwrap(&self, key: &str, bytes: &[u8]) -> Result<Content, Error> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let Some(end) = end.filter(|_| bytes.len() <= LONGEST) else {
            return Ok(Content::Damaged);
        };
        let (line, payload) = (&bytes[..end], &bytes[end + 1..]);
        let line = std::str::from_utf8(line).unwrap_or_default();
        let mut words = line.split(' ');
        let form = (words.next() == Some(NAME)).then(|| words.next()?.parse::<u32>().ok());
        match form.flatten() {
            None => return Ok(Content::Damaged),
            Some(FORM) => {}
            Some(_) => return Err(another_version()),
        }
        let words: Vec<_> = words.collect();
        let [kind, revision, sum] = words.as_slice() else {
            return Ok(Content::Damaged);
        };
        let Some(revision) = number(revision).filter(|revision| *revision > Revision::NONE) else {
            return Ok(Content::Damaged);
        };
        if *sum != checksum(kind, revision, payload) {
            return Ok(Content::Damaged);
        }
        let text = match (*kind, &self.seal) {
            ("plain", None) => std::str::from_utf8(payload).map(Secret::new).ok(),
            ("sealed", Some(seal)) => {
                let Some(text) = seal.open(payload, &about(key, revision)) else {
                    let why = "it was sealed with another key, or is another login's";
                    return Err(mismatch(why, GIVE_KEY));
                };
                std::str::from_utf8(&text).map(Secret::new).ok()
            }
            ("plain", Some(_)) => return Err(mismatch("it is not sealed, and a key is given", LEAVE_KEY)),
            ("sealed", None) => return Err(mismatch("it is sealed, and no key is given", GIVE_KEY)),
            _ => return Err(another_version()),
        };
        Ok(text.map_or(Content::Damaged, |text| Content::Intact(Entry { revision, text })))
    }
}

/// The revision in an intact header. Reading it takes no key.
#[must_use]
pub fn revision_of(bytes: &[u8]) -> Option<Revision> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let words: Vec<_> = str::from_utf8(&bytes[..end]).ok()?.split(' ').collect();
    let [NAME, form, kind, revision, sum] = words[..] else {
        return None;
    };
    let revision = number(revision).filter(|_| form.parse() == Ok(FORM))?;
    (sum == checksum(kind, revision, &bytes[end + 1..])).then_some(revision)
}

fn number(word: &str) -> Option<Revision> {
    word.parse::<u64>().ok().map(Revision::from)
}

/// The associated data of a sealed text: it opens for this login and revision only.
fn about(key: &str, revision: Revision) -> String {
    format!("{NAME} {FORM} sealed {revision} {key}")
}

fn checksum(kind: &str, revision: Revision, payload: &[u8]) -> String {
    let mut all = Zeroizing::new(format!("{kind} {revision}\n").into_bytes());
    all.extend_from_slice(payload);
    let digest = digest(&SHA256, &all);
    // Against damage, not against an attacker: an attacker who can write here can also write a right checksum.
    let head = digest.as_ref().first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(head))
}

const GIVE_KEY: &str = "; give store.key the key that sealed it, or choose another store";
const LEAVE_KEY: &str = "; leave store.key out, or choose another store";

fn another_version() -> Error {
    let why = "another version of this package has written it";
    mismatch(why, "; use that version, or choose another store")
}

/// The error of a record that is intact, and not for this login, version or key. The advice goes on its sentence.
#[must_use]
pub fn mismatch(why: &str, advice: &str) -> Error {
    let text = format!(
        "the stored record is not what it should be: {why}; nothing was sent, and the record is left as it is{advice}"
    );
    Error::new(ErrorKind::StoreMismatch, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            revision: 12.into(),
            text: Secret::new("{\"two\":\n\"lines\"}"),
        }
    }

    fn plain() -> Envelope {
        Envelope::new(None)
    }

    fn sealed(byte: u8) -> Envelope {
        Envelope::new(Some(SealKey::new(&[byte; 32])))
    }

    #[test]
    fn an_entry_comes_out_as_it_went_in() {
        for envelope in [plain(), sealed(1)] {
            let bytes = envelope.wrap("key", &entry()).unwrap();
            assert_eq!(envelope.unwrap("key", &bytes).unwrap(), Content::Intact(entry()));
            assert_eq!(revision_of(&bytes), Some(12.into()));
        }
    }

    #[test]
    fn promise_17_whatever_is_cut_off_or_changed_is_damage_or_another_version() {
        for envelope in [plain(), sealed(1)] {
            let bytes = envelope.wrap("key", &entry()).unwrap();
            for at in 0..bytes.len() {
                assert_eq!(
                    envelope.unwrap("key", &bytes[..at]).unwrap(),
                    Content::Damaged,
                    "{at} bytes"
                );
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                assert_eq!(revision_of(&changed), None, "{at}");
                match envelope.unwrap("key", &changed) {
                    Ok(Content::Damaged) => {}
                    Err(error) => assert_eq!((error.kind(), at), (ErrorKind::StoreMismatch, 18), "the version"),
                    Ok(Content::Intact(_)) => panic!("byte {at} was changed, and nobody noticed"),
                }
            }
        }
        assert_eq!(plain().unwrap("key", b"").unwrap(), Content::Damaged);
    }

    #[test]
    fn promise_18_another_version_another_key_and_a_missing_one_are_told_from_damage() {
        let [in_clear, under_one] = [plain(), sealed(1)].map(|envelope| envelope.wrap("key", &entry()).unwrap());
        let cases: [(Envelope, &str, &[u8]); 5] = [
            (sealed(1), "key", &in_clear),
            (plain(), "key", &under_one),
            (sealed(2), "key", &under_one),
            (sealed(1), "another", &under_one),
            (plain(), "key", b"tradovate-session 2 anything\nelse"),
        ];
        for (envelope, key, bytes) in cases {
            let kind = envelope.unwrap(key, bytes).unwrap_err().kind();
            assert_eq!(kind, ErrorKind::StoreMismatch);
        }
    }
}
