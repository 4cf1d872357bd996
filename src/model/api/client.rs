//! A model behind an API, made ready: endpoint, key, limits, cache.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::asking::Attempts;
use super::price::{self, Price};
use super::profile::{self, KeySource, Profile};
use super::prompt;
use super::provider::{Outcome, Provider, Reply};
use crate::common::digest::Digest;
use crate::common::http::{Endpoint, Limiter, Response, Transport};
use crate::common::kept::{Keepable, Kept};
use crate::common::picture::{MAX_ENCODED_BYTES, PictureFile};
use crate::common::secret::Secret;
use crate::model::{Estimate, Failure, ModelError, Request, text};

/// Longest response that is read, in bytes: a longest picture in base 64, and a mebibyte
/// for words.
const MAX_RESPONSE_BYTES: usize = (MAX_ENCODED_BYTES as usize).div_ceil(3) * 4 + (1 << 20);

/// A reply that is kept: the response as it came, so that it is read anew each time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The body of the response.
    pub body: String,
}

impl Keepable for Entry {
    const VERSION: u32 = 1;
    // Escaping makes a body longer: base 64 not at all, words at most six-fold.
    const MAX_BYTES: u64 = MAX_RESPONSE_BYTES as u64 + (8 << 20);
    const FOLDER: &'static str = "model";
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// The words.
    pub text: String,
    /// The picture to edit or to reason about.
    pub picture: Option<Arc<PictureFile>>,
    /// Number of the sample: samples are calls of their own also where no seed is sent.
    pub sample: u32,
    /// The seed of the sample, sent where the endpoint takes one.
    pub seed: u64,
}

/// What came of asking.
#[derive(Debug)]
pub(crate) struct Got {
    /// The reply; else why there is none.
    pub(super) reply: Result<Reply, Failure>,
    /// Money spent on all tries, where the profile states a price.
    pub cost_usd: Option<f64>,
    /// Requests that were sent; 0 when answered from the cache.
    pub attempts: u32,
    /// One line per failed try.
    pub faults: Vec<String>,
    /// Milliseconds from first to last, waiting included.
    pub total_ms: f64,
}

impl Got {
    /// The words of the reply; empty when there are none.
    pub(crate) fn words(&self) -> &str {
        let text = self
            .reply
            .as_ref()
            .ok()
            .and_then(|reply| reply.text.as_deref());
        text.unwrap_or_default()
    }

    /// Whether the words decline.
    pub(crate) fn refused(&self) -> bool {
        self.reply.as_ref().is_ok_and(|reply| reply.refused)
    }
}

/// Asks one model behind an API.
pub(crate) struct Client {
    pub(super) profile: Profile,
    pub(super) provider: &'static dyn Provider,
    pub(super) endpoint: Endpoint,
    pub(super) key: Option<Secret>,
    pub(super) transport: Transport,
    pub(super) limiter: Limiter,
    cache: Option<Kept<Entry>>,
}

impl Client {
    /// Opens a client; `cached` says whether replies are kept and looked for.
    ///
    /// # Errors
    /// An unusable base URL, no root certificates.
    pub(crate) fn open(profile: Profile, cached: bool) -> Result<Self, ModelError> {
        let provider = profile.api.provider();
        let endpoint = endpoint_of(&profile, provider)?;
        let key = match &profile.key {
            KeySource::None => None,
            KeySource::Variable(variable) => Secret::from_env(variable),
            KeySource::Usual => {
                let mut usual = provider.facts().key_variables.iter();
                usual.find_map(|variable| Secret::from_env(variable))
            }
        };
        let transport = Transport::new(
            &endpoint,
            &profile.timeouts,
            profile.max_connections,
            MAX_RESPONSE_BYTES,
        )
        .map_err(|error| {
            ModelError::caused_by(
                "the HTTPS client cannot be set up; are root certificates (ca-certificates) installed?",
                error,
            )
        })?;
        Ok(Self {
            limiter: Limiter::new(profile.max_connections),
            cache: cached.then(Kept::shared),
            profile,
            provider,
            endpoint,
            key,
            transport,
        })
    }

    /// Opens a client for words alone; `spec` is `openai:MODEL` or `gemini:MODEL`, or either
    /// with a profile in place of the model.
    ///
    /// # Errors
    /// Another kind, a profile that is faulty or draws, and those of [`open`](Self::open).
    pub(crate) fn text(spec: &str, cached: bool) -> Result<Self, ModelError> {
        let (kind, rest) = spec.split_once(':').unwrap_or(("", spec));
        if !["openai", "gemini"].contains(&kind) || rest.is_empty() {
            return Err(ModelError::new(format!(
                "`{}` names no text model; expected openai:MODEL or gemini:MODEL, or FILE.toml in \
                 place of MODEL",
                text::excerpt(spec, 200)
            )));
        }
        let profile = profile::find(kind, rest, true)?;
        if profile.api.draws() {
            return Err(ModelError::new(format!(
                "{kind}:{rest} draws (api = \"{}\"), and the first model of a pipeline is asked for \
                 words only; give it a profile with a text api",
                profile.api.key()
            )));
        }
        Self::open(profile, cached)
    }

    /// Its name in tables.
    pub(crate) fn name(&self) -> &str {
        &self.profile.name
    }

