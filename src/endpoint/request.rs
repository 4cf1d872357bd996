//! A request as it is sent.

use serde_json::Value;

use super::profile::Profile;

/// A request as it is sent.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// The operation below the base URL; starts with `/`.
    pub path: String,
    /// Media type of the body.
    pub media_type: String,
    /// The body, with holes where pictures belong.
    pub body: String,
}

impl HttpRequest {
    /// A request in JSON, with the further fields of a profile laid over it.
    pub fn json(path: impl Into<String>, mut body: Value, profile: &Profile) -> Self {
        merge(&mut body, &Value::Object(profile.request.clone()));
        Self {
            path: path.into(),
            media_type: "application/json".to_owned(),
            body: body.to_string(),
        }
    }
}

/// Lays the fields of `over` over those of `base`, objects within objects.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_laid_over_fields() {
        let mut body = json!({"a": {"b": 1, "c": 2}, "d": 3});
        merge(&mut body, &json!({"a": {"c": 4}, "e": [5]}));
        assert_eq!(body, json!({"a": {"b": 1, "c": 4}, "d": 3, "e": [5]}));
    }
}
