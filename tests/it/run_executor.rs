//! Laws of the executor: stopping anywhere and resuming gives what an uninterrupted
//! run gives, asks for nothing twice, and keeps to the cap on money.

use crate::suite_fixture;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parabench::common::BoxFuture;
use parabench::common::digest::Digest;
use parabench::judge::{
    self, Judge, JudgeError, Mark, MarkCost, MissingReason, Question, Score, Verdict,
};
use parabench::model::trajectory::{self, Film, Trajectory};
use parabench::model::{self, Answer, Failure, FailureKind, Model, ModelError, ModelRequest, Part};
use parabench::run::RunError;
use parabench::run::event::{Event, Observer};
use parabench::run::executor::execute;
use parabench::run::folder::{RunData, RunFolder, names};
use parabench::run::manifest::{
    JudgeSection, Manifest, ModelSection, SamplingSection, SuiteSection, program,
};
use parabench::run::plan::{RunPlan, Seat};
use parabench::run::record::{SampleRecord, SchemaVersion};
use parabench::run::scores::{self, RowPlan};
use parabench::run::stage::{Ending, Stop};
use parabench::suite::select::{Filter, SampleRange};
use parabench::suite::{self, Suite};
use proptest::prelude::*;

/// Answers, says nothing, draws rubbish or fails, as the hash of the request says.
struct Whimsical(model::Identity);

impl Model for Whimsical {
    fn identity(&self) -> &model::Identity {
        &self.0
    }

    fn batch_size(&self) -> usize {
        2
    }

    fn concurrency(&self) -> usize {
        3
    }

    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_micros(batch[0].seed % 3000)).await;
            Ok(batch.iter().map(one_answer).collect())
        })
    }
}

fn one_answer(request: &ModelRequest) -> Answer {
    let lost = Failure::new(FailureKind::Timeout, "too slow");
    let picture = suite_fixture::picture(8, request.seed as u32 % 100_000, image::ImageFormat::Png);
    let text = format!("Because of {}.", request.seed);
    match request.seed % 8 {
        0 => Answer::lost(lost),
        1 => Answer::of(Part::Given("  \n".into()), Part::Given(picture.into())),
        2 => Answer::of(Part::Given(text), Part::Given(vec![1, 2, 3].into())),
        _ => Answer::of(Part::Given(text), Part::Given(picture.into())),
    }
}

/// Marks by hash, after a while, and remembers what it was asked.
struct Counting {
    identity: judge::Identity,
    /// Whether it looks at the bytes of pictures.
    checks: bool,
    asked: Mutex<BTreeMap<String, u32>>,
    now: AtomicU64,
    most_at_once: AtomicU64,
}

impl Counting {
    fn new(name: &str) -> Arc<Self> {
        Self::that_checks(name, false)
    }

    fn that_checks(name: &str, checks: bool) -> Arc<Self> {
        Arc::new(Self {
            checks,
            identity: judge::Identity {
                name: name.into(),
                kind: "test".into(),
                details: BTreeMap::new(),
            },
            asked: Mutex::default(),
            now: AtomicU64::new(0),
            most_at_once: AtomicU64::new(0),
        })
    }
}

const PRICE: f64 = 0.25;

impl Judge for Counting {
    fn identity(&self) -> &judge::Identity {
        &self.identity
    }

    fn concurrency(&self) -> usize {
        4
    }

    fn checks_pictures(&self) -> bool {
        self.checks
    }

    fn has_price(&self) -> bool {
        true
    }

    fn estimate(&self, _: &Question) -> MarkCost {
        MarkCost {
            calls: 1,
            cost_usd: Some(PRICE),
            most_usd: Some(2.0 * PRICE),
            ..MarkCost::default()
        }
    }

    fn mark<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        Box::pin(async move {
            let evidence = &question.evidence;
            let output = evidence.output().map(|picture| picture.digest);
            let seen = (
                question.task.as_ref(),
                evidence.axis(),
                evidence.reasoning(),
                output,
            );
            let key = format!("{seen:?} {}", question.repeat);
            let hash = Digest::of(key.as_bytes()).as_u64();
            if let Some(picture) = evidence.output() {
                let unreadable = |error| JudgeError::new("no picture to look at", error);
                let bytes = picture.load().map_err(unreadable)?;
                if self.checks && Digest::of(&bytes) != picture.digest {
                    return Err(JudgeError::plain("another picture"));
                }
            }
            *self.asked.lock().unwrap().entry(key).or_default() += 1;
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_micros(hash % 2000)).await;
            self.now.fetch_sub(1, Ordering::SeqCst);
            let mark = match hash % 10 {
                0 => Mark::Missing(MissingReason::Refused),
                other => Mark::Scored(Score::new(other as i64 % 5 + 1).unwrap()),
            };
            Ok(Verdict {
                cost_usd: Some(PRICE),
                ..Verdict::local(mark, None)
            })
        })
    }
}

