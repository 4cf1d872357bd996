//! What a standing says in words: one sentence per contrast, and a badge for tables. Nothing else words a claim.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::categories_alike::CategoryMean;
use crate::analysis::compare::contrast::{Contrast, Finding, Undefined};
use crate::analysis::compare::standing::{
    Condition, Described, Direction, MISSING_LIMIT, Standing, Untested, Withheld, WithinMargin,
};
use crate::analysis::runs::declaration::Declared;
use crate::report::columns::printable;
use crate::report::contrasts::metric_title;
use crate::report::number::{decimals, p_value, percent, signed, signed_interval};

/// What a margin that was declared late carries in its sentence.
pub const LATE_MARGIN: &str = "The margin was declared when the report was made.";

/// p at or below which the categories are said to differ.
const DEPENDS_ALPHA: f64 = 0.05;

/// A comparison with the names of its runs.
pub struct Speaker<'a> {
    /// The comparison.
    pub comparison: &'a Comparison,
    /// The name of a run, by its label.
    pub name: &'a dyn Fn(&str) -> String,
}

/// The standing as a cell: `higher`, `higher, if …`, `no difference shown`, and so on.
pub fn badge(standing: Standing, margin: Option<f64>) -> String {
    let word = |direction: Direction| match direction {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
    };
    match standing {
        Standing::Shown { direction, .. } => word(direction).to_owned(),
        Standing::Conditional { direction, .. } => format!("{}, if …", word(direction)),
        Standing::Margin(within) => {
            let condition = if within.conditional { ", if …" } else { "" };
            let points = margin.map_or_else(String::new, |margin| format!(" {margin}"));
            match within.equivalent {
                true => format!("equivalent ±{}{condition}", points.trim_start()),
                false => format!("at most{points} worse{condition}"),
            }
        }
        Standing::NotShown { .. } => "no difference shown".to_owned(),
        Standing::NotTested(_) => "not tested".to_owned(),
        Standing::Withheld(_) => "withheld".to_owned(),
        Standing::Descriptive(_) => "descriptive".to_owned(),
    }
}

/// That the difference of a tested Overall depends on the category, where it does.
fn depends(contrast: &Contrast) -> Option<String> {
    let finding = contrast.result.as_ref().ok()?;
    let alike = finding.by_category.as_ref()?;
    let shown = contrast.standing.is_tested() && alike.p <= DEPENDS_ALPHA;
    let one =
        |mean: &CategoryMean| format!("{} {}", printable(&mean.category), signed(mean.points, 1));
    let list: Vec<String> = alike.categories.iter().map(one).collect();
    shown.then(|| {
        format!(
            "The difference depends on the category: {} points.",
            list.join(", ")
        )
    })
}

/// What a metric is called inside a sentence.
pub fn metric(contrast: &Contrast) -> String {
    match contrast.metric.is_overall() {
        true => metric_title(contrast),
        false => metric_title(contrast).to_lowercase(),
    }
}

