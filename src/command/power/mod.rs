//! `parabench power`: what a number of items can show, from a pilot, an assumption or published means; and how many labels of
//! people a difference needs.

mod labels;
mod published;

use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use crate::analysis::compare::looks::{Boundary, boundary_table};
use crate::analysis::judges::repeats::{NoRepeats, Repeats, repeats};
use crate::analysis::planning::{Detectable, Needed, Pilot, PowerAssumptions, pilot};
use crate::analysis::runs::comparable;
use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::Sheet;
use crate::command::compare::load_all;
use crate::command::human_scale::HumanScale;
use crate::command::results_option::ResultsOption;
use crate::command::{Exit, Globals, UsageError};
use crate::common::suggest::unknown;
use crate::report::looks_text::power_looks_text;
use crate::report::power_text::power_text;
use crate::suite::{Axis, ScoreMap};

/// Options of `parabench power`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Take the spread from two runs
    ///
    /// Both must have answered the same tasks. With --published, they say what the table then shows.
    #[arg(long, num_args = 2, value_names = ["RUN", "BASELINE"])]
    pilot: Vec<String>,
    /// Two published rows by name
    ///
    /// For example "MMaDA-Parallel w/ ParaRL" "Bagel w/ think".
    #[arg(long, num_args = 2, value_names = ["MODEL", "MODEL"])]
    published: Vec<String>,
    /// Assumed spread of task differences
    ///
    /// The standard deviation of the paired differences, in points.
    #[arg(long, value_name = "POINTS", conflicts_with_all = ["pilot", "published"], value_parser = positive)]
    sd: Option<f64>,
    /// Axis, or overall
    #[arg(long, value_name = "METRIC", default_value = "overall", value_parser = metric)]
    axis: Wanted,
    /// Numbers of tasks
    ///
    /// The default is 300 and 200, as in ParaBench.
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    items: Vec<u32>,
    /// Differences to find, in points
    ///
    /// Prints the tasks that each needs for the wanted power.
    #[arg(long, value_name = "POINTS,...", value_delimiter = ',', value_parser = positive)]
    difference: Vec<f64>,
    /// Comparisons tested together
    ///
    /// With --published and --pilot: comparisons of the table from which this one was picked.
    #[arg(long, value_name = "M", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    contrasts: u32,
    /// Shares of the tasks at which to look
    ///
    /// Prints boundaries for stopping early, at these rising shares of the first number of --items.
    #[arg(
        long,
        value_name = "SHARE,...",
        value_delimiter = ',',
        conflicts_with = "published"
    )]
    looks: Vec<f64>,
    /// Cost of an answer, in judge calls
    ///
    /// Tells how to split money between answers and repeats, from a pilot with samples and repeats.
    #[arg(
        long,
        value_name = "C",
        requires = "pilot",
        conflicts_with = "published",
        value_parser = positive
    )]
    cost_ratio: Option<f64>,
    /// Marks of people (CSV), with --pilot
    ///
    /// As `compare --human` reads them. Tells how many labels give the difference of people and judge together a wanted
    /// --half-width.
    #[arg(long, value_name = "FILE", requires = "pilot", conflicts_with_all = ["published", "looks", "cost_ratio"])]
    human: Option<PathBuf>,
    #[command(flatten)]
    rated: HumanScale,
    /// Assumed correlation, with --sd
    ///
    /// Of people's differences with the judge's: tells the labels that are needed before there are any. --sd is then the
    /// spread of people's differences.
    #[arg(long, value_name = "R", requires = "sd", conflicts_with = "looks", value_parser = share)]
    correlation: Option<f64>,
    /// Wanted half-widths, in points
    ///
    /// For each, the labels of people that it needs are printed. The default is 2.5, 5 and 10.
    #[arg(long, value_name = "POINTS,...", value_delimiter = ',', default_values_t = [2.5, 5.0, 10.0], hide_default_value = true, value_parser = positive)]
    half_width: Vec<f64>,
    /// Two-sided level
    #[arg(long, default_value_t = 0.05, value_parser = share)]
    alpha: f64,
    /// Wanted power
    #[arg(long, default_value_t = 0.8, value_parser = share)]
    power: f64,
    /// Published table to use
    ///
    /// The default is the first that has both models.
    #[arg(long, value_name = "TABLE", requires = "published")]
    source: Option<String>,
    /// Other published results (CSV)
    #[arg(long, value_name = "FILE", requires = "published")]
    file: Option<PathBuf>,
    /// Judge to use
    ///
    /// The default is the only judge of the runs.
    #[arg(long, value_name = "NAME")]
    judge: Option<String>,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

