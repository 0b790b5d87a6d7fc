//! The file of a partner's mappings: what is exported, and what is read of it when it comes back.

use csv::{ReaderBuilder, StringRecord};

use crate::ids::{ClientId, HaloCustomerId};
use crate::ops::csv::{BYTE_ORDER_MARK, without_apostrophe};
use crate::ops::{UserError, UserErrorCode};

pub(super) const CLIENT_ID: &str = "infima_client_id";
pub(super) const CUSTOMER_ID: &str = "halo_customer_id";
pub(super) const COLUMNS: [&str; 4] = [CLIENT_ID, "client_name", CUSTOMER_ID, "halo_customer_name"];

/// The largest file that is imported, in bytes: a little less than a request may have.
pub const LARGEST_FILE: usize = 200 * 1024;
/// The most lines of one file.
pub const MOST_LINES: usize = 2_000;
/// The field of the input that has the file.
const FIELD: &str = "csv";

/// One line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// As an editor counts it, from 1.
    pub number: u64,
    /// `None` if the id is no client's.
    pub client: Option<ClientId>,
    /// `None` if the client is not to be mapped.
    pub customer: Option<HaloCustomerId>,
}

/// Moves an error to its line, and says which it is.
pub(super) fn at_line(number: u64, column: &str, code: UserErrorCode, message: &str) -> UserError {
    UserError::new(code, &[FIELD, &number.to_string(), column], format!("Line {number}: {message}"))
}

/// What a file has.
#[derive(Debug, Default)]
pub(super) struct MappingFile {
    pub lines: Vec<Line>,
    /// Lines that cannot be read, by themselves.
    pub errors: Vec<UserError>,
}

impl MappingFile {
    /// Reads the file as a spreadsheet saves it: with a byte order mark or without, and with
    /// commas, semicolons or tabs. The first line names the columns, in any order; names are not
    /// read.
    pub fn read(text: &str) -> Result<Self, UserError> {
        let refuse = |code, message: String| UserError::new(code, &[FIELD], message);
        if text.len() > LARGEST_FILE {
            let message = format!("The file is too large. Import at most {} KB at once.", LARGEST_FILE / 1024);
            return Err(refuse(UserErrorCode::TooLong, message));
        }
        let text = text.trim_start_matches(BYTE_ORDER_MARK);
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter(text))
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        // A text has no bytes that are not UTF-8, so that every record can be read.
        let heading = records.next().and_then(Result::ok).unwrap_or_default();
        // A stray quotation mark in it swallows the first lines.
        if heading.iter().any(|cell| cell.contains(['\r', '\n'])) {
            let message = "The first line does not name the columns: look in it for a quotation mark that is not closed, or a \
                           line break inside a cell.";
            return Err(refuse(UserErrorCode::Invalid, message.into()));
        }
        let column = |name: &str| {
            let missing = format!(
                "The file has no column \"{name}\". Its first line names the columns; export a file to see them."
            );
            let found = heading.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name));
            found.ok_or_else(|| refuse(UserErrorCode::Invalid, missing))
        };
        let (client, customer) = (column(CLIENT_ID)?, column(CUSTOMER_ID)?);
        let mut file = Self::default();
        let mut counter = LineCounter { text, at: 0, line: 1 };
        for record in records.filter_map(Result::ok).filter(|record| record.iter().any(|cell| !cell.trim().is_empty()))
        {
            if file.lines.len() + file.errors.len() == MOST_LINES {
                let message = format!("The file has too many lines. Import at most {MOST_LINES} clients at once.");
                return Err(refuse(UserErrorCode::TooMany, message));
            }
            match line(&record, counter.line_of(&record), heading.len(), client, customer) {
                Ok(line) => file.lines.push(line),
                Err(error) => file.errors.push(error),
            }
        }
        if file.lines.is_empty() && file.errors.is_empty() {
            return Err(refuse(
                UserErrorCode::Required,
                "The file has no clients. Export a file and fill it in.".into(),
            ));
        }
        Ok(file)
    }
}

/// Counts lines, which the library counts differently by how they end.
struct LineCounter<'t> {
    text: &'t str,
    /// The bytes whose lines are counted.
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// The line in which the record begins. Records come in their order.
    fn line_of(&mut self, record: &StringRecord) -> u64 {
        let begins = record.position().map_or(0, |position| position.byte() as usize);
        let rest = self.text.as_bytes().get(begins..).unwrap_or_default();
        let begins = begins + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.text.as_bytes().get(self.at..begins).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = begins;
        self.line
    }
}

