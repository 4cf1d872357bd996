//! Laws of merging: however a run is split, whatever order its records came in, wherever its shards were killed, and
//! whatever copies there are, the merged run has the score table of the whole run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use crate::suite_fixture;
use parabench::common::checked_line;
use parabench::common::digest::Digest;
use parabench::common::seed::{sample_seed, shuffle_key};
use parabench::judge::{self, Mark, MissingReason, Score, Verdict};
use parabench::model::{self, Failure, FailureKind};
use parabench::run::answer::applies;
use parabench::run::folder::{RunData, names};
use parabench::run::manifest::{
    JudgeSection, Manifest, ModelSection, SamplingSection, SuiteSection, program,
};
use parabench::run::record::{JudgmentRecord, SampleRecord, SchemaVersion, Stored, StoredPicture};
use parabench::run::scores::{self, RowPlan};
use parabench::run::shard::merge::merge;
use parabench::run::shard::outcome::{MergeRequest, Outcome};
use parabench::run::shard::plan::ShardPlan;
use parabench::run::shard::{Membership, Shard, shards_folder};
use parabench::suite::select::{Filter, SampleRange};
use parabench::suite::{self, Suite, Task};

const SAMPLES: u32 = 2;
const RUN_SEED: u64 = 7;

struct World {
    files: TempDir,
    suite: Suite,
    manifest: Manifest,
}

/// Both logs of a run, as lines that belong to a task.
#[derive(Default)]
struct Logs {
    samples: Vec<(String, Vec<u8>)>,
    judgments: Vec<(String, Vec<u8>)>,
}

