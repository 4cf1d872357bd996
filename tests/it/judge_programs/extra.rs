//! Continuous scales, and axes that stand beside the figures of a suite.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::cli_world::{World, stderr, stdout};
use crate::suite_fixture::picture;

const SUITE: &str = r#"
format = 2
name = "mine"
version = "1"
licence = "CC0-1.0"

[[axes]]
key = "follows"
title = "Follows"
scale = "binary"
sees = ["instruction", "output"]

[[axes]]
key = "share"
title = "Share"
scale = { decimals = 3, lo = 0, hi = 1 }
sees = ["output"]

[[axes]]
key = "reward"
title = "Reward"
scale = { decimals = 4 }
sees = ["instruction", "output"]

[[categories]]
name = "plain"
kind = "generation"
planned = 8
"#;

const JUDGE: &str = r#"
program = "python3"
args = ["p.py"]
[[axes]]
key = "follows"
[[axes]]
key = "share"
[[axes]]
key = "reward"
[[axes]]
key = "beauty"
title = "Beauty"
decimals = 2
lo = 0
hi = 100
value = "raw_beauty"
sees = ["output"]
"#;

/// `SAY` gives the fields of the reply to a request `R` of task number `n`.
const PROGRAM: &str = r#"
import json, math, os, sys
print(json.dumps({"hello": 1, "role": "judge", "name": "p", "version": "1"}), flush=True)
names = {}
for line in sys.stdin:
    R = json.loads(line)
    [axis] = R["axes"]
    n = os.path.getsize(R["output"]) % 7
    with open("asked", "a") as file: file.write(line)
    reply = {"id": R["id"]}
    reply.update(SAY)
    print(json.dumps(reply), flush=True)
"#;

const SAY: &str = "{'marks': {axis: 1}} if axis == 'follows' else {'marks': {axis: n / 7}} if axis == 'share' else {'values': {axis: 3.00001234 * n - 2}} if axis == 'reward' else {'values': {'raw_beauty': 10 * n + 0.125, 'more': 3}}";

fn world(say: &str) -> World {
    let world = World::new(1);
    fs::remove_dir_all(world.path("suite")).unwrap();
    fs::create_dir_all(world.path("suite")).unwrap();
    fs::write(world.path("suite/suite.toml"), SUITE).unwrap();
    let mut lines = String::new();
    for (folder, first) in [("answers", 0), ("others", 50)] {
        fs::create_dir_all(world.path(folder)).unwrap();
        for number in 0..8 {
            let pixels = picture(16 + number, first + number, image::ImageFormat::Png);
            fs::write(world.path(&format!("{folder}/t{number}.png")), pixels).unwrap();
        }
    }
    for number in 0..8 {
        let task = json!({"id": format!("t{number}"), "kind": "generation", "category": "plain",
            "instruction": format!("Draw {number} things.")});
        lines += &format!("{task}\n");
    }
    fs::write(world.path("suite/tasks.jsonl"), lines).unwrap();
    fs::write(world.path("p.toml"), JUDGE).unwrap();
    fs::write(world.path("p.py"), PROGRAM.replace("SAY", say)).unwrap();
    world
}

fn parabench(world: &World, arguments: &[&str]) -> Output {
    let mut command = world.command("http://127.0.0.1:9");
    command.env("COLUMNS", "80").args(arguments);
    command.output().unwrap()
}