fn line(record: &StringRecord, number: u64, columns: usize, client: usize, customer: usize) -> Result<Line, UserError> {
    // A stray quotation mark joins lines or cells, and so a client and another line's customer.
    if record.len() != columns || record.iter().any(|cell| cell.contains(['\r', '\n'])) {
        let message = "The line does not have the cells of the first line. Look for a quotation mark that is not closed, \
                       or a line break inside a cell.";
        return Err(at_line(number, CLIENT_ID, UserErrorCode::Invalid, message));
    }
    let cell = |column| without_apostrophe(record.get(column).unwrap_or_default().trim());
    let (client, customer) = (cell(client), cell(customer));
    if client.is_empty() {
        return Err(at_line(number, CLIENT_ID, UserErrorCode::Required, "The client is missing. Fill in its id."));
    }
    let customer = match customer.parse() {
        Ok(id) => Some(HaloCustomerId(id)),
        Err(_) if customer.is_empty() => None,
        Err(_) => {
            let message = "This is not the id of a customer in Halo. Fill in a whole number, or nothing.";
            return Err(at_line(number, CUSTOMER_ID, UserErrorCode::Invalid, message));
        }
    };
    Ok(Line { number, client: client.parse().ok(), customer })
}

/// The separator that the first line has most of.
fn delimiter(text: &str) -> u8 {
    let heading = text.lines().next().unwrap_or_default();
    let count = |separator: &u8| heading.bytes().filter(|byte| byte == separator).count();
    // The last one of equally frequent ones.
    *[b'\t', b';', b','].iter().max_by_key(|separator| count(separator)).expect("there are three")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "client_0192d3e0c0de7000800000000000000a";

    fn read(text: &str) -> Vec<(u64, bool, Option<i32>)> {
        let file = MappingFile::read(text).unwrap();
        assert_eq!(file.errors, []);
        file.lines.iter().map(|line| (line.number, line.client.is_some(), line.customer.map(|id| id.0))).collect()
    }

    #[test]
    fn file_is_read_as_spreadsheets_save_it() {
        for text in [
            format!("infima_client_id,client_name,halo_customer_id,halo_customer_name\r\n{CLIENT},Alder,41,ALDER\r\n"),
            format!("\u{feff}halo_customer_id;infima_client_id\n41;{CLIENT}"),
            format!("Infima_Client_ID\tHalo_Customer_ID\n{CLIENT}\t 41 \n\n\t\n"),
        ] {
            assert_eq!(read(&text), [(2, true, Some(41))], "{text:?}");
        }
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        let text = format!(
            "infima_client_id,client_name,halo_customer_id\nnone,\"two\nlines\",\n{CLIENT},,1\n,,2\n{CLIENT},,x\n"
        );
        let file = MappingFile::read(&text).unwrap();
        let lines: Vec<_> = file.lines.iter().map(|line| (line.number, line.client.is_some(), line.customer)).collect();
        assert_eq!(lines, [(4, true, Some(HaloCustomerId(1)))]);
        let errors: Vec<_> = file.errors.iter().map(|error| (error.code, error.field.join("."))).collect();
        assert_eq!(
            errors,
            [
                (UserErrorCode::Invalid, "csv.2.infima_client_id".to_owned()),
                (UserErrorCode::Required, "csv.5.infima_client_id".to_owned()),
                (UserErrorCode::Invalid, "csv.6.halo_customer_id".to_owned())
            ]
        );
    }

    #[test]
    fn stray_quotation_mark_maps_no_client_to_another_customer() {
        for broken in [
            format!("{CLIENT},\"Alder,41\n{CLIENT},\"Birch,42\n"),
            format!("{CLIENT},\"Alder,41\n{CLIENT},Birch\",42\n"),
            format!("{CLIENT},\"Alder,41\",\n{CLIENT},Birch,Ltd,42\n"),
            format!("{CLIENT},Alder,Ltd,42\n{CLIENT},42\n"),
        ] {
            let text = format!("infima_client_id,client_name,halo_customer_id\n{broken}");
            let file = MappingFile::read(&text).unwrap();
            assert!(file.lines.iter().all(|line| line.customer.is_none()), "{text}");
            assert!(file.errors.iter().all(|error| error.code == UserErrorCode::Invalid), "{text}");
            assert!(!file.errors.is_empty(), "{text}");
        }
    }

    #[test]
    fn file_that_is_none_is_refused_as_a_whole() {
        let lines = "a,1\n".repeat(MOST_LINES + 1);
        for (text, code) in [
            (String::new(), UserErrorCode::Invalid),
            ("infima_client_id,name\n".into(), UserErrorCode::Invalid),
            ("infima_client_id,halo_customer_id\n\n".into(), UserErrorCode::Required),
            ("infima_client_id,halo_customer_id,\"client_name\na,1,x\nb,2,\"\nc,3,y\n".into(), UserErrorCode::Invalid),
            (format!("infima_client_id,halo_customer_id\n{lines}"), UserErrorCode::TooMany),
            ("x".repeat(LARGEST_FILE + 1), UserErrorCode::TooLong),
        ] {
            assert_eq!(MappingFile::read(&text).unwrap_err().code, code);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(infima_client_id,halo_customer_id\n)?[a-z0-9\"',;\r\n=\t]{0,200}") {
            if let Ok(file) = MappingFile::read(&text) {
                proptest::prop_assert!(file.lines.len() + file.errors.len() > 0);
            }
        }
    }
}
