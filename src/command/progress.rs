//! Progress bars on standard error: counts, rate, time left, money.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::judge::Mark;
use crate::model::steps::{StepWatch, StepsDone};
use crate::run::event::{Event, Observer};

/// Shows a run's events as two bars.
pub struct Bars {
    all: MultiProgress,
    samples: ProgressBar,
    marks: ProgressBar,
    /// Within the answer that is being decoded; shown once a model tells of steps.
    steps: OnceLock<ProgressBar>,
    lost: AtomicU64,
    missing: AtomicU64,
    cached: AtomicU64,
    /// When the last line was printed, where standard error is no terminal and shows no bars.
    line: Option<Mutex<Instant>>,
}

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(60);

impl Bars {
    /// Bars that are shown on a terminal, unless `hidden`.
    pub fn new(hidden: bool) -> Self {
        let target = if hidden {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let all = MultiProgress::with_draw_target(target);
        let bar = |name: &'static str| {
            let bar = all.add(ProgressBar::new(0));
            bar.set_style(style());
            bar.set_prefix(name);
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        };
        Self {
            samples: bar("answers"),
            marks: bar("marks"),
            steps: OnceLock::new(),
            all,
            lost: AtomicU64::new(0),
            missing: AtomicU64::new(0),
            cached: AtomicU64::new(0),
            line: (!hidden && !std::io::stderr().is_terminal()).then(|| Mutex::new(Instant::now())),
        }
    }

    /// Prints how far the run is, once a minute, where no bar does.
    fn print_line(&self) {
        let Some(line) = &self.line else { return };
        let mut last = line.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() < LINE_EVERY {
            return;
        }
        *last = Instant::now();
        let of = |bar: &ProgressBar| format!("{}/{}", bar.position(), bar.length().unwrap_or(0));
        let told = [self.samples.message(), self.marks.message()].join(" ");
        eprintln!(
            "answers {}, marks {} {}",
            of(&self.samples),
            of(&self.marks),
            told.trim()
        );
    }

    /// Prints a line above the bars.
    pub fn say(&self, line: &str) {
        self.all.suspend(|| eprintln!("{line}"));
    }

    /// Leaves the bars as they are and stops drawing.
    pub fn finish(&self) {
        self.samples.abandon();
        self.marks.abandon();
        if let Some(steps) = self.steps.get() {
            steps.finish_and_clear();
        }
    }

    fn marks_message(&self, spent_usd: f64) -> String {
        let missing = self.missing.load(Ordering::Relaxed);
        let cached = self.cached.load(Ordering::Relaxed);
        let mut parts = Vec::new();
        if cached > 0 {
            parts.push(format!("{cached} from cache"));
        }
        if missing > 0 {
            parts.push(format!("{missing} missing"));
        }
        if spent_usd > 0.0 {
            parts.push(format!("${spent_usd:.2}"));
        }
        parts.join(", ")
    }
}

/// A style that cannot be wrong: the template is a constant, tested below.
fn style() -> ProgressStyle {
    ProgressStyle::with_template(TEMPLATE)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// A bar of calls to one judge.
pub fn call_bar(calls: usize, hidden: bool) -> ProgressBar {
    let target = if hidden {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(Some(calls as u64), target);
    bar.set_style(style());
    bar.set_prefix("calls");
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

const TEMPLATE: &str =
    "{prefix:8} [{bar:28}] {human_pos}/{human_len} {per_sec} {eta_precise} left {msg}";

impl StepWatch for Bars {
    fn notice(&self, steps: StepsDone) {
        let bar = self.steps.get_or_init(|| {
            let bar = self.all.add(ProgressBar::new(0));
            bar.set_style(style());
            bar.set_prefix("steps");
            bar
        });
        let (done, of) = (steps.done as u64, steps.of as u64);
        if done == 1 || bar.length() != Some(of) {
            bar.set_length(of);
            bar.reset();
            bar.set_message(match steps.samples {
                1 => String::new(),
                samples => format!("{samples} samples together"),
            });
        }
        bar.set_position(done);
    }
}

impl Observer for Bars {
    fn notice(&self, event: Event) {
        self.print_line();
        match event {
            Event::Planned {
                samples,
                samples_done,
                marks,
                marks_done,
                spent_usd,
            } => {
                self.samples.set_length(samples);
                self.samples.set_position(samples_done);
                self.samples.reset_eta();
                self.marks.set_length(marks);
                self.marks.set_position(marks_done);
                self.marks.reset_eta();
                self.marks.set_message(self.marks_message(spent_usd));
            }
            Event::Sampled {
                lost, spent_usd, ..
            } => {
                self.marks.set_message(self.marks_message(spent_usd));
                if lost {
                    let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
                    self.samples.set_message(format!("{lost} lost"));
                }
                self.samples.inc(1);
            }
            Event::Skipped { marks } => self.marks.inc(marks),
            Event::Marked {
                mark,
                cached,
                spent_usd,
                ..
            } => {
                if matches!(mark, Mark::Missing(_)) {
                    self.missing.fetch_add(1, Ordering::Relaxed);
                }
                if cached {
                    self.cached.fetch_add(1, Ordering::Relaxed);
                }
                self.marks.set_message(self.marks_message(spent_usd));
                self.marks.inc(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_template_is_sound() {
        assert!(indicatif::ProgressStyle::with_template(super::TEMPLATE).is_ok());
    }
}
