//! The report's page through the real binary: escaping, bounds, determinism, words.

use crate::runs;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::cli_world::{World, files_below, stderr};
use crate::mock_judge::{Fault, MockJudge, Script};
use crate::runs::{RunFixture, hashed_mark};
use parabench::run::scores::Status;

const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} {% raw %} \\input{x} \
    $x_1$ & \u{202e}dlrow\u{2028}'\"`${1}";

/// Words of a judge that put the same mark under every key.
fn words(mark: u8, reasoning: &str) -> String {
    let keys = [
        "instruction_score",
        "consistency_score",
        "quality_score",
        "output_alignment_score",
        "text_alignment_score",
        "text_quality_score",
    ];
    let mut object = serde_json::Map::new();
    object.insert("reasoning".to_owned(), reasoning.into());
    object.extend(keys.map(|key| (key.to_owned(), mark.into())));
    serde_json::Value::Object(object).to_string()
}

fn report(world: &World, runs: &[&str], baseline: Option<&str>, out: &str) -> PathBuf {
    let mut command = world.command("http://127.0.0.1:9");
    command
        .arg("report")
        .args(runs)
        .args(["-o", out, "--suite", "suite/"]);
    if let Some(baseline) = baseline {
        command.args(["--baseline", baseline]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    world.path(out)
}

fn page(folder: &Path) -> String {
    fs::read_to_string(folder.join("index.html")).unwrap()
}

/// The JSON of the gallery.
fn data(html: &str) -> serde_json::Value {
    let start = "<script type=\"application/json\" id=\"data\">";
    let (_, rest) = html.split_once(start).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// A world with two runs whose every text is hostile.
fn hostile_world() -> World {
    let world = World::new(2);
    let tasks = fs::read_to_string(world.path("suite/tasks.jsonl")).unwrap();
    let instruction = serde_json::to_string(HOSTILE).unwrap();
    let mut lines = String::new();
    for line in tasks.lines() {
        let mut task: serde_json::Value = serde_json::from_str(line).unwrap();
        task["instruction"] = serde_json::from_str(&instruction).unwrap();
        lines += &format!("{task}\n");
    }
    fs::write(world.path("suite/tasks.jsonl"), lines).unwrap();
    let long = format!("{HOSTILE}{}", "x".repeat(100_000));
    fs::write(world.path("answers/spatial-000.txt"), HOSTILE).unwrap();
    fs::write(world.path("answers/spatial-001.txt"), &long[..60_000]).unwrap();
    let huge = image::RgbImage::from_pixel(8000, 40, image::Rgb([9, 90, 200]));
    huge.save(world.path("answers/spatial-000.png")).unwrap();
    fs::write(
        world.path("answers/spatial-001.png"),
        "<svg onload=alert(3)>",
    )
    .unwrap();
    // One judge that changes its mind: its endpoint is part of what it is.
    let mark = Arc::new(AtomicU8::new(2));
    let now = Arc::clone(&mark);
    let say = move |_: &_| Some(Fault::Words(words(now.load(Ordering::SeqCst), HOSTILE)));
    let judge = MockJudge::start(Script::decide(say));
    for (name, next) in [("one", 4), ("two", 0)] {
        let output = world
            .run(&judge.base_url(), name)
            .args(["--no-cache", "--allow-missing", "0.5"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        mark.store(next, Ordering::SeqCst);
    }
    world
}

#[test]
fn hostile_text_and_pictures_stay_data() {
    let world = hostile_world();
    let folder = report(&world, &["two"], Some("one"), "out");
    let html = page(&folder);
    assert_eq!(
        html.matches("<script").count(),
        2,
        "the data and the page's own script"
    );
    assert!(!html.contains("<img src=x") && !html.contains("<svg onload"));
    assert!(!html.contains('\u{202e}') && !html.contains('\u{2028}'));
    let data = data(&html);
    let task = data["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["id"] == "spatial-000")
        .unwrap();
    let shown = task["instruction"]["text"].as_str().unwrap();
    assert!(
        shown.contains("</script><script>alert(1)") && shown.contains("{{ 7*7 }}"),
        "{shown}"
    );
    let sample = &task["answers"][0]["samples"][0];
    assert!(
        sample["marks"][0][0]["why"]["text"]
            .as_str()
            .unwrap()
            .contains("onerror")
    );
    let number = sample["picture"].as_u64().unwrap() as usize;
    assert_eq!(
        data["pictures"][number]["width"], 320,
        "the huge picture became small"
    );
    let other = data["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["id"] == "spatial-001")
        .unwrap();
    let text = &other["answers"][0]["samples"][0]["text"];
    assert_eq!(text["text"].as_str().unwrap().chars().count(), 20_000);
    assert!(text["of"].as_u64().unwrap() > 50_000, "{}", text["of"]);
    let why = other["answers"][0]["samples"][0]["no_picture"]
        .as_str()
        .unwrap();
    assert!(why.contains("not a picture that can be read"), "{why}");
    for figure in files_below(&folder.join("figures")) {
        if figure
            .extension()
            .is_some_and(|extension| extension == "svg")
        {
            let text = fs::read_to_string(&figure).unwrap();
            assert_eq!(text.matches("<svg").count(), 1, "{}", figure.display());
        } else {
            image::open(&figure).unwrap();
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_thread_count() {
    let world = hostile_world();
    let mut seen: Vec<Vec<(PathBuf, Vec<u8>)>> = Vec::new();
    for (threads, cache) in [("1", "cold-1"), ("7", "cold-2"), ("2", "cold-2")] {
        let out = world.path("out");
        let _ = fs::remove_dir_all(&out);
        let mut command = world.command("http://127.0.0.1:9");
        command
            .env("RAYON_NUM_THREADS", threads)
            .env("PARABENCH_CACHE", world.path(cache));
        command.args([
            "report",
            "two",
            "--baseline",
            "one",
            "-o",
            "out",
            "--suite",
            "suite/",
        ]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let mut files: Vec<(PathBuf, Vec<u8>)> = files_below(&out)
            .into_iter()
            .map(|path| (path.clone(), fs::read(&path).unwrap()))
            .collect();
        files.sort();
        seen.push(files);
    }
    assert!(seen[0].len() > 4);
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_suite_that_the_runs_did_not_answer_is_refused() {
    let world = hostile_world();
    world.write_suite(3);
    let output = world
        .command("http://127.0.0.1:9")
        .args(["report", "two", "-o", "out", "--suite", "suite/"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("name the data that they answered"),
        "{}",
        stderr(&output)
    );
}

/// The page of `runs` against `baseline`, made of `run.toml` and `scores.csv` alone.
fn page_of(runs: &[RunFixture], baseline: &RunFixture) -> String {
    let world = World::new(1);
    let mut command = world.command("http://127.0.0.1:9");
    command.arg("report");
    for run in runs {
        command.arg(run.write(&world.path("results")));
    }
    command
        .arg("--baseline")
        .arg(baseline.write(&world.path("results")));
    let output = command.args(["-o", "out"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    page(&world.path("out"))
}

#[test]
fn a_report_cannot_say_what_it_must_not() {
    let near = |name: &str, level: f64| RunFixture::new(name, 8, 12, level);
    let leaky =
        near("leaky", 3.6).with_marks(|place| match (place.item + place.category as u32) % 9 {
            0 => Err(Status::Missing(parabench::judge::MissingReason::Refused)),
            _ => Ok(hashed_mark("leaky", place, 3.6)),
        });
    let silent = RunFixture {
        thinks: false,
        ..near("silent", 3.0)
    };
    let html = page_of(
        &[near("better", 4.2), near("alike", 3.05), leaky, silent],
        &near("base", 3.0),
    );
    let (said, _) = html.split_once("<script").unwrap();
    let said = said.to_lowercase();
    for forbidden in [
        "on par",
        "shown to be",
        "no difference between the",
        "significantly",
        "insignificant",
        "p = 0,",
        "p 0,",
        "p = 0)",
        "robust to the judge",
        "error bar",
        " nan",
    ] {
        assert!(!said.contains(forbidden), "says `{forbidden}`");
    }
    for demanded in [
        "better-model scores higher than base-model on overall",
        "no difference between alike-model and base-model is shown on overall",
        "this is not evidence of equality",
        "no claim about leaky-model and base-model on overall",
        "marks are missing (limit 5",
        "could be absent from these",
        "the axis does not apply to silent-model",
        "overall of 3 common axes",
        "means only, other judge runs",
        "all marks come from one judge",
        "does not apply to this model",
        "refused",
    ] {
        assert!(said.contains(demanded), "does not say `{demanded}`");
    }
}

#[test]
fn equality_is_said_only_after_an_equivalence_test_and_with_who_chose_the_margin() {
    let world = World::new(1);
    let results = world.path("results");
    let twin = |name: &str, per_edit: u32| {
        let salt = name.to_owned();
        let mut run = RunFixture::new(name, per_edit, 2 * per_edit, 3.0);
        run.marks = Arc::new(move |place| {
            let same = hashed_mark("same", place, 3.0);
            // A few marks differ, in no direction.
            Ok(match runs::hashed(&salt, place) {
                share if share < 0.02 => (same + 1).min(5),
                share if share < 0.04 => (same - 1).max(1),
                _ => same,
            })
        });
        run.write(&results)
    };
    let large = [twin("a", 30), twin("b", 30)];
    let small = [twin("c", 5), twin("d", 5)];
    fs::write(world.path("plan.toml"), "margin = 10.0\n").unwrap();
    let run = |[a, b]: &[PathBuf; 2], extra: &[&str], out: &str| {
        let mut command = world.command("http://127.0.0.1:9");
        command
            .arg("report")
            .arg(a)
            .arg("--baseline")
            .arg(b)
            .args(["-o", out])
            .args(extra);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        page(&world.path(out))
    };
    let declared = run(&large, &["--declare", "plan.toml"], "declared");
    assert!(declared.contains("differ by less than 10 points on"));
    assert!(declared.contains("adjusted p of the equivalence test"));
    assert!(declared.contains("margin was declared when the report was made"));
    let undeclared = run(&large, &[], "undeclared");
    assert!(undeclared.contains("differ by less than 2.5 points on"));
    assert!(undeclared.contains("The margin is the default, not declared."));
    let few = run(&small, &[], "few");
    assert!(!few.contains("differ by less than"));
    assert!(few.contains("No difference between"));
    assert!(few.contains("rare losses that did not occur cannot be excluded"));
}

#[test]
fn a_run_beside_has_its_scores_on_the_page_and_changes_no_test() {
    let world = World::new(1);
    let results = world.path("results");
    let run = |name: &str, level: f64| RunFixture::new(name, 8, 12, level).write(&results);
    let (cand, base) = (run("cand", 3.6), run("base", 3.0));
    let other = RunFixture::new("other", 3, 4, 3.0).write(&results);
    run("ceiling", 4.9);
    let report = |beside: &Path, out: &str| {
        let mut command = world.command("http://127.0.0.1:9");
        command
            .arg("report")
            .arg(&cand)
            .arg("--baseline")
            .arg(&base);
        command.arg("--beside").arg(beside).args(["-o", out]);
        command.output().unwrap()
    };
    let output = report(&results.join("ceiling"), "out");
    assert!(output.status.success(), "{}", stderr(&output));
    let html = page(&world.path("out"));
    let (_, scores) = html.split_once("<table class=\"scores\">").unwrap();
    let (scores, _) = scores.split_once("</table>").unwrap();
    assert_eq!(scores.matches("<tr class=\"run\">").count(), 2, "{scores}");
    assert!(scores.contains("ceiling-model"));
    let read = |name: &str| -> serde_json::Value {
        let text = fs::read_to_string(world.path(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let with = read("out/results.json");
    assert_eq!(with["beside"][0]["info"]["label"], "ceiling");
    let mut command = world.command("http://127.0.0.1:9");
    command
        .arg("report")
        .arg(&cand)
        .arg("--baseline")
        .arg(&base);
    assert!(command.args(["-o", "plain"]).status().unwrap().success());
    let plain = read("plain/results.json");
    assert_eq!(with["comparison"], plain["comparison"]);
    assert_eq!(with["leaderboards"], plain["leaderboards"]);
    let verified = world
        .command("http://127.0.0.1:9")
        .args(["verify", "out"])
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", stderr(&verified));
    for (beside, why) in [(&other, "answered other tasks"), (&cand, "has its name")] {
        let refused = report(beside, "refused");
        assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
        assert!(stderr(&refused).contains(why), "{}", stderr(&refused));
        assert!(!world.path("refused/index.html").exists());
    }
}
