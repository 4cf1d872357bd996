//! How many tasks people must label so that the difference that people and judge give together (prediction-powered inference)
//! is known to a wanted half-width.
//!
//! With n labelled tasks of N, people's differences of SD σ that correlate with the judge's by ρ ≥ 0, and the best trust in the
//! judge, the variance is (σ²/n)·(1 − ρ²(N − n)/N): PPI++ (arXiv 2311.01453) with λ* = ρσ/σ_f · (N − n)/N, not clipped.
//! The half-width is t_{n−1} times its root.

use serde::Serialize;

use crate::analysis::human::HumanContrast;
use crate::stats::distribution::t_quantile;
use crate::suite::Axis;

/// Labels below which a plan is not made: λ cannot be tuned on fewer.
pub const FEWEST_LABELS: u64 = 10;

/// What is known, or assumed, of labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelPlan {
    /// SD of a task's difference by people, in points.
    pub sd: f64,
    /// Correlation of people's differences with the judge's.
    pub correlation: f64,
    /// Tasks that the judge marked.
    pub tasks: u64,
}

/// Labels for one half-width.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelsNeeded {
    /// Half of the 95 % interval, in points.
    pub half_width: f64,
    /// Tasks to label where the judge marks all of them; none if all tasks do not suffice.
    pub with_judge: Option<u64>,
    /// Tasks to label by people alone; none if all tasks do not suffice.
    pub people_alone: Option<u64>,
}

/// The plan of one contrast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContrastLabels {
    /// The axis; none for a plan that is assumed.
    pub axis: Option<Axis>,
    /// Tasks that were labelled; none for a plan that is assumed.
    pub labelled: Option<usize>,
    /// What follows from them.
    pub plan: LabelPlan,
    /// Labels for each half-width.
    pub needed: Vec<LabelsNeeded>,
}

impl LabelPlan {
    /// Half of the 95 % interval with `labels`, in points.
    pub fn half_width(&self, labels: u64) -> f64 {
        let (n, all) = (labels as f64, self.tasks as f64);
        let help = self.correlation.clamp(0.0, 1.0).powi(2) * ((all - n) / all).max(0.0);
        t_quantile(0.975, n - 1.0) * (self.sd * self.sd / n * (1.0 - help)).sqrt()
    }

    /// Labels for a half-width in points.
    pub fn needed(&self, half_width: f64) -> LabelsNeeded {
        let alone = Self {
            correlation: 0.0,
            ..*self
        };
        LabelsNeeded {
            half_width,
            with_judge: self.fewest(half_width),
            people_alone: alone.fewest(half_width),
        }
    }

    /// The fewest labels whose half-width is small enough. More labels never widen it, so halving finds them.
    fn fewest(&self, half_width: f64) -> Option<u64> {
        let (mut few, mut enough) = (FEWEST_LABELS, self.tasks);
        if enough < few || self.half_width(enough) > half_width {
            return None;
        }
        while few < enough {
            let middle = few + (enough - few) / 2;
            match self.half_width(middle) <= half_width {
                true => enough = middle,
                false => few = middle + 1,
            }
        }
        Some(enough)
    }
}

/// The plan that labels of a contrast allow; `None` where they show no spread.
pub fn of_contrast(contrast: &HumanContrast, half_widths: &[f64]) -> Option<ContrastLabels> {
    let plan = LabelPlan {
        sd: contrast.human.sd?,
        correlation: contrast.correlation?,
        tasks: contrast.tasks as u64,
    };
    Some(ContrastLabels {
        axis: Some(contrast.axis),
        labelled: Some(contrast.human.items),
        plan,
        needed: half_widths.iter().map(|&w| plan.needed(w)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_that_agrees_saves_labels_and_one_that_does_not_saves_none() {
        let plan = |correlation| LabelPlan {
            sd: 30.0,
            correlation,
            tasks: 300,
        };
        let needed = plan(0.8).needed(5.0);
        assert!(needed.with_judge < needed.people_alone, "{needed:?}");
        let (with, alone) = (needed.with_judge.unwrap(), needed.people_alone.unwrap());
        assert!(plan(0.8).half_width(with) <= 5.0 && plan(0.8).half_width(with - 1) > 5.0);
        // 1.96²·30²/5² = 138, and a little for t.
        assert!((138..=143).contains(&alone), "{alone}");
        let useless = plan(-0.3).needed(5.0);
        assert_eq!(useless.with_judge, useless.people_alone);
        assert_eq!(plan(0.8).needed(1.0).with_judge, None);
    }
}
