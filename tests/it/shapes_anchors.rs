//! Controls land where they must when the oracle judges them on the suite `shapes`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use image::{DynamicImage, Rgb, RgbImage};
use parabench::common::picture::{Picture, PictureFile};
use parabench::judge::evidence::Parts;
use parabench::judge::oracle::Oracle;
use parabench::judge::{Evidence, Mark, Question, View};
use parabench::model::control::truth::{Damage, answer};
use parabench::suite::shapes::draw::draw;
use parabench::suite::shapes::write::{SuiteTask, suite_tasks};
use parabench::suite::{Axis, Kind, ScoreMap, Target};

/// What a control says and draws.
type Answers<'a> = &'a dyn Fn(&[SuiteTask], usize) -> (RgbImage, String);

/// Mean points per axis over a suite.
struct Bench {
    tasks: Vec<SuiteTask>,
    inputs: Vec<Option<Arc<PictureFile>>>,
    folder: tempfile::TempDir,
    oracle: Oracle,
}

impl Bench {
    /// Every `step`th task of a suite.
    fn new(seed: u64, step: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tasks = suite_tasks(seed).unwrap();
        let tasks: Vec<SuiteTask> = tasks.into_iter().step_by(step).collect();
        let inputs = tasks
            .iter()
            .map(|task| Some(store(folder.path(), &draw(task.task.before()?))))
            .collect();
        Self {
            tasks,
            inputs,
            folder,
            oracle: Oracle::new(),
        }
    }

    fn points(&self, answers: Answers) -> BTreeMap<Axis, f64> {
        let mut marks: BTreeMap<Axis, Vec<f64>> = BTreeMap::new();
        for (index, task) in self.tasks.iter().enumerate() {
            let (picture, text) = answers(&self.tasks, index);
            let output = store(self.folder.path(), &picture);
            let input = self.inputs[index].clone();
            let kind = if input.is_some() {
                Kind::Edit
            } else {
                Kind::Generation
            };
            for axis in Axis::ALL.into_iter().filter(|axis| axis.exists_for(kind)) {
                let evidence =
                    evidence(axis, &task.task.instruction, input.clone(), &text, &output);
                let question = Question {
                    task: task.id.as_str().into(),
                    kind,
                    category: None,
                    together: Arc::default(),
                    evidence,
                    target: Some(Arc::new(Target(
                        serde_json::to_value(&task.task.truth).unwrap(),
                    ))),
                    view: View::default(),
                    repeat: 0,
                };
                let Mark::Scored(score) = self.oracle.verdict(&question).unwrap().mark else {
                    panic!("the oracle always marks");
                };
                marks.entry(axis).or_default().push(score.to_f64());
            }
        }
        let mean = |marks: Vec<f64>| marks.iter().sum::<f64>() / marks.len() as f64;
        marks
            .into_iter()
            .map(|(axis, marks)| (axis, ScoreMap::Affine25.points(mean(marks))))
            .collect()
    }
}

fn store(folder: &Path, pixels: &RgbImage) -> Arc<PictureFile> {
    let picture = Picture::from_pixels(&DynamicImage::ImageRgb8(pixels.clone())).unwrap();
    let path = folder.join(format!("{}.png", picture.digest()));
    std::fs::write(&path, picture.bytes()).unwrap();
    Arc::new(PictureFile::inspect(&path).unwrap())
}

fn evidence(
    axis: Axis,
    instruction: &str,
    input: Option<Arc<PictureFile>>,
    text: &str,
    output: &Arc<PictureFile>,
) -> Evidence {
    let parts = Parts {
        instruction: Some(instruction.into()),
        reasoning: Some(text.into()),
        inputs: input.into(),
        output: Some(Arc::clone(output)),
        ..Parts::default()
    };
    Evidence::gather(axis, parts).unwrap()
}

fn right(task: &SuiteTask, error: f64) -> (RgbImage, String) {
    answer(&task.id, &task.task.truth, Damage::of(&task.id, error))
}

fn page(shade: u8) -> RgbImage {
    RgbImage::from_pixel(512, 512, Rgb([shade; 3]))
}

#[test]
fn truth_is_the_upper_anchor_of_every_axis_under_any_seed() {
    for seed in [1, 2] {
        let points = Bench::new(seed, 1).points(&|tasks, index| right(&tasks[index], 0.0));
        assert_eq!(points.len(), 6);
        assert!(points.values().all(|&points| points >= 99.0), "{points:?}");
    }
}

