//! False claims of a design with four looks at one contrast without a difference.

use super::laws::{Plan, Stream};
use parabench::stats::error::Result;
use parabench::stats::rational::Rational;
use parabench::stats::sequential::{Spending, boundaries, look_statistic};

const SAMPLES: u64 = 10_000;
const SHARES: [f64; 4] = [0.4, 0.6, 0.8, 1.0];

/// Prints the table.
pub fn print() -> Result<()> {
    println!(
        "Designs that stop for a difference where there is none, looks at 40, 60, 80 and 100 %, in %. {SAMPLES} samples.\n"
    );
    println!("| law | 30 tasks | 60 tasks | 120 tasks | 300 tasks |");
    println!("| --- | --- | --- | --- | --- |");
    let normal =
        |stream: &mut Stream| Rational::new((stream.normal() * 100.0).round() as i128, 100);
    let ties = |stream: &mut Stream| {
        Ok(Rational::from(stream.draw(&[
            (-1, 0.15),
            (0, 0.70),
            (1, 0.15),
        ])))
    };
    let skewed = |stream: &mut Stream| {
        Ok(Rational::from(stream.draw(&[
            (-4, 0.05),
            (0, 0.75),
            (1, 0.20),
        ])))
    };
    line("normal", normal)?;
    line("70 % ties", ties)?;
    line("5 % lose 4, 20 % win 1", skewed)
}

fn line(name: &str, draw: impl Fn(&mut Stream) -> Result<Rational>) -> Result<()> {
    let mut cells = Vec::new();
    for n in [5, 10, 20, 50] {
        cells.push(format!("{:.1}", simulate(n, &draw)?));
    }
    println!("| {name} | {} |", cells.join(" | "));
    Ok(())
}

/// `n` tasks in each of six strata.
fn simulate(n: usize, draw: &impl Fn(&mut Stream) -> Result<Rational>) -> Result<f64> {
    let looks = boundaries(&SHARES, 0.05, Spending::ObrienFleming)?;
    let plans = SHARES
        .iter()
        .map(|share| Plan::new(&[(n as f64 * share).round() as usize; 6], &[1; 6]))
        .collect::<Result<Vec<_>>>()?;
    let mut wrong = 0;
    for sample in 0..SAMPLES {
        let mut stream = Stream::of(41, sample);
        let values: Vec<Vec<Rational>> = (0..6)
            .map(|_| (0..n).map(|_| draw(&mut stream)).collect())
            .collect::<Result<_>>()?;
        for (look, plan) in looks.iter().zip(&plans) {
            let each = plan.items() / 6;
            let seen = values
                .iter()
                .flat_map(|stratum| stratum[..each].iter().copied().map(Some));
            let mean = plan.mean(&[seen.collect()], &[false])?;
            let z = match (mean.se(), mean.df()) {
                (Some(se), Some(df)) => look_statistic(mean.value(), se, df),
                _ => None,
            };
            if z.is_some_and(|z| z.abs() >= look.z) {
                wrong += 1;
                break;
            }
        }
    }
    Ok(100.0 * f64::from(wrong) / SAMPLES as f64)
}
