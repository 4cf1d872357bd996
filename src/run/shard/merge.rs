//! Makes one run of its shards: proves that they belong together and are complete, then joins them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::assembly::Assembly;
use super::heads::{self, Head};
use super::join::{Log, places};
use super::plan::{PLAN, ShardPlan};
use super::{Membership, Shard, shards_folder};
use crate::common::files::FileError;
use crate::common::seed::sample_seed;
use crate::run::RunError;
use crate::run::folder::names;
use crate::run::journal::{Damage, JournalError};
use crate::run::lock::take_lock;
use crate::run::manifest::{Manifest, MergedSection, SamplingSection};
use crate::run::record::{JudgmentRecord, SampleRecord};
use crate::run::scores::{ScoreRow, ScoresError};
use crate::suite::Suite;
use crate::suite::select::{SelectError, select};

/// What is merged, and how.
#[derive(Clone, Copy, Debug)]
pub struct MergeRequest<'a> {
    /// Where the merged run lies, or will lie.
    pub whole: &'a Path,
    /// The suite.
    pub suite: &'a Suite,
    /// The plan of the shards.
    pub plan: &'a ShardPlan,
    /// Further folders of shards, beside those that lie with the plan.
    pub also: &'a [PathBuf],
    /// Merge also where shards are absent or unfinished: what lacks is pending.
    pub partial: bool,
    /// Merge also where the shards' endpoints served different models.
    pub mixed_served: bool,
}

/// How far a shard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShardState {
    /// Everything that was planned for it is there.
    Complete,
    /// Answers or marks are still to come, and nobody is making them.
    Unfinished,
    /// A process is writing it now.
    Running,
    /// It has no folder.
    Absent,
}

/// What a merge found of a shard.
#[derive(Clone, Debug, Serialize)]
pub struct ShardFound {
    /// Its number, from 0.
    pub index: u32,
    /// How far it is.
    pub state: ShardState,
    /// Answers that are planned.
    pub planned: u64,
    /// Answers that are there.
    pub answers: u64,
    /// Marks that are still to come, where all its answers are known.
    pub pending_marks: u64,
    /// Money spent on all its records, in US dollars.
    pub spent_usd: f64,
}

/// A merged run.
#[derive(Debug)]
pub struct Merged {
    /// What decided it.
    pub manifest: Manifest,
    /// Its score table.
    pub rows: Vec<ScoreRow>,
}

/// What came out of a merge.
#[derive(Debug)]
pub struct Outcome {
    /// What was found, shard by shard.
    pub shards: Vec<ShardFound>,
    /// The run; `None` where shards are missing or unfinished and that was not allowed: then nothing was written.
    pub merged: Option<Merged>,
    /// Money spent on all records, in US dollars.
    pub spent_usd: f64,
    /// The part of it that is the most that it can be.
    pub assumed_usd: f64,
    /// Logs that hold lines which are not what was written.
    pub damaged: Vec<(PathBuf, Damage)>,
    /// Pictures that are not there, where that was allowed.
    pub lost_pictures: Vec<String>,
}

/// Why shards cannot be merged. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A run among them could not be read or locked.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file could not be read, linked or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A log could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The score table could not be written.
    #[error(transparent)]
    Scores(#[from] ScoresError),
    /// The plan's selection does not fit the suite.
    #[error("the tasks of the plan")]
    Select(#[from] SelectError),
    /// The suite selects other tasks than the plan's.
    #[error(
        "{}: the suite selects other tasks than those of the plan; name the suite that the shards were made with, with --suite",
        .0.display()
    )]
    Tasks(PathBuf),
    /// A folder was given that holds no shard.
    #[error(
        "{}: its run.toml has no [shard], so it is a whole or merged run and no shard of one; only shards can be merged",
        .0.display()
    )]
    NotAShard(PathBuf),
    /// A folder was given twice.
    #[error("{}: this shard was given twice; leave one out", .0.display())]
    Twice(PathBuf),
    /// A shard lies in the folder of another.
    #[error("{}: its run.toml says shard {found}, expected shard {expected}", folder.display())]
    Misplaced {
        /// The folder.
        folder: PathBuf,
        /// What its `run.toml` says.
        found: Shard,
        /// What its name says.
        expected: String,
    },
    /// Shards were made differently.
    #[error(
        "these shards do not belong together:\n{}\nmake them again with one command, or merge each kind under a name of its own",
        .0.join("\n")
    )]
    Different(Vec<String>),
    /// A record is in the wrong log.
    #[error("{}: holds {what}, {why}", log.display())]
    Foreign {
        /// The log.
        log: PathBuf,
        /// The record.
        what: String,
        /// Why it does not belong there.
        why: String,
    },
    /// Two logs hold different records of the same.
    #[error(
        "{what} differs between {} and {}, or was paid for in both; move away the copy of the shard that shall not count",
        one.display(), other.display()
    )]
    Conflict {
        /// Answer or mark.
        what: String,
        /// A log.
        one: PathBuf,
        /// Another one.
        other: PathBuf,
    },
    /// The log of the whole run changed while it was read.
    #[error("{}: changed while it was read; merge again", .0.display())]
    Changed(PathBuf),
    /// Pictures of answers are not there.
    #[error(
        "{} pictures of answers are not there:\n{}\nrun the command of these shards again with --retry-missing, or merge with --partial: their marks are then missing",
        .0.len(), listed(.0)
    )]
    Pictures(Vec<String>),
    /// The endpoints of shards served different models.
    #[error(
        "the shards were not served by the same model:\n{}\n--mixed-served merges them all the same; reports then say so",
        .0.join("\n")
    )]
    Served(Vec<String>),
}

