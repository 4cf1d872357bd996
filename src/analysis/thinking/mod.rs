//! Does thinking help, and where? Two runs of one model, with and without thinking: the difference per
//! category, whether the categories differ at all, and whether items whose text and image agree gain more.

pub mod association;
pub mod disattenuation;
pub mod five_points;
mod study;

use serde::Serialize;

use crate::analysis::compare::CompareError;
use crate::analysis::compare::pairs::within;
use crate::analysis::compare::sign_flip::bounded;
use crate::analysis::runs::comparable;
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::analysis::scores::sheet::Sheet;
use crate::analysis::thinking::association::{ItemAssociation, associations};
use crate::analysis::thinking::five_points::{PointCorrelation, adjust, correlations};
use crate::analysis::thinking::study::Study;
use crate::common::digest::Digest;
use crate::stats::association::homogeneity;
use crate::stats::error::Result;
use crate::stats::interval::Confidence;
use crate::stats::lattice::differences;
use crate::stats::proportion::wilson;
use crate::stats::rational::Rational;
use crate::suite::{Axis, Kind, ScoreMap};

/// The most categories whose order can be enumerated.
const MAX_POINTS: usize = 9;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct ThinkingRequest<'a> {
    /// The run with thinking.
    pub with: &'a LoadedRun,
    /// The run without.
    pub without: &'a LoadedRun,
    /// Whose marks.
    pub judge: Option<&'a str>,
    /// The axis whose difference is explained; must apply without thinking, too.
    pub axis: Axis,
    /// Generation tasks as well; the paper has edits only.
    pub all_kinds: bool,
}

/// One category.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CategoryDelta {
    /// Its name.
    pub category: String,
    /// Items with a score on both sides.
    pub items: usize,
    /// With minus without, in points.
    pub points: f64,
    /// Standard error in points; none where all differences are equal.
    pub se: Option<f64>,
    /// 95 % t interval in points.
    pub ci95: Option<[f64; 2]>,
    /// Two-sided sign-flip p; exploratory.
    pub p: f64,
    /// Mean text quality with thinking, in points.
    pub text_quality: Option<f64>,
    /// Mean output alignment with thinking, in points.
    pub output_alignment: Option<f64>,
}

/// Whether the categories' differences differ by more than their errors.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Homogeneity {
    /// Cochran's Q.
    pub q: f64,
    /// Degrees of freedom.
    pub df: usize,
    /// p.
    pub p: f64,
}

/// The share of items that thinking lowers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lowered {
    /// Items with a lower score with thinking.
    pub items: usize,
    /// Items with a score on both sides.
    pub of: usize,
    /// The share, 0–1.
    pub share: f64,
    /// Wilson's 95 % interval.
    pub ci95: [f64; 2],
}

/// The whole analysis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Thinking {
    /// The run with thinking.
    pub with: String,
    /// The run without.
    pub without: String,
    /// Whether the second run's model is declared to think as well.
    pub both_think: bool,
    /// The axis of the differences.
    pub axis: Axis,
    /// From marks to points.
    pub mapping: ScoreMap,
    /// Per category.
    pub categories: Vec<CategoryDelta>,
    /// Test that all categories have one difference; none with fewer than two categories with spread.
    pub homogeneity: Option<Homogeneity>,
    /// Items that thinking lowers.
    pub lowered: Option<Lowered>,
    /// Over category means: as weak as their number.
    pub category_correlations: Vec<PointCorrelation>,
    /// Over items.
    pub associations: Vec<ItemAssociation>,
}

/// Analyses two runs.
///
/// # Errors
/// [`CompareError`].
pub fn thinking(request: &ThinkingRequest<'_>) -> std::result::Result<Thinking, CompareError> {
    let (with, without) = (request.with, request.without);
    check(request)?;
    let judges = [without.judge(request.judge), with.judge(request.judge)];
    let judges: Vec<usize> = judges
        .into_iter()
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| CompareError::Judge(vec![error]))?;
    comparable::check(&[without, with], &judges, false)?;
    let items = Items::of(without)?;
    let judge = |at: usize| judges.get(at).copied().unwrap_or(0);
    let before = Sheet::new(without, judge(0), &items)?;
    let after = Sheet::new(with, judge(1), &items)?;
    let chosen: Vec<usize> = chosen(request, &items);
    let study = Study {
        items: &items,
        mapping: without.manifest.suite.mapping,
        seed: Digest::of_fields([
            b"parabench thinking 1".as_slice(),
            without.manifest.suite.digest.as_bytes(),
        ])
        .as_u64(),
        axis: request.axis,
        categories: &chosen,
        with: &after,
        without: &before,
    };
    Ok(study.analyse()?)
}

fn check(request: &ThinkingRequest<'_>) -> std::result::Result<(), CompareError> {
    let thinks = |run: &LoadedRun| run.manifest.model.identity.thinks;
    let refuse = |text: String| Err(CompareError::Request(text));
    if !thinks(request.with) {
        return refuse(format!(
            "the model of {} is declared not to think; the first run is the one with thinking",
            request.with.label
        ));
    }
    if request.axis.needs_reasoning() && !thinks(request.without) {
        return refuse(format!(
            "{} does not apply without thinking; choose an image axis",
            request.axis
        ));
    }
    Ok(())
}

