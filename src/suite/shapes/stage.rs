//! A scene while rules act on it: every object keeps its identity, so that the
//! changes can be told afterwards.

use super::board::{Board, Cell, Direction, Object};
use super::target::Change;

/// One object, and what has become of it.
#[derive(Clone, Debug)]
pub struct Piece {
    /// What and where it is in the input; `None` when it was added.
    pub was: Option<(Object, Cell)>,
    /// What it is now.
    pub object: Object,
    /// Where it is now.
    pub cell: Cell,
    /// Whether it has vanished.
    pub gone: bool,
}

impl Piece {
    /// Whether nothing has happened to it.
    pub fn is_untouched(&self) -> bool {
        !self.gone && self.was == Some((self.object, self.cell))
    }
}

/// Number of a piece on its stage.
pub type PieceId = usize;

/// A scene and what has become of it.
#[derive(Clone, Debug)]
pub struct Stage {
    pieces: Vec<Piece>,
}

impl Stage {
    /// A scene to which nothing has happened.
    pub fn new(board: &Board) -> Self {
        let pieces = board.iter().map(|(&cell, &object)| Piece {
            was: Some((object, cell)),
            object,
            cell,
            gone: false,
        });
        Self {
            pieces: pieces.collect(),
        }
    }

    /// The pieces that are there, with their numbers.
    pub fn pieces(&self) -> impl Iterator<Item = (PieceId, &Piece)> {
        self.pieces
            .iter()
            .enumerate()
            .filter(|(_, piece)| !piece.gone)
    }

    /// The numbers of the pieces that are there and meet a condition.
    pub fn which(&self, condition: impl Fn(&Piece) -> bool) -> Vec<PieceId> {
        self.pieces()
            .filter(|(_, piece)| condition(piece))
            .map(|(id, _)| id)
            .collect()
    }

    /// One piece that is there.
    pub fn get(&self, id: PieceId) -> Option<&Piece> {
        self.pieces.get(id).filter(|piece| !piece.gone)
    }

    /// The piece in a cell.
    pub fn at(&self, cell: Cell) -> Option<PieceId> {
        self.pieces()
            .find(|(_, piece)| piece.cell == cell)
            .map(|(id, _)| id)
    }

    /// Whether the cell is on the board and holds nothing; then the cell.
    pub fn free(&self, cell: Option<Cell>) -> Option<Cell> {
        cell.filter(|&cell| self.at(cell).is_none())
    }

    /// Whether an object like this is there.
    pub fn has(&self, object: Object) -> bool {
        self.pieces().any(|(_, piece)| piece.object == object)
    }

    /// Whether anything has happened.
    pub fn is_fresh(&self) -> bool {
        self.pieces.iter().all(Piece::is_untouched)
    }

    /// Puts a piece elsewhere. Whether the cell is free is for the caller to know.
    pub fn place(&mut self, id: PieceId, cell: Cell) {
        if let Some(piece) = self.pieces.get_mut(id) {
            piece.cell = cell;
        }
    }

    /// Makes a piece another object.
    pub fn turn(&mut self, id: PieceId, object: Object) {
        if let Some(piece) = self.pieces.get_mut(id) {
            piece.object = object;
        }
    }

    /// Makes a piece vanish.
    pub fn remove(&mut self, id: PieceId) {
        if let Some(piece) = self.pieces.get_mut(id) {
            piece.gone = true;
        }
    }

    /// Adds an object in a free cell.
    pub fn add(&mut self, object: Object, cell: Cell) {
        self.pieces.push(Piece {
            was: None,
            object,
            cell,
            gone: false,
        });
    }

    /// Moves a piece on by one cell if that cell is free; whether it was.
    pub fn step(&mut self, id: PieceId, direction: Direction) -> bool {
        let next = self.get(id).and_then(|piece| piece.cell.next(direction));
        match self.free(next) {
            Some(cell) => {
                self.place(id, cell);
                true
            }
            None => false,
        }
    }

    /// Moves a piece on until something stops it; how many cells it went.
    pub fn slide(&mut self, id: PieceId, direction: Direction) -> usize {
        std::iter::from_fn(|| self.step(id, direction).then_some(())).count()
    }

    /// The pieces in the order in which they must move so that a row of them
    /// moves together: the foremost first.
    pub fn foremost_first(&self, mut ids: Vec<PieceId>, direction: Direction) -> Vec<PieceId> {
        let (columns, rows) = direction.delta();
        let advance = |id: &PieceId| {
            self.get(*id).map_or(0, |piece| {
                i16::from(columns) * i16::from(piece.cell.column())
                    + i16::from(rows) * i16::from(piece.cell.row())
            })
        };
        ids.sort_by_key(|id| -advance(id));
        ids
    }

    /// The scene as it is now.
    pub fn board(&self) -> Board {
        self.pieces()
            .map(|(_, piece)| (piece.cell, piece.object))
            .collect()
    }

    /// What has become of each piece, in the reading order of the input, added
    /// pieces last.
    pub fn changes(&self) -> Vec<Change> {
        self.pieces.iter().flat_map(changes_of).collect()
    }
}

fn changes_of(piece: &Piece) -> Vec<Change> {
    let &Piece {
        object: now,
        cell,
        gone,
        was,
    } = piece;
    match was {
        None if gone => Vec::new(),
        None => vec![Change::Add {
            object: now,
            at: cell,
        }],
        Some((object, at)) if gone => vec![Change::Remove { object, at }],
        Some((object, from)) => {
            let moved = (from != cell).then_some(Change::Move {
                object,
                from,
                to: cell,
            });
            let turned = (object != now).then_some(Change::Turn {
                object,
                at: from,
                into: now,
            });
            moved.into_iter().chain(turned).collect()
        }
    }
}
