//! Judge profiles: TOML files that say which model marks, how and at what price.
//!
//! Profiles of `judges/` are embedded in the binary and found by name; a path names any other. Who
//! is asked and how is said in the dialect of all profiles ([`endpoint::profile`](crate::endpoint::profile)).

use std::path::Path;

use thiserror::Error;

use crate::common::files::{self, FileError};
use crate::common::suggest::unknown;
use crate::endpoint::profile::defaults::Defaults;
use crate::endpoint::profile::faults::Faults;
use crate::endpoint::profile::{self, wire};
use crate::judge::panel;
use crate::judge::rubric::Rubrics;

/// Most repeats that a profile may ask for.
const MAX_REPEATS: u32 = 100;
/// Longest profile that is read, in bytes.
const MAX_PROFILE_BYTES: u64 = 64 << 10;

/// The embedded profiles by name.
const EMBEDDED: [(&str, &str); 11] = [
    (
        "claude-opus-4-5",
        include_str!("../../judges/claude-opus-4-5.toml"),
    ),
    (
        "gemini-3.8-flash",
        include_str!("../../judges/gemini-3.8-flash.toml"),
    ),
    (
        "gedit-gpt-4.1",
        include_str!("../../judges/gedit-gpt-4.1.toml"),
    ),
    ("gpt-4.1", include_str!("../../judges/gpt-4.1.toml")),
    ("gpt-6-luna", include_str!("../../judges/gpt-6-luna.toml")),
    ("kris-gpt-4o", include_str!("../../judges/kris-gpt-4o.toml")),
    (
        "local-openai",
        include_str!("../../judges/local-openai.toml"),
    ),
    (
        "qwen3.5-35b-a3b",
        include_str!("../../judges/qwen3.5-35b-a3b.toml"),
    ),
    (
        "rise-gpt-4.1",
        include_str!("../../judges/rise-gpt-4.1.toml"),
    ),
    (
        "rover-gpt-4.1",
        include_str!("../../judges/rover-gpt-4.1.toml"),
    ),
    (
        "wise-qwen3.5-35b",
        include_str!("../../judges/wise-qwen3.5-35b.toml"),
    ),
];

/// The names of the embedded profiles, with the texts.
pub fn bundled() -> impl Iterator<Item = (&'static str, &'static str)> {
    EMBEDDED.into_iter()
}

/// Every name that a judge can have without a file.
fn known() -> Vec<&'static str> {
    let profiles = EMBEDDED.into_iter().map(|(name, _)| name);
    let local = [
        "oracle",
        "oracle-strict",
        "clip:BUNDLE",
        "command:FILE.toml",
        "pixels",
    ];
    profiles.chain(panel::bundled()).chain(local).collect()
}

/// Whether a profile or a panel of this name is embedded.
fn is_built_in(name: &str) -> bool {
    EMBEDDED.iter().any(|(known, _)| *known == name) || panel::is_built_in(name)
}

/// Why a profile cannot be used.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// No embedded profile has this name and it is no path.
    #[error("{}; a profile of your own is a path that ends in .toml", unknown("judge", .0, &known(), Some("parabench list judges")))]
    Unknown(String),
    /// There is no such file, and an embedded profile or panel of its name.
    #[error("there is no file {path}; `{name}` is built in: --judge {name}")]
    BuiltIn {
        /// The file.
        path: String,
        /// The name.
        name: String,
    },
    /// The file could not be read.
    #[error("the judge profile cannot be read")]
    File(#[from] FileError),
    /// The file is faulty; all faults that could be seen at once.
    #[error("the judge profile {place} cannot be used:\n  {}", faults.join("\n  "))]
    Faulty {
        /// The file or the name of the embedded profile.
        place: String,
        /// One line per fault.
        faults: Vec<String>,
    },
}

/// A judge that is a model behind an API.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Who is asked.
    pub endpoint: profile::Profile,
    /// Name or folder of the rubrics; relative folders start at the profile's own.
    /// `None` leaves it to the suite.
    pub rubrics: Option<String>,
    /// How often each question is asked unless the command says otherwise.
    pub repeats: u32,
}

