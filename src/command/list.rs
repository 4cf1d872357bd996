//! `parabench list`: the names that other commands take.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::suite::about;
use super::{Exit, Globals};
use crate::judge;
use crate::judge::rubric::Rubrics;
use crate::model::kinds;
use crate::report::columns::with_long_tail;
use crate::suite::{Axis, find};

/// Options of `parabench list`.
#[derive(Clone, Copy, Debug, Args)]
pub struct Options {
    /// What to list
    what: What,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// Judges for --judge
    Judges,
    /// Models for --model
    Models,
    /// Suites for --suite
    Suites,
    /// Axes for --axis
    Axes,
    /// Rubrics for --rubrics
    Rubrics,
}

/// One name.
#[derive(Serialize)]
struct Named {
    name: String,
    about: String,
}

/// Runs the command.
///
/// # Errors
/// When the list cannot be written as JSON.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let named = match options.what {
        What::Judges => pairs(judge::known()),
        What::Models => pairs(kinds::known()),
        What::Suites => suites(),
        What::Axes => pairs(Axis::ALL.map(|axis| (axis.key().to_owned(), axis.title().to_owned()))),
        What::Rubrics => {
            pairs(Rubrics::bundled().map(|name| (name.to_owned(), "bundled".to_owned())))
        }
    };
    if globals.json {
        globals.print_json(&named)?;
        return Ok(Exit::Done);
    }
    let mut rows = vec![vec!["name".to_owned(), "about".to_owned()]];
    rows.extend(named.into_iter().map(|one| vec![one.name, one.about]));
    print!("{}", with_long_tail(&rows));
    Ok(Exit::Done)
}

fn pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Vec<Named> {
    let pairs = pairs.into_iter();
    pairs.map(|(name, about)| Named { name, about }).collect()
}

fn suites() -> Vec<Named> {
    let known = find::known().into_iter();
    pairs(known.map(|known| (known.name.clone(), about(&known))))
}