impl Speaker<'_> {
    /// The sentence of one contrast.
    pub fn sentence(&self, contrast: &Contrast) -> String {
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
                "No difference between {a} and {b} is shown on {metric}: {points} points ({}). This does not show that \
                 they are equal.{}",
                self.tested(finding, digits),
                if interval {
                    " The test alone would show it; losses that these tasks did not show could undo it."
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
                "{}, described only: {points} points ({}).",
                capital(&metric),
                own_interval(finding, digits)
            ),
        }
    }

    /// Sentences of several contrasts of one pair; metrics of one standing that shows nothing share a sentence.
    pub fn sentences(&self, contrasts: &[&Contrast]) -> Vec<String> {
        let mut said = Vec::new();
        let mut open: Vec<String> = Vec::new();
        let mut described: Vec<String> = Vec::new();
        for contrast in contrasts {
            let part = contrast.result.as_ref().ok().map(|finding| {
                let digits = decimals(finding.difference.se);
                let points = signed(finding.difference.points, digits);
                (
                    finding,
                    digits,
                    format!("{} ({points} points", metric(contrast)),
                )
            });
            match (contrast.standing, part) {
                (Standing::NotShown { interval: false }, Some((finding, digits, start))) => {
                    open.push(format!("{start}, {})", self.tested(finding, digits)));
                }
                (Standing::Descriptive(_), Some((finding, digits, start))) => {
                    described.push(format!("{start}, {})", own_interval(finding, digits)));
                }
                _ => said.push(self.sentence(contrast)),
            }
        }
        if let Some(first) = contrasts.first() {
            let (a, b) = ((self.name)(&first.candidate), (self.name)(&first.baseline));
            if !open.is_empty() {
                said.push(format!(
                    "No difference between {a} and {b} is shown on {}. This does not show that they are equal.",
                    listed(&open)
                ));
            }
        }
        if !described.is_empty() {
            said.push(format!("Described only: {}.", listed(&described)));
        }
        said.extend(contrasts.iter().filter_map(|contrast| depends(contrast)));
        said
    }

    fn within(
        &self,
        a: &str,
        b: &str,
        metric: &str,
        finding: &Finding,
        within: WithinMargin,
    ) -> String {
        let digits = decimals(finding.difference.se);
        let points = signed(finding.difference.points, digits);
        let margin = finding.margin.as_ref();
        let size = margin.map_or(0.0, |margin| margin.margin);
        let condition = match within.conditional {
            true => "If failed judgements are like the others, ",
            false => "",
        };
        let interval = self.interval(finding, digits);
        let late = self.late_margin();
        let said = match within.equivalent {
            true => {
                let p = margin.map_or(1.0, |margin| margin.p_equivalence_holm);
                format!(
                    "{condition}{a} and {b} differ by less than {size} points on {metric}: {points} points ({interval}, \
                     adjusted p of the equivalence test {}).",
                    p_value(p)
                )
            }
            false => {
                let p = margin.map_or(1.0, |margin| margin.p_noninferiority_holm);
                format!(
                    "{condition}{a} is at most {size} points worse than {b} on {metric}: {points} points ({interval}, \
                     adjusted p of the non-inferiority test {}).",
                    p_value(p)
                )
            }
        };
        format!("{said}{late}")
    }

    fn also(&self, standing: Standing) -> String {
        let (Some(within), Some(margin)) = (standing.also(), self.comparison.declaration.margin)
        else {
            return String::new();
        };
        let late = self.late_margin();
        match (within.equivalent, within.conditional) {
            (true, false) => {
                format!(" The difference is within the margin of {margin} points.{late}")
            }
            (true, true) => format!(
                " If failed judgements are like the others, the difference is within the margin of {margin} points.{late}"
            ),
            (false, _) => String::new(),
        }
    }

    fn late_margin(&self) -> String {
        match self.comparison.declared {
            Declared::Late => format!(" {LATE_MARGIN}"),
            Declared::Before | Declared::Nothing => String::new(),
        }
    }

    /// The interval that belongs to the p, and the p.
    fn tested(&self, finding: &Finding, digits: usize) -> String {
        let interval = self.interval(finding, digits);
        let Some(adjusted) = &finding.adjusted else {
            return own_interval(finding, digits);
        };
        let p = adjusted.p_westfall_young;
        if adjusted.primary {
            return format!("{interval}, p {}", p_value(p));
        }
        let p = match adjusted.at_draw_limit {
            true => format!(
                "≤ {} (limit of {} draws)",
                p_value(p).trim_start_matches(['<', '≤', ' ']),
                thousands(self.comparison.family.draws)
            ),
            false => p_value(p),
        };
        format!("{interval}, adjusted p {p}")
    }

    fn interval(&self, finding: &Finding, digits: usize) -> String {
        let Some(adjusted) = &finding.adjusted else {
            return own_interval(finding, digits);
        };
        let level = percent(1.0 - self.comparison.family.alpha);
        let kind = match (adjusted.primary, adjusted.simultaneous_method) {
            (true, "repeated") => "repeated ",
            (true, _) => "",
            (false, _) => "simultaneous ",
        };
        match adjusted.simultaneous {
            Some(ends) => format!(
                "{level} {kind}interval {}",
                signed_interval(Some(ends), digits)
            ),
            None => format!("no {kind}interval: too few tasks for one within the scale"),
        }
    }

    fn undefined(&self, contrast: &Contrast, why: &Undefined) -> String {
        match why {
            Undefined::NotApplicable => {
                format!("the axis does not apply to {}", self.without(contrast))
            }
            Undefined::EmptyStratum(category) => format!("no pair in {category}"),
            Undefined::NoPairs => "no task was marked for both".to_owned(),
        }
    }

    /// The run to which the axis does not apply.
    fn without(&self, contrast: &Contrast) -> String {
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

    fn untested(&self, contrast: &Contrast, finding: &Finding, why: Untested) -> String {
        match why {
            Untested::NotApplicable => {
                format!("the axis does not apply to {}", self.without(contrast))
            }
            Untested::EmptyStratum => "a category has no pair".to_owned(),
            Untested::NoPairs => "no task was marked for both".to_owned(),
            Untested::TooFewUnits => format!(
                "{} tasks cannot show a difference at the {} level",
                finding.difference.units,
                percent(self.comparison.family.alpha)
            ),
            Untested::GateClosed => match &self.comparison.family.primary {
                Some(primary) => format!(
                    "the primary contrast, {} against {}, was not shown",
                    primary.axis.title().to_lowercase(),
                    (self.name)(&primary.baseline)
                ),
                None => "the primary contrast was not shown".to_owned(),
            },
        }
    }

    fn withheld(&self, contrast: &Contrast, finding: &Finding, why: Withheld) -> String {
        match why {
            Withheld::JudgesDiffer => "different judges marked them".to_owned(),
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
                        percent(MISSING_LIMIT)
                    )
                }
                None => "too many marks are missing".to_owned(),
            },
        }
    }
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
    }
}

