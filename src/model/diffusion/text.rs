//! Deciding text: a proposal for every masked position, and which of them are kept.

use std::str::FromStr;

use rayon::prelude::*;

use super::choose::{Proposal, TextNoise, choose_text, join, largest, pays};
use super::forward::{Parts, Readings};
use super::lane::{Lane, LaneFault};
use super::noise::{Draw, Field};
use crate::onnx::language::ForwardError;

/// Which proposals are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remasking {
    /// The most confident ones.
    LowConfidence,
    /// Random ones.
    Random,
}

impl Remasking {
    /// Its name in options and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LowConfidence => "low-confidence",
            Self::Random => "random",
        }
    }
}

impl FromStr for Remasking {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "low-confidence" => Ok(Self::LowConfidence),
            "random" => Ok(Self::Random),
            _ => Err(format!("`{text}` is neither low-confidence nor random")),
        }
    }
}

/// How text is decided at one step.
#[derive(Debug, Clone, Copy)]
pub struct TextRule {
    /// Noise on the choice of a token.
    pub noise: TextNoise,
    /// Which proposals are kept.
    pub remasking: Remasking,
    /// May the mask token be chosen? It may in the released code, and leaves the position masked.
    pub may_choose_mask: bool,
    /// `s` in `cond + s · (uncond − cond)`.
    pub toward_uncond: f32,
}

/// The masked text positions of a lane and their logits.
#[derive(Debug, Clone, Default)]
pub struct TextReads {
    /// Masked positions, ascending.
    pub positions: Vec<usize>,
    /// First read in the pass of the conditional sequence.
    pub cond: usize,
    /// First read of the sequence without the condition, where guidance needs it.
    pub uncond: Option<usize>,
}

/// The logits of `count` reads from `first` on.
///
/// # Errors
/// [`ForwardError`] when the network did not give them.
pub fn rows<R: Readings>(
    readings: &R,
    first: usize,
    count: usize,
) -> Result<Vec<Parts<'_>>, ForwardError> {
    (first..first + count)
        .map(|index| readings.parts(index))
        .collect()
}

#[derive(Debug, Default)]
/// Logits of a lane's masked text positions, and of the same without the condition.
pub struct TextLogits<'a> {
    /// Of the sequence.
    pub cond: Vec<Parts<'a>>,
    /// Of the sequence that guidance compares with; empty without guidance.
    pub uncond: Vec<Parts<'a>>,
}

impl<'a> TextLogits<'a> {
    /// Takes the logits of a lane out of a pass.
    ///
    /// # Errors
    /// [`ForwardError`] when the network did not give them.
    pub fn of<R: Readings>(readings: &'a R, reads: &TextReads) -> Result<Self, ForwardError> {
        let count = reads.positions.len();
        let uncond = reads.uncond.map(|first| rows(readings, first, count));
        Ok(Self {
            cond: rows(readings, reads.cond, count)?,
            uncond: uncond.transpose()?.unwrap_or_default(),
        })
    }
}

/// A proposal for every position. Noise rows are counted from the beginning of the text.
///
/// # Errors
/// [`LaneFault`].
pub fn propose(
    lane: &mut Lane,
    step: usize,
    rule: &TextRule,
    positions: &[usize],
    logits: &TextLogits<'_>,
) -> Result<Vec<Proposal>, LaneFault> {
    let (text, vocabulary) = (lane.canvas.text.clone(), lane.canvas.vocabulary);
    let field = match rule.noise {
        TextNoise::Greedy => None,
        _ => {
            let width = vocabulary.total;
            Some(
                lane.noise
                    .draw(Draw::TextChoice, step, [text.len(), width])?,
            )
        }
    };
    let buffers = || (Vec::new(), Vec::new());
    let choose = |(joined, uniform): &mut (Vec<f32>, Vec<f32>),
                  (index, &position): (usize, &usize)| {
        let cond = logits.cond.get(index).copied().unwrap_or_default();
        let uncond = logits.uncond.get(index).copied();
        let guide = uncond.map(|uncond| (uncond, rule.toward_uncond));
        if !join(cond, guide, joined) {
            return Err(LaneFault::NotFinite(step));
        }
        if !rule.may_choose_mask
            && let Some(mask) = usize::try_from(vocabulary.mask)
                .ok()
                .and_then(|mask| joined.get_mut(mask))
        {
            *mask = f32::NEG_INFINITY;
        }
        read_noise(field.as_ref(), position - text.start, joined.len(), uniform);
        Ok(choose_text(joined, rule.noise, uniform))
    };
    if !pays(positions.len(), vocabulary.total) {
        let mut own = buffers();
        let each = positions.iter().enumerate();
        return each.map(|one| choose(&mut own, one)).collect();
    }
    let each = positions.par_iter().enumerate();
    each.map_init(buffers, choose).collect()
}

fn read_noise(field: Option<&Field>, row: usize, width: usize, out: &mut Vec<f32>) {
    if let Some(field) = field {
        out.resize(width, 0.0);
        field.read(row, out);
    }
}

/// Proposes for the masked positions and keeps `count` of them.
///
/// # Errors
/// [`LaneFault`].
pub fn update(
    lane: &mut Lane,
    step: usize,
    rule: &TextRule,
    count: usize,
    positions: &[usize],
    logits: &TextLogits<'_>,
) -> Result<(), LaneFault> {
    let proposals = propose(lane, step, rule, positions, logits)?;
    let order: Vec<f64> = match rule.remasking {
        Remasking::LowConfidence => proposals.iter().map(|p| p.confidence).collect(),
        Remasking::Random => {
            let text = lane.canvas.text.clone();
            let field = lane.noise.draw(Draw::TextOrder, step, [1, text.len()])?;
            let mut drawn = vec![0.0; text.len()];
            field.read(0, &mut drawn);
            let at = |&position: &usize| {
                f64::from(drawn.get(position - text.start).copied().unwrap_or(0.0))
            };
            positions.iter().map(at).collect()
        }
    };
    for index in largest(&order, count) {
        if let (Some(&position), Some(proposal)) = (positions.get(index), proposals.get(index)) {
            lane.canvas.set(position, proposal.token as i64);
        }
    }
    Ok(())
}
