//! Programs that answer over the command protocol, and every way in which they fail.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

#[path = "support/command_fixture.rs"]
mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fixture::{ask, png, request, suite};
use parabench::common::picture;
use parabench::model::{self, Answer, FailureKind, Model, OpenContext, Part};
use parabench::suite::Suite;

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
struct Bench {
    folder: tempfile::TempDir,
    suite: Suite,
}

impl Bench {
    fn new(before: &str, body: &str) -> Self {
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
    fn describe(&self, more: &str) {
        let toml = format!("program = \"python3\"\nargs = [\"program.py\"]\n{more}\n");
        fs::write(self.path("model.toml"), toml).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Box<dyn Model> {
        self.open_in(&OpenContext::new(&self.suite)).unwrap()
    }

    fn open_in(&self, context: &OpenContext<'_>) -> Result<Box<dyn Model>, String> {
        let spec = format!("command:{}", self.path("model.toml").display());
        model::open(&spec, context).map_err(|error| {
            let source = error.source.map(|source| source.to_string());
            format!("{} {}", error.message, source.unwrap_or_default())
        })
    }

    async fn ask(&self, model: &dyn Model, task: &str) -> Answer {
        ask(model, &self.suite, task, 0).await
    }

    /// The message of the error that ends the run.
    async fn fatal(&self) -> String {
        let model = self.open();
        let batch = vec![request(&self.suite, "chem-1", 0)];
        model.answer(batch).await.unwrap_err().to_string()
    }

    fn starts(&self) -> u64 {
        fs::metadata(self.path("starts")).map_or(0, |meta| meta.len())
    }
}

fn failure(answer: &Answer) -> (FailureKind, &str) {
    match (&answer.reasoning, &answer.image) {
        (Part::Lost(text), Part::Lost(image)) if text == image => (text.kind, &text.message),
        other => panic!("a lost answer was expected, not {other:?}"),
    }
}

fn contains_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` in:\n{text}");
    }
}

/// Whether a process is there and runs (a zombie does not).
fn runs(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
        .is_ok_and(|stat| !stat.contains(") Z "))
}

async fn ends(pid: &str) -> bool {
    for _ in 0..200 {
        if !runs(pid) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn the_minimal_example_answers() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/adapters/minimal.toml");
    let spec = format!("command:{}", example.display());
    let model = model::open(&spec, &OpenContext::new(&suite)).unwrap();
    let identity = model.identity().clone();
    assert_eq!((&*identity.name, identity.thinks), ("minimal", true));
    assert!(identity.details.contains_key("file.minimal.py"));

    let edit = ask(&*model, &suite, "chem-1", 0).await;
    assert_eq!(edit.image, Part::Given(png(200).into()));
    let drawn = ask(&*model, &suite, "draw_1", 0).await;
    let Part::Given(bytes) = &drawn.image else {
        panic!("a picture was expected");
    };
    assert_eq!(picture::decode(bytes).unwrap().1.width(), 64);
    let expected = "<think>The task says: Do what draw_1 says: \"ä\"\n</think>";
    assert_eq!(drawn.reasoning, Part::Given(expected.into()));
    assert_eq!(drawn.details["program"], "minimal");
    assert!(drawn.timing_ms["total"] >= drawn.timing_ms["model"]);
    // The same seed draws the same, another one does not.
    let again = ask(&*model, &suite, "draw_1", 0).await;
    let other = ask(&*model, &suite, "draw_1", 1).await;
    assert_eq!(again.image, drawn.image);
    assert_ne!(other.image, drawn.image);
}

#[tokio::test]
async fn ten_lines_make_a_stored_folder_replayable() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    let stored = folder.path().join("stored");
    fs::create_dir_all(stored.join("batch1")).unwrap();
    for (index, task) in suite.tasks.iter().enumerate() {
        let stem = stored.join(format!("batch1/out_{}_edited", task.id()));
        fs::write(stem.with_extension("png"), png(index as u8)).unwrap();
        let text = format!("{}_thinking.txt", stem.display());
        fs::write(text, format!("thought {index}")).unwrap();
    }
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/adapters/stored_folder.py");
    let mut python = std::process::Command::new("python3");
    assert!(
        python
            .arg(&example)
            .arg(&stored)
            .status()
            .unwrap()
            .success()
    );
    let spec = format!("replay:{}", stored.display());
    let model = model::open(&spec, &OpenContext::new(&suite)).unwrap();
    contains_all(
        &model.notices()[0],
        &["layout `records`, 4 of 4 answers complete"],
    );
    let answer = ask(&*model, &suite, "draw_2", 0).await;
    assert_eq!(answer.reasoning, Part::Given("thought 3".into()));
    assert_eq!(answer.image, Part::Given(png(3).into()));
}

#[tokio::test]
async fn what_is_asked_and_what_is_answered() {
    let bench = Bench::new(
        "hello.update(name='echo', version='7', thinks=True)",
        "ok = os.path.isabs(T['output']) and not os.listdir(os.path.dirname(T['output']))\n\
         asked = {key: T[key] for key in ('id', 'kind', 'seed', 'instruction')}\n\
         asked['input'] = T['image'] and os.path.getsize(T['image'])\n\
         if T['id'] == 'chem-2': answer(None, None, details={'forwards': 3})\n\
         elif T['id'] == 'draw_2': answer('  \\n', os.path.basename(draw()))\n\
         else: answer(json.dumps(asked), draw(b'ok' if ok else b'bad'), timing_ms={'draw': 2})",
    );
    let model = bench.open();
    let sent = request(&bench.suite, "chem-1", 0);
    let full = bench.ask(&*model, "chem-1").await;
    let Part::Given(text) = &full.reasoning else {
        panic!("text expected");
    };
    let asked: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(asked["kind"], "edit");
    assert_eq!(asked["seed"], sent.seed);
    assert_eq!(asked["instruction"], *sent.prompt.instruction);
    assert_eq!(asked["input"], png(200).len());
    assert_eq!(full.image, Part::Given("ok".into()));
    assert_eq!(full.timing_ms["draw"], 2.0);
    assert_eq!(full.details["program_version"], "7");

    let silent = bench.ask(&*model, "chem-2").await;
    assert_eq!((silent.reasoning, silent.image), (Part::Empty, Part::Empty));
    assert_eq!(silent.details["reported"]["forwards"], 3);
    // A path relative to the folder of `output`; text of white space is none.
    let relative = bench.ask(&*model, "draw_2").await;
    assert_eq!(relative.image, Part::Given("picture".into()));
    assert_eq!(relative.reasoning, Part::Empty);
    assert_eq!(bench.starts(), 1);
}

#[tokio::test]
async fn reported_failures_are_not_tried_again() {
    let bench = Bench::new(
        "",
        "if T['id'] == 'chem-1': say({'id': T['id'], 'error': {'kind': 'out-of-memory', 'message': '80 GiB'}})\n\
         else: answer('words', None, error={'kind': 'not-a-number', 'message': 'step 3'})",
    );
    let model = bench.open();
    let lost = bench.ask(&*model, "chem-1").await;
    assert_eq!(failure(&lost), (FailureKind::OutOfMemory, "80 GiB"));
    let half = bench.ask(&*model, "chem-2").await;
    assert_eq!(half.reasoning, Part::Given("words".into()));
    assert!(matches!(half.image, Part::Lost(f) if f.kind == FailureKind::NotANumber));
    assert_eq!(bench.starts(), 1);
}

#[tokio::test]
async fn a_crash_is_tried_once_more() {
    let bench = Bench::new(
        "",
        "if starts == 1: os._exit(3)\nanswer('attempt %d' % starts)",
    );
    let answer = bench.ask(&*bench.open(), "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("attempt 2".into()));
    assert_eq!(answer.details["restarts"], 1);
}

#[tokio::test]
async fn a_task_that_always_crashes_is_lost_and_the_run_goes_on() {
    let bench = Bench::new(
        "",
        "if T['id'] == 'chem-1':\n    print('CUDA error 700', file=sys.stderr, flush=True)\n    os._exit(3)\nanswer()",
    );
    let model = bench.open();
    let lost = bench.ask(&*model, "chem-1").await;
    let (kind, message) = failure(&lost);
    assert_eq!(kind, FailureKind::Crash);
    contains_all(
        message,
        &[
            "closed its standard output",
            "exit status: 3",
            "CUDA error 700",
        ],
    );
    assert_eq!(bench.starts(), 2);
    let next = bench.ask(&*model, "chem-2").await;
    assert_eq!(next.reasoning, Part::Given("because".into()));
    assert_eq!(bench.starts(), 3);
}

#[tokio::test]
async fn a_hanging_task_is_killed_with_its_children_and_the_run_goes_on() {
    let bench = Bench::new(
        "import subprocess",
        "if T['id'] == 'chem-1':\n    child = subprocess.Popen(['sleep', '300'])\n    \
         open('pids', 'w').write('%d %d' % (os.getpid(), child.pid))\n    time.sleep(300)\nanswer()",
    );
    bench.describe("task_timeout_s = 4");
    let model = bench.open();
    let lost = bench.ask(&*model, "chem-1").await;
    let (kind, message) = failure(&lost);
    assert_eq!(kind, FailureKind::Timeout);
    contains_all(message, &["did not answer a task within 4 s"]);
    assert_eq!(bench.starts(), 1, "a time-out is not tried again");
    for pid in fs::read_to_string(bench.path("pids")).unwrap().split(' ') {
        assert!(ends(pid).await, "process {pid} still runs");
    }
    let next = bench.ask(&*model, "chem-2").await;
    assert_eq!(next.reasoning, Part::Given("because".into()));
}

#[tokio::test]
async fn broken_replies_are_named() {
    for (body, parts) in [
        (
            "print('Sampling: 3%', flush=True)",
            &["`Sampling: 3%`", "standard error"][..],
        ),
        (
            "T['id'] = 'other'; answer()",
            &["the reply to task `chem-1` was awaited"],
        ),
        (
            "sys.stdout.write('{\"id\": \"che'); sys.stdout.flush(); os._exit(0)",
            &["in the middle of a line"],
        ),
        ("answer(imgae='x')", &["unknown field `imgae`"]),
        (
            "sys.stdout.write('x' * 9000000); sys.stdout.flush()",
            &["a line of more than"],
        ),
        (
            "answer('a', draw(name=os.path.abspath('outside.png')))",
            &["/outside.png`", "not in the folder"],
        ),
        (
            "answer('a', '../x.png')",
            &["`../x.png`, which is not in the folder"],
        ),
        (
            "answer('a', T['output'] + '/../../../etc/passwd')",
            &["etc/passwd"],
        ),
        (
            "os.symlink('/etc/hostname', T['output'] + '.png'); answer('a', T['output'] + '.png')",
            &["not in the folder"],
        ),
        (
            "answer('a', os.path.dirname(T['output']))",
            &["not in the folder"],
        ),
        ("answer('a', T['output'] + '.png')", &["No such file"]),
        ("answer('a', draw(b''))", &["empty picture"]),
    ] {
        let bench = Bench::new("", body);
        let lost = bench.ask(&*bench.open(), "chem-1").await;
        let (kind, message) = failure(&lost);
        assert_eq!(kind, FailureKind::Crash, "{body}");
        contains_all(message, parts);
        assert!(message.len() < 4100);
        assert_eq!(bench.starts(), 2, "{body}");
    }
}