impl Profile {
    /// The profile that `spec` names: a path that ends in `.toml` or has a
    /// separator, or the name of an embedded profile.
    ///
    /// # Errors
    /// [`ProfileError`], with all faults that can be seen at once.
    pub fn find(spec: &str) -> Result<Self, ProfileError> {
        if let Some((name, text)) = EMBEDDED.iter().find(|(name, _)| *name == spec) {
            return Self::parse(&format!("`{name}` (built in)"), text);
        }
        let path = Path::new(spec);
        let is_path = spec.ends_with(".toml") || path.components().count() > 1 || path.is_file();
        if !is_path {
            return Err(ProfileError::Unknown(spec.to_owned()));
        }
        let text = files::read_text_bounded(path, MAX_PROFILE_BYTES).map_err(|error| match path
            .file_stem()
            .and_then(|stem| stem.to_str())
        {
            Some(name) if error.is_not_found() && is_built_in(name) => ProfileError::BuiltIn {
                path: spec.to_owned(),
                name: name.to_owned(),
            },
            _ => error.into(),
        })?;
        let mut profile = Self::parse(spec, &text)?;
        if let (Some(folder), Some(rubrics)) = (path.parent(), &mut profile.rubrics) {
            let beside = folder.join(rubrics.as_str());
            if !Rubrics::is_built_in(rubrics) && beside.is_dir() {
                *rubrics = beside.display().to_string();
            }
        }
        Ok(profile)
    }

