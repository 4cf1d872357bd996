//! What a model behind an API is asked, and what came of it.

use std::collections::BTreeMap;
use std::time::Instant;

use super::profile::{self, Profile};
use crate::common::digest::Digest;
use crate::endpoint::ask::{Ask, EndpointReply, QuestionPart, SentPicture};
use crate::endpoint::cache::Cache;
use crate::endpoint::client::{self, ClientOptions};
use crate::endpoint::fault::{Fault, FaultKind};
use crate::endpoint::prepared::Prepared;
use crate::endpoint::price::Price;
use crate::endpoint::tries::Tries;
use crate::endpoint::{Lost, Role};
use crate::model::{AnswerCost, Failure, FailureKind, ModelError, ModelRequest, text};

/// The folder of models' replies in the platform's cache folder.
const CACHE: &str = "model";

/// What came of asking.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The reply; else why there is none.
    pub(super) reply: Result<EndpointReply, Failure>,
    /// Requests, faults and money.
    pub(super) tries: Tries,
    /// Milliseconds from first to last, waiting included.
    pub(super) total_ms: f64,
}

impl Fetched {
    /// The words of the reply; empty when there are none.
    pub(crate) fn words(&self) -> &str {
        self.reply.as_ref().map_or("", spoken)
    }

    /// Whether the words decline.
    pub(crate) fn refused(&self) -> bool {
        self.reply
            .as_ref()
            .is_ok_and(|reply| reply.refusal.is_some())
    }
}

/// What a reply says in words, a refusal included.
pub(super) fn spoken(reply: &EndpointReply) -> &str {
    reply.refusal.as_deref().unwrap_or(&reply.text)
}

/// Asks one model behind an API.
pub(crate) struct Client {
    profile: Profile,
    client: client::Client,
}

/// A question, made ready.
pub(crate) struct Question(Prepared);

impl Client {
    /// Opens a client; `cached` says whether replies are kept and looked for.
    ///
    /// # Errors
    /// An unusable base URL, no root certificates.
    pub(crate) fn open(profile: Profile, cached: bool) -> Result<Self, ModelError> {
        let options = ClientOptions {
            cache: cached.then(|| Cache::shared(CACHE)),
            ..ClientOptions::default()
        };
        Ok(Self {
            client: client::Client::open(Role::Model, profile.endpoint.clone(), options)?,
            profile,
        })
    }

    /// Opens a client for words alone; `spec` is `openai:MODEL` or `gemini:MODEL`, or either
    /// with a profile in place of the model. So many `machines` share its connections.
    ///
    /// # Errors
    /// Another kind, a profile that is faulty or draws, and those of [`open`](Self::open).
    pub(crate) fn text(spec: &str, cached: bool, machines: usize) -> Result<Self, ModelError> {
        let (kind, rest) = spec.split_once(':').unwrap_or(("", spec));
        if !["openai", "gemini"].contains(&kind) || rest.is_empty() {
            return Err(ModelError::new(format!(
                "`{}` names no text model; expected openai:MODEL or gemini:MODEL, or FILE.toml in \
                 place of MODEL",
                text::excerpt(spec, 200)
            )));
        }
        let mut profile = profile::find(kind, rest, true)?;
        profile.endpoint.share_connections(machines);
        if profile.endpoint.draws {
            return Err(ModelError::new(format!(
                "{kind}:{rest} draws, and the first model of a pipeline must write text only; put draws = false into \
                 its profile, or name a provider that writes text",
            )));
        }
        Self::open(profile, cached)
    }

    /// Its name in tables.
    pub(crate) fn name(&self) -> &str {
        self.client.name()
    }

