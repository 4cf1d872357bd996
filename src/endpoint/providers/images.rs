//! OpenAI's `/images/generations` and `/images/edits`: pictures, and no words but the prompt as the
//! endpoint revised it. <https://platform.openai.com/docs/api-reference/images>

use serde_json::{Value, json};

use super::openai::{FACTS, bearer};
use crate::endpoint::ask::{Ask, EndpointReply, QuestionPart};
use crate::endpoint::fault::{Fault, FaultKind};
use crate::endpoint::price::Usage;
use crate::endpoint::profile::Profile;
use crate::endpoint::provider::{Facts, Header, Provider, count, text};
use crate::endpoint::request::HttpRequest;
use crate::endpoint::secret::Secret;
use crate::endpoint::template::Holes;

/// Any endpoint that draws as OpenAI's does.
#[derive(Debug)]
pub struct Images;

impl Provider for Images {
    fn facts(&self) -> Facts {
        Facts {
            name: "openai-images",
            can_draw: true,
            can_write: false,
            ..FACTS
        }
    }

    fn authorise(&self, key: &Secret) -> Option<Header> {
        bearer(key)
    }

    fn request(&self, profile: &Profile, ask: &Ask, holes: &Holes) -> HttpRequest {
        let words: Vec<&str> = ask.texts().collect();
        let prompt = words.join("\n");
        let pictures = ask.parts.iter();
        let pictures = pictures.filter(|part| matches!(part, QuestionPart::Picture(_)));
        if pictures.clone().count() == 0 {
            let fields = json!({"model": profile.model, "prompt": prompt});
            return HttpRequest::json("/images/generations", fields, profile);
        }
        let mut form = Form::new(holes);
        form.field("model", &profile.model);
        form.field("prompt", &prompt);
        for (name, value) in &profile.request {
            match value {
                Value::String(text) => form.field(name, text),
                other => form.field(name, &other.to_string()),
            }
        }
        for (index, _) in pictures.enumerate() {
            form.picture("image", holes, index);
        }
        form.finish("/images/edits")
    }

    fn reply(&self, body: &Value) -> Result<EndpointReply, Fault> {
        let Some(first) = body.pointer("/data/0") else {
            return match body.get("data").is_some_and(Value::is_array) {
                true => Ok(EndpointReply::default()),
                false => Err(Fault::garbled("a reply without data")),
            };
        };
        let image = first.get("b64_json").and_then(Value::as_str);
        if image.is_none() && text(first, "/url").is_some() {
            let what = "the reply holds an address in place of the picture; \
                        response_format = \"b64_json\" under [request] asks for the picture";
            return Err(Fault::new(FaultKind::Parameter, what));
        }
        let revised = text(first, "/revised_prompt");
        let tokens = |path: &str| count(body.pointer(path));
        let shown = tokens("/usage/input_tokens_details/image_tokens");
        Ok(EndpointReply {
            text: revised.clone().unwrap_or_default(),
            revised_prompt: revised,
            usage: Usage {
                input_text: tokens("/usage/input_tokens").saturating_sub(shown),
                input_image: shown,
                output_image: tokens("/usage/output_tokens"),
                pictures: u64::from(image.is_some()),
                ..Usage::default()
            },
            image: image.map(str::to_owned),
            ..EndpointReply::default()
        })
    }

    /// The last event carries the finished picture.
    fn joined(&self, events: &[Value]) -> Value {
        let done = events.iter().rev().find(|event| {
            let kind = event.get("type").and_then(Value::as_str);
            kind.is_some_and(|kind| kind.ends_with(".completed"))
        });
        done.map_or(
            Value::Null,
            |event| json!({"data": [event], "usage": event.get("usage")}),
        )
    }
}

/// A form with files (`multipart/form-data`, RFC 7578) while it is written. Its boundary is the
/// name of the request's holes, a hash of all words, so that the same question gives the same
/// bytes and no words can hold it.
struct Form {
    boundary: String,
    body: String,
}

impl Form {
    fn new(holes: &Holes) -> Self {
        Self {
            boundary: format!("parabench-{}", holes.code()),
            body: String::new(),
        }
    }

    /// Adds a field. Names are the program's own or come from a profile's keys.
    fn field(&mut self, name: &str, value: &str) {
        let plain = |c: &char| !c.is_control() && *c != '"';
        let name: String = name.chars().filter(plain).collect();
        self.head(&format!("name=\"{name}\""), "");
        self.body += value;
        self.body += "\r\n";
    }

    fn picture(&mut self, name: &str, holes: &Holes, index: usize) {
        let ending = holes.ending(index);
        let disposition = format!("name=\"{name}\"; filename=\"input.{ending}\"");
        let media = holes.media(index);
        self.head(&disposition, &format!("Content-Type: {media}\r\n"));
        self.body += &holes.data(index);
        self.body += "\r\n";
    }

    fn head(&mut self, disposition: &str, more: &str) {
        self.body += &format!(
            "--{}\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n",
            self.boundary
        );
    }

    fn finish(self, path: &str) -> HttpRequest {
        HttpRequest {
            path: path.to_owned(),
            media_type: format!("multipart/form-data; boundary={}", self.boundary),
            body: format!("{}--{}--\r\n", self.body, self.boundary),
        }
    }
}
