//! How much is decided at which step.
//!
//! The functions named after the released code compute in its precision and order (`tests/golden/model/schedules`
//! decides); [`reveal_counts`] and [`spread`] are those of the `paper` preset, which decide every token exactly once.

use std::f32::consts::PI;
use std::fmt;
use std::str::FromStr;

/// Smallest share that the schedules other than cosine give: the reference clips there.
const LEAST: f32 = 1e-6;

/// The share of tokens still masked, as a function of the time that has passed, from 1 at 0 to about 0 at 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaskSchedule {
    /// `cos(π t / 2)`: few tokens first, many at the end.
    Cosine,
    /// `1 − t`.
    Linear,
    /// `1 − t^e`.
    Pow(f32),
    /// A falling sigmoid between two points, scaled to run from 1 to 0.
    Sigmoid {
        /// Where the sigmoid is cut on the left.
        start: f32,
        /// Where it is cut on the right.
        end: f32,
        /// Its temperature.
        tau: f32,
    },
}

impl MaskSchedule {
    /// The sigmoid with the reference's defaults.
    pub const SIGMOID: Self = Self::Sigmoid {
        start: -3.0,
        end: 3.0,
        tau: 1.0,
    };

    /// Share still masked at time `t` in 0..=1, in the reference's 32 bits. Cosine is slightly negative at 1.
    #[must_use]
    pub fn share(self, t: f32) -> f32 {
        let falling = match self {
            Self::Cosine => return (t * PI * 0.5).cos(),
            Self::Linear => 1.0 - t,
            Self::Pow(exponent) => 1.0 - t.powf(exponent),
            Self::Sigmoid { start, end, tau } => {
                let sigmoid = |x: f32| 1.0 / (1.0 + (-x / tau).exp());
                let (first, last) = (sigmoid(start), sigmoid(end));
                (last - sigmoid(t * (end - start) + start)) / (last - first)
            }
        };
        falling.clamp(LEAST, 1.0)
    }
}

impl fmt::Display for MaskSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cosine => f.write_str("cosine"),
            Self::Linear => f.write_str("linear"),
            Self::Pow(exponent) => write!(f, "pow{exponent}"),
            sigmoid if *sigmoid == Self::SIGMOID => f.write_str("sigmoid"),
            Self::Sigmoid { start, end, tau } => {
                write!(f, "sigmoid(start={start},end={end},tau={tau})")
            }
        }
    }
}

/// A text that names no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown schedule `{0}`; expected cosine, linear, powE (E a positive number, as in pow2), sigmoid or \
     sigmoid(start=S,end=E,tau=T)"
)]
pub struct UnknownSchedule(String);

impl FromStr for MaskSchedule {
    type Err = UnknownSchedule;

    fn from_str(text: &str) -> Result<Self, UnknownSchedule> {
        let unknown = || UnknownSchedule(text.chars().take(60).collect());
        match text {
            "cosine" => Ok(Self::Cosine),
            "linear" => Ok(Self::Linear),
            "sigmoid" => Ok(Self::SIGMOID),
            _ => {
                if let Some(exponent) = text.strip_prefix("pow") {
                    let exponent = positive(exponent).ok_or_else(unknown)?;
                    return Ok(Self::Pow(exponent));
                }
                let inner = text
                    .strip_prefix("sigmoid(")
                    .and_then(|t| t.strip_suffix(')'));
                inner.and_then(sigmoid_of).ok_or_else(unknown)
            }
        }
    }
}

fn positive(text: &str) -> Option<f32> {
    text.parse()
        .ok()
        .filter(|value: &f32| value.is_finite() && *value > 0.0)
}

fn sigmoid_of(parameters: &str) -> Option<MaskSchedule> {
    let (mut start, mut end, mut tau) = (-3.0_f32, 3.0_f32, 1.0_f32);
    for parameter in parameters.split(',') {
        let (key, value) = parameter.split_once('=')?;
        let value: f32 = value.trim().parse().ok()?;
        match key.trim() {
            "start" => start = value,
            "end" => end = value,
            "tau" => tau = value,
            _ => return None,
        }
    }
    let usable =
        start.is_finite() && end.is_finite() && start < end && tau.is_finite() && tau > 0.0;
    usable.then_some(MaskSchedule::Sigmoid { start, end, tau })
}

/// Text tokens revealed at each step by the released code of family A: in 64 bits and in this order of operations,
/// because the rounding error decides some counts.
#[must_use]
pub fn text_counts_a(masks: usize, steps: usize) -> Vec<usize> {
    let mut left = masks;
    let count = |step: usize| {
        let passed = (step + 1) as f64 / steps as f64;
        let target = (masks as f64 * (1.0 - passed)) as usize;
        let reveal = left.saturating_sub(target);
        left -= reveal;
        reveal
    };
    (0..steps).map(count).collect()
}

/// `total` cut into `parts` as even as possible, larger ones first: the text schedule of family M's released code.
#[must_use]
pub fn even_split(total: usize, parts: usize) -> Vec<usize> {
    let (base, more) = match parts {
        0 => return Vec::new(),
        _ => (total / parts, total % parts),
    };
    (0..parts)
        .map(|part| base + usize::from(part < more))
        .collect()
}

