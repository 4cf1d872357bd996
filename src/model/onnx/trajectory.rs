//! Trajectories: partial text and picture every few steps, for film strips and the trajectory reward.
//!
//! A sample's folder holds `trajectory.json` and a picture per frame. Cells that are not decided yet are drawn grey.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use image::{DynamicImage, Rgb, RgbImage};
use serde::{Deserialize, Serialize};

use super::engine::{Engine, EngineError};
use super::options::Film;
use crate::common::picture::{Picture, PictureError};
use crate::model::Request;
use crate::model::diffusion::canvas::Canvas;

/// Version of the form of `trajectory.json`.
pub const SCHEMA: u32 = 1;
/// Name of the file that describes a trajectory.
pub const FILE: &str = "trajectory.json";
/// Shade of cells that are not decided.
const UNDECIDED: Rgb<u8> = Rgb([128; 3]);
/// What stands for a text position that is not decided.
const BLANK: char = '□';

/// Why a trajectory could not be recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrajectoryError {
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A frame could not be decoded.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A frame could not be encoded.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The record could not be encoded.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// `trajectory.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trajectory {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The task's id.
    pub task: String,
    /// Number of the sample.
    pub sample: u32,
    /// Frames are this many steps apart; the last one shows the end.
    pub every: usize,
    /// Rows and columns of the picture's cells.
    pub grid: [usize; 2],
    /// What each step decided.
    pub steps: Vec<StepRecord>,
    /// The frames.
    pub frames: Vec<FrameRecord>,
}

/// What one step changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// Offsets into the text that were decided.
    pub text: Vec<usize>,
    /// Cells that were decided or changed.
    pub cells: Vec<usize>,
    /// Cells that were masked again.
    pub masked_again: Vec<usize>,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameRecord {
    /// Steps done.
    pub after_steps: usize,
    /// The text, with a box where a position is not decided.
    pub text: String,
    /// Name of the picture in the same folder.
    pub image: String,
    /// Text positions decided.
    pub text_decided: usize,
    /// Cells decided.
    pub cells_decided: usize,
}

/// A trajectory while it is decoded.
#[derive(Debug)]
pub struct Reel {
    every: usize,
    last: Canvas,
    steps: Vec<StepRecord>,
    frames: Vec<(usize, Canvas)>,
}

impl Reel {
    /// Begins with the sequence before the first step.
    #[must_use]
    pub fn new(every: usize, canvas: &Canvas) -> Self {
        Self {
            every,
            last: canvas.clone(),
            steps: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// Notes the sequence after a step.
    pub fn notice(&mut self, step: usize, is_last: bool, canvas: &Canvas) {
        let changed = |&position: &usize| canvas.id(position) != self.last.id(position);
        let text = canvas.text.clone().filter(changed);
        let mut record = StepRecord {
            text: text.map(|position| position - canvas.text.start).collect(),
            ..StepRecord::default()
        };
        for (cell, position) in canvas.cells.iter().enumerate() {
            if changed(position) {
                match canvas.is_masked(*position) {
                    true => record.masked_again.push(cell),
                    false => record.cells.push(cell),
                }
            }
        }
        self.steps.push(record);
        if is_last || (step + 1).is_multiple_of(self.every) {
            self.frames.push((step + 1, canvas.clone()));
        }
        self.last.clone_from(canvas);
    }
}

/// Writes a sample's trajectory and gives its folder.
///
/// # Errors
/// [`TrajectoryError`].
pub(super) fn write(
    engine: &mut Engine,
    reel: &Reel,
    film: &Film,
    request: &Request,
) -> Result<String, TrajectoryError> {
    // Ids of tasks are safe as file names.
    let folder = film
        .folder
        .join(&*request.prompt.id)
        .join(request.sample.to_string());
    fs::create_dir_all(&folder).map_err(|source| TrajectoryError::Io {
        path: folder.clone(),
        source,
    })?;
    let mut frames = Vec::with_capacity(reel.frames.len());
    for (after_steps, canvas) in &reel.frames {
        let name = format!("step-{after_steps:05}.png");
        let picture = Picture::from_pixels(&DynamicImage::ImageRgb8(partial(engine, canvas)?))?;
        put(&folder.join(&name), picture.bytes())?;
        frames.push(FrameRecord {
            after_steps: *after_steps,
            text: partial_text(engine, canvas)?,
            image: name,
            text_decided: canvas.text.len() - canvas.masked_text(canvas.text.clone()).len(),
            cells_decided: canvas.cells.len() - canvas.masked_cells().len(),
        });
    }
    let record = Trajectory {
        schema: SCHEMA,
        task: request.prompt.id.to_string(),
        sample: request.sample,
        every: reel.every,
        grid: engine.options().layout.grid(),
        steps: reel.steps.clone(),
        frames,
    };
    put(&folder.join(FILE), &serde_json::to_vec(&record)?)?;
    Ok(folder.display().to_string())
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), TrajectoryError> {
    fs::write(path, bytes).map_err(|source| TrajectoryError::Io {
        path: path.into(),
        source,
    })
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
