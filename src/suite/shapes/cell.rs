//! The cells of a board and the ways between them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Cells along each side of a board.
pub const SIDE: u8 = 6;

/// A text that names nothing of the world.
#[derive(Debug, Error)]
#[error("`{found}` is not a valid {expected}")]
pub struct NotInWorld {
    found: String,
    expected: &'static str,
}

impl NotInWorld {
    pub(super) fn new(found: &str, expected: &'static str) -> Self {
        Self {
            found: found.chars().take(60).collect(),
            expected,
        }
    }
}

/// One of the four ways along the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Towards row 1.
    Up,
    /// Towards row 6.
    Down,
    /// Towards column a.
    Left,
    /// Towards column f.
    Right,
}

impl Direction {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Up, Self::Down, Self::Left, Self::Right];

    /// Steps in columns and rows.
    pub fn delta(self) -> (i8, i8) {
        match self {
            Self::Up => (0, -1),
            Self::Down => (0, 1),
            Self::Left => (-1, 0),
            Self::Right => (1, 0),
        }
    }

    /// The word for a movement.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// The words for a place beside something.
    pub fn side(self) -> &'static str {
        match self {
            Self::Up => "above",
            Self::Down => "below",
            Self::Left => "left of",
            Self::Right => "right of",
        }
    }
}

/// A cell of the board: columns `a`–`f` from the left, rows `1`–`6` from the top.
/// Ordered in reading order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cell {
    row: u8,
    column: u8,
}

impl Cell {
    /// The cell at a column and a row counted from 0; `None` off the board.
    pub fn at(column: u8, row: u8) -> Option<Self> {
        (column < SIDE && row < SIDE).then_some(Self { row, column })
    }

    /// All cells in reading order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| Self { row, column }))
    }

    /// Column from 0.
    pub fn column(self) -> u8 {
        self.column
    }

    /// Row from 0.
    pub fn row(self) -> u8 {
        self.row
    }

    /// Place in reading order, 0–35.
    pub fn index(self) -> u8 {
        self.row * SIDE + self.column
    }

    /// The neighbour one cell on; `None` off the board.
    pub fn next(self, direction: Direction) -> Option<Self> {
        let (columns, rows) = direction.delta();
        Self::at(
            self.column.checked_add_signed(columns)?,
            self.row.checked_add_signed(rows)?,
        )
    }

    /// Whether the two share a side.
    pub fn touches(self, other: Self) -> bool {
        self.column.abs_diff(other.column) + self.row.abs_diff(other.row) == 1
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", char::from(b'a' + self.column), self.row + 1)
    }
}

impl FromStr for Cell {
    type Err = NotInWorld;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let cell = match text.as_bytes() {
            [column, row] => Self::at(column.wrapping_sub(b'a'), row.wrapping_sub(b'1')),
            _ => None,
        };
        cell.ok_or_else(|| NotInWorld::new(text, "cell from a1 to f6"))
    }
}

impl From<Cell> for String {
    fn from(cell: Cell) -> Self {
        cell.to_string()
    }
}

impl TryFrom<String> for Cell {
    type Error = NotInWorld;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
