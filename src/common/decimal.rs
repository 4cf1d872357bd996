//! Decimal numbers as they are written: exact, and never a float.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Most decimals.
pub const MAX_DECIMALS: u8 = 12;
/// Largest magnitude, excluded.
const LIMIT: i64 = 1_000_000;

/// A number of at most [`MAX_DECIMALS`] decimals and below a million in magnitude, kept as it was written without
/// trailing zeros. Whole numbers are integers in JSON and TOML, others are text.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    mantissa: i64,
    decimals: u8,
}

/// Text that is no such number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number of at most {MAX_DECIMALS} decimals below {LIMIT}")]
pub struct NotADecimal(String);

impl Decimal {
    /// A whole number below a million in magnitude; larger ones are cut to the limit.
    pub const fn whole(value: i32) -> Self {
        let limit = LIMIT as i32 - 1;
        let cut = if value > limit {
            limit
        } else if value < -limit {
            -limit
        } else {
            value
        };
        Self {
            mantissa: cut as i64,
            decimals: 0,
        }
    }

    /// In units of 10^-[`MAX_DECIMALS`].
    pub fn scaled(self) -> i128 {
        i128::from(self.mantissa) * power(MAX_DECIMALS - self.decimals)
    }

    /// From units of 10^-[`MAX_DECIMALS`]; `None` beyond the limit.
    pub fn from_scaled(scaled: i128) -> Option<Self> {
        if scaled.abs() >= i128::from(LIMIT) * power(MAX_DECIMALS) {
            return None;
        }
        let (mut mantissa, mut decimals) = (scaled, MAX_DECIMALS);
        while decimals > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            decimals -= 1;
        }
        let mantissa = i64::try_from(mantissa).ok()?;
        Some(Self { mantissa, decimals })
    }

    /// The decimal nearest to a number; `None` beyond the limit and for what is not finite.
    pub fn nearest(value: f64) -> Option<Self> {
        if !value.is_finite() || value.abs() >= LIMIT as f64 {
            return None;
        }
        Self::from_scaled((value * power(MAX_DECIMALS) as f64).round() as i128)
    }

    /// The whole number, if it is one.
    pub fn as_whole(self) -> Option<i64> {
        (self.decimals == 0).then_some(self.mantissa)
    }

    /// The nearest floating-point number.
    pub fn to_f64(self) -> f64 {
        self.mantissa as f64 / power(self.decimals) as f64
    }
}

const fn power(exponent: u8) -> i128 {
    10_i128.pow(exponent as u32)
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.scaled() == other.scaled()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.scaled().cmp(&other.scaled())
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.scaled().hash(state);
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.decimals == 0 {
            return write!(f, "{}", self.mantissa);
        }
        let (sign, magnitude) = (self.mantissa < 0, i128::from(self.mantissa).abs());
        let unit = power(self.decimals);
        let sign = if sign { "-" } else { "" };
        let width = usize::from(self.decimals);
        write!(f, "{sign}{}.{:0width$}", magnitude / unit, magnitude % unit)
    }
}

impl FromStr for Decimal {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text).ok_or_else(|| NotADecimal(text.chars().take(60).collect()))
    }
}

/// Digits with at most one point; a sign in front, no exponent, no spaces.
fn read(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    let lengths = whole.len() <= 20 && fraction.len() <= usize::from(MAX_DECIMALS);
    if (whole.is_empty() && fraction.is_empty())
        || !lengths
        || !all_digits(whole)
        || !all_digits(fraction)
    {
        return None;
    }
    let number = |part: &str| match part {
        "" => Some(0),
        part => part.parse::<i128>().ok(),
    };
    let below = power(MAX_DECIMALS - u8::try_from(fraction.len()).ok()?);
    let scaled = number(whole)? * power(MAX_DECIMALS) + number(fraction)? * below;
    Decimal::from_scaled(if text.starts_with('-') {
        -scaled
    } else {
        scaled
    })
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_whole() {
            Some(whole) => serializer.serialize_i64(whole),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, or a decimal number as text")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Decimal, E> {
        value.to_string().parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Decimal, E> {
        value.to_string().parse().map_err(E::custom)
    }

    /// As people write it in TOML: `step = 0.5` is the shortest decimal that reads as this float.
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Decimal, E> {
        value.to_string().parse().map_err(E::custom)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Decimal, E> {
        value.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_kept() {
        for (text, shown) in [
            ("4", "4"),
            ("4.0", "4"),
            ("-0.50", "-0.5"),
            ("+.25", "0.25"),
            ("9.3127", "9.3127"),
            ("0", "0"),
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), shown);
        }
        for text in [
            "",
            ".",
            "-",
            "1e3",
            "4/5",
            "4,5",
            " 4",
            "NaN",
            "inf",
            "1000000",
            "0.1234567890123",
            "٤",
        ] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn decimals_survive_text_and_json(mantissa in -999_999_999_999_i64..999_999_999_999, decimals in 6..=12_u8) {
            let number = Decimal { mantissa, decimals };
            let number = Decimal::from_scaled(number.scaled()).unwrap();
            prop_assert_eq!(number.to_string().parse::<Decimal>().unwrap(), number);
            let json = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(serde_json::from_str::<Decimal>(&json).unwrap(), number);
        }
    }
}
