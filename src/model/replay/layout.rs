//! Where stored answers lie: the layouts.

use serde::Serialize;

use super::template::Template;
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
    /// Every sample in a folder of its own: `seed0/<id>.png`, `seed_0/<category>/<id>.png`.
    SeedFolders,
    /// The number of the sample at the end: `<id>_0.png`, `<category>/<id>_0.png`.
    Numbered,
    /// `00017/samples/0000.png` beside `00017/metadata.jsonl`, which holds the prompt: GenEval's own outputs.
    GenEval,
    /// `<category>/<language>/<id>.png` beside `<id>_SRCIMG.png`: GEdit-Bench's own outputs.
    Gedit,
    /// A CSV file that says which file belongs to which task (`map=`).
    Map,
    /// Whatever `pattern=` says.
    Pattern,
}

impl Layout {
    /// All layouts that have a name of their own, in the order in which equally good ones are preferred.
    pub const ALL: [Self; 10] = [
        Self::Records,
        Self::Flat,
        Self::Category,
        Self::ImagesCategory,
        Self::PromptWords,
        Self::SeedFolders,
        Self::Numbered,
        Self::GenEval,
        Self::Gedit,
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
            Self::SeedFolders => "seed-folders",
            Self::Numbered => "numbered",
            Self::GenEval => "geneval",
            Self::Gedit => "gedit",
            Self::Map => "map",
            Self::Pattern => "pattern",
        }
    }

    /// Where the files of a task lie; none for layouts that are no templates.
    pub(super) fn templates(self) -> Vec<Template> {
        let texts: &[&str] = match self {
            Self::Flat => &["{id}"],
            Self::Category => &["{category}/{id}"],
            Self::ImagesCategory => &["images/{category}/{id}"],
            Self::SeedFolders => &[
                "seed{sample}/{id}",
                "seed_{sample}/{id}",
                "seed{sample}/{category}/{id}",
                "seed_{sample}/{category}/{id}",
            ],
            Self::Numbered => &["{id}_{sample}", "{category}/{id}_{sample}"],
            Self::Gedit => &["{category}/*/{id}", "fullset/{category}/*/{id}"],
            Self::Records | Self::PromptWords | Self::GenEval | Self::Map | Self::Pattern => &[],
        };
        let parsed = texts.iter().map(|text| Template::parse(text));
        parsed.filter_map(Result::ok).collect()
    }

    /// Ends of names, after a task's, that are no answers.
    pub(super) fn companions(self) -> &'static [&'static str] {
        match self {
            Self::Gedit => &["_SRCIMG"],
            _ => &[],
        }
    }

    /// The files of a task, for people.
    pub(super) fn pattern(self, prompt: &Prompt) -> String {
        let (id, category) = (&prompt.id, &prompt.category);
        if let Some(template) = self.templates().first() {
            let path = template.example(id, category);
            return format!("{path}.png (.jpg, .webp, …) next to {path}.txt");
        }
        match self {
            Self::Records => format!(
                "{} with {{\"task\": \"{id}\", \"reasoning\": …, \"image\": …}}",
                records::FILE_NAME
            ),
            Self::PromptWords => prompt_words::pattern(prompt),
            Self::Map => format!(
                "map=FILE.csv with the columns {} and a line `{id},pictures/a.png,texts/a.txt`",
                map_file::COLUMNS
            ),
            Self::GenEval => {
                "00000/samples/0000.png next to 00000/metadata.jsonl, which holds the prompt".into()
            }
            _ => "the files that pattern= describes".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_sound() {
        let count = |layout: Layout| layout.templates().len();
        let templates = Layout::ALL.map(count);
        assert_eq!(templates, [0, 1, 1, 1, 0, 4, 2, 0, 2, 0]);
    }
}
