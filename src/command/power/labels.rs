//! How many labels of people a difference needs.

use anyhow::Context;
use serde::Serialize;

use crate::analysis::human::human_report;
use crate::analysis::human::ratings::Ratings;
use crate::analysis::planning::labels::{ContrastLabels, LabelPlan, of_contrast};
use crate::command::compare::load_all;
use crate::command::{Exit, Globals, UsageError};
use crate::report::labels_text::labels_text;

use super::Options;

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    labels: &'a [ContrastLabels],
}

/// Prints the labels that each half-width needs.
pub(super) fn labels(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let plans = match (&options.human, options.sd, options.correlation) {
        (Some(_), _, _) => from_ratings(options)?,
        (None, Some(sd), Some(correlation)) => vec![assumed(options, sd, correlation)],
        _ => {
            let text = "--correlation needs --sd, the spread of people's differences in points";
            return Err(UsageError(text.to_owned()).into());
        }
    };
    if globals.json {
        globals.print_json(&Outcome { labels: &plans })?;
    } else {
        print!("{}", labels_text(&plans));
    }
    Ok(Exit::Done)
}

fn assumed(options: &Options, sd: f64, correlation: f64) -> ContrastLabels {
    let plan = LabelPlan {
        sd,
        correlation,
        tasks: u64::from(options.items.first().copied().unwrap_or(300)),
    };
    ContrastLabels {
        axis: None,
        labelled: None,
        needed: options.half_width.iter().map(|&w| plan.needed(w)).collect(),
        plan,
    }
}

fn from_ratings(options: &Options) -> anyhow::Result<Vec<ContrastLabels>> {
    let loaded = load_all(&options.results.folder, options.pilot.iter())?;
    let ([candidate, baseline], Some(path)) = (loaded.as_slice(), &options.human) else {
        return Err(UsageError("--human needs --pilot RUN BASELINE".to_owned()).into());
    };
    let rated = options.rated.of(&loaded)?;
    let ratings = Ratings::read(path, rated).context("--human")?;
    let judge = options.judge.as_deref();
    let report = human_report(&ratings, &[candidate], &[baseline], judge).context("--human")?;
    let wanted = |axis| options.axis.0.is_none_or(|wanted| wanted == axis);
    let contrasts = report.contrasts.iter().filter(|c| wanted(c.axis));
    let plans: Vec<ContrastLabels> = contrasts
        .filter_map(|contrast| of_contrast(contrast, &options.half_width))
        .collect();
    if plans.is_empty() {
        let text =
            "--human: no axis was labelled for both runs on two tasks or more with any spread";
        return Err(UsageError(text.to_owned()).into());
    }
    Ok(plans)
}
