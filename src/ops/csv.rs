//! CSV as spreadsheets read it.

use std::future::Future;

use csv::{Terminator, Writer, WriterBuilder};
use futures::stream::{self, BoxStream, StreamExt};

use super::OpError;

/// The first characters with which a spreadsheet takes a cell for a formula.
const FORMULAS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];
/// What a spreadsheet may begin a cell after: in many countries Excel separates cells by `;`,
/// and knows no quotes within one of those.
const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];
/// Has a spreadsheet read the file as UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Rows of CSV, until they are taken.
pub struct Rows(Writer<Vec<u8>>);

impl Rows {
    pub fn new() -> Self {
        Self(WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new()))
    }

    /// Adds a row. What a spreadsheet would take for a formula begins with an apostrophe: names
    /// come from other companies.
    pub fn push<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.0
            .write_record(cells.into_iter().map(|cell| with_apostrophes(cell.as_ref())))
            .expect("memory can be written, and the rows have the same length");
    }

    pub fn take(self) -> Vec<u8> {
        self.0.into_inner().expect("memory can be written")
    }
}

/// A file in chunks, each of which is made when it is asked for: the heading, then what `next`
/// makes of what is left.
pub fn chunks<'c, L, N>(
    columns: impl IntoIterator<Item = &'c str>,
    left: L,
    next: impl Fn(L) -> N + Send + 'static,
) -> BoxStream<'static, Result<Vec<u8>, OpError>>
where
    L: Send + 'static,
    N: Future<Output = Result<(Vec<u8>, Option<L>), OpError>> + Send + 'static,
{
    let mut heading = Rows::new();
    heading.push(columns);
    let heading = [BYTE_ORDER_MARK.as_bytes(), &heading.take()].concat();
    let rows = stream::try_unfold(Some(left), move |left| {
        let made = left.map(&next);
        async move {
            match made {
                Some(made) => made.await.map(Some),
                None => Ok(None),
            }
        }
    });
    stream::iter([Ok(heading)]).chain(rows).boxed()
}

fn with_apostrophes(cell: &str) -> String {
    let mut safe = String::with_capacity(cell.len() + 1);
    if cell.starts_with(FORMULAS) {
        safe.push('\'');
    }
    let mut begins = false;
    for character in cell.chars() {
        if begins && ['=', '+', '-', '@'].contains(&character) {
            safe.push('\'');
        }
        safe.push(character);
        begins = SEPARATORS.contains(&character) || (begins && character == '"');
    }
    safe
}

/// Takes the apostrophe away that [`Rows::push`] adds in front of a cell. Ids have no others.
pub fn without_apostrophe(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULAS)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cell_that_looks_like_a_formula_begins_with_an_apostrophe() {
        let mut rows = Rows::new();
        rows.push(["=1+1", "+49", "-2", "@sum", "\tx", "\rx"]);
        rows.push(["a=1", "", "Alder, Ltd.", "says \"hi\"", "two\nlines", "Müller"]);
        let text = String::from_utf8(rows.take()).unwrap();
        let expected = "'=1+1,'+49,'-2,'@sum,'\tx,\"'\rx\"\r\n\
                        a=1,,\"Alder, Ltd.\",\"says \"\"hi\"\"\",\"two\nlines\",Müller\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn formula_behind_a_separator_within_a_cell_begins_with_an_apostrophe() {
        for (cell, safe) in [
            ("Alder;=HYPERLINK(1)", "Alder;'=HYPERLINK(1)"),
            ("a\t+1\n-2\r@x", "a\t'+1\n'-2\r'@x"),
            ("a;\"=1", "a;\"'=1"),
            ("\n=1", "'\n'=1"),
            ("a; b-c=d", "a; b-c=d"),
        ] {
            assert_eq!(with_apostrophes(cell), safe);
        }
    }

    #[test]
    fn apostrophe_of_a_formula_is_taken_away_and_no_other() {
        for (cell, plain) in [("'=1", "=1"), ("'-41", "-41"), ("'41", "'41"), ("''=1", "''=1"), ("=1", "=1"), ("", "")]
        {
            assert_eq!(without_apostrophe(cell), plain);
        }
    }
}
