//! The sequence that is decoded, and what decoding knows of it.

use std::ops::Range;

/// Ids and sizes of the vocabulary that decoding needs: text ids first, image codes directly after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vocabulary {
    /// The mask token.
    pub mask: i64,
    /// Number of text ids, and id of image code 0.
    pub text: usize,
    /// Number of image codes.
    pub codes: usize,
    /// Number of ids that have logits: text, codes, and what the embedding is padded with.
    pub total: usize,
}

impl Vocabulary {
    /// The id of an image code.
    #[must_use]
    pub const fn id_of(&self, code: usize) -> i64 {
        (self.text + code) as i64
    }

    /// The image code of an id, limited to the codebook as the released code does.
    #[must_use]
    pub fn code_of(&self, id: i64) -> usize {
        let code = id.saturating_sub(self.text as i64).max(0);
        (code as usize).min(self.codes.saturating_sub(1))
    }
}

/// One sequence: the prompt, then image cells and text that are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canvas {
    /// All token ids.
    pub ids: Vec<i64>,
    /// Positions of the image cells, in reading order.
    pub cells: Vec<usize>,
    /// Positions of the text; empty when the sequence has none.
    pub text: Range<usize>,
    /// Ids and sizes.
    pub vocabulary: Vocabulary,
}

impl Canvas {
    /// The id at a position; the mask id outside the sequence.
    #[must_use]
    pub fn id(&self, position: usize) -> i64 {
        self.ids
            .get(position)
            .copied()
            .unwrap_or(self.vocabulary.mask)
    }

    /// Writes one token.
    pub fn set(&mut self, position: usize, id: i64) {
        if let Some(slot) = self.ids.get_mut(position) {
            *slot = id;
        }
    }

    /// Is the position still masked?
    #[must_use]
    pub fn is_masked(&self, position: usize) -> bool {
        self.id(position) == self.vocabulary.mask
    }

    /// Masked positions of a part of the text.
    #[must_use]
    pub fn masked_text(&self, part: Range<usize>) -> Vec<usize> {
        part.filter(|&position| self.is_masked(position)).collect()
    }

    /// Indices of the image cells that are masked.
    #[must_use]
    pub fn masked_cells(&self) -> Vec<usize> {
        let masked =
            |(index, &position): (usize, &usize)| self.is_masked(position).then_some(index);
        self.cells.iter().enumerate().filter_map(masked).collect()
    }

    /// The code of every cell; `None` where it is masked.
    #[must_use]
    pub fn codes(&self) -> Vec<Option<usize>> {
        let code = |&position: &usize| {
            let id = self.id(position);
            (id != self.vocabulary.mask).then(|| self.vocabulary.code_of(id))
        };
        self.cells.iter().map(code).collect()
    }

    /// The text's ids as they stand, masks included.
    #[must_use]
    pub fn text_ids(&self) -> &[i64] {
        self.ids.get(self.text.clone()).unwrap_or(&[])
    }
}

/// How the sequence without a part of its condition is made of the one that is decoded: another beginning, and the
/// decoded sequence from some position on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// The other beginning.
    pub prefix: Vec<i64>,
    /// First position of the decoded sequence that follows it.
    pub from: usize,
}

impl Guide {
    /// A beginning that is written over the decoded sequence, whatever stood there: how both released programs do it.
    #[must_use]
    pub const fn over(prefix: Vec<i64>) -> Self {
        let from = prefix.len();
        Self { prefix, from }
    }

    /// Number of ids of the sequence.
    #[must_use]
    pub fn len(&self, canvas: &Canvas) -> usize {
        self.prefix.len() + canvas.ids.len().saturating_sub(self.from)
    }

    /// Appends the sequence to `ids`.
    pub fn write(&self, canvas: &Canvas, ids: &mut Vec<i64>) {
        ids.extend_from_slice(&self.prefix);
        ids.extend_from_slice(canvas.ids.get(self.from..).unwrap_or(&[]));
    }

    /// Where a position of the decoded sequence lies in this one.
    #[must_use]
    pub const fn place(&self, position: usize) -> usize {
        position - self.from + self.prefix.len()
    }
}
