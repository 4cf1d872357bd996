//! Coverage of the intervals of differences: one alone, and seven that hold together.

use super::laws::{Law, MANY_TIES, ORDINAL, Plan, RARE_LOSSES, Stream, TIES, mean};
use parabench::stats::difference_interval::sidak;
use parabench::stats::error::Result;
use parabench::stats::rational::Rational;

const SAMPLES: u64 = 2_000;
const RANGE: f64 = 4.0;
const AXES: usize = 6;

const DESIGNS: [(&str, [usize; 6], [u32; 6]); 6] = [
    ("n = 18", [3; 6], [3; 6]),
    ("n = 48", [8; 6], [8; 6]),
    ("n = 120", [20; 6], [20; 6]),
    (
        "n = 300",
        [40, 40, 40, 40, 40, 100],
        [40, 40, 40, 40, 40, 100],
    ),
    (
        "40, 1, 1, 40, 40, 100",
        [40, 1, 1, 40, 40, 100],
        [40, 40, 40, 40, 40, 100],
    ),
    (
        "4 each, generation 100",
        [4, 4, 4, 4, 4, 100],
        [40, 40, 40, 40, 40, 100],
    ),
];

/// Prints both tables.
pub fn print() -> Result<()> {
    let laws = [
        ("40 % ties", ORDINAL),
        ("90 % ties", TIES),
        ("98 % ties", MANY_TIES),
        ("5 % lose 4, rest ≥ 0", RARE_LOSSES),
    ];
    println!(
        "Seven intervals that hold together (six axes and Overall); in parentheses one axis alone. {SAMPLES} samples.\n"
    );
    println!("| law | {} |", DESIGNS.map(|design| design.0).join(" | "));
    println!("| --- |{}", " --- |".repeat(DESIGNS.len()));
    for (name, law) in laws {
        let mut cells = Vec::new();
        for (_, drawn, planned) in DESIGNS {
            cells.push(simulate(&Plan::new(&drawn, &planned)?, law)?);
        }
        println!("| {name} | {} |", cells.join(" | "));
    }
    Ok(())
}

fn simulate(plan: &Plan, law: Law) -> Result<String> {
    let truth = mean(law);
    let (mut together, mut alone, mut none) = (0, 0, 0);
    for sample in 0..SAMPLES {
        let mut stream = Stream::of(31, sample);
        let mut axes: Vec<Vec<Option<Rational>>> = vec![Vec::new(); AXES];
        for _ in 0..plan.items() {
            // Axes of an item share half of their draws.
            let common = stream.draw(law);
            for axis in &mut axes {
                let own = if stream.uniform() < 0.5 {
                    common
                } else {
                    stream.draw(law)
                };
                axis.push(Some(own.into()));
            }
        }
        let contains = |axes: &[Vec<Option<Rational>>], alpha: f64| -> Result<Option<bool>> {
            let found = plan.mean(axes, &vec![false; axes.len()])?;
            let interval = found.difference_interval(RANGE, alpha).interval;
            Ok(interval.map(|interval| interval.contains(truth)))
        };
        let family = sidak(0.05, AXES + 1);
        let mut all = contains(&axes, family)?;
        for axis in &axes {
            all = match (all, contains(std::slice::from_ref(axis), family)?) {
                (Some(a), Some(b)) => Some(a && b),
                (a, b) => a.or(b),
            };
        }
        let own = contains(&axes[..1], 0.05)?;
        none += u32::from(own.is_none());
        // Without an interval nothing is said, and nothing is wrong.
        together += u32::from(all != Some(false));
        alone += u32::from(own != Some(false));
    }
    let percent = |count: u32| 100.0 * f64::from(count) / SAMPLES as f64;
    let none = if none > 0 {
        format!(", none {:.0}", percent(none))
    } else {
        String::new()
    };
    Ok(format!(
        "{:.1} ({:.1}{none})",
        percent(together),
        percent(alone)
    ))
}
