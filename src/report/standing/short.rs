//! The standing of a contrast in one short sentence, for the first line of what a terminal shows.

use super::{Speaker, metric, word};
use crate::analysis::compare::contrast::{Contrast, ContrastFinding};
use crate::analysis::compare::standing::{Direction, Standing};
use crate::report::number::decimals;

impl Speaker<'_> {
    /// What is shown, without its test: the numbers stand in the table below.
    pub fn short(&self, contrast: &Contrast) -> String {
        let Ok(finding) = &contrast.result else {
            return self.sentence(contrast);
        };
        let (a, b) = (
            (self.name)(&contrast.candidate),
            (self.name)(&contrast.baseline),
        );
        let metric = metric(contrast);
        match contrast.standing {
            Standing::Shown { direction, .. } => {
                format!("{a} {} {b} on {metric}.", scores(finding, direction))
            }
            Standing::Conditional { direction, .. } => format!(
                "If failed judgements are like the others, {a} {} {b} on {metric}.",
                scores(finding, direction)
            ),
            Standing::NotShown { .. } => format!(
                "No difference between {a} and {b} is shown on {metric}. This is not evidence of equality."
            ),
            // These sentences are short already.
            Standing::Margin(_)
            | Standing::NotTested(_)
            | Standing::Withheld(_)
            | Standing::Descriptive(_) => self.sentence(contrast),
        }
    }
}

impl Speaker<'_> {
    /// Why nothing was tested or claimed, where that is so.
    pub fn why_not(&self, contrast: &Contrast) -> Option<String> {
        match (&contrast.result, contrast.standing) {
            (Err(why), _) => Some(self.undefined(contrast, why)),
            (Ok(finding), Standing::NotTested(why)) => Some(self.untested(contrast, finding, why)),
            (Ok(finding), Standing::Withheld(why)) => Some(self.withheld(contrast, finding, why)),
            (Ok(_), _) => None,
        }
    }
}

impl Speaker<'_> {
    /// What is shown, as a headline without a full stop; none where neither a direction nor a margin is shown.
    pub fn headline(&self, contrast: &Contrast) -> Option<String> {
        contrast.result.as_ref().ok()?;
        match contrast.standing {
            Standing::Shown { .. } | Standing::Conditional { .. } => {
                let sentence = self.short(contrast);
                Some(sentence.strip_suffix('.').unwrap_or(&sentence).to_owned())
            }
            Standing::Margin(within) => {
                let (a, b) = (
                    (self.name)(&contrast.candidate),
                    (self.name)(&contrast.baseline),
                );
                Some(format!(
                    "{} {}",
                    self.within_start(&a, &b, within),
                    metric(contrast)
                ))
            }
            Standing::NotShown { .. }
            | Standing::NotTested(_)
            | Standing::Withheld(_)
            | Standing::Descriptive(_) => None,
        }
    }
}

/// `scores 10 points lower than`.
fn scores(finding: &ContrastFinding, direction: Direction) -> String {
    let difference = &finding.difference;
    let points = difference.points.abs();
    let points = format!("{points:.*}", decimals(difference.se));
    let unit = match points.as_str() {
        "1" => "point",
        _ => "points",
    };
    format!("scores {points} {unit} {} than", word(direction))
}
