//! Money of what was given up: the logs of costs of all shards in one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::error::MergeError;
use crate::run::folder::{RunData, names};
use crate::run::journal::{self, Damage, Line};
use crate::run::record::CostRecord;

/// How often each line was seen.
type Counts = HashMap<Vec<u8>, usize>;

/// A log of costs that grows. Its records name no task, so they are told apart by what they say, their time included:
/// a copy of a log holds the same lines, and another shard holds others.
#[derive(Debug, Default)]
pub(super) struct Costs {
    /// The lines of the log.
    pub lines: Vec<u8>,
    known: Counts,
}

impl Costs {
    /// Adds the records of a shard, which may lie in several folders, to the log and to its money.
    pub(super) fn add(
        &mut self,
        folders: &[&Path],
        data: &mut RunData,
        damaged: &mut Vec<(PathBuf, Damage)>,
    ) -> Result<(), MergeError> {
        let mut own = Counts::new();
        for folder in folders {
            self.read(folder, &mut own, data, damaged)?;
        }
        for (line, count) in own {
            *self.known.entry(line).or_default() += count;
        }
        Ok(())
    }

    /// Adds what the whole run has besides.
    pub(super) fn add_whole(
        &mut self,
        folder: &Path,
        data: &mut RunData,
        damaged: &mut Vec<(PathBuf, Damage)>,
    ) -> Result<(), MergeError> {
        let mut known = std::mem::take(&mut self.known);
        self.read(folder, &mut known, data, damaged)
    }

    /// Adds the records of a log that `known` does not have as often.
    fn read(
        &mut self,
        folder: &Path,
        known: &mut Counts,
        data: &mut RunData,
        damaged: &mut Vec<(PathBuf, Damage)>,
    ) -> Result<(), MergeError> {
        let path = folder.join(names::COSTS);
        let mut seen = Counts::new();
        let damage = journal::read_lines(&path, |record: CostRecord, line: Line<'_>| {
            let count = seen.entry(line.bytes.to_vec()).or_default();
            *count += 1;
            let before = known.entry(line.bytes.to_vec()).or_default();
            if *count > *before {
                *before = *count;
                data.keep_cost(record.spent());
                self.lines.extend_from_slice(line.bytes);
            }
        })?;
        if !damage.is_none() {
            damaged.push((path, damage));
        }
        Ok(())
    }
}
