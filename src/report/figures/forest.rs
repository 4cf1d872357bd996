//! Differences per axis with their intervals: one panel of lines per metric, one line per pair of runs.

use super::Runs;
use super::drawing::{Anchor, Drawing, Ink, SMALL, TEXT, clipped, width_of};
use super::scale::{Scale, ticks_below};
use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, ContrastFinding};
use crate::analysis::compare::standing::{Direction, Standing};
use crate::report::contrasts::{joint_head, joint_interval, metric_title, pairs, tested};
use crate::report::number::{decimals, signed, signed_interval};
use crate::report::standing::{Speaker, adjusted_p_cell, badge};
use crate::report::typography::typographic;

/// Height of one line.
const LINE: f64 = 21.0;
/// Space above each metric.
const GAP: f64 = 12.0;
/// Room for the x axis with its title.
const FOOT: f64 = 44.0;
/// Room for the heads of the columns.
const HEAD: f64 = 38.0;
/// Width of the whole.
const WIDTH: f64 = 820.0;
/// Room for numbers at the right.
const NUMBERS: f64 = 240.0;
/// Most characters of a run's name.
const NAME: usize = 32;
/// How much of the scale lies beyond the margin at the least, as a multiple of it.
const AROUND_MARGIN: f64 = 1.4;
/// Opacity of the band of the margin.
const BAND: f64 = 0.14;

/// The forest plot; `None` where nothing is compared. Its scale is that of the models: what a control loses would press
/// their differences together, so it may stand off the scale, as a triangle with its number.
pub(super) fn forest(comparison: &Comparison, runs: &Runs<'_>) -> Option<Drawing> {
    let groups = groups(comparison);
    let lines: usize = groups.iter().map(|(_, lines)| lines.len()).sum();
    if lines == 0 {
        return None;
    }
    let pairs = pairs(comparison);
    let naming = Naming::of(&pairs, runs);
    let many = naming != Naming::Metric;
    let heads = if many {
        groups.len() as f64 * LINE
    } else {
        0.0
    };
    let bottom = HEAD + lines as f64 * LINE + heads + groups.len() as f64 * GAP;
    let mut drawing = Drawing::new(WIDTH, bottom + FOOT);
    let words = groups.iter().flat_map(|(title, lines)| {
        let own = lines.iter().map(|line| naming.name(line, runs, title));
        own.chain([title.clone()])
    });
    let left = words.map(|word| width_of(&word, TEXT)).fold(90.0, f64::max) + 14.0;
    let scale = scale(comparison, runs, (left, WIDTH - NUMBERS));
    let [from, to] = [-1.0, 1.0].map(|side| scale.at(side * comparison.margin.points));
    drawing.bar((from, HEAD - 6.0), (to, bottom), Ink::Series(2), BAND);
    ticks_below(&mut drawing, &scale, (HEAD - 6.0, bottom), 7);
    let zero = scale.at(0.0);
    drawing.line((zero, HEAD - 6.0), (zero, bottom), Ink::Muted, 1.0);
    head(&mut drawing, comparison, &scale, (&naming.axis(), bottom));
    let mut y = HEAD;
    let name = |label: &str| runs.names.get(label).to_owned();
    let speaker = Speaker {
        comparison,
        name: &name,
    };
    for (title, lines) in &groups {
        y += GAP;
        if many {
            drawing.bold((0.0, y + LINE / 2.0), title, TEXT, Anchor::Start);
            y += LINE;
        }
        for contrast in lines {
            let why = contrast.result.as_ref().err();
            let row = Row {
                y: y + LINE / 2.0,
                ink: ink(contrast.standing),
                name: naming.name(contrast, runs, title),
                why: why.map_or_else(String::new, |why| speaker.undefined(contrast, why)),
            };
            line(&mut drawing, comparison, &scale, (&row, contrast));
            y += LINE;
        }
    }
    Some(drawing)
}

