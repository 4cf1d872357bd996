//! Runs checked against each other and laid out over common items: what rankings and reports start from.

use crate::analysis::compare::checks::{distinct_labels, judges};
use crate::analysis::compare::contrast::Setting;
use crate::analysis::compare::{CompareError, comparison_seed};
use crate::analysis::runs::comparable;
use crate::analysis::runs::declaration::Declaration;
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::scores::sheet::{Items, Sheet};
use crate::run::manifest::SuiteSection;

/// Runs that may be set side by side.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    /// The suite, as the first run has it; the others have the same.
    pub suite: &'a SuiteSection,
    /// The items that all runs were asked.
    pub items: Items,
    /// The marks of each run, in the order of the runs.
    pub sheets: Vec<Sheet>,
    /// Whether judges differ, by force.
    pub judges_differ: bool,
}

impl<'a> Prepared<'a> {
    /// Checks the runs and lays out their marks by `judge`, the only judge where none is named.
    ///
    /// # Errors
    /// [`CompareError`]: no run, two of one name, runs that were not made alike.
    pub fn new(
        runs: &[&'a LoadedRun],
        judge: Option<&str>,
        force_judge: bool,
    ) -> Result<Self, CompareError> {
        let Some(reference) = runs.first() else {
            return Err(CompareError::Request("there is no run".to_owned()));
        };
        distinct_labels(runs)?;
        let judges = judges(runs, judge)?;
        let judges_differ = comparable::check(runs, &judges, force_judge)?;
        let items = Items::of(reference);
        let sheets = runs
            .iter()
            .zip(&judges)
            .map(|(run, &judge)| Sheet::new(run, judge, &items))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            suite: &reference.manifest.suite,
            items,
            sheets,
            judges_differ,
        })
    }

    /// The setting that contrasts of these runs share.
    pub fn setting(&self, declaration: &Declaration, cross_checks: bool) -> Setting<'_> {
        Setting {
            items: &self.items,
            mapping: self.suite.mapping,
            alpha: declaration.alpha,
            pass_threshold: declaration.pass_threshold,
            margin: declaration.margin,
            seed: comparison_seed(self.suite),
            judges_differ: self.judges_differ,
            cross_checks,
        }
    }
}