/// Steps at which the released code of both families updates the image: a 32-bit `linspace` from a quarter of the text
/// steps to the last, rounded half to even. Steps that coincide are run once, so there may be fewer than `updates`.
#[must_use]
pub fn image_steps_released(text_steps: usize, updates: usize) -> Vec<usize> {
    let (start, end) = ((text_steps / 4) as f32, text_steps.saturating_sub(1) as f32);
    let width = if updates > 1 {
        (end - start) / (updates - 1) as f32
    } else {
        0.0
    };
    let at = |i: usize| {
        let value = if updates == 1 || i < updates / 2 {
            start + i as f32 * width
        } else {
            end - (updates - 1 - i) as f32 * width
        };
        value.round_ties_even() as usize
    };
    let mut steps: Vec<usize> = (0..updates).map(at).collect();
    steps.dedup();
    steps
}

/// Image cells that stay masked after an update at `step` of the released code, which counts text steps. At least one
/// always stays, also at the last step; `unknown` is the number of masked cells before the update.
#[must_use]
pub fn mask_len_released(
    schedule: MaskSchedule,
    cells: usize,
    step: usize,
    text_steps: usize,
    unknown: usize,
) -> usize {
    let time = ((step + 1) as f64 / text_steps as f64) as f32;
    let wanted = (cells as f32 * schedule.share(time)).floor().max(0.0) as usize;
    wanted.min(unknown.saturating_sub(1)).max(1)
}

/// Tokens revealed at each of `steps` steps so that all of `total` are, at least one per step. There are `min(steps,
/// total)` counts: a step that reveals nothing would be a forward pass for nothing.
#[must_use]
pub fn reveal_counts(schedule: MaskSchedule, total: usize, steps: usize) -> Vec<usize> {
    let steps = steps.min(total);
    if schedule == MaskSchedule::Linear {
        // Exactly even, where 32 bits would round.
        return even_split(total, steps);
    }
    let mut left = total;
    let count = |step: usize| {
        let time = ((step + 1) as f64 / steps as f64) as f32;
        let wanted = (total as f32 * schedule.share(time)).floor().max(0.0) as usize;
        let steps_after = steps - step - 1;
        // One for every step to come, none after the last.
        let stay = if steps_after == 0 {
            0
        } else {
            wanted.clamp(steps_after, (left - 1).max(steps_after))
        };
        let reveal = left - stay;
        left = stay;
        reveal
    };
    (0..steps).map(count).collect()
}

/// `count` different steps of a timeline of `length ≥ count`, spread evenly and ending at the last one.
#[must_use]
pub fn spread(count: usize, length: usize) -> Vec<usize> {
    (1..=count).map(|i| i * length / count - 1).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schedules() -> impl Strategy<Value = MaskSchedule> {
        prop_oneof![
            Just(MaskSchedule::Cosine),
            Just(MaskSchedule::Linear),
            Just(MaskSchedule::SIGMOID),
            (0.1_f32..6.0).prop_map(MaskSchedule::Pow),
        ]
    }

    proptest! {
        #[test]
        fn every_token_is_revealed_exactly_once(
            schedule in schedules(), total in 0_usize..3000, steps in 1_usize..400,
        ) {
            let counts = reveal_counts(schedule, total, steps);
            prop_assert_eq!(counts.len(), steps.min(total));
            prop_assert_eq!(counts.iter().sum::<usize>(), total);
            prop_assert!(counts.iter().all(|&count| count > 0));
        }

        #[test]
        fn released_text_schedules_reveal_everything(masks in 0_usize..3000, steps in 1_usize..400) {
            prop_assert_eq!(text_counts_a(masks, steps).iter().sum::<usize>(), masks);
            prop_assert_eq!(even_split(masks, steps).iter().sum::<usize>(), masks);
        }

        #[test]
        fn spread_steps_differ_and_end_at_the_end(length in 1_usize..500, share in 0.0_f64..=1.0) {
            let count = ((length as f64 * share) as usize).max(1);
            let steps = spread(count, length);
            prop_assert_eq!(steps.len(), count);
            prop_assert!(steps.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(steps.last().copied(), Some(length - 1));
        }

        #[test]
        fn released_image_steps_rise_within_the_trajectory(steps in 1_usize..400, updates in 1_usize..400) {
            let at = image_steps_released(steps, updates);
            prop_assert!(at.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(at.first().is_some_and(|&first| first >= steps / 4));
            prop_assert!(at.last().is_some_and(|&last| last < steps));
        }

        #[test]
        fn schedules_fall_and_survive_their_names(schedule in schedules(), t in 0.0_f32..0.99) {
            prop_assert!(schedule.share(t) + 1e-6 >= schedule.share(t + 0.01));
            prop_assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
    }

    #[test]
    fn names_that_are_no_schedule_are_refused_with_those_that_are() {
        for wrong in [
            "pow",
            "square",
            "exp",
            "pow-1",
            "powNaN",
            "sigmoid(start=1,end=0)",
            "",
        ] {
            let error = wrong.parse::<MaskSchedule>().unwrap_err().to_string();
            assert!(error.contains("cosine, linear, powE"), "{error}");
        }
    }
}
