//! What an event brings about under a stated rule.

use super::{Rule, someone, two, word};
use crate::suite::shapes::board::{Cell, Colour, Direction};
use crate::suite::shapes::dice::Dice;
use crate::suite::shapes::stage::{PieceId, Stage};

pub(super) const RULES: [Rule; 6] = [hit, spill, burst, magnet, fall, meet];

/// Paints a piece that may have the colour already.
fn stain(stage: &mut Stage, id: PieceId, colour: Colour) {
    super::paint(stage, id, colour);
}

/// The line of a piece: its row or its column, as a word and a test.
fn line(dice: &mut Dice, cell: Cell) -> (&'static str, impl Fn(Cell) -> bool) {
    let in_row = dice.chance(50);
    let word = if in_row { "row" } else { "column" };
    (word, move |other: Cell| {
        if in_row {
            other.row() == cell.row()
        } else {
            other.column() == cell.column()
        }
    })
}

fn hit(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let direction = dice.pick(&Direction::ALL)?;
    let colour = dice.pick(&Colour::ALL)?;
    (stage.slide(id, direction) > 0).then_some(())?;
    let ahead = stage.get(id)?.cell.next(direction);
    match ahead.and_then(|cell| stage.at(cell)) {
        Some(struck) => super::paint(stage, struck, colour)?,
        None => dice.chance(40).then_some(())?,
    }
    let (way, colour) = (direction.name(), colour.name());
    word(
        dice,
        &[
            format!(
                "{a} is kicked {way} and slides until something stops it; a shape it hits turns {colour}"
            ),
            format!(
                "any shape that is hit turns {colour}. Kick {a} {way} and let it slide to the end"
            ),
        ],
    )
}

fn spill(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let colour = dice.pick(&Colour::ALL)?;
    let cell = stage.get(id)?.cell;
    for splashed in stage.which(|piece| piece.cell == cell || piece.cell.touches(cell)) {
        stain(stage, splashed, colour);
    }
    let colour = colour.name();
    word(
        dice,
        &[
            format!("{colour} paint spills over {a} and runs on to every shape beside it"),
            format!("pour {colour} paint on {a}; each shape that touches it is painted too"),
        ],
    )
}

fn burst(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let cell = stage.get(id)?.cell;
    let (words, doomed) = if dice.chance(40) {
        let doomed = stage.which(|piece| piece.cell == cell || piece.cell.touches(cell));
        ("beside it".to_owned(), doomed)
    } else {
        let (line_word, on_line) = line(dice, cell);
        let doomed = stage.which(|piece| on_line(piece.cell));
        (format!("in its {line_word}"), doomed)
    };
    doomed.into_iter().for_each(|id| stage.remove(id));
    word(
        dice,
        &[
            format!("{a} bursts and every shape {words} vanishes with it"),
            format!("a bursting shape takes all shapes {words} along. Let {a} burst"),
        ],
    )
}

/// The pieces on both sides of a magnet slide towards it, the nearest first.
fn magnet(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let cell = stage.get(id)?.cell;
    let in_row = dice.chance(50);
    let (line_word, ways) = if in_row {
        ("row", [Direction::Left, Direction::Right])
    } else {
        ("column", [Direction::Up, Direction::Down])
    };
    for way in ways {
        let pulled = stage.which(|piece| lies_behind(cell, piece.cell, way));
        for piece in stage.foremost_first(pulled, way) {
            stage.slide(piece, way);
        }
    }
    word(
        dice,
        &[
            format!(
                "{a} is a magnet and pulls the shapes in its {line_word} close until something stops them"
            ),
            format!(
                "all shapes in the {line_word} of a magnet slide towards it. Make {a} a magnet"
            ),
        ],
    )
}

/// Whether a piece going that way would come to the cell.
fn lies_behind(cell: Cell, piece: Cell, way: Direction) -> bool {
    std::iter::successors(piece.next(way), |at| at.next(way)).any(|at| at == cell)
}

fn fall(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let column = stage.get(id)?.cell.column();
    let falling = stage.which(|piece| piece.cell.column() == column);
    for piece in stage.foremost_first(falling, Direction::Down) {
        stage.slide(piece, Direction::Down);
    }
    word(
        dice,
        &[
            format!("the shapes in the column of {a} lose their hold and fall to the ground"),
            format!("gravity seizes the column of {a}: its shapes fall until something stops them"),
        ],
    )
}

/// What happens depends on how two objects lie.
fn meet(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let ((id, a), (mate, b)) = two(dice, stage)?;
    let (here, there) = (stage.get(id)?.cell, stage.get(mate)?.cell);
    let colour = dice.pick(&Colour::ALL)?;
    let aligned = here.row() == there.row() || here.column() == there.column();
    if aligned {
        stain(stage, id, colour);
        stain(stage, mate, colour);
    } else {
        stage.remove(id);
    }
    let colour = colour.name();
    word(
        dice,
        &[
            format!(
                "if {a} and {b} share a row or column, both turn {colour}; otherwise {a} vanishes"
            ),
            format!(
                "light runs along rows and columns: if it joins {a} and {b}, paint both {colour}, else remove {a}"
            ),
        ],
    )
}
