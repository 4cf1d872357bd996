//! GenEval's own outputs: `00017/metadata.jsonl` holds the prompt, `00017/samples/0000.png` the pictures.
//!
//! Folders are matched by the prompt that they hold, never by their number: a suite may have been sampled, or counted
//! from 1.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::folder::Listing;
use super::names::{FileName, Owner};
use crate::suite::Suite;

/// The file that says what was asked.
const METADATA: &str = "metadata.jsonl";
/// Longest such file, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// What is read of it.
#[derive(Deserialize)]
struct Metadata {
    prompt: String,
}

/// The folders of prompts, each with the tasks that it can belong to.
pub(super) struct PromptFolders(HashMap<String, Vec<usize>>);

impl PromptFolders {
    /// Reads the prompts of the folders `below` a folder of the listing. Where several tasks have one prompt, as many
    /// folders with that prompt belong to them in order; with another number of folders nobody can tell.
    pub(super) fn read(listing: &Listing, below: &str, suite: &Suite) -> Self {
        let mut folders: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
        for file in &listing.files {
            let Some((folder, name)) = file.strip_prefix(below).and_then(|f| f.split_once('/'))
            else {
                continue;
            };
            if name != METADATA {
                continue;
            }
            let read = listing.folder.read(file, MAX_BYTES).ok();
            let metadata = read.and_then(|bytes| serde_json::from_slice::<Metadata>(&bytes).ok());
            if let (Some(metadata), Ok(number)) = (metadata, folder.parse()) {
                let prompt = metadata.prompt.trim().to_owned();
                folders
                    .entry(prompt)
                    .or_default()
                    .push((number, folder.to_owned()));
            }
        }
        let mut tasks: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, task) in suite.tasks.iter().enumerate() {
            tasks
                .entry(task.prompt.instruction.trim())
                .or_default()
                .push(index);
        }
        let mut owners = HashMap::new();
        for (prompt, mut folders) in folders {
            let Some(tasks) = tasks.get(prompt.as_str()) else {
                continue;
            };
            folders.sort();
            let in_order = folders.len() == tasks.len();
            for (at, (_, folder)) in folders.into_iter().enumerate() {
                let one = tasks.get(at..=at).filter(|_| in_order);
                owners.insert(folder, one.unwrap_or(tasks).to_vec());
            }
        }
        Self(owners)
    }

    /// Whose a file is.
    pub(super) fn owner(&self, name: &FileName<'_>) -> Owner {
        let Some((folder, file)) = name.stem.split_once('/') else {
            return Owner::Nobody;
        };
        let Some(tasks) = self.0.get(folder) else {
            return Owner::Nobody;
        };
        if file == "grid" {
            return Owner::Companion;
        }
        let sample = file.strip_prefix("samples/").map(str::parse);
        match (sample, tasks.as_slice()) {
            (Some(Ok(sample)), [task]) if name.sample == 0 => Owner::Task(*task, sample),
            (Some(Ok(_)), tasks) => Owner::OneOf(tasks.to_vec()),
            _ => Owner::Nobody,
        }
    }

    /// Whether a file belongs to the layout and is no half of an answer.
    pub(super) fn is_metadata(relative: &str) -> bool {
        relative
            .rsplit_once('/')
            .is_some_and(|(_, name)| name == METADATA)
    }
}
