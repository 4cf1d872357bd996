//! What a run says at its end: the result in a line, time and money, and the next command.

use std::path::Path;
use std::time::Duration;

use super::progress::pace::clock;
use super::shell;
use crate::analysis::scores::score_table::ScoreTable;
use crate::report::columns::{LINE, printable};
use crate::report::levels;
use crate::run::causes::Cause;
use crate::run::folder::names;
use crate::run::manifest::Manifest;
use crate::run::scores::Status;

/// Most runs that are looked at for one to compare with.
const MAX_OTHERS: usize = 500;
/// Where runs lie unless something else is said.
const DEFAULT_RESULTS: &str = "results";

/// The result under one judge in a line.
pub fn headline(run: &str, table: &ScoreTable) -> String {
    let overall = match &table.overall {
        Ok(level) => {
            let [low, high] = levels::interval(level);
            format!("Overall {} ({low} to {high})", levels::points(level))
        }
        Err(why) => format!("no Overall: {}", levels::why(why)),
    };
    let missing: u64 = table.axes.iter().map(|axis| axis.missing).sum();
    let expected: u64 = table.axes.iter().map(|axis| axis.expected).sum();
    let tasks = table
        .axes
        .iter()
        .filter_map(|axis| axis.level.as_ref().ok());
    let tasks = tasks.map(|level| level.items).max().unwrap_or(0);
    printable(&format!(
        "{run}: {overall}, {tasks} tasks, {missing} of {expected} marks missing, scored by {}",
        table.judge
    ))
}

/// What was spent, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Spent<'a> {
    /// US dollars, those that are only assumed included.
    pub usd: f64,
    /// Who states no price, if anyone.
    pub unpriced: Option<&'a str>,
}

/// `4:10, $2.15.`
pub fn time_and_money(took: Duration, spent: Spent<'_>) -> String {
    let money = match spent.unpriced {
        None => format!("${:.2}", spent.usd),
        Some(who) if spent.usd > 0.0 => {
            format!(
                "${:.2} and what {} costs, which has no price",
                spent.usd,
                printable(who)
            )
        }
        Some(who) => format!("cost unknown ({} has no price)", printable(who)),
    };
    format!("{}, {money}.", clock(took))
}

/// The command that asks again for missing marks, where there are some that a judge can give.
pub fn retry(folder: &Path, judges: &[String], causes: &[Cause]) -> Option<String> {
    let marks = causes
        .iter()
        .any(|cause| !matches!(cause.status, Status::ModelLost(_)));
    if !marks || judges.is_empty() {
        return None;
    }
    let mut words = judge_words(folder, judges);
    words.push("--retry-missing".to_owned());
    Some(shell::line(&words))
}

/// What comes next: a command, which is never broken across lines.
#[derive(Clone, Debug)]
pub struct Next {
    /// What is to be done before it.
    first: Option<&'static str>,
    command: String,
}

impl Next {
    /// `told` and what comes next, in as few lines as fit.
    pub fn after(&self, told: &str) -> String {
        let lead = match self.first {
            Some(first) => format!("Next: {first}, then"),
            None => "Next:".to_owned(),
        };
        let command = &self.command;
        let fits = |line: &str| line.chars().count() <= LINE;
        let (one, two) = (
            format!("{told} {lead} {command}"),
            format!("{lead} {command}"),
        );
        match (fits(&one), fits(&two)) {
            (true, _) => one,
            (false, true) => format!("{told}\n{two}"),
            (false, false) => format!("{told}\n{lead}\n  {command}"),
        }
    }
}

/// The command that scores stored answers; those of the picture world have a judge that costs nothing.
pub fn score(folder: &Path, suite: &str) -> Next {
    let judge = match suite {
        "shapes" => "oracle",
        _ => "gpt-4.1",
    };
    Next {
        first: None,
        command: shell::line(&judge_words(folder, &[judge.to_owned()])),
    }
}

/// The command that compares this run with another of the same tasks and judge; `OTHER` where none is there yet.
pub fn compare(folder: &Path, manifest: &Manifest) -> Next {
    let other = other_run(folder, manifest);
    let mut words = vec!["parabench".to_owned(), "compare".to_owned(), named(folder)];
    words.push("--baseline".to_owned());
    match other {
        Some(other) => {
            words.push(other);
            Next {
                first: None,
                command: shell::line(&words),
            }
        }
        None => {
            words.push("OTHER".to_owned());
            Next {
                first: Some("run another model on these tasks"),
                command: shell::line(&words),
            }
        }
    }
}

fn judge_words(folder: &Path, judges: &[String]) -> Vec<String> {
    let mut words = vec!["parabench".to_owned(), "judge".to_owned(), named(folder)];
    for judge in judges {
        words.extend(["--judge".to_owned(), judge.clone()]);
    }
    words
}

/// What a command calls the run: its name where it lies in the usual folder, else its folder.
fn named(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().display().to_string();
    match folder.parent() == Some(Path::new(DEFAULT_RESULTS)) {
        true => name,
        false => folder.display().to_string(),
    }
}

/// The first run beside this one that answered the same tasks and was scored by one of its judges.
fn other_run(folder: &Path, manifest: &Manifest) -> Option<String> {
    let beside = std::fs::read_dir(folder.parent()?).ok()?;
    let mut beside: Vec<_> = beside.flatten().map(|entry| entry.path()).collect();
    beside.retain(|other| other != folder);
    beside.sort();
    let fits = |other: &Path| {
        let Ok(other) = Manifest::read(&other.join(names::MANIFEST)) else {
            return false;
        };
        let mut judges = other.judges.iter().map(|judge| &judge.identity.name);
        other.shard.is_none()
            && other.suite.digest == manifest.suite.digest
            && other.sampling.tasks_digest == manifest.sampling.tasks_digest
            && judges.any(|name| manifest.judges.iter().any(|own| own.identity.name == *name))
    };
    let found = beside.iter().take(MAX_OTHERS).find(|other| fits(other))?;
    Some(named(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_cost_is_no_number() {
        let took = Duration::from_secs(250);
        let spent = |usd, unpriced| time_and_money(took, Spent { usd, unpriced });
        assert_eq!(spent(2.151, None), "4:10, $2.15.");
        assert_eq!(
            spent(0.0, Some("mine")),
            "4:10, cost unknown (mine has no price)."
        );
        assert_eq!(
            spent(1.0, Some("mine")),
            "4:10, $1.00 and what mine costs, which has no price."
        );
    }

    #[test]
    fn a_command_is_never_broken() {
        let next = |first, command: &str| Next {
            first,
            command: command.to_owned(),
        };
        let short = next(None, "parabench compare a --baseline b");
        assert_eq!(
            short.after("0:01, $0.00."),
            "0:01, $0.00. Next: parabench compare a --baseline b"
        );
        let long = "parabench compare ".to_owned() + &"x".repeat(60);
        assert_eq!(
            next(None, &long).after("0:01, $0.00."),
            format!("0:01, $0.00.\nNext:\n  {long}")
        );
        assert_eq!(
            next(Some("run another"), &long).after("0:01, $0.00."),
            format!("0:01, $0.00.\nNext: run another, then\n  {long}")
        );
    }

    #[test]
    fn a_run_elsewhere_is_called_by_its_folder() {
        let judges = ["a b".to_owned()];
        let words = |folder| shell::line(&judge_words(Path::new(folder), &judges));
        assert_eq!(words("results/mine"), "parabench judge mine --judge 'a b'");
        assert_eq!(words("./mine"), "parabench judge ./mine --judge 'a b'");
    }
}
