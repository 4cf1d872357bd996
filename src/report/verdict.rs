//! What a report says first: two sentences per pair of runs, and what a reader must hold against them.
//!
//! A sentence is made of a [`Claim`], and a claim of a finding: direction only where the test that was planned
//! for it passed, equality only where an equivalence test against a declared margin passed, nothing where too
//! many marks are missing. There is no way to write "on par", "significant on A but not on B" or a difference in
//! percent.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, Finding, Flag};
use crate::analysis::findings::Findings;
use crate::analysis::scores::failures::NO_CLAIM_SHARE;
use crate::analysis::scores::score_table::{Level, NoLevel};
use crate::report::contrasts::{metric_title, of_pair, pairs, why_undefined};
use crate::report::levels;
use crate::report::names::Names;
use crate::report::number::{decimals, p_value, percent, signed, signed_interval};

/// What may be said of one contrast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Claim {
    /// The candidate scores higher.
    Higher,
    /// The candidate scores lower.
    Lower,
    /// The difference is within the declared margin, in points, by an equivalence test.
    Within(f64),
    /// Neither direction nor equivalence is shown.
    NotShown,
    /// Too many marks are missing for any claim.
    Withheld,
}

impl Claim {
    /// The strongest claim that a finding carries at the two-sided level `alpha`. A contrast of the family
    /// counts by its adjusted p, one beside the family by its own.
    pub fn of(finding: &Finding, alpha: f64) -> Self {
        if finding.failures.share() > NO_CLAIM_SHARE || finding.flags.contains(&Flag::NoClaim) {
            return Self::Withheld;
        }
        let passed = match &finding.adjusted {
            Some(adjusted) => adjusted.significant,
            None => finding.test.p <= alpha,
        };
        match (passed, &finding.margin) {
            (true, _) if finding.difference.points > 0.0 => Self::Higher,
            (true, _) if finding.difference.points < 0.0 => Self::Lower,
            (_, Some(margin)) if margin.equivalent => Self::Within(margin.margin),
            _ => Self::NotShown,
        }
    }
}

/// The first words of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Two sentences per pair of runs; without a comparison, per run.
    pub statements: Vec<[String; 2]>,
    /// What limits them, most important first.
    pub caveats: Vec<String>,
}

/// The verdict of a report.
pub fn verdict(findings: &Findings, names: &Names) -> Verdict {
    let statements = match &findings.comparison {
        Some(comparison) => pairs(comparison)
            .into_iter()
            .map(|(a, b)| {
                let pair = Pair {
                    comparison,
                    names: (names.get(a), names.get(b)),
                    contrasts: of_pair(comparison, (a, b)),
                };
                [pair.head(), pair.axes()]
            })
            .collect(),
        None => findings
            .runs
            .iter()
            .map(|run| [level_sentence(findings, run, names), alone()])
            .collect(),
    };
    Verdict {
        statements,
        caveats: super::caveats::caveats(findings, names),
    }
}

fn alone() -> String {
    "It is compared with nothing here, so nothing is said about any other model.".to_owned()
}

fn level_sentence(
    findings: &Findings,
    run: &crate::analysis::findings::run::RunFindings,
    names: &Names,
) -> String {
    let name = names.get(&run.info.label);
    let where_from = format!(
        "on {} tasks of {}, marked by {}",
        findings.suite.items, findings.suite.name, run.judging.name
    );
    let overall: &Result<Level, NoLevel> = &run.table.overall;
    match overall {
        Ok(level) => {
            let [lo, hi] = levels::interval(level);
            format!(
                "{name} scores {} points Overall (95 % interval {lo} to {hi}) {where_from}.",
                levels::points(level)
            )
        }
        Err(_) => format!(
            "{name} was run {where_from}; it has no Overall, because not every axis has a mean."
        ),
    }
}

struct Pair<'a> {
    comparison: &'a Comparison,
    names: (&'a str, &'a str),
    contrasts: Vec<&'a Contrast>,
}

