//! What asking costs: tokens estimated before, money counted after.

use crate::judge::Usage;
use crate::judge::profile::{Price, Profile};
use crate::judge::prompt::{JudgePrompt, Part};

/// Bytes of UTF-8 per token: English has more than four, so this errs high.
const BYTES_PER_TOKEN: u64 = 3;
/// Tokens that the form of a message takes beside its words.
const TOKENS_PER_PART: u64 = 8;
/// Side of a tile, in pixels.
const TILE: u32 = 512;
/// Pictures are first scaled into a square of this side …
const FIT_LONG: f64 = 2048.0;
/// … and then to this shorter side (OpenAI's documented rule for high detail).
const FIT_SHORT: f64 = 768.0;

/// US dollars for so many tokens.
pub fn cost_usd(price: &Price, usage: &Usage) -> f64 {
    (usage.input_tokens as f64 * price.input + usage.output_tokens as f64 * price.output) / 1e6
}

/// Prompt tokens from the length of the text and the size of the pictures, rather
/// too many than too few.
pub fn prompt_tokens(profile: &Profile, prompt: &JudgePrompt) -> u64 {
    let of_text = |text: &str| (text.len() as u64).div_ceil(BYTES_PER_TOKEN) + TOKENS_PER_PART;
    let of_part = |part: &Part| match part {
        Part::Text(text) => of_text(text),
        Part::Image(_, file) => image_tokens(profile, file.width, file.height),
    };
    of_text(&prompt.system) + prompt.parts.iter().map(of_part).sum::<u64>()
}

fn image_tokens(profile: &Profile, width: u32, height: u32) -> u64 {
    let tokens = profile.image_tokens;
    if profile.detail.as_deref() == Some("low") {
        return tokens.base;
    }
    let (long, short) = (f64::from(width.max(height)), f64::from(width.min(height)));
    let longest_side = profile.encoding.longest_side.map_or(long, f64::from);
    let factors = [longest_side / long, FIT_LONG / long, FIT_SHORT / short];
    let factor = factors.into_iter().fold(1.0, f64::min);
    let tiles = |side: f64| (side * factor / f64::from(TILE)).ceil().max(1.0) as u64;
    tokens.base + tokens.per_tile * tiles(long) * tiles(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_follow_the_published_rule() {
        let profile = Profile::find("gpt-4.1").unwrap();
        // 1024 x 1024 becomes 768 x 768: four tiles; 2048 x 4096 becomes 768 x 1536: six.
        assert_eq!(image_tokens(&profile, 1024, 1024), 85 + 4 * 170);
        assert_eq!(image_tokens(&profile, 2048, 4096), 85 + 6 * 170);
        assert_eq!(image_tokens(&profile, 512, 512), 85 + 170);
        let low = Profile {
            detail: Some("low".into()),
            ..profile
        };
        assert_eq!(image_tokens(&low, 4096, 8192), 85);
    }

    #[test]
    fn money_is_tokens_times_price() {
        let price = Price {
            input: 2.0,
            output: 8.0,
        };
        let usage = Usage {
            input_tokens: 1_000_000,
            output_tokens: 500_000,
        };
        approx::assert_relative_eq!(cost_usd(&price, &usage), 6.0);
    }
}
