//! Leaderboards with the intervals that they do not print: counts from printed cells, and neighbours against each other
//! under every pairing of their marks that the cells allow.

use serde::Serialize;

use crate::analysis::published::{Figure, Figures};
use crate::stats::interval::{Confidence, Interval};
use crate::stats::mcnemar::{PairedOutcomes, mcnemar};
use crate::stats::multiplicity::holm;
use crate::stats::strata_means::{Pairing, StratumMean, WidestMean, largest_p};
use crate::suite::axes::formula::Formula;
use crate::suite::find::find_definition;
use crate::suite::{Category, Definition, Print};

/// Level of all statements.
const ALPHA: f64 = 0.05;
/// Slack for the last bits of numbers that are compared with printed ones.
const SLACK: f64 = 1e-9;

/// One leaderboard.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Board {
    /// The table it is.
    pub source: String,
    /// The benchmark.
    pub suite: String,
    /// The quantity.
    pub metric: String,
    /// Where it was printed.
    pub address: String,
    /// Decimals of the printed cells.
    pub digits: usize,
    /// Tasks of each model.
    pub tasks: u32,
    /// Answers of a task that its mark is the mean of.
    pub samples: u32,
    /// What a task's mark can be.
    pub marks: Marks,
    /// The models, best first.
    pub rows: Vec<BoardRow>,
    /// Cells that no count of right answers gives, and Overalls that do not follow from their cells.
    pub misfits: Vec<String>,
    /// Pairs of neighbours that were held against each other.
    pub neighbours: usize,
}

/// What a task's mark can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Marks {
    /// The lowest or the highest: counts follow from cells, and the interval from the counts.
    Binary,
    /// Others too: intervals are the widest that the cells allow.
    Between,
}

/// One model of a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoardRow {
    /// The model.
    pub model: String,
    /// Its printed Overall.
    pub printed: f64,
    /// Tasks at the highest mark, by category in the suite's order, where marks are binary and the cells tell it.
    pub counts: Option<Vec<u32>>,
    /// The Overall from the counts, or from the cells where there are none, on the authors' scale.
    pub value: Option<f64>,
    /// Its standard error: that of the counts, or the largest that the cells allow.
    pub se: Option<f64>,
    /// Satterthwaite's degrees of freedom.
    pub df: Option<f64>,
    /// 95 % interval.
    pub ci95: Option<[f64; 2]>,
    /// Whether the interval is the bound of a sample without variance.
    pub bound: bool,
    /// The model below it.
    pub next: Option<Neighbour>,
}

/// A model held against the one below it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Neighbour {
    /// The one below.
    pub model: String,
    /// The difference on the authors' scale.
    pub difference: f64,
    /// Two-sided p under the pairing that shows the difference best; absent where the cells allow any.
    pub p_least: Option<f64>,
    /// Two-sided p if the marks of the two are independent.
    pub p_independent: f64,
    /// That p after Holm over the board's neighbours.
    pub p_adjusted: f64,
    /// Two-sided p under the pairing that shows it worst.
    pub p_most: f64,
    /// What may be said.
    pub verdict: Verdict,
}

/// What may be said of two neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Told apart under every pairing of their marks, after Holm.
    ToldApart,
    /// Under no pairing, even before any adjustment.
    NotToldApart,
    /// It depends on which tasks each has right, which the board does not print.
    Open,
}

/// The boards among some figures: tables about a metric of a suite that declares it, with a cell for each of its
/// categories and an Overall. Others are no boards.
pub fn boards(figures: &Figures) -> Vec<Board> {
    let sources = figures.distinct(|figure| &figure.source);
    let tables = sources.into_iter().map(|source| {
        let table = figures.filtered(|figure| figure.source == source);
        board(&table)
    });
    tables.flatten().collect()
}

/// What a board's cells mean: the metric and the suite behind it.
struct Ruler {
    print: Print,
    /// Categories that have the metric, with tasks and share of the whole.
    categories: Vec<(String, u32, f64)>,
    binary: bool,
    samples: u32,
    digits: usize,
}

