//! `control:truth`: the right answer to the suite `shapes`, and answers that are
//! wrong in known degrees. The upper anchor of every axis.
//!
//! With `error = p`, a share `p` of the tasks, drawn by hash so that a larger share
//! contains every smaller one, gets an answer that is damaged in one of four
//! degrees, again by hash; see [`Damage`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use image::{DynamicImage, RgbImage};

use crate::common::BoxFuture;
use crate::common::digest::Digest;
use crate::common::picture::{Picture, PictureError};
use crate::model::{
    Answer, Failure, FailureKind, Identity, LOCAL_CONCURRENCY, Model, ModelError, ModelRequest,
    OpenContext, Part, Spec,
};
use crate::suite::Task;
use crate::suite::shapes::board::{Board, Cell, Colour, Object};
use crate::suite::shapes::draw::{draw, put, tile};
use crate::suite::shapes::reasoning::reasoning;
use crate::suite::shapes::target::{Change, Truth};

/// How an answer is damaged. Each degree leaves no axis better than the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Objects are faded by a quarter; the text lacks the sentence on the result.
    /// Hurts image quality, text quality and text alignment.
    Slight,
    /// The picture lacks one change, or one object of a prompt; the text is right.
    /// Hurts image and output alignment.
    Unfinished,
    /// The picture turns one object that was to stay into another; the text names
    /// the wrong colour for everything. Hurts
    /// consistency, text alignment and output alignment, and image alignment in prompts.
    Wrong,
    /// The picture is noise and the words of the text stand in reverse order.
    /// Hurts everything.
    Ruined,
}

impl Damage {
    const ALL: [Self; 4] = [Self::Slight, Self::Unfinished, Self::Wrong, Self::Ruined];

    /// The damage of a task under a share of errors; `None` leaves it right.
    pub fn of(task: &str, error: f64) -> Option<Self> {
        let hash = |purpose: &[u8]| Digest::of_fields([purpose, task.as_bytes()]).as_u64();
        let place = hash(b"parabench truth error 1") as f64 / 2f64.powi(64);
        let degree = hash(b"parabench truth degree 1") % Self::ALL.len() as u64;
        let damage = Self::ALL.get(degree as usize).copied();
        damage.filter(|_| place < error)
    }
}

/// A right or damaged answer: the picture and the text.
pub fn answer(task: &str, truth: &Truth, damage: Option<Damage>) -> (RgbImage, String) {
    let (before, after) = match truth {
        Truth::Edit { before, after, .. } => (Some(before), after),
        Truth::Generation { example, .. } => (None, example),
    };
    let text = reasoning(truth);
    match damage {
        None => (draw(after), text),
        Some(Damage::Slight) => (faded(after), without_result(&text)),
        Some(Damage::Unfinished) => (draw(&unfinished(truth)), text),
        Some(Damage::Wrong) => (draw(&disturbed(before, after)), wrong_colours(&text)),
        Some(Damage::Ruined) => (noise(task), reversed(&text)),
    }
}

fn faded(board: &Board) -> RgbImage {
    let mut picture = draw(board);
    for (cell, object) in board {
        let mut faded = *tile(Some(*object));
        for (pixel, bare) in faded.iter_mut().zip(tile(None)) {
            for (value, ground) in pixel.iter_mut().zip(bare) {
                *value = ((u16::from(*value) * 3 + u16::from(*ground)) / 4) as u8;
            }
        }
        put(&mut picture, *cell, &faded);
    }
    picture
}

fn without_result(text: &str) -> String {
    let result = text.find(" The result").unwrap_or(text.len());
    text.get(..result).unwrap_or(text).to_owned()
}

/// The right board with the cells of the last change as they were, or without the
/// last object of a prompt.
fn unfinished(truth: &Truth) -> Board {
    let (before, mut board, changes) = match truth {
        Truth::Generation { example, .. } => {
            let mut board = example.clone();
            board.pop_last();
            return board;
        }
        Truth::Edit {
            before,
            after,
            changes,
        } => (before, after.clone(), changes),
    };
    let cells = match changes.last() {
        Some(Change::Move { from, to, .. }) => vec![*from, *to],
        Some(Change::Turn { at, object, .. }) => {
            // A thing that is also moved stands elsewhere now.
            let moved = changes.iter().find_map(|change| match change {
                Change::Move {
                    object: what, to, ..
                } if what == object => Some(*to),
                _ => None,
            });
            vec![moved.unwrap_or(*at)]
        }
        Some(Change::Remove { at, .. } | Change::Add { at, .. }) => vec![*at],
        None => Vec::new(),
    };
    for cell in cells {
        match before.get(&cell) {
            Some(object) => board.insert(cell, *object),
            None => board.remove(&cell),
        };
    }
    board
}

/// The right board with one more thing wrong: an object that was to stay, else any.
fn disturbed(before: Option<&Board>, after: &Board) -> Board {
    let mut board = after.clone();
    let stays = |cell: &&Cell| before.is_some_and(|before| before.get(cell) == after.get(cell));
    let cell = after.keys().find(stays).or_else(|| after.keys().next());
    if let Some(object) = cell.and_then(|cell| board.get_mut(cell)) {
        let next = usize::from(object.code()) + 6;
        *object = Object::all().cycle().nth(next).unwrap_or(*object);
    }
    board
}

/// Every colour's name replaced by that of the next colour.
fn wrong_colours(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let index = Colour::ALL.iter().position(|colour| colour.name() == word);
        let next = index.and_then(|index| Colour::ALL.iter().cycle().nth(index + 1));
        next.map_or(word, |colour| colour.name())
    });
    words.collect::<Vec<_>>().join(" ")
}

