//! An opened bundle: prompts in, decoded text and pictures out.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use image::RgbImage;

use super::developed;
use super::input::Inputs;
use super::options::OnnxOptions;
use super::reel::Reel;
use crate::common::digest::Digest;
use crate::model::diffusion::decode::{Ended, Times};
use crate::model::diffusion::lane::{Forwards, Lane, LaneFault};
use crate::model::diffusion::noise::Seeded;
use crate::model::diffusion::plan::PlanError;
use crate::model::diffusion::prompt::Prompt;
use crate::model::steps::{StepWatch, StepsDone};
use crate::onnx::bundle::{Bundle, BundleError};
use crate::onnx::image::{Codes, CodesError};
use crate::onnx::language::{ForwardError, LanguageModel};
use crate::onnx::runtime::Runtime;
use crate::onnx::tokenizer::TokenizerError;
use crate::onnx::vq::{ImageTokenizer, VqError};

/// Why one prompt, or a batch of them, gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The bundle cannot be opened.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A pass of the network failed.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// A picture could not be encoded or decoded.
    #[error(transparent)]
    Image(#[from] VqError),
    /// Text could not be converted.
    #[error(transparent)]
    Text(#[from] TokenizerError),
    /// The step budget does not fit.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Decoding of one sample failed.
    #[error(transparent)]
    Lane(#[from] LaneFault),
    /// The decoded codes make no picture.
    #[error(transparent)]
    Codes(#[from] CodesError),
    /// Decoding was stopped between two steps.
    #[error("decoding was stopped")]
    Stopped,
}

/// What came out for one prompt.
#[derive(Debug)]
pub struct Decoded {
    /// The text; `None` when the sequence has none.
    pub text: Option<String>,
    /// Ids of the text that lie outside the text vocabulary: the released code lets them come out.
    pub foreign_ids: usize,
    /// Text positions that are still masked.
    pub masked_text: usize,
    /// Cells that were still masked after the last step: the released code fills or keeps them.
    pub masked_cells: usize,
    /// The picture.
    pub picture: RgbImage,
    /// Network evaluations.
    pub forwards: Forwards,
    /// Length of the sequence.
    pub length: usize,
    /// Turning the codes into the picture.
    pub picture_time: Duration,
    /// Frames on the way, if asked for.
    pub reel: Option<Reel>,
}

/// One group of prompts that were decoded together.
#[derive(Debug)]
pub struct Group {
    /// What came out, one for each prompt.
    pub decoded: Vec<Result<Decoded, EngineError>>,
    /// Where the time went, all prompts together.
    pub times: Times,
}

/// An opened bundle.
#[derive(Debug)]
pub struct Engine {
    options: OnnxOptions,
    language: LanguageModel,
    images: ImageTokenizer,
    /// What decides a picture beside its codes.
    graphs: Digest,
    inputs: Inputs,
    /// Its number among those that decode at the same time.
    worker: usize,
}

impl Engine {
    /// Opens the graphs.
    ///
    /// # Errors
    /// [`EngineError::Bundle`].
    pub fn open(
        bundle: &Bundle,
        options: OnnxOptions,
        runtime: &Runtime,
    ) -> Result<Self, EngineError> {
        let scale = bundle.diffusion()?.image.scale;
        let family = bundle.manifest().family;
        let device = options.session.device.to_string();
        Ok(Self {
            graphs: Digest::of_fields([
                bundle.hash().as_bytes(),
                runtime.version().as_bytes(),
                device.as_bytes(),
                format!("{:?}", options.layout.grid()).as_bytes(),
            ]),
            language: bundle.language(runtime, &options.session)?,
            images: bundle.image_tokenizer(runtime, &options.session)?,
            inputs: Inputs::new(family, options.settings.preset, options.size, scale),
            options,
            worker: 0,
        })
    }

    /// The same with another number among those that decode at the same time.
    #[must_use]
    pub fn numbered(mut self, worker: usize) -> Self {
        self.worker = worker;
        self
    }

    /// How it decodes.
    #[must_use]
    pub const fn options(&self) -> &OnnxOptions {
        &self.options
    }

    /// The sequence for an instruction and, for edits, an input picture with the digest of its file.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn prompt(
        &mut self,
        instruction: &str,
        input: Option<(&RgbImage, Digest)>,
        seed: u64,
    ) -> Result<Prompt, EngineError> {
        let codes = match input {
            None => None,
            Some((picture, digest)) => {
                Some(self.inputs.codes(picture, digest, seed, &mut self.images)?)
            }
        };
        Ok(self.options.layout.prompt(instruction, codes.as_ref())?)
    }

    /// Decodes prompts of equal length together, each with the noise of its seed. Stops between steps when `waiting`
    /// becomes false; `watch` is told of every step.
    ///
    /// # Errors
    /// [`EngineError`] when all of them failed together.
    pub fn decode(
        &mut self,
        prompts: Vec<(Prompt, u64)>,
        waiting: &AtomicBool,
        watch: Option<&dyn StepWatch>,
    ) -> Result<Group, EngineError> {
        let mut lanes: Vec<Lane> = prompts
            .into_iter()
            .map(|(prompt, seed)| {
                Lane::new(prompt.canvas, prompt.guides, Box::new(Seeded::new(seed)))
            })
            .collect();
        let layout = &self.options.layout;
        let mut decoder = self
            .options
            .settings
            .decoder(layout.text_masks(), layout.cells())?;
        let steps = decoder.steps();
        let (filming, worker) = (self.options.film, self.worker);
        let mut reels: Vec<Option<Reel>> = lanes
            .iter()
            .map(|lane| filming.map(|filming| Reel::new(filming, &lane.canvas)))
            .collect();
        let mut times = Times::default();
        let ended = decoder.run(&mut lanes, &mut self.language, &mut times, |step, lanes| {
            if let Some(watch) = watch {
                watch.notice(StepsDone {
                    done: step + 1,
                    of: steps,
                    samples: lanes.len(),
                    worker,
                });
            }
            for (reel, lane) in reels.iter_mut().zip(lanes) {
                if let Some(reel) = reel {
                    reel.notice(step, step + 1 == steps, &lane.canvas);
                }
            }
            match waiting.load(Ordering::Relaxed) {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        if ended == Ended::Stopped {
            return Err(EngineError::Stopped);
        }
        let finished = lanes.iter_mut().map(|lane| (decoder.finish(lane), lane));
        let finished: Vec<_> = finished.collect();
        let mut decoded = Vec::with_capacity(finished.len());
        for ((codes, lane), reel) in finished.into_iter().zip(reels) {
            decoded.push(match lane.fault.take() {
                Some(fault) => Err(fault.into()),
                None => codes
                    .map_err(EngineError::from)
                    .and_then(|codes| self.develop(lane, &codes, reel)),
            });
        }
        Ok(Group { decoded, times })
    }

    /// Text and picture of a decoded sequence.
    fn develop(
        &mut self,
        lane: &Lane,
        codes: &[usize],
        reel: Option<Reel>,
    ) -> Result<Decoded, EngineError> {
        let start = Instant::now();
        let picture = self.picture(codes)?;
        let picture_time = start.elapsed();
        let canvas = &lane.canvas;
        let ids = canvas.text_ids();
        let text = match self.options.has_text() {
            true => Some(self.options.layout.text_of(ids)?),
            false => None,
        };
        let vocabulary = canvas.vocabulary;
        Ok(Decoded {
            text,
            foreign_ids: ids.iter().filter(|&&id| id >= vocabulary.id_of(0)).count(),
            masked_text: ids.iter().filter(|&&id| id == vocabulary.mask).count(),
            masked_cells: canvas.masked_cells().len(),
            picture,
            forwards: lane.forwards,
            length: canvas.ids.len(),
            picture_time,
            reel,
        })
    }

    /// The picture of all cells' codes.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn picture(&mut self, codes: &[usize]) -> Result<RgbImage, EngineError> {
        let layout = &self.options.layout;
        let values: Vec<i64> = codes.iter().map(|&code| code as i64).collect();
        let size = u32::try_from(layout.codes()).unwrap_or(u32::MAX);
        let codes = Codes::new(&values, layout.grid(), size)?;
        let images = &mut self.images;
        developed::picture(developed::key(self.graphs, &values), || {
            Ok(images.decode(&codes)?)
        })
    }
}
