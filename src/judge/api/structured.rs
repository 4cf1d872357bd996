//! The form of a reply as a JSON schema, for endpoints that hold a model to one.

use serde_json::{Value, json};

/// The schema of a reply: the reasoning, then the mark under `key`. Integers are listed one by
/// one: not every endpoint takes bounds.
pub(super) fn schema(key: &str) -> Value {
    json!({
        "type": "object",
        "properties": {
            "reasoning": {"type": "string"},
            key: {"type": "integer", "enum": [1, 2, 3, 4, 5]},
        },
        "required": ["reasoning", key],
        "additionalProperties": false,
    })
}
