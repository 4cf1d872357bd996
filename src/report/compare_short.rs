//! A comparison on one screen: the finding, one table, what else may be said, and what limits it. The rest is under `--full`.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, Flag};
use crate::report::columns::{LINE, narrowed, printable, wrapped};
use crate::report::contrasts;
use crate::report::flags;
use crate::report::looks_text::interim_text;
use crate::report::names::Names;
use crate::report::number::percent;
use crate::report::standing::{Speaker, badge, metric};
use crate::report::table::text::{self, Detail};
use crate::report::{beside_text, compare_notes, compat_note, verdict};

/// The first screen, with as much of the table as `detail` says.
pub fn compare_short(comparison: &Comparison, detail: Detail) -> String {
    let names = Names::in_terminal(comparison);
    let speaker = Speaker {
        comparison,
        name: &|label| names.get(label).to_owned(),
    };
    let pairs = contrasts::pairs(comparison);
    let of = |pair: &(&str, &str)| contrasts::of_pair(comparison, *pair);
    let heads: Vec<(Vec<&Contrast>, &Contrast)> = pairs
        .iter()
        .filter_map(|pair| {
            let all = of(pair);
            let head = verdict::headline(comparison, &all)?;
            Some((all, head))
        })
        .collect();
    let mut parts = vec![
        lines(heads.iter().map(|(_, head)| speaker.short(head))),
        text::body(
            &contrasts::headlines(&speaker, heads.iter().map(|(_, head)| *head)),
            detail,
        ),
    ];
    let also = heads
        .iter()
        .filter_map(|(all, head)| others(&speaker, all, head));
    parts.push(lines(also));
    parts.extend(look(comparison).map(|text| narrowed(&text)));
    parts.push(lines(limits(comparison, &names, &heads)));
    parts.push(lines(called(&names).into_iter().chain([size(comparison)])));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn lines(sentences: impl IntoIterator<Item = String>) -> String {
    let shown = sentences.into_iter().map(|sentence| printable(&sentence));
    let wrapped = shown.map(|sentence| wrapped(&sentence, LINE));
    wrapped.map(|sentence| sentence.join("\n") + "\n").collect()
}

/// The other metrics of a pair of runs, by what may be said of them.
fn others(speaker: &Speaker<'_>, all: &[&Contrast], head: &Contrast) -> Option<String> {
    let groups = other_metrics(speaker, all, head);
    let (a, b) = (&head.candidate, &head.baseline);
    (!groups.is_empty()).then(|| {
        format!(
            "{} against {}, other comparisons: {}.",
            (speaker.name)(a),
            (speaker.name)(b),
            groups.join("; ")
        )
    })
}

/// What may be said of the metrics beside the headline: `lower on text quality, Overall`, one entry per badge.
pub fn other_metrics(speaker: &Speaker<'_>, all: &[&Contrast], head: &Contrast) -> Vec<String> {
    type Group = ((String, Option<String>), Vec<String>);
    let mut by_badge: Vec<Group> = Vec::new();
    for contrast in all
        .iter()
        .filter(|contrast| !std::ptr::eq(**contrast, head))
    {
        let badge = badge(contrast.standing, speaker.comparison.margin.points);
        let said = (badge, speaker.why_not(contrast));
        match by_badge.iter_mut().find(|(known, _)| *known == said) {
            Some((_, metrics)) => metrics.push(metric(contrast)),
            None => by_badge.push((said, vec![metric(contrast)])),
        }
    }
    let group = |((badge, why), metrics): Group| {
        let why = why.map_or_else(String::new, |why| format!(" ({why})"));
        format!("{badge} on {}{why}", metrics.join(", "))
    };
    by_badge.into_iter().map(group).collect()
}

/// The declared look at the primary contrast.
pub(super) fn look(comparison: &Comparison) -> Option<String> {
    let interim = comparison.interim.as_ref()?;
    let difference = comparison.contrasts.iter().find_map(|contrast| {
        let finding = contrast.result.as_ref().ok()?;
        let primary = finding.adjusted.as_ref().is_some_and(|a| a.primary);
        primary.then_some(&finding.difference)
    });
    let (points, se) = (difference.map(|d| d.points), difference.and_then(|d| d.se));
    Some(interim_text(interim, points, se))
}

/// What a reader must hold against the table.
fn limits(
    comparison: &Comparison,
    names: &Names,
    heads: &[(Vec<&Contrast>, &Contrast)],
) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(missing(comparison, names));
    found.extend(compare_notes::undefended(&comparison.runs));
    found.extend(compat_note::compat(&comparison.runs));
    found.extend(beside_text::differences_line(&comparison.beside));
    let contrasts: Vec<&Contrast> = heads
        .iter()
        .flat_map(|(all, _)| all.iter().copied())
        .collect();
    // Flags that change what may be concluded are spelt out; the others stand under --full.
    let grave = [
        Flag::JudgesDiffer,
        Flag::ServedModelsDiffer,
        Flag::NotRobustToMissing,
        Flag::UnequalRepeats,
        Flag::PointsAgainstTasks,
    ];
    found.extend(flags::meanings_of(&contrasts, &grave));
    found.extend(comparison.bridge.as_ref().map(|bridge| {
        format!(
            "Runs of different judges are joined by a bridge from {} to {} ({} tasks).",
            bridge.old, bridge.new, bridge.tasks
        )
    }));
    found.extend(compare_notes::margin_shown(comparison, &contrasts));
    found.extend(compare_notes::declared(comparison));
    if contrasts
        .iter()
        .any(|contrast| compare_notes::common_axes(contrast))
    {
        found.push(compare_notes::COMMON_AXES.to_owned());
    }
    found
}

fn missing(comparison: &Comparison, names: &Names) -> Option<String> {
    let lost: Vec<String> = comparison
        .runs
        .iter()
        .zip(&comparison.levels)
        .filter(|(_, table)| table.missing_share > 0.0)
        .map(|(run, table)| {
            let (missing, expected) = (table.missing(), table.expected());
            let share = percent(table.missing_share);
            let name = names.get(&run.label);
            format!("{name} {missing} of {expected} ({share})")
        })
        .collect();
    (!lost.is_empty()).then(|| {
        format!(
            "Missing marks: {}. They are left out, never counted as numbers; --full shows how much they could change.",
            lost.join(", ")
        )
    })
}

/// Which runs are called by the names of their models.
fn called(names: &Names) -> Option<String> {
    let all: Vec<String> = names
        .renamed()
        .map(|(label, name)| format!("{name} is {label}"))
        .collect();
    (!all.is_empty()).then(|| format!("Runs: {}.", all.join(", ")))
}

/// How much was compared, and where the rest is.
fn size(comparison: &Comparison) -> String {
    let suite = &comparison.suite;
    let family = match comparison.family.size {
        0 => "no comparisons are adjusted together".to_owned(),
        1 => "1 comparison".to_owned(),
        m => format!("{m} comparisons, adjusted together"),
    };
    let mut judges: Vec<&str> = comparison.runs.iter().map(|run| &*run.judge).collect();
    judges.dedup();
    format!(
        "{} tasks of {}, scored by {}; {family}. Intervals cover new tasks of the same kinds, not another judge or training \
         run. All axes, pass rates, categories, ranks: --full",
        suite.items,
        suite.name,
        judges.join(", ")
    )
}
