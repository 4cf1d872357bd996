//! Folders that are malformed, ambiguous, changed, or lead elsewhere.

use std::fs;
use std::path::Path;

use parabench::model::{self, FailureKind, Model, OpenContext, Part};

use super::fixture::{ask, contains_all, png};
use super::replay_fixture::{Bench, given};

#[test]
fn every_malformed_record_is_named_with_its_line() {
    let lines = concat!(
        "{\"task\":\"chem-1\",\"image\":\"../suite/input.png\"}\n",
        "{\"task\":\"chem-2\",\"image\":\"/etc/passwd\"}\n",
        "{\"task\":\"draw_1\",\"reasoning\":\"a\"}\n",
        "{\"task\":\"draw_1\",\"reasoning\":\"b\"}\n",
        "{\"task\":\"draw_2\",\"seed\":\"x\"}\n",
        "{\"task\":\"draw_2\",\"reasoning\":[1]}\n",
        "{\"task\":\"dra",
    );
    let bench = Bench::new(&[("answers.jsonl", lines.as_bytes())]);
    contains_all(
        &bench.error(""),
        &[
            "answers.jsonl is malformed",
            "line 1: image `../suite/input.png` is not a path inside the folder",
            "line 2: image `/etc/passwd`",
            "line 4: task `draw_1`, seed 0 again, first on line 3",
            "line 5: seed: invalid type",
            "line 6: reasoning: ",
            "line 7: EOF while parsing a string",
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
            "expected (layout `flat`): chem-1.png (.jpg, .webp, …) next to chem-1.txt",
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
    // What is no whole picture is lost before anybody is asked.
    for (task, kind) in [
        ("chem-2", FailureKind::BrokenFile),
        ("draw_1", FailureKind::BrokenFile),
        ("draw_2", FailureKind::Oversized),
    ] {
        let answer = ask(&model, suite, task, 0).await;
        assert_eq!(lost_as(&answer.image), Some(kind), "{task}");
    }
    assert_eq!(model.report().broken, ["chem-2", "draw_1", "draw_2"]);
    assert_eq!(model.report().unusable.len(), 3);
    // Whatever `absent=` says of halves that are not there.
    let declared = bench.open("?absent=empty");
    let torn = ask(&declared, suite, "draw_1", 0).await;
    assert_eq!(lost_as(&torn.image), Some(FailureKind::BrokenFile));
}

fn lost_as<T>(part: &Part<T>) -> Option<FailureKind> {
    match part {
        Part::Lost(failure) => Some(failure.kind),
        _ => None,
    }
}

/// Every kind of bytes that stand where a picture should be.
fn no_pictures() -> Vec<(&'static str, Vec<u8>)> {
    let pixels = image::DynamicImage::ImageRgb8(image::RgbImage::from_fn(64, 64, |x, y| {
        image::Rgb([
            (x * 37 % 251) as u8,
            (y * 91 % 249) as u8,
            (x * y % 255) as u8,
        ])
    }));
    let encoded = |format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        pixels.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 904052\n";
    vec![
        ("empty", Vec::new()),
        ("pointer", pointer.into()),
        ("html", b"<!DOCTYPE html><html>404</html>".to_vec()),
        ("gif", b"GIF89a\x01\0\x01\0\x80\0\0".to_vec()),
        ("avif", b"\0\0\0\x20ftypavif\0\0\0\0".to_vec()),
        ("half a PNG", half(encoded(image::ImageFormat::Png))),
    ]
}

#[tokio::test]
async fn a_broken_picture_is_lost_and_its_text_is_judged() {
    for (what, bytes) in no_pictures() {
        let bench = Bench::new(&[("chem-1.png", &bytes), ("chem-1.txt", b"words")]);
        let model = bench.open("");
        let answer = ask(&model, &bench.suite, "chem-1", 0).await;
        assert_eq!(answer.reasoning, given("words"), "{what}");
        assert_eq!(
            lost_as(&answer.image),
            Some(FailureKind::BrokenFile),
            "{what}"
        );
        assert_eq!(model.report().broken, ["chem-1"], "{what}");
        let survey = model.report().to_string();
        contains_all(&survey, &["1 with a broken file", "chem-1.png: "]);
    }
}

#[tokio::test]
async fn a_changed_folder_is_another_model() {
    let bench = Bench::new(&[("chem-1.png", &png(1)), ("chem-1.txt", b"one")]);
    let model = bench.open("");
    assert_eq!(model.identity(), bench.open("").identity());
    assert_eq!(model.identity().name, "bagel");

    bench.write("chem-1.txt", b"two");
    assert_ne!(model.identity(), bench.open("").identity());
    let answer = ask(&model, &bench.suite, "chem-1", 0).await;
    let Part::Lost(failure) = &answer.reasoning else {
        panic!("a changed text is lost");
    };
    contains_all(&failure.message, &["chem-1.txt", "after it was opened"]);
    assert_eq!(answer.image, Part::Given(png(1).into()));

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
    let answer = ask(&model, &records.suite, "chem-1", 0).await;
    assert_eq!(lost_as(&answer.reasoning), Some(FailureKind::BrokenFile));
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
    let told = &model.report().unusable;
    for (name, part) in [
        ("chem-1.txt", "outside of the folder"),
        ("draw_1.txt", "a broken link"),
        ("up", "outside of the folder"),
    ] {
        let mut told = told.iter();
        assert!(
            told.any(|told| told.starts_with(name) && told.contains(part)),
            "{name}"
        );
    }
    assert_eq!(told.len(), 3);
    let lines = b"{\"task\":\"chem-1\",\"image\":\"secret.png\"}";
    let records = Bench::new(&[("answers.jsonl", lines)]);
    symlink("../suite/input.png", records.root().join("secret.png")).unwrap();
    let model = records.open("");
    assert_eq!(model.report().broken, ["chem-1"]);
    assert_eq!(model.report().without_answer.len(), 3);
}
