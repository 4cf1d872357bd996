//! Deciding image cells: a code for every masked cell, and which of them are kept.

use rayon::prelude::*;

use super::choose::{all_finite, draw_index, pays, softmax};
use super::forward::Parts;
use super::lane::{Lane, LaneFault};
use super::noise::Draw;

/// Weights of the three kinds of logits in the guided ones:
/// `cond · c + text · (…) + image · (…)`, see each variant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Guidance {
    /// No guidance.
    None,
    /// `cond + t · (cond − without text) + i · (cond − without image)`: family A, and the paper preset with `t` = 0. A
    /// sequence that was not evaluated counts as zeros, as in the released code.
    Differences {
        /// Weight of the instruction.
        text: f32,
        /// Weight of the input image.
        image: f32,
    },
    /// `(1 + s) · cond − s · uncond`: family M. Equal to a difference in exact arithmetic only.
    Extrapolation {
        /// `1 + s`, rounded from 64 bits.
        cond: f32,
        /// `s`.
        uncond: f32,
    },
}

/// Logits of a lane's masked cells over the image codes.
#[derive(Debug, Default)]
pub struct CellLogits<'a> {
    /// Of the sequence.
    pub cond: Vec<Parts<'a>>,
    /// Of the sequence without the instruction; empty when not evaluated.
    pub text: Vec<Parts<'a>>,
    /// Of the sequence without the input image; empty when not evaluated.
    pub image: Vec<Parts<'a>>,
}

impl CellLogits<'_> {
    /// Guided logits of one cell; false when one is not finite.
    fn guided(&self, index: usize, guidance: Guidance, out: &mut Vec<f32>) -> bool {
        let cond = codes(&self.cond, index);
        let (text_uncond, image_uncond) = (codes(&self.text, index), codes(&self.image, index));
        out.clear();
        out.extend_from_slice(cond);
        match guidance {
            Guidance::None => {}
            Guidance::Differences { text, image } => {
                for (weight, other) in [(text, text_uncond), (image, image_uncond)] {
                    if weight == 0.0 {
                        continue;
                    }
                    // What was not evaluated counts as zeros.
                    let other = other.iter().chain(std::iter::repeat(&0.0));
                    for ((value, cond), other) in out.iter_mut().zip(cond).zip(other) {
                        *value += weight * (cond - other);
                    }
                }
            }
            Guidance::Extrapolation { cond, uncond } => {
                for (value, other) in out.iter_mut().zip(image_uncond) {
                    *value = cond * *value - uncond * other;
                }
            }
        }
        !out.is_empty() && all_finite(out)
    }
}

/// Logits of one cell over the codes; empty when the sequence was not evaluated.
fn codes<'a>(rows: &[Parts<'a>], index: usize) -> &'a [f32] {
    rows.get(index).map_or(&[], |[_, codes, _]| codes)
}

/// Codes that an update proposes for all cells of a picture.
#[derive(Debug, Clone)]
pub struct CellProposals {
    /// A code for every cell; the one it has where it is decided.
    pub codes: Vec<usize>,
    /// Its probability; the largest 32-bit number where it is decided, so that such cells come last when cells are
    /// masked again.
    pub probabilities: Vec<f32>,
}

/// Proposes a code for every masked cell. `sampling` draws it, otherwise the most likely one is taken.
///
/// # Errors
/// [`LaneFault`].
pub fn propose(
    lane: &mut Lane,
    step: usize,
    guidance: Guidance,
    sampling: bool,
    logits: &CellLogits<'_>,
) -> Result<CellProposals, LaneFault> {
    let (cells, width) = (lane.canvas.cells.len(), lane.canvas.vocabulary.codes);
    let field = match sampling {
        true => Some(lane.noise.draw(Draw::CodeChoice, step, [cells, width])?),
        false => None,
    };
    let known = lane.canvas.codes();
    let unknown = lane.canvas.masked_cells();
    let buffers = || (Vec::new(), vec![0.0; width]);
    let choose = |(guided, exponential): &mut (Vec<f32>, Vec<f32>),
                  (index, &cell): (usize, &usize)| {
        if !logits.guided(index, guidance, guided) {
            return Err(LaneFault::NotFinite(step));
        }
        softmax(guided);
        let exponential = field.as_ref().map(|field| {
            field.read(cell, exponential);
            exponential.as_slice()
        });
        let code = draw_index(guided, exponential);
        Ok((cell, code, guided.get(code).copied().unwrap_or(0.0)))
    };
    let chosen: Result<Vec<(usize, usize, f32)>, LaneFault> = match pays(unknown.len(), width) {
        true => {
            let each = unknown.par_iter().enumerate();
            each.map_init(buffers, choose).collect()
        }
        false => {
            let mut own = buffers();
            let each = unknown.iter().enumerate();
            each.map(|one| choose(&mut own, one)).collect()
        }
    };
    let chosen = chosen?;
    let mut proposals = CellProposals {
        codes: known.iter().map(|code| code.unwrap_or(0)).collect(),
        probabilities: vec![f32::MAX; cells],
    };
    for (cell, code, probability) in chosen {
        if let Some(slot) = proposals.codes.get_mut(cell) {
            *slot = code;
        }
        if let Some(slot) = proposals.probabilities.get_mut(cell) {
            *slot = probability;
        }
    }
    Ok(proposals)
}

/// Indices of the `count` cells of lowest confidence, the lower index of equals first.
pub fn least_confident(confidence: &[f32], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..confidence.len()).collect();
    let at = |cell: usize| confidence.get(cell).copied().unwrap_or(f32::INFINITY);
    order.sort_by(|&a, &b| at(a).total_cmp(&at(b)).then(a.cmp(&b)));
    order.truncate(count);
    order
}

/// Writes the proposed codes, then masks some cells again.
pub fn write(lane: &mut Lane, codes: Vec<usize>, masked: &[usize]) {
    let positions = lane.canvas.cells.clone();
    let vocabulary = lane.canvas.vocabulary;
    for (&position, &code) in positions.iter().zip(&codes) {
        lane.canvas.set(position, vocabulary.id_of(code));
    }
    for &cell in masked {
        if let Some(&position) = positions.get(cell) {
            lane.canvas.set(position, vocabulary.mask);
        }
    }
    lane.sampled = codes;
}
