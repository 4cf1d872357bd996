//! Judges that are models behind an API: one client, one file per provider.

mod anthropic;
mod attempts;
mod gemini;
mod identity;
mod openai;
mod outcome;
mod pictures;
mod request;
mod structured;

use std::collections::BTreeMap;

use reqwest::header::{HeaderName, HeaderValue};

use self::attempts::Attempts;
use self::outcome::Outcome;
use self::pictures::Pictures;
use self::request::{Holes, Template};
use super::cache::{Cache, Entry};
use super::open::OpenOptions;
use super::profile::{KeySource, Profile};
use super::prompt::{self, JudgePrompt};
use super::rubric::Rubrics;
use super::{Estimate, Identity, Judge, JudgeError, Mark, Question, Usage, Verdict, price, reply};
use crate::common::BoxFuture;
use crate::common::digest::Digest;
use crate::common::http::{Endpoint, Limiter, Response, Transport, shorten};
use crate::common::secret::Secret;

/// Longest response that is read, in bytes.
const MAX_RESPONSE_BYTES: usize = 4 << 20;
/// The rubrics of profiles that name none, for suites that name none.
const DEFAULT_RUBRICS: &str = "default";

/// What sets a provider apart before anything is sent.
#[derive(Clone, Copy, Debug)]
struct Facts {
    /// Its name in profiles.
    kind: &'static str,
    /// Where it lies unless a profile or the environment says otherwise.
    base_url: &'static str,
    /// The environment variable that may say otherwise.
    base_url_variable: &'static str,
    /// The environment variables that usually hold the key; the first that is set counts.
    key_variables: &'static [&'static str],
    /// The path that a base URL without any gets.
    root: &'static str,
    /// Fields of its requests that a profile's `extra` may not hold.
    own_fields: &'static [&'static str],
}

/// A way of asking: how a request is written and a response read.
trait Provider: Send + Sync {
    /// What sets it apart.
    fn facts(&self) -> Facts;

    /// The operation below the base URL; starts with `/`.
    fn path(&self, model: &str) -> String;

    /// What a profile asks for that this provider does not take: one line each.
    fn faults(&self, profile: &Profile) -> Vec<String>;

    /// Headers of every request beside the one with the key.
    fn headers(&self, _profile: &Profile) -> Vec<(HeaderName, HeaderValue)> {
        Vec::new()
    }

    /// The header that carries the key; `None` when the key cannot stand in one.
    fn authorise(&self, key: &Secret) -> Option<(HeaderName, HeaderValue)>;

    /// The body of a request, with holes where base 64 pictures belong. The same
    /// question must always give the same text.
    fn body(
        &self,
        profile: &Profile,
        prompt: &JudgePrompt,
        holes: &Holes,
    ) -> Result<String, serde_json::Error>;

    /// What a response means.
    fn read(&self, response: &Response) -> Outcome;
}

/// All providers: a new one is a file and a line here.
const PROVIDERS: [&(dyn Provider + Sync); 3] =
    [&openai::OpenAi, &anthropic::Anthropic, &gemini::Gemini];

/// A judge that is a model behind an API.
pub struct ApiJudge {
    identity: Identity,
    profile: Profile,
    rubrics: Rubrics,
    provider: &'static dyn Provider,
    endpoint: Endpoint,
    path: String,
    key: Option<Secret>,
    transport: Transport,
    limiter: Limiter,
    pictures: Pictures,
    cache: Option<Cache>,
}

/// A question made ready: what would be sent, and under which key its reply is kept.
struct Prepared {
    prompt: JudgePrompt,
    template: Template,
    cache_key: Digest,
}