/// What the plan is about: an axis, or `None` for Overall.
#[derive(Clone, Copy, Debug)]
struct Wanted(Option<Axis>);

impl Wanted {
    fn key(self) -> &'static str {
        self.0.map_or("overall", Axis::key)
    }

    /// The axis among those of the pilot's suite.
    fn among(self, axes: &[Axis]) -> Result<Option<Axis>, UsageError> {
        let Some(axis) = self.0 else { return Ok(None) };
        let found = axis.among(axes).ok_or_else(|| {
            let keys: Vec<&str> = axes.iter().map(|axis| axis.key()).collect();
            UsageError(format!(
                "--axis {axis}: the suite of the pilot has {}",
                keys.join(", ")
            ))
        });
        found.map(Some)
    }
}

/// The result of a plan as `--json` prints it.
#[derive(Serialize)]
struct Planned<'a> {
    plan: &'a PowerAssumptions,
    pilot: Option<&'a Pilot>,
    repeats: Option<&'a Result<Repeats, NoRepeats>>,
    detectable: &'a [Detectable],
    needed: &'a [Needed],
    looks: &'a [Boundary],
}

/// Boundaries alone as `--json` prints them.
#[derive(Serialize)]
struct Boundaries<'a> {
    alpha: f64,
    looks: &'a [Boundary],
}

/// What two runs say about a plan.
struct FromPilot {
    pilot: Pilot,
    mapping: ScoreMap,
    repeats: Result<Repeats, NoRepeats>,
}

/// Runs the command.
///
/// # Errors
/// Runs or figures that are not there, plans that no number of items fulfils.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    // Only a pilot's suite can declare axes of its own.
    let axis = options.axis.0.filter(|axis| !axis.is_declared());
    if let Some(axis) = axis.filter(|_| options.pilot.is_empty()) {
        let known = Axis::ALL.map(Axis::key);
        return Err(UsageError(format!(
            "--axis: {}; or overall",
            unknown("axis", axis.key(), &known, None)
        ))
        .into());
    }
    if let [first, second] = options.published.as_slice() {
        return published::run(options, globals, [first, second]);
    }
    if options.human.is_some() || options.correlation.is_some() {
        return labels::labels(options, globals);
    }
    let pilot = match options.pilot.as_slice() {
        [] => None,
        runs => Some(read_pilot(options, runs)?),
    };
    let Some(sd) = pilot.as_ref().map(|from| from.pilot.sd).or(options.sd) else {
        return boundaries_alone(options, globals);
    };
    let plan = PowerAssumptions {
        sd,
        alpha: options.alpha,
        power: options.power,
        contrasts: options.contrasts,
    };
    plan_on(options, globals, &plan, pilot.as_ref())
}

/// Boundaries need no spread.
fn boundaries_alone(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    if options.looks.is_empty() {
        let text = "one of --pilot RUN BASELINE, --sd POINTS, --published MODEL MODEL or --looks SHARE,... is needed";
        return Err(UsageError(text.to_owned()).into());
    }
    let looks = looks(options, None)?;
    if globals.json {
        globals.print_json(&Boundaries {
            alpha: options.alpha,
            looks: &looks,
        })?;
    } else {
        print!("{}", power_looks_text(options.alpha, &looks));
    }
    Ok(Exit::Done)
}

