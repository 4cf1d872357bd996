//! The paper's rows in the layout of the score table. They are shown beside measured rows and never tested.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::published::{Figures, PARABENCH};

/// How every published row must be read; stands wherever one is shown.
pub const READING: &str = "means only, other judge runs";

/// The tables of the paper that have one row per model and all axes.
const SOURCES: [&str; 2] = ["table2", "table6"];

/// One published row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublishedRow {
    /// The row's name.
    pub model: String,
    /// The table it stands in.
    pub source: String,
    /// `open` or `closed`.
    pub group: String,
    /// Whether the paper says that the model thinks.
    pub thinks: bool,
    /// Printed means by axis key and `overall`, on the paper's scale of 0–100.
    pub values: BTreeMap<String, f64>,
    /// Always [`READING`]; here so that no reader of the JSON misses it.
    pub reading: &'static str,
}

/// The published rows about a suite; none for suites that the paper does not have. A row that two tables
/// print differently is there twice, each with its source.
pub fn published_rows(figures: &Figures, suite: &str) -> Vec<PublishedRow> {
    if suite != PARABENCH {
        return Vec::new();
    }
    let mut rows: Vec<PublishedRow> = Vec::new();
    for source in SOURCES {
        let table = figures.filtered(|figure| {
            figure.suite == suite && figure.source == source && figure.category == "all"
        });
        for model in table.distinct(|figure| &figure.model) {
            let own = table.filtered(|figure| figure.model == model);
            let Some(first) = own.0.first() else { continue };
            let row = PublishedRow {
                model: model.to_owned(),
                source: source.to_owned(),
                group: first.group.clone(),
                thinks: first.thinking == "yes",
                values: own.0.iter().map(|f| (f.metric.clone(), f.value)).collect(),
                reading: READING,
            };
            let same =
                |known: &PublishedRow| known.model == row.model && known.values == row.values;
            if !rows.iter().any(same) {
                rows.push(row);
            }
        }
    }
    // Two printings of one model stand together.
    let place = |row: &PublishedRow| table_position(figures, &row.model);
    rows.sort_by_key(place);
    rows
}

fn table_position(figures: &Figures, model: &str) -> usize {
    let first = figures.0.iter().position(|figure| figure.model == model);
    first.unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_two_tables_print_differently_are_there_twice() {
        let figures = Figures::read(None).unwrap();
        let rows = published_rows(&figures, PARABENCH);
        let sources = |model: &str| {
            let of = rows.iter().filter(|row| row.model == model);
            of.map(|row| row.source.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(sources("GPT-4o"), ["table2", "table6"]);
        assert_eq!(sources("MMaDA-Parallel w/ ParaRL"), ["table2"]);
        assert!(rows.iter().all(|row| row.reading == READING));
        assert!(
            rows.iter()
                .all(|row| row.thinks || !row.values.contains_key("overall"))
        );
        assert!(published_rows(&figures, "shapes").is_empty());
    }
}
