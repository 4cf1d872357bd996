//! The files of a suite as they are written: `suite.toml` and the lines of
//! `tasks.jsonl`. What they mean is checked elsewhere ([`super::definition`],
//! [`super::load()`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;

use super::axes::wire::{WireAxis, WireScore};
use super::calls::WireCall;
use super::mapping::Print;
use super::prompts::WirePrompt;
use super::{Axis, Kind, ScoreMap};
use crate::common::digest::Digest;

/// Name of the file that defines a suite.
pub const DEFINITION_FILE: &str = "suite.toml";
/// Name of the file that holds its tasks.
pub const TASKS_FILE: &str = "tasks.jsonl";
/// The format of suites on ParaBench's axes.
pub const FORMAT: u32 = 1;
/// The format of suites that declare axes of their own.
pub const DECLARING_FORMAT: u32 = 2;

/// The axes of a suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum WireAxes {
    /// ParaBench's, by key.
    Keys(Vec<Axis>),
    /// Its own.
    Declared(Vec<WireAxis>),
}

/// `suite.toml`; `A` holds the axes: keys in format 1, declarations in format 2.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireSuite<A = WireAxes> {
    /// Version of the format: [`FORMAT`] or [`DECLARING_FORMAT`].
    pub format: u32,
    /// Short name, safe as a file name.
    pub name: String,
    /// Version of the data.
    pub version: String,
    /// Licence of the data.
    pub licence: String,
    /// The axes in reporting order.
    pub axes: A,
    /// Calls of judges that mark several axes; format 2 only.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<WireCall>,
    /// The authors' own prompts, whose texts an import can take from a clone; format 2 only.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<WirePrompt>,
    /// Scores that are computed from the marks of an answer; format 2 only.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<WireScore>,
    /// How raw marks become points; always by place on the scale in format 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<ScoreMap>,
    /// How the authors print the benchmark's figures; format 2 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub print: Option<Print>,
    /// Rubrics: a name, or a path in the suite's folder if it contains a `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rubrics: Option<String>,
    /// Name of the data set on the Hugging Face hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// The strata in reporting order.
    pub categories: Vec<WireCategory>,
    /// Field → column: which columns of the source hold what, where the
    /// import's guesses do not suffice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub import: BTreeMap<String, String>,
    /// Column → value: the rows of imported files of marks that are about this suite; format 2 only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, String>,
    /// Rules that were fixed before anyone trained on the suite: name → SHA-256.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub frozen: BTreeMap<String, Digest>,
    /// Where the tasks were imported from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<WireSource>,
}

impl<A> WireSuite<A> {
    /// The same with its axes in the common form.
    pub fn with_axes(self, form: impl FnOnce(A) -> WireAxes) -> WireSuite {
        WireSuite {
            format: self.format,
            name: self.name,
            version: self.version,
            licence: self.licence,
            axes: form(self.axes),
            calls: self.calls,
            prompts: self.prompts,
            scores: self.scores,
            mapping: self.mapping,
            print: self.print,
            rubrics: self.rubrics,
            hub: self.hub,
            categories: self.categories,
            import: self.import,
            rows: self.rows,
            frozen: self.frozen,
            source: self.source,
        }
    }
}

/// One `[[categories]]` of `suite.toml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireCategory {
    /// Its name, with its place in the file.
    pub name: Spanned<String>,
    /// The kind of its tasks.
    pub kind: Kind,
    /// How many tasks it has by design.
    pub planned: u32,
    /// The ids of these tasks, for marks of a suite whose tasks are not here: `1-400`, or `3, 7-9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<String>,
}

/// `[source]` of `suite.toml`: what an import read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireSource {
    /// Name of the folder or file that was given, without the path to it.
    pub name: String,
    /// Each data file that was read.
    pub files: Vec<WireSourceFile>,
}

/// One data file that an import read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireSourceFile {
    /// Its path in the source, with `/`.
    pub name: String,
    /// Digest of its bytes.
    pub sha256: Digest,
    /// Field → column, as it was read.
    pub columns: BTreeMap<String, String>,
}

/// One line of `tasks.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireTask {
    /// Unique in the suite and safe as a file name.
    pub id: String,
    /// The id in the data set that the task was imported from, where it differs: stored answers may carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_id: Option<String>,
    /// What is asked for.
    pub kind: Kind,
    /// One of the suite's categories.
    pub category: String,
    /// What is asked.
    pub instruction: String,
    /// Path of the input image in the suite's folder, with `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Paths of the input images, in order, where there are several; format 2 only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// What judges are told that each of `images` is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// What only judges with ground truth may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Value>,
    /// What a right answer shows or explains, for judges only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Path of a picture that a right answer looks like, for judges only; format 2 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_image: Option<String>,
    /// Axes that the task does not have although its category has them; format 2 only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// Tasks of one name share an image or a scene and are one unit of the statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

impl WireTask {
    /// The paths of its input images, in order.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        let paths = self.image.iter().chain(&self.images);
        paths.map(String::as_str)
    }

    /// The paths of all its pictures.
    pub fn pictures(&self) -> impl Iterator<Item = &str> {
        self.inputs().chain(self.reference_image.as_deref())
    }
}
