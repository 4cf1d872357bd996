//! What a record of a foreign file holds: one answer, with a cell for each axis that it speaks of.

use crate::suite::import::table::{Record, SourceCell, SourceTable};

/// Names of columns that people give to the task; the first that is there counts.
pub const TASK: [&str; 4] = ["task", "task_id", "id", "index"];
/// Names of the column of the sample.
pub const SEED: [&str; 2] = ["seed", "sample"];
/// Further columns of tables that hold no marks.
const OTHERS: [&str; 7] = [
    "model", "judge", "repeat", "category", "metric", "axis", "rater",
];
/// Names of the column of the metric of a long table; the first that is there counts.
pub const METRIC: [&str; 2] = ["metric", "axis"];

/// Whether a column of a table tells what a mark is about, and holds none.
pub fn is_about(column: &str) -> bool {
    TASK.contains(&column) || SEED.contains(&column) || OTHERS.contains(&column)
}

/// The task of a record of a table.
pub fn task(record: &Record) -> Option<String> {
    TASK.iter().find_map(|name| words(record, name))
}

/// One answer's cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerEntry {
    /// The task, as the file names it.
    pub task: String,
    /// Its category, where the file tells it.
    pub category: Option<String>,
    /// The model, where the file tells it.
    pub model: Option<String>,
    /// Who marked, where the file tells it.
    pub judge: Option<String>,
    /// Which sample of the task, where the file tells it.
    pub seed: Option<i64>,
    /// Which of the judge's repeats, where the file tells it.
    pub repeat: Option<i64>,
    /// Axes that the task does not have, where the file says so.
    pub without: Vec<String>,
    /// The cell of each axis, by its name in the file.
    pub marks: Vec<(String, SourceCell)>,
    /// The cells as the authors' own script reads them, where that is another reading.
    pub official: Vec<(String, SourceCell)>,
    /// Where it stands, for messages: file and number of the record.
    pub place: String,
}

/// Where a record stands.
pub fn place(table: &SourceTable, number: usize) -> String {
    format!("{} record {number}", table.name)
}

/// The words of a column; `None` where it is empty or absent.
pub fn words(record: &Record, column: &str) -> Option<String> {
    record
        .get(column)
        .and_then(SourceCell::as_words)
        .filter(|text| !text.is_empty())
}

/// A whole number of a column.
///
/// # Errors
/// Words that are none.
pub fn whole(record: &Record, column: &str) -> Result<Option<i64>, String> {
    let Some(text) = words(record, column) else {
        return Ok(None);
    };
    let whole = text.strip_suffix(".0").unwrap_or(&text).parse();
    whole
        .map(Some)
        .map_err(|_| format!("{column} `{}`: expected a whole number", short(&text)))
}

/// Text for a message.
pub fn short(text: &str) -> String {
    crate::common::plain::line(&text.chars().take(60).collect::<String>())
}
