//! Inconsistencies of the published figures, found by computation and never silently fixed.

use serde::Serialize;

use crate::analysis::published::{Figure, Figures, PARABENCH};
use crate::suite::{Axis, ScoreMap};

/// A printed Overall against the mean of the printed axes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arithmetic {
    /// The table.
    pub source: String,
    /// The row.
    pub model: String,
    /// Unweighted mean of the printed parts.
    pub mean: f64,
    /// The printed Overall.
    pub printed: f64,
    /// Within the rounding of both.
    pub consistent: bool,
}

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inconsistency {
    /// `overall`, `two-values`, `two-things`, `points-not-percent` or `impossible-part`.
    pub kind: &'static str,
    /// The tables that it is about.
    pub sources: Vec<String>,
    /// What was found, in words with the numbers.
    pub found: String,
}

/// What the figures say about themselves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// Every printed Overall whose parts are printed, too.
    pub arithmetic: Vec<Arithmetic>,
    /// Everything that does not fit.
    pub inconsistencies: Vec<Inconsistency>,
}

impl Audit {
    /// What is about one of these tables or more.
    pub fn about(&self, sources: &[&str]) -> Self {
        let named = |source: &String| sources.contains(&source.as_str());
        let (mut arithmetic, mut inconsistencies) =
            (self.arithmetic.clone(), self.inconsistencies.clone());
        arithmetic.retain(|check| named(&check.source));
        inconsistencies.retain(|found| found.sources.iter().any(named));
        Self {
            arithmetic,
            inconsistencies,
        }
    }
}

/// Checks all figures.
pub fn audit(figures: &Figures) -> Audit {
    let arithmetic = arithmetic(figures);
    let mut inconsistencies: Vec<Inconsistency> = arithmetic
        .iter()
        .filter(|check| !check.consistent)
        .map(|check| Inconsistency {
            kind: "overall",
            sources: vec![check.source.clone()],
            found: format!(
                "{}: Overall of {} is printed as {}, its parts average {:.*}",
                check.source,
                check.model,
                check.printed,
                // One digit more than the means of marks and of pass rates are printed with.
                if check.printed > 1.0 { 2 } else { 3 },
                check.mean
            ),
        })
        .collect();
    inconsistencies.extend(two_values(figures));
    inconsistencies.extend(two_things(figures));
    inconsistencies.extend(points_not_percent(figures));
    inconsistencies.extend(impossible_parts(figures));
    Audit {
        arithmetic,
        inconsistencies,
    }
}

/// How a suite's Overall is made of its parts, and the rounding of its figures; `None` where the Overall
/// is weighted in a way that the figures do not show.
fn parts_of(suite: &str) -> Option<(Vec<String>, f64)> {
    match suite {
        PARABENCH => Some((Axis::ALL.map(|axis| axis.key().to_owned()).to_vec(), 0.05)),
        "geneval" => {
            let parts = [
                "single_object",
                "two_object",
                "counting",
                "colors",
                "position",
                "color_attr",
            ];
            Some((parts.map(str::to_owned).to_vec(), 0.005))
        }
        _ => None,
    }
}

fn arithmetic(figures: &Figures) -> Vec<Arithmetic> {
    let mut checks = Vec::new();
    for ((source, model), cells) in figures.rows() {
        let suite = cells.first().map_or("", |figure| figure.suite.as_str());
        let Some((parts, rounding)) = parts_of(suite) else {
            continue;
        };
        // ParaBench names its parts in the metric, GenEval in the category.
        let named =
            |figure: &&&Figure, name: &str| figure.metric == name || figure.category == name;
        let value = |name: &str| cells.iter().find(|f| named(f, name)).map(|f| f.value);
        let values: Option<Vec<f64>> = parts.iter().map(|part| value(part)).collect();
        if let (Some(values), Some(printed)) = (values, value("overall")) {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            checks.push(Arithmetic {
                source: source.to_owned(),
                model: model.to_owned(),
                mean,
                printed,
                // Both are rounded; the small term is for the last bits of the sum.
                consistent: (mean - printed).abs() <= 2.0 * rounding + 1e-9,
            });
        }
    }
    checks
}

/// One row name and metric with different values in two tables.
fn two_values(figures: &Figures) -> Vec<Inconsistency> {
    let mut found = Vec::new();
    for (index, first) in figures.0.iter().enumerate() {
        let same = |later: &&Figure| {
            later.source != first.source
                && later.suite == first.suite
                && later.model == first.model
                && later.metric == first.metric
                && later.category == first.category
                && later.value != first.value
        };
        let later = figures.0.iter().skip(index + 1).filter(same);
        found.extend(later.map(|later| Inconsistency {
            kind: "two-values",
            sources: vec![first.source.clone(), later.source.clone()],
            found: format!(
                "{} of {}: {} in {}, {} in {}",
                first.metric, first.model, first.value, first.source, later.value, later.source
            ),
        }));
    }
    found
}

/// A decoding strategy's name (outside brackets) that stands for different models in two tables.
fn two_things(figures: &Figures) -> Vec<Inconsistency> {
    let strategy = |figure: &Figure| {
        let outside = figure.model.split('(').next().unwrap_or_default();
        let words: Vec<&str> = outside.split_whitespace().collect();
        let known = ["sequential", "semi-parallel", "parallel"];
        known.into_iter().find(|name| words.contains(name))
    };
    let about = |figure: &&Figure| {
        figure.suite == PARABENCH && figure.metric == Axis::OUTPUT_ALIGNMENT.key()
    };
    let rows: Vec<&Figure> = figures.0.iter().filter(about).collect();
    let mut found = Vec::new();
    for (index, first) in rows.iter().enumerate() {
        for later in rows.iter().skip(index + 1) {
            let name = strategy(first).filter(|name| strategy(later) == Some(name));
            if let Some(name) =
                name.filter(|_| first.source != later.source && first.value != later.value)
            {
                found.push(Inconsistency {
                    kind: "two-things",
                    sources: vec![first.source.clone(), later.source.clone()],
                    found: format!(
                        "`{name}` is {} in {} ({} of output alignment) and {} in {} ({})",
                        first.model,
                        first.source,
                        first.value,
                        later.model,
                        later.source,
                        later.value
                    ),
                });
            }
        }
    }
    found
}

