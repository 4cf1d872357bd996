//! The experiment file: `parabench.toml` in the current folder says what `run` and `report` need and were not told.
//!
//! It is read only where the command line lacks something that it must have, so a whole command line means the same in
//! every folder. What the command line says stands; the file adds the rest as options.

mod file;

use std::ffi::OsString;
use std::ops::Range;
use std::path::Path;

use clap::ArgMatches;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use toml::Spanned;

use crate::command::{Exit, Globals, UsageError, help, read_line, run};

use file::{FILE, File, Model, Report};

/// An option that the file gives, and where.
struct Given {
    /// The option's id for clap, which is its long name.
    option: &'static str,
    words: Vec<String>,
    place: Range<usize>,
}

/// Runs the command line that lacks something, with what the experiment file of the current folder adds; `None` where
/// nothing lacks, there is no such file, or the command is another one.
pub fn complete(error: &clap::Error) -> Option<(Globals, anyhow::Result<Exit>)> {
    if error.kind() != ErrorKind::MissingRequiredArgument {
        return None;
    }
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let (verb, matches) = verb_of(&arguments)?;
    let path = Path::new(FILE);
    path.symlink_metadata().ok()?;
    let lines = File::read(path).and_then(|file| match verb {
        Verb::Run => file.runs(&arguments, &matches),
        Verb::Report => file.report(&arguments, &matches).map(|line| vec![line]),
    });
    let globals = Globals {
        json: matches.get_flag("json"),
        command: verb.name().to_owned(),
        ..Globals::default()
    };
    Some((globals, lines.and_then(|lines| run_all(&lines))))
}

/// The commands that an experiment file completes.
#[derive(Clone, Copy)]
enum Verb {
    Run,
    Report,
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Report => "report",
        }
    }
}

/// The command line without its required options.
fn relaxed() -> clap::Command {
    let optional = |command: clap::Command| command.mut_args(|argument| argument.required(false));
    help::command()
        .mut_subcommand(Verb::Run.name(), optional)
        .mut_subcommand(Verb::Report.name(), optional)
}

fn verb_of(arguments: &[OsString]) -> Option<(Verb, ArgMatches)> {
    let matches = relaxed().try_get_matches_from(arguments).ok()?;
    let (name, of_verb) = matches.subcommand()?;
    let verbs = [Verb::Run, Verb::Report];
    let verb = verbs.into_iter().find(|verb| verb.name() == name)?;
    Some((verb, of_verb.clone()))
}

fn run_all(lines: &[Vec<OsString>]) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for (at, line) in lines.iter().enumerate() {
        let said: Vec<_> = line
            .iter()
            .skip(1)
            .map(|word| word.to_string_lossy())
            .collect();
        let count = lines.len();
        eprintln!(
            "{FILE}, {} of {count}: parabench {}",
            at + 1,
            said.join(" ")
        );
        let cli = read_line(line.iter().cloned()).map_err(|error| UsageError(error.to_string()))?;
        match run(cli)? {
            Exit::Done => {}
            Exit::MissingMarks => exit = Exit::MissingMarks,
            other => return Ok(other),
        }
    }
    Ok(exit)
}

impl File {
    /// A command line for each model.
    fn runs(
        &self,
        arguments: &[OsString],
        matches: &ArgMatches,
    ) -> anyhow::Result<Vec<Vec<OsString>>> {
        let experiment = &self.experiment;
        let shared = self.added(Verb::Run, matches, self.run_options())?;
        let with = |more: &[String]| -> Vec<OsString> {
            let added = shared.iter().chain(more).map(OsString::from);
            arguments.iter().cloned().chain(added).collect()
        };
        if is_given(matches, "model") {
            return Ok(vec![with(&[])]);
        }
        let named = matches.get_one::<String>("name");
        let wanted = |model: &&Model| named.is_none_or(|name| name == model.name.get_ref());
        let models: Vec<&Model> = experiment.models.iter().filter(wanted).collect();
        if models.is_empty() {
            let known: Vec<&str> = experiment
                .models
                .iter()
                .map(|model| model.name.get_ref().as_str())
                .collect();
            let text = format!(
                "--name `{}` is not a model of {FILE}; expected one of {}",
                named.map_or("", String::as_str),
                known.join(", ")
            );
            return Err(UsageError(text).into());
        }
        if models.len() > 1 && matches.get_flag("json") {
            let text = format!(
                "--json prints one result, and {FILE} has {} models; choose one with --name",
                models.len()
            );
            return Err(UsageError(text).into());
        }
        let line = |model: &&Model| {
            let mut more = vec![format!("--model={}", model.spec.get_ref())];
            if named.is_none() {
                more.push(format!("--name={}", model.name.get_ref()));
            }
            with(&more)
        };
        Ok(models.iter().map(line).collect())
    }

