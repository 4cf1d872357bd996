//! How often what is said of a bridge, and across one, is right: judges with a known shift, a known bias for one model and
//! known noise.
//!
//! Every repetition draws models, judges and anchors anew. The table that docs/coverage.md shows is printed by
//! `PARABENCH_BRIDGES=1000 cargo test --test slow bridge_rates -- --nocapture`.

use parabench::analysis::bridge::file::Bridge;
use parabench::analysis::compare::standing::{Standing, Untested, Withheld};
use parabench::analysis::compare::{Across, CompareRequest, Comparison, compare};
use parabench::analysis::judges::bridge::{Terms, study};
use parabench::analysis::runs::declaration::Declaration;
use parabench::analysis::runs::load::LoadedRun;
use parabench::suite::Axis;

use crate::bridges::{NEW, OLD, Shape, Spot, loaded, uniform};

const AXES: [Axis; 2] = [Axis::IMAGE_QUALITY, Axis::OUTPUT_ALIGNMENT];
const STRATA: usize = 5;
const PLANNED: u32 = 40;
/// Repetitions unless `PARABENCH_BRIDGES` says otherwise.
const REPETITIONS: u64 = 40;
/// Tasks from which a true mean is taken.
const TRUTH: u32 = 20_000;

fn repetitions() -> u64 {
    let wanted = std::env::var("PARABENCH_BRIDGES").ok();
    wanted
        .and_then(|text| text.parse().ok())
        .unwrap_or(REPETITIONS)
}

/// What models and judges are like, in marks.
#[derive(Clone, Copy)]
struct World {
    /// New less old judge, for every model.
    shift: f64,
    /// What the new judge adds for the first run.
    bias: f64,
    /// Width of the noise of one mark.
    noise: f64,
    /// What the first run is better by.
    better: f64,
    /// Width in which shifts of single runs differ.
    runs_differ: f64,
}

const PLAIN: World = World {
    shift: -0.5,
    bias: 0.0,
    noise: 1.0,
    better: 0.0,
    runs_differ: 0.0,
};

impl World {
    /// The marks of the old and of the new judge.
    fn marks(self, sample: u64, spot: Spot) -> (i64, i64) {
        let Spot {
            run,
            category,
            item,
            axis,
        } = spot;
        let centred = |width: f64, what: &str| width * (uniform(what) - 0.5);
        let task = format!("{sample}/{category}/{item}/{axis}");
        let level = 3.3
            + 0.2 * category as f64
            + centred(1.6, &format!("task/{task}"))
            + centred(2.0, &format!("answer/{run}/{task}"))
            + if run == 0 { self.better } else { 0.0 };
        let change = self.shift
            + if run == 0 { self.bias } else { 0.0 }
            + centred(0.8, &format!("reading/{task}"))
            + centred(self.runs_differ, &format!("run/{sample}/{run}/{axis}"));
        let mark = |value: f64| (value.round() as i64).clamp(1, 5);
        (
            mark(level + centred(self.noise, &format!("old/{run}/{task}"))),
            mark(level + change + centred(self.noise, &format!("new/{run}/{task}"))),
        )
    }

    /// True means of run `run` on the first axis in points: under the old judge, and under the new one.
    fn truth(self, run: usize) -> (f64, f64) {
        let (mut old, mut new) = (0, 0);
        for number in 0..TRUTH {
            let (a, b) = self.marks(
                // Runs that differ at random are drawn anew for each task here.
                u64::from(number) + 1_000_000,
                Spot {
                    run,
                    category: number as usize % STRATA,
                    item: number,
                    axis: AXES[0],
                },
            );
            old += a;
            new += b;
        }
        let points = |sum: i64| 25.0 * (sum as f64 / f64::from(TRUTH) - 1.0);
        (points(old), points(new))
    }

    fn bridge(self, sample: u64, shape: &Shape, runs: &[&str], first: usize) -> Bridge {
        shape.bridge(runs, |spot| {
            let spot = Spot {
                run: spot.run + first,
                ..spot
            };
            let (old, new) = self.marks(sample, spot);
            (Some(old), Some(new))
        })
    }

