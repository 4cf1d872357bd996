//! Columns that hold pictures: which one is the input, and which are known to be something else. What is left
//! is asked about, so that an edit never becomes a text-to-image task because its picture was overlooked.

use super::ImportError;
use super::names::fold;
use super::picture;
use super::table::SourceTable;

/// Folded names of columns with pictures that are no input: references, outputs, masks, copies.
const NO_INPUTS: [&str; 36] = [
    "gtimg",
    "gtimage",
    "groundtruth",
    "groundtruthimage",
    "groundtruthimg",
    "referenceimg",
    "referenceimage",
    "reference",
    "refimg",
    "refimage",
    "targetimage",
    "targetimg",
    "target",
    "editedimage",
    "editedimg",
    "edited",
    "editedfilename",
    "outputimage",
    "outputimg",
    "output",
    "outputfilename",
    "resultimage",
    "result",
    "answerimage",
    "reasoningimg",
    "reasoningimage",
    "mask",
    "maskimage",
    "maskimg",
    "maskpath",
    "inputimageraw",
    "imageraw",
    "thumbnail",
    "preview",
    "targetfilename",
    "generatedimage",
];
/// Names of input columns that do not say by themselves that there are pictures.
const GENERAL_NAMES: [&str; 4] = ["filename", "input", "source", "original"];

/// Whether some value of a column looks like a picture.
pub(super) fn are_in(table: &SourceTable, column: &str) -> bool {
    table.values(column).any(picture::looks_like_one)
}

/// Refuses columns of pictures of which it is not clear what they are. `input` is the column that was guessed to
/// hold the picture to edit.
///
/// # Errors
/// [`ImportError::UnclearPictures`] names the columns.
pub(super) fn check(
    table: &SourceTable,
    input: Option<&str>,
    names: &[&str],
) -> Result<(), ImportError> {
    let unclear: Vec<&str> = table
        .columns()
        .into_iter()
        .filter(|column| Some(*column) != input && !column.starts_with('@'))
        .filter(|column| {
            let folded = fold(column);
            let pictures = are_in(table, column);
            match input {
                Some(_) => pictures && !NO_INPUTS.contains(&folded.as_str()),
                // Without an input even a column of references makes edits likely, and so does a name.
                None => pictures || says_pictures(&folded, names) && has_values(table, column),
            }
        })
        .collect();
    if unclear.is_empty() {
        return Ok(());
    }
    Err(ImportError::UnclearPictures {
        file: table.name.clone(),
        columns: unclear.join("`, `"),
        input: input.map(str::to_owned),
    })
}

fn says_pictures(folded: &str, names: &[&str]) -> bool {
    names.contains(&folded) && !GENERAL_NAMES.contains(&folded)
}

fn has_values(table: &SourceTable, column: &str) -> bool {
    table.values(column).next().is_some()
}
