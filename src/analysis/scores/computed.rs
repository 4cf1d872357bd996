//! Scores that are computed from the marks of one answer, laid out like marks.

use std::collections::BTreeMap;

use crate::analysis::scores::items::{AxisSheet, Items, Marks};
use crate::common::decimal::Decimal;
use crate::stats::error::Result;
use crate::stats::lattice::item_value;
use crate::stats::rational::Rational;
use crate::suite::Axis;
use crate::suite::axes::formula::{Formula, OnScale};

/// The sheet of a computed score: one value per item, sample and repeat, missing where an axis that enters there has no
/// mark. `None` where no axis of its formula applies, and for an axis without formula.
///
/// # Errors
/// [`crate::stats::error::StatsError::Overflow`].
pub fn computed(
    items: &Items,
    sheets: &BTreeMap<Axis, AxisSheet>,
    score: Axis,
) -> Result<Option<AxisSheet>> {
    let Some(formula) = score.formula() else {
        return Ok(None);
    };
    let named = formula.axes();
    let entering: Vec<(Axis, &AxisSheet)> = sheets
        .iter()
        .filter(|(axis, sheet)| named.contains(&axis.key()) && sheet.applies())
        .map(|(axis, sheet)| (*axis, sheet))
        .collect();
    if entering.is_empty() {
        return Ok(None);
    }
    let mut sheet = AxisSheet {
        marks: vec![None; items.tasks.len()],
        values: Vec::new(),
        counts: BTreeMap::new(),
        expected: 0,
        missing: 0,
    };
    let of_item = items.strata().of_item().iter().enumerate();
    for (item, stratum) in of_item {
        let category = items.categories.get(*stratum);
        let kind = category.map(|category| category.kind);
        let category = category.map_or("", |category| category.name.as_str());
        let here = formula.axes_in(category);
        let marks: Vec<(Axis, &Marks)> = entering
            .iter()
            .filter(|(axis, _)| here.contains(&axis.key()))
            .filter_map(|(axis, sheet)| Some((*axis, sheet.marks.get(item)?.as_ref()?)))
            .collect();
        let lacks = formula.needs_every_axis()
            && kind.is_some_and(|kind| {
                let exist = entering.iter().filter(|(axis, _)| {
                    here.contains(&axis.key()) && axis.exists_in(category, kind)
                });
                exist.count() > marks.len()
            });
        let scores = match lacks {
            true => lowest(&marks),
            false => scores(formula, category, &marks, score)?,
        };
        for mark in scores.iter().flatten().flatten() {
            sheet.expected += 1;
            sheet.missing += u64::from(mark.is_none());
            let status = if mark.is_some() { "ok" } else { "incomplete" };
            *sheet.counts.entry(status).or_default() += 1;
        }
        if let Some(place) = sheet.marks.get_mut(item) {
            *place = scores;
        }
    }
    let value = |marks: &Option<Marks>| marks.as_ref().map_or(Ok(None), |m| item_value(m));
    sheet.values = sheet.marks.iter().map(value).collect::<Result<_>>()?;
    Ok(Some(sheet))
}

/// The lowest score for every sample and repeat, whatever is marked.
fn lowest(marks: &[(Axis, &Marks)]) -> Option<Marks> {
    let (_, first) = marks.first()?;
    let lowest = |repeats: &Vec<Option<Rational>>| vec![Some(Rational::from(1)); repeats.len()];
    Some(first.iter().map(lowest).collect())
}

/// The scores of one item; `None` where no axis exists for it.
fn scores(
    formula: &Formula,
    category: &str,
    marks: &[(Axis, &Marks)],
    score: Axis,
) -> Result<Option<Marks>> {
    let Some(samples) = marks.iter().map(|(_, marks)| marks.len()).min() else {
        return Ok(None);
    };
    let mut scores = Vec::with_capacity(samples);
    for sample in 0..samples {
        let of_sample = |(_, marks): &(Axis, &Marks)| marks.get(sample).map_or(0, Vec::len);
        let repeats = marks.iter().map(of_sample).min().unwrap_or(0);
        let mut of_repeats = Vec::with_capacity(repeats);
        for repeat in 0..repeats {
            let there: Option<Vec<(&str, OnScale)>> = marks
                .iter()
                .map(|(axis, marks)| {
                    let mark = marks.get(sample)?.get(repeat).copied().flatten()?;
                    Some((axis.key(), on_scale(*axis, mark)?))
                })
                .collect();
            let value = there.and_then(|there| formula.score(category, &there, score.scale()));
            let place = |value: Decimal| {
                let (above, below) = score.scale().five_point(value);
                Rational::new(above, below)
            };
            of_repeats.push(value.map(place).transpose()?);
        }
        scores.push(of_repeats);
    }
    Ok(Some(scores))
}

/// The mark of an axis at a place of the five-point scale.
fn on_scale(axis: Axis, five_point: Rational) -> Option<OnScale> {
    let scale = axis.scale();
    Some(OnScale {
        mark: Decimal::nearest(scale.mark_at(five_point.to_f64()))?,
        scale,
    })
}
