//! Three tasks that tell what the numbers mean: the largest loss, the largest win, and the worst of both runs of the first
//! pair. Which ones is decided by points alone, ties by the suite's order.

use serde::Serialize;

use super::wire::{WireGallery, WireMark, WireSample, WireTask};
use crate::report::number::signed;
use crate::report::page::text::{Bounded, bounded};
use crate::report::typography::typographic;

/// Most characters of a reasoning text here; the gallery has more.
const MAX_TEXT: usize = 1_200;
/// Most characters of a reason or an instruction here.
const MAX_WORDS: usize = 400;
/// Points of a mark of 4 on five: "one minor flaw".
const GOOD: f64 = 75.0;
/// Points of a mark of 2 on five.
const POOR: f64 = 25.0;
/// Points below which two means are the same.
const SAME: f64 = 1e-9;

/// One task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Telling {
    /// Why it stands here.
    title: &'static str,
    id: String,
    category: String,
    /// The difference in points, with its direction: `higher`, `lower` or empty.
    points: String,
    class: &'static str,
    /// Its place in the gallery.
    link: String,
    asked: Option<Bounded>,
    input: Option<Shot>,
    sides: Vec<Side>,
    /// What separates the two.
    moral: Vec<String>,
}

/// A picture, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Shot {
    url: Option<String>,
    width: u32,
    height: u32,
    fault: String,
}

/// The answer of one run: its first sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Side {
    /// The place of its run in the gallery.
    run: usize,
    name: String,
    baseline: bool,
    /// How many samples there are, where several.
    samples: Option<usize>,
    shot: Shot,
    marks: Vec<MarkLine>,
    text: Option<Bounded>,
    no_text: String,
}

/// A mark.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct MarkLine {
    axis: &'static str,
    /// Filled and empty dots, where the scale is 1 to 5.
    dots: Option<[usize; 2]>,
    score: String,
    /// The judge's reason below the highest mark, or why there is no mark.
    why: Option<Bounded>,
}

/// The tasks of the pair of runs at these places; `number` is the pair's in the gallery.
pub(super) fn telling(
    wire: &WireGallery,
    (run, baseline): (usize, usize),
    number: usize,
) -> Vec<Telling> {
    let context = Context {
        wire,
        run,
        baseline,
        number,
    };
    let all: Vec<Candidate<'_>> = wire
        .tasks
        .iter()
        .filter_map(|task| context.candidate(task))
        .collect();
    let mut chosen: Vec<(&'static str, &WireTask)> = Vec::new();
    // The first of equal ones: `min_by` keeps it, `max_by` would not.
    let first = |sign: f64| {
        let of = |candidate: &&Candidate<'_>| sign * candidate.gap.unwrap_or(0.0) < -SAME;
        let gap = |candidate: &Candidate<'_>| sign * candidate.gap.unwrap_or(0.0);
        let there = all.iter().filter(of);
        there
            .min_by(|a, b| gap(a).total_cmp(&gap(b)))
            .map(|candidate| candidate.task)
    };
    chosen.extend(first(1.0).map(|task| ("Largest loss", task)));
    chosen.extend(first(-1.0).map(|task| ("Largest win", task)));
    chosen.extend(context.third(&all, &chosen));
    chosen
        .into_iter()
        .map(|(title, task)| context.told(title, task))
        .collect()
}

struct Context<'a> {
    wire: &'a WireGallery,
    run: usize,
    baseline: usize,
    number: usize,
}

/// A task with both answers.
struct Candidate<'a> {
    task: &'a WireTask,
    /// Mean difference in points over the axes that both have.
    gap: Option<f64>,
    /// Mean points of both answers.
    level: Option<f64>,
    lost: bool,
}

