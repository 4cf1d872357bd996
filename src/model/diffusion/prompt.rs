//! Sequences of both families: what stands around the part that is decoded. docs/decoding.md shows them.
//!
//! The texts are part of the trained interface and are not to be changed. The released code knows edits only; the
//! sequences without an input image are this program's, made of the checkpoints' own templates for text-to-image.

use super::canvas::{Canvas, Guide, Vocabulary};
use super::lane::Guides;
use super::plan::Strategy;
use super::settings::{DecodingSettings, Preset};
use crate::onnx::bundle::{Diffusion, Family, TokenIds};
use crate::onnx::image::{Codes, Framing};
use crate::onnx::tokenizer::{Tokenizer, TokenizerError};

/// What family A is told for edits.
const SYSTEM_EDIT: &str =
    "Generate an image applying the following editing instruction based on the original image.";
/// What family A is told without an input image.
const SYSTEM_GENERATION: &str = "Generate an image according to the text prompt.";
/// What stands for no instruction in family A.
const UNCONDITION: &str = "<uncondition>";

/// A bundle that lacks what its family's sequences are made of, or whose sizes do not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct LayoutError(pub Vec<String>);

/// Token ids of one family, none of them missing.
#[derive(Debug, Clone)]
enum Tokens {
    A {
        framing: Framing,
        begin_answer: i64,
        end_answer: Vec<i64>,
    },
    M {
        interleave: i64,
        begin_image: i64,
        end_image: i64,
        begin_text: i64,
        end_text: i64,
    },
}

/// Makes the sequences of one bundle under some settings.
#[derive(Debug, Clone)]
pub struct Layout {
    tokens: Tokens,
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
    /// Rows and columns of the picture that is decoded.
    grid: [usize; 2],
    settings: DecodingSettings,
}

/// A sequence that is ready to be decoded.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The sequence.
    pub canvas: Canvas,
    /// What guidance compares it with.
    pub guides: Guides,
}

impl Layout {
    /// Checks that bundle, settings and picture size fit together.
    ///
    /// # Errors
    /// [`LayoutError`] with everything that does not.
    pub fn new(
        family: Family,
        facts: &Diffusion,
        tokenizer: Tokenizer,
        grid: [usize; 2],
        settings: DecodingSettings,
    ) -> Result<Self, LayoutError> {
        let mut faults = Vec::new();
        let vocabulary = vocabulary(facts, &tokenizer, &mut faults);
        let tokens = match family {
            Family::ParallelA => tokens_a(facts, &tokenizer, &mut faults),
            Family::ParallelM => tokens_m(&facts.tokens, &mut faults),
            Family::Clip => {
                faults.push("a CLIP bundle decodes nothing".into());
                None
            }
        };
        match tokens {
            Some(tokens) if faults.is_empty() => {
                let layout = Self {
                    tokens,
                    tokenizer,
                    vocabulary,
                    grid,
                    settings,
                };
                layout.check_length(facts.max_length)?;
                Ok(layout)
            }
            _ => Err(LayoutError(faults)),
        }
    }

