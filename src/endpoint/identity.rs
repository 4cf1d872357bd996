//! What identifies a model behind an API: whatever decides its replies, and nothing else.

use std::collections::BTreeMap;

use super::address::Address;
use super::encoding;
use super::profile::Profile;

/// The details that judges and models share. The address, the retry policy and the number of
/// requests in flight decide nothing.
pub(super) fn details(profile: &Profile, label: &str) -> BTreeMap<String, String> {
    let mut details: BTreeMap<String, String> = [
        ("endpoint_label", label.to_owned()),
        ("provider", profile.provider.to_owned()),
        ("model", profile.model.clone()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let given = [
        ("temperature", profile.temperature.map(|t| t.to_string())),
        (
            "output_limit",
            profile.output_limit.map(|limit| format!("{limit:?}")),
        ),
        ("seed", profile.seed.map(|seed| seed.to_string())),
        ("detail", profile.detail.clone()),
        ("structured", profile.structured.then(|| "true".to_owned())),
        ("draws", profile.draws.then(|| "true".to_owned())),
        ("images", Some(encoding::describe(&profile.encoding))),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            details.insert(name.to_owned(), value);
        }
    }
    for (field, value) in &profile.request {
        details.insert(format!("request.{field}"), value.to_string());
    }
    details
}

/// Brings the details of an identity that an earlier version recorded into the present form.
/// Returns what is no part of an identity any more, if anything had to change.
pub fn modernise(details: &mut BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    let mut provenance = BTreeMap::new();
    let mut changed = false;
    for part in ["", "text.", "image."] {
        if part_is_old(details, part) {
            modernise_part(details, part, &mut provenance);
            changed = true;
        }
    }
    changed.then_some(provenance)
}

/// Earlier versions recorded the address of the endpoint. A pipeline has two parts.
fn part_is_old(details: &BTreeMap<String, String>, part: &str) -> bool {
    details.contains_key(&format!("{part}endpoint"))
        && details.contains_key(&format!("{part}model"))
}

fn modernise_part(
    details: &mut BTreeMap<String, String>,
    part: &str,
    provenance: &mut BTreeMap<String, String>,
) {
    let name = |detail: &str| format!("{part}{detail}");
    let endpoint = details.remove(&name("endpoint")).unwrap_or_default();
    provenance.insert(name("address"), endpoint.clone());
    for detail in ["transport_retries", "reply_retries"].map(name) {
        if let Some(value) = details.remove(&detail) {
            provenance.insert(detail, value);
        }
    }
    let unsent: Vec<String> = ["temperature", "seed", "detail"]
        .into_iter()
        .filter(|detail| details.get(&name(detail)).is_some_and(|v| v == "not sent"))
        .map(name)
        .collect();
    for detail in unsent {
        details.remove(&detail);
    }
    let api = details.remove(&name("api"));
    if let Some(api) = api {
        let (provider, draws) = match api.as_str() {
            "openai-chat" => ("openai", false),
            "openai-responses" => ("responses", true),
            "gemini-text" => ("gemini", false),
            same => (same, true),
        };
        details.insert(name("provider"), provider.to_owned());
        if draws {
            details.insert(name("draws"), "true".to_owned());
        }
        details.insert(name("images"), "as they are".to_owned());
    } else {
        details.insert(name("provider"), provider_of(&endpoint).to_owned());
    }
    let label = Address::parse(base_of(&endpoint), "/v1");
    let label = label.map_or_else(
        |_| "unknown".to_owned(),
        |address| address.label().to_owned(),
    );
    details.insert(name("endpoint_label"), label);
    let extra = name("extra.");
    let fields: Vec<String> = details
        .keys()
        .filter(|key| key.starts_with(&extra))
        .cloned()
        .collect();
    for field in fields {
        if let Some(value) = details.remove(&field) {
            let plain = field.trim_start_matches(&extra);
            details.insert(name(&format!("request.{plain}")), value);
        }
    }
}

/// The operations of judges, whose whole URL was recorded, and their providers.
const OPERATIONS: [(&str, &str); 3] = [
    ("/chat/completions", "openai"),
    ("/messages", "anthropic"),
    (":generateContent", "gemini"),
];

fn provider_of(endpoint: &str) -> &'static str {
    let found = OPERATIONS.iter().find(|(end, _)| endpoint.ends_with(end));
    found.map_or("openai", |(_, provider)| *provider)
}

fn base_of(endpoint: &str) -> &str {
    let cut = ["/chat/completions", "/messages", "/models/"];
    let at = cut
        .iter()
        .filter_map(|operation| endpoint.rfind(operation))
        .min();
    at.and_then(|at| endpoint.get(..at)).unwrap_or(endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        fields.iter().map(owned).collect()
    }

    #[test]
    fn what_earlier_versions_recorded_is_the_same_judge() {
        let mut old = map(&[
            ("endpoint", "http://127.0.0.1:8000/v1/chat/completions"),
            ("model", "m"),
            ("temperature", "0"),
            ("seed", "not sent"),
            ("detail", "not sent"),
            ("images", "png, encoder 1"),
            ("reply_retries", "3"),
            ("transport_retries", "6"),
            ("extra.top_k", "1"),
        ]);
        let provenance = modernise(&mut old).unwrap();
        assert_eq!(
            provenance["address"],
            "http://127.0.0.1:8000/v1/chat/completions"
        );
        assert_eq!(provenance["reply_retries"], "3");
        let now = map(&[
            ("endpoint_label", "local"),
            ("provider", "openai"),
            ("model", "m"),
            ("temperature", "0"),
            ("images", "png, encoder 1"),
            ("request.top_k", "1"),
        ]);
        assert_eq!(old, now);
        assert_eq!(modernise(&mut old), None);
        let gemini = "https://generativelanguage.googleapis.com/v1beta/models/g:generateContent";
        let mut old = map(&[("endpoint", gemini), ("model", "g")]);
        modernise(&mut old);
        assert_eq!(old["endpoint_label"], "generativelanguage.googleapis.com");
        assert_eq!(old["provider"], "gemini");
        // Judges of other kinds stay as they are.
        assert_eq!(modernise(&mut map(&[("bundle", "b")])), None);
    }

    #[test]
    fn both_parts_of_a_pipeline_are_brought_up_to_date() {
        let mut old = map(&[
            ("text.endpoint", "https://api.openai.com/v1"),
            ("text.model", "m"),
            ("text.api", "openai-chat"),
            ("image.endpoint", "https://api.openai.com/v1"),
            ("image.model", "m"),
            ("image.api", "openai-images"),
        ]);
        assert!(modernise(&mut old).is_some());
        assert_eq!(old["text.provider"], "openai");
        assert_eq!(old.get("text.draws"), None);
        assert_eq!(old["image.draws"], "true");
        assert_eq!(old["image.endpoint_label"], "api.openai.com");
    }
}
