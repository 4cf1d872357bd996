//! Presets and their parameters.

mod read;

use std::collections::BTreeMap;
use std::fmt;

pub use read::OPTIONS;

use super::decode::Decoder;
use super::plan::{Budget, DecodingPlan, PlanError, Strategy};
use super::planned::{Choices, PlannedDecoder};
use super::released_a::{DecoderA, ReleasedA};
use super::released_m::{DecoderM, ReleasedM};
use super::schedule::MaskSchedule;
use super::text::Remasking;

/// Named ways to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// As the released code of family A does.
    ReleasedA,
    /// As the released code of family M does.
    ReleasedM,
    /// As the paper describes.
    Paper,
}

impl Preset {
    /// All presets.
    pub const ALL: [Self; 3] = [Self::ReleasedA, Self::ReleasedM, Self::Paper];

    /// Its name in options and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReleasedA => "released-a",
            Self::ReleasedM => "released-m",
            Self::Paper => "paper",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Everything that decides how a prompt is decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecodingSettings {
    /// The preset, which may ignore some of what follows.
    pub preset: Preset,
    /// The order of text and image; released presets are always parallel.
    pub strategy: Strategy,
    /// Steps for the text.
    pub text_steps: usize,
    /// Steps for the image.
    pub image_steps: usize,
    /// Text positions: masked ones for `paper` and family A, with the begin token for `released-m`.
    pub text_length: usize,
    /// Text positions of a block (`paper`).
    pub block_length: usize,
    /// How text steps share positions (`paper`).
    pub text_schedule: MaskSchedule,
    /// How image steps share cells.
    pub image_schedule: MaskSchedule,
    /// Guidance of the text; for `released-a`, weight of the sequence without instruction in the image (`cfg_scale`).
    pub text_cfg: f64,
    /// Guidance of the image.
    pub image_cfg: f64,
    /// Temperature of the text.
    pub text_temperature: f64,
    /// Temperature of the image.
    pub temperature: f64,
    /// Which text proposals are kept.
    pub remasking: Remasking,
}

impl DecodingSettings {
    /// A preset as released or published.
    #[must_use]
    pub const fn of(preset: Preset) -> Self {
        let paper = Self {
            preset,
            strategy: Strategy::Parallel,
            text_steps: 128,
            image_steps: 30,
            text_length: 256,
            block_length: 64,
            text_schedule: MaskSchedule::Linear,
            image_schedule: MaskSchedule::Cosine,
            text_cfg: 0.0,
            image_cfg: 3.5,
            text_temperature: 0.0,
            temperature: 1.0,
            remasking: Remasking::LowConfidence,
        };
        match preset {
            Preset::Paper => paper,
            // The command line of the released README.
            Preset::ReleasedA => Self {
                image_steps: 64,
                image_cfg: 4.0,
                ..paper
            },
            // The released inference script.
            Preset::ReleasedM => Self {
                text_cfg: 2.5,
                image_cfg: 4.0,
                ..paper
            },
        }
    }

    /// A decoder for sequences with this many masked text positions and image cells.
    ///
    /// # Errors
    /// [`PlanError`] when a step budget does not fit.
    pub fn decoder(&self, text: usize, cells: usize) -> Result<Decoder, PlanError> {
        Ok(match self.preset {
            Preset::ReleasedA => Decoder::A(DecoderA::new(ReleasedA {
                text_steps: self.text_steps,
                image_steps: self.image_steps,
                temperature: self.temperature,
                text_temperature: self.text_temperature,
                cfg_scale: self.text_cfg,
                cfg_img: self.image_cfg,
                remasking: self.remasking,
                schedule: self.image_schedule,
            })),
            Preset::ReleasedM => Decoder::M(DecoderM::new(ReleasedM {
                text_steps: self.text_steps,
                image_steps: self.image_steps,
                text_cfg: self.text_cfg,
                image_cfg: self.image_cfg,
                text_temperature: self.text_temperature,
                image_temperature: self.temperature,
                remasking: self.remasking,
                schedule: self.image_schedule,
            })),
            Preset::Paper => Decoder::Planned(PlannedDecoder::new(
                DecodingPlan::new(&self.budget(), text, cells)?,
                Choices {
                    text_cfg: self.text_cfg,
                    image_cfg: self.image_cfg,
                    text_temperature: self.text_temperature,
                    temperature: self.temperature,
                    remasking: self.remasking,
                },
            )),
        })
    }

    /// What makes a plan of the `paper` preset.
    #[must_use]
    pub const fn budget(&self) -> Budget {
        Budget {
            strategy: self.strategy,
            text_steps: self.text_steps,
            image_steps: self.image_steps,
            block_length: self.block_length,
            text_schedule: self.text_schedule,
            image_schedule: self.image_schedule,
        }
    }

    /// Every parameter by the name of its option, for the identity of a run. Those without effect are left out.
    #[must_use]
    pub fn describe(&self) -> BTreeMap<String, String> {
        let paper = self.preset == Preset::Paper;
        let with_text = self.strategy != Strategy::ImageOnly;
        let blocks = paper && with_text && self.strategy != Strategy::Joint;
        let facts = [
            (true, "preset", self.preset.to_string()),
            (true, "strategy", self.strategy.to_string()),
            (with_text, "text_steps", self.text_steps.to_string()),
            (
                self.strategy != Strategy::Joint,
                "image_steps",
                self.image_steps.to_string(),
            ),
            (with_text, "text_length", self.text_length.to_string()),
            (blocks, "block_length", self.block_length.to_string()),
            (blocks, "text_schedule", self.text_schedule.to_string()),
            (true, "image_schedule", self.image_schedule.to_string()),
            (with_text, "text_cfg", self.text_cfg.to_string()),
            (true, "image_cfg", self.image_cfg.to_string()),
            (
                with_text,
                "text_temperature",
                self.text_temperature.to_string(),
            ),
            (true, "temperature", self.temperature.to_string()),
            (with_text, "remasking", self.remasking.name().to_owned()),
        ];
        let used = facts.into_iter().filter(|(used, ..)| *used);
        used.map(|(_, key, value)| (key.to_owned(), value))
            .collect()
    }
}