/// Colour says what is shown, never which run: blue is higher, vermilion lower, green within the margin, grey the rest.
fn ink(standing: Standing) -> Ink {
    match (standing.direction(), standing) {
        (Some(Direction::Higher), _) => Ink::Series(0),
        (Some(Direction::Lower), _) => Ink::Series(1),
        (None, Standing::Margin(_)) => Ink::Series(2),
        (None, _) => Ink::Muted,
    }
}

struct Row {
    y: f64,
    ink: Ink,
    name: String,
    /// Why there is no difference.
    why: String,
}

fn line(
    drawing: &mut Drawing,
    comparison: &Comparison,
    scale: &Scale,
    (row, contrast): (&Row, &Contrast),
) {
    let y = row.y;
    // What is shown stands out.
    match contrast.standing.direction() {
        Some(_) => drawing.bold((0.0, y), &row.name, TEXT, Anchor::Start),
        None => drawing.text((0.0, y), &row.name, TEXT, Ink::Text, Anchor::Start),
    }
    let finding = match &contrast.result {
        Ok(finding) => finding,
        Err(_) => {
            drawing.text(
                (scale.places.0 + 6.0, y),
                &row.why,
                SMALL,
                Ink::Muted,
                Anchor::Start,
            );
            return;
        }
    };
    interval(drawing, scale, row, finding);
    numbers(drawing, comparison, row.y, (contrast, finding));
}

/// The scale of the models' differences, or of all where only controls are compared; the margin has room on it.
fn scale(comparison: &Comparison, runs: &Runs<'_>, places: (f64, f64)) -> Scale {
    let models = comparison.contrasts.iter();
    let models = models.filter(|contrast| !runs.is_control(&contrast.candidate));
    let mut shown: Vec<f64> = models.flat_map(ends).collect();
    if shown.is_empty() {
        shown.extend(comparison.contrasts.iter().flat_map(ends));
    }
    let margin = AROUND_MARGIN * comparison.margin.points;
    shown.extend([-margin, margin]);
    Scale::around_zero(shown.into_iter(), places)
}

/// Intervals and difference, ended at the edge of the scale; a difference beyond it is a triangle with its number.
fn interval(drawing: &mut Drawing, scale: &Scale, row: &Row, finding: &ContrastFinding) {
    let (y, (lowest, highest)) = (row.y, scale.range);
    let points = finding.difference.points;
    if points < lowest || points > highest {
        let number = typographic(&signed(points, decimals(finding.difference.se)));
        let (x, words, anchor) = match points < lowest {
            true => (scale.places.0 + 2.0, format!("◀ {number}"), Anchor::Start),
            false => (scale.places.1 - 2.0, format!("{number} ▶"), Anchor::End),
        };
        drawing.text((x, y), &words, SMALL, row.ink, anchor);
        return;
    }
    let simultaneous = finding.adjusted.as_ref().and_then(|a| a.simultaneous);
    for (ends, width) in [(simultaneous, 1.0), (finding.difference.ci95, 3.0)] {
        if let Some(ends) = ends {
            let [lo, hi] = ends.map(|end| scale.at(end.clamp(lowest, highest)));
            drawing.line((lo, y), (hi, y), row.ink, width);
        }
    }
    drawing.dot((scale.at(points), y), 4.2, row.ink);
}

fn numbers(
    drawing: &mut Drawing,
    comparison: &Comparison,
    y: f64,
    (contrast, finding): (&Contrast, &ContrastFinding),
) {
    let digits = decimals(finding.difference.se);
    let points = signed(finding.difference.points, digits);
    let text = match joint_interval(comparison, finding) {
        None => points,
        Some(None) => format!("{points} (no interval)"),
        Some(ends) => format!("{points} ({})", signed_interval(ends, digits)),
    };
    let left = WIDTH - NUMBERS + 16.0;
    drawing.text(
        (left, y),
        &typographic(&text),
        SMALL,
        Ink::Text,
        Anchor::Start,
    );
    let p = match tested(contrast, finding) {
        Some(adjusted) => adjusted_p_cell(adjusted),
        None => badge(contrast.standing, comparison.margin.points),
    };
    drawing.text((WIDTH, y), &typographic(&p), SMALL, Ink::Text, Anchor::End);
}

