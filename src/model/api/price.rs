//! What asking costs: bounded before, counted after.

use super::client::Ask;
use super::profile::Profile;

/// Bytes of UTF-8 per token: English has more than four, so this errs high.
const BYTES_PER_TOKEN: u64 = 3;
/// Tokens that the form of a message takes beside its words.
const TOKENS_PER_MESSAGE: u64 = 32;

/// Tokens that were used, as the endpoint counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Tokens of the prompt's words.
    pub input_text: u64,
    /// Tokens of the prompt's pictures.
    pub input_image: u64,
    /// Tokens of the reply's words, hidden thoughts included.
    pub output_text: u64,
    /// Tokens of the reply's pictures.
    pub output_image: u64,
    /// Pictures of the reply.
    pub pictures: u64,
}

/// What tokens and pictures cost, and how many there are at the most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Price {
    /// US dollars per million tokens of the prompt's words.
    pub input: f64,
    /// US dollars per million tokens of the prompt's pictures.
    pub input_image: f64,
    /// US dollars per million tokens of the reply's words.
    pub output: f64,
    /// US dollars per million tokens of the reply's pictures.
    pub output_image: f64,
    /// US dollars per picture of the reply, beside its tokens.
    pub per_picture: f64,
    /// Most tokens of a picture in the prompt.
    pub input_image_tokens: u64,
    /// Most tokens of the reply's words.
    pub output_tokens: u64,
    /// Most tokens of a picture in the reply.
    pub output_image_tokens: u64,
}

impl Price {
    /// US dollars for what was used.
    pub(super) fn cost_usd(&self, usage: &Usage) -> f64 {
        let million = usage.input_text as f64 * self.input
            + usage.input_image as f64 * self.input_image
            + usage.output_text as f64 * self.output
            + usage.output_image as f64 * self.output_image;
        million / 1e6 + usage.pictures as f64 * self.per_picture
    }
}

/// The most that one reply can use.
pub(super) fn most(profile: &Profile, price: &Price, ask: &Ask) -> Usage {
    let draws = u64::from(profile.api.draws());
    let shown = u64::from(ask.picture.is_some());
    Usage {
        input_text: (ask.text.len() as u64).div_ceil(BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE,
        input_image: shown * price.input_image_tokens,
        output_text: price.output_tokens,
        output_image: draws * price.output_image_tokens,
        pictures: draws,
    }
}
