//! A profile as it stands in its file, and the checks between file and [`Profile`]. Messages
//! repeat the file's numbers and never its texts: a key may have been pasted into the wrong place.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::timing::{TimeoutsTable, WaitsTable, check_connections, retries};
use super::{KeySource, OutputLimit, Profile, Retry};
use crate::common::files::{is_safe_name, safe_name};
use crate::common::picture::MAX_SIDE;
use crate::common::toml_fault::where_and_what;
use crate::endpoint::backoff::Waits;
use crate::endpoint::guard::{Life, Served};
use crate::endpoint::pictures::{Encoding, Format};
use crate::endpoint::price::{ImageTokens, Price};
use crate::endpoint::provider::Provider;
use crate::endpoint::providers;
use crate::endpoint::transport::Timeouts;

/// JPEG quality where the profile states none.
const DEFAULT_QUALITY: u8 = 95;
/// Longest name of a model, in bytes.
const MAX_MODEL_BYTES: usize = 200;
/// Fields of the request that no profile may fill in, whoever is asked.
const OWN_FIELDS: [&str; 9] = [
    "model",
    "prompt",
    "messages",
    "input",
    "contents",
    "image",
    "stream",
    "n",
    "candidateCount",
];
/// The field of Gemini's requests that holds the settings.
const CONFIG: &str = "generationConfig";

/// All that a profile of a judge or a model may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    name: Option<String>,
    provider: Option<String>,
    api: Option<String>,
    model: String,
    base_url: Option<OneOrMore>,
    endpoint_label: Option<String>,
    key: Option<String>,
    key_header: Option<String>,
    temperature: Option<f64>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    seed: Option<i64>,
    #[serde(default)]
    structured: bool,
    draws: Option<bool>,
    max_connections: Option<usize>,
    ends: Option<String>,
    successor: Option<String>,
    #[serde(default)]
    served: Served,
    #[serde(default)]
    image: ImageTable,
    #[serde(default)]
    retry: RetryTable,
    #[serde(default)]
    timeouts: TimeoutsTable,
    price: Option<PriceTable>,
    #[serde(default)]
    request: Map<String, Value>,
    extra: Option<Map<String, Value>>,
    /// Of judges: name or folder of the rubrics.
    pub rubrics: Option<String>,
    /// Of judges: how often each question is asked.
    pub repeats: Option<u32>,
    /// Of models: whether it is declared to reason.
    pub thinks: Option<bool>,
    /// Of models: what is said beside the instruction.
    pub prompt: Option<PromptTable>,
}

