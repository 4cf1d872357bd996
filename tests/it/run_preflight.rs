//! What is found out before anything is loaded, asked, paid or made.

use crate::cli_world::{World, stderr};
use crate::mock_judge::{MockJudge, Script};

#[test]
fn options_that_would_do_nothing_are_refused() {
    let world = World::new(2);
    std::fs::write(world.path("empty.toml"), "# nothing yet\n").unwrap();
    let judge = MockJudge::start(Script::honest());
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--trajectory", "every=2"], 2, "shows no steps"),
        (&["--declare", "empty.toml"], 1, "declares nothing"),
        (&["--rubrics", "nowhere"], 2, "nowhere"),
        (
            &["--judge", "nowhere/gpt-4.1.toml"],
            2,
            "`gpt-4.1` is built in",
        ),
        (
            &["--judge", "nowhere/mine.toml"],
            1,
            "the judge profile cannot be read: nowhere/mine.toml: ",
        ),
    ];
    for (arguments, code, words) in cases {
        let mut command = world.run(&judge.base_url(), "r");
        let output = command.args(arguments).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{words} is not in {said}");
        // The cause stands there once.
        assert!(said.matches("No such file").count() <= 1, "{said}");
    }
    assert_eq!(judge.requests(), 0);
    assert!(!world.path("results").exists());
    assert!(
        world
            .run(&judge.base_url(), "first")
            .status()
            .unwrap()
            .success()
    );
    let asked = judge.requests();
    let mut command = world.command(&judge.base_url());
    let again = [
        "generate",
        "--suite",
        "suite/",
        "--model",
        "replay:results/first?layout=flat",
    ];
    let output = command.args(again).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("leave out layout="),
        "{}",
        stderr(&output)
    );
    let oracle = [
        "run",
        "--suite",
        "shapes",
        "--model",
        "control:blank",
        "--judge",
        "oracle",
    ];
    let mut command = world.command(&judge.base_url());
    let output = command
        .args(oracle)
        .args(["--rubrics", "default", "--limit", "1"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("--rubrics"), "{}", stderr(&output));
    assert_eq!(judge.requests(), asked);
}

#[test]
fn folders_that_cannot_be_written_are_told_before_anything_is_asked() {
    let world = World::new(2);
    std::fs::write(world.path("taken"), "a file").unwrap();
    let judge = MockJudge::start(Script::honest());
    let refused = |arguments: &[&str], words: &str| {
        let mut command = world.command(&judge.base_url());
        let output = command.args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let said = stderr(&output);
        assert!(said.contains("taken") && said.contains(words), "{said}");
    };
    let mut run = world.run(&judge.base_url(), "r");
    let output = run.args(["--results", "taken"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("--results"), "{}", stderr(&output));
    let audit = ["judge-audit", "--judge", "judge.toml", "--calls", "60"];
    refused(&[&audit[..], &["-o", "taken/audit"]].concat(), "--output");
    refused(
        &[&audit[..], &["--save-anchors", "taken/a"]].concat(),
        "--save-anchors",
    );
    assert_eq!(judge.requests(), 0);
    assert!(
        world
            .run(&judge.base_url(), "r")
            .status()
            .unwrap()
            .success()
    );
    refused(&["report", "r", "-o", "taken"], "--output");
    let left: Vec<_> = std::fs::read_dir(world.folder.path()).unwrap().collect();
    let hidden = |entry: &std::io::Result<std::fs::DirEntry>| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with('.')
    };
    assert!(!left.iter().any(hidden), "{left:?}");
}