fn board(table: &Figures) -> Option<Board> {
    let first = table.0.first()?;
    let ruler = Ruler::of(first, table.digits())?;
    let mut misfits = Vec::new();
    let mut rows = Vec::new();
    for model in table.distinct(|figure| &figure.model) {
        let own = table.filtered(|figure| figure.model == model && figure.metric == first.metric);
        let value = |category: &str| {
            let cell = own.0.iter().find(|figure| figure.category == category);
            cell.map(|figure| figure.value)
        };
        let cells = ruler.categories.iter().map(|(name, _, _)| value(name));
        let cells: Vec<f64> = cells.collect::<Option<_>>()?;
        rows.push(ruler.row(model, value("overall")?, &cells, &mut misfits));
    }
    rows.sort_by(|(a, _), (b, _)| b.printed.total_cmp(&a.printed));
    let neighbours = ruler.hold_against_next(&mut rows);
    Some(Board {
        source: first.source.clone(),
        suite: first.suite.clone(),
        metric: first.metric.clone(),
        address: first.address.clone(),
        digits: ruler.digits,
        tasks: ruler.categories.iter().map(|(_, planned, _)| planned).sum(),
        samples: ruler.samples,
        marks: if ruler.counted() {
            Marks::Binary
        } else {
            Marks::Between
        },
        rows: rows.into_iter().map(|(row, _)| row).collect(),
        misfits,
        neighbours,
    })
}

/// A row with the means of its categories, 0–1, where they are known.
type Told = (BoardRow, Option<Vec<StratumMean>>);

impl Ruler {
    fn of(figure: &Figure, digits: usize) -> Option<Self> {
        let folder = find_definition(&figure.suite).ok()?;
        let suite = Definition::read(&folder).ok()?;
        let metrics = || suite.axes.iter().chain(&suite.scores).copied();
        let axis = metrics().find(|axis| axis.key() == figure.metric)?;
        let has = suite
            .categories
            .iter()
            .filter(|category| axis.exists_in(&category.name, category.kind));
        let weight = |category: &&Category| axis.weight(&category.name, category.planned);
        let whole: u32 = has.clone().map(|category| weight(&category)).sum();
        let categories = has.map(|category| {
            let share = f64::from(weight(&category)) / f64::from(whole);
            (category.name.clone(), category.planned, share)
        });
        Some(Self {
            print: suite.print?,
            categories: categories.collect(),
            binary: match axis.formula() {
                Some(formula) => matches!(formula, Formula::AllTop(_)),
                None => {
                    axis.scale().hi.scaled() - axis.scale().lo.scaled()
                        == axis.scale().step.scaled()
                }
            },
            samples: figure.samples,
            digits,
        })
    }

    /// Whether a cell is a share of tasks, so that counts follow from it.
    fn counted(&self) -> bool {
        self.binary && self.samples == 1
    }

    fn range(&self) -> f64 {
        self.print.highest.to_f64() - self.print.lowest.to_f64()
    }

    fn unit(&self) -> f64 {
        10_f64.powi(-i32::try_from(self.digits).unwrap_or(0))
    }

    /// A share, 0–1, on the authors' scale.
    fn printed(&self, share: f64) -> f64 {
        share.mul_add(self.range(), self.print.lowest.to_f64())
    }

    /// How a number was made the printed one.
    fn fit(&self, value: f64, printed: f64) -> Fit {
        let off = value - printed;
        match off {
            _ if off.abs() <= 0.5 * self.unit() + SLACK => Fit::Rounded,
            _ if (-SLACK..self.unit() - SLACK).contains(&off) => Fit::CutOff,
            _ => Fit::None,
        }
    }

    /// The only count of `n` that gives a cell; `Err` with what was found.
    fn count(&self, n: u32, cell: f64) -> Result<(u32, Fit), String> {
        let near = (cell - self.print.lowest.to_f64()) / self.range() * f64::from(n);
        let from = (near.floor() - 1.0).max(0.0) as u32;
        let shown = |k: u32| self.printed(f64::from(k) / f64::from(n));
        let of = |wanted: Fit| -> Vec<u32> {
            let near = from..=(from + 3).min(n);
            near.filter(|&k| self.fit(shown(k), cell) == wanted)
                .collect()
        };
        match (of(Fit::Rounded).as_slice(), of(Fit::CutOff).as_slice()) {
            ([k], _) => Ok((*k, Fit::Rounded)),
            ([], [k]) => Ok((*k, Fit::CutOff)),
            ([], []) => Err(format!("no count of {n} tasks gives it")),
            _ => Err(format!("several counts of {n} tasks give it")),
        }
    }

