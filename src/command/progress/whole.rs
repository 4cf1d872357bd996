//! One bar for several runs after one another, each with its share of the work.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::pace::{clock, left_of_share};
use super::{Watch, target};
use crate::judge::Mark;
use crate::model::steps::{StepWatch, StepsDone};
use crate::run::event::{Event, Observer};

/// Length of the bar: thousandths of the whole.
const WHOLE: u64 = 1000;
/// Share of a run's work that its marks are, where answers are decoded.
const MARKING: f64 = 0.05;
const TEMPLATE: &str = "{bar:30} {msg}";

/// The bar.
pub struct Whole {
    bar: ProgressBar,
    begun: Instant,
    at: Mutex<Place>,
}

/// Where the work is.
#[derive(Clone, Debug, Default)]
struct Place {
    /// The runs: name and share of the work.
    runs: Vec<(String, f64)>,
    /// The one at work.
    run: usize,
    answers: u64,
    /// Answers that are stored.
    stored: u64,
    /// Answers of earlier groups of this run, and by worker the group that is being decoded.
    before: f64,
    steps: BTreeMap<usize, StepsDone>,
    marks: u64,
    marked: u64,
    missing: u64,
}

impl Place {
    /// The share of the whole that is done, 0 to 1.
    fn share(&self) -> f64 {
        let all: f64 = self.runs.iter().map(|(_, weight)| weight).sum();
        let before: f64 = self
            .runs
            .iter()
            .take(self.run)
            .map(|(_, weight)| weight)
            .sum();
        let own = self.runs.get(self.run).map_or(0.0, |(_, weight)| *weight);
        let part = |done: f64, of: u64| {
            if of == 0 {
                0.0
            } else {
                (done / of as f64).min(1.0)
            }
        };
        // Answers that are decoded together are stored together: their steps say how far they are.
        let answers = part(self.decoded().max(self.stored as f64), self.answers);
        let marks = part(self.marked as f64, self.marks);
        let within = (1.0 - MARKING) * answers + MARKING * marks;
        (before + own * within) / all.max(f64::MIN_POSITIVE)
    }

    fn decoded(&self) -> f64 {
        let now = self
            .steps
            .values()
            .map(|steps| steps.samples as f64 * steps.done as f64 / steps.of.max(1) as f64);
        self.before + now.sum::<f64>()
    }

    fn step(&mut self, steps: StepsDone) {
        let last = self.steps.insert(steps.worker, steps);
        if let Some(last) = last.filter(|last| steps.done <= last.done) {
            self.before += last.samples as f64;
        }
    }

    fn words(&self, elapsed: Duration) -> String {
        let share = self.share();
        let name = self
            .runs
            .get(self.run)
            .map_or("", |(name, _)| name.as_str());
        let left = left_of_share(share, elapsed);
        let left = left.map_or_else(String::new, |left| format!("  {} left", clock(left)));
        format!(
            "{:>3.0} %  {name} ({} of {})  {} missing{left}",
            100.0 * share,
            (self.run + 1).min(self.runs.len()),
            self.runs.len(),
            self.missing
        )
    }
}

impl Whole {
    /// A bar over runs of these names and shares of the work, drawn unless `hidden`.
    pub fn new(runs: Vec<(String, f64)>, hidden: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(WHOLE), target(hidden));
        let style = ProgressStyle::with_template(TEMPLATE);
        bar.set_style(
            style
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("━╸ "),
        );
        Self {
            bar,
            begun: Instant::now(),
            at: Mutex::new(Place {
                runs,
                ..Place::default()
            }),
        }
    }

    /// The run of this number begins.
    pub fn begin(&self, run: usize) {
        self.change(|place| {
            *place = Place {
                runs: std::mem::take(&mut place.runs),
                missing: place.missing,
                run,
                ..Place::default()
            };
        });
    }

    /// Everything is done: the bar goes.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Time since the beginning.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, how: impl FnOnce(&mut Place)) {
        let mut place = self.place();
        how(&mut place);
        let (share, words) = (place.share(), place.words(self.elapsed()));
        drop(place);
        self.bar.set_position((share * WHOLE as f64) as u64);
        self.bar.set_message(words);
    }
}

impl StepWatch for Whole {
    fn notice(&self, steps: StepsDone) {
        self.change(|place| place.step(steps));
    }
}

impl Observer for Whole {
    fn notice(&self, event: Event) {
        self.change(|place| match event {
            Event::Planned {
                samples,
                samples_done,
                marks,
                marks_done,
                ..
            } => {
                (place.answers, place.stored) = (samples, samples_done);
                (place.marks, place.marked) = (marks, marks_done);
            }
            Event::Sampled { .. } => place.stored += 1,
            Event::Skipped { marks } => place.marked += marks,
            Event::Marked { mark, .. } => {
                place.missing += u64::from(matches!(mark, Mark::Missing(_)));
                place.marked += 1;
            }
        });
    }
}

impl Watch for Whole {
    fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    /// A run has ended; the next one goes on in the same bar.
    fn finish(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(run: usize, stored: u64) -> Place {
        Place {
            runs: vec![("a".to_owned(), 3.0), ("b".to_owned(), 1.0)],
            run,
            answers: 10,
            stored,
            marks: 60,
            marked: 6 * stored,
            ..Place::default()
        }
    }

    #[test]
    fn the_share_follows_the_work_of_the_runs() {
        assert_eq!(place(0, 0).share(), 0.0);
        assert!((place(0, 10).share() - 0.75).abs() < 1e-9);
        assert!((place(1, 5).share() - 0.875).abs() < 1e-9);
        assert!((place(1, 10).share() - 1.0).abs() < 1e-9);
        let minute = Duration::from_secs(60);
        assert_eq!(
            place(1, 0).words(minute),
            " 75 %  b (2 of 2)  0 missing  0:20 left"
        );
        assert_eq!(place(0, 0).words(minute), "  0 %  a (1 of 2)  0 missing");
    }

    #[test]
    fn answers_that_are_decoded_together_count_by_their_steps() {
        let mut at = place(0, 0);
        let steps = |done| StepsDone {
            done,
            of: 4,
            samples: 5,
            worker: 0,
        };
        (1..=4).for_each(|done| at.step(steps(done)));
        assert_eq!(at.decoded(), 5.0);
        at.step(steps(1));
        assert_eq!(at.decoded(), 6.25);
        let other = StepsDone {
            worker: 1,
            ..steps(2)
        };
        at.step(other);
        assert_eq!(at.decoded(), 8.75, "two at the same time");
        at.stored = 8;
        assert!(at.share() > 0.75 * 0.95 * 0.79);
    }

    #[test]
    fn the_template_is_sound() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
