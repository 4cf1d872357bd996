//! What is fixed before the marks are seen: a small TOML file. `run`, `generate` and `judge` record its digest in
//! `run.toml` before the first mark (`--declare FILE`); what is declared later does not act in the tests.
//!
//! ```toml
//! question = "Does thinking help drawing?" # stands above the report; changes no test
//! headline_axis = ["output_alignment"] # shown first, the first that applies; changes no test
//! primary_axis = "output_alignment"   # tested first, at full alpha
//! primary_baseline = "bagel-think"    # label of a run; needed only with several baselines
//! margin = 2.5                        # points, for non-inferiority and equivalence; the default, too
//! alpha = 0.05                        # two-sided, family-wise
//! pass_threshold = 4                  # raw mark that counts as a pass
//! family = ["output_alignment"]       # axes of the confirmatory family
//! mapping = "affine25"                # what the runs must have used
//! samples = 1                         # per task
//! repeats = 1                         # of the judge
//!
//! [looks]                             # stopping early, at the primary contrast
//! planned_items = 300                 # items of the primary axis in a whole run
//! shares = [0.4, 0.6, 0.8, 1.0]       # of them, at which one looks
//! ```

mod wire;

use std::path::{Path, PathBuf};

use serde::Serialize;

use self::wire::{WireDeclaration, faults};
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::suite::{Axis, ScoreMap};

/// Longest declaration, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// Level of the tests where none is declared.
const DEFAULT_ALPHA: f64 = 0.05;

/// Margin in points where none is declared.
const DEFAULT_MARGIN: f64 = 2.5;

/// Pass threshold where none is declared: 4, "one minor flaw".
const DEFAULT_THRESHOLD: u8 = 4;

impl Declared {
    /// Its key in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Before => "before",
            Self::Late => "late",
        }
    }
}

/// Looks at the primary contrast that were planned beforehand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Looks {
    /// Items of the primary axis in a whole run.
    pub planned_items: u32,
    /// Shares of them at which one looks, rising to 1.
    pub shares: Vec<f64>,
}

/// When a declaration was made, as far as every run that is compared tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Declared {
    /// There is none.
    Nothing,
    /// Before the first mark: every run carries its digest.
    Before,
    /// When the comparison or the report was made.
    Late,
}

/// The margin of equivalence and non-inferiority that a page is tested against. A late one acts: its sentences say so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Margin {
    /// Its size in points.
    pub points: f64,
    /// When it was declared; [`Declared::Nothing`] for the default of 2.5 points, which nobody declared.
    pub declared: Declared,
}

/// What of a declaration acts in the tests. A primary contrast, a family, looks or a level that were chosen after the
/// marks do not.
#[derive(Clone, Debug, PartialEq)]
pub struct InForce<'a> {
    /// Axis of the primary contrast.
    pub primary_axis: Option<Axis>,
    /// Axes of the family; none stands for all.
    pub family: Option<&'a [Axis]>,
    /// Two-sided level.
    pub alpha: f64,
    /// Margin: the declared one, early or late, else the default.
    pub margin: Margin,
    /// Looks that were declared in time.
    pub looks: Option<&'a Looks>,
    /// Whether looks were declared too late to act: more tasks may follow, so nothing is tested.
    pub looks_too_late: bool,
}

/// What was declared, checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Declaration {
    /// Digest of everything that is declared, whatever its order and spacing; absent where nothing is.
    pub digest: Option<Digest>,
    /// What the runs are to answer, in one line; it is shown and changes no test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Axes of which the first that applies is shown first. It changes no test.
    pub headline_axis: Vec<Axis>,
    /// Axis of the primary contrast.
    pub primary_axis: Option<Axis>,
    /// Its baseline, where several are compared with.
    pub primary_baseline: Option<String>,
    /// Margin in points; none stands for the default.
    pub margin: Option<f64>,
    /// Two-sided level.
    pub alpha: f64,
    /// Raw mark from which an item passes.
    pub pass_threshold: u8,
    /// Axes of the confirmatory family; none stands for all.
    pub family: Option<Vec<Axis>>,
    /// Mapping that the runs must have used.
    pub mapping: Option<ScoreMap>,
    /// Samples per task that the runs must have.
    pub samples: Option<u32>,
    /// Repeats that the judge must have given.
    pub repeats: Option<u32>,
    /// Planned looks; none where the runs are compared once.
    pub looks: Option<Looks>,
}

impl Declaration {
    /// The same with its axes looked up among those of a suite; one that the suite lacks stays unknown, which the
    /// comparison refuses.
    #[must_use]
    pub fn among(&self, axes: &[Axis]) -> Self {
        let found = |axis: &Axis| axis.among(axes).unwrap_or(*axis);
        Self {
            headline_axis: self.headline_axis.iter().map(found).collect(),
            primary_axis: self.primary_axis.as_ref().map(found),
            family: self
                .family
                .as_ref()
                .map(|family| family.iter().map(found).collect()),
            ..self.clone()
        }
    }
}