impl Pair<'_> {
    fn alpha(&self) -> f64 {
        self.comparison.family.alpha
    }

    /// The declared primary contrast, else Overall.
    fn head(&self) -> String {
        let primary = self.comparison.declaration.primary_axis;
        let main = self.contrasts.iter().find(|contrast| match primary {
            Some(axis) => contrast.metric.key == axis.key(),
            None => contrast.metric.is_overall(),
        });
        let (a, b) = self.names;
        let Some(contrast) = main else {
            return format!("{a} and {b} have no metric in common.");
        };
        let metric = match contrast.metric.is_overall() {
            true => metric_title(contrast),
            false => metric_title(contrast).to_lowercase(),
        };
        match &contrast.result {
            Ok(finding) => self.head_of(&metric, finding),
            Err(why) => format!(
                "For {metric} there is no difference between {a} and {b} to report: {}.",
                why_undefined(why)
            ),
        }
    }

    fn head_of(&self, metric: &str, finding: &Finding) -> String {
        let (a, b) = self.names;
        let digits = decimals(finding.difference.se);
        let size = format!("{:.digits$}", finding.difference.points.abs());
        let interval = interval(finding, digits);
        let (tested, p) = match &finding.adjusted {
            Some(adjusted) if adjusted.primary => (
                "declared primary contrast, exact p",
                adjusted.p_westfall_young,
            ),
            Some(adjusted) => ("adjusted p", adjusted.p_westfall_young),
            None => ("exact p of its own test beside the family", finding.test.p),
        };
        let n = finding.difference.items;
        let found = format!("{interval}, {tested} {}, n = {n} tasks", p_value(p));
        let fragile = match finding.failures.survives {
            true => "",
            false => "; missing marks could change who is ahead",
        };
        match Claim::of(finding, self.alpha()) {
            Claim::Higher => {
                format!("On {metric}, {a} scores {size} points higher than {b} ({found}){fragile}.")
            }
            Claim::Lower => {
                format!("On {metric}, {a} scores {size} points lower than {b} ({found}){fragile}.")
            }
            Claim::Within(margin) => format!(
                "On {metric}, {a} and {b} differ by less than the declared margin of {margin} points, by an \
                 equivalence test (difference {}, {found}){fragile}.",
                signed(finding.difference.points, digits)
            ),
            Claim::NotShown => format!(
                "On {metric}, it is not shown which of {a} and {b} scores higher (difference {} points, {found}); \
                 that does not show that they are equal.",
                signed(finding.difference.points, digits)
            ),
            Claim::Withheld => format!(
                "On {metric}, nothing is claimed about {a} and {b}: {} of the marks of one side are missing \
                 (difference of the rest {} points, {found}).",
                percent(finding.failures.share()),
                signed(finding.difference.points, digits)
            ),
        }
    }

    /// What the family shows, axis by axis.
    fn axes(&self) -> String {
        let (mut higher, mut lower, mut within) = (Vec::new(), Vec::new(), Vec::new());
        let (mut open, mut withheld) = (0_usize, 0_usize);
        let family = self.contrasts.iter().filter_map(|contrast| {
            let finding = contrast.result.as_ref().ok()?;
            finding.adjusted.as_ref().map(|_| (contrast, finding))
        });
        for (contrast, finding) in family {
            let line = one(&metric_title(contrast).to_lowercase(), finding);
            match Claim::of(finding, self.alpha()) {
                Claim::Higher => higher.push(line),
                Claim::Lower => lower.push(line),
                Claim::Within(_) => within.push(line),
                Claim::NotShown => open += 1,
                Claim::Withheld => withheld += 1,
            }
        }
        let m = self.comparison.family.size;
        let (a, _) = self.names;
        let mut parts = Vec::new();
        for (word, lines) in [
            ("higher on", higher),
            ("lower on", lower),
            ("within the declared margin on", within),
        ] {
            if !lines.is_empty() {
                parts.push(format!("{word} {}", lines.join(", ")));
            }
        }
        if parts.is_empty() {
            parts.push("neither higher nor lower on any axis".to_owned());
        }
        let mut sentence = format!(
            "Axis by axis, with p adjusted over the family of m = {m} contrasts, {a} is shown to be {}",
            parts.join("; ")
        );
        if open > 0 {
            sentence.push_str(&format!(
                "; on {open} {} no direction is shown",
                axes_word(open)
            ));
        }
        if withheld > 0 {
            sentence.push_str(&format!(
                "; nothing is claimed on {withheld} {}, where too many marks are missing",
                axes_word(withheld)
            ));
        }
        sentence + "."
    }
}

fn axes_word(count: usize) -> &'static str {
    if count == 1 { "axis" } else { "axes" }
}

fn one(metric: &str, finding: &Finding) -> String {
    let digits = decimals(finding.difference.se);
    let p = finding
        .adjusted
        .as_ref()
        .map_or(finding.test.p, |adjusted| adjusted.p_westfall_young);
    format!(
        "{metric} ({} points, {}, p {})",
        signed(finding.difference.points, digits),
        interval(finding, digits),
        p_value(p)
    )
}

/// The interval of a difference, or why there is none.
fn interval(finding: &Finding, digits: usize) -> String {
    match finding.difference.ci95 {
        None => "no interval, since all differences are equal".to_owned(),
        ends => format!("95 % interval {}", signed_interval(ends, digits)),
    }
}
