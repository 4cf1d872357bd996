//! What the whole run holds from before, and which records belong to a shard.

use std::path::{Path, PathBuf};

use super::error::MergeError;
use super::join::{Log, LogRecord, places};
use super::plan::ShardPlan;
use super::{Membership, Shard};
use crate::common::seed::sample_seed;
use crate::run::folder::names;
use crate::run::record::{JudgmentRecord, SampleRecord};

/// What the whole run holds from before, shard by shard.
pub(super) struct Earlier {
    folder: PathBuf,
    samples: Vec<Log>,
    judgments: Vec<Log>,
}

/// The part of [`Earlier`] that is about one shard.
pub(super) struct Before<'a> {
    pub folder: &'a Path,
    pub samples: Option<&'a Log>,
    pub judgments: Option<&'a Log>,
}

impl Earlier {
    pub(super) fn index(
        whole: &Path,
        plan: &ShardPlan,
        members: &Membership,
    ) -> Result<Self, MergeError> {
        let shard_of = |task: &str, log: &Path, what: String| match members.shard_of(task) {
            Some(shard) => Ok(shard.index()),
            None => Err(MergeError::Foreign {
                log: log.to_owned(),
                what,
                why: "which is not a task of the run".to_owned(),
            }),
        };
        let path = whole.join(names::SAMPLES);
        let samples = places(&path, plan.shards, |record: &SampleRecord| {
            shard_of(&record.task, &path, LogRecord::told(record))
        })?;
        let path = whole.join(names::JUDGMENTS);
        let judgments = places(&path, plan.shards, |record: &JudgmentRecord| {
            shard_of(&record.task, &path, LogRecord::told(record))
        })?;
        Ok(Self {
            folder: whole.to_owned(),
            samples,
            judgments,
        })
    }

    pub(super) fn of(&self, shard: Shard) -> Before<'_> {
        let index = shard.index() as usize;
        Before {
            folder: &self.folder,
            samples: self.samples.get(index),
            judgments: self.judgments.get(index),
        }
    }
}

/// Checks that a record of an answer belongs to a shard of the plan.
pub(super) fn check_sample(
    record: &SampleRecord,
    shard: Shard,
    plan: &ShardPlan,
    members: &Membership,
) -> Result<(), String> {
    check_place(&record.task, record.sample, shard, plan, members)?;
    let seed = sample_seed(plan.run.sampling.run_seed, &record.task, record.sample);
    match record.seed == seed {
        true => Ok(()),
        false => Err(format!(
            "made with seed {}, but the plan's run seed {} gives {seed}",
            record.seed, plan.run.sampling.run_seed
        )),
    }
}

/// Checks that a task and sample belong to a shard of the plan.
pub(super) fn check_place(
    task: &str,
    sample: u32,
    shard: Shard,
    plan: &ShardPlan,
    members: &Membership,
) -> Result<(), String> {
    match members.shard_of(task) {
        None => return Err("which is not a task of the run".to_owned()),
        Some(own) if own != shard => return Err(format!("which belongs to shard {own}")),
        Some(_) => {}
    }
    let samples = plan.samples();
    match samples.iter().contains(&sample) {
        true => Ok(()),
        false => Err(format!("outside the plan's samples {samples}")),
    }
}
