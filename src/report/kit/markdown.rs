//! `report.md`: the report as a text that any forge renders.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, Finding};
use crate::analysis::findings::Findings;
use crate::analysis::findings::published_rows::READING;
use crate::analysis::ranks::leaderboard::Leaderboard;
use crate::report::compare_notes;
use crate::report::compare_text::{metric_title, pairs, why_undefined};
use crate::report::escape::{markdown, name};
use crate::report::kit::cells::{self, Column};
use crate::report::kit::marks::Marks;
use crate::report::kit::{markdown_runs, table_tex, words};
use crate::report::names::Names;
use crate::report::number::{decimals, p_value, signed, signed_interval};
use crate::report::verdict::verdict;

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

/// A table; the cells are escaped already.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let titles: Vec<String> = header.iter().map(|title| (*title).to_owned()).collect();
    let mut lines = vec![line(&titles), format!("|{}", " --- |".repeat(header.len()))];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

/// A heading with a name in it.
pub fn heading(text: &str) -> String {
    format!("## {}", markdown(text))
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
    let mut header = vec!["Run"];
    header.extend(columns.iter().map(|column| column.title()));
    let mut rows = Vec::new();
    for run in &findings.runs {
        let label = &run.info.label;
        let mut title = markdown(names.get(label));
        if run.baseline {
            let letter = marks.letter(label).map(|letter| format!(" {letter}"));
            title.push_str(&format!(" (baseline{})", letter.unwrap_or_default()));
        }
        let mut row = vec![title];
        for &column in &columns {
            let level = column.level(run);
            let mut cell = cells::points(level);
            for mark in marks.cell(label, column.key()) {
                cell.push_str(&format!(" {}", markdown(&mark.text())));
            }
            if let Some([lo, hi]) = level.map(cells::interval) {
                cell.push_str(&format!(" ({lo} to {hi})"));
            }
            row.push(cell);
        }
        rows.push(row);
    }
    let mut notes = words::table_notes(findings);
    notes.extend(marks.explained(names));
    format!(
        "## Scores\n\n{}\n\n{}\n\n{}",
        markdown(&words::table_caption(findings)),
        table(&header, &rows),
        paragraph(&notes)
    )
}

fn published(findings: &Findings) -> Option<String> {
    if findings.published.is_empty() {
        return None;
    }
    let columns = Column::of(findings);
    let mut header = vec!["Published row"];
    header.extend(columns.iter().map(|column| column.title()));
    let rows: Vec<Vec<String>> = findings
        .published
        .iter()
        .map(|row| {
            let mut cells = vec![markdown(&table_tex::title(row))];
            cells.extend(columns.iter().map(|column| column.published(row)));
            cells
        })
        .collect();
    Some(format!(
        "### Published: {READING}\n\nAs printed; nothing was tested against these rows.\n\n{}",
        table(&header, &rows)
    ))
}

fn differences(comparison: &Comparison, names: &Names) -> Vec<String> {
    let mut parts = vec!["## Differences".to_owned()];
    for (candidate, baseline) in pairs(comparison) {
        let contrasts: Vec<&Contrast> = comparison
            .contrasts
            .iter()
            .filter(|c| c.candidate == candidate && c.baseline == baseline)
            .collect();
        let caption = words::pair_caption(comparison, names.get(candidate), names.get(baseline));
        let rows: Vec<Vec<String>> = contrasts.iter().map(|contrast| row(contrast)).collect();
        let header = [
            "Metric",
            "Points",
            "95 % interval",
            "Items",
            "Win/tie/loss",
            "Superiority",
            "p",
            "Adjusted p",
            "Holm",
            "Flags",
        ];
        let mut notes = compare_notes::flag_meanings(contrasts.iter().copied());
        notes.extend(words::pair_notes(&contrasts));
        parts.push(format!(
            "{}\n\n{}\n\n{}",
            markdown(&caption),
            table(&header, &rows),
            paragraph(&notes)
        ));
    }
    parts
}

fn row(contrast: &Contrast) -> Vec<String> {
    let mut row = vec![metric_title(contrast)];
    match &contrast.result {
        Err(why) => {
            row.extend(["-".to_owned(), markdown(&why_undefined(why))]);
            row.extend(vec![String::new(); 7]);
        }
        Ok(finding) => row.extend(cells_of(contrast, finding)),
    }
    row
}

fn cells_of(contrast: &Contrast, finding: &Finding) -> Vec<String> {
    let difference = &finding.difference;
    let digits = decimals(difference.se);
    let adjusted = finding.adjusted.as_ref();
    let outside = if contrast.metric.is_overall() {
        "beside"
    } else {
        "not declared"
    };
    let stepped = adjusted.map_or_else(
        || outside.to_owned(),
        |a| {
            format!(
                "{}{}",
                p_value(a.p_westfall_young),
                if a.primary { " primary" } else { "" }
            )
        },
    );
    vec![
        signed(difference.points, digits),
        signed_interval(difference.ci95, digits),
        difference.items.to_string(),
        format!(
            "{}/{}/{}",
            finding.wins.wins, finding.wins.ties, finding.wins.losses
        ),
        format!("{:.2}", finding.effects.superiority),
        markdown(&p_value(finding.test.p)),
        markdown(&stepped),
        adjusted.map_or_else(|| "-".to_owned(), |a| markdown(&p_value(a.p_holm))),
        compare_notes::letters(&finding.flags),
    ]
}

fn ranks(board: &Leaderboard, names: &Names) -> String {
    let axes: Vec<&str> = board.axes.iter().map(|axis| axis.key()).collect();
    let rows: Vec<Vec<String>> = board
        .places
        .iter()
        .enumerate()
        .map(|(position, place)| {
            let [lo, hi] = place.ci95;
            let digits = decimals(Some((hi - lo) / 4.0));
            let [best, worst] = place.rank_set;
            vec![
                markdown(names.get(&place.run)),
                (position + 1).to_string(),
                format!("{best} to {worst}"),
                place.letters.clone(),
                format!("{:.digits$}", place.points),
                format!("{lo:.digits$} to {hi:.digits$}"),
            ]
        })
        .collect();
    let header = [
        "Run",
        "Place",
        "Rank set",
        "Group",
        "Points",
        "95 % interval",
    ];
    format!(
        "## Ranks by Overall of {} axes\n\n{}\n\n{}",
        axes.len(),
        markdown(&format!("Axes: {}.", axes.join(", "))),
        table(&header, &rows)
    )
}

fn methods(findings: &Findings) -> String {
    let paragraphs = words::methods(findings)
        .into_iter()
        .map(|p| format!("**{}.** {}", p.title, paragraph(&p.sentences)));
    let parts: Vec<String> = paragraphs.collect();
    format!("## Methods\n\n{}", parts.join("\n\n"))
}
