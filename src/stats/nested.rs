//! Items, generation seeds within items, judge repeats within seeds: where the noise comes from and which repeats pay.

use super::error::{Result, StatsError, all_finite, same_length};
use super::sample;

/// Balanced nested random effects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nested {
    /// Number of items.
    pub items: usize,
    /// Seeds per item S.
    pub seeds: usize,
    /// Repeats per seed R.
    pub repeats: usize,
    /// Mean square of items.
    pub ms_item: f64,
    /// Mean square of seeds within items; `None` with one seed.
    pub ms_seed: Option<f64>,
    /// Mean square of repeats within seeds; `None` with one repeat.
    pub ms_repeat: Option<f64>,
}

impl Nested {
    /// σ²_item = (MS_I − MS_S)/(SR), raw: may be negative. With one seed the repeats take the place of the seeds.
    pub fn item_variance(&self) -> Option<f64> {
        let below = self.ms_seed.or(self.ms_repeat)?;
        Some((self.ms_item - below) / (self.seeds * self.repeats) as f64)
    }

    /// σ²_seed = (MS_S − MS_E)/R, raw.
    pub fn seed_variance(&self) -> Option<f64> {
        Some((self.ms_seed? - self.ms_repeat?) / self.repeats as f64)
    }

    /// σ²_e = MS_E, the variance of one judge repeat.
    pub fn repeat_variance(&self) -> Option<f64> {
        self.ms_repeat
    }

    /// Standard error of the grand mean, √(MS_I/(nSR)).
    pub fn standard_error(&self) -> f64 {
        (self.ms_item / (self.items * self.seeds * self.repeats) as f64).sqrt()
    }

    /// Repeats per seed that buy most precision when one generated sample costs `cost_ratio` judge calls:
    /// R* = √(cost_ratio · σ²_e/σ²_seed). `None` if a component is not estimable or not positive.
    pub fn optimal_repeats(&self, cost_ratio: f64) -> Option<f64> {
        let (noise, seed) = (self.repeat_variance()?, self.seed_variance()?);
        (noise > 0.0 && seed > 0.0 && cost_ratio > 0.0).then(|| (cost_ratio * noise / seed).sqrt())
    }
}

/// Balanced nested analysis of variance of `scores[item][seed][repeat]`.
///
/// # Errors
/// [`StatsError::TooFew`] below two items, [`StatsError::Length`] if unbalanced, [`StatsError::NotFinite`].
pub fn nested(scores: &[Vec<Vec<f64>>]) -> Result<Nested> {
    let n = scores.len();
    let seeds = scores.first().map_or(0, Vec::len);
    let repeats = scores
        .first()
        .and_then(|item| item.first())
        .map_or(0, Vec::len);
    if n < 2 || seeds == 0 || repeats == 0 {
        return Err(StatsError::TooFew {
            have: n.min(seeds).min(repeats),
            need: if n < 2 { 2 } else { 1 },
        });
    }
    let mut item_means = Vec::new();
    let (mut within_items, mut within_seeds) = (0.0, 0.0);
    for item in scores {
        same_length("seeds of an item", seeds, item.len())?;
        let mut seed_means = Vec::new();
        for seed in item {
            same_length("repeats of a seed", repeats, seed.len())?;
            all_finite(seed)?;
            within_seeds += sample::sum_of_squares(seed);
            seed_means.extend(sample::mean(seed));
        }
        within_items += sample::sum_of_squares(&seed_means) * repeats as f64;
        item_means.extend(sample::mean(&seed_means));
    }
    let mean_square = |squares: f64, df: usize| (df > 0).then(|| squares / df as f64);
    let between = sample::sum_of_squares(&item_means) * (seeds * repeats) as f64;
    Ok(Nested {
        items: n,
        seeds,
        repeats,
        ms_item: between / (n - 1) as f64,
        ms_seed: mean_square(within_items, n * (seeds - 1)),
        ms_repeat: mean_square(within_seeds, n * seeds * (repeats - 1)),
    })
}

/// Variance of a paired item difference after changing the number of judge repeats from R to R':
/// s_d²(R') = s_d²(R) − (σ²_eA + σ²_eB)(1/R − 1/R').
///
/// `noise` is σ²_eA + σ²_eB, the repeat variances of the two models added.
pub fn difference_variance_with_repeats(
    variance: f64,
    noise: f64,
    repeats: u32,
    new_repeats: u32,
) -> f64 {
    variance - noise * (1.0 / f64::from(repeats.max(1)) - 1.0 / f64::from(new_repeats.max(1)))
}

/// The fewest repeats R' at which judge noise makes up at most a tenth of the variance of the item differences,
/// noise/R' ≤ 0.1·s_d²(R'): the standard error is then inflated by less than 5.5 %. `None` if 1,000 do not suffice.
pub fn repeats_worth_paying(variance: f64, noise: f64, repeats: u32) -> Option<u32> {
    (1..=1000).find(|&candidate| {
        let spread = difference_variance_with_repeats(variance, noise, repeats, candidate);
        spread > 0.0 && noise / f64::from(candidate) <= 0.1 * spread
    })
}

/// Standard error of a mean difference over *these* items, judge noise only: √Σ w_i²(s²_iA/R_A + s²_iB/R_B), where s² is
/// the variance of an item's repeats. It covers neither new items nor another judge. `None` if an item that carries
/// weight has fewer than two repeats on a side.
pub fn fixed_items_standard_error(weights: &[f64], a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<f64> {
    if weights.len() != a.len() || weights.len() != b.len() {
        return None;
    }
    let mut variance = 0.0;
    for ((weight, a), b) in weights.iter().zip(a).zip(b) {
        if *weight != 0.0 {
            let noise =
                sample::variance(a)? / a.len() as f64 + sample::variance(b)? / b.len() as f64;
            variance += weight * weight * noise;
        }
    }
    Some(variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_repeat_shows_no_noise() {
        let result = nested(&[vec![vec![1.0], vec![2.0]], vec![vec![4.0], vec![4.0]]]).unwrap();
        assert_eq!(
            (
                result.repeat_variance(),
                result.seed_variance(),
                result.optimal_repeats(10.0)
            ),
            (None, None, None)
        );
        assert!(nested(&[]).is_err());
        assert!(nested(&[vec![vec![1.0]], vec![vec![1.0, 2.0]]]).is_err());
    }

    #[test]
    fn enough_repeats_make_noise_a_tenth() {
        let (variance, noise) = (2.0, 1.0);
        let repeats = repeats_worth_paying(variance, noise, 1).unwrap();
        let spread = difference_variance_with_repeats(variance, noise, 1, repeats);
        assert!(noise / f64::from(repeats) <= 0.1 * spread);
        assert_eq!(repeats, 9);
    }

    #[test]
    fn judge_noise_of_fixed_items() {
        let a = [vec![1.0, 3.0], vec![2.0, 2.0]];
        let se = fixed_items_standard_error(&[0.5, 0.5], &a, &a).unwrap();
        assert!((se - (0.25_f64 * 2.0).sqrt()).abs() < 1e-15);
        assert_eq!(
            fixed_items_standard_error(&[1.0], &[vec![1.0]], &[vec![1.0]]),
            None
        );
    }
}
