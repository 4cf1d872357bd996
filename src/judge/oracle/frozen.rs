//! The digest of the oracle's rules: of every finding that they make of given
//! probes. A rule that finds anything else changes it; a comment does not.

use image::RgbImage;

use super::{Reading, mark, parse};
use crate::common::digest::Digest;
use crate::suite::Axis;
use crate::suite::shapes::target::Truth;

/// One answer that the oracle is tried on.
pub struct Probe {
    /// The truth of the task.
    pub truth: Truth,
    /// The picture of the answer.
    pub output: RgbImage,
    /// The reasoning of the answer.
    pub reasoning: String,
}

/// The digest of what the oracle finds in the probes.
pub fn rules_digest<'a>(probes: impl IntoIterator<Item = &'a Probe>) -> Digest {
    let mut lines = String::from("parabench shapes oracle 1\n");
    for probe in probes {
        let (output, claims) = (Reading::of(&probe.output), parse(&probe.reasoning));
        for axis in Axis::ALL {
            let finding = mark(axis, &probe.truth, Some(&output), Some(&claims));
            lines += &format!("{axis} {} {:.4}\n", finding.score().get(), finding.share);
        }
        lines += &format!("{:.3}\n", output.confidence());
    }
    Digest::of(lines.as_bytes())
}
