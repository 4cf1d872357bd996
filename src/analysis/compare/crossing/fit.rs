//! Whether a bridge fits runs.

use std::collections::HashMap;

use crate::analysis::bridge::file::{Bridge, Side};
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::runs::served::models;
use crate::run::scores::ScoreRow;
use crate::suite::Axis;

/// A suite on which the bridge was not made.
pub(super) fn suite_faults(bridge: &Bridge, run: &LoadedRun) -> Option<String> {
    let (ours, theirs) = (&bridge.suite, &run.manifest.suite);
    let planned = |suite: &crate::run::manifest::SuiteSection| -> Vec<(String, u32)> {
        let categories = suite.categories.iter();
        categories.map(|c| (c.name.clone(), c.planned)).collect()
    };
    let fits = ours.digest == theirs.digest
        && ours.mapping == theirs.mapping
        && ours.axes == theirs.axes
        && ours.scores == theirs.scores
        && planned(ours) == planned(theirs);
    (!fits).then(|| {
        format!(
            "it was made on suite {} version {} with digest {}, run {} on {} version {} with digest {}",
            ours.name,
            ours.version,
            ours.digest.short(12),
            run.label,
            theirs.name,
            theirs.version,
            theirs.digest.short(12)
        )
    })
}

/// A judge whose endpoint served other models than for the bridge. Silence is no difference.
pub(super) fn served_faults(bridge: &Bridge, run: &LoadedRun, judge: usize) -> Option<String> {
    let section = run.manifest.judges.get(judge)?;
    let marker = [&bridge.old, &bridge.new]
        .into_iter()
        .find(|marker| marker.digest == section.digest)?;
    let served = models(run.served.get(&section.identity.name)?);
    let known = |model: &&str| marker.served.contains(*model);
    let differs = !marker.served.is_empty() && !served.is_empty() && !served.iter().all(known);
    differs.then(|| {
        let bridge: Vec<&str> = marker.served.iter().map(String::as_str).collect();
        format!(
            "run {}: {} was served for {}, for the bridge {}",
            run.label,
            served.join(", "),
            section.identity.name,
            bridge.join(", ")
        )
    })
}

/// Whether the anchors of a run, known by its answers, have other marks of the old judge than the run itself.
pub(super) fn mark_fault(bridge: &Bridge, position: usize, run: &LoadedRun) -> Option<String> {
    let anchors = bridge.runs.get(position)?;
    let held: HashMap<(&str, u32, Axis, u32), &ScoreRow> = run
        .rows
        .iter()
        .filter(|row| *row.judge == *bridge.old.identity.name)
        .map(|row| ((&*row.task, row.seed, row.axis, row.repeat), row))
        .collect();
    let rows = bridge.rows(anchors, Side::Old);
    let mut differing = rows.iter().filter(|row| {
        let key = (&*row.task, row.seed, row.axis, row.repeat);
        let there = held.get(&key).and_then(|held| held.score);
        row.score.is_some() && there.is_some() && there != row.score
    });
    let first = differing.next()?;
    Some(format!(
        "run {}: {} gave task {} another mark on {} than the bridge holds; the run was marked again since then: make \
         the bridge again",
        run.label, bridge.old.identity.name, first.task, first.axis
    ))
}
