//! A data set in the layout of the Hugging Face hub: `data/scores.parquet`, `data/answers.parquet` and a card.

use std::fmt::Write as _;
use std::path::Path;

use super::parquet::{self, Column};
use super::{ExportError, Exported, means};
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::common::picture::MAX_ENCODED_BYTES;
use crate::judge::Score;
use crate::run::folder::names;
use crate::run::record::{SampleRecord, Stored};
use crate::run::scores::{ScoreRow, Status};

/// Rows of scores that are written together.
const ROWS: usize = 20_000;
/// Answers that are written together, with their pictures.
const ANSWERS: usize = 32;

const SCORES: &str = "data/scores.parquet";
const ANSWERS_FILE: &str = "data/answers.parquet";

/// Writes the data set into a folder.
///
/// # Errors
/// [`ExportError`]: also when a picture is not the one that was judged.
pub fn write(runs: &[Exported], folder: &Path) -> Result<(), ExportError> {
    files::create_folder(&folder.join("data"))?;
    let scores = runs.iter().flat_map(|run| {
        let groups = run.run.rows.chunks(ROWS);
        groups.map(move |rows| Ok(score_columns(run, rows)))
    });
    table(folder, SCORES, scores)?;
    let answers = runs.iter().flat_map(|run| {
        let answers: Vec<&SampleRecord> = run.answers.values().collect();
        let groups: Vec<Vec<&SampleRecord>> = answers.chunks(ANSWERS).map(<[_]>::to_vec).collect();
        groups
            .into_iter()
            .map(move |group| answer_columns(run, &group))
    });
    let any = runs.iter().any(|run| !run.answers.is_empty());
    if any {
        table(folder, ANSWERS_FILE, answers)?;
    }
    files::write_atomic(&folder.join("README.md"), card(runs, any).as_bytes())?;
    Ok(())
}

