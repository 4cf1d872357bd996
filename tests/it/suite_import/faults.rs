//! Sources that are refused, and what the user is told.

use super::*;

#[test]
fn faulty_sources_are_refused_whole() {
    let bench = Bench::new();
    put_pictures(&bench, "src");
    let mut rows = rows(|number| json!(format!("{number}.png")));
    rows[0]["image"] = json!("missing.png");
    rows[1]["image"] = json!("../definition/suite.toml");
    rows[2]["image"] = json!(["0.png", "1.png"]);
    rows[3]["prompt"] = json!(" ");
    let mut remote = rows[2].clone();
    remote["image"] = json!("https://example.org/a.png");
    let mut bare = rows[2].clone();
    bare["image"] = json!(null);
    rows.extend([remote, bare]);
    bench.put("src/t.json", json!(rows).to_string());
    let message = bench.refused("src", &[]);
    for part in [
        "t.json: record 1: `missing.png`, which is neither",
        "t.json: record 2: `../definition/suite.toml`",
        "t.json: record 3: 2 pictures where a task has one",
        "t.json: record 4: no instruction",
        "t.json: record 5: the address",
        "t.json: record 6: no picture for an edit",
        "6 records cannot become tasks",
    ] {
        assert!(message.contains(part), "{part:?} is not in\n{message}");
    }
}

#[test]
fn counts_and_gaps_are_accepted_only_when_said() {
    let bench = Bench::new();
    put_pictures(&bench, "src");
    let mut rows = rows(|number| json!(format!("{number}.png")));
    rows[2]["image"] = json!("missing.png");
    bench.put("src/t.json", json!(rows).to_string());
    let message = bench.refused("src", &["--skip-unmapped"]);
    assert!(message.contains("causal has 0, not 1"), "{message}");
    let (suite, said) = bench.imported("src", &["--skip-unmapped", "--counts-as-found"]);
    assert_eq!(suite.tasks.len(), 3);
    assert_eq!(suite.categories.len(), 2);
    assert!(said.contains("left out: t.json: record 3"), "{said}");
}

#[test]
fn torn_pictures_and_doubled_files_are_refused() {
    let bench = Bench::new();
    put_pictures(&bench, "src");
    let whole = png(1);
    bench.put("src/1.png", &whole[..whole.len() / 2]);
    let rows = rows(|number| json!(format!("{number}.png")));
    bench.put("src/t.json", json!(rows).to_string());
    let message = bench.refused("src", &[]);
    assert!(
        message.contains("t.json: record 2: not a readable PNG"),
        "{message}"
    );

    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    bench.put("src/1.png", whole);
    bench.put("src/u.jsonl", lines.join("\n"));
    let message = bench.refused("src", &["--counts-as-found"]);
    assert!(
        message.contains("4 records of u.jsonl have ids that records of t.json have, too"),
        "{message}"
    );
}

#[test]
fn hopeless_sources_say_what_is_there() {
    let bench = Bench::new();
    bench.put("src/t.csv", "a,b\n1,2\n");
    let message = bench.refused("src", &[]);
    assert!(
        message.contains("no column for the instruction among @file, a, b"),
        "{message}"
    );
    let message = bench.refused("src", &["--map", "instruction=c"]);
    assert!(
        message.contains("no data file has the column `c`"),
        "{message}"
    );
    let message = bench.refused("src", &["--limit-bytes", "5"]);
    assert!(message.contains("longer than the 5 bytes"), "{message}");
    bench.put("src/t.csv", "a,b\n1,2,3\n");
    assert!(bench.refused("src", &[]).contains("t.csv: CSV error"));
    bench.put("src/t.json", "[1,");
    assert!(
        bench
            .refused("src/t.json", &[])
            .contains("t.json: not JSON")
    );
    bench.put("empty/README.md", "nothing");
    assert!(
        bench
            .refused("empty", &[])
            .contains("README.md: not JSON, JSONL")
    );
    assert!(bench.refused("nowhere", &[]).contains("nowhere"));
}
