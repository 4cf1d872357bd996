//! Categories × axes for one pair of runs: small panels with one scale. Exploratory, and says so.

use super::drawing::{Anchor, Drawing, Ink, SMALL, TEXT, clipped, width_of};
use super::scale::{Scale, ticks_below};
use crate::analysis::compare::categories::{CategoryContrast, Exploratory};
use crate::analysis::compare::standing::Direction;
use crate::suite::Axis;

/// Height of one line.
const LINE: f64 = 22.0;
/// Room for the heads of the panels.
const HEAD: f64 = 40.0;
/// Room for the x axis with its title.
const FOOT: f64 = 44.0;
/// Width of the whole.
const WIDTH: f64 = 820.0;
/// Space between panels.
const GUTTER: f64 = 14.0;
/// Most characters of a category's name.
const NAME: usize = 22;

/// The panels of one pair; `None` where it has no contrast.
pub fn categories(exploratory: &Exploratory, (a, b): (&str, &str)) -> Option<Drawing> {
    let of_pair: Vec<&CategoryContrast> = exploratory
        .contrasts
        .iter()
        .filter(|contrast| contrast.candidate == a && contrast.baseline == b)
        .collect();
    let mut axes: Vec<Axis> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for contrast in &of_pair {
        if !axes.contains(&contrast.axis) {
            axes.push(contrast.axis);
        }
        if !names.contains(&contrast.category.as_str()) {
            names.push(&contrast.category);
        }
    }
    if of_pair.is_empty() {
        return None;
    }
    let bottom = HEAD + names.len() as f64 * LINE + 4.0;
    let mut drawing = Drawing::new(WIDTH, bottom + FOOT);
    let widths = names
        .iter()
        .map(|name| width_of(&clipped(name, NAME), TEXT));
    let left = widths.fold(60.0, f64::max) + 12.0;
    for (row, name) in names.iter().enumerate() {
        let y = line_of(row);
        drawing.text(
            (0.0, y),
            &clipped(name, NAME),
            TEXT,
            Ink::Text,
            Anchor::Start,
        );
    }
    let panel = (WIDTH - left) / axes.len() as f64;
    let ends: Vec<f64> = of_pair
        .iter()
        .flat_map(|c| c.ci95.into_iter().flatten().chain([c.points]))
        .collect();
    for (column, &axis) in axes.iter().enumerate() {
        let first = left + column as f64 * panel;
        let scale = Scale::around_zero(ends.iter().copied(), (first, first + panel - GUTTER));
        let here = of_pair.iter().filter(|contrast| contrast.axis == axis);
        let lines = here.filter_map(|contrast| {
            let row = names.iter().position(|name| *name == contrast.category)?;
            Some((line_of(row), *contrast))
        });
        panel_of(&mut drawing, &scale, axis, bottom, lines, exploratory);
    }
    let middle = left + (WIDTH - GUTTER - left) / 2.0;
    let title = "difference in points, candidate minus baseline";
    drawing.text(
        (middle, bottom + 32.0),
        title,
        SMALL,
        Ink::Text,
        Anchor::Middle,
    );
    Some(drawing)
}

fn line_of(row: usize) -> f64 {
    HEAD + (row as f64 + 0.5) * LINE
}

fn panel_of<'a>(
    drawing: &mut Drawing,
    scale: &Scale,
    axis: Axis,
    bottom: f64,
    lines: impl Iterator<Item = (f64, &'a CategoryContrast)>,
    exploratory: &Exploratory,
) {
    let (first, last) = scale.places;
    // "Image consistency" is wider than a panel: two lines.
    let (word, rest) = axis.title().split_once(' ').unwrap_or((axis.title(), ""));
    let middle = (first + last) / 2.0;
    drawing.text((middle, 8.0), word, SMALL, Ink::Text, Anchor::Middle);
    drawing.text((middle, 22.0), rest, SMALL, Ink::Text, Anchor::Middle);
    ticks_below(drawing, scale, (HEAD - 4.0, bottom), 3);
    let zero = scale.at(0.0);
    drawing.line((zero, HEAD - 4.0), (zero, bottom), Ink::Muted, 1.0);
    for (y, contrast) in lines {
        let passes = contrast.p_adjusted <= exploratory.false_discovery_rate;
        // Colour says a direction, as everywhere, and only of what passes.
        let ink = match Direction::of(contrast.points).filter(|_| passes) {
            Some(Direction::Higher) => Ink::Series(0),
            Some(Direction::Lower) => Ink::Series(1),
            None => Ink::Muted,
        };
        if let Some([lo, hi]) = contrast.ci95 {
            drawing.line((scale.at(lo), y), (scale.at(hi), y), ink, 1.6);
        }
        let at = (scale.at(contrast.points), y);
        if passes {
            drawing.dot(at, 3.8, ink);
        } else {
            drawing.ring(at, 3.6, ink);
        }
    }
}
