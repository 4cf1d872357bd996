//! `config.json`, read key by key so that every error names the key.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{CheckpointError, MAX_JSON, read_limited};

/// What a key of a configuration should have been.
#[derive(Debug, thiserror::Error)]
#[error("{}: key `{key}` {problem}", path.display())]
pub struct ConfigError {
    /// The configuration file.
    pub path: PathBuf,
    /// The key; nested keys are joined by dots.
    pub key: String,
    /// What was found and what is expected.
    pub problem: String,
}

/// A JSON object with the place where it came from.
#[derive(Debug, Clone)]
pub struct Config {
    path: PathBuf,
    prefix: String,
    value: Value,
}

impl Config {
    /// Reads a JSON file.
    ///
    /// # Errors
    /// [`CheckpointError`] when the file is missing, too large or no JSON object.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let bytes = read_limited(path, MAX_JSON)?;
        let map: serde_json::Map<String, Value> =
            serde_json::from_slice(&bytes).map_err(|source| CheckpointError::Json {
                path: path.into(),
                source,
            })?;
        Ok(Self::new(path, Value::Object(map)))
    }

    /// Wraps a value that was read elsewhere; `path` is for messages.
    #[must_use]
    pub fn new(path: &Path, value: Value) -> Self {
        Self {
            path: path.into(),
            prefix: String::new(),
            value,
        }
    }

    /// The nested object under `key`; an empty one when it is absent.
    ///
    /// # Errors
    /// [`ConfigError`] when the value is no object.
    pub fn section(&self, key: &str) -> Result<Self, ConfigError> {
        let value = match self.get(key) {
            None => Value::Object(serde_json::Map::new()),
            Some(value) if value.is_object() => value.clone(),
            Some(other) => return Err(self.error(key, format!("is {other}, expected an object"))),
        };
        Ok(Self {
            path: self.path.clone(),
            prefix: format!("{}{key}.", self.prefix),
            value,
        })
    }

    /// The value of `key`; `None` when it is absent or null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.value.get(key).filter(|value| !value.is_null())
    }

    /// An error about `key`.
    #[must_use]
    pub fn error(&self, key: &str, problem: impl Into<String>) -> ConfigError {
        ConfigError {
            path: self.path.clone(),
            key: format!("{}{key}", self.prefix),
            problem: problem.into(),
        }
    }

    /// A whole number of at least one that must be there.
    ///
    /// # Errors
    /// [`ConfigError`] when it is absent or something else.
    pub fn size(&self, key: &str) -> Result<u64, ConfigError> {
        self.optional_size(key)?
            .ok_or_else(|| self.error(key, "is missing; the network cannot be built without it"))
    }

    /// A whole number from 1 to 2³¹ − 1, if the key is there.
    ///
    /// # Errors
    /// [`ConfigError`] when it is something else.
    pub fn optional_size(&self, key: &str) -> Result<Option<u64>, ConfigError> {
        const LIMIT: u64 = i32::MAX as u64;
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match value.as_u64() {
            Some(size) if (1..=LIMIT).contains(&size) => Ok(Some(size)),
            _ => Err(self.error(
                key,
                format!("is {value}, expected a whole number from 1 to {LIMIT}"),
            )),
        }
    }

    /// A token id, if the key is there.
    ///
    /// # Errors
    /// [`ConfigError`] when it is no whole number of at least 0.
    pub fn optional_id(&self, key: &str) -> Result<Option<i64>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match value.as_i64() {
            Some(id) if id >= 0 => Ok(Some(id)),
            _ => Err(self.error(key, format!("is {value}, expected a token id"))),
        }
    }

    /// A switch, `default` when absent.
    ///
    /// # Errors
    /// [`ConfigError`] when it is no boolean.
    pub fn flag(&self, key: &str, default: bool) -> Result<bool, ConfigError> {
        match self.get(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.error(key, format!("is {other}, expected true or false"))),
        }
    }

    /// A finite number, `default` when absent.
    ///
    /// # Errors
    /// [`ConfigError`] when it is something else.
    pub fn number(&self, key: &str, default: f64) -> Result<f64, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(default);
        };
        let number = value.as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| self.error(key, format!("is {value}, expected a number")))
    }

    /// A text, `default` when absent.
    ///
    /// # Errors
    /// [`ConfigError`] when it is something else.
    pub fn text<'a>(&'a self, key: &str, default: &'a str) -> Result<&'a str, ConfigError> {
        match self.get(key) {
            None => Ok(default),
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(self.error(key, format!("is {other}, expected a text"))),
        }
    }

    /// A list of whole numbers of at least one that must be there.
    ///
    /// # Errors
    /// [`ConfigError`] when it is absent or something else.
    pub fn sizes(&self, key: &str) -> Result<Vec<u64>, ConfigError> {
        let items = self.get(key).and_then(Value::as_array);
        let sizes: Option<Vec<u64>> =
            items.and_then(|items| items.iter().map(size_of_layer).collect());
        sizes.filter(|sizes| !sizes.is_empty()).ok_or_else(|| {
            self.error(
                key,
                "is missing or not a list of whole numbers of at least 1",
            )
        })
    }

    /// Refuses a switch that is on although no graph can be written for it.
    ///
    /// # Errors
    /// [`ConfigError`] that names the key.
    pub fn refuse(&self, key: &str) -> Result<(), ConfigError> {
        if self.flag(key, false)? {
            return Err(self.error(
                key,
                "is true, which is not supported; no released checkpoint uses it",
            ));
        }
        Ok(())
    }
}

fn size_of_layer(value: &Value) -> Option<u64> {
    value.as_u64().filter(|size| (1..=1 << 24).contains(size))
}
