//! Panels: files that name several judges, so that one `--judge` asks them all.

use std::path::Path;

use serde::Deserialize;

use crate::common::files;
use crate::judge::{JudgeError, command};

/// Longest file of a panel that is read, in bytes.
const MAX_PANEL_BYTES: u64 = 64 << 10;
/// Most judges of one panel.
const MAX_MEMBERS: usize = 16;
/// The embedded panels by name.
const EMBEDDED: [(&str, &str); 1] = [("succession", include_str!("../../judges/succession.toml"))];

/// The names of the embedded panels.
pub fn bundled() -> impl Iterator<Item = &'static str> {
    EMBEDDED.into_iter().map(|(name, _)| name)
}

/// Whether a panel of this name is embedded.
pub(super) fn is_built_in(name: &str) -> bool {
    EMBEDDED.iter().any(|(known, _)| *known == name)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Panel {
    panel: Vec<String>,
}

/// The specs of the judges that `spec` stands for: the members of a panel, else itself. Paths of
/// profiles in a panel's file start at its folder.
///
/// # Errors
/// A panel that names no judge or too many.
pub fn members(spec: &str) -> Result<Vec<String>, JudgeError> {
    let embedded = EMBEDDED.iter().find(|(name, _)| *name == spec);
    let text = match embedded {
        Some((_, text)) => (*text).to_owned(),
        // What cannot be read is said where profiles are read.
        None if spec.ends_with(".toml") => {
            files::read_text_bounded(Path::new(spec), MAX_PANEL_BYTES).unwrap_or_default()
        }
        None => String::new(),
    };
    let is_panel = toml::from_str::<toml::Table>(&text).is_ok_and(|t| t.contains_key("panel"));
    if !is_panel {
        return Ok(vec![spec.to_owned()]);
    }
    let read: Panel = toml::from_str(&text)
        .map_err(|error| JudgeError::new(format!("the panel {spec} cannot be used"), error))?;
    if !(1..=MAX_MEMBERS).contains(&read.panel.len()) {
        return Err(JudgeError::plain(format!(
            "the panel {spec} names {} judges, expected 1 to {MAX_MEMBERS}",
            read.panel.len()
        )));
    }
    let folder = Path::new(spec).parent().filter(|_| embedded.is_none());
    let beside = |member: String| match folder {
        Some(folder) if member.ends_with(".toml") => {
            let (kind, path) = match member.strip_prefix(command::PREFIX) {
                Some(path) => (command::PREFIX, path),
                None => ("", member.as_str()),
            };
            format!("{kind}{}", folder.join(path).display())
        }
        _ => member,
    };
    Ok(read.panel.into_iter().map(beside).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::profile::Profile;

    #[test]
    fn panels_name_judges_that_exist_and_other_specs_stand_for_themselves() {
        for (name, _) in EMBEDDED {
            let members = members(name).unwrap();
            assert!(members.len() > 1);
            for member in members {
                assert!(Profile::find(&member).is_ok(), "{member}");
            }
        }
        for spec in [
            "gpt-4.1",
            "oracle",
            "clip:x",
            "nowhere/x.toml",
            "command:x.toml",
        ] {
            assert_eq!(members(spec).unwrap(), [spec]);
        }
    }

    #[test]
    fn a_file_names_profiles_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.toml");
        let spec = path.to_str().unwrap();
        let text = "panel = [\"oracle\", \"mine.toml\", \"command:mine.toml\"]";
        std::fs::write(&path, text).unwrap();
        let mine = folder.path().join("mine.toml").display().to_string();
        let program = format!("command:{mine}");
        assert_eq!(members(spec).unwrap(), ["oracle".to_owned(), mine, program]);
        for faulty in [
            "panel = []",
            "panel = [\"oracle\"]\nname = \"x\"",
            "panel = 3",
        ] {
            std::fs::write(&path, faulty).unwrap();
            assert!(members(spec).is_err(), "{faulty}");
        }
    }
}
