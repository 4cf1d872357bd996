//! Import: what people really have, as a suite.
//!
//! [`plan`] reads a source and says how it would be mapped; [`ImportPlan::write`] puts the
//! suite into a new folder, which appears whole or not at all.

pub mod columns;
mod delimited;
mod error;
mod ids;
mod json;
mod mapping;
mod names;
mod parquet;
mod picture;
mod pictures;
mod prompts;
mod python;
mod revision;
mod rows;
mod side;
mod sound;
mod source;
mod splits;
mod spool;
pub mod table;
mod text;
mod workbook;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use self::columns::{ColumnMap, Field};
pub use self::error::ImportError;
use self::mapping::{Draft, Mapped, Rules};
use self::names::CategoryNames;
use self::prompts::AuthorsRubric;
use self::source::Source;
pub use self::source::{Ignored, tables};
use super::prompts::{WirePrompt, widened};
use super::wire::{WireAxes, WireSource, WireSourceFile, WireSuite};
use super::{Definition, Fault, RubricSource};
use crate::common::files;

/// A file of a set of rubrics that is known by name: its name without `.toml`, and its text.
pub type KnownRubric = (&'static str, &'static str);

/// What the imported tasks belong to.
#[derive(Clone, Debug)]
pub enum Base {
    /// A suite whose definition is known.
    Suite(Box<Definition>),
    /// A new suite of this name, defined by what the source holds.
    New(String),
}

/// What to import and how.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// A folder or a file.
    pub source: PathBuf,
    /// The suite.
    pub base: Base,
    /// Field → column, as the user said.
    pub columns: BTreeMap<Field, String>,
    /// Word of the source → category, as the user said.
    pub categories: BTreeMap<String, String>,
    /// Patterns (`*`, `?`, `[…]`) of paths in the source: data files that match none are left out. Empty for all.
    pub only: Vec<String>,
    /// Column → value: only records that have it are taken. Where nothing is said, what the suite's definition hints.
    pub rows: Vec<(String, String)>,
    /// The split whose records are taken, or `all`.
    pub split: Option<String>,
    /// The revision of a data set in the hub's cache: a reference or the beginning of a hash.
    pub revision: Option<String>,
    /// The tasks have no input picture, whatever columns look like pictures.
    pub no_image: bool,
    /// Leave records out that cannot be mapped, instead of refusing all.
    pub skip_unmapped: bool,
    /// Take the numbers of tasks that are there as the plan.
    pub counts_as_found: bool,
    /// The files of a set of rubrics that is known by name.
    pub known_rubrics: fn(&str) -> Option<&'static [KnownRubric]>,
    /// A clone of the authors' repository, from which their prompts are taken; ours where there is none.
    pub prompts: Option<PathBuf>,
    /// Most bytes of data files that are read.
    pub limit_bytes: u64,
}

/// What was found in one data file.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// Its path in the source.
    pub file: String,
    /// How many records it has.
    pub records: usize,
    /// How they are read.
    pub columns: ColumnMap,
}

/// What was found in a source and how it maps.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The data files that hold tasks.
    pub files: Vec<FileReport>,
    /// Files that were left out.
    pub ignored: Vec<Ignored>,
    /// Word of the source → category and number of records.
    pub categories: BTreeMap<String, (String, usize)>,
    /// Records that cannot become tasks.
    pub unmapped: Vec<Fault>,
    /// What else the user should know.
    pub notes: Vec<String>,
}

/// A source that was read, ready to be written as a suite.
#[derive(Debug)]
pub struct ImportPlan {
    /// What was found.
    pub report: Report,
    definition: WireSuite,
    /// Folder of rubrics that moves with the suite, and its path in the suite.
    rubrics: Option<(PathBuf, String)>,
    /// Files of a set of rubrics that is known by name, for what the authors' prompts do not cover: each name without
    /// `.toml`, and its text.
    kept: Vec<KnownRubric>,
    /// Rubrics in the authors' words.
    authors: Vec<AuthorsRubric>,
    drafts: Vec<Draft>,
    skip_unmapped: bool,
    count_fault: Option<String>,
    /// The name of a suite that is defined by its tasks.
    new: Option<String>,
    counts_as_found: bool,
}

