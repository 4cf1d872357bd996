//! Leaderboards with intervals for the terminal: the models, each held against the next, and what does not fit.

use crate::analysis::published::boards::{Board, BoardRow, Marks, Neighbour, Separation};
use crate::report::columns::{LINE, wrapped};
use crate::report::number::p_value;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// One board: its source, its models, what was assumed, what does not fit.
pub fn board_text(board: &Board) -> String {
    let title = format!(
        "Board of {} ({}), {} tasks. Source: {}",
        board.suite, board.metric, board.tasks, board.address
    );
    let mut parts = vec![
        wrapped(&title, LINE).join("\n") + "\n",
        text::body(&table(board), Detail::Full),
        wrapped(&standing(board), LINE).join("\n") + "\n",
        wrapped(&assumptions(board), LINE).join("\n") + "\n",
    ];
    if !board.misfits.is_empty() {
        let listed = board.misfits.iter().map(|found| format!("  {found}\n"));
        parts.push(
            "Cells that are inconsistent (shown as printed):\n".to_owned()
                + &listed.collect::<String>(),
        );
    }
    parts.join("\n")
}

fn table(board: &Board) -> Table {
    let counted = board.marks == Marks::Binary;
    let mut columns = vec![Column::words("model"), Column::numbers("printed", "")];
    if counted {
        columns.push(Column::numbers("count", ""));
    }
    columns.push(Column::words("95 % interval"));
    columns.push(Column::words("compared with the next"));
    let row = |row: &BoardRow| {
        let mut cells = vec![
            TableCell::words(&*row.model),
            TableCell::number(row.printed, board.digits),
        ];
        if counted {
            let all = row.counts.as_ref().map(|counts| counts.iter().sum::<u32>());
            cells.push(TableCell::or_none(all, TableCell::count));
        }
        cells.push(TableCell::or_none(row.ci95, |ends| {
            TableCell::interval(ends, board.digits)
        }));
        cells.push(row.next.as_ref().map_or_else(
            || TableCell::words(""),
            |next| TableCell::words(against(next)),
        ));
        cells
    };
    Table::new("", columns).with_rows(board.rows.iter().map(row))
}

fn against(next: &Neighbour) -> String {
    let word = match next.verdict {
        Separation::ToldApart => "differs",
        Separation::NotToldApart => "not shown",
        Separation::Open => "undecided",
    };
    let upper = p_value(next.p_independent);
    match next.p_least.map(p_value) {
        Some(least) if least != upper => format!("{word}, p {least} to {upper}"),
        Some(_) => format!("{word}, p {upper}"),
        None => format!("{word}, p up to {upper}"),
    }
}

fn standing(board: &Board) -> String {
    let of = |verdict: Separation| {
        let next = board.rows.iter().filter_map(|row| row.next.as_ref());
        next.filter(|next| next.verdict == verdict).count()
    };
    format!(
        "Of {} pairs of neighbours, {} differ, {} are not shown to differ, {} are undecided.",
        board.neighbours,
        of(Separation::ToldApart),
        of(Separation::NotToldApart),
        of(Separation::Open)
    )
}

fn assumptions(board: &Board) -> String {
    let marks = match (board.marks, board.samples) {
        (Marks::Binary, _) => {
            "every mark is the lowest or the highest, so the count of right tasks follows from a cell".to_owned()
        }
        (Marks::Between, 1) => {
            "marks can lie between the ends, so the spread is not known: the interval is the widest that the cells \
             allow"
                .to_owned()
        }
        (Marks::Between, samples) => format!(
            "a task has {samples} answers, and it is not known how similar their marks are: the interval assumes that \
             they are identical, which makes it the widest"
        ),
    };
    let (test, not, range) = match board.marks {
        Marks::Binary => (
            "McNemar's exact p",
            " Not shown: p is above 0.05 even if the models are right on the same tasks as often as possible.",
            "under the best pairing, and with independent marks",
        ),
        Marks::Between => (
            "p of a t test with the largest spread that the cells allow",
            "",
            "with independent marks",
        ),
    };
    format!(
        "Assumed: tasks are independent; {marks}. Intervals are logit-t over tasks within categories (a bound where \
         all marks are equal); they do not cover another judge or seed. The models did the same tasks, but it is not \
         printed which tasks each has right (the pairing is not known). Differs: {test} is at most 0.05 after Holm \
         over the neighbours if their marks are independent. This then holds for every pairing except those in which \
         one model tends to be right where the other is wrong.{not} Undecided: it depends on the pairing. p: {range}."
    )
}
