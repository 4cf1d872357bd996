//! Which file belongs to which task, by its name.

use std::collections::BTreeMap;

use super::folder::Listing;
use super::geneval::PromptFolders;
use super::layout::Layout;
use super::prompt_words::PromptNames;
use super::template::{Stems, Template};
use crate::common::picture;
use crate::suite::Suite;

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
        let half = if picture::EXTENSIONS.contains(&extension.as_str()) {
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
    /// Of the task with this index: this sample of it.
    Task(usize, u32),
    /// Of one of several tasks that give their files the same name: nobody can tell.
    OneOf(Vec<usize>),
    /// Of a task, but no half of the answer: input and output side by side.
    Companion,
    /// Of no task.
    Nobody,
}

/// Which file belongs to which task, under one layout.
pub(super) enum Names {
    /// By a path that a template makes of the task's names; with the ends of names that are no answers.
    Stems(Stems, &'static [&'static str]),
    /// Pictures by one template of the user, texts by another.
    Halves(Stems, Stems),
    /// By the first words of the prompt.
    Words(PromptNames),
    /// By the prompt that a file in the folder holds.
    Folders(PromptFolders),
}

impl Names {
    /// The names of a suite's tasks under a layout; none for layouts that list their files. Names are those `below`
    /// a folder of the listing.
    pub(super) fn new(layout: Layout, suite: &Suite, listing: &Listing, below: &str) -> Self {
        match layout {
            Layout::PromptWords => Self::Words(PromptNames::new(suite)),
            Layout::GenEval => Self::Folders(PromptFolders::read(listing, below, suite)),
            _ => Self::Stems(Stems::new(&layout.templates(), suite), layout.companions()),
        }
    }

    /// The names of a suite's tasks under a pattern of the user, and another one for texts if there is one.
    pub(super) fn of_pattern(pattern: &Template, texts: Option<&Template>, suite: &Suite) -> Self {
        let stems = |pattern| Stems::new(std::slice::from_ref(pattern), suite);
        match texts {
            None => Self::Stems(stems(pattern), &[]),
            Some(texts) => Self::Halves(stems(pattern), stems(texts)),
        }
    }

    /// Whether a file of no task belongs to the layout all the same.
    pub(super) fn passes_over(&self, relative: &str) -> bool {
        matches!(self, Self::Folders(_)) && PromptFolders::is_metadata(relative)
    }

    /// Whose a file is.
    pub(super) fn owner(&self, name: &FileName<'_>) -> Owner {
        match self {
            Self::Words(names) => names.owner(name),
            Self::Folders(folders) => folders.owner(name),
            Self::Halves(pictures, texts) => {
                let stems = match name.half {
                    Half::Picture => pictures,
                    Half::Text => texts,
                };
                owner_by_stem(stems, &[], name)
            }
            Self::Stems(stems, companions) => owner_by_stem(stems, companions, name),
        }
    }
}

fn owner_by_stem(stems: &Stems, companions: &[&str], name: &FileName<'_>) -> Owner {
    let owners = stems.owners(name.stem);
    let mut shown_beside = companions
        .iter()
        .filter_map(|end| name.stem.strip_suffix(end))
        .filter(|stem| !stems.owners(stem).is_empty());
    match owners.as_slice() {
        [] if shown_beside.next().is_some() => Owner::Companion,
        [] => Owner::Nobody,
        [(task, None)] => Owner::Task(*task, name.sample),
        [(task, Some(sample))] if name.sample == 0 => Owner::Task(*task, *sample),
        [_] => Owner::Nobody,
        owners => Owner::OneOf(owners.iter().map(|(task, _)| *task).collect()),
    }
}

/// The tasks of a suite by id, and by the id that they had in the data set where no two share it.
pub(super) fn tasks_by_name(suite: &Suite) -> BTreeMap<&str, usize> {
    let mut originals: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    for (index, task) in suite.tasks.iter().enumerate() {
        if let Some(original) = &task.original_id {
            let shared = originals.contains_key(&**original);
            originals.insert(original, (!shared).then_some(index));
        }
    }
    let originals = originals.into_iter();
    let mut tasks: BTreeMap<&str, usize> = originals
        .filter_map(|(name, index)| Some((name, index?)))
        .collect();
    let ids = suite.tasks.iter().enumerate();
    tasks.extend(ids.map(|(index, task)| (task.id(), index)));
    tasks
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
                inputs: Default::default(),
            },
            target: None,
            cluster: None,
            reference: None,
            reference_image: None,
            without: Vec::new(),
            original_id: None,
        };
        Suite {
            calls: Vec::new(),
            name: "s".into(),
            version: "1".into(),
            licence: "MIT".into(),
            extra: Vec::new(),
            axes: Vec::new(),
            scores: Vec::new(),
            print: None,
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
            let empty = tempfile::tempdir().unwrap();
            let listing = Listing::of(empty.path()).unwrap();
            for layout in [Layout::Flat, Layout::Category, Layout::ImagesCategory] {
                let names = Names::new(layout, &suite, &listing, "");
                for (index, task) in suite.tasks.iter().enumerate() {
                    let folder = match layout {
                        Layout::Category => format!("{}/", task.prompt.category),
                        Layout::ImagesCategory => format!("images/{}/", task.prompt.category),
                        _ => String::new(),
                    };
                    let at = if sample == 0 { String::new() } else { format!("@{sample}") };
                    let file = format!("{folder}{}{at}.{extension}", task.id());
                    let name = FileName::parse(&file).unwrap();
                    prop_assert_eq!(names.owner(&name), Owner::Task(index, sample));
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
}