/// Reads a source and maps its records, writing nothing.
///
/// # Errors
/// [`ImportError`] where nothing can be mapped at all. Records that cannot be mapped
/// are in the report; [`ImportPlan::write`] refuses them.
pub fn plan(request: &ImportRequest) -> Result<ImportPlan, ImportError> {
    if let Base::New(name) = &request.base
        && !files::is_safe_name(name)
    {
        return Err(ImportError::BadName(name.clone()));
    }
    let only = request.only.iter().map(|pattern| {
        glob::Pattern::new(pattern)
            .map_err(|error| ImportError::BadPattern(pattern.clone(), error.msg))
    });
    let only: Vec<glob::Pattern> = only.collect::<Result<_, _>>()?;
    let authors = prompts::wanted(request)?;
    let choice = source::Choice {
        only: &only,
        revision: request.revision.as_deref(),
        limit_bytes: request.limit_bytes,
        lenient: false,
    };
    let mut source = source::read(&request.source, choice)?;
    if source.tables.is_empty() && !only.is_empty() {
        let files = source.ignored.iter().map(|ignored| ignored.file.as_str());
        return Err(ImportError::NothingChosen(
            files.take(20).collect::<Vec<_>>().join(", "),
        ));
    }
    sound::named(&request.columns, &source)?;
    splits::choose(&mut source.tables, request.split.as_deref())?;
    let kept = rows::keep(&mut source.tables, &rows::wanted(request)?)?;
    let categories = match &request.base {
        Base::Suite(definition) => CategoryNames::of(&definition.categories, &request.categories),
        Base::New(_) => CategoryNames::open(&request.categories, source.folders_differ()),
    };
    let said = with_hints(request);
    let Source {
        root,
        name,
        tables,
        mut ignored,
        archives,
        notes,
    } = source;
    let mut mapped_tables = Vec::new();
    for table in tables {
        let columns = ColumnMap::of(&table, &said, request.no_image, &categories)?;
        if columns.column(Field::Instruction).is_some() {
            mapped_tables.push((table, columns));
        } else {
            let columns: Vec<&str> = table.columns().into_iter().collect();
            let reason = match columns.as_slice() {
                [] => "no records".to_owned(),
                some => format!("no column for the instruction among {}", some.join(", ")),
            };
            let file = table.name.clone();
            ignored.push(Ignored { file, reason });
        }
    }
    if mapped_tables.is_empty() {
        return Err(no_tasks(name, &ignored));
    }
    sound::alike(&mapped_tables)?;
    let rules = Rules::of(&request.base);
    let mut mapped = mapping::map(&mapped_tables, &root, &archives, &categories, &rules)?;
    mapped.notes.splice(0..0, notes.into_iter().chain(kept));
    let source = WireSource {
        name,
        files: mapped_tables.iter().map(pin).collect(),
    };
    let files = mapped_tables
        .into_iter()
        .map(|(table, columns)| FileReport {
            file: table.name,
            records: table.records.len(),
            columns,
        });
    let files = files.collect();
    Ok(assemble(request, source, files, ignored, mapped, authors))
}

fn pin((table, columns): &(table::SourceTable, ColumnMap)) -> WireSourceFile {
    let pairs = columns.fields.iter();
    WireSourceFile {
        name: table.name.clone(),
        sha256: table.digest,
        columns: pairs
            .map(|(field, (column, _))| (field.to_string(), column.clone()))
            .collect(),
    }
}

