//! Reads a suite's folder and checks everything, reporting all faults at once.

mod check;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::canonical;
use super::definition::Definition;
use super::fault::{FaultList, SuiteFaults, quoted};
use super::pictures::{self, PictureTable};
use super::wire::{TASKS_FILE, WireTask};
use super::{Category, Input, Inputs, Prompt, Suite, Target, Task};
use crate::common::files;
use crate::common::outside::Folder;

/// Longest `tasks.jsonl`, in bytes.
pub const MAX_TASKS_BYTES: u64 = 256 << 20;
/// Most tasks of a suite.
pub const MAX_TASKS: usize = 100_000;
/// Longest instruction, in bytes.
pub const MAX_INSTRUCTION_BYTES: usize = 16 << 10;
/// Longest name of a cluster, in bytes.
pub const MAX_CLUSTER_BYTES: usize = 1 << 10;
/// Longest line of `tasks.jsonl`, in bytes; the judge-only target is most of it.
pub const MAX_LINE_BYTES: usize = 4 << 20;

/// A line of `tasks.jsonl` with its number.
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: usize,
    /// What it says.
    pub(super) task: WireTask,
}

/// Loads the suite of a folder.
///
/// That every picture decodes is checked once per content: a clean check leaves an
/// empty file named by the suite's digest in the cache folder, and later loads read
/// and hash the pictures but look only at their headers.
///
/// # Errors
/// All faults of the folder's files.
pub fn load(folder: &Path) -> Result<Suite, SuiteFaults> {
    load_with(folder, &files::cache_folder())
}

/// [`load`] with a cache folder of the caller's choice; it need not exist.
///
/// # Errors
/// All faults of the folder's files.
pub fn load_with(folder: &Path, cache: &Path) -> Result<Suite, SuiteFaults> {
    let (definition, mut faults) = match Definition::read(folder) {
        Ok(definition) => (Some(definition), Vec::new()),
        Err(error) => (None, error.faults),
    };
    let mut list = FaultList::of(TASKS_FILE);
    let lines = read_lines(folder, definition.as_ref(), &mut list);
    let table = PictureTable::measure(folder, &lines, &mut list);
    if let (Some(definition), Some(lines)) = (&definition, &lines) {
        check_plan(&definition.categories, lines, &mut list);
    }
    let clean = list.is_empty() && faults.is_empty();
    let digest = match (&definition, &lines) {
        (Some(definition), Some(lines)) if clean => {
            Some(canonical::digest(definition, lines, &table))
        }
        _ => None,
    };
    if !digest.is_some_and(|digest| pictures::is_known_good(cache, &digest)) {
        table.decode_all(&mut list);
        if let (Some(digest), true) = (digest, list.is_empty()) {
            pictures::remember_good(cache, &digest);
        }
    }
    faults.extend(list.into_faults());
    match (definition, lines, digest) {
        (Some(definition), Some(lines), Some(digest)) if faults.is_empty() => Ok(Suite {
            tasks: tasks_of(lines, &definition.categories, &table),
            digest,
            folder: folder.to_owned(),
            name: definition.name,
            version: definition.version,
            licence: definition.licence,
            axes: definition.axes,
            extra: definition.extra,
            calls: definition.calls,
            scores: definition.scores,
            mapping: definition.mapping,
            print: definition.print,
            categories: definition.categories,
            rubrics: definition.rubrics,
            frozen: definition.frozen,
        }),
        _ => Err(SuiteFaults {
            folder: folder.to_owned(),
            faults,
        }),
    }
}