fn run(world: &World, answers: &str, name: &str) -> Output {
    let model = format!("replay:{answers}");
    let arguments = ["run", "--suite", "suite/", "--model", &model, "--judge"];
    let more = ["command:p.toml", "--name", name, "--no-progress"];
    parabench(world, &[&arguments[..], &more].concat())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Scores of an axis by task, empty where there is none.
fn scores(world: &World, run: &str, axis: &str) -> Vec<(String, String)> {
    let scores = world.scores(run);
    let mut reader = csv::Reader::from_reader(scores.as_bytes());
    let rows = reader.records().map(|row| row.unwrap());
    let rows = rows.filter(|row| &row[6] == axis);
    rows.map(|row| (row[9].to_owned(), row[10].to_owned()))
        .collect()
}

#[test]
fn axes_without_ends_and_of_the_judge_stand_beside_the_figures() {
    let world = world(SAY);
    for (answers, name) in [("answers", "a"), ("others", "b")] {
        let output = run(&world, answers, name);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let shown = one_line(&stdout(&output));
        for told in [
            "Outside the official figures",
            "Beauty",
            "Reward",
            "Student's t",
            "are not part of the official figures",
        ] {
            assert!(shown.contains(told), "{told} in {shown}");
        }
    }
    // The official figures, the Overall and the missing marks are of the two axes with ends.
    let shown = stdout(&run(&world, "answers", "a"));
    assert!(shown.contains("0 of 16 marks missing"), "{shown}");
    let figures = shown
        .split("Figures of")
        .nth(1)
        .unwrap()
        .split("Beside")
        .next()
        .unwrap();
    assert!(
        figures.contains("share") && !figures.contains("reward"),
        "{shown}"
    );
    // Rounded to the decimals, by hand: 3.00001234 n - 2 and 10 n + 0.125 for sizes n of the pictures.
    for number in 0..8 {
        let size = fs::metadata(world.path(&format!("answers/t{number}.png")))
            .unwrap()
            .len();
        let n = (size % 7) as f64;
        let of = |axis: &str| scores(&world, "a", axis)[number].0.parse::<f64>().unwrap();
        approx::assert_abs_diff_eq!(
            of("reward"),
            ((3.00001234 * n - 2.0) * 1e4).round() / 1e4,
            epsilon = 1e-9
        );
        approx::assert_abs_diff_eq!(of("beauty"), 10.0 * n + 0.13, epsilon = 1e-9);
        approx::assert_abs_diff_eq!(of("share"), (n / 7.0 * 1e3).round() / 1e3, epsilon = 1e-9);
    }
    // The mean and the t interval of eight equal weights, and the paired difference.
    let values = |run: &str| -> Vec<f64> {
        let found = scores(&world, run, "reward");
        found
            .iter()
            .map(|(score, _)| score.parse().unwrap())
            .collect()
    };
    let t = |values: &[f64]| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        // The 97.5 % quantile of t with 7 degrees of freedom.
        let half = 2.364_624_251 * (variance / n).sqrt();
        (mean, [mean - half, mean + half])
    };
    let output = parabench(&world, &["compare", "b", "--baseline", "a", "--json"]);
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let comparison = &printed["result"]["comparison"];
    let levels = comparison["levels"].as_array().unwrap();
    for (run, model) in [("a", "answers"), ("b", "others")] {
        let table = levels.iter().find(|table| table["model"] == model).unwrap();
        let beside = table["beside"].as_array().unwrap();
        let found = beside
            .iter()
            .find(|score| score["axis"] == "reward")
            .unwrap();
        let (mean, ends) = t(&values(run));
        let level = &found["level"]["Ok"];
        approx::assert_abs_diff_eq!(level["mean"].as_f64().unwrap(), mean, epsilon = 1e-9);
        for (at, end) in ends.into_iter().enumerate() {
            let found = level["ci95"][at].as_f64().unwrap();
            approx::assert_abs_diff_eq!(found, end, epsilon = 1e-6);
        }
        assert_eq!(
            (&level["method"], &found["endless"]),
            (&json!("t"), &json!(true))
        );
    }
    let pairs: Vec<f64> = values("b")
        .iter()
        .zip(values("a"))
        .map(|(b, a)| b - a)
        .collect();
    let beside = comparison["beside"].as_array().unwrap();
    let found = beside
        .iter()
        .find(|found| found["axis"] == "reward")
        .unwrap();
    let (mean, ends) = t(&pairs);
    approx::assert_abs_diff_eq!(found["difference"].as_f64().unwrap(), mean, epsilon = 1e-9);
    approx::assert_abs_diff_eq!(found["ci95"][0].as_f64().unwrap(), ends[0], epsilon = 1e-6);
    let tested = comparison["contrasts"].as_array().unwrap();
    let keys: Vec<&str> = tested
        .iter()
        .map(|c| c["metric"]["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["follows", "share", "overall"]);

    let output = parabench(&world, &["report", "b", "--baseline", "a", "-o", "r"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = fs::read_to_string(world.path("r/index.html")).unwrap();
    assert!(
        page.contains("Outside the official figures, b: Beauty")
            || page.contains("Outside the official figures, b: Reward")
    );
    let output = parabench(&world, &["verify", "r"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn numbers_that_are_none_are_named() {
    for (say, axis, status) in [
        ("{'values': {axis: float('nan')}}", "reward", "no-mark"),
        ("{'values': {axis: float('-inf')}}", "reward", "no-mark"),
        ("{'values': {axis: 1e9}}", "reward", "out-of-range"),
        ("{'values': {axis: '4'}}", "reward", "unparsable"),
        ("{'values': {'other': 4}}", "reward", "unparsable"),
        (
            "{'values': {axis: 1}, 'marks': {axis: 2}}",
            "reward",
            "ambiguous",
        ),
        ("{'missing': {axis: 'refused'}}", "reward", "refused"),
        (
            "{'values': {'raw_beauty': 100.006}}",
            "beauty",
            "out-of-range",
        ),
        ("{'values': {'raw_beauty': -0.004}}", "beauty", "ok"),
        ("{'marks': {axis: 1.1}}", "share", "out-of-range"),
        ("{'values': {axis: 0.5}}", "follows", "unparsable"),
        ("{'marks': {'reward': 1}}", "beauty", "bad-response"),
    ] {
        let world = world(&format!("({say}) if axis == '{axis}' else ({SAY})"));
        let output = run(&world, "answers", "a");
        let statuses: Vec<String> = scores(&world, "a", axis)
            .into_iter()
            .map(|(_, s)| s)
            .collect();
        assert!(
            statuses.iter().any(|found| found == status),
            "{say}: {statuses:?} {}",
            stderr(&output)
        );
    }
}

/// Axes beside the figures count where the command says whether too many marks are missing.
#[test]
fn rewards_that_are_all_missing_are_too_many() {
    let say = SAY.replace(
        "{'values': {axis: 3.00001234 * n - 2}}",
        "{'missing': {axis: 'refused'}}",
    );
    let world = world(&say);
    let output = run(&world, "answers", "r");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let told = one_line(&stderr(&output));
    assert!(
        told.contains("of the marks are missing (exit code 3)"),
        "{told}"
    );
}

/// Marks without ends that were made elsewhere.
#[test]
fn imported_rewards_stand_beside_the_figures() {
    let world = world(SAY);
    let mut table = "task,model,follows,share,reward\n".to_owned();
    for number in 0..8 {
        table += &format!(
            "t{number},m,{},0.5,{}\n",
            number % 2,
            f64::from(number) * 1.5 - 40.0
        );
    }
    fs::write(world.path("marks.csv"), table).unwrap();
    let output = parabench(
        &world,
        &[
            "scores",
            "import",
            "marks.csv",
            "--suite",
            "suite/",
            "--judge",
            "hps",
            "-o",
            "results/m",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = one_line(&stdout(&output));
    assert!(shown.contains("Reward -34.7500"), "{shown}");
    let output = parabench(&world, &["report", "m", "-o", "r"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = parabench(&world, &["verify", "r"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// A judge that is asked in words has no word for a scale without ends.
#[test]
fn a_description_says_all_of_an_axis_that_the_suite_lacks() {
    let world = world(SAY);
    for (axes, told) in [
        (
            "key = \"follows\"\ndecimals = 2",
            "another scale for follows",
        ),
        ("key = \"new\"\ndecimals = 2", "say with `sees`"),
        (
            "key = \"new\"\ndecimals = 20\nsees = [\"output\"]",
            "0 to 12",
        ),
        (
            "key = \"new\"\nlo = 1\nsees = [\"output\"]",
            "say their `decimals`",
        ),
        (
            "key = \"new\"\ndecimals = 1\nlo = 3\nhi = 1\nsees = [\"output\"]",
            "lowest mark below",
        ),
        ("key = \"follows\"\ntitle = \"x\"", "title is only for"),
        ("key = \"follows\"\nvalue = \"x\"", "value is only for"),
        (
            "key = \"new\"\ndecimals = 1\nsees = [\"output\"]\n[calibration]\nversion = \"1\"\n[calibration.new]\nthresholds = [1]",
            "or is one itself",
        ),
        (
            "key = \"new\"\nsees = [\"output\"]",
            "the suite has none of these",
        ),
    ] {
        let toml = format!("program = \"python3\"\nargs = [\"p.py\"]\n[[axes]]\n{axes}\n");
        fs::write(world.path("p.toml"), toml).unwrap();
        let output = run(&world, "answers", "a");
        assert_ne!(output.status.code(), Some(0), "{axes}");
        assert!(
            stderr(&output).contains(told),
            "{axes}: {}",
            stderr(&output)
        );
        assert!(!world.run_folder("a").exists());
    }
}
