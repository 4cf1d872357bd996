//! Reads how a model is named: `kind:rest?key=value&key=value`.
//!
//! `over` takes everything after it, because its value is a spec with options of
//! its own; so it stands last: `control:shuffled-reasoning?name=x&over=replay:DIR?absent=empty`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use thiserror::Error;

use crate::common::files::is_safe_name;
use crate::common::suggest;
use crate::model::kind::{COMMON_OPTIONS, ModelKind, Spec};
use crate::model::kinds::KINDS;

/// The option whose value is the rest of the spec.
const OVER: &str = "over";

/// What is wrong with a spec, all of it, and what would be right.
#[derive(Debug, Error)]
pub struct SpecError {
    spec: String,
    faults: Vec<String>,
    help: String,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults = self.faults.join("; ");
        write!(f, "model `{}`: {faults}", self.spec)?;
        match self.help.as_str() {
            "" => Ok(()),
            // A question has its mark already.
            help if faults.ends_with('?') => write!(f, " {help}"),
            help => write!(f, ". {help}"),
        }
    }
}

impl Spec {
    /// Reads a spec.
    ///
    /// # Errors
    /// [`SpecError`] lists every fault, and the kinds or options that exist.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let fault = |faults: Vec<String>, help: String| SpecError {
            spec: text.chars().take(300).collect(),
            faults,
            help,
        };
        let (head, query) = text.split_once('?').unwrap_or((text, ""));
        let Some((kind, rest)) = head.split_once(':') else {
            return Err(fault(
                vec!["no kind before a `:`".into()],
                help_without_kind(head),
            ));
        };
        let Some(kind) = KINDS.iter().find(|known| known.name == kind) else {
            return Err(fault(
                vec![suggest::unknown(
                    "kind of model",
                    kind,
                    &KINDS.iter().map(|known| known.name).collect::<Vec<_>>(),
                    Some("parabench list models"),
                )],
                String::new(),
            ));
        };
        let mut faults = Vec::new();
        if rest.is_empty() {
            faults.push(format!("nothing after `{}:`", kind.name));
        }
        let mut options = split_options(query, kind, &mut faults);
        let name = options.remove("name");
        if let Some(name) = name.as_ref().filter(|name| !is_safe_name(name)) {
            faults.push(format!(
                "the name `{name}` is not made of letters, digits, `-`, `_` and `.`"
            ));
        }
        let thinks = options.remove("thinks").and_then(|value| {
            let parsed = value.parse().ok();
            if parsed.is_none() {
                faults.push(format!("thinks=`{value}` is neither true nor false"));
            }
            parsed
        });
        if !faults.is_empty() {
            return Err(fault(faults, kind.help()));
        }
        Ok(Self {
            kind,
            rest: rest.to_owned(),
            name,
            thinks,
            options,
        })
    }

    /// The value of one of the kind's own options.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key).map(String::as_str)
    }
}

/// Splits `key=value&key=value`, noting what is malformed, doubled or unknown.
fn split_options(
    query: &str,
    kind: &ModelKind,
    faults: &mut Vec<String>,
) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    let mut left = query;
    while !left.is_empty() {
        let swallow = left
            .split_once('=')
            .is_some_and(|(key, _)| key == OVER && kind.has_option(OVER));
        let (item, after) = match left.split_once('&') {
            Some(parts) if !swallow => parts,
            _ => (left, ""),
        };
        left = after;
        match item.split_once('=') {
            None => faults.push(format!("`{item}` is no key=value")),
            Some((key, _)) if !kind.has_option(key) => {
                let known = kind.options.iter().chain(&COMMON_OPTIONS);
                let known: Vec<&str> = known.map(|(name, _)| *name).collect();
                faults.push(suggest::unknown("option", key, &known, None));
            }
            Some((key, value)) => {
                if options.insert(key.to_owned(), value.to_owned()).is_some() {
                    faults.push(format!("`{key}` is given twice"));
                }
            }
        }
    }
    options
}

/// All kinds in one sentence.
fn help_on_kinds() -> String {
    let usages: Vec<&str> = KINDS.iter().map(|kind| kind.usage).collect();
    format!("The kinds are {}", usages.join(", "))
}

/// Guesses what a path without a kind was meant to be.
fn help_without_kind(head: &str) -> String {
    let path = Path::new(head);
    if path.is_dir() {
        format!("To replay the answers in this folder: `replay:{head}`")
    } else if path
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        format!("To run the program that this file describes: `command:{head}`")
    } else {
        help_on_kinds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_has_kind_rest_and_options() {
        let spec = Spec::parse("replay:some/dir?name=bagel&thinks=false&absent=empty").unwrap();
        assert_eq!(spec.kind.name, "replay");
        assert_eq!(spec.rest, "some/dir");
        assert_eq!(spec.name.as_deref(), Some("bagel"));
        assert_eq!(spec.thinks, Some(false));
        assert_eq!(spec.option("absent"), Some("empty"));
        assert_eq!(spec.option("layout"), None);
    }

    #[test]
    fn over_takes_the_rest() {
        let spec =
            Spec::parse("control:shuffled-reasoning?name=s&over=replay:d?absent=empty&name=inner")
                .unwrap();
        assert_eq!(spec.name.as_deref(), Some("s"));
        assert_eq!(
            spec.option("over"),
            Some("replay:d?absent=empty&name=inner")
        );
    }

    #[test]
    fn every_fault_is_told_with_what_exists() {
        let message = Spec::parse("replay:?nmae=x&thinks=maybe&layout=flat&layout=flat&name=a/b&x")
            .unwrap_err()
            .to_string();
        for part in [
            "nothing after `replay:`",
            "unknown option `nmae`; did you mean `name`?",
            "thinks=`maybe`",
            "`layout` is given twice",
            "the name `a/b`",
            "`x` is no key=value",
            "absent",
        ] {
            assert!(message.contains(part), "{part} in {message}");
        }
        let message = Spec::parse("bagel:x").unwrap_err().to_string();
        assert!(message.contains("replay:DIR"), "{message}");
        assert!(message.contains("command:FILE.toml"), "{message}");
        let message = Spec::parse("a/b.toml").unwrap_err().to_string();
        assert!(message.contains("`command:a/b.toml`"), "{message}");
    }
}