    /// Number of cells of the picture that is decoded.
    #[must_use]
    pub const fn cells(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Rows and columns of the picture that is decoded.
    #[must_use]
    pub const fn grid(&self) -> [usize; 2] {
        self.grid
    }

    /// Number of image codes.
    #[must_use]
    pub const fn codes(&self) -> usize {
        self.vocabulary.codes
    }

    /// Masked text positions.
    #[must_use]
    pub fn text_masks(&self) -> usize {
        match (self.settings.strategy, self.settings.preset) {
            (Strategy::ImageOnly, _) => 0,
            // Its text begins with a token that is not masked.
            (_, Preset::ReleasedM) => self.settings.text_length - 1,
            _ => self.settings.text_length,
        }
    }

    fn check_length(&self, longest: u64) -> Result<(), LayoutError> {
        let [rows, columns] = self.grid;
        let newlines = match self.tokens {
            Tokens::A { .. } => rows,
            Tokens::M { .. } => 0,
        };
        let least = (self.cells() + newlines + self.text_masks()) as u64;
        if least <= longest {
            return Ok(());
        }
        Err(LayoutError(vec![format!(
            "a picture of {rows} × {columns} codes and {} text positions need {least} positions, the network was made \
             for {longest}; give a smaller size or text_length",
            self.text_masks()
        )]))
    }

    /// The sequence for an instruction, with the codes of the input image for edits.
    ///
    /// # Errors
    /// [`TokenizerError`].
    pub fn prompt(
        &self,
        instruction: &str,
        input: Option<&Codes>,
    ) -> Result<Prompt, TokenizerError> {
        match &self.tokens {
            Tokens::A { .. } => self.prompt_a(instruction, input),
            Tokens::M { .. } => self.prompt_m(instruction, input),
        }
    }

    fn prompt_a(&self, instruction: &str, input: Option<&Codes>) -> Result<Prompt, TokenizerError> {
        let Tokens::A {
            framing,
            begin_answer,
            end_answer,
        } = &self.tokens
        else {
            return Err(TokenizerError::Failed("not family A".into()));
        };
        let system = match input {
            Some(_) => SYSTEM_EDIT,
            None => SYSTEM_GENERATION,
        };
        let encode = |instruction: &str| {
            let text = format!("<system>{system}</system><user>{instruction}</user>");
            self.tokenizer.encode(&text, true)
        };
        let (prompt, blank) = (encode(instruction)?, encode(UNCONDITION)?);
        let with_picture = |prompt: &[i64]| match (input, prompt.split_last()) {
            (Some(codes), Some((last, before))) => {
                let mut ids = before.to_vec();
                ids.extend(codes.framed(framing));
                ids.push(*last);
                ids
            }
            _ => prompt.to_vec(),
        };
        let mut ids = with_picture(&prompt);
        let answer = ids.len();
        ids.extend([*begin_answer, framing.begin]);
        let [rows, columns] = self.grid;
        let mut cells = Vec::with_capacity(self.cells());
        for _ in 0..rows {
            cells.extend(ids.len()..ids.len() + columns);
            ids.extend(std::iter::repeat_n(self.vocabulary.mask, columns));
            ids.push(framing.newline);
        }
        ids.push(framing.end);
        let text = ids.len()..ids.len() + self.text_masks();
        ids.extend(std::iter::repeat_n(self.vocabulary.mask, text.len()));
        ids.extend(end_answer);
        let guides = match (input, self.settings.preset) {
            (None, _) => aligned(blank, answer),
            (Some(_), Preset::ReleasedA) => Guides {
                text: Some(Guide::over(with_picture(&blank))),
                image: Some(Guide::over(prompt)),
            },
            (Some(_), _) => aligned(prompt, answer),
        };
        Ok(self.finish(ids, cells, text, guides))
    }

    fn prompt_m(&self, instruction: &str, input: Option<&Codes>) -> Result<Prompt, TokenizerError> {
        let Tokens::M {
            interleave,
            begin_image,
            end_image,
            begin_text,
            end_text,
        } = self.tokens
        else {
            return Err(TokenizerError::Failed("not family M".into()));
        };
        let mut instruction = self.tokenizer.encode(instruction, true)?;
        if instruction.first() != Some(&begin_text) {
            instruction.insert(0, begin_text);
        }
        instruction.push(end_text);
        // The blank instruction, padded to the same length as the released code does.
        let mut blank = vec![end_text; instruction.len()];
        if let Some(first) = blank.first_mut() {
            *first = begin_text;
        }
        let offset = self.vocabulary.id_of(0);
        let picture = |id_of: &dyn Fn(u32) -> i64| match input {
            None => Vec::new(),
            Some(codes) => {
                let codes = codes.values().iter().map(|&code| id_of(code));
                [vec![begin_image], codes.collect(), vec![end_image]].concat()
            }
        };
        let coded = picture(&|code| offset + i64::from(code));
        let mut ids = [vec![interleave], coded, instruction.clone()].concat();
        let answer = ids.len();
        ids.push(begin_image);
        let cells: Vec<usize> = (ids.len()..ids.len() + self.cells()).collect();
        ids.extend(std::iter::repeat_n(self.vocabulary.mask, cells.len()));
        ids.push(end_image);
        if self.settings.strategy != Strategy::ImageOnly {
            ids.push(begin_text);
        }
        let first = ids.len();
        ids.extend(std::iter::repeat_n(self.vocabulary.mask, self.text_masks()));
        // The released code counts the begin token as text.
        let released = self.settings.preset == Preset::ReleasedM;
        let text = first - usize::from(released)..ids.len();
        let zeros = picture(&|_| 0);
        let guides = match (input, released) {
            (_, true) | (None, _) => aligned([vec![interleave], zeros, blank].concat(), answer),
            (Some(_), false) => aligned([vec![interleave], instruction].concat(), answer),
        };
        Ok(self.finish(ids, cells, text, guides))
    }

    fn finish(
        &self,
        ids: Vec<i64>,
        cells: Vec<usize>,
        text: std::ops::Range<usize>,
        guides: Guides,
    ) -> Prompt {
        let canvas = Canvas {
            ids,
            cells,
            text,
            vocabulary: self.vocabulary,
        };
        Prompt { canvas, guides }
    }

    /// The text that some ids of the decoded part stand for. Masks and ids that are no text give nothing.
    ///
    /// # Errors
    /// [`TokenizerError`].
    pub fn text_of(&self, ids: &[i64]) -> Result<String, TokenizerError> {
        let ids: Vec<i64> = ids
            .iter()
            .copied()
            .filter(|&id| id != self.vocabulary.mask)
            .collect();
        self.tokenizer.decode(&ids)
    }

    /// Text of each of these ids, masks not among them.
    ///
    /// # Errors
    /// [`TokenizerError`].
    pub fn pieces_of(&self, ids: &[i64]) -> Result<Vec<String>, TokenizerError> {
        self.tokenizer.pieces(ids)
    }
}

/// Another beginning before the same answer.
fn aligned(prefix: Vec<i64>, from: usize) -> Guides {
    let guide = Guide { prefix, from };
    Guides {
        text: Some(guide.clone()),
        image: Some(guide),
    }
}

fn vocabulary(facts: &Diffusion, tokenizer: &Tokenizer, faults: &mut Vec<String>) -> Vocabulary {
    let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let (text, codes) = (facts.vocabulary.text, facts.vocabulary.codes);
    if text.saturating_add(codes) > facts.vocabulary.size {
        faults.push(format!(
            "{text} text ids and {codes} image codes do not fit into a vocabulary of {}",
            facts.vocabulary.size
        ));
    }
    if tokenizer.len() as u64 > text {
        faults.push(format!(
            "the tokenizer has {} tokens, but image codes begin at id {text}: they do not belong together",
            tokenizer.len()
        ));
    }
    let mask = facts.tokens.mask;
    if !u64::try_from(mask).is_ok_and(|mask| mask < text) {
        faults.push(format!(
            "the mask token {mask} is not among the {text} text ids"
        ));
    }
    Vocabulary {
        mask,
        text: size(text),
        codes: size(codes),
        total: size(facts.vocabulary.size),
    }
}

fn tokens_a(facts: &Diffusion, tokenizer: &Tokenizer, faults: &mut Vec<String>) -> Option<Tokens> {
    let end_answer = match tokenizer.encode("</answer>", false) {
        Ok(ids) => ids,
        Err(error) => {
            faults.push(format!("`</answer>` cannot be tokenized: {error}"));
            return None;
        }
    };
    let framing = facts.framing();
    if framing.is_none() {
        faults.push("the manifest has no token `newline`".into());
    }
    if facts.tokens.begin_answer.is_none() {
        faults.push("the manifest has no token `begin_answer`".into());
    }
    Some(Tokens::A {
        framing: framing?,
        begin_answer: facts.tokens.begin_answer?,
        end_answer,
    })
}

fn tokens_m(tokens: &TokenIds, faults: &mut Vec<String>) -> Option<Tokens> {
    for (token, name) in [
        (tokens.interleave, "interleave"),
        (tokens.begin_text, "begin_text"),
    ] {
        if token.is_none() {
            faults.push(format!("the manifest has no token `{name}`"));
        }
    }
    Some(Tokens::M {
        interleave: tokens.interleave?,
        begin_image: tokens.begin_image,
        end_image: tokens.end_image,
        begin_text: tokens.begin_text?,
        end_text: tokens.end_text,
    })
}
