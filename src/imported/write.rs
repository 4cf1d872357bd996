//! The minimal run: `run.toml` and `scores.csv`, all that an analysis needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::analysis::scores::sheet::SheetPlace;
use crate::common::decimal::Decimal;
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::imported::ScoresImportError;
use crate::imported::assemble::{JudgeMarks, ModelMarks};
use crate::imported::catalogue::Catalogue;
use crate::judge::{self, MissingReason};
use crate::model;
use crate::run::folder::names;
use crate::run::manifest::{
    CategorySection, ExtraAxes, IMPORTED, ImportSection, JudgeSection, Manifest, ModelSection,
    SamplingSection, SuiteSection, program,
};
use crate::run::scores::{self, PartsCell, ScoreRow, Status, cells};
use crate::suite::{Axis, Definition, Kind};

/// A run that can be written.
#[derive(Clone, Debug)]
pub struct ImportedRun {
    /// Its manifest, less the digest of the table.
    pub manifest: Manifest,
    /// Its table.
    pub rows: Vec<ScoreRow>,
    /// Numbers that are no marks and yet enter the authors' figure: beside the table, for the survey.
    pub official: Vec<OfficialNumber>,
}

/// A number that the authors' script averages although it is no mark.
#[derive(Clone, Debug)]
pub struct OfficialNumber {
    /// The judge.
    pub judge: Arc<str>,
    /// Whose it is.
    pub at: SheetPlace,
    /// The number, on the scale of the axis or beside it.
    pub number: Decimal,
    /// Why it is no mark.
    pub why: MissingReason,
}

/// The run of one model.
pub fn run(
    definition: &Definition,
    catalogue: &Catalogue,
    marks: &ModelMarks,
    section: ImportSection,
) -> ImportedRun {
    let thinks = thinks(definition, marks);
    let suite = suite_section(definition, catalogue);
    let manifest = Manifest {
        schema: suite.schema(),
        program: program(),
        suite,
        sampling: SamplingSection {
            limit: None,
            tasks: Vec::new(),
            categories: Vec::new(),
            tasks_digest: Digest::of_fields(catalogue.tasks.iter().map(|task| task.id.as_bytes())),
            run_seed: 0,
            seeds: format!("0..{}", marks.samples),
        },
        model: ModelSection {
            spec: IMPORTED.to_owned(),
            identity: model::Identity {
                name: marks.model.clone(),
                kind: IMPORTED.to_owned(),
                thinks,
                details: BTreeMap::new(),
            },
            provenance: BTreeMap::new(),
        },
        declaration: None,
        shard: None,
        merged: None,
        import: Some(section),
        judges: marks
            .judges
            .iter()
            .map(|judge| judge_section(definition, judge))
            .collect(),
    };
    let rows = rows(definition, catalogue, marks, thinks);
    ImportedRun {
        manifest,
        rows,
        official: official(catalogue, marks),
    }
}

fn official(catalogue: &Catalogue, marks: &ModelMarks) -> Vec<OfficialNumber> {
    let mut numbers = Vec::new();
    for judge in &marks.judges {
        let name = Arc::<str>::from(judge.name.as_str());
        for (place, number) in &judge.official {
            let (task, sample, repeat, axis) = *place;
            let (Some(task), Some(Err(why))) = (catalogue.tasks.get(task), judge.marks.get(place))
            else {
                continue;
            };
            let task = Arc::clone(&task.id);
            numbers.push(OfficialNumber {
                judge: Arc::clone(&name),
                at: SheetPlace {
                    task,
                    sample,
                    repeat,
                    axis,
                },
                number: *number,
                why: *why,
            });
        }
    }
    numbers
}

/// A model thinks if its suite looks at reasoning and any such mark was given.
fn thinks(definition: &Definition, marks: &ModelMarks) -> bool {
    let looks = |axis: &Axis| axis.needs_reasoning();
    !definition.axes.iter().any(looks)
        || marks
            .judges
            .iter()
            .any(|judge| judge.axes.iter().any(looks))
}

fn judge_section(definition: &Definition, judge: &JudgeMarks) -> JudgeSection {
    let mut details = BTreeMap::from([("marks".to_owned(), IMPORTED.to_owned())]);
    let extra = extra_of(definition, judge);
    if judge.axes.len() < definition.axes.len() + extra.len() {
        let keys: Vec<&str> = judge.axes.iter().map(|axis| axis.key()).collect();
        details.insert(judge::AXES.to_owned(), keys.join(", "));
    }
    let identity = judge::Identity {
        name: judge.name.clone(),
        kind: IMPORTED.to_owned(),
        details,
    };
    JudgeSection {
        extra: ExtraAxes(extra),
        ..JudgeSection::new(&identity, judge.repeats)
    }
}

/// The axes without ends that a judge marked.
fn extra_of(definition: &Definition, judge: &JudgeMarks) -> Vec<Axis> {
    let extra = definition.extra.iter().copied();
    extra.filter(|axis| judge.axes.contains(axis)).collect()
}

