//! The loader: sound suites load, faulty ones are told everything at once.

use std::fs;
use std::path::Path;

use crate::suite_fixture::{definition, picture, write_tiny};
use image::ImageFormat;
use parabench::suite::{Kind, RubricSource, Suite, SuiteFaults, load::load_with};

const CATEGORIES: [(&str, &str, usize); 2] = [("spatial", "edit", 3), ("scenes", "generation", 2)];

fn tiny() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_tiny(folder.path(), &CATEGORIES, 16);
    folder
}

/// Loads with a cache of its own, so that no test sees or leaves anything elsewhere.
fn load(folder: &Path) -> Result<Suite, SuiteFaults> {
    load_with(folder, &folder.join("cache"))
}

fn faults_of(folder: &Path) -> SuiteFaults {
    load(folder).unwrap_err()
}

fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, change(text)).unwrap();
}

#[test]
fn a_sound_suite_loads() {
    let folder = tiny();
    let suite = load(folder.path()).unwrap();
    assert_eq!(suite.name, "tiny");
    assert_eq!(suite.tasks.len(), 5);
    let first = &suite.tasks[0].prompt;
    assert_eq!((&*first.id, first.kind()), ("spatial-000", Kind::Edit));
    let input = first.inputs.first().unwrap();
    assert_eq!((input.width, input.height), (16, 16));
    assert_eq!(input.load().unwrap(), picture(16, 0, ImageFormat::Png));
    assert_eq!(suite.tasks[4].prompt.kind(), Kind::Generation);
}

