//! What two published means allow to say, in words made of the computed numbers.

use crate::analysis::planning::means_power::{Assumed, MapBounds, MeansReport, WithPilot};
use crate::report::columns::printable;
use crate::report::number::{p_value, signed};
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// The whole report. `names` are the two models, `what` names the quantity and its source.
pub fn means_text(report: &MeansReport, names: (&str, &str), what: &str) -> String {
    let head = format!(
        "{}: {} {} minus {} {} = {} points, {} tasks. Means only: no scores per task were published.",
        printable(what),
        printable(names.0),
        report.mean_a,
        printable(names.1),
        report.mean_b,
        signed(report.points, 1),
        report.items
    );
    format!(
        "{head}\n\n{}\n{}\n{}\n",
        bounds_table(report),
        spreads(report),
        sentence(report)
    )
}

/// The sentence that a referee needs, once a pilot with the same judge bounds the spread.
pub fn pilot_sentence(found: &WithPilot) -> String {
    let selected = match (found.contrasts, found.largest) {
        (1, _) => String::new(),
        (k, true) => {
            format!("; times the {k} comparisons of the table, of which this is the largest, ")
        }
        (k, false) => {
            format!("; times the {k} comparisons of the table, from which this one was picked, ")
        }
    };
    let selected = if selected.is_empty() {
        selected
    } else {
        format!("{selected}p \u{2264} {}", p_value(found.p_selected))
    };
    format!(
        "With this judge the SD of a task's difference was {:.1} points in the pilot (at most {:.1}, 95 %). \
         For every SD up to that, {} on {} tasks has p \u{2264} {}{selected}. \
         The published means alone allow p up to {} (worst coupling, nearly bimodal marks). \
         So it is {} as far as the choice of tasks goes; training seed, judge and rubric are not covered.",
        found.sd,
        found.sd_upper,
        signed(found.points, 1),
        found.items,
        p_value(found.p),
        two_digits(found.p_max),
        if found.very_likely_real {
            "very likely real"
        } else {
            "undecided"
        },
    )
}

/// What the pilot's sentence takes for granted.
pub fn pilot_assumptions(found: &WithPilot) -> String {
    format!(
        "Assumed: the pilot ({} tasks) was marked by the judge of the table, the table's points are {}, and the \
         differences are near normal for the upper limit of the SD. --contrasts sets the number of comparisons.",
        found.pilot_items,
        found.mapping.formula()
    )
}

fn bounds_table(report: &MeansReport) -> String {
    let columns = [
        Column::words("if points are"),
        Column::numbers("raw", ""),
        Column::numbers("ratio at 25 x (mark - 1)", ""),
        Column::words("largest SDs"),
        Column::words("extreme, uncorrelated"),
        Column::words("worst coupling"),
        Column::words("uniform marks"),
    ];
    let rows = report.bounds.iter().map(|bounds| {
        let [a, b] = bounds.sd_max;
        vec![
            TableCell::words(bounds.mapping.formula()),
            TableCell::signed(halves_up(bounds.raw), 2),
            TableCell::or_none(bounds.ratio, |ratio| TableCell::number(ratio, 2)),
            TableCell::Figures(format!("{a:.1} and {b:.1}")),
            assumed(bounds.extreme_uncorrelated),
            assumed(bounds.worst_coupling),
            TableCell::or_none(bounds.uniform, assumed),
        ]
    });
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}

fn assumed(assumed: Assumed) -> TableCell {
    TableCell::Figures(format!("SD {:.1}, p {}", assumed.sd, p_value(assumed.p)))
}

fn spreads(report: &MeansReport) -> String {
    let needed: Vec<String> = report
        .sd_needed
        .iter()
        .map(|(contrasts, sd)| format!("{sd:.1} (m={contrasts})"))
        .collect();
    let mut lines = vec![format!(
        "p exceeds {} only if the SD of the paired task differences is at least {} points (Bonferroni).",
        report.alpha,
        needed.join(", ")
    )];
    for (sd, items) in report.items_needed.iter().flatten() {
        lines.push(format!(
            "At an SD of {sd} points, {} % power for such a difference takes {items} tasks.",
            100.0 * report.power
        ));
    }
    lines.join("\n") + "\n"
}

/// The honest sentence, made of the computed numbers.
pub fn sentence(report: &MeansReport) -> String {
    let Some(first) = report.bounds.first() else {
        return "No mapping gives such means.".to_owned();
    };
    if report.points == 0.0 {
        return "The means are equal; they tell nothing about the tasks.".to_owned();
    }
    let mut parts = vec![opening(report, first)];
    parts.extend(middle(report));
    parts.push(size(report));
    parts.push("Variance between training seeds and bias of the judge are not covered.".to_owned());
    parts.join(" ")
}

/// To hundredths, halves away from 0: tenths of points divided by 20 fall on halves, which binary
/// fractions would round either way.
fn halves_up(raw: f64) -> f64 {
    (raw * 100.0 + 1e-9 * raw.signum()).round() / 100.0
}

fn two_digits(p: f64) -> String {
    if p >= 0.0095 {
        format!("{p:.2}")
    } else {
        p_value(p)
    }
}

fn opening(report: &MeansReport, first: &MapBounds) -> String {
    let (extreme, worst) = (first.extreme_uncorrelated.p, first.worst_coupling.p);
    if worst <= report.alpha {
        return format!(
            "Even extreme score distributions leave p at {} or below: on {} tasks these means differ significantly, \
             whatever the scores of the tasks were.",
            two_digits(worst),
            report.items
        );
    }
    let other = report.bounds.get(1).map_or_else(String::new, |other| {
        format!(
            "; {} and {} if the map is 20x",
            two_digits(other.extreme_uncorrelated.p),
            two_digits(other.worst_coupling.p)
        )
    });
    format!(
        "The means alone cannot prove significance: extreme but possible score distributions give p up to \
         {} ({} with negative correlation{other}).",
        two_digits(extreme),
        two_digits(worst)
    )
}

fn middle(report: &MeansReport) -> Option<String> {
    let sd = |contrasts: u32| {
        let found = report.sd_needed.iter().find(|(m, _)| *m == contrasts);
        found.map(|(_, sd)| *sd)
    };
    let difference = report.points.abs();
    let (one, six) = (sd(1)?, sd(6)?);
    let [low, _] = crate::analysis::planning::means_power::PLAUSIBLE_SD;
    Some(if one < low {
        format!(
            "Only a per-task SD of the paired difference below {one:.1} points ({six:.1} with six axes \
             tested) would make {difference:.1} significant at n={}, less than judged scores usually have \
             ({low} and more): these means do not show a difference between the two models.",
            report.items
        )
    } else {
        format!(
            "If the per-task SD of the paired difference is below {one:.1} points ({six:.1} with six axes \
             tested), {difference:.1} is significant at n={}; scores per task would decide it.",
            report.items
        )
    })
}

fn size(report: &MeansReport) -> String {
    let raw: Vec<f64> = report
        .bounds
        .iter()
        .map(|bounds| halves_up(bounds.raw.abs()))
        .collect();
    let other = raw
        .get(1)
        .map_or_else(String::new, |raw| format!(" ({raw:.2} if 20x)"));
    let [low, high] = crate::analysis::planning::means_power::PLAUSIBLE_SD;
    let difference = report.points.abs();
    format!(
        "Practical size: {:.2} raw points{other}, dz about {:.2}-{:.2}.",
        raw.first().copied().unwrap_or(0.0),
        difference / high,
        difference / low
    )
}
