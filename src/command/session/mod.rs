//! One sitting of a run: opens its folder, carries the plan out under the eyes of the
//! user, writes the score table and prints it. What `run`, `generate` and `judge` share.

mod ending;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::analysis::scores::score_table::{ScoreTable, score_tables};
use crate::command::judge_options::StopOptions;
use crate::command::progress::{Bars, Watch};
use crate::command::{Exit, Globals, shard_folders, signals};
use crate::report::forecast_text;
use crate::run::executor;
use crate::run::folder::{RunData, RunFolder, names};
use crate::run::forecast::forecast;
use crate::run::manifest::{ExtraAxes, JudgeSection, Manifest};
use crate::run::plan::RunPlan;
use crate::run::scores::{self, RowPlan};
use crate::run::stage::{Ending, Stop};

/// What one sitting needs.
pub struct Session<'a> {
    /// What is to be done.
    pub plan: RunPlan,
    /// What decides the result; the judges of the plan are added.
    pub manifest: Manifest,
    /// Where the run lies.
    pub folder: PathBuf,
    /// Tasks of the score table, where the plan is about a part of them.
    pub scored: Option<Vec<usize>>,
    /// Judges as they were typed, for the commands that are shown.
    pub typed: Vec<String>,
    /// When to stop.
    pub stop: &'a StopOptions,
    /// Options of every command.
    pub globals: &'a Globals,
}

/// What a sitting came to.
struct Sat {
    ending: Ending,
    tables: Vec<ScoreTable>,
    /// What the logs hold now.
    data: RunData,
    /// How long it took.
    took: Duration,
}

impl Session<'_> {
    /// Carries the plan out and prints the result, or only the forecast of a dry run.
    ///
    /// # Errors
    /// Whatever ended the run; the logs hold what was acknowledged until then.
    pub fn go(mut self) -> anyhow::Result<Exit> {
        self.add_judges();
        for seat in &self.plan.seats {
            for notice in seat.judge.notices() {
                eprintln!("note: {notice}");
            }
        }
        if self.stop.dry_run {
            return self.dry_run();
        }
        let bars = self.bars();
        let sat = self.sit(bars)?;
        self.conclude(&sat)
    }

    /// Carries the plan out and returns its score tables without printing them.
    ///
    /// # Errors
    /// As [`go`](Self::go).
    pub fn quietly(mut self) -> anyhow::Result<(Ending, Vec<ScoreTable>)> {
        self.add_judges();
        let bars = self.bars();
        self.sit(bars).map(|sat| (sat.ending, sat.tables))
    }

    /// The same, watched by somebody else.
    ///
    /// # Errors
    /// As [`go`](Self::go).
    pub fn watched(mut self, watch: Arc<dyn Watch>) -> anyhow::Result<(Ending, Vec<ScoreTable>)> {
        self.add_judges();
        self.sit(watch).map(|sat| (sat.ending, sat.tables))
    }

    fn bars(&self) -> Arc<dyn Watch> {
        Arc::new(Bars::new(self.globals.no_progress || self.globals.json))
    }

    fn add_judges(&mut self) {
        let seats = self.plan.seats.iter();
        let sections = seats.map(|seat| JudgeSection {
            provenance: seat.judge.provenance(),
            extra: ExtraAxes(seat.judge.extra_axes().to_vec()),
            ..JudgeSection::new(seat.judge.identity(), seat.repeats)
        });
        self.manifest.judges.extend(sections);
    }

    fn sit(&mut self, bars: Arc<dyn Watch>) -> anyhow::Result<Sat> {
        let begun = Instant::now();
        let (folder, data) = shard_folders::open_folder(&self.folder, &self.manifest)?;
        self.manifest = folder.manifest().clone();
        for (file, damage) in &data.damage {
            eprintln!("{}", damage_text(&self.folder.join(file), damage));
        }
        for notice in folder.notices() {
            eprintln!("note: {notice}");
        }
        if let Some(model) = &self.plan.model {
            model.watch_steps(Arc::clone(&bars) as _);
        }
        if let Some(model) = &self.plan.model {
            model.log_into(&folder.path().join(names::LOGS));
        }
        for seat in &self.plan.seats {
            seat.judge.log_into(&folder.path().join(names::LOGS));
        }
        // Held until the table lies there: another process would write over it.
        let folder = Arc::new(folder);
        let ending = self.execute(&folder, &data, &bars);
        bars.finish();
        // The table is rebuilt from the logs even after a failure: it shows what is there.
        // Where nothing was appended, they were read already.
        let data = match folder.is_as_opened() {
            true => Ok(data),
            false => RunData::read(&self.folder),
        };
        let tables = match &data {
            Ok(data) => self.write_scores(data),
            Err(_) => Ok(Vec::new()),
        };
        Ok(Sat {
            ending: ending?,
            data: data?,
            tables: tables?,
            took: begun.elapsed(),
        })
    }

    fn execute(
        &self,
        folder: &Arc<RunFolder>,
        data: &RunData,
        bars: &Arc<dyn Watch>,
    ) -> anyhow::Result<Ending> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start the worker threads")?;
        // A switch of its own: a run also stops when something in it fails.
        let stop = Stop::default();
        let grace = self.stop.grace;
        let signalled = signals::stop(grace).context("cannot watch for Ctrl-C")?;
        let (asked, said) = (stop.clone(), Arc::clone(bars));
        runtime.spawn(async move {
            signalled.asked().await;
            said.say(&signals::stopping(grace));
            asked.ask();
        });
        let observer = Arc::clone(bars) as _;
        Ok(runtime.block_on(executor::execute(
            self.plan.clone(),
            Arc::clone(folder),
            data,
            observer,
            stop,
        ))?)
    }

    fn dry_run(&self) -> anyhow::Result<Exit> {
        let data = RunData::read(&self.folder)?;
        let forecast = forecast(
            &self.plan,
            &self.manifest.suite.axes,
            self.manifest.model.identity.thinks,
            &data,
            &self.folder.join(names::IMAGES),
        );
        if self.globals.json {
            self.globals.print_json(&forecast)?;
        } else {
            print!("{}", forecast_text::forecast_text(&forecast, &self.folder));
        }
        Ok(Exit::Done)
    }

    fn write_scores(&self, data: &RunData) -> anyhow::Result<Vec<ScoreTable>> {
        let plan = RowPlan {
            suite: &self.plan.suite,
            tasks: self.scored.as_deref().unwrap_or(&self.plan.tasks),
            samples: &self.plan.samples,
        };
        let rows = scores::rows(plan, &self.manifest, data);
        scores::write(&self.folder.join(names::SCORES), &rows)?;
        Ok(score_tables(&self.manifest.suite, &rows)?)
    }
}

pub(in crate::command) fn damage_text(path: &Path, damage: &crate::run::journal::Damage) -> String {
    let mut text = format!("note: {}:", path.display());
    if damage.torn_bytes > 0 {
        text += &format!(
            " {} bytes without a line's end were cut off (an incomplete write);",
            damage.torn_bytes
        );
    }
    if !damage.unreadable_lines.is_empty() {
        text += &format!(
            " lines {:?} are not what was written (a fault of the disk, or an edit) and are ignored;",
            damage.unreadable_lines
        );
    }
    text + " what they held is asked for again"
}