impl ApiJudge {
    /// Opens the judge of a profile. A missing key is no error yet: replies from the
    /// cache and estimates need none.
    ///
    /// # Errors
    /// An unknown provider, unusable rubrics or base URL, no root certificates.
    pub fn open(mut profile: Profile, options: &OpenOptions) -> Result<Self, JudgeError> {
        let provider = provider_of(&profile)?;
        let facts = provider.facts();
        check(&profile, provider)?;
        if let Some(connections) = options.max_connections {
            profile.max_connections = connections.max(1);
        }
        let wishes = [&options.rubrics, &profile.rubrics, &options.suite_rubrics];
        let rubrics = wishes.into_iter().flatten().next();
        let rubrics = Rubrics::load(rubrics.map_or(DEFAULT_RUBRICS, String::as_str))
            .map_err(|error| JudgeError::new("the judge's rubrics are unusable", error))?;
        let endpoint = endpoint_of(&profile, facts, options)?;
        let key = match &profile.key {
            Some(KeySource::None) => None,
            Some(KeySource::Variable(variable)) => {
                options.key.clone().or_else(|| Secret::from_env(variable))
            }
            None => {
                let from_env = || facts.key_variables.iter().find_map(|v| Secret::from_env(v));
                options.key.clone().or_else(from_env)
            }
        };
        let transport = Transport::new(
            &endpoint,
            &profile.timeouts,
            profile.max_connections,
            MAX_RESPONSE_BYTES,
        )
        .map_err(|error| {
            JudgeError::new("the HTTPS client cannot be set up; are root certificates (ca-certificates) installed?", error)
        })?;
        let path = provider.path(&profile.model);
        Ok(Self {
            identity: identity::identity(&profile, facts.kind, endpoint.join(&path), &rubrics),
            limiter: Limiter::new(profile.max_connections),
            pictures: Pictures::new(profile.encoding),
            cache: options.cache.clone(),
            profile,
            rubrics,
            provider,
            endpoint,
            path,
            key,
            transport,
        })
    }

    fn prepare(&self, question: &Question) -> Result<Prepared, JudgeError> {
        let rubric = self.rubrics.of(question.evidence.axis());
        let prompt = prompt::build(rubric, question.kind, &question.evidence, &question.view);
        let mut failed = None;
        let template = Template::new(&prompt, |holes| {
            self.provider
                .body(&self.profile, &prompt, holes)
                .unwrap_or_else(|error| {
                    failed = Some(error);
                    String::new()
                })
        });
        if let Some(error) = failed {
            return Err(JudgeError::new("the request cannot be written", error));
        }
        let cache_key = self.cache_key(&template, question.repeat);
        Ok(Prepared {
            prompt,
            template,
            cache_key,
        })
    }

    /// Digest of endpoint, request, source pictures, their encoding and the number
    /// of the repeat: all that decides a reply.
    fn cache_key(&self, template: &Template, repeat: u32) -> Digest {
        let encoding = pictures::describe(&self.profile.encoding);
        let mut fields = vec![
            b"parabench judge reply 1".to_vec(),
            self.endpoint.base().as_bytes().to_vec(),
            template.digest().as_bytes().to_vec(),
            encoding.into_bytes(),
            repeat.to_le_bytes().to_vec(),
        ];
        let sources = template.pictures.iter();
        fields.extend(sources.map(|picture| picture.digest.as_bytes().to_vec()));
        Digest::of_fields(fields.iter().map(Vec::as_slice))
    }

    /// The verdict from a kept reply. No picture is read for it.
    async fn kept(&self, prepared: &Prepared) -> Option<Verdict> {
        let cache = self.cache.clone()?;
        let key = prepared.cache_key;
        let entry = tokio::task::spawn_blocking(move || cache.get(&key))
            .await
            .ok()??;
        verdict_of(entry, &prepared.prompt)
    }

    async fn ask(&self, question: &Question) -> Result<Verdict, JudgeError> {
        let prepared = self.prepare(question)?;
        if let Some(verdict) = self.kept(&prepared).await {
            return Ok(verdict);
        }
        let (verdict, entry) = Attempts::new(self, &prepared).run().await?;
        if let (Some(cache), Some(entry)) = (self.cache.clone(), entry) {
            let key = prepared.cache_key;
            let kept = tokio::task::spawn_blocking(move || cache.put(&key, entry)).await;
            if let Ok(Err(error)) = kept {
                tracing::warn!("a judge's reply could not be kept in the cache: {error}");
            }
        }
        Ok(verdict)
    }
}

