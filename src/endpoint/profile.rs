//! Profiles: TOML files that say which model is asked, where, how and at what price. One dialect
//! for judges and models. Keys never stand in a profile, only the names of the environment
//! variables that hold them.

pub mod defaults;
pub mod faults;
mod tables;
pub mod timing;
pub mod wire;

use serde_json::{Map, Value};

use super::ask::Ask;
use super::backoff::Waits;
use super::encoding::Encoding;
use super::guard::{Life, Served};
use super::price::{ImageTokens, Price, Usage, text_tokens};
use super::transport::Timeouts;

/// Where the key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The provider's usual variables.
    Usual,
    /// The endpoint asks for none.
    None,
    /// An environment variable of this name.
    Variable(String),
}

/// How long a reply may be, and the name under which the endpoint takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputLimit {
    /// `max_tokens`.
    MaxTokens(u32),
    /// `max_completion_tokens`, as newer models want it.
    MaxCompletionTokens(u32),
}

impl OutputLimit {
    /// The number of tokens.
    pub fn tokens(self) -> u32 {
        match self {
            Self::MaxTokens(tokens) | Self::MaxCompletionTokens(tokens) => tokens,
        }
    }

    /// The setting's name in profiles.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxTokens(_) => "max_tokens",
            Self::MaxCompletionTokens(_) => "max_completion_tokens",
        }
    }
}

/// When to ask again, and how long to wait before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Further tries with the same prompt after a reply without a mark; 0 for models.
    pub reply_retries: u32,
    /// Further tries after an exchange that brought no reply.
    pub transport_retries: u32,
    /// How long to wait in between.
    pub waits: Waits,
}

/// Most lost exchanges of one question that may be billed and are still tried again.
const BILLED_RETRIES: u32 = 2;

impl Retry {
    /// Requests of one question that can be billed at the most: what a cap on money reserves.
    pub fn most_billed(&self) -> u32 {
        1 + self.reply_retries + self.transport_retries.min(BILLED_RETRIES)
    }
}

/// A model behind an API.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Name in tables; safe as part of a file name.
    pub name: String,
    /// The way of asking: the name of a provider.
    pub provider: &'static str,
    /// The endpoints, where the profile names any: replicas of one server.
    pub base_urls: Vec<String>,
    /// What stands for the endpoint in the identity, where the profile says.
    pub endpoint_label: Option<String>,
    /// Where the key comes from.
    pub key: KeySource,
    /// Another header than the provider's for the key, which then stands there alone.
    pub key_header: Option<String>,
    /// The model, pinned where the endpoint allows.
    pub model: String,
    /// Sampling temperature, where it is sent.
    pub temperature: Option<f64>,
    /// Length of the reply, where it is sent.
    pub output_limit: Option<OutputLimit>,
    /// Sampling seed, where it is sent.
    pub seed: Option<i64>,
    /// The endpoint's `detail` setting of pictures, where it is sent.
    pub detail: Option<String>,
    /// Whether the endpoint is to hold the reply to a JSON schema.
    pub structured: bool,
    /// Whether a picture is asked for.
    pub draws: bool,
    /// Further fields of the request body.
    pub request: Map<String, Value>,
    /// Most requests in flight.
    pub max_connections: usize,
    /// How pictures are sent.
    pub encoding: Encoding,
    /// When to ask again.
    pub retry: Retry,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// What it costs, where the profile says.
    pub price: Option<Price>,
    /// How many tokens a picture takes.
    pub image_tokens: ImageTokens,
    /// How long the model lives, where the profile says.
    pub life: Life,
    /// Which served models are taken for the one that is asked for.
    pub served: Served,
    /// What people should change in the file, line by line.
    pub notes: Vec<String>,
}

impl Profile {
    /// Leaves the profile its part of the connections where so many machines use it at the same time: at least one.
    pub fn share_connections(&mut self, machines: usize) {
        self.max_connections = (self.max_connections / machines.max(1)).max(1);
    }

    /// The most that one request can use.
    pub fn most(&self, ask: &Ask) -> Usage {
        let low = self.detail.as_deref() == Some("low");
        let side = self.encoding.longest_side;
        let of_picture = |[width, height]: [u32; 2]| self.image_tokens.of(width, height, side, low);
        let limit = self.output_limit.map_or(0, |limit| limit.tokens().into());
        let stated = |tokens: fn(&Price) -> u64| self.price.as_ref().map_or(0, tokens);
        let drawn = u64::from(self.draws);
        Usage {
            input_text: text_tokens(ask.texts()),
            input_image: ask.pictures().map(|shown| of_picture(shown.sides())).sum(),
            output_text: stated(|price| price.output_tokens).max(limit),
            output_image: drawn * stated(|price| price.output_image_tokens),
            pictures: drawn,
            ..Usage::default()
        }
    }
}
