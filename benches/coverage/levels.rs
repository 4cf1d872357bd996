//! Coverage of the intervals of levels, and of a difference with rare large losses.

use super::laws::{Law, Plan, RARE_LOSSES};
use parabench::stats::bootstrap_design::BootstrapDesign;
use parabench::stats::error::Result;
use parabench::stats::exact_bootstrap::ExactBootstrap;
use parabench::stats::interval::{Confidence, Interval, Scale};
use parabench::stats::rational::Rational;
use parabench::stats::seeded_bootstrap::SeededBootstrap;
use parabench::stats::splitmix::{Resampling, output};
use parabench::stats::weighted::WeightedMean;

/// Spread over the scale, mean 57 points.
const MIDDLE: Law = &[(1, 0.15), (2, 0.15), (3, 0.20), (4, 0.27), (5, 0.23)];
/// Near the ceiling, mean 89 points.
const HIGH: Law = &[(1, 0.02), (2, 0.02), (3, 0.06), (4, 0.18), (5, 0.72)];
/// At the ceiling, mean 95.5 points: 90 % fives, 6 % fours, the rest spread.
const CEILING: Law = &[
    (1, 0.04 / 3.0),
    (2, 0.04 / 3.0),
    (3, 0.04 / 3.0),
    (4, 0.06),
    (5, 0.90),
];
struct Case {
    name: &'static str,
    strata: &'static [(usize, Law)],
    /// Whether the values are scores on 1..5 (else differences, which have no logit interval).
    level: bool,
}

const CASES: [Case; 8] = [
    Case {
        name: "n = 40, mean 57",
        strata: &[(40, MIDDLE)],
        level: true,
    },
    Case {
        name: "n = 40, mean 89",
        strata: &[(40, HIGH)],
        level: true,
    },
    Case {
        name: "n = 40, mean 96",
        strata: &[(40, CEILING)],
        level: true,
    },
    Case {
        name: "n = 18 in 6 strata, mean 89",
        strata: &[(3, HIGH); 6],
        level: true,
    },
    Case {
        name: "n = 120 in 6 strata, mean 96",
        strata: &[(20, CEILING); 6],
        level: true,
    },
    Case {
        name: "n = 300 in 6 strata, ceiling",
        strata: &[
            (40, CEILING),
            (40, CEILING),
            (40, HIGH),
            (40, HIGH),
            (40, HIGH),
            (100, HIGH),
        ],
        level: true,
    },
    Case {
        name: "n = 300 in 6 strata, mixed",
        strata: &[
            (40, MIDDLE),
            (40, CEILING),
            (40, HIGH),
            (40, MIDDLE),
            (40, HIGH),
            (100, MIDDLE),
        ],
        level: true,
    },
    Case {
        name: "n = 40, difference with rare large losses",
        strata: &[(40, RARE_LOSSES)],
        level: false,
    },
];

const SAMPLES: u64 = 10_000;
/// The studentised bootstrap is slow: fewer samples, fewer draws.
const STUDENTISED_SAMPLES: u64 = 2_000;
const STUDENTISED_DRAWS: u64 = 999;

/// Misses below and above, and the sum of widths.
#[derive(Default)]
struct Tally {
    samples: f64,
    truth_below: f64,
    truth_above: f64,
    undefined: f64,
}

impl Tally {
    /// An interval that does not exist misses: with all scores equal it would be a point.
    fn add(&mut self, interval: Option<Interval>, truth: f64) {
        self.samples += 1.0;
        match interval {
            None => self.undefined += 1.0,
            Some(interval) if truth < interval.lo => self.truth_below += 1.0,
            Some(interval) if truth > interval.hi => self.truth_above += 1.0,
            Some(_) => {}
        }
    }

    fn cell(&self) -> String {
        let percent = |count: f64| 100.0 * count / self.samples;
        let misses = self.truth_below + self.truth_above + self.undefined;
        let undefined = if self.undefined > 0.0 {
            format!(", none {:.1}", percent(self.undefined))
        } else {
            String::new()
        };
        format!(
            "{:.1} ({:.1}/{:.1}{undefined})",
            100.0 - percent(misses),
            percent(self.truth_below),
            percent(self.truth_above)
        )
    }
}

fn truth(case: &Case) -> f64 {
    let items: f64 = case.strata.iter().map(|(size, _)| *size as f64).sum();
    let mean = |law: Law| law.iter().map(|(value, p)| *value as f64 * p).sum::<f64>();
    case.strata
        .iter()
        .map(|(size, law)| *size as f64 / items * mean(law))
        .sum()
}

fn draw(case: &Case, sample: u64) -> Vec<Vec<i64>> {
    let mut position = sample * 1_000;
    let mut one = |law: Law| {
        let mut u = (output(20_260_101, position) >> 11) as f64 / (1_u64 << 53) as f64;
        position += 1;
        for (value, p) in law {
            if u < *p {
                return *value;
            }
            u -= p;
        }
        law[law.len() - 1].0
    };
    case.strata
        .iter()
        .map(|(size, law)| (0..*size).map(|_| one(law)).collect())
        .collect()
}

fn estimate(strata: &[Vec<i64>]) -> Result<WeightedMean> {
    let drawn: Vec<usize> = strata.iter().map(Vec::len).collect();
    let planned: Vec<u32> = drawn.iter().map(|&n| n as u32).collect();
    let values = strata
        .iter()
        .flatten()
        .map(|&v| Some(Rational::from(v)))
        .collect();
    Plan::new(&drawn, &planned)?.mean(&[values], &[false])
}

fn simulate(case: &Case) -> Result<String> {
    let truth = truth(case);
    let mut tallies: [Tally; 5] = Default::default();
    for sample in 0..SAMPLES {
        let strata = draw(case, sample);
        let estimate = estimate(&strata)?;
        let exact = ExactBootstrap::new(BootstrapDesign::proportional(&strata)?)?;
        tallies[0].add(estimate.t_interval(Confidence::P95), truth);
        tallies[1].add(exact.bca(Confidence::P95), truth);
        if sample < STUDENTISED_SAMPLES {
            let drawn = SeededBootstrap::new(
                BootstrapDesign::proportional(&strata)?,
                Resampling {
                    seed: sample,
                    draws: STUDENTISED_DRAWS,
                },
            )?;
            tallies[2].add(
                drawn.studentised(Confidence::P95).map(|t| t.interval),
                truth,
            );
        }
        tallies[3].add(
            estimate.logit_t_interval(Scale::RAW, Confidence::P95),
            truth,
        );
        tallies[4].add(
            estimate
                .level_interval(Scale::RAW, Confidence::P95)
                .map(|(interval, _)| interval),
            truth,
        );
    }
    let cells = tallies.iter().enumerate().map(|(column, tally)| {
        if case.level || column < 3 {
            tally.cell()
        } else {
            "–".into()
        }
    });
    Ok(format!(
        "| {} | {} |",
        case.name,
        cells.collect::<Vec<_>>().join(" | ")
    ))
}

/// Prints the table.
pub fn print() -> Result<()> {
    println!("| case | t | exact BCa | bootstrap-t | logit-t | logit-t, degenerate rule |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for case in &CASES {
        println!("{}", simulate(case)?);
    }
    Ok(())
}
