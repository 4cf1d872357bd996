//! Models behind an API: the kinds `openai:MODEL` and `gemini:MODEL`.
//!
//! An answer is asked for once: what a model said
//! or drew, a refusal or an answer without a picture included, is its answer. Only an
//! exchange that brought none is tried again.

mod answer;
mod client;
mod profile;
mod prompt;

use std::collections::BTreeMap;

pub use answer::ASSUMED_USD;
pub(crate) use answer::answer_of;
pub(crate) use client::Client;
pub(super) use profile::bundled;

use crate::common::BoxFuture;
use crate::model::{
    Answer, AnswerCost, Identity, Model, ModelError, ModelKind, ModelRequest, OpenContext, Spec,
};

/// The kind `openai:MODEL`.
pub const OPENAI: ModelKind = ModelKind {
    name: "openai",
    usage: "openai:MODEL|FILE.toml",
    options: &[],
    open,
};

/// The kind `gemini:MODEL`.
pub const GEMINI: ModelKind = ModelKind {
    name: "gemini",
    usage: "gemini:MODEL|FILE.toml",
    options: &[],
    open,
};

fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Box<dyn Model>, ModelError> {
    Ok(Box::new(ApiModel::open(spec, context)?))
}

/// A model that draws, behind an API.
pub struct ApiModel {
    identity: Identity,
    client: Client,
}

impl ApiModel {
    /// Opens the model of a spec. A missing key is no error yet: answers from the cache
    /// and estimates need none.
    ///
    /// # Errors
    /// A faulty profile or base URL, or a profile of a model that does not draw.
    pub fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Self, ModelError> {
        let mut profile = profile::find(spec.kind.name, &spec.rest, false)?;
        if !profile.endpoint.draws {
            return Err(ModelError::new(format!(
                "{}:{} is asked for text only (provider {}); put it before a model that draws: \
                 pipeline:{}:{}?over=MODEL",
                spec.kind.name, spec.rest, profile.endpoint.provider, spec.kind.name, spec.rest
            )));
        }
        if let Some(name) = &spec.name {
            profile.endpoint.name.clone_from(name);
        }
        profile.endpoint.share_connections(context.connections_over);
        profile.thinks = spec.thinks.unwrap_or(profile.thinks);
        let identity = Identity {
            name: profile.endpoint.name.clone(),
            kind: spec.kind.name.to_owned(),
            thinks: profile.thinks,
            details: BTreeMap::new(),
        };
        let client = Client::open(profile, context.cache)?;
        Ok(Self {
            identity: Identity {
                details: client.details(),
                ..identity
            },
            client,
        })
    }

    async fn one(&self, request: &ModelRequest) -> Result<Answer, ModelError> {
        let got = self.client.ask(&self.client.question(request)).await?;
        Ok(answer_of(got, self.identity.thinks))
    }
}

impl Model for ApiModel {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn notices(&self) -> Vec<String> {
        self.client.notices()
    }

    fn provenance(&self) -> BTreeMap<String, String> {
        self.client.provenance()
    }

    fn ready(&self) -> Result<(), ModelError> {
        self.client.ready()
    }

    fn concurrency(&self) -> usize {
        self.client.connections()
    }

    fn has_price(&self) -> bool {
        self.client.has_price()
    }

    fn estimate(&self, request: &ModelRequest) -> AnswerCost {
        self.client.estimate(&self.client.question(request))
    }

    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(batch.len());
            for request in &batch {
                let answer = self.one(request).await;
                answers.push(answer.map_err(|error| error.beside(&answers))?);
            }
            Ok(answers)
        })
    }
}
