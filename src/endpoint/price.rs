//! What asking costs: bounded before, counted after, never understated.

use serde::{Deserialize, Serialize};

/// Bytes of UTF-8 per token: English has more than four, so this errs high.
const BYTES_PER_TOKEN: u64 = 3;
/// Tokens that the form of a message takes beside its words, per part and per message.
const TOKENS_PER_PART: u64 = 8;
const TOKENS_PER_MESSAGE: u64 = 32;
/// Side of a tile, in pixels.
const TILE: f64 = 512.0;
/// Pictures are first scaled into a square of this side …
const FIT_LONG: f64 = 2048.0;
/// … and then to this shorter side (OpenAI's documented rule for high detail).
const FIT_SHORT: f64 = 768.0;

/// Money that was spent, in US dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// All of it: what was told, and the most where nothing was told.
    pub cost_usd: f64,
    /// The part of it that is the most that it can be, since the endpoint did not tell.
    pub assumed_usd: f64,
}

impl Spent {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            cost_usd: self.cost_usd + other.cost_usd,
            assumed_usd: self.assumed_usd + other.assumed_usd,
        }
    }
}

/// Tokens that were used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    /// Tokens of the prompt's words that are billed in full.
    pub input_text: u64,
    /// Tokens of the prompt's pictures.
    pub input_image: u64,
    /// Tokens of the prompt that the endpoint read from its own cache.
    pub cached: u64,
    /// Tokens of the prompt that it put there.
    pub cache_written: u64,
    /// Tokens of the reply's words, hidden thoughts included.
    pub output_text: u64,
    /// Tokens of the reply's pictures.
    pub output_image: u64,
    /// Pictures of the reply.
    pub pictures: u64,
}

impl Usage {
    /// Tokens of the prompt.
    pub fn input(&self) -> u64 {
        self.input_text + self.input_image + self.cached + self.cache_written
    }

    /// Tokens of the reply.
    pub fn output(&self) -> u64 {
        self.output_text + self.output_image
    }

    /// This, with the half that was not told (no tokens at all) taken from `most`. The flag says
    /// whether anything was taken.
    pub fn or_most(mut self, most: &Self) -> (Self, bool) {
        let (no_input, no_output) = (self.input() == 0, self.output() == 0);
        if no_input {
            (self.input_text, self.input_image) = (most.input_text, most.input_image);
        }
        if no_output {
            (self.output_text, self.output_image) = (most.output_text, most.output_image);
            self.pictures = self.pictures.max(most.pictures);
        }
        (self, no_input || no_output)
    }
}

/// What tokens and pictures cost, and how many there are at the most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// US dollars per million tokens of the prompt's words.
    pub input: f64,
    /// US dollars per million tokens of the prompt that the endpoint had in its cache.
    pub cached_input: f64,
    /// US dollars per million tokens of the prompt that it put there.
    pub cache_write: f64,
    /// US dollars per million tokens of the prompt's pictures.
    pub input_image: f64,
    /// US dollars per million tokens of the reply's words.
    pub output: f64,
    /// US dollars per million tokens of the reply's pictures.
    pub output_image: f64,
    /// US dollars per picture of the reply, beside its tokens.
    pub per_picture: f64,
    /// Most tokens of the reply's words, where the profile states no other limit.
    pub output_tokens: u64,
    /// Most tokens of a picture in the reply.
    pub output_image_tokens: u64,
}

impl Price {
    /// US dollars for what was used.
    pub fn cost_usd(&self, usage: &Usage) -> f64 {
        let million = usage.input_text as f64 * self.input
            + usage.input_image as f64 * self.input_image
            + usage.cached as f64 * self.cached_input
            + usage.cache_written as f64 * self.cache_write
            + usage.output_text as f64 * self.output
            + usage.output_image as f64 * self.output_image;
        million / 1e6 + usage.pictures as f64 * self.per_picture
    }
}

/// How many prompt tokens a picture takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageTokens {
    /// For each picture.
    pub base: u64,
    /// For each tile of 512 × 512 pixels.
    pub per_tile: u64,
}

impl Default for ImageTokens {
    /// What OpenAI documents for GPT-4o and GPT-4.1 in high detail.
    fn default() -> Self {
        Self {
            base: 85,
            per_tile: 170,
        }
    }
}

impl ImageTokens {
    /// Tokens of a picture that is scaled down to `longest_side` before it is sent; `low` detail
    /// takes the base alone.
    pub fn of(self, width: u32, height: u32, longest_side: Option<u32>, low: bool) -> u64 {
        if low {
            return self.base;
        }
        let (long, short) = (f64::from(width.max(height)), f64::from(width.min(height)));
        let longest_side = longest_side.map_or(long, f64::from);
        let factors = [longest_side / long, FIT_LONG / long, FIT_SHORT / short];
        let factor = factors.into_iter().fold(1.0, f64::min);
        let tiles = |side: f64| (side * factor / TILE).ceil().max(1.0) as u64;
        self.base + self.per_tile * tiles(long) * tiles(short)
    }
}

/// Tokens of the prompt's words, rather too many than too few.
pub fn text_tokens<'a>(texts: impl Iterator<Item = &'a str>) -> u64 {
    let each = |text: &str| (text.len() as u64).div_ceil(BYTES_PER_TOKEN) + TOKENS_PER_PART;
    texts.map(each).sum::<u64>() + TOKENS_PER_MESSAGE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_follow_the_published_rule() {
        let tokens = ImageTokens::default();
        // 1024 x 1024 becomes 768 x 768: four tiles; 2048 x 4096 becomes 768 x 1536: six.
        assert_eq!(tokens.of(1024, 1024, None, false), 85 + 4 * 170);
        assert_eq!(tokens.of(2048, 4096, None, false), 85 + 6 * 170);
        assert_eq!(tokens.of(512, 512, None, false), 85 + 170);
        assert_eq!(tokens.of(2048, 2048, Some(512), false), 85 + 170);
        assert_eq!(tokens.of(4096, 8192, None, true), 85);
    }

    #[test]
    fn every_kind_of_token_has_its_price() {
        let price = Price {
            input: 2.0,
            cached_input: 0.5,
            cache_write: 2.5,
            input_image: 3.0,
            output: 8.0,
            output_image: 40.0,
            per_picture: 0.25,
            output_tokens: 100,
            output_image_tokens: 100,
        };
        let usage = Usage {
            input_text: 1_000_000,
            input_image: 1_000_000,
            cached: 1_000_000,
            cache_written: 1_000_000,
            output_text: 500_000,
            output_image: 100_000,
            pictures: 2,
        };
        approx::assert_relative_eq!(
            price.cost_usd(&usage),
            2.0 + 3.0 + 0.5 + 2.5 + 4.0 + 4.0 + 0.5
        );
    }

    #[test]
    fn what_is_not_told_is_the_most_it_can_be() {
        let most = Usage {
            input_text: 10,
            input_image: 20,
            output_text: 30,
            pictures: 1,
            ..Usage::default()
        };
        assert_eq!(Usage::default().or_most(&most), (most, true));
        let told = Usage {
            input_text: 1,
            output_text: 2,
            ..Usage::default()
        };
        assert_eq!(told.or_most(&most), (told, false));
        let half = Usage {
            cached: 5,
            ..Usage::default()
        };
        let (booked, taken) = half.or_most(&most);
        assert!(taken);
        assert_eq!((booked.input(), booked.output()), (5, 30));
    }
}
