//! Whose marks the analyses of a multiverse take: every judge that marked all runs, and a panel of them.

use std::collections::BTreeSet;

use super::MultiverseRequest;
use crate::analysis::compare::CompareError;
use crate::analysis::compare::crossing::Across;
use crate::analysis::compare::prepared::Prepared;
use crate::analysis::judges::panel::{Combine, combined};
use crate::analysis::runs::load::LoadedRun;

/// The marks of one judge, or of a panel.
pub(super) struct JudgeView {
    /// What the analysis calls it.
    pub name: String,
    /// The runs as a panel marked them; none for a judge of the runs themselves.
    panel: Option<Vec<LoadedRun>>,
}

/// All views; that of the comparison first.
pub(super) struct Views {
    pub all: Vec<JudgeView>,
    /// What was left out, or why there is one view only.
    pub note: Option<String>,
}

impl JudgeView {
    /// The runs under these marks.
    pub fn prepared<'a>(
        &'a self,
        request: &MultiverseRequest<'a>,
    ) -> Result<Prepared<'a>, CompareError> {
        match &self.panel {
            None => Prepared::new(
                request.candidates,
                request.baselines,
                Some(&self.name),
                Across::Refused,
            ),
            Some(runs) => {
                let (candidates, baselines) = runs.split_at(request.candidates.len());
                let (candidates, baselines): (Vec<_>, Vec<_>) =
                    (candidates.iter().collect(), baselines.iter().collect());
                Prepared::new(&candidates, &baselines, None, Across::Refused)
            }
        }
    }
}

/// The views of a request. A judge that differs between the runs, or did not mark all of them, is left out and named.
///
/// # Errors
/// Those of the comparison's own view.
pub(super) fn views(request: &MultiverseRequest<'_>) -> Result<Views, CompareError> {
    let runs = [request.candidates, request.baselines].concat();
    let own = request.comparison.runs.first();
    let own = own.map_or("", |run| run.judge.as_str());
    let named: Vec<String> = match request.panel {
        Some((judges, _)) => judges.to_vec(),
        None => all_judges(&runs),
    };
    let single = |name: &String| JudgeView {
        name: name.clone(),
        panel: None,
    };
    let (mut all, mut left_out) = (Vec::new(), Vec::new());
    for view in named.iter().map(single) {
        match view.prepared(request) {
            Ok(_) => all.push(view),
            Err(error) if view.name == own => return Err(error),
            Err(_) => left_out.push(view.name),
        }
    }
    let how = request.panel.map_or(Combine::Mean, |(_, how)| how);
    let members: Vec<String> = all
        .iter()
        .map(|view: &JudgeView| view.name.clone())
        .collect();
    let mut note = match members.len() {
        0 | 1 => Some("the runs have the marks of one judge".to_owned()),
        _ => match panel(&runs, &members, how) {
            Ok(view) => {
                all.push(view);
                None
            }
            Err(_) => Some("no panel: its judges marked different numbers of times".to_owned()),
        },
    };
    if !left_out.is_empty() {
        let list = left_out.join(", ");
        note = Some(format!(
            "left out, since not every run has their marks: {list}"
        ));
    }
    all.sort_by_key(|view| view.name != own);
    Ok(Views { all, note })
}

/// Every judge of any run.
fn all_judges(runs: &[&LoadedRun]) -> Vec<String> {
    let judges = runs.iter().flat_map(|run| &run.manifest.judges);
    let names: BTreeSet<String> = judges.map(|judge| judge.identity.name.clone()).collect();
    names.into_iter().collect()
}

fn panel(runs: &[&LoadedRun], judges: &[String], how: Combine) -> Result<JudgeView, CompareError> {
    let mut marked = Vec::with_capacity(runs.len());
    for run in runs {
        let found = combined(run, judges, how);
        marked.push(found.map_err(|error| CompareError::Request(error.to_string()))?);
    }
    let first = marked.first().and_then(|run| run.manifest.judges.first());
    let name = first.map_or_else(String::new, |judge| judge.identity.name.clone());
    Ok(JudgeView {
        name,
        panel: Some(marked),
    })
}
