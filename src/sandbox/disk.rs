//! A tenant on disk: a file of lines, each the records one request changed, so that a request is
//! there as a whole or not at all. Reading it again from the top gives the tenant; the last line
//! about a record counts.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    fault::Armed,
    records::{Customer, Invoice, LicenceChange, Subscription},
    request_log::Entry,
    state::{Access, Late, Settings, Token},
};

/// One thing to remember.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    Port(u16),
    Access(Access),
    Settings(Settings),
    Customer(Customer),
    Subscription(Box<Subscription>),
    Invoice(Invoice),
    Change(LicenceChange),
    Token(Token),
    Late(Vec<Late>),
    Armed(Vec<Armed>),
    Entry(Entry),
}

impl Record {
    /// Worth waiting for the disk itself. A journal line about a read survives the process all the
    /// same, because it is written; only a power cut could take it.
    fn is_weighty(&self) -> bool {
        !matches!(self, Record::Entry(_) | Record::Token(_))
    }
}

/// Keeps a second process out of the directory, which is made where it is missing.
pub(super) fn lock(dir: &Path) -> io::Result<File> {
    fs::create_dir_all(dir)?;
    let file = OpenOptions::new().create(true).append(true).open(dir.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(cause)) => Err(cause),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            format!("another sandbox is using {}: stop it, or choose another directory", dir.display()),
        )),
    }
}

/// Where the lines go.
pub(super) enum Disk {
    /// Kept in memory only.
    Nowhere,
    File(File),
    /// The process is taken to be dead: nothing is written, and nothing may be answered.
    Closed,
}

pub(super) fn path(dir: &Path, tenant: &str) -> PathBuf {
    dir.join(format!("{tenant}.jsonl"))
}

/// What was remembered; nothing where the file is missing. The last line may be half-written, then
/// it never happened.
///
/// # Errors
/// A damaged line elsewhere.
pub(super) fn read(path: &Path) -> io::Result<Vec<Record>> {
    let text = match fs::read_to_string(path) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut records = Vec::new();
    for (number, line) in whole.lines().enumerate() {
        let line: Vec<Record> = serde_json::from_str(line).map_err(|cause| {
            let place = format!("{} line {}: {cause}; remove the file to start afresh", path.display(), number + 1);
            io::Error::new(io::ErrorKind::InvalidData, place)
        })?;
        records.extend(line);
    }
    Ok(records)
}

/// Replaces the file by one with these records only, and leaves it open for more.
pub(super) fn rewrite(path: &Path, records: &[Record]) -> io::Result<Disk> {
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh)?;
    // A record a line: a damaged line is then easy to see.
    let mut text = Vec::new();
    for record in records {
        serde_json::to_writer(&mut text, std::slice::from_ref(record))?;
        text.push(b'\n');
    }
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    Ok(Disk::File(file))
}

impl Disk {
    /// Whether the records are kept, and an answer may be given.
    pub(super) fn keep(&mut self, records: &[Record]) -> bool {
        match self {
            Disk::Nowhere => true,
            Disk::Closed => false,
            Disk::File(_) if records.is_empty() => true,
            Disk::File(file) => {
                let mut line = serde_json::to_vec(records).expect("records are plain data");
                line.push(b'\n');
                let weighty = records.iter().any(Record::is_weighty);
                let kept = file.write_all(&line).and_then(|()| if weighty { file.sync_data() } else { Ok(()) });
                if let Err(cause) = kept {
                    tracing::error!(%cause, "the sandbox cannot write its state and stops answering");
                    *self = Disk::Closed;
                    return false;
                }
                true
            }
        }
    }
}
