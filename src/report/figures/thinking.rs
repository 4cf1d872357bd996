//! With minus without thinking, by category, beside the marks that are said to explain it.

use super::drawing::{Anchor, Drawing, Ink, SMALL, TEXT, clipped, width_of};
use super::scale::{Scale, ticks_below};
use crate::analysis::thinking::Thinking;
use crate::report::number::{decimals, p_value, signed, signed_interval};
use crate::report::typography::typographic;

/// Height of one line.
const LINE: f64 = 24.0;
/// Room for the heads of the columns.
const HEAD: f64 = 40.0;
/// Room for the x axis with its title.
const FOOT: f64 = 44.0;
/// Width of the whole.
const WIDTH: f64 = 820.0;
/// Right ends of the columns of numbers.
const COLUMNS: [(f64, &str, &str); 3] = [
    (WIDTH - 168.0, "", "p"),
    (WIDTH - 82.0, "output", "alignment"),
    (WIDTH, "text", "quality"),
];
/// Left end of the differences.
const NUMBERS: f64 = WIDTH - 370.0;
/// Most characters of a category's name.
const NAME: usize = 26;

/// The differences; `None` without categories.
pub fn thinking(thinking: &Thinking) -> Option<Drawing> {
    if thinking.categories.is_empty() {
        return None;
    }
    let bottom = HEAD + thinking.categories.len() as f64 * LINE + 4.0;
    let mut drawing = Drawing::new(WIDTH, bottom + FOOT);
    let names = thinking.categories.iter();
    let names = names.map(|category| width_of(&clipped(&category.category, NAME), TEXT));
    let left = names.fold(60.0, f64::max) + 14.0;
    let ends = thinking.categories.iter();
    let ends = ends.flat_map(|c| c.ci95.into_iter().flatten().chain([c.points]));
    let scale = Scale::around_zero(ends, (left, NUMBERS - 16.0));
    ticks_below(&mut drawing, &scale, (HEAD - 4.0, bottom), 6);
    let zero = scale.at(0.0);
    drawing.line((zero, HEAD - 4.0), (zero, bottom), Ink::Muted, 1.0);
    let title = "difference in points, with minus without";
    let middle = (left + NUMBERS - 16.0) / 2.0;
    drawing.text(
        (middle, bottom + 32.0),
        title,
        SMALL,
        Ink::Text,
        Anchor::Middle,
    );
    drawing.text(
        (NUMBERS, 22.0),
        "points (95 %)",
        SMALL,
        Ink::Muted,
        Anchor::Start,
    );
    for (x, first, second) in COLUMNS {
        drawing.text((x, 8.0), first, SMALL, Ink::Muted, Anchor::End);
        drawing.text((x, 22.0), second, SMALL, Ink::Muted, Anchor::End);
    }
    for (number, category) in thinking.categories.iter().enumerate() {
        let y = HEAD + (number as f64 + 0.5) * LINE;
        let name = clipped(&category.category, NAME);
        drawing.text((0.0, y), &name, TEXT, Ink::Text, Anchor::Start);
        if let Some([lo, hi]) = category.ci95 {
            drawing.line((scale.at(lo), y), (scale.at(hi), y), Ink::Muted, 3.0);
        }
        drawing.dot((scale.at(category.points), y), 4.2, Ink::Muted);
        let digits = decimals(category.se);
        let points = signed(category.points, digits);
        let text = format!("{points} ({})", signed_interval(category.ci95, digits));
        let text = typographic(&text);
        drawing.text((NUMBERS, y), &text, SMALL, Ink::Text, Anchor::Start);
        let level =
            |level: Option<f64>| level.map_or_else(|| "–".to_owned(), |l| format!("{l:.0}"));
        let cells = [
            p_value(category.p),
            level(category.output_alignment),
            level(category.text_quality),
        ];
        for ((x, _, _), cell) in COLUMNS.into_iter().zip(cells) {
            drawing.text((x, y), &cell, SMALL, Ink::Text, Anchor::End);
        }
    }
    Some(drawing)
}
