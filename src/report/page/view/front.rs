//! The first screen: the finding as a headline, one sentence that counts, and the facts.

use serde::Serialize;

use super::roles::Role;
use super::title;
use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::Contrast;
use crate::analysis::compare::standing::Standing;
use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::runs::declaration::Declared;
use crate::report::columns::printable;
use crate::report::contrasts::{of_pair, pairs};
use crate::report::escape::name;
use crate::report::levels;
use crate::report::names::Names;
use crate::report::standing::{Speaker, counted, number, thousands};
use crate::report::typography::typographic;
use crate::report::verdict::headline;

/// The header of the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Front {
    /// The finding.
    finding: String,
    /// What stands below it; empty where nothing is compared.
    lede: String,
    /// Names and values.
    facts: Vec<[String; 2]>,
}

/// The headline contrast of each pair of runs.
pub(super) fn heads(comparison: &Comparison) -> Vec<&Contrast> {
    let pairs = pairs(comparison).into_iter();
    pairs
        .filter_map(|pair| headline(comparison, &of_pair(comparison, pair)))
        .collect()
}

/// The header of a report.
pub(super) fn front(findings: &Findings, names: &Names) -> Front {
    let (finding, lede) = match &findings.comparison {
        Some(comparison) => compared(findings, comparison, names),
        None => (alone(findings, names), String::new()),
    };
    Front {
        finding: typographic(&finding),
        lede: typographic(&lede),
        facts: facts(findings),
    }
}

fn compared(findings: &Findings, comparison: &Comparison, names: &Names) -> (String, String) {
    let name = |label: &str| names.get(label).to_owned();
    let speaker = Speaker {
        comparison,
        name: &name,
    };
    let all = heads(comparison);
    let is_control = |contrast: &&Contrast| {
        let run = findings.run(&contrast.candidate);
        run.is_some_and(|run| Role::of(run).is_control())
    };
    let (controls, models): (Vec<&Contrast>, Vec<&Contrast>) =
        all.iter().copied().partition(is_control);
    // Where only controls are compared, they are what the page is about.
    let (models, controls) = match models.is_empty() {
        true => (controls, Vec::new()),
        false => (models, controls),
    };
    let lede = match (models.as_slice(), controls.is_empty()) {
        ([one], true) => speaker.sentence(one),
        _ => count(&speaker, &models, &controls),
    };
    (finding(&speaker, &models), lede)
}

/// The largest difference that is shown; else the largest that holds under a condition; else what a margin shows.
fn finding(speaker: &Speaker<'_>, heads: &[&Contrast]) -> String {
    let rank = |contrast: &Contrast| match contrast.standing {
        Standing::Shown { .. } => 0,
        Standing::Conditional { .. } => 1,
        _ => 2,
    };
    let size = |contrast: &Contrast| {
        let finding = contrast.result.as_ref().ok();
        finding.map_or(0.0, |finding| finding.difference.points.abs())
    };
    let mut said: Vec<(&Contrast, String)> = heads
        .iter()
        .filter_map(|contrast| Some((*contrast, speaker.headline(contrast)?)))
        .collect();
    said.sort_by(|(a, _), (b, _)| {
        let larger = size(b).total_cmp(&size(a));
        rank(a).cmp(&rank(b)).then(larger)
    });
    if let Some((_, sentence)) = said.into_iter().next() {
        return sentence;
    }
    let baselines = baselines(speaker, heads);
    let open = |contrast: &&Contrast| matches!(contrast.standing, Standing::NotShown { .. });
    match heads.iter().any(open) {
        true => format!("No difference from {baselines} is shown"),
        false => format!("No claim is made about differences from {baselines}"),
    }
}

