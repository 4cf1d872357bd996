//! Run folders on disk for tests of comparisons: `run.toml` and `scores.csv`, nothing else.

#![allow(dead_code)] // each test file uses its part

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parabench::analysis::runs::declaration::Declaration;
use parabench::common::digest::Digest;
use parabench::judge::{self, Score};
use parabench::model;
use parabench::run::folder::names;
use parabench::run::manifest::{
    CategorySection, DeclarationSection, JudgeSection, Manifest, ModelSection, SamplingSection,
    SuiteSection, program,
};
use parabench::run::record::SchemaVersion;
use parabench::run::scores::{self, ScoreRow, Status};
use parabench::suite::select::SampleRange;
use parabench::suite::{Axis, Kind, ScoreMap};

/// Writes the digest of the declaration in `plan` into runs, as if they had been made under it.
pub fn declare(results: &Path, runs: &[&str], plan: &Path) {
    let digest = Declaration::read(plan).unwrap().digest.unwrap();
    for run in runs {
        let path = results.join(run).join(names::MANIFEST);
        let mut manifest = Manifest::read(&path).unwrap();
        manifest.declaration = Some(DeclarationSection { digest });
        manifest.write(&path).unwrap();
    }
}

/// Puts the tasks of runs into clusters, as a suite would that says so.
pub fn cluster(results: &Path, runs: &[&str], cluster_of: impl Fn(&str) -> Option<String>) {
    for run in runs {
        let path = results.join(run).join(names::MANIFEST);
        let mut manifest = Manifest::read(&path).unwrap();
        let rows = scores::read(&results.join(run).join(names::SCORES), &Axis::ALL).unwrap();
        for row in &rows {
            if let Some(cluster) = cluster_of(&row.task) {
                manifest
                    .suite
                    .clusters
                    .insert(row.task.to_string(), cluster);
            }
        }
        manifest.write(&path).unwrap();
    }
}

/// What a mark is about.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub category: usize,
    /// Number of the item within its category.
    pub item: u32,
    pub axis: Axis,
    pub sample: u32,
    pub repeat: u32,
}

pub type Marks = Arc<dyn Fn(Place) -> Result<i64, Status>>;

/// A run to be written; change its fields, then [`RunFixture::write`] it.
#[derive(Clone)]
pub struct RunFixture {
    pub name: String,
    pub thinks: bool,
    pub suite: String,
    pub suite_digest: Digest,
    pub mapping: ScoreMap,
    pub axes: Vec<Axis>,
    pub categories: Vec<(String, Kind, u32)>,
    pub samples: u32,
    pub repeats: u32,
    pub judge: String,
    pub judge_model: String,
    pub marks: Marks,
}

impl RunFixture {
    /// A thinking model on the six categories of ParaBench with `per_edit` tasks in each edit category
    /// and `generation` generation tasks, marked by hash around `level`.
    pub fn new(name: &str, per_edit: u32, generation: u32, level: f64) -> Self {
        let edits = ["spatial", "temporal", "causal", "knowledge", "general"];
        let mut categories: Vec<(String, Kind, u32)> = edits
            .map(|category| (category.to_owned(), Kind::Edit, per_edit))
            .to_vec();
        if generation > 0 {
            categories.push(("generation".to_owned(), Kind::Generation, generation));
        }
        let salt = name.to_owned();
        Self {
            name: name.to_owned(),
            thinks: true,
            suite: "parabench".to_owned(),
            suite_digest: Digest::of(b"suite"),
            mapping: ScoreMap::Affine25,
            axes: Axis::ALL.to_vec(),
            categories,
            samples: 1,
            repeats: 1,
            judge: "judge".to_owned(),
            judge_model: "gpt-4.1".to_owned(),
            marks: Arc::new(move |place| Ok(hashed_mark(&salt, place, level))),
        }
    }

    pub fn with_marks(mut self, marks: impl Fn(Place) -> Result<i64, Status> + 'static) -> Self {
        self.marks = Arc::new(marks);
        self
    }