fn reversed(text: &str) -> String {
    text.split(' ').rev().collect::<Vec<_>>().join(" ")
}

fn noise(task: &str) -> RgbImage {
    let side = crate::suite::shapes::draw::PICTURE;
    RgbImage::from_fn(side, side, |x, y| {
        let place = (y * side + x).to_le_bytes();
        let digest = Digest::of_fields([task.as_bytes(), &place]);
        let [red, green, blue, ..] = *digest.as_bytes();
        image::Rgb([red, green, blue])
    })
}

/// The model that knows the truth of the tasks it was made with.
pub struct TruthModel {
    identity: Identity,
    truths: HashMap<Arc<str>, Truth>,
    error: f64,
}

impl TruthModel {
    /// A model for these tasks, wrong in a share `error` of them (0–1).
    ///
    /// # Errors
    /// `error` is no share, or a task stores no truth of the world `shapes`.
    pub fn new(tasks: &[Task], error: f64) -> Result<Self, ModelError> {
        if !(0.0..=1.0).contains(&error) {
            return Err(fault(
                format!("control:truth: `error={error}` must lie between 0 and 1"),
                None,
            ));
        }
        let truths: Result<_, _> = tasks
            .iter()
            .map(|task| Ok::<_, ModelError>((task.prompt.id.clone(), truth(task)?)))
            .collect();
        let name = if error == 0.0 {
            "control-truth".to_owned()
        } else {
            format!("control-truth-error-{error}")
        };
        Ok(Self {
            identity: Identity {
                name,
                kind: "control".to_owned(),
                thinks: true,
                details: BTreeMap::from([
                    ("control".to_owned(), "truth".to_owned()),
                    ("error".to_owned(), error.to_string()),
                ]),
            },
            truths: truths?,
            error,
        })
    }

    /// The model of a spec `control:truth?error=SHARE`.
    ///
    /// # Errors
    /// Those of [`new`](Self::new), and a share that is no number.
    pub(super) fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Self, ModelError> {
        let share = spec.option("error").unwrap_or("0");
        let error = share.parse().map_err(|_| {
            ModelError::new(format!(
                "control:truth: `error={share}` is not a number; expected a share from 0 to 1"
            ))
        })?;
        let mut model = Self::new(&context.suite.tasks, error)?;
        if let Some(name) = &spec.name {
            model.identity.name.clone_from(name);
        }
        Ok(model)
    }

    fn answer_one(&self, request: &ModelRequest) -> Result<Answer, ModelError> {
        let id = &request.prompt.id;
        let Some(truth) = self.truths.get(id) else {
            return Ok(Answer::lost(Failure {
                kind: FailureKind::NoAnswer,
                message: format!("the truth of task `{id}` is not known"),
            }));
        };
        let damage = Damage::of(id, self.error);
        let (picture, text) = answer(id, truth, damage);
        let picture = Picture::from_pixels(&DynamicImage::ImageRgb8(picture)).map_err(
            |error: PictureError| {
                fault(
                    format!("the right picture of task `{id}` cannot be encoded"),
                    Some(Box::new(error)),
                )
            },
        )?;
        let damage = damage.map_or("none".to_owned(), |damage| {
            format!("{damage:?}").to_lowercase()
        });
        Ok(Answer {
            film: None,
            reasoning: Part::Given(text),
            image: Part::Given(picture.bytes().clone()),
            timing_ms: BTreeMap::new(),
            details: serde_json::Map::from_iter([("damage".to_owned(), damage.into())]),
            cost_usd: None,
        })
    }
}

impl Model for TruthModel {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn concurrency(&self) -> usize {
        LOCAL_CONCURRENCY
    }

    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
        Box::pin(async move {
            batch
                .iter()
                .map(|request| self.answer_one(request))
                .collect()
        })
    }
}

fn truth(task: &Task) -> Result<Truth, ModelError> {
    let wrong = |what: &str, source| {
        let id = task.id();
        let message = format!(
            "control:truth: task `{id}` {what}; it answers only suites that store the truth of \
             the world `shapes`, as `parabench shapes suite` writes them"
        );
        fault(message, source)
    };
    let target = task
        .target
        .as_ref()
        .ok_or_else(|| wrong("has no target", None))?;
    serde::Deserialize::deserialize(&target.0).map_err(|error: serde_json::Error| {
        wrong("has a target of another form", Some(error.into()))
    })
}

fn fault(message: String, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> ModelError {
    ModelError {
        source,
        ..ModelError::new(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_sets_are_nested_and_as_large_as_asked() {
        let ids: Vec<String> = (0..2000).map(|n| format!("task-{n}")).collect();
        let mut before = 0;
        for error in [0.0, 0.1, 0.4, 1.0] {
            let damaged: Vec<_> = ids
                .iter()
                .filter(|id| Damage::of(id, error).is_some())
                .collect();
            assert!(
                damaged
                    .iter()
                    .all(|id| Damage::of(id, 1.0) == Damage::of(id, error))
            );
            assert!((damaged.len() as f64 / 2000.0 - error).abs() < 0.03);
            assert!(damaged.len() >= before);
            before = damaged.len();
        }
        for degree in Damage::ALL {
            assert!(
                ids.iter()
                    .filter(|id| Damage::of(id, 1.0) == Some(degree))
                    .count()
                    > 400
            );
        }
    }
}
