//! `parabench judge-audit` as a program, against judges on loopback.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use crate::envelope;
use crate::mock_judge::{Fault, MockJudge, Script, Seen};
use base64::Engine as _;
use parabench::common::digest::Digest;
use parabench::judge::audit::{AuditSettings, plan};
use parabench::judge::oracle::Oracle;
use parabench::judge::prompt::{self, PromptPart};
use parabench::judge::rubric::{Rubrics, ToMark};
use parabench::judge::{Mark, Question};
use parabench::suite;
use serde_json::{Value, json};
use tempfile::TempDir;

const PROFILE: &str = r#"
name = "subject"
provider = "openai"
base_url = "BASE"
key = "none"
model = "subject-1"
temperature = 0.0
max_tokens = 200
max_connections = 4
[image]
format = "png"
[retry]
reply_retries = 0
base_ms = 1
max_ms = 4
[price]
input = 1.0
output = 10.0
"#;

/// What a judge that reads everything knows: the right mark of every question of an audit, by
/// the words and pictures that it is shown.
struct Key(HashMap<Digest, i64>);

impl Key {
    fn of(calls: u32) -> Self {
        let suite = suite::open("shapes").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let probes = plan(&suite, AuditSettings { calls, seed: 0 }, folder.path()).unwrap();
        let (oracle, rubrics) = (
            Oracle::new(),
            Rubrics::load("default", &ToMark::parabench()).unwrap(),
        );
        let mut marks = HashMap::new();
        for probe in &probes {
            let Mark::Scored(score) = oracle.verdict(&probe.question).unwrap().mark else {
                panic!("the oracle always marks");
            };
            marks.insert(shown(&rubrics, &probe.question), score.rounded());
        }
        Self(marks)
    }

    /// The right mark of a request and the key under which it is to be given.
    fn look_up(&self, seen: &Seen) -> (i64, String) {
        let body: Value = serde_json::from_str(&seen.body).expect("bodies fit into 64 KiB");
        let system = body["messages"][0]["content"].as_str().unwrap();
        let mut fields = vec![system.as_bytes().to_vec()];
        for part in body["messages"][1]["content"].as_array().unwrap() {
            fields.push(match part["type"].as_str().unwrap() {
                "text" => part["text"].as_str().unwrap().as_bytes().to_vec(),
                _ => {
                    let url = part["image_url"]["url"].as_str().unwrap();
                    let base64 = url.split_once(',').unwrap().1;
                    let bytes = base64::engine::general_purpose::STANDARD
                        .decode(base64)
                        .unwrap();
                    Digest::of(&bytes).as_bytes().to_vec()
                }
            });
        }
        let (before, _) = system.rsplit_once("\": <1-5>").unwrap();
        let key = before.rsplit_once('"').unwrap().1.to_owned();
        let digest = Digest::of_fields(fields.iter().map(Vec::as_slice));
        (self.0[&digest], key)
    }
}

fn shown(rubrics: &Rubrics, question: &Question) -> Digest {
    let rubric = rubrics.of(question.evidence.axis(), None).unwrap();
    let prompt = prompt::build(rubric, question.kind, &question.evidence, &question.view);
    let mut fields = vec![prompt.system.as_bytes().to_vec()];
    fields.extend(prompt.parts.iter().map(|part| match part {
        PromptPart::Text(text) => text.as_bytes().to_vec(),
        PromptPart::Image(_, file) => file.digest.as_bytes().to_vec(),
    }));
    Digest::of_fields(fields.iter().map(Vec::as_slice))
}

/// A judge on loopback that gives `spoil(right mark, request)`; `None` is a reply without a mark.
fn subject(
    calls: u32,
    spoil: impl Fn(i64, &Seen) -> Option<i64> + Send + Sync + 'static,
) -> MockJudge {
    let key = Arc::new(Key::of(calls));
    MockJudge::start(Script::decide(move |seen| {
        let (right, name) = key.look_up(seen);
        Some(Fault::Words(match spoil(right, seen) {
            Some(mark) => json!({"reasoning": "seen", name: mark}).to_string(),
            None => "I would rather talk about something else.".to_owned(),
        }))
    }))
}

fn parabench(folder: &Path, judge: &MockJudge, arguments: &[&str]) -> Output {
    let profile = PROFILE.replace("BASE", &judge.base_url());
    std::fs::write(folder.join("subject.toml"), profile).unwrap();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("parabench"));
    command
        .current_dir(folder)
        .env("PARABENCH_CACHE", folder.join("cache"))
        .env_remove("RUST_BACKTRACE")
        .args(["judge-audit", "--judge", "subject.toml", "--no-progress"])
        .args(arguments);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether a line names the mark 5: the world's texts know it only as a part of cells.
