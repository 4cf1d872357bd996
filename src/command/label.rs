//! `parabench label`: a page on which people mark answers, for `compare --human`.

mod cards;

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::analysis::bridge::draw::{Candidate, draw};
use crate::command::human_scale;
use crate::command::results_option::ResultsOption;
use crate::command::shard_folders::open_suite;
use crate::command::task_options::existing_run;
use crate::command::{Exit, Globals, UsageError};
use crate::common::decimal::Decimal;
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::seed::shuffle_key;
use crate::common::suggest::unknown;
use crate::report::label::{Card, Content, LabelAnswer, Marks, label_page, question};
use crate::run::folder::{RunData, names};
use crate::run::manifest::{Manifest, SuiteSection};
use crate::run::record::SampleKey;
use crate::suite::select::select;
use crate::suite::{Axis, Suite, Task};

use self::cards::card;

/// Options of `parabench label`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Runs whose answers people mark: names or folders
    ///
    /// Two or more are shown side by side.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// Number of tasks, drawn at random
    ///
    /// Drawn by category, at least two of each.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=2000))]
    number: u32,
    /// Axis to mark; may be repeated
    ///
    /// The default is output_alignment, or image_alignment where a model does not think; for suites with axes of their
    /// own it is all that judges mark.
    #[arg(long = "axis", value_name = "AXIS", value_parser = axis)]
    axes: Vec<Axis>,
    /// What people are asked on an axis; may be repeated
    ///
    /// ParaBench's axes have questions of their own. The page of another axis asks by its title.
    #[arg(long = "question", value_name = "AXIS=TEXT", value_parser = asked)]
    questions: Vec<(String, String)>,
    /// Scale of people's marks
    ///
    /// The default is the scale of the axis. `compare` then takes the same as --human-scale.
    #[arg(long, value_name = "LO..HI", value_parser = human_scale::ends)]
    scale: Option<(Decimal, Decimal)>,
    /// Step of --scale
    #[arg(long, value_name = "STEP", requires = "scale", default_value = "1")]
    step: Decimal,
    /// Seed of the draw and of the order
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// File of the page
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Suite of the runs, if it has moved
    ///
    /// Needed only where the name in run.toml does not lead to the suite.
    #[arg(long, value_name = "NAME|DIR")]
    suite: Option<String>,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

/// A key: which axes there are, the suite of the runs says.
fn axis(text: &str) -> Result<Axis, String> {
    Axis::by_key(text).map_err(|error| error.to_string())
}

/// `AXIS=TEXT`.
fn asked(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((axis, question)) if !question.trim().is_empty() => {
            Ok((axis.trim().to_owned(), question.trim().to_owned()))
        }
        _ => {
            Err("expected AXIS=TEXT, for example sc=\"Is the edit what was asked for?\"".to_owned())
        }
    }
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome {
    page: PathBuf,
    tasks: usize,
    cards: usize,
    answers: usize,
    axes: Vec<Axis>,
}

/// A run with its answers.
struct Run {
    manifest: Manifest,
    images: PathBuf,
    data: RunData,
}

/// Runs the command.
///
/// # Errors
/// Runs that cannot be read or set side by side, and a page that cannot be written.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let runs = runs(options)?;
    let Some(first) = runs.first() else {
        return Err(usage("there is no run"));
    };
    let suite = {
        let section = &first.manifest.suite;
        open_suite(options.suite.as_deref(), &section.name, section)?
    };
    let axes = axes(options, &first.manifest.suite, &runs)?;
    let asked = axes
        .iter()
        .map(|&axis| Asked::of(options, axis))
        .collect::<anyhow::Result<Vec<Asked>>>()?;
    let tasks = drawn(options, &suite, &runs)?;
    let mut cards = Vec::new();
    for task in &tasks {
        for asked in &asked {
            cards.extend(card(options.seed, &runs, &suite, task, asked)?);
        }
    }
    if cards.is_empty() {
        return Err(usage(
            "no answer to these tasks needs a mark on these axes; name other axes or runs",
        ));
    }
    cards.sort_by_cached_key(|card| shuffle_key(options.seed, "label order", &place(card)));
    let fields: Vec<String> = cards
        .iter()
        .flat_map(|card| {
            let marks = card.marks.unusual().into_iter();
            let head = std::iter::once(place(card)).chain(marks);
            head.chain(card.answers.iter().map(shown))
        })
        .collect();
    let content = Content {
        suite: format!("{} {}", suite.name, suite.version),
        digest: Digest::of_fields(fields.iter().map(String::as_bytes)),
        cards,
    };
    files::write_atomic(&options.output, label_page(&content)?.as_bytes())?;
    let answers = content.cards.iter().map(|card| card.answers.len()).sum();
    let outcome = Outcome {
        page: options.output.clone(),
        tasks: tasks.len(),
        cards: content.cards.len(),
        answers,
        axes,
    };
    if globals.json {
        globals.print_json(&outcome)?;
    } else {
        println!(
            "{} tasks, {} answers to mark\n{}\nOpen it in a browser, mark, save labels.csv, then: parabench compare RUN --baseline \
             OTHER --human labels.csv{}",
            outcome.tasks,
            outcome.answers,
            outcome.page.display(),
            human_scale(options)
        );
    }
    Ok(Exit::Done)
}

/// What `compare` must be told about the scale of people's marks.
fn human_scale(options: &Options) -> String {
    match options.scale {
        None => String::new(),
        Some((lo, hi)) => format!(" --human-scale {lo}..{hi} --human-step {}", options.step),
    }
}

