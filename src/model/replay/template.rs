//! Layouts as data: `{category}/{id}` says where the files of a task lie.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::common::picture;
use crate::suite::{Suite, Task};

/// Stands for the number of the sample in a filled template; no file name holds it.
const SAMPLE: char = '\0';
/// Stands for one folder of any name.
const ANY: char = '\u{1}';

/// The path of an answer's file below the folder, without its extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Id,
    Category,
    Sample,
    /// `*`: one folder of any name.
    Any,
}

impl Template {
    /// Reads `{id}`, `{category}`, `{sample}`, `*` as a whole folder name, and text between them. The extension of a
    /// picture at the end is left out: all kinds of pictures are looked for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let stem = text.strip_prefix("./").unwrap_or(text);
        let stem = match stem.rsplit_once('.') {
            Some((stem, end)) if is_extension(end) => stem,
            _ => stem,
        };
        let mut pieces = Vec::new();
        let mut rest = stem;
        while let Some(at) = rest.find(['{', '}', '*']) {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let (piece, after) = placeholder(before, from, pieces.is_empty())?;
            pieces.push(piece);
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        let count = |piece| pieces.iter().filter(|known| **known == piece).count();
        if count(Piece::Id) == 0 {
            return Err("`{id}` is not in it, so no file belongs to a task".into());
        }
        if count(Piece::Sample) > 1 || count(Piece::Any) > 1 {
            return Err("`{sample}` and `*` can stand in it once each".into());
        }
        if stem.starts_with('/') || stem.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err("it is not a path below the folder, with parts joined by `/`".into());
        }
        Ok(Self(pieces))
    }

    /// The path of a task's file, with marks where a number or any folder stands.
    fn fill(&self, id: &str, category: &str) -> String {
        let mut path = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Id => path.push_str(id),
                Piece::Category => path.push_str(category),
                Piece::Sample => path.push(SAMPLE),
                Piece::Any => path.push(ANY),
            }
        }
        path
    }

    /// The path of a task's first sample, for people.
    pub(super) fn example(&self, id: &str, category: &str) -> String {
        let path = self.fill(id, category);
        path.replace(SAMPLE, "0").replace(ANY, "*")
    }

    fn has(&self, piece: &Piece) -> bool {
        self.0.contains(piece)
    }
}

/// The placeholder that begins `from`, and what follows it.
fn placeholder<'a>(
    before: &str,
    from: &'a str,
    is_first: bool,
) -> Result<(Piece, &'a str), String> {
    if let Some(after) = from.strip_prefix('*') {
        let whole = (is_first || before.ends_with('/')) && after.starts_with('/');
        return match whole {
            true => Ok((Piece::Any, after)),
            false => Err("`*` stands for a whole folder name, as in `{category}/*/{id}`".into()),
        };
    }
    [
        ("{id}", Piece::Id),
        ("{category}", Piece::Category),
        ("{sample}", Piece::Sample),
    ]
    .into_iter()
    .find_map(|(name, piece)| Some((piece, from.strip_prefix(name)?)))
    .ok_or_else(|| {
        "it may hold `{id}`, `{category}`, `{sample}` and `*`, and no other braces".into()
    })
}

fn is_extension(end: &str) -> bool {
    let end = end.to_ascii_lowercase();
    picture::EXTENSIONS.contains(&end.as_str()) || end == "txt"
}

/// Which stem belongs to which task under some templates.
pub(super) struct Stems {
    tasks: HashMap<String, usize>,
    has_sample: bool,
    has_any: bool,
}

impl Stems {
    /// The stems of a suite's tasks. A task answers to its id; to the id that it had in the data set it was imported
    /// from; and to its id without suite or category: the last two where no two tasks share them.
    pub(super) fn new(templates: &[Template], suite: &Suite) -> Self {
        let mut tasks = HashMap::new();
        let mut aliases: HashMap<String, Option<usize>> = HashMap::new();
        for (index, task) in suite.tasks.iter().enumerate() {
            let category = &*task.prompt.category;
            for template in templates {
                tasks.insert(template.fill(task.id(), category), index);
                for alias in aliases_of(task, suite, template.has(&Piece::Category)) {
                    // Two tasks with one alias: neither has it.
                    match aliases.entry(template.fill(alias, category)) {
                        Entry::Vacant(vacant) => {
                            vacant.insert(Some(index));
                        }
                        Entry::Occupied(mut taken) if *taken.get() != Some(index) => {
                            taken.insert(None);
                        }
                        Entry::Occupied(_) => {}
                    }
                }
            }
        }
        for (stem, index) in aliases {
            if let Some(index) = index {
                tasks.entry(stem).or_insert(index);
            }
        }
        let any_has = |piece| templates.iter().any(|template| template.has(&piece));
        Self {
            tasks,
            has_sample: any_has(Piece::Sample),
            has_any: any_has(Piece::Any),
        }
    }