/// Asks for a stop after so many events.
struct StopAfter {
    left: AtomicU64,
    stop: Stop,
}

impl Observer for StopAfter {
    fn notice(&self, _: Event) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.stop.ask();
        }
    }
}

struct World {
    _files: tempfile::TempDir,
    suite: Arc<Suite>,
}

impl World {
    fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        let categories = [("spatial", "edit", 4), ("scenes", "generation", 3)];
        suite_fixture::write_tiny(files.path(), &categories, 8);
        let suite = Arc::new(suite::load(files.path()).unwrap());
        Self {
            _files: files,
            suite,
        }
    }

    fn plan(&self, judge: &Arc<Counting>, max_cost_usd: Option<f64>) -> RunPlan {
        let identity = model::Identity {
            name: "whimsical".into(),
            kind: "test".into(),
            thinks: true,
            details: BTreeMap::new(),
        };
        RunPlan {
            suite: Arc::clone(&self.suite),
            tasks: (0..self.suite.tasks.len()).collect(),
            samples: 0..2,
            run_seed: 7,
            model: Some(Arc::new(Whimsical(identity))),
            seats: vec![Seat {
                judge: Arc::clone(judge) as _,
                repeats: 2,
            }],
            retry_missing: false,
            max_cost_usd,
        }
    }

    fn manifest(&self, plan: &RunPlan) -> Manifest {
        let model = plan.model.as_ref().unwrap().identity().clone();
        let seats = plan.seats.iter();
        Manifest {
            schema: SchemaVersion::default(),
            program: program(),
            suite: SuiteSection::new(&self.suite, &plan.tasks),
            sampling: SamplingSection::new(
                &Filter::default(),
                "0..2".parse::<SampleRange>().unwrap(),
                &self.suite,
                &plan.tasks,
            ),
            model: ModelSection {
                spec: "test:".into(),
                identity: model,
                provenance: Default::default(),
            },
            declaration: None,
            shard: None,
            merged: None,
            import: None,
            judges: seats
                .map(|seat| JudgeSection::new(seat.judge.identity(), seat.repeats))
                .collect(),
        }
    }

    /// One sitting; stops after `events` of them.
    fn sit(&self, plan: &RunPlan, folder: &Path, events: u64) -> Result<Ending, RunError> {
        let stop = Stop::default();
        let observer = Arc::new(StopAfter {
            left: AtomicU64::new(events),
            stop: stop.clone(),
        });
        self.watched(plan, folder, observer, stop)
    }

    fn watched(
        &self,
        plan: &RunPlan,
        folder: &Path,
        observer: Arc<dyn Observer>,
        stop: Stop,
    ) -> Result<Ending, RunError> {
        let (writer, data) = RunFolder::open(folder, self.manifest(plan))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(execute(
            plan.clone(),
            Arc::new(writer),
            &data,
            observer,
            stop,
        ))
    }

    fn scores(&self, plan: &RunPlan, folder: &Path) -> String {
        let data = RunData::read(folder).unwrap();
        let rows = scores::rows(
            RowPlan {
                suite: &self.suite,
                tasks: &plan.tasks,
                samples: &plan.samples,
            },
            &self.manifest(plan),
            &data,
        );
        let path = folder.join(names::SCORES);
        scores::write(&path, &rows).unwrap();
        std::fs::read_to_string(path).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn stopped_anywhere_and_resumed_equals_uninterrupted(stops in prop::collection::vec(1_u64..90, 1..4)) {
        let world = World::new();
        let folder = tempfile::tempdir().unwrap();
        let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));

        let judge = Counting::new("j");
        let plan = world.plan(&judge, None);
        prop_assert_eq!(world.sit(&plan, &whole, u64::MAX).unwrap(), Ending::Complete);
        let expected = world.scores(&plan, &whole);

        let judge = Counting::new("j");
        let plan = world.plan(&judge, None);
        for events in stops {
            world.sit(&plan, &parts, events).unwrap();
        }
        prop_assert_eq!(world.sit(&plan, &parts, u64::MAX).unwrap(), Ending::Complete);
        prop_assert_eq!(world.scores(&plan, &parts), expected);
        prop_assert!(judge.asked.lock().unwrap().values().all(|calls| *calls == 1));
        prop_assert!(judge.most_at_once.load(Ordering::SeqCst) <= 4);
    }
}