    fn row(&self, model: &str, printed: f64, cells: &[f64], misfits: &mut Vec<String>) -> Told {
        let digits = self.digits;
        let mut counts = Vec::new();
        if self.counted() {
            for ((category, n, _), cell) in self.categories.iter().zip(cells) {
                let cell_is = |what: &str| format!("{model}, {category}: {cell:.digits$}: {what}");
                match self.count(*n, *cell) {
                    Ok((k, fit)) => {
                        if fit == Fit::CutOff {
                            misfits.push(cell_is(&format!(
                                "{k} of {n} is {:.*}, cut off and not rounded",
                                digits + 2,
                                self.printed(f64::from(k) / f64::from(*n))
                            )));
                        }
                        counts.push(k);
                    }
                    Err(what) => misfits.push(cell_is(&what)),
                }
            }
        }
        let all = counts.len() == self.categories.len();
        let means = (all || !self.counted()).then(|| self.means(cells, all.then_some(&counts)));
        let mean = means.as_deref().map(WidestMean::of);
        let value = mean.map(|mean| self.printed(mean.mean));
        if let Some(value) = value {
            misfits.extend(self.overall_misfit(model, value, printed, all));
        }
        let interval = mean.and_then(|mean| mean.interval(Confidence::P95));
        let ends = |(interval, _): (Interval, bool)| {
            [self.printed(interval.lo), self.printed(interval.hi)]
        };
        let row = BoardRow {
            model: model.to_owned(),
            printed,
            counts: all.then_some(counts),
            value,
            se: mean.and_then(|mean| mean.se).map(|se| se * self.range()),
            df: mean.and_then(|mean| mean.df),
            ci95: interval.map(ends),
            bound: interval.is_some_and(|(_, bound)| bound),
            next: None,
        };
        (row, means)
    }

    fn means(&self, cells: &[f64], counts: Option<&Vec<u32>>) -> Vec<StratumMean> {
        let of =
            |(place, ((_, n, weight), cell)): (usize, (&(String, u32, f64), &f64))| StratumMean {
                weight: *weight,
                units: *n,
                mean: match counts.and_then(|counts| counts.get(place)) {
                    Some(k) => f64::from(*k) / f64::from(*n),
                    None => ((cell - self.print.lowest.to_f64()) / self.range()).clamp(0.0, 1.0),
                },
            };
        self.categories
            .iter()
            .zip(cells)
            .enumerate()
            .map(of)
            .collect()
    }

    fn overall_misfit(&self, model: &str, value: f64, printed: f64, exact: bool) -> Option<String> {
        let digits = self.digits;
        let from = if exact {
            "the counts give"
        } else {
            "the cells give"
        };
        let said = |what: &str| {
            let value = format!("{value:.*}", digits + 2);
            Some(format!(
                "{model}, overall: {printed:.digits$}: {from} {value}{what}"
            ))
        };
        // Cells without counts are rounded themselves, each by half a unit at most.
        if !exact && (value - printed).abs() <= self.unit() + SLACK {
            return None;
        }
        match self.fit(value, printed) {
            Fit::Rounded => None,
            Fit::CutOff => said(", cut off and not rounded"),
            Fit::None => said(""),
        }
    }

    /// Holds every row against the one below it; how many there were.
    fn hold_against_next(&self, rows: &mut [Told]) -> usize {
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
                _ if p_adjusted <= ALPHA => Verdict::ToldApart,
                Some(least) if least > ALPHA => Verdict::NotToldApart,
                _ => Verdict::Open,
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

/// How a number was made a printed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Rounded,
    CutOff,
    None,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::decimal::Decimal;

    fn of(suite: &str) -> Board {
        let all = Figures::boards().unwrap();
        let mut found = boards(&all.filtered(|figure| figure.suite == suite));
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    #[test]
    fn every_bundled_table_is_a_board_with_an_address() {
        let all = Figures::boards().unwrap();
        let found = boards(&all);
        assert_eq!(found.len(), all.distinct(|figure| &figure.source).len());
        for board in found {
            assert!(board.address.starts_with("https://"), "{}", board.source);
        }
    }

    #[test]
    fn cells_give_back_their_counts() {
        let wise = of("wise-verified");
        let bagel = wise.rows.iter().find(|row| row.model == "Bagel").unwrap();
        assert_eq!(
            bagel.counts.as_deref(),
            Some(&[165, 42, 37, 24, 53, 31][..])
        );
        assert_eq!(wise.misfits, Vec::<String>::new());
        let rise = of("rise");
        let ovis = rise.rows.iter().find(|row| row.model == "Ovis-U1").unwrap();
        assert_eq!(ovis.counts.as_deref(), Some(&[1, 3, 4, 2][..]));
        assert!(
            rise.misfits.contains(
                &"Ovis-U1, temporal_reasoning: 1.1: 1 of 85 is 1.176, cut off and not rounded"
                    .to_owned()
            ),
            "{:#?}",
            rise.misfits
        );
    }

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
