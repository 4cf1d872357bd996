//! Do two per-item quantities go together, beyond their category means?
//!
//! Words for the result: "associated", never "caused".

use super::correlation::{pearson, spearman};
use super::distribution::chi_squared_sf;
use super::error::{Result, StatsError, all_finite, same_length};
use super::exact_correlation::{Coefficient, TIE_SLACK};
use super::interval::{Confidence, Interval};
use super::sample;
use super::splitmix::{Resampling, index, output, resample};
use super::strata::Strata;

/// A correlation with its stratified item bootstrap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// The correlation; `None` where undefined.
    pub value: Option<f64>,
    /// Percentile interval; `None` if undefined in every draw.
    pub interval: Option<Interval>,
    /// Mean over the draws.
    pub draw_mean: Option<f64>,
}

/// The three ways to look at one pair of quantities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Association {
    /// Pearson over all items.
    pub pearson: Correlation,
    /// Pearson after centring both sides within each category.
    pub within: Correlation,
    /// Spearman over all items.
    pub spearman: Correlation,
}

/// Pearson's correlation of deviations from the stratum means; `None` where undefined.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`].
pub fn within_pearson(x: &[f64], y: &[f64], strata: &Strata) -> Result<Option<f64>> {
    check(x, y, strata)?;
    Ok(pearson(&centred(x, strata), &centred(y, strata)))
}

fn centred(values: &[f64], strata: &Strata) -> Vec<f64> {
    let present: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
    let means: Vec<f64> = strata
        .split(&present)
        .iter()
        .map(|part| sample::mean(part).unwrap_or(0.0))
        .collect();
    values
        .iter()
        .zip(strata.of_item())
        .map(|(value, &stratum)| value - means[stratum])
        .collect()
}

/// All three correlations with percentile intervals from one stratified item bootstrap: stratum h draws its items with
/// the stream of `seed` + h.
///
/// # Errors
/// [`StatsError::Empty`] without items or draws, [`StatsError::Length`], [`StatsError::NotFinite`].
pub fn association(
    x: &[f64],
    y: &[f64],
    strata: &Strata,
    Resampling { seed, draws }: Resampling,
    confidence: Confidence,
) -> Result<Association> {
    check(x, y, strata)?;
    if x.is_empty() || draws == 0 {
        return Err(StatsError::Empty);
    }
    let positions: Vec<Option<usize>> = (0..x.len()).map(Some).collect();
    let members = strata.split(&positions);
    let mut drawn: [Vec<f64>; 3] = Default::default();
    for draw in 0..draws {
        let mut items = Vec::with_capacity(x.len());
        let mut stratum_of = Vec::with_capacity(x.len());
        for (stratum, members) in members.iter().enumerate() {
            items.extend(resample(seed, stratum, draw, members.len()).map(|pick| members[pick]));
            stratum_of.extend(members.iter().map(|_| stratum));
        }
        let pick = |side: &[f64]| items.iter().map(|&item| side[item]).collect::<Vec<_>>();
        let redrawn = Strata::new(stratum_of, strata.count())?;
        for (list, value) in drawn.iter_mut().zip(three(&pick(x), &pick(y), &redrawn)) {
            list.extend(value);
        }
    }
    let [plain, within, ranked] = three(x, y, strata);
    let [of_plain, of_within, of_ranked] = drawn;
    Ok(Association {
        pearson: describe(plain, of_plain, confidence),
        within: describe(within, of_within, confidence),
        spearman: describe(ranked, of_ranked, confidence),
    })
}

fn three(x: &[f64], y: &[f64], strata: &Strata) -> [Option<f64>; 3] {
    [
        pearson(x, y),
        pearson(&centred(x, strata), &centred(y, strata)),
        spearman(x, y),
    ]
}

fn describe(value: Option<f64>, mut drawn: Vec<f64>, confidence: Confidence) -> Correlation {
    drawn.sort_by(f64::total_cmp);
    let end = |q: f64| sample::quantile_sorted(&drawn, q);
    let interval = end(confidence.tail())
        .zip(end(1.0 - confidence.tail()))
        .map(|(lo, hi)| Interval { lo, hi });
    Correlation {
        value,
        interval,
        draw_mean: sample::mean(&drawn),
    }
}

/// Two-sided permutation p of a correlation by shuffling `y` within strata, (1 + #{|r*| ≥ |r|})/(1 + B); `None` if the
/// correlation is undefined. Draw b of item i uses output b·n + i of the seeded stream (Fisher–Yates from the end).
///
/// # Errors
/// As [`association`].
pub fn permutation_p(
    x: &[f64],
    y: &[f64],
    strata: &Strata,
    coefficient: Coefficient,
    Resampling { seed, draws }: Resampling,
) -> Result<Option<f64>> {
    check(x, y, strata)?;
    if draws == 0 {
        return Err(StatsError::Empty);
    }
    let Some(observed) = coefficient.of(x, y) else {
        return Ok(None);
    };
    let positions: Vec<Option<usize>> = (0..x.len()).map(Some).collect();
    let members = strata.split(&positions);
    let mut count = 0_u64;
    for draw in 0..draws {
        let mut shuffled = y.to_vec();
        let start = draw.wrapping_mul(y.len() as u64);
        for members in &members {
            for last in (1..members.len()).rev() {
                let k = start.wrapping_add(members[last] as u64);
                shuffled.swap(members[last], members[index(output(seed, k), last + 1)]);
            }
        }
        let extreme = |r: f64| r.abs() >= observed.abs() - TIE_SLACK;
        count += u64::from(coefficient.of(x, &shuffled).is_some_and(extreme));
    }
    Ok(Some((1.0 + count as f64) / (1.0 + draws as f64)))
}

