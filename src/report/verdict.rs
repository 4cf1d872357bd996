//! What a report says first: per pair of runs its headline and what else may be said, and what a reader must hold
//! against it. What may be said is the standing of each contrast.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::Contrast;
use crate::analysis::findings::Findings;
use crate::analysis::scores::score_table::{Level, NoLevel};
use crate::report::contrasts::{of_pair, pairs};
use crate::report::levels;
use crate::report::names::Names;
use crate::report::spread::depends;
use crate::report::standing::Speaker;

/// The first words of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportVerdict {
    /// Two sentences per pair of runs; without a comparison, per run.
    pub statements: Vec<[String; 2]>,
    /// What limits them, most important first.
    pub caveats: Vec<String>,
}

/// The verdict of a report.
pub fn verdict(findings: &Findings, names: &Names) -> ReportVerdict {
    let statements = match &findings.comparison {
        Some(comparison) => pairs(comparison)
            .into_iter()
            .map(|labels| {
                let name = |label: &str| names.get(label).to_owned();
                let speaker = Speaker {
                    comparison,
                    name: &name,
                };
                pair(&speaker, &of_pair(comparison, labels))
            })
            .collect(),
        None => findings
            .runs
            .iter()
            .map(|run| [level_sentence(findings, run, names), alone()])
            .collect(),
    };
    ReportVerdict {
        statements,
        caveats: super::caveats::caveats(findings, names),
    }
}

fn alone() -> String {
    "It is not compared with another run here, so no statement about other models is possible."
        .to_owned()
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

/// The headline of a pair of runs, then everything else that may be said about it.
pub fn pair(speaker: &Speaker<'_>, contrasts: &[&Contrast]) -> [String; 2] {
    let Some(first) = headline(speaker.comparison, contrasts) else {
        return [String::new(), String::new()];
    };
    let others: Vec<&Contrast> = contrasts
        .iter()
        .copied()
        .filter(|contrast| !std::ptr::eq(*contrast, first))
        .collect();
    let mut rest = speaker.sentences(&others);
    rest.extend(contrasts.iter().filter_map(|contrast| depends(contrast)));
    [speaker.sentence(first), rest.join(" ")]
}

/// The contrast that is shown first: the declared primary one, the first declared headline that applies, else Overall.
pub fn headline<'a>(comparison: &Comparison, contrasts: &[&'a Contrast]) -> Option<&'a Contrast> {
    let declaration = &comparison.declaration;
    let primary = comparison
        .family
        .primary
        .as_ref()
        .map(|primary| primary.axis);
    let wanted = primary
        .into_iter()
        .chain(declaration.headline_axis.iter().copied());
    let of_axis = |axis: crate::suite::Axis| {
        let mut there = contrasts.iter().copied();
        there.find(|contrast| contrast.metric.key == axis.key() && contrast.result.is_ok())
    };
    let overall = || {
        contrasts
            .iter()
            .copied()
            .find(|contrast| contrast.metric.is_overall())
    };
    wanted
        .filter_map(of_axis)
        .next()
        .or_else(overall)
        .or_else(|| contrasts.first().copied())
}
