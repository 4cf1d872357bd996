//! `parabench judge-audit`: is this judge fit for use?

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use serde::Serialize;

use crate::analysis::judges::audit::record::AskedSuite;
use crate::analysis::judges::audit::{Audit, AuditRecord, Drift, Fitness, Thresholds, audit};
use crate::command::progress::Bar;
use crate::command::terminal::print_prose;
use crate::command::{Exit, Globals, UsageError, signals};
use crate::common::files;
use crate::judge::anchor_folder;
use crate::judge::audit::anchors;
use crate::judge::audit::{AskError, Asking, AuditSettings, Probe, Progress, Stop, ask, plan};
use crate::judge::{self, Judge, Verdict};
use crate::report::audit_page::audit_page;
use crate::report::audit_text::{audit_short, audit_text};
use crate::report::table::text;
use crate::suite;

/// Options of `parabench judge-audit`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Judge to test: a profile or a TOML file
    #[arg(long, value_name = "NAME|FILE")]
    judge: String,
    /// Rubrics to use instead of the profile's
    ///
    /// A bundled name, or a folder with one file per axis.
    #[arg(long, value_name = "NAME|DIR")]
    rubrics: Option<String>,
    /// Concurrent requests
    ///
    /// The default is the profile's number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_connections: Option<u32>,
    /// Suite whose tasks are used
    ///
    /// It must store the truth of the picture world `shapes`.
    #[arg(
        long,
        value_name = "NAME|DIR",
        default_value = "shapes",
        conflicts_with = "anchors"
    )]
    suite: String,
    /// Most calls to make
    ///
    /// 60 make one round of all six axes.
    #[arg(long, value_name = "N", default_value_t = AuditSettings::default().calls,
        value_parser = clap::value_parser!(u32).range(60..=1200), conflicts_with = "anchors")]
    calls: u32,
    /// Seed of the tasks and of the order
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Other limits (TOML)
    ///
    /// The limits in force are printed with the result.
    #[arg(long, value_name = "FILE")]
    thresholds: Option<PathBuf>,
    /// Stop before the calls cost more
    #[arg(long, value_name = "USD", value_parser = super::judge_options::money)]
    max_cost: Option<f64>,
    /// Show what it takes; send nothing
    ///
    /// Prints calls, tokens and money without sending a request.
    #[arg(long)]
    dry_run: bool,
    /// Repeat the questions of an anchor set
    ///
    /// Shows how the marks have drifted since the set was saved.
    #[arg(long, value_name = "DIR")]
    anchors: Option<PathBuf>,
    /// Save questions and marks for later
    ///
    /// The anchor set can be asked again with --anchors.
    #[arg(long, value_name = "DIR")]
    save_anchors: Option<PathBuf>,
    /// Write a page and JSON to this folder
    ///
    /// The files are index.html, audit.json and record.json. `parabench report --audit DIR` shows the verdict.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Print every check, noise and limit
    #[arg(long)]
    full: bool,
}

/// What the calls will take.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Forecast {
    questions: u64,
    calls: u64,
    input_tokens: u64,
    output_tokens: u64,
    cost_usd: Option<f64>,
    most_usd: Option<f64>,
}

/// Runs the command.
///
/// # Errors
/// Whatever kept the audit from its end.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let thresholds = match &options.thresholds {
        Some(path) => Thresholds::read(path)?,
        None => Thresholds::default(),
    };
    let judge = open(options)?;
    for notice in judge.notices() {
        eprintln!("note: {notice}");
    }
    if !options.dry_run {
        judge.ready()?;
    }
    // What is written at the end must be possible before money is spent.
    if let Some(folder) = &options.save_anchors {
        anchor_folder::check_free(folder)?;
        files::check_writable(folder).context("--save-anchors")?;
    }
    if let Some(folder) = &options.output {
        files::check_writable(folder).context("--output")?;
    }
    let pictures = tempfile::tempdir().context("no folder for the audit's pictures")?;
    let before = match &options.anchors {
        Some(folder) => Some(anchors::load(folder)?),
        None => None,
    };
    let (probes, suite) = match &before {
        Some(anchors) => (anchors.probes.clone(), None),
        None => planned(options, pictures.path())?,
    };
    if options.max_cost.is_some() && !judge.has_price() {
        let name = &judge.identity().name;
        let message = format!(
            "--max-cost: the profile of `{name}` states no price; add a [price] table to it"
        );
        return Err(UsageError(message).into());
    }
    let forecast = forecast(judge.as_ref(), &probes);
    if options.dry_run {
        return dry_run(&forecast, globals);
    }
    if !globals.json {
        eprint!("{}", text::paragraph(&forecast_text(&forecast)));
    }
    let (verdicts, stopped) = asked(options, globals, &judge, &probes)?;
    let mut found = audit(judge.identity(), &probes, &verdicts, &thresholds);
    found.drift = before.map(|before| Drift::of(&before, judge.identity(), &verdicts));
    if let Some(folder) = &options.save_anchors {
        anchors::save(folder, judge.identity(), &probes, &verdicts)?;
    }
    if let Some(folder) = &options.output {
        let record = AuditRecord::new(&found, suite);
        write(folder, &found, record).context("--output")?;
    }
    conclude(options, globals, &found, stopped)
}

/// The questions, and the suite that they come from.
fn planned(options: &Options, pictures: &Path) -> anyhow::Result<(Vec<Probe>, Option<AskedSuite>)> {
    let suite = suite::open(&options.suite)?;
    let settings = AuditSettings {
        calls: options.calls,
        seed: options.seed,
    };
    let probes = plan(&suite, settings, pictures)?;
    let asked = AskedSuite {
        name: suite.name,
        version: suite.version,
        digest: suite.digest,
    };
    Ok((probes, Some(asked)))
}

