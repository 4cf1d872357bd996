//! OpenAI's ways of asking, as many endpoints speak them: pictures, responses, chat.

mod chat;
mod error;
mod images;
mod multipart;
mod responses;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

pub(super) use chat::Chat;
pub(super) use images::Images;
pub(super) use responses::Responses;

use super::provider::{Facts, InputPicture};
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

/// A picture as an address that holds it.
fn data_url(picture: &InputPicture) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let data = STANDARD.encode(&picture.bytes);
    format!("data:{};base64,{data}", picture.media_type)
}
