//! A report of six runs on 300 tasks with pictures of 512 × 512 pixels, and its page in headless Chromium: time to
//! render with a cold and a warm cache of thumbnails, peak memory, first paint, time to filter. Linux only (it reads
//! `/proc`); without Chromium the page is not opened.
//!
//! ```text
//! cargo bench --bench report
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement may stop at a surprise"
)]

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Stdio};

use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::json;

#[path = "../tests/support/chromium.rs"]
mod chromium;
#[path = "../tests/support/watch.rs"]
mod watch;

use chromium::Browser;
use watch::watch;

/// Tasks by category: five of edits, one of generation.
const EDITS: usize = 40;
const GENERATION: usize = 100;
/// Runs, the baseline among them.
const RUNS: usize = 6;
/// Side of the pictures, in pixels.
const SIDE: u32 = 512;

fn main() {
    let world = tempfile::tempdir().unwrap();
    write_suite(&world.path().join("suite"));
    for run in 0..RUNS {
        write_answers(&world.path().join(format!("answers-{run}")), run);
        parabench(world.path(), &run_arguments(run))
            .output()
            .unwrap();
        mark(&world.path().join(format!("results/r{run}")), run);
    }
    println!("| what | wall s | CPU s | peak RSS MB |\n|---|---|---|---|");
    for cache in ["cold", "warm"] {
        let child = parabench(world.path(), &report_arguments())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let usage = watch(child);
        println!(
            "| render, {cache} cache | {:.2} | {:.2} | {:.0} |",
            usage.wall_s, usage.cpu_s, usage.peak_mb
        );
    }
    let page = world.path().join("report/index.html");
    let size = fs::metadata(&page).unwrap().len();
    println!(
        "\npage: {:.1} MB beside {} pictures",
        size as f64 / 1e6,
        pictures(world.path())
    );
    if chromium::executable().is_some() {
        browse(&page);
    }
}

fn pictures(world: &Path) -> usize {
    fs::read_dir(world.join("report/images")).map_or(0, Iterator::count)
}

fn parabench(world: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parabench"));
    command
        .current_dir(world)
        .env("PARABENCH_CACHE", world.join("cache"))
        .env("PARABENCH_LOG", "error")
        .args(arguments);
    command
}

fn run_arguments(run: usize) -> Vec<String> {
    let text =
        format!("generate --suite suite/ --model replay:answers-{run} --name r{run} --no-progress");
    text.split(' ').map(str::to_owned).collect()
}

fn report_arguments() -> Vec<String> {
    let text = "report r1 r2 r3 r4 r5 --baseline r0 -o report --suite suite/";
    text.split(' ').map(str::to_owned).collect()
}

/// Marks a run of which only the answers are stored: `run.toml` and both public tables as the executor writes them.
fn mark(folder: &Path, run: usize) {
    use parabench::common::checked_line;
    use parabench::common::digest::Digest;
    use parabench::judge::{self, Mark, Score, Verdict};
    use parabench::run::folder::RunData;
    use parabench::run::manifest::{JudgeSection, Manifest};
    use parabench::run::record::{JudgmentRecord, SchemaVersion};
    use parabench::run::scores::{self, RowPlan};
    use parabench::suite;
    let identity = judge::Identity {
        name: "hash".to_owned(),
        kind: "test".to_owned(),
        details: [].into(),
    };
    let mut manifest = Manifest::read(&folder.join("run.toml")).unwrap();
    manifest.judges = vec![JudgeSection::new(&identity, 1)];
    manifest.write(&folder.join("run.toml")).unwrap();
    let suite = suite::open(&format!("{}/", folder.join("../../suite").display())).unwrap();
    let data = RunData::read(folder).unwrap();
    let mut log = Vec::new();
    for (key, sample) in &data.samples {
        for &axis in &suite.axes {
            let salt = format!("{run}/{}/{axis}", key.task);
            let draw = Digest::of(salt.as_bytes()).as_u64() % 4;
            let score = Score::new(1 + draw as i64 + i64::from(run.is_multiple_of(2))).unwrap();
            let record = JudgmentRecord {
                schema: SchemaVersion::default(),
                task: key.task.clone(),
                sample: key.sample,
                axis,
                judge: "hash".into(),
                repeat: 0,
                answer: sample.answer_digest(),
                verdict: Verdict::local(
                    Mark::Scored(score),
                    Some("Reasons of the judge. ".repeat(12)),
                ),
                at: sample.at,
            };
            log.extend(checked_line::write(&record).unwrap());
        }
    }
    fs::write(folder.join("judgments.jsonl"), log).unwrap();
    let data = RunData::read(folder).unwrap();
    let tasks: Vec<usize> = (0..suite.tasks.len()).collect();
    let plan = RowPlan {
        suite: &suite,
        tasks: &tasks,
        samples: &(0..1),
    };
    scores::write(
        &folder.join("scores.csv"),
        &scores::rows(plan, &manifest, &data),
    )
    .unwrap();
}

