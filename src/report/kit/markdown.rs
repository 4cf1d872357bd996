//! `report.md`: the report as a text that any forge renders.

use crate::analysis::compare::Comparison;
use crate::analysis::findings::Findings;
use crate::analysis::findings::published_rows::READING;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::ranks::leaderboard::Leaderboard;
use crate::report::escape::{markdown, name};
use crate::report::kit::cells::Column;
use crate::report::kit::marks::Marks;
use crate::report::kit::{markdown_runs, table_tex, words};
use crate::report::names::Names;
use crate::report::table::{self, Table, TableCell, markdown as md};
use crate::report::verdict::verdict;
use crate::report::{board, compare_details, contrasts, levels, multiverse_text};

/// The file.
pub fn report(findings: &Findings) -> String {
    let names = Names::of(findings);
    let suite = &findings.suite;
    let mut parts = vec![
        format!(
            "# {} {}",
            markdown(&name(&suite.name)),
            markdown(&name(&suite.version))
        ),
        first_words(findings, &names),
        scores(findings, &names),
    ];
    parts.extend(published(findings));
    match &findings.comparison {
        Some(comparison) => parts.extend(differences(comparison, &names)),
        None => parts.push("No baseline was named, so nothing was compared.".to_owned()),
    }
    parts.extend(multiverse(findings, &names));
    parts.extend(
        findings
            .leaderboards
            .iter()
            .map(|board| ranks(board, &names)),
    );
    parts.extend(
        findings
            .thinking
            .iter()
            .map(|thinking| markdown_runs::thinking(thinking, &names)),
    );
    parts.push(markdown_runs::judges(findings, &names));
    parts.extend(markdown_runs::costs(findings, &names));
    parts.push(methods(findings));
    parts.push(markdown_runs::provenance(findings, &names));
    parts.join("\n\n") + "\n"
}

/// The verdict and what limits it.
fn first_words(findings: &Findings, names: &Names) -> String {
    let verdict = verdict(findings, names);
    let statements = verdict
        .statements
        .iter()
        .map(|pair| markdown(&pair.join(" ")));
    let caveats = verdict
        .caveats
        .iter()
        .map(|caveat| format!("- {}", markdown(caveat)));
    let (statements, caveats): (Vec<String>, Vec<String>) =
        (statements.collect(), caveats.collect());
    format!("{}\n\n{}", statements.join("\n\n"), caveats.join("\n"))
}

fn paragraph(sentences: &[String]) -> String {
    let lines: Vec<String> = sentences
        .iter()
        .map(|sentence| markdown(sentence))
        .collect();
    lines.join("\n")
}

fn scores(findings: &Findings, names: &Names) -> String {
    let (columns, marks) = (Column::of(findings), Marks::of(findings));
    let mut heads = vec![table::Column::words("Run")];
    heads.extend(
        columns
            .iter()
            .map(|column| table::Column::words(column.title())),
    );
    let mut table = Table::new(words::table_caption(findings), heads);
    for run in &findings.runs {
        let mut row = vec![TableCell::words(marks.run_title(run, names))];
        row.extend(columns.iter().map(|&column| score(run, column, &marks)));
        table.rows.push(row);
    }
    table.notes = words::table_notes(findings);
    table.notes.extend(marks.explained(names));
    format!("## Scores\n\n{}", md::whole(&table))
}

/// Points, marks of differences, interval.
fn score(run: &RunFindings, column: Column, marks: &Marks<'_>) -> TableCell {
    let Some(level) = column.level(run) else {
        return TableCell::None;
    };
    let marks = marks.cell(&run.info.label, column.key());
    let marks: String = marks
        .iter()
        .map(|mark| format!(" {}", mark.text()))
        .collect();
    let [lo, hi] = levels::interval(level);
    TableCell::Figures(format!("{}{marks} ({lo} to {hi})", levels::points(level)))
}

fn published(findings: &Findings) -> Option<String> {
    if findings.published.is_empty() {
        return None;
    }
    let table = table_tex::published_table(&findings.published, &Column::of(findings));
    Some(format!(
        "### Published: {READING}\n\nAs printed; not used in any test.\n\n{}",
        md::body(&table)
    ))
}

fn differences(comparison: &Comparison, names: &Names) -> Vec<String> {
    let mut parts = vec!["## Differences".to_owned()];
    for pair in contrasts::pairs(comparison) {
        let shown = (names.get(pair.0), names.get(pair.1));
        let mut table = contrasts::table(comparison, pair, shown);
        table.title = words::pair_caption(comparison, &table.title);
        table.notes.insert(0, words::pair_note(comparison));
        parts.push(md::whole(&table));
        let contrasts = contrasts::of_pair(comparison, pair);
        parts.extend(
            compare_details::details(comparison, &contrasts)
                .iter()
                .map(md::whole),
        );
    }
    parts
}

/// The claims under other analyses, where that was asked for.
fn multiverse(findings: &Findings, names: &Names) -> Vec<String> {
    let (Some(comparison), Some(found)) = (&findings.comparison, &findings.multiverse) else {
        return Vec::new();
    };
    let mut parts = vec!["## Other analyses".to_owned()];
    parts.push(paragraph(&multiverse_text::reading(found)));
    let name = |label: &str| names.get(label).to_owned();
    let tables = multiverse_text::tables(comparison, found, &name);
    parts.extend(tables.iter().map(md::whole));
    parts
}

fn ranks(board: &Leaderboard, names: &Names) -> String {
    let shown = |label: &str| (names.get(label).to_owned(), String::new());
    let mut table = board::places(board, &shown);
    table.columns.pop();
    table.notes.push(board::SECOND_STATEMENT.to_owned());
    format!("## {}", md::whole(&table))
}

fn methods(findings: &Findings) -> String {
    let paragraphs = words::methods(findings)
        .into_iter()
        .map(|p| format!("**{}.** {}", p.title, paragraph(&p.sentences)));
    let parts: Vec<String> = paragraphs.collect();
    format!("## Methods\n\n{}", parts.join("\n\n"))
}
