//! Programs for the command protocol, written by the tests.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use parabench::model::{self, Answer, FailureKind, Model, OpenContext, Part};
use parabench::suite::Suite;

use super::fixture::{ask, request, suite};

/// What every test program begins with. `before` runs before the hello, `body` once
/// per task; `T` is the task, `starts` the number of this start from 1 on.
const PROGRAM: &str = r#"
import json, os, sys, time
def say(value): print(json.dumps(value), flush=True)
def answer(reasoning="because", image=None, **more):
    say({"id": T["id"], "reasoning": reasoning, "image": image, **more})
def draw(content=b"picture", name=None):
    path = name or T["output"] + ".png"
    with open(path, "wb") as file: file.write(content)
    return path
with open("starts", "a") as file: file.write("x")
starts = os.path.getsize("starts")
hello = {"hello": 1}
BEFORE
say(hello)
for line in sys.stdin:
    T = json.loads(line)
    BODY
"#;

/// A folder with a suite, a program and its description.
pub struct Bench {
    folder: tempfile::TempDir,
    /// The suite that is asked.
    pub suite: Suite,
}

impl Bench {
    pub fn new(before: &str, body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let suite = suite(folder.path());
        let program = PROGRAM
            .replace("BEFORE", before)
            .replace("BODY", &body.replace('\n', "\n    "));
        fs::write(folder.path().join("program.py"), program).unwrap();
        let bench = Self { folder, suite };
        bench.describe("");
        bench
    }

    /// Writes the description, with more lines.
    pub fn describe(&self, more: &str) {
        let toml = format!("program = \"python3\"\nargs = [\"program.py\"]\n{more}\n");
        fs::write(self.path("model.toml"), toml).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn open(&self) -> Box<dyn Model> {
        self.open_in(&OpenContext::new(&self.suite)).unwrap()
    }

    pub fn open_in(&self, context: &OpenContext<'_>) -> Result<Box<dyn Model>, String> {
        let spec = format!("command:{}", self.path("model.toml").display());
        model::open(&spec, context).map_err(|error| {
            let source = error.source.map(|source| source.to_string());
            format!("{} {}", error.message, source.unwrap_or_default())
        })
    }

    pub async fn ask(&self, model: &dyn Model, task: &str) -> Answer {
        ask(model, &self.suite, task, 0).await
    }

    /// The message of the error that ends the run.
    pub async fn fatal(&self) -> String {
        let model = self.open();
        let batch = vec![request(&self.suite, "chem-1", 0)];
        model.answer(batch).await.unwrap_err().to_string()
    }

    pub fn starts(&self) -> u64 {
        fs::metadata(self.path("starts")).map_or(0, |meta| meta.len())
    }
}

pub fn failure(answer: &Answer) -> (FailureKind, &str) {
    match (&answer.reasoning, &answer.image) {
        (Part::Lost(text), Part::Lost(image)) if text == image => (text.kind, &text.message),
        other => panic!("a lost answer was expected, not {other:?}"),
    }
}

/// Whether a process is there and runs (a zombie does not).
pub fn runs(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
        .is_ok_and(|stat| !stat.contains(") Z "))
}

pub async fn ends(pid: &str) -> bool {
    for _ in 0..200 {
        if !runs(pid) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}
