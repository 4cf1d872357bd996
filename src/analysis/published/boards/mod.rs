//! Leaderboards with the intervals that they do not print: counts from printed cells, and neighbours against each other
//! under every pairing of their marks that the cells allow.

mod cells;
mod neighbours;

use serde::Serialize;

use self::cells::Ruler;
use crate::analysis::published::Figures;

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
    pub verdict: Separation,
}

/// What may be said of two neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Separation {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