fn suite_section(definition: &Definition, catalogue: &Catalogue) -> SuiteSection {
    let counts = catalogue.counts();
    let categories = definition.categories.iter().enumerate();
    let section = |(place, category): (usize, &crate::suite::Category)| CategorySection {
        name: category.name.clone(),
        kind: category.kind,
        planned: category.planned,
        selected: counts.get(&place).copied().unwrap_or(0),
    };
    let clusters = catalogue.tasks.iter();
    SuiteSection {
        name: definition.name.clone(),
        version: definition.version.clone(),
        digest: catalogue.digest(definition),
        mapping: definition.mapping,
        print: definition.print,
        exempt: catalogue
            .tasks
            .iter()
            .filter(|task| !task.without.is_empty())
            .map(|task| (task.id.to_string(), task.without.clone()))
            .collect(),
        axes: definition.axes.clone(),
        scores: definition.scores.clone(),
        categories: categories.map(section).collect(),
        clusters: clusters
            .filter_map(|task| Some((task.id.to_string(), task.cluster.as_ref()?.to_string())))
            .collect(),
    }
}

fn rows(
    definition: &Definition,
    catalogue: &Catalogue,
    marks: &ModelMarks,
    thinks: bool,
) -> Vec<ScoreRow> {
    let (suite, model): (Arc<str>, Arc<str>) =
        (definition.name.as_str().into(), marks.model.as_str().into());
    let named = |judge: &JudgeMarks| Arc::<str>::from(judge.name.as_str());
    let judges: Vec<(Arc<str>, &JudgeMarks)> = marks
        .judges
        .iter()
        .map(|judge| (named(judge), judge))
        .collect();
    let categories: Vec<(Arc<str>, Kind)> = definition
        .categories
        .iter()
        .map(|category| (category.name.as_str().into(), category.kind))
        .collect();
    let no_parts = PartsCell::empty(&definition.axes);
    let mut rows = Vec::new();
    for (at, task) in catalogue.tasks.iter().enumerate() {
        let Some((category, kind)) = categories.get(task.category) else {
            continue;
        };
        for sample in 0..marks.samples {
            for (name, judge) in &judges {
                let extra = extra_of(definition, judge);
                let axes = [definition.axes.as_slice(), &extra].concat();
                for (axis, repeat) in cells(&axes, judge.repeats) {
                    let applies = catalogue.has(task, axis)
                        && judge.axes.contains(&axis)
                        && (thinks || !axis.needs_reasoning());
                    let found = judge.marks.get(&(at, sample, repeat, axis));
                    let (score, status) = match (applies, found) {
                        (false, _) => (None, Status::NotApplicable),
                        (true, Some(Ok(score))) => (Some(*score), Status::Ok),
                        (true, Some(Err(why))) => (None, Status::Missing(*why)),
                        (true, None) => (None, Status::Missing(MissingReason::NotInFile)),
                    };
                    rows.push(ScoreRow {
                        suite: Arc::clone(&suite),
                        task: Arc::clone(&task.id),
                        category: Arc::clone(category),
                        kind: *kind,
                        model: Arc::clone(&model),
                        seed: sample,
                        axis,
                        judge: Arc::clone(name),
                        repeat,
                        score,
                        status,
                        parts: no_parts.clone(),
                    });
                }
            }
        }
    }
    rows
}

/// Checks that every run gets a folder of its own that is not there yet.
///
/// # Errors
/// [`ScoresImportError::Format`] for a folder that exists, or that two runs would share.
pub fn check_free(runs: &[(PathBuf, ImportedRun)]) -> Result<(), ScoresImportError> {
    let mut places = BTreeSet::new();
    for (folder, _) in runs {
        let taken = match (folder.exists(), places.insert(folder)) {
            (false, true) => continue,
            (true, _) => "exists already; choose another name with -o, or remove it",
            (_, false) => "would hold two models of the files; rename one of them in the files",
        };
        let folder = folder.display();
        return Err(ScoresImportError::Format(format!("{folder} {taken}")));
    }
    Ok(())
}

impl ImportedRun {
    /// Writes the run: the folder appears whole or not at all.
    ///
    /// # Errors
    /// A disk that fails.
    pub fn write(mut self, folder: &Path) -> Result<(), ScoresImportError> {
        let parent = folder
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        files::create_folder(parent)?;
        let fresh = tempfile::Builder::new()
            .prefix(".importing-")
            .tempdir_in(parent);
        let fresh = fresh.map_err(FileError::at(parent))?;
        // A folder of its own inside, so that it gets the usual permissions.
        let inside = fresh.path().join("run");
        files::create_folder(&inside)?;
        let table = inside.join(names::SCORES);
        scores::write(&table, &self.rows)?;
        let digest = Digest::of_file(&table).map_err(FileError::at(&table))?;
        if let Some(import) = &mut self.manifest.import {
            import.scores = Some(digest);
        }
        self.manifest.write(&inside.join(names::MANIFEST))?;
        Ok(std::fs::rename(&inside, folder).map_err(FileError::at(folder))?)
    }
}
