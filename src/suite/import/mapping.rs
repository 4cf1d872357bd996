//! From records to tasks: category, kind, instruction, picture, id. What cannot be
//! mapped becomes a fault that names file and record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, ColumnMap, Field};
use super::names::{self, CategoryNames};
use super::picture::{self, PictureSource, Places};
use super::table::{Record, SourceCell, SourceTable};
use super::{Base, ImportError, ids};
use crate::common::outside::Folder;
use crate::suite::fault::quoted;
use crate::suite::{Fault, Kind};

/// One task of the source, its picture not yet read.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) id: String,
    /// The id that the source gives it, if any.
    pub(super) original_id: Option<String>,
    pub(super) kind: Kind,
    /// Whether the kind follows from the picture alone.
    kind_guessed: bool,
    pub(super) category: String,
    /// Whether the source says the category.
    category_said: bool,
    pub(super) instruction: String,
    /// The pictures to edit, in order.
    pub(super) pictures: Vec<PictureSource>,
    /// A picture that a right answer looks like.
    pub(super) reference_picture: Option<PictureSource>,
    /// Axes that the task does not have, by key.
    pub(super) without: Vec<String>,
    pub(super) target: Option<Value>,
    /// What a right answer shows or explains, if the source says so.
    pub(super) reference: Option<String>,
    /// What it shares with other tasks, if anything.
    pub(super) cluster: Option<String>,
    /// The file and record that it is from, for messages.
    pub(super) origin: Origin,
}

/// The place of a record.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) file: Arc<str>,
    /// Counted from 1.
    pub(super) record: usize,
}

impl Origin {
    /// A fault of this record.
    pub(super) fn fault(&self, found: &str, expected: &str, cure: &str) -> Fault {
        Fault {
            file: self.file.to_string(),
            line: None,
            found: format!("record {}: {found}", self.record),
            expected: expected.to_owned(),
            cure: cure.to_owned(),
        }
    }
}

/// What came of mapping all records.
#[derive(Debug, Default)]
pub(super) struct Mapped {
    pub(super) drafts: Vec<Draft>,
    /// Records that are no task, and why.
    pub(super) faults: Vec<Fault>,
    /// Word of the source → category and how many records have it.
    pub(super) categories: BTreeMap<String, (String, usize)>,
    /// What else the user should know.
    pub(super) notes: Vec<String>,
    /// Generation tasks whose picture was left out.
    dropped_pictures: usize,
}

/// What a suite can say of its tasks beyond what all suites can.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Whether a task may have several pictures to edit.
    several: bool,
    /// Axis → the column that is true for tasks without it.
    without: Vec<(String, String)>,
}

impl Rules {
    /// Before the axis in a definition's hints of columns that are true for tasks without it.
    const WITHOUT: &str = "without-";

    /// The rules of the suite that the tasks belong to.
    pub(super) fn of(base: &Base) -> Self {
        let Base::Suite(definition) = base else {
            return Self::default();
        };
        let hints = definition.import.iter().filter_map(|(name, column)| {
            let axis = name.strip_prefix(Self::WITHOUT)?;
            Some((axis.to_owned(), column.clone()))
        });
        Self {
            several: definition.declares(),
            without: hints.collect(),
        }
    }

    /// The axes that a record says its task does not have, of those that its category has.
    fn left_out(&self, record: &Record) -> Vec<String> {
        let says = |column: &str| {
            let words = record.get(column).and_then(SourceCell::as_words);
            words.is_some_and(|words| ["true", "1", "yes"].contains(&words.to_lowercase().as_str()))
        };
        let left_out = self.without.iter().filter(|(_, column)| says(column));
        left_out.map(|(axis, _)| axis.clone()).collect()
    }
}