fn open(options: &Options) -> anyhow::Result<Arc<dyn Judge>> {
    let settings = judge::OpenOptions {
        // Every mark is to be given anew.
        cache: None,
        rubrics: options.rubrics.clone(),
        max_connections: options.max_connections.map(|number| number as usize),
        ..judge::OpenOptions::default()
    };
    Ok(Arc::from(judge::open(&options.judge, &settings)?))
}

fn forecast(judge: &dyn Judge, probes: &[Probe]) -> Forecast {
    let known = judge.has_price().then_some(0.0);
    let start = Forecast {
        cost_usd: known,
        most_usd: known,
        ..Forecast::default()
    };
    probes.iter().fold(start, |sum, probe| {
        let one = judge.estimate(&probe.question);
        let add = |a: Option<f64>, b: Option<f64>| Some(a? + b?);
        Forecast {
            questions: sum.questions + 1,
            calls: sum.calls + one.calls,
            input_tokens: sum.input_tokens + one.input_tokens,
            output_tokens: sum.output_tokens + one.output_tokens,
            cost_usd: add(sum.cost_usd, one.cost_usd),
            most_usd: add(sum.most_usd, one.most_usd),
        }
    })
}

fn forecast_text(forecast: &Forecast) -> String {
    if forecast.calls == 0 {
        return format!(
            "{} questions, no request to an endpoint, free",
            forecast.questions
        );
    }
    let money = match (forecast.cost_usd, forecast.most_usd) {
        (Some(cost), Some(most)) if most > 0.0 => {
            format!(", about ${cost:.2}, at the most ${most:.2}")
        }
        (Some(_), _) => ", free".to_owned(),
        _ => ", price unknown".to_owned(),
    };
    format!(
        "{} questions: {} calls, about {} prompt tokens and at most {} reply tokens{money}",
        forecast.questions, forecast.calls, forecast.input_tokens, forecast.output_tokens
    )
}

fn dry_run(forecast: &Forecast, globals: &Globals) -> anyhow::Result<Exit> {
    if globals.json {
        globals.print_json(forecast)?;
    } else {
        print!("{}", text::paragraph(&forecast_text(forecast)));
    }
    Ok(Exit::Done)
}

/// The verdicts, and whether the user stopped the calls.
fn asked(
    options: &Options,
    globals: &Globals,
    judge: &Arc<dyn Judge>,
    probes: &[Probe],
) -> anyhow::Result<(Vec<Option<Verdict>>, bool)> {
    let asking = Asking {
        max_cost_usd: options.max_cost,
        seed: options.seed,
    };
    let bar = Bar::of_calls(probes.len(), globals.no_progress || globals.json);
    let spent_usd = Mutex::new(0.0);
    let notice = |progress: Progress| {
        *spent_usd.lock().unwrap_or_else(PoisonError::into_inner) = progress.spent_usd;
        let mut parts = Vec::new();
        if progress.missing > 0 {
            parts.push(format!("{} missing", progress.missing));
        }
        if progress.spent_usd > 0.0 {
            parts.push(format!("${:.2}", progress.spent_usd));
        }
        bar.reach(progress.done as u64, parts.join("  "));
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the worker threads")?;
    let (stop, asked) = (
        Stop::default(),
        signals::stop(signals::GRACE).context("cannot watch for Ctrl-C")?,
    );
    let obeying = stop.clone();
    runtime.spawn(async move {
        asked.asked().await;
        obeying.ask();
    });
    let verdicts = runtime.block_on(ask(judge, probes, asking, &stop, &notice));
    bar.finish();
    if let Err(error) = &verdicts {
        let given_up = match error {
            AskError::Judge(error) => error.spent.cost_usd,
            _ => 0.0,
        };
        let spent = given_up + *spent_usd.lock().unwrap_or_else(PoisonError::into_inner);
        if spent > 0.0 {
            // What was in flight may be billed beside it.
            eprintln!("note: this audit cost ${spent:.4} or more before it ended");
        }
    }
    Ok((verdicts?, stop.is_asked()))
}

/// The page, everything as JSON, and last the record, which holds the digests of both.
fn write(folder: &Path, found: &Audit, record: AuditRecord) -> anyhow::Result<()> {
    let (page, json) = ("index.html", "audit.json");
    files::create_folder(folder)?;
    let text = audit_page(found).context("the page cannot be rendered")?;
    files::write_atomic(&folder.join(page), text.as_bytes())?;
    let text = serde_json::to_vec_pretty(found).context("the audit cannot be written")?;
    files::write_atomic(&folder.join(json), &text)?;
    Ok(record.write_into(folder, &[page, json])?)
}

fn conclude(
    options: &Options,
    globals: &Globals,
    found: &Audit,
    stopped: bool,
) -> anyhow::Result<Exit> {
    if globals.json {
        globals.print_json(found)?;
    } else {
        let text = match options.full {
            true => audit_text(found),
            false => audit_short(found),
        };
        print_prose(&text);
        if let Some(folder) = &options.output {
            println!("page     {}", folder.join("index.html").display());
        }
    }
    if stopped {
        return Ok(Exit::Interrupted);
    }
    Ok(match found.fitness {
        Fitness::Fit => Exit::Done,
        Fitness::Unfit => Exit::RequirementFailed,
        Fitness::NotEnoughCalls => Exit::MissingMarks,
    })
}