    /// The question for a task.
    pub(crate) fn ask_for(&self, request: &Request) -> Ask {
        Ask {
            text: prompt::of(&self.profile, &request.prompt),
            picture: request.prompt.input.clone(),
            sample: request.sample,
            seed: request.seed,
        }
    }

    /// Most requests in flight.
    pub(crate) fn connections(&self) -> usize {
        self.profile.max_connections
    }

    /// Whether a price is known.
    pub(crate) fn has_price(&self) -> bool {
        self.profile.price.is_some()
    }

    /// Everything that decides the answers. Holds no secret.
    pub(crate) fn details(&self) -> BTreeMap<String, String> {
        let profile = &self.profile;
        let templates = profile.templates();
        let prompt =
            Digest::of_fields([templates.edit.as_bytes(), templates.generation.as_bytes()]);
        let mut details: BTreeMap<String, String> = [
            ("endpoint", self.endpoint.base().to_owned()),
            ("api", profile.api.key().to_owned()),
            ("model", profile.model.clone()),
            ("prompt", prompt.to_string()),
            (
                "transport_retries",
                profile.retry.transport_retries.to_string(),
            ),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        for (field, value) in &profile.request {
            details.insert(format!("request.{field}"), value.to_string());
        }
        details
    }

    /// What people should know beforehand.
    pub(crate) fn notice(&self) -> String {
        let (model, base) = (&self.profile.model, self.endpoint.base());
        let price = match self.profile.price {
            Some(Price {
                input,
                output_image,
                output,
                ..
            }) => format!(
                "priced at {input} USD a million tokens in, {output} out in words, {output_image} in pictures"
            ),
            None => "no price is known, so its costs are not counted".to_owned(),
        };
        let api = self.profile.api.key();
        format!("model {model} at {base} ({api}): {price}")
    }

    /// What asking would cost at the most, the cache considered.
    pub(crate) fn estimate(&self, ask: &Ask) -> Estimate {
        let price = self.profile.price;
        if self
            .cache
            .as_ref()
            .is_some_and(|cache| cache.path(&self.cache_key(ask)).is_file())
        {
            return Estimate {
                calls: 0,
                cost_usd: price.map(|_| 0.0),
                // The file may prove damaged, and would be asked for again.
                most_usd: self.most_usd(ask),
            };
        }
        Estimate {
            calls: 1,
            cost_usd: self.most_usd(ask),
            most_usd: self.most_usd(ask),
        }
    }

    fn most_usd(&self, ask: &Ask) -> Option<f64> {
        let price = self.profile.price?;
        Some(price.cost_usd(&price::most(&self.profile, &price, ask)))
    }

    /// Digest of all that decides a reply.
    fn cache_key(&self, ask: &Ask) -> Digest {
        let mut fields = vec![b"parabench model reply 1".to_vec()];
        for (key, value) in self.details() {
            fields.extend([key.into_bytes(), value.into_bytes()]);
        }
        fields.extend([
            ask.text.as_bytes().to_vec(),
            ask.picture
                .as_ref()
                .map_or(Vec::new(), |picture| picture.digest.as_bytes().to_vec()),
            ask.sample.to_le_bytes().to_vec(),
            ask.seed.to_le_bytes().to_vec(),
        ]);
        Digest::of_fields(fields.iter().map(Vec::as_slice))
    }

    /// Asks, or answers from the cache.
    ///
    /// # Errors
    /// Whatever stands in the way of every request: a wrong key, an unknown model.
    pub(crate) async fn ask(&self, ask: &Ask) -> Result<Got, ModelError> {
        let key = self.cache_key(ask);
        if let Some(got) = self.kept(key).await {
            return Ok(got);
        }
        let (got, body) = Attempts::new(self, ask, key).run().await?;
        if let (Some(cache), Some(body)) = (self.cache.clone(), body) {
            let put = move || cache.put(&key, Entry { body });
            if let Ok(Err(error)) = tokio::task::spawn_blocking(put).await {
                tracing::warn!("a model's reply could not be kept in the cache: {error}");
            }
        }
        Ok(got)
    }

    /// A reply from the cache.
    async fn kept(&self, key: Digest) -> Option<Got> {
        let cache = self.cache.clone()?;
        let entry = tokio::task::spawn_blocking(move || cache.get(&key))
            .await
            .ok()??;
        let response = Response {
            status: 200,
            retry_after: None,
            text: entry.body,
        };
        match self.provider.read(&response) {
            Outcome::Replied(reply) => Some(Got {
                reply: Ok(*reply),
                cost_usd: self.profile.price.map(|_| 0.0),
                attempts: 0,
                faults: Vec::new(),
                total_ms: 0.0,
            }),
            Outcome::Failed(_) => None,
        }
    }
}

/// The endpoint: from the profile, else from the environment, else the provider's own.
fn endpoint_of(profile: &Profile, provider: &dyn Provider) -> Result<Endpoint, ModelError> {
    let facts = provider.facts();
    let from_env = || {
        std::env::var(facts.base_url_variable)
            .ok()
            .filter(|url| !url.trim().is_empty())
    };
    let (source, url) = if let Some(url) = profile.base_url.clone() {
        ("the model's profile", url)
    } else if let Some(url) = from_env() {
        (facts.base_url_variable, url)
    } else {
        ("the provider", facts.base_url.to_owned())
    };
    Endpoint::parse(&url, facts.root)
        .map_err(|error| ModelError::caused_by(format!("faulty base URL from {source}"), error))
}
