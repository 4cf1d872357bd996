//! The figures that the paper published, and what arithmetic alone says about them.
//!
//! They are means without per-item scores, from other runs of another judge: they can be shown beside
//! own results, never tested against them.

pub mod boards;
pub mod checks;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::common::files::{self, FileError};

/// The figures that come with the program: every number of the paper's tables (arXiv 2511.09611v3)
/// with its source.
const BUNDLED: &str = include_str!("../../../benchmarks/published.csv");

/// Leaderboards of other benchmarks, every cell with the address of its source.
const BOARDS: &str = include_str!("../../../benchmarks/boards.csv");

/// Longest file of figures, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// The suite that most figures are about.
pub const PARABENCH: &str = "parabench";

/// One published mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The table it stands in, for example `table2`.
    pub source: String,
    /// The benchmark.
    pub suite: String,
    /// The row's name.
    pub model: String,
    /// `open` or `closed`; empty where the table does not say.
    pub group: String,
    /// `yes` or `no`; empty where the table does not say.
    pub thinking: String,
    /// The quantity.
    pub metric: String,
    /// The category, or `all`.
    pub category: String,
    /// The printed value.
    pub value: f64,
    /// Answers per task behind a cell of a board.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub samples: u32,
    /// Where it was printed; empty for the paper.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
}

const fn one() -> u32 {
    1
}

const fn is_one(samples: &u32) -> bool {
    *samples == 1
}

/// Why the figures cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A row.
    #[error("{name}: {reason}")]
    Csv {
        /// The file's name.
        name: String,
        /// What does not fit, and where.
        reason: csv::Error,
    },
}

/// All figures of one file, in its order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures(pub Vec<Figure>);

impl Figures {
    /// The figures of a file, or those that come with the program.
    ///
    /// # Errors
    /// [`PublishedError`].
    pub fn read(path: Option<&Path>) -> Result<Self, PublishedError> {
        let (name, text) = match path {
            None => ("published.csv".to_owned(), BUNDLED.to_owned()),
            Some(path) => (
                path.display().to_string(),
                files::read_text_bounded(path, MAX_BYTES)?,
            ),
        };
        Self::parse(name, &text)
    }

    /// The leaderboards that come with the program.
    ///
    /// # Errors
    /// [`PublishedError::Csv`].
    pub fn boards() -> Result<Self, PublishedError> {
        Self::parse("boards.csv".to_owned(), BOARDS)
    }

    fn parse(name: String, text: &str) -> Result<Self, PublishedError> {
        let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
        let figures = rows.collect::<Result<_, _>>();
        let fault = |reason| PublishedError::Csv { name, reason };
        Ok(Self(figures.map_err(fault)?))
    }

    /// Decimals with which these figures are printed: the most that any needs.
    pub fn digits(&self) -> usize {
        let of = |figure: &Figure| {
            let text = figure.value.to_string();
            text.split_once('.')
                .map_or(0, |(_, decimals)| decimals.len())
        };
        self.0.iter().map(of).max().unwrap_or(0)
    }

    /// The figures of these models; all where none were chosen.
    #[must_use]
    pub fn only(self, models: Option<&[String]>) -> Self {
        match models {
            None => self,
            Some(models) => self.filtered(|figure| models.contains(&figure.model)),
        }
    }

    /// The value of one cell of one table.
    pub fn value(&self, source: &str, model: &str, metric: &str, category: &str) -> Option<f64> {
        let found = self.0.iter().find(|figure| {
            figure.source == source
                && figure.model == model
                && figure.metric == metric
                && figure.category == category
        });
        found.map(|figure| figure.value)
    }

    /// Distinct values of a field, in order of first appearance.
    pub fn distinct<'a>(&'a self, field: impl Fn(&'a Figure) -> &'a str) -> Vec<&'a str> {
        let mut seen: Vec<&str> = Vec::new();
        for figure in &self.0 {
            let value = field(figure);
            if !seen.contains(&value) {
                seen.push(value);
            }
        }
        seen
    }

    /// Only the figures that pass.
    #[must_use]
    pub fn filtered(&self, pass: impl Fn(&Figure) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|figure| pass(figure))
                .cloned()
                .collect(),
        )
    }

    /// Rows by source and model: the cells of each, category `all` or, where the table is about
    /// categories, those.
    pub fn rows(&self) -> BTreeMap<(&str, &str), Vec<&Figure>> {
        let mut rows: BTreeMap<(&str, &str), Vec<&Figure>> = BTreeMap::new();
        for figure in &self.0 {
            let key = (figure.source.as_str(), figure.model.as_str());
            rows.entry(key).or_default().push(figure);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_figures_are_there() {
        let figures = Figures::read(None).unwrap();
        let value = |model| figures.value("table2", model, "output_alignment", "all");
        assert_eq!(value("MMaDA-Parallel w/ ParaRL"), Some(59.8));
        assert_eq!(value("Bagel w/ think"), Some(52.9));
        assert_eq!(value("nobody"), None);
        assert_eq!(figures.0.len(), 251);
    }
}
