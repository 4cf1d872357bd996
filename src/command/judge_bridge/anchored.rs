//! Anchor sets: made of runs while the old judge lives, marked by a new one when it is gone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use serde::Serialize;

use crate::analysis::bridge::anchors::{AnchorPlace, AnchorSet, RUBRICS, Seen};
use crate::analysis::bridge::file::{AnchorRun, Bridge, Marker};
use crate::command::progress::Bar;
use crate::command::{Globals, signals};
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::picture::PictureFile;
use crate::judge::audit::anchors::served_models;
use crate::judge::audit::{Asking, Progress, Stop, put};
use crate::judge::rubric::{Rubrics, ToMark};
use crate::judge::{Evidence, Mark, Question, Score};
use crate::report::table::text::paragraph;
use crate::run::answer::{self, Need, need};
use crate::run::folder::{RunData, names};
use crate::run::plan::Seat;
use crate::run::record::SampleKey;
use crate::suite::definition::RubricSource;
use crate::suite::{Axis, Call, Suite, Task};

use super::chairs::one_seat;
use super::marking::{Job, Marked, Run, held, loaded};
use super::{Options, usage};

/// What the new judge would be asked, as `--json` prints it.
#[derive(Default, Serialize)]
struct Forecast {
    marks: u64,
    from_cache: u64,
    calls: u64,
    input_tokens: u64,
    output_tokens: u64,
    cost_usd: Option<f64>,
}

/// Saves the drawn answers with the old judge's marks.
pub(super) fn save(job: &Job<'_>, runs: &[Run], folder: &Path) -> anyhow::Result<Marked> {
    let [old] = job.chairs else {
        return Err(usage("--save-anchors keeps the marks of --old alone"));
    };
    let (loaded, tasks) = (loaded(runs)?, job.anchor_tasks());
    let (old, anchor_runs) = Bridge::old_alone(&held(&loaded), &old.name, &tasks)?;
    let rubric_files = keep_rubrics(job.suite, folder)?;
    let by_id: HashMap<&str, &Task> = job.drawn_tasks().map(|task| (task.id(), task)).collect();
    let mut pictures: Vec<Arc<PictureFile>> = Vec::new();
    let mut seen = Vec::new();
    for (run, anchors) in runs.iter().zip(&anchor_runs) {
        seen.push(seen_of(run, anchors, job.suite, &by_id, &mut pictures)?);
    }
    let first = runs.first().map(|run| run.manifest.suite.clone());
    let mut suite = first.context("there is no run")?;
    let drawn: BTreeSet<&str> = tasks.iter().map(|task| &*task.task).collect();
    suite
        .clusters
        .retain(|task, _| drawn.contains(task.as_str()));
    let set = AnchorSet {
        program: crate::run::manifest::program(),
        suite,
        rubrics: match &job.suite.rubrics {
            Some(RubricSource::Named(name)) => Some(name.clone()),
            Some(RubricSource::Folder(_)) | None => None,
        },
        rubric_files,
        calls: job.suite.calls.iter().map(Call::to_wire).collect(),
        draw: job.draw(),
        old,
        tasks,
        runs: anchor_runs,
        seen,
    };
    set.save(folder, &pictures)?;
    Ok(Marked::Saved(folder.to_owned()))
}

/// Copies the suite's own rubrics, so that a later judge is told the same; their digests by name.
fn keep_rubrics(suite: &Suite, folder: &Path) -> anyhow::Result<BTreeMap<String, Digest>> {
    let Some(RubricSource::Folder(source)) = &suite.rubrics else {
        return Ok(BTreeMap::new());
    };
    let target = folder.join(RUBRICS);
    files::create_folder(&target).context("--save-anchors")?;
    let mut kept = BTreeMap::new();
    for (name, text) in Rubrics::files(source, &ToMark::of(suite))? {
        files::write_atomic(&target.join(&name), text.as_bytes())?;
        kept.insert(name, Digest::of(text.as_bytes()));
    }
    Ok(kept)
}

/// What judges see of the answers of a run, and the pictures in it.
fn seen_of(
    run: &Run,
    anchors: &AnchorRun,
    suite: &Suite,
    tasks: &HashMap<&str, &Task>,
    pictures: &mut Vec<Arc<PictureFile>>,
) -> anyhow::Result<Vec<Seen>> {
    let data = RunData::read(&run.folder)?;
    let images = run.folder.join(names::IMAGES);
    let thinks = run.manifest.model.identity.thinks;
    let mut seen = Vec::new();
    for marked in &anchors.answers {
        let task = tasks
            .get(&*marked.task)
            .context("a task that was not drawn")?;
        let key = SampleKey {
            task: Arc::clone(&marked.task),
            sample: marked.sample,
        };
        let mut evidence: BTreeMap<Axis, Evidence> = BTreeMap::new();
        if let Some(record) = data.samples.get(&key) {
            for &axis in marked.marks.keys() {
                if let Need::Ask(found) = need(axis, task, thinks, record, &images) {
                    evidence.insert(axis, answer::shown(&found, task, &suite.calls));
                }
            }
        }
        let (what, shown) = Seen::of(task.prompt.kind(), &evidence, task.target.as_deref());
        seen.push(what);
        pictures.extend(shown);
    }
    Ok(seen)
}

