//! What is not understood is asked about: nothing is dropped, merged or renamed without a word.

use super::*;

/// The lines of a suite's tasks.
fn tasks(bench: &Bench) -> Vec<Value> {
    let text = fs::read_to_string(bench.path("out/tasks.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

impl Bench {
    /// An import into a new suite that succeeds: its tasks, and what was said.
    fn new_suite(&self, source: &str, more: &[&str]) -> (Vec<Value>, String) {
        let _ = fs::remove_dir_all(self.path("out"));
        let args = [&["--new", "new"], more].concat();
        let output = self.import(source, &args).success().get_output().clone();
        (tasks(self), String::from_utf8(output.stdout).unwrap())
    }

    /// An import into a new suite that fails, and says all of `words`, and no temporary folder.
    fn asks(&self, source: &str, more: &[&str], words: &[&str]) {
        let _ = fs::remove_dir_all(self.path("out"));
        let args = [&["--new", "new"], more].concat();
        let output = self.import(source, &args).failure().get_output().clone();
        let said = String::from_utf8(output.stderr).unwrap();
        for word in words {
            assert!(said.contains(word), "{word:?} is not in\n{said}");
        }
        assert!(!said.contains(".importing-"), "{said}");
    }

    fn lines(&self, name: &str, rows: &[Value]) {
        let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
        self.put(name, lines.join("\n"));
    }
}

fn three(column: &str, value: impl Fn(u32) -> Value) -> Vec<Value> {
    let row = |number| json!({"id": format!("t{number}"), "instruction": format!("Edit {number}"), column: value(number)});
    (0..3).map(row).collect()
}

#[test]
fn columns_of_pictures_are_understood_or_asked_about() {
    let bench = Bench::new();
    put_pictures(&bench, "s/images");
    let path = |number: u32| json!(format!("images/{number}.png"));
    // whatever the column is called, whatever form the pictures have
    for (column, value) in [
        ("photo", json!("images/0.png")),
        ("edited_image", json!("images/0.png")),
        ("image", json!("0001")),
        ("image", json!(17)),
        ("picture_url", json!("https://example.org/0.webp?size=1")),
        ("photo", json!({"bytes": null, "path": "images/0.png"})),
        ("photos", json!(["images/0.png", "images/1.png"])),
        ("scan", json!("images/0.tiff")),
    ] {
        bench.lines("s/data.jsonl", &three(column, |_| value.clone()));
        bench.asks("s", &[], &[column, "--map image=COLUMN", "--no-image"]);
        let (tasks, _) = bench.new_suite("s", &["--no-image"]);
        assert!(tasks.iter().all(|task| task["kind"] == "generation"));
    }
    // a second one beside the input
    let mut rows = three("image", path);
    rows[0]["image2"] = path(1);
    bench.lines("s/data.jsonl", &rows);
    bench.asks("s", &[], &["image2", "in addition to `image`"]);
    let (tasks, _) = bench.new_suite("s", &["--map", "image=image"]);
    assert_eq!(tasks[0]["kind"], "edit");
    // a reference is known to be none
    for row in &mut rows {
        row.as_object_mut().unwrap().remove("image2");
        row["reference_img"] = path(2);
    }
    bench.lines("s/data.jsonl", &rows);
    assert_eq!(bench.new_suite("s", &[]).0[0]["kind"], "edit");
    // and a picture that only some records of a category have is missing from the others
    rows[1]["image"] = json!(null);
    bench.lines("s/data.jsonl", &rows);
    bench.asks(
        "s",
        &[],
        &["data.jsonl: record 2: no picture", "--skip-unmapped"],
    );
    assert_eq!(bench.new_suite("s", &["--skip-unmapped"]).0.len(), 2);
}

#[test]
fn pictures_are_read_or_refused_by_name() {
    let bench = Bench::new();
    for (name, bytes, word) in [
        (
            "a.png",
            &b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"[..],
            "git lfs pull",
        ),
        ("a.png", b"<!DOCTYPE html><html></html>", "HTML"),
        ("a.avif", b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        ("a.tiff", b"II*\0\x08\0\0\0", "TIFF"),
        ("a.png", b"", "empty"),
    ] {
        bench.put(&format!("s/{name}"), bytes);
        bench.lines("s/data.jsonl", &three("image", |_| json!(name)));
        bench.asks("s", &[], &["data.jsonl: record 1", word]);
    }
    for (format, name) in [
        (ImageFormat::Gif, "a.gif"),
        (ImageFormat::Bmp, "a.bmp"),
        (ImageFormat::WebP, "a.webp"),
        (ImageFormat::Jpeg, "a.jpg"),
    ] {
        bench.put(&format!("s/{name}"), picture(16, 1, format));
        bench.lines("s/data.jsonl", &three("image", |_| json!(name)));
        assert_eq!(bench.new_suite("s", &[]).0[2]["image"], "images/t2.png");
    }
    // a broken one is left out when that is said
    bench.put("s/b.png", &png(1)[..40]);
    let mut rows = three("image", |_| json!("a.gif"));
    rows[1]["image"] = json!("b.png");
    bench.lines("s/data.jsonl", &rows);
    bench.asks("s", &[], &["record 2", "--skip-unmapped"]);
    let (tasks, said) = bench.new_suite("s", &["--skip-unmapped"]);
    assert_eq!(tasks.len(), 2);
    assert!(said.contains("left out: data.jsonl: record 2"), "{said}");
    // an archive beside the data is named
    rows[1]["image"] = json!("c.png");
    bench.lines("s/data.jsonl", &rows);
    bench.put("s/data.zip", "PK");
    bench.asks("s", &[], &["data.zip: unpack it there"]);
}

#[test]
fn side_files_are_no_data_and_unreadable_ones_are_asked_about() {
    let bench = Bench::new();
    bench.lines("s/data.jsonl", &three("score", |number| json!(number)));
    bench.put(
        "s/dataset_infos.json",
        r#"{"default": {"description": "An image set"}}"#,
    );
    bench.put("s/leaderboard.csv", "model,text\nA,x\n");
    bench.put("s/state.json", r#"{"a": {"text": "x"}}"#);
    bench.put("s/package.json", "{ // comment\n}");
    bench.put("s/empty.json", "");
    let (tasks, said) = bench.new_suite("s", &[]);
    assert_eq!(tasks.len(), 3);
    assert!(
        said.contains("ignored leaderboard.csv: it holds results"),
        "{said}"
    );
    bench.put("s/notes.csv", b"name,who\nx,Jos\xe9\n");
    bench.asks("s", &[], &["notes.csv: not UTF-8", "--only GLOB"]);
    assert_eq!(bench.new_suite("s", &["--only", "*.jsonl"]).0.len(), 3);
    bench.asks(
        "s",
        &["--only", "*.parquet"],
        &["matches no data file", "data.jsonl"],
    );
    // files that read differently, and files that hold the same tasks
    bench.put("s/notes.csv", "who,text\nx,y\n");
    bench.asks("s", &[], &["data.jsonl and notes.csv", "--only"]);
    fs::remove_file(bench.path("s/notes.csv")).unwrap();
    bench.lines("s/old/data.jsonl", &three("score", |number| json!(number)));
    bench.asks("s", &[], &["data.jsonl and old/data.jsonl", "--only"]);
    assert_eq!(bench.new_suite("s", &["--only", "old/*"]).0.len(), 3);
}

#[test]
fn splits_and_revisions_are_chosen_and_never_merged() {
    let bench = Bench::new();
    let row = |text: &str| json!({"instruction": text});
    bench.lines("s/train.jsonl", &[row("a"), row("b")]);
    bench.lines("s/test.jsonl", &[row("c")]);
    bench.asks("s", &[], &["test, train", "--split"]);
    bench.asks(
        "s",
        &["--split", "dev"],
        &["unknown split `dev`", "test, train"],
    );
    assert_eq!(
        bench.new_suite("s", &["--split", "test"]).0[0]["instruction"],
        "c"
    );
    assert_eq!(bench.new_suite("s", &["--split", "all"]).0.len(), 3);
    // the splits of one file
    bench.put(
        "d/data.json",
        json!({"train": [row("a")], "validation": [row("b")]}).to_string(),
    );
    bench.asks("d", &[], &["train, validation"]);
    assert_eq!(bench.new_suite("d", &["--split", "train"]).0.len(), 1);

    let cache = "datasets--someone--bench";
    bench.put(&format!("{cache}/blobs/x"), "");
    bench.put(&format!("{cache}/refs/main"), "bbbb2222\n");
    bench.lines(
        &format!("{cache}/snapshots/aaaa1111/data.jsonl"),
        &[row("old")],
    );
    let (tasks, _) = bench.new_suite(cache, &[]);
    assert_eq!(tasks[0]["instruction"], "old");
    bench.lines(
        &format!("{cache}/snapshots/bbbb2222/data.jsonl"),
        &[row("new")],
    );
    bench.asks(cache, &[], &["aaaa1111, bbbb2222 (main)", "--revision"]);
    for (said, expected) in [("main", "new"), ("aaaa", "old")] {
        let (tasks, _) = bench.new_suite(cache, &["--revision", said]);
        assert_eq!(tasks[0]["instruction"], expected);
    }
    bench.asks(cache, &["--revision", "cc"], &["unknown revision `cc`"]);
    bench.asks(
        ".",
        &["--revision", "main"],
        &["this source is not such a folder"],
    );
    bench.asks(".", &[], &["name that folder itself", cache]);
}

#[test]
fn texts_are_read_as_they_are_written_in_the_wild() {
    let bench = Bench::new();
    let prompts = [
        "a cube",
        "\"Hello\" in the sky",
        "a sign: \"stop\"",
        "\"unclosed",
        "a 5\" screen",
        "\"whole\"",
    ];
    bench.put(
        "s/p.tsv",
        format!(
            "Prompt\tCategory\n{}",
            prompts.map(|p| format!("{p}\tc\n")).concat()
        ),
    );
    let (tasks, _) = bench.new_suite("s", &[]);
    let found: Vec<&str> = tasks
        .iter()
        .map(|task| task["instruction"].as_str().unwrap())
        .collect();
    assert_eq!(found, prompts);
    bench.put("s/p.tsv", "prompt\tcategory\n\"say \"\"hi\"\"\"\tc\n");
    assert_eq!(bench.new_suite("s", &[]).0[0]["instruction"], "say \"hi\"");
    fs::remove_file(bench.path("s/p.tsv")).unwrap();

    for (text, word) in [
        ("id;prompt\n1;x\n", "separated by `;`"),
        ("prompt,prompt\nx,y\n", "two columns of the name `prompt`"),
        ("prompt,c\n\"x,y\nz,w\n", "never closed"),
        ("prompt,c\n\"x\" y,w\n", "after a closing quotation mark"),
        ("prompt,Prompt\nx,y\n", "could all be the instruction"),
    ] {
        bench.put("s/p.csv", text);
        bench.asks("s", &[], &[word, "p.csv"]);
    }
    fs::remove_file(bench.path("s/p.csv")).unwrap();
    let utf16 = |text: &str| {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    let rows = "{\"instruction\": \"é\", \"score\": NaN}\n{\"instruction\": \"b\"}\n";
    for (name, bytes) in [
        ("d.json", rows.as_bytes().to_vec()),
        ("d.jsonl", rows.as_bytes().to_vec()),
        ("d.jsonl", format!("\u{feff}{rows}").into_bytes()),
        ("d.jsonl", utf16(rows)),
        ("d.json", utf16(rows)),
        (
            "d.jsonl",
            b"[{\"instruction\": \"\xc3\xa9\"}, {\"instruction\": \"b\"}]".to_vec(),
        ),
        ("d.csv", utf16("instruction,a\né,1\nb,2\n")),
        (
            "d.jsonl",
            "\u{feff}[{\"instruction\": \"é\"}, {\"instruction\": \"b\"}]".into(),
        ),
        ("d.csv", "\u{feff}instruction\né\nb\n".into()),
    ] {
        bench.put(&format!("s/{name}"), bytes);
        let (tasks, _) = bench.new_suite("s", &[]);
        let found: Vec<&Value> = tasks.iter().map(|task| &task["instruction"]).collect();
        assert_eq!(found, ["é", "b"], "{name}");
        fs::remove_file(bench.path(&format!("s/{name}"))).unwrap();
    }
    for name in ["d.json", "d.jsonl", "d.csv", "d.parquet"] {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n";
        bench.put(&format!("s/{name}"), pointer);
        bench.asks("s", &[], &[name, "git lfs pull"]);
        fs::remove_file(bench.path(&format!("s/{name}"))).unwrap();
    }
    bench.put("s/d.json", r#"[{"instruction": "a", "instruction": "b"}]"#);
    bench.asks("s", &[], &["two values of the name `instruction`"]);
}

#[test]
fn original_ids_are_kept_and_doubled_records_left_out() {
    let bench = Bench::new();
    let row =
        |id: Value, category: &str| json!({"id": id, "instruction": "x", "category": category});
    bench.lines(
        "s/d.jsonl",
        &[
            row(json!("图片一"), "a"),
            row(json!("b/1"), "a"),
            row(json!(3), "a"),
        ],
    );
    let (tasks, said) = bench.new_suite("s", &[]);
    assert_eq!(tasks[0]["original_id"], "图片一");
    assert_eq!(tasks[1]["original_id"], "b/1");
    assert_eq!(
        (&tasks[2]["id"], &tasks[2]["original_id"]),
        (&json!("3"), &Value::Null)
    );
    assert!(said.contains("the original ids are kept"), "{said}");
    let suite = load_with(&bench.path("out"), &bench.path("cache")).unwrap();
    assert_eq!(suite.tasks[0].original_id.as_deref(), Some("图片一"));

    bench.lines(
        "s/d.jsonl",
        &[
            row(json!("q"), "a"),
            row(json!("q"), "a"),
            row(json!("r"), "b"),
        ],
    );
    bench.asks(
        "s",
        &[],
        &[
            "d.jsonl: record 2: id `q`, which record 1",
            "--skip-unmapped",
        ],
    );
    let (tasks, _) = bench.new_suite("s", &["--skip-unmapped"]);
    assert_eq!(
        (&tasks[0]["id"], &tasks[1]["id"], tasks.len()),
        (&json!("q"), &json!("r"), 2)
    );
}

/// A suite without edits has no axis of what stays unchanged, so that its Overall exists.
#[test]
fn new_suites_have_the_axes_that_their_tasks_can_have() {
    let bench = Bench::new();
    bench.lines("s/d.jsonl", &[json!({"prompt": "a"})]);
    let (_, said) = bench.new_suite("s", &[]);
    assert!(said.contains("axes   text_quality"), "{said}");
    let definition = fs::read_to_string(bench.path("out/suite.toml")).unwrap();
    assert!(!definition.contains("image_consistency"), "{definition}");
    put_pictures(&bench, "e");
    bench.lines(
        "e/d.jsonl",
        &three("image", |number| json!(format!("{number}.png"))),
    );
    bench.new_suite("e", &[]);
    let definition = fs::read_to_string(bench.path("out/suite.toml")).unwrap();
    assert!(definition.contains("image_consistency"), "{definition}");
}

/// What the loader would refuse is told in terms of the source.
#[test]
fn unsound_tasks_are_named_by_their_record() {
    let bench = Bench::new();
    bench.lines(
        "s/d.jsonl",
        &[
            json!({"prompt": "a"}),
            json!({"prompt": "long ".repeat(4000)}),
        ],
    );
    bench.asks("s", &[], &["d.jsonl: record 2: an instruction of"]);
}

#[cfg(unix)]
#[test]
fn links_out_of_a_source_and_pipes_are_not_opened() {
    let bench = Bench::new();
    bench.put("private.png", png(1));
    bench.put("s/x", "");
    std::os::unix::fs::symlink("../private.png", bench.path("s/0.png")).unwrap();
    bench.lines("s/d.jsonl", &[json!({"prompt": "a", "image": "0.png"})]);
    bench.asks("s", &[], &["`0.png`, which leads outside of the source"]);
    fs::remove_file(bench.path("s/0.png")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(bench.path("s/0.png"))
        .status();
    assert!(made.unwrap().success());
    bench.asks("s", &[], &["`0.png`, which is a named pipe"]);
}
