//! An append-only log of JSON records, one per line, each with a checksum.
//!
//! A record is acknowledged only after its bytes were synced. Records that wait
//! at the same time are written and synced together (group commit).
//!
//! The form of a line is [`checked_line`]'s.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use crate::common::checked_line;
use crate::common::files::{FileError, open_regular};

/// Longest line that is read, in bytes. Reasoning and raw replies are bounded far below.
const MAX_LINE_BYTES: u64 = 32 << 20;
/// Most records that share one sync.
const MAX_GROUP: usize = 256;

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be opened, read or cut.
    #[error(transparent)]
    File(#[from] FileError),
    /// A record could not be written and synced: it does not count.
    #[error(
        "{}: {message}; what was written before is safe; free some disk space and run the same command to resume",
        path.display()
    )]
    Append {
        /// The log.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A sound line holds a record of a form that this version does not know.
    #[error(
        "{}:{line}: {message}; it was written by another version of parabench, use that one to read this run",
        path.display()
    )]
    Unknown {
        /// The log.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What does not fit.
        message: String,
    },
    /// A sound line holds a record that is nested too deeply. Earlier versions wrote such details of programs.
    #[error(
        "{}:{line}: the details in this record are nested more deeply than can be read; an earlier version wrote what a \
         program gave. Keep a copy of the file and take this line out of it: what it held is then asked for again",
        path.display()
    )]
    TooDeep {
        /// The log.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
    },
    /// A record cannot be written as JSON.
    #[error("a record cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
}

/// What was found wrong with a log when it was opened. What it held is done again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Bytes after the last line feed, which are cut off: a write that ended half-way and was never acknowledged.
    pub torn_bytes: u64,
    /// Numbers of whole lines that are not what was written; they stay and are passed over.
    pub unreadable_lines: Vec<usize>,
}

impl Damage {
    /// Whether the log was whole.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a log's bytes go: a file, or a faulty stand-in for one in tests.
pub trait Sink: Send + 'static {
    /// Writes all bytes at the end.
    ///
    /// # Errors
    /// What the system says, for example a full disk.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns once everything appended would survive a power cut.
    ///
    /// # Errors
    /// What the system says.
    fn sync(&mut self) -> io::Result<()>;
}

