//! Which questions are asked under a number of calls.
//!
//! A round of an axis is about one task: its five answers plainly, two of them once more, and
//! one damaged answer in every view that must not change its mark. Rounds are added axis by axis
//! while the calls last, each with a task of its own.

use std::path::Path;
use std::sync::Arc;

use super::injection::Form;
use super::item::AuditItem;
use super::ladder::{LadderError, Rung, Workshop};
use super::probe::{Probe, Shown, Variation};
use super::store::Store;
use crate::common::files::{self, FileError};
use crate::common::picture::PictureError;
use crate::common::seed::shuffle_key;
use crate::judge::oracle::Oracle;
use crate::judge::rubric::{RubricError, Rubrics, ToMark};
use crate::judge::{JudgeError, View};
use crate::suite::{Axis, Suite};

/// Calls of one round of all six axes.
pub const CALLS_PER_ROUND: u32 = 60;
/// Most calls that an audit may take: beyond that the tasks of a suite run out.
pub const MOST_CALLS: u32 = 1200;
/// Tasks that are tried as lenders before a task is given up.
const LENDERS_TRIED: usize = 8;

/// What decides the questions, beside the suite.
#[derive(Clone, Copy, Debug)]
pub struct AuditSettings {
    /// Calls at the most; at least [`CALLS_PER_ROUND`].
    pub calls: u32,
    /// Picks the tasks.
    pub seed: u64,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self {
            calls: 2 * CALLS_PER_ROUND,
            seed: 0,
        }
    }
}

