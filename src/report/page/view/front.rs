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
use crate::analysis::scores::score_table::ScoreTable;
use crate::report::columns::printable;
use crate::report::contrasts::{of_pair, pairs};
use crate::report::escape::name;
use crate::report::levels;
use crate::report::names::Names;
use crate::report::standing::{Speaker, counted, number, thousands};
use crate::report::typography::typographic;
use crate::report::verdict::headline;
use crate::report::worst::{LABEL, worst};

/// The header of the page: the three questions of a reader in a hurry, and their answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Front {
    /// What the runs were to answer, where that was declared.
    question: String,
    /// The finding: what is better, and by how much.
    finding: String,
    /// What stands below it; empty where nothing is compared.
    lede: String,
    /// The test of the finding; empty where the lede has it.
    certain: String,
    /// What went wrong most.
    worst: String,
    /// How that must be read.
    worst_label: &'static str,
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

/// What the header says of the runs.
struct Said<'a> {
    finding: String,
    lede: String,
    certain: String,
    /// The runs whose faults are counted, and what they are held against.
    faulty: Vec<&'a RunFindings>,
    baseline: Option<&'a RunFindings>,
}

/// The header of a report.
pub(super) fn front(findings: &Findings, names: &Names) -> Front {
    let said = match &findings.comparison {
        Some(comparison) => compared(findings, comparison, names),
        None => alone(findings, names),
    };
    let worst = worst(findings, names, &said.faulty, said.baseline);
    let question = findings.declaration.question.as_deref().unwrap_or_default();
    Front {
        question: question.to_owned(),
        finding: typographic(&said.finding),
        lede: typographic(&said.lede),
        certain: typographic(&said.certain),
        worst: worst.as_deref().map(typographic).unwrap_or_default(),
        worst_label: LABEL,
        facts: facts(findings),
    }
}

fn compared<'a>(findings: &'a Findings, comparison: &Comparison, names: &Names) -> Said<'a> {
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
    let found = found(&speaker, &models);
    let told = found.as_ref().map(|(contrast, _)| *contrast);
    let (lede, certain) = match (models.as_slice(), controls.is_empty()) {
        ([one], true) => (speaker.sentence(one), String::new()),
        _ => {
            let largest = told.or_else(|| largest(&models));
            let test = largest.map(|contrast| speaker.sentence(contrast));
            (
                count(&speaker, &models, &controls),
                test.unwrap_or_default(),
            )
        }
    };
    let faulty = match told {
        Some(contrast) => vec![contrast],
        None => models.clone(),
    };
    let baseline = faulty.first().map(|contrast| contrast.baseline.as_str());
    Said {
        finding: found.map_or_else(|| nothing_found(&speaker, &models), |(_, words)| words),
        lede,
        certain,
        baseline: baseline.and_then(|label| findings.run(label)),
        faulty: faulty
            .iter()
            .filter_map(|contrast| findings.run(&contrast.candidate))
            .collect(),
    }
}

/// The difference of a contrast without its sign, in points.
fn size(contrast: &Contrast) -> f64 {
    let finding = contrast.result.as_ref().ok();
    finding.map_or(0.0, |finding| finding.difference.points.abs())
}

/// The largest difference, the first of equal ones.
fn largest<'a>(heads: &[&'a Contrast]) -> Option<&'a Contrast> {
    let all = heads.iter().copied();
    all.reduce(|most, next| if size(next) > size(most) { next } else { most })
}

/// The largest difference that is shown; else the largest that holds under a condition; else what a margin shows.
fn found<'a>(speaker: &Speaker<'_>, heads: &[&'a Contrast]) -> Option<(&'a Contrast, String)> {
    let rank = |contrast: &Contrast| match contrast.standing {
        Standing::Shown { .. } => 0,
        Standing::Conditional { .. } => 1,
        _ => 2,
    };
    let mut said: Vec<(&Contrast, String)> = heads
        .iter()
        .filter_map(|contrast| Some((*contrast, speaker.headline(contrast)?)))
        .collect();
    said.sort_by(|(a, _), (b, _)| {
        let larger = size(b).total_cmp(&size(a));
        rank(a).cmp(&rank(b)).then(larger)
    });
    said.into_iter().next()
}

/// The finding where no contrast says one.
fn nothing_found(speaker: &Speaker<'_>, heads: &[&Contrast]) -> String {
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
fn alone<'a>(findings: &'a Findings, names: &Names) -> Said<'a> {
    let finding = match findings.runs.as_slice() {
        [run] => match &run.table.overall {
            Ok(level) => format!(
                "{} scores {} points Overall",
                names.get(&run.info.label),
                levels::points(level)
            ),
            Err(_) => title(findings, names),
        },
        _ => title(findings, names),
    };
    let models = findings
        .runs
        .iter()
        .filter(|run| !Role::of(run).is_control());
    let models: Vec<&RunFindings> = models.collect();
    Said {
        finding,
        lede: String::new(),
        certain: String::new(),
        faulty: match models.is_empty() {
            true => findings.runs.iter().collect(),
            false => models,
        },
        baseline: None,
    }
}

fn facts(findings: &Findings) -> Vec<[String; 2]> {
    let suite = &findings.suite;
    let fact = |name: &str, value: String| [name.to_owned(), value];
    let tables = findings.runs.iter().map(|run| &run.table);
    let missing = tables.clone().map(ScoreTable::missing).sum();
    let expected = tables.map(ScoreTable::expected).sum();
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
