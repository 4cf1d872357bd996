//! The options of the kind `onnx`, checked against the bundle before anything is loaded.

use std::path::Path;

use crate::model::diffusion::plan::Strategy;
use crate::model::diffusion::prompt::Layout;
use crate::model::diffusion::settings::{DecodingSettings, OPTIONS, Preset};
use crate::model::trajectory::Filming;
use crate::model::{ModelError, Spec};
use crate::onnx::bundle::{Bundle, Diffusion, Family};
use crate::onnx::runtime::{Device, SessionOptions};

/// Options beside those of decoding.
const OTHERS: [(&str, &str); 5] = [
    (
        "size",
        "of the picture in pixels: SIDE, or WIDTHxHEIGHT for family A",
    ),
    ("device", "cpu, cuda or cuda:N"),
    ("threads", "threads of the network; 0 takes one per core"),
    ("batch", "prompts of equal length that are decoded together"),
    (
        "workers",
        "groups of prompts decoded at the same time, each on a copy of the network; 0 takes one per core",
    ),
];

/// All options with their meaning.
pub(super) static ALL: [(&str, &str); OPTIONS.len() + OTHERS.len()] = {
    let mut all = [("", ""); OPTIONS.len() + OTHERS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < OPTIONS.len() {
            OPTIONS[at]
        } else {
            OTHERS[at - OPTIONS.len()]
        };
        at += 1;
    }
    all
};

/// Largest batch.
const MAX_BATCH: usize = 256;
/// Most groups at the same time.
const MAX_WORKERS: usize = 64;
/// Largest side of a picture, in pixels.
const MAX_SIDE: u32 = 4096;

/// How a bundle decodes.
#[derive(Debug, Clone)]
pub struct OnnxOptions {
    /// Preset, strategy and their parameters.
    pub settings: DecodingSettings,
    /// The sequences.
    pub layout: Layout,
    /// Width and height of the decoded picture, in pixels.
    pub size: [u32; 2],
    /// Device and threads.
    pub session: SessionOptions,
    /// Prompts decoded together.
    pub batch: usize,
    /// Groups of prompts decoded at the same time. It decides no number, so it is no part of what identifies a model.
    pub workers: usize,
    /// What is recorded of trajectories; none for nothing.
    pub film: Option<Filming>,
}

impl OnnxOptions {
    /// Does the sequence have text?
    #[must_use]
    pub fn has_text(&self) -> bool {
        self.settings.strategy != Strategy::ImageOnly
    }
}

/// Opens the bundle that a spec names and reads the spec's options against it. `film` is what is recorded of
/// trajectories.
///
/// # Errors
/// Everything that is wrong at once, as far as it can be seen without loading weights.
pub fn open_options(
    spec: &Spec,
    film: Option<Filming>,
) -> Result<(Bundle, OnnxOptions), ModelError> {
    let folder = Path::new(&spec.rest);
    let named = |what: String| ModelError::new(format!("onnx:{}: {what}", folder.display()));
    let unusable = |source| ModelError::caused_by(format!("onnx:{}", folder.display()), source);
    let bundle = Bundle::open(folder).map_err(unusable)?;
    let facts = bundle.diffusion().map_err(unusable)?.clone();
    let family = bundle.manifest().family;

    let preset = Preset::ALL
        .into_iter()
        .find(|preset| preset.name() == facts.preset);
    let preset = preset.ok_or_else(|| {
        named(format!(
            "the bundle's preset `{}` is unknown; export it again",
            facts.preset
        ))
    })?;
    let mut faults = Vec::new();
    faults.extend(unknown(&facts));
    let given = |key: &str| spec.option(key).or_else(|| asked_for(spec, &facts, key));
    let settings = DecodingSettings::read(given, preset, family).unwrap_or_else(|found| {
        faults.extend(found);
        DecodingSettings::of(preset)
    });
    let size = size(spec.option("size"), &facts, family, &mut faults);
    let session = SessionOptions {
        device: device(spec.option("device"), &mut faults),
        threads: count(spec, "threads", 0, 0..=1024, &mut faults),
    };
    let batch = count(spec, "batch", 1, 1..=MAX_BATCH, &mut faults);
    let workers = match count(spec, "workers", 1, 0..=MAX_WORKERS, &mut faults) {
        0 => std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_WORKERS)),
        workers => workers,
    };
    if !faults.is_empty() {
        return Err(named(faults.join("; ")));
    }
    let grid = [size[1] / facts.image.scale, size[0] / facts.image.scale].map(|side| side as usize);
    let tokenizer = bundle.tokenizer().map_err(unusable)?;
    let layout = Layout::new(family, &facts, tokenizer, grid, settings)
        .map_err(|error| named(error.to_string()))?;
    settings
        .decoder(layout.text_masks(), layout.cells())
        .map_err(|error| named(error.to_string()))?;
    let options = OnnxOptions {
        settings,
        layout,
        size,
        session,
        batch,
        workers,
        film,
    };
    Ok((bundle, options))
}

