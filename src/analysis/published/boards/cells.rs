//! From the cells of a board to counts and means.

use super::BoardRow;
use crate::analysis::published::Figure;
use crate::stats::interval::{Confidence, Interval};
use crate::stats::strata_means::{StratumMean, WidestMean};
use crate::suite::find::find_definition;
use crate::suite::{Category, Definition, Print};

/// Slack for the last bits of numbers that are compared with printed ones.
const SLACK: f64 = 1e-9;

/// What a board's cells mean: the metric and the suite behind it.
pub(super) struct Ruler {
    pub(super) print: Print,
    /// Categories that have the metric, with tasks and share of the whole.
    pub(super) categories: Vec<(String, u32, f64)>,
    pub(super) binary: bool,
    pub(super) samples: u32,
    pub(super) digits: usize,
}

/// A row with the means of its categories, 0–1, where they are known.
pub(super) type Told = (BoardRow, Option<Vec<StratumMean>>);

impl Ruler {
    pub(super) fn of(figure: &Figure, digits: usize) -> Option<Self> {
        let folder = find_definition(&figure.suite).ok()?;
        let suite = Definition::read(&folder).ok()?;
        let metrics = || suite.axes.iter().chain(&suite.scores).copied();
        let axis = metrics().find(|axis| axis.key() == figure.metric)?;
        let has = suite
            .categories
            .iter()
            .filter(|category| axis.exists_in(&category.name, category.kind));
        let weight = |category: &&Category| axis.weight(&category.name, category.planned);
        let whole: u32 = has.clone().map(|category| weight(&category)).sum();
        let categories = has.map(|category| {
            let share = f64::from(weight(&category)) / f64::from(whole);
            (category.name.clone(), category.planned, share)
        });
        Some(Self {
            print: suite.print?,
            categories: categories.collect(),
            binary: match axis.formula() {
                Some(formula) => formula.is_binary(),
                None => {
                    axis.scale().hi.scaled() - axis.scale().lo.scaled()
                        == axis.scale().step.scaled()
                }
            },
            samples: figure.samples,
            digits,
        })
    }

    /// Whether a cell is a share of tasks, so that counts follow from it.
    pub(super) fn counted(&self) -> bool {
        self.binary && self.samples == 1
    }

    fn range(&self) -> f64 {
        self.print.highest.to_f64() - self.print.lowest.to_f64()
    }

    fn unit(&self) -> f64 {
        10_f64.powi(-i32::try_from(self.digits).unwrap_or(0))
    }

    /// A share, 0–1, on the authors' scale.
    fn printed(&self, share: f64) -> f64 {
        share.mul_add(self.range(), self.print.lowest.to_f64())
    }

    /// How a number was made the printed one.
    fn fit(&self, value: f64, printed: f64) -> Fit {
        let off = value - printed;
        match off {
            _ if off.abs() <= 0.5 * self.unit() + SLACK => Fit::Rounded,
            _ if (-SLACK..self.unit() - SLACK).contains(&off) => Fit::CutOff,
            _ => Fit::None,
        }
    }

    /// The only count of `n` that gives a cell; `Err` with what was found.
    fn count(&self, n: u32, cell: f64) -> Result<(u32, Fit), String> {
        let near = (cell - self.print.lowest.to_f64()) / self.range() * f64::from(n);
        let from = (near.floor() - 1.0).max(0.0) as u32;
        let shown = |k: u32| self.printed(f64::from(k) / f64::from(n));
        let of = |wanted: Fit| -> Vec<u32> {
            let near = from..=(from + 3).min(n);
            near.filter(|&k| self.fit(shown(k), cell) == wanted)
                .collect()
        };
        match (of(Fit::Rounded).as_slice(), of(Fit::CutOff).as_slice()) {
            ([k], _) => Ok((*k, Fit::Rounded)),
            ([], [k]) => Ok((*k, Fit::CutOff)),
            ([], []) => Err(format!("no count of {n} tasks gives it")),
            _ => Err(format!("several counts of {n} tasks give it")),
        }
    }

    pub(super) fn row(
        &self,
        model: &str,
        printed: f64,
        cells: &[f64],
        misfits: &mut Vec<String>,
    ) -> Told {
        let digits = self.digits;
        let mut counts = Vec::new();
        if self.counted() {
            for ((category, n, _), cell) in self.categories.iter().zip(cells) {
                let cell_is = |what: &str| format!("{model}, {category}: {cell:.digits$}: {what}");
                match self.count(*n, *cell) {
                    Ok((k, fit)) => {
                        if fit == Fit::CutOff {
                            misfits.push(cell_is(&format!(
                                "{k} of {n} is {:.*}, cut off and not rounded",
                                digits + 2,
                                self.printed(f64::from(k) / f64::from(*n))
                            )));
                        }
                        counts.push(k);
                    }
                    Err(what) => misfits.push(cell_is(&what)),
                }
            }
        }
        let all = counts.len() == self.categories.len();
        let means = (all || !self.counted()).then(|| self.means(cells, all.then_some(&counts)));
        let mean = means.as_deref().map(WidestMean::of);
        let value = mean.map(|mean| self.printed(mean.mean));
        if let Some(value) = value {
            misfits.extend(self.overall_misfit(model, value, printed, all));
        }
        let interval = mean.and_then(|mean| mean.interval(Confidence::P95));
        let ends = |(interval, _): (Interval, bool)| {
            [self.printed(interval.lo), self.printed(interval.hi)]
        };
        let row = BoardRow {
            model: model.to_owned(),
            printed,
            counts: all.then_some(counts),
            value,
            se: mean.and_then(|mean| mean.se).map(|se| se * self.range()),
            df: mean.and_then(|mean| mean.df),
            ci95: interval.map(ends),
            bound: interval.is_some_and(|(_, bound)| bound),
            next: None,
        };
        (row, means)
    }

    fn means(&self, cells: &[f64], counts: Option<&Vec<u32>>) -> Vec<StratumMean> {
        let of =
            |(place, ((_, n, weight), cell)): (usize, (&(String, u32, f64), &f64))| StratumMean {
                weight: *weight,
                units: *n,
                mean: match counts.and_then(|counts| counts.get(place)) {
                    Some(k) => f64::from(*k) / f64::from(*n),
                    None => ((cell - self.print.lowest.to_f64()) / self.range()).clamp(0.0, 1.0),
                },
            };
        self.categories
            .iter()
            .zip(cells)
            .enumerate()
            .map(of)
            .collect()
    }

    fn overall_misfit(&self, model: &str, value: f64, printed: f64, exact: bool) -> Option<String> {
        let digits = self.digits;
        let from = if exact {
            "the counts give"
        } else {
            "the cells give"
        };
        let said = |what: &str| {
            let value = format!("{value:.*}", digits + 2);
            Some(format!(
                "{model}, overall: {printed:.digits$}: {from} {value}{what}"
            ))
        };
        // Cells without counts are rounded themselves, each by half a unit at most.
        if !exact && (value - printed).abs() <= self.unit() + SLACK {
            return None;
        }
        match self.fit(value, printed) {
            Fit::Rounded => None,
            Fit::CutOff => said(", cut off and not rounded"),
            Fit::None => said(""),
        }
    }
}

/// How a number was made a printed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Rounded,
    CutOff,
    None,
}
