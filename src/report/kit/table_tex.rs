//! `table.tex`: the score table in the paper's layout, measured rows with intervals, published rows apart.

use crate::analysis::findings::Findings;
use crate::analysis::findings::published_rows::{PublishedRow, READING};
use crate::analysis::findings::run::RunFindings;
use crate::report::escape::{latex, name};
use crate::report::kit::cells::Column;
use crate::report::kit::marks::Marks;
use crate::report::kit::{tex, words};
use crate::report::levels;
use crate::report::names::Names;
use crate::report::table::latex::notes as latex_notes;
use crate::report::table::{self, Table, TableCell};

/// The file.
pub fn table(findings: &Findings) -> String {
    let (columns, marks, names) = (
        Column::of(findings),
        Marks::of(findings),
        Names::of(findings),
    );
    let mut text = tex::head(
        &findings.program,
        "Needs \\usepackage{booktabs} and \\usepackage{graphicx}.",
    );
    text.push_str("\\begin{table}[t]\n\\centering\n");
    text.push_str(&format!(
        "\\caption{{{}}}\n",
        latex(&words::table_caption(findings))
    ));
    text.push_str("\\label{tab:parabench-scores}\n");
    // Eight columns with intervals are wider than a text column; the box shrinks to it.
    text.push_str("\\resizebox{\\linewidth}{!}{%\n");
    text.push_str(&format!(
        "\\begin{{tabular}}{{l{}}}\n\\toprule\n",
        "c".repeat(columns.len())
    ));
    let titles: Vec<&str> = columns.iter().map(|column| column.title()).collect();
    text.push_str(&format!("Model & {} \\\\\n\\midrule\n", titles.join(" & ")));
    for run in &findings.runs {
        text.push_str(&measured(run, &columns, &marks, &names));
    }
    if !findings.published.is_empty() {
        text.push_str(&published(findings, &columns));
    }
    text.push_str("\\bottomrule\n\\end{tabular}}\n");
    let mut notes = words::table_notes(findings);
    notes.extend(marks.explained(&names));
    text.push_str(&latex_notes(&notes));
    text.push_str("\\end{table}\n");
    text
}

/// Two lines: points with marks, intervals below.
fn measured(run: &RunFindings, columns: &[Column], marks: &Marks<'_>, names: &Names) -> String {
    let label = &run.info.label;
    let mut first = latex(&marks.run_title(run, names));
    let mut second = String::new();
    for &column in columns {
        let level = column.level(run);
        let shown: Vec<String> = marks
            .cell(label, column.key())
            .into_iter()
            .map(|mark| tex_mark(&mark.text()))
            .collect();
        let raised = if shown.is_empty() {
            String::new()
        } else {
            format!("\\textsuperscript{{{}}}", shown.join(","))
        };
        first.push_str(&format!(
            " & {}{raised}",
            level.map_or_else(|| "-".to_owned(), levels::points)
        ));
        let interval = level.map(|level| {
            let [lo, hi] = levels::interval(level);
            format!("{{\\scriptsize {lo} to {hi}}}")
        });
        second.push_str(&format!(" & {}", interval.unwrap_or_default()));
    }
    format!("{first} \\\\\n{second} \\\\\n")
}

fn tex_mark(mark: &str) -> String {
    mark.replace('+', "$+$").replace('-', "$-$")
}

fn published(findings: &Findings, columns: &[Column]) -> String {
    let mut text = format!(
        "\\midrule\n\\multicolumn{{{}}}{{l}}{{\\emph{{Published: {READING}; as printed, not tested}}}} \\\\\n",
        columns.len() + 1
    );
    for row in &findings.published {
        let values: Vec<String> = columns.iter().map(|column| column.published(row)).collect();
        text.push_str(&format!(
            "{} & {} \\\\\n",
            latex(&title(row)),
            values.join(" & ")
        ));
    }
    text
}

/// The paper's rows with one column per axis and Overall, as printed.
pub fn published_table(rows: &[PublishedRow], columns: &[Column]) -> Table {
    let mut heads = vec![table::Column::words("Published row")];
    let title_of = |column: &Column| table::Column::numbers(column.title(), "");
    heads.extend(columns.iter().map(title_of));
    let cells = |row: &PublishedRow| {
        let mut cells = vec![TableCell::words(title(row))];
        cells.extend(columns.iter().map(|c| TableCell::Figures(c.published(row))));
        cells
    };
    Table::new("", heads).with_rows(rows.iter().map(cells))
}

/// The row's name with its table.
pub fn title(row: &PublishedRow) -> String {
    let table = row.source.strip_prefix("table").unwrap_or(&row.source);
    format!("{} (Table {})", name(&row.model), name(table))
}
