//! The preset `released-a`: `generate_ti2ti` of the released code of family A, step by step.
//!
//! What it does differently from the paper is kept on purpose (docs/decoding.md lists it): no text blocks, the whole
//! vocabulary as text, image updates that count text steps, guidance sequences that are written over the decoded one and
//! see the text of the same step, and cells that stay masked to the end and are filled at random.
//!
//! Left out is only work whose result it does not use: passes whose weight is 0, and reads of what is decided already.

use super::canvas::{Canvas, Guide};
use super::choose::TextNoise;
use super::forward::{Forward, Readings};
use super::image::{self, CellLogits, Guidance};
use super::lane::{Lane, LaneFault, Pass};
use super::noise::Draw;
use super::schedule::{MaskSchedule, image_steps_released, mask_len_released, text_counts_a};
use super::text::{self, Remasking, TextLogits, TextReads, TextRule, rows};
use crate::onnx::language::{ForwardError, Want};

/// Parameters of the released function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReleasedA {
    /// Steps of the common loop; text is updated at each.
    pub text_steps: usize,
    /// Image updates asked for; those that fall on the same step are run once.
    pub image_steps: usize,
    /// Temperature of the image: 0 takes the most likely code.
    pub temperature: f64,
    /// Temperature of the text: 0 takes the most likely token.
    pub text_temperature: f64,
    /// Weight of the difference to the sequence without instruction.
    pub cfg_scale: f64,
    /// Weight of the difference to the sequence "without image" (which holds it, see the docs).
    pub cfg_img: f64,
    /// Which text proposals are kept.
    pub remasking: Remasking,
    /// Share of cells masked over time.
    pub schedule: MaskSchedule,
}

/// A decoding in progress.
#[derive(Debug)]
pub struct DecoderA {
    settings: ReleasedA,
    image_steps: Vec<usize>,
    rule: TextRule,
    pass: Pass,
}

/// What one lane reads in the conditional pass of a step.
#[derive(Default)]
struct Reads {
    text: TextReads,
    cells: Vec<usize>,
    cells_cond: usize,
    cells_text: Option<usize>,
    cells_image: Option<usize>,
}

impl DecoderA {
    /// Prepares the schedules.
    #[must_use]
    pub fn new(settings: ReleasedA) -> Self {
        let noise = match settings.text_temperature {
            0.0 => TextNoise::Greedy,
            temperature => TextNoise::Gumbel32(temperature as f32),
        };
        Self {
            image_steps: image_steps_released(settings.text_steps, settings.image_steps),
            rule: TextRule {
                noise,
                remasking: settings.remasking,
                may_choose_mask: true,
                toward_uncond: 0.0,
            },
            settings,
            pass: Pass::default(),
        }
    }

