//! The lines of a comparison as tables: one per pair of runs, worded here and nowhere else.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::Adjusted;
use crate::analysis::compare::contrast::{Contrast, ContrastFinding};
use crate::analysis::compare::standing::Standing;
use crate::report::compare_notes;
use crate::report::flags;
use crate::report::number::{decimals, p_value};
use crate::report::standing::{Speaker, adjusted_p_cell, badge};
use crate::report::table::{Column, Table, TableCell};
use crate::suite::axes::are_whole;

/// Columns that a paper has room for: all but what repeats others in another unit.
pub const FOR_PAPER: usize = 11;

/// Pairs of run labels in the order of the contrasts.
pub fn pairs(comparison: &Comparison) -> Vec<(&str, &str)> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for contrast in &comparison.contrasts {
        let pair = (contrast.candidate.as_str(), contrast.baseline.as_str());
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs
}

/// The contrasts of one pair of runs.
pub fn of_pair<'a>(comparison: &'a Comparison, pair: (&str, &str)) -> Vec<&'a Contrast> {
    let of = |c: &&Contrast| (c.candidate.as_str(), c.baseline.as_str()) == pair;
    comparison.contrasts.iter().filter(of).collect()
}

/// What a metric is called; an Overall over some axes says over how many.
pub fn metric_title(contrast: &Contrast) -> String {
    let axes = &contrast.metric.axes;
    match axes.as_slice() {
        [axis] if !contrast.metric.is_overall() => axis.title().to_owned(),
        _ if are_whole(axes) => "Overall".to_owned(),
        _ => format!("Overall of {} common axes", axes.len()),
    }
}

/// The table of one pair of runs, which `names` are shown for.
pub fn table(comparison: &Comparison, pair: (&str, &str), names: (&str, &str)) -> Table {
    let contrasts = of_pair(comparison, pair);
    let columns = [
        Column::words("Metric"),
        Column::words("Verdict"),
        Column::numbers("Points", ""),
        Column::words(joint_head(comparison)),
        Column::numbers("Adjusted p", ""),
        Column::words("Win/tie/loss"),
        Column::words("Flags"),
        Column::words("95 % alone"),
        Column::numbers("p alone", ""),
        Column::numbers("Tasks", ""),
        Column::numbers("Holm p", ""),
        Column::numbers("Superiority (95 %)", ""),
        Column::numbers("Raw marks", ""),
    ];
    let notes = compare_notes::reading(comparison, &contrasts);
    let name = |label: &str| match label {
        label if label == pair.0 => names.0.to_owned(),
        _ => names.1.to_owned(),
    };
    let speaker = Speaker {
        comparison,
        name: &name,
    };
    Table::new(format!("{} minus {}", names.0, names.1), columns)
        .with_rows(contrasts.iter().map(|contrast| row(&speaker, contrast)))
        .with_notes(notes)
}

/// One row for each pair of runs: its headline contrast, so that the table fits a terminal.
pub fn headlines<'a>(speaker: &Speaker<'_>, heads: impl Iterator<Item = &'a Contrast>) -> Table {
    let heads: Vec<&Contrast> = heads.collect();
    let several = heads
        .windows(2)
        .any(|two| matches!(two, [a, b] if a.baseline != b.baseline));
    let columns = [
        Column::words("run"),
        Column::words("verdict"),
        Column::words("axis"),
        Column::numbers("diff", ""),
        Column::words(joint_head(speaker.comparison)),
        Column::numbers("adjusted p", ""),
    ];
    let rows = heads.into_iter().map(|contrast| {
        let (a, b) = (
            (speaker.name)(&contrast.candidate),
            (speaker.name)(&contrast.baseline),
        );
        let run = match several {
            true => format!("{a} minus {b}"),
            false => a,
        };
        let mut cells = row(speaker, contrast).into_iter();
        let (_, badge) = (cells.next(), cells.next());
        let metric = match contrast.metric.is_overall() {
            true => metric_title(contrast),
            false => metric_title(contrast).to_lowercase(),
        };
        let mut row = vec![
            TableCell::words(run),
            badge.unwrap_or(TableCell::None),
            TableCell::words(metric),
        ];
        // Points, interval, p.
        row.extend(cells.take(3));
        row
    });
    Table::new("", columns).with_rows(rows)
}

fn row(speaker: &Speaker<'_>, contrast: &Contrast) -> Vec<TableCell> {
    let badge = badge(contrast.standing, speaker.comparison.margin.points);
    let mut row = vec![
        TableCell::words(metric_title(contrast)),
        TableCell::words(badge),
    ];
    match &contrast.result {
        Ok(finding) => row.extend(cells(speaker, contrast, finding)),
        Err(why) => row.extend([
            TableCell::None,
            TableCell::words(speaker.undefined(contrast, why)),
        ]),
    }
    row
}

/// The adjusted p of what the row says: of its margin test, named, where it says no direction but a margin.
pub fn p_cell(contrast: &Contrast, finding: &ContrastFinding, adjusted: &Adjusted) -> String {
    match (contrast.standing, &finding.margin) {
        (Standing::Margin(within), Some(margin)) => match within.equivalent {
            true => format!("{} equivalence", p_value(margin.p_equivalence_holm)),
            false => format!("{} non-inferiority", p_value(margin.p_noninferiority_holm)),
        },
        _ => adjusted_p_cell(adjusted),
    }
}

/// The interval that holds together with the others of a page, which may be lacking; the interval alone where nothing is
/// tested together. `None` for a line that is not part of what is tested.
pub fn joint_interval(
    comparison: &Comparison,
    finding: &ContrastFinding,
) -> Option<Option<[f64; 2]>> {
    match &finding.adjusted {
        Some(adjusted) => Some(adjusted.simultaneous),
        None if comparison.family.size == 0 => Some(finding.difference.ci95),
        None => None,
    }
}

/// What that interval is called.
pub fn joint_head(comparison: &Comparison) -> String {
    match comparison.family.size {
        0 => "95 %".to_owned(),
        m => format!("95 %, all {m}"),
    }
}

/// The adjustment of a line that was tested: behind a closed gate an adjusted p decides nothing.
pub fn tested<'a>(contrast: &Contrast, finding: &'a ContrastFinding) -> Option<&'a Adjusted> {
    let adjusted = finding.adjusted.as_ref();
    adjusted.filter(|_| contrast.standing.is_tested())
}

fn cells(speaker: &Speaker<'_>, contrast: &Contrast, finding: &ContrastFinding) -> [TableCell; 11] {
    let difference = &finding.difference;
    let digits = decimals(difference.se);
    let tested = tested(contrast, finding);
    [
        TableCell::signed(difference.points, digits),
        TableCell::or_none(joint_interval(speaker.comparison, finding), |ends| {
            TableCell::signed_interval(ends, digits)
        }),
        TableCell::or_none(tested, |a| TableCell::Figures(p_cell(contrast, finding, a))),
        TableCell::or_none(finding.wins, |wins| {
            TableCell::count(format!("{}/{}/{}", wins.wins, wins.ties, wins.losses))
        }),
        TableCell::words(flags::letters(&finding.flags)),
        TableCell::signed_interval(difference.ci95, digits),
        TableCell::p(finding.test.p),
        TableCell::count(difference.items),
        TableCell::or_none(tested.filter(|a| !a.primary), |a| TableCell::p(a.p_holm)),
        TableCell::or_none(finding.effects.as_ref(), |effects| {
            TableCell::with_interval(effects.superiority, effects.superiority_ci95, 2)
        }),
        // One raw mark is 20 or 25 points: two decimals more show the same.
        TableCell::signed(difference.raw, digits + 2),
    ]
}
