//! Where stored answers lie: the layouts.

use serde::Serialize;

use super::{map_file, prompt_words, records};
use crate::suite::Prompt;

/// How the answers in a folder are named.
///
/// Sample 0 of a task has the plain name; sample `k` from 1 on has `@k` after the
/// id (`spatial-001@2.png`): no id contains `@`, so the two cannot be confused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `answers.jsonl` with one record per answer.
    Records,
    /// `<id>.png` beside `<id>.txt`: what Bagel's script for WISE writes. The id may lack
    /// its suite or category where that leaves no doubt: `17.png` is the answer to task
    /// `wise-17`.
    Flat,
    /// `<category>/<id>.png` beside `.txt`: what Bagel's scripts for KRIS-Bench and
    /// RISEBench write. The id may lack its category: `chemistry/1.png` is the
    /// answer to task `chemistry-1` or `chemistry_1`.
    Category,
    /// `images/<category>/<index>.png`: RISEBench's own outputs.
    ImagesCategory,
    /// Names made of the first ten words of the prompt, as MMaDA-Parallel-A's and
    /// Lumina-DiMOO's scripts make them, or such files in a folder per task.
    PromptWords,
    /// A CSV file that says which file belongs to which task (`map=`).
    Map,
}

impl Layout {
    /// All layouts, in the order in which equally good ones are preferred.
    pub const ALL: [Self; 6] = [
        Self::Records,
        Self::Flat,
        Self::Category,
        Self::ImagesCategory,
        Self::PromptWords,
        Self::Map,
    ];

    /// The name in options and reports.
    pub fn key(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Flat => "flat",
            Self::Category => "category",
            Self::ImagesCategory => "images-category",
            Self::PromptWords => "prompt-words",
            Self::Map => "map",
        }
    }

    /// The files of a task, for people.
    pub(super) fn pattern(self, prompt: &Prompt) -> String {
        let (id, category) = (&prompt.id, &prompt.category);
        let beside = format!("{id}.png (.jpg, .jpeg, .webp) beside {id}.txt");
        match self {
            Self::Records => format!(
                "{} with {{\"task\": \"{id}\", \"reasoning\": …, \"image\": …}}",
                records::FILE_NAME
            ),
            Self::Flat => beside,
            Self::Category => format!("{category}/{beside}"),
            Self::ImagesCategory => format!("images/{category}/{beside}"),
            Self::PromptWords => prompt_words::pattern(prompt),
            Self::Map => format!(
                "map=FILE.csv with the columns {} and a line `{id},pictures/a.png,texts/a.txt`",
                map_file::COLUMNS
            ),
        }
    }
}
