//! Bridges between two judges, made of a rule that gives both marks.

#![allow(dead_code)] // each test file uses its part

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parabench::analysis::bridge::file::{
    AnchorAnswer, AnchorRun, AnchorTask, BothMarks, Bridge, Draw, Marker,
};
use parabench::analysis::runs::load::LoadedRun;
use parabench::common::digest::Digest;
use parabench::judge::{Identity, Score};
use parabench::run::manifest::{CategorySection, SuiteSection, program};
use parabench::run::scores::Status;
use parabench::suite::{Axis, Kind, ScoreMap};

use crate::runs::{Place, RunFixture};

/// What two marks are about.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Number of the run.
    pub run: usize,
    /// Number of the stratum.
    pub category: usize,
    /// Number of the task within it.
    pub item: u32,
    pub axis: Axis,
}

/// The strata of a design and its axes.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Name, kind, tasks by plan, tasks that were drawn.
    pub categories: Vec<(String, Kind, u32, u32)>,
    pub axes: Vec<Axis>,
}

impl Shape {
    /// Strata of edits with so many planned and drawn tasks each, on these axes.
    pub fn edits(strata: usize, planned: u32, drawn: u32, axes: &[Axis]) -> Self {
        let stratum = |n: usize| (format!("c{n}"), Kind::Edit, planned, drawn);
        Self {
            categories: (0..strata).map(stratum).collect(),
            axes: axes.to_vec(),
        }
    }

    pub fn suite(&self) -> SuiteSection {
        let category = |(name, kind, planned, _): &(String, Kind, u32, u32)| CategorySection {
            name: name.clone(),
            kind: *kind,
            planned: *planned,
            selected: *planned,
        };
        SuiteSection {
            name: "parabench".to_owned(),
            version: "1".to_owned(),
            digest: Digest::of(b"suite"),
            mapping: ScoreMap::Affine25,
            axes: self.axes.clone(),
            scores: Vec::new(),
            print: None,
            exempt: Default::default(),
            categories: self.categories.iter().map(category).collect(),
            clusters: BTreeMap::new(),
        }
    }

    /// The bridge of these runs. `marks` gives the marks of the old and of the new judge.
    pub fn bridge(
        &self,
        runs: &[&str],
        marks: impl Fn(Spot) -> (Option<i64>, Option<i64>),
    ) -> Bridge {
        let mut tasks = Vec::new();
        for (name, _, _, drawn) in &self.categories {
            tasks.extend((0..*drawn).map(|item| AnchorTask {
                task: format!("{name}-{item:03}").into(),
                category: name.as_str().into(),
            }));
        }
        let runs = runs.iter().enumerate().map(|(run, label)| AnchorRun {
            label: (*label).to_owned(),
            model: format!("{label}-model"),
            thinks: true,
            samples_digest: Digest::of(label.as_bytes()),
            answers: self.answers(run, &marks),
        });
        Bridge {
            program: program(),
            suite: self.suite(),
            draw: Draw {
                seed: 0,
                wanted: tasks.len(),
                of: self.categories.iter().map(|c| c.2 as usize).sum(),
            },
            old: marker("old", "gpt-4.1"),
            new: marker("new", "gpt-6-luna"),
            tasks,
            runs: runs.collect(),
        }
    }

    fn answers(
        &self,
        run: usize,
        marks: &impl Fn(Spot) -> (Option<i64>, Option<i64>),
    ) -> Vec<AnchorAnswer> {
        let mut answers = Vec::new();
        for (category, (name, kind, _, drawn)) in self.categories.iter().enumerate() {
            for item in 0..*drawn {
                let task: Arc<str> = format!("{name}-{item:03}").into();
                let of = |axis: &Axis| {
                    let (old, new) = marks(Spot {
                        run,
                        category,
                        item,
                        axis: *axis,
                    });
                    let score = |mark: Option<i64>| vec![mark.and_then(Score::new)];
                    let both = BothMarks {
                        old: score(old),
                        new: score(new),
                    };
                    (*axis, both)
                };
                let axes = self.axes.iter().filter(|axis| axis.exists_for(*kind));
                answers.push(AnchorAnswer {
                    answer: Some(Digest::of(format!("{run}/{task}").as_bytes())),
                    task,
                    sample: 0,
                    marks: axes.map(of).collect(),
                });
            }
        }
        answers
    }
}

/// A judge of that name.
pub fn marker(name: &str, model: &str) -> Marker {
    let identity = Identity {
        name: name.to_owned(),
        kind: "openai".to_owned(),
        details: [("model".to_owned(), model.to_owned())].into(),
    };
    Marker {
        repeats: 1,
        digest: identity.digest(),
        identity,
        served: BTreeSet::new(),
    }
}

/// A number in 0..1 that depends on the words alone.
pub fn uniform(words: &str) -> f64 {
    (Digest::of(words.as_bytes()).as_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// The same run in memory, as if it had been read from a folder.
pub fn loaded(fixture: &RunFixture) -> LoadedRun {
    let manifest = fixture.manifest();
    LoadedRun {
        label: fixture.name.clone(),
        folder: fixture.name.as_str().into(),
        samples: manifest.sampling.seeds.parse().unwrap(),
        manifest,
        rows: fixture.rows(),
        served: Default::default(),
    }
}

impl Shape {
    /// A run on all planned tasks of this shape, marked by the judge called `judge` of a bridge's two.
    pub fn run(
        &self,
        name: &str,
        (judge, model): (&str, &str),
        marks: impl Fn(Place) -> Result<i64, Status> + 'static,
    ) -> RunFixture {
        let mut run = RunFixture::new(name, 0, 0, 0.0).with_marks(marks);
        let category =
            |(name, kind, planned, _): &(String, Kind, u32, u32)| (name.clone(), *kind, *planned);
        run.categories = self.categories.iter().map(category).collect();
        run.axes.clone_from(&self.axes);
        (run.judge, run.judge_model) = (judge.to_owned(), model.to_owned());
        run
    }
}

/// The old judge's name and model.
pub const OLD: (&str, &str) = ("old", "gpt-4.1");
/// The new judge's.
pub const NEW: (&str, &str) = ("new", "gpt-6-luna");