#[test]
fn a_cap_on_money_holds_and_a_higher_one_resumes() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let judge = Counting::new("j");
    let capped = world.plan(&judge, Some(5.0));
    assert_eq!(
        world.sit(&capped, folder.path(), u64::MAX).unwrap(),
        Ending::OutOfBudget
    );
    let spent = RunData::read(folder.path()).unwrap().spent_usd;
    // The next mark could have cost twice its price.
    assert!(spent <= 5.0 && spent > 5.0 - 2.0 * PRICE, "{spent}");

    let free = world.plan(&judge, None);
    assert_eq!(
        world.sit(&free, folder.path(), u64::MAX).unwrap(),
        Ending::Complete
    );
    let whole = folder.path().join("whole");
    let reference = world.plan(&Counting::new("j"), None);
    world.sit(&reference, &whole, u64::MAX).unwrap();
    assert_eq!(
        world.scores(&free, folder.path()),
        world.scores(&reference, &whole)
    );
}

#[test]
fn what_a_killed_process_was_writing_does_not_stay() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let manifest = world.manifest(&world.plan(&Counting::new("j"), None));
    drop(RunFolder::open(folder.path(), manifest.clone()).unwrap());
    let trajectory = Trajectory {
        schema: trajectory::SCHEMA,
        task: "t".into(),
        sample: 0,
        every: 1,
        grid: [1, 1],
        steps: Vec::new(),
        words: Vec::new(),
        frames: Vec::new(),
    };
    let film = folder.path().join(names::TRAJECTORIES).join("t-0");
    std::fs::create_dir_all(&film).unwrap();
    let images = folder.path().join(names::IMAGES);
    for place in [folder.path(), &images, &film] {
        std::fs::write(place.join(".partial-x1y2z3"), "half a file").unwrap();
    }
    std::fs::write(film.join("step-00009.png"), "of another attempt").unwrap();
    std::fs::write(images.join("whole.png"), "kept").unwrap();

    let (open, _) = RunFolder::open(folder.path(), manifest).unwrap();
    let pictures = Vec::new();
    open.store_film(&Film {
        trajectory,
        pictures,
    })
    .unwrap();
    let listed = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert!(
        listed(folder.path())
            .iter()
            .all(|name| !name.to_string_lossy().starts_with(".partial"))
    );
    assert_eq!(listed(&images), ["whole.png"]);
    assert_eq!(listed(&film), ["trajectory.json"]);
}

#[test]
fn a_second_writer_and_other_settings_are_refused() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let plan = world.plan(&Counting::new("j"), None);
    let manifest = world.manifest(&plan);
    let held = RunFolder::open(folder.path(), manifest.clone()).unwrap();
    let second = RunFolder::open(folder.path(), manifest.clone()).unwrap_err();
    assert!(matches!(second, RunError::Locked { .. }), "{second}");
    drop(held);

    let mut other = manifest.clone();
    other.sampling.run_seed = 8;
    let error = RunFolder::open(folder.path(), other)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("sampling.run_seed: recorded 0, now 8"),
        "{error}"
    );

    // A judge without a mark pins nothing, one with marks does.
    let mut other = manifest.clone();
    let temperature = ("temperature".to_owned(), "1".to_owned());
    other.judges[0].identity.details.extend([temperature]);
    other.judges[0].digest = other.judges[0].identity.digest();
    for settings in [&other, &manifest] {
        let (opened, _) = RunFolder::open(folder.path(), settings.clone()).unwrap();
        assert_eq!(
            opened.manifest().judges[0].digest,
            settings.judges[0].digest
        );
    }
    world.sit(&plan, folder.path(), u64::MAX).unwrap();
    let error = RunFolder::open(folder.path(), other)
        .unwrap_err()
        .to_string();
    for part in [
        "judge j.temperature: recorded absent",
        "--judge NEWNAME=JUDGE",
    ] {
        assert!(error.contains(part), "{error}");
    }

    // More repeats extend the run.
    let mut more = manifest;
    more.judges[0].repeats = 5;
    let (folder, _) = RunFolder::open(folder.path(), more).unwrap();
    assert_eq!(folder.manifest().judges[0].repeats, 5);
}

/// Removes every picture once the first mark is stored.
struct Remover(std::path::PathBuf);

