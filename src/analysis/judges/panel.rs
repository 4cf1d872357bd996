//! Panels: the marks of several judges combined into those of a derived judge.
//!
//! The derived judge's repeats are made so that the mean over them, which everything downstream takes, is the
//! combination: for the mean, every judge's mark is one; for the median, the lower and the upper median are two.
//! Marks stay integers, so exact tests stay exact. As with repeats, what is missing of one judge is left to the
//! others and counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;

use crate::analysis::runs::load::LoadedRun;
use crate::common::suggest::unknown;
use crate::judge::{AXES, Identity, RUBRIC, Score};
use crate::run::manifest::JudgeSection;
use crate::run::scores::{PartsCell, ScoreRow, Status};
use crate::suite::Axis;

/// The kind of derived judges.
pub const KIND: &str = "panel";

/// How marks are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Combine {
    /// The mean over the judges.
    Mean,
    /// The median over the judges; of an even number, the middle of the two in the middle.
    Median,
}

impl Combine {
    /// The name in options and tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
        }
    }
}

impl FromStr for Combine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = [Self::Mean, Self::Median]
            .into_iter()
            .find(|how| how.key() == text);
        found.ok_or_else(|| "mean or median is expected".to_owned())
    }
}

/// Why the marks of some judges of a run cannot be combined.
#[derive(Debug, thiserror::Error)]
#[error("run {run} cannot be combined over {}:\n{}", judges.join(", "), faults.join("\n"))]
pub struct PanelError {
    /// The run.
    pub run: String,
    /// The judges that were asked for.
    pub judges: Vec<String>,
    /// One line each.
    pub faults: Vec<String>,
}

/// What the repeats of a panel of the mean are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossed {
    /// So many judges.
    Judges(usize),
    /// One judge under so many wordings of its rubrics.
    Wordings(usize),
}

/// Names the members of a panel, before their name.
const MEMBER: &str = "member.";

/// Names how marks were combined.
const COMBINED_BY: &str = "combined_by";

/// Says that the members are one judge under several wordings.
const ONE_JUDGE: &str = "members_differ_in";

/// What the repeats of a judge are, where it is a panel of the mean; `None` for other judges.
pub fn crossed(judge: &JudgeSection) -> Option<Crossed> {
    let details = &judge.identity.details;
    let of_mean = details
        .get(COMBINED_BY)
        .is_some_and(|how| how == Combine::Mean.key());
    if judge.identity.kind != KIND || !of_mean {
        return None;
    }
    let members = details.keys().filter(|key| key.starts_with(MEMBER)).count();
    Some(match details.contains_key(ONE_JUDGE) {
        true => Crossed::Wordings(members),
        false => Crossed::Judges(members),
    })
}

/// Whether the judges are one model under several wordings: they differ in rubrics, each from each, and in nothing else.
fn one_judge(members: &[&JudgeSection]) -> bool {
    let parted = |judge: &&JudgeSection| -> (BTreeMap<String, String>, BTreeMap<String, String>) {
        let details = judge.identity.details.clone().into_iter();
        details.partition(|(key, _)| key.starts_with(RUBRIC))
    };
    let (rubrics, rest): (BTreeSet<_>, BTreeSet<_>) = members.iter().map(parted).unzip();
    let kinds: BTreeSet<&str> = members.iter().map(|j| &*j.identity.kind).collect();
    rubrics.len() == members.len() && rest.len() == 1 && kinds.len() == 1
}

