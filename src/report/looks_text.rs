//! Early stopping for the terminal: boundaries, and what a declared look decides.

use crate::analysis::compare::looks::{Boundary, Decision, Interim};
use crate::report::columns::printable;
use crate::report::number::{decimals, percent, signed, signed_interval};
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// The table of boundaries; `here` marks a look.
pub fn boundaries_text(boundaries: &[Boundary], here: Option<usize>) -> String {
    let with_points = boundaries.iter().any(|look| look.points.is_some());
    let mut heads = vec![
        "look",
        "share",
        "tasks",
        "stop at |Z|",
        "nominal p",
        "alpha spent",
    ];
    if with_points {
        heads.push("in points");
    }
    let columns: Vec<Column> = heads
        .iter()
        .map(|head| Column::numbers(*head, ""))
        .collect();
    let rows = boundaries.iter().map(|look| {
        let mark = if here == Some(look.look) { "here " } else { "" };
        let mut row = vec![
            TableCell::Figures(format!("{mark}{}", look.look)),
            TableCell::Figures(percent(look.share)),
            TableCell::count(look.items),
            TableCell::number(look.z, 3),
            TableCell::p(look.p_nominal),
            TableCell::p(look.spent),
        ];
        row.extend(look.points.map(|points| TableCell::number(points, 1)));
        row
    });
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}

/// Planned boundaries, without runs.
pub fn power_looks_text(alpha: f64, boundaries: &[Boundary]) -> String {
    let whole = boundaries.last().is_some_and(|look| look.share == 1.0);
    let rest = if whole {
        ""
    } else {
        " The last share is below 1, so a part of alpha is not used."
    };
    format!(
        "Looks at one primary comparison, two-sided alpha {alpha} spent as O'Brien and Fleming do. Declare them before \
         the first look ([looks] of `compare --declare`).{rest}\n\n{}",
        boundaries_text(boundaries, None)
    )
}

/// What the look at the declared primary contrast says. `se` is the standard error of its difference in points.
pub fn interim_text(interim: &Interim, points: Option<f64>, se: Option<f64>) -> String {
    let mut text = format!(
        "Look {} of {} at {} against {}: {} of {} tasks. Boundaries were declared before (O'Brien and Fleming by \
         spending); Z is the difference over its standard error.\n\n{}\n",
        interim.look,
        interim.boundaries.len(),
        interim.axis,
        printable(&interim.baseline),
        interim.items,
        interim.planned_items,
        boundaries_text(&interim.boundaries, Some(interim.look))
    );
    if let Some(z) = interim.z {
        text.push_str(&format!("Z = {z:+.3}, boundary {:.3}. ", interim.boundary));
    }
    text.push_str(&decision(interim));
    if let (Some(points), Some(ends)) = (points, interim.repeated_interval) {
        let digits = decimals(se);
        text.push_str(&format!(
            "\nDifference {} points, repeated interval {}: it holds at all looks together.",
            signed(points, digits),
            signed_interval(Some(ends), digits)
        ));
    }
    if let Some(bias) = interim.bias {
        text.push_str(&format!(" {bias}"));
    }
    text.push_str(
        "\nAll other differences are reported, not tested, at this look and at later ones.\n",
    );
    text
}

fn decision(interim: &Interim) -> String {
    let power = interim.conditional_power.map_or_else(String::new, |power| {
        format!(
            " Conditional power if the trend continues: {}.",
            percent(power)
        )
    });
    let words = match interim.decision {
        Decision::StopForDifference if interim.look == interim.boundaries.len() => {
            "The boundary is reached at the last look: the runs differ."
        }
        Decision::StopForDifference => "The boundary is reached: stop, the runs differ.",
        Decision::StopForFutility => {
            "Stop for futility: the remaining tasks would hardly change this. Not binding: if you continue, the error \
             probability is kept. No difference is shown. This is not evidence of equality."
        }
        Decision::GoOn => "Go on to the next look.",
        Decision::EndedWithoutDifference => {
            "This was the last look, and the boundary is not reached: no difference is shown. This is not evidence of \
             equality."
        }
        Decision::NoSpread => "All differences are equal: there is no Z and no decision.",
    };
    format!("{words}{power}")
}
