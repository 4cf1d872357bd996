//! Suites that declare axes of their own are judged like any other: rubrics from their folder, marks on their scales,
//! scores from their formulas.

mod bridge;
mod calls;
mod compat;
mod framed;
mod label;
mod prompts;
mod protocols;
mod replies;
mod sight;
mod standins;
mod steps;
mod variants;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::cli_world::{World, stderr, stdout};
use crate::mock_judge::{Fault, MockJudge, Script, Seen};
use crate::suite_fixture;

const SUITE: &str = r#"
format = 2
name = "mine"
version = "1"
licence = "CC0-1.0"
rubrics = "rubrics/"
print = { lowest = 0, highest = 10, digits = 3 }

[[axes]]
key = "sc"
title = "Semantic consistency"
scale = { lo = 0, hi = 10 }
sees = ["instruction", "inputs", "output"]

[[axes]]
key = "pq"
title = "Perceptual quality"
scale = { lo = 0, hi = 10, step = "0.5" }
sees = ["output"]

[[axes]]
key = "truth"
title = "Truth"
scale = { lo = 0, hi = 1 }
sees = ["instruction", "reasoning", "output", "reference-text"]
for = { categories = ["facts"] }

[[scores]]
key = "o"
title = "Overall O"
scale = { lo = 0, hi = 10 }
item = { geometric-mean = ["sc", "pq"] }

[[categories]]
name = "plain"
kind = "edit"
planned = 6

[[categories]]
name = "facts"
kind = "edit"
planned = 4
"#;

/// A rubric of an axis with marks under `key`.
fn rubric(axis: &str, key: &str, task: &str) -> String {
    format!("version = \"1\"\naxis = \"{axis}\"\nkey = \"{key}\"\n[edit]\ntask = \"{task}\"\n")
}

/// A suite, its rubrics and stored answers in place of the usual ones.
fn world() -> World {
    let world = World::new(1);
    let suite = world.path("suite");
    fs::remove_dir_all(&suite).unwrap();
    fs::create_dir_all(suite.join("rubrics")).unwrap();
    fs::create_dir_all(suite.join("images")).unwrap();
    fs::write(suite.join("suite.toml"), SUITE).unwrap();
    for (name, text) in [
        ("sc", rubric("sc", "semantic_score", "COMMON-RUBRIC")),
        ("sc.facts", rubric("sc", "fact_score", "FACTS-RUBRIC")),
        ("pq", rubric("pq", "quality_score", "QUALITY-RUBRIC")),
        ("truth", rubric("truth", "truth_score", "TRUTH-RUBRIC")),
    ] {
        fs::write(suite.join(format!("rubrics/{name}.toml")), text).unwrap();
    }
    let mut lines = String::new();
    for (category, number) in [("plain", 6), ("facts", 4)] {
        for number in 0..number {
            let id = format!("{category}-{number}");
            let picture = |side| suite_fixture::picture(16, side, image::ImageFormat::Png);
            fs::write(suite.join(format!("images/{id}.png")), picture(number)).unwrap();
            let mut task = json!({"id": id, "kind": "edit", "category": category,
                "instruction": format!("INSTRUCTION-{id}"), "image": format!("images/{id}.png"),
                "target": {"secret": "TARGET"}});
            if category == "facts" {
                task["reference"] = format!("REFERENCE-{id}").into();
            }
            lines += &format!("{task}\n");
            let stem = world.path("answers").join(&id);
            fs::write(stem.with_extension("txt"), format!("REASONING-{id}")).unwrap();
            fs::write(
                stem.with_extension("png"),
                picture(700 + number + 50 * u32::from(category == "facts")),
            )
            .unwrap();
        }
    }
    fs::write(suite.join("tasks.jsonl"), lines).unwrap();
    world
}

