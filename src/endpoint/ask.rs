//! What is asked of an endpoint and what it replies, in words that all providers share.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::price::Usage;
use crate::common::decimal::Decimal;
use crate::common::picture::PictureFile;

/// One piece of a question.
#[derive(Clone, Debug)]
pub enum QuestionPart {
    /// Words.
    Text(String),
    /// A picture.
    Picture(SentPicture),
}

/// A picture of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct SentPicture {
    /// The picture.
    pub file: Arc<PictureFile>,
    /// Width and height that it is sent in, in pixels, where these are not its own.
    pub size: Option<[u32; 2]>,
}

impl From<Arc<PictureFile>> for SentPicture {
    fn from(file: Arc<PictureFile>) -> Self {
        Self { file, size: None }
    }
}

impl SentPicture {
    /// Width and height in which it is sent, but for what the endpoint does not take.
    pub fn sides(&self) -> [u32; 2] {
        self.size.unwrap_or([self.file.width, self.file.height])
    }
}

/// A question.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The rules that stand before the question.
    pub system: Option<String>,
    /// The question.
    pub parts: Vec<QuestionPart>,
    /// A seed of this question alone, sent where the endpoint takes one.
    pub seed: Option<u64>,
    /// What the endpoint is to hold the reply to, where it can: reasoning, and marks.
    pub form: Option<Form>,
}

/// The form of a reply with marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The keys of the marks.
    pub keys: Vec<String>,
    /// The lowest mark.
    pub lowest: Decimal,
    /// The highest mark.
    pub highest: Decimal,
    /// Distance of neighbouring marks, above 0.
    pub step: Decimal,
}

impl Form {
    /// Most marks that are listed one by one.
    const MAX_LISTED: usize = 101;

    /// The JSON type of a mark.
    pub fn number_type(&self) -> &'static str {
        match (self.lowest.as_whole(), self.step.as_whole()) {
            (Some(_), Some(_)) => "integer",
            _ => "number",
        }
    }

    /// All marks from the lowest to the highest; `None` where these are too many to list.
    pub fn marks(&self) -> Option<Vec<Value>> {
        let (lowest, step) = (self.lowest.scaled(), self.step.scaled());
        let marks = (0..=Self::MAX_LISTED as i128).map(|place| lowest + place * step);
        let marks = marks.take_while(|mark| step > 0 && *mark <= self.highest.scaled());
        let marks: Vec<Value> = marks.filter_map(Decimal::from_scaled).map(number).collect();
        (marks.len() <= Self::MAX_LISTED).then_some(marks)
    }
}

/// A decimal as a number of JSON.
pub fn number(decimal: Decimal) -> Value {
    match decimal.as_whole() {
        Some(whole) => whole.into(),
        None => decimal.to_f64().into(),
    }
}

impl Ask {
    /// The pictures, in order.
    pub fn pictures(&self) -> impl Iterator<Item = &SentPicture> {
        self.parts.iter().filter_map(|part| match part {
            QuestionPart::Picture(shown) => Some(shown),
            QuestionPart::Text(_) => None,
        })
    }

    /// All words, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().filter_map(|part| match part {
            QuestionPart::Text(text) => Some(text.as_str()),
            QuestionPart::Picture(_) => None,
        });
        self.system.as_deref().into_iter().chain(parts)
    }
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finish {
    /// It was done, or the endpoint does not say.
    #[default]
    Done,
    /// It reached its longest length.
    Length,
}

/// A reply, as the endpoint put it. What the endpoint leaves out, or gives in a form that is not
/// known, is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndpointReply {
    /// The words, thoughts that the endpoint tells apart left out.
    pub text: String,
    /// The picture in base 64, not yet checked.
    pub image: Option<String>,
    /// What was said in declining, where the endpoint tells it apart.
    pub refusal: Option<String>,
    /// Why a content filter withheld the reply or a part of it.
    pub withheld: Option<String>,
    /// Whether it is whole.
    pub finish: Finish,
    /// Why it ended, in the endpoint's words.
    pub reason: Option<String>,
    /// The model that was served.
    pub served_model: Option<String>,
    /// The endpoint's fingerprint of its system.
    pub fingerprint: Option<String>,
    /// The prompt as the endpoint changed it before it drew.
    pub revised_prompt: Option<String>,
    /// Tokens that were used, as far as they are told.
    pub usage: Usage,
}

impl EndpointReply {
    /// Every text of it, to be looked through.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let texts = [
            self.image.as_mut(),
            self.refusal.as_mut(),
            self.withheld.as_mut(),
            self.reason.as_mut(),
            self.served_model.as_mut(),
            self.fingerprint.as_mut(),
            self.revised_prompt.as_mut(),
        ];
        std::iter::once(&mut self.text).chain(texts.into_iter().flatten())
    }
}
