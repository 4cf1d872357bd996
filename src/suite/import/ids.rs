//! Ids of tasks: the source's own where they can name files, kept beside the task where they cannot.

use std::collections::{HashMap, HashSet};

use super::ImportError;
use super::mapping::{Draft, Mapped, Origin};
use super::names;
use crate::suite::fault::quoted;

/// Longest original id that is kept, in bytes.
const MAX_ORIGINAL_BYTES: usize = 1024;

/// Gives every draft its id: the source's, made safe; with the category before it where ids repeat between
/// categories; category and running number where there is none. Records whose id was there before become faults.
///
/// # Errors
/// Two files that hold the same ids: two versions of one data set.
pub(super) fn name_all(mapped: &mut Mapped) -> Result<(), ImportError> {
    drop_doubled(mapped)?;
    let repeated = has_repeats(
        mapped
            .drafts
            .iter()
            .filter_map(|draft| draft.original_id.as_ref()),
    );
    let mut running: HashMap<String, usize> = HashMap::new();
    let mut taken = HashSet::new();
    let (mut made, mut changed) = (0, Vec::new());
    for draft in &mut mapped.drafts {
        let number = running.entry(draft.category.clone()).or_default();
        *number += 1;
        let safe = draft.original_id.as_deref().and_then(names::safe);
        let wanted = match safe {
            Some(safe) if repeated => format!("{}-{safe}", draft.category),
            Some(safe) => safe,
            None => {
                made += 1;
                format!("{}-{number:03}", draft.category)
            }
        };
        draft.id = free(wanted, &mut taken);
        if let Some(id) = draft
            .original_id
            .as_ref()
            .filter(|id| !repeated && **id != draft.id)
        {
            changed.push(format!("{} -> {}", quoted(id), draft.id));
        }
    }
    let notes = &mut mapped.notes;
    if made > 0 {
        notes.push(format!(
            "{made} records have no usable id; it was made of category and running number"
        ));
    }
    if repeated {
        notes.push("ids repeat between categories; the category was put before them".to_owned());
    }
    if !changed.is_empty() {
        let more = changed.len().saturating_sub(3);
        changed.truncate(3);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        notes.push(format!(
            "ids were made safe as file names, the original ids are kept too: {}{more}",
            changed.join(", ")
        ));
    }
    Ok(())
}

/// An id that no task has yet, without regard to case: different ids can become the same safe name.
fn free(wanted: String, taken: &mut HashSet<String>) -> String {
    let mut id = wanted.clone();
    for number in 2.. {
        if taken.insert(id.to_ascii_lowercase()) {
            break;
        }
        id = format!("{wanted}-{number}");
    }
    id
}

/// Moves records whose category and id were there before from the drafts to the faults.
fn drop_doubled(mapped: &mut Mapped) -> Result<(), ImportError> {
    let mut seen: HashMap<(String, String), Origin> = HashMap::new();
    let mut between: HashMap<(String, String), usize> = HashMap::new();
    let Mapped { drafts, faults, .. } = mapped;
    drafts.retain(|draft| {
        let Some(id) = &draft.original_id else {
            return true;
        };
        if id.len() > MAX_ORIGINAL_BYTES {
            let found = format!("an id of {} bytes", id.len());
            let expected = format!("at most {MAX_ORIGINAL_BYTES}");
            faults.push(draft.origin.fault(
                &found,
                &expected,
                "map another column with --map id=COLUMN",
            ));
            return false;
        }
        let key = (draft.category.clone(), id.clone());
        let Some(first) = seen.get(&key) else {
            seen.insert(key, draft.origin.clone());
            return true;
        };
        if first.file != draft.origin.file {
            let files = (first.file.to_string(), draft.origin.file.to_string());
            *between.entry(files).or_default() += 1;
        }
        faults.push(doubled(draft, id, first));
        false
    });
    let between = between
        .into_iter()
        .max_by(|(a, x), (b, y)| x.cmp(y).then(b.cmp(a)));
    match between {
        Some(((first, second), count)) => Err(ImportError::Doubled {
            first,
            second,
            count,
        }),
        None => Ok(()),
    }
}

fn doubled(draft: &Draft, id: &str, first: &Origin) -> crate::suite::Fault {
    let found = format!(
        "id {}, which record {} of {} has too",
        quoted(id),
        first.record,
        first.file
    );
    let cure = "remove one of the two, or map another column with --map id=COLUMN";
    draft.origin.fault(&found, "one record per task", cure)
}

fn has_repeats<'a>(ids: impl Iterator<Item = &'a String>) -> bool {
    let mut seen = HashSet::new();
    ids.into_iter().any(|id| !seen.insert(id))
}
