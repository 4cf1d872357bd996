//! `parabench runs status`: how far the shards of a run are.

use std::path::{Path, PathBuf};

use super::shard_folders::{all_shards, existing_shards};
use super::terminal::{line, listing_detail};
use super::{Exit, Globals, runs_words};
use crate::report::table::text;
use crate::report::table::{Column, Table, TableCell};
use crate::run::inventory::State;
use crate::run::shard::survey::{Progress, Survey, survey};

/// Shows the shards of one run, or of all.
///
/// # Errors
/// A run that is not there or cannot be read.
pub fn run(results: &Path, run: Option<&str>, globals: &Globals) -> anyhow::Result<Exit> {
    let folders: Vec<PathBuf> = match run {
        Some(run) => vec![existing_shards(results, run)?],
        None => all_shards(results)?,
    };
    let surveys: Vec<Survey> = folders
        .iter()
        .map(|folder| survey(folder))
        .collect::<Result<_, _>>()?;
    if globals.json {
        globals.print_json(&surveys)?;
        return Ok(Exit::Done);
    }
    if surveys.is_empty() {
        println!("no runs in shards in {}", results.display());
    }
    for (number, survey) in surveys.iter().enumerate() {
        if number > 0 {
            println!();
        }
        print_survey(survey);
    }
    Ok(Exit::Done)
}

fn print_survey(survey: &Survey) {
    println!("run      {}", line(&survey.name));
    println!("suite    {}", line(&survey.suite));
    println!("model    {}", line(&survey.model));
    println!("shards   {}", summary(survey));
    println!("answers  {} of {}", survey.answered, survey.planned);
    println!();
    let columns = [
        Column::numbers("shard", ""),
        Column::words("state"),
        Column::numbers("answers", ""),
        Column::words("marks"),
        Column::words("changed"),
    ];
    let table = Table::new("", columns).with_rows(survey.each.iter().map(row));
    print!("{}", text::listing(&table, listing_detail()));
    for one in &survey.each {
        let fault = one.run.as_ref().and_then(|run| run.fault.as_ref());
        if let Some(fault) = fault {
            println!("shard {}: {}", one.index, line(fault));
        }
    }
    let done = survey.count(Some(State::Complete)) == survey.each.len();
    if done && !survey.merged {
        println!("all are complete: `parabench merge {}`", line(&survey.name));
    }
}

/// `8: 5 complete, 1 in use, 2 not begun`.
fn summary(survey: &Survey) -> String {
    let states = [
        Some(State::Complete),
        Some(State::Unfinished),
        Some(State::InUse),
        Some(State::Unreadable),
        None,
    ];
    let counts = states.into_iter().filter_map(|state| {
        let count = survey.count(state);
        (count > 0).then(|| format!("{count} {}", told(state)))
    });
    let merged = if survey.merged { "; merged" } else { "" };
    format!(
        "{}: {}{merged}",
        survey.shards,
        counts.collect::<Vec<_>>().join(", ")
    )
}

fn told(state: Option<State>) -> &'static str {
    state.map_or("not begun", runs_words::state)
}

fn row(one: &Progress) -> Vec<TableCell> {
    let changed = one.run.as_ref().and_then(|run| run.changed);
    vec![
        TableCell::count(one.index),
        TableCell::words(told(one.state)),
        TableCell::Figures(format!("{}/{}", one.answered, one.planned)),
        TableCell::words(one.run.as_ref().map(runs_words::marks).unwrap_or_default()),
        runs_words::changed(changed),
    ]
}

/// Says below a list of runs which others lie in shards.
pub fn tell(results: &Path) -> anyhow::Result<()> {
    for folder in all_shards(results)? {
        match survey(&folder) {
            Ok(survey) => println!(
                "{} in shards {}; `parabench runs status {}`",
                line(&survey.name),
                summary(&survey),
                line(&survey.name)
            ),
            Err(error) => println!("{}: {}", folder.display(), line(&error.to_string())),
        }
    }
    Ok(())
}
