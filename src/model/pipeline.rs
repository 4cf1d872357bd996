//! The kind `pipeline:TEXT?over=MODEL`: a text model reasons, then another model draws from
//! the instruction and the reasoning. The sequential pipeline in its general form.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::common::BoxFuture;
use crate::model::api::{self, Client};
use crate::model::steps::StepWatch;
use crate::model::{
    Answer, AnswerCost, Identity, Model, ModelError, ModelKind, ModelRequest, OpenContext, Part,
    Spec,
};
use crate::suite::Prompt;

/// What stands between instruction and reasoning in the prompt of the model that draws.
const BETWEEN: &str = "\n\nReasoning:\n";
/// Bytes that stand for reasoning which is not there yet, in estimates.
const ASSUMED_REASONING_BYTES: usize = 8000;

/// The kind `pipeline:TEXT?over=MODEL`.
pub const KIND: ModelKind = ModelKind {
    name: "pipeline",
    usage: "pipeline:openai:TEXT-MODEL?over=MODEL",
    options: &[(
        "over",
        "the model that draws, whose own words are not used; comes last",
    )],
    open,
};

fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Box<dyn Model>, ModelError> {
    Ok(Box::new(Pipeline::open(spec, context)?))
}

/// A text model before a model that draws.
pub struct Pipeline {
    identity: Identity,
    text: Client,
    image: Box<dyn Model>,
}

impl Pipeline {
    /// Opens both models.
    ///
    /// # Errors
    /// A spec that names not both, or whatever opening either says.
    pub fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Self, ModelError> {
        let over = spec.option("over").filter(|over| !over.is_empty());
        let over = over.ok_or_else(|| {
            ModelError::new(
                "a pipeline needs the model that draws: pipeline:openai:TEXT-MODEL?over=MODEL, \
                 for example over=openai:my-drawer.toml",
            )
        })?;
        let text = Client::text(&spec.rest, context.cache, context.connections_over)?;
        let image = crate::model::open(over, context)?;
        if spec.thinks == Some(false) {
            return Err(ModelError::new(
                "a pipeline always reasons; to use only the model that draws, name that model without a pipeline",
            ));
        }
        let drawer = image.identity();
        let name = format!("{}-then-{}", text.name(), drawer.name);
        let mut details: BTreeMap<String, String> = text
            .details()
            .into_iter()
            .map(|(key, value)| (format!("text.{key}"), value))
            .collect();
        for (key, value) in &drawer.details {
            details.insert(format!("image.{key}"), value.clone());
        }
        details.insert("image".into(), format!("{}:{}", drawer.kind, drawer.name));
        details.insert("between".into(), BETWEEN.into());
        Ok(Self {
            identity: Identity {
                name: spec.name.clone().unwrap_or(name),
                kind: spec.kind.name.to_owned(),
                thinks: true,
                details,
            },
            text,
            image,
        })
    }

    async fn one(&self, request: ModelRequest) -> Result<Answer, ModelError> {
        let reasoned = self.text.ask(&self.text.question(&request)).await?;
        let refused = reasoned.refused();
        let words = reasoned.words().to_owned();
        let mut answer = api::answer_of(reasoned, true);
        // The text model draws nothing: that half is the other model's.
        answer.details.remove("image_missing");
        if let Part::Lost(failure) = &answer.reasoning {
            answer.image = Part::Lost(failure.clone());
            return Ok(answer);
        }
        if refused {
            let why = "the text model declined";
            answer.details.insert("image_missing".into(), why.into());
            answer.image = Part::Empty;
            return Ok(answer);
        }
        let drawn = self.image.answer(vec![drawing(&request, &words)]).await;
        let drawn = drawn.and_then(|drawn| {
            drawn.into_iter().next().ok_or_else(|| {
                ModelError::new(format!(
                    "the model `{}` gave no answer to a question",
                    self.image.identity().name
                ))
            })
        });
        let drawn = drawn.map_err(|error| error.beside([&answer]))?;
        // Each part keeps its own; the whole goes beside them.
        let text_details = answer.details.clone();
        answer.add_cost_of(&drawn);
        let assumed = answer.details.get(api::ASSUMED_USD).cloned();
        answer.image = drawn.image;
        answer.film = drawn.film;
        let text_ms = answer.timing_ms.remove("total").unwrap_or_default();
        let image_ms = drawn.timing_ms.get("total").copied().unwrap_or_default();
        answer.timing_ms = BTreeMap::from([
            ("text".to_owned(), text_ms),
            ("image".to_owned(), image_ms),
            ("total".to_owned(), text_ms + image_ms),
        ]);
        answer.details = serde_json::Map::from_iter([
            ("text".to_owned(), text_details.into()),
            ("image".to_owned(), drawn.details.into()),
        ]);
        let assumed = assumed.map(|usd| (api::ASSUMED_USD.to_owned(), usd));
        answer.details.extend(assumed);
        Ok(answer)
    }
}

/// The request to the model that draws.
fn drawing(request: &ModelRequest, reasoning: &str) -> ModelRequest {
    let instruction = &request.prompt.instruction;
    let instruction = match reasoning.trim() {
        "" => instruction.to_string(),
        words => format!("{instruction}{BETWEEN}{words}"),
    };
    ModelRequest {
        prompt: Prompt {
            instruction: instruction.into(),
            ..request.prompt.clone()
        },
        ..request.clone()
    }
}

impl Model for Pipeline {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn notices(&self) -> Vec<String> {
        let reasons = self.text.notices().into_iter();
        let mut notices: Vec<_> = reasons.map(|line| format!("reasons: {line}")).collect();
        let drawer = self.image.identity();
        notices.push(format!("draws: {} ({})", drawer.name, drawer.kind));
        notices.extend(self.image.notices());
        notices
    }

    fn provenance(&self) -> BTreeMap<String, String> {
        let named = |part: &str, of: BTreeMap<String, String>| {
            let part = part.to_owned();
            of.into_iter()
                .map(move |(name, value)| (format!("{part}.{name}"), value))
        };
        let text = named("text", self.text.provenance());
        text.chain(named("image", self.image.provenance()))
            .collect()
    }

    fn ready(&self) -> Result<(), ModelError> {
        self.text.ready()?;
        self.image.ready()
    }

    fn log_into(&self, folder: &Path) {
        self.image.log_into(folder);
    }

    fn watch_steps(&self, watch: Arc<dyn StepWatch>) {
        self.image.watch_steps(watch);
    }

    fn concurrency(&self) -> usize {
        self.text.connections().min(self.image.concurrency()).max(1)
    }

    fn has_price(&self) -> bool {
        self.text.has_price() && self.image.has_price()
    }

    fn estimate(&self, request: &ModelRequest) -> AnswerCost {
        let assumed = "x".repeat(ASSUMED_REASONING_BYTES);
        let image = self.image.estimate(&drawing(request, &assumed));
        self.text.estimate(&self.text.question(request)).plus(image)
    }

    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(batch.len());
            for request in batch {
                let answer = self.one(request).await;
                answers.push(answer.map_err(|error| error.beside(&answers))?);
            }
            Ok(answers)
        })
    }
}