fn assemble(
    request: &ImportRequest,
    source: WireSource,
    files: Vec<FileReport>,
    ignored: Vec<Ignored>,
    mapped: Mapped,
    authors: Vec<AuthorsRubric>,
) -> ImportPlan {
    let Mapped {
        drafts,
        faults,
        categories,
        mut notes,
        ..
    } = mapped;
    let mut kept = Vec::new();
    let (mut definition, rubrics) = match &request.base {
        Base::Suite(definition) => (definition.to_wire(), definition.rubric_folder()),
        Base::New(name) => (write::define(name, &drafts), None),
    };
    definition.source = Some(source);
    if let (Base::Suite(base), false) = (&request.base, authors.is_empty()) {
        let calls = base.prompts.iter().map(WirePrompt::call);
        definition.calls.splice(0..0, calls);
        if let WireAxes::Declared(axes) = &mut definition.axes {
            let before: Vec<usize> = axes.iter().map(|axis| axis.sees.len()).collect();
            *axes = widened(std::mem::take(axes), &base.prompts);
            for (axis, _) in axes
                .iter()
                .zip(before)
                .filter(|(axis, n)| axis.sees.len() > *n)
            {
                notes.push(format!(
                    "judges of `{}` may be shown more than in our definition, as the authors' prompts show it",
                    axis.key
                ));
            }
        }
        if let Some(RubricSource::Named(name)) = &base.rubrics {
            let files = (request.known_rubrics)(name).unwrap_or_default();
            kept.extend(files.iter().copied());
        }
        // A set that is known by name stays where it is; what the prompts do not cover needs a folder.
        definition.rubrics = Some(match &rubrics {
            Some((_, path)) => path.clone(),
            None => prompts::FOLDER.to_owned(),
        });
        notes.extend(authors.iter().map(AuthorsRubric::note));
    }
    let differences = write::count_differences(&definition, &drafts);
    let count_fault = match differences {
        Some(text) if request.counts_as_found => {
            write::take_counts(&mut definition, &drafts);
            notes.push(format!(
                "the plan of the suite was changed to what is there: {text}"
            ));
            None
        }
        other => other,
    };
    ImportPlan {
        report: Report {
            files,
            ignored,
            categories,
            unmapped: faults,
            notes,
        },
        definition,
        rubrics,
        kept,
        authors,
        drafts,
        skip_unmapped: request.skip_unmapped,
        count_fault,
        new: match &request.base {
            Base::New(name) => Some(name.clone()),
            Base::Suite(_) => None,
        },
        counts_as_found: request.counts_as_found,
    }
}

/// What the user said, and for other fields what the suite's definition hints.
fn with_hints(request: &ImportRequest) -> BTreeMap<Field, String> {
    let mut said = BTreeMap::new();
    if let Base::Suite(definition) = &request.base {
        let hints = definition.import.iter();
        said.extend(
            hints.filter_map(|(field, column)| Some((field.parse().ok()?, column.clone()))),
        );
    }
    said.extend(request.columns.clone());
    said
}

fn no_tasks(source_name: String, ignored: &[Ignored]) -> ImportError {
    let mut lines: Vec<String> = ignored
        .iter()
        .take(20)
        .map(|Ignored { file, reason }| format!("\n  {file}: {reason}"))
        .collect();
    if lines.is_empty() {
        lines.push("no data file".to_owned());
    }
    let what = format!(
        "{}\nname the column of the instruction with --map instruction=COLUMN, or another folder or file",
        lines.concat()
    );
    ImportError::NoTasks { source_name, what }
}

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// The new suite's name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its digest.
    pub digest: String,
    /// Category → number of tasks.
    pub tasks: BTreeMap<String, usize>,
    /// Its axes, in reporting order.
    pub axes: Vec<&'static str>,
    /// What was found and done while the pictures were read.
    pub notes: Vec<String>,
}

impl ImportPlan {
    /// Leaves out the drafts at these places, in ascending order, as if they had not been mapped.
    fn leave_out(&mut self, places: &[usize]) -> Result<(), ImportError> {
        let mut place = 0;
        self.drafts.retain(|_| {
            place += 1;
            places.binary_search(&(place - 1)).is_err()
        });
        if let Some(name) = &self.new {
            let source = self.definition.source.take();
            self.definition = write::define(name, &self.drafts);
            self.definition.source = source;
        } else if self.counts_as_found {
            write::take_counts(&mut self.definition, &self.drafts);
        } else if let Some(text) = write::count_differences(&self.definition, &self.drafts) {
            return Err(ImportError::Counts(text));
        }
        if self.drafts.is_empty() {
            let source_name = self.definition.name.clone();
            let what = "no task is left".to_owned();
            return Err(ImportError::NoTasks { source_name, what });
        }
        Ok(())
    }

    /// Writes the suite into a folder that must not exist.
    ///
    /// # Errors
    /// [`ImportError::Unmapped`] where records cannot become tasks (unless they are to
    /// be skipped), [`ImportError::Counts`], [`ImportError::Exists`], pictures that do
    /// not decode, and files that cannot be written. After an error there is no folder.
    pub fn write(mut self, folder: &Path) -> Result<Imported, ImportError> {
        let faults = std::mem::take(&mut self.report.unmapped);
        if !faults.is_empty() && !self.skip_unmapped {
            return Err(ImportError::Unmapped(faults));
        }
        if let Some(text) = self.count_fault.take() {
            return Err(ImportError::Counts(text));
        }
        if self.drafts.is_empty() {
            return Err(ImportError::Unmapped(faults));
        }
        write::write(self, folder)
    }
}
