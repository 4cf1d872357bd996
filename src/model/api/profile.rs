//! Profiles of models behind an API: which way of asking, what is sent, at what price.
//!
//! Profiles of `models/` are embedded in the binary and found by the model's name; a name
//! that has none is asked with the defaults, without a price; a path names any other. Keys
//! never stand in a profile, only the names of the variables that hold them.

mod wire;

use std::path::Path;

use serde_json::{Map, Value};

use super::gemini::Gemini;
use super::openai::{Chat, Images, Responses};
use super::price::Price;
use super::prompt::{
    PLAIN, REASON_EDIT, REASON_GENERATION, THINK_EDIT, THINK_GENERATION, Templates,
};
use super::provider::Provider;
use crate::common::files;
use crate::common::http::{Timeouts, Waits};
use crate::model::{ModelError, text};

/// Longest profile that is read, in bytes.
const MAX_PROFILE_BYTES: u64 = 64 << 10;

/// The embedded profiles: kind, model, file.
const EMBEDDED: [(&str, &str, &str); 5] = [
    (
        "openai",
        "gpt-image-1",
        include_str!("../../../models/gpt-image-1.toml"),
    ),
    (
        "openai",
        "gpt-4o",
        include_str!("../../../models/gpt-4o.toml"),
    ),
    (
        "openai",
        "gpt-4.1",
        include_str!("../../../models/gpt-4.1.toml"),
    ),
    (
        "gemini",
        "gemini-2.5-flash-image",
        include_str!("../../../models/gemini-2.5-flash-image.toml"),
    ),
    (
        "gemini",
        "gemini-2.5-flash",
        include_str!("../../../models/gemini-2.5-flash.toml"),
    ),
];

/// A way of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// `/images/generations` and `/images/edits`.
    OpenAiImages,
    /// `/responses` with the tool that draws.
    OpenAiResponses,
    /// `/chat/completions`: text only.
    OpenAiChat,
    /// `generateContent` with text and picture.
    Gemini,
    /// `generateContent` with text only.
    GeminiText,
}

impl Api {
    const ALL: [Self; 5] = [
        Self::OpenAiImages,
        Self::OpenAiResponses,
        Self::OpenAiChat,
        Self::Gemini,
        Self::GeminiText,
    ];

    /// The name in profiles.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::OpenAiImages => "openai-images",
            Self::OpenAiResponses => "openai-responses",
            Self::OpenAiChat => "openai-chat",
            Self::Gemini => "gemini",
            Self::GeminiText => "gemini-text",
        }
    }

    /// Whether pictures come of it.
    pub(crate) fn draws(self) -> bool {
        !matches!(self, Self::OpenAiChat | Self::GeminiText)
    }

    /// Whether models that are asked so are declared to reason unless something else is said.
    fn thinks(self) -> bool {
        self != Self::OpenAiImages
    }

    /// The kind of model whose specs may be asked so.
    fn kind(self) -> &'static str {
        match self {
            Self::Gemini | Self::GeminiText => "gemini",
            _ => "openai",
        }
    }

    fn default_of(kind: &str, text_only: bool) -> Self {
        match (kind, text_only) {
            ("gemini", false) => Self::Gemini,
            ("gemini", true) => Self::GeminiText,
            (_, true) => Self::OpenAiChat,
            (_, false) => Self::OpenAiImages,
        }
    }

    /// Who writes the requests and reads the responses.
    pub(super) fn provider(self) -> &'static dyn Provider {
        match self {
            Self::OpenAiImages => &Images,
            Self::OpenAiResponses => &Responses,
            Self::OpenAiChat => &Chat,
            Self::Gemini => &Gemini { draws: true },
            Self::GeminiText => &Gemini { draws: false },
        }
    }
}

/// Where the key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeySource {
    /// The provider's usual variables.
    Usual,
    /// The endpoint asks for none.
    None,
    /// An environment variable of this name.
    Variable(String),
}

/// When to ask again, and how long to wait before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Retry {
    /// Further tries after an exchange that brought no reply.
    pub transport_retries: u32,
    /// How long to wait in between.
    pub waits: Waits,
}