/// Most lines of a list in a message.
const MAX_LISTED: usize = 20;

fn listed(lines: &[String]) -> String {
    let shown = lines.iter().take(MAX_LISTED).cloned();
    let more = lines.len().saturating_sub(MAX_LISTED);
    let more = (more > 0).then(|| format!("  and {more} more"));
    shown.chain(more).collect::<Vec<_>>().join("\n")
}

/// Merges the shards of a run into `request.whole`. What is there already, from an earlier merge and from commands
/// after it, is kept and joined; the same shards give the same bytes.
///
/// # Errors
/// [`MergeError`].
pub fn merge(request: &MergeRequest<'_>) -> Result<Outcome, MergeError> {
    let MergeRequest { whole, plan, .. } = *request;
    let folder = shards_folder(whole);
    let tasks = select(request.suite, &plan.run.sampling.filter())?.indices;
    if tasks_digest(request, &tasks) != plan.run.sampling.tasks_digest {
        return Err(MergeError::Tasks(folder.join(PLAN)));
    }
    let membership = Membership::new(
        request.suite,
        &tasks,
        plan.run.sampling.run_seed,
        plan.shards,
    );
    let heads = heads::gather(&folder, request.also, plan)?;
    let there = match whole.join(names::MANIFEST).is_file() {
        true => Some((
            take_lock(whole)?,
            Manifest::read(&whole.join(names::MANIFEST))?,
        )),
        false => None,
    };
    let recorded = there.as_ref().map(|(_, manifest)| manifest);
    let manifest = heads::manifest(plan, &heads, recorded, whole)?;
    let (locks, running) = lock(&heads)?;
    let earlier = match there.is_some() {
        true => Some(Earlier::index(whole, plan, &membership)?),
        false => None,
    };
    let mut assembly = Assembly::begin(request, tasks, membership, manifest, &heads)?;
    let mut of_shard: BTreeMap<u32, Vec<&Head>> = BTreeMap::new();
    for head in &heads {
        of_shard.entry(head.shard.index()).or_default().push(head);
    }
    for shard in Shard::all(plan.shards) {
        let heads = of_shard.remove(&shard.index()).unwrap_or_default();
        let folders = heads.iter().map(|head| head.folder.as_path());
        let before = earlier.as_ref().map(|earlier| earlier.of(shard));
        assembly.add(shard, folders.collect(), before, running.contains(&shard))?;
    }
    let outcome = assembly.finish(there.is_some())?;
    drop(locks);
    Ok(outcome)
}

fn tasks_digest(request: &MergeRequest<'_>, tasks: &[usize]) -> crate::common::digest::Digest {
    let sampling = &request.plan.run.sampling;
    let samples = request.plan.samples();
    SamplingSection::new(&sampling.filter(), samples, request.suite, tasks).tasks_digest
}

/// Locks all shards, so that none goes on meanwhile, and tells those that are being written.
fn lock(heads: &[Head]) -> Result<(Vec<File>, Vec<Shard>), RunError> {
    let (mut locks, mut running) = (Vec::new(), Vec::new());
    for head in heads {
        match take_lock(&head.folder) {
            Ok(lock) => locks.push(lock),
            Err(RunError::Locked { .. }) => running.push(head.shard),
            Err(error) => return Err(error),
        }
    }
    Ok((locks, running))
}

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
    fn index(whole: &Path, plan: &ShardPlan, members: &Membership) -> Result<Self, MergeError> {
        let shard_of = |task: &str, log: &Path, what: String| match members.shard_of(task) {
            Some(shard) => Ok(shard.index()),
            None => Err(MergeError::Foreign {
                log: log.to_owned(),
                what,
                why: "which is no task of the run".to_owned(),
            }),
        };
        let path = whole.join(names::SAMPLES);
        let samples = places(&path, plan.shards, |record: &SampleRecord| {
            shard_of(&record.task, &path, super::join::LogRecord::told(record))
        })?;
        let path = whole.join(names::JUDGMENTS);
        let judgments = places(&path, plan.shards, |record: &JudgmentRecord| {
            shard_of(&record.task, &path, super::join::LogRecord::told(record))
        })?;
        Ok(Self {
            folder: whole.to_owned(),
            samples,
            judgments,
        })
    }

    fn of(&self, shard: Shard) -> Before<'_> {
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
        None => return Err("which is no task of the run".to_owned()),
        Some(own) if own != shard => return Err(format!("which belongs to shard {own}")),
        Some(_) => {}
    }
    let samples = plan.samples();
    match samples.iter().contains(&sample) {
        true => Ok(()),
        false => Err(format!("outside the plan's samples {samples}")),
    }
}

/// The section of the merged run about its shards.
pub(super) fn section(
    plan: &ShardPlan,
    shard: Vec<crate::run::manifest::MergedShard>,
) -> MergedSection {
    MergedSection {
        shards: plan.shards,
        shard,
    }
}
