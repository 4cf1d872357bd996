//! Stand-ins of KRIS-Bench, RISEBench and GenEval go from the official folder to the official number, computed by hand.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::steps::{done, import, official, png, put, run};
use crate::cli_world::{World, stderr};
use crate::mock_judge::{Fault, MockJudge, Script, Seen};
use crate::suite_fixture;

const KNOWLEDGE: [&str; 10] = [
    "abstract_reasoning",
    "biology",
    "chemistry",
    "geography",
    "humanities",
    "mathematics",
    "medicine",
    "physics",
    "practical_knowledge",
    "rule-based_reasoning",
];
const OTHERS: [&str; 10] = [
    "anomaly_correction",
    "color_change",
    "count_change",
    "multi-element_composition",
    "multi-instruction_execution",
    "part_completion",
    "position_movement",
    "size_adjustment",
    "temporal_prediction",
    "viewpoint_change",
];

/// How many pictures to edit the tasks of a category have.
fn inputs(category: &str) -> usize {
    match category {
        "multi-element_composition" => 2,
        "temporal_prediction" => 3,
        _ => 1,
    }
}

/// Two records a category, as the authors write them, and a model's folder of pictures.
pub(super) fn write_kris(world: &World) {
    for (place, category) in (0..).zip(KNOWLEDGE.into_iter().chain(OTHERS)) {
        let folder = world.path("clone/KRIS_Bench").join(category);
        let mut records = serde_json::Map::new();
        for id in 1..=2_u32 {
            let names: Vec<String> = (1..=inputs(category))
                .map(|at| format!("{id}-{at}.png"))
                .collect();
            for name in &names {
                put(&folder.join(name), png(8, id));
            }
            let right = ["temporal_prediction", "viewpoint_change"].contains(&category);
            if right {
                put(&folder.join(format!("{id}_gt.png")), png(8, 50 + id));
            }
            let explained = KNOWLEDGE.contains(&category);
            let record = json!({
                "ori_img": match names.as_slice() {
                    [only] => json!(only),
                    several => json!(several),
                },
                "gt_img": if right { format!("{id}_gt.png") } else { String::new() },
                "ins_en": format!("INSTRUCTION-{category}-{id}."),
                "explain_en": if explained { format!("EXPLAINED-{category}-{id}.") } else { String::new() },
            });
            records.insert(id.to_string(), record);
            let answer = suite_fixture::picture(8, 100 + 2 * place + id, image::ImageFormat::Jpeg);
            put(
                &world
                    .path("outputs/mine")
                    .join(category)
                    .join(format!("{id}.jpg")),
                answer,
            );
        }
        put(
            &folder.join("annotation.json"),
            Value::Object(records).to_string(),
        );
    }
}

fn has(body: &str, key: &str) -> bool {
    body.contains(&format!("\\\"{key}\\\": <"))
}

