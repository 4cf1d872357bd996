//! What the controls of a report say about its judge: a judge that looks gives them the marks that they deserve.
//!
//! A control that deserves marks at one end of the scale is held against a limit of the audit's: the whole 95 % interval of
//! its mean must lie beyond it. Borrowed reasoning is held against the run whose pictures it shows, by what the comparison
//! of the two may say. What each control deserves is in docs/controls.md.

use serde::Serialize;

use crate::analysis::compare::Comparison;
use crate::analysis::compare::standing::{Direction, MISSING_LIMIT, Standing};
use crate::analysis::findings::run::RunFindings;
use crate::analysis::judges::audit::Thresholds;
use crate::analysis::scores::score_table::{AxisScore, NoLevel};
use crate::suite::{Axis, ScoreMap};

/// The highest mark of the scale.
const TOP: f64 = 5.0;

/// A control, by what its answers are; the ceiling first, then from the lie that is hardest to see to the plainest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// The stored right answers.
    Truth,
    /// A run's pictures with the reasoning of other tasks.
    ShuffledReasoning,
    /// The input, unchanged.
    CopyInput,
    /// A white picture.
    Blank,
}

/// What a judge that looks gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "expected", rename_all = "kebab-case")]
pub enum Expected {
    /// At most these points.
    AtMost {
        /// The limit.
        points: f64,
    },
    /// At least these points.
    AtLeast {
        /// The limit.
        points: f64,
    },
    /// Less than the run that lent the pictures; none where the report does not have it.
    LowerThan {
        /// Its label.
        run: Option<String>,
    },
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// It is shown.
    Holds,
    /// It is shown if failed judgements are like the others.
    Conditional,
    /// The opposite is shown.
    Fails,
    /// Neither is shown.
    Open,
    /// There was nothing to hold it against, or too many marks are missing.
    NotChecked,
}

/// One check of one control on one axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ControlCheck {
    /// The control's label.
    pub run: String,
    /// Which control it is.
    pub control: Control,
    /// The axis.
    pub axis: Axis,
    /// What a judge that looks gives.
    #[serde(flatten)]
    pub expected: Expected,
    /// What came of it.
    pub outcome: CheckOutcome,
}

/// The end of the scale that an answer deserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Low,
    High,
}

impl Control {
    /// The control that a run is; none for a model, and for right answers that were damaged on purpose.
    fn of(run: &RunFindings) -> Option<Self> {
        let identity = &run.model.identity;
        let detail = |key: &str| identity.details.get(key).map(String::as_str);
        if !run.is_control() {
            return None;
        }
        match detail("control")? {
            "truth" if detail("error").is_none_or(|share| share == "0") => Some(Self::Truth),
            "copy-input" => Some(Self::CopyInput),
            "blank" => Some(Self::Blank),
            "shuffled-reasoning" => Some(Self::ShuffledReasoning),
            _ => None,
        }
    }

    /// The end of the scale that it deserves on an axis; none where it deserves neither.
    fn deserves(self, axis: Axis) -> Option<End> {
        let texts = [Axis::TEXT_QUALITY, Axis::TEXT_ALIGNMENT];
        match self {
            Self::Truth => Some(End::High),
            Self::Blank => (axis != Axis::IMAGE_QUALITY).then_some(End::Low),
            Self::CopyInput if axis == Axis::IMAGE_CONSISTENCY => Some(End::High),
            Self::CopyInput => {
                let low = texts.contains(&axis) || axis == Axis::IMAGE_ALIGNMENT;
                low.then_some(End::Low)
            }
            Self::ShuffledReasoning => None,
        }
    }
}

/// The checks of all controls among `runs`, axes in the suite's order. Only ParaBench's axes say what a control deserves.
pub(super) fn control_checks(
    runs: &[&RunFindings],
    comparison: Option<&Comparison>,
    mapping: ScoreMap,
) -> Vec<ControlCheck> {
    let mut found = Vec::new();
    for run in runs {
        let Some(control) = Control::of(run) else {
            continue;
        };
        let scores = run.table.axes.iter();
        let known = scores.filter(|score| Axis::ALL.contains(&score.axis));
        for score in known.filter(|score| score.level != Err(NoLevel::NotApplicable)) {
            let check = match control {
                Control::ShuffledReasoning => borrowed(runs, run, score, comparison),
                _ => control
                    .deserves(score.axis)
                    .map(|end| at_end(score, end, mapping)),
            };
            found.extend(check.map(|(expected, outcome)| ControlCheck {
                run: run.info.label.clone(),
                control,
                axis: score.axis,
                expected,
                outcome,
            }));
        }
    }
    found
}