    /// The question for a task.
    pub(crate) fn question(&self, request: &ModelRequest) -> Question {
        let mut parts = vec![QuestionPart::Text(self.profile.prompt(&request.prompt))];
        let inputs = request
            .prompt
            .inputs
            .pictures()
            .cloned()
            .map(SentPicture::from);
        parts.extend(inputs.map(QuestionPart::Picture));
        let ask = Ask {
            parts,
            seed: Some(request.seed),
            ..Ask::default()
        };
        let salt = [
            &request.sample.to_le_bytes()[..],
            &request.seed.to_le_bytes(),
        ]
        .concat();
        Question(self.client.prepare(&ask, &salt))
    }

    /// Most requests in flight.
    pub(crate) fn connections(&self) -> usize {
        self.profile.endpoint.max_connections
    }

    /// Whether a price is known.
    pub(crate) fn has_price(&self) -> bool {
        self.profile.endpoint.price.is_some()
    }

    /// Everything that decides the answers. Holds no secret.
    pub(crate) fn details(&self) -> BTreeMap<String, String> {
        let templates = self.profile.templates();
        let prompt =
            Digest::of_fields([templates.edit.as_bytes(), templates.generation.as_bytes()]);
        let mut details = self.client.details();
        details.insert("prompt".to_owned(), prompt.to_string());
        details
    }

    /// What decides no answer and is worth knowing later.
    pub(crate) fn provenance(&self) -> BTreeMap<String, String> {
        self.client.provenance()
    }

    /// Whether its key is there.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn ready(&self) -> Result<(), ModelError> {
        Ok(self.client.authorisation().map(|_| ())?)
    }

    /// What people should know beforehand.
    pub(crate) fn notices(&self) -> Vec<String> {
        let endpoint = &self.profile.endpoint;
        let price = match endpoint.price {
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
        let (model, place) = (&endpoint.model, self.client.place());
        let asked = format!("model {model} at {place} ({}): {price}", endpoint.provider);
        let mut notices = vec![asked];
        notices.extend(self.client.notices());
        notices
    }

    /// What asking would cost at the most, the cache considered.
    pub(crate) fn estimate(&self, question: &Question) -> AnswerCost {
        let kept = self.client.seems_kept(&question.0);
        let one = self.client.most_usd(&question.0.most);
        let tries = f64::from(self.profile.endpoint.retry.most_billed());
        AnswerCost {
            calls: u64::from(!kept),
            cost_usd: one.map(|cost| if kept { 0.0 } else { cost }),
            // A file of the cache may prove damaged, and would be asked for again.
            most_usd: one.map(|cost| cost * tries),
        }
    }

    /// Asks, or answers from the cache.
    ///
    /// # Errors
    /// Whatever stands in the way of every request: a wrong key, an unknown model.
    pub(crate) async fn ask(&self, question: &Question) -> Result<Fetched, ModelError> {
        let mut tries = self.client.no_tries();
        if let Some(entry) = self.client.kept_reply(&question.0).await {
            return Ok(Fetched {
                reply: Ok(entry.reply),
                tries,
                total_ms: 0.0,
            });
        }
        let started = Instant::now();
        let reply = match self.client.ask(&question.0, &mut tries).await {
            Ok(reply) => Ok(reply),
            Err(Lost::All(error)) => return Err(error.into()),
            Err(Lost::Item(fault)) if fault.kind == FaultKind::Filtered => Ok(EndpointReply {
                withheld: Some(fault.what),
                ..EndpointReply::default()
            }),
            Err(Lost::Item(fault)) => Err(lost(&fault, tries.attempts)),
        };
        let total_ms = started.elapsed().as_secs_f64() * 1e3;
        if let Some(reply) = reply.as_ref().ok().filter(|reply| reply.withheld.is_none()) {
            self.client.keep(&question.0, reply.clone(), &tries).await;
        }
        Ok(Fetched {
            reply,
            tries,
            total_ms,
        })
    }
}

fn lost(fault: &Fault, attempts: u32) -> Failure {
    let kind = match fault.kind {
        FaultKind::Endless => FailureKind::Oversized,
        _ => FailureKind::Transport,
    };
    Failure::new(kind, format!("after {attempts} requests: {}", fault.what))
}
