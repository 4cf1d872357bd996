//! How often each mark was given: a bar per run and axis, and the same as a table of counts.
//!
//! A scale of at most five marks has a colour per mark, whose place among the five is that of the mark on its scale. Of
//! a finer scale each colour takes a fifth.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::common::decimal::Decimal;
use crate::report::names::Names;
use crate::report::standing::thousands;
use crate::report::table::html;
use crate::suite::Axis;
use crate::suite::axes::scale::MarkScale;

/// Colours of marks, from the lowest to the highest.
const COLOURS: [&str; 5] = ["1", "2", "3", "4", "5"];
/// Share of a bar in percent from which its number is written on it.
const ROOM: f64 = 8.0;

/// Marks that share a colour.
#[derive(Clone, Debug, PartialEq)]
struct Class {
    colour: &'static str,
    /// `4`, or `4–5` where several share it.
    label: String,
    lo: Decimal,
    hi: Decimal,
}

/// Axes of one scale.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Block {
    /// Colours and labels.
    legend: Vec<[String; 2]>,
    axes: Vec<AxisBars>,
    /// The same as counts.
    counts: html::TableView,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct AxisBars {
    title: String,
    rows: Vec<Row>,
}

/// The bar of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Row {
    run: String,
    parts: Vec<Part>,
    /// The whole bar in words.
    words: String,
    /// How many marks are missing; empty for none.
    missing: String,
}

/// A part of a bar; places in percent.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Part {
    colour: &'static str,
    x: String,
    width: String,
    /// Its number and the place of it, where there is room.
    number: Option<[String; 2]>,
}

/// The bars of all axes that judges mark, axes of one scale together; baselines stand first.
pub(super) fn bars(findings: &Findings, names: &Names) -> Vec<Block> {
    let mut scales: Vec<(MarkScale, Vec<Axis>)> = Vec::new();
    let judged = findings.suite.axes.iter().copied();
    for axis in judged.filter(|axis| axis.formula().is_none()) {
        match scales.iter_mut().find(|(scale, _)| *scale == axis.scale()) {
            Some((_, axes)) => axes.push(axis),
            None => scales.push((axis.scale(), vec![axis])),
        }
    }
    let mut runs: Vec<&RunFindings> = findings.runs.iter().collect();
    runs.sort_by_key(|run| !run.baseline);
    scales
        .into_iter()
        .map(|(scale, axes)| block(&classes(scale), &axes, &runs, names))
        .collect()
}

fn block(classes: &[Class], axes: &[Axis], runs: &[&RunFindings], names: &Names) -> Block {
    let last = classes.len().saturating_sub(1);
    let label = |(place, class): (usize, &Class)| {
        let end = match place {
            0 => " worst",
            place if place == last => " best",
            _ => "",
        };
        [class.colour.to_owned(), format!("{}{end}", class.label)]
    };
    Block {
        legend: classes.iter().enumerate().map(label).collect(),
        axes: axes
            .iter()
            .map(|&axis| AxisBars {
                title: axis.title().to_owned(),
                rows: runs
                    .iter()
                    .map(|run| row(classes, axis, run, names))
                    .collect(),
            })
            .collect(),
        counts: counts_table(classes, axes, runs, names),
    }
}

/// The marks of a run on an axis by class, and how many are missing of how many.
fn counted(classes: &[Class], axis: Axis, run: &RunFindings) -> (Vec<u64>, u64, u64) {
    let none = BTreeMap::new();
    let of_axis = run.marks.iter().find(|marks| marks.axis == axis);
    let marks = of_axis.map_or(&none, |found| &found.marks);
    let within = |class: &Class| {
        marks
            .range(class.lo..=class.hi)
            .map(|(_, count)| count)
            .sum()
    };
    let score = run.table.axes.iter().find(|score| score.axis == axis);
    let (missing, expected) = score.map_or((0, 0), |score| (score.missing, score.expected));
    (classes.iter().map(within).collect(), missing, expected)
}

fn row(classes: &[Class], axis: Axis, run: &RunFindings, names: &Names) -> Row {
    let (counts, missing, expected) = counted(classes, axis, run);
    let percent = |count: u64| 100.0 * count as f64 / expected.max(1) as f64;
    let mut x = 0.0;
    let mut parts = Vec::new();
    for (class, &count) in classes.iter().zip(&counts).filter(|(_, count)| **count > 0) {
        let width = percent(count);
        parts.push(Part {
            colour: class.colour,
            x: format!("{x:.2}%"),
            width: format!("{width:.2}%"),
            number: (width >= ROOM)
                .then(|| [format!("{:.2}%", x + 0.5 * width), format!("{width:.0}")]),
        });
        x += width;
    }
    let mut words: Vec<String> = classes
        .iter()
        .zip(&counts)
        .map(|(class, &count)| format!("{}: {:.0} %", class.label, percent(count)))
        .collect();
    words.extend((missing > 0).then(|| format!("missing: {:.0} %", percent(missing))));
    Row {
        run: names.get(&run.info.label).to_owned(),
        words: match expected {
            0 => "does not apply".to_owned(),
            _ => format!("marks {}", words.join(", ")),
        },
        parts,
        missing: match missing {
            0 => String::new(),
            _ => format!("{} missing", thousands(missing)),
        },
    }
}