/// A mean against the limit of the end that it deserves, by its whole interval.
fn at_end(score: &AxisScore, end: End, mapping: ScoreMap) -> (Expected, CheckOutcome) {
    let limits = Thresholds::default();
    let missing = score.missing as f64 / score.expected.max(1) as f64;
    let level = score.level.as_ref().ok();
    let interval = level
        .filter(|_| missing <= MISSING_LIMIT)
        .map(|level| level.ci95);
    let (expected, keeps, breaks) = match end {
        End::Low => {
            let points = mapping.points(limits.control_mark);
            let keeps = interval.map(|[_, hi]| hi <= points);
            let breaks = interval.map(|[lo, _]| lo > points);
            (Expected::AtMost { points }, keeps, breaks)
        }
        End::High => {
            let points = mapping.points(TOP - limits.severity);
            let keeps = interval.map(|[lo, _]| lo >= points);
            let breaks = interval.map(|[_, hi]| hi < points);
            (Expected::AtLeast { points }, keeps, breaks)
        }
    };
    let outcome = match (keeps, breaks) {
        (Some(true), _) => CheckOutcome::Holds,
        (_, Some(true)) => CheckOutcome::Fails,
        (Some(false), _) => CheckOutcome::Open,
        (None, _) => CheckOutcome::NotChecked,
    };
    (expected, outcome)
}

/// Borrowed reasoning against the run that lent the pictures, on the axes that compare a text with something else.
fn borrowed(
    runs: &[&RunFindings],
    run: &RunFindings,
    score: &AxisScore,
    comparison: Option<&Comparison>,
) -> Option<(Expected, CheckOutcome)> {
    if ![Axis::TEXT_ALIGNMENT, Axis::OUTPUT_ALIGNMENT].contains(&score.axis) {
        return None;
    }
    let lender = lender(runs, run);
    let standing = lender
        .zip(comparison)
        .and_then(|(lender, comparison)| standing(comparison, run, lender, score.axis));
    let expected = Expected::LowerThan {
        run: lender.map(|lender| lender.info.label.clone()),
    };
    Some((
        expected,
        standing.map_or(CheckOutcome::NotChecked, lower_expected),
    ))
}

/// The run whose answers a control borrowed, if one run alone bears its name.
fn lender<'a>(runs: &[&'a RunFindings], run: &RunFindings) -> Option<&'a RunFindings> {
    let name = run.model.identity.details.get("over.name")?;
    let named = |other: &&&RunFindings| !other.is_control() && other.model.identity.name == *name;
    let mut all = runs.iter().filter(named);
    let first = all.next()?;
    all.next().is_none().then_some(*first)
}

fn standing(
    comparison: &Comparison,
    run: &RunFindings,
    lender: &RunFindings,
    axis: Axis,
) -> Option<Standing> {
    let mut contrasts = comparison.contrasts.iter();
    let contrast = contrasts.find(|contrast| {
        contrast.candidate == run.info.label
            && contrast.baseline == lender.info.label
            && contrast.metric.key == axis.key()
    });
    contrast.map(|contrast| contrast.standing)
}

/// What a standing says where a loss is expected: a judge that is shown to take off no more than the margin did not look.
fn lower_expected(standing: Standing) -> CheckOutcome {
    if standing.also().is_some_and(|within| !within.conditional) {
        return CheckOutcome::Fails;
    }
    match standing {
        Standing::Shown { direction, .. } => match direction {
            Direction::Lower => CheckOutcome::Holds,
            Direction::Higher => CheckOutcome::Fails,
        },
        Standing::Conditional { direction, .. } => match direction {
            Direction::Lower => CheckOutcome::Conditional,
            // The opposite stands under a condition, so nothing is shown.
            Direction::Higher => CheckOutcome::Open,
        },
        Standing::Margin(within) => match within.conditional {
            true => CheckOutcome::Open,
            false => CheckOutcome::Fails,
        },
        Standing::NotShown { .. } => CheckOutcome::Open,
        Standing::NotTested(_) | Standing::Withheld(_) | Standing::Descriptive(_) => {
            CheckOutcome::NotChecked
        }
    }
}

#[cfg(test)]
mod tests;
