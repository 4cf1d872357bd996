//! Along the denoising steps: how similar partial text and partial picture are, the reward of ParaRL (arXiv 2511.09611)
//! that follows from it, and when the two come to agree.
//!
//! The task is the unit: samples of a task are averaged first.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::judges::standard::Standard;
use crate::stats::error::Result;
use crate::stats::interval::Confidence;
use crate::stats::paired::PairedSummary;
use crate::stats::sample;

/// Share of the way from its lowest to its last similarity from which on a trajectory counts as settled.
pub const SETTLED: f64 = 0.9;

/// One sample's similarities.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The task.
    pub task: String,
    /// Steps done and the similarity then; `None` where text or picture had not begun. In the order of steps.
    pub frames: Vec<(usize, Option<f64>)>,
}

impl Path {
    fn last_step(&self) -> usize {
        self.frames.last().map_or(0, |(step, _)| *step)
    }

    fn measured(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.frames
            .iter()
            .filter_map(|(step, value)| Some((*step, (*value)?)))
    }

    /// Share of the steps after which the similarity stays at 90 % or more of its way from the lowest to the last;
    /// `None` where the last is the lowest: text and picture never came closer.
    fn settles(&self) -> Option<f64> {
        let last = self.measured().last()?.1;
        let lowest = self.measured().map(|(_, value)| value).fold(last, f64::min);
        if last <= lowest {
            return None;
        }
        let enough = lowest + SETTLED * (last - lowest);
        let mut settled = None;
        for (step, value) in self.measured() {
            match (value >= enough, settled) {
                (false, _) => settled = None,
                (true, None) => settled = Some(step),
                (true, Some(_)) => {}
            }
        }
        settled.map(|step| step as f64 / self.last_step() as f64)
    }
}

/// A mean over tasks with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// t over tasks; none for one task or without spread.
    pub ci95: Option<[f64; 2]>,
    /// Tasks behind it.
    pub tasks: usize,
}

impl Mean {
    fn of(by_task: &BTreeMap<&str, Vec<f64>>) -> Result<Option<Self>> {
        let values: Vec<f64> = by_task
            .values()
            .filter_map(|samples| sample::mean(samples))
            .collect();
        let summary = PairedSummary::of(&values)?;
        let interval = summary
            .t_interval(Confidence::P95)
            .filter(|_| summary.degeneracy().is_none());
        Ok(summary.mean.map(|value| Self {
            value,
            ci95: interval.map(|interval| [interval.lo, interval.hi]),
            tasks: summary.n,
        }))
    }
}

/// One point of a curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Steps done.
    pub after_steps: usize,
    /// Share of all steps, 0–1.
    pub share: f64,
    /// Mean similarity.
    pub similarity: Mean,
    /// Mean reward ½(1 + clip(ĉ)), 0–1, where a mean and deviation were given.
    pub reward: Option<Mean>,
}

/// When text and picture come to agree, as a share of the steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Mean over the tasks that settle.
    pub settled: Mean,
    /// Lower quartile, median, upper quartile over these tasks.
    pub quartiles: [f64; 3],
    /// Samples whose similarity ends where it is lowest.
    pub never: usize,
}

/// The curve of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// The run.
    pub run: String,
    /// Tasks.
    pub tasks: usize,
    /// Samples.
    pub samples: usize,
    /// Steps of a trajectory.
    pub steps: usize,
    /// Samples with another number of steps than most, left out.
    pub left_out: usize,
    /// The points, in the order of steps.
    pub points: Vec<Point>,
    /// When they agree; none where no sample settles.
    pub agreement: Option<Agreement>,
}

/// The curve of a run's samples. `None` where no frame could be measured.
///
/// # Errors
/// Similarities that are not finite.
pub fn curve(run: &str, paths: &[Path], standard: Option<&Standard>) -> Result<Option<Curve>> {
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for path in paths {
        *lengths.entry(path.last_step()).or_default() += 1;
    }
    let Some((&steps, _)) = lengths.iter().max_by_key(|(_, count)| **count) else {
        return Ok(None);
    };
    let kept: Vec<&Path> = paths
        .iter()
        .filter(|path| path.last_step() == steps)
        .collect();
    let mut by_step: BTreeMap<usize, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
    for path in &kept {
        for (step, value) in path.measured() {
            let tasks = by_step.entry(step).or_default();
            tasks.entry(&path.task).or_default().push(value);
        }
    }
    let mut points = Vec::new();
    for (after_steps, tasks) in by_step {
        let reward = match standard {
            Some(standard) => Mean::of(&mapped(&tasks, |value| standard.reward(value)))?,
            None => None,
        };
        points.extend(Mean::of(&tasks)?.map(|similarity| Point {
            after_steps,
            share: after_steps as f64 / steps.max(1) as f64,
            similarity,
            reward,
        }));
    }
    if points.is_empty() {
        return Ok(None);
    }
    let tasks: std::collections::BTreeSet<&str> = kept.iter().map(|path| &*path.task).collect();
    Ok(Some(Curve {
        run: run.to_owned(),
        tasks: tasks.len(),
        samples: kept.len(),
        steps,
        left_out: paths.len() - kept.len(),
        points,
        agreement: agreement(&kept)?,
    }))
}

