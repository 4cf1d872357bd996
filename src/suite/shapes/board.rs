//! The vocabulary of the world: colours, shapes, objects and boards, with their
//! names. Shared with whatever reads the world's pictures and texts; holds no
//! rule of the world.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use super::cell::{Cell, Direction, NotInWorld, SIDE};

/// The colour of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Colour {
    /// Brick red.
    Red,
    /// Warm yellow.
    Yellow,
    /// Bluish green.
    Green,
    /// Strong blue.
    Blue,
    /// Light pink.
    Pink,
    /// Nearly black.
    Black,
}

impl Colour {
    /// All colours; the order fixes the codes of training data.
    pub const ALL: [Self; 6] = [
        Self::Red,
        Self::Yellow,
        Self::Green,
        Self::Blue,
        Self::Pink,
        Self::Black,
    ];

    /// The colour of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.name() == name)
    }

    /// Its name in instructions and reasoning.
    pub fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Pink => "pink",
            Self::Black => "black",
        }
    }

    /// Its sRGB value. The six differ in lightness as well as in hue, so that
    /// they stay apart in every common form of colour blindness.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Red => [218, 70, 32],
            Self::Yellow => [252, 220, 28],
            Self::Green => [16, 170, 104],
            Self::Blue => [9, 73, 175],
            Self::Pink => [233, 109, 201],
            Self::Black => [45, 40, 44],
        }
    }
}

/// The form of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// A disc.
    Circle,
    /// A square on its side.
    Square,
    /// A triangle on its base.
    Triangle,
    /// A star of five points.
    Star,
    /// A cross with arms of equal length.
    Cross,
    /// A heart.
    Heart,
}

impl Shape {
    /// All shapes; the order fixes the codes of training data.
    pub const ALL: [Self; 6] = [
        Self::Circle,
        Self::Square,
        Self::Triangle,
        Self::Star,
        Self::Cross,
        Self::Heart,
    ];

    /// The shape of this name in the singular.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name() == name)
    }

    /// Its name in the singular.
    pub fn name(self) -> &'static str {
        match self {
            Self::Circle => "circle",
            Self::Square => "square",
            Self::Triangle => "triangle",
            Self::Star => "star",
            Self::Cross => "cross",
            Self::Heart => "heart",
        }
    }

    /// Its name in the plural.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Circle => "circles",
            Self::Square => "squares",
            Self::Triangle => "triangles",
            Self::Star => "stars",
            Self::Cross => "crosses",
            Self::Heart => "hearts",
        }
    }
}

/// What one cell can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Object {
    /// Its colour.
    pub colour: Colour,
    /// Its form.
    pub shape: Shape,
}

impl Object {
    /// All 36 objects in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        Colour::ALL.into_iter().flat_map(|colour| {
            Shape::ALL
                .into_iter()
                .map(move |shape| Self { colour, shape })
        })
    }

    /// The object's code, 1–36; 0 is the empty cell.
    pub fn code(self) -> u8 {
        1 + 6 * self.colour as u8 + self.shape as u8
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.colour.name(), self.shape.name())
    }
}

impl FromStr for Object {
    type Err = NotInWorld;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |(colour, shape)| {
            Some(Self {
                colour: Colour::named(colour)?,
                shape: Shape::named(shape)?,
            })
        };
        text.split_once(' ')
            .and_then(named)
            .ok_or_else(|| NotInWorld::new(text, "object such as `red circle`"))
    }
}

impl From<Object> for String {
    fn from(object: Object) -> Self {
        object.to_string()
    }
}

impl TryFrom<String> for Object {
    type Error = NotInWorld;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// What lies where: the truth of one picture.
pub type Board = BTreeMap<Cell, Object>;

/// The board as 36 codes in reading order; see [`Object::code`].
pub fn codes(board: &Board) -> Vec<u8> {
    Cell::all()
        .map(|cell| board.get(&cell).map_or(0, |object| object.code()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_unique_and_read_back() {
        for (index, object) in Object::all().enumerate() {
            assert_eq!(usize::from(object.code()), index + 1);
            assert_eq!(object.to_string().parse::<Object>().unwrap(), object);
        }
        for (index, cell) in Cell::all().enumerate() {
            assert_eq!(usize::from(cell.index()), index);
            assert_eq!(cell.to_string().parse::<Cell>().unwrap(), cell);
        }
        assert!("g1".parse::<Cell>().is_err());
        assert!("red".parse::<Object>().is_err());
    }

    /// Severe dichromacy after Machado, Oliveira and Fernandes (IEEE TVCG 15(6),
    /// 2009), on linear light, plus grey (luminance only).
    const SIMULATIONS: [[[f64; 3]; 3]; 3] = [
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ];

    #[test]
    fn colours_stay_apart_for_the_colour_blind() {
        let linear = |v: u8| (f64::from(v) / 255.0).powf(2.2);
        for matrix in SIMULATIONS {
            let seen = Colour::ALL.map(|colour| {
                let rgb = colour.rgb().map(linear);
                matrix.map(|row| {
                    let light: f64 = row.iter().zip(rgb).map(|(m, v)| m * v).sum();
                    255.0 * light.clamp(0.0, 1.0).powf(1.0 / 2.2)
                })
            });
            for (i, a) in seen.iter().enumerate() {
                for (j, b) in seen.iter().enumerate().skip(i + 1) {
                    let distance = a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>();
                    assert!(
                        distance.sqrt() > 75.0,
                        "{:?} {:?}: {distance}",
                        Colour::ALL[i],
                        Colour::ALL[j]
                    );
                }
            }
        }
    }
}
