//! False claims of whole pages: identical models, all axes and Overall, decided as a report decides.

use super::laws::{Plan, Stream};
use parabench::analysis::compare::standing::{Facts, Gate, MISSING_LIMIT, Role, Standing, Tested};
use parabench::stats::error::Result;
use parabench::stats::interval::Interval;
use parabench::stats::max_t::step_down;
use parabench::stats::missing::{imbens_manski, level_of};
use parabench::stats::rational::Rational;
use parabench::stats::splitmix::Resampling;
use parabench::stats::weighted::WeightedMean;

/// Pages of a kind, unless the command says otherwise.
const SAMPLES: u64 = 1_000;
/// Draws of the family: enough to decide at 5 %.
const DRAWS: u64 = 999;
const ALPHA: f64 = 0.05;
const RANGE: f64 = 4.0;
const AXES: usize = 6;
/// Image consistency does not exist in the last stratum.
const PARTIAL: [bool; AXES] = [false, false, true, false, false, false];

/// One kind of page.
struct Page {
    name: &'static str,
    drawn: [usize; 6],
    planned: [u32; 6],
    candidates: usize,
    /// Mean mark of all models.
    level: f64,
    /// Share of lost marks: the candidates lose their lowest ones, the baseline its highest.
    lost: f64,
}

const FULL: [usize; 6] = [40, 40, 40, 40, 40, 100];
const SIZES: [u32; 6] = [40, 40, 40, 40, 40, 100];

const fn page(
    name: &'static str,
    drawn: [usize; 6],
    candidates: usize,
    level: f64,
    lost: f64,
) -> Page {
    Page {
        name,
        drawn,
        planned: SIZES,
        candidates,
        level,
        lost,
    }
}

const PAGES: [Page; 12] = [
    page("n = 300, 1 candidate", FULL, 1, 3.4, 0.0),
    page("n = 300, 3 candidates", FULL, 3, 3.4, 0.0),
    page("n = 300, 5 candidates", FULL, 5, 3.4, 0.0),
    page("n = 18, 3 candidates", [3; 6], 3, 3.4, 0.0),
    page("n = 48, 3 candidates", [8; 6], 3, 3.4, 0.0),
    page(
        "4 each and 100, 3 candidates",
        [4, 4, 4, 4, 4, 100],
        3,
        3.4,
        0.0,
    ),
    page(
        "40, 1, 1, 40, 40, 100, 3 candidates",
        [40, 1, 1, 40, 40, 100],
        3,
        3.4,
        0.0,
    ),
    page("ceiling, n = 300, 3 candidates", FULL, 3, 4.9, 0.0),
    page("ceiling, n = 48, 3 candidates", [8; 6], 3, 4.9, 0.0),
    page("1 % lost by mark, n = 300, 1 candidate", FULL, 1, 3.4, 0.01),
    page(
        "1 % lost by mark, n = 300, 3 candidates",
        FULL,
        3,
        3.4,
        0.01,
    ),
    page(
        "4 % lost by mark, n = 300, 3 candidates",
        FULL,
        3,
        3.4,
        0.04,
    ),
];

/// Prints the table.
pub fn print() -> Result<()> {
    let samples = super::number().unwrap_or(SAMPLES);
    println!(
        "Pages of identical models that claim any direction, in %: without a condition / with one. {samples} pages of {DRAWS} draws.\n"
    );
    println!("| page | unconditional | conditional |");
    println!("| --- | --- | --- |");
    for page in &PAGES {
        let (shown, conditional) = simulate(page, samples)?;
        println!("| {} | {shown:.1} | {conditional:.1} |", page.name);
    }
    Ok(())
}

/// Marks of one run: per axis, per item, `None` where lost.
type Run = Vec<Vec<Option<i64>>>;

fn simulate(page: &Page, samples: u64) -> Result<(f64, f64)> {
    let plan = Plan::new(&page.drawn, &page.planned)?;
    let (mut shown, mut conditional) = (0, 0);
    for sample in 0..samples {
        let runs = draw(page, &plan, &mut Stream::of(43, sample));
        let standings = decide(&plan, &runs, sample)?;
        shown += u32::from(standings.iter().any(|s| s.is_shown()));
        let under = |s: &Standing| matches!(s, Standing::Conditional { .. });
        conditional += u32::from(standings.iter().any(under));
    }
    let percent = |count: u32| 100.0 * f64::from(count) / samples as f64;
    Ok((percent(shown), percent(conditional)))
}

/// The baseline first. Marks are a common level of the item and the axis, and noise of the run.
fn draw(page: &Page, plan: &Plan, stream: &mut Stream) -> Vec<Run> {
    let mut runs: Vec<Run> = vec![vec![Vec::new(); AXES]; page.candidates + 1];
    for item in 0..plan.items() {
        let easy = page.level + 0.6 * stream.normal();
        for axis in 0..AXES {
            let level = easy + 0.5 * stream.normal();
            for (number, run) in runs.iter_mut().enumerate() {
                let mark = ((level + 0.6 * stream.normal()).round() as i64).clamp(1, 5);
                let here = !(PARTIAL[axis] && plan.stratum(item) + 1 == page.planned.len());
                let kept = here && !is_lost(mark, number == 0, page.lost, stream);
                run[axis].push(kept.then_some(mark));
            }
        }
    }
    runs
}

