//! A suite, profiles and a scripted endpoint.

use std::fs;
use std::path::PathBuf;

use parabench::model::{self, Answer, Model, OpenContext};
use parabench::suite::Suite;

use crate::mock_models::{Canned, MockModels, Seen};
use crate::model_kinds::fixture;

/// A way of asking: kind of model, `api` of its profile, whether words come with pictures.
pub struct Way {
    pub kind: &'static str,
    pub api: &'static str,
    pub thinks: bool,
}

/// Every way of asking for pictures.
pub const WAYS: [Way; 3] = [
    Way {
        kind: "openai",
        api: "openai-images",
        thinks: false,
    },
    Way {
        kind: "openai",
        api: "openai-responses",
        thinks: true,
    },
    Way {
        kind: "gemini",
        api: "gemini",
        thinks: true,
    },
];

/// What a profile says of waits and prices, for tests.
pub const TABLES: &str = "[retry]\ntransport_retries = 2\nbase_ms = 1\nmax_ms = 4\nmax_retry_after_s = 3\n\
    [timeouts]\nfirst_byte_s = 20\nidle_s = 20\ntotal_s = 60\n\
    [price]\ninput = 1.0\ninput_image = 2.0\noutput = 10.0\noutput_image = 30.0\nper_picture = 0.01\n\
    input_image_tokens = 1000\noutput_tokens = 500\noutput_image_tokens = 5000\n";

/// Files of one test and the endpoint that they name.
pub struct World {
    folder: tempfile::TempDir,
    pub suite: Suite,
    pub endpoint: MockModels,
}

impl World {
    pub fn new(script: impl Fn(&Seen) -> Canned + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let suite = fixture::suite(folder.path());
        Self {
            folder,
            suite,
            endpoint: MockModels::start(script),
        }
    }

    /// Writes a profile with further lines before its tables and returns its path.
    pub fn profile(&self, api: &str, more: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{api}.toml"));
        let url = self.endpoint.url();
        let text = format!(
            "name = \"m\"\nmodel = \"model-1\"\napi = \"{api}\"\nkey = \"none\"\n\
             base_url = \"{url}\"\n{more}\n{TABLES}"
        );
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes a profile that states no price and returns its path.
    pub fn without_price(&self) -> PathBuf {
        let path = self.folder.path().join("bare.toml");
        let url = self.endpoint.url();
        fs::write(&path, format!("model = \"new\"\nbase_url = \"{url}\"\n")).unwrap();
        path
    }

    pub fn open(&self, way: &Way, more: &str) -> Box<dyn Model> {
        let spec = format!("{}:{}", way.kind, self.profile(way.api, more).display());
        self.open_spec(&spec)
    }

    pub fn open_spec(&self, spec: &str) -> Box<dyn Model> {
        model::open(spec, &OpenContext::new(&self.suite)).unwrap()
    }

    /// The answer of a way to one task.
    pub async fn ask(&self, way: &Way, task: &str) -> Answer {
        let model = self.open(way, "");
        fixture::ask(&*model, &self.suite, task, 0).await
    }
}
