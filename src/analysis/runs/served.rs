//! Which models really marked: what the endpoints of a run's judges say they served. The identity of a judge says
//! what was asked for; an alias such as `gpt-4.1` can be served by another model a month later.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::run::RunError;
use crate::run::folder::names;
use crate::run::journal;

/// What an endpoint said it served, and for how many of a judge's marks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Served {
    /// The model; absent where the endpoint does not say, or where no model is asked.
    pub model: Option<String>,
    /// The endpoint's fingerprint of its system.
    pub fingerprint: Option<String>,
    /// Records of marks, superseded ones included.
    pub marks: u64,
}

/// What was served to each judge, by the judge's name; the most frequent first.
pub type ServedModels = BTreeMap<String, Vec<Served>>;

/// The part of a judgment's record that is needed here.
#[derive(Deserialize)]
struct Line {
    judge: String,
    verdict: Said,
}

#[derive(Deserialize)]
struct Said {
    served_model: Option<String>,
    fingerprint: Option<String>,
}

/// Model and fingerprint, as far as they were named.
type Named = (Option<String>, Option<String>);

/// Counts what was served, record by record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServedCount(BTreeMap<String, BTreeMap<Named, u64>>);

impl ServedCount {
    /// Notes one record of a judge.
    pub fn note(&mut self, judge: &str, model: Option<String>, fingerprint: Option<String>) {
        let of_judge = self.0.entry(judge.to_owned()).or_default();
        *of_judge.entry((model, fingerprint)).or_default() += 1;
    }

    /// What was served to each judge, the most frequent first.
    pub fn models(&self) -> ServedModels {
        let ordered = |pairs: &BTreeMap<Named, u64>| {
            let served = pairs.iter().map(|((model, fingerprint), &marks)| Served {
                model: model.clone(),
                fingerprint: fingerprint.clone(),
                marks,
            });
            let mut served: Vec<Served> = served.collect();
            served.sort_by_key(|served| std::cmp::Reverse(served.marks));
            served
        };
        let judges = self.0.iter();
        judges
            .map(|(judge, pairs)| (judge.clone(), ordered(pairs)))
            .collect()
    }
}

/// Reads the log of marks of a run folder. A folder without one says nothing.
///
/// # Errors
/// [`RunError::Journal`].
pub fn read(folder: &Path) -> Result<ServedModels, RunError> {
    let mut count = ServedCount::default();
    journal::read(&folder.join(names::JUDGMENTS), |line: Line| {
        count.note(
            &line.judge,
            line.verdict.served_model,
            line.verdict.fingerprint,
        );
    })?;
    Ok(count.models())
}

/// The names of the models that were served, sorted; marks without a name aside.
pub fn models(served: &[Served]) -> Vec<&str> {
    let mut names: Vec<&str> = served.iter().filter_map(|s| s.model.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(model: Option<&str>, fingerprint: &str) -> Served {
        Served {
            model: model.map(str::to_owned),
            fingerprint: Some(fingerprint.to_owned()),
            marks: 1,
        }
    }

    #[test]
    fn a_folder_without_a_log_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), ServedModels::new());
    }

    #[test]
    fn names_are_a_set() {
        let list = [
            served(Some("b"), "1"),
            served(Some("a"), "2"),
            served(Some("b"), "3"),
            served(None, ""),
        ];
        assert_eq!(models(&list), ["a", "b"]);
    }
}
