//! What a report calls its runs: the model's name where it tells them apart, else the run's label.

use std::collections::HashMap;

use crate::analysis::findings::Findings;
use crate::report::columns::printable;

/// Names by label.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<String, String>);

impl Names {
    /// The names of all runs of a report.
    pub fn of(findings: &Findings) -> Self {
        let mut models: HashMap<&str, usize> = HashMap::new();
        for run in &findings.runs {
            *models.entry(&run.info.model).or_default() += 1;
        }
        let name = |run: &crate::analysis::findings::run::RunFindings| {
            let (label, model) = (&run.info.label, &run.info.model);
            let alone = models.get(model.as_str()) == Some(&1);
            let name = if alone { model } else { label };
            (label.clone(), printable(name))
        };
        Self(findings.runs.iter().map(name).collect())
    }

    /// The name of a run.
    pub fn get<'a>(&'a self, label: &'a str) -> &'a str {
        self.0.get(label).map_or(label, String::as_str)
    }
}
