//! The preset `paper`: follows a [`DecodingPlan`] with the defects of the released code put right.
//!
//! Both kinds of logits of a step come from the state before it. The sequence of guidance really lacks the input image
//! and is aligned with the decoded one. Text is chosen from the text vocabulary without the mask token, so that what a
//! step decides stays decided. Cells are never decided by chance: the last image step decides all that are left.

use super::choose::{Proposal, TextNoise, largest};
use super::forward::{Forward, Readings};
use super::image::{self, CellLogits, CellProposals, Guidance};
use super::lane::{Lane, LaneFault, Pass};
use super::noise::Draw;
use super::plan::{DecodingPlan, ImageStep, PlannedStep, TextStep};
use super::released_m::gumbel;
use super::text::{self, Remasking, TextLogits, TextReads, TextRule, rows};
use crate::onnx::language::{ForwardError, Want};

/// How choices are made under a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choices {
    /// `s` in `cond + s · (cond − uncond)` for text.
    pub text_cfg: f64,
    /// The same for the image.
    pub image_cfg: f64,
    /// Temperature of the text: 0 takes the most likely token.
    pub text_temperature: f64,
    /// Temperature of the image: 0 takes the most likely code and adds no noise to the order.
    pub temperature: f64,
    /// Which text proposals are kept.
    pub remasking: Remasking,
}

/// A decoding in progress.
#[derive(Debug)]
pub struct PlannedDecoder {
    plan: DecodingPlan,
    choices: Choices,
    rule: TextRule,
    cond: Pass,
    uncond: Pass,
}

/// What one lane reads in a step.
#[derive(Default)]
struct Reads {
    text: TextReads,
    cells: Vec<usize>,
    cells_cond: usize,
    cells_uncond: Option<usize>,
}

/// Logits of one lane at one step.
struct StepLogits<'a> {
    text: TextLogits<'a>,
    cells: CellLogits<'a>,
}

impl PlannedDecoder {
    /// A decoder that follows the plan.
    #[must_use]
    pub fn new(plan: DecodingPlan, choices: Choices) -> Self {
        let noise = match choices.text_temperature {
            0.0 => TextNoise::Greedy,
            temperature => TextNoise::Gumbel32(temperature as f32),
        };
        Self {
            plan,
            rule: TextRule {
                noise,
                remasking: choices.remasking,
                may_choose_mask: false,
                toward_uncond: -choices.text_cfg as f32,
            },
            choices,
            cond: Pass::default(),
            uncond: Pass::default(),
        }
    }

