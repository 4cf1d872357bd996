//! Why marks and answers are missing: counted by cause, with the commonest words that came with it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::judge::Mark;
use crate::run::RunError;
use crate::run::folder::names;
use crate::run::journal;
use crate::run::record::{JudgmentRecord, MarkKey, SampleKey, SampleRecord, Stored};
use crate::run::scores::Status;

/// One cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The judge that gave no mark, or the model whose answer was lost.
    pub of: Arc<str>,
    /// The reason.
    pub status: Status,
    /// Marks, or answers, that are missing by it.
    pub count: u64,
    /// The commonest words that came with it: those of the endpoint, the program or the reply.
    pub words: Option<String>,
    /// How many of them came with these words, numbers and identifiers apart.
    pub with_words: u64,
}

/// The causes of what is missing in a run, the commonest first. Of a mark that was asked for again
/// the last record counts.
///
/// # Errors
/// [`RunError::Journal`].
pub fn causes(folder: &Path, model: &str) -> Result<Vec<Cause>, RunError> {
    let mut answers: HashMap<SampleKey, Option<Seen>> = HashMap::new();
    let model: Arc<str> = model.into();
    journal::read(&folder.join(names::SAMPLES), |record: SampleRecord| {
        answers.insert(record.key(), seen_of_sample(&record, &model));
    })?;
    let mut marks: HashMap<(Arc<str>, MarkKey), Option<Seen>> = HashMap::new();
    journal::read(&folder.join(names::JUDGMENTS), |record: JudgmentRecord| {
        let seen = seen_of_judgment(&record);
        marks.insert((Arc::clone(&record.judge), record.key()), seen);
    })?;
    let seen = answers.into_values().chain(marks.into_values());
    Ok(counted(seen.flatten()))
}

/// One mark or answer that is missing.
struct Seen {
    of: Arc<str>,
    status: Status,
    words: Option<String>,
}

fn seen_of_sample(record: &SampleRecord, model: &Arc<str>) -> Option<Seen> {
    let failure = match (&record.reasoning, &record.image) {
        (Stored::Lost(failure), _) | (_, Stored::Lost(failure)) => failure,
        _ => return None,
    };
    Some(Seen {
        of: Arc::clone(model),
        status: Status::ModelLost(failure.kind),
        words: Some(failure.message.clone()).filter(|words| !words.trim().is_empty()),
    })
}

fn seen_of_judgment(record: &JudgmentRecord) -> Option<Seen> {
    let Mark::Missing(reason) = record.verdict.mark else {
        return None;
    };
    Some(Seen {
        of: Arc::clone(&record.judge),
        status: Status::Missing(reason),
        words: record.verdict.faults.last().cloned(),
    })
}

fn counted(seen: impl Iterator<Item = Seen>) -> Vec<Cause> {
    let mut groups: BTreeMap<(Arc<str>, Status), Group> = BTreeMap::new();
    for one in seen {
        let group = groups.entry((one.of, one.status)).or_default();
        group.count += 1;
        if let Some(words) = one.words {
            let (count, first) = group.words.entry(masked(&words)).or_default();
            *count += 1;
            // The smallest, so that the order of the records decides nothing.
            if first.is_empty() || words < *first {
                *first = words;
            }
        }
    }
    let mut causes: Vec<Cause> = groups
        .into_iter()
        .map(|((of, status), group)| {
            let commonest = group
                .words
                .into_values()
                .reduce(|best, other| if other.0 > best.0 { other } else { best });
            let (with_words, words) = commonest.unzip();
            Cause {
                of,
                status,
                count: group.count,
                words,
                with_words: with_words.unwrap_or(0),
            }
        })
        .collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
    causes
}

#[derive(Default)]
struct Group {
    count: u64,
    /// How often, and an example, by the words without what differs from request to request.
    words: BTreeMap<String, (u64, String)>,
}

/// Words in which everything that holds a digit is alike.
fn masked(words: &str) -> String {
    let pieces = words.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
    pieces
        .map(|piece| match piece.contains(|c: char| c.is_ascii_digit()) {
            true => "#",
            false => piece,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::MissingReason;

    fn seen(of: &str, reason: MissingReason, words: &str) -> Seen {
        Seen {
            of: of.into(),
            status: Status::Missing(reason),
            words: Some(words.to_owned()).filter(|words| !words.is_empty()),
        }
    }

    #[test]
    fn the_commonest_cause_comes_first_with_its_commonest_words() {
        use MissingReason::{RefusedRequest, Truncated};
        let all = || {
            vec![
                seen("j", Truncated, "max_tokens = 9"),
                seen("j", RefusedRequest, "HTTP 400: no pictures (request b2)"),
                seen("j", RefusedRequest, "HTTP 400: other"),
                seen("j", RefusedRequest, "HTTP 400: no pictures (request a1)"),
                seen("j", RefusedRequest, ""),
            ]
        };
        let found = counted(all().into_iter());
        let backwards = counted(all().into_iter().rev());
        assert_eq!(found, backwards);
        let first = &found[0];
        assert_eq!((first.count, first.with_words), (4, 2));
        assert_eq!(
            first.words.as_deref(),
            Some("HTTP 400: no pictures (request a1)")
        );
        assert_eq!(found[1].status, Status::Missing(Truncated));
    }
}
