//! Files for machines: rows of named values with all digits, as CSV. A file lists its columns and takes what it has of
//! each row; what a row does not have stays empty.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::escape::csv_text;

/// One value.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// The quantity does not exist: an empty cell.
    #[default]
    None,
    /// Somebody's words, made harmless for spreadsheets.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A number.
    Number(f64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(csv_text(text))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(BTreeMap<&'static str, Value>);

impl Row {
    /// The row with a value under a name.
    #[must_use]
    pub fn with(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.0.insert(column, value.into());
        self
    }

    /// The row with the ends of an interval under two names.
    #[must_use]
    pub fn with_ends(self, [lo, hi]: [&'static str; 2], ends: Option<[f64; 2]>) -> Self {
        self.with(lo, ends.map(|ends| ends[0]))
            .with(hi, ends.map(|ends| ends[1]))
    }

    /// The row with every number as `rounded` gives it.
    #[must_use]
    pub fn rounded(mut self, rounded: fn(f64) -> f64) -> Self {
        for value in self.0.values_mut() {
            if let Value::Number(number) = value {
                *number = rounded(*number);
            }
        }
        self
    }
}

/// A table with a header.
///
/// # Errors
/// Those of the CSV writer, which writing into memory does not raise.
pub fn write(columns: &[&str], rows: impl IntoIterator<Item = Row>) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        let cells: Vec<&Value> = columns
            .iter()
            .map(|column| row.0.get(column).unwrap_or(&Value::None))
            .collect();
        writer.serialize(cells)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_its_columns_and_leaves_what_is_not_there_empty() {
        let row = Row::default()
            .with("run", "=1+1")
            .with("points", Some(1.0))
            .with("other", 3_u64)
            .with_ends(["lo", "hi"], None);
        let text = write(&["run", "points", "lo", "items"], [row]).unwrap();
        assert_eq!(text, "run,points,lo,items\n'=1+1,1.0,,\n");
    }
}
