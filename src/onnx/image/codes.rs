//! A picture as codes of an image tokenizer.

use serde::{Deserialize, Serialize};

/// Codes of one picture, row by row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Codes {
    rows: usize,
    columns: usize,
    values: Vec<u32>,
}

/// Codes that make no picture.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodesError {
    /// The number of codes is not rows times columns, or there are none.
    #[error("{count} codes do not fill {rows} rows of {columns}")]
    Shape {
        /// Number of codes.
        count: usize,
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
    },
    /// A code is not in the codebook.
    #[error("code {code} is outside the codebook of {size}")]
    Range {
        /// The code.
        code: i64,
        /// Number of codes.
        size: u32,
    },
}

/// Token ids around and between the rows of a picture, as family A writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framing {
    /// Before the picture.
    pub begin: i64,
    /// After every row.
    pub newline: i64,
    /// After the picture.
    pub end: i64,
    /// Id of code 0.
    pub offset: i64,
}

impl Codes {
    /// Codes of a grid, checked against the codebook's size.
    ///
    /// # Errors
    /// [`CodesError`].
    pub fn new(values: &[i64], [rows, columns]: [usize; 2], size: u32) -> Result<Self, CodesError> {
        if values.is_empty() || rows.checked_mul(columns) != Some(values.len()) {
            return Err(CodesError::Shape {
                count: values.len(),
                rows,
                columns,
            });
        }
        let check = |&code: &i64| match u32::try_from(code) {
            Ok(value) if value < size => Ok(value),
            _ => Err(CodesError::Range { code, size }),
        };
        let values = values.iter().map(check).collect::<Result<_, _>>()?;
        Ok(Self {
            rows,
            columns,
            values,
        })
    }

    /// Rows and columns.
    #[must_use]
    pub const fn grid(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// All codes, row by row.
    #[must_use]
    pub fn values(&self) -> &[u32] {
        &self.values
    }

    /// The picture as token ids: begin, each row followed by a newline, end.
    #[must_use]
    pub fn framed(&self, framing: &Framing) -> Vec<i64> {
        let mut tokens = Vec::with_capacity(self.values.len() + self.rows + 2);
        tokens.push(framing.begin);
        for row in self.values.chunks(self.columns) {
            tokens.extend(row.iter().map(|&code| framing.offset + i64::from(code)));
            tokens.push(framing.newline);
        }
        tokens.push(framing.end);
        tokens
    }
}
