//! A bridge laid over the runs of a comparison: which judge each run is read under, and what joins two runs that were
//! marked by different ones. All is said on the new judge's scale.

mod cells;
mod fit;

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use self::cells::{column, marked_items, planned, weighted};
use self::fit::{mark_fault, served_faults, suite_faults};
use crate::analysis::bridge::change::{RunChange, changes, mean_over_runs};
use crate::analysis::bridge::file::Bridge;
use crate::analysis::compare::sign_flip::BRIDGE;
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::scores::items::Items;
use crate::analysis::scores::score_table::{Level, NoLevel, ScoreTable, common_scale};
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::analysis::scores::sheet::Sheet;
use crate::common::digest::Digest;
use crate::run::scores::ScoreRow;
use crate::stats::bridge::{BridgeCells, Joined, NoBridge, joined, joined_by_others};
use crate::stats::error::Result;
use crate::stats::rational::Rational;
use crate::suite::{Axis, ScoreMap};

/// Share of missing marks up to which a run is read under the new judge.
const MOSTLY_THERE: f64 = 0.05;

/// How runs are treated that were marked by different judges.
#[derive(Clone, Copy, Debug, Default)]
pub enum Across<'a> {
    /// They are refused.
    #[default]
    Refused,
    /// They are compared by force, and every line is flagged.
    Forced,
    /// They are joined by a bridge.
    Bridged(&'a Bridge),
}

/// The bridge of a comparison, as results name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BridgeInfo {
    /// Digest of the bridge.
    pub digest: Digest,
    /// The judge that is left.
    pub old: String,
    /// The judge that follows, on whose scale all is said.
    pub new: String,
    /// Tasks of the bridge that the runs were asked too.
    pub tasks: usize,
    /// Runs of the bridge.
    pub runs: usize,
}

/// On what a line across judges rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Both judges marked answers of the run that the old judge marked.
    Own,
    /// They marked answers of other runs, and this run is assumed to be like them.
    Others {
        /// How many.
        runs: usize,
    },
}

/// How a line across judges came about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Crossed {
    /// On what it rests.
    pub basis: Basis,
    /// Tasks marked by both judges.
    pub tasks: usize,
    /// How far the new judge marks from the old one, in points.
    pub shift: f64,
    /// Standard error of the shift, in points.
    pub se_shift: f64,
}

/// Why a bridge does not fit runs.
#[derive(Debug, thiserror::Error)]
#[error("the bridge does not fit:\n  {}", .0.join("\n  "))]
pub struct Misfit(pub Vec<String>);

/// A bridge over the items of a comparison.
#[derive(Clone, Debug)]
pub struct Crossing {
    /// As results name it.
    pub info: BridgeInfo,
    old: Digest,
    /// The axes of the suite's Overall.
    overall: Vec<Axis>,
    changes: Vec<RunChange>,
    /// Position in `changes` of the anchors of a run, by its label.
    own: BTreeMap<String, usize>,
}

/// The position of the judge in each run: the new one where it marked the run, else the old one.
///
/// # Errors
/// [`Misfit`]: runs that were marked by neither.
pub fn judges(bridge: &Bridge, runs: &[&LoadedRun]) -> std::result::Result<Vec<usize>, Misfit> {
    let mut faults = Vec::new();
    let mut found = Vec::new();
    for run in runs {
        let of = |digest: Digest| {
            let mut judges = run.manifest.judges.iter();
            judges.position(|judge| judge.digest == digest)
        };
        let new = of(bridge.new.digest)
            .filter(|_| missing_share(run, &bridge.new.identity.name) <= MOSTLY_THERE);
        match new.or_else(|| of(bridge.old.digest)) {
            Some(judge) => found.push(judge),
            None => faults.push(format!(
                "run {}: it has no marks by {} (identity {}), and by {} (identity {}) none or more than 5 % are \
                 missing",
                run.label,
                bridge.old.identity.name,
                bridge.old.digest.short(12),
                bridge.new.identity.name,
                bridge.new.digest.short(12)
            )),
        }
    }
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(Misfit(faults))
    }
}

