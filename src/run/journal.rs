//! An append-only log of JSON records, one per line, each with a checksum.
//!
//! A record is acknowledged only after its bytes were synced. Records that wait
//! at the same time are written and synced together (group commit).
//!
//! A line is `{"sum":"<16 hex digits>","record":{…}}`, so that it is plain JSON
//! for other programs; the sum is the start of the SHA-256 of the record's bytes.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use crate::common::digest::Digest;
use crate::common::files::FileError;

/// Longest line that is read, in bytes. Reasoning and raw replies are bounded far below.
const MAX_LINE_BYTES: u64 = 32 << 20;
/// Most records that share one sync.
const MAX_GROUP: usize = 256;
/// Hex digits of the checksum.
const SUM_DIGITS: usize = 16;

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be opened, read or cut.
    #[error(transparent)]
    File(#[from] FileError),
    /// A record could not be written and synced: it does not count.
    #[error(
        "{}: {message}; what was acknowledged before is safe, make room and run the same command to resume",
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
    /// A record cannot be written as JSON.
    #[error("a record cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
}

#[derive(Serialize)]
struct LineOut<'a> {
    sum: &'a str,
    record: &'a RawValue,
}

#[derive(Deserialize)]
struct LineIn<'a> {
    #[serde(borrow)]
    sum: &'a str,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// What was found wrong with a log when it was opened. Nothing of it was ever acknowledged,
/// unless the disk itself lost bytes; what it held is simply done again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Bytes of a torn end that were cut off.
    pub torn_bytes: u64,
    /// Numbers of unreadable lines before sound ones; they stay and are passed over.
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
    Ok(scan(path, &mut each)?.damage)
}

struct Scan {
    damage: Damage,
    sound_bytes: u64,
}

fn scan<R: DeserializeOwned>(path: &Path, each: &mut impl FnMut(R)) -> Result<Scan, JournalError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Scan {
                damage: Damage::default(),
                sound_bytes: 0,
            });
        }
        other => other.map_err(FileError::at(path))?,
    };
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut line, mut number, mut offset, mut sound_bytes) = (Vec::new(), 0, 0, 0);
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
        match sound_record(&line) {
            Some(record) => {
                let record = serde_json::from_str(record).map_err(|error| {
                    let message = error.to_string();
                    JournalError::Unknown {
                        path: path.to_owned(),
                        line: number,
                        message,
                    }
                })?;
                each(record);
                sound_bytes = offset;
            }
            None => unreadable.push((number, offset)),
        }
    }
    unreadable.retain(|&(_, end)| end <= sound_bytes);
    Ok(Scan {
        damage: Damage {
            torn_bytes: offset - sound_bytes,
            unreadable_lines: unreadable.into_iter().map(|(number, _)| number).collect(),
        },
        sound_bytes,
    })
}

/// The record of a line that is complete and whose checksum fits.
fn sound_record(line: &[u8]) -> Option<&str> {
    let line = line.strip_suffix(b"\n")?;
    let line: LineIn<'_> = serde_json::from_slice(line).ok()?;
    let record = line.record.get();
    (Digest::of(record.as_bytes()).short(SUM_DIGITS) == line.sum).then_some(record)
}

