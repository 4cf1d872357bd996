//! Scores that are computed from the marks of one answer: a closed set of named formulas.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::scale::MarkScale;
use crate::common::decimal::Decimal;

/// How the marks of one answer become its score. Keys are those of judged axes; only axes that exist for the task
/// enter, and where one of these has no mark, the answer has no score.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Formula {
    /// The root of the product of places between the ends, on the scale of the score: GEdit-Bench and VIEScore,
    /// √(SC·PQ).
    GeometricMean(Vec<String>),
    /// Σ w·place over the axes of the first part whose categories fit, on the scale of the score: WISE
    /// (0.7, 0.2, 0.1), RISEBench (0.3, 0.5, 0.2).
    WeightedSum(Vec<Weighting>),
    /// The highest score if every axis is at its top, else the lowest: RISEBench's accuracy.
    AllTop(Vec<String>),
    /// Like `all-top`, but a task without one of these axes that its category has gets the lowest: RISEBench's accuracy
    /// before 2026-04.
    EveryTop(Vec<String>),
    /// The mean of the places between the ends: KRIS-Bench, where every mark counts.
    Mean(Vec<String>),
}

/// The weights of some categories.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Weighting {
    /// The categories; empty for all that no earlier part names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Only for tasks without these axes, although their category has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// Weight of each axis; they sum to 1.
    pub weights: BTreeMap<String, Decimal>,
    /// Halves the score, not below the lowest, where an axis has this mark: RISEBench.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halve_if: Option<HalveIf>,
}

/// A mark that halves a score.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HalveIf {
    /// The axis.
    pub axis: String,
    /// The mark.
    pub at: Decimal,
}

/// A mark with the scale it stands on.
#[derive(Clone, Copy, Debug)]
pub struct OnScale {
    /// The mark.
    pub mark: Decimal,
    /// Its scale.
    pub scale: MarkScale,
}

impl OnScale {
    /// Place between the ends, 0–1, as numerator and denominator.
    fn place(self) -> (i128, i128) {
        let lo = self.scale.lo.scaled();
        (self.mark.scaled() - lo, self.scale.hi.scaled() - lo)
    }

    fn share(self) -> f64 {
        let (above, below) = self.place();
        above as f64 / below as f64
    }
}

impl Formula {
    /// The axes that may enter.
    pub fn axes(&self) -> Vec<&str> {
        match self {
            Self::GeometricMean(keys)
            | Self::AllTop(keys)
            | Self::EveryTop(keys)
            | Self::Mean(keys) => keys.iter().map(String::as_str).collect(),
            Self::WeightedSum(parts) => {
                let mut keys: Vec<&str> = parts
                    .iter()
                    .flat_map(|part| part.weights.keys().map(String::as_str))
                    .collect();
                keys.sort_unstable();
                keys.dedup();
                keys
            }
        }
    }

    /// Whether a task that has some of these axes, and not all that its category has, is at the lowest.
    pub fn needs_every_axis(&self) -> bool {
        matches!(self, Self::EveryTop(_))
    }

    /// Whether a score is the lowest or the highest, and nothing between.
    pub fn is_binary(&self) -> bool {
        matches!(self, Self::AllTop(_) | Self::EveryTop(_))
    }

    /// The axes that enter for tasks of a category.
    pub fn axes_in(&self, category: &str) -> Vec<&str> {
        match self {
            Self::WeightedSum(parts) => {
                let here = parts.iter().filter(|part| part.is_for(category));
                let mut keys: Vec<&str> = here
                    .flat_map(|part| part.weights.keys().map(String::as_str))
                    .collect();
                keys.sort_unstable();
                keys.dedup();
                keys
            }
            _ => self.axes(),
        }
    }

