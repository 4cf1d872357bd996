//! Judges written by the tests.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use parabench::common::picture::{Picture, PictureFile};
use parabench::judge::evidence::Parts;
use parabench::judge::{self, Evidence, Judge, Mark, OpenOptions, Question, Verdict, View};
use parabench::suite::{Axis, Kind, Target};

/// What every test program begins with. `before` runs before the hello, `body` once per request; `R` is the request,
/// `axis` what it asks for, `starts` the number of this start from 1 on.
const PROGRAM: &str = r#"
import json, os, sys, time
def say(value): print(json.dumps(value), flush=True)
def reply(mark=4, **more): say({"id": R["id"], "marks": {axis: mark}, **more})
def raw(text):
    sys.stdout.write(text)
    sys.stdout.flush()
with open("starts", "a") as file: file.write("x")
starts = os.path.getsize("starts")
hello = {"hello": 1, "role": "judge", "name": "mock", "version": "1"}
BEFORE
say(hello)
for line in sys.stdin:
    R = json.loads(line)
    [axis] = R["axes"]
    with open("requests", "a") as file: file.write(line)
    BODY
"#;

/// All six axes, for descriptions.
pub const ALL_AXES: &str = "[[axes]]\nkey = \"text_quality\"\n[[axes]]\nkey = \"text_alignment\"\n\
     [[axes]]\nkey = \"image_consistency\"\n[[axes]]\nkey = \"image_alignment\"\n[[axes]]\nkey = \"image_quality\"\n\
     [[axes]]\nkey = \"output_alignment\"\n";

/// The text of a program.
pub fn program(before: &str, body: &str) -> String {
    PROGRAM
        .replace("BEFORE", before)
        .replace("BODY", &body.replace('\n', "\n    "))
}

/// A folder with a program, its description and pictures.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub fn new(before: &str, body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("program.py"), program(before, body)).unwrap();
        let bench = Self { folder };
        bench.describe("");
        bench
    }

    /// Writes the description, with more lines before the axes.
    pub fn describe(&self, more: &str) {
        self.describe_axes(more, ALL_AXES);
    }

    pub fn describe_axes(&self, more: &str, axes: &str) {
        let toml = format!("program = \"python3\"\nargs = [\"program.py\"]\n{more}\n{axes}");
        fs::write(self.path("mock.toml"), toml).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn open(&self) -> Box<dyn Judge> {
        self.try_open().unwrap()
    }

    /// The judge, or all that the error says.
    pub fn try_open(&self) -> Result<Box<dyn Judge>, String> {
        let spec = format!("command:{}", self.path("mock.toml").display());
        judge::open(&spec, &OpenOptions::default()).map_err(|error| {
            let source = error.source.map(|source| source.to_string());
            format!("{} {}", error.message, source.unwrap_or_default())
        })
    }

    pub fn picture(&self, name: &str, side: u32) -> Arc<PictureFile> {
        let pixels = image::DynamicImage::new_rgb8(side, side);
        let path = self.path(name);
        fs::write(&path, Picture::from_pixels(&pixels).unwrap().bytes()).unwrap();
        Arc::new(PictureFile::inspect(&path).unwrap())
    }

    /// A question about one axis of an edit of the task `secret-task`, with all that there is.
    pub fn question(&self, axis: Axis) -> Question {
        let parts = Parts {
            instruction: Some("INSTRUCTION".into()),
            reasoning: Some("REASONING".into()),
            inputs: Some(self.picture("secret-task-in.png", 20)).into(),
            output: Some(self.picture("secret-task-out.png", 30)),
            reference: Some("REFERENCE".into()),
            reference_image: None,
        };
        Question {
            task: "secret-task".into(),
            kind: Kind::Edit,
            category: Some("secret-category".into()),
            together: Arc::default(),
            evidence: Evidence::gather(axis, parts).unwrap(),
            target: Some(Arc::new(Target(serde_json::json!({"truth": "TARGET"})))),
            view: View::default(),
            repeat: 0,
        }
    }

    pub async fn mark(&self, judge: &dyn Judge) -> Verdict {
        let question = self.question(Axis::IMAGE_QUALITY);
        judge.mark(&question).await.unwrap()
    }

    /// How often the program was started.
    pub fn starts(&self) -> u64 {
        fs::metadata(self.path("starts")).map_or(0, |meta| meta.len())
    }

    /// The requests that the program got.
    pub fn requests(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.path("requests")).unwrap_or_default();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// The whole mark of a verdict, or the key of the reason why it is missing.
pub fn told(verdict: &Verdict) -> String {
    match verdict.mark {
        Mark::Scored(score) => score.get().to_string(),
        Mark::Missing(reason) => reason.to_string(),
    }
}
