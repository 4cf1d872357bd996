//! Sums and maxima over a whole vocabulary, written so that compilers turn them into vector instructions: at 134 656 ids
//! a position, calls of the mathematical library would cost a tenth of a step.

/// Elements handled at once.
const LANES: usize = 16;

/// `exp(x)` for `x ≤ 0`, to a few units in the last place: far below the error of the logits themselves. Below −87 it is
/// about 1e-38 instead of less.
///
/// `2^n · p(r)` with `n` the nearest whole number to `x / ln 2` and `p` the Taylor polynomial on `|r| ≤ ln 2 / 2`.
fn exp_of_negative(x: f32) -> f32 {
    // Adding and subtracting 1.5 · 2^23 rounds to whole numbers without a library call.
    const ROUND: f32 = 12_582_912.0;
    let x = if x < -87.0 { -87.0 } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    // ln 2 in two parts, so that the remainder is exact.
    let r = (x - n * (355.0 / 512.0)) + n * 2.121_944_4e-4;
    let p = 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    // `n` stands in the last bits of `rounded`: a conversion that also cares for what is not a number takes half the time.
    let whole = rounded.to_bits().wrapping_sub(ROUND.to_bits());
    p * f32::from_bits(whole.wrapping_add(127) << 23)
}

/// The largest value; negative infinity of none.
pub(super) fn largest_value(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = if value > *lane { value } else { *lane };
        }
    }
    let all = lanes.iter().chain(rest);
    all.fold(
        f32::NEG_INFINITY,
        |most, &value| if value > most { value } else { most },
    )
}

/// Replaces every value by `exp(value − highest)` and gives their sum; none may lie above `highest`.
pub(super) fn exponentials(values: &mut [f32], highest: f32) -> f64 {
    let mut sum = 0.0;
    // Short sums in 32 bits, added up in 64.
    for block in values.chunks_mut(16 * LANES) {
        let mut lanes = [0.0_f32; LANES];
        let (chunks, rest) = block.as_chunks_mut::<LANES>();
        for chunk in chunks {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                *value = exp_of_negative(*value - highest);
                *lane += *value;
            }
        }
        for value in rest.iter_mut() {
            *value = exp_of_negative(*value - highest);
            sum += f64::from(*value);
        }
        sum += f64::from(lanes.iter().sum::<f32>());
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, proptest};

    use super::*;

    proptest! {
        #[test]
        fn exponentials_are_those_of_the_library(x in -86.0_f32..=0.0) {
            let exact = f64::from(x).exp();
            let found = f64::from(exp_of_negative(x));
            prop_assert!((found - exact).abs() <= 3e-7 * exact, "{x}: {found}, exact {exact}");
        }

        #[test]
        fn sums_and_maxima_are_those_of_plain_loops(values in proptest::collection::vec(-30.0_f32..30.0, 1..700)) {
            let highest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            prop_assert!(largest_value(&values) == highest);
            let exact: f64 = values.iter().map(|&v| (f64::from(v) - f64::from(highest)).exp()).sum();
            let mut replaced = values.clone();
            let found = exponentials(&mut replaced, highest);
            prop_assert!((found - exact).abs() <= 1e-5 * exact, "{found}, exact {exact}");
        }
    }

    #[test]
    fn the_ends_are_fine() {
        assert_eq!(exp_of_negative(0.0), 1.0);
        assert!(exp_of_negative(f32::NEG_INFINITY) < 1e-37);
        assert!(exp_of_negative(f32::NAN).is_nan());
        assert_eq!(largest_value(&[]), f32::NEG_INFINITY);
    }
}