#[test]
fn kris_goes_from_its_folders_to_its_figure() {
    let world = World::new(1);
    write_kris(&world);
    let judge = MockJudge::start(
        Script::decide(|seen: &Seen| {
            let marks = match () {
                () if has(&seen.body, "knowledge_score") => {
                    "\"instruction_score\": 5, \"knowledge_score\": 3"
                }
                () if has(&seen.body, "consistency_score") => "\"consistency_score\": 4",
                () if has(&seen.body, "quality_score") => "\"quality_score\": 2",
                // Two categories of these ten have a picture of the right answer.
                () if seen.body.contains("Reference image:") => "\"instruction_score\": 1",
                () => "\"instruction_score\": 3",
            };
            Some(Fault::Words(format!("{{\"reasoning\": \"r\", {marks}}}")))
        })
        .keeping(),
    );
    let imported = import(&world, "clone/KRIS_Bench", "kris");
    done(&imported);
    let output = run(
        &world,
        &judge.base_url(),
        "suite-kris/",
        "outputs/mine",
        "judge.toml",
        "k",
    );
    done(&output);
    // Consistency 40 · 4, quality 40 · 2, instruction 20 · 5 + 16 · 3 + 4 · 1, knowledge 20 · 3: 452 in 140 marks, and
    // (452 / 140 − 1) · 25 = 55.71.
    assert_eq!(official(&output, "total"), "55.71");
    // (152 / 40 − 1) · 25.
    assert_eq!(official(&output, "instruction"), "70.00");
    // Three requests a task: the joint one is sent once.
    assert_eq!(judge.requests(), 120);
    let mut joint = 0;
    for kept in judge.kept() {
        let body = &kept.body;
        let pictures = body.matches("data:image/").count();
        let category = body.split_once("INSTRUCTION-").map(|(_, rest)| {
            let (name, _) = rest.split_once('.').unwrap();
            name.rsplit_once('-').unwrap().0.to_owned()
        });
        let Some(category) = category else {
            // Quality alone is judged without the instruction, from one picture.
            assert!(has(body, "quality_score") && pictures == 1);
            continue;
        };
        joint += u32::from(has(body, "knowledge_score"));
        assert_eq!(body.contains("EXPLAINED-"), has(body, "knowledge_score"));
        let right = usize::from(body.contains("Reference image:"));
        let shown = has(body, "instruction_score")
            && ["temporal_prediction", "viewpoint_change"].contains(&category.as_str());
        assert_eq!(right == 1, shown, "{category}");
        assert_eq!(pictures, inputs(&category) + 1 + right, "{category}");
    }
    assert_eq!(joint, 20);

    // A model that takes one picture does not answer tasks with several, and says how many there were.
    let mut copy = world.command(&judge.base_url());
    copy.args([
        "run",
        "--suite",
        "suite-kris/",
        "--model",
        "control:copy-input",
    ]);
    let copy = copy
        .args(["--judge", "judge.toml", "--name", "copy", "--no-progress"])
        .output()
        .unwrap();
    assert_eq!(copy.status.code(), Some(3), "{}", stderr(&copy));
    let samples = fs::read_to_string(world.run_folder("copy").join("samples.jsonl")).unwrap();
    assert_eq!(
        samples.matches("the task has 3 input pictures").count(),
        4,
        "{samples}"
    );
    assert_eq!(samples.matches("the task has 2 input pictures").count(), 4);
}

/// Three records a category: as the repository writes them, with the fields of the hub's version.
fn write_rise(world: &World) {
    let mut records = Vec::new();
    for (place, name) in (0..).zip(["temporal", "causal", "spatial", "logical"]) {
        let category = format!("{name}_reasoning");
        for number in 1..=3_u32 {
            let index = format!("{category}_{number}");
            let image = format!("{category}_images/{number}.png");
            put(&world.path("rise/data").join(&image), png(8, number));
            let mut record = json!({"index": index, "category": category,
                "instruction": format!("INSTRUCTION-{index}."), "image": image});
            match category.as_str() {
                "spatial_reasoning" => {
                    let right = format!("{category}_images/{number}_ref.png");
                    put(&world.path("rise/data").join(&right), png(8, 60 + number));
                    record["reference_img"] = right.into();
                }
                "logical_reasoning" => {
                    record["reference_txt"] = format!("REFERENCE-{index}.").into()
                }
                _ => record["reference"] = format!("REFERENCE-{index}.").into(),
            }
            if index == "temporal_reasoning_2" {
                record["consistency_free"] = true.into();
            }
            records.push(record);
            let answer = world.path("rise-outputs/images").join(&category);
            put(
                &answer.join(format!("{index}.png")),
                png(8, 100 + 3 * place + number),
            );
        }
    }
    put(
        &world.path("rise/data/data_total.json"),
        Value::Array(records).to_string(),
    );
}

