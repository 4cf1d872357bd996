//! What a terminal shows first: the finding, one table within 80 columns, time and money, the next command.

use std::path::Path;

use crate::cli_world::{World, parabench, stderr, stdout};
use crate::envelope;
use crate::mock_judge::{Fault, MockJudge, Script};

fn shown(folder: &Path, arguments: &[&str]) -> String {
    let output = parabench(folder, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    stdout(&output)
}

fn fits(text: &str) {
    let wide = text.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None, "80 columns in\n{text}");
}

/// A run of six tasks by the oracle.
fn run(folder: &Path, name: &str, model: &str) -> String {
    let arguments = [
        "run", "--suite", "shapes", "--limit", "6", "--judge", "oracle", "--model", model,
        "--name", name,
    ];
    shown(folder, &arguments)
}

#[test]
fn published_results_fit_and_say_first_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let text = shown(folder.path(), &["published"]);
    fits(&text);
    insta::assert_snapshot!("published", text);
    let full = shown(folder.path(), &["published", "--full"]);
    assert!(full.contains("Inconsistent figures") && full.len() > 3 * text.len());
    for source in ["table2", "table10"] {
        let one = shown(folder.path(), &["published", "--source", source]);
        assert!(
            one.contains(&format!("Table {}", source.trim_start_matches("table"))),
            "{one}"
        );
    }
}

#[test]
fn a_plan_begins_with_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let text = shown(
        folder.path(),
        &["power", "--sd", "20", "--difference", "2,5"],
    );
    fits(&text);
    insta::assert_snapshot!("power", text);
    let published = ["--published", "MMaDA-Parallel w/ ParaRL", "Bagel w/ think"];
    fits(&shown(
        folder.path(),
        &[&["power"], &published[..]].concat(),
    ));
    fits(&shown(folder.path(), &["power", "--looks", "0.5,1"]));
}

#[test]
fn a_run_ends_with_result_time_money_and_the_next_command() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(folder.path(), "blank", "control:blank");
    fits(&first);
    let (begins, rest) = first.split_once("\n\n").unwrap();
    let begins = begins.replace('\n', " ");
    assert!(begins.starts_with("blank: "), "{first}");
    assert!(begins.contains("6 tasks, 0 of "), "{first}");
    assert!(
        begins.ends_with("marks missing, scored by oracle"),
        "{first}"
    );
    // A command that is to be copied is never broken.
    assert!(
        rest.ends_with(
            ", $0.00.\nNext: run another model on these tasks, then\n  parabench compare blank --baseline OTHER\n"
        ),
        "{first}"
    );

    let second = run(folder.path(), "truth", "control:truth");
    let last = second.lines().last().unwrap();
    let (_, next) = last.split_once("Next: ").unwrap();
    assert_eq!(next, "parabench compare truth --baseline blank");
    let words: Vec<&str> = next.split(' ').skip(1).collect();
    let compared = shown(folder.path(), &words);
    fits(&compared);
    assert!(
        compared.starts_with("truth scores ") || compared.starts_with("No difference"),
        "{compared}"
    );

    let stored = shown(
        folder.path(),
        &[
            "generate",
            "--suite",
            "shapes",
            "--limit",
            "2",
            "--model",
            "control:blank",
            "--name",
            "stored",
        ],
    );
    let last = stored.lines().last().unwrap();
    assert!(
        last.ends_with("Next: parabench judge stored --judge oracle"),
        "{stored}"
    );
    assert!(
        stored.starts_with("stored: 2 of 2 answers stored, 0 of them lost\n"),
        "{stored}"
    );
}

#[test]
fn what_is_missing_comes_with_the_command_that_asks_again() {
    let world = World::new(2);
    let judge = MockJudge::start(Script::decide(|seen| {
        let chance = u8::from_str_radix(&seen.hash[..2], 16).unwrap();
        (chance % 3 == 0).then_some(Fault::Refusal)
    }));
    let output = world
        .run(&judge.base_url(), "lost")
        .args(["--allow-missing", "1"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let retry = text
        .lines()
        .find(|line| line.starts_with("Retry what is missing: "))
        .unwrap();
    assert!(
        retry.contains("parabench judge ") && retry.ends_with("--retry-missing"),
        "{retry}"
    );
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with("lost: ") && !first.contains(" 0 of "),
        "{text}"
    );
}

#[test]
fn a_rebuttal_is_a_paragraph_and_a_table_of_plain_text() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "blank", "control:blank");
    run(folder.path(), "truth", "control:truth");
    let report = ["report", "truth", "--baseline", "blank", "-o", "out"];
    let text = shown(folder.path(), &[&report[..], &["--rebuttal"]].concat());
    fits(&text);
    insta::assert_snapshot!("rebuttal", text);
    assert!(folder.path().join("out/index.html").is_file());
    let json = shown(
        folder.path(),
        &[&report[..], &["--rebuttal", "--json"]].concat(),
    );
    assert_eq!(envelope::result(&json)["rebuttal"], text);
}

#[test]
fn published_rows_are_chosen_and_verified() {
    let world = crate::rendered::cases::World::trio();
    let table = |rows: &[&str]| {
        let mut arguments = vec!["report", "think", "-o", "out"];
        for row in rows {
            arguments.extend(["--published", row]);
        }
        world.shown(&arguments);
        world.shown(&["verify", "out"]);
        let table = std::fs::read_to_string(world.path("out/table.tex")).unwrap();
        table.matches("(Table ").count()
    };
    let all = table(&[]);
    assert_eq!(table(&["MMaDA-Parallel w/ ParaRL"]), 1);
    assert_eq!(table(&["none"]), 0);
    assert!(all > 5, "{all}");
    let wrong = world.run(&[
        "report",
        "think",
        "-o",
        "out",
        "--published",
        "MMaDA-Paralel w/ ParaRL",
    ]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        stderr(&wrong).contains("did you mean `MMaDA-Parallel w/ ParaRL`"),
        "{}",
        stderr(&wrong)
    );
}

#[test]
fn a_run_that_nobody_named_is_called_by_its_model_so_that_the_interval_fits() {
    let folder = tempfile::tempdir().unwrap();
    let labelled = |model: &str| {
        let arguments = [
            "run", "--suite", "shapes", "--limit", "12", "--judge", "oracle", "--model", model,
        ];
        let text = shown(folder.path(), &arguments);
        let (label, _) = text.split_once(':').unwrap();
        label.to_owned()
    };
    let blank = labelled("control:blank");
    let truth = labelled("control:truth?name=the-right-answers");
    assert!(blank.starts_with("shapes-control-blank-"), "{blank}");
    let text = shown(folder.path(), &["compare", &truth, "--baseline", &blank]);
    fits(&text);
    assert!(text.starts_with("the-right-answers scores "), "{text}");
    assert!(text.contains("  adjusted p\n"), "{text}");
    let told = text.replace('\n', " ");
    let which = format!("Runs: control-blank is {blank}, the-right-answers is {truth}.");
    assert!(told.contains(&which), "{text}");
    // Two runs of one model keep their labels, and so does a run with a name.
    shown(
        folder.path(),
        &[
            "run",
            "--suite",
            "shapes",
            "--limit",
            "12",
            "--judge",
            "oracle",
            "--model",
            "control:blank",
            "--name",
            "mine",
        ],
    );
    let text = shown(folder.path(), &["compare", &blank, "--baseline", "mine"]);
    assert!(text.contains(&blank) && !text.contains("Runs: "), "{text}");
}
