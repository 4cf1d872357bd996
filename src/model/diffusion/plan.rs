//! What the `paper` preset does at which step: every strategy is a list of steps over the same weights and layout.
//!
//! A plan is made before the first pass, decides every masked position exactly once, and so knows what it will cost.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

#[cfg(any(test, feature = "internals"))]
use super::lane::Forwards;
use super::schedule::{MaskSchedule, reveal_counts, spread};
use crate::common::suggest::unknown;

/// In which order text and image are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Text and image interleaved over the whole trajectory, each on its own schedule.
    Parallel,
    /// All text with the image fully masked, then the image with the text fixed.
    Sequential,
    /// The image with the text fully masked, then all text.
    ImageFirst,
    /// The first half of the text steps alone, then the image over the other half.
    SemiParallel,
    /// At every step the most confident positions of both, counted by one schedule over all of them.
    Joint,
    /// The image alone; the sequence has no text.
    ImageOnly,
}

impl Strategy {
    /// All strategies.
    pub const ALL: [Self; 6] = [
        Self::Parallel,
        Self::Sequential,
        Self::ImageFirst,
        Self::SemiParallel,
        Self::Joint,
        Self::ImageOnly,
    ];

    /// Its name in options and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parallel => "parallel",
            Self::Sequential => "sequential",
            Self::ImageFirst => "image-first",
            Self::SemiParallel => "semi-parallel",
            Self::Joint => "joint",
            Self::ImageOnly => "image-only",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL
            .into_iter()
            .find(|strategy| strategy.name() == text);
        known.ok_or_else(|| unknown("strategy", text, &Self::ALL.map(Self::name), None))
    }
}

/// Sizes and schedules that make a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// The order.
    pub strategy: Strategy,
    /// Steps for the text; all steps for [`Strategy::Joint`].
    pub text_steps: usize,
    /// Steps for the image.
    pub image_steps: usize,
    /// Text positions of a block: blocks are decided one after the other.
    pub block_length: usize,
    /// How text steps share a block's positions.
    pub text_schedule: MaskSchedule,
    /// How image steps share the cells; for [`Strategy::Joint`], how steps share all positions.
    pub image_schedule: MaskSchedule,
}

/// Text decided at one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextStep {
    /// The block, as offsets into the text.
    pub block: Range<usize>,
    /// How many of its masked positions are decided.
    pub reveal: usize,
}

/// Image cells decided at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageStep {
    /// How many masked cells are decided.
    pub reveal: usize,
    /// Share of the image steps still to come after this one: noise on the order fades with it.
    pub remaining: f64,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum PlannedStep {
    /// Text, image or both, each by its own count.
    Separate {
        /// The text.
        text: Option<TextStep>,
        /// The image.
        image: Option<ImageStep>,
    },
    /// Both by one count.
    Joint(ImageStep),
}

/// All steps of one decoding.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodingPlan {
    /// In order.
    pub steps: Vec<PlannedStep>,
}

/// Step budgets that decide nothing at some step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text_steps} text steps leave none for positions {}..{} of the text; give at least one step to each of its blocks \
     of {block_length} (option text_steps or block_length)", block.start, block.end
)]
pub struct PlanError {
    text_steps: usize,
    block_length: usize,
    block: Range<usize>,
}

impl DecodingPlan {
    /// The plan for `text` masked text positions and `cells` masked cells. Steps beyond one per position are left out.
    ///
    /// # Errors
    /// [`PlanError`] when a block of text would get no step.
    pub fn new(budget: &Budget, text: usize, cells: usize) -> Result<Self, PlanError> {
        let image = image_list(budget.image_schedule, cells, budget.image_steps);
        let steps = match budget.strategy {
            Strategy::Joint => image_list(budget.image_schedule, text + cells, budget.text_steps)
                .into_iter()
                .map(PlannedStep::Joint)
                .collect(),
            Strategy::ImageOnly => interleave(Vec::new(), image),
            Strategy::Parallel => interleave(text_list(budget, text)?, image),
            Strategy::Sequential => {
                let mut steps = interleave(text_list(budget, text)?, Vec::new());
                steps.extend(interleave(Vec::new(), image));
                steps
            }
            Strategy::ImageFirst => {
                let mut steps = interleave(Vec::new(), image);
                steps.extend(interleave(text_list(budget, text)?, Vec::new()));
                steps
            }
            Strategy::SemiParallel => {
                let mut alone = text_list(budget, text)?;
                let rest = alone.split_off(alone.len() / 2);
                let mut steps = interleave(alone, Vec::new());
                steps.extend(interleave(rest, image));
                steps
            }
        };
        Ok(Self { steps })
    }

    /// What one sample costs, for tests that count forwards. For [`Strategy::Joint`] the unconditional number is the
    /// largest possible: a step at which no cell is masked any more needs no guidance of the image.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub fn forwards(&self, guided_text: bool, guided_image: bool) -> Forwards {
        let guided = |step: &&PlannedStep| match step {
            PlannedStep::Separate { text, image } => {
                (guided_text && text.is_some()) || (guided_image && image.is_some())
            }
            PlannedStep::Joint(_) => guided_text || guided_image,
        };
        Forwards {
            conditional: self.steps.len(),
            unconditional: self.steps.iter().filter(guided).count(),
        }
    }
}

fn image_list(schedule: MaskSchedule, cells: usize, steps: usize) -> Vec<ImageStep> {
    let counts = reveal_counts(schedule, cells, steps);
    let all = counts.len();
    let step = |(index, reveal)| ImageStep {
        reveal,
        remaining: 1.0 - (index + 1) as f64 / all as f64,
    };
    counts.into_iter().enumerate().map(step).collect()
}