/// Reads and checks the lines one by one; `None` when there is no such file.
fn read_lines(
    folder: &Path,
    definition: Option<&Definition>,
    faults: &mut FaultList,
) -> Option<Vec<Line>> {
    let inside = Folder::at(folder);
    let text = match inside.and_then(|inside| inside.read_text(TASKS_FILE, MAX_TASKS_BYTES)) {
        Ok(text) => text,
        Err(error) => {
            let cure = if error.is_not_found() {
                "import the tasks with `parabench suite import`, or write them"
            } else {
                "correct the file"
            };
            faults.push(
                None,
                error.to_string(),
                format!("UTF-8 with one JSON object a line, at most {MAX_TASKS_BYTES} bytes"),
                cure,
            );
            return None;
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines: Vec<Line> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .take(MAX_TASKS + 1)
        .filter_map(|(index, line)| parse_line(index + 1, line, faults))
        .collect();
    if lines.len() > MAX_TASKS {
        faults.push(
            None,
            format!("more than {MAX_TASKS} tasks"),
            format!("at most {MAX_TASKS}"),
            "split the suite",
        );
    }
    check_ids(&lines, faults);
    for line in &lines {
        check::task(line, definition, faults);
    }
    Some(lines)
}

fn parse_line(number: usize, line: &str, faults: &mut FaultList) -> Option<Line> {
    const EXPECTED: &str = "an object with `id`, `kind`, `category`, `instruction`, and where it applies `image`, `images`, `labels`, `target`, `reference`, `reference_image`, `without` and `cluster`";
    if line.len() > MAX_LINE_BYTES {
        faults.push(
            number,
            format!("a line of {} bytes", line.len()),
            format!("at most {MAX_LINE_BYTES}"),
            "store less in `target`",
        );
        return None;
    }
    let mut reader = serde_json::Deserializer::from_str(line);
    let parsed: Result<WireTask, _> = serde_path_to_error::deserialize(&mut reader);
    let found = match parsed {
        Ok(task) => match reader.end() {
            Ok(()) => return Some(Line { number, task }),
            Err(error) => format!("more after the object ({error})"),
        },
        Err(error) => match error.path().to_string().as_str() {
            "." => error.inner().to_string(),
            path => format!("at {}: {}", quoted(path), error.inner()),
        },
    };
    faults.push(number, found, EXPECTED, "correct the line");
    None
}

/// Ids are unique, even for file systems that ignore case, and are file names.
fn check_ids(lines: &[Line], faults: &mut FaultList) {
    let mut seen: HashMap<String, (&str, usize)> = HashMap::new();
    for Line { number, task } in lines {
        if !files::is_safe_name(&task.id) {
            faults.push(
                *number,
                format!("id {}", quoted(&task.id)),
                format!(
                    "1 to {} letters, digits, `-`, `_` and `.`, not starting with `.`",
                    files::MAX_NAME_BYTES
                ),
                "rename the task: its id names files",
            );
        }
        match seen.get(&task.id.to_ascii_lowercase()) {
            None => {
                seen.insert(task.id.to_ascii_lowercase(), (&task.id, *number));
            }
            Some((first, line)) => {
                let how = if *first == task.id {
                    "which is also the id"
                } else {
                    "which differs only in case from that"
                };
                faults.push(
                    *number,
                    format!("id {}, {how} of line {line}", quoted(&task.id)),
                    "ids that are unique without regard to case",
                    "rename one of the two",
                );
            }
        }
    }
}

fn check_plan(categories: &[Category], lines: &[Line], faults: &mut FaultList) {
    for category in categories {
        let count = lines
            .iter()
            .filter(|line| line.task.category == category.name)
            .count();
        if count != category.planned as usize {
            faults.push(
                None,
                format!(
                    "{count} readable tasks in category {}",
                    quoted(&category.name)
                ),
                format!("{}, as suite.toml plans", category.planned),
                "add or remove tasks, or set `planned` to what the design really is",
            );
        }
    }
}

/// The pictures to edit of a task, with their labels.
fn inputs_of(task: &WireTask, table: &PictureTable) -> Inputs {
    let labels = task
        .labels
        .iter()
        .map(|label| Some(Arc::from(label.as_str())));
    let labels = labels.chain(std::iter::repeat(None));
    let inputs = task.inputs().zip(labels).filter_map(|(image, label)| {
        let picture = table.get(image)?;
        Some(Input { picture, label })
    });
    inputs.collect()
}

/// Domain tasks of checked lines; equal categories share one name.
fn tasks_of(lines: Vec<Line>, categories: &[Category], table: &PictureTable) -> Vec<Task> {
    let names: HashMap<&str, Arc<str>> = categories
        .iter()
        .map(|category| (category.name.as_str(), Arc::from(category.name.as_str())))
        .collect();
    lines
        .into_iter()
        .map(|Line { task, .. }| Task {
            prompt: Prompt {
                inputs: inputs_of(&task, table),
                category: match names.get(task.category.as_str()) {
                    Some(name) => Arc::clone(name),
                    None => task.category.into(),
                },
                id: task.id.into(),
                instruction: task.instruction.into(),
            },
            reference_image: task
                .reference_image
                .as_deref()
                .and_then(|image| table.get(image)),
            without: task.without,
            target: task.target.map(|target| Arc::new(Target(target))),
            reference: task.reference.map(Arc::from),
            cluster: task.cluster.map(Arc::from),
            original_id: task.original_id.map(Arc::from),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record in the cache, and nothing else, lets a load pass without decoding.
    #[test]
    fn recorded_suites_are_not_decoded_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes);
        let pixels = image::DynamicImage::new_rgb8(64, 64);
        let png = crate::common::picture::Picture::from_pixels(&pixels).unwrap();
        write("torn.png", &png.bytes()[..png.bytes().len() - 20]).unwrap();
        write(
            "suite.toml",
            b"format = 1\nname = \"a\"\nversion = \"1\"\nlicence = \"CC0-1.0\"\n\
              axes = [\"image_quality\"]\ncategories = [{name = \"c\", kind = \"edit\", planned = 1}]",
        )
        .unwrap();
        let task =
            br#"{"id":"t","kind":"edit","category":"c","instruction":"x","image":"torn.png"}"#;
        write(TASKS_FILE, task).unwrap();
        assert_eq!(
            load_with(folder.path(), &cache).unwrap_err().faults.len(),
            1
        );

        let definition = Definition::read(folder.path()).unwrap();
        let mut faults = FaultList::of(TASKS_FILE);
        let lines = read_lines(folder.path(), Some(&definition), &mut faults);
        let table = PictureTable::measure(folder.path(), &lines, &mut faults);
        let digest = canonical::digest(&definition, &lines.unwrap(), &table);
        pictures::remember_good(&cache, &digest);
        assert_eq!(load_with(folder.path(), &cache).unwrap().digest, digest);
    }
}
