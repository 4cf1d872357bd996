//! `parabench compare`: paired comparison of runs, and gates for pipelines.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::analysis::bridge::file::Bridge;
use crate::analysis::compare::multiverse::{self, Multiverse, multiverse};
use crate::analysis::compare::ratio::add_ratios;
use crate::analysis::compare::requirement::{Requirement, RequirementOutcome, verdict};
use crate::analysis::compare::{
    Across, CompareError, CompareRequest, Comparison, DEFAULT_DRAWS, compare,
};
use crate::analysis::findings::published_rows::{PublishedRow, published_rows};
use crate::analysis::human::ratings::Ratings;
use crate::analysis::human::{HumanReport, human_report};
use crate::analysis::judges::panel::{self, Combine};
use crate::analysis::judges::panel_agreement::{self, Panel};
use crate::analysis::published::Figures;
use crate::analysis::runs::declaration::Declaration;
use crate::analysis::runs::load::{LoadedRun, load};
use crate::command::human_scale::HumanScale;
use crate::command::results_option::ResultsOption;
use crate::command::task_options::existing_run;
use crate::command::terminal;
use crate::command::{Exit, Globals, UsageError};
use crate::common::files;
use crate::report::categories_text::categories_text;
use crate::report::compare_csv::compare_csv;
use crate::report::compare_short::compare_short;
use crate::report::compare_text::compare_text;
use crate::report::human_text::human_text;
use crate::report::multiverse_text::multiverse_text;
use crate::report::panel_text::panel_text;
use crate::report::published_beside::published_beside;
use crate::report::requirement_text::requirement_text;
use crate::report::table::text::Detail;

/// Options of `parabench compare`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Runs to compare: names or folders
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// Run to compare with; may be repeated
    #[arg(long = "baseline", required = true, value_name = "RUN")]
    baselines: Vec<String>,
    /// Judge to use; several with --combine
    ///
    /// The default is the only judge of the runs.
    #[arg(long = "judge", value_name = "NAME")]
    judges: Vec<String>,
    /// Combine judges: mean or median
    ///
    /// The marks of several judges are combined answer by answer.
    #[arg(long, value_name = "mean|median")]
    combine: Option<Combine>,
    /// Marks of people (CSV)
    ///
    /// Columns: task, model, axis, rater, score. Shows their agreement with the judge, its bias in favour of a model, and
    /// prediction-powered differences.
    #[arg(long, value_name = "FILE")]
    human: Option<PathBuf>,
    #[command(flatten)]
    rated: HumanScale,
    /// Compare marks of different judges
    ///
    /// Every line is then flagged.
    #[arg(long)]
    force_judge: bool,
    /// Bridge file, for different judges
    ///
    /// A file of `parabench judge-bridge`. It sets runs that different judges marked on one scale; its uncertainty is in
    /// every interval and p.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["judges", "combine", "human", "force_judge", "ratio", "multiverse"])]
    bridge: Option<PathBuf>,
    /// Declaration made before the marks
    ///
    /// A TOML file that names the primary comparison, margin, alpha or family.
    #[arg(long, value_name = "FILE")]
    declare: Option<PathBuf>,
    /// Fail (exit 4) unless true; may be repeated
    ///
    /// "METRIC > POINTS", for example "output_alignment > 0" (better) or "overall > -2.5" (not worse by 2.5).
    #[arg(long = "require", value_name = "CONDITION")]
    requirements: Vec<Requirement>,
    /// Add ratios of means (discouraged)
    ///
    /// With Fieller's interval. A ratio depends on where the mapping puts its zero: report differences.
    #[arg(long)]
    ratio: bool,
    /// Show how claims hold in other analyses
    ///
    /// Counts in how many other analyses each claim stands: mapping, rule for missing marks, judges, sets of axes.
    #[arg(long)]
    multiverse: bool,
    /// Print all exploratory lines
    ///
    /// Otherwise only those that pass are printed.
    #[arg(long)]
    categories: bool,
    /// Print every column and all details
    #[arg(long)]
    full: bool,
    /// Write all comparisons as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    comparison: &'a Comparison,
    requirements: &'a [RequirementOutcome],
    #[serde(skip_serializing_if = "Option::is_none")]
    panel: Option<&'a Panel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    human: Option<&'a HumanReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multiverse: Option<&'a Multiverse>,
    /// The paper's rows about this suite: means only, never tested against.
    published: &'a [PublishedRow],
    exit_code: u8,
}

