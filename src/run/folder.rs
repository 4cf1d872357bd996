//! The run folder: reading it, and writing it as the only writer.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::OnceCell;

use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::common::picture::Picture;
use crate::endpoint::price::Spent;
use crate::judge::reply::READING;
use crate::judge::{Mark, Score};
use crate::model::trajectory::{FILE, Film, Trajectory, folder_name};
use crate::run::RunError;
use crate::run::journal::{self, Damage, Journal};
use crate::run::lock::take_lock;
use crate::run::manifest::{JudgeSection, Manifest};
use crate::run::record::{
    Asked, CostRecord, JudgmentRecord, MarkKey, SampleKey, SampleRecord, StoredPicture,
};
use crate::run::resume::{declare, merge};

/// Names of the files in a run folder.
pub mod names {
    /// Everything that decided the result.
    pub const MANIFEST: &str = "run.toml";
    /// The log of answers.
    pub const SAMPLES: &str = "samples.jsonl";
    /// The log of marks.
    pub const JUDGMENTS: &str = "judgments.jsonl";
    /// The log of money that no answer and no mark tells; there where such money was spent.
    pub const COSTS: &str = "costs.jsonl";
    /// The folder of pictures.
    pub const IMAGES: &str = "images";
    /// The folder of trajectories, where they were recorded: a folder per sample.
    pub const TRAJECTORIES: &str = "trajectories";
    /// The score table.
    pub const SCORES: &str = "scores.csv";
    /// What programs that answer wrote to standard error.
    pub const LOGS: &str = "logs";
    /// Held by the one writer.
    pub const LOCK: &str = ".lock";
}

/// What a score table needs of a judgment.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptMark {
    /// The mark.
    pub mark: Mark,
    /// Its parts, where its axis has some.
    pub parts: Vec<Score>,
    /// Digest of the answer that was judged.
    pub answer: Digest,
    /// Money it cost, in US dollars.
    pub cost_usd: f64,
}

impl KeptMark {
    /// Whether this mark settles the matter for the answer with digest `answer`: it was
    /// given for that answer, and is not a missing one that is to be asked for again.
    pub fn settles(&self, answer: Digest, retry_missing: bool) -> bool {
        let wanted_again = retry_missing && matches!(self.mark, Mark::Missing(_));
        self.answer == answer && !wanted_again
    }
}

/// The content of a run's logs, by key. Where a key was written twice (after a missing
/// mark was asked for again), the later record counts.
#[derive(Debug, Default)]
pub struct RunData {
    /// The answers.
    pub samples: BTreeMap<SampleKey, SampleRecord>,
    /// The marks, by judge.
    pub marks: BTreeMap<Arc<str>, HashMap<MarkKey, KeptMark>>,
    /// Money spent, in US dollars: on all records, superseded ones included, and on what was given up.
    pub spent_usd: f64,
    /// The part of it that is the most that it can be, since endpoints did not tell what was used.
    pub assumed_usd: f64,
    /// What was found wrong, by file name.
    pub damage: Vec<(&'static str, Damage)>,
}

impl RunData {
    pub(super) fn keep_sample(&mut self, record: SampleRecord) {
        self.keep_cost(record.spent());
        self.samples.insert(record.key(), record);
    }

    pub(super) fn keep_judgment(&mut self, record: JudgmentRecord) {
        let kept = KeptMark {
            mark: record.verdict.mark,
            parts: record.verdict.parts.clone(),
            answer: record.answer,
            cost_usd: record.verdict.cost_usd.unwrap_or(0.0),
        };
        self.keep_cost(record.verdict.spent());
        let key = record.key();
        self.marks
            .entry(record.judge)
            .or_default()
            .insert(key, kept);
    }

    pub(super) fn keep_cost(&mut self, spent: Spent) {
        self.spent_usd += spent.cost_usd;
        self.assumed_usd += spent.assumed_usd;
    }

    /// Whether a judge of this name gave a mark.
    pub(super) fn has_marks_of(&self, judge: &str) -> bool {
        let mut marks = self.marks.get(judge).into_iter().flatten();
        marks.any(|(_, kept)| matches!(kept.mark, Mark::Scored(_)))
    }

    fn note(&mut self, file: &'static str, damage: Damage) {
        if !damage.is_none() {
            self.damage.push((file, damage));
        }
    }