#[tokio::test]
async fn a_picture_beyond_all_bounds_is_none() {
    let bench = Bench::new(
        "",
        "path = draw()\nos.truncate(path, 65 << 20)\nanswer('a', path)",
    );
    let answer = bench.ask(&*bench.open(), "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("a".into()));
    assert_eq!(answer.image, Part::Empty);
    contains_all(
        &answer.details["image_unusable"].to_string(),
        &["longer than"],
    );
}

#[tokio::test]
async fn three_deaths_at_the_start_end_the_run() {
    let bench = Bench::new(
        "print('no weights at /data/w%d' % starts, file=sys.stderr); sys.exit(5)",
        "",
    );
    let error = bench.fatal().await;
    contains_all(
        &error,
        &[
            "failed to start 3 times in a row",
            "exit status: 5",
            "no weights at /data/w3",
        ],
    );
    assert_eq!(bench.starts(), 3);

    // Two deaths do not.
    let bench = Bench::new("if starts < 3: sys.exit(5)", "answer()");
    let answer = bench.ask(&*bench.open(), "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("because".into()));
}

#[tokio::test]
async fn a_start_may_be_slow_but_not_endless() {
    let slow = Bench::new("time.sleep(1)", "answer()");
    slow.describe("startup_timeout_s = 20\ntask_timeout_s = 20");
    let answer = slow.ask(&*slow.open(), "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("because".into()));

    let endless = Bench::new("time.sleep(300)", "answer()");
    endless.describe("startup_timeout_s = 0.4");
    contains_all(&endless.fatal().await, &["did not say hello within 0.4 s"]);
}

#[tokio::test]
async fn a_wrong_hello_ends_the_run_at_once() {
    for (before, part) in [
        (
            "print('Loading checkpoint', flush=True)",
            "`Loading checkpoint`",
        ),
        ("hello['hello'] = 9", "speaks version 9"),
        ("hello['thinks'] = False", "declared with thinks = true"),
    ] {
        let bench = Bench::new(before, "answer()");
        contains_all(&bench.fatal().await, &[part]);
        assert_eq!(bench.starts(), 1);
    }
}

#[test]
fn descriptions_are_checked_as_a_whole() {
    let bench = Bench::new("", "");
    let error = |toml: &str| {
        fs::write(bench.path("model.toml"), toml).unwrap();
        bench
            .open_in(&OpenContext::new(&bench.suite))
            .err()
            .unwrap()
    };
    contains_all(
        &error("program = 'program.py'\nname = 'a b'\nworkers = 0\ntask_timeout_s = -1"),
        &[
            "name = \"a b\"",
            "workers = 0",
            "task_timeout_s = -1",
            "write \"./program.py\"",
        ],
    );
    contains_all(&error("program = './no'"), &["there is no file", "/./no"]);
    contains_all(&error("program = 'sh'\nargz = []"), &["malformed", "argz"]);
    fs::remove_file(bench.path("model.toml")).unwrap();
    let missing = bench
        .open_in(&OpenContext::new(&bench.suite))
        .err()
        .unwrap();
    contains_all(&missing, &["cannot read the description", "model.toml"]);
}

#[test]
fn a_changed_program_is_another_model() {
    let bench = Bench::new("", "answer()");
    let before = bench.open().identity().clone();
    assert_eq!((&*before.name, before.thinks), ("model", true));
    assert_eq!(&before, bench.open().identity());
    fs::write(bench.path("program.py"), "pass").unwrap();
    assert_ne!(&before, bench.open().identity());
    bench.describe("name = 'bagel'\nthinks = false");
    let identity = bench.open().identity().clone();
    assert_eq!((&*identity.name, identity.thinks), ("bagel", false));
}

#[tokio::test]
async fn only_listed_variables_are_passed_on() {
    // Cargo sets these for every test.
    let bench = Bench::new(
        "",
        "answer(' '.join(sorted(name for name in os.environ if name.startswith('CARGO_'))))",
    );
    bench.describe("env = ['CARGO_PKG_VERSION', 'PARABENCH_TEST_NOT_SET']");
    let model = bench.open();
    contains_all(&model.notices().join("\n"), &["PARABENCH_TEST_NOT_SET"]);
    let answer = bench.ask(&*model, "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("CARGO_PKG_VERSION".into()));
}

#[tokio::test]
async fn workers_answer_side_by_side() {
    // Each task waits until both are being answered.
    let bench = Bench::new(
        "",
        "open('at-' + T['id'], 'w').close()\n\
         while not (os.path.exists('at-chem-1') and os.path.exists('at-chem-2')): time.sleep(0.02)\n\
         answer(T['id'])",
    );
    bench.describe("workers = 2\ntask_timeout_s = 20");
    let model = bench.open();
    assert_eq!(model.concurrency(), 2);
    let (one, two) = tokio::join!(bench.ask(&*model, "chem-1"), bench.ask(&*model, "chem-2"));
    assert_eq!(one.reasoning, Part::Given("chem-1".into()));
    assert_eq!(two.reasoning, Part::Given("chem-2".into()));
}

#[tokio::test]
async fn a_question_given_up_kills_its_worker() {
    let bench = Bench::new(
        "",
        "if T['id'] == 'chem-1':\n    open('pid', 'w').write(str(os.getpid()))\n    time.sleep(300)\nanswer(T['id'])",
    );
    let model = bench.open();
    let begin = Instant::now();
    let given_up = async {
        while !bench.path("pid").exists() || fs::read(bench.path("pid")).unwrap().is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = given_up => {}
        answer = bench.ask(&*model, "chem-1") => panic!("answered: {answer:?}"),
    }
    assert!(ends(&fs::read_to_string(bench.path("pid")).unwrap()).await);
    let next = bench.ask(&*model, "chem-2").await;
    assert_eq!(next.reasoning, Part::Given("chem-2".into()));
}

#[tokio::test]
async fn standard_error_is_logged_and_the_program_ends_with_its_model() {
    let bench = Bench::new(
        "open('pid', 'w').write(str(os.getpid()))",
        "print('step 1 of', T['id'], file=sys.stderr, flush=True)\nanswer()",
    );
    let logs = bench.path("logs");
    let mut context = OpenContext::new(&bench.suite);
    context.logs = Some(&logs);
    let model = bench.open_in(&context).unwrap();
    bench.ask(&*model, "chem-1").await;
    bench.ask(&*model, "draw_1").await;
    let log = logs.join("model-0.stderr.log");
    let expected = "step 1 of chem-1\nstep 1 of draw_1\n";
    for _ in 0..100 {
        if fs::read_to_string(&log).is_ok_and(|text| text == expected) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(fs::read_to_string(&log).unwrap(), expected);
    drop(model);
    assert!(ends(&fs::read_to_string(bench.path("pid")).unwrap()).await);
}
