//! A way of asking: how a request is written and a response read.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::{HeaderName, HeaderValue};

use super::client::Ask;
use super::price::Usage;
use super::profile::Profile;
use crate::common::http::{Failure, Response};
use crate::common::picture::PictureFile;
use crate::common::secret::Secret;
use crate::model::ModelError;

/// What sets a provider apart before anything is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// Where it lies unless a profile or the environment says otherwise.
    pub base_url: &'static str,
    /// The environment variable that may say otherwise.
    pub base_url_variable: &'static str,
    /// The environment variables that usually hold the key; the first that is set counts.
    pub key_variables: &'static [&'static str],
    /// The path that a base URL without any gets.
    pub root: &'static str,
}

/// A request as it is sent.
pub(super) struct Body {
    /// The operation below the base URL; starts with `/`.
    pub path: String,
    /// Media type of the bytes.
    pub content_type: String,
    /// The body.
    pub bytes: Bytes,
}

/// A reply, as the endpoint put it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reply {
    /// The model's words.
    pub text: Option<String>,
    /// The picture in base 64, not yet checked.
    pub image: Option<String>,
    /// Whether the words decline.
    pub refused: bool,
    /// Why a content filter withheld the answer or a part of it.
    pub withheld: Option<String>,
    /// Why the reply ended, in the endpoint's words.
    pub finish: Option<String>,
    /// The model that was served.
    pub served_model: Option<String>,
    /// The prompt as the endpoint changed it before it drew.
    pub revised_prompt: Option<String>,
    /// Tokens that were used.
    pub usage: Usage,
}

/// What came of one request.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// The model answered, or a filter kept its answer back.
    Replied(Box<Reply>),
    /// No usable reply.
    Failed(Failure),
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A way of asking.
pub(super) trait Provider: Send + Sync {
    /// What sets it apart.
    fn facts(&self) -> Facts;

    /// The header that carries the key; `None` when the key cannot stand in one.
    fn authorise(&self, key: &Secret) -> Option<(HeaderName, HeaderValue)>;

    /// The request. The same question must always give the same bytes.
    ///
    /// # Errors
    /// A request that cannot be written as JSON.
    fn body(
        &self,
        profile: &Profile,
        ask: &Ask,
        picture: Option<&InputPicture>,
    ) -> serde_json::Result<Body>;

    /// What a response means.
    fn read(&self, response: &Response) -> Outcome;
}

/// The picture to edit, as it is sent: the bytes of the suite's own file.
pub(super) struct InputPicture {
    /// Encoded bytes.
    pub bytes: Bytes,
    /// Their media type.
    pub media_type: &'static str,
}

impl InputPicture {
    /// Reads a picture, which must be the one that the suite was loaded with.
    ///
    /// # Errors
    /// It cannot be read, or changed since.
    pub(super) fn load(file: &Arc<PictureFile>) -> Result<Self, ModelError> {
        let bytes = file.load().map_err(|error| {
            ModelError::caused_by("the picture to edit cannot be sent to the model", error)
        })?;
        if crate::common::digest::Digest::of(&bytes) != file.digest {
            return Err(ModelError::new(format!(
                "the picture {} changed since the suite was loaded; run the same command again",
                file.path.display()
            )));
        }
        let media_type = match bytes.as_ref() {
            [0xff, 0xd8, ..] => "image/jpeg",
            [b'R', b'I', b'F', b'F', ..] => "image/webp",
            _ => "image/png",
        };
        Ok(Self { bytes, media_type })
    }
}