impl World {
    fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        let categories = [("spatial", "edit", 5), ("scenes", "generation", 4)];
        suite_fixture::write_tiny(&files.path().join("suite"), &categories, 8);
        let suite = suite::load(&files.path().join("suite")).unwrap();
        let tasks: Vec<usize> = (0..suite.tasks.len()).collect();
        let filter = Filter {
            seed: RUN_SEED,
            ..Filter::default()
        };
        let seeds: SampleRange = format!("0..{SAMPLES}").parse().unwrap();
        let judge = judge::Identity {
            name: "j".into(),
            kind: "test".into(),
            details: BTreeMap::new(),
        };
        let manifest = Manifest {
            schema: SchemaVersion::default(),
            program: program(),
            suite: SuiteSection::new(&suite, &tasks),
            sampling: SamplingSection::new(&filter, seeds, &suite, &tasks),
            model: ModelSection {
                spec: "test:".into(),
                identity: model::Identity {
                    name: "m".into(),
                    kind: "test".into(),
                    thinks: true,
                    details: BTreeMap::new(),
                },
                provenance: BTreeMap::new(),
            },
            declaration: None,
            shard: None,
            merged: None,
            import: None,
            judges: vec![JudgeSection::new(&judge, 1)],
        };
        Self {
            files,
            suite,
            manifest,
        }
    }

    fn whole(&self) -> PathBuf {
        self.files.path().join("run")
    }

    fn tasks(&self) -> Vec<usize> {
        (0..self.suite.tasks.len()).collect()
    }

    /// What a run of everything records, in the order that `order` shuffles; records of one answer or mark follow each
    /// other.
    fn logs(&self, order: u64, images: &Path) -> Logs {
        let mut logs = Logs::default();
        for task in &self.suite.tasks {
            for sample in 0..SAMPLES {
                let records = answers(task, sample, images);
                let last = records.last().unwrap().clone();
                for record in records {
                    logs.samples.push((record.task.to_string(), line(&record)));
                }
                for &axis in &self.suite.axes {
                    if last.is_lost() || !applies(axis, task, true) {
                        continue;
                    }
                    for record in marks(&last, axis) {
                        logs.judgments
                            .push((record.task.to_string(), line(&record)));
                    }
                }
            }
        }
        // Tasks in another order, the records of a task in their own.
        logs.samples
            .sort_by_key(|(task, _)| shuffle_key(order, "samples", task));
        logs.judgments
            .sort_by_key(|(task, _)| shuffle_key(order, "judgments", task));
        logs
    }

    fn scores(&self, folder: &Path) -> String {
        let data = RunData::read(folder).unwrap();
        let plan = RowPlan {
            suite: &self.suite,
            tasks: &self.tasks(),
            samples: &(0..SAMPLES),
        };
        let path = folder.join("expected.csv");
        scores::write(&path, &scores::rows(plan, &self.manifest, &data)).unwrap();
        fs::read_to_string(path).unwrap()
    }

    fn merge(&self, plan: &ShardPlan, also: &[PathBuf], partial: bool) -> Outcome {
        merge(&MergeRequest {
            whole: &self.whole(),
            suite: &self.suite,
            plan,
            also,
            partial,
            mixed_served: false,
        })
        .unwrap()
    }

    /// Writes a shard's folder with the first records of its logs: `shares` of them, in thousandths.
    fn write_shard(&self, folder: &Path, shard: Shard, logs: &Logs, shares: (usize, usize)) {
        let members = Membership::new(&self.suite, &self.tasks(), RUN_SEED, shard.of());
        fs::create_dir_all(folder.join(names::IMAGES)).unwrap();
        for image in fs::read_dir(self.files.path().join("images")).unwrap() {
            let image = image.unwrap();
            let to = folder.join(names::IMAGES).join(image.file_name());
            fs::copy(image.path(), to).unwrap();
        }
        let manifest = Manifest {
            shard: Some(shard),
            ..self.manifest.clone()
        };
        manifest.write(&folder.join(names::MANIFEST)).unwrap();
        for (name, log, share) in [
            (names::SAMPLES, &logs.samples, shares.0),
            (names::JUDGMENTS, &logs.judgments, shares.1),
        ] {
            let own = log
                .iter()
                .filter(|(task, _)| members.shard_of(task) == Some(shard));
            let own: Vec<&[u8]> = own.map(|(_, line)| line.as_slice()).collect();
            let kept = own.len() * share.min(1000) / 1000;
            let mut bytes: Vec<u8> = own[..kept].concat();
            // Killed in the middle of a write.
            if let Some(torn) = own.get(kept) {
                bytes.extend(&torn[..torn.len() / 2]);
            }
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

fn line<R: serde::Serialize>(record: &R) -> Vec<u8> {
    checked_line::write(record).unwrap()
}

fn time(seconds: u64) -> jiff::Timestamp {
    jiff::Timestamp::from_second((seconds % 1_000_000) as i64).unwrap()
}

/// The records of one answer: given, empty, lost, or lost and asked for again.
fn answers(task: &Task, sample: u32, images: &Path) -> Vec<SampleRecord> {
    let seed = sample_seed(RUN_SEED, task.id(), sample);
    let bytes = suite_fixture::picture(8, seed as u32 % 5, image::ImageFormat::Png);
    let digest = Digest::of(&bytes);
    fs::write(images.join(format!("{digest}.png")), bytes).unwrap();
    let picture = StoredPicture {
        digest,
        width: 8,
        height: 8,
    };
    let given = SampleRecord {
        schema: SchemaVersion::default(),
        task: task.id().into(),
        sample,
        seed,
        reasoning: Stored::Given(format!("Because of {seed}.").into()),
        image: Stored::Given(picture),
        timing_ms: [("all".to_owned(), seed as f64)].into(),
        details: serde_json::Map::new(),
        cost_usd: Some((seed % 100) as f64 / 128.0),
        stored_as: None,
        at: time(seed),
    };
    let lost = SampleRecord {
        image: Stored::Lost(Failure::new(FailureKind::Timeout, "too slow")),
        reasoning: Stored::Lost(Failure::new(FailureKind::Timeout, "too slow")),
        ..given.clone()
    };
    let empty = SampleRecord {
        reasoning: Stored::Empty,
        ..given.clone()
    };
    match seed % 6 {
        0 => vec![lost],
        1 => vec![empty],
        2 => vec![lost, given],
        _ => vec![given],
    }
}

/// The records of one mark: given, missing, or missing and asked for again. None where the axis looks at nothing.
fn marks(answer: &SampleRecord, axis: suite::Axis) -> Vec<JudgmentRecord> {
    if answer.reasoning == Stored::Empty && axis.needs_reasoning() {
        return Vec::new();
    }
    let hash = shuffle_key(answer.seed, "mark", &format!("{axis:?}"));
    let record = |mark: Mark| JudgmentRecord {
        schema: SchemaVersion::default(),
        task: answer.task.clone(),
        sample: answer.sample,
        axis,
        judge: "j".into(),
        repeat: 0,
        answer: answer.answer_digest(),
        verdict: Verdict {
            cost_usd: Some(0.25),
            ..Verdict::local(mark, None)
        },
        at: time(hash),
    };
    let missing = record(Mark::Missing(MissingReason::Refused));
    let given = record(Mark::Scored(
        Score::new(hash as i64 % 5 + 1).unwrap_or(Score::LOWEST),
    ));
    match hash % 8 {
        0 => vec![missing],
        1 => vec![missing, given],
        _ => vec![given],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_merge_is_the_whole_run(
        of in 1_u32..10,
        order in any::<u64>(),
        kills in prop::collection::vec((0_usize..1400, 0_usize..1400), 9),
        copied in prop::collection::vec(prop::option::of(0_usize..1400), 9),
    ) {
        let world = World::new();
        let images = world.files.path().join("images");
        fs::create_dir(&images).unwrap();
        let reference = world.files.path().join("reference");
        fs::create_dir(&reference).unwrap();
        let whole = world.logs(0, &images);
        for (name, log) in [(names::SAMPLES, &whole.samples), (names::JUDGMENTS, &whole.judgments)] {
            let lines: Vec<&[u8]> = log.iter().map(|(_, line)| line.as_slice()).collect();
            fs::write(reference.join(name), lines.concat()).unwrap();
        }
        let expected = world.scores(&reference);
        let spent = RunData::read(&reference).unwrap().spent_usd;

        // Some shards are killed early, some have not begun, and the folders come in any order.
        let plan = ShardPlan::new(of, "suite", &world.manifest);
        let shards = shards_folder(&world.whole());
        plan.agree(&shards).unwrap();
        let logs = world.logs(order, &images);
        let mut arrival: Vec<Shard> = Shard::all(of).collect();
        arrival.sort_by_key(|shard| shuffle_key(order, "arrival", &shard.to_string()));
        let mut is_whole = true;
        for shard in &arrival {
            let (samples, judgments) = kills[shard.index() as usize];
            is_whole &= samples >= 1000 && judgments >= 1000;
            if samples > 50 {
                let folder = shards.join(shard.folder_name());
                world.write_shard(&folder, *shard, &logs, (samples, judgments));
            }
        }
        let outcome = world.merge(&plan, &[], false);
        if is_whole {
            prop_assert!(outcome.merged.is_some());
        }
        if outcome.merged.is_none() {
            prop_assert!(!world.whole().exists());
            // What is there can be merged beforehand; every row is there, and no mark is another.
            let partial = world.merge(&plan, &[], true);
            if partial.merged.is_some() {
                let table = fs::read_to_string(world.whole().join(names::SCORES)).unwrap();
                prop_assert_eq!(table.lines().count(), expected.lines().count());
                for (row, right) in table.lines().zip(expected.lines()) {
                    prop_assert!(row == right || row.ends_with(",pending") || is_earlier(row), "{} {}", row, right);
                }
            }
        }

        // All go on to their end; of some there are copies that ended sooner.
        let mut copies = Vec::new();
        for shard in &arrival {
            world.write_shard(&shards.join(shard.folder_name()), *shard, &logs, (1000, 1000));
            if let Some(share) = copied[shard.index() as usize] {
                let folder = world.files.path().join(format!("copy-{}", shard.index()));
                world.write_shard(&folder, *shard, &logs, (share, share));
                copies.push(folder);
            }
        }
        let outcome = world.merge(&plan, &copies, false);
        prop_assert!(outcome.merged.is_some());
        let table = fs::read_to_string(world.whole().join(names::SCORES)).unwrap();
        prop_assert_eq!(&table, &expected);
        // The logs say the same as the table, and all the money.
        prop_assert_eq!(&world.scores(&world.whole()), &expected);
        prop_assert!((outcome.spent_usd - spent).abs() < 1e-9, "{} {}", outcome.spent_usd, spent);
    }

    #[test]
    fn shards_are_a_partition_that_the_order_of_the_suite_does_not_change(of in 1_u32..40, seed in any::<u64>()) {
        let world = World::new();
        let tasks = world.tasks();
        let mut turned = world.suite.clone();
        turned.tasks.reverse();
        let members = Membership::new(&world.suite, &tasks, seed, of);
        let again = Membership::new(&turned, &tasks, seed, of);
        let mut all = Vec::new();
        for shard in Shard::all(of) {
            let own = members.tasks(&world.suite, &tasks, shard);
            prop_assert_eq!(own.len() as u64, shard.tasks_of(tasks.len() as u64));
            all.extend(own);
        }
        all.sort_unstable();
        prop_assert_eq!(all, tasks);
        for task in &world.suite.tasks {
            prop_assert_eq!(members.shard_of(task.id()), again.shard_of(task.id()));
        }
    }
}

/// A row of a record that a later one takes the place of.
fn is_earlier(row: &str) -> bool {
    row.ends_with(",model-timeout") || row.ends_with(",refused")
}