/// What people are asked on one axis.
struct Asked {
    axis: Axis,
    question: String,
    marks: Marks,
}

impl Asked {
    fn of(options: &Options, axis: Axis) -> anyhow::Result<Self> {
        let scale = match options.scale {
            None => axis.scale(),
            Some((lo, hi)) => human_scale::scale(lo, hi, options.step)?,
        };
        let mut given = options.questions.iter().rev();
        let given = given.find(|(key, _)| key == axis.key());
        Ok(Self {
            question: match given {
                Some((_, text)) => text.clone(),
                None => question(axis),
            },
            marks: Marks::of(scale, axis.parts()),
            axis,
        })
    }
}

fn place(card: &Card) -> String {
    format!("{}/{}", card.task, card.axis)
}

/// What identifies an answer on the page.
fn shown(answer: &LabelAnswer) -> String {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    format!(
        "{}\n{}\n{}",
        answer.model,
        part(&answer.reasoning),
        part(&answer.output)
    )
}

fn usage(message: impl Into<String>) -> anyhow::Error {
    UsageError(message.into()).into()
}

fn runs(options: &Options) -> anyhow::Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for name in &options.runs {
        let folder = existing_run(&options.results.folder, name)?;
        let manifest = Manifest::read(&folder.join(names::MANIFEST))?;
        if manifest.import.is_some() {
            return Err(usage(format!(
                "{name} holds imported marks and no answers that people could mark; name a run with answers"
            )));
        }
        if let Some(first) = runs.first() {
            let (a, b) = (&first.manifest, &manifest);
            if a.suite != b.suite || a.sampling.tasks_digest != b.sampling.tasks_digest {
                return Err(usage(format!(
                    "{name} was not asked the same tasks of the same suite as the first run: people mark answers to the same tasks"
                )));
            }
        }
        let model = &manifest.model.identity.name;
        if runs
            .iter()
            .any(|run| run.manifest.model.identity.name == *model)
        {
            return Err(usage(format!(
                "two runs are of the model {model}, and the CSV names models: label runs of different models"
            )));
        }
        runs.push(Run {
            images: folder.join(names::IMAGES),
            data: RunData::read(&folder)?,
            manifest,
        });
    }
    Ok(runs)
}

fn axes(options: &Options, suite: &SuiteSection, runs: &[Run]) -> anyhow::Result<Vec<Axis>> {
    let thinks = runs.iter().all(|run| run.manifest.model.identity.thinks);
    for (key, _) in &options.questions {
        if !suite.axes.iter().any(|axis| axis.key() == key) {
            let known: Vec<&str> = suite.axes.iter().map(|axis| axis.key()).collect();
            let fault = unknown("axis", key, &known, None);
            return Err(usage(format!("--question: {fault}")));
        }
    }
    let wanted = match (options.axes.as_slice(), suite.declares(), thinks) {
        ([], true, _) => {
            let marked = suite.axes.iter().copied();
            marked
                .filter(|axis| thinks || !axis.needs_reasoning())
                .collect()
        }
        ([], false, true) => vec![Axis::OUTPUT_ALIGNMENT],
        ([], false, false) => vec![Axis::IMAGE_ALIGNMENT],
        (named, ..) => named.to_vec(),
    };
    wanted
        .into_iter()
        .map(|axis| applied(axis, suite, thinks))
        .collect()
}

/// An axis of the suite that judges mark and that these models have.
fn applied(axis: Axis, suite: &SuiteSection, thinks: bool) -> anyhow::Result<Axis> {
    let Some(found) = axis.among(&suite.axes) else {
        if axis.among(&suite.scores).is_some() {
            return Err(usage(format!(
                "--axis {axis} is computed from marks on other axes; name those axes"
            )));
        }
        let known: Vec<&str> = suite.axes.iter().map(|axis| axis.key()).collect();
        let fault = unknown("axis", axis.key(), &known, None);
        return Err(usage(format!("--axis: {fault}")));
    };
    if found.needs_reasoning() && !thinks {
        return Err(usage(format!(
            "--axis {axis} looks at the reasoning, and a model of these runs does not think"
        )));
    }
    Ok(found)
}

/// Tasks to which every run has an answer, drawn at random by category.
fn drawn(options: &Options, suite: &Suite, runs: &[Run]) -> anyhow::Result<Vec<Task>> {
    let Some(first) = runs.first() else {
        return Ok(Vec::new());
    };
    let selected = select(suite, &first.manifest.sampling.filter())?.indices;
    let answered = |task: &&Task| runs.iter().all(|run| record(run, task).is_some());
    let tasks: Vec<&Task> = selected
        .iter()
        .filter_map(|&index| suite.tasks.get(index))
        .filter(answered)
        .collect();
    if tasks.is_empty() {
        return Err(usage("no task has an answer of every run"));
    }
    let candidates: Vec<Candidate<'_>> = tasks
        .iter()
        .map(|task| Candidate {
            category: &task.prompt.category,
            task: task.id(),
        })
        .collect();
    let positions = draw(&candidates, options.number as usize, options.seed);
    let task = |position: usize| tasks.get(position).map(|task| (*task).clone());
    Ok(positions.into_iter().filter_map(task).collect())
}

/// The first sample of a task.
fn record<'a>(run: &'a Run, task: &Task) -> Option<&'a crate::run::record::SampleRecord> {
    let seeds: crate::suite::select::SampleRange = run.manifest.sampling.seeds.parse().ok()?;
    run.data.samples.get(&SampleKey {
        task: Arc::clone(&task.prompt.id),
        sample: seeds.iter().start,
    })
}