fn baselines(speaker: &Speaker<'_>, heads: &[&Contrast]) -> String {
    let mut names: Vec<String> = Vec::new();
    for contrast in heads {
        let name = (speaker.name)(&contrast.baseline);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(" or ")
}

/// How many runs have which verdict.
fn count(speaker: &Speaker<'_>, models: &[&Contrast], controls: &[&Contrast]) -> String {
    let margin = speaker.comparison.margin.points;
    let standings = |heads: &[&Contrast]| -> Vec<Standing> {
        heads.iter().map(|contrast| contrast.standing).collect()
    };
    let what = match models.len() {
        1 => "one run".to_owned(),
        count => format!("{} runs", number(count)),
    };
    let several = baselines(speaker, models).contains(" or ");
    let start = match several {
        true => format!("Of {} comparisons with a baseline", number(models.len())),
        false => format!("Of {what} compared with {}", baselines(speaker, models)),
    };
    let controls = match controls {
        [] => String::new(),
        some => format!(" Controls: {}.", counted(&standings(some), margin)),
    };
    format!(
        "{start}, {}.{controls}",
        counted(&standings(models), margin)
    )
}

/// Without a baseline the page says how each run scores.
fn alone(findings: &Findings, names: &Names) -> String {
    match findings.runs.as_slice() {
        [run] => match &run.table.overall {
            Ok(level) => format!(
                "{} scores {} points Overall",
                names.get(&run.info.label),
                levels::points(level)
            ),
            Err(_) => title(findings, names),
        },
        _ => title(findings, names),
    }
}

fn facts(findings: &Findings) -> Vec<[String; 2]> {
    let suite = &findings.suite;
    let fact = |name: &str, value: String| [name.to_owned(), value];
    let axes = findings.runs.iter().flat_map(|run| &run.table.axes);
    let (missing, expected) = axes.fold((0, 0), |(missing, expected), axis| {
        (missing + axis.missing, expected + axis.expected)
    });
    vec![
        fact(
            "Suite",
            format!("{} {}", printable(&suite.name), printable(&suite.version)),
        ),
        fact("Tasks", thousands(suite.items as u64)),
        fact("Axes", format!("{}, points 0–100", suite.axes.len())),
        fact("Judge", judges(findings)),
        fact(
            "Marks missing",
            format!("{} of {}", thousands(missing), thousands(expected)),
        ),
        fact("Declared beforehand", declared(findings)),
    ]
}

/// The judges, and whose marks were made elsewhere.
fn judges(findings: &Findings) -> String {
    let mut said: Vec<String> = Vec::new();
    for run in &findings.runs {
        let judge = name(&run.judging.name);
        let judge = match run.info.has_imported_marks() {
            true => format!("{judge} (imported marks)"),
            false => judge,
        };
        if !said.contains(&judge) {
            said.push(judge);
        }
    }
    said.join(", ")
}

fn declared(findings: &Findings) -> String {
    let declaration = &findings.declaration;
    let mut parts: Vec<String> = Vec::new();
    match findings.declared {
        Declared::Nothing => return "nothing".to_owned(),
        Declared::Late => return "nothing; declared with the report".to_owned(),
        Declared::Before => {}
    }
    let listed = [
        (declaration.primary_axis.is_some(), "primary axis"),
        (!declaration.headline_axis.is_empty(), "axis"),
        (declaration.looks.is_some(), "looks"),
    ];
    parts.extend(
        listed
            .into_iter()
            .filter(|(there, _)| *there)
            .map(|(_, what)| what.to_owned()),
    );
    if let Some(comparison) = &findings.comparison
        && comparison.margin.declared == Declared::Before
    {
        parts.push(format!("margin ±{}", comparison.margin.points));
    }
    match parts.is_empty() {
        true => "yes".to_owned(),
        false => parts.join(", "),
    }
}

/// What differs between a run and its baseline, by what their `run.toml` record; empty where nothing short does.
pub(super) fn unlike(run: &RunFindings, baseline: &RunFindings) -> String {
    const MOST: usize = 3;
    const LONGEST: usize = 28;
    let (own, other) = (&run.model.identity, &baseline.model.identity);
    if Role::of(run).is_control() || own.kind != other.kind {
        let which = own.details.get("control").unwrap_or(&own.kind);
        return printable(&super::short(which, LONGEST)).clone();
    }
    let keys: std::collections::BTreeSet<&String> =
        own.details.keys().chain(other.details.keys()).collect();
    let brief = |value: &String| value.chars().count() <= LONGEST;
    let mut all = Vec::new();
    for key in keys {
        let both = (own.details.get(key), other.details.get(key));
        let said = match both {
            (a, b) if a == b => continue,
            (Some(a), Some(b)) if brief(a) && brief(b) => format!("{key} {a}, not {b}"),
            (Some(a), None) if brief(a) => format!("{key} {a}"),
            _ => continue,
        };
        all.push(printable(&super::short(&said, 3 * LONGEST)));
    }
    all.truncate(MOST);
    all.join("; ")
}
