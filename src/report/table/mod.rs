//! One table, built once per idea and written in every form: [`text`], [`markdown`], [`latex`] and [`html`].
//!
//! A builder decides what stands in a cell and with how many digits. A writer decides how that looks: its escapes,
//! its minus sign, its rules. Machine-readable files have rows of their own, with all digits ([`csv`]).

pub mod csv;
pub mod html;
pub mod latex;
pub mod markdown;
pub mod page;
pub mod text;

pub use crate::report::columns::Side;
use crate::report::number::{p_value, signed, signed_interval};

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What stands in it; not escaped.
    pub title: String,
    /// Where its cells stand.
    pub side: Side,
    /// The unit of its numbers; empty for none.
    pub unit: &'static str,
}

impl Column {
    /// Words.
    pub fn words(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            side: Side::Left,
            unit: "",
        }
    }

    /// Numbers, with a unit or none.
    pub fn numbers(title: impl Into<String>, unit: &'static str) -> Self {
        Self {
            title: title.into(),
            side: Side::Right,
            unit,
        }
    }

    /// Title and unit.
    pub fn head(&self) -> String {
        match self.unit {
            "" => self.title.clone(),
            unit => format!("{}, {unit}", self.title),
        }
    }
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableCell {
    /// There is nothing: a dash.
    None,
    /// Words, which may be somebody else's: every form escapes them.
    Words(String),
    /// Numbers in ASCII, as [`crate::report::number`] writes them: every form sets their signs and powers its own way.
    Figures(String),
}

impl TableCell {
    /// Words.
    pub fn words(text: impl Into<String>) -> Self {
        Self::Words(text.into())
    }

    /// A count.
    pub fn count(number: impl std::fmt::Display) -> Self {
        Self::Figures(number.to_string())
    }

    /// A number without a sign.
    pub fn number(value: f64, digits: usize) -> Self {
        Self::Figures(format!("{value:.digits$}"))
    }

    /// A difference.
    pub fn signed(value: f64, digits: usize) -> Self {
        Self::Figures(signed(value, digits))
    }

    /// The interval of a difference.
    pub fn signed_interval(ends: Option<[f64; 2]>, digits: usize) -> Self {
        match ends {
            Some(_) => Self::Figures(signed_interval(ends, digits)),
            None => Self::words("none"),
        }
    }

    /// The interval of a level or a share.
    pub fn interval([lo, hi]: [f64; 2], digits: usize) -> Self {
        Self::Figures(format!("{lo:.digits$} to {hi:.digits$}"))
    }

    /// A number with its interval, `0.63 (0.51 to 0.74)`.
    pub fn with_interval(value: f64, ends: Option<[f64; 2]>, digits: usize) -> Self {
        Self::Figures(match ends {
            Some([lo, hi]) => format!("{value:.digits$} ({lo:.digits$} to {hi:.digits$})"),
            None => format!("{value:.digits$}"),
        })
    }

    /// A p-value.
    pub fn p(p: f64) -> Self {
        Self::Figures(p_value(p))
    }

    /// What a quantity gives, or a dash.
    pub fn or_none<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::None, cell)
    }
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it shows; not escaped.
    pub title: String,
    /// Its columns, the most important first: where room is short, the last ones go.
    pub columns: Vec<Column>,
    /// Its rows. A row that is too short ends with a cell that takes the room of the rest.
    pub rows: Vec<Vec<TableCell>>,
    /// What a reader must know, a sentence or two each; not escaped.
    pub notes: Vec<String>,
}

impl Table {
    /// A table without rows.
    pub fn new(title: impl Into<String>, columns: impl Into<Vec<Column>>) -> Self {
        Self {
            title: title.into(),
            columns: columns.into(),
            ..Self::default()
        }
    }

    /// The table with these rows.
    #[must_use]
    pub fn with_rows(mut self, rows: impl IntoIterator<Item = Vec<TableCell>>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// The table with these notes.
    #[must_use]
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// The table with its first columns only.
    #[must_use]
    pub fn first(mut self, columns: usize) -> Self {
        self.columns.truncate(columns);
        for row in &mut self.rows {
            row.truncate(columns);
        }
        self
    }

    /// How many columns the last cell of a row takes.
    fn span(&self, row: &[TableCell]) -> usize {
        self.columns.len() + 1 - row.len().clamp(1, self.columns.len().max(1))
    }
}