impl Observer for Remover {
    fn notice(&self, event: Event) {
        if matches!(event, Event::Marked { .. }) {
            let files = std::fs::read_dir(&self.0).unwrap();
            let paths = files.map(|file| file.unwrap().path());
            // What is being written has another name until it is whole.
            for path in paths.filter(|path| path.extension().is_some_and(|end| end == "png")) {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// The rows of `scores` that `expected` does not have. Each says that the picture is lost, and none is of a text axis.
fn lost_since<'a>(scores: &'a str, expected: &str) -> Vec<&'a str> {
    let expected: Vec<&str> = expected.lines().collect();
    let lost: Vec<&str> = scores
        .lines()
        .filter(|row| !expected.contains(row))
        .collect();
    for row in &lost {
        assert!(row.ends_with(",,model-broken-file"), "{row}");
        assert!(!row.contains(",text_"), "{row}");
    }
    lost
}

#[test]
fn a_picture_lost_later_is_a_lost_answer_that_can_be_asked_for_again() {
    lost_later(&Counting::new("j"));
}

#[test]
fn a_picture_that_the_judge_finds_to_be_another_is_lost_in_the_same_way() {
    lost_later(&Counting::that_checks("j", true));
}

fn lost_later(judge: &Arc<Counting>) {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let whole = world.plan(judge, None);
    let reference = folder.path().join("whole");
    world.sit(&whole, &reference, u64::MAX).unwrap();
    let expected = world.scores(&whole, &reference);

    // One picture is deleted and one is changed before anybody has looked.
    let run = folder.path().join("run");
    let plain = RunPlan {
        seats: Vec::new(),
        ..whole.clone()
    };
    world.sit(&plain, &run, u64::MAX).unwrap();
    let data = RunData::read(&run).unwrap();
    let mut pictures = data
        .samples
        .values()
        .filter_map(|sample| Some((sample, sample.image.given()?)));
    let (gone, picture) = pictures.next().unwrap();
    let images = run.join(names::IMAGES);
    std::fs::remove_file(images.join(format!("{}.png", picture.digest))).unwrap();
    let (changed, picture) = pictures.next().unwrap();
    let other = suite_fixture::picture(8, 1, image::ImageFormat::Png);
    std::fs::write(images.join(format!("{}.png", picture.digest)), other).unwrap();

    assert_eq!(world.sit(&whole, &run, u64::MAX).unwrap(), Ending::Complete);
    let scores = world.scores(&whole, &run);
    let lost = lost_since(&scores, &expected);
    let of = |sample: &SampleRecord, row: &str| {
        row.contains(&*sample.task) && row.contains(&format!(",{},", sample.sample))
    };
    assert!(lost.iter().all(|row| of(gone, row) || of(changed, row)));
    assert!(lost.len() > 2, "{lost:?}");
    let log = std::fs::read_to_string(run.join(names::SAMPLES)).unwrap();
    for SampleRecord { task, sample, .. } in [gone, changed] {
        let parts = [
            format!("\"{task}\""),
            format!("\"sample\":{sample}"),
            "broken-file".into(),
        ];
        let told = log
            .lines()
            .filter(|line| parts.iter().all(|part| line.contains(part)));
        assert_eq!(told.count(), 1, "{task} {sample} is told once");
    }

    let again = RunPlan {
        retry_missing: true,
        ..whole.clone()
    };
    assert_eq!(world.sit(&again, &run, u64::MAX).unwrap(), Ending::Complete);
    assert_eq!(world.scores(&whole, &run), expected);
}

#[test]
fn pictures_that_vanish_during_a_run_do_not_end_it() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let plan = world.plan(&Counting::new("j"), None);
    let reference = folder.path().join("whole");
    world.sit(&plan, &reference, u64::MAX).unwrap();
    let expected = world.scores(&plan, &reference);

    let run = folder.path().join("run");
    let remover = Arc::new(Remover(run.join(names::IMAGES)));
    let ending = world.watched(&plan, &run, remover, Stop::default());
    assert_eq!(ending.unwrap(), Ending::Complete);
    let scores = world.scores(&plan, &run);
    assert!(!lost_since(&scores, &expected).is_empty());
}

/// The logs of earlier versions know pictures that are none: they are read as lost.
#[test]
fn the_logs_of_earlier_versions_are_read() {
    let record = r#"{"schema":1,"task":"t","sample":0,"seed":1,"reasoning":{"given":"a"},
        "image":{"undecodable":"not a readable picture"},"timing_ms":{},"details":{},
        "at":"2026-01-01T00:00:00Z"}"#;
    let record: SampleRecord = serde_json::from_str(record).unwrap();
    assert_eq!(record.failure().unwrap().kind, FailureKind::BrokenFile);
    assert_eq!(record.failure().unwrap().message, "not a readable picture");
}
