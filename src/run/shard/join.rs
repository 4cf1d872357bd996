//! Joins the logs that hold one shard's records: the shard's own, further copies of it, and what an earlier
//! merge and the commands after it left in the whole run.
//!
//! Records of one answer or one mark follow each other: a later one, made after a loss, takes the place of an
//! earlier one. Two logs agree where for each answer and mark the records of one are those that the records of
//! the other begin with. Then each record counts once; else the logs conflict.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::MergeError;
use crate::common::checked_line;
use crate::common::digest::Digest;
use crate::common::files::{FileError, open_regular};
use crate::run::journal::{self, Damage, JournalError, Line};
use crate::run::record::{JudgmentRecord, MarkKey, SampleKey, SampleRecord};

/// A record of a run's log, as a merge sees it.
pub trait LogRecord: Serialize + DeserializeOwned + Clone {
    /// What later records of it take the place of.
    type Slot: Eq + std::hash::Hash;

    /// Which answer or mark it is about.
    fn slot(&self) -> Self::Slot;

    /// In words, for messages.
    fn told(&self) -> String;

    /// The same without its time and timing, so that equal results are equal. What cost money keeps its time: it was
    /// paid for once or twice, and only that tells.
    fn timeless(&self) -> Self;

    /// Digest of what it says.
    ///
    /// # Errors
    /// [`JournalError::Encode`].
    fn content(&self) -> Result<Digest, JournalError> {
        Ok(Digest::of(&serde_json::to_vec(&self.timeless())?))
    }
}

impl LogRecord for SampleRecord {
    type Slot = SampleKey;

    fn slot(&self) -> SampleKey {
        self.key()
    }

    fn told(&self) -> String {
        format!("the answer to task `{}`, sample {}", self.task, self.sample)
    }

    fn timeless(&self) -> Self {
        Self {
            timing_ms: Default::default(),
            at: time_of(self.cost_usd, self.at),
            ..self.clone()
        }
    }
}

impl LogRecord for JudgmentRecord {
    type Slot = (Arc<str>, MarkKey);

    fn slot(&self) -> Self::Slot {
        (Arc::clone(&self.judge), self.key())
    }

    fn told(&self) -> String {
        format!(
            "judge {}'s mark of task `{}`, sample {}, axis {}, repeat {}",
            self.judge, self.task, self.sample, self.axis, self.repeat
        )
    }

    fn timeless(&self) -> Self {
        let mut same = self.clone();
        same.verdict.latency_ms = None;
        same.at = time_of(self.verdict.cost_usd, self.at);
        same
    }
}

fn time_of(cost_usd: Option<f64>, at: jiff::Timestamp) -> jiff::Timestamp {
    match cost_usd.is_some_and(|cost| cost > 0.0) {
        true => at,
        false => jiff::Timestamp::UNIX_EPOCH,
    }
}

/// A log that holds records of a shard.
#[derive(Clone, Debug)]
pub struct Log {
    /// The file.
    pub path: PathBuf,
    /// Only these of its lines: where each begins and how long it is, in bytes. `None` for all.
    pub lines: Option<Vec<(u64, u64)>>,
}

impl Log {
    fn read<R: LogRecord>(
        &self,
        mut each: impl FnMut(R, Line<'_>) -> Result<(), MergeError>,
    ) -> Result<Damage, MergeError> {
        let Some(lines) = &self.lines else {
            let mut outcome = Ok(());
            let damage = journal::read_lines(&self.path, |record: R, line: Line<'_>| {
                if outcome.is_ok() {
                    outcome = each(record, line);
                }
            })?;
            return outcome.map(|()| damage);
        };
        if lines.is_empty() {
            return Ok(Damage::default());
        }
        let mut file = open_regular(&self.path)?;
        for &place in lines {
            let (record, bytes) = self.record_at(&mut file, place)?;
            let (bytes, offset) = (bytes.as_slice(), place.0);
            each(record, Line { bytes, offset })?;
        }
        Ok(Damage::default())
    }

    /// The record at a place that was sound when it was noted.
    fn record_at<R: LogRecord>(
        &self,
        file: &mut File,
        (offset, length): (u64, u64),
    ) -> Result<(R, Vec<u8>), MergeError> {
        let at = || FileError::at(&self.path);
        let mut line = Vec::with_capacity(length as usize);
        file.seek(SeekFrom::Start(offset)).map_err(at())?;
        file.take(length).read_to_end(&mut line).map_err(at())?;
        let record = checked_line::read(&line).map(serde_json::from_str::<R>);
        match record {
            Some(Ok(record)) => Ok((record, line)),
            // The run is locked.
            _ => Err(MergeError::Changed(self.path.clone())),
        }
    }
}

/// Hands every record of the logs to `take` once, with its line and the number of its log: all of the first log,
/// then of each further one what the logs before do not have. Returns what is damaged.
///
/// # Errors
/// [`MergeError::Conflict`], and those of reading and of `take`.
pub fn join<R: LogRecord>(
    logs: &[Log],
    mut take: impl FnMut(R, &[u8], usize) -> Result<(), MergeError>,
) -> Result<Vec<(PathBuf, Damage)>, MergeError> {
    let mut damaged = Vec::new();
    let mut known: HashMap<R::Slot, Vec<Known>> = HashMap::new();
    for (number, log) in logs.iter().enumerate() {
        let mut seen: HashMap<R::Slot, usize> = HashMap::new();
        let damage = log.read(|record: R, line| {
            // One log alone has nothing to be compared with.
            if logs.len() == 1 {
                return take(record, line.bytes, number);
            }
            let place = seen.entry(record.slot()).or_default();
            let chain = known.entry(record.slot()).or_default();
            *place += 1;
            let now = Known::new(line, number);
            match chain.get(*place - 1) {
                None => {
                    chain.push(now);
                    take(record, line.bytes, number)
                }
                Some(before) if before.line == now.line => Ok(()),
                Some(before) => before.compare(&record, logs, log),
            }
        })?;
        if !damage.is_none() {
            damaged.push((log.path.clone(), damage));
        }
    }
    Ok(damaged)
}

