//! Guesses that help people, and decide nothing: which task a file was meant for,
//! what the found names look like.

use std::collections::{BTreeMap, HashMap};

use crate::suite::Suite;

/// Finds the task that a misspelt file name was probably meant for.
pub(super) struct NearMisses<'a> {
    /// Words of an id → the id; `None` when two ids have the same words.
    ids: HashMap<Vec<String>, Option<&'a str>>,
}

impl<'a> NearMisses<'a> {
    pub(super) fn new(suite: &'a Suite) -> Self {
        let mut ids: HashMap<Vec<String>, Option<&str>> = HashMap::new();
        for task in &suite.tasks {
            ids.entry(words(task.id()))
                .and_modify(|known| *known = None)
                .or_insert(Some(task.id()));
        }
        Self { ids }
    }

    /// The id whose words (case, separators and leading zeros aside) stand in a
    /// name or path; of several the longest, and of these the last.
    pub(super) fn task(&self, name: &str) -> Option<&'a str> {
        /// Words at the end of a path that are looked at.
        const LAST: usize = 12;
        let words = words(name);
        let words = words.get(words.len().saturating_sub(LAST)..)?;
        let lengths = (1..=words.len()).rev();
        lengths
            .flat_map(|length| words.windows(length).rev())
            .find_map(|part| self.ids.get(part).copied().flatten())
    }
}

/// `Spatial_001` → `spatial`, `1`: runs of letters and runs of digits.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        let class = (c.is_alphabetic(), c.is_ascii_digit());
        if class != (false, false) {
            match words.last_mut() {
                Some(word) if last == Some(class) => word.extend(c.to_lowercase()),
                _ => words.push(c.to_lowercase().collect()),
            }
        }
        last = Some(class);
    }
    for word in &mut words {
        let plain = word.trim_start_matches('0');
        if plain.len() < word.len() {
            *word = if plain.is_empty() { "0" } else { plain }.to_owned();
        }
    }
    words
}

/// The forms of file names, runs of digits as `#`, with their number; the most
/// frequent eight.
pub(super) fn forms<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in names {
        let mut form = String::with_capacity(name.len());
        for c in name.chars() {
            match c {
                '0'..='9' if form.ends_with('#') => {}
                '0'..='9' => form.push('#'),
                c => form.push(c),
            }
        }
        *counts.entry(form).or_default() += 1;
    }
    let mut forms: Vec<(String, usize)> = counts.into_iter().collect();
    forms.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    forms.truncate(8);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_ignore_spelling() {
        assert_eq!(words("Spatial_001"), ["spatial", "1"]);
        assert_eq!(words("spatial-1"), ["spatial", "1"]);
        assert_eq!(
            words("out/run2 spatial000"),
            ["out", "run", "2", "spatial", "0"]
        );
    }

    #[test]
    fn forms_count_names() {
        let names = ["a/out_001.png", "a/out_2.png", "b.txt"];
        assert_eq!(
            forms(names.into_iter()),
            [("a/out_#.png".to_owned(), 2), ("b.txt".to_owned(), 1)]
        );
    }
}
