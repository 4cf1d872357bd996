//! Figures of a report: each file makes one [`drawing::Drawing`] of what analysis computed, and
//! [`render`] turns drawings into SVG and PNG. One quiet style for all ([`style`]).

pub mod categories;
pub mod drawing;
pub mod forest;
pub mod items;
pub mod ranks;
pub mod render;
pub mod scale;
mod smooth;
pub mod style;
pub mod thinking;

use drawing::Drawing;

use crate::analysis::compare::categories::Exploratory;
use crate::analysis::findings::Findings;
use crate::report::contrasts;
use crate::report::names::Names;
use crate::suite::axes::are_whole;

/// A figure with the words that go with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it is about.
    pub subject: Subject,
    /// Name of its files, without extension; safe.
    pub name: String,
    /// What it shows, in a few words: its accessible name.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// The marks.
    pub drawing: Drawing,
}

/// Where in a report a figure belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Differences per axis.
    Differences,
    /// Categories × axes.
    Categories,
    /// Distributions of item scores.
    Items,
    /// With and without thinking.
    Thinking,
    /// Rank sets.
    Ranks,
}

/// All figures that the findings allow.
pub fn figures(findings: &Findings, names: &Names) -> Vec<Figure> {
    let mut all = Vec::new();
    if let Some(comparison) = &findings.comparison {
        all.extend(forest::forest(comparison, names).map(|drawing| Figure {
            subject: Subject::Differences,
            name: "differences".to_owned(),
            title: "Differences from the baseline, by axis".to_owned(),
            caption: format!(
                "Difference of design-weighted means in points with its 95 % interval (thick: this comparison alone; \
                 thin and in figures: all {} together). Blue: higher, orange: lower, green: within the margin, grey: not shown. \
                 Adjusted p: step-down max-T over the family of axes and Overall.",
                comparison.family.size
            ),
            drawing,
        }));
        all.extend(category_panels(
            &comparison.categories,
            &contrasts::pairs(comparison),
            names,
        ));
    }
    all.extend(items::items(findings, names).map(|drawing| Figure {
        subject: Subject::Items,
        name: "items".to_owned(),
        title: "Distribution of task scores, by run and axis".to_owned(),
        caption: "Every task counts once, at the mean of its samples and repeats. Bars a quarter of a mark high; \
                  their width is the share of tasks. Means are weighted by the suite's plan."
            .to_owned(),
        drawing,
    }));
    all.extend(numbered(&findings.thinking, "thinking").filter_map(|(name, found)| {
        Some(Figure {
            subject: Subject::Thinking,
            name,
            title: format!("{} with thinking minus {} without", names.get(&found.with), names.get(&found.without)),
            caption: format!(
                "Difference in {} by category with its 95 % interval, and the mean points of the thinking run's \
                 output alignment and text quality. Exploratory: with so few categories, this does not generalise.",
                found.axis.title().to_lowercase()
            ),
            drawing: thinking::thinking(found)?,
        })
    }));
    let boards = numbered(&findings.leaderboards, "ranks");
    all.extend(
        boards
            .filter(|(_, board)| board.names_ranks())
            .map(|(name, board)| Figure {
                subject: Subject::Ranks,
                name,
                title: match are_whole(&board.axes) {
                    true => "Ranks that each run can have".to_owned(),
                    false => format!(
                        "Ranks that each run can have, by {} common axes",
                        board.axes.len()
                    ),
                },
                caption: format!(
                    "{:.0} % rank sets for all runs together, from all {} pairs (Holm over sign-flip p); {}. Runs \
                     that share a letter are not shown to differ.",
                    100.0 * (1.0 - board.alpha),
                    board.pairs.len(),
                    match board.places_withheld {
                        true => "missing marks leave the order undecided, so no ranks are given",
                        false => "dots show the order of the means",
                    }
                ),
                drawing: ranks::ranks(board, names),
            }),
    );
    all
}

fn category_panels<'a>(
    exploratory: &'a Exploratory,
    pairs: &'a [(&'a str, &'a str)],
    names: &'a Names,
) -> impl Iterator<Item = Figure> + 'a {
    numbered(pairs, "categories").filter_map(|(name, &(candidate, baseline))| {
        Some(Figure {
            subject: Subject::Categories,
            name,
            title: format!("{} minus {}, by category and axis", names.get(candidate), names.get(baseline)),
            caption: format!(
                "Difference in points with its 95 % t interval. Exploratory: filled dots pass a false discovery rate \
                 of {:.0} % over all {} lines (Benjamini, Hochberg); they are suggestions, not confirmed results.",
                100.0 * exploratory.false_discovery_rate,
                exploratory.family_size
            ),
            drawing: categories::categories(exploratory, (candidate, baseline))?,
        })
    })
}

/// `name` for the only one, `name-1`, `name-2` … for several.
fn numbered<'a, T>(all: &'a [T], name: &'a str) -> impl Iterator<Item = (String, &'a T)> {
    all.iter().enumerate().map(move |(number, one)| {
        let name = match all.len() {
            1 => name.to_owned(),
            _ => format!("{name}-{}", number + 1),
        };
        (name, one)
    })
}