fn head(
    drawing: &mut Drawing,
    comparison: &Comparison,
    scale: &Scale,
    (axis, bottom): (&str, f64),
) {
    let left = WIDTH - NUMBERS + 16.0;
    drawing.text(
        (left, 8.0),
        &format!("points ({})", joint_head(comparison)),
        SMALL,
        Ink::Muted,
        Anchor::Start,
    );
    drawing.text((WIDTH, 8.0), "adjusted p", SMALL, Ink::Muted, Anchor::End);
    let zero = scale.at(0.0);
    for (x, words, anchor) in [
        (zero - 8.0, "← worse", Anchor::End),
        (zero + 8.0, "better →", Anchor::Start),
    ] {
        drawing.text((x, 24.0), words, SMALL, Ink::Muted, anchor);
    }
    let (first, last) = scale.places;
    let middle = (first + last) / 2.0;
    drawing.text(
        (middle, bottom + 32.0),
        axis,
        SMALL,
        Ink::Text,
        Anchor::Middle,
    );
}

/// Contrasts by metric, in order of first appearance; Overalls over different axes stand apart.
fn groups(comparison: &Comparison) -> Vec<(String, Vec<&Contrast>)> {
    let mut groups: Vec<(String, Vec<&Contrast>)> = Vec::new();
    for contrast in &comparison.contrasts {
        let title = metric_title(contrast);
        match groups.iter_mut().find(|(known, _)| *known == title) {
            Some((_, lines)) => lines.push(contrast),
            None => groups.push((title, vec![contrast])),
        }
    }
    groups
}

fn pair_of(contrast: &Contrast) -> (&str, &str) {
    (&contrast.candidate, &contrast.baseline)
}

/// What lines are called: no more than tells them apart.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Naming {
    /// There is one pair: by their metric.
    Metric,
    /// All pairs share this baseline: by the candidate.
    Candidate(String),
    /// By both runs.
    Pair,
}

impl Naming {
    fn of(pairs: &[(&str, &str)], runs: &Runs<'_>) -> Self {
        match pairs {
            [] | [_] => Self::Metric,
            [(_, first), rest @ ..] if rest.iter().all(|(_, other)| other == first) => {
                Self::Candidate(runs.names.get(first).to_owned())
            }
            _ => Self::Pair,
        }
    }

    fn name(&self, contrast: &Contrast, runs: &Runs<'_>, title: &str) -> String {
        let (candidate, baseline) = pair_of(contrast);
        let short = |label, most| runs.name(label, most);
        match self {
            Self::Metric => title.to_owned(),
            Self::Candidate(_) => short(candidate, NAME),
            Self::Pair => {
                let (a, b) = (short(candidate, NAME / 2), short(baseline, NAME / 2));
                format!("{a} − {b}")
            }
        }
    }

    /// The title of the x axis.
    fn axis(&self) -> String {
        match self {
            Self::Candidate(baseline) => {
                format!("difference in points from {}", clipped(baseline, NAME))
            }
            _ => "difference in points, candidate minus baseline".to_owned(),
        }
    }
}

fn ends(contrast: &Contrast) -> impl Iterator<Item = f64> + '_ {
    let finding = contrast.result.as_ref().ok();
    finding.into_iter().flat_map(|finding| {
        let simultaneous = finding.adjusted.as_ref().and_then(|a| a.simultaneous);
        let intervals = [simultaneous, finding.difference.ci95];
        let ends = intervals.into_iter().flatten().flatten();
        ends.chain([finding.difference.points]).collect::<Vec<_>>()
    })
}
