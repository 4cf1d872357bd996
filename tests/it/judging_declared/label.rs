//! Pages on which people mark answers to suites that declare their axes: what a judge of the axis would see, on its scale.

use std::fs;
use std::process::Output;

use serde_json::Value;

use super::{MARKS, marks, run, world};
use crate::cli_world::{World, files_below, stderr, stdout};
use crate::envelope;
use crate::mock_judge::MockJudge;

/// Two runs of different models on the suite.
fn two_runs() -> (World, MockJudge) {
    let world = world();
    let judge = MockJudge::start(marks(MARKS));
    assert!(run(&world, &judge, "a").status.success());
    copy_answers(&world);
    let mut other = world.command(&judge.base_url());
    other.args(["run", "--suite", "suite/", "--model", "replay:others"]);
    other.args(["--judge", "judge.toml", "--name", "b", "--no-progress"]);
    assert!(other.output().unwrap().status.success());
    (world, judge)
}

/// The same answers under another name, that of another model.
pub(super) fn copy_answers(world: &World) {
    fs::create_dir(world.path("others")).unwrap();
    for file in files_below(&world.path("answers")) {
        let name = file.file_name().unwrap();
        fs::copy(&file, world.path("others").join(name)).unwrap();
    }
}

fn label(world: &World, judge: &MockJudge, arguments: &[&str]) -> Output {
    let mut command = world.command(&judge.base_url());
    command.args(["label", "a", "b", "--suite", "suite/", "-o", "labels.html"]);
    command.args(arguments).output().unwrap()
}

/// The cards of the page, by axis.
fn cards(world: &World) -> Vec<Value> {
    let page = fs::read_to_string(world.path("labels.html")).unwrap();
    let data = page.split("id=\"data\"").nth(1).unwrap();
    let json = data
        .split_once('>')
        .unwrap()
        .1
        .split_once("</script>")
        .unwrap()
        .0;
    serde_json::from_str(json).unwrap()
}

fn of<'a>(cards: &'a [Value], axis: &str) -> Vec<&'a Value> {
    cards.iter().filter(|card| card["axis"] == axis).collect()
}

#[test]
fn people_see_what_a_judge_sees_and_mark_on_its_scale() {
    let (world, judge) = two_runs();
    let output = label(&world, &judge, &["-n", "10"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let cards = cards(&world);
    // All axes that judges mark: two of ten tasks, the third of four.
    assert_eq!(
        [
            of(&cards, "sc").len(),
            of(&cards, "pq").len(),
            of(&cards, "truth").len()
        ],
        [10, 10, 4]
    );
    let picture = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.starts_with("data:image/"))
    };
    for card in of(&cards, "sc") {
        assert!(
            card["instruction"]
                .as_str()
                .unwrap()
                .starts_with("INSTRUCTION-")
        );
        assert_eq!(card["inputs"].as_array().unwrap().len(), 1);
        assert_eq!(card["inputs"][0]["label"], "Input image");
        assert!(picture(&card["inputs"][0]["picture"]));
        assert_eq!(card["marks"]["buttons"].as_array().unwrap().len(), 11);
        assert_eq!(
            (&card["reference"], &card["answers"][0]["reasoning"]),
            (&Value::Null, &Value::Null)
        );
    }
    for card in of(&cards, "pq") {
        assert_eq!(
            (&card["instruction"], &card["reference"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(card["inputs"].as_array().unwrap().len(), 0);
        let buttons = card["marks"]["buttons"].as_array().unwrap();
        assert_eq!((buttons.len(), &buttons[9]), (21, &Value::from("4.5")));
        assert!(
            card["question"]
                .as_str()
                .unwrap()
                .contains("Perceptual quality")
        );
        assert_eq!(card["answers"].as_array().unwrap().len(), 2);
        assert!(
            card["answers"]
                .as_array()
                .unwrap()
                .iter()
                .all(|answer| picture(&answer["output"]))
        );
    }
    for card in of(&cards, "truth") {
        assert!(
            card["reference"]
                .as_str()
                .unwrap()
                .starts_with("REFERENCE-facts")
        );
        assert!(
            card["answers"][0]["reasoning"]
                .as_str()
                .unwrap()
                .starts_with("REASONING-facts")
        );
        assert_eq!(card["marks"]["buttons"], serde_json::json!(["0", "1"]));
        assert_eq!(card["inputs"].as_array().unwrap().len(), 0);
    }
    let page = fs::read_to_string(world.path("labels.html")).unwrap();
    assert!(!page.contains("TARGET") && !page.contains("others"));
    assert!(page.contains("on the scale that stands below its question"));
}

#[test]
fn what_people_gave_is_read_on_the_scale_of_the_axis() {
    let (world, judge) = two_runs();
    let named = [
        "-n",
        "4",
        "--axis",
        "pq",
        "--question",
        "pq=Well painted?",
        "--scale",
        "0..1",
        "--step",
        "0.5",
    ];
    let output = label(&world, &judge, &named);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(
        said.contains("--human-scale 0..1 --human-step 0.5"),
        "{said}"
    );
    let cards = cards(&world);
    assert_eq!(cards.len(), of(&cards, "pq").len());
    assert_eq!(cards[0]["question"], "Well painted?");
    assert_eq!(
        cards[0]["marks"]["buttons"],
        serde_json::json!(["0", "0.5", "1"])
    );

    let compare = |score: &str, more: &[&str]| {
        let mut csv = "task,model,axis,rater,score\n".to_owned();
        for number in 0..6 {
            for model in ["answers", "others"] {
                csv += &format!("plain-{number},{model},pq,ann,{score}\n");
            }
        }
        fs::write(world.path("labels.csv"), csv).unwrap();
        let mut command = world.command(&judge.base_url());
        command.args([
            "compare",
            "b",
            "--baseline",
            "a",
            "--human",
            "labels.csv",
            "--json",
        ]);
        command.args(more).output().unwrap()
    };
    let output = compare("4.5", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found: Value = envelope::result(&output.stdout);
    assert_eq!(found["human"]["ratings"], 12);
    let output = compare("4.25", &[]);
    assert_ne!(output.status.code(), Some(0));
    assert!(
        stderr(&output).contains("0 to 10 in steps of 0.5"),
        "{}",
        stderr(&output)
    );
    let output = compare("0.5", &["--human-scale", "0..1", "--human-step", "0.5"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_labelled_is_said() {
    let (world, judge) = two_runs();
    for (arguments, words) in [
        (&["--axis", "image_quality"][..], "sc, pq, truth"),
        (&["--axis", "o"], "computed from marks on other axes"),
        (&["--question", "scc=Good?"], "did you mean"),
        (&["--question", "sc"], "AXIS=TEXT"),
        (
            &["--scale", "0..1", "--step", "0.3"],
            "steps that lead from the one to the other",
        ),
        (&["--step", "0.5"], "--scale"),
    ] {
        let output = label(&world, &judge, arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?} {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(words),
            "{words} is not in {}",
            stderr(&output)
        );
        assert!(!world.path("labels.html").exists());
    }
}