    /// The tasks that a stem can belong to, each with the number of the sample where the template has one.
    pub(super) fn owners(&self, stem: &str) -> Vec<(usize, Option<u32>)> {
        let mut owners = Vec::new();
        for (key, sample) in self.keys(stem) {
            if let Some(&task) = self.tasks.get(&key)
                && !owners.contains(&(task, sample))
            {
                owners.push((task, sample));
            }
        }
        owners
    }

    /// A stem as it is, and with marks for what a template leaves open.
    fn keys(&self, stem: &str) -> Vec<(String, Option<u32>)> {
        let mut keys = vec![(stem.to_owned(), None)];
        if self.has_sample {
            let numbered = digit_runs(stem).filter_map(|(from, to)| {
                let number = stem.get(from..to)?.parse().ok()?;
                let key = format!("{}{SAMPLE}{}", stem.get(..from)?, stem.get(to..)?);
                Some((key, Some(number)))
            });
            keys.extend(numbered.collect::<Vec<_>>());
        }
        if self.has_any {
            let open = keys.iter().flat_map(|(key, sample)| {
                let folders = key.split('/').count().saturating_sub(1);
                (0..folders).map(move |folder| (with_any(key, folder), *sample))
            });
            keys.extend(open.collect::<Vec<_>>());
        }
        keys
    }
}

/// Other names of a task than its id. A number that every category counts anew is a name only beside the category.
fn aliases_of<'a>(
    task: &'a Task,
    suite: &'a Suite,
    beside_category: bool,
) -> impl Iterator<Item = &'a str> {
    let of_suite = (!beside_category).then_some(&*suite.name);
    let prefixes = of_suite.into_iter().chain([&*task.prompt.category]);
    let short = prefixes.filter_map(|prefix| without_prefix(task.id(), prefix));
    short.chain(task.original_id.as_deref())
}

/// An id without its suite or category.
pub(super) fn without_prefix<'a>(id: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = id.strip_prefix(prefix)?.strip_prefix(['-', '_'])?;
    (!rest.is_empty()).then_some(rest)
}

/// Where the longest runs of digits begin and end.
fn digit_runs(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let is_digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let begins = (0..text.len()).filter(move |&at| is_digit(at) && !(at > 0 && is_digit(at - 1)));
    begins.map(move |from| {
        let length = (from..text.len()).take_while(|&at| is_digit(at)).count();
        (from, from + length)
    })
}

/// A path with one of its folders open.
fn with_any(path: &str, folder: usize) -> String {
    let any = ANY.to_string();
    let parts = path.split('/').enumerate();
    let parts: Vec<&str> = parts
        .map(|(at, part)| if at == folder { any.as_str() } else { part })
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_and_filled() {
        for (text, example) in [
            ("{category}/{id}.png", "chem/chem-1"),
            ("./out_{id}", "out_chem-1"),
            ("{category}/*/{id}.PNG", "chem/*/chem-1"),
            ("seed{sample}/{id}.v2", "seed0/chem-1.v2"),
        ] {
            let template = Template::parse(text).unwrap();
            assert_eq!(template.example("chem-1", "chem"), example, "{text}");
        }
        for (text, part) in [
            ("", "`{id}`"),
            ("{category}", "`{id}`"),
            ("{name}/{id}", "no other braces"),
            ("{id", "no other braces"),
            ("a*/{id}", "whole folder"),
            ("{id}/*", "whole folder"),
            ("{sample}/{id}_{sample}", "once"),
            ("../{id}", "below the folder"),
            ("/{id}", "below the folder"),
            ("a//{id}", "below the folder"),
        ] {
            let fault = Template::parse(text).unwrap_err();
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }

    #[test]
    fn runs_of_digits_are_found() {
        let runs = |text| digit_runs(text).collect::<Vec<_>>();
        assert_eq!(runs("a12/003_x4"), [(1, 3), (4, 7), (9, 10)]);
        assert_eq!(runs(""), []);
    }

    #[test]
    fn short_ids_lose_only_their_category() {
        assert_eq!(without_prefix("chemistry-1", "chemistry"), Some("1"));
        assert_eq!(
            without_prefix("causal_reasoning_12", "causal_reasoning"),
            Some("12")
        );
        assert_eq!(without_prefix("chemistry1", "chemistry"), None);
        assert_eq!(without_prefix("chemistry-", "chemistry"), None);
    }
}
