//! Makes the pictures and words of a trajectory that was taken down.

use bytes::Bytes;
use image::{DynamicImage, Rgb, RgbImage};

use super::engine::{Engine, EngineError};
use super::reel::Reel;
use crate::common::picture::{Picture, PictureError};
use crate::model::ModelRequest;
use crate::model::diffusion::canvas::Canvas;
use crate::model::trajectory::{BLANK, Film, Filming, FrameRecord, SCHEMA, Trajectory, WordRecord};

/// Shade of cells that are not decided.
const UNDECIDED: Rgb<u8> = Rgb([128; 3]);

/// Why a trajectory could not be developed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReelError {
    /// A frame could not be decoded.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A frame could not be encoded.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

/// Makes the pictures of a sample's trajectory.
///
/// # Errors
/// [`ReelError`].
pub(super) fn develop(
    engine: &mut Engine,
    reel: Reel,
    request: &ModelRequest,
) -> Result<Film, ReelError> {
    let mut frames = Vec::with_capacity(reel.frames.len());
    let mut pictures = Vec::with_capacity(reel.frames.len());
    for (after_steps, canvas) in &reel.frames {
        let picture = Picture::from_pixels(&DynamicImage::ImageRgb8(partial(engine, canvas)?))?;
        pictures.push(Bytes::clone(picture.bytes()));
        frames.push(FrameRecord {
            after_steps: *after_steps,
            text: partial_text(engine, canvas)?,
            image: format!("step-{after_steps:05}.png"),
            text_decided: canvas.text.len() - canvas.masked_text(canvas.text.clone()).len(),
            cells_decided: canvas.cells.len() - canvas.masked_cells().len(),
        });
    }
    let words = words(engine, &reel)?;
    let trajectory = Trajectory {
        schema: SCHEMA,
        task: request.prompt.id.to_string(),
        sample: request.sample,
        every: match reel.filming {
            Filming::Steps => 0,
            Filming::Frames { every } => every,
        },
        grid: engine.options().layout.grid(),
        steps: reel.steps,
        words,
        frames,
    };
    Ok(Film {
        trajectory,
        pictures,
    })
}

/// The words of the final text, each with the steps after which its last token was decided.
fn words(engine: &Engine, reel: &Reel) -> Result<Vec<WordRecord>, EngineError> {
    let canvas = &reel.last;
    let mut after = vec![0; canvas.text.len()];
    for (step, record) in reel.steps.iter().enumerate() {
        for &offset in &record.text {
            if let Some(slot) = after.get_mut(offset) {
                *slot = step + 1;
            }
        }
    }
    let mask = canvas.vocabulary.mask;
    let known = canvas.text_ids().iter().zip(after);
    let (ids, after): (Vec<i64>, Vec<usize>) = known
        .filter(|(id, _)| **id != mask)
        .map(|(id, after)| (*id, after))
        .unzip();
    let pieces = engine.options().layout.pieces_of(&ids)?;
    Ok(joined(pieces.into_iter().zip(after)))
}

/// Pieces of a text, with the steps after which each was there, as words. White space belongs to the word before it and
/// does not delay it.
fn joined(pieces: impl Iterator<Item = (String, usize)>) -> Vec<WordRecord> {
    let mut words: Vec<WordRecord> = Vec::new();
    for (piece, after_steps) in pieces {
        for letter in piece.chars() {
            let ends = |word: &WordRecord| word.text.ends_with(char::is_whitespace);
            match words.last_mut() {
                Some(word) if letter.is_whitespace() => word.text.push(letter),
                Some(word) if !ends(word) => {
                    word.text.push(letter);
                    word.after_steps = word.after_steps.max(after_steps);
                }
                _ => words.push(WordRecord {
                    text: letter.to_string(),
                    after_steps,
                }),
            }
        }
    }
    words
}

/// The picture as far as it is decided.
fn partial(engine: &mut Engine, canvas: &Canvas) -> Result<RgbImage, EngineError> {
    let codes = canvas.codes();
    let filled: Vec<usize> = codes.iter().map(|code| code.unwrap_or(0)).collect();
    let mut picture = engine.picture(&filled)?;
    let [rows, columns] = engine
        .options()
        .layout
        .grid()
        .map(|side| side.max(1) as u32);
    let (width, height) = (picture.width() / columns, picture.height() / rows);
    for (cell, code) in codes.iter().enumerate() {
        if code.is_none() {
            let (row, column) = (cell as u32 / columns, cell as u32 % columns);
            for y in row * height..(row + 1) * height {
                for x in column * width..(column + 1) * width {
                    picture.put_pixel(x, y, UNDECIDED);
                }
            }
        }
    }
    Ok(picture)
}

/// The text as far as it is decided: runs of decided positions, boxes between them.
fn partial_text(engine: &Engine, canvas: &Canvas) -> Result<String, EngineError> {
    let mask = canvas.vocabulary.mask;
    let mut text = String::new();
    for run in canvas
        .text_ids()
        .chunk_by(|a, b| (*a == mask) == (*b == mask))
    {
        match run.first() {
            Some(id) if *id == mask => text.extend(std::iter::repeat_n(BLANK, run.len())),
            _ => text.push_str(&engine.options().layout.text_of(run)?),
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_there_with_its_last_piece() {
        let pieces = [(" I", 3), (" mo", 5), ("ve", 2), ("  the", 1), (" x.", 4)];
        let pieces = pieces.map(|(text, after)| (text.to_owned(), after));
        let words = joined(pieces.into_iter());
        let told: Vec<(&str, usize)> = words
            .iter()
            .map(|word| (word.text.as_str(), word.after_steps))
            .collect();
        assert_eq!(
            told,
            [(" ", 3), ("I ", 3), ("move  ", 5), ("the ", 1), ("x.", 4)]
        );
    }
}
