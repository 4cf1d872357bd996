//! What was taken, what is missing and why: shown before anything is written.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::imported::write::ImportedRun;
use crate::run::scores::Status;

/// Most tasks that are named.
const MAX_NAMED: usize = 20;

/// The marks of one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelSurvey {
    /// The model.
    pub model: String,
    /// Its judges.
    pub judges: Vec<String>,
    /// By axis: marks by status.
    pub axes: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// Tasks without any row in the files, the first of them.
    pub absent: Vec<String>,
    /// How many tasks have no row.
    pub absent_count: u64,
    /// Numbers that are no marks and yet enter the official figure, by axis and by why they are none.
    pub official_only: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
}

/// Counts the rows of a run.
pub fn of(run: &ImportedRun) -> ModelSurvey {
    let mut axes: BTreeMap<&'static str, BTreeMap<&'static str, u64>> = BTreeMap::new();
    let mut absent: BTreeMap<&str, bool> = BTreeMap::new();
    for row in &run.rows {
        if row.status == Status::NotApplicable {
            continue;
        }
        *axes
            .entry(row.axis.key())
            .or_default()
            .entry(row.status.key())
            .or_default() += 1;
        let lacks = row.status == Status::Missing(crate::judge::MissingReason::NotInFile);
        let known = absent.entry(&row.task).or_insert(true);
        *known &= lacks;
    }
    let mut official_only: BTreeMap<&'static str, BTreeMap<&'static str, u64>> = BTreeMap::new();
    for one in &run.official {
        let of_axis = official_only.entry(one.at.axis.key()).or_default();
        *of_axis.entry(Status::Missing(one.why).key()).or_default() += 1;
    }
    let names: Vec<String> = absent
        .iter()
        .filter(|(_, lacks)| **lacks)
        .map(|(task, _)| (*task).to_owned())
        .collect();
    ModelSurvey {
        model: run.manifest.model.identity.name.clone(),
        judges: run
            .manifest
            .judges
            .iter()
            .map(|judge| judge.identity.name.clone())
            .collect(),
        axes,
        official_only,
        absent_count: names.len() as u64,
        absent: names.into_iter().take(MAX_NAMED).collect(),
    }
}
