//! What a bridge says: how far the new judge marks from the old one, whether the change favours a run, and whether the
//! new judge may take the old one's place.
//!
//! *Shift*: mean of new − old by task, over all runs. *Favour* of A over B: mean of (new − old) of A − (new − old) of B, for
//! every pair of runs and metric in one family, tested and bounded like any contrast. Values of a favour lie within ±8 raw
//! marks, twice the length of the scale.

mod found;

pub use found::{
    BridgePlace, Favour, FavourFound, Places, Replacement, Shift, ShiftFound, Study, StudyRun,
    Terms,
};

use crate::analysis::bridge::change::{self, AxisChange, FAVOUR_RANGE, RunChange, mean_over_runs};
use crate::analysis::bridge::file::Bridge;
use crate::analysis::compare::contrast::{Metric, Undefined};
use crate::analysis::compare::effects::ends;
use crate::analysis::compare::family::adjust::never_below_raw;
use crate::analysis::compare::pairs::mean_of;
use crate::analysis::compare::sign_flip::bounded;
use crate::analysis::compare::standing::{
    FEWEST_UNITS, Facts, Gate, MISSING_LIMIT, MarginFacts, Role, Standing, Tested,
};
use crate::analysis::compare::suite_info;
use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::common::digest::Digest;
use crate::run::manifest::program;
use crate::stats::difference_interval::{IntervalKind, sidak};
use crate::stats::error::{Result, StatsError};
use crate::stats::lattice::differences;
use crate::stats::margin::{MarginTest, units_needed};
use crate::stats::max_t::step_down;
use crate::stats::multiplicity::holm;
use crate::stats::rational::Rational;
use crate::stats::splitmix::Resampling;
use crate::stats::weighted::WeightedMean;
use crate::suite::Axis;

/// Version of the result's form.
pub const SCHEMA: u32 = 1;

/// Studies a bridge.
///
/// # Errors
/// [`StatsError::Overflow`]; [`StatsError::OutOfRange`] for terms that are none.
pub fn study(bridge: &Bridge, terms: Terms) -> Result<Study> {
    let items = change::items(bridge)?;
    let changes = change::changes(bridge, &items)?;
    let bench = Bench {
        bridge,
        items: &items,
        changes: &changes,
        terms,
        slope: bridge.suite.mapping.slope(),
    };
    let shifts = bench.shifts()?;
    let (favours, family_size) = bench.favours()?;
    let tests = favours.iter().filter(|f| f.standing.is_tested()).count();
    let share = terms.alpha / tests.max(1) as f64;
    let tasks_for_margin = units_needed(terms.margin / bench.slope, FAVOUR_RANGE, 1.0, share);
    Ok(Study {
        schema: SCHEMA,
        program: program(),
        bridge: bridge.digest(),
        suite: suite_info(&bridge.suite, &items),
        draw: bridge.draw,
        old: bridge.old.clone(),
        new: bridge.new.clone(),
        runs: bench.runs(),
        margin: terms.margin,
        alpha: terms.alpha,
        half_width: terms.half_width,
        replacement: replacement(&favours, tasks_for_margin, items.tasks.len()),
        shifts,
        favours,
        family_size,
        tasks_for_margin,
        places: bench.places()?,
    })
}

fn replacement(favours: &[Favour], needed: Option<u64>, tasks: usize) -> Replacement {
    let applies = |f: &&Favour| !matches!(f.result, Err(Undefined::NotApplicable));
    let favours: Vec<&Favour> = favours.iter().filter(applies).collect();
    if favours.is_empty() {
        return Replacement::OneRun;
    }
    let within = |f: &&Favour| {
        let margin = f.standing.margin();
        margin.is_some_and(|margin| margin.equivalent && !margin.conditional)
    };
    if favours.iter().all(within) {
        return Replacement::WithinMargin;
    }
    if favours.iter().any(|f| f.standing.is_shown() && !within(f)) {
        return Replacement::Favours;
    }
    match needed {
        Some(needed) if needed <= tasks as u64 && tasks >= FEWEST_UNITS => Replacement::NotShown,
        _ => Replacement::TooFewTasks,
    }
}

/// Values by task on each axis that enters a metric.
type Parts = Vec<(Axis, Vec<Option<Rational>>)>;