    /// The score of one answer on `scale`, from the marks of the axes that exist for its task; rounded to
    /// 10^-[`MAX_DECIMALS`](crate::common::decimal::MAX_DECIMALS) of the scale's unit where it is no decimal number. `None` without marks.
    pub fn score(
        &self,
        category: &str,
        marks: &[(&str, OnScale)],
        scale: MarkScale,
    ) -> Option<Decimal> {
        if marks.is_empty() {
            return None;
        }
        let places = || marks.iter().map(|(_, mark)| mark.share());
        match self {
            Self::GeometricMean(_) => {
                let product: f64 = places().product();
                at(product.powf(1.0 / marks.len() as f64), scale)
            }
            Self::AllTop(_) | Self::EveryTop(_) => {
                let top = marks.iter().all(|(_, mark)| mark.mark == mark.scale.hi);
                Some(if top { scale.hi } else { scale.lo })
            }
            Self::Mean(_) => at(places().sum::<f64>() / marks.len() as f64, scale),
            Self::WeightedSum(parts) => {
                let has = |key: &str| marks.iter().any(|(known, _)| *known == key);
                let fits = |part: &&Weighting| {
                    part.is_for(category) && !part.without.iter().any(|key| has(key))
                };
                let part = parts.iter().find(fits)?;
                let mut sum = 0.0;
                for (key, weight) in &part.weights {
                    let mark = marks.iter().find(|(known, _)| known == key)?;
                    sum += weight.to_f64() * mark.1.share();
                }
                let halved = part.halve_if.as_ref().is_some_and(|halve| {
                    marks
                        .iter()
                        .any(|(key, mark)| *key == halve.axis && mark.mark == halve.at)
                });
                let score = at(sum, scale)?;
                if !halved {
                    return Some(score);
                }
                Decimal::nearest(score.to_f64() / 2.0).map(|half| half.max(scale.lo))
            }
        }
    }
}

/// The decimal at a place, 0–1, of a scale.
fn at(place: f64, scale: MarkScale) -> Option<Decimal> {
    let (lo, hi) = (scale.lo.to_f64(), scale.hi.to_f64());
    Decimal::nearest(place.mul_add(hi - lo, lo))
}

impl Weighting {
    fn is_for(&self, category: &str) -> bool {
        self.categories.is_empty() || self.categories.iter().any(|name| name == category)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn scale(lo: &str, hi: &str) -> MarkScale {
        MarkScale::new(d(lo), d(hi), d("1")).unwrap()
    }

    fn on(mark: &str, scale: MarkScale) -> OnScale {
        OnScale {
            mark: d(mark),
            scale,
        }
    }

    #[test]
    fn the_formulas_of_the_benchmarks() {
        let ten = scale("0", "10");
        let root = Formula::GeometricMean(vec!["sc".into(), "pq".into()]);
        let marks = [("sc", on("4", ten)), ("pq", on("9", ten))];
        assert_eq!(root.score("c", &marks, ten), Some(d("6")));
        let two = scale("0", "2");
        let wise: Formula = toml::from_str::<BTreeMap<String, Formula>>(
            "item = { weighted-sum = [{ weights = { consistency = 0.7, realism = 0.2, aesthetic = 0.1 } }] }",
        )
        .unwrap()["item"]
            .clone();
        let marks = [
            ("consistency", on("2", two)),
            ("realism", on("1", two)),
            ("aesthetic", on("0", two)),
        ];
        assert_eq!(wise.score("c", &marks, scale("0", "1")), Some(d("0.8")));
        let five = MarkScale::FIVE_POINT;
        let all = Formula::AllTop(vec!["a".into(), "b".into()]);
        let one = scale("0", "1");
        assert_eq!(
            all.score("c", &[("a", on("5", five)), ("b", on("5", five))], one),
            Some(d("1"))
        );
        assert_eq!(
            all.score("c", &[("a", on("5", five)), ("b", on("4", five))], one),
            Some(d("0"))
        );
        let mean = Formula::Mean(vec!["a".into(), "b".into()]);
        assert_eq!(
            mean.score("c", &[("a", on("5", five)), ("b", on("4", five))], five),
            Some(d("4.5"))
        );
        assert_eq!(mean.score("c", &[], five), None);
    }
}