/// The run as a derived judge marked it: its only judge then. Combined are the axes that every judge of the panel
/// marks.
///
/// # Errors
/// [`PanelError`]: fewer than two judges, one named twice or unknown, unequal numbers of repeats, no common axis.
pub fn combined(run: &LoadedRun, judges: &[String], how: Combine) -> Result<LoadedRun, PanelError> {
    let members = members(run, judges)?;
    let axes: Vec<Axis> = run.manifest.suite.axes.clone();
    let common = |axis: &Axis| members.iter().all(|judge| judge.identity.marks(*axis));
    let common: BTreeSet<Axis> = axes.into_iter().filter(common).collect();
    let section = section(&members, &common, how);
    let name: Arc<str> = section.identity.name.as_str().into();
    let mut rows = Vec::with_capacity(run.rows.len());
    for (cell, of_judges) in cells(run, judges) {
        let (_, _, axis, _) = cell;
        let derived = match common.contains(&axis) {
            true => derive(&of_judges, how),
            false => vec![(None, Status::NotApplicable); per_repeat(judges.len(), how) as usize],
        };
        let Some(like) = of_judges.first() else {
            continue;
        };
        let width = per_repeat(judges.len(), how);
        for (number, (score, status)) in (0..).zip(derived) {
            rows.push(ScoreRow {
                judge: Arc::clone(&name),
                repeat: like.repeat * width + number,
                score,
                status,
                parts: PartsCell::Absent,
                ..(*like).clone()
            });
        }
    }
    let mut manifest = run.manifest.clone();
    manifest.judges = vec![section];
    let of_panel = run
        .served
        .iter()
        .filter(|(judge, _)| judges.contains(judge));
    let served = of_panel.flat_map(|(_, served)| served.clone()).collect();
    Ok(LoadedRun {
        manifest,
        rows,
        served: BTreeMap::from([(name.to_string(), served)]),
        ..run.clone()
    })
}

/// Repeats of the derived judge for each repeat of its members.
fn per_repeat(judges: usize, how: Combine) -> u32 {
    match how {
        Combine::Mean => u32::try_from(judges).unwrap_or(u32::MAX),
        Combine::Median => 2,
    }
}

fn members<'a>(run: &'a LoadedRun, judges: &[String]) -> Result<Vec<&'a JudgeSection>, PanelError> {
    let mut faults = Vec::new();
    let mut members: Vec<&JudgeSection> = Vec::new();
    let known: Vec<&str> = run
        .manifest
        .judges
        .iter()
        .map(|j| &*j.identity.name)
        .collect();
    for name in judges {
        match run
            .manifest
            .judges
            .iter()
            .find(|judge| judge.identity.name == *name)
        {
            None => faults.push(format!("  {}", unknown("judge", name, &known, None))),
            Some(judge) if members.contains(&judge) => {
                faults.push(format!("  {name} is named twice"))
            }
            Some(judge) => members.push(judge),
        }
    }
    if judges.len() < 2 {
        faults.push("  a panel has two judges or more: name them with --judge".to_owned());
    }
    let repeats: BTreeSet<u32> = members.iter().map(|judge| judge.repeats).collect();
    if repeats.len() > 1 {
        let list: Vec<String> = members
            .iter()
            .map(|j| format!("{} {}", j.identity.name, j.repeats))
            .collect();
        faults.push(format!(
            "  the judges marked different numbers of times ({}), so one would weigh more: mark with equal --repeats",
            list.join(", ")
        ));
    }
    let mut axes = run.manifest.suite.axes.iter();
    if faults.is_empty()
        && !axes.any(|axis| members.iter().all(|judge| judge.identity.marks(*axis)))
    {
        faults.push("  there is no axis that all of them mark".to_owned());
    }
    if faults.is_empty() {
        return Ok(members);
    }
    Err(PanelError {
        run: run.label.clone(),
        judges: judges.to_vec(),
        faults,
    })
}

/// The derived judge. Everything that identifies its members is in it.
fn section(members: &[&JudgeSection], axes: &BTreeSet<Axis>, how: Combine) -> JudgeSection {
    let names: Vec<&str> = members.iter().map(|judge| &*judge.identity.name).collect();
    let mut details = BTreeMap::from([(COMBINED_BY.to_owned(), how.key().to_owned())]);
    if one_judge(members) {
        details.insert(ONE_JUDGE.to_owned(), "wording of the rubrics".to_owned());
    }
    for judge in members {
        details.insert(
            format!("{MEMBER}{}", judge.identity.name),
            judge.digest.to_string(),
        );
    }
    if axes.len() < Axis::ALL.len() {
        let keys: Vec<&str> = axes.iter().map(|axis| axis.key()).collect();
        details.insert(AXES.to_owned(), keys.join(", "));
    }
    let identity = Identity {
        name: format!("{}-of-{}", how.key(), names.join("+")),
        kind: KIND.to_owned(),
        details,
    };
    let repeats = members.first().map_or(1, |judge| judge.repeats);
    JudgeSection::new(&identity, repeats * per_repeat(members.len(), how))
}

