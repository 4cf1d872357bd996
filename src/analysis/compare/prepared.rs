//! Runs checked against each other and laid out over common items: what every comparison, ranking and report starts
//! from, once.

use crate::analysis::compare::crossing::{self, Across, BridgeInfo, Crossing};
use crate::analysis::compare::request::{distinct_labels, judges};
use crate::analysis::compare::setting::Setting;
use crate::analysis::compare::{CompareError, RunInfo, info};
use crate::analysis::runs::comparable;
use crate::analysis::runs::declaration::{Declaration, InForce};
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::scores::items::Items;
use crate::analysis::scores::score_table::{ScoreTable, score_table};
use crate::analysis::scores::sheet::Sheet;
use crate::common::digest::Digest;
use crate::run::manifest::SuiteSection;

/// Runs that may be set side by side.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    /// The runs, candidates first, then baselines.
    pub runs: Vec<&'a LoadedRun>,
    /// How many of them are candidates.
    pub candidates: usize,
    /// The suite, as the first run has it; the others have the same.
    pub suite: &'a SuiteSection,
    /// The items that all runs were asked.
    pub items: Items,
    /// The marks of each run, in the order of the runs.
    pub sheets: Vec<Sheet>,
    /// Whether judges differ, by force.
    pub judges_differ: bool,
    /// What joins different judges.
    pub crossing: Option<Crossing>,
}

impl<'a> Prepared<'a> {
    /// Checks the runs and lays out their marks by `judge`, the only judge where none is named. The others are held
    /// against the first baseline, or the first run without baselines.
    ///
    /// # Errors
    /// [`CompareError`]: no run, two of one name, runs that were not made alike.
    pub fn new(
        candidates: &[&'a LoadedRun],
        baselines: &[&'a LoadedRun],
        judge: Option<&str>,
        across: Across<'_>,
    ) -> Result<Self, CompareError> {
        let runs: Vec<&LoadedRun> = [candidates, baselines].concat();
        distinct_labels(&runs)?;
        let reference = if baselines.is_empty() {
            0
        } else {
            candidates.len()
        };
        let mut order = runs.clone();
        order.rotate_left(reference);
        let Some(first) = order.first().copied() else {
            return Err(CompareError::Request("there is no run".to_owned()));
        };
        let mut judges = match across {
            Across::Bridged(bridge) => crossing::judges(bridge, &order)?,
            Across::Refused | Across::Forced => judges(&order, judge)?,
        };
        let may_differ = !matches!(across, Across::Refused);
        let judges_differ = comparable::check(&order, &judges, may_differ)?;
        judges.rotate_right(reference);
        let items = Items::of(first)?;
        let crossing = match across {
            Across::Bridged(bridge) => Some(Crossing::new(bridge, &runs, &judges, &items)?),
            Across::Refused | Across::Forced => None,
        };
        let sheets = runs
            .iter()
            .zip(&judges)
            .map(|(run, &judge)| Sheet::new(run, judge, &items))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            candidates: candidates.len(),
            suite: &first.manifest.suite,
            runs,
            items,
            sheets,
            judges_differ: judges_differ && crossing.is_none(),
            crossing,
        })
    }

    /// The setting that contrasts of these runs share, under what is in force of a declaration.
    pub fn setting(
        &self,
        declaration: &Declaration,
        in_force: &InForce<'_>,
        cross_checks: bool,
    ) -> Setting<'_> {
        Setting {
            items: &self.items,
            mapping: self.suite.mapping,
            alpha: in_force.alpha,
            pass_threshold: declaration.pass_threshold,
            margin: in_force.margin,
            seed: comparison_seed(self.suite),
            cross_checks,
            crossing: self.crossing.as_ref(),
            described: true,
        }
    }

    /// The bridge, as results name it; `None` where the new judge marked every run, so that nothing rests on it.
    pub fn bridge(&self) -> Option<BridgeInfo> {
        let crossing = self.crossing.as_ref()?;
        let rests = self.sheets.iter().any(|sheet| crossing.is_old(sheet));
        rests.then(|| crossing.info.clone())
    }

    /// Every candidate with every baseline.
    pub fn pairs(&self) -> Vec<(&Sheet, &Sheet)> {
        let (candidates, baselines) = self.sheets.split_at(self.candidates);
        candidates
            .iter()
            .flat_map(|a| baselines.iter().map(move |b| (a, b)))
            .collect()
    }

    /// The runs as results name them.
    pub fn infos(&self) -> Vec<RunInfo> {
        let both = self.runs.iter().zip(&self.sheets);
        both.map(|(run, sheet)| info(run, sheet)).collect()
    }

    /// The levels of every run under its judge.
    pub fn levels(&self) -> Vec<ScoreTable> {
        let table = |sheet: &Sheet| {
            let names = (
                sheet.model.clone(),
                sheet.judge.identity.name.as_str().into(),
            );
            let table = score_table(self.suite, &self.items, &sheet.axes, names);
            match &self.crossing {
                Some(crossing) => crossing.levels(self.suite.mapping, &self.items, sheet, table),
                None => table,
            }
        };
        self.sheets.iter().map(table).collect()
    }
}

/// The seed of everything that is drawn. Of the suite alone: exchanging the runs must not change it.
fn comparison_seed(suite: &SuiteSection) -> u64 {
    Digest::of_fields([
        b"parabench comparison 1".as_slice(),
        suite.digest.as_bytes(),
    ])
    .as_u64()
}
