//! Contrasts of one pair that share a sentence.

use super::words::{adjusted_p, margin_p, own_interval, word};
use super::{Speaker, margin_origin, metric};
use crate::analysis::compare::contrast::{Contrast, Flag};
use crate::analysis::compare::standing::Standing;
use crate::report::number::{decimals, level, signed, signed_interval};

impl Speaker<'_> {
    /// Sentences of several contrasts of one pair. Metrics of one standing share a sentence where nothing must be added to
    /// any of them.
    pub fn sentences(&self, contrasts: &[&Contrast]) -> Vec<String> {
        let mut groups: Vec<([String; 2], Vec<&Contrast>)> = Vec::new();
        let mut contrasts = contrasts.to_vec();
        contrasts.sort_by_key(|contrast| order(contrast.standing));
        for contrast in contrasts {
            let frame = self.shared_frame(contrast).unwrap_or_default();
            let same = |(known, _): &&mut ([String; 2], _)| {
                *known == frame && frame != <[String; 2]>::default()
            };
            match groups.iter_mut().find(same) {
                Some((_, group)) => group.push(contrast),
                None => groups.push((frame, vec![contrast])),
            }
        }
        let said = |([start, end], group): &([String; 2], Vec<&Contrast>)| match group.as_slice() {
            [one] => self.sentence(one),
            many => {
                let parts: Vec<String> = many.iter().map(|contrast| self.part(contrast)).collect();
                format!("{start} {}{end}.", listed(&parts))
            }
        };
        groups.iter().map(said).collect()
    }

    /// How a sentence starts and ends that several metrics can share; none where a contrast needs its own.
    fn shared_frame(&self, contrast: &Contrast) -> Option<[String; 2]> {
        let (a, b) = (
            (self.name)(&contrast.candidate),
            (self.name)(&contrast.baseline),
        );
        let untested = |words: String| {
            Some([
                format!("{a} and {b} were not tested on"),
                format!(": {words}"),
            ])
        };
        let finding = match &contrast.result {
            Ok(finding) => finding,
            Err(why) => return untested(self.undefined(contrast, why)),
        };
        let primary = finding.adjusted.as_ref().is_some_and(|a| a.primary);
        match contrast.standing {
            // A primary contrast has an interval and a p of its own.
            _ if finding.crossed.is_some() || primary => None,
            Standing::Shown { direction, .. }
                if !finding.flags.contains(&Flag::PointsAgainstTasks)
                    && self.also(contrast.standing).is_empty() =>
            {
                Some([
                    format!("{a} scores {} than {b} on", word(direction)),
                    self.intervals(),
                ])
            }
            Standing::NotShown { interval: false } => Some([
                format!("No difference between {a} and {b} is shown on"),
                format!("{}. This is not evidence of equality", self.intervals()),
            ]),
            Standing::Margin(within) => Some([
                self.within_start(&a, &b, within),
                format!(
                    "{}.{}",
                    self.intervals(),
                    margin_origin(self.comparison.margin.declared).trim_end_matches('.')
                ),
            ]),
            Standing::NotTested(why) => untested(self.untested(contrast, finding, why)),
            Standing::Descriptive(_) => Some(["Reported, not tested:".to_owned(), String::new()]),
            Standing::Shown { .. }
            | Standing::Conditional { .. }
            | Standing::NotShown { interval: true }
            | Standing::Withheld(_) => None,
        }
    }

    /// What the intervals of a shared sentence are.
    fn intervals(&self) -> String {
        let level = level(1.0 - self.comparison.family.alpha);
        format!("; {level} intervals for all comparisons")
    }

    /// A metric with its numbers inside of a shared sentence.
    fn part(&self, contrast: &Contrast) -> String {
        let metric = metric(contrast);
        let Ok(finding) = &contrast.result else {
            return metric;
        };
        let digits = decimals(finding.difference.se);
        let points = signed(finding.difference.points, digits);
        match (contrast.standing, &finding.adjusted) {
            (Standing::NotTested(_), _) => metric,
            (Standing::Margin(within), adjusted) => format!(
                "{metric} ({points} points, {}, {})",
                signed_interval(adjusted.as_ref().and_then(|a| a.simultaneous), digits),
                margin_p(finding, within)
            ),
            (Standing::Descriptive(_), _) | (_, None) => {
                format!(
                    "{metric} ({points} points, {})",
                    own_interval(finding, digits)
                )
            }
            (_, Some(adjusted)) => format!(
                "{metric} ({points} points, {}, adjusted p {})",
                signed_interval(adjusted.simultaneous, digits),
                adjusted_p(adjusted, &self.comparison.family)
            ),
        }
    }
}

/// What is said first.
fn order(standing: Standing) -> usize {
    match standing {
        Standing::Shown { .. } => 0,
        Standing::Conditional { .. } => 1,
        Standing::Margin(_) => 2,
        Standing::NotShown { .. } => 3,
        Standing::Withheld(_) => 4,
        Standing::NotTested(_) => 5,
        Standing::Descriptive(_) => 6,
    }
}
fn listed(parts: &[String]) -> String {
    match parts.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
