//! One sitting of a run: opens its folder, carries the plan out under the eyes of the
//! user, writes the score table and prints it. What `run`, `generate` and `judge` share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use serde::Serialize;

use crate::analysis::scores::score_table::{ScoreTable, score_tables};
use crate::command::judge_options::StopOptions;
use crate::command::progress::Bars;
use crate::command::{Exit, Globals, print_json, sharded, signals};
use crate::report::{causes_text, forecast_text, score_text};
use crate::run::causes::{self, Cause};
use crate::run::executor::{self, Ending, Plan, Stop};
use crate::run::folder::{RunData, RunFolder, names};
use crate::run::forecast::{ModelForecast, forecast};
use crate::run::manifest::{JudgeSection, Manifest};
use crate::run::record::SampleRecord;
use crate::run::scores::{self, RowPlan, Status};
use crate::run::shard::Shard;

/// What one sitting needs.
pub struct Session<'a> {
    /// What is to be done.
    pub plan: Plan,
    /// What decides the result; the judges of the plan are added.
    pub manifest: Manifest,
    /// Where the run lies.
    pub folder: PathBuf,
    /// When to stop.
    pub stop: &'a StopOptions,
    /// Options of every command.
    pub globals: &'a Globals,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    run: &'a Path,
    ending: &'static str,
    exit_code: u8,
    spent_usd: f64,
    assumed_usd: f64,
    scores: Option<PathBuf>,
    model: Option<ModelForecast>,
    tables: &'a [ScoreTable],
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<Shard>,
    missing: &'a [Cause],
}

/// What a sitting came to.
struct Sat {
    ending: Ending,
    tables: Vec<ScoreTable>,
    /// What the logs hold now.
    data: RunData,
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
        let sat = self.sit()?;
        self.conclude(&sat)
    }

    /// Carries the plan out and returns its score tables without printing them.
    ///
    /// # Errors
    /// As [`go`](Self::go).
    pub fn quietly(mut self) -> anyhow::Result<(Ending, Vec<ScoreTable>)> {
        self.add_judges();
        self.sit().map(|sat| (sat.ending, sat.tables))
    }

    fn add_judges(&mut self) {
        let seats = self.plan.seats.iter();
        let sections = seats.map(|seat| JudgeSection {
            provenance: seat.judge.provenance(),
            ..JudgeSection::new(seat.judge.identity(), seat.repeats)
        });
        self.manifest.judges.extend(sections);
    }

    fn sit(&mut self) -> anyhow::Result<Sat> {
        let (folder, data) = sharded::open_folder(&self.folder, &self.manifest)?;
        self.manifest = folder.manifest().clone();
        for (file, damage) in &data.damage {
            eprintln!("{}", damage_text(&self.folder.join(file), damage));
        }
        for notice in folder.notices() {
            eprintln!("note: {notice}");
        }
        let bars = Arc::new(Bars::new(self.globals.no_progress || self.globals.json));
        if let Some(model) = &self.plan.model {
            model.watch_steps(Arc::clone(&bars) as _);
        }
        if let Some(model) = &self.plan.model {
            model.log_into(&folder.path().join(names::LOGS));
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
        })
    }

    fn execute(
        &self,
        folder: &Arc<RunFolder>,
        data: &RunData,
        bars: &Arc<Bars>,
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
            print_json(&forecast)?;
        } else {
            print!("{}", forecast_text::forecast_text(&forecast, &self.folder));
        }
        Ok(Exit::Done)
    }

    fn write_scores(&self, data: &RunData) -> anyhow::Result<Vec<ScoreTable>> {
        let plan = RowPlan {
            suite: &self.plan.suite,
            tasks: &self.plan.tasks,
            samples: &self.plan.samples,
        };
        let rows = scores::rows(plan, &self.manifest, data);
        scores::write(&self.folder.join(names::SCORES), &rows)?;
        Ok(score_tables(&self.manifest.suite, &rows)?)
    }

    fn lost_answers(&self, data: &RunData) -> LostAnswers {
        let mut found = LostAnswers::default();
        for assignment in self.plan.assignments() {
            found.asked += 1;
            let sample = data.samples.get(&assignment.key);
            if let Some(failure) = sample.and_then(SampleRecord::failure) {
                found.lost += 1;
                if found.lost == 1 {
                    let (task, kind) = (&assignment.key.task, Status::ModelLost(failure.kind));
                    found.example = format!("`{task}` ({kind}): {}", failure.message);
                }
            }
        }
        found
    }

    fn conclude(&self, sat: &Sat) -> anyhow::Result<Exit> {
        let Sat {
            ending,
            tables,
            data,
        } = sat;
        let ending = *ending;
        let allowed = self.stop.allow_missing;
        let too_many_marks = tables.iter().any(|table| table.missing_share > allowed);
        // Where nobody marks, lost answers are what is missing.
        let lost = match tables.is_empty() {
            true => self.lost_answers(data),
            false => LostAnswers::default(),
        };
        let too_many = match (too_many_marks, lost.share() > allowed) {
            (true, _) => Some("marks are missing"),
            (false, true) => Some("answers were lost"),
            (false, false) => None,
        };
        let exit = match ending {
            Ending::Stopped => Exit::Interrupted,
            Ending::Complete | Ending::OutOfBudget if too_many.is_some() => Exit::MissingMarks,
            Ending::Complete | Ending::OutOfBudget => Exit::Done,
        };
        let scores = (!tables.is_empty()).then(|| self.folder.join(names::SCORES));
        // A shard is a random part of the tasks: its figures are nobody's result.
        let shown: &[ScoreTable] = match self.manifest.shard {
            Some(_) => &[],
            None => tables,
        };
        // Nothing is looked for in the logs where nothing is missing.
        let whole = !tables.is_empty() && tables.iter().all(|table| table.missing_share == 0.0);
        let causes = match whole {
            true => Vec::new(),
            false => causes::causes(&self.folder, &self.manifest.model.identity.name)?,
        };
        if self.globals.json {
            print_json(&Outcome {
                run: &self.folder,
                ending: ending_key(ending),
                exit_code: exit.code(),
                spent_usd: data.spent_usd,
                assumed_usd: data.assumed_usd,
                scores,
                model: self.plan.model.as_deref().map(ModelForecast::new),
                tables: shown,
                shard: self.manifest.shard,
                missing: &causes,
            })?;
            return Ok(exit);
        }
        for table in shown {
            println!("{}", score_text::score_text(table));
        }
        println!("run     {}", self.folder.display());
        if let Some(scores) = scores {
            println!("scores  {}", scores.display());
        }
        if lost.lost > 0 {
            eprintln!("{lost}");
        }
        if let Some(text) = causes_text::causes_text(&causes) {
            println!("{text}");
        }
        if data.assumed_usd > 0.0 {
            eprintln!(
                "note: of ${:.4} spent, ${:.4} is the most that calls can have cost whose use the \
                 endpoint did not tell",
                data.spent_usd, data.assumed_usd
            );
        }
        let over = self.plan.max_cost_usd.filter(|cap| data.spent_usd > *cap);
        let line = match (ending, over) {
            (Ending::OutOfBudget | Ending::Complete, Some(cap)) => {
                Some(exceeded_text(cap, data.spent_usd))
            }
            _ => ending_text(ending, too_many, allowed),
        };
        if let Some(line) = line {
            eprintln!("{line}");
        } else if let Some(shard) = self.manifest.shard {
            eprintln!("shard {shard} is done; `parabench merge` joins it with the others");
        }
        Ok(exit)
    }
}

