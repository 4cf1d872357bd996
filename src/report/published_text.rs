//! The published figures for the terminal, table by table, with what does not fit.

use crate::analysis::published::checks::Audit;
use crate::analysis::published::{Figure, Figures};
use crate::report::columns::{LINE, wrapped};
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};
use crate::suite::Axis;

/// What the figures are.
const READING: &str = "Published results of arXiv 2511.09611v3: means only, from other runs of another judge. There are no intervals, \
                       tests or scores of single tasks, so these figures cannot be tested against your runs.";

/// The benchmark whose rows make the first screen.
const PARABENCH: &str = "parabench";

/// The models with an Overall on ParaBench, a row each, and how sound the figures are.
pub fn published_short(figures: &Figures, audit: &Audit, detail: Detail) -> String {
    let shown = figures.filtered(|figure| figure.suite == PARABENCH && figure.category == "all");
    let axes: Vec<Axis> = Axis::ALL
        .into_iter()
        .filter(|axis| shown.0.iter().any(|figure| figure.metric == axis.key()))
        .collect();
    let mut columns = vec![Column::words("model"), Column::numbers("Overall", "")];
    columns.extend(axes.iter().map(|axis| Column::numbers(initials(*axis), "")));
    columns.push(Column::words("source"));
    let mut table = Table::new("", columns);
    for row in shown.0.iter().filter(|figure| figure.metric == "overall") {
        let of = |metric: &str| shown.value(&row.source, &row.model, metric, "all");
        let cell =
            |value: Option<f64>| TableCell::or_none(value, |value| TableCell::number(value, 1));
        let mut cells = vec![TableCell::words(&*row.model), cell(Some(row.value))];
        cells.extend(axes.iter().map(|axis| cell(of(axis.key()))));
        cells.push(TableCell::words(row.source.replace("table", "Table ")));
        table.rows.push(cells);
    }
    let legend: Vec<String> = axes
        .iter()
        .map(|axis| format!("{} {}", initials(*axis), axis.title().to_lowercase()))
        .collect();
    let sound = audit
        .arithmetic
        .iter()
        .filter(|check| check.consistent)
        .count();
    let rest = format!(
        "{sound} of {} printed Overalls are the mean of their printed parts; {} inconsistencies. All tables and inconsistencies: --full",
        audit.arithmetic.len(),
        audit.inconsistencies.len()
    );
    let paragraph = |text: &str| wrapped(text, LINE).join("\n") + "\n";
    [
        paragraph(READING),
        text::body(&table, detail),
        paragraph(&format!("{}.", legend.join(", "))),
        paragraph(&rest),
    ]
    .join("\n")
}

/// `TQ` for Text quality.
fn initials(axis: Axis) -> String {
    let words = axis.title().split(' ');
    words
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_uppercase)
        .collect()
}

/// Which boards there are beside the paper's tables.
pub fn boards_hint(suites: &[&str]) -> String {
    let text = format!(
        "Leaderboards of other benchmarks, with intervals: --suite {}",
        suites.join(", ")
    );
    format!("\n{}\n", wrapped(&text, LINE).join("\n"))
}

/// All tables of `figures`, then the audit.
pub fn published_text(figures: &Figures, audit: &Audit) -> String {
    let mut parts = vec![wrapped(READING, LINE).join("\n") + "\n"];
    for source in figures.distinct(|figure| &figure.source) {
        let table = figures.filtered(|figure| figure.source == source);
        let number = source.strip_prefix("table").unwrap_or(source);
        let suites = table.distinct(|figure| &figure.suite).join(", ");
        parts.push(format!("Table {number} ({suites})\n\n{}", pivot(&table)));
    }
    parts.push(audit_text(
        &audit.about(&figures.distinct(|figure| &figure.source)),
    ));
    parts.join("\n")
}

/// Rows are models and columns metrics; where both metrics and categories vary, rows are categories.
fn pivot(table: &Figures) -> String {
    let metrics = table.distinct(|figure| &figure.metric);
    let categories = table.distinct(|figure| &figure.category);
    if metrics.len() > 1 && categories.len() > 1 {
        let column = |figure: &Figure| format!("{}, {}", figure.metric, figure.model);
        return layout(table, "category", |figure| figure.category.clone(), column);
    }
    let by_metric = metrics.len() > 1;
    let column = |figure: &Figure| {
        if by_metric {
            &figure.metric
        } else {
            &figure.category
        }
        .clone()
    };
    layout(table, "model", |figure| figure.model.clone(), column)
}

fn layout(
    table: &Figures,
    corner: &str,
    row_of: impl Fn(&Figure) -> String,
    column_of: impl Fn(&Figure) -> String,
) -> String {
    let (mut names, mut heads): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for figure in &table.0 {
        let (name, head) = (row_of(figure), column_of(figure));
        if !names.contains(&name) {
            names.push(name);
        }
        if !heads.contains(&head) {
            heads.push(head);
        }
    }
    heads.sort_by_key(|head| rank(head));
    let digits = table.digits();
    let cell = |name: &str, head: &str| {
        let found = table
            .0
            .iter()
            .find(|f| row_of(f) == name && column_of(f) == head);
        TableCell::or_none(found, |figure| TableCell::number(figure.value, digits))
    };
    let mut columns = vec![Column::words(corner)];
    columns.extend(heads.iter().map(|head| Column::numbers(shown(head), "")));
    let row = |name: &String| {
        let cells = heads.iter().map(|head| cell(name, head));
        [TableCell::words(&**name)]
            .into_iter()
            .chain(cells)
            .collect()
    };
    let table = Table::new("", columns).with_rows(names.iter().map(row));
    text::body(&table, Detail::Full)
}

/// An axis by its title, which can stand in two lines; everything else as it is.
fn shown(head: &str) -> String {
    let axis = Axis::ALL.into_iter().find(|axis| axis.key() == head);
    axis.map_or_else(|| head.to_owned(), |axis| axis.title().to_lowercase())
}

/// Axes in the order of the paper's tables, everything else as it comes, overall last.
fn rank(head: &str) -> usize {
    let axis = Axis::ALL.iter().position(|axis| axis.key() == head);
    match head {
        "overall" => usize::MAX,
        _ => axis.unwrap_or(0),
    }
}

fn audit_text(audit: &Audit) -> String {
    let sound = audit
        .arithmetic
        .iter()
        .filter(|check| check.consistent)
        .count();
    let mut lines = Vec::new();
    if !audit.arithmetic.is_empty() {
        lines.push(format!(
            "Arithmetic: {sound} of {} printed Overalls are the mean of their printed parts, up to rounding.",
            audit.arithmetic.len()
        ));
    }
    if audit.inconsistencies.is_empty() {
        lines.push("Nothing was found that does not fit these figures.".to_owned());
    } else {
        lines.push("Inconsistent figures, as printed:".to_owned());
    }
    lines.extend(
        audit
            .inconsistencies
            .iter()
            .map(|i| format!("  {}", i.found)),
    );
    lines.join("\n") + "\n"
}
