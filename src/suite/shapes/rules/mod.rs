//! The rules of the world, one file per category. A rule draws what it needs from
//! the dice, acts on the stage and returns the words that ask for exactly that;
//! `None` where the scene does not allow it.

mod causal;
mod general;
mod knowledge;
mod spatial;
mod temporal;

use super::board::{Cell, Colour, Direction, Object, Shape};
use super::dice::Dice;
use super::naming::{name, number};
use super::stage::{PieceId, Stage};
use super::target::Class;

/// A rule: acts on the stage and says so, without a capital or a full stop.
type Rule = fn(&mut Dice, &mut Stage) -> Option<String>;

/// A category of edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Where things go, relative to others.
    Spatial,
    /// What a stated process has done some steps later.
    Temporal,
    /// What an event brings about under a stated rule.
    Causal,
    /// What needs facts from outside the picture.
    Knowledge,
    /// Adding, removing, replacing, painting, counting.
    General,
}

impl Category {
    /// Its name in the suite.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spatial => "spatial",
            Self::Temporal => "temporal",
            Self::Causal => "causal",
            Self::Knowledge => "knowledge",
            Self::General => "general",
        }
    }

    fn rules(self) -> &'static [Rule] {
        match self {
            Self::Spatial => &spatial::RULES,
            Self::Temporal => &temporal::RULES,
            Self::Causal => &causal::RULES,
            Self::Knowledge => &knowledge::RULES,
            Self::General => &general::RULES,
        }
    }

    /// How many of a hundred instructions ask for two changes. A process or an
    /// event is one thing.
    fn share_of_pairs(self) -> usize {
        match self {
            Self::Temporal | Self::Causal => 0,
            Self::Spatial | Self::Knowledge | Self::General => 50,
        }
    }
}

/// Acts on the stage by one or two rules of a category; returns the instruction.
pub fn instruct(dice: &mut Dice, stage: &mut Stage, category: Category) -> Option<String> {
    let first = dice.pick(category.rules())?(dice, stage)?;
    if !dice.chance(category.share_of_pairs()) {
        return Some(sentence(&first));
    }
    let second = dice.pick(category.rules())?(dice, stage)?;
    let joint = dice.pick(&[", then ", ", and then ", ". After that, "])?;
    Some(sentence(&format!("{first}{joint}{second}")))
}

/// A text with a capital at the start and a full stop at the end.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    format!("{first}{}.", letters.as_str())
}

/// One of several wordings.
fn word(dice: &mut Dice, wordings: &[String]) -> Option<String> {
    dice.pick(wordings)
}

/// A random piece that can be named, with its name.
fn someone(dice: &mut Dice, stage: &Stage) -> Option<(PieceId, String)> {
    let untouched = stage.which(super::stage::Piece::is_untouched);
    let id = dice.pick(&untouched)?;
    Some((id, name(dice, stage, id)?))
}

/// Two different pieces that can be named, with their names.
fn two(dice: &mut Dice, stage: &Stage) -> Option<((PieceId, String), (PieceId, String))> {
    let (a, b) = (someone(dice, stage)?, someone(dice, stage)?);
    (a.0 != b.0).then_some((a, b))
}

/// A random object that is not there yet.
fn newcomer(dice: &mut Dice, stage: &Stage) -> Option<Object> {
    let object = Object {
        colour: dice.pick(&Colour::ALL)?,
        shape: dice.pick(&Shape::ALL)?,
    };
    (!stage.has(object)).then_some(object)
}

/// A class by shape or by colour whose members number within the limits, while
/// nothing has happened yet.
fn class(dice: &mut Dice, stage: &Stage, few: usize, many: usize) -> Option<(Class, Vec<PieceId>)> {
    let class = if dice.chance(50) {
        Class::from(dice.pick(&Shape::ALL)?)
    } else {
        Class::from(dice.pick(&Colour::ALL)?)
    };
    let members = stage.which(|piece| class.holds(piece.object));
    let fits = stage.is_fresh() && (few..=many).contains(&members.len());
    fits.then_some((class, members))
}

/// Paints a piece, unless it has the colour already.
fn paint(stage: &mut Stage, id: PieceId, colour: Colour) -> Option<()> {
    let shape = stage
        .get(id)
        .filter(|p| p.object.colour != colour)?
        .object
        .shape;
    stage.turn(id, Object { colour, shape });
    Some(())
}

/// The free cell directly on one side of a piece.
fn beside(stage: &Stage, id: PieceId, direction: Direction) -> Option<Cell> {
    stage.free(stage.get(id)?.cell.next(direction))
}

/// `one cell`, `two cells`, …
fn cells(count: usize) -> String {
    format!(
        "{} cell{}",
        number(count),
        if count == 1 { "" } else { "s" }
    )
}
