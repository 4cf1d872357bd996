//! Rules of reading replies are part of a judge: runs from before they had a number resume, and say so.

use std::fs;
use std::process::Output;

use parabench::run::folder::names;
use parabench::run::manifest::Manifest;

use crate::cli_world::{World, stderr};
use crate::mock_judge::{MockJudge, Script};

const NOTE: &str = "before the rules for reading replies had a number";

fn manifest(world: &World, name: &str) -> Manifest {
    Manifest::read(&world.run_folder(name).join(names::MANIFEST)).unwrap()
}

/// Makes a run look as earlier versions left it.
fn make_old(world: &World, name: &str) {
    let mut old = manifest(world, name);
    let judge = old.judges.first_mut().unwrap();
    assert_eq!(
        judge.identity.details.remove("reading").as_deref(),
        Some("2")
    );
    judge.digest = judge.identity.digest();
    old.write(&world.run_folder(name).join(names::MANIFEST))
        .unwrap();
}

#[test]
fn a_run_from_before_resumes_and_what_was_mixed_is_known() {
    let world = World::new(3);
    let endpoint = MockJudge::start(Script::honest());
    let sit = |name: &str| -> Output {
        let output = world.run(&endpoint.base_url(), name).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        output
    };
    for name in ["a", "b"] {
        sit(name);
        make_old(&world, name);
    }
    let before = fs::read_to_string(world.run_folder("a").join(names::MANIFEST)).unwrap();
    let scores = world.scores("a");

    // Nothing is missing: the run says what it is and stays as it is.
    assert!(stderr(&sit("a")).contains(NOTE));
    let after = fs::read_to_string(world.run_folder("a").join(names::MANIFEST)).unwrap();
    assert_eq!(before, after);
    let compare = |more: &[&str]| {
        let mut command = world.command(&endpoint.base_url());
        command.args(["compare", "a", "--baseline", "b"]).args(more);
        command.output().unwrap()
    };
    let output = compare(&[]);
    assert!(output.status.success(), "{}", stderr(&output));

    // A mark is missing: it is made under the present rules, and run.toml says that both were used.
    let log = world.run_folder("a").join(names::JUDGMENTS);
    let lines = fs::read_to_string(&log).unwrap();
    let cut = lines.trim_end().rfind('\n').unwrap() + 1;
    fs::write(&log, &lines[..cut]).unwrap();
    assert!(stderr(&sit("a")).contains(NOTE));
    assert_eq!(world.scores("a"), scores);
    let mixed = manifest(&world, "a");
    assert_eq!(mixed.judges[0].reading(), Some("unnumbered; then 2"));
    assert_eq!(mixed.judges[0].identity.details.get("reading"), None);
    let output = compare(&[]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("reading"), "{}", stderr(&output));
    assert!(compare(&["--force-judge"]).status.success());

    // Under another name all marks follow the present rules.
    let mut command = world.command(&endpoint.base_url());
    command.args([
        "judge",
        "a",
        "--suite",
        "suite/",
        "--judge",
        "again=judge.toml",
        "--no-progress",
    ]);
    let output = command.output().unwrap();
    assert!(
        output.status.success() && !stderr(&output).contains(NOTE),
        "{}",
        stderr(&output)
    );
    assert_eq!(manifest(&world, "a").judges[1].reading(), Some("2"));
}

#[test]
fn a_judge_without_a_mark_gets_the_number() {
    let world = World::new(2);
    let refusing = MockJudge::start(Script::always(crate::mock_judge::Fault::ContentFilter));
    let output = world.run(&refusing.base_url(), "r").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    make_old(&world, "r");
    let honest = MockJudge::start(Script::honest());
    let output = world.run(&honest.base_url(), "r").output().unwrap();
    assert!(
        output.status.success() && !stderr(&output).contains(NOTE),
        "{}",
        stderr(&output)
    );
    assert_eq!(manifest(&world, "r").judges[0].reading(), Some("2"));
}