/// The verdict of a kept reply; `None` when it no longer reads as a mark.
fn verdict_of(entry: Entry, prompt: &JudgePrompt) -> Option<Verdict> {
    let reading = reply::read(&entry.reply, &prompt.key, &prompt.material);
    let Mark::Scored(_) = reading.mark else {
        return None;
    };
    Some(Verdict {
        raw_reply: Some(entry.reply),
        served_model: entry.served_model,
        fingerprint: entry.fingerprint,
        prompt_digest: Some(entry.prompt_digest),
        image_digests: entry.image_digests,
        cached: true,
        ..Verdict::local(reading.mark, reading.rationale)
    })
}

impl Judge for ApiJudge {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn concurrency(&self) -> usize {
        self.profile.max_connections
    }

    fn repeats(&self) -> u32 {
        self.profile.repeats
    }

    fn estimate(&self, question: &Question) -> Estimate {
        let Ok(prepared) = self.prepare(question) else {
            return Estimate::default();
        };
        let kept = self.cache.as_ref().and_then(|c| c.get(&prepared.cache_key));
        if kept.is_some_and(|entry| verdict_of(entry, &prepared.prompt).is_some()) {
            let free = self.profile.price.map(|_| 0.0);
            return Estimate {
                cost_usd: free,
                most_usd: free,
                ..Estimate::default()
            };
        }
        let usage = Usage {
            input_tokens: price::prompt_tokens(&self.profile, &prepared.prompt),
            output_tokens: self.profile.output_limit.tokens().into(),
        };
        let cost_usd = self.profile.price.map(|p| price::cost_usd(&p, &usage));
        let tries = f64::from(self.profile.retry.reply_retries + 1);
        Estimate {
            calls: 1,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_usd,
            most_usd: cost_usd.map(|cost| cost * tries),
        }
    }

    fn has_price(&self) -> bool {
        self.profile.price.is_some()
    }

    fn mark<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        Box::pin(self.ask(question))
    }
}

fn provider_of(profile: &Profile) -> Result<&'static dyn Provider, JudgeError> {
    let found = PROVIDERS
        .iter()
        .find(|provider| provider.facts().kind == profile.provider);
    match found {
        Some(provider) => Ok(*provider),
        None => Err(JudgeError::plain(format!(
            "the judge profile `{}` names the provider `{}`; the providers are: {}",
            profile.name,
            shorten(&profile.provider, 40),
            PROVIDERS.map(|provider| provider.facts().kind).join(", ")
        ))),
    }
}

/// Refuses a profile that asks for what its provider does not take.
fn check(profile: &Profile, provider: &dyn Provider) -> Result<(), JudgeError> {
    let own = provider.facts().own_fields;
    let mut faults = provider.faults(profile);
    let filled_in = profile.extra.keys().filter(|f| own.contains(&f.as_str()));
    faults.extend(filled_in.map(|f| format!("extra.{f}: the program fills this field in")));
    if faults.is_empty() {
        return Ok(());
    }
    Err(JudgeError::plain(format!(
        "the judge profile `{}` does not fit the provider {}:\n  {}",
        profile.name,
        provider.facts().kind,
        faults.join("\n  ")
    )))
}

/// A request as text, with a profile's further fields.
fn with_extra(
    request: &impl serde::Serialize,
    extra: &BTreeMap<String, serde_json::Value>,
) -> Result<String, serde_json::Error> {
    let mut body = serde_json::to_value(request)?;
    if let serde_json::Value::Object(fields) = &mut body {
        fields.extend(extra.clone());
    }
    serde_json::to_string(&body)
}

/// The endpoint: from the command, else from the profile, else from the
/// environment, else the provider's own.
fn endpoint_of(
    profile: &Profile,
    facts: Facts,
    options: &OpenOptions,
) -> Result<Endpoint, JudgeError> {
    let from_env = || {
        std::env::var(facts.base_url_variable)
            .ok()
            .filter(|url| !url.trim().is_empty())
    };
    let (source, url) = if let Some(url) = options.base_url.clone() {
        ("the options", url)
    } else if let Some(url) = profile.base_url.clone() {
        ("the judge profile", url)
    } else if let Some(url) = from_env() {
        (facts.base_url_variable, url)
    } else {
        ("the provider", facts.base_url.to_owned())
    };
    Endpoint::parse(&url, facts.root)
        .map_err(|error| JudgeError::new(format!("faulty base URL from {source}"), error))
}