    /// Reads the text of a profile; `place` names it in errors.
    ///
    /// # Errors
    /// [`ProfileError::Faulty`].
    pub fn parse(place: &str, text: &str) -> Result<Self, ProfileError> {
        let faulty = |faults| ProfileError::Faulty {
            place: place.to_owned(),
            faults,
        };
        let table = wire::parse(text).map_err(faulty)?;
        let mut faults = Faults::default();
        faults.unless(table.is_named(), || "name: is missing".into());
        faults.unless(table.thinks.is_none() && table.prompt.is_none(), || {
            "thinks, prompt: these belong to profiles of models, not of judges".into()
        });
        let rubrics = table.rubrics.clone();
        let repeats = table.repeats.unwrap_or(1);
        faults.unless((1..=MAX_REPEATS).contains(&repeats), || {
            format!("repeats: found {repeats}, expected 1 to {MAX_REPEATS}")
        });
        faults.unless(table.limits_output(), || {
            "max_tokens: expected the most tokens of a reply (newer OpenAI models take max_completion_tokens)".into()
        });
        let endpoint = table.profile(&Defaults::of_judges(), &mut faults);
        faults.unless(!endpoint.draws, || {
            "provider: it draws, and a judge's reply is words".into()
        });
        if !faults.0.is_empty() {
            return Err(faulty(faults.0));
        }
        Ok(Self {
            endpoint,
            rubrics,
            repeats,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::encoding::{Encoding, Format};
    use crate::endpoint::guard::Served;
    use crate::endpoint::profile::KeySource;

    #[test]
    fn embedded_profiles_are_sound_and_the_default_is_pinned() {
        for (name, _) in EMBEDDED {
            assert_eq!(Profile::find(name).unwrap().endpoint.name, name);
        }
        let gpt = Profile::find("gpt-4.1").unwrap().endpoint;
        assert_eq!(gpt.model, "gpt-4.1-2025-04-14");
        assert!(gpt.base_urls.is_empty());
        assert_eq!(gpt.life.ends, "2027-01-14".parse().ok());
        assert_eq!(gpt.served, Served::Exact);
        assert_eq!(gpt.retry.reply_retries, 3);
        let local = Profile::find("local-openai").unwrap().endpoint;
        assert_eq!(local.key, KeySource::None);
        assert_eq!(local.encoding.format, Format::Jpeg(92));
        assert_eq!(local.request["top_k"], 1);
    }

    /// The settings that the authors of benchmarks use; none of these judges is a default.
    #[test]
    fn the_judges_of_benchmarks_have_their_authors_settings() {
        let jpeg = |side| Encoding {
            format: Format::Jpeg(75),
            longest_side: side,
            output_to_input: false,
        };
        let framed = Encoding {
            output_to_input: true,
            ..jpeg(None)
        };
        let stored = Encoding {
            format: Format::Own,
            ..jpeg(None)
        };
        let png = Encoding {
            format: Format::Png,
            ..jpeg(None)
        };
        let closing = "2027-01-14".parse().ok();
        for (name, temperature, tokens, encoding, ends) in [
            ("wise-qwen3.5-35b", Some(0.0), 500, stored, None),
            ("gedit-gpt-4.1", None, 1400, framed, closing),
            ("kris-gpt-4o", None, 1000, stored, closing),
            ("rise-gpt-4.1", Some(0.0), 4096, jpeg(Some(768)), closing),
            ("rover-gpt-4.1", Some(0.0), 3000, png, closing),
        ] {
            let profile = Profile::find(name).unwrap().endpoint;
            assert_eq!(profile.temperature, temperature, "{name}");
            assert_eq!(profile.output_limit.unwrap().tokens(), tokens, "{name}");
            assert_eq!(profile.encoding, encoding, "{name}");
            assert_eq!(profile.life.ends, ends, "{name}");
            assert_eq!(
                (profile.seed, profile.served),
                (None, Served::Exact),
                "{name}"
            );
        }
        let wise = Profile::find("wise-qwen3.5-35b").unwrap().endpoint;
        let thinking = &wise.request["chat_template_kwargs"]["enable_thinking"];
        assert_eq!(thinking, &serde_json::Value::Bool(false));
        let rise = Profile::find("rise-gpt-4.1").unwrap().endpoint;
        assert_eq!(rise.detail.as_deref(), Some("high"));
        // The file's own bytes cannot be scaled or squeezed.
        for more in [
            "quality = 75",
            "longest_side = 768",
            "output_to_input = true",
        ] {
            let text = format!(
                "name = \"a\"\nprovider = \"openai\"\nmodel = \"m\"\nmax_tokens = 9\n\
                 [image]\nformat = \"stored\"\n{more}\n"
            );
            let message = Profile::parse("x.toml", &text).unwrap_err().to_string();
            assert!(message.contains("\"stored\""), "{message}");
        }
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let text = r#"
            name = "a/b"
            provider = "openai"
            model = " "
            max_tokens = 10
            max_completion_tokens = 10
            key = "sk-canary"
            repeats = 0
            temperature = 9.0
            extra = { messages = [] }
            ends = "soon"
            successor = " "
            [image]
            format = "png"
            quality = 90
            [timeouts]
            total_s = -1.0
            [price]
            input = -2.0
            output = 1.0
        "#;
        let message = Profile::parse("x.toml", text).unwrap_err().to_string();
        for part in [
            "x.toml",
            "name",
            "model",
            "max_completion_tokens",
            "key",
            "repeats: found 0, expected 1 to 100",
            "temperature: found 9, expected 0 to 2",
            "messages",
            "ends: expected the model's last day",
            "successor",
            "quality",
            "total_s: found -1, expected",
            "price.input: found -2, expected",
        ] {
            assert!(message.contains(part), "{part} is not in\n{message}");
        }
        assert!(!message.contains("canary"), "{message}");
    }

    #[test]
    fn numbers_out_of_range_are_told() {
        let text = r#"
            name = "a"
            provider = "openai"
            model = "m"
            max_tokens = 0
            max_connections = 2000
            [image]
            format = "jpeg"
            quality = 101
            longest_side = 8
        "#;
        let message = Profile::parse("x.toml", text).unwrap_err().to_string();
        for part in [
            "max_tokens, max_completion_tokens: found 0, expected at least 1",
            "max_connections: found 2000, expected 1 to 1024",
            "image.quality: found 101, expected 1 to 100",
            "image.longest_side: found 8, expected 16 to",
        ] {
            assert!(message.contains(part), "{part} is not in\n{message}");
        }
    }

    #[test]
    fn unknown_fields_are_refused_with_their_line_and_no_values() {
        for (line, named) in [
            ("api_key = \"sk-canary\"", "api_key"),
            ("key = sk-canary", "line 2"),
            ("max_tokens = \"sk-canary\"", "a string"),
        ] {
            let text = format!("name = \"a\"\n{line}\n");
            let message = Profile::parse("x.toml", &text).unwrap_err().to_string();
            assert!(
                message.contains("line 2") && message.contains(named),
                "{message}"
            );
            assert!(!message.contains("canary"), "{message}");
        }
    }

    #[test]
    fn a_folder_of_rubrics_beside_the_profile_is_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("mine")).unwrap();
        let path = folder.path().join("j.toml");
        let text = "name = \"j\"\nprovider = \"openai\"\nmodel = \"m\"\nmax_tokens = 9\nrubrics = \"mine\"";
        std::fs::write(&path, text).unwrap();
        let profile = Profile::find(path.to_str().unwrap()).unwrap();
        assert_eq!(
            profile.rubrics,
            Some(folder.path().join("mine").display().to_string())
        );
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_right_one() {
        let message = Profile::find("gpt-5").unwrap_err().to_string();
        assert!(
            message.contains("unknown judge `gpt-5`; did you mean `gpt-4.1`"),
            "{message}"
        );
        assert!(matches!(
            Profile::find("nowhere/x.toml"),
            Err(ProfileError::File(_))
        ));
        for name in ["gpt-4.1", "succession"] {
            let message = Profile::find(&format!("nowhere/{name}.toml"));
            let message = message.unwrap_err().to_string();
            assert!(message.ends_with(&format!("--judge {name}")), "{message}");
        }
    }
}
