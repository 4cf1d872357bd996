//! What the spread of a difference is made of, and whether a difference depends on the category: tables and sentences.

use std::collections::BTreeSet;

use crate::analysis::compare::Comparison;
use crate::analysis::compare::categories_alike::{CategoriesAlike, CategoryMean};
use crate::analysis::compare::contrast::{Contrast, ContrastFinding};
use crate::analysis::compare::sources::{NotEstimable, Sources, SpreadSource};
use crate::report::columns::printable;
use crate::report::number::{decimals, p_value, signed};
use crate::report::standing::thousands;
use crate::report::table::{Column, Table, TableCell};

/// p at or below which the categories are said to differ.
const DEPENDS_ALPHA: f64 = 0.05;

/// The metrics of a pair of runs by their titles.
type Found<'a> = [(String, &'a ContrastFinding)];

/// That the difference of a tested Overall depends on the category, where it does.
pub fn depends(contrast: &Contrast) -> Option<String> {
    let finding = contrast.result.as_ref().ok()?;
    let alike = finding.by_category.as_ref()?;
    let shown = contrast.standing.is_tested() && alike.p <= DEPENDS_ALPHA;
    shown.then(|| {
        format!(
            "The difference depends on the category: {} points.",
            by_category(finding, alike)
        )
    })
}

/// The difference of each category, no finer than that of all tasks is known.
fn by_category(finding: &ContrastFinding, alike: &CategoriesAlike) -> String {
    let digits = decimals(finding.difference.se);
    let one = |mean: &CategoryMean| {
        let points = signed(mean.points, digits);
        format!("{} {points}", printable(&mean.category))
    };
    let list: Vec<String> = alike.categories.iter().map(one).collect();
    list.join(", ")
}

/// Whether the categories differ, beside Overall.
pub fn categories_alike(found: &Found<'_>) -> Table {
    let columns = [
        Column::words("difference by category"),
        Column::words("p that all are equal"),
    ];
    let mut table = Table::new("", columns);
    for (title, finding) in found {
        let Some(alike) = &finding.by_category else {
            continue;
        };
        let p = format!(
            "{} ({} permutations)",
            p_value(alike.p),
            thousands(alike.draws)
        );
        table
            .rows
            .push(vec![TableCell::words(&**title), TableCell::Figures(p)]);
        table
            .notes
            .push(format!("{title}, points: {}.", by_category(finding, alike)));
    }
    table
}

/// Where the spread of a task's difference comes from; without rows where nothing but the tasks is known.
pub fn sources(found: &Found<'_>) -> Table {
    let all: Vec<(&String, &Sources, usize)> = found
        .iter()
        .filter_map(|(title, finding)| {
            let digits = decimals(finding.difference.se);
            Some((title, finding.sources.as_ref()?, digits))
        })
        .collect();
    if !all.iter().any(|(_, sources, _)| sources.tells()) {
        return Table::default();
    }
    let mut columns = vec![Column::words("variance, squared points")];
    columns.extend(
        ["task", "seed", "judge repeat", "judge", "wording"]
            .map(|source| Column::numbers(source, "")),
    );
    let crossed = all
        .iter()
        .any(|(_, found, _)| found.over_judges95.is_some());
    if crossed {
        columns.push(Column::words("95 %, tasks and judges"));
    }
    let mut table = Table::new("", columns);
    for (title, sources, digits) in &all {
        let mut row = vec![TableCell::words(&***title)];
        row.extend(sources.sources.iter().map(variance));
        if crossed {
            row.push(TableCell::or_none(sources.over_judges95, |ends| {
                TableCell::signed_interval(Some(ends), *digits)
            }));
        }
        table.rows.push(row);
    }
    let listed: Vec<&Sources> = all.into_iter().map(|(_, sources, _)| sources).collect();
    table.notes.extend(notes(&listed));
    table
}

fn variance(source: &SpreadSource) -> TableCell {
    match (source.variance, source.not_estimable) {
        (Some(variance), _) => TableCell::number(variance, 0),
        (None, Some(NotEstimable::IdenticalRepeats)) => TableCell::words("identical"),
        (None, _) => TableCell::None,
    }
}

fn notes(all: &[&Sources]) -> Vec<String> {
    let mut notes = vec![
        "Variance of a task's difference, over the tasks with every mark, unweighted; seeds and repeats add over both \
         runs. An estimate below 0 means that no such variance was found."
            .to_owned(),
    ];
    let mut sources = all.iter().flat_map(|found| &found.sources);
    if sources.any(|source| source.includes.is_some()) {
        notes.push(
            "The variance of seeds includes that of the judge's repeats: these runs cannot separate the two."
                .to_owned(),
        );
    }
    if let Some(reasons) = reasons(all) {
        notes.push(format!(
            "-: not estimable from these runs, so it is part of the variance of tasks: {reasons}."
        ));
    }
    notes
}

/// Why sources are not estimable, in words; `None` where all are.
fn reasons(all: &[&Sources]) -> Option<String> {
    let found = all.iter().flat_map(|found| &found.sources);
    let mut said = BTreeSet::new();
    let mut reasons: Vec<String> = Vec::new();
    for source in found {
        let Some(why) = source.not_estimable else {
            continue;
        };
        // Said once for all that it hides.
        let why_of_panel = why == NotEstimable::Panel && source.source != "judge";
        let reason = match why_of_panel {
            true => {
                "seed and judge repeat, because the repeats of a panel are its judges".to_owned()
            }
            false => reason(source, why),
        };
        if said.insert(reason.clone()) {
            reasons.push(reason);
        }
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn reason(source: &SpreadSource, why: NotEstimable) -> String {
    let SpreadSource {
        source,
        levels,
        needed,
        ..
    } = source;
    match (why, *source) {
        (NotEstimable::IdenticalRepeats, _) => {
            "judge repeat, because the repeats of every answer are identical".to_owned()
        }
        (NotEstimable::Panel, name) => format!(
            "{}, because the panel's marks are not the mean of its judges'",
            words(name)
        ),
        (NotEstimable::TooFewLevels, "seed") => {
            format!("seed ({levels} sample per task, {needed} are needed)")
        }
        (NotEstimable::TooFewLevels, "judge-repeat") => {
            format!("judge repeat ({levels} mark per answer, {needed} are needed)")
        }
        (NotEstimable::TooFewLevels, name) => {
            format!("{} ({levels}, a panel of {needed} is needed)", words(name))
        }
    }
}

fn words(source: &str) -> &str {
    match source {
        "judge-repeat" => "judge repeat",
        "wording" => "wording of the rubric",
        other => other,
    }
}

/// What intervals cover, and which sources of spread the runs do not show.
pub fn covered(comparison: &Comparison) -> Vec<String> {
    let findings = comparison
        .contrasts
        .iter()
        .filter_map(|contrast| contrast.result.as_ref().ok());
    let all: Vec<&Sources> = findings.filter_map(|f| f.sources.as_ref()).collect();
    let mut lines = vec![
        "The intervals cover tasks: new tasks of the same kinds, with a new sample and a new call of this judge. They do not \
         cover another training run or another judge."
            .to_owned(),
    ];
    if all.iter().any(|sources| sources.over_judges95.is_some()) {
        lines.push(
            "The interval over tasks and judges covers other judges like those of the panel, too; where the panel varies the \
             wording of one judge's rubric, other wordings."
                .to_owned(),
        );
    }
    let silent = !all.iter().any(|sources| sources.tells());
    if let Some(reasons) = reasons(&all).filter(|_| silent) {
        lines.push(format!(
            "Sources of spread that are not estimable from these runs: {reasons}."
        ));
    }
    lines
}
