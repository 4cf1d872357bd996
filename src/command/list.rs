//! `parabench list`: the names that other commands take.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::suite::about;
use super::{Exit, Globals};
use crate::common::plain;
use crate::judge;
use crate::judge::rubric::Rubrics;
use crate::model::kinds;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};
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
    let columns = [Column::words("name"), Column::words("about")];
    let rows = named.into_iter().map(|one| {
        vec![
            TableCell::words(one.name),
            TableCell::words(plain::line(&one.about)),
        ]
    });
    let table = Table::new("", columns).with_rows(rows);
    print!("{}", text::body(&table, Detail::Full));
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
