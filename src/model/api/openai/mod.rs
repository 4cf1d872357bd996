//! OpenAI's ways of asking, as many endpoints speak them: pictures, responses, chat.

mod chat;
mod error;
mod images;
mod multipart;
mod responses;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) use chat::Chat;
pub(super) use images::Images;
pub(super) use responses::Responses;

use super::profile::Profile;
use super::provider::{Body, Facts, InputPicture, Outcome};
use crate::common::http::{Response, WireBody};
use crate::common::secret::Secret;

/// What all three share.
fn facts() -> Facts {
    Facts {
        base_url: "https://api.openai.com/v1",
        base_url_variable: "OPENAI_BASE_URL",
        key_variables: &["OPENAI_API_KEY"],
        root: "/v1",
    }
}

fn authorise(key: &Secret) -> Option<(HeaderName, HeaderValue)> {
    Some((AUTHORIZATION, key.header("Bearer ")?))
}

/// A body of `fields`, and over them those of `[request]` in the profile.
fn json_body(path: &str, mut fields: Value, profile: &Profile) -> serde_json::Result<Body> {
    if let Value::Object(fields) = &mut fields {
        fields.extend(profile.request.clone());
    }
    Ok(Body {
        path: path.into(),
        content_type: "application/json".into(),
        bytes: serde_json::to_vec(&fields)?.into(),
    })
}

/// What a response says: its error if there is one, else what `reply` makes of it.
fn read<R: DeserializeOwned>(response: &Response, reply: impl FnOnce(R) -> Outcome) -> Outcome {
    match serde_json::from_str::<WireBody<R, Value>>(&response.text) {
        Ok(WireBody {
            error: Some(error), ..
        }) => error::read(response, &error),
        Ok(wire) if response.status == 200 => reply(wire.reply),
        Ok(_) => response.failure("no error is given").into(),
        Err(error) => error::unreadable(response, &error),
    }
}

/// A picture as an address that holds it.
fn data_url(picture: &InputPicture) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let data = STANDARD.encode(&picture.bytes);
    format!("data:{};base64,{data}", picture.media_type)
}
