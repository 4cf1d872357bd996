//! A response as text and as JSON, whatever wrapping it came in.

use std::io::Read as _;
use std::time::Duration;

use serde_json::Value;

/// A response as it arrived, the key blotted out.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// What `Retry-After` says.
    pub retry_after: Option<Duration>,
    /// The body.
    pub text: String,
}

/// A body, read.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// One JSON value.
    Json(Value),
    /// The events of a stream (`data: {…}`), in order.
    Events(Vec<Value>),
    /// A web page.
    Page,
    /// Neither; says why.
    Neither(String),
}

impl Response {
    /// Whether the status says that all is well.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON. A stream that nobody asked for is taken apart into its events.
    pub fn body(&self) -> Body {
        let text = self.text.trim_start_matches('\u{feff}').trim();
        match serde_json::from_str(text) {
            Ok(value) => Body::Json(value),
            Err(_) if text.starts_with('<') => Body::Page,
            Err(error) => match events(text) {
                Some(events) => Body::Events(events),
                None => Body::Neither(error.to_string()),
            },
        }
    }
}

/// The events of a stream (<https://html.spec.whatwg.org/multipage/server-sent-events.html>), each
/// a line of data; `None` when this is no whole stream of JSON.
fn events(text: &str) -> Option<Vec<Value>> {
    let mut events = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once(':') {
            Some(("data", data)) if data.trim() == "[DONE]" => {}
            Some(("data", data)) => events.push(serde_json::from_str(data.trim()).ok()?),
            Some(("" | "event" | "id" | "retry", _)) => {}
            _ => return None,
        }
    }
    (!events.is_empty()).then_some(events)
}

/// The bytes of a body, unpacked where they are packed and nothing said so; `None` when they are
/// more than `most`.
pub fn unpacked(bytes: Vec<u8>, most: usize) -> Option<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Some(bytes);
    }
    let mut plain = Vec::new();
    let reader = flate2::read::GzDecoder::new(bytes.as_slice());
    match reader.take(most as u64 + 1).read_to_end(&mut plain) {
        Ok(_) if plain.len() > most => None,
        Ok(_) => Some(plain),
        Err(_) => Some(bytes),
    }
}

/// The first `most` characters of a text on one line, control characters blanked: for messages and
/// logs.
pub fn shorten(text: &str, most: usize) -> String {
    let mut line: String = text
        .chars()
        .take(most)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(most).is_some() {
        line.push('…');
    }
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde_json::json;

    use super::*;

    fn body(text: &str) -> Body {
        let response = Response {
            status: 200,
            retry_after: None,
            text: text.to_owned(),
        };
        response.body()
    }

    #[test]
    fn bodies_are_read_in_any_wrapping() {
        assert_eq!(body("\u{feff} {\"a\": 1}\n"), Body::Json(json!({"a": 1})));
        let stream = ": hello\n\nevent: x\ndata: {\"a\": 1}\n\ndata:{\"a\":2}\n\ndata: [DONE]\n";
        assert_eq!(
            body(stream),
            Body::Events(vec![json!({"a": 1}), json!({"a": 2})])
        );
        assert_eq!(body("<html>"), Body::Page);
        for broken in ["", "data: {\"a\": ", "{\"a\"", "hello: you"] {
            assert!(matches!(body(broken), Body::Neither(_)), "{broken}");
        }
    }

    #[test]
    fn packed_bytes_are_unpacked_within_bounds() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&[b'x'; 1000]).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(unpacked(packed.clone(), 1000), Some(vec![b'x'; 1000]));
        assert_eq!(unpacked(packed.clone(), 999), None);
        let torn = packed[..packed.len() / 2].to_vec();
        assert_eq!(unpacked(torn.clone(), 1000), Some(torn));
        assert_eq!(unpacked(b"{}".to_vec(), 1), Some(b"{}".to_vec()));
    }
}
