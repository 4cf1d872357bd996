//! `report --audit`: what an audit found stands in the judge's card, and only an audit of this very judge may stand there.

use std::fs;
use std::path::Path;

use parabench::analysis::judges::audit::AuditRecord;

use crate::page_text;
use crate::stranger::{World, text};

/// Two small runs under the oracle, and the audits of it and of its stricter stand-in.
fn world() -> World {
    let world = World::new();
    for (name, model) in [("good", "control:truth"), ("plain", "control:copy-input")] {
        let asked = ["run", "--suite", "shapes", "--limit", "6", "--model", model];
        let how = ["--judge", "oracle", "--name", name, "--no-progress"];
        done(&world, &[&asked[..], &how].concat(), 0);
    }
    for judge in ["oracle", "oracle-strict"] {
        let asked = ["judge-audit", "--judge", judge, "--calls", "60", "-o"];
        let output = world.run(&[&asked[..], &[judge, "--no-progress"]].concat());
        assert!(
            world.path("work").join(judge).join("record.json").is_file(),
            "{}",
            text(&output)
        );
    }
    world
}

fn done(world: &World, arguments: &[&str], code: i32) -> String {
    let output = world.run(arguments);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {}",
        text(&output)
    );
    text(&output)
}

fn report(world: &World, audits: &[&str], code: i32) -> String {
    let mut arguments = vec!["report", "good", "--baseline", "plain", "-o", "page"];
    arguments.extend(audits.iter().flat_map(|audit| ["--audit", *audit]));
    done(world, &arguments, code)
}

#[test]
fn the_verdict_of_an_audit_stands_in_the_card_and_follows_from_its_record() {
    let world = world();
    report(&world, &["oracle"], 0);
    let page = world.path("work/page");
    let read = |name: &str| fs::read_to_string(page.join(name)).unwrap();
    let shown = page_text::of(&read("index.html"));
    for words in [
        "Fit on all 6 axes",
        "sensitivity 100.0 %",
        "false alarms 0.0 %",
        "questions of suite shapes",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(read("report.md").contains("Audit of oracle: Fit on all 6 axes"));
    assert!(read("results.json").contains("\"sensitivity\""));
    assert!(read("report.toml").contains("[[audit]]"));
    done(&world, &["verify", "page"], 0);

    // The copy of the record is a file of the report: without it, or with another, nothing is verified.
    let copy = fs::read_dir(&page)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let copy = copy.filter(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("audit-")
    });
    let copies: Vec<_> = copy.collect();
    let [copy] = copies.as_slice() else {
        panic!("{copies:?}")
    };
    let sound = fs::read_to_string(copy).unwrap();
    fs::write(copy, sound.replacen("\"truth\":5", "\"truth\":4", 1)).unwrap();
    assert!(done(&world, &["verify", "page"], 1).contains("changed after it was written"));
    fs::remove_file(copy).unwrap();
    assert!(done(&world, &["verify", "page"], 1).contains("audit-"));
    fs::write(copy, sound).unwrap();

    // A report without the audit leaves nothing of it.
    report(&world, &[], 0);
    assert!(!copy.exists() && !read("report.toml").contains("[[audit]]"));
    assert!(page_text::of(&read("index.html")).contains("None in this report"));
    done(&world, &["verify", "page"], 0);
}

#[test]
fn an_audit_of_another_judge_or_one_that_was_changed_is_refused() {
    let world = world();
    let said = report(&world, &["oracle-strict"], 2);
    assert!(
        said.contains("oracle-strict") && said.contains("does not belong to this report"),
        "{said}"
    );
    assert!(
        said.contains("the runs were marked by oracle (identity"),
        "{said}"
    );
    let said = report(&world, &["oracle", "oracle"], 2);
    assert!(said.contains("another audit of the same judge"), "{said}");
    let said = report(&world, &["nowhere"], 1);
    assert!(said.contains("nowhere"), "{said}");

    let folder = world.path("work/oracle");
    let change = |name: &str, change: &dyn Fn(&str) -> String, expected: &str| {
        let path = folder.join(name);
        let sound = fs::read_to_string(&path).unwrap();
        let other = change(&sound);
        assert_ne!(other, sound, "{name}");
        fs::write(&path, other).unwrap();
        let said = report(&world, &["oracle"], 1);
        assert!(said.contains(expected), "{name}: {expected}: {said}");
        fs::write(&path, sound).unwrap();
    };
    let changed = "it was changed after";
    change(
        "record.json",
        &|text| text.replacen("\"truth\":5", "\"truth\":4", 1),
        changed,
    );
    change(
        "record.json",
        &|text| text[..text.len() / 2].to_owned(),
        "record.json",
    );
    change(
        "record.json",
        &|text| text.replacen("\"schema\":1", "\"schema\":2", 1),
        "of schema 2, expected",
    );
    change(
        "audit.json",
        &|text| text.replacen("\"fit\"", "\"unfit\"", 1),
        changed,
    );
    change(
        "index.html",
        &|text| text.replacen("fit", "unfit", 1),
        changed,
    );
    fs::remove_file(folder.join("record.json")).unwrap();
    assert!(report(&world, &["oracle"], 1).contains("made by an earlier version"));
    fs::remove_file(folder.join("audit.json")).unwrap();
    let said = report(&world, &["oracle"], 1);
    assert!(
        said.contains(
            "no such file; the record of an audit is written by `parabench judge-audit -o DIR`"
        ),
        "{said}"
    );
}

#[test]
fn a_sealed_record_that_contradicts_itself_is_refused() {
    let world = world();
    let folder = world.path("work/oracle");
    let record = AuditRecord::read_folder(&folder).unwrap();
    let refused = |record: &AuditRecord, expected: &str| {
        let path = Path::new(&folder).join("other.json");
        record.write(&path).unwrap();
        let said = AuditRecord::read(&path).unwrap_err().to_string();
        assert!(said.contains(expected), "{expected}: {said}");
    };
    let mut none = record.clone();
    none.calls.clear();
    refused(&none, "0 calls, expected 1 to");
    let mut odd = record.clone();
    odd.thresholds.noise = 9.0;
    refused(&odd, "noise = 9");
    let mut outside = record.clone();
    let digest = record.digest();
    outside.files.insert("../audit.json".to_owned(), digest);
    outside.write(&folder.join("record.json")).unwrap();
    let said = AuditRecord::read_folder(&folder).unwrap_err().to_string();
    assert!(said.contains("leaves the folder"), "{said}");
}

#[test]
fn the_experiment_file_names_audits() {
    let world = world();
    let file = r#"suite = "shapes"
judges = ["oracle"]
limit = 6
[[model]]
name = "good"
spec = "control:truth"
[[model]]
name = "plain"
spec = "control:copy-input"
[report]
output = "page"
baselines = ["plain"]
audits = ["oracle"]
"#;
    world.write("work/parabench.toml", file);
    done(&world, &["report"], 0);
    let plan = fs::read_to_string(world.path("work/page/report.toml")).unwrap();
    assert!(plan.contains("--audit oracle"), "{plan}");
}