/// Answers each key with its value.
fn marks(values: &'static [(&'static str, &'static str)]) -> Script {
    Script::decide(move |seen: &Seen| {
        let named = |key: &str| seen.body.contains(&format!(r#"{key}\": <"#));
        let (key, value) = values.iter().find(|(key, _)| named(key))?;
        Some(Fault::Words(format!(
            "{{\"reasoning\": \"r\", \"{key}\": {value}}}"
        )))
    })
}

const MARKS: &[(&str, &str)] = &[
    ("semantic_score", "8"),
    ("fact_score", "2"),
    ("quality_score", "4.5"),
    ("truth_score", "1"),
];

fn run(world: &World, judge: &MockJudge, name: &str) -> Output {
    world.run(&judge.base_url(), name).output().unwrap()
}

/// Rows of a score table: (axis, category) to its different scores and statuses.
fn outcomes(scores: &str) -> BTreeMap<(String, String), Vec<(String, String)>> {
    let mut reader = csv::Reader::from_reader(scores.as_bytes());
    let head = reader.headers().unwrap().clone();
    let place = |name: &str| head.iter().position(|column| column == name).unwrap();
    let [axis, category, score, status] = ["axis", "category", "score", "status"].map(place);
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        let outcomes = found
            .entry((row[axis].to_owned(), row[category].to_owned()))
            .or_default();
        let outcome = (row[score].to_owned(), row[status].to_owned());
        if !outcomes.contains(&outcome) {
            outcomes.push(outcome);
        }
    }
    found
}

#[test]
fn marks_stand_on_the_scales_of_their_axes_and_scores_follow() {
    let world = world();
    let judge = MockJudge::start(marks(MARKS));
    let output = run(&world, &judge, "a");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    // Two axes on ten tasks, the third on four.
    assert_eq!(judge.requests(), 24);
    let found = outcomes(&world.scores("a"));
    for (axis, category, score, status) in [
        ("sc", "plain", "8", "ok"),
        ("sc", "facts", "2", "ok"),
        ("pq", "plain", "4.5", "ok"),
        ("pq", "facts", "4.5", "ok"),
        ("truth", "plain", "", "not-applicable"),
        ("truth", "facts", "1", "ok"),
    ] {
        let outcomes = &found[&(axis.to_owned(), category.to_owned())];
        assert_eq!(
            outcomes,
            &[(score.to_owned(), status.to_owned())],
            "{axis} {category}"
        );
    }
    // √(8 · 4.5) = 6 on six tasks, √(2 · 4.5) = 3 on four: 4.8.
    let shown = stdout(&output);
    let official = shown
        .lines()
        .find(|line| line.trim_start().starts_with("o "))
        .unwrap();
    assert!(official.contains("4.800"), "{shown}");

    // Another sitting asks for nothing.
    let again = run(&world, &judge, "a");
    assert_eq!((again.status.code(), judge.requests()), (Some(0), 24));
}

#[test]
fn runs_are_compared_and_reported() {
    let world = world();
    let judge = MockJudge::start(marks(MARKS));
    assert!(run(&world, &judge, "a").status.success());
    let better: &[_] = &[
        ("semantic_score", "9"),
        ("fact_score", "7"),
        ("quality_score", "4.5"),
        ("truth_score", "1"),
    ];
    // The address does not decide a mark, so the replies of the first would be found in the cache.
    let judge = MockJudge::start(marks(better));
    let mut command = world.run(&judge.base_url(), "b");
    assert!(command.arg("--no-cache").output().unwrap().status.success());
    let mut compare = world.command(&judge.base_url());
    let output = compare
        .args(["compare", "b", "--baseline", "a", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let contrasts = printed["result"]["comparison"]["contrasts"]
        .as_array()
        .unwrap();
    let points = |key: &str| {
        let mut found = contrasts
            .iter()
            .filter(|contrast| contrast["metric"]["key"] == key);
        found.next().unwrap()["result"]["Ok"]["difference"]["points"]
            .as_f64()
            .unwrap()
    };
    // (1 · 6 + 5 · 4) / 10 of 10 marks.
    approx::assert_abs_diff_eq!(points("sc"), 26.0, epsilon = 1e-9);
    approx::assert_abs_diff_eq!(points("truth"), 0.0, epsilon = 1e-9);
    let mut report = world.command(&judge.base_url());
    let output = report
        .args(["report", "b", "--baseline", "a", "-o", "r"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = world
        .command(&judge.base_url())
        .args(["verify", "r"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn a_judge_is_shown_what_its_axis_sees_and_nothing_else() {
    let world = world();
    let judge = MockJudge::start(marks(MARKS).keeping());
    assert!(run(&world, &judge, "a").status.success());
    let mut asked = BTreeMap::new();
    for request in judge.kept() {
        let body = &request.body;
        let has = |text: &str| body.contains(text);
        let rubrics = [
            "COMMON-RUBRIC",
            "FACTS-RUBRIC",
            "QUALITY-RUBRIC",
            "TRUTH-RUBRIC",
        ];
        let rubric = rubrics.into_iter().find(|text| has(text)).unwrap();
        *asked.entry(rubric).or_insert(0) += 1;
        let (instruction, reasoning, reference, pictures) = match rubric {
            "COMMON-RUBRIC" | "FACTS-RUBRIC" => (true, false, false, 2),
            "QUALITY-RUBRIC" => (false, false, false, 1),
            _ => (true, true, true, 1),
        };
        assert_eq!(has("INSTRUCTION-"), instruction, "{rubric}");
        assert_eq!(has("REASONING-"), reasoning, "{rubric}");
        assert_eq!(has("REFERENCE-"), reference, "{rubric}");
        assert_eq!(body.matches("data:image/").count(), pictures, "{rubric}");
        assert!(!has("TARGET"), "{rubric}");
        assert_eq!(
            rubric == "FACTS-RUBRIC",
            rubric != "TRUTH-RUBRIC" && has("INSTRUCTION-facts"),
            "{rubric}"
        );
    }
    assert_eq!(
        asked,
        BTreeMap::from([
            ("COMMON-RUBRIC", 6),
            ("FACTS-RUBRIC", 4),
            ("QUALITY-RUBRIC", 10),
            ("TRUTH-RUBRIC", 4)
        ])
    );
}

#[test]
fn a_number_that_is_no_mark_of_the_scale_is_none() {
    let world = world();
    let judge = MockJudge::start(marks(&[
        ("semantic_score", "11"),
        ("fact_score", "2.5"),
        ("quality_score", "4.25"),
        ("truth_score", "-1"),
    ]));
    let output = run(&world, &judge, "a");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let found = outcomes(&world.scores("a"));
    for ((axis, category), outcomes) in &found {
        let expected = match (axis.as_str(), category.as_str()) {
            ("truth", "plain") => "not-applicable",
            _ => "out-of-range",
        };
        assert_eq!(
            outcomes,
            &[(String::new(), expected.to_owned())],
            "{axis} {category}"
        );
    }
}

fn failed(world: &World, edit: impl FnOnce(&Path)) -> String {
    edit(&world.path("suite"));
    let judge = MockJudge::start(marks(MARKS));
    let output = run(world, &judge, "a");
    assert_ne!(output.status.code(), Some(0));
    assert_eq!(judge.requests(), 0);
    assert!(!world.run_folder("a").exists());
    stderr(&output)
}

#[test]
fn what_is_missing_is_said_before_anything_is_asked() {
    let error = failed(&world(), |suite| {
        let text = SUITE.replace("rubrics = \"rubrics/\"\n", "");
        fs::write(suite.join("suite.toml"), text).unwrap();
    });
    assert!(
        error.contains("no rubrics") && error.contains("sc.toml") && error.contains("--rubrics"),
        "{error}"
    );

    // All faults of a set at once.
    let error = failed(&world(), |suite| {
        fs::remove_file(suite.join("rubrics/pq.toml")).unwrap();
        let wrong =
            rubric("sc", "semantic_score", "x") + "[scale]\n10 = \"good\"\n11 = \"better\"\n";
        fs::write(suite.join("rubrics/sc.toml"), wrong).unwrap();
    });
    for part in [
        "pq.toml: is not there",
        "`11`: expected marks from 0 to 10",
        "does not say what 0 means",
    ] {
        assert!(error.contains(part), "{part} is not in\n{error}");
    }

    let error = failed(&world(), |suite| {
        let tasks = fs::read_to_string(suite.join("tasks.jsonl")).unwrap();
        let tasks = tasks.replace("\"reference\":\"REFERENCE-facts-2\",", "");
        fs::write(suite.join("tasks.jsonl"), tasks).unwrap();
    });
    assert!(error.contains("no `reference`"), "{error}");

    let world = world();
    let mut command = world.command("http://127.0.0.1:1/v1");
    command.args([
        "run",
        "--suite",
        "suite/",
        "--model",
        "replay:answers",
        "--judge",
        "oracle",
        "--name",
        "o",
    ]);
    let output = command.output().unwrap();
    assert_ne!(output.status.code(), Some(0));
    assert!(
        stderr(&output).contains("marks ParaBench's axes only"),
        "{}",
        stderr(&output)
    );
}