    /// Steps of the plan.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.plan.steps.len()
    }

    /// Does a step update the image?
    #[must_use]
    pub fn draws(&self, step: usize) -> bool {
        match self.plan.steps.get(step) {
            Some(PlannedStep::Separate { image, .. }) => image.is_some(),
            Some(PlannedStep::Joint(_)) => true,
            None => false,
        }
    }

    /// One step of all lanes.
    ///
    /// # Errors
    /// [`ForwardError`] when a pass fails; what goes wrong with one lane is its [`Lane::fault`].
    pub fn step<F: Forward>(
        &mut self,
        index: usize,
        lanes: &mut [Lane],
        network: &mut F,
    ) -> Result<(), ForwardError> {
        let Some(step) = self.plan.steps.get(index).cloned() else {
            return Ok(());
        };
        self.cond.clear();
        self.uncond.clear();
        let reads: Vec<Reads> = lanes.iter_mut().map(|lane| self.ask(lane, &step)).collect();
        if self.cond.is_empty() {
            return Ok(());
        }
        let cond = self.cond.run(network)?;
        let uncond = match self.uncond.is_empty() {
            true => None,
            false => Some(self.uncond.run(network)?),
        };
        for (lane, reads) in lanes.iter_mut().zip(&reads) {
            if lane.fault.is_none() {
                let logits = take(reads, &cond, uncond.as_ref())?;
                lane.attempt(|lane| self.update(index, &step, lane, reads, &logits));
            }
        }
        Ok(())
    }

    /// Asks for what the step reads of a lane.
    fn ask(&mut self, lane: &mut Lane, step: &PlannedStep) -> Reads {
        let mut reads = Reads::default();
        if lane.fault.is_some() {
            return reads;
        }
        let text = lane.canvas.text.clone();
        let (block, draws) = match step {
            PlannedStep::Separate { text: step, image } => {
                let block = step
                    .as_ref()
                    .map(|TextStep { block, .. }| text.start + block.start..text.start + block.end);
                (block, image.is_some())
            }
            PlannedStep::Joint(_) => (Some(text), true),
        };
        reads.text.positions = block.map_or_else(Vec::new, |block| lane.canvas.masked_text(block));
        if draws {
            reads.cells = lane.canvas.masked_cells();
        }
        let cells: Vec<usize> = reads
            .cells
            .iter()
            .filter_map(|&cell| lane.canvas.cells.get(cell).copied())
            .collect();
        let positions = reads.text.positions.iter().copied();
        let row = self.cond.sequence(&lane.canvas);
        lane.forwards.conditional += 1;
        reads.text.cond = self.cond.read(row, positions.clone(), Want::Text);
        reads.cells_cond = self.cond.read(row, cells.iter().copied(), Want::Codes);
        let guides_text = self.choices.text_cfg != 0.0 && !reads.text.positions.is_empty();
        let guides_cells = self.choices.image_cfg != 0.0 && !cells.is_empty();
        if let Some(guide) = lane.guides.image.as_ref()
            && (guides_text || guides_cells)
        {
            let row = self.uncond.guide(&lane.canvas, guide);
            lane.forwards.unconditional += 1;
            let positions = positions.map(|position| guide.place(position));
            let cells = cells.into_iter().map(|position| guide.place(position));
            reads.text.uncond = guides_text.then(|| self.uncond.read(row, positions, Want::Text));
            reads.cells_uncond = guides_cells.then(|| self.uncond.read(row, cells, Want::Codes));
        }
        reads
    }

    fn update(
        &self,
        index: usize,
        step: &PlannedStep,
        lane: &mut Lane,
        reads: &Reads,
        logits: &StepLogits<'_>,
    ) -> Result<(), LaneFault> {
        let positions = &reads.text.positions;
        match step {
            PlannedStep::Separate { text, image } => {
                // The image first: its logits are of the state before the text of this step.
                if let Some(image) = image {
                    self.draw(index, image, lane, &logits.cells)?;
                }
                match text {
                    None => Ok(()),
                    Some(TextStep { reveal, .. }) => {
                        text::update(lane, index, &self.rule, *reveal, positions, &logits.text)
                    }
                }
            }
            PlannedStep::Joint(joint) => self.decide_jointly(index, joint, lane, positions, logits),
        }
    }

    fn propose_cells(
        &self,
        index: usize,
        step: &ImageStep,
        lane: &mut Lane,
        logits: &CellLogits<'_>,
    ) -> Result<(CellProposals, Vec<f32>), LaneFault> {
        let Choices {
            image_cfg,
            temperature,
            ..
        } = self.choices;
        let guidance = match (image_cfg, logits.image.is_empty()) {
            (0.0, _) | (_, true) => Guidance::None,
            (scale, false) => Guidance::Differences {
                text: 0.0,
                image: scale as f32,
            },
        };
        let proposals = image::propose(lane, index, guidance, temperature != 0.0, logits)?;
        let mut noise = vec![0.0; proposals.codes.len()];
        let weight = (temperature * step.remaining) as f32;
        if weight != 0.0 {
            let shape = [1, noise.len()];
            let field = lane.noise.draw(Draw::CellOrderUniform, index, shape)?;
            field.read(0, &mut noise);
            noise.iter_mut().for_each(|u| *u = weight * gumbel(*u));
        }
        let confidence = proposals.probabilities.iter().zip(&noise);
        let confidence = confidence.map(|(p, n)| p.max(1e-20).ln() + n).collect();
        Ok((proposals, confidence))
    }

    fn draw(
        &self,
        index: usize,
        step: &ImageStep,
        lane: &mut Lane,
        logits: &CellLogits<'_>,
    ) -> Result<(), LaneFault> {
        let (proposals, confidence) = self.propose_cells(index, step, lane, logits)?;
        // Only masked cells compete: what is decided stays decided.
        let unknown = lane.canvas.masked_cells();
        let of_unknown: Vec<f32> = unknown
            .iter()
            .map(|&cell| confidence.get(cell).copied().unwrap_or(f32::MAX))
            .collect();
        let stay = unknown.len().saturating_sub(step.reveal);
        let masked: Vec<usize> = image::least_confident(&of_unknown, stay)
            .into_iter()
            .filter_map(|index| unknown.get(index).copied())
            .collect();
        image::write(lane, proposals.codes, &masked);
        Ok(())
    }

    /// Fixes the most confident positions of text and image together, ordered by log-probability; cells carry the same
    /// fading noise as in the other strategies.
    fn decide_jointly(
        &self,
        index: usize,
        step: &ImageStep,
        lane: &mut Lane,
        positions: &[usize],
        logits: &StepLogits<'_>,
    ) -> Result<(), LaneFault> {
        let texts: Vec<Proposal> = text::propose(lane, index, &self.rule, positions, &logits.text)?;
        let unknown = lane.canvas.masked_cells();
        let (cells, confidence) = match unknown.is_empty() {
            true => (None, Vec::new()),
            false => {
                let (cells, confidence) = self.propose_cells(index, step, lane, &logits.cells)?;
                (Some(cells), confidence)
            }
        };
        let mut order: Vec<f64> = texts.iter().map(|text| text.confidence.ln()).collect();
        let of_cell = |&cell: &usize| f64::from(confidence.get(cell).copied().unwrap_or(0.0));
        order.extend(unknown.iter().map(of_cell));
        let mut keep = vec![false; unknown.len()];
        for chosen in largest(&order, step.reveal) {
            match (positions.get(chosen), texts.get(chosen)) {
                (Some(&position), Some(text)) => lane.canvas.set(position, text.token as i64),
                _ => {
                    if let Some(kept) = keep.get_mut(chosen - positions.len()) {
                        *kept = true;
                    }
                }
            }
        }
        if let Some(cells) = cells {
            let masked = unknown.iter().zip(&keep);
            let masked: Vec<usize> = masked
                .filter(|(_, kept)| !**kept)
                .map(|(&cell, _)| cell)
                .collect();
            image::write(lane, cells.codes, &masked);
        }
        Ok(())
    }
}

fn take<'a, R: Readings>(
    reads: &Reads,
    cond: &'a R,
    uncond: Option<&'a R>,
) -> Result<StepLogits<'a>, ForwardError> {
    let (texts, cells) = (reads.text.positions.len(), reads.cells.len());
    let other = |first: Option<usize>, count| match (uncond, first) {
        (Some(readings), Some(first)) => rows(readings, first, count),
        _ => Ok(Vec::new()),
    };
    Ok(StepLogits {
        text: TextLogits {
            cond: rows(cond, reads.text.cond, texts)?,
            uncond: other(reads.text.uncond, texts)?,
        },
        cells: CellLogits {
            cond: rows(cond, reads.cells_cond, cells)?,
            text: Vec::new(),
            image: other(reads.cells_uncond, cells)?,
        },
    })
}