/// A record that was taken, and where it stands.
struct Known {
    /// SHA-256 of its line.
    line: Digest,
    /// The number of its log.
    log: usize,
    /// Where its line begins and how long it is, in bytes.
    place: (u64, u64),
}

impl Known {
    fn new(line: Line<'_>, log: usize) -> Self {
        Self {
            line: Digest::of(line.bytes),
            log,
            place: (line.offset, line.bytes.len() as u64),
        }
    }

    /// Compares it with a record of another line.
    fn compare<R: LogRecord>(&self, other: &R, logs: &[Log], log: &Log) -> Result<(), MergeError> {
        let Some(own) = logs.get(self.log) else {
            return Ok(());
        };
        let mut file = open_regular(&own.path)?;
        let (record, _) = own.record_at::<R>(&mut file, self.place)?;
        if record.content()? == other.content()? {
            return Ok(());
        }
        Err(MergeError::Conflict {
            what: other.told(),
            one: own.path.clone(),
            other: log.path.clone(),
        })
    }
}

/// Where in a log of the whole run the records of each shard stand; `shard_of` says to which a task belongs.
///
/// # Errors
/// Those of reading it and of `shard_of`.
pub fn places<R: LogRecord>(
    path: &Path,
    shards: u32,
    mut shard_of: impl FnMut(&R) -> Result<u32, MergeError>,
) -> Result<Vec<Log>, MergeError> {
    let none = Log {
        path: path.to_owned(),
        lines: Some(Vec::new()),
    };
    let mut logs = vec![none; shards as usize];
    let mut outcome = Ok(());
    journal::read_lines(path, |record: R, line: Line<'_>| {
        let place = (line.offset, line.bytes.len() as u64);
        match shard_of(&record) {
            Err(error) if outcome.is_ok() => outcome = Err(error),
            Err(_) => {}
            Ok(shard) => {
                let log = logs.get_mut(shard as usize);
                if let Some(lines) = log.and_then(|log| log.lines.as_mut()) {
                    lines.push(place);
                }
            }
        }
    })?;
    outcome.map(|()| logs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::record::{SchemaVersion, Stored};

    fn record(task: &str, text: &str, at: i64, cost: Option<f64>) -> SampleRecord {
        SampleRecord {
            schema: SchemaVersion::default(),
            task: task.into(),
            sample: 0,
            seed: 1,
            reasoning: Stored::Given(text.into()),
            image: Stored::Empty,
            timing_ms: [("decode".to_owned(), at as f64)].into(),
            details: serde_json::Map::new(),
            cost_usd: cost,
            stored_as: None,
            at: jiff::Timestamp::from_second(at).unwrap(),
        }
    }

    fn joined(logs: &[&[SampleRecord]]) -> Result<Vec<(String, usize)>, MergeError> {
        let folder = tempfile::tempdir().unwrap();
        let write = |(number, records): (usize, &&[SampleRecord])| {
            let path = folder.path().join(number.to_string());
            let lines = records.iter().flat_map(|r| checked_line::write(r).unwrap());
            std::fs::write(&path, lines.collect::<Vec<u8>>()).unwrap();
            Log { path, lines: None }
        };
        let logs: Vec<Log> = logs.iter().enumerate().map(write).collect();
        let mut taken = Vec::new();
        join(&logs, |record: SampleRecord, _, log| {
            let text = record.reasoning.given().unwrap();
            taken.push((format!("{} {text}", record.task), log));
            Ok(())
        })?;
        Ok(taken)
    }

    #[test]
    fn equal_records_count_once_and_longer_chains_win() {
        let (a, again) = (record("a", "x", 1, None), record("a", "x", 2, None));
        let later = record("a", "y", 3, None);
        let b = record("b", "z", 4, None);
        let taken = joined(&[
            std::slice::from_ref(&a),
            &[b.clone(), again.clone(), later.clone()],
            &[b, again],
        ]);
        let expected = [("a x", 0), ("b z", 1), ("a y", 1)];
        let expected: Vec<_> = expected.map(|(text, log)| (text.to_owned(), log)).into();
        assert_eq!(taken.unwrap(), expected);
        // Within one log a later record takes the place of an earlier one: both stay.
        assert_eq!(joined(&[&[a, later]]).unwrap().len(), 2);
    }

    #[test]
    fn what_differs_or_was_paid_twice_is_a_conflict() {
        let differing = [record("a", "x", 1, None), record("a", "y", 1, None)];
        let paid_twice = [
            record("a", "x", 1, Some(0.5)),
            record("a", "x", 2, Some(0.5)),
        ];
        for [one, other] in [differing, paid_twice] {
            let error = joined(&[std::slice::from_ref(&one), &[other]]).unwrap_err();
            assert!(matches!(error, MergeError::Conflict { .. }), "{error}");
            // One record that was copied is no conflict.
            assert_eq!(
                joined(&[std::slice::from_ref(&one), std::slice::from_ref(&one)])
                    .unwrap()
                    .len(),
                1
            );
        }
    }
}
