//! Matches a folder with a suite: which layout, which file for which answer, what
//! is missing and what is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::folder::Listing;
use super::hint::{self, NearMisses};
use super::layout::Layout;
use super::names::{FileName, Half, Names, Owner};
use super::report::{Collision, LeftOver, ReplayReport};
use super::stored::{Answers, Slot, Source, Stored, check_files};
use super::template::Template;
use super::{map_file, records};
use crate::common::outside::Folder;
use crate::model::{ModelError, OpenContext, text};
use crate::suite::Suite;

/// What was asked for in the spec.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// `layout=`.
    pub(super) layout: Option<Layout>,
    /// `map=`.
    pub(super) map: Option<PathBuf>,
    /// `pattern=`.
    pub(super) pattern: Option<Template>,
    /// `texts=`: where texts lie, if elsewhere than beside the pictures.
    pub(super) texts: Option<Template>,
    /// `absent=empty`.
    pub(super) absent_is_empty: bool,
    /// Whether the model is declared to think: else texts are not missed.
    pub(super) thinks: bool,
}

/// A folder that was matched.
pub(super) struct Survey {
    pub(super) folder: Folder,
    pub(super) answers: Answers,
    pub(super) report: ReplayReport,
}

/// The raw result of matching.
#[derive(Default)]
pub(super) struct Matched {
    pub(super) answers: Answers,
    /// Names that belong to no task, each with what may be a misspelt id.
    pub(super) left_over: Vec<(String, String)>,
    /// The tasks that share a name → the files of that name.
    pub(super) shared: BTreeMap<Vec<usize>, Vec<String>>,
    /// Files that show input and output side by side, or describe a prompt.
    pub(super) companions: usize,
    /// What else the user should know.
    pub(super) notes: Vec<String>,
}

/// Lists, matches and digests a folder.
///
/// # Errors
/// The folder cannot be read, names are ambiguous, records are malformed, or
/// nothing belongs to any task of the suite.
pub(super) fn survey(
    folder: &Path,
    wanted: &Wanted,
    context: &OpenContext<'_>,
) -> Result<Survey, ModelError> {
    let listing = Listing::of(folder)?;
    let (layout, rivals) = choose(&listing, wanted.layout, context.suite);
    let matched = match (layout, &wanted.map) {
        (Layout::Map, Some(map)) => map_file::read(map, &listing, context.suite)?,
        (Layout::Records, _) => records::read(&listing, context.suite).map(|records| Matched {
            answers: records.answers,
            left_over: records.left_over,
            notes: records.notes,
            ..Matched::default()
        })?,
        (layout, _) => {
            let names = match &wanted.pattern {
                Some(pattern) => Names::of_pattern(pattern, wanted.texts.as_ref(), context.suite),
                None => Names::new(layout, context.suite, &listing, ""),
            };
            match_files(&listing, &names)?
        }
    };
    if matched.answers.is_empty() && matched.shared.is_empty() {
        return Err(nothing_matches(folder, &listing, wanted, context.suite));
    }
    let mut answers = matched.answers;
    check_files(&listing.folder, &mut answers)?;
    let near = NearMisses::new(context.suite);
    let left_over = matched.left_over.into_iter().map(|(name, meant)| LeftOver {
        near: near.task(&meant).map(str::to_owned),
        name: text::excerpt(&name, 200),
    });
    let mut report = ReplayReport {
        folder: folder.to_owned(),
        layout,
        expected: expected(layout, wanted, context.suite),
        found: hint::forms(listing.files.iter().map(String::as_str)),
        rivals,
        asked: 0,
        complete: 0,
        without_image: Vec::new(),
        without_text: Vec::new(),
        without_answer: Vec::new(),
        broken: Vec::new(),
        not_asked: 0,
        collisions: collisions(matched.shared, context.suite),
        companions: matched.companions,
        left_over: left_over.collect(),
        unusable: [unusable(&answers), listing.refused].concat(),
        notes: [matched.notes, remarks(&answers)].concat(),
        absent_is_empty: wanted.absent_is_empty,
    };
    count(&mut report, &answers, wanted, context);
    Ok(Survey {
        folder: listing.folder,
        answers,
        report,
    })
}

