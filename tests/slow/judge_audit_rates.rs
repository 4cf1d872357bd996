//! How often an audit finds a fault, and how often it blames a judge without one.
//!
//! Every repetition draws the fault's parameters and the judge's luck anew. The table that
//! docs/judge-audit.md shows is printed by
//! `PARABENCH_AUDIT_REPETITIONS=400 cargo test --test slow judge_audit_rates -- --nocapture`.

use crate::sabotage::{Fault, Sabotaged, audited, questions};
use parabench::analysis::judges::audit::Fitness;
use parabench::judge::audit::Probe;
use parabench::suite::Axis;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

/// Shares of repetitions.
#[derive(Clone, Copy, Debug, Default)]
struct Rates {
    /// The judge was called unfit on some axis.
    unfit: f64,
    /// The judge was called fit on every axis.
    fit: f64,
    /// Of the axes with the fault, those called unfit.
    found: f64,
    /// Of the axes without the fault, those called unfit.
    blamed: f64,
}

fn rates(probes: &[Probe], faults: impl Fn(u64) -> Fault, repetitions: u64) -> Rates {
    let mut rates = Rates::default();
    let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
    for seed in 0..repetitions {
        let fault = faults(seed);
        let spoilt = fault.axes();
        let found = audited(Sabotaged::new(fault, seed), probes);
        let unfit: Vec<Axis> = found
            .axes
            .iter()
            .filter(|axis| axis.fitness == Fitness::Unfit)
            .map(|axis| axis.axis)
            .collect();
        let right = unfit.iter().filter(|axis| spoilt.contains(axis)).count();
        rates.unfit += share(usize::from(!unfit.is_empty()), 1);
        rates.fit += share(usize::from(found.fitness == Fitness::Fit), 1);
        rates.found += share(right, spoilt.len());
        rates.blamed += share(unfit.len() - right, Axis::ALL.len() - spoilt.len());
    }
    let all = repetitions as f64;
    Rates {
        unfit: rates.unfit / all,
        fit: rates.fit / all,
        found: rates.found / all,
        blamed: rates.blamed / all,
    }
}

fn drawn(kind: usize) -> impl Fn(u64) -> Fault {
    move |seed| {
        let mut dice = ChaCha8Rng::seed_from_u64(1000 + seed);
        Fault::drawn(&mut dice).swap_remove(kind)
    }
}

fn name(fault: &Fault) -> String {
    let text = format!("{fault:?}");
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// The table of one number of calls. What is asserted is far from what is measured, so that few
/// repetitions do not fail by chance.
fn table(calls: u32, least_found: f64) {
    let repetitions =
        std::env::var("PARABENCH_AUDIT_REPETITIONS").map_or(3, |text| text.parse().unwrap());
    let probes = questions(calls, 0);
    println!("{calls} calls, {repetitions} repetitions: unfit, fit, found, blamed");
    let show = |name: &str, rates: Rates| {
        let Rates {
            unfit,
            fit,
            found,
            blamed,
        } = rates;
        println!("{calls:3} {name:20} {unfit:6.3} {fit:6.3} {found:6.3} {blamed:6.3}");
    };
    for kind in 0..Fault::drawn(&mut ChaCha8Rng::seed_from_u64(0)).len() {
        let fault = drawn(kind)(0);
        let found = rates(&probes, drawn(kind), repetitions);
        show(&name(&fault), found);
        assert!(
            found.unfit >= least_found,
            "{calls} calls, {fault:?}: {found:?}"
        );
        assert!(found.blamed <= 0.1, "{calls} calls, {fault:?}: {found:?}");
    }
    // What shows in one form of injection can be missed: each is tried a few times.
    for kind in 0..Fault::of_one_form(&mut ChaCha8Rng::seed_from_u64(0)).len() {
        let of_one_form = |seed| {
            let mut dice = ChaCha8Rng::seed_from_u64(1000 + seed);
            Fault::of_one_form(&mut dice).swap_remove(kind)
        };
        let found = rates(&probes, of_one_form, repetitions);
        show(&name(&of_one_form(0)), found);
        assert!(found.blamed <= 0.1, "{calls} calls: {found:?}");
    }
    for slips in [0.0, 0.02, 0.05, 0.1] {
        let found = rates(&probes, |_| Fault::Honest { slips }, repetitions);
        show(&format!("honest, slips {slips}"), found);
        // One of few repetitions may be blamed by chance.
        assert!(
            found.unfit <= (1.0 / repetitions as f64).max(0.2),
            "{calls} calls, slips {slips}: {found:?}"
        );
    }
}

#[test]
fn rates_at_60_calls() {
    table(60, 0.5);
}

#[test]
fn rates_at_120_calls() {
    table(120, 0.9);
}

#[test]
fn rates_at_240_calls() {
    table(240, 0.9);
}
