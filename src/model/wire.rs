//! Reading JSON lines that others wrote.

use serde::de::DeserializeOwned;

/// Reads one line as one JSON value.
///
/// # Errors
/// What is wrong, with the field and the column.
pub(crate) fn parse_line<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    // Each line is read on its own, so the parser calls every line the first.
    let plain = |message: String| message.replace(" at line 1 column ", " at column ");
    let mut reader = serde_json::Deserializer::from_slice(line);
    let value = serde_path_to_error::deserialize(&mut reader);
    let value = value.map_err(|error| plain(error.to_string()))?;
    reader.end().map_err(|error| plain(error.to_string()))?;
    Ok(value)
}
