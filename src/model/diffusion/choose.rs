//! Choosing tokens from logits: the arithmetic that every preset shares. Ties go to the lower index everywhere.

use super::exp::{exponentials, largest_value};
use super::forward::Parts;

/// Noise on the choice of a text token, with its temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TextNoise {
    /// None: the most likely token.
    Greedy,
    /// `z + T·g` with `g = −ln(−ln(u + 1e-10) + 1e-10)` in 32 bits: family A.
    Gumbel32(f32),
    /// `exp(z) / (−ln u)^T` in 64 bits, compared as its logarithm: family M.
    Power64(f64),
}

/// A token for a position, and how sure the network is of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proposal {
    /// The token's index.
    pub token: usize,
    /// Softmax of the logits without noise.
    pub confidence: f64,
}

/// Logits of one position in one piece, with guidance: `cond + scale · (uncond − cond)`. False when a logit is not
/// finite: such a network has failed, whatever would be chosen.
pub fn join(cond: Parts<'_>, guide: Option<(Parts<'_>, f32)>, out: &mut Vec<f32>) -> bool {
    out.clear();
    match guide {
        None => cond.iter().for_each(|part| out.extend_from_slice(part)),
        Some((uncond, scale)) => {
            for (cond, uncond) in cond.iter().zip(uncond) {
                let pairs = cond.iter().zip(uncond);
                out.extend(pairs.map(|(&c, &u)| c + scale * (u - c)));
            }
        }
    }
    all_finite(out)
}

/// Are all values finite? Without an early end, so that it becomes vector instructions.
pub fn all_finite(values: &[f32]) -> bool {
    values
        .iter()
        .fold(true, |fine, value| fine & value.is_finite())
}

/// The token for one text position. `uniform` holds a number per logit where the noise asks for one. The logits are
/// used up.
pub fn choose_text(logits: &mut [f32], noise: TextNoise, uniform: &[f32]) -> Proposal {
    let highest = largest_value(logits);
    let token = match noise {
        TextNoise::Greedy => first_of(logits, highest),
        TextNoise::Gumbel32(temperature) => {
            let noisy = logits.iter().zip(uniform).map(|(&z, &u)| {
                let gumbel = -(-(u + 1e-10_f32).ln() + 1e-10_f32).ln();
                z + temperature * gumbel
            });
            argmax_of(noisy)
        }
        TextNoise::Power64(temperature) => {
            let noisy = logits
                .iter()
                .zip(uniform)
                .map(|(&z, &u)| f64::from(z) - temperature * (-f64::from(u).ln()).ln());
            argmax_of(noisy)
        }
    };
    let at = logits.get(token).copied().unwrap_or(f32::NEG_INFINITY);
    let chosen = (f64::from(at) - f64::from(highest)).exp();
    Proposal {
        token,
        confidence: chosen / exponentials(logits, highest),
    }
}

/// Index of the largest value, the lowest of equals.
pub fn argmax(values: &[f32]) -> usize {
    first_of(values, largest_value(values))
}

/// Index of the first value equal to `wanted`.
fn first_of(values: &[f32], wanted: f32) -> usize {
    values
        .iter()
        .position(|&value| value == wanted)
        .unwrap_or(0)
}

fn argmax_of<T: PartialOrd>(values: impl Iterator<Item = T>) -> usize {
    let mut best: Option<(usize, T)> = None;
    for (index, value) in values.enumerate() {
        if best.as_ref().is_none_or(|(_, highest)| value > *highest) {
            best = Some((index, value));
        }
    }
    best.map_or(0, |(index, _)| index)
}

/// Replaces logits by their softmax, in 32 bits.
pub fn softmax(values: &mut [f32]) {
    let highest = largest_value(values);
    let sum = exponentials(values, highest) as f32;
    for value in values {
        *value /= sum;
    }
}

/// Draws an index from probabilities: the largest `p / q` with `q` exponential. Without `q`, the largest `p`.
pub fn draw_index(probabilities: &[f32], exponential: Option<&[f32]>) -> usize {
    match exponential {
        None => argmax(probabilities),
        Some(q) => argmax_of(probabilities.iter().zip(q).map(|(p, q)| p / q)),
    }
}

/// Whether several threads pay for choosing at so many positions from so many logits each: handing work to another thread
/// costs about as much as a million logits.
pub const fn pays(positions: usize, logits: usize) -> bool {
    positions.saturating_mul(logits) > 1_000_000
}

/// Indices of the `count` largest values, the lower index of equals first.
pub fn largest(values: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let value = |index: usize| values.get(index).copied().unwrap_or(f64::NEG_INFINITY);
    order.sort_by(|&a, &b| value(b).total_cmp(&value(a)).then(a.cmp(&b)));
    order.truncate(count);
    order
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn the_lowest_of_equals_wins() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(largest(&[0.5, 0.7, 0.7, 0.1], 2), [1, 2]);
        assert_eq!(largest(&[0.5, 0.5, 0.5], 2), [0, 1]);
    }

    #[test]
    fn greedy_confidence_is_the_softmax() {
        let proposal = choose_text(&mut [0.0, 2.0, 1.0], TextNoise::Greedy, &[]);
        assert_eq!(proposal.token, 1);
        assert_relative_eq!(
            proposal.confidence,
            0.665_240_955_774_822,
            max_relative = 1e-6
        );
    }

    #[test]
    fn noise_changes_the_choice_but_not_the_confidence() {
        // Token 0 gets a draw near 1, which is a large Gumbel number.
        let logits = [0.0, 1.0];
        let uniform = [0.999_999, 0.5];
        for noise in [TextNoise::Gumbel32(1.0), TextNoise::Power64(1.0)] {
            let proposal = choose_text(&mut logits.clone(), noise, &uniform);
            assert_eq!(proposal.token, 0);
            assert_relative_eq!(
                proposal.confidence,
                0.268_941_421_369_995,
                max_relative = 1e-6
            );
        }
    }

    #[test]
    fn guidance_and_numbers_that_are_none() {
        let mut out = Vec::new();
        let cond: Parts<'_> = [&[1.0, 2.0], &[3.0], &[]];
        let uncond: Parts<'_> = [&[0.0, 0.0], &[1.0], &[]];
        assert!(join(cond, Some((uncond, 0.5)), &mut out));
        assert_eq!(out, [0.5, 1.0, 2.0]);
        assert!(!join([&[f32::NAN], &[], &[]], None, &mut out));
        assert!(!join([&[1.0], &[f32::INFINITY], &[]], None, &mut out));
    }

    #[test]
    fn draws_follow_the_probabilities() {
        assert_eq!(draw_index(&[0.2, 0.8], None), 1);
        assert_eq!(draw_index(&[0.2, 0.8], Some(&[0.1, 1.0])), 0);
    }
}