/// Runs the command.
///
/// # Errors
/// Runs that cannot be read or compared.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let declaration = match &options.declare {
        Some(path) => Declaration::read(path).context("--declare")?,
        None => Declaration::default(),
    };
    let loaded = load_all(
        &options.results.folder,
        options.runs.iter().chain(&options.baselines),
    )?;
    let of_judges = loaded;
    let (loaded, panel) = combine(options, &of_judges)?;
    let (candidates, baselines) = loaded.split_at(options.runs.len());
    let (candidates, baselines): (Vec<_>, Vec<_>) =
        (candidates.iter().collect(), baselines.iter().collect());
    let judge = match panel {
        Some(_) => None,
        None => options.judges.first().map(String::as_str),
    };
    let bridge = bridge(options.bridge.as_deref())?;
    let mut comparison = compare(&CompareRequest {
        candidates: candidates.clone(),
        baselines: baselines.clone(),
        judge,
        across: across(bridge.as_ref(), options.force_judge),
        declaration: declaration.clone(),
        cross_checks: globals.json,
        draws: DEFAULT_DRAWS,
    })
    .map_err(usage)?;
    if options.ratio {
        add_ratios(&mut comparison, &loaded, judge).map_err(usage)?;
    }
    let multiverse = match options.multiverse {
        true => {
            let (candidates, baselines) = of_judges.split_at(options.runs.len());
            let (candidates, baselines): (Vec<_>, Vec<_>) =
                (candidates.iter().collect(), baselines.iter().collect());
            let found = multiverse(&multiverse::MultiverseRequest {
                candidates: &candidates,
                baselines: &baselines,
                panel: options.combine.map(|how| (&*options.judges, how)),
                declaration: &declaration,
                draws: DEFAULT_DRAWS,
                comparison: &comparison,
            });
            Some(found.map_err(usage)?)
        }
        false => None,
    };
    let human = match &options.human {
        Some(path) => {
            let rated = options.rated.of(&loaded)?;
            let ratings = Ratings::read(path, rated).context("--human")?;
            let report = human_report(&ratings, &candidates, &baselines, judge);
            Some(report.context("--human")?)
        }
        None => None,
    };
    let verdicts: Vec<RequirementOutcome> = options
        .requirements
        .iter()
        .map(|requirement| verdict(&comparison, requirement))
        .collect::<Result<_, _>>()
        .map_err(|error| UsageError(error.to_string()))?;
    let exit = if verdicts.iter().all(|verdict| verdict.held) {
        Exit::Done
    } else {
        Exit::RequirementFailed
    };
    if let Some(path) = &options.csv {
        files::write_atomic(path, compare_csv(&comparison)?.as_bytes()).context("--csv")?;
    }
    let published = published_rows(&Figures::read(None)?, &comparison.suite.name);
    if globals.json {
        globals.print_json(&Outcome {
            comparison: &comparison,
            requirements: &verdicts,
            panel: panel.as_ref(),
            human: human.as_ref(),
            multiverse: multiverse.as_ref(),
            published: &published,
            exit_code: exit.code(),
        })?;
    } else {
        let detail = terminal::detail(options.full);
        print!("{}", shown(options, &comparison, detail));
        if let Some(multiverse) = &multiverse {
            print!("\n{}", multiverse_text(&comparison, multiverse, detail));
        }
        if let Some(panel) = panel.as_ref().filter(|_| options.full) {
            print!("\n{}", panel_text(panel));
        }
        if let Some(human) = &human {
            print!("\n{}", human_text(human));
        }
        if options.full {
            print!("{}", published_beside(&published, detail));
        }
        print!("{}", requirement_text(&verdicts));
    }
    Ok(exit)
}

/// The first screen, or everything.
fn shown(options: &Options, comparison: &Comparison, detail: Detail) -> String {
    // Ratios stand among the details.
    if options.full || options.ratio {
        return compare_text(comparison, options.categories, detail);
    }
    let mut text = compare_short(comparison, detail);
    if options.categories {
        text.push('\n');
        text.push_str(&categories_text(&comparison.categories, true, detail));
    }
    text
}

/// The runs as the panel marked them and its agreement, where judges are to be combined.
fn combine<'a>(
    options: &Options,
    loaded: &'a [LoadedRun],
) -> anyhow::Result<(Cow<'a, [LoadedRun]>, Option<Panel>)> {
    let judges = &options.judges;
    let Some(how) = options.combine else {
        if judges.len() > 1 {
            let text =
                "several --judge need --combine mean or median; or compare under one at a time";
            return Err(UsageError(text.to_owned()).into());
        }
        return Ok((Cow::Borrowed(loaded), None));
    };
    let mut faults = Vec::new();
    let mut combined = Vec::new();
    for run in loaded {
        match panel::combined(run, judges, how) {
            Ok(run) => combined.push(run),
            Err(error) => faults.push(error.to_string()),
        }
    }
    if !faults.is_empty() {
        return Err(UsageError(faults.join("\n")).into());
    }
    let agreement = panel_agreement::panel(&loaded.iter().collect::<Vec<_>>(), judges, how);
    Ok((Cow::Owned(combined), Some(agreement)))
}

/// The bridge that `--bridge` names.
///
/// # Errors
/// A file that is none.
pub fn bridge(path: Option<&Path>) -> anyhow::Result<Option<Bridge>> {
    path.map(|path| Bridge::read(path).context("--bridge"))
        .transpose()
}

/// What to do with runs of different judges, by these options.
pub fn across(bridge: Option<&Bridge>, force: bool) -> Across<'_> {
    match (bridge, force) {
        (Some(bridge), _) => Across::Bridged(bridge),
        (None, true) => Across::Forced,
        (None, false) => Across::Refused,
    }
}

/// What the user named wrongly is a matter of usage, the rest a failure.
fn usage(error: CompareError) -> anyhow::Error {
    match error {
        CompareError::Request(_) | CompareError::Judge(_) => UsageError(error.to_string()).into(),
        other => other.into(),
    }
}

/// Loads runs by folder or name. All that cannot be loaded are reported at once.
///
/// # Errors
/// Runs that are not there or cannot be read.
pub fn load_all<'a>(
    results: &Path,
    runs: impl Iterator<Item = &'a String>,
) -> anyhow::Result<Vec<LoadedRun>> {
    let mut loaded = Vec::new();
    let mut faults = Vec::new();
    for run in runs {
        let read = existing_run(results, run).and_then(|folder| Ok(load(&folder)?));
        match read {
            Ok(run) => loaded.push(run),
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    if faults.is_empty() {
        Ok(loaded)
    } else {
        Err(anyhow::anyhow!("{}", faults.join("\n")))
    }
}