/// The boundaries at the shares that were asked for; none where none were.
fn looks(options: &Options, sd: Option<f64>) -> anyhow::Result<Vec<Boundary>> {
    if options.looks.is_empty() {
        return Ok(Vec::new());
    }
    let items = options.items.first().copied().unwrap_or(300);
    boundary_table(&options.looks, items, options.alpha, sd).map_err(|_| {
        let text = format!(
            "--looks {}: shares that rise from above 0 to at most 1 are expected, for example 0.4,0.6,0.8,1",
            options.looks.iter().map(f64::to_string).collect::<Vec<_>>().join(",")
        );
        UsageError(text).into()
    })
}

fn plan_on(
    options: &Options,
    globals: &Globals,
    plan: &PowerAssumptions,
    pilot: Option<&FromPilot>,
) -> anyhow::Result<Exit> {
    if plan.power <= plan.alpha {
        return Err(UsageError("--power must be above --alpha".to_owned()).into());
    }
    let items = if options.items.is_empty() {
        vec![300, 200]
    } else {
        options.items.clone()
    };
    let first = items.first().copied().unwrap_or(300);
    let detectable = items
        .iter()
        .map(|&n| plan.detectable(n))
        .collect::<Result<Vec<_>, _>>()?;
    let needed = options
        .difference
        .iter()
        .map(|&points| plan.needed(points, first))
        .collect::<Result<Vec<_>, _>>()?;
    let looks = looks(options, Some(plan.sd))?;
    if globals.json {
        globals.print_json(&Planned {
            plan,
            pilot: pilot.map(|from| &from.pilot),
            repeats: pilot.map(|from| &from.repeats),
            detectable: &detectable,
            needed: &needed,
            looks: &looks,
        })?;
    } else {
        let pilot = pilot.map(|from| (&from.pilot, &from.repeats));
        print!("{}", power_text(plan, pilot, &detectable, &needed));
        if !looks.is_empty() {
            print!("\n{}", power_looks_text(options.alpha, &looks));
        }
    }
    Ok(Exit::Done)
}

fn read_pilot(options: &Options, runs: &[String]) -> anyhow::Result<FromPilot> {
    let loaded = load_all(&options.results.folder, runs.iter())?;
    let [candidate, baseline] = loaded.as_slice() else {
        return Err(UsageError("--pilot needs two runs".to_owned()).into());
    };
    let name = options.judge.as_deref();
    let judges = [candidate.judge(name), baseline.judge(name)]
        .into_iter()
        .collect::<Result<Vec<usize>, _>>()
        .map_err(|error| UsageError(error.to_string()))?;
    comparable::check(&[candidate, baseline], &judges, false)?;
    let items = Items::of(baseline)?;
    let sheet = |run, at: usize| Sheet::new(run, judges.get(at).copied().unwrap_or(0), &items);
    let suite = &baseline.manifest.suite;
    let (a, b) = (sheet(candidate, 0)?, sheet(baseline, 1)?);
    let overall = suite.overall();
    let axis = options.axis.among(&suite.metrics())?;
    let pilot = pilot(&items, suite.mapping, (&a, &b), axis, &overall)
        .with_context(|| format!("the pilot has no data about {}", options.axis.key()))?;
    let axes = axis.map_or(overall, |axis| vec![axis]);
    let sides = (&a, &b);
    let repeats = repeats(
        &items,
        suite.mapping,
        sides,
        &axes,
        pilot.sd,
        options.cost_ratio,
    );
    Ok(FromPilot {
        pilot,
        mapping: suite.mapping,
        repeats,
    })
}

fn metric(text: &str) -> Result<Wanted, String> {
    if text == "overall" {
        return Ok(Wanted(None));
    }
    let axis = Axis::by_key(text).map_err(|error| format!("{error}; or overall"))?;
    Ok(Wanted(Some(axis)))
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 && value <= 1000.0 => Ok(value),
        _ => Err("points above 0 are expected, for example 2.5".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        _ => Err("a number between 0 and 1 is expected, for example 0.05".to_owned()),
    }
}
