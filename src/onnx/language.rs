//! Running a LLaDA graph: token ids in, logits out at the places where a decision is taken.

use std::path::Path;

use super::runtime::{Input, Outputs, Runtime, Session, SessionError, SessionOptions};

/// What a position is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// The text vocabulary: ids from 0 up to the first image code.
    Text,
    /// The image codes.
    Codes,
    /// Every id there is, also those after the image codes: what the released code of family A decides text between.
    Everything,
}

impl Want {
    /// Are these three parts of the vocabulary read: text, codes, rest?
    const fn parts(self) -> [bool; 3] {
        match self {
            Self::Text => [true, false, false],
            Self::Codes => [false, true, false],
            Self::Everything => [true, true, true],
        }
    }
}

/// One position that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Row of the batch.
    pub row: usize,
    /// Position in that row.
    pub position: usize,
    /// What for.
    pub want: Want,
}

/// Parts of the vocabulary: names of their inputs and outputs.
const PARTS: [(&str, &str); 3] = [
    ("text_rows", "text_logits"),
    ("code_rows", "code_logits"),
    ("rest_rows", "rest_logits"),
];

/// Why a forward pass failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardError {
    /// ONNX Runtime failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The ids are not as many as batch and length say, or there are none.
    #[error("{ids} token ids do not make {batch} rows of {length}")]
    Shape {
        /// Number of ids.
        ids: usize,
        /// Rows.
        batch: usize,
        /// Positions in each row.
        length: usize,
    },
    /// A position lies outside the batch.
    #[error("row {row}, position {position} was to be read from {batch} rows of {length}")]
    Outside {
        /// The row.
        row: usize,
        /// The position.
        position: usize,
        /// Rows.
        batch: usize,
        /// Positions in each row.
        length: usize,
    },
}

/// A loaded language model.
#[derive(Debug)]
pub struct LanguageModel {
    session: Session,
    /// Which parts of the vocabulary the graph has: the rest may be empty.
    parts: [bool; 3],
}

impl LanguageModel {
    /// Loads the graph at `path`, written by [`llada::write`](super::arch::llada::write).
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn open(
        runtime: &Runtime,
        path: &Path,
        options: &SessionOptions,
    ) -> Result<Self, SessionError> {
        let session = Session::open(runtime, path, options)?;
        let parts = PARTS.map(|(input, _)| session.has_input(input));
        Ok(Self { session, parts })
    }

    /// One forward pass over `ids`, `batch` rows of `length` one after the other, read at `reads`.
    ///
    /// Positions that are not read cost no vocabulary projection and, in the last block, no attention and no MLP.
    /// There is no padding: all rows have the same length, and every token is attended to.
    ///
    /// # Errors
    /// [`ForwardError`] when the sizes do not fit or ONNX Runtime fails (an id outside the vocabulary is its error).
    pub fn forward(
        &mut self,
        ids: &[i64],
        [batch, length]: [usize; 2],
        reads: &[Read],
    ) -> Result<Logits, ForwardError> {
        if ids.is_empty() || batch.checked_mul(length) != Some(ids.len()) {
            return Err(ForwardError::Shape {
                ids: ids.len(),
                batch,
                length,
            });
        }
        let outside = |read: &&Read| read.row >= batch || read.position >= length;
        if let Some(&Read { row, position, .. }) = reads.iter().find(outside) {
            return Err(ForwardError::Outside {
                row,
                position,
                batch,
                length,
            });
        }
        let plan = ReadPlan::new(reads, batch, self.parts);
        let id_shape = [batch, length];
        let position_shape = [batch, plan.width];
        let mut inputs = vec![
            ("input_ids", Input::I64(&id_shape, ids)),
            ("positions", Input::I64(&position_shape, &plan.positions)),
        ];
        let shapes = plan.rows.each_ref().map(|rows| [rows.len()]);
        for (part, (name, _)) in PARTS
            .iter()
            .enumerate()
            .filter(|(part, _)| self.parts[*part])
        {
            inputs.push((name, Input::I64(&shapes[part], &plan.rows[part])));
        }
        let outputs = self.session.run(&inputs)?;
        Ok(Logits {
            outputs,
            places: plan.places,
        })
    }
}

/// The graph's inputs for a list of reads.
struct ReadPlan {
    /// Positions read per row; rows that read fewer are filled up with position 0.
    width: usize,
    /// `[batch, width]`.
    positions: Vec<i64>,
    /// For each part of the vocabulary, the reads that want it, as indices into `positions`.
    rows: [Vec<i64>; 3],
    /// For each read, its row in the output of each part.
    places: Vec<[Option<usize>; 3]>,
}

impl ReadPlan {
    fn new(reads: &[Read], batch: usize, parts: [bool; 3]) -> Self {
        let mut counts = vec![0; batch];
        for read in reads {
            counts[read.row] += 1;
        }
        // At least one column: attention kernels do not expect to be asked nothing.
        let width = counts.iter().copied().max().unwrap_or(0).max(1);
        let mut positions = vec![0; batch * width];
        let mut rows = [const { Vec::new() }; 3];
        let mut next: Vec<usize> = (0..batch).map(|row| row * width).collect();
        let places = reads.iter().map(|read| {
            let slot = next[read.row];
            next[read.row] += 1;
            positions[slot] = read.position as i64;
            let mut place = [None; 3];
            for (part, wanted) in read.want.parts().into_iter().enumerate() {
                if wanted && parts[part] {
                    place[part] = Some(rows[part].len());
                    rows[part].push(slot as i64);
                }
            }
            place
        });
        let places = places.collect();
        Self {
            width,
            positions,
            rows,
            places,
        }
    }
}

/// The logits of one forward pass, where ONNX Runtime left them.
#[derive(Debug)]
pub struct Logits {
    outputs: Outputs,
    places: Vec<[Option<usize>; 3]>,
}

impl Logits {
    /// Logits of the `index`-th read over the text vocabulary, the image codes and the ids after them. Parts that
    /// were not asked for, or that the vocabulary does not have, are empty.
    ///
    /// # Errors
    /// [`SessionError::Output`] when the graph is not one of this program's.
    pub fn parts(&self, index: usize) -> Result<[&[f32]; 3], SessionError> {
        let mut parts: [&[f32]; 3] = [&[]; 3];
        let Some(place) = self.places.get(index) else {
            return Ok(parts);
        };
        for (part, row) in place.iter().enumerate() {
            let Some(row) = *row else { continue };
            let (shape, data) = self.outputs.floats(PARTS[part].1)?;
            let width = shape
                .last()
                .map_or(0, |&width| usize::try_from(width).unwrap_or(0));
            parts[part] = data.get(row * width..(row + 1) * width).unwrap_or(&[]);
        }
        Ok(parts)
    }

    /// Number of reads.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.places.len()
    }

    #[cfg(any(test, feature = "internals"))]
    /// Was nothing read?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    #[cfg(any(test, feature = "internals"))]
    /// All outputs of the graph, also those that are there for tests.
    #[must_use]
    pub const fn outputs(&self) -> &Outputs {
        &self.outputs
    }
}
