//! Sealed files: one JSON object that says what it is, and holds its content with the digest of that content.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::common::digest::Digest;
use crate::common::files;
use crate::common::saved::{self, SavedError};

/// What a sealed file can hold.
pub trait Content: Serialize + DeserializeOwned {
    /// What the file says it is.
    const FORMAT: &'static str;
    /// Version of the file's form.
    const SCHEMA: u32;
    /// The field of the content.
    const FIELD: &'static str;
    /// What writes such a file, as a clause for errors.
    const ORIGIN: &'static str;
    /// Longest file that is read, in bytes.
    const MAX_BYTES: u64;
    /// Whether the file is written for people, line by line.
    const INDENTED: bool;

    /// Looks up what a file only names in what it says elsewhere; called before the digest is checked.
    #[must_use]
    fn resolved(self) -> Self {
        self
    }
}

/// Digest of the whole content, as JSON without spaces.
pub fn digest<T: Content>(content: &T) -> Digest {
    // A value of these types always has a JSON form.
    Digest::of(&serde_json::to_vec(content).unwrap_or_default())
}

/// Writes a sealed file, whole or not at all.
///
/// # Errors
/// [`SavedError::File`], [`SavedError::Faulty`].
pub fn write<T: Content>(content: &T, path: &Path) -> Result<(), SavedError> {
    let sealed = Sealing(content);
    let text = match T::INDENTED {
        true => serde_json::to_vec_pretty(&sealed),
        false => serde_json::to_vec(&sealed),
    };
    let text = text.map_err(|error| faulty::<T>(path, error))?;
    Ok(files::write_atomic(path, &text)?)
}

/// Reads a sealed file and checks what it says it is, and its digest.
///
/// # Errors
/// [`SavedError::File`], [`SavedError::Faulty`].
pub fn read<T: Content>(path: &Path) -> Result<T, SavedError> {
    parse(&saved::read_text(path, T::MAX_BYTES, T::ORIGIN)?, path)
}

/// Reads the text of a sealed file; `path` is for errors.
///
/// # Errors
/// [`SavedError::Faulty`].
pub fn parse<T: Content>(text: &str, path: &Path) -> Result<T, SavedError> {
    let sealed: Sealed<T> = saved::parse_json(text, path, T::ORIGIN)?;
    if sealed.format != T::FORMAT || sealed.schema != T::SCHEMA {
        let found: String = sealed.format.chars().take(60).collect();
        let fault = format!(
            "`{found}` of schema {}, expected `{}` of schema {}",
            sealed.schema,
            T::FORMAT,
            T::SCHEMA
        );
        return Err(faulty::<T>(path, fault));
    }
    let content = sealed.content.resolved();
    let found = digest(&content);
    if found != sealed.digest {
        let fault = format!(
            "the content has digest {}, the file says {}: it was changed after it was written",
            found.short(12),
            sealed.digest.short(12)
        );
        return Err(faulty::<T>(path, fault));
    }
    Ok(content)
}

/// A sealed file whose content is not what it should be.
pub fn faulty<T: Content>(path: &Path, fault: impl fmt::Display) -> SavedError {
    SavedError::faulty(path, T::ORIGIN, fault)
}

/// The object that is written.
struct Sealing<'a, T>(&'a T);

impl<T: Content> Serialize for Sealing<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(Some(4))?;
        fields.serialize_entry("format", T::FORMAT)?;
        fields.serialize_entry("schema", &T::SCHEMA)?;
        fields.serialize_entry("digest", &digest(self.0))?;
        fields.serialize_entry(T::FIELD, self.0)?;
        fields.end()
    }
}

/// The object that is read, of which nothing is checked yet.
struct Sealed<T> {
    format: String,
    schema: u32,
    digest: Digest,
    content: T,
}

/// Reads the fields by hand, since the name of the last depends on the content.
struct Fields<T>(PhantomData<T>);

impl<T: Content> Fields<T> {
    const NAMES: &'static [&'static str] = &["format", "schema", "digest", T::FIELD];
}

impl<'de, T: Content> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

impl<'de, T: Content> Visitor<'de> for Fields<T> {
    type Value = Sealed<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a file of format `{}`", T::FORMAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sealed<T>, A::Error> {
        let (mut format, mut schema, mut digest, mut content) = (None, None, None, None);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "format" => once("format", &mut format, &mut map)?,
                "schema" => once("schema", &mut schema, &mut map)?,
                "digest" => once("digest", &mut digest, &mut map)?,
                field if field == T::FIELD => once(T::FIELD, &mut content, &mut map)?,
                other => return Err(A::Error::unknown_field(other, Self::NAMES)),
            }
        }
        let missing = A::Error::missing_field;
        Ok(Sealed {
            format: format.ok_or_else(|| missing("format"))?,
            schema: schema.ok_or_else(|| missing("schema"))?,
            digest: digest.ok_or_else(|| missing("digest"))?,
            content: content.ok_or_else(|| missing(T::FIELD))?,
        })
    }
}

/// Reads a field that may stand there once.
fn once<'de, V: Deserialize<'de>, A: MapAccess<'de>>(
    name: &'static str,
    value: &mut Option<V>,
    map: &mut A,
) -> Result<(), A::Error> {
    match value.replace(map.next_value()?) {
        None => Ok(()),
        Some(_) => Err(A::Error::duplicate_field(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Note {
        words: Vec<u32>,
    }

    impl Content for Note {
        const FORMAT: &'static str = "test note";
        const SCHEMA: u32 = 3;
        const FIELD: &'static str = "note";
        const ORIGIN: &'static str = "a note is written by the test";
        const MAX_BYTES: u64 = 1000;
        const INDENTED: bool = false;
    }

    fn refusal(text: &str) -> String {
        let error = parse::<Note>(text, Path::new("n.json")).unwrap_err();
        error.to_string()
    }

    /// The bytes are the form of the file: earlier files keep their names, order and digest.
    #[test]
    fn a_sealed_file_has_four_fields_in_order_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n.json");
        let note = Note { words: vec![1, 2] };
        write(&note, &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let digest = Digest::of(br#"{"words":[1,2]}"#);
        let expected = format!(
            r#"{{"format":"test note","schema":3,"digest":"{digest}","note":{{"words":[1,2]}}}}"#
        );
        assert_eq!(text, expected);
        assert_eq!(read::<Note>(&path).unwrap(), note);

        for (from, to, message) in [
            ("[1,2]", "[1,3]", "it was changed after it was written"),
            (
                "\"schema\":3",
                "\"schema\":4",
                "`test note` of schema 4, expected `test note` of schema 3",
            ),
            ("test note", "other", "`other` of schema 3"),
            ("[1,2]", "[1,\"x\"]", "note.words[1]: invalid type"),
            (
                "\"note\"",
                "\"notes\"",
                "unknown field `notes`, expected one of `format`, `schema`, `digest`, `note`",
            ),
            ("\"schema\":3,", "", "missing field `schema`"),
            (
                "\"schema\":3",
                "\"schema\":3,\"schema\":3",
                "duplicate field `schema`",
            ),
        ] {
            let said = refusal(&text.replacen(from, to, 1));
            assert!(said.contains(message), "{message}: {said}");
            assert!(
                said.starts_with("n.json: ") && said.ends_with("; a note is written by the test")
            );
        }
        assert!(refusal(&format!("{text}{text}")).contains("trailing characters"));
        assert!(refusal("[]").contains("expected a file of format `test note`"));
    }
}
