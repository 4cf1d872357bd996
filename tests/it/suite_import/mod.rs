//! Imports from the layouts that people have, through the real binary.

mod closed;
mod faults;
mod released;
mod shards;
use crate::parquet_fixture;
use crate::suite_fixture;

use std::fs;
use std::path::{Path, PathBuf};

use crate::suite_fixture::picture;
use assert_cmd::Command;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::ImageFormat;
use parabench::suite::{Kind, Suite, load::load_with};
use serde_json::{Value, json};

/// A place with a source, a cache and a definition of three categories.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        let definition = suite_fixture::definition(&[
            ("spatial", "edit", 2),
            ("causal", "edit", 1),
            ("scenes", "generation", 1),
        ]);
        bench.put("definition/suite.toml", definition);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, relative to the bench.
    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// `parabench suite import SOURCE … -o out`, run in the bench.
    fn import(&self, source: &str, more: &[&str]) -> assert_cmd::assert::Assert {
        Command::new(assert_cmd::cargo_bin!("parabench"))
            .current_dir(self.0.path())
            .env("PARABENCH_CACHE", self.path("cache"))
            .env_remove("PARABENCH_BENCHMARKS")
            .args(["suite", "import", source, "-o", "out"])
            .args(more)
            .assert()
    }

    /// An import into the definition of three categories that succeeds.
    fn imported(&self, source: &str, more: &[&str]) -> (Suite, String) {
        let args = [&["--suite", "./definition"], more].concat();
        let output = self.import(source, &args).success().get_output().clone();
        let suite = load_with(&self.path("out"), &self.path("cache")).unwrap();
        (suite, String::from_utf8(output.stdout).unwrap())
    }

    /// An import that fails and leaves nothing; what it said.
    fn refused(&self, source: &str, more: &[&str]) -> String {
        let args = [&["--suite", "./definition"], more].concat();
        let output = self.import(source, &args).failure().get_output().clone();
        let left: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name == "out" || name.starts_with(".importing"))
            .collect();
        assert!(left.is_empty(), "{left:?} is left");
        String::from_utf8(output.stderr).unwrap()
    }
}

fn png(number: u32) -> Vec<u8> {
    picture(16, number, ImageFormat::Png)
}

/// The four tasks that all sources below hold, whatever their ids.
fn assert_is_the_suite(suite: &Suite) {
    let tasks: Vec<_> = suite
        .tasks
        .iter()
        .map(|task| {
            let prompt = &task.prompt;
            (&*prompt.category, &*prompt.instruction, prompt.kind())
        })
        .collect();
    let mut sorted = tasks.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            ("causal", "Drop the glass.", Kind::Edit),
            ("scenes", "A quiet harbour.", Kind::Generation),
            ("spatial", "Move it left.", Kind::Edit),
            ("spatial", "Move it right.", Kind::Edit),
        ]
    );
    for task in &suite.tasks {
        let number = match &*task.prompt.instruction {
            "Move it left." => 0,
            "Move it right." => 1,
            "Drop the glass." => 2,
            _ => continue,
        };
        let input = task.prompt.inputs.first().unwrap();
        assert_eq!(input.load().unwrap(), png(number), "{}", task.id());
    }
}

fn rows(image: impl Fn(u32) -> Value) -> Vec<Value> {
    vec![
        json!({"index": 1, "type": "Spatial-Reasoning", "prompt": "Move it left.", "image": image(0), "seed": 3}),
        json!({"index": 2, "type": "spatial_reasoning", "prompt": "Move it right.", "image": image(1), "seed": 3}),
        json!({"index": 3, "type": "CAUSAL", "prompt": "Drop the glass.", "image": image(2), "seed": 3}),
        json!({"index": 4, "type": "t2i", "prompt": "A quiet harbour.", "image": null, "seed": 3}),
    ]
}