/// What the checkpoint asks for. Another preset than its own takes over only the text's length, which is what the
/// checkpoint was trained for.
fn asked_for<'a>(spec: &Spec, facts: &'a Diffusion, key: &str) -> Option<&'a str> {
    let own = facts.decoding.get("preset").map(String::as_str);
    let other = spec
        .option("preset")
        .is_some_and(|named| Some(named) != own);
    let value = facts.decoding.get(key);
    value
        .map(String::as_str)
        .filter(|_| !other || key == "text_length")
}

/// Options of the checkpoint that are none.
fn unknown(facts: &Diffusion) -> Vec<String> {
    let known = |key: &str| OPTIONS.iter().any(|(name, _)| *name == key);
    let keys = facts.decoding.keys().filter(|key| !known(key));
    keys.map(|key| format!("the checkpoint's `parabench_decoding` has an unknown option `{key}`"))
        .collect()
}

/// Width and height, whole numbers of codes.
fn size(
    given: Option<&str>,
    facts: &Diffusion,
    family: Family,
    faults: &mut Vec<String>,
) -> [u32; 2] {
    let default = [facts.image.resolution; 2];
    let size = match given {
        None => default,
        Some(text) => {
            let (width, height) = text.split_once('x').unwrap_or((text, text));
            match (width.parse(), height.parse()) {
                (Ok(width), Ok(height)) => [width, height],
                _ => {
                    faults.push(format!(
                        "size=`{text}` is neither SIDE nor WIDTHxHEIGHT in pixels"
                    ));
                    return default;
                }
            }
        }
    };
    let scale = facts.image.scale;
    let fits = |side: u32| scale > 0 && side > 0 && side <= MAX_SIDE && side.is_multiple_of(scale);
    if !size.into_iter().all(fits) {
        faults.push(format!(
            "a picture of {} × {} pixels does not fit the grid: sides are multiples of {scale} up to {MAX_SIDE}",
            size[0], size[1]
        ));
    } else if family == Family::ParallelM && size[0] != size[1] {
        faults.push(format!(
            "family M draws square pictures only; {} × {} is not square (its sequence does not tell rows apart)",
            size[0], size[1]
        ));
    }
    size
}

fn device(given: Option<&str>, faults: &mut Vec<String>) -> Device {
    given.map_or_else(Device::default, |text| {
        text.parse().unwrap_or_else(|error| {
            faults.push(format!("{error}"));
            Device::default()
        })
    })
}

fn count(
    spec: &Spec,
    key: &str,
    default: usize,
    range: std::ops::RangeInclusive<usize>,
    faults: &mut Vec<String>,
) -> usize {
    let Some(text) = spec.option(key) else {
        return default;
    };
    match text.parse() {
        Ok(count) if range.contains(&count) => count,
        _ => {
            let (least, most) = range.into_inner();
            faults.push(format!(
                "{key}=`{text}`: expected a number from {least} to {most}"
            ));
            default
        }
    }
}