#[test]
fn rise_goes_from_its_folders_to_its_figures_under_both_rules() {
    let world = World::new(1);
    write_rise(&world);
    let judge = MockJudge::start(
        Script::decide(|seen: &Seen| {
            let body = &seen.body;
            let about = |index: &str| body.contains(&format!("INSTRUCTION-{index}"));
            let mark = match () {
                () if has(body, "unchanged") => "\"unchanged\": 1".to_owned(),
                () if has(body, "solved") => {
                    format!("\"solved\": {}", u32::from(about("logical_reasoning_1")))
                }
                () if has(body, "consistency_score") => {
                    let mark = if about("causal_reasoning_1") { 4 } else { 5 };
                    format!("\"consistency_score\": {mark}")
                }
                () if has(body, "reasoning_score") => {
                    let mark = if about("spatial") { 3 } else { 5 };
                    format!("\"reasoning_score\": {mark}")
                }
                () => "\"plausibility_score\": 5".to_owned(),
            };
            Some(Fault::Words(format!("{{\"reasoning\": \"r\", {mark}}}")))
        })
        .keeping(),
    );
    done(&import(&world, "rise/data", "rise"));
    let output = run(
        &world,
        &judge.base_url(),
        "suite-rise/",
        "rise-outputs",
        "judge.toml",
        "now",
    );
    done(&output);
    // Temporal 3 of 3, one of them without consistency; causal 2; spatial 0; logical 1: 6 of 12.
    assert_eq!(official(&output, "accuracy"), "50.0");
    // Reasoning: 6 · 5 + 3 · 3 + 5 + 2 · 1 over 12 answers: (46 / 12 − 1) · 25.
    assert_eq!(official(&output, "reasoning"), "70.8");
    // Consistency of 11 answers, plausibility of 9, reasoning of 12.
    assert_eq!(judge.requests(), 32);
    for kept in judge.kept() {
        let body = &kept.body;
        let reasons = has(body, "reasoning_score") || has(body, "solved");
        let pictured = reasons && body.contains("INSTRUCTION-spatial");
        assert_eq!(body.contains("REFERENCE-"), reasons && !pictured, "{body}");
        let pictures = match () {
            () if pictured => 3,
            () if has(body, "plausibility_score") => 1,
            () => 2,
        };
        assert_eq!(body.matches("data:image/").count(), pictures);
        assert!(
            !(has(body, "consistency_score") && body.contains("INSTRUCTION-temporal_reasoning_2"))
        );
    }
    let scores = world.scores("now");
    let row = |task: &str, axis: &str| {
        let mut rows = scores
            .lines()
            .filter(|row| row.contains(&format!(",{task},")));
        rows.find(|row| row.contains(&format!(",{axis},")))
            .unwrap()
            .to_owned()
    };
    assert!(row("temporal_reasoning_2", "consistency").ends_with(",,not-applicable"));
    assert!(row("logical_reasoning_1", "reasoning").ends_with(",5,ok"));
    assert!(row("logical_reasoning_2", "reasoning").ends_with(",1,ok"));

    // Before 2026-04 a task without consistency could not pass. The judge is asked the same, so the replies are there.
    done(&import(&world, "rise/data", "rise-pre-2026-04"));
    let suite = "suite-rise-pre-2026-04/";
    let output = run(
        &world,
        &judge.base_url(),
        suite,
        "rise-outputs",
        "judge.toml",
        "before",
    );
    done(&output);
    assert_eq!(official(&output, "accuracy"), "41.7");
    assert_eq!(judge.requests(), 32);
}