impl Context<'_> {
    fn candidate<'a>(&self, task: &'a WireTask) -> Option<Candidate<'a>> {
        let (a, b) = (
            task.answers.get(self.run)?,
            task.answers.get(self.baseline)?,
        );
        // Without stored answers, as where marks were imported, there is nothing to show.
        let stored = |samples: &[WireSample]| samples.iter().any(|sample| sample.stored);
        if !stored(&a.samples) || !stored(&b.samples) {
            return None;
        }
        let both: Vec<(f64, f64)> = a
            .points
            .iter()
            .zip(&b.points)
            .filter_map(|(a, b)| (*a).zip(*b))
            .collect();
        let lost = |samples: &[WireSample]| {
            let mut all = samples.iter();
            all.any(|sample| {
                sample.stored && (sample.no_picture.is_some() || sample.no_text.is_some())
            })
        };
        Some(Candidate {
            task,
            gap: mean(both.iter().map(|(a, b)| a - b)),
            level: mean(both.iter().map(|(a, b)| 0.5 * (a + b))),
            lost: lost(&a.samples) || lost(&b.samples),
        })
    }

    /// An answer that was lost, else the lowest marks of both.
    fn third<'a>(
        &self,
        all: &[Candidate<'a>],
        chosen: &[(&'static str, &'a WireTask)],
    ) -> Option<(&'static str, &'a WireTask)> {
        let is_new = |candidate: &&Candidate<'a>| {
            let mut known = chosen.iter();
            !known.any(|(_, task)| task.id == candidate.task.id)
        };
        if let Some(lost) = all.iter().filter(is_new).find(|candidate| candidate.lost) {
            return Some(("An answer was lost", lost.task));
        }
        let there = all.iter().filter(is_new);
        let low = there.filter_map(|candidate| Some((candidate.level?, candidate.task)));
        low.min_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, task)| ("Lowest marks of both", task))
    }

    fn told(&self, title: &'static str, task: &WireTask) -> Telling {
        let gap = self.candidate(task).and_then(|candidate| candidate.gap);
        let id = percent_encoded(&task.id);
        Telling {
            title,
            id: task.id.clone(),
            category: task.category.clone(),
            points: match gap {
                Some(gap) if gap.abs() > SAME => {
                    format!("{} points", typographic(&signed(gap, 1)))
                }
                Some(_) => "tie".to_owned(),
                None => String::new(),
            },
            class: match gap {
                Some(gap) if gap > SAME => "c-better",
                Some(gap) if gap < -SAME => "c-worse",
                _ => "",
            },
            link: match self.number {
                1 => format!("#gallery/task={id}"),
                number => format!("#gallery/run={number}/task={id}"),
            },
            asked: task.instruction.as_ref().map(|asked| cut(asked, MAX_WORDS)),
            input: task.input.map(|number| self.shot(number)),
            sides: [self.run, self.baseline]
                .into_iter()
                .filter_map(|run| self.side(task, run))
                .collect(),
            moral: self.moral(task),
        }
    }

    fn shot(&self, number: usize) -> Shot {
        match self.wire.pictures.get(number) {
            Some(entry) => Shot {
                url: entry.url.clone(),
                width: entry.width,
                height: entry.height,
                fault: entry.fault.clone().unwrap_or_default(),
            },
            None => nothing("no picture"),
        }
    }

    fn side(&self, task: &WireTask, run: usize) -> Option<Side> {
        let (head, answers) = (self.wire.runs.get(run)?, task.answers.get(run)?);
        let sample = answers.samples.first()?;
        Some(Side {
            run,
            name: head.label.clone(),
            baseline: head.baseline,
            samples: (answers.samples.len() > 1).then_some(answers.samples.len()),
            shot: match sample.picture {
                Some(number) => self.shot(number),
                None => nothing(sample.no_picture.as_deref().unwrap_or("no picture")),
            },
            marks: self.marks(sample),
            text: sample.text.as_ref().map(|text| cut(text, MAX_TEXT)),
            no_text: match &sample.no_text {
                Some(why) => why.clone(),
                None => "No reasoning: this run does not think.".to_owned(),
            },
        })
    }

    fn marks(&self, sample: &WireSample) -> Vec<MarkLine> {
        let there = self.wire.axes.iter().zip(&sample.marks);
        let asked = there.filter(|(_, marks)| {
            let apply = |mark: &WireMark| mark.status != "not-applicable";
            marks.iter().any(apply)
        });
        asked
            .map(|(axis, marks)| {
                let scores: Vec<Option<f64>> = marks
                    .iter()
                    .map(|mark| mark.score.map(|score| score.to_f64()))
                    .collect();
                let said = |score: &Option<f64>| {
                    score.map_or_else(|| "×".to_owned(), |score| score.to_string())
                };
                let only = match scores.as_slice() {
                    [Some(only)] => Some(*only),
                    _ => None,
                };
                let below = marks
                    .iter()
                    .find(|mark| mark.score.is_none_or(|score| score.to_f64() < axis.top));
                MarkLine {
                    axis: axis.title,
                    dots: only
                        .filter(|only| axis.five && only.fract() == 0.0)
                        .map(|only| only.clamp(0.0, 5.0) as usize)
                        .map(|filled| [filled, 5 - filled]),
                    score: scores.iter().map(said).collect::<Vec<_>>().join(" · "),
                    why: below.and_then(reason),
                }
            })
            .collect()
    }

    /// Which axes separate the two answers, and what an answer that follows its own text does.
    fn moral(&self, task: &WireTask) -> Vec<String> {
        let points = |run: usize| task.answers.get(run).map_or(&[][..], |a| &a.points);
        let (a, b) = (points(self.run), points(self.baseline));
        let mut apart: Vec<(f64, String)> = Vec::new();
        for (place, axis) in self.wire.axes.iter().enumerate() {
            let of = |points: &[Option<f64>]| points.get(place).copied().flatten();
            if let (Some(a), Some(b)) = (of(a), of(b))
                && (a - b).abs() > SAME
            {
                let title = axis.title.to_lowercase();
                apart.push((
                    (a - b).abs(),
                    format!("{title} {} against {}", rounded(a), rounded(b)),
                ));
            }
        }
        apart.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let mut said = Vec::new();
        if !apart.is_empty() {
            let listed: Vec<String> = apart.into_iter().map(|(_, words)| words).collect();
            said.push(format!(
                "What separates them, in points: {}.",
                listed.join(", ")
            ));
        }
        for run in [self.run, self.baseline] {
            let of = |key: &str| {
                let place = self.wire.axes.iter().position(|axis| axis.key == key)?;
                points(run).get(place).copied().flatten()
            };
            let (output, image) = (of("output_alignment"), of("image_alignment"));
            if output.is_some_and(|points| points >= GOOD)
                && image.is_some_and(|points| points <= POOR)
            {
                let name = self.wire.runs.get(run).map_or("", |run| &run.label);
                said.push(format!(
                    "{name} shows what its text says, not what was asked."
                ));
            }
        }
        said
    }
}

fn reason(mark: &WireMark) -> Option<Bounded> {
    match &mark.why {
        Some(why) => Some(cut(why, MAX_WORDS)),
        None if mark.status == "ok" => None,
        None => Some(bounded(&format!("No mark: {}.", mark.status), MAX_WORDS)),
    }
}

/// A text cut further; what was cut says of how many characters.
fn cut(text: &Bounded, most: usize) -> Bounded {
    let shorter = bounded(&text.text, most);
    Bounded {
        of: text.of.or(shorter.of),
        text: shorter.text,
    }
}

fn nothing(why: &str) -> Shot {
    Shot {
        url: None,
        width: 0,
        height: 0,
        fault: why.to_owned(),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), v| (sum + v, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn rounded(points: f64) -> String {
    format!("{points:.0}")
}

/// A task's id as a part of an address.
fn percent_encoded(id: &str) -> String {
    let mut encoded = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
