//! Whether a board meets a need: the oracle's own reading of what needs mean.

use std::collections::BTreeSet;

use crate::suite::shapes::board::{Board, Cell, Colour, Object, SIDE};
use crate::suite::shapes::target::{Class, Need, Side, Zone};

/// How far a board meets a need, 0–1. A number that is missed by one counts half,
/// where more than one is wanted and some are there; everything else is met or not.
pub fn met(board: &Board, need: &Need) -> f64 {
    if let Need::Count { of, is } = need {
        let found = members(board, *of).len();
        return match found.abs_diff(usize::from(*is)) {
            0 => 1.0,
            1 if *is > 1 && found > 0 => 0.5,
            _ => 0.0,
        };
    }
    if holds(board, need) { 1.0 } else { 0.0 }
}

/// Needs are about something: an empty class meets none of them.
fn holds(board: &Board, need: &Need) -> bool {
    let cells = |class: &Class| -> Vec<Cell> {
        members(board, *class)
            .into_iter()
            .map(|(cell, _)| cell)
            .collect()
    };
    let number = |class: &Class| cells(class).len();
    match need {
        Need::Count { of, is } => number(of) == usize::from(*is),
        Need::Only { of } => {
            !board.is_empty()
                && board
                    .values()
                    .all(|object| of.iter().any(|class| class.holds(*object)))
        }
        Need::Place { of, side, than } => {
            let (who, mates) = (cells(of), cells(than));
            !who.is_empty()
                && !mates.is_empty()
                && who.iter().all(|cell| lies(*cell, *side, &mates))
        }
        Need::OneRow { of } => lines(&cells(of), Cell::row) == 1,
        Need::OneColumn { of } => lines(&cells(of), Cell::column) == 1,
        Need::Within { of, zone } => {
            let who = cells(of);
            !who.is_empty() && who.iter().all(|cell| is_within(*cell, *zone))
        }
        Need::AllColours { of } => {
            let colours: Vec<Colour> = members(board, *of).iter().map(|(_, o)| o.colour).collect();
            let different: BTreeSet<Colour> = colours.iter().copied().collect();
            !colours.is_empty() && different.len() == colours.len()
        }
        Need::More { of, than } => number(than) > 0 && number(of) > number(than),
        Need::Equal { of, and } => number(of) > 0 && number(of) == number(and),
    }
}

fn members(board: &Board, class: Class) -> Vec<(Cell, Object)> {
    let all = board.iter().map(|(cell, object)| (*cell, *object));
    all.filter(|(_, object)| class.holds(*object)).collect()
}

fn lines(cells: &[Cell], line: fn(Cell) -> u8) -> usize {
    cells
        .iter()
        .map(|cell| line(*cell))
        .collect::<BTreeSet<u8>>()
        .len()
}

fn lies(cell: Cell, side: Side, mates: &[Cell]) -> bool {
    let to_all = |test: fn(Cell, Cell) -> bool| mates.iter().all(|mate| test(cell, *mate));
    match side {
        Side::Above => to_all(|a, b| a.row() < b.row()),
        Side::Below => to_all(|a, b| a.row() > b.row()),
        Side::LeftOf => to_all(|a, b| a.column() < b.column()),
        Side::RightOf => to_all(|a, b| a.column() > b.column()),
        Side::Beside => mates.iter().any(|mate| cell.touches(*mate)),
    }
}

fn is_within(cell: Cell, zone: Zone) -> bool {
    let outer = |line: u8| line == 0 || line == SIDE - 1;
    match zone {
        Zone::TopRow => cell.row() == 0,
        Zone::BottomRow => cell.row() == SIDE - 1,
        Zone::LeftColumn => cell.column() == 0,
        Zone::RightColumn => cell.column() == SIDE - 1,
        Zone::Corner => outer(cell.row()) && outer(cell.column()),
    }
}
