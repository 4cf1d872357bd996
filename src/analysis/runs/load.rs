//! A run as analysis sees it: `run.toml` and `scores.csv` of a run folder, checked against
//! each other. Both are public contracts, so a run made elsewhere can be read as well.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::analysis::runs::served::{self, ServedModels};
use crate::common::digest::Digest;
use crate::common::files::FileError;
use crate::common::suggest::unknown;
use crate::run::RunError;
use crate::run::folder::names;
use crate::run::manifest::{CategorySection, Manifest};
use crate::run::scores::{self, ScoreRow, ScoresError, Status};
use crate::run::shard::Shard;
use crate::suite::select::SampleRange;

/// Most faults of one run that are listed.
const MAX_FAULTS: usize = 20;

/// A run whose two public files agree with each other.
#[derive(Clone, Debug)]
pub struct LoadedRun {
    /// The name of its folder: what tables and options call it.
    pub label: String,
    /// Where it lies.
    pub folder: PathBuf,
    /// Everything that decided it.
    pub manifest: Manifest,
    /// Numbers of the samples per task.
    pub samples: SampleRange,
    /// Its score table: for each task, sample, axis, judge and repeat exactly one row.
    pub rows: Vec<ScoreRow>,
    /// What was served to its judges, where it has its log of marks.
    pub served: ServedModels,
}

/// Why a run cannot be analysed.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// `run.toml`.
    #[error(transparent)]
    Manifest(#[from] RunError),
    /// `scores.csv`.
    #[error(transparent)]
    Scores(#[from] ScoresError),
    /// It is a part of a run.
    #[error(
        "{}: this is shard {shard} of a run, only a random part of its tasks; join the shards \
         with `parabench merge` and name the merged run",
        folder.display()
    )]
    Shard {
        /// The run folder.
        folder: PathBuf,
        /// Which part.
        shard: Shard,
    },
    /// Nothing was judged yet.
    #[error(
        "{}: no {}; `parabench judge` writes it, from the answers that are stored there",
        folder.display(), names::SCORES
    )]
    NotJudged {
        /// The run folder.
        folder: PathBuf,
    },
    /// The table of an imported run was changed since.
    #[error(
        "{}: {} is not what was imported (SHA-256 {found}, recorded {recorded}); import the marks again",
        folder.display(), names::SCORES
    )]
    Altered {
        /// The run folder.
        folder: PathBuf,
        /// Digest of the table.
        found: Digest,
        /// The one in `run.toml`.
        recorded: Digest,
    },
    /// The two files contradict each other.
    #[error(
        "{}: {} does not fit {}:\n{}\nresume the run with its own command, which rebuilds {} from the logs",
        folder.display(), names::SCORES, names::MANIFEST, faults.join("\n"), names::SCORES
    )]
    Contradiction {
        /// The run folder.
        folder: PathBuf,
        /// One line each.
        faults: Vec<String>,
    },
}

/// Reads a run and checks that its score table is the one that its manifest asks for.
///
/// # Errors
/// [`LoadError`]; contradictions are listed all at once.
pub fn load(folder: &Path) -> Result<LoadedRun, LoadError> {
    let mut run = load_tables(folder)?;
    run.served = served::read(folder)?;
    Ok(run)
}

/// Reads a run as [`load`] does, but for the models that were served to its judges: they stand in the log of marks.
///
/// # Errors
/// As [`load`].
pub(super) fn load_tables(folder: &Path) -> Result<LoadedRun, LoadError> {
    let manifest = Manifest::read(&folder.join(names::MANIFEST))?;
    if let Some(shard) = manifest.shard {
        return Err(LoadError::Shard {
            folder: folder.to_owned(),
            shard,
        });
    }
    let table = folder.join(names::SCORES);
    if let Some(recorded) = manifest.import.as_ref().and_then(|import| import.scores) {
        let found = Digest::of_file(&table)
            .map_err(FileError::at(&table))
            .map_err(ScoresError::from)?;
        if found != recorded {
            return Err(LoadError::Altered {
                folder: folder.to_owned(),
                found,
                recorded,
            });
        }
    }
    let rows = match scores::read(&folder.join(names::SCORES), &manifest.all_axes()) {
        Err(ScoresError::File(error)) if error.is_not_found() => {
            return Err(LoadError::NotJudged {
                folder: folder.to_owned(),
            });
        }
        other => other?,
    };
    let mut check = Check::default();
    let samples = check.samples(&manifest);
    check.rows(&manifest, samples, &rows);
    if !check.faults.is_empty() {
        return Err(LoadError::Contradiction {
            folder: folder.to_owned(),
            faults: check.listed(),
        });
    }
    Ok(LoadedRun {
        label: label(folder),
        folder: folder.to_owned(),
        manifest,
        samples,
        rows,
        served: ServedModels::new(),
    })
}

