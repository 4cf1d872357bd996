//! How much of the variance of scores is items, generation seeds, judges and noise.

use super::distribution::{f_quantile, f_sf};
use super::error::{Result, StatsError, all_finite};
use super::interval::{Confidence, Interval};
use super::sample;

/// One-way random effects: items with exchangeable repeats of one judge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneWay {
    /// Items with at least one repeat.
    pub items: usize,
    /// Repeats in all.
    pub observations: usize,
    /// Mean square between items.
    pub ms_between: f64,
    /// Mean square within items: the variance σ²_e of one repeat.
    pub ms_within: f64,
    /// n0 = (N − Σr²/N)/(n−1), the effective number of repeats per item.
    pub n0: f64,
}

impl OneWay {
    /// σ²_item = (MS_B − MS_W)/n0; may be negative.
    pub fn item_variance(&self) -> f64 {
        (self.ms_between - self.ms_within) / self.n0
    }

    /// The same, truncated at 0 for use.
    pub fn item_variance_truncated(&self) -> f64 {
        self.item_variance().max(0.0)
    }

    /// ICC(1,1), the reliability of one repeat (Shrout, Fleiss 1979); `None` if nothing varies.
    pub fn icc_single(&self) -> Option<f64> {
        let total = self.item_variance() + self.ms_within;
        (total > 0.0).then(|| self.item_variance() / total)
    }

    /// ICC(1,R) = (MS_B − MS_W)/MS_B, the reliability of an item's mean; `None` if the item means do not vary.
    pub fn icc_mean(&self) -> Option<f64> {
        (self.ms_between > 0.0).then(|| (self.ms_between - self.ms_within) / self.ms_between)
    }

    /// Interval of ICC(1,1) from the F law (Shrout, Fleiss 1979); exact for equal repeats. `None` without variance.
    pub fn icc_single_interval(&self, confidence: Confidence) -> Option<Interval> {
        let f = self.f().filter(|f| f.is_finite())?;
        let (df1, df2) = self.degrees_of_freedom();
        let upper = 1.0 - confidence.tail();
        let low = f / f_quantile(upper, df1, df2);
        let high = f * f_quantile(upper, df2, df1);
        let back = |f: f64| (f - 1.0) / (f + self.n0 - 1.0);
        Some(Interval::new(back(low), back(high)))
    }

    /// p of the F test of no item variance.
    pub fn p(&self) -> Option<f64> {
        let (df1, df2) = self.degrees_of_freedom();
        self.f().map(|f| f_sf(f, df1, df2))
    }

    fn f(&self) -> Option<f64> {
        (self.ms_between > 0.0).then(|| self.ms_between / self.ms_within)
    }

    fn degrees_of_freedom(&self) -> (f64, f64) {
        (
            self.items as f64 - 1.0,
            (self.observations - self.items) as f64,
        )
    }
}

/// One-way analysis of variance with unequal numbers of repeats; items without any are dropped.
///
/// # Errors
/// [`StatsError::TooFew`] below two items or without any repeated item (identical or single repeats carry no
/// information on noise); [`StatsError::NotFinite`].
pub fn one_way(items: &[Vec<f64>]) -> Result<OneWay> {
    let used: Vec<&Vec<f64>> = items.iter().filter(|repeats| !repeats.is_empty()).collect();
    let all: Vec<f64> = used
        .iter()
        .flat_map(|repeats| repeats.iter().copied())
        .collect();
    all_finite(&all)?;
    let (n, total) = (used.len(), all.len());
    if n < 2 || total == n {
        return Err(StatsError::TooFew {
            have: total,
            need: n.max(2) + 1,
        });
    }
    let grand = sample::mean(&all).ok_or(StatsError::Empty)?;
    let (mut between, mut within, mut squares) = (0.0, 0.0, 0.0);
    for repeats in used {
        let mean = sample::mean(repeats).ok_or(StatsError::Empty)?;
        let count = repeats.len() as f64;
        between += count * (mean - grand).powi(2);
        within += sample::sum_of_squares(repeats);
        squares += count * count;
    }
    let df = n as f64 - 1.0;
    Ok(OneWay {
        items: n,
        observations: total,
        ms_between: between / df,
        ms_within: within / (total - n) as f64,
        n0: (total as f64 - squares / total as f64) / df,
    })
}

/// Share of a variance that is not noise, 1 − noise/variance: with noise = MS_W/R and the variance of item means of R
/// repeats it is [`OneWay::icc_mean`], and it holds for differences and parts of such means as well. May be negative;
/// `None` unless the variance is positive.
pub fn reliability(variance: f64, noise: f64) -> Option<f64> {
    (variance > 0.0 && noise.is_finite()).then(|| 1.0 - noise / variance)
}

