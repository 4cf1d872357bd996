//! What a report and the terminal call runs.

use std::collections::BTreeMap;

use crate::analysis::compare::{Comparison, RunInfo};
use crate::analysis::findings::Findings;
use crate::report::escape;

/// Display names of runs: the model's name where no other run has it, else the run's label.
#[derive(Clone, Debug)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// The names of all runs.
    pub fn of(findings: &Findings) -> Self {
        let runs = findings.runs.iter().chain(&findings.beside);
        let runs: Vec<&RunInfo> = runs.map(|run| &run.info).collect();
        Self::choose(&runs, |_| true)
    }

    /// The names of the runs of a comparison for the terminal: the label that a user gave, and the model's name instead of
    /// one that nobody gave.
    pub fn in_terminal(comparison: &Comparison) -> Self {
        let runs: Vec<&RunInfo> = comparison.runs.iter().collect();
        Self::choose(&runs, |run| run.has_default_name(&comparison.suite.name))
    }

    /// The model's name for the runs that may have it, where no other run has it as its model or label.
    fn choose(runs: &[&RunInfo], may: impl Fn(&RunInfo) -> bool) -> Self {
        let unique = |run: &RunInfo| {
            let same = |other: &&&RunInfo| other.model == run.model;
            let taken = |other: &&RunInfo| other.label == run.model && other.label != run.label;
            !run.model.is_empty()
                && runs.iter().filter(same).count() == 1
                && !runs.iter().any(taken)
        };
        let named = runs.iter().map(|run| {
            let shown = match may(run) && unique(run) {
                true => &run.model,
                false => &run.label,
            };
            (run.label.clone(), escape::name(shown))
        });
        Self(named.collect())
    }

    /// The labels that are not what their runs are called, with the names.
    pub fn renamed(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.iter().map(|(label, name)| (&**label, &**name));
        all.filter(|(label, name)| label != name)
    }

    /// The name of a run: harmless characters and bounded length, not yet escaped for any form.
    pub fn get<'a>(&'a self, label: &'a str) -> &'a str {
        self.0.get(label).map_or(label, String::as_str)
    }
}
