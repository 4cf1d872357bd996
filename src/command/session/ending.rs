//! The end of a sitting: its exit code, its result as text or JSON, and what to do next.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::{Sat, Session};
use crate::analysis::scores::score_table::ScoreTable;
use crate::command::Exit;
use crate::command::summary::{self, Spent};
use crate::command::terminal::print_prose;
use crate::judge::MissingReason;
use crate::judge::api::DEFENCES_DETAIL;
use crate::report::columns::printable;
use crate::report::compare_notes::undefended_judge;
use crate::report::compat_note::compat_judge;
use crate::report::{beside_text, causes_text, figures_text, score_text};
use crate::run::causes::{self, Cause};
use crate::run::folder::{RunData, names};
use crate::run::forecast::ModelForecast;
use crate::run::record::SampleRecord;
use crate::run::scores::Status;
use crate::run::shard::Shard;
use crate::run::stage::Ending;

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

impl Session<'_> {
    /// Prints the result and gives the exit code.
    pub(super) fn conclude(&self, sat: &Sat) -> anyhow::Result<Exit> {
        let Sat {
            ending,
            tables,
            data,
            took: _,
        } = sat;
        let ending = *ending;
        let allowed = self.stop.allow_missing;
        let too_many_marks = tables
            .iter()
            .any(|table| table.missing_share_of_all() > allowed);
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
        let whole = !tables.is_empty()
            && tables
                .iter()
                .all(|table| table.missing_share_of_all() == 0.0);
        let causes = match whole {
            true => Vec::new(),
            false => {
                let mut causes = causes::causes(&self.folder, &self.manifest.model.identity.name)?;
                causes.extend(tables.iter().filter_map(skipped_items));
                causes
            }
        };
        if data.assumed_usd > 0.0 {
            eprintln!(
                "note: of ${:.4} spent, ${:.4} is an upper bound for the cost of calls whose usage the endpoint did not report",
                data.spent_usd, data.assumed_usd
            );
        }
        if self.globals.json {
            self.globals.print_json(&Outcome {
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
        let name = self
            .folder
            .file_name()
            .unwrap_or_default()
            .display()
            .to_string();
        for table in shown {
            print_prose(&summary::headline(&name, table));
        }
        for table in shown {
            println!("\n{}", score_text::score_text(table).trim_end());
            let figures = figures_text::figures_text(table);
            for text in figures.into_iter().chain(beside_text::beside_text(table)) {
                println!();
                print_prose(text.trim_end());
            }
        }
        for judge in &self.manifest.judges {
            if judge.identity.details.contains_key(DEFENCES_DETAIL) {
                println!();
                print_prose(&undefended_judge(&judge.identity.name));
            }
            if let Some(text) = compat_judge(&judge.identity) {
                println!();
                print_prose(&text);
            }
        }
        if !shown.is_empty() {
            println!();
        } else if self.manifest.shard.is_none() {
            // Answers alone: how many there are is the result.
            print_prose(&lost.told(&name));
        }
        println!("run     {}", self.folder.display());
        if let Some(scores) = scores {
            println!("scores  {}", scores.display());
        }
        if lost.lost > 0 {
            eprintln!("{lost}");
        }
        if let Some(text) = causes_text::causes_text(&causes) {
            print_prose(&text);
        }
        self.say_next(sat, &causes);
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

    fn lost_answers(&self, data: &RunData) -> LostAnswers {
        let mut found = LostAnswers::default();
        for assignment in self.plan.assignments() {
            found.asked += 1;
            let sample = data.samples.get(&assignment.key);
            found.stored += usize::from(sample.is_some());
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

    /// Time, money and the next command; where the run is not complete, the lines on standard error say how it goes on.
    fn say_next(&self, sat: &Sat, causes: &[Cause]) {
        let spent = Spent {
            usd: sat.data.spent_usd,
            unpriced: self.unpriced(),
        };
        let told = summary::time_and_money(sat.took, spent);
        if sat.ending != Ending::Complete {
            println!("{told}");
            return;
        }
        if let Some(retry) = summary::retry(&self.folder, &self.typed, causes) {
            println!("Retry what is missing: {retry}");
        }
        let next = match (self.manifest.shard, sat.tables.is_empty()) {
            (Some(_), _) => None,
            (None, true) => Some(summary::score(&self.folder, &self.manifest.suite.name)),
            (None, false) => Some(summary::compare(&self.folder, &self.manifest)),
        };
        match next {
            Some(next) => println!("{}", next.after(&told)),
            None => println!("{told}"),
        }
    }

    /// Who asks for money without a price in its profile.
    fn unpriced(&self) -> Option<&str> {
        let model = self
            .plan
            .model
            .as_deref()
            .filter(|model| !model.has_price());
        let model = model.map(|model| model.identity().name.as_str());
        let mut judges = self
            .plan
            .seats
            .iter()
            .filter(|seat| !seat.judge.has_price());
        model.or_else(|| {
            judges
                .next()
                .map(|seat| seat.judge.identity().name.as_str())
        })
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
    /// Stored answers, those that were lost among them.
    stored: usize,
    asked: usize,
    /// The first of them: its id and what was said of it.
    example: String,
}

impl LostAnswers {
    fn share(&self) -> f64 {
        self.lost as f64 / self.asked.max(1) as f64
    }

    /// How many answers there are.
    fn told(&self, run: &str) -> String {
        let Self {
            lost,
            stored,
            asked,
            ..
        } = self;
        printable(&format!(
            "{run}: {stored} of {asked} answers stored, {lost} of them lost"
        ))
    }
}

impl std::fmt::Display for LostAnswers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            lost,
            asked,
            example,
            ..
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
             --allow-missing raises the allowed share",
            100.0 * allowed,
            too_many?
        ),
    };
    Some(text)
}

/// The marks of one judge that the parser of its suite drops with their items; the logs hold them.
fn skipped_items(table: &ScoreTable) -> Option<Cause> {
    let status = Status::Missing(MissingReason::ItemSkipped);
    let counts = table
        .axes
        .iter()
        .filter_map(|axis| axis.counts.get(status.key()));
    let count: u64 = counts.sum();
    (count > 0).then(|| Cause {
        of: Arc::clone(&table.judge),
        status,
        count,
        words: None,
        with_words: 0,
    })
}
