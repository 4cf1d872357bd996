//! What identifies a judge behind an API.

use std::collections::BTreeMap;

use super::pictures;
use crate::judge::profile::Profile;
use crate::judge::rubric::Rubrics;
use crate::judge::{Identity, prompt};

/// Everything that decides the marks. Holds no secret.
pub(super) fn identity(
    profile: &Profile,
    kind: &str,
    endpoint: String,
    rubrics: &Rubrics,
) -> Identity {
    let shown = |value: Option<String>| value.unwrap_or_else(|| "not sent".into());
    let mut details: BTreeMap<String, String> = [
        ("endpoint", endpoint),
        ("model", profile.model.clone()),
        (
            "temperature",
            shown(profile.temperature.map(|t| t.to_string())),
        ),
        ("output_limit", format!("{:?}", profile.output_limit)),
        ("seed", shown(profile.seed.map(|s| s.to_string()))),
        ("images", pictures::describe(&profile.encoding)),
        ("detail", shown(profile.detail.clone())),
        ("reply_retries", profile.retry.reply_retries.to_string()),
        (
            "transport_retries",
            profile.retry.transport_retries.to_string(),
        ),
        ("prompt", prompt::VERSION.to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    for rubric in rubrics.iter() {
        let value = format!("{} {}", rubric.version, rubric.digest);
        details.insert(format!("rubric.{}", rubric.axis), value);
    }
    if profile.structured {
        details.insert("structured".to_owned(), "true".to_owned());
    }
    for (field, value) in &profile.extra {
        details.insert(format!("extra.{field}"), value.to_string());
    }
    Identity {
        name: profile.name.clone(),
        kind: kind.to_owned(),
        details,
    }
}