/// What a condition rests on, as a sentence of its own.
fn condition(on: Condition, finding: &Finding) -> String {
    let (missing, expected) = finding.failures.counts();
    match on {
        Condition::Gate => " The primary contrast holds only on that condition.".to_owned(),
        Condition::MissingMarks => match finding.failures.tipping_points {
            Some(points) => format!(
                " {missing} of {expected} marks are missing; the claim falls if the lost ones were on average {points:.0} \
                 points less favourable."
            ),
            None => format!(" {missing} of {expected} marks are missing."),
        },
    }
}

/// Where the mean points one way and most tasks the other.
fn against_tasks(contrast: &Contrast, finding: &Finding) -> String {
    let wins = &finding.wins;
    let (more, fewer) = match contrast.standing.direction() {
        Some(Direction::Higher) => ("lower", "higher"),
        Some(Direction::Lower) => ("higher", "lower"),
        None => return String::new(),
    };
    let lean = finding.effects.superiority - 0.5;
    match finding.difference.points * lean < 0.0 {
        true => format!(
            ", though it scores {more} on more tasks than {fewer} ({}/{}/{})",
            wins.wins, wins.ties, wins.losses
        ),
        false => String::new(),
    }
}

/// The contrast's own interval, or why there is none.
fn own_interval(finding: &Finding, digits: usize) -> String {
    match finding.difference.ci95 {
        None => "no interval: too few tasks for one within the scale".to_owned(),
        ends => format!("95 % interval {}", signed_interval(ends, digits)),
    }
}

/// Why a contrast is only described, in words.
pub fn described(why: Described) -> &'static str {
    match why {
        Described::Exploratory => "exploratory",
        Described::Looks => "looks were declared: this line is reported, not tested",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn listed(parts: &[String]) -> String {
    match parts.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
