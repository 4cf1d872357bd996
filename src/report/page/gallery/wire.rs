//! The gallery as the page's script reads it.

use crate::common::decimal::Decimal;
use serde::Serialize;

use crate::report::page::album::AlbumEntry;
use crate::report::page::text::Bounded;

/// Everything that the script shows.
#[derive(Debug, Serialize)]
pub(super) struct WireGallery {
    pub runs: Vec<WireRun>,
    pub axes: Vec<WireAxis>,
    pub categories: Vec<String>,
    /// Cells of a picture's side, for outlines of what differs.
    pub grid: u8,
    pub pictures: Vec<AlbumEntry>,
    pub tasks: Vec<WireTask>,
}

/// A run.
#[derive(Debug, Serialize)]
pub(super) struct WireRun {
    pub label: String,
    pub baseline: bool,
}

/// An axis.
#[derive(Debug, Serialize)]
pub(super) struct WireAxis {
    pub key: &'static str,
    pub title: &'static str,
    /// The highest mark.
    pub top: f64,
    /// Whether marks are the whole numbers from 1 to 5, so that dots show them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub five: bool,
}

/// A task with the answers of all runs, in their order.
#[derive(Debug, Serialize)]
pub(super) struct WireTask {
    pub id: String,
    pub category: String,
    pub kind: String,
    /// None where the suite is not at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction: Option<Bounded>,
    /// Number of the input picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<usize>,
    pub answers: Vec<WireAnswers>,
}

/// What one run made of a task.
#[derive(Debug, Serialize)]
pub(super) struct WireAnswers {
    /// Points by axis, in the order of the axes.
    pub points: Vec<Option<f64>>,
    pub samples: Vec<WireSample>,
}

/// One answer.
#[derive(Debug, Default, Serialize)]
pub(super) struct WireSample {
    pub number: u32,
    /// Whether the run's log has an answer here.
    #[serde(skip)]
    pub stored: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Bounded>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_picture: Option<String>,
    /// Width and height of the model's picture, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<[u32; 2]>,
    /// Marks by axis, repeats within.
    pub marks: Vec<Vec<WireMark>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub film: Vec<WireFrame>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passes: Option<Passes>,
}

/// The network pass after which each cell and each word of the answer stood, from 1; 0 for never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Passes {
    /// All passes.
    pub all: usize,
    /// Rows and columns of the picture's cells.
    pub grid: [usize; 2],
    /// By cell, in reading order.
    pub cells: Vec<usize>,
    /// By word of the answer's text.
    pub words: Vec<usize>,
}

/// One mark.
#[derive(Debug, Serialize)]
pub(super) struct WireMark {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Decimal>,
    /// Left out where the mark is there.
    #[serde(skip_serializing_if = "is_ok")]
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Bounded>,
}

fn is_ok(status: &&'static str) -> bool {
    *status == "ok"
}

/// One frame of a film.
#[derive(Debug, Serialize)]
pub(super) struct WireFrame {
    pub step: usize,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Text positions and cells that are decided.
    pub decided: [usize; 2],
    pub picture: usize,
}
