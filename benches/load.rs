//! A ParaBench-sized pass through the real binary against a judge in another process:
//! wall time, CPU time and peak memory. Linux only (it reads `/proc`).
//!
//! ```text
//! cargo bench --bench load
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
use std::time::Duration;

use image::{DynamicImage, ImageFormat, RgbImage};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[path = "../tests/support/mock_judge.rs"]
mod mock_judge;
#[path = "../tests/support/watch.rs"]
mod watch;

use mock_judge::{MockJudge, Script};
use watch::watch;

/// Tasks of the pass; each is an edit with six axes.
const TASKS: usize = 300;
/// Milliseconds before each reply.
const LATENCY_MS: u64 = 200;
/// Requests in flight.
const CONNECTIONS: usize = 64;
/// Side of the pictures, in pixels; their noise makes them about 300 KB.
const SIDE: u32 = 512;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--serve") {
        let latency_ms = arguments.get(at + 1).map(|text| text.parse().unwrap());
        return serve(latency_ms.unwrap_or(LATENCY_MS));
    }
    let world = tempfile::tempdir().unwrap();
    write_suite(&world.path().join("small"), TASKS / 4);
    write_suite(&world.path().join("suite"), TASKS);
    let (mut server, url) = start_server(LATENCY_MS);
    let (mut prompt_server, prompt_url) = start_server(0);
    let bench = Bench {
        folder: world.path(),
        url: &url,
    };
    let prompt = Bench {
        url: &prompt_url,
        ..bench
    };

    println!("| pass | calls | wall s | CPU s | CPU ms per call | peak RSS MB |");
    println!("|---|---|---|---|---|---|");
    bench.pass("answers and marks", TASKS, &bench.run("suite", "whole"));
    // Judging alone, of answers that are stored: what the client of endpoints costs.
    let anew = |name: &str| [bench.judge(name), vec!["--no-cache".to_owned()]].concat();
    bench.pass("marks alone", TASKS, &anew("marks"));
    prompt.pass("marks alone, no latency", TASKS, &anew("prompt"));
    // The small suite is a part of the large one: without the cache it is asked anew.
    let mut quarter = bench.run("small", "quarter");
    quarter.push("--no-cache".to_owned());
    bench.pass("a quarter of the tasks", TASKS / 4, &quarter);
    bench.pass("all marks from the cache", TASKS, &bench.judge("again"));
    let waves = (TASKS * 6).div_ceil(CONNECTIONS);
    println!(
        "\nideal: {waves} waves of {LATENCY_MS} ms = {:.2} s",
        waves as f64 * LATENCY_MS as f64 / 1000.0
    );
    for server in [&mut server, &mut prompt_server] {
        server.kill().unwrap();
        server.wait().unwrap();
    }
}

fn serve(latency_ms: u64) {
    let latency = Duration::from_millis(latency_ms);
    let judge = MockJudge::start(Script::honest().latency(latency));
    println!("{}", judge.base_url());
    loop {
        thread::park();
    }
}

fn start_server(latency_ms: u64) -> (Child, String) {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--serve", &latency_ms.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    (server, url.trim().to_owned())
}

#[derive(Clone, Copy)]
struct Bench<'a> {
    folder: &'a Path,
    url: &'a str,
}

impl Bench<'_> {
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parabench"));
        command
            .current_dir(self.folder)
            .env("PARABENCH_CACHE", self.folder.join("cache"))
            .env("OPENAI_API_KEY", "none")
            .env("OPENAI_BASE_URL", self.url)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Answers are read and marked in one go.
    fn run(&self, suite: &str, name: &str) -> Vec<String> {
        let answers = format!("replay:{suite}/answers");
        let suite = format!("{suite}/");
        [
            "run",
            "--suite",
            &suite,
            "--model",
            &answers,
            "--judge",
            "suite/judge.toml",
            "--name",
            name,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// The marks of a run are made anew in a copy of it without marks.
    fn judge(&self, name: &str) -> Vec<String> {
        let (from, to) = (
            self.folder.join("results/whole"),
            self.folder.join("results").join(name),
        );
        fs::create_dir_all(to.join("images")).unwrap();
        for file in ["run.toml", "samples.jsonl"] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
        for image in fs::read_dir(from.join("images")).unwrap().flatten() {
            fs::copy(image.path(), to.join("images").join(image.file_name())).unwrap();
        }
        [
            "judge",
            name,
            "--judge",
            "suite/judge.toml",
            "--suite",
            "suite/",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn pass(&self, title: &str, tasks: usize, arguments: &[String]) {
        let calls = tasks * 6;
        let usage = watch(self.command().args(arguments).spawn().unwrap());
        println!(
            "| {title} | {calls} | {:.2} | {:.2} | {:.2} | {:.0} |",
            usage.wall_s,
            usage.cpu_s,
            1000.0 * usage.cpu_s / calls as f64,
            usage.peak_mb
        );
    }
}

/// A suite of edits with stored answers, pictures of low noise.
fn write_suite(folder: &Path, tasks: usize) {
    fs::create_dir_all(folder.join("images")).unwrap();
    fs::create_dir_all(folder.join("answers")).unwrap();
    let axes = "[\"text_quality\", \"text_alignment\", \"image_consistency\", \
                \"image_alignment\", \"image_quality\", \"output_alignment\"]";
    let suite = format!(
        "format = 1\nname = \"load\"\nversion = \"1\"\nlicence = \"CC0-1.0\"\naxes = {axes}\n\
         [[categories]]\nname = \"general\"\nkind = \"edit\"\nplanned = {tasks}\n"
    );
    fs::write(folder.join("suite.toml"), suite).unwrap();
    let profile = format!(
        "name = \"load\"\nprovider = \"openai\"\nmodel = \"m\"\nmax_tokens = 300\n\
         max_connections = {CONNECTIONS}\n"
    );
    fs::write(folder.join("judge.toml"), profile).unwrap();
    let mut lines = String::new();
    for number in 0..tasks {
        let id = format!("general-{number:03}");
        let image = format!("images/{id}.png");
        let task = serde_json::json!({
            "id": id, "kind": "edit", "category": "general",
            "instruction": format!("Change thing {number}."), "image": image,
        });
        lines += &format!("{task}\n");
        fs::write(folder.join(image), noise(number as u64)).unwrap();
        let answer = folder.join("answers").join(&id);
        fs::write(
            answer.with_extension("png"),
            noise(1_000_000 + number as u64),
        )
        .unwrap();
        let text = "The picture shows a thing that must change. ".repeat(20) + &id;
        fs::write(answer.with_extension("txt"), text).unwrap();
    }
    fs::write(folder.join("tasks.jsonl"), lines).unwrap();
}

fn noise(seed: u64) -> Vec<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let pixels = RgbImage::from_fn(SIDE, SIDE, |_, _| {
        let bits: u32 = random.random();
        image::Rgb([
            bits as u8 & 7,
            (bits >> 8) as u8 & 7,
            (bits >> 16) as u8 & 7,
        ])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels)
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}