type Columns = Vec<(&'static str, Column)>;

/// What stops the writing of one table.
enum Stop {
    Io(std::io::Error),
    Parquet(::parquet::errors::ParquetError),
    Export(ExportError),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<::parquet::errors::ParquetError> for Stop {
    fn from(error: ::parquet::errors::ParquetError) -> Self {
        Self::Parquet(error)
    }
}

fn table(
    folder: &Path,
    name: &'static str,
    groups: impl Iterator<Item = Result<Columns, ExportError>>,
) -> Result<(), ExportError> {
    let path = folder.join(name);
    parquet::write(&path, groups.map(|group| group.map_err(Stop::Export))).map_err(
        |stop| match stop {
            Stop::Io(error) => FileError::at(&path)(error).into(),
            Stop::Parquet(error) => ExportError::Parquet(name, error),
            Stop::Export(error) => error,
        },
    )
}

fn score_columns(run: &Exported, rows: &[ScoreRow]) -> Columns {
    let text =
        |of: &dyn Fn(&ScoreRow) -> Option<String>| Column::Text(rows.iter().map(of).collect());
    let whole =
        |of: &dyn Fn(&ScoreRow) -> Option<i64>| Column::Whole(rows.iter().map(of).collect());
    vec![
        ("run", text(&|_| Some(run.run.label.clone()))),
        ("suite", text(&|row| Some(row.suite.to_string()))),
        ("task", text(&|row| Some(row.task.to_string()))),
        ("category", text(&|row| Some(row.category.to_string()))),
        ("kind", text(&|row| Some(row.kind.to_string()))),
        ("model", text(&|row| Some(row.model.to_string()))),
        ("sample", whole(&|row| Some(row.seed.into()))),
        ("axis", text(&|row| Some(row.axis.key().to_owned()))),
        ("judge", text(&|row| Some(row.judge.to_string()))),
        ("repeat", whole(&|row| Some(row.repeat.into()))),
        (
            "score",
            Column::Number(
                rows.iter()
                    .map(|row| row.score.map(Score::to_f64))
                    .collect(),
            ),
        ),
        ("status", text(&|row| Some(row.status.key().to_owned()))),
        ("reason", text(&|row| run.reason(row).map(str::to_owned))),
    ]
}

fn answer_columns(run: &Exported, answers: &[&SampleRecord]) -> Result<Columns, ExportError> {
    let mut pictures = Vec::with_capacity(answers.len());
    for answer in answers {
        pictures.push(picture(run, answer)?);
    }
    let text = |of: &dyn Fn(&SampleRecord) -> Option<String>| {
        Column::Text(answers.iter().map(|answer| of(answer)).collect())
    };
    let images = pictures
        .iter()
        .map(|(_, status)| Some(status.clone()))
        .collect();
    Ok(vec![
        ("run", text(&|_| Some(run.run.label.clone()))),
        ("task", text(&|answer| Some(answer.task.to_string()))),
        (
            "sample",
            Column::Whole(
                answers
                    .iter()
                    .map(|answer| Some(answer.sample.into()))
                    .collect(),
            ),
        ),
        // As text: a seed can be larger than the whole numbers that readers keep.
        ("seed", text(&|answer| Some(answer.seed.to_string()))),
        (
            "reasoning",
            text(&|answer| answer.reasoning.given().map(ToString::to_string)),
        ),
        (
            "reasoning_status",
            text(&|answer| Some(status(&answer.reasoning))),
        ),
        ("image_status", Column::Text(images)),
        (
            "image",
            Column::Picture(pictures.into_iter().map(|(picture, _)| picture).collect()),
        ),
        ("answered_at", text(&|answer| Some(answer.at.to_string()))),
    ])
}

/// `given`, `empty`, or why it was lost.
fn status<T>(stored: &Stored<T>) -> String {
    match stored {
        Stored::Given(_) => "given".to_owned(),
        Stored::Empty => "empty".to_owned(),
        Stored::Lost(failure) => Status::ModelLost(failure.kind).key().to_owned(),
    }
}

/// A picture's bytes and name, with its status. One that was removed from the run is `removed`; one that changed is
/// an error.
type Picture = (Option<(Vec<u8>, String)>, String);

fn picture(run: &Exported, answer: &SampleRecord) -> Result<Picture, ExportError> {
    let Some(stored) = answer.image.given() else {
        return Ok((None, status(&answer.image)));
    };
    let name = format!("{}.png", stored.digest);
    let path = run.run.folder.join(names::IMAGES).join(&name);
    match files::read_bounded(&path, MAX_ENCODED_BYTES) {
        Ok(bytes) if Digest::of(&bytes) == stored.digest => {
            Ok((Some((bytes, name)), "given".to_owned()))
        }
        Ok(_) => Err(ExportError::Picture {
            path: path.display().to_string(),
        }),
        Err(error) if error.is_not_found() => Ok((None, "removed".to_owned())),
        Err(error) => Err(error.into()),
    }
}

/// The card: what the hub shows, and which files are which.
fn card(runs: &[Exported], answers: bool) -> String {
    let mut text = "---\nconfigs:\n".to_owned();
    let mut configurations = vec![("scores", SCORES)];
    if answers {
        configurations.push(("answers", ANSWERS_FILE));
    }
    for (name, file) in &configurations {
        let _ = write!(text, "- config_name: {name}\n  data_files: {file}\n");
    }
    if answers {
        text.push_str("dataset_info:\n- config_name: answers\n  features:\n");
        for name in [
            "run",
            "task",
            "sample",
            "seed",
            "reasoning",
            "reasoning_status",
            "image_status",
            "image",
            "answered_at",
        ] {
            let kind = match name {
                "sample" => "int64",
                "image" => "image",
                _ => "string",
            };
            let _ = write!(text, "  - name: {name}\n    dtype: {kind}\n");
        }
    }
    text.push_str("tags:\n- parabench\n---\n\n# Answers and marks of parabench\n\n");
    text.push_str(
        "Means are in points from 0 to 100 with 95 % intervals over tasks. A mark that is missing has no `score`; `status` says why. \
         This card does not name a licence: add the licence of the answers and the pictures before you publish them.\n",
    );
    for run in runs {
        run_section(&mut text, run);
    }
    text
}

fn run_section(text: &mut String, run: &Exported) {
    let _ = write!(text, "\n## {}\n\n", cell(&run.run.label));
    text.push_str(
        "| judge | axis | points | 95 % interval | tasks |\n| --- | --- | ---: | --- | ---: |\n",
    );
    for table in &run.tables {
        for (name, level) in means(table) {
            let judge = cell(&table.judge);
            let _ = match level {
                Ok(level) => writeln!(
                    text,
                    "| {judge} | {name} | {:.1} | {:.1} to {:.1} | {} |",
                    level.points, level.ci95[0], level.ci95[1], level.items
                ),
                Err(_) => writeln!(text, "| {judge} | {name} | - | - | - |"),
            };
        }
        let share = table.missing_share * 100.0;
        let _ = writeln!(
            text,
            "| {} | marks missing | {share:.1} % | - | - |",
            cell(&table.judge)
        );
    }
    text.push_str("\n| what | value |\n| --- | --- |\n");
    for (name, value) in run.parameters() {
        let _ = writeln!(text, "| {} | {} |", cell(&name), cell(&value));
    }
}

/// Text of strangers as one cell of a table.
fn cell(text: &str) -> String {
    crate::report::escape::markdown(text)
}
