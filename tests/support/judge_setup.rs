//! What the tests of API judges share: a profile for a loopback endpoint, pictures,
//! questions and the canary key.

// Every user needs another part of it; a test may stop at a surprise.
#![allow(dead_code, clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use image::{DynamicImage, Rgb, RgbImage};
use parabench::common::picture::{Picture, PictureFile};
use parabench::endpoint::cache::Cache;
use parabench::endpoint::secret::Secret;
use parabench::judge::evidence::Parts;
use parabench::judge::{Evidence, Judge, OpenOptions, Question, Verdict, View, open};
use parabench::suite::{Axis, Kind};
use tempfile::TempDir;

/// A key that must turn up nowhere.
pub const CANARY: &str = "sk-canary-3f9c1d7a";

/// A folder with a profile and pictures, and the judge opened on it.
pub struct Setup {
    pub folder: TempDir,
    pub profile: String,
}

impl Setup {
    /// Waits of a millisecond, time-outs of a fraction of a second.
    pub fn new() -> Self {
        let profile = r#"
            name = "test"
            provider = "openai"
            model = "test-model"
            temperature = 0.0
            max_tokens = 200
            max_connections = 8
            [retry]
            reply_retries = 3
            transport_retries = 2
            base_ms = 1
            max_ms = 4
            max_retry_after_s = 3
            [timeouts]
            connect_s = 2
            first_byte_s = 0.8
            idle_s = 0.8
            total_s = 5
            [price]
            input = 1.0
            output = 10.0
        "#;
        Self {
            folder: tempfile::tempdir().unwrap(),
            profile: profile.into(),
        }
    }

    /// Replaces a piece of the profile, which must be there.
    pub fn with(mut self, from: &str, to: &str) -> Self {
        assert!(self.profile.contains(from), "{from}");
        self.profile = self.profile.replace(from, to);
        self
    }

    /// The judge at `base_url`, with a cache in the folder.
    pub fn judge(&self, base_url: &str) -> Box<dyn Judge> {
        let path = self.folder.path().join("test.toml");
        std::fs::write(&path, &self.profile).unwrap();
        let options = OpenOptions {
            cache: Some(Cache::new(self.cache_folder())),
            base_url: Some(base_url.to_owned()),
            key: Secret::new(CANARY),
            ..OpenOptions::default()
        };
        open(path.to_str().unwrap(), &options).unwrap()
    }

    /// The judge at the addresses of its profile, without a cache.
    pub fn judge_of_profile(&self) -> Box<dyn Judge> {
        let path = self.folder.path().join("own.toml");
        std::fs::write(&path, &self.profile).unwrap();
        let options = OpenOptions {
            cache: None,
            key: Secret::new(CANARY),
            ..OpenOptions::default()
        };
        open(path.to_str().unwrap(), &options).unwrap()
    }

    pub fn cache_folder(&self) -> std::path::PathBuf {
        self.folder.path().join("cache")
    }

    /// A picture of one colour.
    pub fn picture(&self, name: &str, colour: [u8; 3]) -> Arc<PictureFile> {
        picture(self.folder.path(), name, colour)
    }

    /// A question about an edit, with both pictures.
    pub fn question(&self, reasoning: &str) -> Question {
        let input = Some(self.picture("input.png", [200, 30, 30]));
        let output = self.picture("output.png", [30, 200, 30]);
        let parts = Parts {
            instruction: None,
            reasoning: Some(reasoning.into()),
            inputs: input.into(),
            output: Some(output),
            ..Parts::default()
        };
        Question {
            task: "task-1".into(),
            kind: Kind::Edit,
            category: None,
            together: Arc::default(),
            evidence: Evidence::gather(Axis::OUTPUT_ALIGNMENT, parts).unwrap(),
            target: None,
            view: View::default(),
            repeat: 0,
        }
    }
}

fn picture(folder: &Path, name: &str, colour: [u8; 3]) -> Arc<PictureFile> {
    let pixels = DynamicImage::ImageRgb8(RgbImage::from_pixel(24, 16, Rgb(colour)));
    let path = folder.join(name);
    std::fs::write(&path, Picture::from_pixels(&pixels).unwrap().bytes()).unwrap();
    Arc::new(PictureFile::inspect(&path).unwrap())
}

/// Evidence of every axis for a kind; `None` where the axis does not exist.
pub fn evidence(axis: Axis, kind: Kind, folder: &Path) -> Option<Evidence> {
    let parts = Parts {
        instruction: Some("Paint the ball green.".into()),
        reasoning: Some("The ball is red; it will be green.".into()),
        inputs: (kind == Kind::Edit)
            .then(|| picture(folder, "input.png", [200, 30, 30]))
            .into(),
        output: Some(picture(folder, "output.png", [30, 200, 30])),
        ..Parts::default()
    };
    Evidence::gather(axis, parts)
}

/// Asserts that a verdict shows the canary key nowhere.
pub fn assert_no_canary(verdict: &Verdict) {
    let shown = format!("{verdict:?} {}", serde_json::to_string(verdict).unwrap());
    assert!(!shown.contains("canary"), "{shown}");
}
