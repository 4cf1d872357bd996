//! Speed of the exact statistics, one thread: 300 items in six strata, as in a report, and 30,000.

use criterion::{Criterion, criterion_group, criterion_main};
use parabench::stats::bootstrap_design::BootstrapDesign;
use parabench::stats::design::Design;
use parabench::stats::error::Result;
use parabench::stats::exact_bootstrap::ExactBootstrap;
use parabench::stats::interval::Confidence;
use parabench::stats::max_t::{DEFAULT_DRAWS, step_down};
use parabench::stats::rational::Rational;
use parabench::stats::splitmix::{Resampling, index, output};
use parabench::stats::strata::Strata;
use parabench::stats::weighted::{AxisCells, WeightedMean};
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

/// The design-weighted mean of each sample, on a plan of `times` as many items.
fn means(samples: &[Vec<Option<Rational>>], times: u32) -> Result<Vec<WeightedMean>> {
    let planned: Vec<u32> = STRATA.iter().map(|&n| n as u32 * times).collect();
    let of_item = planned
        .iter()
        .enumerate()
        .flat_map(|(h, &n)| vec![h; n as usize])
        .collect();
    let design = Design::new(Strata::new(of_item, STRATA.len())?, None)?;
    let one = |values: &Vec<Option<Rational>>| {
        let cells = AxisCells {
            values,
            planned: &planned,
        };
        WeightedMean::new(&design, &[cells])
    };
    samples.iter().map(one).collect()
}

fn sign_flips(means: &[WeightedMean]) -> Result<f64> {
    let mut sum = 0.0;
    for mean in means {
        sum += black_box(mean).sign_flip(1)?.p;
    }
    Ok(sum)
}

/// Seven metrics of 30,000 tasks, a share of the pairs lost.
fn large(lost: f64) -> Vec<Vec<Option<Rational>>> {
    let pair = |seed: u64, item: u64| {
        let draw = |k: u64| output(seed, 3 * item + k);
        let mark = |k: u64| [1, 2, 3, 3, 4, 4, 4, 5, 5, 5][index(draw(k), 10)] as i64;
        let kept = (draw(2) >> 11) as f64 >= lost * (1_u64 << 53) as f64;
        kept.then(|| Rational::from(mark(0) - mark(1)))
    };
    (0..7)
        .map(|seed| (0..30_000).map(|item| pair(seed, item)).collect())
        .collect()
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
    let exact: Vec<Vec<Option<Rational>>> = paired
        .iter()
        .map(|values| values.iter().map(|&d| Some(d.into())).collect())
        .collect();
    criterion.bench_function(
        "240 weighted means with intervals' inputs, n = 300",
        |bencher| bencher.iter(|| means(black_box(&exact), 1)),
    );
    let small = means(&exact, 1).unwrap_or_default();
    criterion.bench_function("240 exact sign-flip tests, n = 300", |bencher| {
        bencher.iter(|| sign_flips(&small))
    });

    let levels = (0..LEVELS).map(|seed| stratified(&scores(seed)));
    let samples: Vec<Vec<Vec<i64>>> = levels
        .chain(paired.iter().map(|values| stratified(values)))
        .collect();
    criterion.bench_function("528 exact BCa intervals, n = 300, 6 strata", |bencher| {
        bencher.iter(|| intervals(&samples))
    });

    let resampling = Resampling {
        seed: 1,
        draws: DEFAULT_DRAWS,
    };
    let family: Vec<&WeightedMean> = small.iter().take(30).collect();
    criterion.bench_function("max-T of 30 contrasts, n = 300, 9999 draws", |bencher| {
        bencher.iter(|| step_down(black_box(&family), resampling, 0.95));
    });

    for (name, lost) in [("complete", 0.0), ("1 % of the pairs lost", 0.01)] {
        let many = means(&large(lost), 100).unwrap_or_default();
        criterion.bench_function(
            &format!("7 sign-flip tests, n = 30,000, {name}"),
            |bencher| bencher.iter(|| sign_flips(&many)),
        );
        let family: Vec<&WeightedMean> = many.iter().collect();
        if lost == 0.0 {
            criterion.bench_function("max-T of 7 contrasts, n = 30,000, 9999 draws", |bencher| {
                bencher.iter(|| step_down(black_box(&family), resampling, 0.95));
            });
        }
    }
}

criterion_group! {
    name = speed;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(5));
    targets = benchmarks
}
criterion_main!(speed);