    /// Reads the logs of a run without changing anything.
    ///
    /// # Errors
    /// [`RunError::Journal`].
    pub fn read(folder: &Path) -> Result<Self, RunError> {
        let mut data = Self::default();
        let samples = journal::read(&folder.join(names::SAMPLES), |r| data.keep_sample(r))?;
        data.note(names::SAMPLES, samples);
        let judgments = journal::read(&folder.join(names::JUDGMENTS), |r| data.keep_judgment(r))?;
        data.note(names::JUDGMENTS, judgments);
        let costs = journal::read(&folder.join(names::COSTS), |r: CostRecord| {
            data.keep_cost(r.spent());
        })?;
        data.note(names::COSTS, costs);
        Ok(data)
    }
}

/// A run folder held for writing by this process.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    manifest: Manifest,
    samples: Journal<SampleRecord>,
    judgments: Journal<JudgmentRecord>,
    /// Made when the first record comes.
    costs: OnceCell<Journal<CostRecord>>,
    /// Judges whose marks until now are from before the rules of reading replies had a number.
    unnumbered: Vec<String>,
    /// Set once the manifest says that marks by numbered rules were added to those.
    numbered_since: OnceCell<()>,
    /// Whether this process has appended anything.
    appended: AtomicBool,
    _lock: File,
}

impl RunFolder {
    /// Opens a run for writing: makes it when it is not there, resumes it when its
    /// settings are the same. Judges may be added and their repeats raised; a judge of
    /// the same name must be the same judge.
    ///
    /// # Errors
    /// [`RunError::Locked`], [`RunError::Different`], and those of reading its files.
    pub fn open(path: &Path, wanted: Manifest) -> Result<(Self, RunData), RunError> {
        let recorded = Manifest::read(&path.join(names::MANIFEST));
        if recorded.is_ok_and(|manifest| manifest.import.is_some()) {
            return Err(RunError::Imported {
                folder: path.to_owned(),
            });
        }
        create_durably(&path.join(names::IMAGES))?;
        let lock = take_lock(path)?;
        clear_partial(path)?;
        let mut data = RunData::default();
        let (samples, damage) = Journal::open(&path.join(names::SAMPLES), |r| data.keep_sample(r))?;
        data.note(names::SAMPLES, damage);
        let (judgments, damage) =
            Journal::open(&path.join(names::JUDGMENTS), |r| data.keep_judgment(r))?;
        data.note(names::JUDGMENTS, damage);
        let costs_path = path.join(names::COSTS);
        let costs = OnceCell::new();
        if costs_path.exists() {
            let keep = |r: CostRecord| data.keep_cost(r.spent());
            let (journal, damage) = Journal::open(&costs_path, keep)?;
            data.note(names::COSTS, damage);
            // Nobody else can have filled it.
            let _ = costs.set(journal);
        }
        let manifest_path = path.join(names::MANIFEST);
        let mut unnumbered = Vec::new();
        let manifest = match Manifest::read(&manifest_path) {
            Ok(recorded) => {
                declare(path, &recorded, &wanted)?;
                let now: Vec<String> = names_of(&wanted.judges).collect();
                let merged = merge(path, &recorded, wanted, &mut data)?;
                let before = merged
                    .judges
                    .iter()
                    .filter(|judge| judge.reads_unnumbered());
                unnumbered.extend(names_of(before).filter(|name| now.contains(name)));
                merged
            }
            Err(RunError::File(error)) if error.is_not_found() => wanted,
            Err(error) => return Err(error),
        };
        manifest.write(&manifest_path)?;
        sync_folder(path)?;
        let folder = Self {
            path: path.to_owned(),
            manifest,
            samples,
            judgments,
            costs,
            unnumbered,
            numbered_since: OnceCell::new(),
            appended: AtomicBool::new(false),
            _lock: lock,
        };
        Ok((folder, data))
    }

    /// Where the run lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What decided it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether the logs still hold what they held when the folder was opened.
    pub fn is_as_opened(&self) -> bool {
        !self.appended.load(Ordering::Relaxed)
    }

    /// The folder of its pictures.
    pub fn images(&self) -> PathBuf {
        self.path.join(names::IMAGES)
    }

    /// Stores a picture under its digest and returns once it is durable.
    ///
    /// # Errors
    /// [`RunError::File`].
    pub fn store_picture(&self, picture: &Picture) -> Result<StoredPicture, RunError> {
        let (width, height) = picture.size();
        let stored = StoredPicture {
            digest: picture.digest(),
            width,
            height,
        };
        let file = super::answer::picture_file(&stored, &self.images());
        // Two answers may have one picture; a file of that name may also have been changed.
        if super::lost::picture_fault(&file).is_some() {
            files::write_atomic(&file.path, picture.bytes())?;
            sync_folder(&self.images())?;
        }
        Ok(stored)
    }

