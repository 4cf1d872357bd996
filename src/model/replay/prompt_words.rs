//! Names made of the prompt, as the inference scripts of MMaDA-Parallel-A and
//! Lumina-DiMOO make them: the first ten words joined by `_`, of which letters, digits,
//! `_` and `-` are kept, then `_<height>x<width>_t<steps>_…`.
//!
//! Prompts that share their first ten words overwrite each other's files there. What is
//! left is an answer to one of them, and nobody can tell to which: it is no task's answer.
//! A folder per task, named by the task's id, has no such doubt.

use std::collections::HashMap;

use super::names::{FileName, Half, Owner};
use crate::suite::{Prompt, Suite};

/// Words of the prompt that go into a name.
const WORDS: usize = 10;
/// What follows the parameters of a picture that shows input and output side by side.
const COMPANION: &str = "_concat";
/// What follows the parameters of a text.
const TEXT: &str = "_thinking";

/// The files of a task, for people.
pub(super) fn pattern(prompt: &Prompt) -> String {
    let stem = format!(
        "{}_<H>x<W>_t<STEPS>_cfg<SCALE>_ti2ti",
        words(&prompt.instruction)
    );
    format!(
        "{stem}.png next to {stem}{TEXT}.txt, here or in a folder {}/",
        prompt.id
    )
}

/// The beginning of the names that the scripts give to the files of a prompt. Letters and
/// digits are Unicode's, as in Python.
fn words(instruction: &str) -> String {
    let words: Vec<&str> = instruction.split_whitespace().take(WORDS).collect();
    let kept = |c: &char| c.is_alphanumeric() || *c == '_' || *c == '-';
    words.join("_").chars().filter(kept).collect()
}

/// A name's words and what follows them: from the last `_<digits>x<digits>_t` on.
fn split(name: &str) -> Option<(&str, &str)> {
    let places = name.rmatch_indices('_').map(|(at, _)| at);
    let mut halves = places.filter_map(|at| name.split_at_checked(at));
    halves.find(|(_, rest)| is_size(rest))
}

/// Whether a text begins with `_<digits>x<digits>_t`.
fn is_size(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts = text.split('_').skip(1);
    let size = parts.next().and_then(|size| size.split_once('x'));
    size.is_some_and(|(height, width)| digits(height) && digits(width))
        && parts.next().is_some_and(|steps| steps.starts_with('t'))
}

/// Which names lead to which tasks.
pub(super) struct PromptNames {
    by_words: HashMap<String, Vec<usize>>,
    by_folder: HashMap<String, usize>,
}

impl PromptNames {
    /// The names of a suite's tasks.
    pub(super) fn new(suite: &Suite) -> Self {
        let mut names = Self {
            by_words: HashMap::new(),
            by_folder: HashMap::new(),
        };
        for (index, task) in suite.tasks.iter().enumerate() {
            let words = words(&task.prompt.instruction);
            names.by_words.entry(words).or_default().push(index);
            let category = &task.prompt.category;
            for folder in [task.id().to_owned(), format!("{category}/{}", task.id())] {
                names.by_folder.insert(folder, index);
            }
        }
        names
    }

    /// Whose a file is: of the task that its folder names, else of the one whose first
    /// words its name has.
    pub(super) fn owner(&self, name: &FileName<'_>) -> Owner {
        let (folder, file) = name.stem.rsplit_once('/').unwrap_or(("", name.stem));
        let Some((words, parameters)) = split(file) else {
            return Owner::Nobody;
        };
        let by_folder = self.by_folder.get(folder).map(std::slice::from_ref);
        let by_words = || self.by_words.get(words).filter(|_| folder.is_empty());
        let Some(tasks) = by_folder.or_else(|| by_words().map(Vec::as_slice)) else {
            return Owner::Nobody;
        };
        match (name.half, tasks) {
            (Half::Picture, _) if parameters.ends_with(COMPANION) => Owner::Companion,
            (Half::Text, _) if !parameters.ends_with(TEXT) => Owner::Nobody,
            (_, [task]) => Owner::Task(*task, name.sample),
            (_, tasks) => Owner::OneOf(tasks.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_script_makes() {
        let long = "Replace the laptops with futuristic, \"transparent\" tablets — displaying holographic screens now";
        assert_eq!(
            words(long),
            "Replace_the_laptops_with_futuristic_transparent_tablets__displaying_holographic"
        );
        assert_eq!(words("  naïve  Über-Frage 42?\n"), "naïve_Über-Frage_42");
        assert_eq!(words("…"), "");
    }

    #[test]
    fn parameters_begin_at_the_last_size() {
        assert_eq!(
            split("Make_it_8x8_tall_512x512_t64_cfg2.5_ti2ti_concat"),
            Some(("Make_it_8x8_tall", "_512x512_t64_cfg2.5_ti2ti_concat"))
        );
        assert_eq!(split("_512x512_t64"), Some(("", "_512x512_t64")));
        for no in ["a", "a_512x_t64", "a_512x512", "a_512x512_cfg2", "a_x_t"] {
            assert_eq!(split(no), None, "{no}");
        }
    }
}
