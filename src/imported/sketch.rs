//! A definition for marks of a suite that has none: the axes and categories that the files name, on one scale.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use crate::common::files;
use crate::imported::ScoresImportError;
use crate::imported::entry::{METRIC, is_about, short, task};
use crate::suite::axes::scale::MarkScale;
use crate::suite::axes::sight::SightPart;
use crate::suite::axes::wire::{WireAcross, WireAxis, declare};
use crate::suite::import::table::{Record, SourceCell, SourceTable};
use crate::suite::mapping::Print;
use crate::suite::{Category, Definition, Kind, ScoreMap};

/// The category where the files name none.
const ONLY: &str = "all";

/// The definition of a suite of this name: every metric that the files name on `scale`, printed on that scale;
/// every category as large as the files have tasks of it.
///
/// # Errors
/// Names that cannot be those of axes or categories.
pub fn definition(
    name: &str,
    scale: MarkScale,
    tables: &[SourceTable],
    said: &BTreeMap<String, String>,
) -> Result<Definition, ScoresImportError> {
    let fault = |what: String| ScoresImportError::Format(what);
    if !files::is_safe_name(name) {
        return Err(fault(format!(
            "`{}` cannot be the name of a suite",
            short(name)
        )));
    }
    let wire: Vec<WireAxis> = metrics(tables, said)
        .into_iter()
        .map(|key| axis(key, scale))
        .collect();
    let categories = categories(tables);
    let names: Vec<&str> = categories
        .iter()
        .map(|category| category.name.as_str())
        .collect();
    if let Some(odd) = names.iter().find(|name| !files::is_safe_name(name)) {
        return Err(fault(format!(
            "category `{}`: expected letters, digits, `-`, `_` and `.`",
            short(odd)
        )));
    }
    let declared = declare(&wire, &[], &names).map_err(|faults| {
        let lines = faults
            .into_iter()
            .map(|(found, expected)| format!("{found}; expected {expected}"));
        fault(format!(
            "the metrics of the files cannot be axes (name them with --map AXIS=NAME):\n  {}",
            lines.collect::<Vec<_>>().join("\n  ")
        ))
    })?;
    Ok(Definition {
        calls: Vec::new(),
        prompts: Vec::new(),
        name: name.to_owned(),
        version: "as imported".to_owned(),
        licence: "not stated: see the source".to_owned(),
        axes: declared.axes,
        scores: declared.scores,
        extra: declared.extra,
        mapping: ScoreMap::Percent,
        print: Some(Print {
            lowest: scale.lo,
            highest: scale.hi,
            digits: 4,
        }),
        categories,
        rubrics: None,
        hub: None,
        import: BTreeMap::new(),
        rows: BTreeMap::new(),
        frozen: BTreeMap::new(),
        source: None,
        folder: PathBuf::new(),
    })
}

fn axis(key: String, scale: MarkScale) -> WireAxis {
    WireAxis {
        title: key.clone(),
        key,
        scale: scale.into(),
        // What the judge was shown is not known; nothing is asked of one.
        sees: vec![SightPart::Output],
        applies: None,
        across: WireAcross::Planned,
        pooled: false,
        complete: false,
    }
}

/// Names of metrics in a long table, or of the columns that hold numbers in a wide one.
fn metrics(tables: &[SourceTable], said: &BTreeMap<String, String>) -> BTreeSet<String> {
    let renamed = |name: &str| {
        let axis = said.iter().find(|(_, column)| column.as_str() == name);
        axis.map_or_else(|| name.to_owned(), |(axis, _)| axis.clone())
    };
    let records = || {
        tables
            .iter()
            .flat_map(|table| table.records.iter().map(|(_, record)| record))
    };
    let long = tables
        .iter()
        .all(|table| METRIC.iter().any(|name| table.columns().contains(name)));
    if long {
        let metric = |record: &Record| METRIC.iter().find_map(|name| record.get(*name)?.as_words());
        return records()
            .filter_map(metric)
            .map(|name| renamed(&name))
            .collect();
    }
    let mut found = BTreeSet::new();
    for record in records() {
        for (name, cell) in record.iter().filter(|(name, _)| !name.starts_with('@')) {
            let number = cell
                .as_words()
                .is_some_and(|text| text.parse::<f64>().is_ok());
            if number && !is_about(name) {
                found.insert(renamed(name));
            }
        }
    }
    found
}

fn categories(tables: &[SourceTable]) -> Vec<Category> {
    let mut order: Vec<String> = Vec::new();
    let mut tasks: HashMap<String, HashSet<String>> = HashMap::new();
    let records = tables.iter().flat_map(|table| table.records.iter());
    for (_, record) in records {
        let words = |name: &str| record.get(name).and_then(SourceCell::as_words);
        let category = words("category").unwrap_or_else(|| ONLY.to_owned());
        if !tasks.contains_key(&category) {
            order.push(category.clone());
        }
        tasks.entry(category).or_default().extend(task(record));
    }
    order
        .into_iter()
        .map(|name| Category {
            planned: tasks.get(&name).map_or(1, |tasks| {
                u32::try_from(tasks.len().max(1)).unwrap_or(u32::MAX)
            }),
            name,
            kind: Kind::Generation,
            ids: None,
        })
        .collect()
}
