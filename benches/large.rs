//! 30,000 tasks through the real binary: a run of stored answers, its resume, its merge from 64 shards, `compare` and
//! `report` of two runs.
//! CPU seconds and peak memory. Linux only (it reads `/proc`).
//!
//! ```text
//! cargo bench --bench large                   # everything
//! cargo bench --bench large -- compare 30000  # `compare` and `report` alone, of so many tasks
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement may stop at a surprise"
)]

use std::fs;
use std::io::{BufRead, BufReader, Cursor};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

#[path = "../tests/support/mock_judge.rs"]
mod mock_judge;
#[path = "../tests/support/runs.rs"]
mod runs;
#[path = "../tests/support/watch.rs"]
mod watch;

use mock_judge::{MockJudge, Script};
use parabench::run::manifest::Manifest;
use parabench::run::shard::plan::ShardPlan;
use parabench::run::shard::split::split;
use parabench::run::shard::{Membership, Shard, shards_folder};
use parabench::suite;
use runs::{RunFixture, hashed_mark};
use watch::watch;

/// Tasks, unless the command says otherwise.
const TASKS: usize = 30_000;
/// Shards of the merge.
const SHARDS: u32 = 64;
/// Requests in flight.
const CONNECTIONS: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has("--serve") {
        return serve();
    }
    let number = arguments.iter().find_map(|argument| argument.parse().ok());
    let tasks = number.unwrap_or(TASKS);
    println!("{tasks} tasks\n\n| what | wall s | CPU s | peak MB |\n|---|---|---|---|");
    if !has("run") {
        compare(tasks);
    }
    if !has("compare") {
        run(tasks);
    }
}

/// Two runs on six axes, two thirds of the tasks edits in five categories.
fn compare(tasks: usize) {
    let world = tempfile::tempdir().unwrap();
    for (name, level) in [("a", 3.1), ("b", 3.0)] {
        let (edits, generation) = (tasks as u32 * 2 / 15, tasks as u32 / 3);
        RunFixture::new(name, edits, generation, level)
            .with_marks(move |place| Ok(hashed_mark(name, place, level)))
            .write(&world.path().join("results"));
    }
    for (title, arguments) in [
        ("compare", "compare a --baseline b"),
        ("compare --json", "compare a --baseline b --json"),
        ("report, no pictures", "report a --baseline b -o report"),
    ] {
        let mut command = parabench(world.path());
        command.env("RAYON_NUM_THREADS", "1");
        command.args(arguments.split(' '));
        measure(title, &mut command);
    }
}

/// Stored answers with a text and a picture each, five marks per task.
fn run(tasks: usize) {
    let world = tempfile::tempdir().unwrap();
    write_suite(world.path(), tasks);
    let (mut server, url) = start_server();
    let name = "run --suite suite/ --model replay:answers --judge judge.toml --name r --no-progress --no-cache";
    for title in ["answers and marks", "the same again, nothing left to do"] {
        let mut command = parabench(world.path());
        command
            .env("OPENAI_API_KEY", "none")
            .env("OPENAI_BASE_URL", &url)
            .args(name.split(' '));
        measure(title, &mut command);
    }
    server.kill().unwrap();
    server.wait().unwrap();
    merge(world.path());
}

/// The run in shards: joined where nothing is, and joined again with what is there.
fn merge(world: &Path) {
    let whole = world.join("results/r");
    let shards = shards_folder(&whole);
    let manifest = Manifest::read(&whole.join("run.toml")).unwrap();
    let suite = suite::load(&world.join("suite")).unwrap();
    let tasks: Vec<usize> = (0..suite.tasks.len()).collect();
    let members = Membership::new(&suite, &tasks, manifest.sampling.run_seed, SHARDS);
    ShardPlan::new(SHARDS, "suite/", &manifest)
        .agree(&shards)
        .unwrap();
    for shard in Shard::all(SHARDS) {
        split(&whole, &shards, shard, &manifest, &members).unwrap();
    }
    fs::rename(&whole, world.join("whole")).unwrap();
    for title in [
        "merge of 64 shards",
        "the same again, equal records on both sides",
    ] {
        measure(title, parabench(world).args(["merge", "r"]));
    }
    let scores = |run: &Path| fs::read(run.join("scores.csv")).unwrap();
    assert!(
        scores(&whole) == scores(&world.join("whole")),
        "another score table"
    );
}

fn measure(title: &str, command: &mut Command) {
    let usage = watch(command.spawn().unwrap());
    println!(
        "| {title} | {:.2} | {:.2} | {:.0} |",
        usage.wall_s, usage.cpu_s, usage.peak_mb
    );
}

fn parabench(world: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parabench"));
    command
        .current_dir(world)
        .env("PARABENCH_CACHE", world.join("cache"))
        .env("PARABENCH_LOG", "error")
        .stdout(Stdio::null());
    command
}

fn serve() {
    let judge = MockJudge::start(Script::honest());
    println!("{}", judge.base_url());
    loop {
        thread::park();
    }
}

fn start_server() -> (Child, String) {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .arg("--serve")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    (server, url.trim().to_owned())
}

fn write_suite(world: &Path, tasks: usize) {
    let (suite, answers) = (world.join("suite"), world.join("answers"));
    fs::create_dir_all(&suite).unwrap();
    fs::create_dir_all(&answers).unwrap();
    let definition = format!(
        "format = 1\nname = \"large\"\nversion = \"1\"\nlicence = \"CC0-1.0\"\naxes = [\"text_quality\", \
         \"text_alignment\", \"image_alignment\", \"image_quality\", \"output_alignment\"]\n\n[[categories]]\n\
         name = \"scenes\"\nkind = \"generation\"\nplanned = {tasks}\n"
    );
    fs::write(suite.join("suite.toml"), definition).unwrap();
    let profile = format!(
        "name = \"large\"\nprovider = \"openai\"\nmodel = \"m\"\nmax_tokens = 300\nmax_connections = {CONNECTIONS}\n"
    );
    fs::write(world.join("judge.toml"), profile).unwrap();
    let mut lines = String::new();
    for number in 0..tasks {
        let task = serde_json::json!({"id": format!("g{number}"), "kind": "generation", "category": "scenes",
            "instruction": format!("Draw house number {number} beside a river.")});
        lines += &format!("{task}\n");
        fs::write(answers.join(format!("g{number}.png")), picture(number)).unwrap();
        let text = format!("The house has the number {number}. ").repeat(20);
        fs::write(answers.join(format!("g{number}.txt")), text).unwrap();
    }
    fs::write(suite.join("tasks.jsonl"), lines).unwrap();
}

fn picture(number: usize) -> Vec<u8> {
    let [_, red, green, blue] = (number as u32).to_be_bytes();
    let pixels = RgbImage::from_pixel(16, 16, Rgb([red, green, blue]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels)
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}