    /// Stores a sample's trajectory in place of what a killed process left of it. It decides nothing, so it need not
    /// be durable; `trajectory.json` comes last.
    ///
    /// # Errors
    /// [`RunError::File`].
    pub fn store_film(&self, film: &Film) -> Result<(), RunError> {
        let Trajectory { task, sample, .. } = &film.trajectory;
        let folder = self
            .path
            .join(names::TRAJECTORIES)
            .join(folder_name(task, *sample));
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(FileError::at(&folder)(error).into());
            }
            _ => files::create_folder(&folder)?,
        }
        for (frame, picture) in film.trajectory.frames.iter().zip(&film.pictures) {
            files::write_atomic(&folder.join(&frame.image), picture)?;
        }
        let record = serde_json::to_vec(&film.trajectory).map_err(RunError::Film)?;
        Ok(files::write_atomic(&folder.join(FILE), &record)?)
    }

    /// Appends an answer and returns once it is durable.
    ///
    /// # Errors
    /// [`RunError::Journal`].
    pub async fn append_sample(&self, record: &SampleRecord) -> Result<(), RunError> {
        self.append_samples([record]).await
    }

    /// Appends answers in their order and returns once all are durable.
    ///
    /// # Errors
    /// [`RunError::Journal`].
    pub async fn append_samples<'a>(
        &self,
        records: impl IntoIterator<Item = &'a SampleRecord>,
    ) -> Result<(), RunError> {
        self.appended.store(true, Ordering::Relaxed);
        Ok(self.samples.append_all(records).await?)
    }

    /// Appends a mark and returns once it is durable.
    ///
    /// # Errors
    /// [`RunError::Journal`].
    pub async fn append_judgment(&self, record: &JudgmentRecord) -> Result<(), RunError> {
        if self.unnumbered.iter().any(|name| **name == *record.judge) {
            let noted = || std::future::ready(self.note_reading());
            self.numbered_since.get_or_try_init(noted).await?;
        }
        self.appended.store(true, Ordering::Relaxed);
        Ok(self.judgments.append(record).await?)
    }

    /// Says in the manifest that replies are read by other rules from now on than before.
    fn note_reading(&self) -> Result<(), RunError> {
        let mut manifest = self.manifest.clone();
        for judge in &mut manifest.judges {
            if self.unnumbered.contains(&judge.identity.name) {
                judge.note_reading();
            }
        }
        manifest.write(&self.path.join(names::MANIFEST))
    }

    /// What people should know before the run goes on, line by line.
    pub fn notices(&self) -> Vec<String> {
        let line = |name: &String| {
            format!(
                "the marks of `{name}` in this run were made before the rules for reading replies had a number; new \
                 marks are read by rules {READING}, which is noted in run.toml. To use one set of rules for all \
                 marks, mark again under another name: --judge NEWNAME=JUDGE"
            )
        };
        self.unnumbered.iter().map(line).collect()
    }

    /// Notes money that no answer and no mark tells and returns once it is durable. Nothing is noted where
    /// nothing was spent.
    ///
    /// # Errors
    /// [`RunError::Journal`].
    pub async fn append_cost(&self, asked: Asked, spent: Spent) -> Result<(), RunError> {
        if spent.cost_usd <= 0.0 {
            return Ok(());
        }
        self.appended.store(true, Ordering::Relaxed);
        let path = self.path.join(names::COSTS);
        let open = || std::future::ready(Journal::open(&path, |_| {}).map(|(log, _)| log));
        let costs = self.costs.get_or_try_init(open).await?;
        Ok(costs.append(&CostRecord::new(asked, spent)).await?)
    }
}

fn names_of<'a>(
    judges: impl IntoIterator<Item = &'a JudgeSection>,
) -> impl Iterator<Item = String> {
    judges.into_iter().map(|judge| judge.identity.name.clone())
}

/// Removes the files that a killed process was writing.
fn clear_partial(path: &Path) -> Result<(), FileError> {
    files::remove_partial(path)?;
    files::remove_partial(&path.join(names::IMAGES))
}

/// Makes the names in a folder durable, where the system allows to ask for it.
pub(super) fn sync_folder(path: &Path) -> Result<(), FileError> {
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(FileError::at(path))?;
    }
    Ok(())
}

/// Creates a folder and those above it, and makes the names of the new ones durable.
fn create_durably(path: &Path) -> Result<(), FileError> {
    let new: Vec<&Path> = path.ancestors().take_while(|at| !at.exists()).collect();
    files::create_folder(path)?;
    for parent in new.into_iter().filter_map(Path::parent) {
        let here = parent.as_os_str().is_empty();
        sync_folder(if here { Path::new(".") } else { parent })?;
    }
    Ok(())
}