fn missing_share(run: &LoadedRun, judge: &str) -> f64 {
    let expected =
        |row: &&ScoreRow| *row.judge == *judge && (row.score.is_some() || row.status.is_missing());
    let rows = || run.rows.iter().filter(expected);
    let missing = rows().filter(|row| row.status.is_missing()).count();
    missing as f64 / rows().count().max(1) as f64
}

impl Crossing {
    /// Lays a bridge over runs. `judges` is the position of the judge in each of them.
    ///
    /// # Errors
    /// [`Misfit`], with everything that does not fit; an overflow of the statistics is one of them.
    pub fn new(
        bridge: &Bridge,
        runs: &[&LoadedRun],
        judges: &[usize],
        items: &Items,
    ) -> std::result::Result<Self, Misfit> {
        let mut faults = Vec::new();
        let mut own = BTreeMap::new();
        for (run, judge) in runs.iter().zip(judges) {
            faults.extend(suite_faults(bridge, run));
            faults.extend(served_faults(bridge, run, *judge));
            let same = |anchors: &crate::analysis::bridge::file::AnchorRun| {
                anchors.samples_digest == run.manifest.samples_digest()
            };
            let Some(position) = bridge.runs.iter().position(same) else {
                continue;
            };
            match mark_fault(bridge, position, run) {
                Some(fault) => faults.push(fault),
                None => {
                    own.insert(run.label.clone(), position);
                }
            }
        }
        if items.clustered() {
            let fault = "the suite has clusters of tasks, and this version cannot join judges over clusters";
            faults.push(fault.to_owned());
        }
        faults.dedup();
        let tasks: HashSet<&str> = bridge.tasks.iter().map(|task| &*task.task).collect();
        let info = BridgeInfo {
            digest: bridge.digest(),
            old: bridge.old.identity.name.clone(),
            new: bridge.new.identity.name.clone(),
            tasks: items
                .tasks
                .iter()
                .filter(|task| tasks.contains(&***task))
                .count(),
            runs: bridge.runs.len(),
        };
        let changes = match changes(bridge, items) {
            Ok(changes) if faults.is_empty() => changes,
            Ok(_) => return Err(Misfit(faults)),
            Err(error) => return Err(Misfit(vec![error.to_string()])),
        };
        Ok(Self {
            info,
            old: bridge.old.digest,
            overall: bridge.suite.overall(),
            changes,
            own,
        })
    }

    /// Whether a sheet holds marks of the old judge.
    pub fn is_old(&self, sheet: &Sheet) -> bool {
        sheet.judge.digest == self.old
    }

    /// The difference a − b of two runs, of which one was marked by the old judge, in raw marks on the new judge's scale;
    /// or why they cannot be joined.
    ///
    /// # Errors
    /// [`crate::stats::error::StatsError::Overflow`].
    pub fn join(
        &self,
        items: &Items,
        (a, b): (&Sheet, &Sheet),
        axes: &[Axis],
    ) -> Result<std::result::Result<(Joined, Basis), NoBridge>> {
        let turn = !self.is_old(a);
        let (old, new) = if turn { (b, a) } else { (a, b) };
        let new_b = column(items, axes, &|axis| Some(new.axis(axis)?.values.clone()))?;
        let found = self.over(items, old, &new_b, axes)?;
        Ok(found.map(|(joined, basis)| {
            let oriented = if turn { joined.turned() } else { joined };
            (oriented, basis)
        }))
    }

