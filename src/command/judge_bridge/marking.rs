//! Both judges mark the drawn tasks of every run, in the runs themselves: their store, executor and cache are those of
//! `judge`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use serde::Serialize;

use crate::analysis::bridge::assemble::Held;
use crate::analysis::bridge::draw::{Candidate, draw};
use crate::analysis::bridge::file::{AnchorTask, Bridge, Draw};
use crate::analysis::runs::load::{LoadedRun, load};
use crate::command::Globals;
use crate::command::session::Session;
use crate::command::shard_folders::open_suite;
use crate::command::task_options::existing_run;
use crate::common::digest::Digest;
use crate::common::files;
use crate::judge::anchor_folder;
use crate::report::forecast_text::forecast_text;
use crate::run::folder::{RunData, names};
use crate::run::forecast::{Forecast, forecast};
use crate::run::manifest::Manifest;
use crate::run::plan::{RunPlan, Seat};
use crate::run::record::SampleKey;
use crate::run::scores::{self, Status};
use crate::run::stage::Ending;
use crate::suite::select::{SampleRange, select};
use crate::suite::{Suite, Task};

use super::anchored::save;
use super::chairs::{Chair, chairs, stop_options};
use super::{Options, usage};

/// How the marking ended.
pub(super) enum Marked {
    /// It was only told what would be asked.
    Told,
    /// An anchor set was saved.
    Saved(PathBuf),
    /// The user stopped it.
    Stopped,
    /// The next mark could have exceeded the cap on money.
    OutOfBudget,
    /// All marks that can be had are there.
    Bridge(Box<Bridge>),
}

/// A run as it lies there.
pub(super) struct Run {
    pub(super) folder: PathBuf,
    pub(super) manifest: Manifest,
    samples: SampleRange,
}

/// What one run would be asked, as `--json` prints it.
#[derive(Serialize)]
struct Told {
    run: PathBuf,
    forecast: Forecast,
}

/// Marks what is not marked yet and puts the bridge together.
pub(super) fn mark(options: &Options, globals: &Globals) -> anyhow::Result<Marked> {
    if let Some(folder) = &options.save_anchors {
        anchor_folder::check_free(folder)?;
        files::check_writable(folder).context("--save-anchors")?;
    }
    let runs = runs(options)?;
    let Some(first) = runs.first() else {
        return Err(usage("there is no run"));
    };
    let section = &first.manifest.suite;
    let suite = open_suite(options.suite.as_deref(), &section.name, section)?;
    let suite = Arc::new(suite);
    let tasks = select(&suite, &first.manifest.sampling.filter())?.indices;
    let drawn = drawn(options, &suite, &tasks);
    let chairs = chairs(options, &suite, &runs)?;
    let job = Job {
        options,
        globals,
        suite: &suite,
        tasks: &tasks,
        drawn: &drawn,
        chairs: &chairs,
    };
    if options.dry_run {
        job.tell(&runs)?;
        return Ok(Marked::Told);
    }
    match job.ask(&runs)? {
        Ending::Complete => {}
        Ending::OutOfBudget => return Ok(Marked::OutOfBudget),
        Ending::Stopped => return Ok(Marked::Stopped),
    }
    match &options.save_anchors {
        Some(folder) => save(&job, &runs, folder),
        None => Ok(Marked::Bridge(Box::new(job.bridge(&runs)?))),
    }
}

/// The runs, which must have been made on the same tasks.
fn runs(options: &Options) -> anyhow::Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for name in &options.runs {
        let folder = existing_run(&options.results.folder, name)?;
        let manifest = Manifest::read(&folder.join(names::MANIFEST))?;
        if manifest.import.is_some() {
            return Err(usage(format!(
                "{}: its marks were imported, so there are no answers that a judge could mark; name runs with answers",
                folder.display()
            )));
        }
        if manifest.shard.is_some() {
            return Err(usage(format!(
                "{} is a part of a run: `parabench merge` joins the parts, then both judges mark the whole",
                folder.display()
            )));
        }
        let samples = manifest.sampling.seeds.parse().with_context(|| {
            format!("{}: sampling.seeds", folder.join(names::MANIFEST).display())
        })?;
        if let Some(first) = runs.first() {
            let (a, b) = (&first.manifest, &manifest);
            let same = a.suite == b.suite
                && a.sampling.tasks_digest == b.sampling.tasks_digest
                && a.sampling.run_seed == b.sampling.run_seed;
            if !same {
                return Err(usage(format!(
                    "{} and {} did not answer the same tasks of the same suite; name runs that can be compared",
                    first.folder.display(),
                    folder.display()
                )));
            }
        }
        runs.push(Run {
            folder,
            manifest,
            samples,
        });
    }
    Ok(runs)
}

