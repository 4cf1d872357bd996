//! What identifies a judge behind an API.

use std::collections::BTreeMap;

use crate::judge::rubric::Rubrics;
use crate::judge::{Identity, RUBRIC, prompt};

/// Everything that decides the marks: what decides the replies, and how they are asked for.
pub(super) fn identity(
    name: &str,
    kind: &str,
    mut details: BTreeMap<String, String>,
    rubrics: &Rubrics,
) -> Identity {
    details.insert("prompt".to_owned(), prompt::VERSION.to_owned());
    for rubric in rubrics.iter() {
        let value = format!("{} {}", rubric.version, rubric.digest);
        details.insert(format!("{RUBRIC}{}", rubric.axis), value);
    }
    Identity {
        name: name.to_owned(),
        kind: kind.to_owned(),
        details,
    }
}