    /// The command line of `report`: runs that are no baselines, and the baselines.
    fn report(
        &self,
        arguments: &[OsString],
        matches: &ArgMatches,
    ) -> anyhow::Result<Vec<OsString>> {
        let report = self.experiment.report.as_ref();
        let report = report.ok_or_else(|| {
            UsageError(format!(
                "{FILE} has no [report]; expected `output = \"FOLDER\"` there"
            ))
        })?;
        let added = self.added(Verb::Report, matches, self.report_options(report))?;
        let mut line: Vec<OsString> = arguments.to_vec();
        line.extend(added.into_iter().map(OsString::from));
        if !is_given(matches, "runs") {
            let is_baseline =
                |name: &String| report.baselines.iter().any(|one| one.get_ref() == name);
            let names = self
                .experiment
                .models
                .iter()
                .map(|model| model.name.get_ref());
            let runs: Vec<&String> = names.filter(|name| !is_baseline(name)).collect();
            line.extend(runs.into_iter().map(OsString::from));
        }
        Ok(line)
    }

    /// What the command line does not say, as its words.
    fn added(
        &self,
        verb: Verb,
        matches: &ArgMatches,
        options: Vec<Given>,
    ) -> anyhow::Result<Vec<String>> {
        let mut words = Vec::new();
        for given in options {
            if !is_given(matches, given.option) {
                self.check_words(verb, &given)?;
                words.extend(given.words);
            }
        }
        Ok(words)
    }

    /// Whether the option takes this value: told with its place in the file, before anything runs.
    fn check_words(&self, verb: Verb, given: &Given) -> anyhow::Result<()> {
        let words = ["parabench", verb.name()].into_iter().map(str::to_owned);
        let line = words.chain(given.words.iter().cloned());
        match relaxed().try_get_matches_from(line) {
            Ok(_) => Ok(()),
            Err(error) => {
                let text = error.to_string();
                let what = text.lines().next().unwrap_or("not understood");
                let what = what.strip_prefix("error: ").unwrap_or(what);
                Err(self.fault(given.place.clone(), what))
            }
        }
    }

    fn run_options(&self) -> Vec<Given> {
        let experiment = &self.experiment;
        let mut options = vec![one("suite", &experiment.suite)];
        if let Some(first) = experiment.judges.first() {
            options.push(Given {
                option: "judges",
                words: experiment
                    .judges
                    .iter()
                    .map(|judge| word("judge", judge.get_ref()))
                    .collect(),
                place: first.span(),
            });
        }
        options.extend(experiment.limit.as_ref().map(|value| one("limit", value)));
        options.extend(experiment.tasks.as_ref().map(|value| list("tasks", value)));
        options.extend(
            experiment
                .categories
                .as_ref()
                .map(|value| list("categories", value)),
        );
        options.extend(experiment.seed.as_ref().map(|value| one("seed", value)));
        options.extend(experiment.seeds.as_ref().map(|value| one("seeds", value)));
        options.extend(
            experiment
                .repeats
                .as_ref()
                .map(|value| one("repeats", value)),
        );
        options.extend(
            experiment
                .rubrics
                .as_ref()
                .map(|value| one("rubrics", value)),
        );
        options.extend(
            experiment
                .max_connections
                .as_ref()
                .map(|value| one("max_connections", value)),
        );
        options.extend(
            experiment
                .max_cost
                .as_ref()
                .map(|value| one("max_cost", value)),
        );
        options.extend(
            experiment
                .allow_missing
                .as_ref()
                .map(|value| one("allow_missing", value)),
        );
        options.extend(experiment.shard.as_ref().map(|value| one("shard", value)));
        options.extend(self.shared_options());
        options
    }

    fn report_options(&self, report: &Report) -> Vec<Given> {
        let mut options = vec![one("output", &report.output)];
        if let Some(first) = report.baselines.first() {
            options.push(Given {
                option: "baselines",
                words: report
                    .baselines
                    .iter()
                    .map(|name| word("baseline", name.get_ref()))
                    .collect(),
                place: first.span(),
            });
        }
        options.extend(report.judge.as_ref().map(|value| one("judge", value)));
        if let Some(first) = report.audits.first() {
            options.push(Given {
                option: "audits",
                words: report
                    .audits
                    .iter()
                    .map(|folder| word("audit", folder.get_ref()))
                    .collect(),
                place: first.span(),
            });
        }
        if report.multiverse {
            options.push(Given {
                option: "multiverse",
                words: vec!["--multiverse".to_owned()],
                place: report.output.span(),
            });
        }
        options.extend(self.shared_options());
        options
    }

    fn shared_options(&self) -> impl Iterator<Item = Given> {
        let declare = self
            .experiment
            .declare
            .as_ref()
            .map(|value| one("declare", value));
        let results = self
            .experiment
            .results
            .as_ref()
            .map(|value| one("results", value));
        declare.into_iter().chain(results)
    }
}

/// Whether the command line, or the environment, says it.
fn is_given(matches: &ArgMatches, option: &str) -> bool {
    matches!(
        matches.value_source(option),
        Some(ValueSource::CommandLine | ValueSource::EnvVariable)
    )
}

/// An option with its value in one word, so that no value is taken for an option.
fn word(option: &str, value: &str) -> String {
    format!("--{}={value}", option.replace('_', "-"))
}

fn one(option: &'static str, value: &Spanned<impl ToString>) -> Given {
    Given {
        option,
        words: vec![word(option, &value.get_ref().to_string())],
        place: value.span(),
    }
}

fn list(option: &'static str, values: &Spanned<Vec<String>>) -> Given {
    Given {
        option,
        words: values
            .get_ref()
            .iter()
            .map(|value| word(option, value))
            .collect(),
        place: values.span(),
    }
}
