//! What every command has in common: help, suggestions for wrong names, the form of `--json`, completions, manual pages.

use std::process::Command;

use crate::cli_world::{parabench, stderr, stdout};
use crate::envelope;

/// Every command that does something by itself.
const COMMANDS: [&str; 27] = [
    "demo",
    "run",
    "generate",
    "judge",
    "merge",
    "judge-audit",
    "judge-bridge",
    "label",
    "compare",
    "leaderboard",
    "report",
    "verify",
    "thinking",
    "trajectory",
    "power",
    "published",
    "export-results",
    "list",
    "suite",
    "runs",
    "cache",
    "export",
    "doctor",
    "bench-model",
    "shapes",
    "completions",
    "man",
];

#[test]
fn short_help_is_grouped_and_fits_and_long_help_says_more() {
    let folder = tempfile::tempdir().unwrap();
    let top = stdout(&parabench(folder.path(), &["-h"]));
    for command in COMMANDS {
        assert!(
            top.contains(&format!("\n  {command} ")),
            "{command} in\n{top}"
        );
        let [short, long] = ["-h", "--help"].map(|flag| {
            let output = parabench(folder.path(), &[command, flag]);
            assert!(output.status.success());
            stdout(&output)
        });
        assert!(short.contains("\nGeneral:\n"), "{short}");
        assert!(!short.contains("\nOptions:\n"), "{short}");
        if command != "man" {
            assert!(short.contains("\nExamples:\n  parabench "), "{short}");
        }
        assert!(long.len() > short.len(), "{command}");
        let wide = short.lines().find(|line| {
            let free = line.starts_with("Usage") || line.starts_with("  parabench");
            !free && line.chars().count() > 80
        });
        assert_eq!(wide, None, "{command}");
    }
}

#[test]
fn help_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(
        "help_of_run",
        stdout(&parabench(folder.path(), &["run", "-h"]))
    );
    insta::assert_snapshot!("help", stdout(&parabench(folder.path(), &["-h"])));
}

#[test]
fn a_wrong_name_gets_the_nearest_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let run = |suite, model, judge| {
        vec![
            "run", "--suite", suite, "--model", model, "--judge", judge, "--limit", "2",
        ]
    };
    for (arguments, code, said) in [
        (vec!["compre"], 2, "did you mean `compare`?"),
        (vec!["compare", "--basline", "x"], 2, "'--baseline'"),
        (
            run("shaeps", "control:truth", "oracle"),
            2,
            "unknown suite `shaeps`; did you mean `shapes`?",
        ),
        (
            run("shapes", "control:truth", "gtp-4.1"),
            2,
            "did you mean `gpt-4.1`? (all: `parabench list judges`)",
        ),
        (
            run("shapes", "control:truth", "orcale"),
            2,
            "did you mean `oracle`",
        ),
        (
            run("shapes", "contrl:truth", "oracle"),
            2,
            "unknown kind of model `contrl`; did you mean `control`?",
        ),
        (
            run("shapes", "control:truht", "oracle"),
            2,
            "unknown control `truht`; did you mean `truth`?",
        ),
        (
            run("shapes", "control:truth?eror=0.5", "oracle"),
            2,
            "unknown option `eror`; did you mean `error`?",
        ),
        (
            vec!["thinking", "--axis", "image_alignement"],
            2,
            "did you mean `image_alignment`?",
        ),
        (
            vec!["published", "--source", "tabel2"],
            2,
            "unknown table `tabel2`; did you mean `table2`?",
        ),
        (
            vec!["power", "--published", "MMaDA-Paralel", "BAGEL"],
            2,
            "unknown published model",
        ),
        (
            vec!["cache", "clear", "thumbnail"],
            2,
            "unknown part of the cache `thumbnail`",
        ),
        (
            vec!["suite", "show", "paarbench"],
            2,
            "did you mean `parabench`?",
        ),
        (
            vec!["published", "--suite", "krs"],
            2,
            "did you mean `kris`?",
        ),
        (
            vec!["power", "--sd", "20", "--axis", "overal"],
            2,
            "did you mean `overall`?",
        ),
        (vec!["list", "juges"], 2, "'judges'"),
        (
            vec!["judg", "x"],
            2,
            "error: unknown command `judg`; did you mean `judge`? (all: `parabench -h`)",
        ),
        (
            vec!["runs", "lst"],
            2,
            "unknown command `lst`; did you mean `list`? (all: `parabench runs -h`)",
        ),
        (
            vec!["demo", "--limit", "many"],
            2,
            "expected a number of tasks",
        ),
        (
            vec!["label", "a", "-o", "x", "-n", "many"],
            2,
            "a whole number is expected",
        ),
    ] {
        let output = parabench(folder.path(), &arguments);
        let err = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {err}");
        assert!(err.contains(said), "{arguments:?}: {err}");
        assert!(!err.contains("?."), "{arguments:?}: {err}");
    }
}

