//! Published benchmarks, as stand-in folders with their true names and columns: one command each, or the one
//! flag that the message names.

use super::*;

impl Bench {
    /// Imports into a new suite and loads it.
    fn released(&self, source: &str, more: &[&str]) -> Suite {
        let _ = fs::remove_dir_all(self.path("out"));
        let args = [&["--new", "new"], more].concat();
        self.import(source, &args).success();
        load_with(&self.path("out"), &self.path("cache")).unwrap()
    }
}

fn counts(suite: &Suite) -> Vec<(&str, Kind, u32)> {
    let categories = suite.categories.iter();
    categories
        .map(|c| (c.name.as_str(), c.kind, c.planned))
        .collect()
}

/// The repository PhoenixZ810/RISEBench: 64 tasks in `data/data_total.json`, references beside the inputs.
#[test]
fn rise_as_its_repository_has_it() {
    let bench = Bench::new();
    let mut rows = Vec::new();
    for category in ["temporal", "causal", "spatial", "logical"] {
        for number in 1..=16 {
            let folder = format!("{category}_reasoning_images");
            let mut row = json!({
                "index": format!("{category}_reasoning_{number}"),
                "category": format!("{category}_reasoning"),
                "instruction": format!("Do {number}."),
                "image": format!("{folder}/{number}.png"),
            });
            if category == "logical" {
                row["reference_img"] = json!(format!("{folder}/{number}_ans.png"));
                bench.put(&format!("rise/data/{folder}/{number}_ans.png"), png(9));
            } else {
                row["reference"] = json!("Rotten, blackened banana.");
            }
            bench.put(&format!("rise/data/{folder}/{number}.png"), png(number));
            rows.push(row);
        }
    }
    bench.put("rise/data/data_total.json", json!(rows).to_string());
    bench.put("rise/README.md", "# RISEBench");
    bench.put("rise/gpt_eval.py", "print()");
    let suite = bench.released("rise", &[]);
    assert_eq!(suite.tasks.len(), 64);
    assert!(counts(&suite).contains(&("logical_reasoning", Kind::Edit, 16)));
    assert_eq!(suite.tasks[0].id(), "temporal_reasoning_1");
    // the hub's file comes with a zip of the pictures
    bench.put("hub/datav2_total_w_subtask.json", json!(rows).to_string());
    bench.put("hub/data.zip", "PK\x03\x04");
    fs::remove_dir_all(bench.path("out")).unwrap();
    let said = bench.import("hub", &["--new", "hub"]);
    let said = String::from_utf8(said.failure().get_output().stderr.clone()).unwrap();
    assert!(said.contains("data.zip: unpack it there"), "{said}");
}

/// The repository PKU-YuanGroup/WISE: two versions of the prompts under the same ids.
#[test]
fn wise_as_its_repository_has_it() {
    let bench = Bench::new();
    let rows = |ids: std::ops::Range<u32>, category: &str, word: &str| {
        let row = |id| {
            json!({"Prompt": format!("{word} {id}"), "Explanation": "because", "Category": category,
                   "Subcategory": "x", "prompt_id": id})
        };
        json!(ids.map(row).collect::<Vec<_>>()).to_string()
    };
    for (folder, word) in [("data_verified", "new"), ("WISE_legacy/data", "old")] {
        bench.put(
            &format!("wise/{folder}/cultural_common_sense.json"),
            rows(1..5, "Cultural knowledge", word),
        );
        bench.put(
            &format!("wise/{folder}/natural_science.json"),
            rows(5..7, "Biology", word),
        );
    }
    bench.put(
        "wise/WISE_legacy/data/natural_science_rewrite.json",
        rows(5..7, "Biology", "rewritten"),
    );
    bench.put("wise/README.md", "# WISE");
    let said = bench.import("wise", &["--new", "wise"]).failure();
    let said = String::from_utf8(said.get_output().stderr.clone()).unwrap();
    assert!(
        said.contains("two versions of one data set?") && said.contains("--only GLOB"),
        "{said}"
    );
    let suite = bench.released("wise", &["--only", "data_verified/*"]);
    let expected = [
        ("cultural-knowledge", Kind::Generation, 4),
        ("biology", Kind::Generation, 2),
    ];
    assert_eq!(counts(&suite), expected);
    assert_eq!(&*suite.tasks[0].prompt.instruction, "new 1");
    assert!(
        suite
            .axes
            .iter()
            .all(|axis| axis.exists_for(Kind::Generation))
    );
}

