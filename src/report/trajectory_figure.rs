//! The figure of trajectory curves: similarity over the share of steps, the interval at every frame, a tick where text and
//! picture settle.

use crate::analysis::trajectory::Curve;
use crate::report::figures::drawing::{Anchor, Drawing, Ink, SMALL, TEXT, clipped};
use crate::report::figures::scale::{Scale, ticks_below};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
/// Room on the left for numbers, and below for the axis.
const LEFT: f64 = 56.0;
const RIGHT: f64 = WIDTH - 14.0;
const BOTTOM: f64 = HEIGHT - 52.0;
/// Height of a line of the legend.
const LINE: f64 = 17.0;
/// Most characters of a run's name.
const NAME: usize = 60;

/// The figure; `None` without points.
pub fn figure(unit: &str, curves: &[Curve]) -> Option<Drawing> {
    let top = 14.0 + LINE * (curves.len() as f64 + 1.0);
    let points = curves.iter().flat_map(|curve| &curve.points);
    let ends = points.flat_map(|point| {
        let similarity = point.similarity;
        similarity
            .ci95
            .into_iter()
            .flatten()
            .chain([similarity.value])
    });
    let (lo, hi) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| {
        (lo.min(v), hi.max(v))
    });
    if lo > hi {
        return None;
    }
    let room = 0.06 * (hi - lo).max(1e-6);
    let y = Scale {
        range: (lo - room, hi + room),
        places: (BOTTOM, top),
    };
    let x = Scale {
        range: (0.0, 100.0),
        places: (LEFT, RIGHT),
    };
    let mut drawing = Drawing::new(WIDTH, HEIGHT);
    axes(&mut drawing, unit, (&x, &y), top);
    for (number, curve) in curves.iter().enumerate() {
        one(&mut drawing, curve, number, (&x, &y));
        legend(&mut drawing, curve, number);
    }
    Some(drawing)
}

fn axes(drawing: &mut Drawing, unit: &str, (x, y): (&Scale, &Scale), top: f64) {
    ticks_below(drawing, x, (top, BOTTOM), 10);
    for tick in y.ticks(6) {
        let at = y.at(tick);
        drawing.line((LEFT, at), (RIGHT, at), Ink::Rule, 0.5);
        let label = format!("{tick:.1}").replace('-', "−");
        drawing.text((LEFT - 6.0, at), &label, SMALL, Ink::Muted, Anchor::End);
    }
    drawing.text((LEFT - 40.0, 10.0), unit, SMALL, Ink::Text, Anchor::Start);
    let middle = (LEFT + RIGHT) / 2.0;
    drawing.text(
        (middle, HEIGHT - 16.0),
        "denoising steps done, %",
        TEXT,
        Ink::Text,
        Anchor::Middle,
    );
}

fn one(drawing: &mut Drawing, curve: &Curve, number: usize, (x, y): (&Scale, &Scale)) {
    let ink = Ink::Series(number);
    let place = |share: f64, value: f64| (x.at(100.0 * share), y.at(value));
    for pair in curve.points.windows(2) {
        let [before, now] = pair else { continue };
        let from = place(before.share, before.similarity.value);
        drawing.line(from, place(now.share, now.similarity.value), ink, 2.0);
    }
    for point in &curve.points {
        drawing.dot(place(point.share, point.similarity.value), 3.0, ink);
        if let Some([lo, hi]) = point.similarity.ci95 {
            drawing.line(place(point.share, lo), place(point.share, hi), ink, 1.0);
        }
    }
    if let Some(found) = &curve.agreement {
        let at = x.at(100.0 * found.settled.value);
        drawing.line((at, BOTTOM - 12.0), (at, BOTTOM), ink, 2.5);
    }
}

fn legend(drawing: &mut Drawing, curve: &Curve, number: usize) {
    let at = 12.0 + LINE * (number as f64 + 1.0);
    drawing.line((LEFT, at), (LEFT + 22.0, at), Ink::Series(number), 2.5);
    let settled = curve.agreement.as_ref().map_or_else(String::new, |found| {
        format!("; settles at {:.0} %", 100.0 * found.settled.value)
    });
    let text = format!(
        "{} ({} tasks{settled})",
        clipped(&curve.run, NAME),
        curve.tasks
    );
    drawing.text((LEFT + 30.0, at), &text, TEXT, Ink::Text, Anchor::Start);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::trajectory::{Path, curve};
    use crate::report::figures::render::{png, svg};

    #[test]
    fn a_curve_becomes_svg_and_png() {
        let path = |task: &str, lift: f64| Path {
            task: task.to_owned(),
            frames: (1..=8)
                .map(|step| (step, Some(lift + step as f64)))
                .collect(),
        };
        let paths = [path("a", 0.0), path("b", 2.0), path("c", 3.0)];
        let found = curve("run <1>", &paths, None).unwrap().unwrap();
        let drawing = figure("unit", &[found]).unwrap();
        let text = svg(&drawing, "Trajectory").unwrap();
        assert!(text.contains("denoising steps done") && !text.contains("<1>"));
        assert!(png(&drawing).unwrap().starts_with(b"\x89PNG"));
        assert_eq!(figure("unit", &[]), None);
    }
}
