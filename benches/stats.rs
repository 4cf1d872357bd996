//! Speed of the exact statistics, one thread, at the size of a benchmark report: 300 items in six strata.

use criterion::{Criterion, criterion_group, criterion_main};
use parabench::stats::bootstrap_design::BootstrapDesign;
use parabench::stats::error::Result;
use parabench::stats::exact_bootstrap::ExactBootstrap;
use parabench::stats::interval::Confidence;
use parabench::stats::max_t::{DEFAULT_DRAWS, max_t};
use parabench::stats::signflip::sign_flip;
use parabench::stats::splitmix::{Resampling, index, output};
use std::hint::black_box;
use std::time::Duration;

/// Items per stratum: five editing categories and generation.
const STRATA: [usize; 6] = [40, 40, 40, 40, 40, 100];
/// Paired tests of a large report, and level plus difference intervals.
const PAIRED: u64 = 240;
const LEVELS: u64 = 288;

/// 300 scores of 1..=5, the upper half more likely.
fn scores(seed: u64) -> Vec<i64> {
    (0..300)
        .map(|item| [1, 2, 3, 3, 4, 4, 4, 5, 5, 5][index(output(seed, item), 10)])
        .collect()
}

fn differences(seed: u64) -> Vec<i64> {
    scores(seed)
        .iter()
        .zip(scores(seed + 1_000_000))
        .map(|(a, b)| a - b)
        .collect()
}

fn stratified(values: &[i64]) -> Vec<Vec<i64>> {
    let mut rest = values;
    STRATA
        .iter()
        .map(|&size| {
            let (stratum, others) = rest.split_at(size);
            rest = others;
            stratum.to_vec()
        })
        .collect()
}

fn paired_tests(samples: &[Vec<i64>]) -> Result<f64> {
    let mut sum = 0.0;
    for sample in samples {
        sum += sign_flip(black_box(sample))?.p_two_sided();
    }
    Ok(sum)
}

fn intervals(samples: &[Vec<Vec<i64>>]) -> Result<f64> {
    let mut sum = 0.0;
    for strata in samples {
        let bootstrap = ExactBootstrap::new(BootstrapDesign::proportional(black_box(strata))?)?;
        sum += bootstrap
            .bca(Confidence::P95)
            .map_or(0.0, |interval| interval.width());
    }
    Ok(sum)
}

fn benchmarks(criterion: &mut Criterion) {
    let paired: Vec<Vec<i64>> = (0..PAIRED).map(differences).collect();
    criterion.bench_function("240 exact sign-flip tests, n = 300", |bencher| {
        bencher.iter(|| paired_tests(&paired))
    });

    let levels = (0..LEVELS).map(|seed| stratified(&scores(seed)));
    let samples: Vec<Vec<Vec<i64>>> = levels
        .chain(paired.iter().map(|values| stratified(values)))
        .collect();
    criterion.bench_function("528 exact BCa intervals, n = 300, 6 strata", |bencher| {
        bencher.iter(|| intervals(&samples))
    });

    let family: Vec<Vec<Option<f64>>> = paired
        .iter()
        .take(30)
        .map(|values| values.iter().map(|&d| Some(d as f64)).collect())
        .collect();
    criterion.bench_function("max-T of 30 contrasts, n = 300, 9999 draws", |bencher| {
        bencher.iter(|| {
            max_t(
                black_box(&family),
                Resampling {
                    seed: 1,
                    draws: DEFAULT_DRAWS,
                },
            )
        });
    });
}

criterion_group! {
    name = speed;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(5));
    targets = benchmarks
}
criterion_main!(speed);
