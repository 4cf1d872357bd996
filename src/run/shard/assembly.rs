//! Builds the merged run aside, shard by shard, so that memory holds one shard at a time, and puts it in its place.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::costs::Costs;
use super::earlier::{Before, check_place, check_sample};
use super::error::MergeError;
use super::heads::Head;
use super::join::{Log, LogRecord, join};
use super::links::{digest_of, is_file, link, link_folder, move_new};
use super::outcome::{MergeRequest, Merged, Outcome, ShardFound, ShardState};
use super::served::{ServedBy, mixed, note};
use super::{Membership, Shard};
use crate::common::files::{self, FileError};
use crate::model::trajectory::folder_name;
use crate::run::answer::picture_name;
use crate::run::folder::{RunData, names, sync_folder};
use crate::run::journal::Damage;
use crate::run::lock::take_lock;
use crate::run::manifest::{Manifest, MergedSection, MergedShard};
use crate::run::record::{JudgmentRecord, SampleRecord};
use crate::run::scores::{self, RowPlan, ScoreRow, Status};

/// A merged run that grows.
pub(super) struct Assembly<'a> {
    request: &'a MergeRequest<'a>,
    tasks: Vec<usize>,
    members: Membership,
    manifest: Manifest,
    /// Judges of the shards: those that must have marked everything.
    judges: BTreeSet<String>,
    aside: TempDir,
    samples: BufWriter<File>,
    judgments: BufWriter<File>,
    costs: Costs,
    found: Vec<ShardFound>,
    merged: Vec<MergedShard>,
    rows: Vec<ScoreRow>,
    served: ServedBy,
    lost_pictures: Vec<String>,
    damaged: Vec<(PathBuf, Damage)>,
    spent_usd: f64,
    assumed_usd: f64,
}