#[test]
fn every_fault_is_reported_with_its_line() {
    let folder = tiny();
    let images = folder.path().join("images");
    let whole = picture(16, 9, ImageFormat::Png);
    fs::write(images.join("torn.png"), &whole[..whole.len() / 2]).unwrap();
    fs::write(images.join("page.png"), "<html>").unwrap();
    let long = "x".repeat(20_000);
    let lines = [
        r#"{"id":"a","kind":"edit","category":"spatial","instruction":"x","image":"images/spatial-000.png"}"#,
        r#"{"id":"A","kind":"edit","category":"spatial","instruction":"x","image":"images/torn.png"}"#,
        r#"{"id":"b/c","kind":"edit","category":"spatial","instruction":"x","image":"images/page.png"}"#,
        "",
        r#"{"id":"d","kind":"edit","category":"spatial","instruction":"  "}"#,
        r#"{"id":"e","kind":"edit","category":"spacial","instruction":"x","image":"../secret.png"}"#,
        r#"{"id":"f","kind":"generation","category":"scenes","instruction":"x","image":"images/spatial-000.png"}"#,
        r#"{"id":"g","kind":"generation","category":"spatial","instruction":"x"}"#,
        r#"{"id":"h","kind":"drawing","category":"scenes","instruction":"x"}"#,
        r#"{"id":"i","kind":"generation","category":"scenes","instruction":"x","answer":1}"#,
        r#"{"id":"j","kind":"generation","category":"scenes"}"#,
        r#"{"id":"k","kind":"generation","category":"scenes","instruction":"x"} {}"#,
        r#"not json"#,
        r#"{"id":"d","kind":"edit","category":"spatial","instruction":"x","image":"images/none.png"}"#,
    ];
    let long =
        format!(r#"{{"id":"l","kind":"generation","category":"scenes","instruction":"{long}"}}"#);
    let text = lines.join("\r\n") + "\r\n" + &long + "\n";
    fs::write(folder.path().join("tasks.jsonl"), text).unwrap();

    let error = faults_of(folder.path());
    let expected = [
        (
            Some(2),
            "id `A`, which differs only in case from that of line 1",
        ),
        (Some(2), "image `images/torn.png`"),
        (Some(3), "id `b/c`"),
        (Some(3), "image `images/page.png`"),
        (Some(5), "an instruction of 0 bytes"),
        (Some(5), "an edit task without `image`"),
        (Some(6), "category `spacial`"),
        (Some(6), "image `../secret.png`"),
        (Some(7), "a generation task with the image"),
        (Some(8), "kind generation in category `spatial`"),
        (Some(9), "unknown variant `drawing`"),
        (Some(10), "unknown field `answer`"),
        (Some(11), "missing field `instruction`"),
        (Some(12), "more after the object"),
        (Some(13), "expected ident"),
        (Some(14), "id `d`, which is also the id of line 5"),
        (Some(14), "image `images/none.png`"),
        (Some(15), "an instruction of 20000 bytes"),
        (None, "6 readable tasks in category `spatial`"),
    ];
    for (line, found) in expected {
        let hit = error
            .faults
            .iter()
            .any(|fault| fault.line == line && fault.found.contains(found));
        assert!(hit, "line {line:?}: {found} is not among\n{error}");
    }
    // and nothing that is sound is blamed
    assert_eq!(error.faults.len(), expected.len(), "{error}");
    assert!(error.to_string().contains("tasks.jsonl:14: "), "{error}");
}

#[test]
fn definitions_are_checked_too() {
    let folder = tiny();
    let path = folder.path().join("suite.toml");
    edit(&path, |text| {
        text.replace("\"tiny\"", "\"../tiny\"")
            .replace("planned = 2", "planned = 0")
            .replace("\"scenes\"", "\"Spatial\"")
            .replace("\"text_alignment\"", "\"text_quality\"")
            .replace("format = 1", "format = 9\nrubrics = \"../mine\"")
    });
    let error = faults_of(folder.path());
    for found in [
        "name = `../tiny`",
        "plans 0",
        "a second category",
        "axes = ",
        "format = 9",
        "rubrics = ",
    ] {
        let hit = error
            .faults
            .iter()
            .any(|fault| fault.file == "suite.toml" && fault.found.contains(found));
        assert!(hit, "{found} is not among\n{error}");
    }
    let line = error
        .faults
        .iter()
        .find(|f| f.found.contains("second"))
        .unwrap()
        .line;
    let text = fs::read_to_string(&path).unwrap();
    let named = text
        .lines()
        .position(|line| line.contains("\"Spatial\""))
        .unwrap()
        + 1;
    assert_eq!(line, Some(named));

    edit(&path, |text| {
        text.replace("version = \"1\"", "verison = \"1\"")
    });
    let error = faults_of(folder.path());
    assert_eq!(error.faults[0].line, Some(4), "{error}");
    assert!(
        error.faults[0].found.contains("unknown field `verison`"),
        "{error}"
    );
}

#[test]
fn rubrics_are_a_name_or_a_folder_inside() {
    let folder = tiny();
    let path = folder.path().join("suite.toml");
    edit(&path, |text| format!("rubrics = \"default\"\n{text}"));
    let suite = load(folder.path()).unwrap();
    assert_eq!(suite.rubrics, Some(RubricSource::Named("default".into())));
    edit(&path, |text| text.replace("\"default\"", "\"rubrics/own\""));
    let suite = load(folder.path()).unwrap();
    let own = folder.path().join("rubrics/own");
    assert_eq!(suite.rubrics, Some(RubricSource::Folder(own)));
}

#[test]
fn the_digest_is_of_content_not_of_layout() {
    let folder = tiny();
    let digest = |folder: &Path| load(folder).unwrap().digest;
    let before = digest(folder.path());
    let tasks = folder.path().join("tasks.jsonl");
    let images = folder.path().join("images");

    // line endings, blank lines, a byte-order mark, comments, file names: the same suite
    edit(&tasks, |text| {
        format!("\u{feff}\n{}", text.replace('\n', "\r\n"))
    });
    edit(&folder.path().join("suite.toml"), |text| {
        format!("# note\nhub = \"a/b\"\n{text}")
    });
    fs::rename(images.join("spatial-000.png"), images.join("renamed.png")).unwrap();
    edit(&tasks, |text| {
        text.replace("images/spatial-000.png", "images/renamed.png")
    });
    assert_eq!(digest(folder.path()), before);

    // a word, a pixel, the order of tasks, the mapping: another suite
    edit(&tasks, |text| text.replace("Task 1:", "Task one:"));
    let worded = digest(folder.path());
    fs::write(
        images.join("renamed.png"),
        picture(16, 77, ImageFormat::Png),
    )
    .unwrap();
    let repainted = digest(folder.path());
    edit(&folder.path().join("suite.toml"), |text| {
        format!("mapping = \"times20\"\n{text}")
    });
    let remapped = digest(folder.path());
    let mut all = vec![before, worded, repainted, remapped];
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4);
}

#[test]
fn a_damaged_picture_is_found_after_a_clean_check() {
    let folder = tiny();
    load(folder.path()).unwrap();
    let path = folder.path().join("images/spatial-001.png");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff; // the header stays sound
    fs::write(&path, bytes).unwrap();
    let error = faults_of(folder.path());
    assert!(
        error.faults[0].found.contains("images/spatial-001.png"),
        "{error}"
    );
}

