//! Why nothing was tested or claimed, in words.

use super::Speaker;
use super::words::units;
use crate::analysis::compare::contrast::{Contrast, ContrastFinding, Undefined};
use crate::analysis::compare::standing::{MISSING_LIMIT, Untested, Withheld};
use crate::report::number::{level, percent};

impl Speaker<'_> {
    /// Why there is no difference, in words.
    pub fn undefined(&self, contrast: &Contrast, why: &Undefined) -> String {
        match why {
            Undefined::NotApplicable => {
                format!("the axis does not apply to {}", self.without(contrast))
            }
            Undefined::EmptyStratum(category) => format!("no pair in {category}"),
            Undefined::NoPairs => "no task was marked for both".to_owned(),
        }
    }

    /// The run to which the axis does not apply.
    pub(super) fn without(&self, contrast: &Contrast) -> String {
        let thinks = |label: &str| {
            let mut runs = self.comparison.runs.iter();
            runs.find(|run| run.label == label)
                .is_none_or(|run| run.thinks)
        };
        let silent = [&contrast.candidate, &contrast.baseline]
            .into_iter()
            .filter(|label| !thinks(label))
            .map(|label| (self.name)(label))
            .collect::<Vec<_>>();
        match silent.is_empty() {
            true => "one of them".to_owned(),
            false => silent.join(" and "),
        }
    }

    pub(super) fn untested(
        &self,
        contrast: &Contrast,
        finding: &ContrastFinding,
        why: Untested,
    ) -> String {
        match why {
            Untested::NotApplicable => {
                format!("the axis does not apply to {}", self.without(contrast))
            }
            Untested::EmptyStratum => "a category has no pair".to_owned(),
            Untested::NoPairs => "no task was marked for both".to_owned(),
            Untested::TooFewUnits => format!(
                "{} {} cannot show a difference at the {} level",
                finding.difference.units,
                units(finding),
                level(self.comparison.family.alpha)
            ),
            Untested::GateClosed => match &self.comparison.family.primary {
                Some(primary) => format!(
                    "the primary comparison, {} against {}, was not shown",
                    primary.axis.title().to_lowercase(),
                    (self.name)(&primary.baseline)
                ),
                None => "the primary comparison was not shown".to_owned(),
            },
        }
    }

    pub(super) fn withheld(
        &self,
        contrast: &Contrast,
        finding: &ContrastFinding,
        why: Withheld,
    ) -> String {
        match why {
            Withheld::JudgesDiffer => match self.comparison.bridge {
                None => "different judges marked them".to_owned(),
                Some(_) => {
                    "different judges marked them, and the bridge has too few tasks to join them"
                        .to_owned()
                }
            },
            Withheld::MissingMarks => match &finding.failures.worst {
                Some(worst) => {
                    let run = match worst.of_candidate {
                        true => &contrast.candidate,
                        false => &contrast.baseline,
                    };
                    format!(
                        "{} of {}'s {} marks are missing (limit {})",
                        percent(worst.share),
                        (self.name)(run),
                        worst.axis.title().to_lowercase(),
                        level(MISSING_LIMIT)
                    )
                }
                None => "too many marks are missing".to_owned(),
            },
        }
    }
}
