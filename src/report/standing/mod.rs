//! What a standing says in words: one sentence per contrast, and a badge for tables. Nothing else words a claim.

mod counted;
mod reasons;
mod several;
mod short;
mod words;

pub use self::counted::{counted, number};
pub use self::words::{adjusted_p, adjusted_p_cell, capital, thousands, unseen};

use self::words::{against_tasks, condition, margin_p, own_interval, word};
use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, ContrastFinding};
use crate::analysis::compare::crossing::Basis;
use crate::analysis::compare::standing::{Direction, Standing, WithinMargin};
use crate::analysis::runs::declaration::{Declared, Margin};
use crate::report::contrasts::metric_title;
use crate::report::number::{decimals, level, p_value, signed, signed_interval};

/// A margin with who chose it: `2.5 points (the default, not declared)`.
pub fn margin_words(margin: Margin) -> String {
    let points = margin.points;
    match margin.declared {
        Declared::Before => format!("{points} points"),
        Declared::Late => format!("{points} points (declared when the report was made)"),
        Declared::Nothing => format!("{points} points (the default, not declared)"),
    }
}

/// What a sentence that rests on a margin adds, unless the margin was declared before the marks.
fn margin_origin(declared: Declared) -> &'static str {
    match declared {
        Declared::Before => "",
        Declared::Late => " The margin was declared when the report was made.",
        Declared::Nothing => " The margin is the default, not declared.",
    }
}

/// A comparison with the names of its runs.
pub struct Speaker<'a> {
    /// The comparison.
    pub comparison: &'a Comparison,
    /// The name of a run, by its label.
    pub name: &'a dyn Fn(&str) -> String,
}

/// The standing as a cell: `higher`, `higher, if …`, `not shown`, and so on; `margin` in points.
pub fn badge(standing: Standing, margin: f64) -> String {
    match standing {
        Standing::Shown { direction, .. } => word(direction).to_owned(),
        Standing::Conditional { direction, .. } => format!("{}, if …", word(direction)),
        Standing::Margin(within) => {
            let condition = if within.conditional { ", if …" } else { "" };
            match within.equivalent {
                true => format!("equivalent ±{margin}{condition}"),
                false => format!("at most {margin} worse{condition}"),
            }
        }
        Standing::NotShown { .. } => "not shown".to_owned(),
        Standing::NotTested(_) => "not tested".to_owned(),
        Standing::Withheld(_) => "no claim".to_owned(),
        Standing::Descriptive(_) => "reported, not tested".to_owned(),
    }
}

/// What a metric is called inside a sentence.
pub fn metric(contrast: &Contrast) -> String {
    match contrast.metric.is_overall() {
        true => metric_title(contrast),
        false => metric_title(contrast).to_lowercase(),
    }
}