/// Positions in the suite of the tasks that both judges mark.
fn drawn(options: &Options, suite: &Suite, tasks: &[usize]) -> Vec<usize> {
    let candidates: Vec<Candidate<'_>> = tasks
        .iter()
        .filter_map(|&index| suite.tasks.get(index))
        .map(|task| Candidate {
            category: &task.prompt.category,
            task: task.id(),
        })
        .collect();
    let positions = draw(&candidates, options.items as usize, options.seed);
    let index = |position: usize| tasks.get(position).copied();
    positions.into_iter().filter_map(index).collect()
}

/// What is to be marked.
pub(super) struct Job<'a> {
    pub(super) options: &'a Options,
    globals: &'a Globals,
    pub(super) suite: &'a Arc<Suite>,
    tasks: &'a [usize],
    drawn: &'a [usize],
    pub(super) chairs: &'a [Chair],
}

impl Job<'_> {
    /// The judges that a run still needs, to be asked about the drawn tasks.
    fn seats(&self, run: &Run) -> anyhow::Result<Vec<Seat>> {
        let ids = self.ids();
        let mut seats = Vec::new();
        for chair in self.chairs {
            if self.has_all(run, &chair.name, &ids) {
                continue;
            }
            match &chair.seat {
                Ok(seat) => seats.push(seat.clone()),
                Err(error) => {
                    return Err(anyhow!(
                        "{}: marks of judge {} are missing, and it cannot be asked for them: {error:#}",
                        run.folder.display(),
                        chair.name
                    ));
                }
            }
        }
        Ok(seats)
    }

    fn ids(&self) -> BTreeSet<&str> {
        let tasks = self.drawn.iter().filter_map(|&at| self.suite.tasks.get(at));
        tasks.map(|task| task.id()).collect()
    }

    /// Whether a judge has marked the drawn tasks of a run, by its score table.
    fn has_all(&self, run: &Run, judge: &str, ids: &BTreeSet<&str>) -> bool {
        let judges = &run.manifest.judges;
        let Some(section) = judges.iter().find(|known| known.identity.name == judge) else {
            return false;
        };
        let Ok(rows) = scores::read(&run.folder.join(names::SCORES), &run.manifest.suite.axes)
        else {
            return false;
        };
        let fewer = self.options.repeats.is_some_and(|k| section.repeats < k);
        let own = || {
            rows.iter()
                .filter(|row| *row.judge == *judge && ids.contains(&*row.task))
        };
        let open = |status: Status| match status {
            Status::Pending => true,
            Status::Missing(_) => self.options.retry_missing,
            _ => false,
        };
        !fewer && own().next().is_some() && !own().any(|row| open(row.status))
    }

    fn plan(&self, run: &Run, seats: Vec<Seat>, max_cost_usd: Option<f64>) -> RunPlan {
        RunPlan {
            suite: Arc::clone(self.suite),
            tasks: self.drawn.to_vec(),
            samples: run.samples.iter(),
            run_seed: run.manifest.sampling.run_seed,
            model: None,
            seats,
            retry_missing: self.options.retry_missing,
            max_cost_usd,
        }
    }

    /// Prints what would be asked.
    fn tell(&self, runs: &[Run]) -> anyhow::Result<()> {
        let mut told = Vec::new();
        for run in runs {
            let data = RunData::read(&run.folder)?;
            let forecast = forecast(
                &self.plan(run, self.seats(run)?, None),
                &run.manifest.suite.axes,
                run.manifest.model.identity.thinks,
                &data,
                &run.folder.join(names::IMAGES),
            );
            told.push(Told {
                run: run.folder.clone(),
                forecast,
            });
        }
        if self.globals.json {
            return self.globals.print_json(&told);
        }
        println!(
            "{} of {} tasks, {} runs",
            self.drawn.len(),
            self.tasks.len(),
            runs.len()
        );
        for Told { run, forecast } in &told {
            println!("\n{}", forecast_text(forecast, run).trim_end());
        }
        let costs: Option<f64> = told
            .iter()
            .flat_map(|told| told.forecast.judges.iter().map(|judge| judge.cost_usd))
            .sum();
        match costs {
            Some(usd) => println!("\nall runs together: {usd:.2} USD, retries not counted"),
            None => println!("\nall runs together: a judge's profile states no price"),
        }
        Ok(())
    }

    /// Asks for what is not there, run by run.
    fn ask(&self, runs: &[Run]) -> anyhow::Result<Ending> {
        let mut spent_here = 0.0;
        for run in runs {
            let seats = self.seats(run)?;
            if seats.is_empty() {
                continue;
            }
            let before = RunData::read(&run.folder)?.spent_usd;
            // The cap of a run counts all that was ever spent on it.
            let cap = self.options.max_cost.map(|cap| before + cap - spent_here);
            let stop = stop_options(self.options, cap);
            let session = Session {
                plan: self.plan(run, seats, cap),
                manifest: Manifest {
                    judges: Vec::new(),
                    ..run.manifest.clone()
                },
                folder: run.folder.clone(),
                scored: Some(self.tasks.to_vec()),
                typed: Vec::new(),
                stop: &stop,
                globals: self.globals,
            };
            if !self.globals.json {
                eprintln!("run {}", run.folder.display());
            }
            let (ending, _) = session.quietly()?;
            if ending != Ending::Complete {
                return Ok(ending);
            }
            spent_here += RunData::read(&run.folder)?.spent_usd - before;
        }
        Ok(Ending::Complete)
    }

    fn bridge(&self, runs: &[Run]) -> anyhow::Result<Bridge> {
        let loaded = loaded(runs)?;
        let [old, new] = self.chairs else {
            return Err(usage("a bridge needs --old and --new"));
        };
        let names = (old.name.as_str(), new.name.as_str());
        let tasks = self.anchor_tasks();
        Ok(Bridge::assemble(&held(&loaded), names, self.draw(), tasks)?)
    }

    pub(super) fn draw(&self) -> Draw {
        Draw {
            seed: self.options.seed,
            wanted: self.options.items as usize,
            of: self.tasks.len(),
        }
    }

    pub(super) fn drawn_tasks(&self) -> impl Iterator<Item = &Task> {
        self.drawn.iter().filter_map(|&at| self.suite.tasks.get(at))
    }

    pub(super) fn anchor_tasks(&self) -> Vec<AnchorTask> {
        let tasks = self.drawn_tasks();
        tasks
            .map(|task| AnchorTask {
                task: Arc::clone(&task.prompt.id),
                category: task.prompt.category.as_ref().into(),
            })
            .collect()
    }
}

/// A run with the digests of its answers.
pub(super) type Loaded = (LoadedRun, BTreeMap<SampleKey, Digest>);

/// The runs with the digests of their answers.
pub(super) fn loaded(runs: &[Run]) -> anyhow::Result<Vec<Loaded>> {
    let one = |run: &Run| Ok((load(&run.folder)?, answers(&run.folder)?));
    runs.iter().map(one).collect()
}

/// The same as a bridge takes them.
pub(super) fn held(loaded: &[Loaded]) -> Vec<Held<'_>> {
    let held = loaded.iter();
    held.map(|(run, answers)| Held { run, answers }).collect()
}

/// Digests of the answers of a run.
fn answers(folder: &Path) -> anyhow::Result<BTreeMap<SampleKey, Digest>> {
    let data = RunData::read(folder)?;
    let digest = |(key, record): (&SampleKey, &crate::run::record::SampleRecord)| {
        (key.clone(), record.answer_digest())
    };
    Ok(data.samples.iter().map(digest).collect())
}