/// The repository djghosh13/geneval.
#[test]
fn geneval_as_its_repository_has_it() {
    let bench = Bench::new();
    let lines = [
        r#"{"tag":"single_object","include":[{"class":"bench","count":1}],"prompt":"a photo of a bench"}"#,
        r#"{"tag":"counting","include":[{"class":"clock","count":2}],"exclude":[{"class":"clock","count":3}],"prompt":"a photo of two clocks"}"#,
        r#"{"tag":"position","include":[{"class":"cat","count":1},{"class":"dog","count":1,"position":["right of",0]}],"prompt":"a photo of a dog right of a cat"}"#,
    ];
    bench.put(
        "geneval/prompts/evaluation_metadata.jsonl",
        lines.join("\n"),
    );
    bench.put(
        "geneval/prompts/generation_prompts.txt",
        "a photo of a bench",
    );
    bench.put("geneval/prompts/object_names.txt", "bench");
    bench.put("geneval/images/teaser.png", png(1));
    bench.put("geneval/environment.yml", "name: geneval");
    let suite = bench.released("geneval", &[]);
    let expected =
        ["single_object", "counting", "position"].map(|name| (name, Kind::Generation, 1));
    assert_eq!(counts(&suite), expected);
    assert_eq!(&*suite.tasks[1].prompt.instruction, "a photo of two clocks");
}

/// The folder KRIS_Bench: a category a folder, ids that are unique only in it, tasks with several inputs.
#[test]
fn kris_as_its_repository_has_it() {
    let bench = Bench::new();
    for category in ["biology", "color_change", "temporal_prediction"] {
        let folder = format!("KRIS_Bench/{category}");
        let row = |number: u32| match category {
            "temporal_prediction" => {
                json!({"ori_img": ["1-2.png", "1-3.png"], "gt_img": "1-1.png", "ins_en": "Predict.", "explain_en": "x"})
            }
            _ => {
                json!({"ori_img": format!("{number}.png"), "gt_img": format!("{number}-gt.png"), "ins_en": format!("Change {number}."), "explain_en": "x"})
            }
        };
        bench.put(
            &format!("{folder}/annotation.json"),
            json!({"1": row(1), "2": row(2)}).to_string(),
        );
        for name in ["1", "2", "1-1", "1-2", "1-3", "1-gt", "2-gt"] {
            bench.put(&format!("{folder}/{name}.png"), png(1));
        }
    }
    let said = bench.import("KRIS_Bench", &["--new", "kris"]).failure();
    let said = String::from_utf8(said.get_output().stderr.clone()).unwrap();
    for part in [
        "temporal_prediction/annotation.json: record 1: 2 pictures where a task has one",
        "--skip-unmapped",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let suite = bench.released("KRIS_Bench", &["--skip-unmapped"]);
    let expected = [("biology", Kind::Edit, 2), ("color_change", Kind::Edit, 2)];
    assert_eq!(counts(&suite), expected);
    assert_eq!(suite.tasks[0].id(), "biology-1");
    assert_eq!(suite.tasks[0].original_id.as_deref(), Some("1"));
}

/// The hub's stepfun-ai/GEdit-Bench: Parquet shards, the input twice, two languages.
#[test]
fn gedit_as_the_hub_has_it() {
    let bench = Bench::new();
    let rows: Vec<_> = (0..4)
        .map(|number| super::parquet_fixture::GeditRow {
            intersection: true,
            task_type: if number < 2 {
                "background_change"
            } else {
                "subject-remove"
            },
            key: format!("ae3bf75e9abe53ab8e24052ef129d1e{number}"),
            instruction: format!("Change {number}"),
            language: if number % 2 == 0 { "en" } else { "cn" },
            picture: png(number),
        })
        .collect();
    for (shard, part) in rows.chunks(2).enumerate() {
        let name = format!("gedit/data/train-{shard:05}-of-00002.parquet");
        fs::create_dir_all(bench.path("gedit/data")).unwrap();
        super::parquet_fixture::write_gedit(&bench.path(&name), part);
    }
    bench.put("gedit/README.md", "---\ndataset_info: {}\n---");
    let suite = bench.released("gedit", &[]);
    assert_eq!(
        counts(&suite),
        [
            ("background_change", Kind::Edit, 2),
            ("subject-remove", Kind::Edit, 2)
        ]
    );
    assert_eq!(suite.tasks[3].id(), "ae3bf75e9abe53ab8e24052ef129d1e3");
    assert_eq!(
        suite.tasks[3]
            .prompt
            .inputs
            .first()
            .unwrap()
            .load()
            .unwrap(),
        png(3)
    );
}