/// Text steps, block after block; steps are shared among blocks in proportion to their length.
fn text_list(budget: &Budget, text: usize) -> Result<Vec<TextStep>, PlanError> {
    let block_length = budget.block_length.max(1);
    let total = budget.text_steps.min(text);
    let mut list = Vec::with_capacity(total);
    for start in (0..text).step_by(block_length) {
        let block = start..(start + block_length).min(text);
        let steps = total * block.end / text - total * block.start / text;
        if steps == 0 {
            return Err(PlanError {
                text_steps: budget.text_steps,
                block_length,
                block,
            });
        }
        let counts = reveal_counts(budget.text_schedule, block.len(), steps);
        list.extend(counts.into_iter().map(|reveal| TextStep {
            block: block.clone(),
            reveal,
        }));
    }
    Ok(list)
}

/// Both lists over as many steps as the longer one has, the shorter one spread evenly and ending with it.
fn interleave(text: Vec<TextStep>, image: Vec<ImageStep>) -> Vec<PlannedStep> {
    let length = text.len().max(image.len());
    let empty = PlannedStep::Separate {
        text: None,
        image: None,
    };
    let mut steps = vec![empty; length];
    for (at, step) in spread(text.len(), length).into_iter().zip(text) {
        if let Some(PlannedStep::Separate { text, .. }) = steps.get_mut(at) {
            *text = Some(step);
        }
    }
    for (at, step) in spread(image.len(), length).into_iter().zip(image) {
        if let Some(PlannedStep::Separate { image, .. }) = steps.get_mut(at) {
            *image = Some(step);
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn budget(strategy: Strategy, text_steps: usize, image_steps: usize) -> Budget {
        Budget {
            strategy,
            text_steps,
            image_steps,
            block_length: 64,
            text_schedule: MaskSchedule::Linear,
            image_schedule: MaskSchedule::Cosine,
        }
    }

    /// For each step, whether text and image are decided.
    fn marks(plan: &DecodingPlan) -> String {
        let mark = |step: &PlannedStep| match step {
            PlannedStep::Separate { text, image } => match (text.is_some(), image.is_some()) {
                (true, true) => 'b',
                (true, false) => 't',
                (false, true) => 'i',
                (false, false) => '-',
            },
            PlannedStep::Joint(_) => 'j',
        };
        plan.steps.iter().map(mark).collect()
    }

    #[test]
    fn strategies_order_text_and_image_as_they_say() {
        let plan = |strategy| marks(&DecodingPlan::new(&budget(strategy, 8, 2), 256, 64).unwrap());
        assert_eq!(plan(Strategy::Parallel), "tttbtttb");
        assert_eq!(plan(Strategy::Sequential), "ttttttttii");
        assert_eq!(plan(Strategy::ImageFirst), "iitttttttt");
        assert_eq!(plan(Strategy::SemiParallel), "tttttbtb");
        assert_eq!(plan(Strategy::Joint), "jjjjjjjj");
        assert_eq!(plan(Strategy::ImageOnly), "ii");
    }

    #[test]
    fn the_papers_budget_costs_what_it_says() {
        let cost = |strategy| {
            let plan = DecodingPlan::new(&budget(strategy, 128, 30), 256, 1024).unwrap();
            let Forwards {
                conditional,
                unconditional,
            } = plan.forwards(false, true);
            (conditional, unconditional)
        };
        assert_eq!(cost(Strategy::Parallel), (128, 30));
        assert_eq!(cost(Strategy::Sequential), (158, 30));
        assert_eq!(cost(Strategy::ImageFirst), (158, 30));
        assert_eq!(cost(Strategy::SemiParallel), (128, 30));
        assert_eq!(cost(Strategy::Joint), (128, 128));
        assert_eq!(cost(Strategy::ImageOnly), (30, 30));
    }

    #[test]
    fn a_block_without_a_step_is_refused() {
        let error = DecodingPlan::new(&budget(Strategy::Parallel, 3, 2), 256, 64).unwrap_err();
        assert!(error.to_string().contains("positions 0..64"), "{error}");
    }

    proptest! {
        #[test]
        fn plans_decide_every_position_once_and_block_after_block(
            which in 0_usize..6, text in 1_usize..400, cells in 1_usize..1100,
            text_steps in 1_usize..200, image_steps in 1_usize..80, block_length in 1_usize..300,
        ) {
            let strategy = Strategy::ALL[which];
            let budget = Budget { block_length, ..budget(strategy, text_steps, image_steps) };
            let Ok(plan) = DecodingPlan::new(&budget, text, cells) else {
                prop_assert!(text_steps.min(text) < 2 * text.div_ceil(block_length));
                return Ok(());
            };
            let (mut texts, mut image, mut both, mut last) = (0, 0, 0, 0..0);
            for step in &plan.steps {
                match step {
                    PlannedStep::Separate { text, image: drawn } => {
                        prop_assert!(text.is_some() || drawn.is_some());
                        if let Some(step) = text {
                            prop_assert!(step.reveal > 0);
                            prop_assert!(step.block == last || step.block.start == last.end);
                            prop_assert!(step.block == last || texts == last.end);
                            texts += step.reveal;
                            last = step.block.clone();
                        }
                        image += drawn.map_or(0, |step| step.reveal);
                    }
                    PlannedStep::Joint(step) => both += step.reveal,
                }
            }
            match strategy {
                Strategy::Joint => prop_assert_eq!(both, text + cells),
                Strategy::ImageOnly => prop_assert_eq!((texts, image), (0, cells)),
                _ => prop_assert_eq!((texts, image), (text, cells)),
            }
        }
    }
}
