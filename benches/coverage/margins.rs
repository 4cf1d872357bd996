//! False equivalence: six axes whose true difference lies on the margin.

use super::laws::{Law, Plan, Stream};
use parabench::stats::error::Result;
use parabench::stats::multiplicity::holm;
use parabench::stats::rational::Rational;

const SAMPLES: u64 = 4_000;
const RANGE: f64 = 4.0;
/// 2.5 points.
const MARGIN: f64 = 0.1;

/// Laws with mean 0.1.
const LAWS: [(&str, Law); 4] = [
    (
        "40 % ties",
        &[(-2, 0.10), (-1, 0.15), (0, 0.40), (1, 0.25), (2, 0.10)],
    ),
    ("90 % ties", &[(0, 0.90), (1, 0.10)]),
    ("97.5 % ties, +4 else", &[(0, 0.975), (4, 0.025)]),
    (
        "losses of 1, rare gains of 4",
        &[(-1, 0.10), (0, 0.85), (4, 0.05)],
    ),
];

/// Prints the table.
pub fn print() -> Result<()> {
    println!(
        "Reports that call any of six axes equivalent within 2.5 points, true difference 2.5 points on each, in %. {SAMPLES} samples.\n"
    );
    println!("| law | n = 48 | n = 120 | n = 300 |");
    println!("| --- | --- | --- | --- |");
    for (name, law) in LAWS {
        let mut cells = Vec::new();
        for n in [8, 20, 50] {
            let plan = Plan::new(&[n; 6], &[1; 6])?;
            cells.push(format!("{:.1}", simulate(&plan, law)?));
        }
        println!("| {name} | {} |", cells.join(" | "));
    }
    Ok(())
}

fn simulate(plan: &Plan, law: Law) -> Result<f64> {
    let mut wrong = 0;
    for sample in 0..SAMPLES {
        let mut stream = Stream::of(37, sample);
        let mut p = Vec::new();
        for _ in 0..6 {
            let axis: Vec<Option<Rational>> = (0..plan.items())
                .map(|_| Some(stream.draw(law).into()))
                .collect();
            let test = plan.mean(&[axis], &[false])?.margin_test(MARGIN, RANGE)?;
            p.push(test.map(|test| test.p_equivalence()));
        }
        wrong += u32::from(holm(&p)?.into_iter().flatten().any(|p| p <= 0.05));
    }
    Ok(100.0 * f64::from(wrong) / SAMPLES as f64)
}
