//! Presets, and the options that change them.

use std::collections::BTreeMap;
use std::fmt;

use super::decode::Decoder;
use super::plan::{Budget, Plan, PlanError, Strategy};
use super::planned::{Choices, PlannedDecoder};
use super::released_a::{DecoderA, ReleasedA};
use super::released_m::{DecoderM, ReleasedM};
use super::schedule::MaskSchedule;
use super::text::Remasking;
use crate::onnx::bundle::Family;

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
pub struct Settings {
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

/// Options of decoding with their meaning.
pub const OPTIONS: [(&str, &str); 13] = [
    (
        "preset",
        "released-a, released-m or paper; by default the bundle's, or paper where a strategy is given",
    ),
    (
        "strategy",
        "parallel, sequential, image-first, semi-parallel, joint or image-only",
    ),
    ("text_steps", "steps for the text"),
    ("image_steps", "steps for the image"),
    ("text_length", "text positions"),
    (
        "block_length",
        "text positions of a block, for preset paper",
    ),
    (
        "text_schedule",
        "cosine, linear, powE or sigmoid, for preset paper",
    ),
    ("image_schedule", "the same for the image"),
    (
        "text_cfg",
        "guidance of the text; for released-a its cfg_scale",
    ),
    ("image_cfg", "guidance of the image"),
    ("text_temperature", "0 takes the most likely token"),
    ("temperature", "temperature of the image"),
    ("remasking", "low-confidence or random"),
];

/// Most steps, positions or temperature units that an option may ask for.
const MAX_COUNT: usize = 100_000;

impl Settings {
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

