//! `parabench published`: the paper's figures, and what arithmetic says about them.

use std::path::PathBuf;

use serde::Serialize;

use crate::analysis::published::Figures;
use crate::analysis::published::checks::{Audit, audit};
use crate::command::{Exit, Globals, UsageError, print_json};
use crate::report::published_text::published_text;

/// The published figures with their sources; their arithmetic is checked and what does not fit is listed.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Only this table, for example table2
    #[arg(long, value_name = "TABLE")]
    source: Option<String>,
    /// Only this benchmark
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,
    /// Other figures in the same form (CSV)
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    /// What these figures are.
    reading: &'static str,
    figures: &'a Figures,
    audit: &'a Audit,
}

/// Runs the command. The audit covers all figures, whatever is shown.
///
/// # Errors
/// A file that cannot be read, a table or benchmark that is not there.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let all = Figures::read(options.file.as_deref())?;
    let audit = audit(&all);
    let shown = all.filtered(|figure| {
        options
            .source
            .as_ref()
            .is_none_or(|source| *source == figure.source)
            && options
                .suite
                .as_ref()
                .is_none_or(|suite| *suite == figure.suite)
    });
    if shown.0.is_empty() {
        return Err(UsageError(format!(
            "no figure is left; sources: {}; suites: {}",
            all.distinct(|figure| &figure.source).join(", "),
            all.distinct(|figure| &figure.suite).join(", ")
        ))
        .into());
    }
    if globals.json {
        print_json(&Outcome {
            reading: "means only, from other runs of another judge",
            figures: &shown,
            audit: &audit,
        })?;
    } else {
        print!("{}", published_text(&shown, &audit));
    }
    Ok(Exit::Done)
}
