//! The stored truth of a task: what its `target` holds in `tasks.jsonl`. This is
//! the whole contract between the world and whoever judges by it; it carries
//! data and no rule.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::board::{Board, Cell, Colour, NotInWorld, Object, Shape};

/// The truth of one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Truth {
    /// An edit has exactly one right picture.
    Edit {
        /// What the input shows.
        before: Board,
        /// What the output must show.
        after: Board,
        /// How the one becomes the other.
        changes: Vec<Change>,
    },
    /// A generation prompt is satisfied by every picture that meets all needs.
    Generation {
        /// What the output must meet.
        needs: Vec<Need>,
        /// One of many pictures that meet them.
        example: Board,
    },
}

/// One change of one object, always named as it is in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Change {
    /// It goes to another cell.
    Move {
        /// As it is in the input.
        object: Object,
        /// Where it is in the input.
        from: Cell,
        /// Where it must be.
        to: Cell,
    },
    /// It becomes another object. `at` is its place in the input, even when it
    /// moves as well.
    Turn {
        /// As it is in the input.
        object: Object,
        /// Where it is in the input.
        at: Cell,
        /// What it must be.
        into: Object,
    },
    /// It vanishes.
    Remove {
        /// As it is in the input.
        object: Object,
        /// Where it is in the input.
        at: Cell,
    },
    /// It comes into being.
    Add {
        /// What must be there.
        object: Object,
        /// Where.
        at: Cell,
    },
}

/// A class of objects: of a colour, of a shape, of both, or any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Class {
    /// The colour, where it matters.
    pub colour: Option<Colour>,
    /// The shape, where it matters.
    pub shape: Option<Shape>,
}

impl Class {
    /// Whether an object belongs to it.
    pub fn holds(self, object: Object) -> bool {
        self.colour.is_none_or(|colour| colour == object.colour)
            && self.shape.is_none_or(|shape| shape == object.shape)
    }

    /// Its name in the plural: `red circles`, `stars`, `blue shapes`.
    pub fn plural(self) -> String {
        self.named(self.shape.map_or("shapes", Shape::plural))
    }

    fn named(self, noun: &str) -> String {
        match self.colour {
            Some(colour) => format!("{} {noun}", colour.name()),
            None => noun.to_owned(),
        }
    }
}

impl From<Object> for Class {
    fn from(object: Object) -> Self {
        Self {
            colour: Some(object.colour),
            shape: Some(object.shape),
        }
    }
}

impl From<Shape> for Class {
    fn from(shape: Shape) -> Self {
        Self {
            colour: None,
            shape: Some(shape),
        }
    }
}

impl From<Colour> for Class {
    fn from(colour: Colour) -> Self {
        Self {
            colour: Some(colour),
            shape: None,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named(self.shape.map_or("shape", Shape::name)))
    }
}

impl FromStr for Class {
    type Err = NotInWorld;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (colour, noun) = match text.split_once(' ') {
            Some((colour, noun)) => (Some(Colour::named(colour)), noun),
            None => (None, text),
        };
        let shape = match noun {
            "shape" => Some(None),
            noun => Shape::named(noun).map(Some),
        };
        let class = match (colour, shape) {
            (Some(None), _) | (_, None) => None,
            (colour, Some(shape)) => Some(Self {
                colour: colour.flatten(),
                shape,
            }),
        };
        class.ok_or_else(|| {
            NotInWorld::new(text, "class such as `red circle`, `star` or `blue shape`")
        })
    }
}

impl From<Class> for String {
    fn from(class: Class) -> Self {
        class.to_string()
    }
}

impl TryFrom<String> for Class {
    type Error = NotInWorld;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// How two classes, or a class and the board, lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// In a higher row.
    Above,
    /// In a lower row.
    Below,
    /// In a column further left.
    LeftOf,
    /// In a column further right.
    RightOf,
    /// In cells that share a side.
    Beside,
}

impl Side {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Above,
        Self::Below,
        Self::LeftOf,
        Self::RightOf,
        Self::Beside,
    ];

    /// The words for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
            Self::LeftOf => "left of",
            Self::RightOf => "right of",
            Self::Beside => "beside",
        }
    }
}

/// A part of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zone {
    /// Row 1.
    TopRow,
    /// Row 6.
    BottomRow,
    /// Column a.
    LeftColumn,
    /// Column f.
    RightColumn,
    /// a1, f1, a6 or f6.
    Corner,
}

impl Zone {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::TopRow,
        Self::BottomRow,
        Self::LeftColumn,
        Self::RightColumn,
        Self::Corner,
    ];

    /// The words for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::TopRow => "in the top row",
            Self::BottomRow => "in the bottom row",
            Self::LeftColumn => "in the left column",
            Self::RightColumn => "in the right column",
            Self::Corner => "in a corner",
        }
    }
}

/// One thing that the picture of a generation prompt must meet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Need {
    /// Exactly so many of a class.
    Count {
        /// The class.
        of: Class,
        /// How many.
        is: u8,
    },
    /// Nothing but these classes.
    Only {
        /// The classes.
        of: Vec<Class>,
    },
    /// Every one of a class lies so to every one of another (`Beside`: to some).
    Place {
        /// The class that is placed.
        of: Class,
        /// How.
        side: Side,
        /// To what.
        than: Class,
    },
    /// All of a class in one row.
    OneRow {
        /// The class.
        of: Class,
    },
    /// All of a class in one column.
    OneColumn {
        /// The class.
        of: Class,
    },
    /// All of a class in a part of the board.
    Within {
        /// The class.
        of: Class,
        /// Where.
        zone: Zone,
    },
    /// Any two of a class differ in colour.
    AllColours {
        /// The class.
        of: Class,
    },
    /// More of one class than of another, which is not empty.
    More {
        /// The larger class.
        of: Class,
        /// The smaller class.
        than: Class,
    },
    /// As many of one class as of another, neither empty.
    Equal {
        /// One class.
        of: Class,
        /// The other.
        and: Class,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_targets_is_pinned() {
        let text = r#"{"edit":{"before":{"b2":"red circle"},"after":{"c2":"red circle"},"changes":[{"move":{"object":"red circle","from":"b2","to":"c2"}}]}}"#;
        let truth: Truth = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&truth).unwrap(), text);
        let text = r#"{"generation":{"needs":[{"count":{"of":"blue shape","is":2}},{"place":{"of":"star","side":"left-of","than":"red heart"}}],"example":{}}}"#;
        let truth: Truth = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&truth).unwrap(), text);
        assert!(
            serde_json::from_str::<Truth>(
                r#"{"edit":{"before":{"g2":"red circle"},"after":{},"changes":[]}}"#
            )
            .is_err()
        );
    }
}