#[test]
fn copying_the_input_keeps_everything_and_changes_nothing() {
    let points = Bench::new(1, 1).points(&|tasks, index| {
        let picture = tasks[index].task.before().map_or_else(|| page(128), draw);
        (
            picture,
            "The picture is fine as it is, so nothing has to be done.".to_owned(),
        )
    });
    assert!(points[&Axis::IMAGE_CONSISTENCY] >= 98.0, "{points:?}");
    for axis in [
        Axis::IMAGE_ALIGNMENT,
        Axis::OUTPUT_ALIGNMENT,
        Axis::TEXT_ALIGNMENT,
        Axis::TEXT_QUALITY,
    ] {
        assert!(points[&axis] <= 3.0, "{axis}: {points:?}");
    }
}

#[test]
fn blank_pages_have_no_quality_and_no_consistency() {
    let empty = draw(&Default::default());
    for picture in [page(255), page(0), page(235), empty] {
        let points = Bench::new(1, 4).points(&|_, _| (picture.clone(), ".".to_owned()));
        assert!(points[&Axis::IMAGE_QUALITY] <= 0.0, "{points:?}");
        assert!(points[&Axis::IMAGE_CONSISTENCY] <= 15.0, "{points:?}");
        assert!(points[&Axis::TEXT_QUALITY] <= 0.0, "{points:?}");
    }
}

#[test]
fn borrowed_reasoning_shows_on_the_text_axes_only() {
    let bench = Bench::new(1, 1);
    let own = bench.points(&|tasks, index| right(&tasks[index], 0.0));
    let borrowed = bench.points(&|tasks, index| {
        let lender = if index < 200 {
            (index + 7) % 200
        } else {
            200 + (index + 7) % 100
        };
        (right(&tasks[index], 0.0).0, right(&tasks[lender], 0.0).1)
    });
    assert!(
        own[&Axis::OUTPUT_ALIGNMENT] - borrowed[&Axis::OUTPUT_ALIGNMENT] >= 30.0,
        "{borrowed:?}"
    );
    assert!(
        own[&Axis::TEXT_ALIGNMENT] - borrowed[&Axis::TEXT_ALIGNMENT] >= 30.0,
        "{borrowed:?}"
    );
    for axis in [
        Axis::IMAGE_QUALITY,
        Axis::IMAGE_ALIGNMENT,
        Axis::IMAGE_CONSISTENCY,
        Axis::TEXT_QUALITY,
    ] {
        assert_eq!(own[&axis], borrowed[&axis], "{axis}");
    }
}

#[test]
fn more_errors_never_score_better() {
    let bench = Bench::new(1, 2);
    let mut before: Option<BTreeMap<Axis, f64>> = None;
    for error in [0.0, 0.2, 0.5, 1.0] {
        let points = bench.points(&|tasks, index| right(&tasks[index], error));
        if let Some(before) = before {
            for (axis, points) in &points {
                assert!(
                    *points < before[axis],
                    "{axis} at {error}: {points} after {}",
                    before[axis]
                );
            }
        }
        before = Some(points);
    }
}

#[test]
fn every_damage_hurts_what_it_says() {
    let bench = Bench::new(1, 3);
    let hurts = |damage: Damage, axes: &[Axis]| {
        let points = bench.points(&|tasks, index| {
            answer(&tasks[index].id, &tasks[index].task.truth, Some(damage))
        });
        for axis in Axis::ALL {
            assert_eq!(
                points[&axis] < 99.0,
                axes.contains(&axis),
                "{damage:?} {axis}: {points:?}"
            );
        }
    };
    hurts(
        Damage::Slight,
        &[
            Axis::IMAGE_QUALITY,
            Axis::TEXT_QUALITY,
            Axis::TEXT_ALIGNMENT,
        ],
    );
    hurts(
        Damage::Unfinished,
        &[Axis::IMAGE_ALIGNMENT, Axis::OUTPUT_ALIGNMENT],
    );
    hurts(
        Damage::Wrong,
        &[
            Axis::IMAGE_CONSISTENCY,
            Axis::IMAGE_ALIGNMENT,
            Axis::TEXT_ALIGNMENT,
            Axis::OUTPUT_ALIGNMENT,
        ],
    );
    hurts(Damage::Ruined, &Axis::ALL);
}