/// The candidates lose low marks, the baseline high ones, so that the mean over all marks is about `share`.
fn is_lost(mark: i64, baseline: bool, share: f64, stream: &mut Stream) -> bool {
    let weight = if baseline { mark - 1 } else { 5 - mark };
    // The mean weight is about 2.4 for the baseline and 1.6 for the others at the level of these pages.
    let mean = if baseline { 2.4 } else { 1.6 };
    stream.uniform() < share * weight as f64 / mean
}

fn filled(run: &Run, axis: usize, plan: &Plan, with: i64) -> Vec<Option<i64>> {
    let last = plan.planned.len() - 1;
    let fill = |(item, mark): (usize, &Option<i64>)| {
        let here = !(PARTIAL[axis] && plan.stratum(item) == last);
        if here {
            Some(mark.unwrap_or(with))
        } else {
            None
        }
    };
    run[axis].iter().enumerate().map(fill).collect()
}

fn gaps(a: &[Option<i64>], b: &[Option<i64>]) -> Vec<Option<Rational>> {
    a.iter()
        .zip(b)
        .map(|(a, b)| Some(Rational::from((*a)? - (*b)?)))
        .collect()
}

/// Share of lost marks of the worst axis.
fn worst_share(run: &Run, axes: &[usize], plan: &Plan) -> f64 {
    let share = |&axis: &usize| {
        let complete = filled(run, axis, plan, 1);
        let expected = complete.iter().flatten().count();
        1.0 - run[axis].iter().flatten().count() as f64 / expected as f64
    };
    axes.iter().map(share).fold(0.0, f64::max)
}

/// A contrast on its way to a standing.
struct Contrast {
    mean: WeightedMean,
    extremes: [WeightedMean; 2],
    missing_share: f64,
}

/// The standing of every axis and Overall of every pair, but for those that are withheld.
fn decide(plan: &Plan, runs: &[Run], seed: u64) -> Result<Vec<Standing>> {
    let mut contrasts = Vec::new();
    for candidate in &runs[1..] {
        let mut metrics: Vec<Vec<usize>> = (0..AXES).map(|axis| vec![axis]).collect();
        metrics.push((0..AXES).collect());
        for axes in metrics {
            let partial: Vec<bool> = axes.iter().map(|&axis| PARTIAL[axis]).collect();
            let mean = |a: i64, b: i64, fill: bool| {
                let values: Vec<Vec<Option<Rational>>> = axes
                    .iter()
                    .map(|&axis| {
                        if fill {
                            gaps(
                                &filled(candidate, axis, plan, a),
                                &filled(&runs[0], axis, plan, b),
                            )
                        } else {
                            gaps(&candidate[axis], &runs[0][axis])
                        }
                    })
                    .collect();
                plan.mean(&values, &partial)
            };
            let share = worst_share(candidate, &axes, plan).max(worst_share(&runs[0], &axes, plan));
            if share <= MISSING_LIMIT {
                contrasts.push(Contrast {
                    mean: mean(0, 0, false)?,
                    extremes: [mean(1, 5, true)?, mean(5, 1, true)?],
                    missing_share: share,
                });
            }
        }
    }
    if contrasts.is_empty() {
        return Ok(Vec::new());
    }
    let members: Vec<&WeightedMean> = contrasts.iter().map(|c| &c.mean).collect();
    let resampling = Resampling { seed, draws: DRAWS };
    let steps = step_down(&members, resampling, 1.0 - ALPHA)?;
    contrasts
        .iter()
        .zip(steps)
        .map(|(contrast, step)| {
            let own = contrast.mean.difference_interval(RANGE, ALPHA).interval;
            Ok(Facts {
                judges_differ: false,
                missing_share: contrast.missing_share,
                role: Role::Confirmatory,
                units: contrast.mean.units(),
                gate: Gate::None,
                estimate: contrast.mean.value(),
                interval: own.map(|interval| [interval.lo, interval.hi]),
                test: Tested::P {
                    p: step.p,
                    alpha: ALPHA,
                },
                bounds: bounds(&contrast.extremes, level_of(step.critical))?.map(|b| [b.lo, b.hi]),
                margin: None,
            }
            .standing())
        })
        .collect()
}

fn bounds([lower, upper]: &[WeightedMean; 2], alpha: f64) -> Result<Option<Interval>> {
    let (Some(low), Some(high)) = (lower.se(), upper.se()) else {
        return Ok(None);
    };
    let df = match (lower.df(), upper.df()) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let ends = Interval::new(lower.value(), upper.value());
    imbens_manski(ends, [low, high], df, alpha).map(|(_, interval)| Some(interval))
}
