//! Ratio of two means, for readers who ask. Discouraged: it depends on where the mapping puts its zero, which
//! a difference does not.

use crate::analysis::compare::computed::common;
use crate::analysis::compare::contrast::{Metric, RatioOfMeans};
use crate::analysis::compare::effects::ends;
use crate::analysis::compare::{CompareError, Comparison};
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::error::{Result, StatsError};
use crate::stats::interval::Confidence;
use crate::stats::ratio::{MeanPair, Ratio, ratio};
use crate::stats::weighted::{AxisCells, JointMeans};
use crate::suite::ScoreMap;

/// What must stand beside every ratio.
pub const CAUTION: &str = "A ratio of means depends on where the mapping puts its zero: the same marks give another \
                           ratio under another mapping. Report differences.";

/// Adds the ratio of means to every contrast of `comparison`, which was made of `runs` under `judge`. A contrast
/// without spread, or whose baseline has a mean of 0 points, has none.
///
/// # Errors
/// [`CompareError`], where `runs` are not those of the comparison.
pub fn add_ratios(
    comparison: &mut Comparison,
    runs: &[LoadedRun],
    judge: Option<&str>,
) -> std::result::Result<(), CompareError> {
    let Some(first) = runs.first() else {
        return Ok(());
    };
    let items = Items::of(first)?;
    let mut sheets = Vec::with_capacity(runs.len());
    for run in runs {
        let judge = run
            .judge(judge)
            .map_err(|why| CompareError::Judge(vec![why]))?;
        sheets.push(Sheet::new(run, judge, &items)?);
    }
    let mapping = comparison.suite.mapping;
    let called = |label: &str| sheets.iter().find(|sheet| sheet.label == label);
    for contrast in &mut comparison.contrasts {
        let sides = (called(&contrast.candidate), called(&contrast.baseline));
        if let ((Some(a), Some(b)), Ok(finding)) = (sides, &mut contrast.result) {
            finding.ratio = of_sheets(&items, mapping, (a, b), &contrast.metric).ok();
        }
    }
    Ok(())
}

fn of_sheets(
    items: &Items,
    mapping: ScoreMap,
    (a, b): (&Sheet, &Sheet),
    metric: &Metric,
) -> Result<RatioOfMeans> {
    let parts = common(a, b, &metric.axes);
    let planned: Vec<Vec<u32>> = parts
        .iter()
        .map(|(axis, _, _)| items.population(*axis))
        .collect();
    let side = |second: bool| -> Vec<AxisCells<'_>> {
        let both = parts.iter().zip(&planned);
        both.map(|((_, x, y), planned)| AxisCells {
            values: if second { &y.values } else { &x.values },
            planned,
        })
        .collect()
    };
    let joint = JointMeans::new(&items.design, &side(false), &side(true))?;
    let pair = points(&joint, mapping).ok_or(StatsError::Empty)?;
    let Ratio {
        ratio, g, fieller, ..
    } = ratio(pair, Confidence::P95)?;
    Ok(RatioOfMeans {
        ratio,
        fieller95: fieller.map(ends),
        g,
        means: [pair.a, pair.b],
        mapping,
        caution: CAUTION,
    })
}

/// Both means in points with the covariance of their errors; `None` without standard errors.
fn points(joint: &JointMeans, mapping: ScoreMap) -> Option<MeanPair> {
    let squared = mapping.slope().powi(2);
    Some(MeanPair {
        a: mapping.points(joint.a.value()),
        b: mapping.points(joint.b.value()),
        variance_a: joint.a.se()?.powi(2) * squared,
        variance_b: joint.b.se()?.powi(2) * squared,
        covariance: joint.covariance()? * squared,
        df: joint.difference.df()?,
    })
}
