//! A long list of JSON on its way to JavaScript, in pieces: each is read in a turn of the event loop of its own. Objects that are
//! alike go as a table, which takes JavaScript half as long to read as their JSON.

mod cut;
mod reader;
mod table;

use self::{
    cut::Elements,
    table::{Table, table},
};

/// Texts up to this length are read as a whole: it takes no longer than looking for a place to cut.
const LONG: usize = 64 * 1024;

/// Pieces are about so long: reading one takes JavaScript well under a millisecond.
const PIECE: usize = 64 * 1024;

/// A part of a list.
pub struct Piece {
    /// JSON: a list, or a table's shapes and cells.
    pub text: String,
    /// A table's values.
    pub values: Option<Vec<f64>>,
}

/// The pieces of a text that is a long list; none if it is to be read as a whole.
pub fn pieces(text: &str) -> Option<impl Iterator<Item = Piece>> {
    let is_long = text.len() > LONG && text.trim_start().starts_with('[');
    let mut elements = Elements::of(text);
    is_long.then(move || std::iter::from_fn(move || next_piece(&mut elements)))
}

/// The next elements of a list, as a table if they can be one.
fn next_piece(elements: &mut Elements<'_>) -> Option<Piece> {
    if let Some((Table { cells, values }, length)) = table(elements.rest()?, PIECE) {
        elements.skip(length);
        return Some(Piece {
            text: cells,
            values: Some(values),
        });
    }
    elements.take(PIECE).map(|elements| Piece {
        text: format!("[{elements}]"),
        values: None,
    })
}
