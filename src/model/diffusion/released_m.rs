//! The preset `released-m`: `interleave_generate` of the released code of family M, step by step.
//!
//! Conditional and unconditional sequence see the state before the step and share one pass. Positive text guidance moves
//! *towards* the unconditional prediction, as released. The picture is what the last image update sampled, including the
//! cell that was masked again.

use super::choose::TextNoise;
use super::forward::{Forward, Readings};
use super::image::{self, CellLogits, Guidance};
use super::lane::{Lane, LaneFault, Pass};
use super::noise::Draw;
use super::schedule::{MaskSchedule, even_split, image_steps_released, mask_len_released};
use super::text::{self, Remasking, TextLogits, TextReads, TextRule, rows};
use crate::onnx::language::{ForwardError, Want};

/// Parameters of the released function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReleasedM {
    /// Steps of the common loop; text is updated at each.
    pub text_steps: usize,
    /// Image updates asked for; those that fall on the same step are run once.
    pub image_steps: usize,
    /// `s` in `cond + s · (uncond − cond)` for text.
    pub text_cfg: f64,
    /// `s` in `(1 + s) · cond − s · uncond` for the image.
    pub image_cfg: f64,
    /// Temperature of the text: 0 takes the most likely token.
    pub text_temperature: f64,
    /// Temperature of the order in which cells are kept; codes are always sampled.
    pub image_temperature: f64,
    /// Which text proposals are kept.
    pub remasking: Remasking,
    /// Share of cells masked over time.
    pub schedule: MaskSchedule,
}

/// A decoding in progress.
#[derive(Debug)]
pub struct DecoderM {
    settings: ReleasedM,
    image_steps: Vec<usize>,
    rule: TextRule,
    pass: Pass,
}

/// What one lane reads in a step.
#[derive(Default)]
struct Reads {
    text: TextReads,
    cells: Vec<usize>,
    cells_cond: usize,
    cells_uncond: Option<usize>,
}

