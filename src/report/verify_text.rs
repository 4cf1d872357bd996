//! What a verification found, for the terminal.

use std::fmt::Write as _;
use std::path::Path;

use crate::report::columns::printable;
use crate::report::verify::{Checked, Discrepancy};

/// File by file, then the verdict.
pub fn verify_text(report: &Path, files: &[Checked], without_logs: &[String]) -> String {
    let mut text = String::new();
    for file in files {
        // Writing to a string cannot fail.
        let _ = if file.holds() {
            let what = match file.pictures {
                0 => format!("{} numbers", file.numbers),
                pictures => format!("{pictures} pictures are what their digests say"),
            };
            writeln!(text, "ok    {}: {what}", printable(&file.file))
        } else {
            writeln!(
                text,
                "WRONG {}: {} {}",
                printable(&file.file),
                file.differing_lines,
                if file.differing_lines == 1 {
                    "difference"
                } else {
                    "differences"
                }
            )
        };
        for discrepancy in &file.discrepancies {
            let _ = writeln!(text, "      {}", line(discrepancy));
        }
        let more = file
            .differing_lines
            .saturating_sub(file.discrepancies.len());
        if more > 0 {
            let _ = writeln!(text, "      and {more} more lines");
        }
    }
    for run in without_logs {
        let run = printable(run);
        let _ = writeln!(
            text,
            "note  run {run} has no logs: its score table was taken as it is"
        );
    }
    let numbers: usize = files.iter().map(|file| file.numbers).sum();
    let wrong = files.iter().filter(|file| !file.holds()).count();
    let report = printable(&report.display().to_string());
    let _ = if wrong == 0 {
        writeln!(text, "{report}: all {numbers} numbers follow from the runs")
    } else {
        writeln!(
            text,
            "{report}: {wrong} of {} files do not say what the runs say",
            files.len()
        )
    };
    text
}

/// `line 12, column 7 (x: points): found 59.7, expected 59.8`.
fn line(discrepancy: &Discrepancy) -> String {
    let mut place = match (discrepancy.line, discrepancy.column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}"),
        _ => "the whole file".to_owned(),
    };
    if let Some(cell) = &discrepancy.place {
        place.push_str(&format!(" ({cell})"));
    }
    format!(
        "{place}: found {}, expected {}",
        printable(&discrepancy.found),
        printable(&discrepancy.expected)
    )
}
