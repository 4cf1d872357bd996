//! Folders of stored answers, written by the tests.

use std::fs;

use parabench::model::replay::Replay;
use parabench::model::{FailureKind, ModelError, OpenContext, Part, Spec};
use parabench::suite::Suite;

use super::fixture::suite;

/// A folder of answers beside a suite.
pub struct Bench {
    folder: tempfile::TempDir,
    /// The suite that is replayed.
    pub suite: Suite,
}

impl Bench {
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("suite")).unwrap();
        fs::create_dir(folder.path().join("bagel")).unwrap();
        let suite = suite(&folder.path().join("suite"));
        let bench = Self { folder, suite };
        for (name, bytes) in files {
            bench.write(name, bytes);
        }
        bench
    }

    pub fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("bagel")
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn try_open(&self, options: &str) -> Result<Replay, ModelError> {
        let spec = Spec::parse(&format!("replay:{}{options}", self.root().display())).unwrap();
        Replay::open(&spec, &OpenContext::new(&self.suite))
    }

    pub fn open(&self, options: &str) -> Replay {
        self.try_open(options).unwrap()
    }

    pub fn error(&self, options: &str) -> String {
        match self.try_open(options) {
            Ok(_) => panic!("an error was expected"),
            Err(error) => error.to_string(),
        }
    }
}

pub fn given(text: &str) -> Part<String> {
    Part::Given(text.to_owned())
}

pub fn is_lost<T>(part: &Part<T>) -> bool {
    matches!(part, Part::Lost(failure) if failure.kind == FailureKind::NoAnswer)
}