impl DecoderM {
    /// Prepares the schedules.
    #[must_use]
    pub fn new(settings: ReleasedM) -> Self {
        let noise = match settings.text_temperature {
            0.0 => TextNoise::Greedy,
            temperature => TextNoise::Power64(temperature),
        };
        Self {
            image_steps: image_steps_released(settings.text_steps, settings.image_steps),
            rule: TextRule {
                noise,
                remasking: settings.remasking,
                may_choose_mask: true,
                toward_uncond: settings.text_cfg as f32,
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
        let reads: Vec<Reads> = lanes
            .iter_mut()
            .map(|lane| self.ask(lane, drawing))
            .collect();
        let readings = match self.pass.is_empty() {
            true => None,
            false => Some(self.pass.run(network)?),
        };
        for (lane, reads) in lanes.iter_mut().zip(&reads) {
            let (text, cells) = match &readings {
                Some(readings) => (
                    TextLogits::of(readings, &reads.text)?,
                    cell_logits(readings, reads)?,
                ),
                None => (TextLogits::default(), CellLogits::default()),
            };
            lane.attempt(|lane| self.update_text(step, lane, &reads.text, &text));
            if drawing {
                lane.attempt(|lane| self.update_image(step, lane, &cells));
            }
        }
        Ok(())
    }

    fn ask(&mut self, lane: &mut Lane, drawing: bool) -> Reads {
        let mut reads = Reads::default();
        if lane.fault.is_some() {
            return reads;
        }
        reads.text.positions = lane.canvas.masked_text(lane.canvas.text.clone());
        if drawing {
            reads.cells = lane.canvas.masked_cells();
        }
        let (has_text, has_cells) = (!reads.text.positions.is_empty(), !reads.cells.is_empty());
        if !has_text && !has_cells {
            return reads;
        }
        let cells: Vec<usize> = reads
            .cells
            .iter()
            .filter_map(|&cell| lane.canvas.cells.get(cell).copied())
            .collect();
        let row = self.pass.sequence(&lane.canvas);
        lane.forwards.conditional += 1;
        let text = reads.text.positions.iter().copied();
        reads.text.cond = self.pass.read(row, text.clone(), Want::Everything);
        reads.cells_cond = self.pass.read(row, cells.iter().copied(), Want::Codes);
        let guides_text = has_text && self.settings.text_cfg != 0.0;
        let guides_cells = has_cells && self.settings.image_cfg != 0.0;
        if let Some(guide) = &lane.guides.image
            && (guides_text || guides_cells)
        {
            let row = self.pass.guide(&lane.canvas, guide);
            lane.forwards.unconditional += 1;
            reads.text.uncond = guides_text.then(|| self.pass.read(row, text, Want::Everything));
            reads.cells_uncond =
                guides_cells.then(|| self.pass.read(row, cells.into_iter(), Want::Codes));
        }
        reads
    }

    fn update_text(
        &self,
        step: usize,
        lane: &mut Lane,
        reads: &TextReads,
        logits: &TextLogits<'_>,
    ) -> Result<(), LaneFault> {
        // Noise is drawn at every step, also when no position is masked any more.
        let count = even_split(lane.text_masks, self.settings.text_steps);
        let count = count.get(step).copied().unwrap_or(0);
        text::update(lane, step, &self.rule, count, &reads.positions, logits)
    }

    fn update_image(
        &self,
        step: usize,
        lane: &mut Lane,
        logits: &CellLogits<'_>,
    ) -> Result<(), LaneFault> {
        let settings = &self.settings;
        let guidance = match settings.image_cfg {
            0.0 => Guidance::None,
            scale => Guidance::Extrapolation {
                cond: (1.0 + scale) as f32,
                uncond: scale as f32,
            },
        };
        let unknown = lane.canvas.masked_cells().len();
        let proposals = image::propose(lane, step, guidance, true, logits)?;
        let cells = proposals.codes.len();
        let stay = mask_len_released(settings.schedule, cells, step, settings.text_steps, unknown);
        let field = lane.noise.draw(Draw::CellOrderUniform, step, [1, cells])?;
        let mut uniform = vec![0.0; cells];
        field.read(0, &mut uniform);
        let passed = (step + 1) as f64 / settings.text_steps as f64;
        let weight = (settings.image_temperature * (1.0 - passed)) as f32;
        let confidence = proposals.probabilities.iter().zip(&uniform);
        let confidence: Vec<f32> = confidence
            .map(|(p, u)| p.max(1e-20).ln() + weight * gumbel(*u))
            .collect();
        let masked = below_cut(&confidence, stay);
        image::write(lane, proposals.codes, &masked);
        Ok(())
    }

    /// The picture's codes: those of the last update; for cells that no update ever saw, what they hold.
    #[must_use]
    pub fn finish(&self, lane: &Lane) -> Vec<usize> {
        if lane.sampled.is_empty() {
            let codes = lane.canvas.codes();
            return codes.into_iter().map(Option::unwrap_or_default).collect();
        }
        lane.sampled.clone()
    }
}

/// `−ln(−ln u)`, clipped as in the reference.
pub fn gumbel(u: f32) -> f32 {
    -(-u.max(1e-20).ln()).max(1e-20).ln()
}

/// Cells whose confidence lies strictly below the `count`-th in ascending order: fewer than `count` when there are
/// equals at the cut, none when there is no such cell.
fn below_cut(confidence: &[f32], count: usize) -> Vec<usize> {
    let mut sorted = confidence.to_vec();
    sorted.sort_by(f32::total_cmp);
    let Some(&cut) = sorted.get(count) else {
        return Vec::new();
    };
    let below = |(cell, &value): (usize, &f32)| (value < cut).then_some(cell);
    confidence.iter().enumerate().filter_map(below).collect()
}

fn cell_logits<'a, R: Readings>(
    readings: &'a R,
    reads: &Reads,
) -> Result<CellLogits<'a>, ForwardError> {
    let count = reads.cells.len();
    let uncond = reads.cells_uncond.map(|first| rows(readings, first, count));
    Ok(CellLogits {
        cond: rows(readings, reads.cells_cond, count)?,
        text: Vec::new(),
        image: uncond.transpose()?.unwrap_or_default(),
    })
}
