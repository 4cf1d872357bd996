//! Puts tasks, answers, marks and pictures together.

use std::collections::HashMap;
use std::sync::Arc;

use super::film;
use super::records::{Answer, GalleryError, Records};
use super::wire::{
    WireAnswers, WireAxis, WireFrame, WireGallery, WireMark, WireRun, WireSample, WireTask,
};
use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::load::LoadedRun;
use crate::report::page::album::{Album, Developed};
use crate::report::page::text::{bounded, script_json};
use crate::report::page::thumbnail::Thumbnails;
use crate::run::answer::picture_name;
use crate::run::folder::names;
use crate::run::record::{MarkKey, SampleKey};
use crate::run::scores::{ScoreRow, Status};
use crate::suite::{Suite, Task};

/// Longest side of a picture in the gallery, in pixels.
const SIDE: u32 = 320;
/// Longest side of a frame in a film strip, in pixels.
const FRAME_SIDE: u32 = 96;
/// Most characters of an instruction.
const MAX_INSTRUCTION: usize = 4_000;

/// The gallery, ready for the page.
#[derive(Debug, Default)]
pub struct Gallery {
    /// Its data, as JSON that may stand in a script element.
    pub json: String,
    /// Its pictures beside the page, where they are not embedded.
    pub pictures: Developed,
    /// Whether pictures are embedded.
    pub embedded: bool,
}

/// Builds the gallery of `runs`, which are those of the findings in the same order. Without a suite there are
/// neither instructions nor input pictures.
///
/// # Errors
/// [`GalleryError`] for logs of a form that this program does not know; [`serde_json::Error`] is none of the
/// data here.
pub fn gallery(
    findings: &Findings,
    runs: &[&LoadedRun],
    suite: Option<&Suite>,
    thumbnails: &Thumbnails,
) -> Result<Gallery, GalleryError> {
    let mut album = Album::default();
    let tasks: HashMap<&str, &Task> = suite
        .iter()
        .flat_map(|suite| &suite.tasks)
        .map(|task| (task.id(), task))
        .collect();
    let mut wire = WireGallery {
        runs: findings.runs.iter().map(head).collect(),
        axes: axes(findings),
        categories: Vec::new(),
        pictures: Vec::new(),
        tasks: findings.items.iter().map(|_| None).collect::<Vec<_>>().len().into_tasks(),
    };
    let _ = (&mut wire, &tasks, &mut album, runs, thumbnails);
    todo_placeholder()
}
