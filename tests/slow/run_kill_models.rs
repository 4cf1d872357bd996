//! Runs whose answers are made here, killed at many moments and resumed: programs, and bundles with their trajectories.
//! (Models behind an API: `model_api_run`.)

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use parabench::onnx::runtime::{Runtime, RuntimeOptions};

use crate::cli_world::{files_below, log_lines};
use crate::stranger::{World, text};

/// Every file below a folder, by its path from there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let inner = |path: PathBuf| {
        let bytes = fs::read(&path).unwrap();
        (path.strip_prefix(folder).unwrap().to_owned(), bytes)
    };
    files_below(folder).into_iter().map(inner).collect()
}

/// Kills a run after each share of the time that a whole one takes, resumes it, and hands its folder to `check`, which
/// says whether the kill fell into the work. At `most` so many kills.
fn killed_and_resumed(
    world: &World,
    most: u32,
    command: impl Fn(&str) -> Command,
    check: impl Fn(&Path) -> bool,
) {
    let begin = Instant::now();
    let whole = command("whole").output().unwrap();
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole));
    let takes = begin.elapsed();
    let table = |name: &str| {
        fs::read_to_string(world.path(&format!("work/runs/{name}/scores.csv"))).unwrap()
    };

    let rounds = std::env::var("PARABENCH_KILLS")
        .map_or(8, |text| text.parse::<u32>().unwrap())
        .min(most);
    let mut in_the_work = 0;
    for round in 1..=rounds {
        let name = format!("round-{round}");
        let mut quiet = command(&name);
        quiet.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = quiet.spawn().unwrap();
        thread::sleep(takes * round / (rounds + 1));
        child.kill().unwrap();
        child.wait().unwrap();
        in_the_work += u32::from(check(&world.path(&format!("work/runs/{name}"))));
        let resumed = command(&name).output().unwrap();
        assert_eq!(resumed.status.code(), Some(0), "{}", text(&resumed));
        assert_eq!(table(&name), table("whole"), "killed in round {round}");
    }
    assert!(
        in_the_work * 6 > rounds,
        "the kills came too early or too late to prove anything"
    );
}

#[test]
fn a_program_is_asked_again_for_nothing_but_what_was_in_flight() {
    const TASKS: usize = 12;
    let world = World::new();
    // Every task that is asked leaves a line; answers differ by the picture's size.
    world.program(
        "open('asked', 'a').write(task['id'] + '\\n')\n\
         time.sleep(0.15)\n\
         import struct, zlib\n\
         chunk = lambda k, d: struct.pack('>I', len(d)) + k + d + struct.pack('>I', zlib.crc32(k + d))\n\
         w = 32 + sum(map(ord, task['id'])) % 32\n\
         png = b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, 32, 8, 2, 0, 0, 0)) + chunk(b'IDAT', zlib.compress((b'\\0' + b'\\x50\\x90\\x20' * w) * 32)) + chunk(b'IEND', b'')\n\
         open(task['output'] + '.png', 'wb').write(png)\n\
         print(json.dumps({'id': task['id'], 'reasoning': 'It is drawn.', 'image': task['output'] + '.png'}), flush=True)",
    );
    let limit = TASKS.to_string();
    let command = |name: &str| {
        world.command(&[
            "run",
            "--suite",
            "shapes",
            "--limit",
            &limit,
            "--model",
            "command:m/m.toml",
            "--judge",
            "oracle",
            "--results",
            "runs",
            "--name",
            name,
            "--no-progress",
        ])
    };
    killed_and_resumed(&world, 12, command, |run| {
        let answered = log_lines(&run.join("samples.jsonl"));
        answered > 0 && answered < TASKS
    });
    let runs = fs::read_dir(world.path("work/runs")).unwrap().count();
    for run in fs::read_dir(world.path("work/runs")).unwrap().flatten() {
        assert_eq!(
            log_lines(&run.path().join("samples.jsonl")),
            TASKS,
            "nothing lost, nothing doubled"
        );
    }
    // One copy of the program: one task in flight at each kill.
    let asked = log_lines(&world.path("work/m/asked"));
    assert!(
        (runs * TASKS..=runs * TASKS + runs - 1).contains(&asked),
        "{asked} asked in {runs} runs of {TASKS}"
    );
    assert_eq!(
        fs::read_dir(world.path("tmp")).unwrap().count(),
        0,
        "folders are left"
    );
}

#[test]
fn trajectories_of_a_killed_run_are_whole() {
    let world = World::new();
    let runtime = Runtime::open(&RuntimeOptions::default()).unwrap();
    let library = runtime.found().path.clone();
    let checkpoint = Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks/shapes/checkpoint");
    let mut export = world.command(&["export", checkpoint.to_str().unwrap(), "-o", "bundle"]);
    let output = export.env("ORT_DYLIB_PATH", &library).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let command = |name: &str| {
        let mut command = world.command(&[
            "run",
            "--suite",
            "shapes",
            "--limit",
            "8",
            "--model",
            "onnx:bundle?strategy=parallel",
            "--trajectory",
            "every=4",
            "--judge",
            "oracle",
            "--results",
            "runs",
            "--name",
            name,
            "--no-progress",
            "--offline",
        ]);
        command.env("ORT_DYLIB_PATH", &library);
        command
    };
    killed_and_resumed(&world, 4, command, |run| {
        let answered = log_lines(&run.join("samples.jsonl"));
        answered > 0 && answered < 8
    });
    let of = |name: &str| files(&world.path(&format!("work/runs/{name}/trajectories")));
    let whole = of("whole");
    assert!(whole.len() > 8 && whole.keys().any(|file| file.ends_with("trajectory.json")));
    for run in fs::read_dir(world.path("work/runs")).unwrap().flatten() {
        let name = run.file_name();
        assert!(
            of(&name.to_string_lossy()) == whole,
            "{name:?} has other trajectories"
        );
    }
}