impl Sink for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Reads every sound record of a log, without changing it. A log that does not
/// exist is empty.
///
/// # Errors
/// [`JournalError::File`], and [`JournalError::Unknown`] for a sound line whose record
/// does not have the form of `R`.
pub fn read<R: DeserializeOwned>(
    path: &Path,
    mut each: impl FnMut(R),
) -> Result<Damage, JournalError> {
    Ok(scan(path, &mut |record, _: Line<'_>| each(record))?.damage)
}

/// A sound line of a log.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its bytes, with the line feed.
    pub bytes: &'a [u8],
    /// Where it begins in the file, in bytes.
    pub offset: u64,
}

/// Reads every sound record of a log as [`read`] does, each with the line that it stands in.
///
/// # Errors
/// Those of [`read`].
pub fn read_lines<R: DeserializeOwned>(
    path: &Path,
    mut each: impl FnMut(R, Line<'_>),
) -> Result<Damage, JournalError> {
    Ok(scan(path, &mut each)?.damage)
}

struct Scan {
    damage: Damage,
    /// Bytes up to the last line feed.
    whole_bytes: u64,
}

fn scan<R: DeserializeOwned>(
    path: &Path,
    each: &mut impl FnMut(R, Line<'_>),
) -> Result<Scan, JournalError> {
    let file = match open_regular(path) {
        Err(error) if error.is_not_found() => {
            return Ok(Scan {
                damage: Damage::default(),
                whole_bytes: 0,
            });
        }
        other => other?,
    };
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut line, mut number, mut offset, mut whole_bytes) = (Vec::new(), 0, 0, 0);
    let mut unreadable = Vec::new();
    loop {
        line.clear();
        let length = reader
            .by_ref()
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(FileError::at(path))? as u64;
        if length == 0 {
            break;
        }
        number += 1;
        offset += length;
        match checked_line::read(&line) {
            Some(record) => {
                let record = serde_json::from_str(record);
                let record = record.map_err(|error| unreadable_record(path, number, &error))?;
                let (bytes, offset) = (line.as_slice(), offset - length);
                each(record, Line { bytes, offset });
            }
            None => unreadable.push((number, offset)),
        }
        if line.ends_with(b"\n") {
            whole_bytes = offset;
        }
    }
    unreadable.retain(|&(_, end)| end <= whole_bytes);
    Ok(Scan {
        damage: Damage {
            torn_bytes: offset - whole_bytes,
            unreadable_lines: unreadable.into_iter().map(|(number, _)| number).collect(),
        },
        whole_bytes,
    })
}

fn unreadable_record(path: &Path, line: usize, error: &serde_json::Error) -> JournalError {
    let (path, message) = (path.to_owned(), error.to_string());
    // `serde_json` tells it by its words alone.
    match message.starts_with("recursion limit exceeded") {
        true => JournalError::TooDeep { path, line },
        false => JournalError::Unknown {
            path,
            line,
            message,
        },
    }
}

struct Entry {
    line: Vec<u8>,
    acknowledge: oneshot::Sender<Result<(), String>>,
}

/// The writing end of a log. Cheap to share; dropping it waits for the writer.
#[derive(Debug)]
pub struct Journal<R> {
    path: PathBuf,
    sender: Option<mpsc::Sender<Entry>>,
    writer: Option<thread::JoinHandle<()>>,
    records: PhantomData<fn(R)>,
}

impl<R: Serialize + DeserializeOwned> Journal<R> {
    /// Opens a log for appending, hands each sound record to `each` and cuts a torn end off.
    /// The caller holds the run's lock, so nobody else writes.
    ///
    /// # Errors
    /// Those of [`read`].
    pub fn open(path: &Path, mut each: impl FnMut(R)) -> Result<(Self, Damage), JournalError> {
        let scan = scan(path, &mut |record, _: Line<'_>| each(record))?;
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .map_err(FileError::at(path))?;
        if scan.damage.torn_bytes > 0 {
            file.set_len(scan.whole_bytes)
                .and_then(|()| file.sync_all())
                .map_err(FileError::at(path))?;
        }
        Ok((Self::over(file, path), scan.damage))
    }

    /// A log over any sink; `path` is what errors name.
    pub fn over(sink: impl Sink, path: &Path) -> Self {
        let (sender, receiver) = mpsc::channel();
        Self {
            path: path.to_owned(),
            sender: Some(sender),
            writer: Some(thread::spawn(move || write_groups(sink, &receiver))),
            records: PhantomData,
        }
    }

    /// Appends a record and returns once it is synced.
    ///
    /// # Errors
    /// [`JournalError::Append`] when it could not be written and synced; every later
    /// call then fails too, since nothing may follow a torn record.
    pub async fn append(&self, record: &R) -> Result<(), JournalError> {
        self.append_all([record]).await
    }

    /// Appends records in their order and returns once all are synced, together where they fit into one group.
    ///
    /// # Errors
    /// Those of [`append`](Self::append); the records before the first that failed may have been synced.
    pub async fn append_all<'a>(
        &self,
        records: impl IntoIterator<Item = &'a R>,
    ) -> Result<(), JournalError>
    where
        R: 'a,
    {
        let sent: Vec<_> = records
            .into_iter()
            .map(|record| self.send(record))
            .collect::<Result<_, _>>()?;
        for acknowledged in sent {
            let outcome = acknowledged.await.unwrap_or_else(|_| Err(gone()));
            outcome.map_err(|message| self.failed(message))?;
        }
        Ok(())
    }

    /// Hands a record to the writer; the receiver hears of its sync.
    fn send(&self, record: &R) -> Result<oneshot::Receiver<Result<(), String>>, JournalError> {
        let (acknowledge, acknowledged) = oneshot::channel();
        let entry = Entry {
            line: checked_line::write(record)?,
            acknowledge,
        };
        match self.sender.as_ref().map(|sender| sender.send(entry)) {
            Some(Ok(())) => Ok(acknowledged),
            _ => Err(self.failed(gone())),
        }
    }

    fn failed(&self, message: String) -> JournalError {
        JournalError::Append {
            path: self.path.clone(),
            message,
        }
    }
}

fn gone() -> String {
    "the log's writer has stopped".to_owned()
}

impl<R> Drop for Journal<R> {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has already failed every append.
            let _ = writer.join();
        }
    }
}

fn write_groups(mut sink: impl Sink, receiver: &mpsc::Receiver<Entry>) {
    let mut failed: Option<String> = None;
    while let Ok(first) = receiver.recv() {
        let mut group = vec![first];
        group.extend(receiver.try_iter().take(MAX_GROUP - 1));
        if failed.is_none() {
            let bytes: Vec<u8> = group
                .iter()
                .flat_map(|entry| &entry.line)
                .copied()
                .collect();
            let written = sink.append(&bytes).and_then(|()| sink.sync());
            failed = written.err().map(|error| error.to_string());
        }
        for entry in group {
            let outcome = failed.clone().map_or(Ok(()), Err);
            // Nobody waits any more when the run was given up: fine.
            let _ = entry.acknowledge.send(outcome);
        }
    }
}

#[cfg(test)]
mod tests;
