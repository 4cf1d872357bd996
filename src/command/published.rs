//! `parabench published`: the paper's figures, and what arithmetic says about them.

use std::path::PathBuf;

use serde::Serialize;

use crate::analysis::published::Figures;
use crate::analysis::published::checks::{Audit, audit};
use crate::command::{Exit, Globals, UsageError};
use crate::common::suggest;
use crate::report::published_text::{published_short, published_text};

/// Options of `parabench published`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Show only this table, for example table2
    #[arg(long, value_name = "TABLE")]
    source: Option<String>,
    /// Show only this benchmark
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,
    /// Other published results (CSV)
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print all tables, and what does not fit
    #[arg(long)]
    full: bool,
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
        return Err(none_left(options, &all).into());
    }
    if globals.json {
        globals.print_json(&Outcome {
            reading: "means only, from other runs of another judge",
            figures: &shown,
            audit: &audit,
        })?;
    } else {
        let asked = options.full || options.source.is_some() || options.suite.is_some();
        let text = match asked {
            true => published_text(&shown, &audit),
            false => published_short(&shown, &audit),
        };
        print!("{text}");
    }
    Ok(Exit::Done)
}

/// Which name left nothing to show.
fn none_left(options: &Options, all: &Figures) -> UsageError {
    let (sources, suites) = (
        all.distinct(|figure| &figure.source),
        all.distinct(|figure| &figure.suite),
    );
    let wrong = [
        ("table", &options.source, &sources),
        ("benchmark", &options.suite, &suites),
    ]
    .into_iter()
    .filter_map(|(noun, wanted, known)| {
        let wanted = wanted.as_deref().filter(|wanted| !known.contains(wanted))?;
        Some(suggest::unknown(noun, wanted, known, None))
    });
    let wrong: Vec<String> = wrong.collect();
    UsageError(match wrong.is_empty() {
        true => {
            "the table says nothing about this benchmark; name only one of --source and --suite"
                .to_owned()
        }
        false => wrong.join("\n"),
    })
}