#[test]
fn a_wrong_run_gets_the_nearest_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let made = parabench(
        folder.path(),
        &[
            "generate",
            "--suite",
            "shapes",
            "--model",
            "control:blank",
            "--limit",
            "2",
            "--name",
            "mine",
        ],
    );
    assert!(made.status.success(), "{}", stderr(&made));
    let err = stderr(&parabench(
        folder.path(),
        &["judge", "mien", "--judge", "oracle"],
    ));
    assert!(
        err.contains("unknown run `mien`; did you mean `mine`?"),
        "{err}"
    );
    let err = stderr(&parabench(
        folder.path(),
        &["judge", "zzz", "--judge", "oracle"],
    ));
    assert!(
        err.contains("unknown run `zzz`; expected one of: mine; looked in results"),
        "{err}"
    );
}

#[test]
fn json_has_one_form_with_a_result_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, name) in [
        (vec!["list", "judges"], "list"),
        (vec!["published"], "published"),
        (vec!["power", "--sd", "20"], "power"),
        (vec!["thinking"], "thinking"),
        (vec!["suite", "list"], "suite list"),
        (vec!["suite", "check", "shapes"], "suite check"),
        (vec!["runs", "list"], "runs list"),
        (vec!["cache", "du"], "cache du"),
        (vec!["completions", "bash"], "completions"),
        (vec!["man", "man"], "man"),
    ] {
        let output = parabench(folder.path(), &[&arguments[..], &["--json"]].concat());
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            stderr(&output)
        );
        let printed = envelope::printed(&output.stdout);
        assert_eq!(printed["command"], name);
        assert!(!printed["result"].is_null(), "{arguments:?}");
    }
    for (arguments, name, code, message) in [
        (
            vec!["--json", "compare", "a", "--baseline", "b"],
            "compare",
            1,
            "unknown run `a`",
        ),
        (
            vec!["suite", "check", "nothing", "--json"],
            "suite check",
            2,
            "unknown suite `nothing`",
        ),
        (vec!["compare", "--json", "a"], "compare", 2, "--baseline"),
        (vec!["compre", "--json"], "", 2, "compre"),
        (vec!["export", "nothing", "--json"], "export", 1, "nothing"),
    ] {
        let output = parabench(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let printed = envelope::printed(&output.stdout);
        assert_eq!(printed["command"], name);
        let error = &printed["error"];
        assert_eq!(error["exit_code"], code, "{error}");
        let told = format!("{} {}", error["message"], error["causes"]);
        assert!(told.contains(message), "{told}");
        assert!(stderr(&output).starts_with("error: "), "{arguments:?}");
    }
}

#[test]
fn completions_and_manual_pages_cover_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = stdout(&parabench(folder.path(), &["completions", shell]));
        for word in COMMANDS
            .iter()
            .chain(&["--baseline", "--max-cost", "judges"])
        {
            let bare = word.trim_start_matches("--");
            assert!(script.contains(bare), "{shell}: {word}");
        }
    }
    let output = parabench(folder.path(), &["man", "pages"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for command in COMMANDS {
        let page = folder
            .path()
            .join("pages")
            .join(format!("parabench-{command}.1"));
        let page = std::fs::read_to_string(&page)
            .unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        assert!(page.contains(".SH SYNOPSIS"), "{command}");
    }
    let nested =
        std::fs::read_to_string(folder.path().join("pages/parabench-suite-import.1")).unwrap();
    assert!(nested.contains("instruction"), "{nested}");
    // The same program writes the same bytes.
    let again = parabench(folder.path(), &["man", "again"]);
    assert!(again.status.success());
    let page = |of: &str| std::fs::read(folder.path().join(of).join("parabench-run.1")).unwrap();
    assert_eq!(page("pages"), page("again"));
}

#[test]
fn bash_reads_its_completions() {
    let folder = tempfile::tempdir().unwrap();
    let script = stdout(&parabench(folder.path(), &["completions", "bash"]));
    let asked = format!(
        "{script}\nCOMP_WORDS=(parabench compare --base); COMP_CWORD=2; _parabench parabench --base compare; \
         echo \"${{COMPREPLY[@]}}\""
    );
    let Ok(output) = Command::new("bash").args(["--norc", "-c", &asked]).output() else {
        println!("bash is not here: its completions are not tried");
        return;
    };
    assert_eq!(stdout(&output).trim(), "--baseline", "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_text_is_wrong_usage() {
    use std::os::unix::ffi::OsStrExt as _;

    let folder = tempfile::tempdir().unwrap();
    let strange = std::ffi::OsStr::from_bytes(b"a\xff");
    for before in [&[][..], &["--json"][..], &["runs"][..]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_parabench"))
            .current_dir(folder.path())
            .args(before)
            .arg(strange)
            .output()
            .unwrap();
        let err = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{before:?}: {err}");
        assert!(err.starts_with("error: "), "{before:?}: {err}");
    }
}
