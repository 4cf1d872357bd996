//! Correlations over a handful of category means, with their exact p, and the paper's Table 1 again.
//!
//! Five points are all that the paper offers for "strongly correlated". Every order of five values can be
//! enumerated, so their p is exact; what five points can say is little.

use serde::Serialize;

use crate::analysis::published::Figures;
use crate::stats::association::homogeneity;
use crate::stats::error::Result;
use crate::stats::exact_correlation::{Coefficient, exact_correlation};
use crate::stats::multiplicity::holm;
use crate::suite::Axis;

/// The spread of paired differences that is assumed where the paper gives none, in points.
const ASSUMED_SD: f64 = 27.0;

/// Items of each edit category of the paper.
const CATEGORY_ITEMS: f64 = 40.0;

/// One coefficient of two lists of category means.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointCorrelation {
    /// The first quantity.
    pub x: String,
    /// The second quantity.
    pub y: String,
    /// `pearson`, `spearman` or `kendall`.
    pub coefficient: &'static str,
    /// Its value.
    pub value: f64,
    /// Exact two-sided permutation p.
    pub p: f64,
    /// Orders at least as extreme.
    pub orders: u64,
    /// All orders.
    pub of: u64,
    /// Holm's p over the correlations of the difference, where several are tested.
    pub p_holm: Option<f64>,
}

/// The three coefficients of two lists; those that are undefined are left out.
///
/// # Errors
/// Unequal lengths, more than ten points.
pub fn correlations(
    (x_name, x): (&str, &[f64]),
    (y_name, y): (&str, &[f64]),
) -> Result<Vec<PointCorrelation>> {
    let kinds = [
        ("pearson", Coefficient::Pearson),
        ("spearman", Coefficient::Spearman),
        ("kendall", Coefficient::Kendall),
    ];
    let mut found = Vec::new();
    for (name, kind) in kinds {
        if let Some(exact) = exact_correlation(x, y, kind)? {
            found.push(PointCorrelation {
                x: x_name.to_owned(),
                y: y_name.to_owned(),
                coefficient: name,
                value: exact.value,
                p: exact.p_two_sided,
                orders: exact.count,
                of: exact.total,
                p_holm: None,
            });
        }
    }
    Ok(found)
}

/// Adjusts all correlations together.
///
/// # Errors
/// None for sound p-values.
pub fn adjust(correlations: &mut [PointCorrelation]) -> Result<()> {
    let p: Vec<Option<f64>> = correlations.iter().map(|c| Some(c.p)).collect();
    for (correlation, adjusted) in correlations.iter_mut().zip(holm(&p)?) {
        correlation.p_holm = adjusted;
    }
    Ok(())
}

/// One category of the paper's Table 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PaperCategory {
    /// Its name.
    pub category: String,
    /// Edit score without thinking.
    pub without: f64,
    /// Edit score with thinking.
    pub with: f64,
    /// With minus without.
    pub delta: f64,
    /// Text quality with thinking.
    pub text_quality: f64,
    /// Output alignment with thinking.
    pub output_alignment: f64,
}

/// The paper's Table 1, tested.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PaperTable {
    /// Its categories.
    pub categories: Vec<PaperCategory>,
    /// Difference against output alignment and against text quality, adjusted together.
    pub correlations: Vec<PointCorrelation>,
    /// The two explanations against each other (Pearson).
    pub between: Option<PointCorrelation>,
    /// Assumed standard deviation of paired differences, which the paper does not give.
    pub assumed_sd: f64,
    /// Standard error of each category's difference under that assumption.
    pub assumed_se: f64,
    /// Q of the homogeneity test under that assumption.
    pub q: f64,
    /// Its degrees of freedom.
    pub df: usize,
    /// Its p.
    pub p: f64,
}

/// The paper's table from the published figures; `None` where they lack it.
///
/// # Errors
/// Those of the statistics, which the bundled figures do not raise.
pub fn paper_table(figures: &Figures) -> Result<Option<PaperTable>> {
    let table = figures.filtered(|figure| figure.source == "table1");
    let cell =
        |model: &str, metric: &str, category: &str| table.value("table1", model, metric, category);
    let (without, with) = ("Bagel w/o think", "Bagel w/ think");
    let row = |category: &str| {
        let before = cell(without, "edit_score", category)?;
        let after = cell(with, "edit_score", category)?;
        Some(PaperCategory {
            category: category.to_owned(),
            without: before,
            with: after,
            // Of printed tenths: rounded back to tenths, so that equal differences tie.
            delta: ((after - before) * 10.0).round() / 10.0,
            text_quality: cell(with, Axis::TEXT_QUALITY.key(), category)?,
            output_alignment: cell(with, Axis::OUTPUT_ALIGNMENT.key(), category)?,
        })
    };
    let names = table.distinct(|figure| &figure.category);
    let categories: Vec<PaperCategory> = names.into_iter().filter_map(row).collect();
    if categories.len() < 3 {
        return Ok(None);
    }
    let list = |of: fn(&PaperCategory) -> f64| categories.iter().map(of).collect::<Vec<f64>>();
    let delta = list(|c| c.delta);
    let (quality, alignment) = (list(|c| c.text_quality), list(|c| c.output_alignment));
    let mut found = correlations(("difference", &delta), ("output_alignment", &alignment))?;
    found.extend(correlations(
        ("difference", &delta),
        ("text_quality", &quality),
    )?);
    adjust(&mut found)?;
    let between = correlations(("text_quality", &quality), ("output_alignment", &alignment))?;
    let se = ASSUMED_SD / CATEGORY_ITEMS.sqrt();
    let estimates: Vec<(f64, f64)> = delta.iter().map(|&delta| (delta, se)).collect();
    let test = homogeneity(&estimates)?;
    Ok(Some(PaperTable {
        categories,
        correlations: found,
        between: between.into_iter().next(),
        assumed_sd: ASSUMED_SD,
        assumed_se: se,
        q: test.q,
        df: test.df,
        p: test.p,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_again() {
        let table = paper_table(&Figures::read(None).unwrap()).unwrap().unwrap();
        let of = |y: &str, coefficient: &str| {
            let found = table
                .correlations
                .iter()
                .find(|c| c.y == y && c.coefficient == coefficient);
            found.unwrap().clone()
        };
        let alignment = of("output_alignment", "pearson");
        assert!((alignment.value - 0.982).abs() < 5e-4);
        assert_eq!((alignment.orders, alignment.of), (3, 120));
        let quality = of("text_quality", "pearson");
        assert!((quality.value - 0.977).abs() < 5e-4);
        assert_eq!((quality.orders, quality.of), (2, 120));
        assert!((of("text_quality", "kendall").p - 10.0 / 120.0).abs() < 1e-12);
        assert!((table.between.unwrap().value - 0.947).abs() < 5e-4);
        // Nothing survives the adjustment over six tests.
        assert!(table.correlations.iter().all(|c| c.p_holm.unwrap() > 0.05));
        assert!((table.q - 2.95).abs() < 0.01 && (table.p - 0.57).abs() < 0.01);
    }
}
