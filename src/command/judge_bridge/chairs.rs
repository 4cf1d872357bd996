//! The two judges of a bridge.

use anyhow::Context;

use crate::command::judge_options::{JudgeOptions, StopOptions, name_and_spec};
use crate::command::signals;
use crate::judge::rubric::ToMark;
use crate::run::plan::Seat;
use crate::suite::Suite;
use crate::suite::definition::RubricSource;

use super::marking::Run;
use super::{Options, usage};

/// One of the two judges: its name, and what can be asked.
pub(super) struct Chair {
    pub(super) name: String,
    pub(super) seat: anyhow::Result<Seat>,
}

/// Both judges. One that cannot be opened is known by its name, where all runs have it.
pub(super) fn chairs(options: &Options, suite: &Suite, runs: &[Run]) -> anyhow::Result<Vec<Chair>> {
    let chair = |spec: &str| -> anyhow::Result<Chair> {
        let opened = one_seat(options, suite.rubrics.as_ref(), ToMark::of(suite), spec);
        let name = match (&opened, name_and_spec(spec).0) {
            (Ok(seat), _) => seat.name().to_string(),
            (Err(_), Some(name)) => name.to_owned(),
            (Err(_), None) => spec.to_owned(),
        };
        let known = |run: &Run| {
            let mut judges = run.manifest.judges.iter();
            judges.any(|judge| judge.identity.name == name)
        };
        match opened {
            Err(error) if !runs.iter().all(known) => Err(error),
            seat => Ok(Chair { name, seat }),
        }
    };
    let mut chairs: Vec<Chair> = Vec::new();
    for (option, spec) in [("--old", &options.old), ("--new", &options.new)] {
        let Some(spec) = spec else { continue };
        let found = chair(spec).context(option)?;
        if chairs.iter().any(|other| other.name == found.name) {
            return Err(usage(format!(
                "--old and --new are both called `{}`; marks are kept by that name: give one another, --new NAME=JUDGE",
                found.name
            )));
        }
        chairs.push(found);
    }
    for seat in chairs.iter().filter_map(|chair| chair.seat.as_ref().ok()) {
        for notice in seat.judge.notices() {
            eprintln!("note: {notice}");
        }
    }
    Ok(chairs)
}

/// The one judge that a spec names.
pub(super) fn one_seat(
    options: &Options,
    rubrics: Option<&RubricSource>,
    to_mark: ToMark,
    spec: &str,
) -> anyhow::Result<Seat> {
    let judges = JudgeOptions {
        judges: vec![spec.to_owned()],
        rubrics: options.rubrics.clone(),
        repeats: options.repeats,
        max_connections: options.max_connections,
        no_cache: options.no_cache,
        stop: stop_options(options, None),
    };
    let mut seats = judges.open_with(rubrics, to_mark, 1)?;
    match (seats.pop(), seats.is_empty()) {
        (Some(seat), true) => Ok(seat),
        _ => Err(usage(format!(
            "`{spec}` is a panel; a bridge joins two single judges"
        ))),
    }
}

/// The options of one sitting with this cap on money.
pub(super) fn stop_options(options: &Options, max_cost: Option<f64>) -> StopOptions {
    StopOptions {
        max_cost,
        retry_missing: options.retry_missing,
        allow_missing: options.allow_missing,
        grace: signals::GRACE,
        dry_run: false,
    }
}