    /// Steps of the loop.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.settings.text_steps
    }

    /// Does a step update the image?
    #[must_use]
    pub fn draws(&self, step: usize) -> bool {
        self.image_steps.contains(&step)
    }

    /// One step of all lanes.
    ///
    /// # Errors
    /// [`ForwardError`] when a pass fails; what goes wrong with one lane is its [`Lane::fault`].
    pub fn step<F: Forward>(
        &mut self,
        step: usize,
        lanes: &mut [Lane],
        network: &mut F,
    ) -> Result<(), ForwardError> {
        let drawing = self.draws(step);
        self.pass.clear();
        let mut reads: Vec<Reads> = lanes
            .iter_mut()
            .map(|lane| self.ask_condition(lane, drawing))
            .collect();
        let cond = match self.pass.is_empty() {
            true => None,
            false => Some(self.pass.run(network)?),
        };
        if let Some(cond) = &cond {
            for (lane, reads) in lanes.iter_mut().zip(&reads) {
                self.update_text(step, lane, &reads.text, cond)?;
            }
        }
        if !drawing {
            return Ok(());
        }
        self.pass.clear();
        for (lane, reads) in lanes.iter_mut().zip(&mut reads) {
            self.ask_guidance(lane, reads);
        }
        let guides = match self.pass.is_empty() {
            true => None,
            false => Some(self.pass.run(network)?),
        };
        for (lane, reads) in lanes.iter_mut().zip(&reads) {
            let logits = cell_logits(reads, cond.as_ref(), guides.as_ref())?;
            lane.attempt(|lane| self.update_image(step, lane, &logits));
        }
        Ok(())
    }

    fn ask_condition(&mut self, lane: &mut Lane, drawing: bool) -> Reads {
        let mut reads = Reads::default();
        if lane.fault.is_some() {
            return reads;
        }
        reads.text.positions = lane.canvas.masked_text(lane.canvas.text.clone());
        if drawing {
            reads.cells = lane.canvas.masked_cells();
        }
        if reads.text.positions.is_empty() && reads.cells.is_empty() {
            return reads;
        }
        let row = self.pass.sequence(&lane.canvas);
        lane.forwards.conditional += 1;
        let text = reads.text.positions.iter().copied();
        reads.text.cond = self.pass.read(row, text, Want::Everything);
        reads.cells_cond = self
            .pass
            .read(row, places(&lane.canvas, &reads.cells), Want::Codes);
        reads
    }

    fn update_text<R: Readings>(
        &self,
        step: usize,
        lane: &mut Lane,
        reads: &TextReads,
        cond: &R,
    ) -> Result<(), ForwardError> {
        if reads.positions.is_empty() {
            return Ok(());
        }
        let logits = TextLogits::of(cond, reads)?;
        let count = text_counts_a(lane.text_masks, self.settings.text_steps);
        let count = count.get(step).copied().unwrap_or(0);
        lane.attempt(|lane| text::update(lane, step, &self.rule, count, &reads.positions, &logits));
        Ok(())
    }

    fn ask_guidance(&mut self, lane: &mut Lane, reads: &mut Reads) {
        if lane.fault.is_some() || reads.cells.is_empty() || !self.guides(lane) {
            return;
        }
        // A prefix that is not given leaves the sequence as it is after this step's text.
        let copy = Guide::over(Vec::new());
        let ReleasedA {
            cfg_scale, cfg_img, ..
        } = self.settings;
        let mut ask = |guide: Option<&Guide>| {
            let guide = guide.unwrap_or(&copy);
            let row = self.pass.guide(&lane.canvas, guide);
            lane.forwards.unconditional += 1;
            let places = places(&lane.canvas, &reads.cells).map(|position| guide.place(position));
            self.pass.read(row, places, Want::Codes)
        };
        reads.cells_text = (cfg_scale != 0.0).then(|| ask(lane.guides.text.as_ref()));
        reads.cells_image = (cfg_img != 0.0).then(|| ask(lane.guides.image.as_ref()));
    }

    /// Does the released code evaluate the sequences of guidance? If not, their logits count as zeros.
    fn guides(&self, lane: &Lane) -> bool {
        (self.settings.cfg_scale > 0.0 && lane.guides.text.is_some())
            || (self.settings.cfg_img > 0.0 && lane.guides.image.is_some())
    }

    fn update_image(
        &self,
        step: usize,
        lane: &mut Lane,
        logits: &CellLogits<'_>,
    ) -> Result<(), LaneFault> {
        let settings = &self.settings;
        let guidance = Guidance::Differences {
            text: settings.cfg_scale as f32,
            image: settings.cfg_img as f32,
        };
        let unknown = lane.canvas.masked_cells().len();
        let sampling = settings.temperature != 0.0;
        let proposals = image::propose(lane, step, guidance, sampling, logits)?;
        let cells = proposals.codes.len();
        let stay = mask_len_released(settings.schedule, cells, step, settings.text_steps, unknown);
        // Drawn also when its weight is 0, as the released code does.
        let field = lane.noise.draw(Draw::CellOrderNormal, step, [1, cells])?;
        let mut normal = vec![0.0; cells];
        field.read(0, &mut normal);
        let passed = (step + 1) as f64 / settings.text_steps as f64;
        let weight = (settings.temperature * (1.0 - passed)) as f32;
        let confidence = proposals.probabilities.iter().zip(&normal);
        let confidence: Vec<f32> = confidence
            .map(|(p, n)| (p + 1e-10).ln() + weight * n)
            .collect();
        let masked = image::least_confident(&confidence, stay);
        image::write(lane, proposals.codes, &masked);
        Ok(())
    }

    /// Fills the cells that are still masked with random codes, as the released code does, and gives the picture's codes.
    ///
    /// # Errors
    /// [`LaneFault`].
    pub fn finish(&self, lane: &mut Lane) -> Result<Vec<usize>, LaneFault> {
        let codes = lane.canvas.codes();
        let size = lane.canvas.vocabulary.codes;
        let left = codes.iter().filter(|code| code.is_none()).count();
        if left == 0 {
            return Ok(codes.into_iter().flatten().collect());
        }
        let last = self.settings.text_steps.saturating_sub(1);
        let field = lane.noise.draw(Draw::FinalFill, last, [left, 1])?;
        let mut row = 0;
        let mut fill = || {
            let mut share = [0.0];
            field.read(row, &mut share);
            row += 1;
            ((f64::from(share[0]) * size as f64) as usize).min(size.saturating_sub(1))
        };
        Ok(codes
            .into_iter()
            .map(|code| code.unwrap_or_else(&mut fill))
            .collect())
    }
}

/// Positions of some cells.
fn places<'a>(canvas: &'a Canvas, cells: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    let place = |&cell: &usize| canvas.cells.get(cell).copied();
    cells.iter().filter_map(place)
}

fn cell_logits<'a, R: Readings>(
    reads: &Reads,
    cond: Option<&'a R>,
    guides: Option<&'a R>,
) -> Result<CellLogits<'a>, ForwardError> {
    let count = reads.cells.len();
    let take = |readings: Option<&'a R>, first: Option<usize>| match (readings, first) {
        (Some(readings), Some(first)) => rows(readings, first, count),
        _ => Ok(Vec::new()),
    };
    Ok(CellLogits {
        cond: take(cond, Some(reads.cells_cond))?,
        text: take(guides, reads.cells_text)?,
        image: take(guides, reads.cells_image)?,
    })
}
