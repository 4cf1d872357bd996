//! Progress bars on standard error: counts, money, time left.

pub mod pace;
pub mod whole;

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use self::pace::Pace;
use crate::judge::Mark;
use crate::model::steps::{StepWatch, StepsDone};
use crate::run::event::{Event, Observer};

/// Shows people how far a run is.
pub trait Watch: Observer + StepWatch {
    /// Prints a line above what is drawn.
    fn say(&self, line: &str);
    /// The run has ended.
    fn finish(&self);
}

/// Shows a run's events as two bars.
pub struct Bars {
    all: MultiProgress,
    samples: Bar,
    marks: Bar,
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
        let all = MultiProgress::with_draw_target(target(hidden));
        let bar = || all.add(ProgressBar::new(0));
        let samples = Bar::new(bar(), "answers", None);
        // No mark is given before its answer is there.
        let marks = Bar::new(bar(), "marks", Some(Arc::clone(&samples.pace)));
        Self {
            samples,
            marks,
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
        let parts = [
            format!("answers {}", self.samples.count()),
            format!("marks {}", self.marks.count()),
            self.samples.bar.message(),
            self.marks.bar.message(),
            self.marks.pace.words(Some(&self.samples.pace)),
        ];
        let told: Vec<&str> = parts
            .iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        eprintln!("{}", told.join(", "));
    }

    fn marks_message(&self, spent_usd: f64) -> String {
        let missing = self.missing.load(Ordering::Relaxed);
        let cached = self.cached.load(Ordering::Relaxed);
        let mut parts = Vec::new();
        if spent_usd > 0.0 {
            parts.push(format!("${spent_usd:.2}"));
        }
        if cached > 0 {
            parts.push(format!("{cached} from cache"));
        }
        if missing > 0 {
            parts.push(format!("{missing} missing"));
        }
        parts.join("  ")
    }
}

impl Watch for Bars {
    fn say(&self, line: &str) {
        self.all.suspend(|| eprintln!("{line}"));
    }

    /// Leaves the bars as they are and stops drawing.
    fn finish(&self) {
        self.samples.bar.abandon();
        self.marks.bar.abandon();
        if let Some(steps) = self.steps.get() {
            steps.finish_and_clear();
        }
    }
}

/// A bar with the pace of its work.
pub struct Bar {
    bar: ProgressBar,
    pace: Arc<Pace>,
}

impl Bar {
    /// A bar whose work waits for `slower`.
    fn new(bar: ProgressBar, name: &'static str, slower: Option<Arc<Pace>>) -> Self {
        let pace = Arc::new(Pace::default());
        let told = Arc::clone(&pace);
        let write = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            // A bar that cannot be drawn is not worth an error.
            let _ = out.write_str(&told.words(slower.as_deref()));
        };
        bar.set_style(style().with_key("pace", write));
        bar.set_prefix(name);
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, pace }
    }

    /// A bar of calls to one judge.
    pub fn of_calls(calls: usize, hidden: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(calls as u64), target(hidden));
        let bar = Self::new(bar, "calls", None);
        bar.pace.begin(0, calls as u64);
        bar
    }

    /// So much is done, and this is to be said of it.
    pub fn reach(&self, done: u64, message: String) {
        self.pace.reach(done);
        self.bar.set_position(done);
        self.bar.set_message(message);
    }

    /// Leaves the bar as it is and stops drawing.
    pub fn finish(&self) {
        self.bar.abandon();
    }

    fn begin(&self, done: u64, of: u64) {
        self.pace.begin(done, of);
        self.bar.set_length(of);
        self.bar.set_position(done);
    }

    fn advance(&self, by: u64) {
        self.pace.advance(by);
        self.bar.inc(by);
    }

    fn count(&self) -> String {
        format!("{}/{}", self.bar.position(), self.bar.length().unwrap_or(0))
    }
}

fn target(hidden: bool) -> ProgressDrawTarget {
    match hidden {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    }
}

/// A style that cannot be wrong: the template is a constant, tested below.
fn style() -> ProgressStyle {
    ProgressStyle::with_template(TEMPLATE)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ")
}

const TEMPLATE: &str = "{prefix:8}{bar:26} {human_pos:>6}/{human_len:6} {msg}  {pace}";

impl StepWatch for Bars {
    fn notice(&self, steps: StepsDone) {
        // One bar: where several decode at the same time, it follows the first.
        if steps.worker > 0 {
            return;
        }
        let bar = self.steps.get_or_init(|| {
            let bar = self.all.add(ProgressBar::new(0));
            bar.set_style(
                style().with_key("pace", |_: &ProgressState, _: &mut dyn std::fmt::Write| {}),
            );
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
                self.samples.begin(samples_done, samples);
                self.marks.begin(marks_done, marks);
                self.marks.bar.set_message(self.marks_message(spent_usd));
                // A bar of nothing says nothing.
                if samples == 0 {
                    self.all.remove(&self.samples.bar);
                }
                if marks == 0 {
                    self.all.remove(&self.marks.bar);
                }
            }
            Event::Sampled { lost, spent_usd } => {
                self.marks.bar.set_message(self.marks_message(spent_usd));
                if lost {
                    let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
                    self.samples.bar.set_message(format!("{lost} lost"));
                }
                self.samples.advance(1);
            }
            Event::Skipped { marks } => self.marks.advance(marks),
            Event::Marked {
                mark,
                cached,
                spent_usd,
            } => {
                if matches!(mark, Mark::Missing(_)) {
                    self.missing.fetch_add(1, Ordering::Relaxed);
                }
                if cached {
                    self.cached.fetch_add(1, Ordering::Relaxed);
                }
                self.marks.bar.set_message(self.marks_message(spent_usd));
                self.marks.advance(1);
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
