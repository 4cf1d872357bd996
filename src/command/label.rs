//! `parabench label`: a page on which people mark answers, for `compare --human`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use serde::Serialize;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::analysis::bridge::draw::{Candidate, draw};
use crate::command::results_option::ResultsOption;
use crate::command::sharded::open_suite;
use crate::command::task_options::existing_run;
use crate::command::{Exit, Globals, UsageError};
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::picture::PictureFile;
use crate::common::seed::shuffle_key;
use crate::judge::Evidence;
use crate::report::label::{Card, Content, LabelAnswer, label_page, question, veiled};
use crate::report::page::thumbnail::{Rung, Thumbnails};
use crate::run::answer::{Need, need};
use crate::run::folder::{RunData, names};
use crate::run::manifest::Manifest;
use crate::run::record::SampleKey;
use crate::suite::select::select;
use crate::suite::{Axis, Suite, Task};

/// How large a picture is on the page, and how well it is kept: people mark what they see.
const SIZE: Rung = Rung {
    side: 768,
    quality: 95,
};
/// Longest text of an answer that is shown, in characters.
const MAX_WORDS: usize = 20_000;

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
    /// The default is output_alignment, or image_alignment where a model does not think.
    #[arg(long = "axis", value_name = "AXIS")]
    axes: Vec<Axis>,
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
    if first.manifest.suite.declares() {
        let name = &first.manifest.suite.name;
        return Err(usage(format!(
            "the suite {name} declares axes of its own; a label page knows marks 1 to 5 on ParaBench's axes only. Marks of people \
             on other scales can be imported: `parabench scores import`"
        )));
    }
    let suite = {
        let section = &first.manifest.suite;
        open_suite(options.suite.as_deref(), &section.name, section)?
    };
    let axes = axes(options, &runs)?;
    let tasks = drawn(options, &suite, &runs)?;
    let mut cards = Vec::new();
    for task in &tasks {
        for &axis in &axes {
            cards.extend(card(options.seed, &runs, task, axis)?);
        }
    }
    cards.sort_by_cached_key(|card| shuffle_key(options.seed, "label order", &place(card)));
    let fields: Vec<String> = cards
        .iter()
        .flat_map(|card| std::iter::once(place(card)).chain(card.answers.iter().map(shown)))
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
             OTHER --human labels.csv",
            outcome.tasks,
            outcome.answers,
            outcome.page.display()
        );
    }
    Ok(Exit::Done)
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

fn axes(options: &Options, runs: &[Run]) -> anyhow::Result<Vec<Axis>> {
    let thinks = runs.iter().all(|run| run.manifest.model.identity.thinks);
    let default = match thinks {
        true => Axis::OUTPUT_ALIGNMENT,
        false => Axis::IMAGE_ALIGNMENT,
    };
    let wanted = match options.axes.is_empty() {
        true => vec![default],
        false => options.axes.clone(),
    };
    for axis in &wanted {
        let judged = runs
            .iter()
            .all(|run| run.manifest.suite.axes.contains(axis));
        if !judged || (axis.needs_reasoning() && !thinks) {
            return Err(usage(format!(
                "--axis {axis} does not apply to these runs: the suite does not judge it, or a model does not think"
            )));
        }
    }
    Ok(wanted)
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

/// A task on an axis: what a judge would see of each answer. Answers that no judge is asked about are left out; `None` where
/// nothing is left.
fn card(seed: u64, runs: &[Run], task: &Task, axis: Axis) -> anyhow::Result<Option<Card>> {
    let mut answers: Vec<(u64, LabelAnswer)> = Vec::new();
    let mut common: Option<Evidence> = None;
    for run in runs {
        let identity = &run.manifest.model.identity;
        let Some(record) = record(run, task) else {
            continue;
        };
        let Need::Ask(evidence) = need(axis, task, identity.thinks, record, &run.images) else {
            continue;
        };
        let key = format!("{}/{axis}/{}", task.id(), identity.name);
        answers.push((
            shuffle_key(seed, "label side", &key),
            LabelAnswer {
                reasoning: evidence.reasoning().map(words),
                output: evidence
                    .output()
                    .map(|picture| data_uri(picture))
                    .transpose()?,
                model: veiled(&identity.name),
            },
        ));
        common.get_or_insert(evidence);
    }
    answers.sort_by_key(|(key, _)| *key);
    let Some(evidence) = common else {
        return Ok(None);
    };
    Ok(Some(Card {
        task: task.id().to_owned(),
        axis,
        title: axis.title(),
        question: question(axis).with_context(|| format!("no words to ask people about {axis}"))?,
        instruction: evidence.instruction().map(words),
        input: evidence
            .input()
            .map(|picture| data_uri(picture))
            .transpose()?,
        answers: answers.into_iter().map(|(_, answer)| answer).collect(),
    }))
}

fn words(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_WORDS).collect();
    if shown.len() < text.len() {
        shown.push_str(" […]");
    }
    shown
}

/// The picture, at most [`SIZE`] pixels wide and high, as a data URI.
fn data_uri(picture: &PictureFile) -> anyhow::Result<String> {
    let thumbnails = Thumbnails::new(&files::cache_folder());
    let small = thumbnails
        .of(&picture.path, picture.digest, SIZE)
        .map_err(anyhow::Error::msg)
        .with_context(|| picture.path.display().to_string())?;
    let (kind, _) = small.kind();
    Ok(format!(
        "data:{kind};base64,{}",
        STANDARD.encode(&small.bytes)
    ))
}