impl<'a> Assembly<'a> {
    pub(super) fn begin(
        request: &'a MergeRequest<'a>,
        tasks: Vec<usize>,
        members: Membership,
        manifest: Manifest,
        heads: &[Head],
    ) -> Result<Self, MergeError> {
        let parent = match request.whole.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".merging-");
        // As other new folders: a merged run is read by whom the umask lets.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let aside = builder.tempdir_in(parent).map_err(FileError::at(parent))?;
        files::create_folder(&aside.path().join(names::IMAGES))?;
        let log = |name: &str| {
            let path = aside.path().join(name);
            let file = File::create(&path).map_err(FileError::at(&path))?;
            Ok::<_, FileError>(BufWriter::new(file))
        };
        let of_heads = heads.iter().flat_map(|head| &head.manifest.judges);
        Ok(Self {
            request,
            tasks,
            members,
            manifest,
            judges: of_heads.map(|judge| judge.identity.name.clone()).collect(),
            samples: log(names::SAMPLES)?,
            judgments: log(names::JUDGMENTS)?,
            costs: Costs::default(),
            aside,
            found: Vec::new(),
            merged: Vec::new(),
            rows: Vec::new(),
            served: ServedBy::new(),
            lost_pictures: Vec::new(),
            damaged: Vec::new(),
            spent_usd: 0.0,
            assumed_usd: 0.0,
        })
    }

    /// Adds one shard from its folders, and what the whole run had of it before.
    pub(super) fn add<'b>(
        &mut self,
        shard: Shard,
        mut folders: Vec<&'b Path>,
        before: Option<Before<'b>>,
        running: bool,
    ) -> Result<(), MergeError> {
        let absent = folders.is_empty();
        let of_folder = |name: &str| -> Vec<Log> {
            let log = |folder: &&Path| Log {
                path: folder.join(name),
                lines: None,
            };
            folders.iter().map(log).collect()
        };
        let (mut samples, mut judgments) = (of_folder(names::SAMPLES), of_folder(names::JUDGMENTS));
        let mut data = RunData::default();
        self.costs.add(&folders, &mut data, &mut self.damaged)?;
        if let Some(before) = before {
            samples.extend(before.samples.cloned());
            judgments.extend(before.judgments.cloned());
            folders.push(before.folder);
        }
        self.join_samples(shard, &samples, &mut data)?;
        let records = self.join_judgments(shard, &judgments, &mut data)?;
        for sample in data.samples.values() {
            self.link_files(sample, &folders)?;
        }
        let rows = self.rows_of(shard, &data);
        let of_shards = |row: &&ScoreRow| self.judges.contains(&*row.judge);
        let pending = rows.iter().filter(of_shards);
        let pending = pending.filter(|row| row.status == Status::Pending).count() as u64;
        let samples = u64::from(self.request.plan.samples().count());
        let answers = data.samples.len() as u64;
        let planned = shard.tasks_of(self.tasks.len() as u64) * samples;
        let state = match (absent, running) {
            (true, _) => ShardState::Absent,
            (_, true) => ShardState::Running,
            _ if answers < planned || pending > 0 => ShardState::Unfinished,
            _ => ShardState::Complete,
        };
        if let Some(own) = folders.first().filter(|_| !absent) {
            self.merged.push(MergedShard {
                index: shard.index(),
                complete: state == ShardState::Complete,
                answers,
                marks: records,
                samples: digest_of(&own.join(names::SAMPLES))?,
                judgments: digest_of(&own.join(names::JUDGMENTS))?,
            });
        }
        self.spent_usd += data.spent_usd;
        self.assumed_usd += data.assumed_usd;
        self.found.push(ShardFound {
            index: shard.index(),
            state,
            planned,
            answers,
            pending_marks: pending,
            spent_usd: data.spent_usd,
        });
        self.rows.extend(rows);
        Ok(())
    }

    fn join_samples(
        &mut self,
        shard: Shard,
        logs: &[Log],
        data: &mut RunData,
    ) -> Result<(), MergeError> {
        let (plan, members) = (self.request.plan, &self.members);
        let (out, served) = (&mut self.samples, &mut self.served);
        let path = self.aside.path().join(names::SAMPLES);
        let damaged = join(logs, |record: SampleRecord, line, log| {
            check_sample(&record, shard, plan, members)
                .map_err(|why| foreign(logs, log, &record, why))?;
            let model = record.details.get("served_model");
            if let Some(model) = model.and_then(serde_json::Value::as_str) {
                note(served, "the model", shard, model);
            }
            out.write_all(line).map_err(FileError::at(&path))?;
            data.keep_sample(record);
            Ok(())
        })?;
        self.damaged.extend(damaged);
        Ok(())
    }

    fn join_judgments(
        &mut self,
        shard: Shard,
        logs: &[Log],
        data: &mut RunData,
    ) -> Result<u64, MergeError> {
        let (plan, members) = (self.request.plan, &self.members);
        let (out, served) = (&mut self.judgments, &mut self.served);
        let path = self.aside.path().join(names::JUDGMENTS);
        let mut records = 0;
        let damaged = join(logs, |record: JudgmentRecord, line, log| {
            check_place(&record.task, record.sample, shard, plan, members)
                .map_err(|why| foreign(logs, log, &record, why))?;
            if let Some(model) = &record.verdict.served_model {
                note(served, &format!("judge {}", record.judge), shard, model);
            }
            out.write_all(line).map_err(FileError::at(&path))?;
            data.keep_judgment(record);
            records += 1;
            Ok(())
        })?;
        self.damaged.extend(damaged);
        Ok(records)
    }

    fn rows_of(&self, shard: Shard, data: &RunData) -> Vec<ScoreRow> {
        let own = self.members.tasks(self.request.suite, &self.tasks, shard);
        let plan = RowPlan {
            suite: self.request.suite,
            tasks: &own,
            samples: &self.request.plan.samples().iter(),
        };
        scores::rows(plan, &self.manifest, data)
    }

    /// Links an answer's picture and trajectory from whichever of the folders has them.
    fn link_files(&mut self, sample: &SampleRecord, folders: &[&Path]) -> Result<(), MergeError> {
        if let Some(picture) = sample.image.given() {
            let name = picture_name(picture);
            let to = self.aside.path().join(names::IMAGES).join(&name);
            let found = folders
                .iter()
                .map(|folder| folder.join(names::IMAGES).join(&name))
                .find(|path| is_file(path));
            match found {
                Some(from) => link(&from, &to)?,
                None => {
                    let folder = folders.first().map(|folder| folder.join(names::IMAGES));
                    self.lost_pictures.push(format!(
                        "  {}: task `{}`, sample {}",
                        folder.unwrap_or_default().join(&name).display(),
                        sample.task,
                        sample.sample
                    ));
                }
            }
        }
        let name = Path::new(names::TRAJECTORIES).join(folder_name(&sample.task, sample.sample));
        let films = folders.iter().map(|folder| folder.join(&name));
        if let Some(from) = films.into_iter().find(|film| film.is_dir()) {
            link_folder(&from, &self.aside.path().join(&name))?;
        }
        Ok(())
    }

    /// Puts the run in its place, unless something lacks or does not fit.
    pub(super) fn finish(mut self, is_there: bool) -> Result<Outcome, MergeError> {
        if is_there {
            let mut data = RunData::default();
            self.costs
                .add_whole(self.request.whole, &mut data, &mut self.damaged)?;
            self.spent_usd += data.spent_usd;
            self.assumed_usd += data.assumed_usd;
        }
        let whole = self
            .found
            .iter()
            .all(|one| one.state == ShardState::Complete);
        let empty = self.found.iter().all(|one| one.answers == 0) && !self.tasks.is_empty();
        let merged = match (whole, self.request.partial && !empty) {
            (false, false) => None,
            _ => {
                self.check()?;
                self.order_rows();
                self.manifest.merged = Some(MergedSection {
                    shards: self.request.plan.shards,
                    shard: self.merged.clone(),
                });
                self.write(is_there)?;
                Some(Merged {
                    manifest: self.manifest,
                    rows: self.rows,
                })
            }
        };
        Ok(Outcome {
            shards: self.found,
            merged,
            spent_usd: self.spent_usd,
            assumed_usd: self.assumed_usd,
            damaged: self.damaged,
            lost_pictures: self.lost_pictures,
        })
    }

    fn check(&self) -> Result<(), MergeError> {
        if !self.lost_pictures.is_empty() && !self.request.partial {
            return Err(MergeError::Pictures(self.lost_pictures.clone()));
        }
        let mixed: Vec<String> = self.served.iter().filter_map(mixed).collect();
        match mixed.is_empty() || self.request.mixed_served {
            true => Ok(()),
            false => Err(MergeError::Served(mixed)),
        }
    }

    /// The order of an unsharded run: that of the suite's tasks.
    fn order_rows(&mut self) {
        let suite = self.request.suite;
        let tasks = self
            .tasks
            .iter()
            .filter_map(|&index| suite.tasks.get(index));
        let ids = tasks.map(|task| Arc::clone(&task.prompt.id));
        let place: HashMap<Arc<str>, usize> = ids.zip(0..).collect();
        // Stable: the rows of a task keep their order.
        self.rows.sort_by_key(|row| place.get(&row.task).copied());
    }

    fn write(&mut self, is_there: bool) -> Result<(), MergeError> {
        let aside = self.aside.path();
        let logs = [
            (&mut self.samples, names::SAMPLES),
            (&mut self.judgments, names::JUDGMENTS),
        ];
        for (log, name) in logs {
            let path = aside.join(name);
            log.flush()
                .and_then(|()| log.get_ref().sync_all())
                .map_err(FileError::at(&path))?;
        }
        if !self.costs.lines.is_empty() {
            files::write_atomic(&aside.join(names::COSTS), &self.costs.lines)?;
        }
        scores::write(&aside.join(names::SCORES), &self.rows)?;
        self.manifest.write(&aside.join(names::MANIFEST))?;
        sync_folder(&aside.join(names::IMAGES))?;
        sync_folder(aside)?;
        match is_there {
            true => self.replace(),
            false => self.place(),
        }
    }

    /// A new run: renamed, so that it is wholly there or not at all.
    fn place(&self) -> Result<(), MergeError> {
        let (aside, whole) = (self.aside.path(), self.request.whole);
        // A run with its lock, as others; it moves with the folder.
        drop(take_lock(aside)?);
        fs::rename(aside, whole).map_err(FileError::at(whole))?;
        Ok(sync_folder(
            whole
                .parent()
                .filter(|at| !at.as_os_str().is_empty())
                .unwrap_or(Path::new(".")),
        )?)
    }

    /// A run that is there, and locked: pictures first, then the logs, each wholly. A merge that is killed in between
    /// leaves a sound run, and merging again completes it.
    fn replace(&self) -> Result<(), MergeError> {
        let (aside, whole) = (self.aside.path(), self.request.whole);
        files::create_folder(&whole.join(names::IMAGES))?;
        move_new(&aside.join(names::IMAGES), &whole.join(names::IMAGES))?;
        let films = aside.join(names::TRAJECTORIES);
        if films.is_dir() {
            let there = whole.join(names::TRAJECTORIES);
            files::create_folder(&there)?;
            move_new(&films, &there)?;
        }
        sync_folder(&whole.join(names::IMAGES))?;
        let costs = (!self.costs.lines.is_empty()).then_some(names::COSTS);
        let logs = [names::MANIFEST, names::SAMPLES, names::JUDGMENTS];
        for name in logs.into_iter().chain(costs).chain([names::SCORES]) {
            let to = whole.join(name);
            fs::rename(aside.join(name), &to).map_err(FileError::at(&to))?;
        }
        Ok(sync_folder(whole)?)
    }
}

fn foreign<R: LogRecord>(logs: &[Log], log: usize, record: &R, why: String) -> MergeError {
    MergeError::Foreign {
        log: logs
            .get(log)
            .map(|log| log.path.clone())
            .unwrap_or_default(),
        what: record.told(),
        why,
    }
}