/// Maps every record of the tables.
///
/// # Errors
/// Two files that hold the same tasks.
pub(super) fn map(
    tables: &[(SourceTable, ColumnMap)],
    root: &Folder,
    archives: &[String],
    categories: &CategoryNames,
    rules: &Rules,
) -> Result<Mapped, ImportError> {
    let mut mapped = Mapped::default();
    for (table, columns) in tables {
        let file: Arc<str> = table.name.as_str().into();
        let mapper = Mapper {
            columns,
            categories,
            rules,
            places: Places::of(root, &table.folder, archives),
        };
        for (number, record) in &table.records {
            let origin = Origin {
                file: Arc::clone(&file),
                record: *number,
            };
            match mapper.draft(record, origin, &mut mapped) {
                Ok(draft) => mapped.drafts.push(draft),
                Err(fault) => mapped.faults.push(fault),
            }
        }
    }
    if categories.is_open() {
        mapped.refuse_mixed();
    }
    if mapped.dropped_pictures > 0 {
        mapped.notes.push(format!(
            "{} records of generation categories have a picture; it was left out: such tasks have none",
            mapped.dropped_pictures
        ));
    }
    mapped.note_clusters();
    ids::name_all(&mut mapped)?;
    Ok(mapped)
}

impl Mapped {
    /// How many tasks share clusters: what the statistics take for units.
    fn note_clusters(&mut self) {
        let named = self
            .drafts
            .iter()
            .filter_map(|draft| draft.cluster.as_deref());
        let tasks = named.clone().count();
        let clusters = named.collect::<BTreeSet<&str>>().len();
        if tasks > 0 {
            self.notes.push(format!(
                "{tasks} of {} tasks lie in {clusters} clusters, which are the units of the statistics; a name is one cluster in \
                 all files",
                self.drafts.len()
            ));
        }
    }

    /// In a new suite a category has one kind: records without a picture, among others that have one, lack it.
    fn refuse_mixed(&mut self) {
        let group = |draft: &Draft| draft.category_said.then(|| draft.category.clone());
        let edits = self.drafts.iter().filter(|draft| draft.kind == Kind::Edit);
        let edits: BTreeSet<Option<String>> = edits.map(group).collect();
        let Self { drafts, faults, .. } = self;
        drafts.retain(|draft| {
            let lacks = draft.kind == Kind::Generation
                && draft.kind_guessed
                && edits.contains(&group(draft));
            if lacks {
                let found = format!("no picture, which other records of category {} have", quoted(&draft.category));
                let cure = "complete the record, or map a column that tells the kinds apart with --map kind=COLUMN or --map category=COLUMN";
                faults.push(draft.origin.fault(&found, "the picture to edit", cure));
            }
            !lacks
        });
    }
}

struct Mapper<'a> {
    columns: &'a ColumnMap,
    categories: &'a CategoryNames,
    rules: &'a Rules,
    /// What picture paths may be relative to.
    places: Places<'a>,
}

