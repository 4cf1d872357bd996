//! From records to tasks: category, kind, instruction, picture, id. What cannot be
//! mapped becomes a fault that names file and record.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::columns::{ColumnMap, Field};
use super::names::{self, CategoryNames};
use super::picture::{self, PictureSource, Places};
use super::table::{Cell, Record, Table};
use crate::common::outside::Folder;
use crate::suite::fault::quoted;
use crate::suite::{Fault, Kind};

/// One task of the source, its picture not yet read.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) category: String,
    pub(super) instruction: String,
    pub(super) picture: Option<PictureSource>,
    pub(super) target: Option<Value>,
    /// The file and record that it is from, for messages.
    pub(super) origin: Origin,
}

/// The place of a record.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) file: String,
    /// Counted from 1.
    pub(super) record: usize,
}

impl Origin {
    /// A fault of this record.
    pub(super) fn fault(&self, found: &str, expected: &str, cure: &str) -> Fault {
        Fault {
            file: self.file.clone(),
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

/// Maps every record of the tables.
pub(super) fn map(
    tables: &[(Table, ColumnMap)],
    root: &Folder,
    categories: &CategoryNames,
) -> Mapped {
    let mut mapped = Mapped::default();
    let mut ids = Vec::new();
    for (table, columns) in tables {
        let mapper = Mapper {
            columns,
            categories,
            places: Places::of(root, &table.folder),
        };
        for (index, record) in table.records.iter().enumerate() {
            let origin = Origin {
                file: table.name.clone(),
                record: index + 1,
            };
            match mapper.draft(record, origin, &mut mapped) {
                Ok(draft) => {
                    mapped.drafts.push(draft);
                    ids.push(mapper.cell(record, Field::Id).and_then(Cell::as_words));
                }
                Err(fault) => mapped.faults.push(fault),
            }
        }
    }
    if mapped.dropped_pictures > 0 {
        mapped.notes.push(format!(
            "{} records of generation categories have a picture; it was left out: such tasks have none",
            mapped.dropped_pictures
        ));
    }
    name_all(&mut mapped, ids);
    mapped
}

struct Mapper<'a> {
    columns: &'a ColumnMap,
    categories: &'a CategoryNames,
    /// What picture paths may be relative to.
    places: Places<'a>,
}

impl Mapper<'_> {
    fn cell<'r>(&self, record: &'r Record, field: Field) -> Option<&'r Cell> {
        let cell = record.get(self.columns.column(field)?)?;
        (*cell != Cell::Null).then_some(cell)
    }

    fn draft(&self, record: &Record, origin: Origin, mapped: &mut Mapped) -> Result<Draft, Fault> {
        let instruction = self
            .cell(record, Field::Instruction)
            .and_then(Cell::as_words)
            .ok_or_else(|| origin.fault("no instruction", "text", "complete the record"))?;
        let picture = match self.cell(record, Field::Image) {
            Some(cell) => picture::locate(cell, &self.places).map_err(|found| {
                let cure = "put the file there, or name the column of the input image with --map image=COLUMN";
                origin.fault(&found, "one picture, embedded or in the source", cure)
            })?,
            None => None,
        };
        let stated = self.stated_kind(record, &origin)?;
        let guessed = if picture.is_some() {
            Kind::Edit
        } else {
            Kind::Generation
        };
        let category = self.category(record, stated.unwrap_or(guessed), &origin, mapped)?;
        let kind = self
            .categories
            .kind(&category)
            .or(stated)
            .unwrap_or(guessed);
        if kind == Kind::Edit && picture.is_none() {
            let found = format!("no picture for an edit of category {}", quoted(&category));
            let cure = "name its column with --map image=COLUMN, or complete the record";
            return Err(origin.fault(&found, "the picture to edit", cure));
        }
        mapped.dropped_pictures += usize::from(kind == Kind::Generation && picture.is_some());
        let target = match self.cell(record, Field::Target).map(Cell::to_json) {
            Some(None) => {
                return Err(origin.fault("bytes as target", "text or JSON", "map another column"));
            }
            Some(json) => json,
            None => None,
        };
        Ok(Draft {
            id: String::new(),
            kind,
            category,
            instruction,
            picture: picture.filter(|_| kind == Kind::Edit),
            target,
            origin,
        })
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
        let words = self.cell(record, Field::Category).and_then(Cell::as_words);
        let category = match &words {
            Some(words) => self.categories.resolve(words),
            None if self.categories.is_open() => Some(kind.to_string()),
            None => self.categories.only_of(kind),
        };
        if let Some(category) = category {
            let word = words.unwrap_or_else(|| "(none)".to_owned());
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

/// Gives every draft its id: the source's, made safe; with the category before it where
/// ids repeat between categories; category and running number where there is none.
fn name_all(mapped: &mut Mapped, ids: Vec<Option<String>>) {
    let repeated = has_repeats(ids.iter().flatten());
    let mut running: HashMap<String, usize> = HashMap::new();
    let (mut made, mut changed) = (0, Vec::new());
    for (draft, id) in mapped.drafts.iter_mut().zip(ids) {
        let safe = id.as_deref().and_then(names::safe);
        let number = running.entry(draft.category.clone()).or_default();
        *number += 1;
        draft.id = match safe {
            Some(safe) if repeated => format!("{}-{safe}", draft.category),
            Some(safe) => safe,
            None => {
                made += 1;
                format!("{}-{number:03}", draft.category)
            }
        };
        if let Some(id) = id.filter(|id| !repeated && *id != draft.id) {
            changed.push(format!("{} -> {}", quoted(&id), draft.id));
        }
    }
    let notes = &mut mapped.notes;
    if made > 0 {
        notes.push(format!(
            "{made} records have no usable id; it was made of category and running number"
        ));
    }
    if repeated {
        notes.push("ids repeat between categories; the category was put before them".to_owned());
    }
    if !changed.is_empty() {
        let more = changed.len().saturating_sub(3);
        changed.truncate(3);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        notes.push(format!(
            "ids were made safe as file names: {}{more}",
            changed.join(", ")
        ));
    }
    mapped.faults.extend(clashes(&mapped.drafts));
}

fn has_repeats<'a>(ids: impl Iterator<Item = &'a String>) -> bool {
    let mut seen = std::collections::HashSet::new();
    ids.into_iter().any(|id| !seen.insert(id))
}

/// Records whose ids are the same, or differ only in case.
fn clashes(drafts: &[Draft]) -> Vec<Fault> {
    let mut seen: HashMap<String, &Origin> = HashMap::new();
    let mut faults = Vec::new();
    for draft in drafts {
        match seen.get(&draft.id.to_ascii_lowercase()) {
            None => {
                seen.insert(draft.id.to_ascii_lowercase(), &draft.origin);
            }
            Some(first) => faults.push(draft.origin.fault(
                &format!(
                    "id {}, which record {} of {} has too",
                    quoted(&draft.id),
                    first.record,
                    first.file
                ),
                "one record per task",
                "name one of the files as the source, or map another column with --map id=COLUMN",
            )),
        }
    }
    faults
}