/// Two-way random effects without repeats: every judge scores every item once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoWay {
    /// Number of items.
    pub items: usize,
    /// Number of judges.
    pub judges: usize,
    /// Mean square of items.
    pub ms_rows: f64,
    /// Mean square of judges.
    pub ms_columns: f64,
    /// Residual mean square.
    pub ms_error: f64,
}

impl TwoWay {
    /// σ²_item = (MS_R − MS_E)/k; may be negative.
    pub fn item_variance(&self) -> f64 {
        (self.ms_rows - self.ms_error) / self.judges as f64
    }

    /// σ²_judge = (MS_C − MS_E)/n; may be negative.
    pub fn judge_variance(&self) -> f64 {
        (self.ms_columns - self.ms_error) / self.items as f64
    }

    /// ICC(2,1), absolute agreement of one judge (Shrout, Fleiss 1979; McGraw, Wong 1996).
    pub fn icc2_single(&self) -> Option<f64> {
        let (k, n) = (self.judges as f64, self.items as f64);
        let bias = k * (self.ms_columns - self.ms_error) / n;
        self.share(self.ms_rows + (k - 1.0) * self.ms_error + bias)
    }

    /// ICC(2,k), absolute agreement of the mean of k judges.
    pub fn icc2_mean(&self) -> Option<f64> {
        self.share(self.ms_rows + (self.ms_columns - self.ms_error) / self.items as f64)
    }

    /// ICC(3,1), consistency of one judge.
    pub fn icc3_single(&self) -> Option<f64> {
        self.share(self.ms_rows + (self.judges as f64 - 1.0) * self.ms_error)
    }

    /// ICC(3,k), consistency of the mean of k judges.
    pub fn icc3_mean(&self) -> Option<f64> {
        self.share(self.ms_rows)
    }

    fn share(&self, total: f64) -> Option<f64> {
        (total > 0.0).then(|| (self.ms_rows - self.ms_error) / total)
    }
}

/// Two-way analysis of variance of a complete table, one row per item.
///
/// # Errors
/// [`StatsError::Length`] for a ragged table, [`StatsError::TooFew`] below two items or judges,
/// [`StatsError::NotFinite`].
pub fn two_way(table: &[Vec<f64>]) -> Result<TwoWay> {
    let (n, k) = (table.len(), table.first().map_or(0, Vec::len));
    if n < 2 || k < 2 {
        return Err(StatsError::TooFew {
            have: n.min(k),
            need: 2,
        });
    }
    if let Some(row) = table.iter().find(|row| row.len() != k) {
        return Err(StatsError::Length {
            what: "judges of an item",
            expected: k,
            actual: row.len(),
        });
    }
    let all: Vec<f64> = table.iter().flatten().copied().collect();
    all_finite(&all)?;
    let mean = |values: &[f64]| sample::mean(values).ok_or(StatsError::Empty);
    let grand = mean(&all)?;
    let rows: Vec<f64> = table.iter().map(|row| mean(row)).collect::<Result<_>>()?;
    let column = |j: usize| table.iter().map(|row| row[j]).collect::<Vec<_>>();
    let columns: Vec<f64> = (0..k).map(|j| mean(&column(j))).collect::<Result<_>>()?;
    let squares = |means: &[f64], factor: usize| {
        means.iter().map(|m| (m - grand).powi(2)).sum::<f64>() * factor as f64
    };
    let mut residual = 0.0;
    for (row, row_mean) in table.iter().zip(&rows) {
        for (value, column_mean) in row.iter().zip(&columns) {
            residual += (value - row_mean - column_mean + grand).powi(2);
        }
    }
    Ok(TwoWay {
        items: n,
        judges: k,
        ms_rows: squares(&rows, k) / (n - 1) as f64,
        ms_columns: squares(&columns, n) / (k - 1) as f64,
        ms_error: residual / ((n - 1) * (k - 1)) as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_data_is_refused() {
        assert!(one_way(&[]).is_err());
        assert!(one_way(&[vec![1.0], vec![2.0], vec![]]).is_err());
        assert!(two_way(&[vec![1.0, 2.0], vec![1.0]]).is_err());
        assert!(two_way(&[vec![1.0, f64::NAN], vec![1.0, 2.0]]).is_err());
    }

    #[test]
    fn equal_scores_have_no_reliability() {
        let result = one_way(&[vec![3.0, 3.0], vec![3.0, 3.0]]).unwrap();
        assert_eq!(
            (result.icc_single(), result.icc_mean(), result.p()),
            (None, None, None)
        );
        assert_eq!(
            two_way(&[vec![3.0, 3.0], vec![3.0, 3.0]])
                .unwrap()
                .icc2_single(),
            None
        );
    }

    #[test]
    fn identical_repeats_are_perfectly_reliable() {
        let result = one_way(&[vec![1.0, 1.0], vec![5.0, 5.0]]).unwrap();
        assert_eq!(
            (
                result.icc_single(),
                result.icc_single_interval(Confidence::P95)
            ),
            (Some(1.0), None)
        );
    }
}