fn put_pictures(bench: &Bench, folder: &str) {
    for number in 0..3 {
        bench.put(&format!("{folder}/{number}.png"), png(number));
    }
}
/// Tasks that share a picture are one cluster where the user says so, and never by guessing.
#[test]
fn clusters_are_mapped_and_never_guessed() {
    let bench = Bench::new();
    put_pictures(&bench, "src/images");
    let mut rows = rows(|number| json!(format!("images/{number}.png")));
    for (row, scene) in rows
        .iter_mut()
        .zip([json!("park"), json!("park"), json!(7), json!("")])
    {
        row["cluster"] = scene;
    }
    bench.put("src/tasks.json", json!(rows).to_string());
    let clusters = |suite: &Suite| -> Vec<Option<String>> {
        let mut tasks: Vec<_> = suite.tasks.iter().collect();
        tasks.sort_by_key(|task| task.id().to_owned());
        let names = tasks
            .into_iter()
            .map(|task| task.cluster.as_deref().map(str::to_owned));
        names.collect()
    };
    let words = ["--category", "t2i=scenes", "--map", "cluster=cluster"];
    let (suite, said) = bench.imported("src", &words);
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(
        clusters(&suite),
        [named("park"), named("park"), named("7"), None]
    );
    assert!(said.contains("3 of 4 tasks lie in 2 clusters"), "{said}");
    fs::remove_dir_all(bench.path("out")).unwrap();
    let (suite, _) = bench.imported("src", &words[..2]);
    assert_eq!(clusters(&suite), [None, None, None, None]);
    fs::remove_dir_all(bench.path("out")).unwrap();
    rows[0]["cluster"] = json!(["park", "pond"]);
    bench.put("src/tasks.json", json!(rows).to_string());
    let said = bench.refused("src", &words);
    assert!(said.contains("--map cluster=COLUMN"), "{said}");
}

#[test]
fn a_json_array_with_relative_paths() {
    let bench = Bench::new();
    put_pictures(&bench, "src/images");
    let rows = rows(|number| json!(format!("images/{number}.png")));
    bench.put("src/data/test.json", json!(rows).to_string());
    bench.put(
        "src/dataset_info.json",
        r#"{"description": "four tasks", "features": {}}"#,
    );
    bench.put("src/README.md", "# four tasks");
    bench.put("src/.cache/junk.json", "not looked at");
    let (suite, said) = bench.imported("src", &[]);
    assert_is_the_suite(&suite);
    assert_eq!(suite.tasks[0].id(), "1");
    for line in [
        "data/test.json: 4 records",
        "id           <- index (guessed)",
        "category     <- type (guessed)",
        "not used:       seed",
        "category spatial <- Spatial-Reasoning: 1 records",
        "category scenes <- t2i: 1 records",
        "ignored README.md",
        "ignored dataset_info.json: it describes a data set",
    ] {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }

    // the source is pinned
    let definition = fs::read_to_string(bench.path("out/suite.toml")).unwrap();
    let digest = parabench::common::digest::Digest::of(json!(rows).to_string().as_bytes());
    assert!(definition.contains(&digest.to_string()), "{definition}");
    assert!(definition.contains("name = \"src\""), "{definition}");

    // and a second import does not touch the first
    assert!(
        bench
            .import("src", &["--suite", "./definition"])
            .failure()
            .get_output()
            .stderr
            .len()
            > 10
    );
    assert_is_the_suite(&load_with(&bench.path("out"), &bench.path("cache")).unwrap());
}

