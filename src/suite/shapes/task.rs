//! One task: drawn from the dice until it keeps to the world's limits.

use super::board::Board;
use super::dice::Dice;
use super::reasoning::{reasoning, words};
use super::rules::{Category, instruct};
use super::scene::{Split, scene};
use super::stage::Stage;
use super::target::Truth;
use super::wish::wish;

/// The name of the category of generation prompts.
pub const GENERATION: &str = "generation";
/// The categories of a suite with the number of their tasks: ParaBench's composition.
pub const COMPOSITION: [(&str, Option<Category>, u32); 6] = [
    ("spatial", Some(Category::Spatial), 40),
    ("temporal", Some(Category::Temporal), 40),
    ("causal", Some(Category::Causal), 40),
    ("knowledge", Some(Category::Knowledge), 40),
    ("general", Some(Category::General), 40),
    (GENERATION, None, 100),
];
/// Most words and marks of an instruction.
pub const MOST_INSTRUCTION_WORDS: usize = 40;
/// Most words and marks of a right reasoning.
pub const MOST_REASONING_WORDS: usize = 100;
/// Most changes of one edit.
const MOST_CHANGES: usize = 5;
/// Throws before a task is given up; about one in ten is kept, one in eighty
/// where combinations are held out.
const THROWS: u64 = 100_000;

/// A task of the world with its truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldTask {
    /// What is asked.
    pub instruction: String,
    /// The truth.
    pub truth: Truth,
}

impl WorldTask {
    /// The input scene of an edit.
    pub fn before(&self) -> Option<&Board> {
        match &self.truth {
            Truth::Edit { before, .. } => Some(before),
            Truth::Generation { .. } => None,
        }
    }

    /// A right picture: the only one of an edit, one of many of a prompt.
    pub fn after(&self) -> &Board {
        match &self.truth {
            Truth::Edit { after, .. } => after,
            Truth::Generation { example, .. } => example,
        }
    }
}

/// The world found no task within its limits: a fault of its rules.
#[derive(Debug, thiserror::Error)]
#[error(
    "no {category} task number {number} was found in {THROWS} throws under seed {seed}; try another seed"
)]
pub struct NoTask {
    category: String,
    number: u64,
    seed: u64,
}

/// The first task that the throws of a seed, category and number give and that
/// `accept` does not turn down. `None` as category means generation.
///
/// # Errors
/// [`NoTask`] when there is none.
pub fn task(
    seed: u64,
    split: Split,
    category: Option<Category>,
    number: u64,
    mut accept: impl FnMut(&WorldTask) -> bool,
) -> Result<WorldTask, NoTask> {
    let name = category.map_or(GENERATION, Category::name);
    let purpose = format!("{split:?} {name}");
    let mut dice = Dice::new(seed, &purpose, number);
    (0..THROWS)
        .find_map(|_| throw(&mut dice, split, category).filter(&mut accept))
        .ok_or_else(|| NoTask {
            category: name.to_owned(),
            number,
            seed,
        })
}

fn throw(dice: &mut Dice, split: Split, category: Option<Category>) -> Option<WorldTask> {
    let task = match category {
        Some(category) => edit(dice, split, category)?,
        None => generation(dice, split)?,
    };
    let fits = words(&task.instruction).count() <= MOST_INSTRUCTION_WORDS
        && words(&reasoning(&task.truth)).count() <= MOST_REASONING_WORDS;
    fits.then_some(task)
}

fn edit(dice: &mut Dice, split: Split, category: Category) -> Option<WorldTask> {
    let before = scene(dice, split)?;
    let mut stage = Stage::new(&before);
    let instruction = instruct(dice, &mut stage, category)?;
    let (after, changes) = (stage.board(), stage.changes());
    let sound = (1..=MOST_CHANGES).contains(&changes.len()) && !after.is_empty() && after != before;
    sound.then_some(WorldTask {
        instruction,
        truth: Truth::Edit {
            before,
            after,
            changes,
        },
    })
}

fn generation(dice: &mut Dice, split: Split) -> Option<WorldTask> {
    let wish = wish(dice)?;
    split.has_needs(&wish.needs).then_some(WorldTask {
        instruction: wish.instruction,
        truth: Truth::Generation {
            needs: wish.needs,
            example: wish.example,
        },
    })
}
