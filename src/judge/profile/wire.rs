//! The profile as it stands in its file, and the checks between file and
//! [`Profile`]. Messages repeat the file's numbers and never its texts: a key may
//! have been pasted into the wrong place.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::{Encoding, Format, ImageTokens, KeySource, OutputLimit, Price, Profile, RetryPolicy};
use crate::common::files::is_safe_name;
use crate::common::http::{Timeouts, TimeoutsTable, Waits, WaitsTable, check_connections, retries};
use crate::common::picture::MAX_SIDE;
use crate::common::toml_fault::where_and_what;

/// Most repeats that a profile may ask for.
const MAX_REPEATS: u32 = 100;
/// JPEG quality where the profile states none.
const DEFAULT_QUALITY: u8 = 95;
/// Fields of the request that the program fills in itself.
const OWN_FIELDS: [&str; 8] = [
    "model",
    "messages",
    "temperature",
    "max_tokens",
    "max_completion_tokens",
    "seed",
    "stream",
    "n",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireProfile {
    name: String,
    provider: String,
    model: String,
    base_url: Option<String>,
    key: Option<String>,
    temperature: Option<f64>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    seed: Option<i64>,
    rubrics: Option<String>,
    #[serde(default)]
    structured: bool,
    #[serde(default = "one")]
    repeats: u32,
    #[serde(default = "default_connections")]
    max_connections: usize,
    #[serde(default)]
    image: WireImage,
    #[serde(default)]
    retry: WireRetry,
    #[serde(default)]
    timeouts: TimeoutsTable,
    price: Option<WirePrice>,
    #[serde(default)]
    extra: BTreeMap<String, serde_json::Value>,
}

fn one() -> u32 {
    1
}

fn default_connections() -> usize {
    16
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum WireFormat {
    #[default]
    Png,
    Jpeg,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WireImage {
    format: WireFormat,
    quality: Option<u8>,
    longest_side: Option<u32>,
    detail: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WireRetry {
    reply_retries: Option<u32>,
    transport_retries: Option<u32>,
    base_ms: Option<u64>,
    max_ms: Option<u64>,
    max_retry_after_s: Option<f64>,
}

const RETRY: RetryPolicy = RetryPolicy {
    reply_retries: 3,
    transport_retries: 6,
    waits: Waits {
        base: Duration::from_millis(500),
        max: Duration::from_secs(30),
        max_retry_after: Duration::from_secs(120),
    },
};
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    first_byte: Duration::from_secs(120),
    idle: Duration::from_secs(30),
    total: Duration::from_secs(180),
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePrice {
    input: f64,
    output: f64,
    #[serde(default = "default_image_tokens")]
    tokens_per_image: u64,
    #[serde(default = "default_tile_tokens")]
    tokens_per_tile: u64,
}

fn default_image_tokens() -> u64 {
    ImageTokens::default().base
}

fn default_tile_tokens() -> u64 {
    ImageTokens::default().per_tile
}

/// Reads and checks a profile.
///
/// # Errors
/// All faults that can be seen at once, one line each.
pub(super) fn parse(text: &str) -> Result<Profile, Vec<String>> {
    let wire: WireProfile =
        toml::from_str(text).map_err(|error| vec![where_and_what(text, &error)])?;
    let mut faults = Faults::default();
    faults.check_names(&wire);
    faults.check_numbers(&wire);
    let key = faults.key(wire.key.as_deref());
    let output_limit = faults.output_limit(&wire);
    let encoding = faults.encoding(&wire.image);
    let retry = faults.retry(&wire.retry);
    let timeouts = wire.timeouts.over(&TIMEOUTS, &mut faults.0);
    let image_tokens = wire
        .price
        .as_ref()
        .map_or_else(ImageTokens::default, |price| ImageTokens {
            base: price.tokens_per_image,
            per_tile: price.tokens_per_tile,
        });
    if !faults.0.is_empty() {
        return Err(faults.0);
    }
    Ok(Profile {
        name: wire.name,
        provider: wire.provider,
        base_url: wire.base_url,
        key,
        model: wire.model,
        temperature: wire.temperature,
        output_limit,
        seed: wire.seed,
        rubrics: wire.rubrics,
        structured: wire.structured,
        repeats: wire.repeats,
        max_connections: wire.max_connections,
        encoding,
        detail: wire.image.detail,
        retry,
        timeouts,
        price: wire.price.map(|p| Price {
            input: p.input,
            output: p.output,
        }),
        image_tokens,
        extra: wire.extra,
    })
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, holds: bool, message: impl FnOnce() -> String) {
        if !holds {
            self.0.push(message());
        }
    }

    fn check_names(&mut self, wire: &WireProfile) {
        self.unless(is_safe_name(&wire.name), || {
            "name: expected letters, digits, `-`, `_` and `.`: it becomes part of file names".into()
        });
        self.unless(!wire.model.trim().is_empty(), || "model: is empty".into());
        for field in wire
            .extra
            .keys()
            .filter(|f| OWN_FIELDS.contains(&f.as_str()))
        {
            self.0.push(format!(
                "extra.{field}: the program fills this field in; state it in the profile itself, where there is a setting for it"
            ));
        }
    }

    fn check_numbers(&mut self, wire: &WireProfile) {
        if let Some(temperature) = wire.temperature.filter(|t| !(0.0..=2.0).contains(t)) {
            self.0
                .push(format!("temperature: found {temperature}, expected 0 to 2"));
        }
        self.unless((1..=MAX_REPEATS).contains(&wire.repeats), || {
            format!(
                "repeats: found {}, expected 1 to {MAX_REPEATS}",
                wire.repeats
            )
        });
        check_connections(wire.max_connections, &mut self.0);
        if let Some(price) = &wire.price {
            for (name, value) in [("input", price.input), ("output", price.output)] {
                self.unless(value.is_finite() && value >= 0.0, || {
                    format!(
                        "price.{name}: found {value}, expected US dollars per million tokens, 0 or more"
                    )
                });
            }
        }
    }

    fn key(&mut self, key: Option<&str>) -> Option<KeySource> {
        let key = key?;
        if key == "none" {
            return Some(KeySource::None);
        }
        let is_variable = key.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && key
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        self.unless(is_variable, || {
            "key: expected `none` or the NAME of an environment variable, such as OPENAI_API_KEY; \
             a key itself must never stand in a file"
                .into()
        });
        Some(KeySource::Variable(key.to_owned()))
    }

    fn output_limit(&mut self, wire: &WireProfile) -> OutputLimit {
        let limit = match (wire.max_tokens, wire.max_completion_tokens) {
            (Some(tokens), None) => OutputLimit::MaxTokens(tokens),
            (None, Some(tokens)) => OutputLimit::MaxCompletionTokens(tokens),
            _ => {
                self.0.push(
                    "max_tokens, max_completion_tokens: expected exactly one of the two (newer OpenAI models take the second)"
                        .into(),
                );
                OutputLimit::MaxTokens(1)
            }
        };
        self.unless(limit.tokens() > 0, || {
            "max_tokens, max_completion_tokens: found 0, expected at least 1".into()
        });
        limit
    }

    fn encoding(&mut self, image: &WireImage) -> Encoding {
        let format = match (image.format, image.quality) {
            (WireFormat::Png, None) => Format::Png,
            (WireFormat::Png, Some(_)) => {
                self.0.push(
                    "image.quality: PNG has none; leave it out or use format = \"jpeg\"".into(),
                );
                Format::Png
            }
            (WireFormat::Jpeg, quality) => Format::Jpeg(quality.unwrap_or(DEFAULT_QUALITY)),
        };
        if let Format::Jpeg(quality) = format {
            self.unless((1..=100).contains(&quality), || {
                format!("image.quality: found {quality}, expected 1 to 100")
            });
        }
        let side = image.longest_side;
        if let Some(side) = side.filter(|s| !(16..=MAX_SIDE).contains(s)) {
            self.0.push(format!(
                "image.longest_side: found {side}, expected 16 to {MAX_SIDE} pixels"
            ));
        }
        Encoding {
            format,
            longest_side: side,
        }
    }

    fn retry(&mut self, retry: &WireRetry) -> RetryPolicy {
        let waits = WaitsTable {
            base_ms: retry.base_ms,
            max_ms: retry.max_ms,
            max_retry_after_s: retry.max_retry_after_s,
        };
        let mut most = |name, value, default| retries(name, value, default, &mut self.0);
        RetryPolicy {
            reply_retries: most("reply_retries", retry.reply_retries, RETRY.reply_retries),
            transport_retries: most(
                "transport_retries",
                retry.transport_retries,
                RETRY.transport_retries,
            ),
            waits: waits.over(&RETRY.waits, &mut self.0),
        }
    }
}