    pub fn manifest(&self) -> Manifest {
        let categories = self
            .categories
            .iter()
            .map(|(name, kind, count)| CategorySection {
                name: name.clone(),
                kind: *kind,
                planned: *count,
                selected: *count,
            });
        let ids: Vec<String> = self.tasks().map(|(_, _, id)| id).collect();
        let judge = judge::Identity {
            name: self.judge.clone(),
            kind: "openai".to_owned(),
            details: [("model".to_owned(), self.judge_model.clone())].into(),
        };
        let seeds: SampleRange = format!("0..{}", self.samples).parse().unwrap();
        Manifest {
            schema: SchemaVersion::default(),
            program: program(),
            suite: SuiteSection {
                name: self.suite.clone(),
                version: "1".to_owned(),
                digest: self.suite_digest,
                mapping: self.mapping,
                axes: self.axes.clone(),
                scores: Vec::new(),
                print: None,
                exempt: Default::default(),
                categories: categories.collect(),
                clusters: [].into(),
            },
            sampling: SamplingSection {
                limit: None,
                tasks: Vec::new(),
                categories: Vec::new(),
                tasks_digest: Digest::of_fields(ids.iter().map(|id| id.as_bytes())),
                run_seed: 0,
                seeds: seeds.to_string(),
            },
            model: ModelSection {
                spec: format!("replay:{}", self.name),
                identity: model::Identity {
                    name: format!("{}-model", self.name),
                    kind: "replay".to_owned(),
                    thinks: self.thinks,
                    details: [].into(),
                },
                provenance: Default::default(),
            },
            declaration: None,
            shard: None,
            merged: None,
            import: None,
            judges: vec![JudgeSection::new(&judge, self.repeats)],
        }
    }

    fn tasks(&self) -> impl Iterator<Item = (usize, u32, String)> + '_ {
        self.categories
            .iter()
            .enumerate()
            .flat_map(|(number, (name, _, count))| {
                (0..*count).map(move |item| (number, item, format!("{name}-{item:03}")))
            })
    }

    pub fn rows(&self) -> Vec<ScoreRow> {
        let mut rows = Vec::new();
        for (category, item, id) in self.tasks() {
            for sample in 0..self.samples {
                for &axis in &self.axes {
                    for repeat in 0..self.repeats {
                        let place = Place {
                            category,
                            item,
                            axis,
                            sample,
                            repeat,
                        };
                        rows.push(self.row(place, &id));
                    }
                }
            }
        }
        rows
    }

    fn row(&self, place: Place, id: &str) -> ScoreRow {
        let (category, kind, _) = &self.categories[place.category];
        let applies =
            place.axis.exists_for(*kind) && (self.thinks || !place.axis.needs_reasoning());
        let mark = if applies {
            (self.marks)(place)
        } else {
            Err(Status::NotApplicable)
        };
        ScoreRow {
            suite: self.suite.as_str().into(),
            task: id.into(),
            category: category.as_str().into(),
            kind: *kind,
            model: format!("{}-model", self.name).as_str().into(),
            seed: place.sample,
            axis: place.axis,
            judge: self.judge.as_str().into(),
            repeat: place.repeat,
            score: mark.ok().map(|mark| Score::new(mark).unwrap()),
            status: mark.err().unwrap_or(Status::Ok),
            parts: scores::PartsCell::Absent,
        }
    }

    /// Writes the run into `results` under its name and returns its folder.
    pub fn write(&self, results: &Path) -> PathBuf {
        let folder = results.join(&self.name);
        std::fs::create_dir_all(&folder).unwrap();
        self.manifest()
            .write(&folder.join(names::MANIFEST))
            .unwrap();
        scores::write(&folder.join(names::SCORES), &self.rows()).unwrap();
        folder
    }
}

/// A number in 0..1 that depends on everything it is given.
pub fn hashed(salt: &str, place: Place) -> f64 {
    let Place {
        category,
        item,
        axis,
        sample,
        repeat,
    } = place;
    let text = format!("{salt}/{category}/{item}/{axis}/{sample}/{repeat}");
    (Digest::of(text.as_bytes()).as_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// A mark around `level` whose item part is shared by all runs, as in real paired data.
pub fn hashed_mark(salt: &str, place: Place, level: f64) -> i64 {
    let item = hashed(
        "item",
        Place {
            sample: 0,
            repeat: 0,
            ..place
        },
    );
    let own = hashed(salt, place);
    (level + 1.6 * (item - 0.5) + 2.4 * (own - 0.5))
        .round()
        .clamp(1.0, 5.0) as i64
}
