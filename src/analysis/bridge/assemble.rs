//! From runs that two judges marked to a bridge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::analysis::bridge::file::{
    AnchorAnswer, AnchorRun, AnchorTask, BothMarks, Bridge, BridgeError, Draw, Marker, Side,
};
use crate::analysis::runs::comparable;
use crate::analysis::runs::load::{LoadedRun, NoJudge};
use crate::analysis::runs::served::models;
use crate::common::digest::Digest;
use crate::judge::Identity;
use crate::run::manifest::{SuiteSection, program};
use crate::run::record::SampleKey;
use crate::run::scores::Status;
use crate::suite::Axis;

/// A run with the digests of its answers.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The run.
    pub run: &'a LoadedRun,
    /// Digest of what judges saw of each answer.
    pub answers: &'a BTreeMap<SampleKey, Digest>,
}

impl Bridge {
    /// Puts together what the judges called `old` and `new` said of the answers of `runs` to `tasks`.
    ///
    /// # Errors
    /// [`BridgeError`]: runs that were not made alike or lack a judge, one judge twice.
    pub fn assemble(
        runs: &[Held<'_>],
        (old, new): (&str, &str),
        draw: Draw,
        tasks: Vec<AnchorTask>,
    ) -> Result<Self, BridgeError> {
        let loaded: Vec<&LoadedRun> = runs.iter().map(|held| held.run).collect();
        let marker = |name: &str| marker(&loaded, name);
        let (old, new) = (marker(old)?, marker(new)?);
        if old.digest == new.digest {
            let digest = old.digest.short(12);
            return Err(BridgeError::OneJudge(
                old.identity.name,
                new.identity.name,
                digest,
            ));
        }
        let suite = match loaded.first() {
            Some(run) => clusters_of(&run.manifest.suite, &tasks),
            None => {
                let none = NoJudge {
                    run: "none".to_owned(),
                    known: Vec::new(),
                    wanted: None,
                };
                return Err(none.into());
            }
        };
        let runs = runs
            .iter()
            .map(|held| anchor_run(held, &old, &new, &tasks))
            .collect();
        Ok(Self {
            program: program(),
            suite,
            draw,
            old,
            new,
            tasks,
            runs,
        })
    }

    /// The marks of the judge called `old` alone: what an anchor set keeps.
    ///
    /// # Errors
    /// As [`assemble`](Self::assemble).
    pub fn old_alone(
        runs: &[Held<'_>],
        old: &str,
        tasks: &[AnchorTask],
    ) -> Result<(Marker, Vec<AnchorRun>), BridgeError> {
        let loaded: Vec<&LoadedRun> = runs.iter().map(|held| held.run).collect();
        let old = marker(&loaded, old)?;
        let nobody = Marker {
            repeats: 0,
            digest: old.digest,
            identity: Identity {
                name: String::new(),
                kind: String::new(),
                details: BTreeMap::new(),
            },
            served: BTreeSet::new(),
        };
        let runs = runs
            .iter()
            .map(|held| anchor_run(held, &old, &nobody, tasks));
        Ok((old.clone(), runs.collect()))
    }
}

/// The suite's section with the clusters of the drawn tasks alone.
fn clusters_of(suite: &SuiteSection, tasks: &[AnchorTask]) -> SuiteSection {
    let drawn: BTreeSet<&str> = tasks.iter().map(|task| &*task.task).collect();
    let mut suite = suite.clone();
    suite
        .clusters
        .retain(|task, _| drawn.contains(task.as_str()));
    suite
}

/// A judge of all runs, which must be the same judge in each of them.
fn marker(runs: &[&LoadedRun], name: &str) -> Result<Marker, BridgeError> {
    let judges = runs
        .iter()
        .map(|run| run.judge(Some(name)))
        .collect::<Result<Vec<_>, _>>()?;
    comparable::check(runs, &judges, false)?;
    let sections = runs
        .iter()
        .zip(&judges)
        .filter_map(|(run, judge)| run.manifest.judges.get(*judge));
    let repeats = sections.clone().map(|section| section.repeats).max();
    let section = sections.clone().next().ok_or_else(|| NoJudge {
        run: "none".to_owned(),
        known: Vec::new(),
        wanted: Some(name.to_owned()),
    })?;
    let served = runs
        .iter()
        .filter_map(|run| run.served.get(name))
        .flat_map(|served| models(served).into_iter().map(str::to_owned));
    Ok(Marker {
        repeats: repeats.unwrap_or(section.repeats),
        digest: section.digest,
        identity: section.identity.clone(),
        served: served.collect(),
    })
}

fn anchor_run(held: &Held<'_>, old: &Marker, new: &Marker, tasks: &[AnchorTask]) -> AnchorRun {
    let drawn: BTreeSet<&str> = tasks.iter().map(|task| &*task.task).collect();
    let manifest = &held.run.manifest;
    let mut answers: BTreeMap<SampleKey, AnchorAnswer> = BTreeMap::new();
    for row in held
        .run
        .rows
        .iter()
        .filter(|row| drawn.contains(&*row.task))
    {
        let key = SampleKey {
            task: Arc::clone(&row.task),
            sample: row.seed,
        };
        let digest = held.answers.get(&key).copied();
        let answer = answers.entry(key).or_insert_with(|| AnchorAnswer {
            task: Arc::clone(&row.task),
            sample: row.seed,
            answer: digest,
            marks: BTreeMap::new(),
        });
        let sides = [(old, Side::Old), (new, Side::New)];
        let Some((_, side)) = sides
            .into_iter()
            .find(|(m, _)| *m.identity.name == *row.judge)
        else {
            continue;
        };
        if row.status == Status::NotApplicable {
            continue;
        }
        let both = answer.marks.entry(row.axis).or_insert_with(|| BothMarks {
            old: vec![None; old.repeats as usize],
            new: vec![None; new.repeats as usize],
        });
        let marks = match side {
            Side::Old => &mut both.old,
            Side::New => &mut both.new,
        };
        if let Some(mark) = marks.get_mut(row.repeat as usize) {
            *mark = row.score;
        }
    }
    // An axis that one of the two does not mark is no matter of the bridge.
    for answer in answers.values_mut() {
        let both = |axis: &Axis| old.identity.marks(*axis) && new.identity.marks(*axis);
        answer.marks.retain(|axis, _| both(axis));
    }
    AnchorRun {
        label: held.run.label.clone(),
        model: manifest.model.identity.name.clone(),
        thinks: manifest.model.identity.thinks,
        samples_digest: manifest.samples_digest(),
        answers: answers.into_values().collect(),
    }
}