#[test]
fn one_category_of_the_definition_may_not_be_short() {
    let folder = tiny();
    fs::write(
        folder.path().join("suite.toml"),
        definition(&[("spatial", "edit", 4), CATEGORIES[1]]),
    )
    .unwrap();
    let error = faults_of(folder.path());
    assert_eq!(error.faults.len(), 1, "{error}");
    assert_eq!(error.faults[0].expected, "4, as suite.toml plans");
}

#[test]
fn a_clean_check_is_remembered_by_digest() {
    let folder = tiny();
    let digest = load(folder.path()).unwrap().digest;
    let marker = |digest| format!("cache/suites/{digest}.whole");
    assert!(folder.path().join(marker(digest)).is_file());

    let path = folder.path().join("images/spatial-001.png");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    faults_of(folder.path());
    let none: Vec<_> = fs::read_dir(folder.path().join("cache/suites"))
        .unwrap()
        .collect();
    assert_eq!(none.len(), 1, "a faulty suite leaves no record");
}

#[test]
fn a_cache_that_cannot_be_written_costs_only_time() {
    let folder = tiny();
    let blocked = folder.path().join("a file");
    fs::write(&blocked, "").unwrap();
    load_with(folder.path(), &blocked).unwrap();
    load_with(folder.path(), &blocked).unwrap();
}

/// Computed apart with Python's hashlib and json: a change of the canonical form would
/// make every stored run look like one of another suite.
#[test]
fn the_digest_is_pinned() {
    let folder = tempfile::tempdir().unwrap();
    write_tiny(folder.path(), &[("scenes", "generation", 2)], 8);
    assert_eq!(
        load(folder.path()).unwrap().digest.to_string(),
        "a828e6cedade37b0ec4ef4ddc1c0fef71e58ece1a98984eb616d971b1ffdc603"
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_the_files_hold_is_a_fault_and_no_crash(
        tasks: Vec<u8>,
        line in r#"\{"id":"[a-z/.]{0,3}","(kind|image|target)":("edit"|null|[0-9]{1,3}|\[\{\}\])[,}]{0,2}"#,
        version in "[^\\\\]{0,8}",
    ) {
        let folder = tiny();
        let path = folder.path().join("tasks.jsonl");
        fs::write(&path, tasks).unwrap();
        proptest::prop_assert!(!faults_of(folder.path()).faults.is_empty());
        fs::write(&path, line).unwrap();
        proptest::prop_assert!(!faults_of(folder.path()).faults.is_empty());
        edit(&folder.path().join("suite.toml"), |text| text.replace("\"1\"", &version));
        proptest::prop_assert!(!faults_of(folder.path()).faults.is_empty());
    }
}

/// Pictures, tasks, definition: a link that leaves the suite, or a pipe, is refused; one that stays is not.
#[cfg(unix)]
#[test]
fn links_stay_inside_and_pipes_are_refused() {
    use std::os::unix::fs::symlink;
    let suite = tiny();
    let at = |name: &str| suite.path().join(name);
    let picture = "images/spatial-000.png";
    fs::rename(at(picture), at("images/other.png")).unwrap();
    symlink("other.png", at(picture)).unwrap();
    load(suite.path()).unwrap();

    let elsewhere = tempfile::tempdir().unwrap();
    let outside = elsewhere.path().join("private.png");
    fs::copy(at("images/other.png"), &outside).unwrap();
    let refused = |name: &str, expected: &str| {
        let faults = faults_of(suite.path()).to_string();
        assert!(faults.contains(expected), "{name}: {faults}");
    };
    fs::remove_file(at(picture)).unwrap();
    symlink(&outside, at(picture)).unwrap();
    refused(picture, "outside of the suite's folder");
    fs::remove_file(at(picture)).unwrap();
    let pipe = |path: &Path| {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    };
    pipe(&at(picture));
    refused(picture, "a named pipe");
    for name in ["tasks.jsonl", "suite.toml"] {
        let copy = elsewhere.path().join(name);
        fs::rename(at(name), &copy).unwrap();
        symlink(&copy, at(name)).unwrap();
        refused(name, "outside of");
        fs::remove_file(at(name)).unwrap();
        pipe(&at(name));
        refused(name, "a named pipe");
        fs::remove_file(at(name)).unwrap();
        fs::rename(&copy, at(name)).unwrap();
    }
}