    /// Reads the options of [`OPTIONS`]; `get` gives the text of an option, `default` is the bundle's preset.
    ///
    /// # Errors
    /// Everything that is wrong, one sentence each.
    pub fn read<'a>(
        get: impl Fn(&str) -> Option<&'a str>,
        default: Preset,
        family: Family,
    ) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let preset = preset(
            get("preset"),
            get("strategy").is_some(),
            default,
            &mut faults,
        );
        let mut settings = Self::of(preset);
        let mut reader = Reader {
            get: &get,
            faults: &mut faults,
        };
        settings.read_into(&mut reader);
        settings.check(family, &get, &mut faults);
        if faults.is_empty() {
            Ok(settings)
        } else {
            Err(faults)
        }
    }

    fn read_into<'a, G: Fn(&str) -> Option<&'a str>>(&mut self, reader: &mut Reader<'_, G>) {
        reader.parse("strategy", &mut self.strategy);
        reader.count("text_steps", &mut self.text_steps);
        reader.count("image_steps", &mut self.image_steps);
        reader.count("text_length", &mut self.text_length);
        reader.count("block_length", &mut self.block_length);
        reader.parse("text_schedule", &mut self.text_schedule);
        reader.parse("image_schedule", &mut self.image_schedule);
        reader.number("text_cfg", &mut self.text_cfg, -100.0);
        reader.number("image_cfg", &mut self.image_cfg, -100.0);
        reader.number("text_temperature", &mut self.text_temperature, 0.0);
        reader.number("temperature", &mut self.temperature, 0.0);
        reader.parse("remasking", &mut self.remasking);
    }

    fn check<'a>(
        &self,
        family: Family,
        get: &impl Fn(&str) -> Option<&'a str>,
        faults: &mut Vec<String>,
    ) {
        let foreign = match self.preset {
            Preset::ReleasedA => family != Family::ParallelA,
            Preset::ReleasedM => family != Family::ParallelM,
            Preset::Paper => false,
        };
        if foreign {
            faults.push(format!(
                "preset {} decodes another family than this bundle's ({family:?}); take its own released preset or paper",
                self.preset
            ));
        }
        if self.preset != Preset::Paper {
            if self.strategy != Strategy::Parallel {
                faults.push(format!(
                    "the released code decodes parallel only; strategy {} needs preset=paper",
                    self.strategy
                ));
            }
            for option in ["block_length", "text_schedule"] {
                if get(option).is_some() {
                    faults.push(format!(
                        "{option} has no effect in the released code; it needs preset=paper"
                    ));
                }
            }
        }
        if self.preset == Preset::ReleasedM && self.text_length < 2 {
            faults.push("text_length counts the begin token here and must be at least 2".into());
        }
        if self.strategy == Strategy::Joint && self.remasking == Remasking::Random {
            faults.push("strategy joint compares confidences; it has no remasking=random".into());
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
                Plan::new(&self.budget(), text, cells)?,
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

fn preset(
    named: Option<&str>,
    strategy_given: bool,
    default: Preset,
    faults: &mut Vec<String>,
) -> Preset {
    match named {
        None if strategy_given => Preset::Paper,
        None => default,
        Some(name) => {
            let known = Preset::ALL.into_iter().find(|preset| preset.name() == name);
            known.unwrap_or_else(|| {
                let names = Preset::ALL.map(Preset::name).join(", ");
                faults.push(format!("`{name}` is no preset; there are {names}"));
                default
            })
        }
    }
}

/// Reads options, noting what is wrong.
struct Reader<'r, G> {
    get: &'r G,
    faults: &'r mut Vec<String>,
}

impl<'a, G: Fn(&str) -> Option<&'a str>> Reader<'_, G> {
    fn parse<T>(&mut self, key: &str, value: &mut T)
    where
        T: std::str::FromStr,
        T::Err: fmt::Display,
    {
        match (self.get)(key).map(str::parse) {
            None => {}
            Some(Ok(parsed)) => *value = parsed,
            Some(Err(error)) => self.faults.push(format!("{key}: {error}")),
        }
    }

    fn count(&mut self, key: &str, value: &mut usize) {
        let Some(text) = (self.get)(key) else { return };
        match text.parse() {
            Ok(count) if (1..=MAX_COUNT).contains(&count) => *value = count,
            _ => self
                .faults
                .push(format!("{key}=`{text}` is no number from 1 to {MAX_COUNT}")),
        }
    }

    fn number(&mut self, key: &str, value: &mut f64, least: f64) {
        let Some(text) = (self.get)(key) else { return };
        match text.parse() {
            Ok(number) if (least..=100.0).contains(&number) => *value = number,
            _ => self
                .faults
                .push(format!("{key}=`{text}` is no number from {least} to 100")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &'static str)]) -> Result<Settings, Vec<String>> {
        let get = |key: &str| {
            options
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| *value)
        };
        Settings::read(get, Preset::ReleasedA, Family::ParallelA)
    }

    #[test]
    fn a_strategy_means_the_paper_and_nothing_means_the_bundles_preset() {
        assert_eq!(read(&[]).unwrap(), Settings::of(Preset::ReleasedA));
        let sequential = read(&[("strategy", "sequential"), ("image_steps", "12")]).unwrap();
        assert_eq!(
            (sequential.preset, sequential.image_steps),
            (Preset::Paper, 12)
        );
        assert_eq!(read(&[("preset", "paper")]).unwrap().image_cfg, 3.5);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let faults = read(&[
            ("preset", "released-m"),
            ("strategy", "joint"),
            ("text_steps", "0"),
            ("image_schedule", "pow"),
            ("temperature", "-1"),
            ("block_length", "8"),
            ("remasking", "sometimes"),
        ])
        .unwrap_err()
        .join("\n");
        for part in [
            "another family",
            "parallel only",
            "text_steps=`0`",
            "image_schedule: `pow` is no schedule",
            "temperature=`-1`",
            "block_length has no effect",
            "remasking: `sometimes`",
        ] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
    }

    #[test]
    fn the_identity_names_what_has_an_effect() {
        let keys = |settings: Settings| settings.describe().into_keys().collect::<Vec<_>>();
        assert!(!keys(Settings::of(Preset::ReleasedA)).contains(&"block_length".to_owned()));
        assert!(keys(Settings::of(Preset::Paper)).contains(&"block_length".to_owned()));
        let image_only = Settings {
            strategy: Strategy::ImageOnly,
            ..Settings::of(Preset::Paper)
        };
        assert!(!keys(image_only).contains(&"text_steps".to_owned()));
    }
}
