//! Axes: what a judge marks, on which scale, and what it may be shown for it.

mod checks;
mod declared;
pub mod formula;
pub mod parabench;
pub mod scale;
pub mod sight;
pub mod wire;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use self::formula::Formula;
use self::parabench::ParabenchAxis;
use self::scale::{MarkParts, MarkScale};
use self::sight::{Sight, SightPart};
use crate::common::suggest::unknown;
use crate::suite::kind::Kind;

pub use self::declared::{MAX_AXES, TooManyAxes};

/// Where the marks of an axis come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A judge gives them.
    Judged,
    /// They are computed from the marks of other axes.
    Computed(Formula),
    /// Only the key is known: a file names it, and its suite was not looked up yet.
    Unknown,
}

/// How the categories are weighted in the mean of an axis.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Across {
    /// By the number of tasks that are planned for them.
    Planned,
    /// Alike.
    Equal,
    /// By the number of marks that are planned for them: tasks times the axes that exist there, by category.
    Marks(BTreeMap<String, u32>),
}

impl Across {
    /// The weight of a category in which so many tasks are planned.
    pub fn weight(&self, category: &str, planned: u32) -> u32 {
        match self {
            Self::Planned => planned,
            Self::Equal => 1,
            Self::Marks(axes) => planned.saturating_mul(axes.get(category).copied().unwrap_or(0)),
        }
    }
}

/// What the script of a benchmark makes of an answer without a score, in its own figure; the estimate never does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingAs {
    /// It is left out.
    #[default]
    Skip,
    /// It counts as the lowest score.
    Lowest,
}

/// What an axis is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declaration {
    /// Place among the axes of a suite.
    pub rank: u8,
    /// The name in files and options.
    pub key: Cow<'static, str>,
    /// The name in tables.
    pub title: Cow<'static, str>,
    /// The most that a judge may be shown for a mark.
    pub sees: Sight,
    /// The kinds of tasks that have the axis.
    pub kinds: &'static [Kind],
    /// The categories that have it; empty for all.
    pub categories: Vec<String>,
    /// The marks.
    pub scale: MarkScale,
    /// The numbers that a judge gives for one mark, where they are several.
    pub parts: Option<MarkParts>,
    /// Weights of the categories.
    pub across: Across,
    /// How many axes the Overall has that it enters: 0 for none.
    pub overall_of: u8,
    /// What the official figure makes of an answer without a score.
    pub missing: MissingAs,
    /// Whether the official figure is a plain mean over the items of all categories, not of category means.
    pub pooled: bool,
    /// Whether the official figure leaves out answers without a mark on another axis.
    pub complete: bool,
    /// Where the marks come from.
    pub origin: Origin,
}

