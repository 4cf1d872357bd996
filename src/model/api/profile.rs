//! Profiles of models behind an API: which way of asking, what is sent, at what price.
//!
//! Profiles of `models/` are embedded in the binary and found by the model's name; a name
//! that has none is asked with the defaults, without a price; a path names any other. Keys
//! never stand in a profile, only the names of the variables that hold them.

use std::path::Path;

use serde_json::Value;

use super::prompt::{
    INSTRUCTION, PLAIN, REASON_EDIT, REASON_GENERATION, THINK_EDIT, THINK_GENERATION, Templates,
};
use crate::common::files;
use crate::endpoint::profile::defaults::Defaults;
use crate::endpoint::profile::faults::Faults;
use crate::endpoint::profile::{self, wire};
use crate::model::{ModelError, text};
use crate::suite::{Kind, Prompt};

/// Longest profile that is read, in bytes.
const MAX_PROFILE_BYTES: u64 = 64 << 10;

/// The embedded profiles: kind, model, file.
const EMBEDDED: [(&str, &str, &str); 5] = [
    (
        "openai",
        "gpt-image-1",
        include_str!("../../../models/gpt-image-1.toml"),
    ),
    (
        "openai",
        "gpt-4o",
        include_str!("../../../models/gpt-4o.toml"),
    ),
    (
        "openai",
        "gpt-4.1",
        include_str!("../../../models/gpt-4.1.toml"),
    ),
    (
        "gemini",
        "gemini-2.5-flash-image",
        include_str!("../../../models/gemini-2.5-flash-image.toml"),
    ),
    (
        "gemini",
        "gemini-2.5-flash",
        include_str!("../../../models/gemini-2.5-flash.toml"),
    ),
];

/// The embedded profiles: kind and model.
pub(in crate::model) fn bundled() -> impl Iterator<Item = (&'static str, &'static str)> {
    EMBEDDED.into_iter().map(|(kind, model, _)| (kind, model))
}

/// A model behind an API.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Profile {
    /// Who is asked.
    pub(super) endpoint: profile::Profile,
    /// Whether it is declared to reason.
    pub(super) thinks: bool,
    /// What is said beside the instruction, where the profile says so.
    pub(super) prompt: Option<Templates>,
}

impl Profile {
    /// What is said beside the instruction.
    pub(super) fn templates(&self) -> Templates {
        let (edit, generation) = match (self.endpoint.draws, self.thinks) {
            (false, _) => (REASON_EDIT, REASON_GENERATION),
            (true, true) => (THINK_EDIT, THINK_GENERATION),
            (true, false) => (PLAIN, PLAIN),
        };
        self.prompt.clone().unwrap_or_else(|| Templates {
            edit: edit.to_owned(),
            generation: generation.to_owned(),
        })
    }

    /// The text that is sent for a task.
    pub(super) fn prompt(&self, prompt: &Prompt) -> String {
        let own = self.templates();
        let template = match prompt.kind() {
            Kind::Edit => &own.edit,
            Kind::Generation => &own.generation,
        };
        // Split once: an instruction that holds the mark is not looked through again.
        match template.split_once(INSTRUCTION) {
            Some((before, after)) => format!("{before}{}{after}", prompt.instruction),
            None => template.clone(),
        }
    }
}

/// The profile of a model: the file that `rest` names (a path that ends in `.toml`), the
/// embedded one of that name, or the defaults. `text_only` asks for a model that reasons and
/// does not draw.
///
/// # Errors
/// A profile that cannot be read or is faulty: all faults that can be seen at once.
pub(super) fn find(kind: &str, rest: &str, text_only: bool) -> Result<Profile, ModelError> {
    let (place, found) = if Path::new(rest).extension().is_some_and(|end| end == "toml") {
        let found = files::read_text_bounded(Path::new(rest), MAX_PROFILE_BYTES);
        let found = found.map_err(|error| {
            let stem = Path::new(rest).file_stem().and_then(|stem| stem.to_str());
            let mut embedded = EMBEDDED.iter();
            let own = embedded.find(|(of_kind, model, _)| *of_kind == kind && Some(*model) == stem);
            match own.filter(|_| error.is_not_found()) {
                Some((_, model, _)) => ModelError::new(format!(
                    "there is no file {}; `{model}` is built in: --model {kind}:{model}",
                    text::excerpt(rest, 200)
                )),
                None => ModelError::caused_by("the model's profile cannot be read", error),
            }
        })?;
        (rest, Some(found))
    } else {
        let mut embedded = EMBEDDED.iter();
        let own = embedded.find(|(of_kind, model, _)| (*of_kind, *model) == (kind, rest));
        (rest, own.map(|(_, _, text)| (*text).to_owned()))
    };
    let defaults = || format!("model = {}", Value::from(rest));
    let text = found.unwrap_or_else(defaults);
    read(&text, kind, text_only).map_err(|faults| {
        ModelError::new(format!(
            "the model profile {} cannot be used:\n  {}",
            text::excerpt(place, 200),
            faults.join("\n  ")
        ))
    })
}

