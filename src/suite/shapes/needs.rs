//! What needs mean to the generator, so that its examples meet them. Judges have
//! their own reading.

use super::board::{Board, Cell, Colour, SIDE};
use super::target::{Class, Need, Side, Zone};

/// Whether a cell belongs to a part of the board.
pub(super) fn in_zone(cell: Cell, zone: Zone) -> bool {
    let end = SIDE - 1;
    match zone {
        Zone::TopRow => cell.row() == 0,
        Zone::BottomRow => cell.row() == end,
        Zone::LeftColumn => cell.column() == 0,
        Zone::RightColumn => cell.column() == end,
        Zone::Corner => [0, end].contains(&cell.row()) && [0, end].contains(&cell.column()),
    }
}

/// Whether the example meets a need: the generator's own check of its work.
pub(super) fn meets(board: &Board, need: &Need) -> bool {
    let cells = |class: Class| -> Vec<Cell> {
        let members = board.iter().filter(|(_, object)| class.holds(**object));
        members.map(|(cell, _)| *cell).collect()
    };
    match need {
        Need::Count { of, is } => cells(*of).len() == usize::from(*is),
        Need::Only { of } => board
            .values()
            .all(|object| of.iter().any(|class| class.holds(*object))),
        Need::Place { of, side, than } => {
            let mates = cells(*than);
            cells(*of).into_iter().all(|cell| match side {
                Side::Above => mates.iter().all(|mate| cell.row() < mate.row()),
                Side::Below => mates.iter().all(|mate| cell.row() > mate.row()),
                Side::LeftOf => mates.iter().all(|mate| cell.column() < mate.column()),
                Side::RightOf => mates.iter().all(|mate| cell.column() > mate.column()),
                Side::Beside => mates.iter().any(|mate| cell.touches(*mate)),
            })
        }
        Need::OneRow { of } => same(&cells(*of), Cell::row),
        Need::OneColumn { of } => same(&cells(*of), Cell::column),
        Need::Within { of, zone } => cells(*of).into_iter().all(|cell| in_zone(cell, *zone)),
        Need::AllColours { of } => {
            let mut seen: Vec<Colour> = board
                .values()
                .filter(|o| of.holds(**o))
                .map(|o| o.colour)
                .collect();
            let all = seen.len();
            seen.sort();
            seen.dedup();
            seen.len() == all
        }
        Need::More { of, than } => {
            cells(*of).len() > cells(*than).len() && !cells(*than).is_empty()
        }
        Need::Equal { of, and } => cells(*of).len() == cells(*and).len() && !cells(*of).is_empty(),
    }
}

fn same(cells: &[Cell], line: fn(Cell) -> u8) -> bool {
    cells.iter().all(|cell| {
        cells
            .first()
            .is_some_and(|first| line(*first) == line(*cell))
    })
}
