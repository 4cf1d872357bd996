//! Human ratings beside a judge's marks, for the terminal.

use crate::analysis::human::{AgreementWithHumans, Estimate, HumanContrast, HumanReport};
use crate::report::columns::{Side, columns, printable};
use crate::report::number::{decimals, signed, signed_interval};

/// Both tables with what they mean.
pub fn human_text(report: &HumanReport) -> String {
    format!(
        "Human ratings: {} by {} people (file with digest {})\n\n{}\n{}{}",
        report.ratings,
        report.raters,
        report.digest.short(12),
        agreement(&report.agreement),
        contrasts(&report.contrasts),
        NOTES
    )
}

const NOTES: &str = "kappa: quadratic weights, lower medians of several raters or repeats; interval by resampling \
    items. bias: judge minus people, raw marks. High agreement does not license comparisons: the bias in favour of the \
    candidate does, where its interval is narrow about 0. PPI++: people on the rated items, the judge on the others; \
    lambda is the trust in the judge, tuned on the labels from 30 on and 1 below.\n";

fn range(ends: Option<[f64; 2]>) -> String {
    ends.map_or_else(|| "-".to_owned(), |[lo, hi]| format!("{lo:.2} to {hi:.2}"))
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

fn agreement(lines: &[AgreementWithHumans]) -> String {
    let header = [
        "run",
        "axis",
        "items",
        "kappa",
        "95 %",
        "equal",
        "spearman",
        "bias",
        "95 %",
        "slope",
        "people's alpha",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(|line| {
        let people = line.raters.as_ref();
        vec![
            printable(&line.run),
            line.axis.title().to_owned(),
            line.items.to_string(),
            number(line.kappa),
            range(line.kappa_ci95),
            format!("{:.0} %", 100.0 * line.exact),
            number(line.spearman),
            format!("{:+.2}", line.bias),
            range(line.bias_ci95),
            number(line.slope),
            people.map_or_else(
                || "-".to_owned(),
                |p| format!("{:.2} ({})", p.alpha, range(p.alpha_ci95)),
            ),
        ]
    }));
    let mut sides = vec![Side::Left; header.len()];
    for right in [2, 3, 5, 6, 7, 9] {
        if let Some(side) = sides.get_mut(right) {
            *side = Side::Right;
        }
    }
    columns(&sides, &rows)
}

fn contrasts(lines: &[HumanContrast]) -> String {
    if lines.is_empty() {
        return "No item was rated for both models of a pair: there is no difference to compare.\n"
            .to_owned();
    }
    let header = [
        "difference",
        "axis",
        "items",
        "people",
        "judge, same items",
        "bias for the candidate",
        "PPI++",
        "lambda",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(|line| {
        let ppi = line.ppi.as_ref().map(|ppi| Estimate {
            sd: None,
            points: ppi.points,
            ci95: Some(ppi.ci95),
            items: line.human.items,
        });
        vec![
            format!(
                "{} minus {}",
                printable(&line.candidate),
                printable(&line.baseline)
            ),
            line.axis.title().to_owned(),
            line.human.items.to_string(),
            cell(&line.human),
            cell(&line.judge_same_items),
            cell(&line.bias),
            ppi.as_ref().map_or_else(|| "-".to_owned(), cell),
            line.ppi
                .as_ref()
                .map_or_else(|| "-".to_owned(), |ppi| format!("{:.2}", ppi.lambda)),
        ]
    }));
    let sides = [
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Right,
    ];
    columns(&sides, &rows)
}

/// A difference in points with its interval, no finer than it is known.
fn cell(estimate: &Estimate) -> String {
    // Half of a 95 % interval is about two standard errors.
    let se = estimate.ci95.map(|[lo, hi]| (hi - lo) / 4.0);
    let digits = decimals(se);
    let interval = match estimate.ci95 {
        Some(ends) => format!(" ({})", signed_interval(Some(ends), digits)),
        None => String::new(),
    };
    format!("{}{interval}", signed(estimate.points, digits))
}