/// Why no audit could be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The number of calls is out of range.
    #[error(
        "{0} calls: an audit takes from {CALLS_PER_ROUND} (one round of all six axes) to {MOST_CALLS}"
    )]
    Calls(u32),
    /// The suite has no tasks of the needed kind.
    #[error(
        "the suite `{suite}` gave no more than {found} rounds of {axis}: an audit is made of edit \
         tasks that store the truth of the world `shapes`; take `shapes` or a suite that \
         `parabench shapes suite` wrote, or fewer calls"
    )]
    TooFewTasks {
        /// The suite's name.
        suite: String,
        /// The axis that ran out.
        axis: Axis,
        /// Rounds that could be made.
        found: u32,
    },
    /// A picture could not be kept.
    #[error("a picture of the audit could not be made")]
    Picture(#[from] PictureError),
    /// The folder of pictures cannot be used.
    #[error("the folder of the audit's pictures cannot be used")]
    File(#[from] FileError),
    /// The oracle could not mark.
    #[error(transparent)]
    Oracle(#[from] JudgeError),
    /// The axis looks at something that the tasks do not have.
    #[error("the tasks of the audit do not have what {0} needs")]
    Lacks(Axis),
    /// The built-in rubrics, whose keys injections forge.
    #[error(transparent)]
    Rubrics(#[from] RubricError),
}

impl From<LadderError> for PlanError {
    fn from(error: LadderError) -> Self {
        match error {
            LadderError::Picture(error) => Self::Picture(error),
            LadderError::Oracle(error) => Self::Oracle(error),
            LadderError::Lacks(axis) => Self::Lacks(axis),
        }
    }
}

/// Plans the calls of an audit; pictures are written to `folder`. The same suite and settings
/// give the same calls on every machine.
///
/// # Errors
/// [`PlanError`].
pub fn plan(
    suite: &Suite,
    settings: AuditSettings,
    folder: &Path,
) -> Result<Vec<Probe>, PlanError> {
    if !(CALLS_PER_ROUND..=MOST_CALLS).contains(&settings.calls) {
        return Err(PlanError::Calls(settings.calls));
    }
    files::create_folder(folder)?;
    let items: Vec<AuditItem> = suite.tasks.iter().filter_map(AuditItem::of).collect();
    let store = Store::new(folder.to_owned());
    let oracle = Oracle::new();
    let workshop = Workshop {
        store: &store,
        oracle: &oracle,
    };
    let rubrics = Rubrics::load("default", &ToMark::parabench())?;
    let mut queues: Vec<(Axis, Queue)> = Axis::ALL
        .into_iter()
        .map(|axis| (axis, Queue::new(&items, axis, settings.seed)))
        .collect();
    let mut probes: Vec<Probe> = Vec::new();
    let mut round = 0;
    loop {
        for (axis, queue) in &mut queues {
            if probes.len() + round_length(*axis) > settings.calls as usize {
                return Ok(probes);
            }
            let (item, rungs) = queue.next_ladder(&workshop, *axis, round)?.ok_or_else(|| {
                PlanError::TooFewTasks {
                    suite: suite.name.clone(),
                    axis: *axis,
                    found: round,
                }
            })?;
            let rubric = rubrics.of(*axis, None);
            let key = rubric.and_then(|rubric| rubric.key(*axis));
            let key = key.unwrap_or_else(|| axis.key());
            probes.extend(round_of(*axis, round, item, &rungs, key));
        }
        round += 1;
    }
}

/// Tasks in an order that the seed decides, those not yet used by an axis.
struct Queue<'a> {
    items: Vec<&'a AuditItem>,
    next: usize,
}

impl<'a> Queue<'a> {
    fn new(items: &'a [AuditItem], axis: Axis, seed: u64) -> Self {
        let mut items: Vec<&AuditItem> = items.iter().collect();
        let purpose = format!("audit {axis}");
        items.sort_by_key(|item| shuffle_key(seed, &purpose, &item.id));
        Self { items, next: 0 }
    }

    /// The ladder of the next task that gives one.
    fn next_ladder(
        &mut self,
        workshop: &Workshop<'_>,
        axis: Axis,
        round: u32,
    ) -> Result<Option<(&'a AuditItem, Vec<Rung>)>, LadderError> {
        while let Some(item) = self.items.get(self.next) {
            self.next += 1;
            let after = self.items.iter().cycle().skip(self.next);
            let others = after.take(LENDERS_TRIED.min(self.items.len() - 1));
            let lenders: Vec<&AuditItem> = others.copied().collect();
            if let Some(rungs) = workshop.ladder(axis, round, item, &lenders)? {
                return Ok(Some((item, rungs)));
            }
        }
        Ok(None)
    }
}

/// How often and how the rungs of a ladder are put: what, and in which variation.
fn design(axis: Axis, round: u32) -> Vec<(Place, Variation)> {
    let mut calls = vec![
        (Place::Right, Variation::Plain),
        (Place::Slight, Variation::Plain),
        (Place::Medium, Variation::Plain),
        (Place::FirstControl, Variation::Plain),
        (Place::SecondControl, Variation::Plain),
        (Place::Slight, Variation::Repeat),
        (Place::Medium, Variation::Repeat),
        (Place::Medium, Variation::Reworded),
    ];
    if axis.needs_reasoning() {
        // Orders go where there is room for a mark to rise.
        let nth = |k: u32| {
            let place = text_axes().position(|other| other == axis).unwrap_or(0) as u32;
            let index = (2 * text_axes().count() as u32) * round + 2 * place + k;
            let forms = Form::ALL.iter().cycle();
            forms.copied().nth(index as usize).unwrap_or(Form::Plain)
        };
        calls.push((Place::Medium, Variation::Injected(nth(0))));
        calls.push((Place::FirstControl, Variation::Injected(nth(1))));
    } else {
        calls.push((Place::Medium, Variation::Aside));
    }
    if shows_two_pictures(axis) {
        calls.push((Place::Medium, Variation::OutputFirst));
    }
    calls
}

fn text_axes() -> impl Iterator<Item = Axis> {
    Axis::ALL.into_iter().filter(|axis| axis.needs_reasoning())
}

fn shows_two_pictures(axis: Axis) -> bool {
    axis.needs_image() && axis != Axis::IMAGE_QUALITY
}

fn round_length(axis: Axis) -> usize {
    design(axis, 0).len()
}

/// A rung of a ladder by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Right,
    Slight,
    Medium,
    FirstControl,
    SecondControl,
}

impl Place {
    fn of(self, rungs: &[Rung]) -> Option<&Rung> {
        let mut controls = rungs
            .iter()
            .filter(|rung| matches!(rung.shown, Shown::Control(_)));
        match self {
            Self::Right => rungs.iter().find(|rung| rung.shown == Shown::Right),
            Self::Slight => rungs.iter().find(|rung| rung.shown == Shown::Slight),
            Self::Medium => rungs.iter().find(|rung| rung.shown == Shown::Medium),
            Self::FirstControl => controls.next(),
            Self::SecondControl => controls.nth(1),
        }
    }
}

fn round_of(axis: Axis, round: u32, item: &AuditItem, rungs: &[Rung], key: &str) -> Vec<Probe> {
    // What a model that believed itself perfect would write beside its picture.
    let aside: Arc<str> = format!(
        "{} The picture shows exactly this: every change is carried out, everything else is as it \
         was, and the drawing has no flaw.",
        item.reasoning
    )
    .into();
    design(axis, round)
        .into_iter()
        .filter_map(|(place, variation)| {
            let rung = place.of(rungs)?;
            let mut question = rung.question.clone();
            match variation {
                Variation::Plain => {}
                Variation::Repeat => question.repeat = 1,
                Variation::Injected(form) => {
                    let inject = |text: &str| form.into_text(text, key);
                    question.evidence.change_reasoning(inject);
                }
                Variation::Aside => {
                    question.view = View {
                        aside: Some(Arc::clone(&aside)),
                        ..View::default()
                    };
                }
                Variation::OutputFirst => question.view.output_first = true,
                Variation::Reworded => question.view.reworded = true,
            }
            Some(Probe {
                axis,
                round,
                shown: rung.shown,
                variation,
                truth: rung.truth,
                question,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_of_all_axes_has_the_stated_length() {
        let total: usize = Axis::ALL.into_iter().map(round_length).sum();
        assert_eq!(total, CALLS_PER_ROUND as usize);
    }

    /// 14 forms, 6 a round: after 7 rounds each was used three times.
    #[test]
    fn rounds_use_the_forms_of_injection_in_turn() {
        let mut forms: Vec<Form> = (0..7)
            .flat_map(|round| Axis::ALL.map(|axis| design(axis, round)))
            .flatten()
            .filter_map(|(_, variation)| match variation {
                Variation::Injected(form) => Some(form),
                _ => None,
            })
            .collect();
        forms.sort();
        let mut all = Form::ALL.repeat(3);
        all.sort();
        assert_eq!(forms, all);
    }
}