/// A model behind an API.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Profile {
    /// Name in tables; safe as part of a file name.
    pub(super) name: String,
    /// The way of asking.
    pub(super) api: Api,
    /// The model, pinned where the endpoint allows.
    pub(super) model: String,
    /// The endpoint, where the profile names one.
    pub(super) base_url: Option<String>,
    /// Where the key comes from.
    pub(super) key: KeySource,
    /// Whether it is declared to reason.
    pub(super) thinks: bool,
    /// Most requests in flight.
    pub(super) max_connections: usize,
    /// Further fields of the request body.
    pub(super) request: Map<String, Value>,
    /// What is said beside the instruction, where the profile says so.
    pub(super) prompt: Option<Templates>,
    /// When to ask again.
    pub(super) retry: Retry,
    /// How long to wait.
    pub(super) timeouts: Timeouts,
    /// What it costs, where the profile says.
    pub(super) price: Option<Price>,
}

impl Profile {
    /// What is said beside the instruction.
    pub(super) fn templates(&self) -> Templates {
        let (edit, generation) = match (self.api.draws(), self.thinks) {
            (false, _) => (REASON_EDIT, REASON_GENERATION),
            (true, true) => (THINK_EDIT, THINK_GENERATION),
            (true, false) => (PLAIN, PLAIN),
        };
        self.prompt.clone().unwrap_or_else(|| Templates {
            edit: edit.to_owned(),
            generation: generation.to_owned(),
        })
    }
}

/// The profile of a model: the file that `rest` names (a path that ends in `.toml`), the
/// embedded one of that name, or the defaults. `text_only` asks for a model that reasons and
/// does not draw.
///
/// # Errors
/// A profile that cannot be read or is faulty: all faults that can be seen at once.
pub(super) fn find(kind: &str, rest: &str, text_only: bool) -> Result<Profile, ModelError> {
    let (place, found) = if Path::new(rest).extension().is_some_and(|end| end == "toml") {
        let found = files::read_text_bounded(Path::new(rest), MAX_PROFILE_BYTES)
            .map_err(|error| ModelError::caused_by("the model's profile cannot be read", error))?;
        (rest, Some(found))
    } else {
        let mut embedded = EMBEDDED.iter();
        let own = embedded.find(|(of_kind, model, _)| (*of_kind, *model) == (kind, rest));
        (rest, own.map(|(_, _, text)| (*text).to_owned()))
    };
    let defaults = || format!("model = {}", Value::from(rest));
    let text = found.unwrap_or_else(defaults);
    wire::read(&text, kind, text_only).map_err(|faults| {
        ModelError::new(format!(
            "the model profile {} cannot be used:\n  {}",
            text::excerpt(place, 200),
            faults.join("\n  ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_profile_is_sound_and_has_a_price() {
        for (kind, model, _) in EMBEDDED {
            let profile = find(kind, model, false).unwrap();
            assert!(profile.price.is_some(), "{model}");
            assert_eq!(profile.api.kind(), kind);
            assert!(!profile.name.is_empty());
        }
    }

    #[test]
    fn an_unknown_model_is_asked_with_the_defaults_and_without_a_price() {
        let profile = find("openai", "org/new-model", false).unwrap();
        assert_eq!(profile.api, Api::OpenAiImages);
        assert_eq!(
            (profile.name.as_str(), profile.thinks),
            ("org-new-model", false)
        );
        assert_eq!(profile.price, None);
        assert_eq!(find("openai", "x", true).unwrap().api, Api::OpenAiChat);
        assert_eq!(find("gemini", "x", true).unwrap().api, Api::GeminiText);
        assert!(find("gemini", "x", false).unwrap().thinks);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let text = "model = \"m\"\napi = \"openai-chat\"\nmax_connections = 0\nkey = \"a b\"\n\
                    base_url = \"http://u:secret@x\"\n[request]\nmodel = \"other\"\n\
                    [prompt]\nedit = \"none\"\ngeneration = \"{instruction}\"\n\
                    [price]\ninput = -1.0\noutput = 1.0\n";
        let faults = wire::read(text, "gemini", false).unwrap_err().join("\n");
        for part in [
            "api = \"openai-chat\" is not asked as gemini:",
            "max_connections: found 0, expected 1 to 1024",
            "key must be",
            "[request] model is filled in",
            "[prompt] edit lacks {instruction}",
            "[price] input: found -1, expected",
            "[price] output_tokens must say",
        ] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
        let unknown = wire::read("model = \"m\"\napi_key = \"sk-x\"", "openai", false);
        assert!(unknown.unwrap_err().join("").contains("api_key"));
    }
}
