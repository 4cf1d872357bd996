//! The profile as it stands in its file, and the checks between file and
//! [`Profile`]. Messages never repeat the file's values: a key may have been
//! pasted into the wrong place.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::{Encoding, Format, ImageTokens, KeySource, OutputLimit, Price, Profile, RetryPolicy};
use crate::common::files::is_safe_name;
use crate::common::http::{Timeouts, Waits};
use crate::common::picture::MAX_SIDE;
use crate::common::toml_fault::where_and_what;

/// Most repeats that a profile may ask for.
const MAX_REPEATS: u32 = 100;
/// Most requests in flight that a profile may ask for.
const MAX_CONNECTIONS: usize = 1024;
/// Most retries of either kind.
const MAX_RETRIES: u32 = 20;
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
    timeouts: WireTimeouts,
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

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WireRetry {
    reply_retries: u32,
    transport_retries: u32,
    base_ms: u64,
    max_ms: u64,
    max_retry_after_s: f64,
}

impl Default for WireRetry {
    fn default() -> Self {
        Self {
            reply_retries: 3,
            transport_retries: 6,
            base_ms: 500,
            max_ms: 30_000,
            max_retry_after_s: 120.0,
        }
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WireTimeouts {
    connect_s: f64,
    first_byte_s: f64,
    idle_s: f64,
    total_s: f64,
}

impl Default for WireTimeouts {
    fn default() -> Self {
        Self {
            connect_s: 10.0,
            first_byte_s: 120.0,
            idle_s: 30.0,
            total_s: 180.0,
        }
    }
}

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
    let timeouts = faults.timeouts(&wire.timeouts);
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
        self.unless(
            wire.temperature.is_none_or(|t| (0.0..=2.0).contains(&t)),
            || "temperature: expected 0 to 2".into(),
        );
        self.unless((1..=MAX_REPEATS).contains(&wire.repeats), || {
            format!("repeats: expected 1 to {MAX_REPEATS}")
        });
        self.unless(
            (1..=MAX_CONNECTIONS).contains(&wire.max_connections),
            || format!("max_connections: expected 1 to {MAX_CONNECTIONS}"),
        );
        if let Some(price) = &wire.price {
            for (name, value) in [("input", price.input), ("output", price.output)] {
                self.unless(value.is_finite() && value >= 0.0, || {
                    format!("price.{name}: expected US dollars per million tokens, 0 or more")
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
            "max_tokens, max_completion_tokens: expected at least 1".into()
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
                "image.quality: expected 1 to 100".into()
            });
        }
        let side = image.longest_side;
        self.unless(side.is_none_or(|s| (16..=MAX_SIDE).contains(&s)), || {
            format!("image.longest_side: expected 16 to {MAX_SIDE} pixels")
        });
        Encoding {
            format,
            longest_side: side,
        }
    }

    fn retry(&mut self, retry: &WireRetry) -> RetryPolicy {
        for (name, value) in [
            ("reply_retries", retry.reply_retries),
            ("transport_retries", retry.transport_retries),
        ] {
            self.unless(value <= MAX_RETRIES, || {
                format!("retry.{name}: expected 0 to {MAX_RETRIES}")
            });
        }
        self.unless(retry.base_ms <= retry.max_ms, || {
            "retry.base_ms: expected at most retry.max_ms".into()
        });
        RetryPolicy {
            reply_retries: retry.reply_retries,
            transport_retries: retry.transport_retries,
            waits: Waits {
                base: Duration::from_millis(retry.base_ms),
                max: Duration::from_millis(retry.max_ms),
                max_retry_after: self.seconds("retry.max_retry_after_s", retry.max_retry_after_s),
            },
        }
    }

    fn timeouts(&mut self, timeouts: &WireTimeouts) -> Timeouts {
        Timeouts {
            connect: self.seconds("timeouts.connect_s", timeouts.connect_s),
            first_byte: self.seconds("timeouts.first_byte_s", timeouts.first_byte_s),
            idle: self.seconds("timeouts.idle_s", timeouts.idle_s),
            total: self.seconds("timeouts.total_s", timeouts.total_s),
        }
    }

    /// A span of more than nothing and at most a day.
    fn seconds(&mut self, name: &str, value: f64) -> Duration {
        let sound = value.is_finite() && value > 0.0 && value <= 86_400.0;
        self.unless(sound, || {
            format!("{name}: expected seconds, more than 0 and at most 86400")
        });
        if sound {
            Duration::from_secs_f64(value)
        } else {
            Duration::ZERO
        }
    }
}