    /// Run `run` in full, under one of the judges.
    fn run(self, sample: u64, shape: &Shape, run: usize, judge: (&str, &str)) -> LoadedRun {
        let under_old = judge == OLD;
        let fixture = shape.run(&format!("run-{run}"), judge, move |place| {
            let (old, new) = self.marks(
                sample,
                Spot {
                    run,
                    category: place.category,
                    item: place.item,
                    axis: place.axis,
                },
            );
            Ok(if under_old { old } else { new })
        });
        loaded(&fixture)
    }

    /// The first run under the old judge against the second under the new one.
    fn compared(self, sample: u64, drawn: u32, anchors: &[usize]) -> Comparison {
        let shape = Shape::edits(STRATA, PLANNED, drawn, &AXES);
        let (a, b) = (
            self.run(sample, &shape, 0, OLD),
            self.run(sample, &shape, 1, NEW),
        );
        let names: Vec<String> = anchors.iter().map(|run| format!("run-{run}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let first = anchors.first().copied().unwrap_or(0);
        let mut bridge = self.bridge(sample, &shape, &names, first);
        for (run, number) in bridge.runs.iter_mut().zip(anchors) {
            if *number == 0 {
                run.samples_digest = a.manifest.samples_digest();
            }
        }
        compare(&CompareRequest {
            candidates: vec![&a],
            baselines: vec![&b],
            judge: None,
            across: Across::Bridged(&bridge),
            declaration: Declaration::default(),
            cross_checks: false,
            draws: 99,
        })
        .unwrap()
    }
}

/// Shares of repetitions, and what they are of.
#[derive(Default)]
struct Rate {
    hits: u64,
    of: u64,
}

impl Rate {
    fn note(&mut self, hit: bool) {
        self.hits += u64::from(hit);
        self.of += 1;
    }

    fn share(&self) -> f64 {
        self.hits as f64 / self.of.max(1) as f64
    }

    /// The share in percent, or a dash for none.
    fn text(&self) -> String {
        match self.of {
            0 => "–".to_owned(),
            _ => format!("{:.1}", 100.0 * self.share()),
        }
    }

    /// Whether a true share of at least `least` could have given this one: four standard errors of room.
    fn is_at_least(&self, least: f64) -> bool {
        let room = 4.0 * (least * (1.0 - least) / self.of.max(1) as f64).sqrt();
        self.share() >= least - room
    }

    /// The same for a share of at most `most`.
    fn is_at_most(&self, most: f64) -> bool {
        let room = 4.0 * (most * (1.0 - most) / self.of.max(1) as f64).sqrt();
        self.share() <= most + room
    }
}

fn within([lo, hi]: [f64; 2], truth: f64) -> bool {
    lo <= truth && truth <= hi
}

#[test]
fn shifts_and_favours_of_a_bridge_are_covered() {
    println!("| case | shift | favour | a favour is shown |\n| --- | --- | --- | --- |");
    let cases = [
        ("no bias, 10 anchors", PLAIN, 2),
        ("no bias, 40 anchors", PLAIN, 8),
        ("no bias, 100 anchors", PLAIN, 20),
        (
            "bias of 0.3 for one run, 100 anchors",
            World { bias: 0.3, ..PLAIN },
            20,
        ),
        (
            "little noise, 100 anchors",
            World {
                noise: 0.2,
                ..PLAIN
            },
            20,
        ),
    ];
    for (name, world, drawn) in cases {
        let truth: Vec<(f64, f64)> = (0..2).map(|run| world.truth(run)).collect();
        let change = |run: usize| truth[run].1 - truth[run].0;
        let (mut shift, mut favour, mut shown) =
            (Rate::default(), Rate::default(), Rate::default());
        for sample in 0..repetitions() {
            let shape = Shape::edits(STRATA, PLANNED, drawn, &AXES);
            let bridge = world.bridge(sample, &shape, &["run-0", "run-1"], 0);
            let terms = Terms {
                margin: 2.5,
                alpha: 0.05,
                half_width: 2.5,
                draws: 199,
            };
            let found = study(&bridge, terms).unwrap();
            if let Some(ends) = found.shifts[0].result.as_ref().unwrap().ci95 {
                shift.note(within(ends, 0.5 * (change(0) + change(1))));
            }
            if let Some(ends) = found.favours[0].result.as_ref().unwrap().ci95 {
                favour.note(within(ends, change(0) - change(1)));
            }
            shown.note(
                found
                    .favours
                    .iter()
                    .any(|f| f.standing.direction().is_some()),
            );
        }
        println!(
            "| {name} | {} | {} | {} |",
            shift.text(),
            favour.text(),
            shown.text()
        );
        assert!(shift.is_at_least(0.94), "{name}: {}", shift.text());
        assert!(favour.is_at_least(0.94), "{name}: {}", favour.text());
        if world.bias == 0.0 {
            assert!(shown.is_at_most(0.06), "{name}: {}", shown.text());
        }
    }
}

#[test]
fn a_difference_across_a_bridge_is_covered_and_identical_models_are_not_told_apart() {
    println!(
        "| case | 95 % interval covers | called different | not joined |\n| --- | --- | --- | --- |"
    );
    let apart = World {
        bias: 0.3,
        better: 0.3,
        ..PLAIN
    };
    let differing = World {
        runs_differ: 0.4,
        ..PLAIN
    };
    let cases: [(&str, World, u32, &[usize]); 8] = [
        ("identical models, 10 anchors", PLAIN, 2, &[0]),
        ("identical models, 20 anchors", PLAIN, 4, &[0]),
        ("identical models, 50 anchors", PLAIN, 10, &[0]),
        ("identical models, 100 anchors", PLAIN, 20, &[0]),
        ("one better and favoured, 50 anchors", apart, 10, &[0]),
        (
            "anchors of 3 other runs, whose shifts differ",
            differing,
            10,
            &[2, 3, 4],
        ),
        (
            "anchors of 5 other runs, whose shifts differ",
            differing,
            10,
            &[2, 3, 4, 5, 6],
        ),
        ("anchors of 2 other runs", PLAIN, 10, &[2, 3]),
    ];
    for (name, world, drawn, anchors) in cases {
        let truth = world.truth(0).1 - world.truth(1).1;
        let (mut covered, mut different, mut unjoined) =
            (Rate::default(), Rate::default(), Rate::default());
        for sample in 0..repetitions() {
            let found = world.compared(sample, drawn, anchors);
            let first = found.contrasts[0].result.as_ref().unwrap();
            let is_joined = first.crossed.is_some();
            let tested = !matches!(
                found.contrasts[0].standing,
                Standing::Withheld(Withheld::JudgesDiffer)
                    | Standing::NotTested(Untested::TooFewUnits)
            );
            unjoined.note(!tested);
            if let Some(ends) = first.difference.ci95.filter(|_| is_joined) {
                // With runs that differ the truth is that of these runs.
                let truth = match world.runs_differ > 0.0 {
                    true => own_truth(world, sample),
                    false => truth,
                };
                covered.note(within(ends, truth));
            }
            let claimed = |c: &parabench::analysis::compare::contrast::Contrast| {
                c.standing.direction().is_some()
            };
            different.note(found.contrasts.iter().any(claimed));
        }
        println!(
            "| {name} | {} | {} | {} |",
            covered.text(),
            different.text(),
            unjoined.text()
        );
        if anchors.len() == 2 {
            assert_eq!((covered.of, different.hits), (0, 0), "{name}");
            continue;
        }
        assert!(covered.is_at_least(0.94), "{name}: {}", covered.text());
        if world.better == 0.0 && world.runs_differ == 0.0 {
            assert!(different.is_at_most(0.06), "{name}: {}", different.text());
        }
    }
}

/// The true difference under the new judge of the two runs of one sample, whose shifts are their own.
fn own_truth(world: World, sample: u64) -> f64 {
    let mean = |run: usize| {
        let own = world.runs_differ * (uniform(&format!("run/{sample}/{run}/{}", AXES[0])) - 0.5);
        World {
            shift: world.shift + own,
            runs_differ: 0.0,
            ..world
        }
        .truth_of_few(run)
    };
    mean(0) - mean(1)
}

impl World {
    /// As [`truth`](Self::truth) under the new judge, from fewer tasks: it is asked for once per sample.
    fn truth_of_few(self, run: usize) -> f64 {
        let tasks = 2_000;
        let sum: i64 = (0..tasks)
            .map(|number| {
                let spot = Spot {
                    run,
                    category: number as usize % STRATA,
                    item: number,
                    axis: AXES[0],
                };
                self.marks(2_000_000, spot).1
            })
            .sum();
        25.0 * (sum as f64 / f64::from(tasks) - 1.0)
    }
}
