//! The whole comparison of six runs on six axes and Overall, in six categories and all of them together,
//! from reading the run folders to the finished result: `cargo bench --bench compare`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement may stop at a surprise"
)]

#[path = "../tests/support/runs.rs"]
mod runs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use parabench::analysis::compare::{CompareRequest, Comparison, DEFAULT_DRAWS, compare};
use parabench::analysis::runs::declaration::Declaration;
use parabench::analysis::runs::load::{LoadedRun, load};
use parabench::judge::MissingReason;
use parabench::run::scores::Status;
use runs::{Place, RunFixture, hashed, hashed_mark};

/// Six runs of 300 tasks with about 1 % of the marks missing.
fn write_runs(folder: &Path) -> Vec<PathBuf> {
    let write = |number: u32| {
        let name = format!("run{number}");
        let salt = name.clone();
        let level = 3.0 + 0.15 * f64::from(number);
        let marks = move |place: Place| {
            if hashed(&format!("{salt} lost"), place) < 0.01 {
                return Err(Status::Missing(MissingReason::Unparsable));
            }
            Ok(hashed_mark(&salt, place, level))
        };
        RunFixture::new(&name, 40, 100, 0.0)
            .with_marks(marks)
            .write(folder)
    };
    (0..6).map(write).collect()
}

fn whole(folders: &[PathBuf], cross_checks: bool) -> Comparison {
    let runs: Vec<LoadedRun> = folders.iter().map(|folder| load(folder).unwrap()).collect();
    compare(&CompareRequest {
        candidates: runs.iter().take(1).collect(),
        baselines: runs.iter().skip(1).collect(),
        judge: None,
        across: parabench::analysis::compare::Across::Refused,
        declaration: Declaration::default(),
        cross_checks,
        draws: DEFAULT_DRAWS,
    })
    .unwrap()
}

fn bench(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let folders = write_runs(folder.path());
    criterion.bench_function("read 6 runs and compare", |bencher| {
        bencher.iter(|| whole(&folders, false));
    });
    criterion.bench_function(
        "read 6 runs and compare, with BCa and Wilcoxon",
        |bencher| {
            bencher.iter(|| whole(&folders, true));
        },
    );
    criterion.bench_function("read 6 runs", |bencher| {
        bencher.iter(|| folders.iter().map(|f| load(f).unwrap()).collect::<Vec<_>>());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(5));
    targets = bench
}
criterion_main!(benches);
