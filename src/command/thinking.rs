//! `parabench thinking`: one model with and without thinking, beside the paper's Table 1.

use serde::Serialize;

use crate::analysis::compare::CompareError;
use crate::analysis::published::Figures;
use crate::analysis::thinking::five_points::{PaperTable, paper_table};
use crate::analysis::thinking::{Thinking, ThinkingRequest, thinking};
use crate::command::compare::load_all;
use crate::command::results_option::ResultsOption;
use crate::command::terminal::print_prose;
use crate::command::{Exit, Globals, UsageError};
use crate::report::thinking_text::{paper_text, thinking_text};
use crate::suite::Axis;

/// Options of `parabench thinking`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Run with thinking: a name or a folder
    #[arg(value_name = "RUN_WITH", requires = "without")]
    with: Option<String>,
    /// Run without thinking
    #[arg(value_name = "RUN_WITHOUT")]
    without: Option<String>,
    /// Axis whose difference is explained
    #[arg(long, default_value = "image_alignment")]
    axis: Axis,
    /// Include generation tasks
    ///
    /// Otherwise only edits count.
    #[arg(long)]
    all_kinds: bool,
    /// Judge to use
    ///
    /// The default is the only judge of the runs.
    #[arg(long, value_name = "NAME")]
    judge: Option<String>,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    runs: Option<&'a Thinking>,
    paper: Option<&'a PaperTable>,
}

/// Runs the command.
///
/// # Errors
/// Runs that cannot be read or compared.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let names: Vec<String> = [&options.with, &options.without]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let loaded = load_all(&options.results.folder, names.iter())?;
    let own = match loaded.as_slice() {
        [with, without] => {
            let request = ThinkingRequest {
                with,
                without,
                judge: options.judge.as_deref(),
                axis: options.axis,
                all_kinds: options.all_kinds,
            };
            Some(thinking(&request).map_err(usage)?)
        }
        _ => None,
    };
    let paper = paper_table(&Figures::read(None)?)?;
    if globals.json {
        globals.print_json(&Outcome {
            runs: own.as_ref(),
            paper: paper.as_ref(),
        })?;
        return Ok(Exit::Done);
    }
    if let Some(own) = &own {
        print_prose(&thinking_text(own));
        println!();
    }
    if let Some(paper) = &paper {
        print_prose(&paper_text(paper));
    }
    Ok(Exit::Done)
}

fn usage(error: CompareError) -> anyhow::Error {
    match error {
        CompareError::Request(_) | CompareError::Judge(_) => UsageError(error.to_string()).into(),
        other => other.into(),
    }
}