/// One of the things that a judge marks, or a score that is computed from such marks: a handle to its declaration.
/// Axes are equal if everything that is declared of them is.
#[derive(Clone, Copy)]
pub struct Axis(&'static Declaration);

impl Axis {
    /// [`ParabenchAxis::TextQuality`].
    pub const TEXT_QUALITY: Self = ParabenchAxis::TextQuality.axis();
    /// [`ParabenchAxis::TextAlignment`].
    pub const TEXT_ALIGNMENT: Self = ParabenchAxis::TextAlignment.axis();
    /// [`ParabenchAxis::ImageQuality`].
    pub const IMAGE_QUALITY: Self = ParabenchAxis::ImageQuality.axis();
    /// [`ParabenchAxis::ImageAlignment`].
    pub const IMAGE_ALIGNMENT: Self = ParabenchAxis::ImageAlignment.axis();
    /// [`ParabenchAxis::ImageConsistency`].
    pub const IMAGE_CONSISTENCY: Self = ParabenchAxis::ImageConsistency.axis();
    /// [`ParabenchAxis::OutputAlignment`].
    pub const OUTPUT_ALIGNMENT: Self = ParabenchAxis::OutputAlignment.axis();

    /// The six of ParaBench in the order of the paper's tables.
    pub const ALL: [Self; 6] = [
        Self::TEXT_QUALITY,
        Self::TEXT_ALIGNMENT,
        Self::IMAGE_CONSISTENCY,
        Self::IMAGE_ALIGNMENT,
        Self::IMAGE_QUALITY,
        Self::OUTPUT_ALIGNMENT,
    ];

    /// The axis of a declaration: one handle per content, kept until the program ends.
    ///
    /// # Errors
    /// [`TooManyAxes`].
    pub fn declare(declaration: Declaration) -> Result<Self, TooManyAxes> {
        declared::intern(declaration).map(Self)
    }

    /// An axis by its key alone: one of ParaBench's six, or one that is still to be [found](Self::among) in its suite.
    ///
    /// # Errors
    /// [`NotAnAxis`] for text that cannot be a key.
    pub fn by_key(key: &str) -> Result<Self, NotAnAxis> {
        if let Some(known) = Self::ALL.into_iter().find(|axis| axis.key() == key) {
            return Ok(known);
        }
        let not = || NotAnAxis(key.chars().take(60).collect());
        if !is_key(key) {
            return Err(not());
        }
        Self::declare(Declaration {
            rank: u8::MAX,
            key: Cow::Owned(key.to_owned()),
            title: Cow::Owned(key.to_owned()),
            sees: Sight::of(&[]),
            kinds: &[],
            categories: Vec::new(),
            scale: MarkScale::FIVE_POINT,
            parts: None,
            across: Across::Planned,
            overall_of: 0,
            missing: MissingAs::Skip,
            pooled: false,
            complete: false,
            origin: Origin::Unknown,
        })
        .map_err(|_| not())
    }

    /// The axis of this key in a suite's list.
    pub fn among(self, axes: &[Self]) -> Option<Self> {
        axes.iter().copied().find(|axis| axis.key() == self.key())
    }

    /// The name in files and options.
    pub fn key(self) -> &'static str {
        &self.0.key
    }

    /// The name in tables.
    pub fn title(self) -> &'static str {
        &self.0.title
    }

    /// Everything that is declared.
    pub fn declaration(self) -> &'static Declaration {
        self.0
    }

    /// The marks that it knows.
    pub fn scale(self) -> MarkScale {
        self.0.scale
    }

    /// The numbers that a judge gives for one mark, where they are several.
    pub fn parts(self) -> Option<&'static MarkParts> {
        self.0.parts.as_ref()
    }

    /// The weight of a category in its mean, in which so many tasks are planned.
    pub fn weight(self, category: &str, planned: u32) -> u32 {
        self.0.across.weight(category, planned)
    }

    /// The formula of a score that is computed from marks of other axes.
    pub fn formula(self) -> Option<&'static Formula> {
        match &self.0.origin {
            Origin::Computed(formula) => Some(formula),
            Origin::Judged | Origin::Unknown => None,
        }
    }

    /// Whether a suite declares it, not only a file names it.
    pub fn is_declared(self) -> bool {
        self.0.origin != Origin::Unknown
    }

    /// The most that a judge may be shown for a mark on this axis.
    pub fn sight(self) -> Sight {
        self.0.sees
    }

    /// Whether a judge may be shown a part for a mark on this axis.
    pub fn sees(self, part: SightPart) -> bool {
        self.0.sees.has(part)
    }

    /// Whether a mark on this axis looks at the reasoning text.
    pub fn needs_reasoning(self) -> bool {
        self.sees(SightPart::Reasoning)
    }

    /// Whether a mark on this axis looks at the output image.
    pub fn needs_image(self) -> bool {
        self.sees(SightPart::Output)
    }

    /// Whether the axis means anything for a task of this kind: image
    /// consistency needs an input image.
    pub fn exists_for(self, kind: Kind) -> bool {
        self.0.kinds.contains(&kind)
    }

    /// Whether the axis means anything for tasks of a category of this kind.
    pub fn exists_in(self, category: &str, kind: Kind) -> bool {
        let categories = &self.0.categories;
        self.exists_for(kind)
            && (categories.is_empty() || categories.iter().any(|name| name == category))
    }
}

/// Whether a suite with these axes and scores declares any beside ParaBench's six.
pub fn are_declared(axes: &[Axis], scores: &[Axis]) -> bool {
    !scores.is_empty() || axes.iter().any(|axis| !Axis::ALL.contains(axis))
}

/// Whether axes are all of an Overall of their suite; an Overall over fewer is another quantity.
pub fn are_whole(axes: &[Axis]) -> bool {
    let of = axes.first().map(|axis| usize::from(axis.0.overall_of));
    of == Some(axes.len())
}

/// Whether text can be the key of an axis: lower-case letters, digits, `_` and `-`, at most 64.
pub fn is_key(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(plain)
}

impl PartialEq for Axis {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || self.0 == other.0
    }
}

impl Eq for Axis {}

impl PartialOrd for Axis {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Axis {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(other.0)
    }
}

impl Hash for Axis {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.rank.hash(state);
        self.0.key.hash(state);
    }
}

impl fmt::Debug for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Text that names no axis.
#[derive(Debug, Error)]
#[error("{}", unknown("axis", .0, &Axis::ALL.map(Axis::key), Some("parabench list axes")))]
pub struct NotAnAxis(String);

impl FromStr for Axis {
    type Err = NotAnAxis;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|axis| axis.key() == text)
            .ok_or_else(|| NotAnAxis(text.chars().take(60).collect()))
    }
}

impl Serialize for Axis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

/// By its key: [`Axis::by_key`]. Whoever reads a file looks it up in the suite.
impl<'de> Deserialize<'de> for Axis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::by_key(&text).map_err(de::Error::custom)
    }
}