/// Task, sample, axis, repeat.
pub(crate) type Cell = (Arc<str>, u32, Axis, u32);

/// The rows of some judges, gathered by what they are about, in the order of the judges.
pub(crate) fn cells<'a>(run: &'a LoadedRun, judges: &[String]) -> Vec<(Cell, Vec<&'a ScoreRow>)> {
    let mut found: HashMap<Cell, Vec<(usize, &ScoreRow)>> = HashMap::new();
    for row in &run.rows {
        if let Some(judge) = judges.iter().position(|name| **name == *row.judge) {
            let cell = (Arc::clone(&row.task), row.seed, row.axis, row.repeat);
            found.entry(cell).or_default().push((judge, row));
        }
    }
    let mut cells: Vec<_> = found.into_iter().collect();
    cells.sort_by(|a, b| a.0.cmp(&b.0));
    let in_order = |mut rows: Vec<(usize, &'a ScoreRow)>| {
        rows.sort_by_key(|(judge, _)| *judge);
        rows.into_iter().map(|(_, row)| row).collect()
    };
    cells
        .into_iter()
        .map(|(cell, rows)| (cell, in_order(rows)))
        .collect()
}

fn derive(rows: &[&ScoreRow], how: Combine) -> Vec<(Option<Score>, Status)> {
    if how == Combine::Mean {
        return rows.iter().map(|row| (row.score, row.status)).collect();
    }
    let mut marked: Vec<(Score, Status)> = rows
        .iter()
        .filter_map(|row| Some((row.score?, row.status)))
        .collect();
    marked.sort();
    let last = marked.len().saturating_sub(1);
    let middle = [last / 2, last.div_ceil(2)].map(|at| marked.get(at).copied());
    let reason = rows
        .iter()
        .map(|row| row.status)
        .find(|status| status.is_missing());
    let reason = reason
        .or_else(|| rows.first().map(|row| row.status))
        .unwrap_or(Status::Pending);
    let of = |found: Option<(Score, Status)>| match found {
        Some((score, status)) => (Some(score), status),
        None => (None, reason),
    };
    middle.map(of).to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::suite::Kind;

    fn row(score: Option<i64>) -> ScoreRow {
        ScoreRow {
            suite: "s".into(),
            task: "t".into(),
            category: "c".into(),
            kind: Kind::Edit,
            model: "m".into(),
            seed: 0,
            axis: Axis::IMAGE_QUALITY,
            judge: "j".into(),
            repeat: 0,
            score: score.and_then(Score::new),
            status: if score.is_some() {
                Status::Ok
            } else {
                Status::Pending
            },
            parts: PartsCell::Absent,
        }
    }

    fn mean_of(scores: &[Option<i64>], how: Combine) -> Option<f64> {
        let rows: Vec<ScoreRow> = scores.iter().map(|score| row(*score)).collect();
        let derived = derive(&rows.iter().collect::<Vec<_>>(), how);
        let marks: Vec<f64> = derived
            .iter()
            .filter_map(|(score, _)| Some(score.as_ref()?.to_f64()))
            .collect();
        (!marks.is_empty()).then(|| marks.iter().sum::<f64>() / marks.len() as f64)
    }

    proptest! {
        #[test]
        fn the_mean_over_derived_repeats_is_the_combination(scores in prop::collection::vec(prop::option::of(1_i64..=5), 2..7)) {
            let mut there: Vec<f64> = scores.iter().flatten().map(|&score| score as f64).collect();
            there.sort_by(f64::total_cmp);
            let n = there.len();
            let mean = (n > 0).then(|| there.iter().sum::<f64>() / n as f64);
            let median = (n > 0).then(|| (there[(n - 1) / 2] + there[n / 2]) / 2.0);
            prop_assert_eq!(mean_of(&scores, Combine::Mean), mean);
            prop_assert_eq!(mean_of(&scores, Combine::Median), median);
        }
    }
}
