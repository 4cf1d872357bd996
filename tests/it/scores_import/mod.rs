//! Marks of other programs become runs, and their figures are the published ones to the last digit.

mod figures;
mod harnesses;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::envelope::result;

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(assert_cmd::cargo_bin!("parabench"));
        command
            .current_dir(self.0.path())
            .env("PARABENCH_CACHE", self.path("cache"))
            .env_remove("PARABENCH_BENCHMARKS");
        command
    }

    /// `scores import FILES … --json`; what it printed.
    fn import(&self, files: &[PathBuf], suite: &str, more: &[&str]) -> Value {
        let output = self
            .command()
            .args(["scores", "import", "--json", "--suite", suite])
            .args(files)
            .args(more)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        result(&output.stdout)
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn refused(&self, files: &[PathBuf], more: &[&str]) -> String {
        let output = self
            .command()
            .args(["scores", "import", "-o", "results/out"])
            .args(files)
            .args(more)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(!self.path("results/out").exists());
        String::from_utf8(output.stderr).unwrap()
    }
}

fn marks(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/marks")
        .join(name)
}

/// The official figure of the first model: its value and what is printed.
fn official(printed: &Value, metric: &str) -> (f64, String) {
    let official = printed["figures"][0]["official"].as_array().unwrap();
    let official = official.iter().find(|one| one["metric"] == metric).unwrap();
    let text = official["printed"].as_str().unwrap();
    (official["value"].as_f64().unwrap(), text.to_owned())
}

/// The ends of the interval of the first model's estimate in points, and its units.
fn estimate(printed: &Value, metric: &str) -> ([f64; 2], u64) {
    let estimate = &printed["figures"][0]["estimate"];
    let axes = estimate["axes"].as_array().unwrap();
    let axis = axes.iter().find(|one| one["axis"] == metric);
    let level = &axis.map_or(&estimate["overall"], |axis| &axis["level"])["Ok"];
    let end = |at: usize| level["ci95"][at].as_f64().unwrap();
    ([end(0), end(1)], level["items"].as_u64().unwrap())
}

#[test]
fn roots_are_tested_exactly_on_a_grid() {
    let world = World::new();
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/viescore/judges/gemini_0shot");
    let into = ["--as", "viescore", "--judge", "gemini", "-o", "results/v"];
    world.import(&[judge], "viescore-imagenhub", &into);
    // Differences on 0 to 10 and exact p over 116 pictures, computed elsewhere with scores rounded to 0.001.
    for (candidate, baseline, difference, p) in [
        (
            "MagicBrush",
            "InstructPix2Pix",
            1.295_633_137,
            1.249_709_66e-5,
        ),
        ("Prompt2prompt", "SDEdit", 0.250_487_919_6, 2.839_975_17e-1),
    ] {
        let (candidate, baseline) = (format!("v-{candidate}"), format!("v-{baseline}"));
        let arguments = ["compare", &candidate, "--baseline", &baseline];
        let printed = world
            .command()
            .args(arguments)
            .arg("--json")
            .output()
            .unwrap();
        let printed = result(&printed.stdout);
        let contrasts = printed["comparison"]["contrasts"].as_array().unwrap();
        let of = |key: &str| {
            let mut all = contrasts.iter();
            all.find(|contrast| contrast["metric"]["key"] == key)
                .unwrap()["result"]["Ok"]
                .clone()
        };
        let overall = of("overall");
        let points = overall["difference"]["points"].as_f64().unwrap();
        assert!((points - 10.0 * difference).abs() < 1e-6, "{points}");
        let test = &overall["test"];
        let found = test["p"].as_f64().unwrap();
        assert!((found / p - 1.0).abs() < 1e-6, "{found} {p}");
        assert_eq!(
            (&test["method"], &test["grid"]),
            (&Value::from("exact"), &Value::from(1e-3))
        );
        assert_eq!(of("sc")["test"]["grid"], Value::Null);
        let told = world
            .command()
            .args(arguments)
            .arg("--full")
            .output()
            .unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("exact for scores rounded to 0.001"), "{told}");
    }
}