fn write_suite(folder: &Path) {
    fs::create_dir_all(folder.join("images")).unwrap();
    let edits = ["spatial", "temporal", "causal", "knowledge", "general"];
    let mut definition = String::from(
        "format = 1\nname = \"bench\"\nversion = \"1\"\nlicence = \"CC0-1.0\"\naxes = [\"text_quality\", \
         \"text_alignment\", \"image_consistency\", \"image_alignment\", \"image_quality\", \"output_alignment\"]\n",
    );
    let mut lines = String::new();
    let categories = edits.map(|name| (name, "edit", EDITS));
    for (name, kind, count) in categories
        .into_iter()
        .chain([("scenes", "generation", GENERATION)])
    {
        definition +=
            &format!("\n[[categories]]\nname = \"{name}\"\nkind = \"{kind}\"\nplanned = {count}\n");
        for number in 0..count {
            let id = format!("{name}-{number:03}");
            let mut task = json!({"id": id, "kind": kind, "category": name,
                "instruction": format!("Change picture {number} as {name} asks for.")});
            if kind == "edit" {
                task["image"] = json!(format!("images/{id}.png"));
                fs::write(folder.join(format!("images/{id}.png")), picture(&id)).unwrap();
            }
            lines += &format!("{task}\n");
        }
    }
    fs::write(folder.join("suite.toml"), definition).unwrap();
    fs::write(folder.join("tasks.jsonl"), lines).unwrap();
}

fn write_answers(folder: &Path, run: usize) {
    fs::create_dir_all(folder).unwrap();
    let edits = ["spatial", "temporal", "causal", "knowledge", "general"].map(|name| (name, EDITS));
    for (name, count) in edits.into_iter().chain([("scenes", GENERATION)]) {
        for number in 0..count {
            let stem = folder.join(format!("{name}-{number:03}"));
            let salt = format!("{run}/{name}/{number}");
            fs::write(stem.with_extension("png"), picture(&salt)).unwrap();
            fs::write(
                stem.with_extension("txt"),
                format!("First {salt}. ").repeat(60),
            )
            .unwrap();
        }
    }
}

/// A smooth picture with some grain, about as large as a photograph of this size.
fn picture(salt: &str) -> Vec<u8> {
    let seed = parabench::common::digest::Digest::of(salt.as_bytes()).as_u64() as u32;
    let pixels = RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ seed)
            .wrapping_mul(2_246_822_519)
            >> 29;
        let wave = |k: u32| ((x + seed % 97) * k / 3 + y * (4 - k) / 2) % 256;
        image::Rgb([1, 2, 3].map(|k| (wave(k) as u8 / 2).saturating_add(grain as u8)))
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels)
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn browse(page: &Path) {
    let mut browser = Browser::start(1200, 900);
    browser.open(page);
    browser.wait_for("document.querySelectorAll('.task').length > 0");
    let paint =
        browser.value("performance.getEntriesByName('first-contentful-paint')[0].startTime");
    let ready =
        browser.value("performance.timing.loadEventEnd - performance.timing.navigationStart");
    let filter = browser.value(
        "(async () => { const times = []; for (const value of ['spatial', 'causal', 'scenes', 'all']) { \
         const chip = document.querySelector(`#tools [name=cat][value=${value}]`); const start = performance.now(); \
         chip.click(); \
         await new Promise((done) => requestAnimationFrame(() => setTimeout(done))); \
         times.push(performance.now() - start); } return Math.max(...times); })()",
    );
    println!("\n| in Chromium | ms |\n|---|---|");
    println!(
        "| first contentful paint | {:.0} |",
        paint.as_f64().unwrap()
    );
    println!("| loaded, gallery there | {:.0} |", ready.as_f64().unwrap());
    println!(
        "| filter by category, to the next frame, longest of 4 | {:.0} |",
        filter.as_f64().unwrap()
    );
}
