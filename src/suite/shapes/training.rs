//! Training data: records that share no combination with any suite.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use image::DynamicImage;
use rayon::prelude::*;
use serde::Serialize;

use super::board::codes;
use super::draw::atlas;
use super::reasoning::reasoning;
use super::scene::Split;
use super::task::{COMPOSITION, NoTask, WorldTask, task};
use super::write::WorldError;
use crate::common::files::{FileError, create_folder, write_atomic};
use crate::common::picture::Picture;

/// Records that are made at once.
const CHUNK: u64 = 4096;

/// One line of training data. Boards are 36 tile codes in reading order, 0 for
/// the empty cell; `tiles.png` holds the tiles side by side in the order of their
/// codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The category.
    pub category: &'static str,
    /// What is asked.
    pub instruction: String,
    /// The right reasoning.
    pub reasoning: String,
    /// The input scene; `null` for generation.
    pub before: Option<Vec<u8>>,
    /// A right picture.
    pub after: Vec<u8>,
}

/// The task of one record: categories take turns in the shares of the suite.
///
/// # Errors
/// [`NoTask`].
pub fn training_task(seed: u64, number: u64) -> Result<(&'static str, WorldTask), NoTask> {
    let total: u32 = COMPOSITION.iter().map(|(_, _, planned)| planned).sum();
    // 7 has no divisor in common with the total, so that neighbours differ in category.
    let mut left = (number.wrapping_mul(7) % u64::from(total)) as u32;
    let mut turn = COMPOSITION.iter().filter(|(_, _, planned)| {
        let here = left < *planned;
        left = left.saturating_sub(*planned);
        here
    });
    let (name, category, _) = turn.next().unwrap_or(&COMPOSITION[0]);
    Ok((
        name,
        task(seed, Split::Training, *category, number, |_| true)?,
    ))
}

/// One record.
///
/// # Errors
/// [`NoTask`].
pub fn record(seed: u64, number: u64) -> Result<Record, NoTask> {
    let (category, task) = training_task(seed, number)?;
    Ok(Record {
        category,
        reasoning: reasoning(&task.truth),
        before: task.before().map(codes),
        after: codes(task.after()),
        instruction: task.instruction,
    })
}

/// Writes `count` records to `data.jsonl` and the tiles to `tiles.png`, into a
/// folder that is made when it is not there. `progress` is told how many records
/// were added.
///
/// # Errors
/// All of [`WorldError`].
pub fn write_training_data(
    folder: &Path,
    seed: u64,
    count: u64,
    progress: impl Fn(u64),
) -> Result<(), WorldError> {
    create_folder(folder)?;
    let tiles = Picture::from_pixels(&DynamicImage::ImageRgb8(atlas()))?;
    write_atomic(&folder.join("tiles.png"), tiles.bytes())?;
    let path = folder.join("data.jsonl");
    let file = File::create(&path).map_err(FileError::at(&path))?;
    let mut file = BufWriter::new(file);
    for start in (0..count).step_by(CHUNK as usize) {
        let numbers = start..count.min(start + CHUNK);
        let lines: Vec<String> = numbers
            .clone()
            .into_par_iter()
            .map(|number| line(seed, number))
            .collect::<Result<_, _>>()?;
        for line in &lines {
            writeln!(file, "{line}").map_err(FileError::at(&path))?;
        }
        progress(lines.len() as u64);
    }
    Ok(file.flush().map_err(FileError::at(&path))?)
}

/// One line of `data.jsonl`.
pub(super) fn line(seed: u64, number: u64) -> Result<String, WorldError> {
    serde_json::to_string(&record(seed, number)?).map_err(WorldError::text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::write::{combination, suite_tasks};
    use super::*;

    #[test]
    fn no_combination_of_a_suite_is_ever_trained() {
        let held_out: HashSet<String> = (0..4)
            .flat_map(|seed| suite_tasks(seed).unwrap())
            .map(|task| combination(&task.task))
            .collect();
        assert!(held_out.len() > 900, "{}", held_out.len());
        let mut seen = HashSet::new();
        for number in 0..6000 {
            let (_, task) = training_task(number % 3, number).unwrap();
            let combination = combination(&task);
            assert!(!held_out.contains(&combination), "{combination}");
            seen.insert(combination);
        }
        assert!(seen.len() > 3000, "{}", seen.len());
    }

    #[test]
    fn records_keep_the_composition() {
        let of = |name| {
            (0..300)
                .filter(|&n| training_task(1, n).unwrap().0 == name)
                .count()
        };
        assert_eq!((of("causal"), of("generation")), (40, 100));
    }
}
