//! Human ratings beside a judge's marks, for the terminal.

use crate::analysis::human::{AgreementWithHumans, HumanContrast, HumanReport, PairEstimate};
use crate::report::number::{decimals, signed, signed_interval};
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// Both tables with what they mean.
pub fn human_text(report: &HumanReport) -> String {
    format!(
        "Human ratings: {} by {} people (file with digest {})\n\n{}\n{}{}{}",
        report.ratings,
        report.raters,
        report.digest.short(12),
        agreement(&report.agreement),
        contrasts(&report.contrasts),
        NOTES,
        if report.clustered { CLUSTERS } else { "" }
    )
}

const NOTES: &str = "kappa: quadratic weights, lower medians of several raters or repeats; interval by resampling \
    tasks. bias: judge minus people, raw marks. High agreement alone does not justify comparisons: the bias in favour \
    of the candidate must also be near 0, with a narrow interval. PPI++: people on the rated tasks, the judge on the \
    others; lambda is the weight of the judge, tuned on the labels from 30 labels on, else 1.\n";

const CLUSTERS: &str = "Tasks that form a cluster are one unit: every interval is over clusters, and kappa has none.\n";

fn range(ends: Option<[f64; 2]>) -> TableCell {
    TableCell::or_none(ends, |ends| TableCell::interval(ends, 2))
}

fn number(value: Option<f64>) -> TableCell {
    TableCell::or_none(value, |value| TableCell::number(value, 2))
}

fn agreement(lines: &[AgreementWithHumans]) -> String {
    let columns = [
        Column::words("run"),
        Column::words("axis"),
        Column::numbers("tasks", ""),
        Column::numbers("kappa", ""),
        Column::words("95 %"),
        Column::numbers("equal", ""),
        Column::numbers("spearman", ""),
        Column::numbers("bias", ""),
        Column::words("95 %"),
        Column::numbers("slope", ""),
        Column::words("people's alpha"),
    ];
    let rows = lines.iter().map(|line| {
        vec![
            TableCell::words(&*line.run),
            TableCell::words(line.axis.title()),
            TableCell::count(line.items),
            number(line.kappa),
            range(line.kappa_ci95),
            TableCell::or_none(line.exact, |exact| {
                TableCell::Figures(format!("{:.0} %", 100.0 * exact))
            }),
            number(line.spearman),
            TableCell::Figures(format!("{:+.2}", line.bias)),
            range(line.bias_ci95),
            number(line.slope),
            TableCell::or_none(line.raters.as_ref(), |people| {
                let interval = people.alpha_ci95;
                let interval = interval
                    .map_or_else(|| "-".to_owned(), |[lo, hi]| format!("{lo:.2} to {hi:.2}"));
                TableCell::Figures(format!("{:.2} ({interval})", people.alpha))
            }),
        ]
    });
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}

fn contrasts(lines: &[HumanContrast]) -> String {
    if lines.is_empty() {
        return "No task was rated for both models of a pair, so there is no difference to compare.\n"
            .to_owned();
    }
    let columns = [
        Column::words("difference"),
        Column::words("axis"),
        Column::numbers("tasks", ""),
        Column::words("people"),
        Column::words("judge, same tasks"),
        Column::words("bias for the candidate"),
        Column::words("PPI++"),
        Column::numbers("lambda", ""),
    ];
    let rows = lines.iter().map(|line| {
        let ppi = line.ppi.as_ref().map(|ppi| PairEstimate {
            sd: None,
            units: line.human.units,
            points: ppi.points,
            ci95: Some(ppi.ci95),
            items: line.human.items,
        });
        vec![
            TableCell::words(format!("{} minus {}", line.candidate, line.baseline)),
            TableCell::words(line.axis.title()),
            TableCell::count(line.human.items),
            cell(&line.human),
            cell(&line.judge_same_items),
            cell(&line.bias),
            TableCell::or_none(ppi.as_ref(), cell),
            number(line.ppi.as_ref().map(|ppi| ppi.lambda)),
        ]
    });
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}

/// A difference in points with its interval, no finer than it is known.
fn cell(estimate: &PairEstimate) -> TableCell {
    // Half of a 95 % interval is about two standard errors.
    let se = estimate.ci95.map(|[lo, hi]| (hi - lo) / 4.0);
    let digits = decimals(se);
    let interval = match estimate.ci95 {
        Some(ends) => format!(" ({})", signed_interval(Some(ends), digits)),
        None => String::new(),
    };
    TableCell::Figures(format!("{}{interval}", signed(estimate.points, digits)))
}
