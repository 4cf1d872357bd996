//! `results.json`: all findings. Its form is described in docs/paper-kit.md.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::analysis::findings::Findings;

/// Significant digits after the first: more would differ between machines whose mathematics libraries round
/// differently.
const DIGITS: usize = 8;

/// The file.
///
/// # Errors
/// Those of the JSON writer, which writing into memory does not raise.
pub fn results(findings: &Findings) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::new();
    let formatter = Rounded(PrettyFormatter::new());
    findings.serialize(&mut Serializer::with_formatter(&mut bytes, formatter))?;
    bytes.push(b'\n');
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A number with nine significant digits.
pub fn rounded(value: f64) -> f64 {
    let text = format!("{value:.DIGITS$e}");
    // Minus zero would be a sign without a meaning.
    text.parse().unwrap_or(value) + 0.0
}

/// Pretty printing with rounded numbers.
struct Rounded(PrettyFormatter<'static>);

/// Hands everything but numbers to the pretty printer.
macro_rules! delegate {
    ($($name:ident($($flag:ident: bool)?)),* $(,)?) => {
        $(fn $name<W: ?Sized + io::Write>(&mut self, writer: &mut W $(, $flag: bool)?) -> io::Result<()> {
            self.0.$name(writer $(, $flag)?)
        })*
    };
}

impl Formatter for Rounded {
    delegate!(
        begin_array(),
        end_array(),
        begin_array_value(first: bool),
        end_array_value(),
        begin_object(),
        end_object(),
        begin_object_key(first: bool),
        begin_object_value(),
        end_object_value(),
    );

    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        self.0.write_f64(writer, rounded(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_digits_stay() {
        assert_eq!(rounded(1.0 / 3.0), 0.333_333_333);
        assert_eq!(rounded(1e-300), 1e-300);
        assert_eq!(rounded(2.0 / 3.0 * 1e5), 66_666.666_7);
        assert!(rounded(-0.0).is_sign_positive());
    }
}