impl Default for Declaration {
    fn default() -> Self {
        Self {
            digest: None,
            question: None,
            headline_axis: Vec::new(),
            primary_axis: None,
            primary_baseline: None,
            margin: None,
            alpha: DEFAULT_ALPHA,
            pass_threshold: DEFAULT_THRESHOLD,
            family: None,
            mapping: None,
            samples: None,
            repeats: None,
            looks: None,
        }
    }
}

/// Why a declaration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeclarationError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no declaration.
    #[error("{}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and what.
        message: String,
    },
    /// Values that cannot be.
    #[error("{}:\n{}", path.display(), faults.join("\n"))]
    Values {
        /// The file.
        path: PathBuf,
        /// One line each.
        faults: Vec<String>,
    },
}

impl Declaration {
    /// Reads and checks a declaration.
    ///
    /// # Errors
    /// [`DeclarationError`]; wrong values are listed all at once.
    pub fn read(path: &Path) -> Result<Self, DeclarationError> {
        let text = files::read_text_bounded(path, MAX_BYTES)?;
        let wire: WireDeclaration =
            toml::from_str(&text).map_err(|error| DeclarationError::Syntax {
                path: path.to_owned(),
                message: error.to_string(),
            })?;
        if text
            .parse::<toml::Table>()
            .is_ok_and(|table| table.is_empty())
        {
            return Err(DeclarationError::Syntax {
                path: path.to_owned(),
                message:
                    "it declares nothing; add what is fixed, for example primary_axis = \"overall\""
                        .to_owned(),
            });
        }
        let faults = faults(&wire);
        if !faults.is_empty() {
            return Err(DeclarationError::Values {
                path: path.to_owned(),
                faults,
            });
        }
        let mut declaration = Self {
            digest: None,
            question: wire.question,
            headline_axis: wire.headline_axis,
            primary_axis: wire.primary_axis,
            primary_baseline: wire.primary_baseline,
            margin: wire.margin,
            alpha: wire.alpha.unwrap_or(DEFAULT_ALPHA),
            pass_threshold: wire.pass_threshold.unwrap_or(DEFAULT_THRESHOLD),
            family: wire.family,
            mapping: wire.mapping,
            samples: wire.samples,
            repeats: wire.repeats,
            looks: wire.looks.map(|looks| Looks {
                planned_items: looks.planned_items,
                shares: looks.shares,
            }),
        };
        declaration.digest = Some(declaration.canonical_digest());
        Ok(declaration)
    }

    /// When this was declared: before the marks where every one of `recorded`, the digests that the runs carry, is its
    /// own.
    pub fn when(&self, recorded: impl IntoIterator<Item = Option<Digest>>) -> Declared {
        let Some(digest) = self.digest else {
            return Declared::Nothing;
        };
        if recorded.into_iter().all(|run| run == Some(digest)) {
            Declared::Before
        } else {
            Declared::Late
        }
    }

    /// What of it acts in the tests.
    pub fn in_force(&self, when: Declared) -> InForce<'_> {
        let margin = self.margin(when);
        match when {
            Declared::Before | Declared::Nothing => InForce {
                primary_axis: self.primary_axis,
                family: self.family.as_deref(),
                alpha: self.alpha,
                margin,
                looks: self.looks.as_ref(),
                looks_too_late: false,
            },
            Declared::Late => InForce {
                primary_axis: None,
                family: None,
                alpha: DEFAULT_ALPHA,
                margin,
                looks: None,
                looks_too_late: self.looks.is_some(),
            },
        }
    }

    fn margin(&self, when: Declared) -> Margin {
        match self.margin {
            Some(points) => Margin {
                points,
                declared: match when {
                    Declared::Before => Declared::Before,
                    Declared::Late | Declared::Nothing => Declared::Late,
                },
            },
            None => Margin {
                points: DEFAULT_MARGIN,
                declared: Declared::Nothing,
            },
        }
    }

    /// Digest of the values, by name: the same for every way to write them.
    fn canonical_digest(&self) -> Digest {
        fn text<T: ToString>(value: Option<T>) -> String {
            value.map_or_else(|| "-".to_owned(), |value| value.to_string())
        }
        let axes = |axes: &[Axis]| -> String {
            let mut keys: Vec<&str> = axes.iter().map(|axis| axis.key()).collect();
            keys.sort_unstable();
            keys.join(",")
        };
        let headline: Vec<&str> = self.headline_axis.iter().map(|axis| axis.key()).collect();
        let looks = self.looks.as_ref().map(|looks| {
            let shares: Vec<String> = looks.shares.iter().map(f64::to_string).collect();
            format!("{} at {}", looks.planned_items, shares.join(","))
        });
        let mut fields = vec![
            "parabench declaration 1".to_owned(),
            headline.join(","),
            text(self.primary_axis),
            text(self.primary_baseline.as_deref()),
            text(self.margin),
            self.alpha.to_string(),
            self.pass_threshold.to_string(),
            text(self.family.as_deref().map(axes)),
            text(self.mapping),
            text(self.samples),
            text(self.repeats),
            text(looks),
        ];
        // Declarations without a question keep the digest that older runs carry.
        fields.extend(self.question.iter().map(|text| format!("question {text}")));
        Digest::of_fields(fields.iter().map(String::as_bytes))
    }
}
