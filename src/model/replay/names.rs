//! Which file belongs to which task, by its name.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::layout::Layout;
use super::prompt_words::PromptNames;
use crate::suite::Suite;

/// Extensions of pictures, lower case.
pub(super) const PICTURE_EXTENSIONS: [&str; 4] = ["png", "jpg", "jpeg", "webp"];
/// Extension of reasoning texts.
const TEXT_EXTENSION: &str = "txt";

/// One half of an answer, as a file name says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Half {
    Picture,
    Text,
}

/// What the name of a file says, whatever the layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileName<'a> {
    /// Path without extension and sample number, parts joined by `/`.
    pub(super) stem: &'a str,
    /// Number of the sample.
    pub(super) sample: u32,
    /// Picture or text, by extension.
    pub(super) half: Half,
}

impl<'a> FileName<'a> {
    /// Reads a path relative to the folder, parts joined by `/`; `None` when it is
    /// neither a picture nor a text, or has a malformed sample number.
    pub(super) fn parse(relative: &'a str) -> Option<Self> {
        let (stem, extension) = relative.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        let half = if PICTURE_EXTENSIONS.contains(&extension.as_str()) {
            Half::Picture
        } else if extension == TEXT_EXTENSION {
            Half::Text
        } else {
            return None;
        };
        let (stem, sample) = match stem.rsplit_once('@') {
            None => (stem, 0),
            Some((stem, digits)) => (stem, sample_number(digits)?),
        };
        Some(Self { stem, sample, half })
    }
}

/// A sample number from 1 on in its only spelling, so that no two names mean the same.
fn sample_number(digits: &str) -> Option<u32> {
    let number: u32 = digits.parse().ok()?;
    (number > 0 && number.to_string() == digits).then_some(number)
}

/// Whose answer a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Of the task with this index.
    Task(usize),
    /// Of one of several tasks that give their files the same name: nobody can tell.
    OneOf(Vec<usize>),
    /// Of a task, but no half of the answer: input and output side by side.
    Companion,
    /// Of no task.
    Nobody,
}

/// Which file belongs to which task, under one layout.
pub(super) enum Names {
    /// By the task's id.
    Ids(HashMap<String, usize>),
    /// By the first words of the prompt.
    Words(PromptNames),
}

impl Names {
    /// The names of a suite's tasks under a layout; none for layouts that list their files.
    pub(super) fn new(layout: Layout, suite: &Suite) -> Self {
        let folder = |category: &str| match layout {
            Layout::Flat => String::new(),
            Layout::ImagesCategory => format!("images/{category}/"),
            _ => format!("{category}/"),
        };
        if layout == Layout::PromptWords {
            return Self::Words(PromptNames::new(suite));
        }
        let mut tasks = HashMap::new();
        if matches!(layout, Layout::Records | Layout::Map) {
            return Self::Ids(tasks);
        }
        let mut short: HashMap<String, Option<usize>> = HashMap::new();
        for (index, task) in suite.tasks.iter().enumerate() {
            let category = &*task.prompt.category;
            let folder = folder(category);
            tasks.insert(format!("{folder}{}", task.id()), index);
            let of_suite = (layout == Layout::Flat).then_some(&*suite.name);
            for prefix in of_suite.into_iter().chain([category]) {
                let Some(rest) = without_prefix(task.id(), prefix) else {
                    continue;
                };
                // Two tasks with one short name: neither has it.
                match short.entry(format!("{folder}{rest}")) {
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
        for (name, index) in short {
            if let Some(index) = index {
                tasks.entry(name).or_insert(index);
            }
        }
        Self::Ids(tasks)
    }

    /// Whose a file is.
    pub(super) fn owner(&self, name: &FileName<'_>) -> Owner {
        match self {
            Self::Ids(tasks) => tasks
                .get(name.stem)
                .map_or(Owner::Nobody, |&task| Owner::Task(task)),
            Self::Words(names) => names.owner(name),
        }
    }
}

fn without_prefix<'a>(id: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = id.strip_prefix(prefix)?.strip_prefix(['-', '_'])?;
    (!rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::common::digest::Digest;
    use crate::suite::{Prompt, ScoreMap, Task};

    fn suite(ids: &BTreeSet<(String, String)>) -> Suite {
        let task = |(category, id): &(String, String)| Task {
            prompt: Prompt {
                id: id.as_str().into(),
                category: category.as_str().into(),
                instruction: "draw".into(),
                input: None,
            },
            target: None,
            original_id: None,
        };
        Suite {
            name: "s".into(),
            version: "1".into(),
            licence: "MIT".into(),
            axes: Vec::new(),
            mapping: ScoreMap::Affine25,
            rubrics: None,
            frozen: Default::default(),
            categories: Vec::new(),
            tasks: ids.iter().map(task).collect(),
            digest: Digest::of(b""),
            folder: "".into(),
        }
    }

    proptest! {
        /// Whatever the ids, the name of an answer leads back to it and to no other.
        #[test]
        fn every_answer_has_a_name_of_its_own(
            ids in proptest::collection::btree_map("[ab1][ab1._-]{0,4}", "[ab]{1,2}", 1..20),
            sample in 0u32..12,
            extension in prop::sample::select(vec!["png", "jpg", "jpeg", "webp", "txt"]),
        ) {
            let ids = ids.into_iter().map(|(id, category)| (category, id)).collect();
            let suite = suite(&ids);
            for layout in [Layout::Flat, Layout::Category, Layout::ImagesCategory] {
                let names = Names::new(layout, &suite);
                for (index, task) in suite.tasks.iter().enumerate() {
                    let folder = match layout {
                        Layout::Category => format!("{}/", task.prompt.category),
                        Layout::ImagesCategory => format!("images/{}/", task.prompt.category),
                        _ => String::new(),
                    };
                    let at = if sample == 0 { String::new() } else { format!("@{sample}") };
                    let file = format!("{folder}{}{at}.{extension}", task.id());
                    let name = FileName::parse(&file).unwrap();
                    prop_assert_eq!(names.owner(&name), Owner::Task(index));
                    prop_assert_eq!(name.sample, sample);
                    prop_assert_eq!(name.half == Half::Text, extension == "txt");
                }
            }
        }
    }

    #[test]
    fn names_have_one_reading() {
        let name = FileName::parse("a/b.c@12.JPeG").unwrap();
        assert_eq!((name.stem, name.sample), ("a/b.c", 12));
        assert_eq!(name.half, Half::Picture);
        assert_eq!(FileName::parse("t.txt").unwrap().half, Half::Text);
        for no in ["t", "t.json", "t@0.png", "t@01.png", "t@x.png", "t@.txt"] {
            assert_eq!(FileName::parse(no), None, "{no}");
        }
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
