//! How the mock judge speaks: one way of wording a reply per provider.

use serde_json::{Value, json};

/// The API that a request was made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Chat completions.
    OpenAi,
    /// Messages.
    Anthropic,
    /// `generateContent`.
    Gemini,
}

/// How a reply ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Done.
    Done,
    /// At the longest length.
    Length,
    /// Cut by a content filter.
    Filter,
    /// Declined.
    Refusal,
}

impl Dialect {
    /// The dialect of a request line; `None` for other paths.
    pub fn of(line: &str) -> Option<Self> {
        let path = line.strip_prefix("POST ")?.split(' ').next()?;
        match path {
            "/v1/chat/completions" => Some(Self::OpenAi),
            "/v1/messages" => Some(Self::Anthropic),
            _ if path.contains("/models/") && path.ends_with(":generateContent") => {
                Some(Self::Gemini)
            }
            _ => None,
        }
    }

    /// A reply of these words, with `tokens` of the prompt counted.
    pub fn reply(self, id: &str, words: &str, end: End, tokens: u64) -> Value {
        match self {
            Self::OpenAi => {
                let message = match end {
                    End::Refusal => json!({"role": "assistant", "content": null, "refusal": words}),
                    _ => json!({"role": "assistant", "content": words}),
                };
                let finish = match end {
                    End::Length => "length",
                    End::Filter => "content_filter",
                    _ => "stop",
                };
                json!({
                    "id": format!("chatcmpl-{id}"), "object": "chat.completion",
                    "created": 0, "model": "mock-judge-1", "system_fingerprint": "fp_mock",
                    "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                    "usage": {"prompt_tokens": tokens, "completion_tokens": 40},
                })
            }
            Self::Anthropic => {
                let reason = match end {
                    End::Done | End::Filter => "end_turn",
                    End::Length => "max_tokens",
                    End::Refusal => "refusal",
                };
                json!({
                    "id": format!("msg_{id}"), "type": "message", "role": "assistant",
                    "model": "mock-judge-1", "content": [{"type": "text", "text": words}],
                    "stop_reason": reason, "stop_sequence": null,
                    "usage": {"input_tokens": tokens, "output_tokens": 40},
                })
            }
            Self::Gemini => {
                let reason = match end {
                    End::Done | End::Refusal => "STOP",
                    End::Length => "MAX_TOKENS",
                    End::Filter => "SAFETY",
                };
                json!({
                    "candidates": [{"content": {"role": "model", "parts": [{"text": words}]},
                        "finishReason": reason, "index": 0}],
                    "usageMetadata": {"promptTokenCount": tokens, "candidatesTokenCount": 40,
                        "totalTokenCount": tokens + 40},
                    "modelVersion": "mock-judge-1", "responseId": id,
                })
            }
        }
    }

    /// An error object with a code in the provider's own place for it.
    pub fn error(self, message: &str, code: &str) -> Value {
        match self {
            Self::OpenAi => json!({"error": {"message": message, "code": code}}),
            Self::Anthropic => {
                json!({"type": "error", "error": {"type": code, "message": message}})
            }
            Self::Gemini => json!({"error": {"code": 0, "message": message, "status": code}}),
        }
    }
}
