//! `parabench verify`: every number of a report follows from its runs, and one altered digit does not.

use crate::cli_world::parabench;
use crate::findings_of;

use std::fs;
use std::path::{Path, PathBuf};

use parabench::command::verify::verify;
use parabench::report::kit::render;
use parabench::report::verify::check;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder with runs in `results` and a report in `reports/r`.
fn reported() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    findings_of::trio(&folder.path().join("results"));
    let output = parabench(
        folder.path(),
        &[
            "report",
            "bagel-think",
            "bagel-nothink",
            "--baseline",
            "base",
            "-o",
            "reports/r",
        ],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report = folder.path().join("reports/r");
    (folder, report)
}

#[test]
fn a_report_of_an_earlier_edition_says_how_to_write_it_again() {
    let (folder, report) = reported();
    let plan = report.join("report.toml");
    let words = fs::read_to_string(&plan).unwrap();
    let earlier: Vec<&str> = words
        .lines()
        .filter(|line| !line.starts_with("edition"))
        .collect();
    assert_eq!(earlier.len() + 1, words.lines().count());
    fs::write(&plan, earlier.join("\n") + "\n").unwrap();
    let page = report.join("index.html");
    let old = fs::read_to_string(&page).unwrap().replace("Checks", "");
    fs::write(&page, old.replacen("<h2", "<h3", 1)).unwrap();
    let output = parabench(folder.path(), &["verify", "reports/r"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    let (_, notice) = said.split_once("The report is of another edition").unwrap();
    assert!(
        notice.contains("parabench report ") && notice.contains("-o reports/r"),
        "{said}"
    );
}

/// Offsets of all digits.
fn digits(text: &str) -> Vec<usize> {
    let digit = |(at, byte): (usize, &u8)| byte.is_ascii_digit().then_some(at);
    text.as_bytes()
        .iter()
        .enumerate()
        .filter_map(digit)
        .collect()
}

/// The text with another digit at an offset.
fn altered(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = b'0' + (bytes[at] - b'0' + 1) % 10;
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_report_follows_from_its_runs_and_one_altered_digit_in_any_file_does_not() {
    let (folder, report) = reported();
    let output = parabench(folder.path(), &["verify", "reports/r"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    assert!(text(&output.stdout).contains("numbers follow from the runs"));
    let svg = fs::read_dir(report.join("figures")).unwrap().flatten();
    let svg = svg.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let svg = svg.filter(|name| name.ends_with(".svg")).min().unwrap();
    let files = [
        "table.tex",
        "significance.tex",
        "methods.tex",
        "results.csv",
        "results.json",
        "report.md",
        "index.html",
        "report.toml",
    ];
    let files = files
        .map(str::to_owned)
        .into_iter()
        .chain([format!("figures/{svg}")]);
    for (number, name) in files.enumerate() {
        let path = report.join(&name);
        let sound = fs::read_to_string(&path).unwrap();
        let places = digits(&sound);
        // Any digit will do; this one is taken from the middle, elsewhere in each file.
        let at = places[places.len() * (3 + number) / 13];
        fs::write(&path, altered(&sound, at)).unwrap();
        match verify(&report, None, None) {
            Ok(outcome) => {
                assert!(!outcome.holds, "{name}: offset {at} was altered");
                let named = outcome
                    .files
                    .iter()
                    .any(|file| !file.holds() && file.file.ends_with(&*name));
                assert!(
                    named || name == "report.toml",
                    "{name} is not named: {:?}",
                    outcome.files
                );
            }
            // A digest that is none, or a run that is nowhere, cannot even be read: the plan is named.
            Err(error) => assert!(
                format!("{error:#}").contains("report.toml"),
                "{name}: {error:#}"
            ),
        }
        fs::write(&path, sound).unwrap();
    }
    assert!(verify(&report, None, None).unwrap().holds);
}

#[test]
fn the_place_of_an_altered_digit_is_printed() {
    let (folder, report) = reported();
    let path = report.join("results.csv");
    let sound = fs::read_to_string(&path).unwrap();
    let line = sound
        .lines()
        .position(|line| line.starts_with("difference,"))
        .unwrap();
    let cell = sound
        .lines()
        .nth(line)
        .unwrap()
        .split(',')
        .nth(6)
        .unwrap()
        .to_owned();
    let wrong = altered(&cell, digits(&cell)[0]);
    let lines: Vec<String> = sound
        .lines()
        .enumerate()
        .map(|(n, text)| {
            if n == line {
                text.replacen(&cell, &wrong, 1)
            } else {
                text.to_owned()
            }
        })
        .collect();
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let output = parabench(folder.path(), &["verify", "reports/r"]);
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output.stdout);
    assert!(
        printed.contains("WRONG results.csv: 1 difference"),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("line {}, column", line + 1)),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("points): found {wrong}, expected {cell}")),
        "{printed}"
    );
}

#[test]
fn every_digit_of_every_file_counts() {
    let folder = tempfile::tempdir().unwrap();
    let [with, without, base] = findings_of::trio(folder.path());
    let files = render(&findings_of::of(&[&with, &without], &[&base])).unwrap();
    for file in files {
        let places = digits(&file.text);
        let step = (places.len() / 150).max(1);
        for &at in places.iter().step_by(step) {
            let checked = check(file.name, &file.text, &altered(&file.text, at));
            let line = file.text[..at].matches('\n').count() + 1;
            let found: Vec<Option<usize>> = checked.discrepancies.iter().map(|d| d.line).collect();
            assert_eq!(found, [Some(line)], "{}: offset {at}", file.name);
            let there = &checked.discrepancies[0];
            assert_ne!(there.found, there.expected);
            assert!(checked.numbers > 0);
        }
    }
}

#[test]
fn runs_that_changed_since_are_named() {
    let (folder, report) = reported();
    let scores = folder.path().join("results/base/scores.csv");
    let sound = fs::read_to_string(&scores).unwrap();
    let wrong = sound.replacen(",3,ok", ",5,ok", 1);
    assert_ne!(wrong, sound);
    fs::write(&scores, wrong).unwrap();
    let outcome = verify(&report, None, None).unwrap();
    assert!(!outcome.holds);
    let first = &outcome.files[0];
    assert_eq!(first.file, "base/scores.csv", "{first:?}");
    assert!(!first.holds());
    assert_eq!(
        outcome.without_logs.len(),
        3,
        "these runs have no logs, which is said"
    );
}

#[test]
fn a_run_that_another_judge_has_marked_since_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let done = |arguments: &[&str]| {
        let output = parabench(folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    for control in ["blank", "truth"] {
        done(&[
            "run",
            "--suite",
            "shapes",
            "--limit",
            "6",
            "--judge",
            "oracle",
            "--name",
            control,
            "--model",
            &format!("control:{control}"),
        ]);
    }
    done(&["report", "truth", "--baseline", "blank", "-o", "r"]);
    done(&["verify", "r"]);
    done(&["judge", "truth", "--judge", "oracle-strict"]);
    let output = parabench(folder.path(), &["verify", "r"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    for part in [
        "changed since the report was written (truth/judgments.jsonl, truth/run.toml, truth/scores.csv)",
        "--judge NAME",
        "`parabench report truth --baseline blank -o r`",
        "several judges",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn runs_elsewhere_are_found_only_where_one_says() {
    let (folder, report) = reported();
    fs::rename(folder.path().join("results"), folder.path().join("moved")).unwrap();
    let error = format!("{:#}", verify(&report, None, None).unwrap_err());
    assert!(
        error.contains("--results") && error.contains("bagel-think"),
        "{error}"
    );
    let outcome = verify(&report, Some(&folder.path().join("moved")), None).unwrap();
    assert!(
        outcome.holds,
        "{:?}",
        outcome.files.iter().find(|file| !file.holds())
    );
}

#[test]
fn a_folder_without_a_report_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let error = format!("{:#}", verify(folder.path(), None, None).unwrap_err());
    assert!(
        error.contains("is not a report") && error.contains("`parabench report RUN"),
        "{error}"
    );
    fs::create_dir(folder.path().join("report.toml")).unwrap();
    let error = format!("{:#}", verify(folder.path(), None, None).unwrap_err());
    assert_eq!(
        error.matches("a regular file is expected").count(),
        1,
        "{error}"
    );
}

/// The report of a run with pictures, on few tasks of the bundled picture world.
fn with_pictures() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let done = |arguments: &[&str]| {
        let output = parabench(folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    for (name, model) in [("truth", "control:truth"), ("copy", "control:copy-input")] {
        let run = [
            "run", "--suite", "shapes", "--limit", "6", "--judge", "oracle",
        ];
        let own = ["--model", model, "--name", name, "--no-progress"];
        done(&[&run[..], &own].concat());
    }
    done(&["report", "truth", "--baseline", "copy", "-o", "reports/r"]);
    let report = folder.path().join("reports/r");
    (folder, report)
}

/// The files that do not hold, as `verify` prints them, and its exit code.
fn wrong_files(folder: &Path) -> (Option<i32>, Vec<String>) {
    let output = parabench(folder, &["verify", "reports/r"]);
    let printed = text(&output.stdout);
    let wrong = printed
        .lines()
        .filter_map(|line| line.strip_prefix("WRONG "));
    let names = wrong.filter_map(|line| Some(line.split_once(": ")?.0.to_owned()));
    (output.status.code(), names.collect())
}

/// Small pictures lie in a warm cache all the time: the run's own pictures count.
#[test]
fn a_picture_of_a_run_that_is_not_what_it_was_is_named() {
    let (folder, _report) = with_pictures();
    let images = folder.path().join("results/truth/images");
    let mut names: Vec<PathBuf> = fs::read_dir(&images)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let [first, second, ..] = names.as_slice() else {
        panic!("two pictures at least")
    };
    let sound = fs::read(first).unwrap();
    let named = format!(
        "truth/images/{}",
        first.file_name().unwrap().to_string_lossy()
    );
    assert_eq!(wrong_files(folder.path()), (Some(0), Vec::new()));
    let spoil: [(&str, &dyn Fn()); 3] = [
        ("replaced by another picture", &|| {
            fs::copy(second, first).unwrap();
        }),
        ("altered", &|| {
            let mut bytes = sound.clone();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(first, bytes).unwrap();
        }),
        ("missing", &|| fs::remove_file(first).unwrap()),
    ];
    for (how, spoil) in spoil {
        spoil();
        assert_eq!(
            wrong_files(folder.path()),
            (Some(1), vec![named.clone()]),
            "{how}"
        );
        fs::write(first, &sound).unwrap();
    }
    assert_eq!(wrong_files(folder.path()), (Some(0), Vec::new()));
}

#[test]
fn files_that_are_not_of_the_report_are_named() {
    let (folder, report) = reported();
    for name in ["table2.tex", "figures/more.svg", "images/deep/er.png"] {
        let path = report.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x").unwrap();
        assert_eq!(wrong_files(folder.path()), (Some(1), vec![name.to_owned()]));
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(wrong_files(folder.path()), (Some(0), Vec::new()));
}

/// A report in the place of an earlier one leaves nothing of it, but what somebody changed.
#[test]
fn a_later_report_takes_the_place_of_an_earlier_one() {
    let (folder, report) = reported();
    let figures = |report: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(report.join("figures")).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let before = figures(&report);
    let output = parabench(folder.path(), &["report", "base", "-o", "reports/r"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(figures(&report).len() < before.len());
    assert_eq!(wrong_files(folder.path()), (Some(0), Vec::new()));
}
