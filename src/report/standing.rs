//! What a standing says in words: one sentence per contrast, and a badge for tables. Nothing else words a claim.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, Finding, Flag, Undefined};
use crate::analysis::compare::crossing::Basis;
use crate::analysis::compare::family::{Adjusted, Family};
use crate::analysis::compare::standing::{
    Condition, Described, Direction, MISSING_LIMIT, Standing, Untested, Withheld, WithinMargin,
};
use crate::analysis::runs::declaration::Declared;
use crate::report::contrasts::metric_title;
use crate::report::number::{decimals, level, limit, p_value, percent, signed, signed_interval};

/// What a margin that was declared late carries in its sentence.
pub const LATE_MARGIN: &str = "The margin was declared when the report was made.";

/// A comparison with the names of its runs.
pub struct Speaker<'a> {
    /// The comparison.
    pub comparison: &'a Comparison,
    /// The name of a run, by its label.
    pub name: &'a dyn Fn(&str) -> String,
}

/// The standing as a cell: `higher`, `higher, if …`, `not shown`, and so on.
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
        Standing::NotShown { .. } => "not shown".to_owned(),
        Standing::NotTested(_) => "not tested".to_owned(),
        Standing::Withheld(_) => "no claim".to_owned(),
        Standing::Descriptive(_) => "described".to_owned(),
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
        match contrast.standing {
            _ if finding.crossed.is_some() => None,
            Standing::Shown {
                direction,
                also: None,
            } if !finding.flags.contains(&Flag::PointsAgainstTasks) => Some([
                format!("{a} scores {} than {b} on", word(direction)),
                self.intervals(),
            ]),
            Standing::NotShown { interval: false } => Some([
                format!("No difference between {a} and {b} is shown on"),
                format!(
                    "{}. This does not show that they are equal",
                    self.intervals()
                ),
            ]),
            Standing::NotTested(why) => untested(self.untested(contrast, finding, why)),
            Standing::Descriptive(_) => Some(["Described only:".to_owned(), String::new()]),
            Standing::Shown { .. }
            | Standing::Conditional { .. }
            | Standing::Margin(_)
            | Standing::NotShown { interval: true }
            | Standing::Withheld(_) => None,
        }
    }

    /// What the intervals of a shared sentence are.
    fn intervals(&self) -> String {
        let level = level(1.0 - self.comparison.family.alpha);
        format!("; {level} simultaneous intervals")
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
            // Beside "higher" it says nothing new.
            (false, _) if standing.direction() == Some(Direction::Higher) => String::new(),
            (false, false) => format!(" It is at most {margin} points lower.{late}"),
            (false, true) => format!(
                " If failed judgements are like the others, it is at most {margin} points lower.{late}"
            ),
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
        format!(
            "{interval}, adjusted p {}",
            adjusted_p(adjusted, &self.comparison.family)
        )
    }

    fn interval(&self, finding: &Finding, digits: usize) -> String {
        let Some(adjusted) = &finding.adjusted else {
            return own_interval(finding, digits);
        };
        let level = level(1.0 - self.comparison.family.alpha);
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
                "{} {} cannot show a difference at the {} level",
                finding.difference.units,
                units(finding),
                level(self.comparison.family.alpha)
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

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
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
    let Some(wins) = finding.wins else {
        return String::new();
    };
    let (more, fewer) = match contrast.standing.direction() {
        Some(Direction::Higher) => ("lower", "higher"),
        Some(Direction::Lower) => ("higher", "lower"),
        None => return String::new(),
    };
    match finding.flags.contains(&Flag::PointsAgainstTasks) {
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

/// An adjusted p; the smallest that the draws can give is a bound.
pub fn adjusted_p(adjusted: &Adjusted, family: &Family) -> String {
    match adjusted.at_draw_limit {
        true => format!(
            "≤ {} (limit of {} draws)",
            limit(adjusted.p_westfall_young),
            thousands(family.draws)
        ),
        false => p_value(adjusted.p_westfall_young),
    }
}

/// The same for a cell; a note says what `≤` means.
pub fn adjusted_p_cell(adjusted: &Adjusted) -> String {
    match (adjusted.primary, adjusted.at_draw_limit) {
        (true, _) => format!("{} primary", p_value(adjusted.p_westfall_young)),
        (false, true) => format!("≤{}", limit(adjusted.p_westfall_young)),
        (false, false) => p_value(adjusted.p_westfall_young),
    }
}

/// What so few tasks could hide, for contrasts that have so few; the same words once, with the metrics they are about.
pub fn unseen(comparison: &Comparison, contrasts: &[&Contrast]) -> Vec<String> {
    let range = 4.0 * comparison.suite.mapping.slope();
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for contrast in contrasts {
        let finding = contrast.result.as_ref().ok();
        let Some((finding, unseen)) = finding.and_then(|f| Some((f, f.difference.unseen?))) else {
            continue;
        };
        let words = format!(
            "A difference of {range} points on up to {} of {} could be absent from these {}; it would move the mean by \
             up to {:.1} points",
            percent(unseen.share),
            units(finding),
            finding.difference.units,
            unseen.points
        );
        let metric = metric(contrast);
        match found.iter_mut().find(|(known, _)| *known == words) {
            Some((_, metrics)) if metrics.contains(&metric) => {}
            Some((_, metrics)) => metrics.push(metric),
            None => found.push((words, vec![metric])),
        }
    }
    let several = found.len() > 1;
    let sentence = |(words, metrics): (String, Vec<String>)| match several {
        true => format!("{words} ({}).", metrics.join(", ")),
        false => format!("{words}."),
    };
    found.into_iter().map(sentence).collect()
}

/// What counts: tasks, or clusters of them.
fn units(finding: &Finding) -> &'static str {
    match finding.difference.units < finding.difference.items {
        true => "clusters",
        false => "tasks",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// A count with a comma between thousands.
pub fn thousands(count: u64) -> String {
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
