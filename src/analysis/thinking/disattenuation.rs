//! What a correlation would be without the noise of answers or judge: a secondary line, since it stands
//! on two more estimates than the correlation itself.

use serde::Serialize;

use crate::stats::association::disattenuated;
use crate::stats::sample;
use crate::stats::variance_components::{one_way, reliability};

/// A correlation within categories, corrected for the noise of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Disattenuated {
    /// r/√(reliability of the gain · reliability of the explanation); may exceed 1 by chance.
    pub value: f64,
    /// Share of the gain's variance within categories that is not noise, 0–1.
    pub reliability_gain: f64,
    /// The same of the explanation.
    pub reliability_explanation: f64,
}

/// Why a correlation is not corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotDisattenuated {
    /// The two runs do not both have several samples, or one sample with several repeats.
    NoReplicates,
    /// No two samples or repeats of a side differ: identical repeats (temperature 0, a cache) are no
    /// replicates and show no noise.
    NoiseNotEstimable,
    /// The noise explains all that varies on a side.
    Unreliable,
    /// There is no correlation: a side does not vary within categories.
    Undefined,
}

/// Replicates of every item that was correlated, in one order: answers where there are several samples,
/// else the judge's repeats.
#[derive(Clone, Debug, Default)]
pub(super) struct Replicates {
    /// Of the explained axis with thinking, of which one entered the gain.
    pub with: Vec<Vec<f64>>,
    /// Of the explained axis without, of which the mean entered the gain.
    pub without: Vec<Vec<f64>>,
    /// Of the explanation, of which one was correlated.
    pub explanation: Vec<Vec<f64>>,
}

/// What was correlated: deviations from the category means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Within<'a> {
    /// The correlation.
    pub value: Option<f64>,
    /// Gains, centred.
    pub gain: &'a [f64],
    /// Explanations, centred.
    pub explanation: &'a [f64],
    /// Categories with items.
    pub categories: usize,
}

/// Corrects a correlation within categories; `replicates` are absent where the runs have none of one kind.
pub(super) fn disattenuate(
    within: Within<'_>,
    replicates: Option<&Replicates>,
) -> Result<Disattenuated, NotDisattenuated> {
    let replicates = replicates.ok_or(NotDisattenuated::NoReplicates)?;
    let noise = |items: &[Vec<f64>]| {
        let components = one_way(items).map_err(|_| NotDisattenuated::NoReplicates)?;
        Ok(components.ms_within)
    };
    // One replicate with thinking, less the mean of those without.
    let shares: Vec<f64> = replicates
        .without
        .iter()
        .map(|item| 1.0 / item.len().max(1) as f64)
        .collect();
    let averaged = sample::mean(&shares).unwrap_or(1.0);
    let of_gain = noise(&replicates.with)? + noise(&replicates.without)? * averaged;
    let of_explanation = noise(&replicates.explanation)?;
    if of_gain <= 0.0 || of_explanation <= 0.0 {
        return Err(NotDisattenuated::NoiseNotEstimable);
    }
    let value = within.value.ok_or(NotDisattenuated::Undefined)?;
    let reliable =
        |centred: &[f64], noise: f64| reliability(variance(centred, within.categories)?, noise);
    let reliabilities = (
        reliable(within.gain, of_gain),
        reliable(within.explanation, of_explanation),
    );
    let (Some(gain), Some(explanation)) = reliabilities else {
        return Err(NotDisattenuated::Undefined);
    };
    Ok(Disattenuated {
        value: disattenuated(value, gain, explanation).ok_or(NotDisattenuated::Unreliable)?,
        reliability_gain: gain,
        reliability_explanation: explanation,
    })
}

/// Variance within categories of deviations from their means.
fn variance(centred: &[f64], categories: usize) -> Option<f64> {
    let df = centred.len().checked_sub(categories).filter(|&df| df > 0)?;
    Some(centred.iter().map(|x| x * x).sum::<f64>() / df as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicates(explanation: Vec<Vec<f64>>) -> Replicates {
        Replicates {
            with: vec![
                vec![4.0, 5.0],
                vec![2.0, 3.0],
                vec![3.0, 3.0],
                vec![1.0, 2.0],
            ],
            without: vec![
                vec![2.0, 2.0],
                vec![1.0, 3.0],
                vec![3.0, 3.0],
                vec![2.0, 2.0],
            ],
            explanation,
        }
    }

    fn within(gain: &[f64]) -> Within<'_> {
        Within {
            value: Some(0.6),
            gain,
            explanation: gain,
            categories: 1,
        }
    }

    #[test]
    fn the_formula_by_hand() {
        // Within items: with 3·0.5/4 = 0.375, without 2/4 = 0.5 over two replicates, explanation 0.5.
        let explanation = vec![vec![5.0, 4.0]; 4];
        let gain = [2.0, 0.0, 0.0, -2.0];
        let found = disattenuate(within(&gain), Some(&replicates(explanation))).unwrap();
        let variance = 8.0 / 3.0;
        let (of_gain, of_explanation) = (1.0 - 0.625 / variance, 1.0 - 0.5 / variance);
        assert!((found.reliability_gain - of_gain).abs() < 1e-12);
        assert!((found.reliability_explanation - of_explanation).abs() < 1e-12);
        assert!((found.value - 0.6 / (of_gain * of_explanation).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn every_reason_for_none_is_told() {
        let gain = [2.0, 0.0, 0.0, -2.0];
        let explained = |explanation, within| disattenuate(within, Some(&replicates(explanation)));
        assert_eq!(
            disattenuate(within(&gain), None),
            Err(NotDisattenuated::NoReplicates)
        );
        assert_eq!(
            explained(vec![vec![5.0]; 4], within(&gain)),
            Err(NotDisattenuated::NoReplicates)
        );
        assert_eq!(
            explained(vec![vec![5.0, 5.0]; 4], within(&gain)),
            Err(NotDisattenuated::NoiseNotEstimable)
        );
        assert_eq!(
            explained(vec![vec![1.0, 5.0]; 4], within(&gain)),
            Err(NotDisattenuated::Unreliable)
        );
        let still = Within {
            value: None,
            ..within(&[0.0; 4])
        };
        assert_eq!(
            explained(vec![vec![5.0, 4.0]; 4], still),
            Err(NotDisattenuated::Undefined)
        );
    }
}
