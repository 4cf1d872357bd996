//! Replies that are read as the script of a benchmark's authors reads them, and calls that arrange their pictures.

use std::fs;

use serde_json::Value;

use super::{SUITE, outcomes, run, world};
use crate::cli_world::{World, stderr, stdout};
use crate::mock_judge::{Fault, MockJudge, Script, Seen};
use crate::suite_fixture::picture;

/// The usual suite, edited, with further calls.
fn with_calls(calls: &str, edit: impl Fn(String) -> String) -> World {
    let world = world();
    let categories = "[[categories]]\nname = \"plain\"";
    let text = SUITE.replace(categories, &format!("{calls}\n\n{categories}"));
    fs::write(world.path("suite/suite.toml"), edit(text)).unwrap();
    world
}

fn write_rubric(world: &World, name: &str, text: &str) {
    let text = format!("version = \"1\"\n{text}\n[edit]\ntask = \"CALL-{name}\"\n");
    fs::write(world.path(&format!("suite/rubrics/{name}.toml")), text).unwrap();
}

/// Says these words to the questions of each rubric.
fn saying(words: impl Fn(&str, &Seen) -> Option<&'static str> + Send + Sync + 'static) -> Script {
    Script::decide(move |seen: &Seen| {
        let rubrics = [
            "CALL-a", "CALL-b", "CALL-c", "COMMON", "FACTS", "QUALITY", "TRUTH",
        ];
        let rubric = rubrics.into_iter().find(|name| seen.body.contains(*name))?;
        let usual = match rubric {
            "COMMON" => "{\"semantic_score\": 8}",
            "FACTS" => "{\"fact_score\": 8}",
            "QUALITY" => "{\"quality_score\": 5}",
            _ => "{\"truth_score\": 1}",
        };
        Some(Fault::Words(
            words(rubric, seen).unwrap_or(usual).to_owned(),
        ))
    })
    .keeping()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the manifest says of the judge.
fn details(world: &World, run: &str) -> toml::Table {
    let text = fs::read_to_string(world.run_folder(run).join("run.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    manifest["judge"][0]["identity"]["details"]
        .as_table()
        .unwrap()
        .clone()
}

const PARTS: &str =
    "scale = { parts = [\"success\", \"restraint\"], lo = 0, hi = 10, take = \"min\" }";

/// The same replies under our own rules and under those of VIEScore's script.
#[test]
fn short_lists_and_bare_numbers_count_where_the_suite_says_so() {
    let say = |rubric: &str, seen: &Seen| {
        let has = |task: &str| seen.body.contains(&format!("INSTRUCTION-{task}"));
        let words = if has("plain-0") {
            "{\"score\": [7]}"
        } else if has("plain-1") {
            "[6, 3]"
        } else if has("plain-2") {
            "9"
        } else if has("plain-3") {
            "I give it 9."
        } else {
            "{\"score\": [8, 9]}"
        };
        (rubric == "CALL-a").then_some(words)
    };
    let mut digests = Vec::new();
    for (parser, expected) in [
        ("", ["", "", "", "", "8"]),
        (
            "parser = \"compat-min-of-present\"",
            ["7", "3", "9", "", "8"],
        ),
    ] {
        let call = format!(
            "[[calls]]\nmarks = [\"sc\"]\ncategories = [\"plain\"]\nreply = \"list\"\nrubric = \"a\"\n{parser}"
        );
        let world = with_calls(&call, |text| {
            text.replacen("scale = { lo = 0, hi = 10 }", PARTS, 1)
        });
        write_rubric(&world, "a", "axis = \"sc\"\nkey = \"score\"");
        let sc = fs::read_to_string(world.path("suite/rubrics/sc.toml")).unwrap();
        fs::write(world.path("suite/rubrics/sc.facts.toml"), sc).unwrap();
        let judge = MockJudge::start(saying(move |rubric, seen| {
            say(rubric, seen).or((rubric == "COMMON").then_some("{\"semantic_score\": [8, 8]}"))
        }));
        let output = run(&world, &judge, "a");
        let scores = world.scores("a");
        for (number, mark) in expected.into_iter().enumerate() {
            let row = scores
                .lines()
                .find(|row| row.contains(&format!(",plain-{number},")) && row.contains(",sc,"))
                .unwrap();
            let outcome = if mark.is_empty() {
                ",,unparsable"
            } else {
                &format!(",{mark},ok")
            };
            assert!(row.contains(outcome), "{parser}: {row}");
        }
        // A short list has no parts to tell, a whole one has.
        let parts = |task: &str| {
            let mut rows = scores.lines();
            let row = rows
                .find(|row| row.contains(task) && row.contains(",sc,"))
                .unwrap();
            row.rsplit_once(',').unwrap().1.to_owned()
        };
        assert_eq!(
            (parts("plain-0"), parts("plain-4")),
            (String::new(), "8;9".to_owned())
        );
        let named = details(&world, "a").get("parser.a").cloned();
        let named = named.and_then(|name| name.as_str().map(str::to_owned));
        let shown = one_line(&stdout(&output));
        let told = shown.contains("read by compat-min-of-present for a");
        assert_eq!(
            (named.is_some(), told),
            (!parser.is_empty(), !parser.is_empty()),
            "{shown}"
        );
        let text = fs::read_to_string(world.run_folder("a").join("run.toml")).unwrap();
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        digests.push(manifest["judge"][0]["digest"].as_str().unwrap().to_owned());

        let mut report = world.command(&judge.base_url());
        let output = report.args(["report", "a", "-o", "r"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let page = fs::read_to_string(world.path("r/index.html")).unwrap();
        assert_eq!(
            page.contains("Replies read as the authors"),
            !parser.is_empty()
        );
        assert_eq!(
            page.contains("compat-min-of-present for a"),
            !parser.is_empty()
        );
        let mut verify = world.command(&judge.base_url());
        let output = verify.args(["verify", "r"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    assert_ne!(digests[0], digests[1]);
}

/// RISEBench: an item with an answer that cannot be read has no mark at all. The log keeps what was said, and a mark that is
/// asked for again brings the others back.
#[test]
fn one_unread_answer_drops_all_marks_of_its_item() {
    let skip = |name: &str, axis: &str| {
        format!(
            "[[calls]]\nmarks = [\"{axis}\"]\ncategories = [\"facts\"]\nrubric = \"{name}\"\nparser = \"compat-skip-item\"\n"
        )
    };
    let calls = skip("a", "sc") + &skip("b", "pq");
    let world = with_calls(&calls, |text| text);
    write_rubric(&world, "a", "axis = \"sc\"\nkey = \"semantic_score\"");
    write_rubric(&world, "b", "axis = \"pq\"\nkey = \"quality_score\"");
    let broken = saying(|rubric, seen| {
        let unread = seen.body.contains("INSTRUCTION-facts-1");
        match (rubric, unread) {
            ("CALL-a", true) => Some("no mark"),
            ("CALL-a", false) => Some("{\"semantic_score\": 4}"),
            ("CALL-b", _) => Some("{\"quality_score\": 2.5}"),
            _ => None,
        }
    });
    let judge = MockJudge::start(broken);
    let output = run(&world, &judge, "a");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let status = |task: &str, axis: &str| {
        let scores = world.scores("a");
        let mut rows = scores.lines();
        let row = rows
            .find(|row| row.contains(&format!(",{task},")) && row.contains(&format!(",{axis},")))
            .unwrap()
            .to_owned();
        let mut fields = row.rsplit(',').map(str::to_owned);
        let (status, score) = (fields.next().unwrap(), fields.next().unwrap());
        (score, status)
    };
    let pair = |score: &str, status: &str| (score.to_owned(), status.to_owned());
    assert_eq!(status("facts-1", "sc"), pair("", "unparsable"));
    assert_eq!(status("facts-1", "pq"), pair("", "item-skipped"));
    // A call without the parser keeps its mark.
    assert_eq!(status("facts-1", "truth"), pair("1", "ok"));
    assert_eq!(status("facts-0", "pq"), pair("2.5", "ok"));
    assert_eq!(status("plain-1", "pq"), pair("5", "ok"));
    let shown = one_line(&stdout(&output));
    assert!(shown.contains("1 mark of mock: item-skipped"), "{shown}");
    assert!(
        shown.contains("read by compat-skip-item for a, b"),
        "{shown}"
    );
    let log = fs::read_to_string(world.run_folder("a").join("judgments.jsonl")).unwrap();
    assert!(!log.contains("item-skipped"));

    let mended = saying(|rubric, _| match rubric {
        "CALL-a" => Some("{\"semantic_score\": 4}"),
        "CALL-b" => Some("{\"quality_score\": 2.5}"),
        _ => None,
    });
    let judge = MockJudge::start(mended);
    let mut again = world.run(&judge.base_url(), "a");
    let output = again.arg("--retry-missing").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(judge.requests(), 1);
    assert_eq!(status("facts-1", "sc"), pair("4", "ok"));
    assert_eq!(status("facts-1", "pq"), pair("2.5", "ok"));
    assert_eq!(outcomes(&world.scores("a")).len(), 6);
}

#[test]
fn calls_arrange_their_pictures_and_the_identity_says_how() {
    let world = with_calls(
        "[[calls]]\nmarks = [\"sc\"]\ncategories = [\"facts\"]\nrubric = \"a\"\nimages = [\"output\", \"inputs\"]\nlabels = \"none\"\n",
        |text| text,
    );
    write_rubric(&world, "a", "axis = \"sc\"\nkey = \"semantic_score\"");
    for number in 0..4 {
        // Larger than what was to be edited.
        let answer = world.path(&format!("answers/facts-{number}.png"));
        fs::write(answer, picture(64, 700 + number, image::ImageFormat::Png)).unwrap();
    }
    let judge = MockJudge::start(saying(|rubric, _| {
        (rubric == "CALL-a").then_some("{\"semantic_score\": 4}")
    }));
    let output = run(&world, &judge, "a");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let told = &details(&world, "a")["pictures.a"];
    assert_eq!(told.as_str(), Some("output, inputs; labels none"));
    let mut seen = 0;
    for kept in judge
        .kept()
        .iter()
        .filter(|kept| kept.body.contains("CALL-a"))
    {
        let body: Value = serde_json::from_str(&kept.body).unwrap();
        let messages = body["messages"].as_array().unwrap();
        let parts = messages.last().unwrap()["content"].as_array().unwrap();
        let types: Vec<&str> = parts
            .iter()
            .filter_map(|part| part["type"].as_str())
            .collect();
        assert_eq!(types, ["text", "image_url", "image_url", "text"]);
        assert!(!kept.body.contains("follow.") && !kept.body.contains("Input image"));
        let sizes: Vec<usize> = parts[1..3]
            .iter()
            .map(|part| part["image_url"]["url"].as_str().unwrap().len())
            .collect();
        assert!(sizes[0] > sizes[1], "{sizes:?}");
        seen += 1;
    }
    assert_eq!(seen, 4);
}

#[test]
fn a_call_that_is_never_made_is_named() {
    let call = |name: &str| {
        format!("[[calls]]\nmarks = [\"sc\"]\nsees = [\"output\"]\nrubric = \"{name}\"\n")
    };
    let world = with_calls(&(call("a") + &call("b")), |text| text);
    for name in ["a", "b"] {
        write_rubric(&world, name, "axis = \"sc\"\nkey = \"semantic_score\"");
    }
    let mut check = world.command("http://127.0.0.1:1/v1");
    let output = check.args(["suite", "check", "suite/"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(
        shown.contains("The call `b` is never made") && !shown.contains("`a` is never"),
        "{shown}"
    );
}

#[test]
fn what_a_call_may_not_say_is_named() {
    for (call, told) in [
        (
            "marks = [\"pq\"]\nimages = [\"output\", \"inputs\"]",
            "inputs, which the call does not show",
        ),
        (
            "marks = [\"sc\"]\nimages = [\"instruction\"]",
            "which is not a picture",
        ),
        ("marks = [\"sc\"]\nlabels = \"after\"", "between"),
        (
            "marks = [\"sc\"]\nparser = \"random\"",
            "compat-min-of-present",
        ),
        (
            "marks = [\"sc\"]\nparser = \"compat-min-of-present\"",
            "whose marks have parts",
        ),
        (
            "marks = [\"sc\", \"nothing\"]\nparser = \"compat-skip-item\"",
            "marks `nothing`",
        ),
        ("marks = [\"sc\"]", "two axes at least"),
        (
            "marks = [\"sc\"]\ncategories = [\"facts\"]\nlabels = \"none\"\n[[calls]]\nrubric = \"a\"\nmarks = [\"sc\"]\nparser = \"compat-skip-item\"",
            "differ in parser, images or labels",
        ),
    ] {
        let world = with_calls(&format!("[[calls]]\nrubric = \"a\"\n{call}\n"), |text| text);
        write_rubric(&world, "a", "axis = \"sc\"\nkey = \"semantic_score\"");
        let mut check = world.command("http://127.0.0.1:1/v1");
        let output = check.args(["suite", "check", "suite/"]).output().unwrap();
        assert_ne!(output.status.code(), Some(0), "{call}");
        assert!(
            stderr(&output).contains(told),
            "{call}\n{}",
            stderr(&output)
        );
    }
}
