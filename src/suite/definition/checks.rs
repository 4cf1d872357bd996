//! What is checked of a `suite.toml`, every fault with its place.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Definition, RubricSource};
use crate::common::files;
use crate::suite::axes::wire::{Declared, WireScore, declare};
use crate::suite::calls::{self, WireCall};
use crate::suite::fault::{FaultList, quoted};
use crate::suite::mapping::Print;
use crate::suite::wire::{DECLARING_FORMAT, FORMAT, WireAxes, WireCategory, WireSuite};
use crate::suite::{Axis, Call, Category, IdRanges, ScoreMap};

/// Longest version, licence, hub name, in characters.
const MAX_WORDS: usize = 500;
/// Most tasks that a category may plan.
const MAX_PLANNED: u32 = 100_000;

pub(super) fn check(
    wire: WireSuite,
    folder: &Path,
    text: &str,
    faults: &mut FaultList,
) -> Definition {
    if wire.format != FORMAT && wire.format != DECLARING_FORMAT {
        faults.push(
            None,
            format!("format = {}", wire.format),
            format!("format = {FORMAT}, or {DECLARING_FORMAT} for a suite that declares its axes"),
            "use a version of parabench that knows this format",
        );
    }
    if !files::is_safe_name(&wire.name) {
        faults.push(
            None,
            format!("name = {}", quoted(&wire.name)),
            "letters, digits, `-`, `_` and `.`, not starting with `.`",
            "rename the suite",
        );
    }
    let words = [("version", &wire.version), ("licence", &wire.licence)];
    let hub = wire.hub.as_ref().map(|hub| ("hub", hub));
    for (field, value) in words.into_iter().chain(hub) {
        if value.trim().is_empty() || value.chars().count() > MAX_WORDS {
            faults.push(
                None,
                format!("{field} = {}", quoted(value)),
                format!("1 to {MAX_WORDS} characters"),
                "say it in a few words",
            );
        }
    }
    check_print(&wire, faults);
    let categories = check_categories(wire.categories, text, faults);
    let declared = check_axes(wire.axes, &wire.scores, &categories, faults);
    let calls = check_calls(wire.format, &wire.calls, &declared, &categories, faults);
    for prompt in &wire.prompts {
        for (found, expected) in prompt.faults(&declared.axes, &categories) {
            faults.push(None, found, expected, "correct [[prompts]]");
        }
    }
    let rubrics = wire
        .rubrics
        .and_then(|rubrics| check_rubrics(&rubrics, folder, faults));
    Definition {
        name: wire.name,
        version: wire.version,
        licence: wire.licence,
        axes: declared.axes,
        extra: declared.extra,
        calls,
        prompts: wire.prompts,
        scores: declared.scores,
        mapping: match wire.format {
            DECLARING_FORMAT => ScoreMap::Percent,
            _ => wire.mapping.unwrap_or_default(),
        },
        print: wire.print,
        categories,
        rubrics,
        hub: wire.hub,
        import: wire.import,
        rows: wire.rows,
        frozen: wire.frozen,
        source: wire.source,
        folder: folder.to_owned(),
    }
}

fn check_print(wire: &WireSuite, faults: &mut FaultList) {
    let declares = wire.format == DECLARING_FORMAT;
    if declares && wire.mapping.is_some() {
        faults.push(
            None,
            "mapping in a suite of format 2",
            "no mapping: points go from 0 for the lowest mark to 100 for the highest",
            "remove it; `print` says how the authors print their figures",
        );
    }
    let Some(print) = wire.print else { return };
    if !declares || print.lowest >= print.highest || print.digits > Print::MAX_DIGITS {
        faults.push(
            None,
            format!(
                "print = {{ lowest = {}, highest = {}, digits = {} }} in format {}",
                print.lowest, print.highest, print.digits, wire.format
            ),
            format!(
                "format = {DECLARING_FORMAT}, a lowest number below the highest, at most {} digits",
                Print::MAX_DIGITS
            ),
            "correct it",
        );
    }
}

fn check_axes(
    axes: WireAxes,
    scores: &[WireScore],
    categories: &[Category],
    faults: &mut FaultList,
) -> Declared {
    let names: Vec<&str> = categories.iter().map(|c| c.name.as_str()).collect();
    match axes {
        WireAxes::Declared(axes) => declare(&axes, scores, &names).unwrap_or_else(|found| {
            for (found, expected) in found {
                faults.push(None, found, expected, "correct the declaration");
            }
            Declared::default()
        }),
        WireAxes::Keys(axes) => {
            check_keys(&axes, faults);
            if !scores.is_empty() {
                faults.push(
                    None,
                    "[[scores]] in a suite of format 1",
                    format!(
                        "format = {DECLARING_FORMAT}, with [[axes]] that declare what is judged"
                    ),
                    "declare the axes, or remove the scores",
                );
            }
            Declared {
                axes,
                ..Declared::default()
            }
        }
    }
}

