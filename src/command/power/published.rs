//! `power --published`: what the means of a table allow, alone and beside a pilot.

use anyhow::Context;
use serde::Serialize;

use super::{FromPilot, Options, read_pilot};
use crate::analysis::planning::means_power::{
    MeansReport, Selection, WithPilot, means_report, with_pilot,
};
use crate::analysis::published::Figures;
use crate::command::terminal::print_prose;
use crate::command::{Exit, Globals, UsageError};
use crate::common::suggest;
use crate::report::means_text::{means_text, pilot_assumptions, pilot_sentence};
use crate::suite::Axis;

/// The result of published means as `--json` prints it.
#[derive(Serialize)]
struct FromMeans<'a> {
    source: &'a str,
    metric: &'static str,
    models: [&'a str; 2],
    report: &'a MeansReport,
    sentence: String,
    pilot: Option<BesidePilot<'a>>,
}

/// The pilot beside published means.
#[derive(Serialize)]
struct BesidePilot<'a> {
    runs: [&'a str; 2],
    numbers: &'a WithPilot,
    sentence: String,
}

/// Runs the command on two rows of the published figures.
pub(super) fn run(options: &Options, globals: &Globals, models: [&str; 2]) -> anyhow::Result<Exit> {
    let figures = Figures::read(options.file.as_deref())?;
    let metric = options.axis.key();
    let value = |source: &str, model: &str| figures.value(source, model, metric, "all");
    let both = |source: &&str| {
        let wanted = options
            .source
            .as_deref()
            .is_none_or(|wanted| wanted == *source);
        wanted && models.iter().all(|model| value(source, model).is_some())
    };
    let sources: Vec<&str> = figures
        .distinct(|f| &f.source)
        .into_iter()
        .filter(both)
        .collect();
    let Some(source) = sources.first() else {
        return Err(no_figures(&figures, metric, models).into());
    };
    let means = (
        value(source, models[0]).unwrap_or_default(),
        value(source, models[1]).unwrap_or_default(),
    );
    let on_edits_only = options.axis.0 == Some(Axis::IMAGE_CONSISTENCY);
    let default_items = if on_edits_only { 200 } else { 300 };
    let items = options.items.first().copied().unwrap_or(default_items);
    let levels = (options.alpha, options.power);
    let report = means_report(means, items, levels, options.axis.0.is_some())?;
    let pilot = match options.pilot.as_slice() {
        [] => None,
        runs => {
            let from = read_pilot(options, runs)?;
            let largest = is_largest(&figures, source, models, report.points);
            Some(beside_pilot(options, means, items, &from, largest)?)
        }
    };
    if globals.json {
        globals.print_json(&FromMeans {
            source,
            metric,
            models,
            sentence: crate::report::means_text::sentence(&report),
            report: &report,
            pilot: pilot.as_ref().map(|numbers| BesidePilot {
                runs: [&options.pilot[0], &options.pilot[1]],
                numbers,
                sentence: pilot_sentence(numbers),
            }),
        })?;
        return Ok(Exit::Done);
    }
    let what = format!("{metric}, {source}");
    print!("{}", means_text(&report, (models[0], models[1]), &what));
    if let Some(numbers) = &pilot {
        println!();
        print_prose(&pilot_sentence(numbers));
        print_prose(&pilot_assumptions(numbers));
    }
    for other in sources.iter().skip(1) {
        let other_means = models.map(|model| value(other, model).unwrap_or_default());
        if other_means != [means.0, means.1] {
            println!();
            print_prose(&format!(
                "note: {other} prints {} and {}; --source {other} uses them",
                other_means[0], other_means[1]
            ));
        }
    }
    Ok(Exit::Done)
}

/// Whether no other quantity of the table parts the two models further.
fn is_largest(figures: &Figures, source: &str, models: [&str; 2], points: f64) -> bool {
    let metrics = figures.filtered(|f| f.source == source && f.category == "all");
    let gap = |metric: &str| {
        let value = |model| figures.value(source, model, metric, "all");
        value(models[0])
            .zip(value(models[1]))
            .map(|(a, b)| (a - b).abs())
    };
    let mut gaps = metrics.distinct(|f| &f.metric).into_iter().filter_map(gap);
    gaps.all(|gap| gap <= points.abs() + 1e-9)
}

fn beside_pilot(
    options: &Options,
    means: (f64, f64),
    items: u32,
    from: &FromPilot,
    largest: bool,
) -> anyhow::Result<WithPilot> {
    let selection = Selection {
        contrasts: options.contrasts,
        largest,
    };
    with_pilot(means, items, &from.pilot, from.mapping, selection).with_context(|| {
        format!(
            "the pilot's spread ({:.1} points on {} tasks) cannot be used for means of {} and {}",
            from.pilot.sd, from.pilot.items, means.0, means.1
        )
    })
}

fn no_figures(figures: &Figures, metric: &str, models: [&str; 2]) -> UsageError {
    let known = figures.filtered(|figure| figure.metric == metric && figure.category == "all");
    let names = known.distinct(|figure| &figure.model);
    let wrong = models.iter().filter(|model| !names.contains(model));
    let wrong: Vec<String> = wrong
        .map(|model| {
            suggest::unknown(
                "published model",
                model,
                &names,
                Some("parabench published"),
            )
        })
        .collect();
    UsageError(match wrong.is_empty() {
        true => format!(
            "no table has {metric} of both `{}` and `{}`; `parabench published --full` shows all tables",
            models[0], models[1]
        ),
        false => wrong.join("\n"),
    })
}
