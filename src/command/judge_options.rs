//! Options that say who marks, how often and for how much money.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use crate::command::{UsageError, signals};
use crate::common::files::is_safe_name;
use crate::judge;
use crate::judge::api::PROMPT_DETAIL;
use crate::judge::rubric::{Rubrics, ToMark};
use crate::run::plan::Seat;
use crate::suite::Suite;
use crate::suite::definition::RubricSource;

/// Who marks.
#[derive(Clone, Debug, clap::Args)]
pub struct JudgeOptions {
    /// Judge to use; may be repeated
    ///
    /// A bundled profile or panel (`parabench list judges`), a TOML file, command:FILE.toml, clip:BUNDLE, dino:MODEL.onnx, pixels or
    /// oracle.
    /// NAME=JUDGE gives it another name in the run.
    #[arg(long = "judge", value_name = "[NAME=]JUDGE", required = true)]
    pub judges: Vec<String>,
    /// Rubrics to use instead of the profile's
    ///
    /// A bundled name, or a folder with one file per axis. They take the place of the profile's and of the suite's.
    #[arg(long, value_name = "NAME|DIR")]
    pub rubrics: Option<String>,
    /// Marks per answer and axis
    ///
    /// Each is a call of its own. The default is the profile's number.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeats: Option<u32>,
    /// Concurrent requests
    ///
    /// The default is the profile's number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub max_connections: Option<u32>,
    /// Do not use the cache of replies
    ///
    /// Replies are neither read from the cache nor kept there.
    #[arg(long)]
    pub no_cache: bool,
    /// When to stop, and what counts as done.
    #[command(flatten)]
    pub stop: StopOptions,
}

/// When to stop, and what counts as done.
#[derive(Clone, Debug, clap::Args)]
pub struct StopOptions {
    /// Stop before the run costs more
    ///
    /// All answers and marks of this run count, also those of earlier calls. The most that a request can cost is reserved
    /// before it is sent.
    #[arg(long, value_name = "USD", value_parser = money)]
    pub max_cost: Option<f64>,
    /// Ask again for what is missing
    ///
    /// Only missing marks and lost answers are asked for again.
    #[arg(long)]
    pub retry_missing: bool,
    /// Allowed missing share
    ///
    /// With more missing marks (or lost answers, if no judge scores them) the exit code is 3.
    #[arg(long, value_name = "SHARE", default_value_t = 0.02, value_parser = share)]
    pub allow_missing: f64,
    /// Time to finish after SIGTERM
    ///
    /// Requests in flight have this long after SIGTERM or SIGHUP, which schedulers send. Choose less than the scheduler
    /// waits before it kills.
    #[arg(long, value_name = "SECONDS", default_value = "5s", value_parser = signals::grace)]
    pub grace: Duration,
    /// Show what it takes; send nothing
    ///
    /// Prints calls, tokens and money without sending a request.
    #[arg(long)]
    pub dry_run: bool,
}

impl JudgeOptions {
    /// Opens the judges of a suite's answers, for one of `shards` machines that share their connections. Nothing is
    /// asked yet.
    ///
    /// # Errors
    /// A judge that cannot be opened, or two of the same name.
    pub fn open(&self, suite: &Suite, shards: u32) -> anyhow::Result<Vec<Seat>> {
        self.open_with(suite.rubrics.as_ref(), ToMark::of(suite), shards)
    }

    /// The same for answers whose suite has these rubrics and axes.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(
        &self,
        rubrics: Option<&RubricSource>,
        to_mark: ToMark,
        shards: u32,
    ) -> anyhow::Result<Vec<Seat>> {
        if let Some(rubrics) = &self.rubrics {
            Rubrics::load(rubrics, &to_mark).with_context(|| format!("--rubrics {rubrics}"))?;
        }
        let defaults = judge::OpenOptions::default();
        let options = judge::OpenOptions {
            cache: defaults.cache.clone().filter(|_| !self.no_cache),
            rubrics: self.rubrics.clone(),
            suite_rubrics: rubrics.map(|source| match source {
                RubricSource::Named(name) => name.clone(),
                RubricSource::Folder(folder) => folder.display().to_string(),
            }),
            to_mark,
            max_connections: self.max_connections.map(|number| number as usize),
            connections_over: shards as usize,
            ..defaults
        };
        let mut seats: Vec<Seat> = Vec::new();
        for (name, spec) in self.named_specs()? {
            let options = judge::OpenOptions {
                name,
                ..options.clone()
            };
            let opened = judge::open(&spec, &options)?;
            let seat = Seat {
                repeats: self.repeats.unwrap_or(opened.repeats()),
                judge: Arc::from(opened),
            };
            if seats.iter().any(|other| other.name() == seat.name()) {
                return Err(UsageError(format!(
                    "two judges are called `{}`; marks are kept by that name: give one another, --judge NAME=JUDGE",
                    seat.name()
                ))
                .into());
            }
            seats.push(seat);
        }
        let uses = |seat: &Seat| seat.judge.identity().details.contains_key(PROMPT_DETAIL);
        if self.rubrics.is_some() && !seats.iter().any(uses) {
            let message = "--rubrics has no effect: none of these judges is asked with a prompt";
            return Err(UsageError(message.to_owned()).into());
        }
        Ok(seats)
    }

    /// The judges one by one, panels taken apart, each with the name that it is given.
    fn named_specs(&self) -> anyhow::Result<Vec<(Option<String>, String)>> {
        let mut all = Vec::new();
        for spec in &self.judges {
            let (name, spec) = name_and_spec(spec);
            let members = judge::panel::members(spec)?;
            if name.is_some() && members.len() > 1 {
                let message = format!("--judge {spec}: a panel's judges keep their own names");
                return Err(UsageError(message).into());
            }
            let name = name.map(str::to_owned);
            all.extend(members.into_iter().map(|member| (name.clone(), member)));
        }
        Ok(all)
    }
}

/// Splits `NAME=JUDGE`; a file whose own name looks so is a file.
pub(super) fn name_and_spec(spec: &str) -> (Option<&str>, &str) {
    match spec.split_once('=') {
        Some((name, rest)) if is_safe_name(name) && !Path::new(spec).exists() => (Some(name), rest),
        _ => (None, spec),
    }
}

pub(super) fn money(text: &str) -> Result<f64, String> {
    match text.trim_start_matches('$').parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("an amount in US dollars is expected, for example 25".to_owned()),
    }
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a share from 0 to 1 is expected, for example 0.02".to_owned()),
    }
}