fn mapped<'a>(
    tasks: &BTreeMap<&'a str, Vec<f64>>,
    map: impl Fn(f64) -> f64,
) -> BTreeMap<&'a str, Vec<f64>> {
    let each = |values: &Vec<f64>| values.iter().map(|&value| map(value)).collect();
    tasks
        .iter()
        .map(|(task, values)| (*task, each(values)))
        .collect()
}

fn agreement(paths: &[&Path]) -> Result<Option<Agreement>> {
    let mut by_task: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut never = 0;
    for path in paths {
        match path.settles() {
            Some(share) => by_task.entry(&path.task).or_default().push(share),
            None => never += 1,
        }
    }
    let mut shares: Vec<f64> = by_task
        .values()
        .filter_map(|samples| sample::mean(samples))
        .collect();
    shares.sort_by(f64::total_cmp);
    let quartiles = [0.25, 0.5, 0.75].map(|q| sample::quantile_sorted(&shares, q));
    let [Some(lower), Some(median), Some(upper)] = quartiles else {
        return Ok(None);
    };
    Ok(Mean::of(&by_task)?.map(|settled| Agreement {
        settled,
        quartiles: [lower, median, upper],
        never,
    }))
}

/// The similarities of the last frames, from which a [`Standard`] may be made.
pub fn last_similarities(paths: &[Path]) -> Vec<f64> {
    let last = |path: &Path| path.measured().last().map(|(_, value)| value);
    paths.iter().filter_map(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(task: &str, values: &[Option<f64>]) -> Path {
        Path {
            task: task.to_owned(),
            frames: (1..).zip(values.iter().copied()).collect(),
        }
    }

    #[test]
    fn agreement_is_the_last_time_it_comes_about() {
        // 90 % of the way from 0 to 10 is 9: reached at step 2, lost at 3, reached for good at 4 of 5.
        let wavering = path(
            "a",
            &[Some(0.0), Some(9.5), Some(4.0), Some(9.0), Some(10.0)],
        );
        assert_eq!(wavering.settles(), Some(0.8));
        assert_eq!(path("b", &[Some(5.0), Some(1.0)]).settles(), None);
        assert_eq!(path("c", &[None, None]).settles(), None);
        assert_eq!(
            path("d", &[None, Some(1.0), Some(3.0)]).settles(),
            Some(1.0)
        );
    }

    #[test]
    fn tasks_weigh_the_same_however_many_samples_they_have() {
        let paths = [
            path("a", &[None, Some(10.0)]),
            path("a", &[None, Some(20.0)]),
            path("b", &[Some(1.0), Some(45.0)]),
            path("c", &[Some(1.0)]),
        ];
        let curve = curve("r", &paths, None).unwrap().unwrap();
        assert_eq!(
            (curve.tasks, curve.samples, curve.left_out, curve.steps),
            (2, 3, 1, 2)
        );
        let [first, last] = curve.points.as_slice() else {
            panic!("{curve:?}");
        };
        assert_eq!((first.similarity.tasks, first.similarity.ci95), (1, None));
        assert_eq!((last.similarity.value, last.share), (30.0, 1.0));
        assert_eq!(curve.agreement.unwrap().never, 2);
        assert_eq!(
            super::curve("r", &[path("a", &[None])], None).unwrap(),
            None
        );
    }

    #[test]
    fn rewards_are_means_of_rewards() {
        let standard = Standard::new("s", 20.0, 10.0).unwrap();
        let paths = [path("a", &[Some(25.0)]), path("b", &[Some(90.0)])];
        let curve = curve("r", &paths, Some(&standard)).unwrap().unwrap();
        // (½(1 + 0.5) + 1)/2: the second is clipped.
        assert_eq!(curve.points[0].reward.unwrap().value, 0.875);
    }
}