fn counts_table(
    classes: &[Class],
    axes: &[Axis],
    runs: &[&RunFindings],
    names: &Names,
) -> html::TableView {
    let mut heads = vec!["Run".to_owned(), "Axis".to_owned()];
    heads.extend(classes.iter().map(|class| class.label.clone()));
    heads.extend(["Missing".to_owned(), "Expected".to_owned()]);
    let mut rows = Vec::new();
    for &axis in axes {
        for run in runs {
            let (counts, missing, expected) = counted(classes, axis, run);
            if expected == 0 {
                continue;
            }
            let numbers = counts.into_iter().chain([missing, expected]);
            let named = [
                names.get(&run.info.label).to_owned(),
                axis.title().to_owned(),
            ];
            rows.push(named.into_iter().chain(numbers.map(thousands)).collect());
        }
    }
    let titles: Vec<String> = axes
        .iter()
        .map(|axis| axis.title().to_lowercase())
        .collect();
    html::TableView {
        title: format!("Counts of marks: {}", titles.join(", ")),
        right: (0..heads.len()).map(|column| column > 1).collect(),
        heads,
        rows,
        notes: Vec::new(),
    }
}

/// The classes of a scale, from its lowest mark.
fn classes(scale: MarkScale) -> Vec<Class> {
    let (lo, step) = (scale.lo.scaled(), scale.step.scaled());
    let steps = (scale.hi.scaled() - lo) / step.max(1);
    let mark = |number: i128| Decimal::from_scaled(lo + number * step);
    let five = COLOURS.len() as i128;
    let class = |colour: usize, (first, last): (i128, i128)| {
        let (lo, hi) = (mark(first)?, mark(last)?);
        Some(Class {
            colour: COLOURS.get(colour).copied()?,
            label: match lo == hi {
                true => lo.to_string(),
                false => format!("{lo}–{hi}"),
            },
            lo,
            hi,
        })
    };
    let found: Vec<Option<Class>> = if steps < five {
        let colour = |number: i128| (2 * number * (five - 1) + steps) / (2 * steps.max(1));
        let one = |number| class(usize::try_from(colour(number)).ok()?, (number, number));
        (0..=steps).map(one).collect()
    } else {
        // A mark at the start of a fifth belongs to it; the highest mark to the last one.
        let start = |fifth: i128| (fifth * steps + five - 1) / five;
        let one = |fifth: i128| {
            let last = match fifth + 1 {
                next if next == five => steps,
                next => start(next) - 1,
            };
            class(usize::try_from(fifth).ok()?, (start(fifth), last))
        };
        (0..five).map(one).collect()
    };
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lo: &str, hi: &str, step: &str) -> Vec<String> {
        let [lo, hi, step] = [lo, hi, step].map(|text| text.parse().unwrap());
        let classes = classes(MarkScale::new(lo, hi, step).unwrap());
        let said = |class: &Class| format!("{}: {}", class.colour, class.label);
        classes.iter().map(said).collect()
    }

    #[test]
    fn every_scale_has_at_most_five_colours_and_both_ends() {
        assert_eq!(of("1", "5", "1"), ["1: 1", "2: 2", "3: 3", "4: 4", "5: 5"]);
        assert_eq!(of("0", "1", "1"), ["1: 0", "5: 1"]);
        assert_eq!(of("0", "1", "0.5"), ["1: 0", "3: 0.5", "5: 1"]);
        assert_eq!(of("0", "3", "1"), ["1: 0", "2: 1", "4: 2", "5: 3"]);
        assert_eq!(
            of("0", "10", "1"),
            ["1: 0–1", "2: 2–3", "3: 4–5", "4: 6–7", "5: 8–10"]
        );
        assert_eq!(
            of("0", "5", "1"),
            ["1: 0", "2: 1", "3: 2", "4: 3", "5: 4–5"]
        );
        assert_eq!(
            of("0", "1", "0.01"),
            [
                "1: 0–0.19",
                "2: 0.2–0.39",
                "3: 0.4–0.59",
                "4: 0.6–0.79",
                "5: 0.8–1"
            ]
        );
    }

    #[test]
    fn every_mark_has_one_class() {
        for (lo, hi, step) in [
            ("0", "10", "1"),
            ("-1", "1", "0.1"),
            ("0", "7", "1"),
            ("0", "100", "1"),
        ] {
            let [lo, hi, step] = [lo, hi, step].map(|text| text.parse::<Decimal>().unwrap());
            let classes = classes(MarkScale::new(lo, hi, step).unwrap());
            let mut mark = lo;
            while mark <= hi {
                let of = classes
                    .iter()
                    .filter(|class| class.lo <= mark && mark <= class.hi);
                assert_eq!(of.count(), 1, "{mark}");
                mark = Decimal::from_scaled(mark.scaled() + step.scaled()).unwrap();
            }
        }
    }
}
