//! Programs that answer over the command protocol as they should.

use std::fs;
use std::path::Path;
use std::time::Duration;

use parabench::common::picture;
use parabench::model::{self, FailureKind, OpenContext, Part};

use super::command_fixture::{Bench, ends, failure};
use super::fixture::{ask, contains_all, png, request, suite, with_turned_input};

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
async fn programs_get_pictures_upright() {
    let body = "ok = not os.listdir(os.path.dirname(T['output']))\n\
                answer('clean' if ok else 'not empty', draw(open(T['image'], 'rb').read()))";
    let mut bench = Bench::new("", body);
    with_turned_input(&mut bench.suite);
    let model = bench.open();
    for task in ["chem-1", "chem-2"] {
        let answer = bench.ask(&*model, task).await;
        assert_eq!(answer.reasoning, Part::Given("clean".into()));
        let Part::Given(bytes) = answer.image else {
            panic!("a picture was expected");
        };
        let pixels = image::load_from_memory(&bytes).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (16, 24));
    }
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
async fn standard_error_is_logged_and_the_program_ends_with_its_model() {
    let bench = Bench::new(
        "open('pid', 'w').write(str(os.getpid()))",
        "print('step 1 of', T['id'], file=sys.stderr, flush=True)\nanswer()",
    );
    let logs = bench.path("logs");
    let model = bench.open();
    model.log_into(&logs);
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
