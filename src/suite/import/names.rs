//! Names that people write in many ways: categories and kinds.

use std::collections::BTreeMap;

use crate::common::files;
use crate::suite::{Category, Kind};

/// Endings of category names that say nothing.
const ENDINGS: [&str; 8] = [
    "reasoning",
    "editing",
    "edits",
    "edit",
    "tasks",
    "task",
    "category",
    "prompts",
];

/// A name without case, spaces, hyphens and the like.
pub(super) fn fold(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// A name that is safe as a file name and like the original; `None` if nothing is left.
pub(super) fn safe(name: &str) -> Option<String> {
    let replaced: String = name
        .trim()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    let kept = replaced.trim_matches(['-', '.']);
    files::is_safe_name(kept).then(|| kept.to_owned())
}

/// The kind that a word means.
pub(super) fn kind_of(word: &str) -> Option<Kind> {
    match fold(word).as_str() {
        "generation" | "generate" | "gen" | "t2i" | "texttoimage" | "text2image" | "txt2img"
        | "imagegeneration" => Some(Kind::Generation),
        "edit" | "edits" | "editing" | "imageedit" | "imageediting" | "i2i" | "ti2i"
        | "imagetoimage" | "img2img" => Some(Kind::Edit),
        _ => None,
    }
}

/// How the source's words for categories become the suite's.
#[derive(Debug)]
pub(super) struct CategoryNames {
    /// The suite's categories; empty for a new suite, which takes what it finds.
    known: Vec<Category>,
    /// What the user said: word of the source → category.
    said: BTreeMap<String, String>,
    /// Whether any word will do.
    open: bool,
    /// Whether data files lie in several folders, which then may tell categories apart.
    folders_differ: bool,
}

impl CategoryNames {
    /// For a suite with known categories.
    pub(super) fn of(known: &[Category], said: &BTreeMap<String, String>) -> Self {
        Self {
            known: known.to_vec(),
            said: said.clone(),
            open: false,
            folders_differ: false,
        }
    }

    /// For a new suite, whose categories are those of the source.
    pub(super) fn open(said: &BTreeMap<String, String>, folders_differ: bool) -> Self {
        Self {
            known: Vec::new(),
            said: said.clone(),
            open: true,
            folders_differ,
        }
    }

    /// Whether any word will do.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Whether the folder of a data file may name a new suite's category.
    pub(super) fn may_be_folders(&self) -> bool {
        self.open && self.folders_differ
    }

    /// The suite's categories; empty for a new suite.
    pub(super) fn known(&self) -> &[Category] {
        &self.known
    }

    /// The category that a word of the source means, if the suite has it.
    pub(super) fn resolve(&self, word: &str) -> Option<String> {
        let word = self.said.get(word).map_or(word, String::as_str);
        if self.open {
            return safe(&word.to_lowercase());
        }
        let folded = fold(word);
        let short = shortened(&folded);
        let by = |wanted: &str| {
            let mut known = self.known.iter();
            known.find(|category| fold(&category.name) == wanted)
        };
        by(&folded)
            .or_else(|| by(short))
            .map(|category| category.name.clone())
            .or_else(|| self.only_of(kind_of(word)?))
    }

    /// The category of an id of the form `CATEGORY_NUMBER`.
    pub(super) fn before_number(&self, id: &str) -> Option<String> {
        let (name, number) = id.rsplit_once('_')?;
        let counted = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let mut known = self.known.iter();
        let found = known.find(|category| category.name == name && counted)?;
        Some(found.name.clone())
    }

    /// The category whose tasks have this id, where the suite tells their ids and exactly one has it.
    pub(super) fn of_id(&self, id: &str) -> Option<String> {
        let number: u32 = id.parse().ok()?;
        let has = |category: &&Category| category.ids.as_ref().is_some_and(|ids| ids.has(number));
        let mut matching = self.known.iter().filter(has);
        match (matching.next(), matching.next()) {
            (Some(only), None) => Some(only.name.clone()),
            _ => None,
        }
    }

    /// The suite's category of a kind if it has exactly one.
    pub(super) fn only_of(&self, kind: Kind) -> Option<String> {
        let mut matching = self.known.iter().filter(|category| category.kind == kind);
        match (matching.next(), matching.next()) {
            (Some(only), None) => Some(only.name.clone()),
            _ => None,
        }
    }

    /// The kind that the suite's definition gives a category.
    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        let mut known = self.known.iter();
        known
            .find(|category| category.name == name)
            .map(|category| category.kind)
    }
}

fn shortened(folded: &str) -> &str {
    let mut endings = ENDINGS.iter();
    endings
        .find_map(|ending| folded.strip_suffix(ending))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_known_in_many_spellings() {
        let category = |name: &str, kind| Category {
            name: name.into(),
            kind,
            planned: 1,
            ids: None,
        };
        let known = [
            category("spatial", Kind::Edit),
            category("general", Kind::Edit),
            category("scenes", Kind::Generation),
        ];
        let said = BTreeMap::from([("misc".to_owned(), "general".to_owned())]);
        let names = CategoryNames::of(&known, &said);
        for (word, expected) in [
            ("spatial", Some("spatial")),
            ("Spatial-Reasoning", Some("spatial")),
            ("spatial_reasoning", Some("spatial")),
            ("General Editing", Some("general")),
            ("misc", Some("general")),
            ("T2I", Some("scenes")),
            ("text-to-image", Some("scenes")),
            ("edit", None), // two categories are edits
            ("reasoning", None),
            ("temporal", None),
        ] {
            assert_eq!(names.resolve(word).as_deref(), expected, "{word}");
        }
        assert_eq!(
            CategoryNames::open(&said, false)
                .resolve("Color Change")
                .as_deref(),
            Some("color-change")
        );
    }
}
