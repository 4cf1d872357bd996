//! The options that change a preset, and what is wrong with them.

use std::fmt;

use super::{DecodingSettings, Preset};
use crate::common::suggest::unknown;
use crate::model::diffusion::plan::Strategy;
use crate::model::diffusion::text::Remasking;
use crate::onnx::bundle::Family;

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

impl DecodingSettings {
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
                faults.push(unknown(
                    "preset",
                    name,
                    &Preset::ALL.map(Preset::name),
                    None,
                ));
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
            _ => self.faults.push(format!(
                "{key}=`{text}`: expected a number from 1 to {MAX_COUNT}"
            )),
        }
    }

    fn number(&mut self, key: &str, value: &mut f64, least: f64) {
        let Some(text) = (self.get)(key) else { return };
        match text.parse() {
            Ok(number) if (least..=100.0).contains(&number) => *value = number,
            _ => self.faults.push(format!(
                "{key}=`{text}`: expected a number from {least} to 100"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &'static str)]) -> Result<DecodingSettings, Vec<String>> {
        let get = |key: &str| {
            options
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| *value)
        };
        DecodingSettings::read(get, Preset::ReleasedA, Family::ParallelA)
    }

    #[test]
    fn a_strategy_means_the_paper_and_nothing_means_the_bundles_preset() {
        assert_eq!(read(&[]).unwrap(), DecodingSettings::of(Preset::ReleasedA));
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
            "image_schedule: unknown schedule `pow`",
            "temperature=`-1`",
            "block_length has no effect",
            "remasking: `sometimes`",
        ] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
    }

    #[test]
    fn the_identity_names_what_has_an_effect() {
        let keys = |settings: DecodingSettings| settings.describe().into_keys().collect::<Vec<_>>();
        assert!(
            !keys(DecodingSettings::of(Preset::ReleasedA)).contains(&"block_length".to_owned())
        );
        assert!(keys(DecodingSettings::of(Preset::Paper)).contains(&"block_length".to_owned()));
        let image_only = DecodingSettings {
            strategy: Strategy::ImageOnly,
            ..DecodingSettings::of(Preset::Paper)
        };
        assert!(!keys(image_only).contains(&"text_steps".to_owned()));
    }
}