impl Mapper<'_> {
    fn cell<'r>(&self, record: &'r Record, field: Field) -> Option<&'r SourceCell> {
        let mut cells = columns::alternatives(self.columns.column(field)?)
            .filter_map(|column| record.get(column));
        cells.find(|cell| **cell != SourceCell::Null)
    }

    /// The pictures of a cell; at most one unless the suite may have several.
    fn pictures(
        &self,
        record: &Record,
        origin: &Origin,
        field: Field,
    ) -> Result<Vec<PictureSource>, Fault> {
        let Some(cell) = self.cell(record, field) else {
            return Ok(Vec::new());
        };
        let found = match (cell, self.rules.several && field == Field::Image) {
            (SourceCell::List(cells), true) => {
                let found = cells.iter().map(|cell| picture::locate(cell, &self.places));
                let found = found.collect::<Result<Vec<_>, _>>();
                found.map(|found| found.into_iter().flatten().collect())
            }
            (cell, _) => {
                picture::locate(cell, &self.places).map(|found| found.into_iter().collect())
            }
        };
        found.map_err(|found| {
            let cure = format!(
                "put the file there, or name the column of the picture with --map {field}=COLUMN"
            );
            origin.fault(&found, "one picture, embedded or in the source", &cure)
        })
    }

    fn draft(&self, record: &Record, origin: Origin, mapped: &mut Mapped) -> Result<Draft, Fault> {
        let instruction = self
            .cell(record, Field::Instruction)
            .and_then(SourceCell::as_words)
            .ok_or_else(|| origin.fault("no instruction", "text", "complete the record"))?;
        let pictures = self.pictures(record, &origin, Field::Image)?;
        let reference_picture = self.pictures(record, &origin, Field::ReferenceImage)?;
        let stated = self.stated_kind(record, &origin)?;
        let guessed = match pictures.is_empty() {
            false => Kind::Edit,
            true => Kind::Generation,
        };
        let category = self.category(record, stated.unwrap_or(guessed), &origin, mapped)?;
        let kind = self
            .categories
            .kind(&category)
            .or(stated)
            .unwrap_or(guessed);
        if kind == Kind::Edit && pictures.is_empty() {
            let found = format!("no picture for an edit of category {}", quoted(&category));
            let cure = "name its column with --map image=COLUMN, or complete the record";
            return Err(origin.fault(&found, "the picture to edit", cure));
        }
        mapped.dropped_pictures += usize::from(kind == Kind::Generation && !pictures.is_empty());
        let target = match self.cell(record, Field::Target).map(SourceCell::to_json) {
            Some(None) => {
                return Err(origin.fault("bytes as target", "text or JSON", "map another column"));
            }
            Some(json) => json,
            None => None,
        };
        Ok(Draft {
            id: String::new(),
            original_id: self.cell(record, Field::Id).and_then(SourceCell::as_words),
            kind,
            kind_guessed: stated.is_none() && self.categories.kind(&category).is_none(),
            category_said: self.cell(record, Field::Category).is_some(),
            category,
            instruction,
            pictures: match kind {
                Kind::Edit => pictures,
                Kind::Generation => Vec::new(),
            },
            reference_picture: reference_picture.into_iter().next(),
            without: self.rules.left_out(record),
            target,
            reference: self.words(record, &origin, Field::Reference)?,
            cluster: self.words(record, &origin, Field::Cluster)?,
            origin,
        })
    }

    /// The words of a cell; `None` for an empty one.
    fn words(
        &self,
        record: &Record,
        origin: &Origin,
        field: Field,
    ) -> Result<Option<String>, Fault> {
        let Some(cell) = self.cell(record, field) else {
            return Ok(None);
        };
        let words = cell.as_words().ok_or_else(|| {
            origin.fault(
                &format!("a {field} that is not a word or a number"),
                "text",
                &format!("map another column with --map {field}=COLUMN"),
            )
        })?;
        Ok((!words.is_empty()).then_some(words))
    }

    fn stated_kind(&self, record: &Record, origin: &Origin) -> Result<Option<Kind>, Fault> {
        let Some(cell) = self.cell(record, Field::Kind) else {
            return Ok(None);
        };
        let kind = cell.as_words().and_then(|words| names::kind_of(&words));
        let refused = || {
            let found = format!("kind {}", quoted(&cell.as_words().unwrap_or_default()));
            origin.fault(
                &found,
                "`edit` or `generation`",
                "correct it, or map another column",
            )
        };
        kind.map(Some).ok_or_else(refused)
    }

    fn category(
        &self,
        record: &Record,
        kind: Kind,
        origin: &Origin,
        mapped: &mut Mapped,
    ) -> Result<String, Fault> {
        let words = self
            .cell(record, Field::Category)
            .and_then(SourceCell::as_words);
        let id = self.cell(record, Field::Id).and_then(SourceCell::as_words);
        let by_id = id.and_then(|id| self.categories.of_id(&id));
        let category = match &words {
            _ if by_id.is_some() => by_id,
            Some(words) => self
                .categories
                .resolve(words)
                .or_else(|| self.categories.before_number(words)),
            None if self.categories.is_open() => Some(kind.to_string()),
            None => self.categories.only_of(kind),
        };
        if let Some(category) = category {
            let word = words.unwrap_or_else(|| "(none)".to_owned());
            // An id that begins with its category is no word of its own.
            let word = match self.categories.before_number(&word) {
                Some(name) => name,
                None => word,
            };
            let entry = mapped
                .categories
                .entry(word)
                .or_insert((category.clone(), 0));
            entry.1 += 1;
            return Ok(category);
        }
        let names: Vec<&str> = self
            .categories
            .known()
            .iter()
            .map(|known| known.name.as_str())
            .collect();
        let (found, cure) = match &words {
            Some(words) => (
                format!("category {}", quoted(words)),
                "say what it is with --category WORD=CATEGORY, or map another column with --map category=COLUMN",
            ),
            None => (
                format!("no category for a task of kind {kind}"),
                "name its column with --map category=COLUMN, or complete the record",
            ),
        };
        Err(origin.fault(&found, &format!("one of {}", names.join(", ")), cure))
    }
}