struct Bench<'a> {
    bridge: &'a Bridge,
    items: &'a Items,
    changes: &'a [RunChange],
    terms: Terms,
    slope: f64,
}

/// A favour that has an estimate, before the family is decided.
struct Line {
    mean: WeightedMean,
    p: f64,
    margin: Option<MarginTest>,
    tasks: usize,
    missing_share: f64,
}

impl Line {
    /// Whether it is tested with the others.
    fn tested(&self) -> bool {
        self.missing_share <= MISSING_LIMIT && self.mean.units() >= FEWEST_UNITS
    }
}

impl Bench<'_> {
    fn runs(&self) -> Vec<StudyRun> {
        let both = self.bridge.runs.iter().zip(self.changes);
        both.map(|(run, change)| StudyRun {
            label: run.label.clone(),
            model: run.model.clone(),
            thinks: run.thinks,
            expected: self.judged(change).map(|axis| axis.expected).sum(),
            missing: self.judged(change).map(|axis| axis.missing).sum(),
        })
        .collect()
    }

    /// What judges marked of a run; scores that are computed of it are no marks.
    fn judged<'b>(&'b self, run: &'b RunChange) -> impl Iterator<Item = &'b AxisChange> {
        let axes = self.bridge.suite.axes.iter();
        axes.filter_map(|axis| run.axes.get(axis))
    }

    /// The metrics of the suite, then its Overall of what applies to all of `runs`.
    fn metrics(&self, runs: &[&RunChange]) -> Vec<Metric> {
        let suite = &self.bridge.suite;
        let all = |axis: &Axis| runs.iter().all(|run| run.axes.contains_key(axis));
        let mut metrics: Vec<Metric> = suite.metrics().into_iter().map(Metric::axis).collect();
        let overall = suite.overall().into_iter().filter(all);
        metrics.push(Metric::overall(overall.collect()));
        metrics
    }

    fn shifts(&self) -> Result<Vec<Shift>> {
        let all: Vec<&RunChange> = self.changes.iter().collect();
        let shift = |metric: Metric| {
            Ok(Shift {
                result: self.shift(&metric)?,
                metric,
            })
        };
        self.metrics(&all).into_iter().map(shift).collect()
    }

    fn shift(&self, metric: &Metric) -> Result<std::result::Result<ShiftFound, Undefined>> {
        let mut parts: [Parts; 3] = Default::default();
        for &axis in &metric.axes {
            let marked = self.changes.iter().filter_map(|run| run.axes.get(&axis));
            let marked: Vec<_> = marked.collect();
            let columns: [Vec<&[Option<Rational>]>; 3] = [
                marked.iter().map(|axis| axis.change.as_slice()).collect(),
                marked.iter().map(|axis| axis.old.as_slice()).collect(),
                marked.iter().map(|axis| axis.new.as_slice()).collect(),
            ];
            for (part, columns) in parts.iter_mut().zip(columns) {
                if !columns.is_empty() {
                    part.push((axis, mean_over_runs(&columns)?));
                }
            }
        }
        let [change, old, new] = parts;
        let mean = match self.mean(&change)? {
            Ok(mean) => mean,
            Err(why) => return Ok(Err(why)),
        };
        let level = |parts: &Parts| -> Result<f64> {
            let found = mean_of(self.items, parts)?.value();
            Ok(self.bridge.suite.mapping.points(found))
        };
        let found = mean.difference_interval(RAW_RANGE, 0.05);
        let se = mean.se().map(|se| se * self.slope);
        Ok(Ok(ShiftFound {
            old: level(&old)?,
            new: level(&new)?,
            points: mean.value() * self.slope,
            se,
            ci95: found.interval.map(|i| ends(i.map(self.slope, 0.0))),
            ci95_method: found.kind.key(),
            tasks: mean.units(),
            // Where few tasks differ, the interval is a bound, which says nothing of other numbers of tasks.
            tasks_for_half_width: found
                .interval
                .filter(|_| found.kind == IntervalKind::T)
                .map(|i| self.needed(0.5 * i.width() * self.slope, mean.units())),
        }))
    }

    /// Tasks for the half-width w that was wished for, from the half-width h of n tasks: n·(h/w)², two at least.
    fn needed(&self, half_width: f64, tasks: usize) -> u64 {
        let ratio = half_width / self.terms.half_width;
        (tasks as f64 * ratio * ratio).ceil().max(2.0) as u64
    }

    /// The design-weighted mean of a metric, or why there is none.
    fn mean(&self, parts: &Parts) -> Result<std::result::Result<WeightedMean, Undefined>> {
        if parts.is_empty() {
            return Ok(Err(Undefined::NotApplicable));
        }
        match mean_of(self.items, parts) {
            Ok(mean) => Ok(Ok(mean)),
            Err(StatsError::EmptyStratum { stratum, .. }) => {
                let category = self.items.categories.get(stratum);
                let name = category.map_or_else(String::new, |c| c.name.clone());
                Ok(Err(Undefined::EmptyStratum(name)))
            }
            Err(StatsError::Empty) => Ok(Err(Undefined::NoPairs)),
            Err(error) => Err(error),
        }
    }

    fn seed(&self) -> u64 {
        let digest = self.bridge.suite.digest;
        Digest::of_fields([b"parabench bridge 1".as_slice(), digest.as_bytes()]).as_u64()
    }

    /// Every pair of runs on every metric, decided together; and how many were tested.
    fn favours(&self) -> Result<(Vec<Favour>, usize)> {
        let mut lines: Vec<(String, String, Metric, std::result::Result<Line, Undefined>)> =
            Vec::new();
        for (number, a) in self.changes.iter().enumerate() {
            for b in self.changes.iter().skip(number + 1) {
                for metric in self.metrics(&[a, b]) {
                    let line = self.line(a, b, &metric)?;
                    lines.push((a.label.clone(), b.label.clone(), metric, line));
                }
            }
        }
        let tested: Vec<&Line> = lines
            .iter()
            .filter_map(|(.., line)| line.as_ref().ok().filter(|line| line.tested()))
            .collect();
        let decided = self.decide(&tested)?;
        let size = tested.len();
        let mut decided = decided.into_iter();
        let favours = lines
            .iter()
            .map(|(a, b, metric, line)| {
                let together = match line {
                    Ok(line) if line.tested() => decided.next(),
                    _ => None,
                };
                let (standing, result) = self.favour(line, together, size);
                Favour {
                    a: a.clone(),
                    b: b.clone(),
                    metric: metric.clone(),
                    standing,
                    result,
                }
            })
            .collect();
        Ok((favours, size))
    }

    fn line(
        &self,
        a: &RunChange,
        b: &RunChange,
        metric: &Metric,
    ) -> Result<std::result::Result<Line, Undefined>> {
        let mut parts = Parts::new();
        let mut missing_share = 0.0_f64;
        for axis in &metric.axes {
            if let (Some(x), Some(y)) = (a.axes.get(axis), b.axes.get(axis)) {
                parts.push((*axis, differences(&x.change, &y.change)?));
                missing_share = missing_share.max(x.missing_share()).max(y.missing_share());
            }
        }
        let mean = match self.mean(&parts)? {
            Ok(mean) => mean,
            Err(why) => return Ok(Err(why)),
        };
        Ok(Ok(Line {
            p: bounded(mean.sign_flip(self.seed())?.p),
            margin: mean.margin_test(self.terms.margin / self.slope, FAVOUR_RANGE)?,
            tasks: mean.units(),
            missing_share,
            mean,
        }))
    }

    /// Adjusted p and Holm's p of the margin tests, in the order of the lines.
    fn decide(&self, lines: &[&Line]) -> Result<Vec<(f64, Option<[f64; 2]>)>> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let resampling = Resampling {
            seed: self.seed(),
            draws: self.terms.draws,
        };
        let means: Vec<&WeightedMean> = lines.iter().map(|line| &line.mean).collect();
        let drawn = step_down(&means, resampling, 1.0 - self.terms.alpha)?;
        let raw: Vec<Option<f64>> = lines.iter().map(|line| Some(line.p)).collect();
        let tests = |p: fn(&MarginTest) -> f64| -> Result<Vec<Option<f64>>> {
            let all: Vec<Option<f64>> = lines.iter().map(|l| l.margin.as_ref().map(p)).collect();
            holm(&all)
        };
        let equivalence = tests(MarginTest::p_equivalence)?;
        let noninferiority = tests(MarginTest::p_noninferiority)?;
        let margins = equivalence.into_iter().zip(noninferiority);
        let margins = margins.map(|(e, n)| Some([e?, n?]));
        Ok(never_below_raw(&drawn, &raw)
            .into_iter()
            .zip(margins)
            .collect())
    }

    fn favour(
        &self,
        line: &std::result::Result<Line, Undefined>,
        together: Option<(f64, Option<[f64; 2]>)>,
        size: usize,
    ) -> (Standing, std::result::Result<FavourFound, Undefined>) {
        let line = match line {
            Ok(line) => line,
            Err(why) => return (why.standing(), Err(why.clone())),
        };
        let (slope, alpha) = (self.slope, self.terms.alpha);
        let interval = |alpha: f64| {
            let found = line.mean.difference_interval(FAVOUR_RANGE, alpha).interval;
            found.map(|found| ends(found.map(slope, 0.0)))
        };
        let ci95 = interval(0.05);
        let whole = [-FAVOUR_RANGE * slope, FAVOUR_RANGE * slope];
        let margins = together.and_then(|(_, margins)| margins);
        let facts = Facts {
            judges_differ: false,
            missing_share: line.missing_share,
            role: Role::Confirmatory,
            units: line.mean.units(),
            gate: Gate::None,
            estimate: line.mean.value() * slope,
            interval: ci95.or(Some(whole)),
            test: Tested::P {
                p: together.map_or(1.0, |(p, _)| p),
                alpha,
            },
            // With anything missing a claim is conditional.
            bounds: None,
            margin: margins.map(|[equivalence, noninferiority]| MarginFacts {
                margin: self.terms.margin,
                p_equivalence: equivalence,
                p_noninferiority: noninferiority,
                bounds: None,
                alpha,
            }),
        };
        let found = FavourFound {
            points: facts.estimate,
            se: line.mean.se().map(|se| se * slope),
            ci95,
            simultaneous: together.and_then(|_| interval(sidak(alpha, size))),
            p: line.p,
            p_adjusted: together.map(|(p, _)| p),
            p_equivalence_holm: margins.map(|[p, _]| p),
            tasks: line.tasks,
            missing_share: line.missing_share,
        };
        (facts.standing(), Ok(found))
    }

    fn places(&self) -> Result<Places> {
        let all: Vec<&RunChange> = self.changes.iter().collect();
        let axes = self.metrics(&all).pop().map_or_else(Vec::new, |m| m.axes);
        let mut runs = Vec::new();
        for run in self.changes {
            let parts = |pick: fn(&AxisChange) -> &Vec<Option<Rational>>| -> Parts {
                let part = |axis: &Axis| Some((*axis, pick(run.axes.get(axis)?).clone()));
                axes.iter().filter_map(part).collect()
            };
            let (old, new) = (
                self.mean(&parts(|a| &a.old))?,
                self.mean(&parts(|a| &a.new))?,
            );
            if let (Ok(old), Ok(new)) = (old, new) {
                let points = |mean: &WeightedMean| self.bridge.suite.mapping.points(mean.value());
                runs.push((run.label.clone(), points(&old), points(&new)));
            }
        }
        Ok(ordered(axes, runs))
    }
}

fn ordered(axes: Vec<Axis>, runs: Vec<(String, f64, f64)>) -> Places {
    let place = |own: f64, all: &dyn Fn(&(String, f64, f64)) -> f64| {
        1 + runs.iter().filter(|run| all(run) > own).count()
    };
    let mut places: Vec<BridgePlace> = runs
        .iter()
        .map(|(run, old, new)| BridgePlace {
            run: run.clone(),
            old: *old,
            new: *new,
            old_place: place(*old, &|run| run.1),
            new_place: place(*new, &|run| run.2),
        })
        .collect();
    places.sort_by(|a, b| b.old.total_cmp(&a.old).then_with(|| a.run.cmp(&b.run)));
    let mut swapped = Vec::new();
    for (number, a) in places.iter().enumerate() {
        for b in places.iter().skip(number + 1) {
            if (a.old - b.old) * (a.new - b.new) < 0.0 {
                swapped.push([a.run.clone(), b.run.clone()]);
            }
        }
    }
    Places {
        axes,
        runs: places,
        swapped,
    }
}
