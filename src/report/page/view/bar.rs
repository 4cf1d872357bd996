//! Interval bars: one scale for all rows, in percent of the width, drawn by attributes of SVG elements alone.

use serde::Serialize;

use crate::analysis::compare::contrast::{Contrast, ContrastFinding};
use crate::report::figures::scale::Scale;
use crate::report::number::{decimals, signed, signed_interval};
use crate::report::typography::typographic;

/// About how many ticks a scale has.
const TICKS: usize = 6;

/// The scale of a table of bars.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ruler(Scale);

/// A tick with its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Tick {
    x: String,
    label: String,
}

/// One bar; places in percent of the width.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Bar {
    /// Its accessible name.
    label: String,
    /// The interval of this contrast alone.
    own: Option<[String; 2]>,
    /// The interval that holds together with the others.
    joint: Option<[String; 2]>,
    /// The difference; none where it is off the scale.
    dot: Option<String>,
    /// Where the difference is off the scale: whether to the left, and its number.
    off: Option<(bool, String)>,
}

impl Ruler {
    /// A scale that shows all `ends` and a margin of `margin` points on both sides of 0.
    pub fn over(ends: impl Iterator<Item = f64>, margin: f64) -> Self {
        let margins = [-1.4 * margin, 1.4 * margin];
        Self(Scale::around_zero(ends.chain(margins), (0.0, 100.0)))
    }

    fn at(self, value: f64) -> String {
        place(self.0.at(value))
    }

    /// The ticks, 0 among them.
    pub fn ticks(self) -> Vec<Tick> {
        let ticks = self.0.ticks(TICKS);
        let digits = usize::from(ticks.iter().any(|tick| tick.fract() != 0.0));
        let tick = |value: f64| Tick {
            x: self.at(value),
            label: typographic(&signed(value, digits)),
        };
        ticks.into_iter().map(tick).collect()
    }

    /// The place of 0.
    pub fn zero(self) -> String {
        self.at(0.0)
    }

    /// Where the words beside 0 end and begin.
    pub fn beside_zero(self) -> [String; 2] {
        let zero = self.0.at(0.0);
        [place(zero - 1.5), place(zero + 1.5)]
    }

    /// Left end and width of the band of the margin.
    pub fn band(self, margin: f64) -> [String; 2] {
        let [lo, hi] = [-margin, margin].map(|end| self.0.at(end));
        [place(lo), place(hi - lo)]
    }

    /// The bar of a contrast; `joint` is the interval that holds together with the others.
    pub fn bar(self, finding: &ContrastFinding, joint: Option<[f64; 2]>) -> Bar {
        let difference = &finding.difference;
        let digits = decimals(difference.se);
        let points = typographic(&signed(difference.points, digits));
        let said = typographic(&signed_interval(joint.or(difference.ci95), digits));
        let (lo, hi) = self.0.range;
        let inside = difference.points >= lo && difference.points <= hi;
        let clamped = |ends: [f64; 2]| ends.map(|end| self.at(end.clamp(lo, hi)));
        Bar {
            label: format!("{points} points, interval {said}"),
            own: difference.ci95.filter(|_| inside).map(clamped),
            joint: joint.filter(|_| inside).map(clamped),
            dot: inside.then(|| self.at(difference.points)),
            off: (!inside).then_some((difference.points < 0.0, points)),
        }
    }
}

/// All ends of the intervals of a contrast.
pub(super) fn ends(contrast: &Contrast) -> Vec<f64> {
    let Ok(finding) = &contrast.result else {
        return Vec::new();
    };
    let joint = finding.adjusted.as_ref().and_then(|a| a.simultaneous);
    let intervals = [finding.difference.ci95, joint];
    let ends = intervals.into_iter().flatten().flatten();
    ends.chain([finding.difference.points]).collect()
}

fn place(percent: f64) -> String {
    format!("{percent:.2}%")
}