fn encode<R: Serialize>(record: &R) -> Result<Vec<u8>, JournalError> {
    let record = serde_json::value::to_raw_value(record)?;
    let sum = Digest::of(record.get().as_bytes()).short(SUM_DIGITS);
    let mut line = serde_json::to_vec(&LineOut {
        sum: &sum,
        record: &record,
    })?;
    line.push(b'\n');
    Ok(line)
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
        let scan = scan(path, &mut each)?;
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .map_err(FileError::at(path))?;
        if scan.damage.torn_bytes > 0 {
            file.set_len(scan.sound_bytes)
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
        let (acknowledge, acknowledged) = oneshot::channel();
        let entry = Entry {
            line: encode(record)?,
            acknowledge,
        };
        let sent = self.sender.as_ref().map(|sender| sender.send(entry));
        let outcome = match sent {
            Some(Ok(())) => acknowledged.await.unwrap_or_else(|_| Err(gone())),
            _ => Err(gone()),
        };
        outcome.map_err(|message| JournalError::Append {
            path: self.path.clone(),
            message,
        })
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
mod tests {
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;

    fn write_lines(path: &Path, records: &[String]) {
        let lines: Vec<u8> = records.iter().flat_map(|r| encode(r).unwrap()).collect();
        std::fs::write(path, lines).unwrap();
    }

    fn read_all(path: &Path) -> (Vec<String>, Damage) {
        let mut records = Vec::new();
        let damage = read(path, |record| records.push(record)).unwrap();
        (records, damage)
    }

    proptest! {
        #[test]
        fn whatever_is_cut_or_flipped_the_sound_records_remain(
            records in prop::collection::vec(".{0,40}", 1..8),
            cut in 0.0..1.0f64,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log.jsonl");
            write_lines(&path, &records);
            let whole = std::fs::read(&path).unwrap();
            let length = (whole.len() as f64 * cut) as usize;
            std::fs::write(&path, &whole[..length]).unwrap();

            let mut seen = Vec::new();
            let (journal, damage) = Journal::<String>::open(&path, |r| seen.push(r)).unwrap();
            prop_assert_eq!(&seen[..], &records[..seen.len()]);
            let kept: usize = seen.iter().map(|r| encode(r).unwrap().len()).sum();
            prop_assert_eq!(damage.torn_bytes as usize, length - kept);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(journal.append(&"next".to_owned())).unwrap();
            drop(journal);

            seen.push("next".to_owned());
            prop_assert_eq!(read_all(&path), (seen, Damage::default()));
        }
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_named_and_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        write_lines(&path, &["one".into(), "two".into(), "three".into()]);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("two", "tvo")).unwrap();
        let (records, damage) = read_all(&path);
        assert_eq!(records, ["one", "three"]);
        assert_eq!(damage.unreadable_lines, [2]);
        assert_eq!(damage.torn_bytes, 0);
    }

    #[test]
    fn a_sound_record_of_another_form_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        std::fs::write(&path, encode(&7_u32).unwrap()).unwrap();
        let error = read::<String>(&path, |_| ()).unwrap_err();
        assert!(
            matches!(error, JournalError::Unknown { line: 1, .. }),
            "{error}"
        );
    }

    /// Remembers what was appended and synced, and fails on command.
    #[derive(Clone, Default)]
    struct Faulty(Arc<Mutex<State>>);

    #[derive(Default)]
    struct State {
        appended: Vec<u8>,
        synced: usize,
        room: Option<usize>,
        sync_fails: bool,
    }

    impl Sink for Faulty {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            let mut state = self.0.lock().unwrap();
            let fits = state
                .room
                .unwrap_or(usize::MAX)
                .saturating_sub(state.appended.len());
            let fits = fits.min(bytes.len());
            state.appended.extend_from_slice(&bytes[..fits]);
            if fits < bytes.len() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            let mut state = self.0.lock().unwrap();
            if state.sync_fails {
                return Err(io::Error::other("I/O error"));
            }
            state.synced = state.appended.len();
            Ok(())
        }
    }

    #[tokio::test]
    async fn acknowledgement_follows_the_sync() {
        let sink = Faulty::default();
        let journal = Journal::<String>::over(sink.clone(), Path::new("log"));
        for number in 0..20 {
            let record = format!("record {number}");
            journal.append(&record).await.unwrap();
            let state = sink.0.lock().unwrap();
            let durable = String::from_utf8_lossy(&state.appended[..state.synced]);
            assert!(
                durable.contains(&record),
                "acknowledged before it was synced"
            );
        }
        sink.0.lock().unwrap().sync_fails = true;
        assert!(journal.append(&"lost".to_owned()).await.is_err());
        // After a failed sync nobody knows what the disk holds: no more writes.
        sink.0.lock().unwrap().sync_fails = false;
        assert!(journal.append(&"later".to_owned()).await.is_err());
    }

    #[tokio::test]
    async fn a_full_disk_fails_the_append_and_what_was_acknowledged_is_readable() {
        let sink = Faulty::default();
        sink.0.lock().unwrap().room = Some(200);
        let journal = Journal::<String>::over(sink.clone(), Path::new("log"));
        let mut acknowledged = Vec::new();
        for number in 0..20 {
            let record = format!("record {number}");
            match journal.append(&record).await {
                Ok(()) => acknowledged.push(record),
                Err(error) => assert!(error.to_string().contains("resume"), "{error}"),
            }
        }
        assert!((1..20).contains(&acknowledged.len()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        std::fs::write(&path, &sink.0.lock().unwrap().appended).unwrap();
        let (records, _) = read_all(&path);
        assert_eq!(records, acknowledged);
    }
}
