//! Which cells of the score table differ significantly from a baseline, and what their marks mean.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::standing::{Described, Direction, Standing};
use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::report::names::Names;

/// The mark of one cell against one baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignificanceMark {
    /// Whether the run is higher than the baseline.
    pub higher: bool,
    /// The baseline's letter, where there are several.
    pub letter: Option<char>,
    /// Whether it holds without a condition on the marks that are missing.
    pub robust: bool,
}

impl SignificanceMark {
    /// The mark as text: `+`, `-`, `+a`, `(-b)`.
    pub fn text(self) -> String {
        let sign = if self.higher { '+' } else { '-' };
        let letter = self.letter.map(String::from).unwrap_or_default();
        if self.robust {
            format!("{sign}{letter}")
        } else {
            format!("({sign}{letter})")
        }
    }
}

/// All marks of a report.
pub struct Marks<'a> {
    comparison: Option<&'a Comparison>,
    baselines: Vec<&'a str>,
    axes: usize,
}

impl<'a> Marks<'a> {
    /// The marks of a report; none without a baseline.
    pub fn of(findings: &'a Findings) -> Self {
        let baselines = findings.runs.iter().filter(|run| run.baseline);
        Self {
            comparison: findings.comparison.as_ref(),
            baselines: baselines.map(|run| run.info.label.as_str()).collect(),
            axes: findings.suite.overall.len(),
        }
    }

    /// The letter of a baseline, where there are several.
    pub fn letter(&self, label: &str) -> Option<char> {
        let several = self.baselines.len() > 1;
        let position = self.baselines.iter().position(|known| *known == label)?;
        let letter = char::from(b'a' + u8::try_from(position % 26).unwrap_or(0));
        several.then_some(letter)
    }

    /// A run's name in the score table.
    pub fn run_title(&self, run: &RunFindings, names: &Names) -> String {
        let label = &run.info.label;
        let name = names.get(label);
        match (run.baseline, self.letter(label)) {
            (false, _) => name.to_owned(),
            (true, None) => format!("{name} (baseline)"),
            (true, Some(letter)) => format!("{name} (baseline {letter})"),
        }
    }

    /// The marks of a run on an axis or on an Overall of all axes. An Overall of fewer axes has no cell.
    pub fn cell(&self, run: &str, metric: &str) -> Vec<SignificanceMark> {
        let Some(comparison) = self.comparison else {
            return Vec::new();
        };
        let here = comparison.contrasts.iter().filter(|contrast| {
            let whole = !contrast.metric.is_overall() || contrast.metric.axes.len() == self.axes;
            contrast.candidate == run && contrast.metric.key == metric && whole
        });
        here.filter_map(|contrast| {
            let direction = contrast.standing.direction()?;
            Some(SignificanceMark {
                higher: direction == Direction::Higher,
                letter: self.letter(&contrast.baseline),
                robust: contrast.standing.is_shown(),
            })
        })
        .collect()
    }

    /// What the marks mean, in sentences; empty without a baseline.
    pub fn explained(&self, names: &Names) -> Vec<String> {
        let Some(comparison) = self.comparison else {
            return Vec::new();
        };
        let baselines: Vec<String> = self
            .baselines
            .iter()
            .map(|label| match self.letter(label) {
                Some(letter) => format!("{letter}: {}", names.get(label)),
                None => names.get(label).to_owned(),
            })
            .collect();
        let family = &comparison.family;
        let mut lines = vec![format!(
            "Marks: + higher, - lower than the baseline ({}) at a family-wise level of {} over m = {} \
                 comparisons (axes and Overall, step-down max-T). No mark is not evidence of equality.",
            baselines.join("; "),
            family.alpha,
            family.size
        )];
        let any = |holds: fn(Standing) -> bool| {
            comparison
                .contrasts
                .iter()
                .any(|contrast| holds(contrast.standing))
        };
        if any(|standing| matches!(standing, Standing::Conditional { .. })) {
            lines.push("In parentheses: only if failed judgements are like the others.".to_owned());
        }
        if any(|standing| matches!(standing, Standing::Withheld(_))) {
            lines.push(
                "Where more than 5 % of an axis' marks are missing in a run, or different judges marked two runs, \
                 nothing is marked."
                    .to_owned(),
            );
        }
        if any(|standing| standing == Standing::Descriptive(Described::Looks)) {
            lines.push("Looks were declared: other lines are reported, not tested.".to_owned());
        }
        lines
    }
}
