//! Variants of a benchmark: its languages and parts, its earlier version, and its authors' own words.

use std::fs;

use serde_json::{Value, json};

use super::standins::write_kris;
use super::steps::{GEDIT_TYPES, done, import, official, png, put, run};
use crate::cli_world::{World, stderr, stdout};
use crate::mock_judge::{Fault, MockJudge, Script, Seen};
use crate::parquet_fixture::{GeditRow, write_gedit};

#[test]
fn gedit_has_two_languages_and_an_intersection() {
    let world = World::new(1);
    let mut rows = Vec::new();
    for (place, task_type) in (0..).zip(GEDIT_TYPES) {
        for number in 0..3_u32 {
            for language in ["en", "cn"] {
                let key = format!("{task_type}-{number}-{language}");
                let answers = world.path(&format!("outputs/fullset/{task_type}/{language}"));
                put(
                    &answers.join(format!("{key}.png")),
                    png(8, 3 * place + number),
                );
                put(&answers.join(format!("{key}_SRCIMG.png")), png(8, 99));
                rows.push(GeditRow {
                    task_type,
                    instruction: format!("INSTRUCTION-{number}-{language}."),
                    key,
                    language,
                    intersection: number < 2,
                    picture: png(8, 99),
                });
            }
        }
    }
    let data = world.path("gedit/data");
    fs::create_dir_all(&data).unwrap();
    write_gedit(&data.join("train-00000-of-00001.parquet"), &rows);
    let judge = MockJudge::start(
        Script::decide(|seen: &Seen| {
            let parts = match seen.body.split_once("INSTRUCTION-") {
                Some((_, rest)) if rest.starts_with('0') => "[9, 10]",
                Some((_, rest)) if rest.starts_with('1') => "[5, 4]",
                Some(_) => "[1, 8]",
                None => "[4, 9]",
            };
            Some(Fault::Words(format!(
                "{{\"reasoning\": \"r\", \"score\": {parts}}}"
            )))
        })
        .keeping(),
    );
    // √(9 · 4) = 6, √(4 · 4) = 4, √(1 · 4) = 2: of all edits of a type 4, of those in the intersection 5.
    for (suite, figure, language) in [
        ("gedit-full-cn", "4.000", "cn"),
        ("gedit-intersection-en", "5.000", "en"),
    ] {
        done(&import(&world, "gedit", suite));
        let before = judge.kept().len();
        let folder = format!("suite-{suite}/");
        let output = run(
            &world,
            &judge.base_url(),
            &folder,
            "outputs",
            "judge.toml",
            suite,
        );
        done(&output);
        assert_eq!(official(&output, "o"), figure, "{suite}");
        let asked = judge.kept().into_iter().skip(before);
        let instructions = asked.filter(|kept| kept.body.contains("INSTRUCTION-"));
        for kept in instructions {
            assert!(kept.body.contains(&format!("-{language}.")), "{suite}");
        }
    }
}

#[test]
fn wise_before_2026_goes_from_its_repository_to_its_figure() {
    let world = World::new(1);
    let data = world.path("wise/WISE_legacy/data");
    let mut records = Vec::new();
    // Two prompts of culture and one of every other category, by their ids.
    for (place, id) in (0..).zip([1, 2, 401, 568, 701, 801, 901]) {
        records.push(
            json!({"prompt_id": id, "Prompt": format!("PROMPT-{id}."), "Explanation": format!("MEANING-{id}."),
            "Category": "Cultural knowledge", "Subcategory": "Festival"}),
        );
        put(&world.path(&format!("pictures/{id}.png")), png(8, place));
    }
    put(&data.join("all.json"), Value::Array(records).to_string());
    let judge = MockJudge::start(
        Script::decide(|seen: &Seen| {
            let has = |text: &str| seen.body.contains(text);
            let mark = match () {
                () if has("consistency_score") => {
                    let mark = if has("PROMPT-1.") { 0 } else { 2 };
                    format!("\"consistency_score\": {mark}")
                }
                () if has("realism_score") => "\"realism_score\": 1".to_owned(),
                () => "\"aesthetic_score\": 0".to_owned(),
            };
            Some(Fault::Words(format!("{{\"reasoning\": \"r\", {mark}}}")))
        })
        .keeping(),
    );
    done(&import(&world, "wise", "wise-legacy"));
    let suite = "suite-wise-legacy/";
    let output = run(
        &world,
        &judge.base_url(),
        suite,
        "pictures",
        "judge.toml",
        "w",
    );
    done(&output);
    // (.7 · 2 + .2 · 1 + .1 · 0) / 2 = .8 for six of seven, .1 for one: 4.9 / 7.
    assert_eq!(official(&output, "wiscore"), "0.7000");
    assert_eq!(judge.requests(), 21);
    for kept in judge.kept() {
        let meant = kept.body.contains("MEANING-");
        assert_eq!(meant, kept.body.contains("consistency_score"));
    }
}