    /// The level of a run that the old judge marked, on the new judge's scale; `None` where the bridge does not join it.
    ///
    /// # Errors
    /// As [`join`](Self::join).
    pub fn level(
        &self,
        mapping: ScoreMap,
        items: &Items,
        old: &Sheet,
        axes: &[Axis],
    ) -> Result<Option<Level>> {
        // As a difference from the lowest mark.
        let lowest = column(items, axes, &|axis| {
            let values = &old.axis(axis)?.values;
            Some(values.iter().map(|v| v.map(|_| LOWEST.into())).collect())
        })?;
        let found = self.over(items, old, &lowest, axes)?.ok();
        Ok(found.map(|(joined, _)| {
            let raw = |above: f64| (above + LOWEST as f64).clamp(1.0, 5.0);
            Level {
                points: mapping.points(raw(joined.estimate)),
                raw: common_scale(axes).mark_at(raw(joined.estimate)),
                se: Some(joined.se * mapping.slope()),
                ci95: [
                    mapping.points(raw(joined.interval.lo)),
                    mapping.points(raw(joined.interval.hi)),
                ],
                method: BRIDGE,
                items: marked_items(old, axes),
            }
        }))
    }

    /// A run's table with its levels on the new judge's scale.
    pub fn levels(
        &self,
        mapping: ScoreMap,
        items: &Items,
        sheet: &Sheet,
        mut table: ScoreTable,
    ) -> ScoreTable {
        if !self.is_old(sheet) {
            return table;
        }
        let joined = |axes: &[Axis], level: &mut std::result::Result<Level, NoLevel>| {
            if level.is_ok() {
                let found = self.level(mapping, items, sheet, axes).ok().flatten();
                *level = found.ok_or(NoLevel::NotJoined);
            }
        };
        for score in &mut table.axes {
            joined(&[score.axis], &mut score.level);
        }
        joined(&self.overall, &mut table.overall);
        table
    }

    fn over(
        &self,
        items: &Items,
        old: &Sheet,
        new_b: &[Option<Rational>],
        axes: &[Axis],
    ) -> Result<std::result::Result<(Joined, Basis), NoBridge>> {
        let planned = planned(items, axes);
        let old_a = column(items, axes, &|axis| Some(old.axis(axis)?.values.clone()))?;
        let anchors = |change: &[Option<Rational>]| -> Result<Vec<Option<Rational>>> {
            let both = old_a.iter().zip(change);
            both.map(|(old, change)| match (old, change) {
                (Some(old), Some(change)) => old.checked_add(*change).map(Some),
                _ => Ok(None),
            })
            .collect()
        };
        let joining = |new_a: &[Option<Rational>], shifts: Option<&[f64]>| {
            let cells = BridgeCells {
                old_a: &old_a,
                new_b,
                new_a,
                planned: &planned,
            };
            match shifts {
                None => joined(items.strata(), cells, RAW_RANGE),
                Some(shifts) => joined_by_others(items.strata(), cells, shifts, RAW_RANGE),
            }
        };
        let own = self
            .own
            .get(&old.label)
            .and_then(|&at| self.changes.get(at));
        if let Some(change) = own {
            let new_a = anchors(&self.change(items, change, axes)?)?;
            return Ok(joining(&new_a, None)?.map(|joined| (joined, Basis::Own)));
        }
        let mut columns = Vec::new();
        for run in &self.changes {
            if axes.iter().all(|axis| run.axes.contains_key(axis)) {
                columns.push(self.change(items, run, axes)?);
            }
        }
        let shifts: Option<Vec<f64>> = columns
            .iter()
            .map(|column| weighted(items, &planned, column))
            .collect();
        let (Some(shifts), false) = (shifts, columns.is_empty()) else {
            return Ok(Err(NoBridge::TooFewRuns));
        };
        let slices: Vec<&[Option<Rational>]> = columns.iter().map(Vec::as_slice).collect();
        let new_a = anchors(&mean_over_runs(&slices)?)?;
        let basis = Basis::Others {
            runs: columns.len(),
        };
        Ok(joining(&new_a, Some(&shifts))?.map(|joined| (joined, basis)))
    }

    fn change(
        &self,
        items: &Items,
        run: &RunChange,
        axes: &[Axis],
    ) -> Result<Vec<Option<Rational>>> {
        column(items, axes, &|axis| {
            Some(run.axes.get(&axis)?.change.clone())
        })
    }
}

/// The lowest mark.
const LOWEST: i64 = 1;