#[test]
fn people_and_clusters() {
    let world = World::new();
    let files = [1, 2, 3].map(|n| marks(&format!("imagenhub/Text-Guided_IE_rater{n}.tsv")));
    let printed = world.import(
        &files,
        "imagenhub",
        &["--as", "imagenhub", "-o", "results/people"],
    );
    assert_eq!(printed["runs"].as_array().unwrap().len(), 9);
    let magic = printed["figures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["estimate"]["model"] == "MagicBrush");
    let one = serde_json::json!({ "figures": [magic.unwrap()] });
    let ((value, _), (ends, units)) = (official(&one, "o"), estimate(&one, "o"));
    assert!((value - 0.466_541_915_4).abs() < 1e-9);
    assert!((ends[0] - 40.521_582_99).abs() < 2e-5 && (ends[1] - 52.889_613_85).abs() < 2e-5);
    assert_eq!(units, 116);
    // Runs of imported marks go through every analysis, and say where they come from.
    let compare = world
        .command()
        .args([
            "compare",
            "people-MagicBrush",
            "--baseline",
            "people-SDEdit",
        ])
        .assert()
        .success();
    let text = String::from_utf8(compare.get_output().stdout.clone()).unwrap();
    assert!(
        text.contains("people-MagicBrush scores 43 points higher than people-SDEdit on Overall"),
        "{text}"
    );
    let report = [
        "report",
        "people-MagicBrush",
        "--baseline",
        "people-SDEdit",
        "-o",
        "report",
    ];
    world.command().args(report).assert().success();
    world
        .command()
        .args(["verify", "report"])
        .assert()
        .success();
    world
        .command()
        .args([
            "leaderboard",
            "people-MagicBrush",
            "people-SDEdit",
            "people-DiffEdit",
        ])
        .assert()
        .success();
}

/// A suite of thirty tasks, whose marks alone are here.
const THIRTY: &str = r#"
format = 2
name = "thirty"
version = "1"
licence = "CC0-1.0"
print = { lowest = 1, highest = 5, digits = 2 }

[[axes]]
key = "image_quality"
title = "Image quality"
sees = ["output"]

[[axes]]
key = "image_alignment"
title = "Image alignment"
sees = ["instruction", "output"]

[[categories]]
name = "all"
kind = "generation"
planned = 30
"#;

#[test]
fn every_planned_mark_is_there_or_its_absence_has_a_name() {
    let world = World::new();
    std::fs::create_dir(world.path("thirty")).unwrap();
    world.put("thirty/suite.toml", THIRTY);
    let tasks: String = (1..=30).map(|n| format!("t{n:02},all\n")).collect();
    world.put("thirty/items.csv", &format!("task,category\n{tasks}"));
    for (at, file) in ["long.csv", "long.bom-crlf.tsv"].iter().enumerate() {
        let output = format!("results/{at}");
        let file = marks(&format!("generic/{file}"));
        let said = world.refused(std::slice::from_ref(&file), &["--suite", "./thirty"]);
        assert!(
            said.contains("task `t99`, which the suite does not have"),
            "{said}"
        );
        let printed = world.import(&[file], "./thirty", &["-o", &output, "--skip-unknown"]);
        let mut counts = std::collections::BTreeMap::new();
        for model in printed["models"].as_array().unwrap() {
            for statuses in model["axes"].as_object().unwrap().values() {
                for (status, count) in statuses.as_object().unwrap() {
                    *counts.entry(status.clone()).or_insert(0) += count.as_u64().unwrap();
                }
            }
        }
        let wanted = [
            ("no-mark", 3),
            ("not-in-file", 1),
            ("ok", 113),
            ("out-of-range", 1),
            ("unparsable", 2),
        ];
        let wanted = wanted.map(|(status, count)| (status.to_owned(), count));
        assert_eq!(counts, wanted.into());
    }
}

#[test]
fn a_spreadsheet_becomes_a_significance_report_with_two_commands() {
    let world = World::new();
    let file = [marks("generic/long.csv")];
    world.import(&file, "mine", &["--scale", "1..5", "-o", "results/mine"]);
    let compare = ["compare", "mine-a", "--baseline", "mine-b"];
    let compare = world.command().args(compare).assert().success();
    let text = String::from_utf8(compare.get_output().stdout.clone()).unwrap();
    // One of the 31 tasks of the file was asked of one model only: it is missing of the other.
    assert!(text.contains("31 tasks of mine"), "{text}");
    let report = ["report", "mine-a", "--baseline", "mine-b", "-o", "report"];
    world.command().args(report).assert().success();
    let page = std::fs::read_to_string(world.path("report/report.md")).unwrap();
    assert!(page.contains("Imported marks: mine-a, mine-b"), "{page}");
    // The page says it wherever these marks stand: header, limits, verdict, scores, provenance.
    let page = std::fs::read_to_string(world.path("report/index.html")).unwrap();
    let (head, rest) = page.split_once("</header>").unwrap();
    assert!(head.contains("(imported marks)"));
    assert!(rest.contains("Imported marks: mine-a, mine-b. They were made by another program"));
    assert_eq!(
        rest.matches("<span class=\"tag\">imported marks</span>")
            .count(),
        1 + 2 + 2
    );
    let board = ["leaderboard", "mine-a", "mine-b", "--html", "board.html"];
    world.command().args(board).assert().success();
    let board = std::fs::read_to_string(world.path("board.html")).unwrap();
    assert!(board.contains("Imported marks: mine-a, mine-b"));
}

#[test]
fn what_cannot_be_placed_is_refused_with_its_place() {
    let world = World::new();
    let scale = ["--suite", "mine", "--scale", "1..5"];
    let conflict = world.refused(&[marks("generic/conflict.csv")], &scale);
    assert!(
        conflict.contains("two different marks on image_quality") && conflict.contains("record 1"),
        "{conflict}"
    );
    let unknown = world.put("unknown.csv", "task,model,score\n2000,m,1\n1,m,0\n");
    let said = world.refused(&[unknown], &["--suite", "wise-verified"]);
    assert!(
        said.contains("task `2000`, which the suite does not have"),
        "{said}"
    );
    let columns = world.put("columns.csv", "task,model,mark\n1,m,1\n");
    let said = world.refused(&[columns], &["--suite", "wise-verified"]);
    assert!(
        said.contains("no column holds marks") && said.contains("mark"),
        "{said}"
    );
    let torn = world.put("torn.xlsx", "PK\u{3}\u{4}torn");
    let mut command = world.command();
    command.args([
        "scores",
        "import",
        "-o",
        "results/out",
        "--suite",
        "rise",
        "--as",
        "rise",
    ]);
    let said = command
        .arg(torn)
        .assert()
        .failure()
        .get_output()
        .stderr
        .clone();
    assert!(
        String::from_utf8(said)
            .unwrap()
            .contains("not a spreadsheet")
    );
    let none = world.refused(&[marks("generic/long.csv")], &["--suite", "nowhere"]);
    assert!(none.contains("--scale LO..HI"), "{none}");
}

#[test]
fn an_imported_run_takes_no_marks_and_an_altered_table_is_found() {
    let world = World::new();
    world.import(
        &[marks("generic/long.csv")],
        "mine",
        &["--scale", "1..5", "-o", "results/x"],
    );
    let judged = world
        .command()
        .args(["judge", "x-a", "--judge", "oracle"])
        .assert()
        .failure();
    let said = String::from_utf8(judged.get_output().stderr.clone()).unwrap();
    assert!(said.contains("its marks were imported"), "{said}");
    for arguments in [
        &["label", "x-a", "-o", "page.html"][..],
        &[
            "judge-bridge",
            "x-a",
            "--old",
            "oracle",
            "--new",
            "oracle-strict",
            "-o",
            "bridge",
        ],
    ] {
        let refused = world.command().args(arguments).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(
            said.contains("imported") && said.contains("no answers"),
            "{said}"
        );
    }
    let table = world.path("results/x-a/scores.csv");
    let text = std::fs::read_to_string(&table).unwrap();
    std::fs::write(&table, text.replacen(",3,ok", ",5,ok", 1)).unwrap();
    let compare = world
        .command()
        .args(["compare", "x-a", "--baseline", "x-b"])
        .assert()
        .failure();
    let said = String::from_utf8(compare.get_output().stderr.clone()).unwrap();
    assert!(said.contains("is not what was imported"), "{said}");
}
