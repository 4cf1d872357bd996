//! `parabench published`: the paper's figures with what arithmetic says about them, and leaderboards with intervals.

use std::path::PathBuf;

use serde::Serialize;

use crate::analysis::published::boards::{Board, boards};
use crate::analysis::published::checks::{Audit, audit};
use crate::analysis::published::{Figure, Figures};
use crate::command::{Exit, Globals, UsageError, terminal};
use crate::common::suggest;
use crate::report::published_boards::board_text;
use crate::report::published_text::{boards_hint, published_short, published_text};

/// Options of `parabench published`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Show only this table, for example table2
    #[arg(long, value_name = "TABLE")]
    source: Option<String>,
    /// One benchmark: its leaderboard
    ///
    /// With intervals, where it has one.
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,
    /// Other published results (CSV)
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print all tables and inconsistencies
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
    /// Leaderboards with intervals, those of the suite or source that was asked for.
    boards: &'a [Board],
}

/// Runs the command. The audit covers all figures, whatever is shown.
///
/// # Errors
/// A file that cannot be read, a table or benchmark that is not there.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let all = Figures::read(options.file.as_deref())?;
    let audit = audit(&all);
    let bundled = match options.file {
        Some(_) => all.clone(),
        None => Figures::boards()?,
    };
    let wanted = |figure: &Figure| {
        let named = |name: &Option<String>, of: &str| name.as_ref().is_none_or(|name| name == of);
        named(&options.source, &figure.source) && named(&options.suite, &figure.suite)
    };
    let shown = all.filtered(wanted);
    let asked = options.full || options.source.is_some() || options.suite.is_some();
    // Boards need their suites; the first screen does not.
    let found = match asked || globals.json {
        true => boards(&bundled.filtered(wanted)),
        false => Vec::new(),
    };
    if shown.0.is_empty() && found.is_empty() {
        let error = no_board(options, &bundled);
        return Err(error
            .unwrap_or_else(|| none_left(options, &[&all, &bundled]))
            .into());
    }
    if globals.json {
        globals.print_json(&Outcome {
            reading: "means only, from other runs of another judge",
            figures: &shown,
            audit: &audit,
            boards: &found,
        })?;
    } else if asked {
        let mut parts: Vec<String> = found.iter().map(board_text).collect();
        let tables =
            shown.filtered(|figure| !found.iter().any(|board| board.source == figure.source));
        if !tables.0.is_empty() {
            parts.insert(0, published_text(&tables, &audit));
        }
        print!("{}", parts.join("\n"));
    } else {
        print!(
            "{}",
            published_short(&shown, &audit, terminal::detail(false))
        );
        print!("{}", boards_hint(&bundled.distinct(|figure| &figure.suite)));
    }
    Ok(Exit::Done)
}

/// A suite that the program knows, of which no figures are at hand.
fn no_board(options: &Options, figures: &Figures) -> Option<UsageError> {
    let suite = options.suite.as_deref()?;
    let has = figures.distinct(|figure| &figure.suite).contains(&suite);
    let known = crate::suite::find::known();
    let known = known.iter().any(|known| known.name == suite);
    (known && !has).then(|| {
        let lack = match options.file {
            Some(_) => "the file has no figures",
            None => "no published figures are bundled",
        };
        UsageError(format!(
            "{lack} of {suite}. To use your own figures, give --file FILE.csv, which has the columns source, suite, \
             model, group, thinking, metric, category, value, samples and address. A board with intervals needs a row \
             for every category of the suite and one for the category `overall`"
        ))
    })
}

/// Which name left nothing to show.
fn none_left(options: &Options, all: &[&Figures]) -> UsageError {
    let named = |field: fn(&Figure) -> &str| {
        let mut names: Vec<&str> = all
            .iter()
            .flat_map(|figures| figures.distinct(field))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let (sources, suites) = (
        named(|figure| &figure.source),
        named(|figure| &figure.suite),
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
        true => "the table has no figures of this benchmark; name only one of --source and --suite"
            .to_owned(),
        false => wrong.join("\n"),
    })
}