/// The paper's headline reads as a percentage and is a difference in points.
fn points_not_percent(figures: &Figures) -> Option<Inconsistency> {
    let value = |model| figures.value("table2", model, Axis::OUTPUT_ALIGNMENT.key(), "all");
    let (a, b) = (value("MMaDA-Parallel w/ ParaRL")?, value("Bagel w/ think")?);
    let raw = |points: f64| points / ScoreMap::Times20.slope();
    let other = ScoreMap::Affine25.points(raw(a)) / ScoreMap::Affine25.points(raw(b));
    Some(Inconsistency {
        kind: "points-not-percent",
        sources: vec!["table2".to_owned()],
        found: format!(
            "the headline \"{:.1}%\" is {a} - {b} = {:.1} points of output alignment ({:.1} % relative; a \
             ratio depends on the mapping: {:.2} as printed, {other:.2} if 20 x mark was printed and \
             25 x (mark - 1) is meant)",
            a - b,
            a - b,
            100.0 * (a / b - 1.0),
            a / b
        ),
    })
}

/// What Table 1's score over the five edit categories would leave for generation, if it were an axis of
/// Table 2: (300·all − 200·edits)/100.
fn impossible_parts(figures: &Figures) -> Vec<Inconsistency> {
    let axes = [
        Axis::IMAGE_ALIGNMENT,
        Axis::IMAGE_QUALITY,
        Axis::IMAGE_CONSISTENCY,
    ];
    let mut found = Vec::new();
    for axis in axes {
        let mut parts = Vec::new();
        let mut refuted = false;
        for model in ["Bagel w/o think", "Bagel w/ think"] {
            let edits = edit_mean(figures, model, "edit_score");
            let all = figures.value("table2", model, axis.key(), "all");
            let (Some(edits), Some(all)) = (edits, all) else {
                continue;
            };
            if axis == Axis::IMAGE_CONSISTENCY {
                // Exists on edits only: the two means would have to agree up to rounding.
                refuted |= (edits - all).abs() > 0.1;
                parts.push(format!("{model}: {edits:.1} against {all}"));
            } else {
                let rest = (300.0 * all - 200.0 * edits) / 100.0;
                // Generation would have to be near the bottom of the scale, or beyond its ends.
                refuted |= !(10.0..=100.0).contains(&rest);
                parts.push(format!("{model}: generation {rest:.1}"));
            }
        }
        if refuted {
            found.push(Inconsistency {
                kind: "impossible-part",
                sources: ["table1", "table2"].map(str::to_owned).to_vec(),
                found: format!(
                    "the edit score of table1 is not {} of table2, which would need {}",
                    axis.key(),
                    parts.join(", ")
                ),
            });
        }
    }
    found
}

fn edit_mean(figures: &Figures, model: &str, metric: &str) -> Option<f64> {
    let values: Vec<f64> = figures
        .0
        .iter()
        .filter(|f| f.source == "table1" && f.model == model && f.metric == metric)
        .map(|figure| figure.value)
        .collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_inconsistencies_are_found_by_computation() {
        let audit = audit(&Figures::read(None).unwrap());
        let of = |kind: &str| -> Vec<&str> {
            let found = audit.inconsistencies.iter().filter(|i| i.kind == kind);
            found.map(|i| i.found.as_str()).collect()
        };
        assert_eq!(
            of("overall"),
            [
                "table5: Overall of ParaRL s=2 is printed as 68.6, its parts average 69.47",
                "table6: Overall of Gemini-2.5 is printed as 88.9, its parts average 87.93",
                "table8: Overall of MMaDA (sequential) is printed as 0.68, its parts average 0.668",
            ]
        );
        assert_eq!(of("two-values").len(), 6, "{:#?}", of("two-values"));
        assert!(
            of("two-values")
                .contains(&"text_alignment of Bagel w/ think: 70.5 in table2, 74.5 in table6")
        );
        assert!(
            of("two-things")
                .iter()
                .any(|f| f.contains("sequential") && f.contains("48.9") && f.contains("54.1"))
        );
        assert!(of("points-not-percent")[0].contains("6.9 points"));
        assert!(of("points-not-percent")[0].contains("13.0 % relative"));
        assert!(of("points-not-percent")[0].contains("1.13 as printed, 1.21"));
        assert!(
            of("impossible-part")
                .iter()
                .any(|f| f.contains("image_alignment") && f.contains("generation 8.7"))
        );
        assert!(audit.arithmetic.len() > 10);
    }

    #[test]
    fn changed_figures_change_the_findings() {
        let mut figures = Figures::read(None).unwrap();
        for figure in &mut figures.0 {
            if figure.model == "Gemini-2.5" && figure.value == 88.9 {
                figure.value = 87.9;
            }
        }
        let audit = audit(&figures);
        let gemini = |i: &&Inconsistency| i.kind == "overall" && i.found.contains("Gemini");
        assert_eq!(audit.inconsistencies.iter().filter(gemini).count(), 0);
    }
}
