//! A way of asking: how a request is written and a response read. One file per provider.

use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::ask::{Ask, EndpointReply};
use super::encoding::Limits;
use super::fault::Fault;
use super::profile::Profile;
use super::request::HttpRequest;
use super::secret::Secret;
use super::template::Holes;
use super::wording::Wording;

/// What sets a provider apart before anything is sent.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Its name in profiles.
    pub name: &'static str,
    /// Where it lies unless a profile or the environment says otherwise.
    pub base_url: &'static str,
    /// The environment variable that may say otherwise.
    pub base_url_variable: &'static str,
    /// The environment variables that usually hold the key; the first that is set counts.
    pub key_variables: &'static [&'static str],
    /// The path that a base URL without any gets.
    pub root: &'static str,
    /// Fields of its requests that the program fills in.
    pub own_fields: &'static [&'static str],
    /// Whether pictures can come of it.
    pub can_draw: bool,
    /// Whether words can come of it.
    pub can_write: bool,
    /// What it takes of a picture at the most.
    pub limits: Limits,
}

/// A header of a request.
pub type Header = (HeaderName, HeaderValue);

/// A way of asking.
pub trait Provider: Send + Sync {
    /// What sets it apart.
    fn facts(&self) -> Facts;

    /// What a profile asks for that this provider does not take: one line each.
    fn faults(&self, _profile: &Profile) -> Vec<String> {
        Vec::new()
    }

    /// Headers of every request beside the one with the key.
    fn headers(&self, _profile: &Profile) -> Vec<Header> {
        Vec::new()
    }

    /// The header that carries the key; `None` when the key cannot stand in one.
    fn authorise(&self, key: &Secret) -> Option<Header>;

    /// The request. The same question must always give the same text.
    fn request(&self, profile: &Profile, ask: &Ask, holes: &Holes) -> HttpRequest;

    /// The reply that a body holds. Only words, pictures and the reason for the end decide; every
    /// other field may be absent or odd.
    ///
    /// # Errors
    /// There is none.
    fn reply(&self, body: &Value) -> Result<EndpointReply, Fault>;

    /// One body from the events of a stream.
    fn joined(&self, events: &[Value]) -> Value;

    /// The error that a body holds beside its code and message.
    fn wording(&self, _error: &Value, _wording: &mut Wording) {}
}

/// A count of tokens: an integer, also one that is written as a float or a text.
pub fn count(value: Option<&Value>) -> u64 {
    let number = value.and_then(|value| match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    });
    let sound = number.filter(|number| (0.0..1e15).contains(number));
    sound.map_or(0, |number| number as u64)
}

/// The text at a path, where there is one that is not blank.
pub fn text(value: &Value, path: &str) -> Option<String> {
    let found = value.pointer(path)?.as_str()?;
    (!found.trim().is_empty()).then(|| found.to_owned())
}

/// The items of a list at a path; none where there is no list.
pub fn items<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    let list = value.pointer(path).and_then(Value::as_array);
    list.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_are_read_in_any_form() {
        for (value, expected) in [
            (json!(7), 7),
            (json!(7.0), 7),
            (json!("7"), 7),
            (json!(null), 0),
            (json!(-3), 0),
            (json!([7]), 0),
            (json!(1e300), 0),
        ] {
            assert_eq!(count(Some(&value)), expected, "{value}");
        }
    }
}