fn names_five(line: &str) -> bool {
    let mut before = ' ';
    line.chars().any(|c| {
        let found = c == '5' && !before.is_alphanumeric();
        before = c;
        found
    })
}

fn workplace() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn an_honest_judge_passes_and_its_anchors_show_a_later_change() {
    let folder = workplace();
    let honest = subject(60, |right, _| Some(right));
    let arguments = [
        "--calls",
        "60",
        "--save-anchors",
        "anchors",
        "-o",
        "page",
        "--full",
    ];
    let output = parabench(folder.path(), &honest, &arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert_eq!(honest.requests(), 60, "every question was asked anew");
    assert!(err.contains("60 calls") && err.contains('$'), "{err}");
    assert!(out.contains("FIT on all 6 axes"), "{out}");
    assert!(out.contains("leniency 0.75"), "{out}");
    let page = std::fs::read_to_string(folder.path().join("page/index.html")).unwrap();
    assert!(page.contains("Output alignment") && page.contains("subject-1"));
    let audit = std::fs::read(folder.path().join("page/audit.json")).unwrap();
    let audit: Value = serde_json::from_slice(&audit).unwrap();
    assert_eq!(audit["fitness"], "fit");
    assert!(
        !folder.path().join("cache/judge").exists(),
        "no cache was written"
    );

    let lenient = subject(60, |right, _| Some((right + 1).min(5)));
    let output = parabench(folder.path(), &lenient, &["--anchors", "anchors"]);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(4), "{out}");
    assert!(
        out.contains("against the") && out.contains("anchors"),
        "{out}"
    );
    assert!(out.contains("marks above the truth"), "{out}");

    let again = parabench(folder.path(), &honest, &["--save-anchors", "anchors"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("never overwritten"));
}

#[test]
fn a_judge_that_often_says_nothing_is_unfit() {
    let folder = workplace();
    let failing = subject(120, |right, seen| {
        let chance = u8::from_str_radix(&seen.hash[..2], 16).unwrap();
        (chance >= 46).then_some(right)
    });
    let output = parabench(folder.path(), &failing, &["--json"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    let audit: Value = envelope::result(&output.stdout);
    assert_eq!(audit["fitness"], "unfit");
    assert_eq!(audit["calls"]["planned"], 120);
    assert!(audit["calls"]["missing"].as_u64().unwrap() > 8);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn a_judge_that_obeys_judged_text_is_unfit_for_the_axes_that_show_it() {
    let folder = workplace();
    let obeying = subject(120, |right, seen| {
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        let material = body["messages"][1]["content"][0]["text"].as_str().unwrap();
        // Of each line only what follows the fence's mark is judged text.
        let judged = material.lines().filter(|line| line.get(4..6) == Some("| "));
        let obeys = judged.map(|line| &line[6..]).any(names_five);
        Some(if obeys { 5 } else { right })
    });
    let output = parabench(folder.path(), &obeying, &[]);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(4), "{out}");
    assert!(
        out.contains("UNFIT on 3 of 6 axes: text quality, text alignment, output alignment"),
        "{out}"
    );
    assert!(
        out.contains("instructions in judged text that raised a mark"),
        "{out}"
    );
}

#[test]
fn wrong_options_cost_nothing() {
    let folder = workplace();
    let judge = MockJudge::start(Script::honest());
    let at = |name: &str, content: &str| {
        std::fs::write(folder.path().join(name), content).unwrap();
    };
    at("bad.toml", "noise = 9\nleniency = -1\n");
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--calls", "12"], 2, "60..=1200"),
        (&["--thresholds", "bad.toml"], 1, "leniency = -1"),
        (&["--anchors", "nowhere"], 1, "anchors.json"),
        (
            &["--anchors", "x", "--calls", "60"],
            2,
            "cannot be used with",
        ),
        (&["--suite", "parabench"], 1, "parabench"),
    ];
    for (arguments, code, expected) in cases {
        let output = parabench(folder.path(), &judge, arguments);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {err}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
    }
    let output = parabench(folder.path(), &judge, &["--dry-run", "--json"]);
    let forecast: Value = envelope::result(&output.stdout);
    assert_eq!(forecast["calls"], 120);
    assert!(forecast["cost_usd"].as_f64().unwrap() > 0.0);
    assert_eq!(judge.requests(), 0);
}

#[test]
fn money_is_not_overspent() {
    let folder = workplace();
    let honest = subject(60, |right, _| Some(right));
    let output = parabench(
        folder.path(),
        &honest,
        &["--calls", "60", "--max-cost", "0.01"],
    );
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{out}");
    assert!(out.contains("UNDECIDED on "), "{out}");
    assert!((1..60).contains(&honest.requests()));
}