/// Says 1 where the picture is 8 pixels wide: what the tests draw for a right answer.
const DETECTOR: &str = r#"
import json, struct, sys
print(json.dumps({"hello": 1, "role": "judge", "name": "detector", "version": "1", "axes": ["correct"]}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    with open(request["output"], "rb") as file:
        width, _ = struct.unpack(">II", file.read(24)[16:24])
    seen = sorted(request)
    assert seen == ["axes", "id", "instruction", "kind", "output", "repeat"], seen
    print(json.dumps({"id": request["id"], "marks": {"correct": int(width == 8)}}), flush=True)
"#;

#[test]
fn geneval_goes_from_a_folder_of_samples_to_its_figure() {
    let world = World::new(1);
    let tasks = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks/geneval/tasks.jsonl"),
    );
    let (right, wrong) = (png(8, 1), png(9, 1));
    for line in tasks.unwrap().lines() {
        let task: Value = serde_json::from_str(line).unwrap();
        let id: u32 = task["id"].as_str().unwrap().parse().unwrap();
        let folder = world.path(&format!("samples/{id:05}"));
        let metadata = json!({"prompt": task["instruction"], "tag": task["category"]});
        put(&folder.join("metadata.jsonl"), metadata.to_string());
        let good = match task["category"].as_str().unwrap() {
            "position" => false,
            "colors" => id.is_multiple_of(2),
            _ => true,
        };
        put(
            &folder.join("samples/0000.png"),
            if good { &right } else { &wrong },
        );
    }
    fs::write(world.path("detector.py"), DETECTOR).unwrap();
    let description =
        "program = \"python3\"\nargs = [\"detector.py\"]\n[[axes]]\nkey = \"correct\"\n";
    fs::write(world.path("detector.toml"), description).unwrap();
    let judge = "command:detector.toml";
    let output = run(
        &world,
        "http://127.0.0.1:1/v1",
        "geneval",
        "samples",
        judge,
        "g",
    );
    done(&output);
    // Four tasks whole, half of 94 colours, no position; the six weigh alike: (4 + .5 + 0) / 6.
    assert_eq!(official(&output, "correct"), "0.75000");
}

/// A stand-in of the authors' file.
const RISE_PROMPTS: &str = r#"
prompt_consist = """CONSIST {instruct} as {{x}}
**Final Score:** **1-5**"""
prompt_reasoning = """NEVER TAKEN"""
prompt_generation = """GENERATION
**Final Score:** **X**"""
prompt_spatial_qual = """SPATIAL
**Final Score:** **1-5**"""
"#;

/// What the category alone decides is asked in the authors' words, the rest in ours.
#[test]
fn rise_is_asked_in_its_authors_words_where_the_category_decides() {
    let world = World::new(1);
    write_rise(&world);
    put(&world.path("clone/utils.py"), RISE_PROMPTS);
    put(&world.path("clone/RISEBench++/utils.py"), "another");
    let judge = MockJudge::start(
        Script::decide(|seen: &Seen| {
            let body = &seen.body;
            let words = match () {
                () if ["CONSIST", "GENERATION", "SPATIAL\\n"]
                    .iter()
                    .any(|own| body.contains(own)) =>
                {
                    return Some(Fault::Words("Good.\n\n**Final Score:** **4**".to_owned()));
                }
                () if has(body, "unchanged") => "\"unchanged\": 1",
                () if has(body, "solved") => "\"solved\": 1",
                () if has(body, "consistency_score") => "\"consistency_score\": 5",
                () if has(body, "reasoning_score") => "\"reasoning_score\": 5",
                () => "\"plausibility_score\": 1",
            };
            Some(Fault::Words(format!("{{\"reasoning\": \"r\", {words}}}")))
        })
        .keeping(),
    );
    let mut import = world.command("http://127.0.0.1:1/v1");
    import.args(["suite", "import", "rise/data", "--suite", "rise"]);
    import.args(["--counts-as-found", "--with-prompts", "clone", "-o", "mine"]);
    done(&import.output().unwrap());
    let url = judge.base_url();
    let output = run(&world, &url, "mine/", "rise-outputs", "judge.toml", "now");
    done(&output);
    let count = |text: &str| {
        let kept = judge.kept();
        kept.iter().filter(|kept| kept.body.contains(text)).count()
    };
    // One of six temporal and causal tasks is free of consistency; no task is asked about plausibility in our words.
    assert_eq!(
        (count("CONSIST"), count("GENERATION"), count("SPATIAL\\n")),
        (5, 6, 3)
    );
    assert_eq!(
        (count("plausibility_score"), count("reasoning_score")),
        (0, 9)
    );
    assert_eq!(count("NEVER TAKEN"), 0);
    assert!(judge.kept().iter().all(|kept| {
        let ours = kept.body.contains("MATERIAL");
        ours != (kept.body.contains("Final Score"))
    }));
    let rubrics = world.path("mine/rubrics");
    assert!(
        rubrics.join("reasoning.toml").is_file()
            && rubrics.join("authors_generation.toml").is_file()
    );
}