/// The layout that was asked for, or the one that fits most tasks; and the others that fit some.
fn choose(
    listing: &Listing,
    asked: Option<Layout>,
    suite: &Suite,
) -> (Layout, Vec<(Layout, usize)>) {
    let fits = Layout::ALL.map(|layout| (layout, tasks_that_fit(listing, layout, suite, "")));
    let layout = asked.unwrap_or_else(|| {
        if records::exists(listing) {
            return Layout::Records;
        }
        let fitting = fits.iter().filter(|(_, tasks)| *tasks > 0);
        // `max_by_key` keeps the last of equals, and the first is preferred.
        let best = fitting.rev().max_by_key(|(_, tasks)| *tasks);
        best.map_or(Layout::Flat, |(layout, _)| *layout)
    });
    let rivals = fits.into_iter();
    let rivals = rivals.filter(|(other, tasks)| *other != layout && *tasks > 0);
    (layout, rivals.collect())
}

/// How many tasks have a file under a layout, in a folder below the listed one.
fn tasks_that_fit(listing: &Listing, layout: Layout, suite: &Suite, below: &str) -> usize {
    let names = Names::new(layout, suite, listing, below);
    let inside = listing.files.iter();
    let inside = inside.filter_map(|file| file.strip_prefix(below));
    let owners = inside.filter_map(|relative| Some(names.owner(&FileName::parse(relative)?)));
    let tasks: BTreeSet<usize> = owners
        .flat_map(|owner| match owner {
            Owner::Task(task, _) => vec![task],
            Owner::OneOf(tasks) => tasks,
            Owner::Companion | Owner::Nobody => Vec::new(),
        })
        .collect();
    tasks.len()
}

fn match_files(listing: &Listing, names: &Names) -> Result<Matched, ModelError> {
    let mut matched = Matched::default();
    let mut doubled = Vec::new();
    for file in &listing.files {
        let name = FileName::parse(file);
        let found = name.map(|name| (names.owner(&name), name));
        let (slot, half) = match found {
            Some((Owner::Task(task, sample), name)) => ((task, sample), name.half),
            Some((Owner::OneOf(tasks), _)) => {
                let files = matched.shared.entry(tasks).or_default();
                files.push(file.clone());
                continue;
            }
            Some((Owner::Companion, _)) => {
                matched.companions += 1;
                continue;
            }
            Some((Owner::Nobody, _)) | None if names.passes_over(file) => {
                matched.companions += 1;
                continue;
            }
            Some((Owner::Nobody, _)) | None => {
                matched.left_over.push((file.clone(), file.clone()));
                continue;
            }
        };
        let stored = matched.answers.entry(slot).or_insert(Stored::ABSENT);
        let source = match half {
            Half::Picture => &mut stored.image,
            Half::Text => &mut stored.reasoning,
        };
        if let Source::File { relative, .. } = &*source {
            doubled.push(format!("{relative} and {file}"));
        }
        *source = Source::file(file);
    }
    if doubled.is_empty() {
        return Ok(matched);
    }
    Err(ModelError::new(format!(
        "replay: {} holds two files for the same half of an answer; remove one of each, or say which with \
         pattern=, as in pattern={{category}}/en/{{id}}:\n  {}",
        listing.folder.root().display(),
        doubled.join("\n  ")
    )))
}

/// The shared names, with the tasks' ids.
fn collisions(shared: BTreeMap<Vec<usize>, Vec<String>>, suite: &Suite) -> Vec<Collision> {
    let id = |task: usize| Some(suite.tasks.get(task)?.id().to_owned());
    let collision = |(tasks, files): (Vec<usize>, Vec<String>)| Collision {
        files,
        tasks: tasks.into_iter().filter_map(id).collect(),
    };
    shared.into_iter().map(collision).collect()
}

/// Fills in the counts of a report.
fn count(report: &mut ReplayReport, answers: &Answers, wanted: &Wanted, context: &OpenContext<'_>) {
    let samples: Range<u32> = context.samples.clone();
    let mut asked_and_stored = 0;
    let tasks = context.suite.tasks.iter().enumerate();
    for (index, task) in tasks.filter(|(_, task)| context.asks(task.id())) {
        for sample in samples.clone() {
            report.asked += 1;
            let slot: Slot = (index, sample);
            let stored = answers.get(&slot);
            asked_and_stored += usize::from(stored.is_some());
            let stored = stored.unwrap_or(&Stored::ABSENT);
            let image = stored.image != Source::Absent;
            let text = stored.reasoning != Source::Absent;
            let broken = stored.image.lost().is_some()
                || (wanted.thinks && stored.reasoning.lost().is_some());
            let list = match (image, text) {
                _ if broken => &mut report.broken,
                (false, false) => &mut report.without_answer,
                (false, true) => &mut report.without_image,
                (true, false) if wanted.thinks => &mut report.without_text,
                _ => {
                    report.complete += 1;
                    continue;
                }
            };
            list.push(match sample {
                0 => task.id().to_owned(),
                sample => format!("{}@{sample}", task.id()),
            });
        }
    }
    report.not_asked = answers.len() - asked_and_stored;
}

