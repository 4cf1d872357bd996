//! Which column holds which field: said by the user, hinted by the suite, or guessed
//! from common names and checked against the values.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::ImportError;
use super::names::{self, CategoryNames};
use super::pictures;
use super::table::{FILE, FOLDER, KEY, LIST, SourceTable};

/// A field of a task that a column can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The task's id; made up where absent.
    Id,
    /// Edit or generation; follows from category or picture where absent.
    Kind,
    /// The stratum.
    Category,
    /// What is asked. The only field that a data file must have.
    Instruction,
    /// The picture to edit.
    Image,
    /// What only judges may know. Never guessed.
    Target,
    /// What a right answer shows or explains, for judges only. Never guessed.
    Reference,
    /// A picture that a right answer looks like, for judges only. Never guessed.
    #[serde(rename = "reference_image")]
    ReferenceImage,
    /// The image or scene that tasks share: one unit of the statistics. Never guessed.
    Cluster,
}

impl Field {
    /// All fields.
    pub const ALL: [Self; 9] = [
        Self::Id,
        Self::Kind,
        Self::Category,
        Self::Instruction,
        Self::Image,
        Self::Target,
        Self::Reference,
        Self::ReferenceImage,
        Self::Cluster,
    ];

    /// The name in options and files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Kind => "kind",
            Self::Category => "category",
            Self::Instruction => "instruction",
            Self::Image => "image",
            Self::Target => "target",
            Self::Reference => "reference",
            Self::ReferenceImage => "reference_image",
            Self::Cluster => "cluster",
        }
    }

    /// Common names of such columns, most telling first, folded by [`names::fold`].
    fn common_names(self) -> &'static [&'static str] {
        match self {
            Self::Id => &[
                "id",
                "taskid",
                "promptid",
                "itemid",
                "sampleid",
                "questionid",
                "key",
                "index",
                "idx",
                "uid",
                "uuid",
            ],
            Self::Kind => &["kind", "mode", "modality", "tasktype", "task", "type"],
            Self::Category => &[
                "category",
                "categories",
                "editcategory",
                "tasktype",
                "edittype",
                "reasoningtype",
                "type",
                "task",
                "subset",
                "class",
                "dimension",
                "tag",
                "label",
            ],
            Self::Instruction => &[
                "instruction",
                "editinstruction",
                "editinginstruction",
                "instructionen",
                "insen",
                "editprompt",
                "editingprompt",
                "prompt",
                "userprompt",
                "prompten",
                "text",
                "question",
                "caption",
                "description",
            ],
            Self::Image => &[
                "inputimage",
                "sourceimage",
                "srcimage",
                "oriimg",
                "oriimage",
                "originalimage",
                "inputimages",
                "inputimg",
                "srcimg",
                "sourceimg",
                "inputimagepath",
                "sourceimagepath",
                "inputfilename",
                "sourcefilename",
                "image",
                "img",
                "imagepath",
                "imgpath",
                "imagefile",
                "images",
                "filename",
                "input",
                "source",
                "original",
            ],
            Self::Target | Self::Reference | Self::ReferenceImage | Self::Cluster => &[],
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Text that names no field.
#[derive(Debug, thiserror::Error)]
#[error("unknown task field `{0}`; the fields are {all}", all = Field::ALL.map(Field::key).join(", "))]
pub struct NotAField(String);

impl FromStr for Field {
    type Err = NotAField;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|field| field.key() == text)
            .ok_or_else(|| NotAField(text.chars().take(60).collect()))
    }
}

/// How a field's column was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// The user or the suite's definition said so.
    Said,
    /// By its name.
    Guessed,
}

/// The columns of one data file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ColumnMap {
    /// Field → column.
    pub fields: BTreeMap<Field, (String, Choice)>,
    /// Columns that nothing uses.
    pub unused: Vec<String>,
}