/// A cap is passed only where an endpoint bills more than a request can use.
fn exceeded_text(cap: f64, spent: f64) -> String {
    format!(
        "stopped: --max-cost {cap} was exceeded, ${spent:.4} is spent. The endpoint billed more than \
         the profile's price and token limits allow for one request (hidden thoughts are often billed \
         beyond max_tokens): set [price] output_tokens to what a reply really takes. The same command \
         with a higher --max-cost resumes"
    )
}

/// The answers of a plan that are there and lost, wholly or in part.
#[derive(Default)]
struct LostAnswers {
    lost: usize,
    asked: usize,
    /// The first of them: its id and what was said of it.
    example: String,
}

impl LostAnswers {
    fn share(&self) -> f64 {
        self.lost as f64 / self.asked.max(1) as f64
    }
}

impl std::fmt::Display for LostAnswers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            lost,
            asked,
            example,
        } = self;
        write!(
            f,
            "{lost} of {asked} answers were lost; the first: {example}"
        )
    }
}

fn ending_key(ending: Ending) -> &'static str {
    match ending {
        Ending::Complete => "complete",
        Ending::OutOfBudget => "out-of-budget",
        Ending::Stopped => "stopped",
    }
}

fn ending_text(ending: Ending, too_many: Option<&str>, allowed: f64) -> Option<String> {
    let text = match ending {
        Ending::Stopped => "stopped; the same command resumes".to_owned(),
        Ending::OutOfBudget => {
            "stopped before --max-cost was exceeded; what was marked is a random sample of the \
             tasks. The same command with a higher --max-cost resumes"
                .to_owned()
        }
        Ending::Complete => format!(
            "more than {:.1} % of the {} (exit code 3): --retry-missing asks for them again, \
             --allow-missing raises the share that is allowed",
            100.0 * allowed,
            too_many?
        ),
    };
    Some(text)
}

pub(super) fn damage_text(path: &Path, damage: &crate::run::journal::Damage) -> String {
    let mut text = format!("note: {}:", path.display());
    if damage.torn_bytes > 0 {
        text += &format!(
            " {} bytes without a line's end were cut off (a write that was never acknowledged);",
            damage.torn_bytes
        );
    }
    if !damage.unreadable_lines.is_empty() {
        text += &format!(
            " lines {:?} are not what was written (a fault of the disk, or an edit) and are passed over;",
            damage.unreadable_lines
        );
    }
    text + " what they held is asked for again"
}