fn chosen(request: &ThinkingRequest<'_>, items: &Items) -> Vec<usize> {
    let wanted =
        |kind: Kind| (request.all_kinds || kind == Kind::Edit) && request.axis.exists_for(kind);
    let categories = items.categories.iter().enumerate();
    categories
        .filter(|(_, category)| category.selected > 0 && wanted(category.kind))
        .map(|(number, _)| number)
        .collect()
}

impl Study<'_> {
    fn analyse(&self) -> Result<Thinking> {
        let empty = Vec::new();
        let values = |sheet: &Sheet| {
            sheet
                .axis(self.axis)
                .map_or_else(|| empty.clone(), |axis| axis.values.clone())
        };
        let all = differences(&values(self.with), &values(self.without))?;
        let mut categories = Vec::new();
        for &category in self.categories {
            categories.extend(self.category(category, &all)?);
        }
        Ok(Thinking {
            with: self.with.label.clone(),
            without: self.without.label.clone(),
            both_think: self.without.thinks,
            axis: self.axis,
            mapping: self.mapping,
            homogeneity: homogeneous(&categories)?,
            lowered: self.lowered(&all),
            category_correlations: over_categories(&categories)?,
            associations: associations(self)?,
            categories,
        })
    }

    fn category(&self, number: usize, all: &[Option<Rational>]) -> Result<Option<CategoryDelta>> {
        let here: Vec<usize> = self.items.of_category(number).collect();
        let values: Vec<Option<Rational>> = here
            .iter()
            .map(|&item| all.get(item).copied().flatten())
            .collect();
        let count = values.iter().flatten().count();
        let Some(section) = self.items.categories.get(number).filter(|_| count > 0) else {
            return Ok(None);
        };
        let mean = within(self.items, &here, &values)?;
        let slope = self.mapping.slope();
        let interval = mean.difference_interval(RAW_RANGE, 0.05).interval;
        Ok(Some(CategoryDelta {
            category: section.name.clone(),
            items: count,
            points: mean.value() * slope,
            se: mean.se().filter(|&se| se > 0.0).map(|se| se * slope),
            ci95: interval.map(|ends| [ends.lo * slope, ends.hi * slope]),
            p: bounded(mean.sign_flip(self.seed)?.p),
            text_quality: self.level(number, Axis::TEXT_QUALITY),
            output_alignment: self.level(number, Axis::OUTPUT_ALIGNMENT),
        }))
    }

    fn level(&self, category: usize, axis: Axis) -> Option<f64> {
        let sheet = self.with.axis(axis)?;
        let there: Vec<f64> = self
            .items
            .of_category(category)
            .filter_map(|item| sheet.values.get(item)?.map(Rational::to_f64))
            .collect();
        crate::stats::sample::mean(&there).map(|raw| self.mapping.points(raw))
    }

    fn lowered(&self, all: &[Option<Rational>]) -> Option<Lowered> {
        let of_item = self.items.strata().of_item();
        let here = all.iter().zip(of_item);
        let there: Vec<Rational> = here
            .filter(|(_, stratum)| self.categories.contains(stratum))
            .filter_map(|(difference, _)| *difference)
            .collect();
        let lower = there.iter().filter(|d| d.numerator() < 0).count();
        let (few, n) = (lower as u64, there.len() as u64);
        let interval = wilson(few, n, Confidence::P95).ok()?;
        Some(Lowered {
            items: lower,
            of: there.len(),
            share: lower as f64 / there.len() as f64,
            ci95: [interval.lo, interval.hi],
        })
    }
}

fn homogeneous(categories: &[CategoryDelta]) -> Result<Option<Homogeneity>> {
    let estimates: Vec<(f64, f64)> = categories
        .iter()
        .filter_map(|c| Some((c.points, c.se?)))
        .collect();
    if estimates.len() < 2 {
        return Ok(None);
    }
    let test = homogeneity(&estimates)?;
    Ok(Some(Homogeneity {
        q: test.q,
        df: test.df,
        p: test.p,
    }))
}

fn over_categories(categories: &[CategoryDelta]) -> Result<Vec<PointCorrelation>> {
    let mut found = Vec::new();
    for explanation in [Axis::OUTPUT_ALIGNMENT, Axis::TEXT_QUALITY] {
        let level = |category: &CategoryDelta| match explanation == Axis::TEXT_QUALITY {
            true => category.text_quality,
            false => category.output_alignment,
        };
        let points = categories
            .iter()
            .filter_map(|c| Some((c.points, level(c)?)));
        let (x, y): (Vec<f64>, Vec<f64>) = points.unzip();
        if (3..=MAX_POINTS).contains(&x.len()) {
            found.extend(correlations(("difference", &x), (explanation.key(), &y))?);
        }
    }
    adjust(&mut found)?;
    Ok(found)
}