fn check_calls(
    format: u32,
    wire: &[WireCall],
    declared: &Declared,
    categories: &[Category],
    faults: &mut FaultList,
) -> Vec<Call> {
    let mut checked: Vec<Call> = Vec::new();
    if !wire.is_empty() && format != DECLARING_FORMAT {
        faults.push(
            None,
            format!("[[calls]] in a suite of format {format}"),
            format!("format = {DECLARING_FORMAT}, with [[axes]] that declare what is judged"),
            "declare the axes, or remove the calls",
        );
        return checked;
    }
    for call in wire {
        match calls::check(call, &declared.axes, categories) {
            Ok(call) => checked.push(call),
            Err(found) => {
                for (found, expected) in found {
                    faults.push(None, found, expected, "correct the call");
                }
            }
        }
    }
    for (at, call) in checked.iter().enumerate() {
        let differs = |other: &&Call| {
            let same = (other.parser, other.pictures) == (call.parser, call.pictures);
            other.rubric == call.rubric && !same
        };
        if checked.iter().take(at).any(|other| differs(&other)) {
            faults.push(
                None,
                format!("two calls with the rubric `{}` differ in parser, images or labels", call.rubric),
                "a rubric of its own for each: its name stands for the call in the identity of judges",
                "name another rubric",
            );
        }
    }
    checked
}

fn check_keys(axes: &[Axis], faults: &mut FaultList) {
    for axis in axes.iter().filter(|axis| !axis.is_declared()) {
        faults.push(
            None,
            format!("axes: {}", quoted(axis.key())),
            format!(
                "one of {}, or format = {DECLARING_FORMAT} with [[axes]] that declare others",
                Axis::ALL.map(Axis::key).join(", ")
            ),
            "correct it",
        );
    }
    let distinct: HashSet<Axis> = axes.iter().copied().collect();
    if axes.is_empty() || distinct.len() < axes.len() {
        let keys: Vec<&str> = axes.iter().map(|axis| axis.key()).collect();
        faults.push(
            None,
            format!("axes = [{}]", keys.join(", ")),
            "at least one axis, each named once",
            "list what is to be judged",
        );
    }
}

fn check_categories(wire: Vec<WireCategory>, text: &str, faults: &mut FaultList) -> Vec<Category> {
    if wire.is_empty() {
        faults.push(
            None,
            "no [[categories]]",
            "at least one category",
            "add one, even if all tasks are in it",
        );
    }
    let mut seen = HashSet::new();
    let mut categories = Vec::with_capacity(wire.len());
    for category in wire {
        let line = line_at(text, category.name.span().start);
        let name = category.name.into_inner();
        if !files::is_safe_name(&name) {
            faults.push(
                line,
                format!("category {}", quoted(&name)),
                "letters, digits, `-`, `_` and `.`, not starting with `.`",
                "rename it here and in the tasks",
            );
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            faults.push(
                line,
                format!("a second category {}", quoted(&name)),
                "names that differ in more than case",
                "rename or remove one",
            );
        }
        if category.planned == 0 || category.planned > MAX_PLANNED {
            faults.push(
                line,
                format!(
                    "category {} plans {} tasks",
                    quoted(&name),
                    category.planned
                ),
                format!("1 to {MAX_PLANNED}"),
                "set `planned` to the number of tasks by design",
            );
        }
        let ids = category
            .ids
            .and_then(|text| check_ids(&text, category.planned, Some(line), faults));
        categories.push(Category {
            name,
            kind: category.kind,
            planned: category.planned,
            ids,
        });
    }
    categories
}

fn check_ids(
    text: &str,
    planned: u32,
    line: Option<usize>,
    faults: &mut FaultList,
) -> Option<IdRanges> {
    let ids = text.parse::<IdRanges>();
    let counted = ids.as_ref().map(IdRanges::count).unwrap_or(0);
    if counted != u64::from(planned) {
        faults.push(
            line,
            format!("ids = {}", quoted(text)),
            format!("{planned} whole numbers, for example `1-{planned}`, as many as are planned"),
            "correct the ids or `planned`",
        );
    }
    ids.ok()
}

fn check_rubrics(rubrics: &str, folder: &Path, faults: &mut FaultList) -> Option<RubricSource> {
    let source = if rubrics.contains('/') {
        let inside = |path: &PathBuf| match (path.canonicalize(), folder.canonicalize()) {
            (Ok(path), Ok(folder)) => path.starts_with(folder),
            _ => true, // what is not there leads nowhere
        };
        files::join_contained(folder, rubrics)
            .filter(inside)
            .map(RubricSource::Folder)
    } else {
        files::is_safe_name(rubrics).then(|| RubricSource::Named(rubrics.to_owned()))
    };
    if source.is_none() {
        faults.push(
            None,
            format!("rubrics = {}", quoted(rubrics)),
            "a name such as `default`, or a relative path with a `/` inside the suite's folder",
            "correct it, or leave it out for the default rubrics",
        );
    }
    source
}

/// The line, counted from 1, of a byte offset.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|&&byte| byte == b'\n').count() + 1
}