/// Has a new judge mark an anchor set and puts the bridge together. Replies are kept in the cache, so the same command
/// resumes.
pub(super) fn mark(options: &Options, globals: &Globals, folder: &Path) -> anyhow::Result<Marked> {
    let set = AnchorSet::load(folder).context("--anchors")?;
    let rubrics = match set.rubric_files.is_empty() {
        true => set.rubrics.clone().map(RubricSource::Named),
        false => Some(RubricSource::Folder(folder.join(RUBRICS))),
    };
    let spec = options.new.as_deref().context("--anchors needs --new")?;
    let to_mark = set
        .to_mark()
        .map_err(anyhow::Error::msg)
        .context("--anchors")?;
    let calls = to_mark.calls.clone();
    let seat = one_seat(options, rubrics.as_ref(), to_mark, spec).context("--new")?;
    if options.max_cost.is_some() && !seat.judge.has_price() {
        return Err(usage(format!(
            "--max-cost: the profile of `{}` states no price; add a [price] table to it",
            seat.name()
        )));
    }
    let questions = set.questions(folder, &calls, seat.repeats)?;
    let identity = seat.judge.identity();
    let asked: Vec<&(AnchorPlace, Question)> = questions
        .iter()
        .filter(|((_, _, axis, _), _)| identity.marks(*axis))
        .collect();
    if options.dry_run {
        tell(&seat, &asked, globals)?;
        return Ok(Marked::Told);
    }
    let (verdicts, stopped) = ask(options, globals, &seat, &asked)?;
    if stopped {
        return Ok(Marked::Stopped);
    }
    if verdicts.iter().any(Option::is_none) {
        return Ok(Marked::OutOfBudget);
    }
    let scored = asked
        .iter()
        .zip(&verdicts)
        .filter_map(|((place, _), verdict)| match verdict.as_ref()?.mark {
            Mark::Scored(score) => Some((*place, score)),
            Mark::Missing(_) => None,
        });
    let marks: HashMap<AnchorPlace, Score> = scored.collect();
    let new = Marker {
        repeats: seat.repeats,
        digest: identity.digest(),
        identity: identity.clone(),
        served: served_models(&verdicts),
    };
    let bridge = set.bridge(new, &marks);
    bridge.check(folder)?;
    Ok(Marked::Bridge(Box::new(bridge)))
}

fn tell(seat: &Seat, asked: &[&(AnchorPlace, Question)], globals: &Globals) -> anyhow::Result<()> {
    let mut forecast = Forecast {
        cost_usd: seat.judge.has_price().then_some(0.0),
        ..Forecast::default()
    };
    for (_, question) in asked {
        let one = seat.judge.estimate(question);
        forecast.marks += 1;
        forecast.from_cache += u64::from(one.calls == 0);
        forecast.calls += one.calls;
        forecast.input_tokens += one.input_tokens;
        forecast.output_tokens += one.output_tokens;
        forecast.cost_usd = forecast
            .cost_usd
            .zip(one.cost_usd)
            .map(|(sum, usd)| sum + usd);
    }
    if globals.json {
        return globals.print_json(&forecast);
    }
    let money = forecast.cost_usd.map_or_else(
        || "no price is known".to_owned(),
        |usd| format!("{usd:.2} USD, retries not counted"),
    );
    let told = format!(
        "{}: {} marks, {} from the cache, {} calls, about {} prompt tokens and at most {} reply tokens; {money}",
        seat.name(),
        forecast.marks,
        forecast.from_cache,
        forecast.calls,
        forecast.input_tokens,
        forecast.output_tokens
    );
    print!("{}", paragraph(&told));
    Ok(())
}

type Verdicts = Vec<Option<crate::judge::Verdict>>;

/// The verdicts, and whether the user stopped the calls.
fn ask(
    options: &Options,
    globals: &Globals,
    seat: &Seat,
    asked: &[&(AnchorPlace, Question)],
) -> anyhow::Result<(Verdicts, bool)> {
    let questions: Vec<&Question> = asked.iter().map(|(_, question)| question).collect();
    let asking = Asking {
        max_cost_usd: options.max_cost,
        seed: options.seed,
    };
    let bar = Bar::of_calls(questions.len(), globals.no_progress || globals.json);
    let notice = |progress: Progress| {
        let told = format!("${:.2}  {} missing", progress.spent_usd, progress.missing);
        bar.reach(progress.done as u64, told);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the worker threads")?;
    let stop = Stop::default();
    let signalled = signals::stop(signals::GRACE).context("cannot watch for Ctrl-C")?;
    let obeying = stop.clone();
    runtime.spawn(async move {
        signalled.asked().await;
        obeying.ask();
    });
    let verdicts = runtime.block_on(put(&seat.judge, &questions, asking, &stop, &notice));
    bar.finish();
    Ok((verdicts?, stop.is_asked()))
}