#[test]
fn an_object_keyed_by_id_in_a_folder_per_category() {
    let bench = Bench::new();
    let row = |number: u32, text: &str| json!({"ori_img": format!("{number}.png"), "gt_img": "x.png", "ins_en": text});
    for (folder, rows) in [
        (
            "spatial_reasoning",
            json!({"1": row(0, "Move it left."), "2": row(1, "Move it right.")}),
        ),
        ("causal_reasoning", json!({"1": row(2, "Drop the glass.")})),
        ("scenes", json!({"1": {"ins_en": "A quiet harbour."}})),
    ] {
        bench.put(&format!("src/{folder}/annotation.json"), rows.to_string());
        put_pictures(&bench, &format!("src/{folder}"));
    }
    let (suite, said) = bench.imported("src", &[]);
    assert_is_the_suite(&suite);
    let mut ids: Vec<&str> = suite.tasks.iter().map(|task| task.id()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["causal-1", "scenes-1", "spatial-1", "spatial-2"]);
    assert!(said.contains("ids repeat between categories"), "{said}");
    assert!(said.contains("category     <- @folder"), "{said}");
    assert!(said.contains("id           <- @key"), "{said}");

    // as a new suite, the folders are its categories
    fs::remove_dir_all(bench.path("out")).unwrap();
    bench.import("src", &["--new", "kris-like"]).success();
    let suite = load_with(&bench.path("out"), &bench.path("cache")).unwrap();
    let found = suite
        .categories
        .iter()
        .map(|c| (c.name.as_str(), c.kind, c.planned));
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    let expected = [
        ("causal_reasoning", Kind::Edit, 1),
        ("scenes", Kind::Generation, 1),
        ("spatial_reasoning", Kind::Edit, 2),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_object_of_lists() {
    let bench = Bench::new();
    put_pictures(&bench, "src/images");
    let row =
        |number: u32, text: &str| json!({"instruction": text, "image": format!("{number}.png")});
    let lists = json!({
        "version": 3,
        "spatial": [row(0, "Move it left."), row(1, "Move it right.")],
        "causal": [row(2, "Drop the glass.")],
        "generation": [{"instruction": "A quiet harbour."}],
    });
    bench.put("src/all.json", lists.to_string());
    let (suite, said) = bench.imported("src/all.json", &[]);
    assert_is_the_suite(&suite);
    assert!(said.contains("4 records have no usable id"), "{said}");
    assert!(suite.tasks.iter().any(|task| task.id() == "spatial-002"));
}

#[test]
fn jsonl_shards_with_base64() {
    let bench = Bench::new();
    let rows = rows(|number| {
        let body = STANDARD.encode(png(number));
        match number {
            0 => json!(body),
            1 => json!(format!("data:image/png;base64,{body}")),
            _ => json!({"bytes": body, "path": "elsewhere.png"}),
        }
    });
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    bench.put("src/a-00000-of-00002.jsonl", lines[..2].join("\r\n"));
    bench.put("src/a-00001-of-00002.jsonl", lines[2..].join("\n\n"));
    let (suite, _) = bench.imported("src", &[]);
    assert_is_the_suite(&suite);
}

#[test]
fn an_imagefolder_with_metadata() {
    let bench = Bench::new();
    put_pictures(&bench, "src/train");
    let lines: Vec<String> = rows(|number| json!(format!("{number}.png")))
        .into_iter()
        .map(|mut row| {
            let image = row["image"].take();
            row["file_name"] = image;
            row.as_object_mut().unwrap().remove("image");
            row.to_string()
        })
        .collect();
    bench.put("src/train/metadata.jsonl", lines.join("\n"));
    let (suite, said) = bench.imported("src", &[]);
    assert_is_the_suite(&suite);
    assert!(said.contains("image        <- file_name"), "{said}");
}

/// The hub's cache keeps the bytes of all revisions in one folder and links to them.
#[cfg(unix)]
#[test]
fn a_snapshot_made_of_links() {
    use std::os::unix::fs::symlink;
    let bench = Bench::new();
    put_pictures(&bench, "blobs");
    let rows = rows(|number| json!(format!("{number}.png")));
    bench.put("blobs/0123abcd", json!(rows).to_string());
    fs::create_dir_all(bench.path("snapshots/main")).unwrap();
    for (blob, name) in [
        ("0123abcd", "t.json"),
        ("0.png", "0.png"),
        ("1.png", "1.png"),
        ("2.png", "2.png"),
    ] {
        let target = Path::new("../../blobs").join(blob);
        symlink(target, bench.path("snapshots/main").join(name)).unwrap();
    }
    for source in ["snapshots/main", "snapshots/main/t.json"] {
        assert_is_the_suite(&bench.imported(source, &[]).0);
        fs::remove_dir_all(bench.path("out")).unwrap();
    }
}

#[test]
fn csv_and_tsv() {
    // In TSV a quotation mark that does not have to be there is data.
    for (name, mark, quote) in [("tasks.csv", ",", "\""), ("tasks.tsv", "\t", "")] {
        let moved = format!("{quote}Move it left.{quote}");
        let bench = Bench::new();
        put_pictures(&bench, "src/images");
        let table = [
            ["id", "category", "instruction", "source_image"],
            ["s 1", "spatial", &moved, "images/0.png"],
            ["s 2", "spatial", "Move it right.", "images\\1.png"],
            ["c1", "causal", "Drop the glass.", "./images/2.png"],
            ["g1", "generation", "A quiet harbour.", ""],
        ];
        let lines: Vec<String> = table.iter().map(|row| row.join(mark)).collect();
        bench.put(
            &format!("src/{name}"),
            format!("\u{feff}{}\r\n", lines.join("\r\n")),
        );
        let (suite, said) = bench.imported("src", &[]);
        assert_is_the_suite(&suite);
        assert!(said.contains("`s 1` -> s-1"), "{said}");
    }
}

#[test]
fn jpeg_becomes_png() {
    let bench = Bench::new();
    bench.put("src/0.jpg", picture(16, 0, ImageFormat::Jpeg));
    bench.put("src/t.csv", "instruction,image\nMove it.,0.jpg\n");
    bench.import("src", &["--new", "mine"]).success();
    let suite = load_with(&bench.path("out"), &bench.path("cache")).unwrap();
    assert_eq!(
        (suite.name.as_str(), suite.categories[0].name.as_str()),
        ("mine", "edit")
    );
    assert!(
        fs::read(bench.path("out/images/edit-001.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
}

#[test]
fn what_the_user_says_wins() {
    let bench = Bench::new();
    put_pictures(&bench, "src");
    let rows: Vec<Value> = rows(|number| json!(format!("{number}.png")))
        .into_iter()
        .map(|mut row| {
            row["wording"] = row["prompt"].take();
            row["prompt"] = json!("a decoy");
            row["group"] = match row["type"].as_str() {
                Some("CAUSAL") => json!("what follows"),
                _ => row["type"].take(),
            };
            row["type"] = json!("decoy");
            row["truth"] = json!({"moved": [1, 2]});
            row
        })
        .collect();
    bench.put("src/t.json", json!(rows).to_string());
    let said = [
        "--map",
        "instruction=wording",
        "--map",
        "category=group",
        "--map",
        "target=truth",
    ];
    let message = bench.refused("src", &said);
    assert!(message.contains("category `what follows`"), "{message}");
    assert!(message.contains("--category WORD=CATEGORY"), "{message}");
    let (suite, _) = bench.imported(
        "src",
        &[&said[..], &["--category", "what follows=causal"]].concat(),
    );
    assert_is_the_suite(&suite);
    assert_eq!(
        suite.tasks[0].target.as_ref().unwrap().0,
        json!({"moved": [1, 2]})
    );
}

/// Paths in tests are relative to the bench, never to the repository.
#[test]
fn the_usual_place_is_found_by_name() {
    let bench = Bench::new();
    bench.put("src/t.csv", "instruction\nA quiet harbour.\n");
    let run = |args: &[&str]| {
        Command::new(assert_cmd::cargo_bin!("parabench"))
            .current_dir(Path::new(bench.0.path()))
            .env("PARABENCH_CACHE", bench.path("cache"))
            .env_remove("PARABENCH_BENCHMARKS")
            .args(["suite"])
            .args(args)
            .assert()
            .success()
    };
    run(&["import", "src", "--new", "harbours"]);
    assert!(bench.path("cache/imported/harbours/tasks.jsonl").is_file());
    run(&["check", "harbours"]);
}
