//! A profile as it stands in its file, and the checks between file and [`Profile`]. Messages
//! repeat the file's numbers and never its texts: a key may have been pasted into the wrong place.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::defaults::Defaults;
use super::faults::Faults;
use super::tables::{ImageTable, PriceTable, RetryTable};
use super::timing::{TimeoutsTable, check_connections};
use super::{KeySource, OutputLimit, Profile};
use crate::common::files::{is_safe_name, safe_name};
use crate::common::toml_fault::where_and_what;
use crate::endpoint::guard::{Life, Served};
use crate::endpoint::provider::Provider;
use crate::endpoint::providers;

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
pub struct ProfileTable {
    name: Option<String>,
    provider: Option<String>,
    api: Option<String>,
    /// The model.
    pub model: String,
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

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
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

/// Reads the text of a profile.
///
/// # Errors
/// A syntax error or an unknown field, without what stands there.
pub fn parse(text: &str) -> Result<ProfileTable, Vec<String>> {
    toml::from_str(text).map_err(|error| vec![where_and_what(text, &error)])
}

impl ProfileTable {
    /// Whether it states how long a reply may be.
    pub fn limits_output(&self) -> bool {
        self.max_tokens.is_some() || self.max_completion_tokens.is_some()
    }

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
        let sound = !self.model.trim().is_empty() && self.model.len() <= MAX_MODEL_BYTES;
        faults.unless(sound, || {
            format!("model: is empty or longer than {MAX_MODEL_BYTES} bytes")
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
        let sound = |name: &String| !name.trim().is_empty() && name.len() <= MAX_MODEL_BYTES;
        faults.unless(self.successor.as_ref().is_none_or(sound), || {
            format!("successor: is empty or longer than {MAX_MODEL_BYTES} bytes")
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
