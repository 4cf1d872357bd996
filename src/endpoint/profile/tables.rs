//! `[image]`, `[retry]` and `[price]` as they stand in a profile's file.

use serde::Deserialize;

use super::Retry;
use super::defaults::Defaults;
use super::faults::Faults;
use super::timing::{WaitsTable, retries};
use crate::common::picture::MAX_SIDE;
use crate::endpoint::encoding::{Encoding, Format};
use crate::endpoint::price::{ImageTokens, Price};

/// JPEG quality where the profile states none.
const DEFAULT_QUALITY: u8 = 95;

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum WireFormat {
    Png,
    Jpeg,
    /// The bytes of the stored file.
    Stored,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ImageTable {
    format: Option<WireFormat>,
    quality: Option<u8>,
    pub longest_side: Option<u32>,
    output_to_input: Option<bool>,
    pub detail: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RetryTable {
    reply_retries: Option<u32>,
    transport_retries: Option<u32>,
    base_ms: Option<u64>,
    max_ms: Option<u64>,
    max_retry_after_s: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceTable {
    input: f64,
    cached_input: Option<f64>,
    cache_write: Option<f64>,
    input_image: Option<f64>,
    output: f64,
    output_image: Option<f64>,
    #[serde(default)]
    per_picture: f64,
    tokens_per_image: Option<u64>,
    tokens_per_tile: Option<u64>,
    input_image_tokens: Option<u64>,
    #[serde(default)]
    output_tokens: u64,
    #[serde(default)]
    output_image_tokens: u64,
}

impl ImageTable {
    pub fn encoding(&self, defaults: &Defaults, faults: &mut Faults) -> Encoding {
        let output_to_input = self.output_to_input.unwrap_or(false);
        let scales = self.longest_side.is_some() || output_to_input;
        let format = match (self.format, self.quality) {
            (Some(WireFormat::Stored), None) if !scales => Format::Own,
            (Some(WireFormat::Stored), _) => {
                let fault = "image: format = \"stored\" sends the file's own bytes; leave quality, longest_side and output_to_input out";
                faults.0.push(fault.into());
                Format::Own
            }
            (None, None) if self.longest_side.is_none() => defaults.format,
            (None | Some(WireFormat::Png), None) => Format::Png,
            (None | Some(WireFormat::Png), Some(_)) => {
                let fault = "image.quality: PNG has none; leave it out or use format = \"jpeg\"";
                faults.0.push(fault.into());
                Format::Png
            }
            (Some(WireFormat::Jpeg), quality) => Format::Jpeg(quality.unwrap_or(DEFAULT_QUALITY)),
        };
        if let Format::Jpeg(quality) = format {
            faults.unless((1..=100).contains(&quality), || {
                format!("image.quality: found {quality}, expected 1 to 100")
            });
        }
        let side = self.longest_side;
        if let Some(side) = side.filter(|side| !(16..=MAX_SIDE).contains(side)) {
            faults.0.push(format!(
                "image.longest_side: found {side}, expected 16 to {MAX_SIDE} pixels"
            ));
        }
        Encoding {
            format,
            longest_side: side,
            output_to_input,
        }
    }
}

impl RetryTable {
    pub fn over(&self, defaults: &Retry, faults: &mut Faults) -> Retry {
        let waits = WaitsTable {
            base_ms: self.base_ms,
            max_ms: self.max_ms,
            max_retry_after_s: self.max_retry_after_s,
        };
        let mut most = |name, value, default| retries(name, value, default, &mut faults.0);
        Retry {
            reply_retries: most("reply_retries", self.reply_retries, defaults.reply_retries),
            transport_retries: most(
                "transport_retries",
                self.transport_retries,
                defaults.transport_retries,
            ),
            waits: waits.over(&defaults.waits, &mut faults.0),
        }
    }
}

impl PriceTable {
    pub fn image_tokens(&self) -> ImageTokens {
        let usual = ImageTokens::default();
        match self.input_image_tokens {
            Some(base) => ImageTokens { base, per_tile: 0 },
            None => ImageTokens {
                base: self.tokens_per_image.unwrap_or(usual.base),
                per_tile: self.tokens_per_tile.unwrap_or(usual.per_tile),
            },
        }
    }

    pub fn read(self, notes: &mut Vec<String>, faults: &mut Faults) -> Price {
        if self.input_image_tokens.is_some() {
            notes.push(
                "[price] input_image_tokens is now called tokens_per_image, with tokens_per_tile = 0; the old name still works"
                    .to_owned(),
            );
            faults.unless(self.tokens_per_image.is_none(), || {
                "price.input_image_tokens: tokens_per_image says it already; keep one".into()
            });
        }
        for (name, value) in [
            ("input", Some(self.input)),
            ("cached_input", self.cached_input),
            ("cache_write", self.cache_write),
            ("input_image", self.input_image),
            ("output", Some(self.output)),
            ("output_image", self.output_image),
            ("per_picture", Some(self.per_picture)),
        ] {
            if let Some(value) = value.filter(|value| !(value.is_finite() && *value >= 0.0)) {
                faults.0.push(format!(
                    "price.{name}: found {value}, expected US dollars per million tokens (per_picture: per picture), 0 or more"
                ));
            }
        }
        Price {
            input: self.input,
            // What a profile does not say is never taken to be cheaper.
            cached_input: self.cached_input.unwrap_or(self.input),
            cache_write: self.cache_write.unwrap_or(2.0 * self.input),
            input_image: self.input_image.unwrap_or(self.input),
            output: self.output,
            output_image: self.output_image.unwrap_or(self.output),
            per_picture: self.per_picture,
            output_tokens: self.output_tokens,
            output_image_tokens: self.output_image_tokens,
        }
    }
}
