//! Which repeats of the judge are worth paying, for the terminal.

use crate::analysis::judges::repeats::{NoRepeats, Repeats, SideNoise};
use crate::report::columns::printable;
use crate::report::number::percent;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// What the repeats of a pilot say, or why they say nothing.
pub fn repeats_text(repeats: &Result<Repeats, NoRepeats>) -> String {
    match repeats {
        Ok(repeats) => found(repeats),
        Err(why) => format!("Repeats of the judge: {}.\n", why_not(*why)),
    }
}

fn why_not(why: NoRepeats) -> &'static str {
    match why {
        NoRepeats::SingleRepeats => {
            "the pilot has one on a side, so its noise is not estimable; --repeats 2 or more shows it"
        }
        NoRepeats::UnequalRepeats => {
            "the two runs have different numbers of them; a pilot needs one number"
        }
        NoRepeats::NoiseNotEstimable => {
            "noise not estimable. No two repeats of an answer differ (temperature 0 or a cache), and identical \
             repeats are not independent measurements: vary the wording, the order of pictures or the judge"
        }
        NoRepeats::TooFewComplete => "fewer than two tasks of a run have every mark",
    }
}

fn found(repeats: &Repeats) -> String {
    let columns = ["repeats", "SD in points", "noise of the judge"];
    let columns = columns.map(|head| Column::numbers(head, ""));
    let rows = repeats.lines.iter().map(|line| {
        vec![
            TableCell::count(line.repeats),
            TableCell::or_none(line.sd, |sd| TableCell::number(sd, 1)),
            TableCell::or_none(line.noise_share, |share| TableCell::Figures(percent(share))),
        ]
    });
    let table = Table::new("", columns).with_rows(rows);
    let [a, b] = &repeats.sides;
    let verdict = match repeats.worth_paying {
        Some(count) => format!(
            "Recommended repeats: {count}, the smallest number with at most 10 % of the variance from the judge."
        ),
        None => {
            "No number of repeats brings the noise down to 10 %: it is estimated to be as large as the whole variance."
                .to_owned()
        }
    };
    let mut text = format!(
        "Repeats of the judge. Variance of one repeat within an answer: {} and {}.\n\n{}\n{verdict} Repeats do not \
         replace tasks.\n",
        side(a),
        side(b),
        text::body(&table, Detail::Full)
    );
    if let Some(ratio) = repeats.cost_ratio {
        text.push_str(&split(repeats, ratio));
    }
    text
}

fn side(side: &SideNoise) -> String {
    format!(
        "{:.1} points\u{b2} ({}, {} tasks)",
        side.repeat_variance,
        printable(&side.run),
        side.items
    )
}

/// How money is split between answers and repeats.
fn split(repeats: &Repeats, ratio: f64) -> String {
    let line = |side: &SideNoise| match (side.optimal_repeats, side.sample_variance) {
        (Some(optimal), Some(variance)) => format!(
            "  {}: {optimal:.1} repeats per answer (answers to one task vary by {variance:.1} points\u{b2}); at least \
             1, then more samples, then more tasks.\n",
            printable(&side.run)
        ),
        (None, Some(_)) => format!(
            "  {}: answers to one task vary by no more than the judge's noise explains; more samples help little.\n",
            printable(&side.run)
        ),
        _ => format!(
            "  {}: one sample per task, so the variance of answers is not estimable.\n",
            printable(&side.run)
        ),
    };
    let lines: String = repeats.sides.iter().map(line).collect();
    format!("Where an answer costs {ratio} repeats:\n{lines}")
}
