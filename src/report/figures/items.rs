//! How item scores are distributed: one cell per run and axis, bars as wide as the share of tasks.

use std::collections::BTreeMap;

use super::drawing::{Anchor, Drawing, Ink, SMALL, TEXT, clipped, width_of};
use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::report::names::Names;
use crate::suite::Axis;

/// Height of one cell.
const CELL: f64 = 74.0;
/// Room inside a cell above the highest and below the lowest mark.
const INSET: f64 = 9.0;
/// Room for the heads.
const HEAD: f64 = 40.0;
/// Room below the last cell.
const FOOT: f64 = 26.0;
/// Width of the whole.
const WIDTH: f64 = 820.0;
/// Room for the numbers of the scale.
const NUMBERS: f64 = 30.0;
/// Most characters of a run's name in a line.
const NAME: usize = 22;
/// Bars per scale: a quarter of a mark each.
const BINS: f64 = 16.0;

/// The grid of distributions.
pub fn items(findings: &Findings, names: &Names) -> Option<Drawing> {
    let (runs, axes) = (&findings.runs, &findings.suite.axes);
    if runs.is_empty() || axes.is_empty() {
        return None;
    }
    let bottom = HEAD + runs.len() as f64 * CELL;
    let mut drawing = Drawing::new(WIDTH, bottom + FOOT);
    let lines = runs
        .iter()
        .flat_map(|run| name_lines(names.get(&run.info.label)));
    let widths = lines.map(|line| width_of(&line, TEXT));
    let left = widths.fold(80.0, f64::max) + NUMBERS + 8.0;
    let column = (WIDTH - left) / axes.len() as f64;
    heads(&mut drawing, axes, left, column);
    let ends = [1.0, 5.0].map(|mark| findings.suite.mapping.points(mark));
    let largest = largest_share(findings, ends);
    for (row, run) in runs.iter().enumerate() {
        let top = HEAD + row as f64 * CELL;
        let cell = |number: f64| Cell {
            top,
            ends,
            middle: left + (number + 0.5) * column,
            half: 0.44 * column / largest,
        };
        frame(
            &mut drawing,
            &name_lines(names.get(&run.info.label)),
            &cell(0.0),
            left,
        );
        for (number, &axis) in axes.iter().enumerate() {
            distribution(&mut drawing, &cell(number as f64), run, axis);
        }
    }
    let note = "width of a bar: share of tasks; line with whiskers: mean and its 95 % interval";
    drawing.text((WIDTH, bottom + 14.0), note, SMALL, Ink::Muted, Anchor::End);
    Some(drawing)
}

struct Cell {
    top: f64,
    /// Points of the lowest and the highest mark.
    ends: [f64; 2],
    middle: f64,
    /// Half the width of a bar that holds all items.
    half: f64,
}

impl Cell {
    fn y(&self, points: f64) -> f64 {
        let [low, high] = self.ends;
        self.top + INSET + (high - points) / (high - low) * (CELL - 2.0 * INSET)
    }
}

/// Shares of items by bin, from the lowest mark's.
fn shares(run: &RunFindings, axis: Axis, [low, high]: [f64; 2]) -> Option<BTreeMap<u32, f64>> {
    let points = &run.items.iter().find(|items| items.axis == axis)?.points;
    let there: Vec<f64> = points.iter().flatten().copied().collect();
    let mut shares = BTreeMap::new();
    for value in &there {
        // Between 0 and BINS.
        let bin = ((value - low) / (high - low) * BINS).round() as u32;
        *shares.entry(bin).or_default() += 1.0 / there.len() as f64;
    }
    Some(shares)
}

fn distribution(drawing: &mut Drawing, cell: &Cell, run: &RunFindings, axis: Axis) {
    let Some(shares) = shares(run, axis, cell.ends) else {
        let at = (cell.middle, cell.top + CELL / 2.0);
        drawing.text(at, "does not apply", SMALL, Ink::Muted, Anchor::Middle);
        return;
    };
    let high = (CELL - 2.0 * INSET) / BINS * 0.42;
    let [low, top] = cell.ends;
    for (bin, share) in shares {
        let y = cell.y(low + f64::from(bin) / BINS * (top - low));
        let half = cell.half * share;
        let corners = (
            (cell.middle - half, y - high),
            (cell.middle + half, y + high),
        );
        drawing.bar(corners.0, corners.1, Ink::Muted, 0.7);
    }
    let score = run.table.axes.iter().find(|score| score.axis == axis);
    if let Some(Ok(level)) = score.map(|score| &score.level) {
        let (y, x) = (cell.y(level.points), cell.middle);
        drawing.line((x - 12.0, y), (x + 12.0, y), Ink::Text, 1.5);
        let [low, high] = level.ci95.map(|end| cell.y(end));
        drawing.line((x, low), (x, high), Ink::Text, 1.0);
    }
}

fn frame(drawing: &mut Drawing, lines: &[String], cell: &Cell, left: f64) {
    let middle = cell.top + CELL / 2.0;
    let first = middle - 8.0 * (lines.len() as f64 - 1.0);
    for (number, line) in lines.iter().enumerate() {
        let y = first + 16.0 * number as f64;
        drawing.text((0.0, y), line, TEXT, Ink::Text, Anchor::Start);
    }
    let [low, high] = cell.ends;
    for quarter in 0..=4 {
        let points = low + (high - low) * f64::from(quarter) / 4.0;
        let y = cell.y(points);
        drawing.line((left, y), (WIDTH, y), Ink::Rule, 0.5);
        if quarter % 2 == 0 {
            let label = format!("{points:.0}");
            drawing.text((left - 6.0, y), &label, SMALL, Ink::Muted, Anchor::End);
        }
    }
}

fn heads(drawing: &mut Drawing, axes: &[Axis], left: f64, column: f64) {
    for (number, axis) in axes.iter().enumerate() {
        let middle = left + (number as f64 + 0.5) * column;
        let (word, rest) = axis.title().split_once(' ').unwrap_or((axis.title(), ""));
        drawing.text((middle, 8.0), word, SMALL, Ink::Text, Anchor::Middle);
        drawing.text((middle, 22.0), rest, SMALL, Ink::Text, Anchor::Middle);
    }
    drawing.text((left - 6.0, 22.0), "points", SMALL, Ink::Muted, Anchor::End);
}

/// A name in at most two lines, parted where a word ends if one does.
fn name_lines(label: &str) -> Vec<String> {
    if label.chars().count() <= NAME {
        return vec![label.to_owned()];
    }
    let letters: Vec<char> = label.chars().collect();
    let ends = |at: &usize| matches!(letters.get(*at), Some('-' | '_' | ' '));
    let cut = (NAME / 2..NAME).rev().find(ends).map_or(NAME, |at| at + 1);
    let (first, rest) = letters.split_at(cut.min(letters.len()));
    let rest: String = rest.iter().collect();
    vec![first.iter().collect(), clipped(&rest, NAME)]
}

fn largest_share(findings: &Findings, ends: [f64; 2]) -> f64 {
    let mut largest = 0.0_f64;
    for run in &findings.runs {
        for &axis in &findings.suite.axes {
            let shares = shares(run, axis, ends).unwrap_or_default();
            largest = shares.into_values().fold(largest, f64::max);
        }
    }
    if largest > 0.0 { largest } else { 1.0 }
}