/// The texts that had to be read otherwise than as UTF-8, by how.
fn remarks(answers: &Answers) -> Vec<String> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for stored in answers.values() {
        if let Source::File {
            relative,
            remark: Some(remark),
            ..
        } = &stored.reasoning
        {
            found.entry(remark).or_default().push(relative);
        }
    }
    let line = |(remark, names): (&str, Vec<&str>)| {
        format!("{} texts are {remark}: {}", names.len(), text::few(&names))
    };
    found.into_iter().map(line).collect()
}

/// The names that were expected, with the suite's first task.
fn expected(layout: Layout, wanted: &Wanted, suite: &Suite) -> String {
    match (&wanted.pattern, suite.tasks.first()) {
        (Some(pattern), Some(task)) => {
            let path = pattern.example(task.id(), &task.prompt.category);
            let text = match &wanted.texts {
                Some(texts) => texts.example(task.id(), &task.prompt.category),
                None => path.clone(),
            };
            format!("{path}.png (.jpg, .webp, …) next to {text}.txt")
        }
        _ => example(layout, suite),
    }
}

/// The halves that are lost although something is stored, each with the reason.
fn unusable(answers: &Answers) -> Vec<String> {
    let halves = answers
        .values()
        .flat_map(|stored| [&stored.reasoning, &stored.image]);
    let lost = halves.filter_map(Source::lost);
    lost.map(|failure| text::excerpt(&failure.message, 400))
        .collect()
}

/// The pattern of a layout, with the suite's first task.
fn example(layout: Layout, suite: &Suite) -> String {
    suite
        .tasks
        .first()
        .map_or_else(String::new, |task| layout.pattern(&task.prompt))
}

/// Says what was expected, what was found, and what to do.
fn nothing_matches(folder: &Path, listing: &Listing, wanted: &Wanted, suite: &Suite) -> ModelError {
    let mut lines = vec![format!(
        "replay: no file in {} belongs to any of the {} tasks of suite `{}`",
        folder.display(),
        suite.tasks.len(),
        suite.name
    )];
    if wanted.pattern.is_some() {
        let example = expected(Layout::Pattern, wanted, suite);
        lines.push(format!("  expected (pattern=): {example}"));
    }
    let layouts = Layout::ALL.into_iter();
    for layout in layouts.filter(|layout| wanted.layout.is_none_or(|asked| asked == *layout)) {
        let example = example(layout, suite);
        lines.push(format!("  expected (layout `{}`): {example}", layout.key()));
    }
    let files = || listing.files.iter().map(String::as_str);
    let found = hint::forms(files());
    if found.is_empty() {
        lines.push("  found: no files".into());
    }
    for (form, count) in found {
        lines.push(format!("  found: {count} x {form}"));
    }
    let near = NearMisses::new(suite);
    let misses = files().filter_map(|name| Some((name, near.task(name)?)));
    for (name, task) in misses.take(3) {
        lines.push(format!("  {name} looks like an answer to `{task}`"));
    }
    if !listing.refused.is_empty() {
        lines.push(format!("  not taken: {}", text::few(&listing.refused)));
    }
    lines.push(cure(folder, listing, suite));
    ModelError::new(lines.join("\n"))
}

/// What to do next: name a folder further down if that would fit.
fn cure(folder: &Path, listing: &Listing, suite: &Suite) -> String {
    let mut below: Vec<&str> = listing
        .files
        .iter()
        .flat_map(|name| {
            name.match_indices('/')
                .filter_map(|(at, _)| name.get(..=at))
        })
        .collect();
    below.sort_unstable();
    below.dedup();
    below.truncate(100);
    let fits = |below: &&str| {
        Layout::ALL
            .into_iter()
            .any(|layout| tasks_that_fit(listing, layout, suite, below) > 0)
            || records::exists_in(listing, below)
    };
    match below.into_iter().find(fits) {
        Some(below) => format!(
            "Name the folder further down: replay:{}",
            folder.join(below.trim_end_matches('/')).display()
        ),
        None => format!(
            "Say where they lie (pattern={{category}}/{{id}}.png), say which file belongs to which task in a CSV file \
             (map=FILE), or write an {} that names them (docs/adapters.md)",
            records::FILE_NAME
        ),
    }
}
