//! Models of a board against the one below each.

use super::cells::{Ruler, Told};
use super::{Neighbour, Separation};
use crate::stats::mcnemar::{PairedOutcomes, mcnemar};
use crate::stats::multiplicity::holm;
use crate::stats::strata_means::{Pairing, largest_p};

/// Level of all statements.
const ALPHA: f64 = 0.05;
/// Relative slack for weights that are the same.
const SLACK: f64 = 1e-9;

impl Ruler {
    /// Holds every row against the one below it; how many there were.
    pub(super) fn hold_against_next(&self, rows: &mut [Told]) -> usize {
        let found: Vec<Option<PairP>> = rows
            .windows(2)
            .map(|pair| match pair {
                [first, second] => self.pair(first, second),
                _ => None,
            })
            .collect();
        let independent: Vec<Option<f64>> =
            found.iter().map(|p| p.map(|p| p.independent)).collect();
        let adjusted = holm(&independent).unwrap_or_default();
        let below: Vec<(String, Option<f64>)> = rows
            .iter()
            .skip(1)
            .map(|(row, _)| (row.model.clone(), row.value))
            .collect();
        let held = found.iter().zip(adjusted).zip(below).zip(rows.iter_mut());
        for (((p, adjusted), (model, value)), (row, _)) in held {
            let (Some(p), Some(p_adjusted), Some(above), Some(value)) =
                (*p, adjusted, row.value, value)
            else {
                continue;
            };
            let verdict = match p.least {
                _ if p_adjusted <= ALPHA => Separation::ToldApart,
                Some(least) if least > ALPHA => Separation::NotToldApart,
                _ => Separation::Open,
            };
            row.next = Some(Neighbour {
                model,
                difference: above - value,
                p_least: p.least,
                p_independent: p.independent,
                p_adjusted,
                p_most: p.most,
                verdict,
            });
        }
        found.iter().flatten().count()
    }

    /// Two rows against each other; `None` where the cells of one do not tell its means.
    fn pair(&self, (above, first): &Told, (below, second): &Told) -> Option<PairP> {
        let counts = above.counts.as_deref().zip(below.counts.as_deref());
        if let Some((first, second)) = counts.filter(|_| self.tasks_alike()) {
            return Some(self.exact(first, second));
        }
        let (first, second) = first.as_deref().zip(second.as_deref())?;
        Some(PairP {
            least: None,
            independent: largest_p(first, second, Pairing::Independent)?,
            most: largest_p(first, second, Pairing::Worst)?,
        })
    }

    /// Whether every task has the same weight, so that the exact test of counts is that of the Overall.
    fn tasks_alike(&self) -> bool {
        let mut weights = self
            .categories
            .iter()
            .map(|(_, n, share)| share / f64::from(*n));
        let first = weights.next();
        first.is_some_and(|first| weights.all(|weight| (weight / first - 1.0).abs() < SLACK))
    }

    /// McNemar's exact p with as few tasks as possible on which just one of two models is right, with as many as
    /// independent marks have on average, and with as many as possible.
    fn exact(&self, first: &[u32], second: &[u32]) -> PairP {
        let (mut least, mut most, mut independent) = (0, 0, 0.0);
        for ((&a, &b), (_, n, _)) in first.iter().zip(second).zip(&self.categories) {
            least += a.abs_diff(b);
            most += (a + b).min(2 * n - a - b);
            let (a, b, n) = (f64::from(a), f64::from(b), f64::from(*n));
            independent += a + b - 2.0 * a * b / n;
        }
        let difference = first.iter().sum::<u32>().abs_diff(second.iter().sum());
        // Only every second number of tasks gives this difference.
        let above = ((independent - f64::from(least)) / 2.0).ceil().max(0.0) as u32;
        let p = |discordant: u32| {
            let table = PairedOutcomes {
                both: 0,
                first_only: u64::from(discordant + difference) / 2,
                second_only: u64::from(discordant.saturating_sub(difference)) / 2,
                neither: 0,
            };
            mcnemar(table).p_exact
        };
        PairP {
            least: Some(p(least)),
            independent: p((least + 2 * above).min(most)),
            most: p(most),
        }
    }
}

/// The two-sided p of two neighbours.
#[derive(Clone, Copy, Debug)]
struct PairP {
    least: Option<f64>,
    independent: f64,
    most: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::decimal::Decimal;
    use crate::suite::Print;

    #[test]
    fn pairings_bound_what_neighbours_show() {
        let ruler = Ruler {
            print: Print {
                lowest: Decimal::whole(0),
                highest: Decimal::whole(1),
                digits: 4,
            },
            categories: vec![("all".to_owned(), 10, 1.0)],
            binary: true,
            samples: 1,
            digits: 4,
        };
        // 8 against 2 of 10: six differ at least, all ten at most.
        let p = ruler.exact(&[8], &[2]);
        assert!((p.least.unwrap() - 2.0 * 0.5_f64.powi(6)).abs() < 1e-12);
        assert!((p.most - 2.0 * 56.0 / 1024.0).abs() < 1e-12);
        // Independent marks: 0.8·0.8 + 0.2·0.2 of ten, 6.8, so eight.
        assert!((p.independent - 2.0 * 9.0 / 256.0).abs() < 1e-12);
    }
}