/// Reads a profile for specs of one kind.
///
/// # Errors
/// All faults that can be seen at once, one a line.
fn read(text: &str, kind: &str, text_only: bool) -> Result<Profile, Vec<String>> {
    let mut table = wire::parse(text)?;
    let mut faults = Faults::default();
    faults.unless(table.rubrics.is_none() && table.repeats.is_none(), || {
        "rubrics, repeats: these belong to profiles of judges, not of models".into()
    });
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+".contains(c);
    faults.unless(table.model.chars().all(allowed), || {
        "model must be made of letters, digits and -_.:/@+".into()
    });
    let prompt = table.prompt.take().map(|prompt| {
        for (name, text) in [("edit", &prompt.edit), ("generation", &prompt.generation)] {
            faults.unless(text.contains(INSTRUCTION), || {
                format!("[prompt] {name} lacks {INSTRUCTION}")
            });
        }
        Templates {
            edit: prompt.edit,
            generation: prompt.generation,
        }
    });
    let thinks = table.thinks;
    let provider = match (kind, text_only) {
        ("gemini", _) => "gemini",
        (_, true) => "openai",
        (_, false) => "openai-images",
    };
    let endpoint = table.profile(&Defaults::of_models(provider, !text_only), &mut faults);
    let own_kind = match endpoint.provider {
        "gemini" => "gemini",
        _ => "openai",
    };
    faults.unless(endpoint.provider.is_empty() || own_kind == kind, || {
        format!(
            "provider {} is not asked as {kind}: but as {own_kind}:",
            endpoint.provider
        )
    });
    faults.unless(endpoint.retry.reply_retries == 0, || {
        "retry.reply_retries: a model's answer is asked for once; leave it out".into()
    });
    faults.unless(!endpoint.encoding.output_to_input, || {
        "image.output_to_input is for judges, who see an output; leave it out".into()
    });
    // Pictures of this provider come without words.
    let thinks = thinks.unwrap_or(endpoint.provider != "openai-images");
    check_bounds(&endpoint, thinks, &mut faults);
    if !faults.0.is_empty() {
        return Err(faults.0);
    }
    Ok(Profile {
        endpoint,
        thinks,
        prompt,
    })
}

/// A price without the most that a reply can use bounds nothing, and a cap rests on it.
fn check_bounds(endpoint: &profile::Profile, thinks: bool, faults: &mut Faults) {
    let Some(price) = &endpoint.price else {
        return;
    };
    let pictures = price.output_image_tokens > 0 || price.per_picture > 0.0;
    faults.unless(
        !endpoint.draws || price.output_image == 0.0 || pictures,
        || {
            "price.output_image_tokens must say the most tokens of one picture, or per_picture its \
             price"
                .into()
        },
    );
    let words = price.output_tokens > 0 || endpoint.output_limit.is_some();
    let writes = thinks || !endpoint.draws;
    faults.unless(!writes || price.output == 0.0 || words, || {
        "price.output_tokens must say the most tokens of the reply's words, or max_tokens limit them"
            .into()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_profile_is_sound_and_has_a_price() {
        for (kind, model, _) in EMBEDDED {
            let profile = find(kind, model, false).unwrap();
            assert!(profile.endpoint.price.is_some(), "{model}");
            assert!(!profile.endpoint.name.is_empty());
            assert_eq!(profile.endpoint.notes, Vec::<String>::new(), "{model}");
        }
    }

    #[test]
    fn an_unknown_model_is_asked_with_the_defaults_and_without_a_price() {
        let profile = find("openai", "org/new-model", false).unwrap();
        assert_eq!(profile.endpoint.provider, "openai-images");
        assert_eq!(
            (profile.endpoint.name.as_str(), profile.thinks),
            ("org-new-model", false)
        );
        assert_eq!(profile.endpoint.price, None);
        let text = |kind| find(kind, "x", true).unwrap().endpoint;
        assert_eq!(text("openai").provider, "openai");
        assert_eq!(
            (text("gemini").provider, text("gemini").draws),
            ("gemini", false)
        );
        assert!(find("gemini", "x", false).unwrap().thinks);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let text = "model = \"m\"\napi = \"openai-chat\"\nmax_connections = 0\nkey = \"a b\"\n\
                    base_url = \"http://u:secret@x\"\n[request]\nmodel = \"other\"\n\
                    [prompt]\nedit = \"none\"\ngeneration = \"{instruction}\"\n\
                    [price]\ninput = -1.0\noutput = 1.0\n";
        let faults = read(text, "gemini", false).unwrap_err().join("\n");
        for part in [
            "provider openai is not asked as gemini: but as openai:",
            "max_connections: found 0, expected 1 to 1024",
            "key: expected `none` or the NAME",
            "request.model: the program fills this field in",
            "[prompt] edit lacks {instruction}",
            "price.input: found -1, expected",
            "price.output_tokens must say",
        ] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
        let unknown = read("model = \"m\"\napi_key = \"sk-x\"", "openai", false);
        assert!(unknown.unwrap_err().join("").contains("api_key"));
    }
}