/// What a model is told, with `{instruction}` where the instruction belongs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptTable {
    /// For tasks with an input picture.
    pub edit: String,
    /// For tasks without one.
    pub generation: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum WireFormat {
    Png,
    Jpeg,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ImageTable {
    format: Option<WireFormat>,
    quality: Option<u8>,
    longest_side: Option<u32>,
    detail: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RetryTable {
    reply_retries: Option<u32>,
    transport_retries: Option<u32>,
    base_ms: Option<u64>,
    max_ms: Option<u64>,
    max_retry_after_s: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceTable {
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

/// What holds where a profile says nothing: another for judges and for models.
pub struct Defaults {
    /// The provider, where any will do.
    pub provider: Option<&'static str>,
    /// Whether a picture is asked for, where the provider can give one.
    pub draws: bool,
    /// How pictures are sent.
    pub format: Format,
    /// Most requests in flight.
    pub max_connections: usize,
    /// When to ask again.
    pub retry: Retry,
    /// How long to wait.
    pub timeouts: Timeouts,
}

impl Defaults {
    /// For judges.
    pub fn of_judges() -> Self {
        let seconds = Duration::from_secs;
        Self {
            provider: None,
            draws: false,
            format: Format::Png,
            max_connections: 16,
            retry: Retry {
                reply_retries: 3,
                transport_retries: 6,
                waits: Waits {
                    base: Duration::from_millis(500),
                    max: seconds(30),
                    max_retry_after: seconds(120),
                },
            },
            timeouts: Timeouts {
                connect: seconds(10),
                first_byte: seconds(120),
                idle: seconds(30),
                total: seconds(180),
            },
        }
    }

    /// For models: fewer requests in flight and longer waits, since a picture takes an endpoint
    /// long.
    pub fn of_models(provider: &'static str, draws: bool) -> Self {
        let seconds = Duration::from_secs;
        Self {
            provider: Some(provider),
            draws,
            format: Format::Own,
            max_connections: 4,
            retry: Retry {
                reply_retries: 0,
                transport_retries: 6,
                waits: Waits {
                    base: seconds(1),
                    max: seconds(60),
                    max_retry_after: seconds(300),
                },
            },
            timeouts: Timeouts {
                connect: seconds(10),
                first_byte: seconds(300),
                idle: seconds(60),
                total: seconds(420),
            },
        }
    }
}

/// Faults of a profile, one line each.
#[derive(Debug, Default)]
pub struct Faults(pub Vec<String>);

impl Faults {
    /// Notes a fault unless something holds.
    pub fn unless(&mut self, holds: bool, message: impl FnOnce() -> String) {
        if !holds {
            self.0.push(message());
        }
    }
}

/// Reads the text of a profile.
///
/// # Errors
/// A syntax error or an unknown field, without what stands there.
pub fn parse(text: &str) -> Result<Table, Vec<String>> {
    toml::from_str(text).map_err(|error| vec![where_and_what(text, &error)])
}

impl Table {
    /// Whether it states a name.
    pub fn is_named(&self) -> bool {
        self.name.is_some()
    }

    /// The profile, with one line in `faults` for everything that makes no sense. It is of use only
    /// when there are none.
    pub fn profile(self, defaults: &Defaults, faults: &mut Faults) -> Profile {
        let mut notes = Vec::new();
        self.check_names(faults);
        let (provider, old_draws) = self.provider(defaults, &mut notes, faults);
        let facts = provider.map(|provider| provider.facts());
        let draws = facts.is_some_and(|facts| {
            let wanted = self.draws.or(old_draws).unwrap_or(defaults.draws);
            faults.unless(facts.can_draw || self.draws != Some(true), || {
                "draws: no pictures come of this provider".to_owned()
            });
            facts.can_draw && (wanted || !facts.can_write)
        });
        let output_limit = self.output_limit(faults);
        let life = self.life(faults);
        let encoding = self.image.encoding(defaults, faults);
        let retry = self.retry.over(&defaults.retry, faults);
        let timeouts = self.timeouts.over(&defaults.timeouts, &mut faults.0);
        let max_connections = self.max_connections.unwrap_or(defaults.max_connections);
        check_connections(max_connections, &mut faults.0);
        let key = key_of(self.key.as_deref(), faults);
        let image_tokens = self.price.as_ref().map(PriceTable::image_tokens);
        let price = self.price.map(|price| price.read(&mut notes, faults));
        let mut request = self.request;
        if let Some(extra) = self.extra {
            notes.push("[extra] is now called [request]; the old name still works".to_owned());
            request.extend(extra);
        }
        let profile = Profile {
            name: self.name.unwrap_or_else(|| safe_name(&self.model)),
            provider: facts.map_or("", |facts| facts.name),
            base_urls: match self.base_url {
                None => Vec::new(),
                Some(OneOrMore::One(url)) => vec![url],
                Some(OneOrMore::More(urls)) => urls,
            },
            endpoint_label: self.endpoint_label,
            key,
            key_header: self.key_header,
            model: self.model,
            temperature: self.temperature,
            output_limit,
            seed: self.seed,
            detail: self.image.detail,
            structured: self.structured,
            draws,
            request,
            max_connections,
            encoding,
            retry,
            timeouts,
            price,
            image_tokens: image_tokens.unwrap_or_default(),
            life,
            served: self.served,
            notes,
        };
        check_request(&profile, faults);
        if let Some(provider) = provider {
            check_own(&profile, provider.facts().own_fields, faults);
            faults.0.extend(provider.faults(&profile));
        }
        profile
    }

    fn check_names(&self, faults: &mut Faults) {
        if let Some(name) = &self.name {
            faults.unless(is_safe_name(name), || {
                "name: expected letters, digits, `-`, `_` and `.`: it becomes part of file names"
                    .into()
            });
        }
        if let Some(label) = &self.endpoint_label {
            faults.unless(is_safe_name(label), || {
                "endpoint_label: expected letters, digits, `-`, `_` and `.`".into()
            });
        }
        faults.unless(is_model(&self.model), || {
            "model must be made of letters, digits and -_.:/@+".into()
        });
        if let Some(temperature) = self.temperature.filter(|t| !(0.0..=2.0).contains(t)) {
            let fault = format!("temperature: found {temperature}, expected 0 to 2");
            faults.0.push(fault);
        }
        if let Some(header) = &self.key_header {
            let sound = reqwest::header::HeaderName::from_bytes(header.as_bytes()).is_ok();
            faults.unless(sound, || {
                "key_header: expected the name of a header, such as api-key".into()
            });
        }
    }

    /// The provider, and whether it draws where an old name of it says so.
    fn provider(
        &self,
        defaults: &Defaults,
        notes: &mut Vec<String>,
        faults: &mut Faults,
    ) -> (Option<&'static dyn Provider>, Option<bool>) {
        let (named, draws) = match (&self.provider, &self.api) {
            (Some(name), _) => (Some(name.as_str()), None),
            (None, Some(old)) => {
                let (name, draws) = new_name(old);
                let text = if old == "gemini-text" {
                    ", with draws = false"
                } else {
                    ""
                };
                notes.push(format!(
                    "api = … is now provider = \"{name}\"{text}; the old name still works"
                ));
                (Some(name), Some(draws))
            }
            (None, None) => (defaults.provider, None),
        };
        let found = named.and_then(providers::find);
        faults.unless(found.is_some(), || {
            format!(
                "provider: expected one of {}",
                providers::names().join(", ")
            )
        });
        faults.unless(self.provider.is_none() || self.api.is_none(), || {
            "api: provider says it already; leave api out".into()
        });
        (found, draws)
    }

    fn life(&self, faults: &mut Faults) -> Life {
        let ends = self.ends.as_ref().map(|text| text.parse());
        faults.unless(!matches!(ends, Some(Err(_))), || {
            "ends: expected the model's last day, such as \"2027-01-14\"".into()
        });
        faults.unless(self.successor.as_deref().is_none_or(is_model), || {
            "successor: expected the name of a model".into()
        });
        Life {
            ends: ends.and_then(Result::ok),
            successor: self.successor.clone(),
        }
    }

    fn output_limit(&self, faults: &mut Faults) -> Option<OutputLimit> {
        let limit = match (self.max_tokens, self.max_completion_tokens) {
            (None, None) => return None,
            (Some(tokens), None) => OutputLimit::MaxTokens(tokens),
            (None, Some(tokens)) => OutputLimit::MaxCompletionTokens(tokens),
            (Some(_), Some(_)) => {
                faults.0.push(
                    "max_tokens, max_completion_tokens: expected exactly one of the two (newer OpenAI models take the second)"
                        .into(),
                );
                return None;
            }
        };
        faults.unless(limit.tokens() > 0, || {
            "max_tokens, max_completion_tokens: found 0, expected at least 1".into()
        });
        Some(limit)
    }
}

/// Whether a text can be the name of a model.
fn is_model(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+".contains(c);
    !name.is_empty() && name.len() <= MAX_MODEL_BYTES && name.chars().all(allowed)
}

/// The present name of a way of asking that had another, and whether it draws.
fn new_name(old: &str) -> (&str, bool) {
    match old {
        "openai-chat" => ("openai", false),
        "openai-responses" => ("responses", true),
        "gemini-text" => ("gemini", false),
        same => (same, true),
    }
}

/// Settings that stand in the profile itself and in `[request]`, and fields that are never given.
fn check_request(profile: &Profile, faults: &mut Faults) {
    let config = profile.request.get(CONFIG).and_then(Value::as_object);
    let places = [
        ("request", Some(&profile.request)),
        ("request.generationConfig", config),
    ];
    let limited = profile.output_limit.is_some();
    let twice = [
        ("temperature", profile.temperature.is_some()),
        ("max_tokens", limited),
        ("max_completion_tokens", limited),
        ("max_output_tokens", limited),
        ("maxOutputTokens", limited),
        ("seed", profile.seed.is_some()),
        ("response_format", profile.structured),
        ("responseSchema", profile.structured),
    ];
    for (place, fields) in places {
        let Some(fields) = fields else { continue };
        for field in OWN_FIELDS
            .iter()
            .filter(|field| fields.contains_key(**field))
        {
            faults
                .0
                .push(format!("{place}.{field}: the program fills this field in"));
        }
        for (field, stated) in twice {
            faults.unless(!(stated && fields.contains_key(field)), || {
                format!(
                    "{place}.{field}: the profile states this setting itself; keep one of the two"
                )
            });
        }
    }
}

fn check_own(profile: &Profile, own: &[&str], faults: &mut Faults) {
    let filled_in = own
        .iter()
        .filter(|field| profile.request.contains_key(**field) && !OWN_FIELDS.contains(field));
    let fault = |field: &&str| format!("request.{field}: the program fills this field in");
    faults.0.extend(filled_in.map(fault));
}

fn key_of(key: Option<&str>, faults: &mut Faults) -> KeySource {
    let Some(key) = key else {
        return KeySource::Usual;
    };
    if key == "none" {
        return KeySource::None;
    }
    let is_variable = key.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && key
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    faults.unless(is_variable, || {
        "key: expected `none` or the NAME of an environment variable, such as OPENAI_API_KEY; \
         a key itself must never stand in a file"
            .into()
    });
    KeySource::Variable(key.to_owned())
}

impl ImageTable {
    fn encoding(&self, defaults: &Defaults, faults: &mut Faults) -> Encoding {
        let format = match (self.format, self.quality) {
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
        }
    }
}

impl RetryTable {
    fn over(&self, defaults: &Retry, faults: &mut Faults) -> Retry {
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
    fn image_tokens(&self) -> ImageTokens {
        let usual = ImageTokens::default();
        match self.input_image_tokens {
            Some(base) => ImageTokens { base, per_tile: 0 },
            None => ImageTokens {
                base: self.tokens_per_image.unwrap_or(usual.base),
                per_tile: self.tokens_per_tile.unwrap_or(usual.per_tile),
            },
        }
    }

    fn read(self, notes: &mut Vec<String>, faults: &mut Faults) -> Price {
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
