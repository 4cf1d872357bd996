//! Stored answers: every layout, what is missing or left over, and folders that lie.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

#[path = "support/command_fixture.rs"]
mod fixture;

use std::fs;
use std::path::Path;

use fixture::{ask, png, suite};
use parabench::model::replay::{Layout, Replay, ReplayReport};
use parabench::model::{self, FailureKind, Model, ModelError, OpenContext, Part, Spec};
use parabench::suite::Suite;

/// A folder of answers beside a suite.
struct Bench {
    folder: tempfile::TempDir,
    suite: Suite,
}

impl Bench {
    fn new(files: &[(&str, &[u8])]) -> Self {
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

    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("bagel")
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn try_open(&self, options: &str) -> Result<Replay, ModelError> {
        let spec = Spec::parse(&format!("replay:{}{options}", self.root().display())).unwrap();
        Replay::open(&spec, &OpenContext::new(&self.suite))
    }

    fn open(&self, options: &str) -> Replay {
        self.try_open(options).unwrap()
    }

    fn error(&self, options: &str) -> String {
        match self.try_open(options) {
            Ok(_) => panic!("an error was expected"),
            Err(error) => error.to_string(),
        }
    }
}

fn given(text: &str) -> Part<String> {
    Part::Given(text.to_owned())
}

fn is_lost<T>(part: &Part<T>) -> bool {
    matches!(part, Part::Lost(failure) if failure.kind == FailureKind::NoAnswer)
}

fn contains_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` in:\n{text}");
    }
}

#[tokio::test]
async fn pictures_beside_texts() {
    let bench = Bench::new(&[
        ("chem-1.png", &png(1)),
        ("chem-1.txt", b"<think>raw</think> \n"),
        ("chem-2.jpeg", &png(2)),
        ("draw_1.txt", b"only words"),
        ("draw_2.WEBP", &png(3)),
        ("draw_2.txt", b" \n"),
        ("chem-1@1.png", &png(4)),
        ("chem-1@1.txt", b"second"),
        ("notes.md", b"x"),
        ("Chem_02.txt", b"x"),
    ]);
    let model = bench.open("");
    let report = model.report();
    assert_eq!(report.layout, Layout::Flat);
    assert_eq!((report.asked, report.complete), (4, 2));
    assert_eq!(report.without_text, ["chem-2"]);
    assert_eq!(report.without_image, ["draw_1"]);
    assert!(report.without_answer.is_empty());
    assert_eq!(report.other_samples, 1);
    let left: Vec<_> = report.left_over.iter().map(ToString::to_string).collect();
    assert_eq!(left, ["Chem_02.txt (meant for `chem-2`?)", "notes.md"]);
    assert!(!report.is_clean());
    contains_all(
        &model.notices().join("\n"),
        &["2 of 4 answers complete", "1 with no text", "absent=empty"],
    );

    let first = ask(&model, &bench.suite, "chem-1", 0).await;
    assert_eq!(first.reasoning, given("<think>raw</think> \n"));
    assert_eq!(first.image, Part::Given(png(1).into()));
    let second = ask(&model, &bench.suite, "chem-1", 1).await;
    assert_eq!(second.reasoning, given("second"));
    assert!(is_lost(&ask(&model, &bench.suite, "chem-2", 1).await.image));
    assert!(is_lost(
        &ask(&model, &bench.suite, "chem-2", 0).await.reasoning
    ));
    let words = ask(&model, &bench.suite, "draw_1", 0).await;
    assert_eq!(words.reasoning, given("only words"));
    assert!(is_lost(&words.image));
    // A text of white space: the model said nothing, and that is an answer.
    assert_eq!(
        ask(&model, &bench.suite, "draw_2", 0).await.reasoning,
        Part::Empty
    );
}

#[tokio::test]
async fn absent_halves_can_be_declared_empty() {
    let bench = Bench::new(&[("chem-1.png", &png(1)), ("draw_1.txt", b"words")]);
    let model = bench.open("?absent=empty");
    let suite = &bench.suite;
    assert_eq!(ask(&model, suite, "chem-1", 0).await.reasoning, Part::Empty);
    assert_eq!(ask(&model, suite, "draw_1", 0).await.image, Part::Empty);
    // Nothing at all stored is never an answer.
    assert!(is_lost(&ask(&model, suite, "draw_2", 0).await.image));
    assert_ne!(model.identity(), bench.open("").identity());
}

#[tokio::test]
async fn bagel_kris_folders() {
    let bench = Bench::new(&[
        ("chem/1.png", &png(1)),
        ("chem/1.txt", b"one"),
        ("chem/2.jpg", &png(2)),
        ("chem/2.txt", b"two"),
        ("draw/draw_1.png", &png(3)),
        ("draw/draw_1.txt", b"three"),
        ("draw/9.png", &png(4)),
    ]);
    let model = bench.open("");
    let report = model.report();
    assert_eq!(report.layout, Layout::Category);
    assert_eq!(report.complete, 3);
    assert_eq!(report.without_answer, ["draw_2"]);
    assert_eq!(report.left_over[0].name, "draw/9.png");
    let answer = ask(&model, &bench.suite, "chem-2", 0).await;
    assert_eq!(answer.reasoning, given("two"));
    assert_eq!(answer.image, Part::Given(png(2).into()));
}

#[tokio::test]
async fn rise_folders_with_images_and_without() {
    for (prefix, layout) in [("images/", Layout::ImagesCategory), ("", Layout::Category)] {
        let bench = Bench::new(&[]);
        for (index, id) in ["draw_1", "draw_2"].iter().enumerate() {
            bench.write(&format!("{prefix}draw/{id}.png"), &png(index as u8));
        }
        let model = bench.open("?thinks=false");
        assert_eq!(model.report().layout, layout);
        assert_eq!(model.report().complete, 2);
        assert!(model.report().without_text.is_empty());
        assert!(!model.identity().thinks);
        let answer = ask(&model, &bench.suite, "draw_2", 0).await;
        assert_eq!(answer.image, Part::Given(png(1).into()));
    }
}

#[tokio::test]
async fn records_tell_empty_from_absent() {
    let lines = r#"
{"task":"chem-1","reasoning":"because \u00e4","image":"pics/a.png"}
{"task":"chem-1","seed":1,"reasoning":null,"image":null}
{"task":"chem-2","image":"pics/gone.png"}
{"task":"other","reasoning":"x","image":null}
"#;
    let bench = Bench::new(&[
        ("answers.jsonl", lines.as_bytes()),
        ("pics/a.png", &png(7)),
        ("pics/b.png", &png(8)),
    ]);
    let model = bench.open("");
    let suite = &bench.suite;
    assert_eq!(model.report().layout, Layout::Records);
    let left: Vec<_> = model.report().left_over.iter().map(|l| &l.name).collect();
    assert_eq!(
        left,
        ["line 5 of answers.jsonl (task `other`)", "pics/b.png"]
    );
    assert_eq!(
        model.report().unusable,
        ["pics/gone.png (line 4): no such file"]
    );
    let full = ask(&model, suite, "chem-1", 0).await;
    assert_eq!(full.reasoning, given("because ä"));
    assert_eq!(full.image, Part::Given(png(7).into()));
    let empty = ask(&model, suite, "chem-1", 1).await;
    assert_eq!((empty.reasoning, empty.image), (Part::Empty, Part::Empty));
    let lost = ask(&model, suite, "chem-2", 0).await;
    assert!(is_lost(&lost.reasoning) && is_lost(&lost.image));
    assert!(is_lost(&ask(&model, suite, "draw_1", 0).await.reasoning));
}

#[test]
fn every_malformed_record_is_named_with_its_line() {
    let lines = concat!(
        "{\"task\":\"chem-1\",\"image\":\"../suite/input.png\"}\n",
        "{\"task\":\"chem-2\",\"image\":\"/etc/passwd\"}\n",
        "{\"task\":\"draw_1\",\"reasoning\":\"a\"}\n",
        "{\"task\":\"draw_1\",\"reasoning\":\"b\"}\n",
        "{\"task\":\"draw_2\",\"imgae\":null}\n",
        "{\"task\":\"draw_2\",\"reasoning\":[1]}\n",
        "{\"task\":\"dra",
    );
    let bench = Bench::new(&[("answers.jsonl", lines.as_bytes())]);
    contains_all(
        &bench.error(""),
        &[
            "answers.jsonl is malformed",
            "line 1: image `../suite/input.png` is no path inside the folder",
            "line 2: image `/etc/passwd`",
            "line 4: task `draw_1`, seed 0 again, first on line 3",
            "line 5: imgae: unknown field `imgae`",
            "line 6: reasoning: ",
            "line 7: task: EOF while parsing a string at column 12",
        ],
    );
}

#[test]
fn a_record_too_long_is_a_fault_of_its_line_only() {
    let bench = Bench::new(&[]);
    let long = "x".repeat(7 << 20);
    let lines = format!(
        "{{\"task\":\"chem-1\",\"reasoning\":\"{long}\"}}\n{{\"task\":\"draw_1\",\"reasoning\":1}}\n"
    );
    bench.write("answers.jsonl", lines.as_bytes());
    let error = bench.error("");
    contains_all(&error, &["line 1: longer than", "line 2: "]);
    assert!(error.len() < 2000, "the line itself is not repeated");
}

#[test]
fn nothing_matching_names_patterns_and_cure() {
    let bench = Bench::new(&[
        ("out/CHEM_001_edit.png", &png(1)),
        ("out/sample_17.png", &png(1)),
        ("out/sample_18.png", &png(1)),
    ]);
    contains_all(
        &bench.error(""),
        &[
            "no file in",
            "any of the 4 tasks of suite `small`",
            "expected (layout `flat`): chem-1.png (.jpg, .jpeg, .webp) beside chem-1.txt",
            "expected (layout `category`): chem/chem-1.png",
            "found: 2 x out/sample_#.png",
            "out/CHEM_001_edit.png looks like an answer to `chem-1`",
            "answers.jsonl",
        ],
    );
    let nested = Bench::new(&[("results/bagel-think/chem/1.png", &png(1))]);
    contains_all(
        &nested.error(""),
        &[
            "Name the folder further down: replay:",
            "/results/bagel-think",
        ],
    );
    contains_all(&Bench::new(&[]).error(""), &["found: no files"]);
}

#[test]
fn folders_that_are_none() {
    let bench = Bench::new(&[("x", b"")]);
    let open = |path: &Path| {
        let spec = format!("replay:{}", path.display());
        let opened = model::open(&spec, &OpenContext::new(&bench.suite));
        opened.err().unwrap().to_string()
    };
    contains_all(&open(&bench.root().join("no")), &["no readable folder"]);
    contains_all(&open(&bench.root().join("x")), &["is a file"]);
    contains_all(&bench.error("?layout=tall"), &["records, flat, category"]);
    contains_all(&bench.error("?absent=no"), &["neither `missing` nor"]);
}

#[test]
fn two_files_for_one_half_are_refused() {
    let bench = Bench::new(&[
        ("chem-1.png", &png(1)),
        ("chem-1.jpg", &png(1)),
        ("draw/1.png", &png(1)),
        ("draw/draw_1.png", &png(1)),
    ]);
    contains_all(&bench.error("?layout=flat"), &["chem-1.jpg and chem-1.png"]);
    contains_all(
        &bench.error("?layout=category"),
        &["draw/1.png and draw/draw_1.png"],
    );
}

#[test]
fn the_best_layout_wins_and_the_others_are_told() {
    let bench = Bench::new(&[
        ("chem-1.png", &png(1)),
        ("draw/1.png", &png(1)),
        ("draw/2.png", &png(1)),
    ]);
    let report = |options| -> ReplayReport { bench.open(options).report().clone() };
    assert_eq!(report("").layout, Layout::Category);
    assert_eq!(report("").rivals, [(Layout::Flat, 1)]);
    assert_eq!(report("?layout=flat").complete, 0);
    assert_eq!(report("?layout=flat&thinks=false").complete, 1);
}

#[tokio::test]
async fn odd_content_is_bounded_and_said() {
    let long = vec![b'a'; (1 << 20) + 5];
    let bench = Bench::new(&[
        ("chem-1.txt", &long),
        ("chem-2.txt", b"caf\xe9"),
        ("chem-2.png", b"<html>not a picture"),
        ("draw_1.png", b""),
        ("draw_1.txt", b"words"),
    ]);
    let huge = fs::File::create(bench.root().join("draw_2.png")).unwrap();
    huge.set_len(65 << 20).unwrap();
    let model = bench.open("");
    let suite = &bench.suite;
    let Part::Given(text) = ask(&model, suite, "chem-1", 0).await.reasoning else {
        panic!("text expected");
    };
    assert_eq!(text.len(), 1 << 20);
    let odd = ask(&model, suite, "chem-2", 0).await;
    assert_eq!(odd.reasoning, given("caf\u{fffd}"));
    assert_eq!(odd.details["reasoning_not_utf8"], true);
    // Not decoded here: that the model drew no picture is found by whoever checks it.
    assert!(matches!(odd.image, Part::Given(_)));
    assert!(is_lost(&ask(&model, suite, "draw_1", 0).await.image));
    let huge = ask(&model, suite, "draw_2", 0).await;
    assert_eq!(huge.image, Part::Empty);
    contains_all(&huge.details["image_unusable"].to_string(), &["draw_2.png"]);
    assert_eq!(model.report().unusable.len(), 2);
}

#[tokio::test]
async fn a_changed_folder_is_another_model() {
    let bench = Bench::new(&[("chem-1.png", &png(1)), ("chem-1.txt", b"one")]);
    let model = bench.open("");
    assert_eq!(model.identity(), bench.open("").identity());
    assert_eq!(model.identity().name, "bagel");

    bench.write("chem-1.txt", b"two");
    assert_ne!(model.identity(), bench.open("").identity());
    let batch = vec![fixture::request(&bench.suite, "chem-1", 0)];
    let error = model.answer(batch).await.unwrap_err().to_string();
    contains_all(&error, &["chem-1.txt", "changed after it was opened"]);

    // A file that belongs to no task changes nothing.
    let before = bench.open("");
    bench.write("notes.txt", b"x");
    assert_eq!(before.identity(), bench.open("").identity());

    let records = Bench::new(&[(
        "answers.jsonl",
        b"{\"task\":\"chem-1\",\"reasoning\":\"a\"}",
    )]);
    let model = records.open("");
    records.write(
        "answers.jsonl",
        b"{\"task\":\"chem-1\",\"reasoning\":\"b\"}",
    );
    assert_ne!(model.identity(), records.open("").identity());
    let batch = vec![fixture::request(&records.suite, "chem-1", 0)];
    assert!(model.answer(batch).await.is_err());
}

#[cfg(unix)]
#[test]
fn links_do_not_leave_the_folder() {
    use std::os::unix::fs::symlink;
    let bench = Bench::new(&[("chem-1.png", &png(1)), ("kept/a.txt", b"inside")]);
    symlink("/etc/hostname", bench.root().join("chem-1.txt")).unwrap();
    symlink("kept/a.txt", bench.root().join("chem-2.txt")).unwrap();
    symlink("nowhere", bench.root().join("draw_1.txt")).unwrap();
    symlink("..", bench.root().join("up")).unwrap();
    let model = bench.open("");
    assert_eq!(model.report().without_text, ["chem-1"]);
    assert_eq!(model.report().without_image, ["chem-2"]);
    assert_eq!(
        model.report().unusable,
        [
            "chem-1.txt (a link that leaves the folder)",
            "draw_1.txt (a broken link)",
            "up (a link that leaves the folder)"
        ]
    );
    let lines = b"{\"task\":\"chem-1\",\"image\":\"secret.png\"}";
    let records = Bench::new(&[("answers.jsonl", lines)]);
    symlink("../suite/input.png", records.root().join("secret.png")).unwrap();
    assert_eq!(records.open("").report().without_answer.len(), 4);
}
