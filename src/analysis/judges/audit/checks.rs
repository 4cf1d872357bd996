//! The checks of one axis, one function each.

use std::collections::{BTreeMap, BTreeSet};

use super::bench::Bench;
use super::finding::{AuditFinding, Check, CheckEstimate, Rule};
use super::marks::{Call, Contrast, bases, shifts};
use super::noise::{Noise, Repeatability};
use super::thresholds::Thresholds;
use crate::common::digest::Digest;
use crate::judge::Mark;
use crate::judge::audit::{Control, Shown, Variation};
use crate::stats::correlation::kendall_tau;
use crate::stats::interval::Confidence;
use crate::stats::kappa::{Weighting, kappa, kappa_interval};
use crate::stats::proportion::clopper_pearson;
use crate::stats::splitmix::Resampling;
use crate::suite::Axis;

/// Draws of the bootstrap of kappa.
const DRAWS: u64 = 1000;

/// The calls of one axis under the noise of the judge.
pub(super) struct AxisCalls<'a> {
    /// All calls and limits.
    pub bench: &'a Bench<'a>,
    /// The axis.
    pub axis: Axis,
    /// Its calls.
    pub calls: Vec<Call<'a>>,
    /// The noise that its checks reckon with.
    pub noise: Noise,
}

impl AxisCalls<'_> {
    fn thresholds(&self) -> &Thresholds {
        self.bench.thresholds
    }

    pub fn asked(&self) -> usize {
        asked(&self.calls)
    }

    pub fn lost(&self) -> usize {
        lost(&self.calls)
    }

    pub fn missing(&self) -> AuditFinding {
        let limit = self.thresholds().missing;
        let share = |calls: &[Call<'_>]| {
            let (lost, asked) = (lost(calls), asked(calls));
            let both_sides = Confidence::new(2.0 * self.thresholds().confidence - 1.0).ok()?;
            let interval = clopper_pearson(lost as u64, asked as u64, both_sides).ok()?;
            let value = lost as f64 / asked as f64;
            Some(CheckEstimate::bounded(
                value,
                interval.lo,
                asked,
                Rule::AtMost,
                limit,
            ))
        };
        AuditFinding::decide(
            Check::Missing,
            Rule::AtMost,
            limit,
            share(&self.calls),
            share(self.bench.calls),
        )
    }

    pub fn noise(&self, own: &Repeatability) -> AuditFinding {
        let limit = self.thresholds().noise;
        let estimate = |of: &Repeatability| {
            of.sd.map(|value| CheckEstimate {
                value,
                bound: None,
                n: of.pairs,
                proven: of.exceeds(limit, self.thresholds().confidence),
            })
        };
        AuditFinding::decide(
            Check::Repeatability,
            Rule::AtMost,
            limit,
            estimate(own),
            estimate(&self.bench.all),
        )
    }

    /// A check of one contrast of this axis.
    fn check(
        &self,
        check: Check,
        rule: Rule,
        limit: f64,
        contrast: Option<Contrast>,
    ) -> AuditFinding {
        AuditFinding::decide(
            check,
            rule,
            limit,
            self.estimate(contrast, rule, limit),
            None,
        )
    }

    fn estimate(
        &self,
        contrast: Option<Contrast>,
        rule: Rule,
        limit: f64,
    ) -> Option<CheckEstimate> {
        let confidence = self.thresholds().confidence;
        contrast.map(|contrast| CheckEstimate::of(contrast, self.noise, rule, limit, confidence))
    }

    fn estimate_all(
        &self,
        contrast: Option<Contrast>,
        rule: Rule,
        limit: f64,
    ) -> Option<CheckEstimate> {
        let (noise, confidence) = (self.bench.noise(), self.thresholds().confidence);
        contrast.map(|contrast| CheckEstimate::of(contrast, noise, rule, limit, confidence))
    }

    /// Every control alone: a judge that is blind for one half of what it compares is taken in
    /// by one control and not by the other.
    pub fn controls(&self) -> Vec<AuditFinding> {
        let kinds: BTreeSet<Control> = self
            .calls
            .iter()
            .filter_map(|call| match call.row.shown {
                Shown::Control(control) => Some(control),
                _ => None,
            })
            .collect();
        let found = kinds.into_iter().map(|control| self.control(control));
        found.flatten().collect()
    }

    fn control(&self, control: Control) -> [AuditFinding; 2] {
        let bases = bases(&self.calls);
        let mean = |marks: &Vec<f64>| {
            let count = marks.len() as f64;
            (marks.iter().sum::<f64>() / count, 1.0 / count)
        };
        let mut marks = Vec::new();
        let mut gaps = Vec::new();
        for ((axis, round, _), found) in bases
            .iter()
            .filter(|((_, _, shown), _)| *shown == Shown::Control(control))
        {
            let low = mean(found);
            marks.push(low);
            if let Some(right) = bases.get(&(*axis, *round, Shown::Right)).map(mean) {
                gaps.push((right.0 - low.0, right.1 + low.1));
            }
        }
        let limits = self.thresholds();
        [
            self.check(
                Check::ControlMark(control),
                Rule::AtMost,
                limits.control_mark,
                Contrast::mean(&marks),
            ),
            self.check(
                Check::ControlGap(control),
                Rule::AtLeast,
                limits.control_gap,
                Contrast::mean(&gaps),
            ),
        ]
    }

    /// The least-squares slope of the mark on the deserved mark, within tasks.
    pub fn damage(&self) -> AuditFinding {
        let (mut numerator, mut spread, mut weight, mut answers) = (0.0, 0.0, 0.0, 0);
        for points in self.by_round().values() {
            let count = points.len() as f64;
            let centre = points.iter().map(|point| point.truth).sum::<f64>() / count;
            for point in points {
                let from_centre = point.truth - centre;
                numerator += from_centre * point.mark;
                spread += from_centre * from_centre;
                weight += from_centre * from_centre / point.marks;
            }
            answers += points.len();
        }
        let contrast = (spread > 0.0).then(|| Contrast {
            estimate: numerator / spread,
            weight: weight / (spread * spread),
            n: answers,
        });
        let limit = self.thresholds().damage_slope;
        self.check(Check::Damage, Rule::AtLeast, limit, contrast)
    }

    pub fn rank_correlation(&self) -> Option<f64> {
        let taus: Vec<f64> = self
            .by_round()
            .values()
            .filter_map(|points| {
                let truth: Vec<f64> = points.iter().map(|point| point.truth).collect();
                let marks: Vec<f64> = points.iter().map(|point| point.mark).collect();
                kendall_tau(&truth, &marks)
            })
            .collect();
        (!taus.is_empty()).then(|| taus.iter().sum::<f64>() / taus.len() as f64)
    }

    /// The answers of each task with their mean marks.
    fn by_round(&self) -> BTreeMap<u32, Vec<Point>> {
        let bases = bases(&self.calls);
        let mut rounds: BTreeMap<u32, Vec<Point>> = BTreeMap::new();
        let plain = |call: &&Call<'_>| call.row.variation == Variation::Plain;
        for call in self.calls.iter().filter(plain) {
            if let Some(marks) = bases.get(&call.row.family()) {
                let count = marks.len() as f64;
                rounds.entry(call.row.round).or_default().push(Point {
                    truth: call.truth(),
                    mark: marks.iter().sum::<f64>() / count,
                    marks: count,
                });
            }
        }
        rounds
    }

    pub fn agreement(&self) -> AuditFinding {
        let limit = self.thresholds().agreement;
        let plain = |call: &&Call<'_>| call.row.variation == Variation::Plain;
        let (marks, truth): (Vec<i64>, Vec<i64>) = self
            .calls
            .iter()
            .filter(plain)
            .filter_map(|call| Some((call.score()? as i64, call.truth() as i64)))
            .unzip();
        let resampling = Resampling {
            seed: Digest::of(self.axis.key().as_bytes()).as_u64(),
            draws: DRAWS,
        };
        let weighting = Weighting::Quadratic;
        let estimate = || {
            let found = kappa(&marks, &truth, weighting).ok()??;
            let both_sides = Confidence::new(2.0 * self.thresholds().confidence - 1.0).ok()?;
            let interval =
                kappa_interval(&marks, &truth, weighting, resampling, both_sides).ok()??;
            let n = marks.len();
            Some(CheckEstimate::bounded(
                found.kappa,
                interval.hi,
                n,
                Rule::AtLeast,
                limit,
            ))
        };
        AuditFinding::decide(Check::Agreement, Rule::AtLeast, limit, estimate(), None)
    }

    /// Leniency where a mark can be too high, severity where it can be too low.
    pub fn biases(&self) -> [AuditFinding; 2] {
        let mean = |calls: &[Call<'_>], sign: f64, has_room: &dyn Fn(f64) -> bool| {
            let base = calls.iter().filter(|call| call.row.is_base());
            let values: Vec<(f64, f64)> = base
                .filter(|call| has_room(call.truth()))
                .filter_map(|call| Some((sign * (call.score()? - call.truth()), 1.0)))
                .collect();
            Contrast::mean(&values)
        };
        let finding = |check, limit, sign: f64, has_room: &dyn Fn(f64) -> bool| {
            let rule = Rule::AtMost;
            AuditFinding::decide(
                check,
                rule,
                limit,
                self.estimate(mean(&self.calls, sign, has_room), rule, limit),
                self.estimate_all(mean(self.bench.calls, sign, has_room), rule, limit),
            )
        };
        let limits = self.thresholds();
        [
            finding(Check::Leniency, limits.leniency, 1.0, &|truth| truth < 5.0),
            finding(Check::Severity, limits.severity, -1.0, &|truth| truth > 1.0),
        ]
    }

    /// What must not move the mark, as far as the axis has it.
    pub fn moved(&self) -> Vec<AuditFinding> {
        type IsVaried = fn(Variation) -> bool;
        let limits = self.thresholds();
        let kinds: [(Check, Rule, f64, IsVaried); 4] = [
            (Check::Injection, Rule::AtMost, limits.injection, |v| {
                matches!(v, Variation::Injected(_))
            }),
            (Check::Aside, Rule::Within, limits.aside, |v| {
                v == Variation::Aside
            }),
            (Check::ImageOrder, Rule::Within, limits.image_order, |v| {
                v == Variation::OutputFirst
            }),
            (Check::Wording, Rule::Within, limits.wording, |v| {
                v == Variation::Reworded
            }),
        ];
        let mean = |calls: &[Call<'_>], is_varied: IsVaried| {
            let values = shifts(calls, is_varied).into_iter();
            let values: Vec<(f64, f64)> = values
                .map(|(variation, _, (shift, weight))| match variation {
                    // One order that was obeyed is not made good by another that was punished.
                    Variation::Injected(_) => (shift.max(0.0), weight),
                    _ => (shift, weight),
                })
                .collect();
            Contrast::mean(&values)
        };
        kinds
            .into_iter()
            .filter(|(.., is_varied)| {
                let mut variations = self.calls.iter().map(|call| call.row.variation);
                variations.any(is_varied)
            })
            .map(|(check, rule, limit, is_varied)| {
                AuditFinding::decide(
                    check,
                    rule,
                    limit,
                    self.estimate(mean(&self.calls, is_varied), rule, limit),
                    self.estimate_all(mean(self.bench.calls, is_varied), rule, limit),
                )
            })
            .collect()
    }
}

/// An answer with its deserved mark, the mean of the marks that it got, and their number.
struct Point {
    truth: f64,
    mark: f64,
    marks: f64,
}

fn asked(calls: &[Call<'_>]) -> usize {
    calls.iter().filter(|call| call.mark.is_some()).count()
}

fn lost(calls: &[Call<'_>]) -> usize {
    let missing = |call: &&Call<'_>| matches!(call.mark, Some(Mark::Missing(_)));
    calls.iter().filter(missing).count()
}