/// A stand-in of the authors' script: a system message on one line, and one f-string for all three marks.
const WISE_SCRIPT: &str = r#"
import openai
def messages(prompt_data, image):
    return [{"role": "system", "content": [{"type": "text",
        "text": "You are a professional Vincennes stand-in: be strict."}]},
        {"role": "user", "content": [{"type": "text", "text": f"""Please evaluate strictly, in three lines.
{{braces}}
PROMPT: "{prompt_data['Prompt']}"
EXPLANATION: "{prompt_data['Explanation']}"
Consistency: 2"""}]}]
"#;

#[test]
fn wise_before_2026_can_be_asked_in_its_authors_words() {
    let world = World::new(1);
    let mut records = Vec::new();
    for (place, id) in (0..).zip([1, 2, 401, 568, 701, 801, 901]) {
        records.push(
            json!({"prompt_id": id, "Prompt": format!("PROMPT-{id}."), "Explanation": format!("MEANING-{id}."),
            "Category": "Cultural knowledge", "Subcategory": "Festival"}),
        );
        put(&world.path(&format!("pictures/{id}.png")), png(8, place));
    }
    put(
        &world.path("wise/WISE_legacy/data/all.json"),
        Value::Array(records).to_string(),
    );
    put(&world.path("wise/WISE_legacy/gpt_eval.py"), WISE_SCRIPT);
    let mut import = world.command("http://127.0.0.1:1/v1");
    import.args(["suite", "import", "wise", "--suite", "wise-legacy"]);
    import.args(["--counts-as-found", "--with-prompts", "-o", "mine"]);
    let output = import.output().unwrap();
    done(&output);
    let told = stdout(&output);
    assert!(
        told.contains("judges of `realism` may be shown more"),
        "{told}"
    );
    let judge = MockJudge::start(
        Script::decide(|_: &Seen| {
            Some(Fault::Words(
                "**Consistency**: 2\nRealism: 1\nAesthetic Quality: 0".to_owned(),
            ))
        })
        .keeping(),
    );
    let url = judge.base_url();
    let output = run(&world, &url, "mine/", "pictures", "judge.toml", "w");
    done(&output);
    // One request for three marks: (.7 · 2 + .2 · 1 + .1 · 0) / 2.
    assert_eq!(official(&output, "wiscore"), "0.8000");
    assert_eq!(judge.requests(), 7);
    assert!(stdout(&output).contains("Injection defences off"));
    for kept in judge.kept() {
        let body: Value = serde_json::from_str(&kept.body).unwrap();
        let messages = body["messages"].as_array().unwrap();
        let text = |message: &Value| match &message["content"] {
            Value::String(text) => text.clone(),
            parts => parts[0]["text"].as_str().unwrap().to_owned(),
        };
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[0]["role"], "system");
        assert_eq!(
            text(&messages[0]),
            "You are a professional Vincennes stand-in: be strict."
        );
        let asked = text(&messages[1]);
        let (before, after) = asked.split_once("PROMPT: \"PROMPT-").unwrap();
        assert_eq!(
            before,
            "Please evaluate strictly, in three lines.\n{braces}\n"
        );
        assert!(
            after.contains("EXPLANATION: \"MEANING-") && after.ends_with("\nConsistency: 2"),
            "{asked}"
        );
    }

    // Two scripts of this name are told apart by naming the folder.
    put(&world.path("wise/gpt_eval.py"), WISE_SCRIPT);
    let mut again = world.command("http://127.0.0.1:1/v1");
    again.args(["suite", "import", "wise", "--suite", "wise-legacy"]);
    again.args(["--counts-as-found", "--with-prompts", "-o", "other"]);
    let output = again.output().unwrap();
    assert_ne!(output.status.code(), Some(0));
    assert!(
        stderr(&output).contains("2 files are called") && !world.path("other").exists(),
        "{}",
        stderr(&output)
    );
}

