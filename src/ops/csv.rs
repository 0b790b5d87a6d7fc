//! CSV as spreadsheets read it.

use csv::{Terminator, Writer, WriterBuilder};

/// The first characters with which a spreadsheet takes a cell for a formula.
const FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// Has a spreadsheet read the file as UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Rows of CSV, until they are taken.
pub struct Rows(Writer<Vec<u8>>);

impl Rows {
    pub fn new() -> Self {
        Self(WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new()))
    }

    /// Adds a row. A cell that a spreadsheet would take for a formula begins with an apostrophe:
    /// names come from other companies.
    pub fn push<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let cells = cells.into_iter().map(|cell| {
            let cell = cell.as_ref();
            if cell.starts_with(FORMULAS) { format!("'{cell}") } else { cell.to_owned() }
        });
        self.0.write_record(cells).expect("memory can be written, and the rows have the same length");
    }

    pub fn take(self) -> Vec<u8> {
        self.0.into_inner().expect("memory can be written")
    }
}

/// Takes the apostrophe away that [`Rows::push`] adds.
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
    fn apostrophe_of_a_formula_is_taken_away_and_no_other() {
        for (cell, plain) in [("'=1", "=1"), ("'-41", "-41"), ("'41", "'41"), ("''=1", "''=1"), ("=1", "=1"), ("", "")]
        {
            assert_eq!(without_apostrophe(cell), plain);
        }
    }
}
