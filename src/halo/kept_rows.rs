//! Bounds what one read keeps of Halo's lists, however long they are.

use super::{HaloError, paging::ListedRecord};

/// The most rows that are kept, and their bytes: several times what the customers of one slice of a
/// sync have.
const MAX_ROWS: usize = 20_000;
const MAX_BYTES: usize = 8 << 20;

/// Counts the rows that one read keeps.
#[derive(Debug, Default)]
pub struct KeptRows {
    rows: usize,
    bytes: usize,
}

impl KeptRows {
    /// Counts one more row, which may be kept then.
    pub(super) fn add<R: ListedRecord>(&mut self, row: &R) -> Result<(), HaloError> {
        self.rows += 1;
        self.bytes += row.size();
        if self.rows > MAX_ROWS || self.bytes > MAX_BYTES {
            return Err(HaloError::AnswerTooLarge(format!("{}: lists of more than INFIMA keeps", R::PATH)));
        }
        Ok(())
    }
}