/// Correlation between the noise-free quantities, r/√(reliability_x·reliability_y) (Spearman 1904); a secondary line
/// only. `None` unless both reliabilities lie in 0..=1 and above 0. May exceed 1 by chance.
pub fn disattenuated(r: f64, reliability_x: f64, reliability_y: f64) -> Option<f64> {
    let usable = |reliability: f64| reliability > 0.0 && reliability <= 1.0;
    (usable(reliability_x) && usable(reliability_y))
        .then(|| r / (reliability_x * reliability_y).sqrt())
}

/// Cochran's test (1954) that several independent estimates differ by no more than their errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homogeneity {
    /// Q = Σ w(x − x̄_w)² with w = 1/SE².
    pub q: f64,
    /// Number of estimates − 1.
    pub df: usize,
    /// Chi-squared p.
    pub p: f64,
}

/// Homogeneity of (estimate, standard error) pairs.
///
/// # Errors
/// [`StatsError::TooFew`] below two, [`StatsError::OutOfRange`] for a standard error that is not positive.
pub fn homogeneity(estimates: &[(f64, f64)]) -> Result<Homogeneity> {
    if estimates.len() < 2 {
        return Err(StatsError::TooFew {
            have: estimates.len(),
            need: 2,
        });
    }
    let (mut total, mut sum) = (0.0, 0.0);
    for (index, &(estimate, se)) in estimates.iter().enumerate() {
        if !estimate.is_finite() {
            return Err(StatsError::NotFinite { index });
        }
        if !(se > 0.0 && se.is_finite()) {
            return Err(StatsError::OutOfRange {
                what: "standard error",
                range: "positive",
                value: se,
            });
        }
        total += se.powi(-2);
        sum += estimate * se.powi(-2);
    }
    let centre = sum / total;
    let q: f64 = estimates
        .iter()
        .map(|(estimate, se)| ((estimate - centre) / se).powi(2))
        .sum();
    let df = estimates.len() - 1;
    Ok(Homogeneity {
        q,
        df,
        p: chi_squared_sf(q, df as f64),
    })
}

fn check(x: &[f64], y: &[f64], strata: &Strata) -> Result<()> {
    same_length("second side", x.len(), y.len())?;
    same_length("strata of the items", x.len(), strata.items())?;
    all_finite(x)?;
    all_finite(y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn category_means_alone_are_no_association_within() {
        let strata = Strata::new(vec![0, 0, 0, 1, 1, 1], 2).unwrap();
        let (x, y) = (
            [1.0, 2.0, 3.0, 11.0, 12.0, 13.0],
            [2.0, 1.0, 2.0, 12.0, 11.0, 12.0],
        );
        assert!(pearson(&x, &y).unwrap() > 0.95);
        assert!(within_pearson(&x, &y, &strata).unwrap().unwrap().abs() < 1e-12);
        let p = permutation_p(
            &x,
            &y,
            &strata,
            Coefficient::Pearson,
            Resampling {
                seed: 1,
                draws: 499,
            },
        )
        .unwrap()
        .unwrap();
        assert!(p > 0.3, "{p}");
    }

    #[test]
    fn five_category_deltas_of_the_literature_are_homogeneous() {
        let deltas = [3.3, 2.5, -2.9, 4.0, 6.8].map(|delta| (delta, 27.0 / 40.0_f64.sqrt()));
        let test = homogeneity(&deltas).unwrap();
        assert!(test.df == 4 && test.p > 0.4);
        assert!(homogeneity(&[(1.0, 0.0), (1.0, 1.0)]).is_err());
    }

    #[test]
    fn constant_sides_are_undefined() {
        let strata = Strata::single(3);
        let result = association(
            &[1.0; 3],
            &[1.0, 2.0, 3.0],
            &strata,
            Resampling { seed: 1, draws: 10 },
            Confidence::P95,
        )
        .unwrap();
        assert_eq!(
            (result.pearson.value, result.pearson.interval),
            (None, None)
        );
        assert_eq!(
            permutation_p(
                &[1.0; 3],
                &[1.0; 3],
                &strata,
                Coefficient::Kendall,
                Resampling { seed: 1, draws: 9 }
            )
            .unwrap(),
            None
        );
        assert_eq!(disattenuated(0.5, 0.0, 1.0), None);
    }
}