impl ColumnMap {
    /// Chooses columns for a table: those `said` that the table has, then guesses.
    ///
    /// # Errors
    /// Two columns that could be meant by one guess, and columns of pictures that are not understood.
    pub(super) fn of(
        table: &SourceTable,
        said: &BTreeMap<Field, String>,
        no_image: bool,
        categories: &CategoryNames,
    ) -> Result<Self, ImportError> {
        let columns = table.columns();
        let mut fields = BTreeMap::new();
        for field in Field::ALL {
            let named = said
                .get(&field)
                .filter(|name| alternatives(name).any(|name| columns.contains(name)));
            let choice = match named {
                Some(name) => Some((name.clone(), Choice::Said)),
                None if field == Field::Image && no_image => None,
                None => {
                    let guess = guess(field, table, categories);
                    guess.map(|name| (name.to_owned(), Choice::Guessed))
                }
            };
            if let Some((name, Choice::Guessed)) = &choice {
                one_of_its_name(table, field, name)?;
            }
            fields.extend(choice.map(|choice| (field, choice)));
        }
        let image = fields.get(&Field::Image);
        let has_tasks = fields.contains_key(&Field::Instruction);
        if has_tasks && !no_image && image.is_none_or(|(_, choice)| *choice == Choice::Guessed) {
            let image = image.map(|(column, _)| column.as_str());
            pictures::check(table, image, Field::Image.common_names())?;
        }
        let unused = columns
            .into_iter()
            .filter(|column| !column.starts_with('@'))
            .filter(|column| {
                let mut used = fields.values().flat_map(|(used, _)| alternatives(used));
                used.all(|used| used != *column)
            })
            .map(str::to_owned)
            .collect();
        Ok(Self { fields, unused })
    }

    /// The column of a field.
    pub fn column(&self, field: Field) -> Option<&str> {
        self.fields.get(&field).map(|(column, _)| column.as_str())
    }
}

/// The columns of a field that a definition hints: of `a|b` the first that a record has a value in.
pub(super) fn alternatives(column: &str) -> impl Iterator<Item = &str> {
    std::iter::once(column).chain(column.split('|'))
}

/// Two columns whose names differ only in case and marks are not told apart by guessing.
fn one_of_its_name(table: &SourceTable, field: Field, name: &str) -> Result<(), ImportError> {
    let folded = names::fold(name);
    let columns = table.columns().into_iter();
    let same: Vec<&str> = columns
        .filter(|column| names::fold(column) == folded)
        .collect();
    if same.len() < 2 || name.starts_with('@') {
        return Ok(());
    }
    Err(ImportError::Ambiguous {
        file: table.name.clone(),
        field,
        columns: same.join("`, `"),
    })
}

fn guess<'a>(field: Field, table: &'a SourceTable, categories: &CategoryNames) -> Option<&'a str> {
    let columns = table.columns();
    let candidates: Vec<&str> = field
        .common_names()
        .iter()
        .filter_map(|name| columns.iter().find(|column| names::fold(column) == *name))
        .copied()
        .collect();
    let all_words = |column: &str, test: &dyn Fn(&str) -> bool| {
        let mut words = table.values(column).map(|cell| cell.as_words()).peekable();
        words.peek().is_some() && words.all(|words| words.is_some_and(|words| test(&words)))
    };
    match field {
        Field::Id => {
            let with_key = candidates.into_iter().chain(columns.get(KEY).copied());
            with_key
                .into_iter()
                .find(|column| all_words(column, &|_| true))
        }
        Field::Kind => candidates
            .into_iter()
            .find(|column| all_words(column, &|words| names::kind_of(words).is_some())),
        Field::Category => guess_category(table, &candidates, categories),
        Field::Instruction => candidates
            .into_iter()
            .find(|column| all_words(column, &|_| true)),
        Field::Image => candidates
            .into_iter()
            .find(|column| pictures::are_in(table, column)),
        Field::Target | Field::Reference | Field::ReferenceImage | Field::Cluster => None,
    }
}

/// The column with most values that are categories of the suite. For a new suite the
/// first that looks like one; the list that records stand in; their folder, where
/// folders differ; else none.
fn guess_category<'a>(
    table: &'a SourceTable,
    candidates: &[&'a str],
    categories: &CategoryNames,
) -> Option<&'a str> {
    let columns = table.columns();
    let column = |name| columns.get(name).copied();
    if categories.is_open() {
        let folder = || column(FOLDER).filter(|_| categories.may_be_folders());
        return candidates
            .first()
            .copied()
            .or_else(|| column(LIST))
            .or_else(folder);
    }
    let known = |column: &str| {
        let words = table.values(column).filter_map(|cell| cell.as_words());
        words
            .filter(|words| categories.resolve(words).is_some())
            .count()
    };
    let pseudo = [LIST, FOLDER, FILE].into_iter().filter_map(column);
    let all: Vec<&str> = candidates.iter().copied().chain(pseudo).collect();
    match all.iter().map(|column| known(column)).max()? {
        0 => candidates.first().copied(),
        best => all.into_iter().find(|column| known(column) == best),
    }
}
