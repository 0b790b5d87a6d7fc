//! Bounds what one read keeps of Halo's lists, however long they are.

use super::{HaloError, paging::ListedRecord};

/// The most rows that are kept, and their bytes: several times what the customers of one slice of a
/// sync have.
const MAX_ROWS: usize = 20_000;
const MAX_BYTES: usize = 8 << 20;

/// Counts the rows that one read keeps.
#[derive(Clone, Debug)]
pub struct KeptRows {
    most: usize,
    rows: usize,
    bytes: usize,
}

impl Default for KeptRows {
    fn default() -> Self {
        Self { most: MAX_ROWS, rows: 0, bytes: 0 }
    }
}

impl KeptRows {
    /// Keeps fewer rows than other reads do.
    pub(super) fn at_most(rows: u32) -> Self {
        Self { most: MAX_ROWS.min(rows as usize), ..Self::default() }
    }

    /// Counts one more row, which may be kept then.
    pub(super) fn add<R: ListedRecord>(&mut self, row: &R) -> Result<(), HaloError> {
        self.rows += 1;
        self.bytes += row.size();
        if self.rows > self.most || self.bytes > MAX_BYTES {
            return Err(HaloError::AnswerTooLarge(format!("{}: lists of more than INFIMA keeps", R::PATH)));
        }
        Ok(())
    }
}