/// A stand-in of the authors' file, for `str.format`: braces of JSON are doubled, but for the one that is not formatted.
const KRIS_PROMPTS: &str = r#"
prompt_consist = """CONSIST {instruct} as {{"consistency_score": n}}"""
prompt_instruction_following = """FOLLOW {instruct}"""
prompt_view_instruction_following = """VIEW {instruct}"""
prompt_dual_evaluation = """DUAL {instruct} / {explanation}"""
prompt_quality = """QUALITY as {"quality_score": n}"""
prompt_abnormal_instruction_following = """NEVER USED"""
"#;

#[test]
fn kris_can_be_asked_in_its_authors_words() {
    let world = World::new(1);
    write_kris(&world);
    put(&world.path("clone/ReasonEdit/prompts.py"), KRIS_PROMPTS);
    let mut import = world.command("http://127.0.0.1:1/v1");
    import.args([
        "suite",
        "import",
        "clone",
        "--suite",
        "kris",
        "--with-prompts",
    ]);
    import.args(["--counts-as-found", "-o", "kris-words"]);
    done(&import.output().unwrap());
    let judge = MockJudge::start(
        Script::decide(|_: &Seen| {
            let marks = "\"consistency_score\": 4, \"instruction_score\": 4, \"knowledge_score\": 4, \"quality_score\": 4";
            Some(Fault::Words(format!("{{\"reason\": \"r\", {marks}}}")))
        })
        .keeping(),
    );
    let suite = "kris-words/";
    let output = run(
        &world,
        &judge.base_url(),
        suite,
        "outputs/mine",
        "judge.toml",
        "k",
    );
    done(&output);
    assert_eq!(official(&output, "total"), "75.00");
    let mut asked = [0; 6];
    for kept in judge.kept() {
        let body: Value = serde_json::from_str(&kept.body).unwrap();
        let messages = body["messages"].as_array().unwrap();
        let user = messages.last().unwrap()["content"].as_array().unwrap();
        let words: Vec<&str> = user
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect();
        let before = ["This is the original image:", "This is the edited image:"];
        let truth = "This is the ground truth image:";
        let at = match words[0].split(' ').next().unwrap() {
            "CONSIST" => {
                assert!(
                    words[0].ends_with(". as {\"consistency_score\": n}"),
                    "{}",
                    words[0]
                );
                assert_eq!(words[1..], before);
                0
            }
            "FOLLOW" => {
                assert_eq!(words[1..], before);
                1
            }
            "VIEW" => {
                assert_eq!(words[1..], [before[0], before[1], truth]);
                2
            }
            "DUAL" => {
                assert!(words[0].contains(". / EXPLAINED-"), "{}", words[0]);
                assert_eq!(words[1..], before);
                3
            }
            "QUALITY" => {
                assert_eq!(words, ["QUALITY as {\"quality_score\": n}", before[1]]);
                4
            }
            _ => {
                // Frames and composed pictures are asked about in our words.
                assert_eq!(messages.len(), 2);
                5
            }
        };
        asked[at] += 1;
    }
    // 18 categories of two tasks for consistency and quality, 7, 1 and 10 for the three ways to ask about the instruction;
    // two categories with three questions in our words.
    assert_eq!(asked, [36, 14, 2, 20, 36, 12]);
}
