//! What a report calls its runs.

use std::collections::BTreeMap;

use crate::analysis::findings::Findings;
use crate::report::escape;

/// Display names of runs: the model's name where no other run has it, else the run's label.
#[derive(Clone, Debug)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// The names of all runs.
    pub fn of(findings: &Findings) -> Self {
        let all = || findings.runs.iter().chain(&findings.beside);
        let unique = |model: &str| {
            let same = all().filter(|run| run.info.model == model);
            !model.is_empty() && same.count() == 1
        };
        let named = all().map(|run| {
            let (label, own) = (&run.info.label, run.info.model.as_str());
            let shown = if unique(own) { own } else { label };
            (label.clone(), escape::name(shown))
        });
        Self(named.collect())
    }

    /// The name of a run: harmless characters and bounded length, not yet escaped for any form.
    pub fn get<'a>(&'a self, label: &'a str) -> &'a str {
        self.0.get(label).map_or(label, String::as_str)
    }
}