impl Speaker<'_> {
    /// The sentence of one contrast; where different judges marked the two runs, a second one says what joins them.
    pub fn sentence(&self, contrast: &Contrast) -> String {
        format!("{}{}", self.claim(contrast), self.crossed(contrast))
    }

    /// What joins two runs that different judges marked, as a sentence after another; empty for runs of one judge.
    fn crossed(&self, contrast: &Contrast) -> String {
        let crossed = contrast.result.as_ref().ok().and_then(|f| f.crossed);
        let Some(crossed) = crossed else {
            return String::new();
        };
        let (a, b) = (
            (self.name)(&contrast.candidate),
            (self.name)(&contrast.baseline),
        );
        let basis = match crossed.basis {
            Basis::Own => String::new(),
            Basis::Others { runs } => {
                format!(" of {runs} other runs, which they are assumed to be like,")
            }
        };
        format!(
            " {a} and {b} were marked by different judges, joined over {} tasks{basis} marked by both.",
            crossed.tasks
        )
    }

    fn claim(&self, contrast: &Contrast) -> String {
        let (a, b) = (
            (self.name)(&contrast.candidate),
            (self.name)(&contrast.baseline),
        );
        let metric = metric(contrast);
        let finding = match &contrast.result {
            Ok(finding) => finding,
            Err(why) => {
                return format!(
                    "{a} and {b} were not tested on {metric}: {}.",
                    self.undefined(contrast, why)
                );
            }
        };
        let digits = decimals(finding.difference.se);
        let points = signed(finding.difference.points, digits);
        let also = self.also(contrast.standing);
        match contrast.standing {
            Standing::Shown { direction, .. } => format!(
                "{a} scores {} than {b} on {metric}: {points} points ({}, {} tasks){}.{also}",
                word(direction),
                self.tested(finding, digits),
                finding.difference.items,
                against_tasks(contrast, finding)
            ),
            Standing::Conditional { direction, on, .. } => format!(
                "If failed judgements are like the others, {a} scores {} than {b} on {metric}: {points} points ({}, {} \
                 tasks){}.{}{also}",
                word(direction),
                self.tested(finding, digits),
                finding.difference.items,
                against_tasks(contrast, finding),
                condition(on, finding)
            ),
            Standing::Margin(within) => self.within(&a, &b, &metric, finding, within),
            Standing::NotShown { interval } => format!(
                "No difference between {a} and {b} is shown on {metric}: {points} points ({}). This is not evidence \
                 of equality.{}",
                self.tested(finding, digits),
                if interval {
                    " The test alone shows a difference, but rare losses that these tasks did not contain could \
                     change the result."
                } else {
                    ""
                }
            ),
            Standing::NotTested(why) => format!(
                "{a} and {b} were not tested on {metric}: {}.",
                self.untested(contrast, finding, why)
            ),
            Standing::Withheld(why) => format!(
                "No claim about {a} and {b} on {metric}: {}.",
                self.withheld(contrast, finding, why)
            ),
            Standing::Descriptive(_) => format!(
                "{}, reported, not tested: {points} points ({}).",
                capital(&metric),
                own_interval(finding, digits)
            ),
        }
    }

    fn within(
        &self,
        a: &str,
        b: &str,
        metric: &str,
        finding: &ContrastFinding,
        within: WithinMargin,
    ) -> String {
        let digits = decimals(finding.difference.se);
        let points = signed(finding.difference.points, digits);
        format!(
            "{} {metric}: {points} points ({}, {}).{}",
            self.within_start(a, b, within),
            self.interval(finding, digits),
            margin_p(finding, within),
            margin_origin(self.comparison.margin.declared)
        )
    }

    /// How a sentence starts that says a margin and no direction, up to the metric.
    fn within_start(&self, a: &str, b: &str, within: WithinMargin) -> String {
        let size = self.comparison.margin.points;
        let condition = match within.conditional {
            true => "If failed judgements are like the others, ",
            false => "",
        };
        match within.equivalent {
            true => format!("{condition}{a} and {b} differ by less than {size} points on"),
            false => format!("{condition}{a} is at most {size} points worse than {b} on"),
        }
    }

    fn also(&self, standing: Standing) -> String {
        let Some(within) = standing.also() else {
            return String::new();
        };
        let margin = self.comparison.margin.points;
        let late = margin_origin(self.comparison.margin.declared);
        match (within.equivalent, within.conditional) {
            (true, false) => {
                format!(" The difference is within the margin of {margin} points.{late}")
            }
            (true, true) => format!(
                " If failed judgements are like the others, the difference is within the margin of {margin} points.{late}"
            ),
            // After "higher" it says nothing new.
            (false, _) if standing.direction() == Some(Direction::Higher) => String::new(),
            (false, false) => format!(" It is at most {margin} points lower.{late}"),
            (false, true) => format!(
                " If failed judgements are like the others, it is at most {margin} points lower.{late}"
            ),
        }
    }

    /// The interval that belongs to the p, and the p.
    fn tested(&self, finding: &ContrastFinding, digits: usize) -> String {
        let interval = self.interval(finding, digits);
        let Some(adjusted) = &finding.adjusted else {
            return own_interval(finding, digits);
        };
        let p = adjusted.p_westfall_young;
        if adjusted.primary {
            return format!("{interval}, p {}", p_value(p));
        }
        format!(
            "{interval}, adjusted p {}",
            adjusted_p(adjusted, &self.comparison.family)
        )
    }

    fn interval(&self, finding: &ContrastFinding, digits: usize) -> String {
        let Some(adjusted) = &finding.adjusted else {
            return own_interval(finding, digits);
        };
        let level = level(1.0 - self.comparison.family.alpha);
        let (kind, of) = match (adjusted.primary, adjusted.simultaneous_method) {
            (true, "repeated") => ("repeated interval", ""),
            (true, _) => ("interval", ""),
            (false, _) => ("interval", " for all comparisons"),
        };
        match adjusted.simultaneous {
            Some(ends) => format!("{level} {kind} {}{of}", signed_interval(Some(ends), digits)),
            None => format!("no {kind}{of}: too few tasks for one within the scale"),
        }
    }
}
