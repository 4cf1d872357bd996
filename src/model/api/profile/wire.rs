//! The profile as it stands in its file, and the checks between file and [`Profile`].
//! Messages never repeat values that may be keys.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Api, KeySource, Profile, Retry};
use crate::common::files::is_safe_name;
use crate::common::http::{Timeouts, TimeoutsTable, Waits, WaitsTable, check_connections, retries};
use crate::common::toml_fault::where_and_what;
use crate::model::api::price::Price;
use crate::model::api::prompt::{INSTRUCTION, Templates};
use crate::model::text;

/// Longest name of a model, in bytes.
const MAX_MODEL_BYTES: usize = 200;
/// Fields of the request that the program fills in itself.
const OWN_FIELDS: [&str; 8] = [
    "model", "prompt", "messages", "input", "contents", "image", "stream", "n",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireProfile {
    name: Option<String>,
    model: String,
    api: Option<String>,
    base_url: Option<String>,
    key: Option<String>,
    thinks: Option<bool>,
    #[serde(default = "default_connections")]
    max_connections: usize,
    #[serde(default)]
    request: Map<String, Value>,
    prompt: Option<WirePrompt>,
    #[serde(default)]
    retry: WireRetry,
    #[serde(default)]
    timeouts: TimeoutsTable,
    price: Option<WirePrice>,
}

/// Fewer than for judges: a picture takes an endpoint long and a kill costs what is in flight.
fn default_connections() -> usize {
    4
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePrompt {
    edit: String,
    generation: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WireRetry {
    transport_retries: Option<u32>,
    base_ms: Option<u64>,
    max_ms: Option<u64>,
    max_retry_after_s: Option<f64>,
}

const RETRY: Retry = Retry {
    transport_retries: 6,
    waits: Waits {
        base: Duration::from_secs(1),
        max: Duration::from_secs(60),
        max_retry_after: Duration::from_secs(300),
    },
};
/// Longer than for judges: a picture takes an endpoint long.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    first_byte: Duration::from_secs(300),
    idle: Duration::from_secs(60),
    total: Duration::from_secs(420),
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePrice {
    input: f64,
    input_image: Option<f64>,
    output: f64,
    output_image: Option<f64>,
    #[serde(default)]
    per_picture: f64,
    #[serde(default)]
    input_image_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    #[serde(default)]
    output_image_tokens: u64,
}

/// Reads a profile for specs of one kind.
///
/// # Errors
/// All faults that can be seen at once, one a line.
pub(super) fn read(text: &str, kind: &str, text_only: bool) -> Result<Profile, Vec<String>> {
    let wire: WireProfile =
        toml::from_str(text).map_err(|error| vec![where_and_what(text, &error)])?;
    let mut faults = Vec::new();
    check(&wire, &mut faults);
    let api = api_of(&wire, kind, text_only, &mut faults);
    let key = key_of(wire.key.as_deref(), &mut faults);
    let timeouts = wire.timeouts.over(&TIMEOUTS, &mut faults);
    let retry = retry_of(&wire.retry, &mut faults);
    let thinks = wire.thinks.unwrap_or(api.thinks());
    let price = wire.price.map(price_of);
    if let Some(price) = &price {
        check_bounds(price, api, thinks, &mut faults);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Profile {
        name: wire.name.unwrap_or_else(|| text::safe_name(&wire.model)),
        thinks,
        api,
        model: wire.model,
        base_url: wire.base_url,
        key,
        max_connections: wire.max_connections,
        request: wire.request,
        prompt: wire.prompt.map(|prompt| Templates {
            edit: prompt.edit,
            generation: prompt.generation,
        }),
        retry,
        timeouts,
        price,
    })
}

fn retry_of(wire: &WireRetry, faults: &mut Vec<String>) -> Retry {
    let waits = WaitsTable {
        base_ms: wire.base_ms,
        max_ms: wire.max_ms,
        max_retry_after_s: wire.max_retry_after_s,
    };
    let most = retries(
        "transport_retries",
        wire.transport_retries,
        RETRY.transport_retries,
        faults,
    );
    Retry {
        transport_retries: most,
        waits: waits.over(&RETRY.waits, faults),
    }
}

fn check(wire: &WireProfile, faults: &mut Vec<String>) {
    if wire.name.as_ref().is_some_and(|name| !is_safe_name(name)) {
        faults.push("name must be made of letters, digits, `-`, `_` and `.`".into());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:/@".contains(c);
    let model = &wire.model;
    if model.is_empty() || model.len() > MAX_MODEL_BYTES || !model.chars().all(allowed) {
        faults.push("model must be made of letters, digits and -_.:/@".into());
    }
    check_connections(wire.max_connections, faults);
    for field in OWN_FIELDS
        .iter()
        .filter(|field| wire.request.contains_key(**field))
    {
        faults.push(format!("[request] {field} is filled in by the program"));
    }
    if let Some(prompt) = &wire.prompt {
        for (name, text) in [("edit", &prompt.edit), ("generation", &prompt.generation)] {
            if !text.contains(INSTRUCTION) {
                faults.push(format!("[prompt] {name} lacks {INSTRUCTION}"));
            }
        }
    }
    if let Some(price) = &wire.price {
        let of = [
            ("input", Some(price.input)),
            ("input_image", price.input_image),
            ("output", Some(price.output)),
            ("output_image", price.output_image),
            ("per_picture", Some(price.per_picture)),
        ];
        for (name, value) in of {
            if let Some(value) = value.filter(|value| !(value.is_finite() && *value >= 0.0)) {
                faults.push(format!(
                    "[price] {name}: found {value}, expected an amount from 0 on"
                ));
            }
        }
    }
}

fn api_of(wire: &WireProfile, kind: &str, text_only: bool, faults: &mut Vec<String>) -> Api {
    let default = Api::default_of(kind, text_only);
    let Some(key) = &wire.api else {
        return default;
    };
    let Some(api) = Api::ALL.into_iter().find(|api| api.key() == key) else {
        let known = Api::ALL.map(Api::key).join(", ");
        faults.push(format!("api must be one of {known}"));
        return default;
    };
    if api.kind() != kind {
        faults.push(format!(
            "api = \"{key}\" is not asked as {kind}: but as {}:",
            api.kind()
        ));
    }
    api
}

fn key_of(key: Option<&str>, faults: &mut Vec<String>) -> KeySource {
    let is_variable = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    match key {
        None => KeySource::Usual,
        Some("none") => KeySource::None,
        Some(name) if !name.is_empty() && is_variable(name) => KeySource::Variable(name.to_owned()),
        Some(_) => {
            faults.push(
                "key must be \"none\" or the name of an environment variable, never a key".into(),
            );
            KeySource::None
        }
    }
}

/// A price without the most that a reply can use bounds nothing, and a cap rests on it.
fn check_bounds(price: &Price, api: Api, thinks: bool, faults: &mut Vec<String>) {
    let pictures = price.output_image_tokens > 0 || price.per_picture > 0.0;
    if api.draws() && price.output_image > 0.0 && !pictures {
        faults.push(
            "[price] output_image_tokens must say the most tokens of one picture, or per_picture \
             its price"
                .into(),
        );
    }
    if (thinks || !api.draws()) && price.output > 0.0 && price.output_tokens == 0 {
        faults.push("[price] output_tokens must say the most tokens of the reply's words".into());
    }
}

fn price_of(wire: WirePrice) -> Price {
    Price {
        input: wire.input,
        input_image: wire.input_image.unwrap_or(wire.input),
        output: wire.output,
        output_image: wire.output_image.unwrap_or(wire.output),
        per_picture: wire.per_picture,
        input_image_tokens: wire.input_image_tokens,
        output_tokens: wire.output_tokens,
        output_image_tokens: wire.output_image_tokens,
    }
}