fn label(folder: &Path) -> String {
    let canonical = folder.canonicalize();
    let name = canonical.as_deref().unwrap_or(folder).file_name();
    name.map_or_else(
        || folder.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Which row: task, sample, axis, judge, repeat, each as a position.
type Cell = (usize, u32, usize, usize, u32);

/// Collects what is wrong.
#[derive(Default)]
struct Check {
    faults: Vec<String>,
}

impl Check {
    fn fault(&mut self, text: String) {
        self.faults.push(format!("  {text}"));
    }

    fn listed(mut self) -> Vec<String> {
        let more = self.faults.len().saturating_sub(MAX_FAULTS);
        self.faults.truncate(MAX_FAULTS);
        if more > 0 {
            self.fault(format!("and {more} more"));
        }
        self.faults
    }

    fn samples(&mut self, manifest: &Manifest) -> SampleRange {
        manifest.sampling.seeds.parse().unwrap_or_else(|error| {
            self.fault(format!("sampling.seeds: {error}"));
            SampleRange::default()
        })
    }

    fn rows(&mut self, manifest: &Manifest, samples: SampleRange, rows: &[ScoreRow]) {
        let mut tasks: HashMap<&str, (usize, &str)> = HashMap::new();
        let mut seen: HashMap<Cell, usize> = HashMap::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let number = index + 1;
            let next = tasks.len();
            let (task, category) = *tasks.entry(&row.task).or_insert((next, &row.category));
            if *category != *row.category {
                self.fault(format!(
                    "row {number}: task {} in category {}, elsewhere in {category}",
                    row.task, row.category
                ));
            }
            let Some((axis, judge)) = self.row(manifest, samples, row, number) else {
                continue;
            };
            let cell = (task, row.seed, axis, judge, row.repeat);
            if let Some(first) = seen.insert(cell, number) {
                self.fault(format!("rows {first} and {number} are about the same mark"));
            }
        }
        self.categories(&manifest.suite.categories, &tasks);
        let judges = manifest.judges.iter();
        let marks = judges.map(|j| u64::from(j.repeats) * manifest.axes_of(j).len() as u64);
        let marks: u64 = marks.sum();
        let expected = tasks.len() as u64 * u64::from(samples.count()) * marks;
        let found = seen.len() as u64;
        if found < expected {
            let repeats: u64 = manifest.judges.iter().map(|j| u64::from(j.repeats)).sum();
            let of_an_answer = match manifest.judges.iter().all(|judge| judge.extra.are_none()) {
                true => format!("{} axes x {repeats}", manifest.suite.axes.len()),
                false => format!("{marks} axes and"),
            };
            self.fault(format!(
                "{found} of {expected} rows are there ({} tasks x {} samples x {of_an_answer} repeats of all judges)",
                tasks.len(),
                samples.count(),
            ));
        }
    }

    /// Checks one row by itself; its positions of axis and judge, if they exist.
    fn row(
        &mut self,
        manifest: &Manifest,
        samples: SampleRange,
        row: &ScoreRow,
        number: usize,
    ) -> Option<(usize, usize)> {
        let mut wrong: Vec<String> = Vec::new();
        let (suite, model) = (&manifest.suite, &manifest.model.identity);
        if *row.suite != *suite.name {
            wrong.push(format!("suite {} instead of {}", row.suite, suite.name));
        }
        if *row.model != *model.name {
            wrong.push(format!("model {} instead of {}", row.model, model.name));
        }
        let category = suite.categories.iter().find(|c| *c.name == *row.category);
        match category {
            None => wrong.push(format!("unknown category {}", row.category)),
            Some(category) if category.kind != row.kind => wrong.push(format!(
                "kind {} in category {}, whose tasks are of kind {}",
                row.kind, row.category, category.kind
            )),
            Some(_) => {}
        }
        if !samples.iter().contains(&row.seed) {
            wrong.push(format!("seed {} outside {samples}", row.seed));
        }
        let mut judges = manifest.judges.iter();
        let judge = judges.position(|judge| *judge.identity.name == *row.judge);
        let found = judge.and_then(|judge| manifest.judges.get(judge));
        let axes = found.map_or_else(|| suite.axes.clone(), |judge| manifest.axes_of(judge));
        let axis = axes.iter().position(|&axis| axis == row.axis);
        if axis.is_none() {
            wrong.push(format!("axis {}, which the suite does not judge", row.axis));
        }
        let marked = found.is_none_or(|judge| judge.identity.marks(row.axis));
        let exists = row.axis.exists_in(&row.category, row.kind) && suite.has(&row.task, row.axis);
        let applies = marked && exists && (model.thinks || !row.axis.needs_reasoning());
        if applies == (row.status == Status::NotApplicable) {
            wrong.push(format!(
                "status {} on {} of a {} task, where the axis {}",
                row.status,
                row.axis,
                row.kind,
                if applies { "applies" } else { "does not apply" }
            ));
        }
        if let Some(score) = row.score
            && !row.axis.scale().holds(score.get())
        {
            wrong.push(format!(
                "score {} on {}, whose marks go {}",
                score.get(),
                row.axis,
                row.axis.scale().in_words()
            ));
        }
        match found {
            None => wrong.push(format!("unknown judge {}", row.judge)),
            Some(judge) if row.repeat >= judge.repeats => wrong.push(format!(
                "repeat {} of judge {}, which marks {} times (0 is the first)",
                row.repeat, row.judge, judge.repeats
            )),
            Some(_) => {}
        }
        let sound = wrong.is_empty();
        for text in wrong {
            self.fault(format!("row {number}: {text}"));
        }
        if sound { axis.zip(judge) } else { None }
    }

    fn categories(&mut self, categories: &[CategorySection], tasks: &HashMap<&str, (usize, &str)>) {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for (_, category) in tasks.values() {
            *counts.entry(category).or_default() += 1;
        }
        for category in categories {
            let found = counts.get(category.name.as_str()).copied().unwrap_or(0);
            if found != category.selected {
                self.fault(format!(
                    "category {}: {found} tasks, {} were selected",
                    category.name, category.selected
                ));
            }
        }
    }
}

impl LoadedRun {
    /// The judge that marks are taken from: the one named, or the only one.
    ///
    /// # Errors
    /// [`NoJudge`], with the judges that there are.
    pub fn judge(&self, name: Option<&str>) -> Result<usize, NoJudge> {
        let judges = &self.manifest.judges;
        let known = || NoJudge {
            run: self.label.clone(),
            known: judges.iter().map(|j| j.identity.name.clone()).collect(),
            wanted: name.map(str::to_owned),
        };
        match name {
            Some(name) => judges
                .iter()
                .position(|judge| judge.identity.name == name)
                .ok_or_else(known),
            None if judges.len() == 1 => Ok(0),
            None => Err(known()),
        }
    }

    /// Name of the model.
    pub fn model(&self) -> Arc<str> {
        self.manifest.model.identity.name.as_str().into()
    }
}

/// There is no such judge, or there are several.
#[derive(Debug, thiserror::Error)]
pub struct NoJudge {
    /// The run.
    pub run: String,
    /// Names of its judges.
    pub known: Vec<String>,
    /// The name that was asked for.
    pub wanted: Option<String>,
}

impl std::fmt::Display for NoJudge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (run, known) = (&self.run, self.known.join(", "));
        match &self.wanted {
            _ if self.known.is_empty() => {
                write!(f, "run {run} has no judge: mark it with `parabench judge`")
            }
            Some(name) => {
                let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
                write!(f, "run {run}: {}", unknown("judge", name, &known, None))
            }
            None => write!(
                f,
                "run {run} was marked by several judges; choose one with --judge: {known}"
            ),
        }
    }
}
