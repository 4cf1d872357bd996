//! `--shard`, `merge` and `runs status` through the binary: the same score table as the whole run, and no guess.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::envelope;
use crate::stranger::{World, text};

const ASK: [&str; 6] = [
    "--suite",
    "shapes",
    "--model",
    "control:truth?error=0.4",
    "--limit",
    "8",
];

fn asked(world: &World, verb: &str, name: &str, more: &[&str]) -> Output {
    let judge: &[&str] = if verb == "run" {
        &["--judge", "oracle"]
    } else {
        &[]
    };
    let place = ["--name", name, "--no-progress"];
    world.run(&[&[verb], &ASK[..], judge, &place, more].concat())
}

fn sharded(world: &World, name: &str, shards: &[&str]) {
    for shard in shards {
        code(&asked(world, "run", name, &["--shard", shard]), 0);
    }
}

#[track_caller]
fn code(output: &Output, expected: i32) -> String {
    let said = text(output);
    assert_eq!(output.status.code(), Some(expected), "{said}");
    said
}

#[track_caller]
fn refused(output: &Output, expected: i32, parts: &[&str]) {
    let said = code(output, expected);
    for part in parts {
        assert!(said.contains(part), "{part} in {said}");
    }
}

fn scores(world: &World, name: &str) -> String {
    fs::read_to_string(world.path(&format!("work/results/{name}/scores.csv"))).unwrap()
}

fn json(output: &Output) -> Value {
    envelope::result(&output.stdout)
}

#[test]
fn shards_in_any_order_merge_to_the_whole_run() {
    let world = World::new();
    code(&asked(&world, "run", "whole", &[]), 0);
    let compared = |name: &str| {
        let output = world.run(&["compare", name, "--baseline", "whole"]);
        code(&output, 0).replace(name, "NAME")
    };
    for (name, shards) in [
        ("m-01", &["0/1"][..]),
        ("m-02", &["1/2", "0/2"]),
        (
            "m-10",
            &[
                "9/10", "3/10", "0/10", "1/10", "8/10", "2/10", "7/10", "5/10", "6/10", "4/10",
            ],
        ),
    ] {
        sharded(&world, name, shards);
        let merged = world.run(&["merge", name, "--json"]);
        code(&merged, 0);
        let merged = json(&merged);
        assert_eq!(merged["shards"].as_array().unwrap().len(), shards.len());
        assert_eq!(scores(&world, name), scores(&world, "whole"), "{name}");
        assert_eq!(compared(name), compared("m-01"), "{name}");
        // Merging again changes nothing.
        let run = world.path(&format!("work/results/{name}"));
        let files = ["run.toml", "samples.jsonl", "judgments.jsonl", "scores.csv"];
        let before = files.map(|file| fs::read(run.join(file)).unwrap());
        code(&world.run(&["merge", &format!("results/{name}.shards")]), 0);
        assert_eq!(files.map(|file| fs::read(run.join(file)).unwrap()), before);
    }
    // A run like any other: its own command finds nothing to do, another judge can be added, it is listed.
    let judged = world.run(&["judge", "m-02", "--judge", "oracle"]);
    code(&judged, 0);
    code(&asked(&world, "run", "m-02", &[]), 0);
    assert_eq!(scores(&world, "m-02"), scores(&world, "whole"));
    let manifest = fs::read_to_string(world.path("work/results/m-02/run.toml")).unwrap();
    assert!(manifest.contains("[[merged.shard]]"), "{manifest}");
    // Pictures are linked, so that they take their room once.
    use std::os::unix::fs::MetadataExt;
    let images = fs::read_dir(world.path("work/results/m-02/images")).unwrap();
    let links: Vec<u64> = images
        .map(|image| image.unwrap().metadata().unwrap().nlink())
        .collect();
    assert!(links.iter().all(|links| *links >= 2), "{links:?}");
}

#[test]
fn what_names_no_shard_or_another_plan_is_refused() {
    let world = World::new();
    for bad in ["0/0", "8/8", "9/8", "1", "auto/0", "auto/8", "auto"] {
        refused(&asked(&world, "run", "r", &["--shard", bad]), 2, &["shard"]);
    }
    let with = |variables: &[(&str, &str)]| {
        let arguments = [
            &["generate"],
            &ASK[..],
            &["--name", "r", "--shard", "auto/4"],
        ]
        .concat();
        let mut command = world.command(&arguments);
        command.envs(variables.iter().copied()).output().unwrap()
    };
    let both = [("SLURM_ARRAY_TASK_ID", "1"), ("JOB_COMPLETION_INDEX", "2")];
    refused(
        &with(&both),
        2,
        &["SLURM_ARRAY_TASK_ID is 1", "JOB_COMPLETION_INDEX is 2"],
    );
    refused(&with(&[("SLURM_ARRAY_TASK_ID", "4")]), 2, &["--array=0-3"]);
    assert!(!world.path("work/results").exists());

    // Indices as of `--array=2,3`: the minimum of the submission is not subtracted.
    let second = [
        ("SLURM_ARRAY_TASK_ID", "2"),
        ("SLURM_ARRAY_TASK_MIN", "2"),
        ("SLURM_ARRAY_TASK_COUNT", "2"),
    ];
    code(&with(&second), 0);
    assert!(
        world
            .path("work/results/r.shards/2-of-4/run.toml")
            .is_file()
    );

    // All shards share one plan.
    let shard = ["--shard", "1/4"];
    for (more, said) in [
        (&["--seed", "3"][..], "sampling.run_seed: recorded 0, now 3"),
        (&["--seeds", "0..2"], "sampling.seeds"),
        (&["--categories", "spatial"], "sampling.categories"),
    ] {
        let output = asked(&world, "generate", "r", &[&shard, more].concat());
        refused(&output, 1, &[said, "plan.toml", "one plan"]);
    }
    refused(
        &asked(&world, "generate", "r", &["--shard", "1/5"]),
        1,
        &["shards: recorded 4, now 5"],
    );
    let other_model = [
        "generate",
        "--suite",
        "shapes",
        "--limit",
        "8",
        "--model",
        "control:copy-input",
        "--name",
        "r",
    ];
    refused(
        &world.run(&[&other_model[..], &shard].concat()),
        1,
        &["model."],
    );
    // Without --shard the same command would ask everything again.
    refused(
        &asked(&world, "generate", "r", &[]),
        2,
        &["--shard", "merge r"],
    );
    // And the other way round.
    code(&asked(&world, "generate", "plain", &[]), 0);
    refused(
        &asked(&world, "generate", "plain", &shard),
        2,
        &["whole run already"],
    );

    // One shard says nothing.
    let shard = "results/r.shards/2-of-4";
    code(&world.run(&["judge", shard, "--judge", "oracle"]), 0);
    for arguments in [
        &["compare", shard, "--baseline", "plain"][..],
        &["leaderboard", shard, "plain"],
        &["report", shard, "-o", "page"],
    ] {
        refused(&world.run(arguments), 1, &["shard 2/4", "parabench merge"]);
    }
    refused(
        &world.run(&["compare", "r", "--baseline", "plain"]),
        1,
        &["parabench merge r"],
    );
    refused(
        &world.run(&["merge", "nothing"]),
        2,
        &["expected one of: r"],
    );
}

#[test]
fn a_merge_names_what_lacks_and_writes_nothing() {
    let world = World::new();
    code(&asked(&world, "run", "whole", &[]), 0);
    sharded(&world, "mine", &["0/4", "1/4"]);
    let work = |path: &str| world.path(&format!("work/results/{path}"));
    // Shard 2 stopped half-way: its log ends in a torn line. Shard 3, the last, never began.
    sharded(&world, "mine", &["2/4"]);
    let log = work("mine.shards/2-of-4/samples.jsonl");
    let lines = fs::read(&log).unwrap();
    fs::write(&log, &lines[..lines.len() - 20]).unwrap();

    let status = json(&world.run(&["runs", "status", "mine", "--json"]));
    let each = status[0]["each"].as_array().unwrap();
    assert_eq!(
        (each[0]["state"].as_str(), each[2]["state"].as_str()),
        (Some("complete"), Some("unfinished"))
    );
    assert_eq!(
        (&each[3]["state"], status[0]["answered"].as_u64()),
        (&Value::Null, Some(5))
    );
    let shown = code(&world.run(&["runs", "status"]), 0);
    assert!(
        shown.contains("1 not begun") && shown.contains("5 of 8"),
        "{shown}"
    );

    let output = world.run(&["merge", "mine"]);
    refused(
        &output,
        3,
        &[
            "    2  unfinished",
            "    3  absent",
            "--array=2,3",
            "nothing was written",
        ],
    );
    assert!(!work("mine").exists());
    let found = json(&world.run(&["merge", "mine", "--json"]));
    assert_eq!(
        (found["merged"].as_bool(), found["exit_code"].as_u64()),
        (Some(false), Some(3))
    );
    let leftovers = fs::read_dir(work("")).unwrap().flatten();
    let hidden = leftovers.filter(|entry| entry.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0);

    // What lacks stays in every denominator.
    refused(
        &world.run(&["merge", "mine", "--partial"]),
        0,
        &["pending", "2 of 4 shards"],
    );
    let partial = scores(&world, "mine");
    assert_eq!(
        partial.lines().count(),
        scores(&world, "whole").lines().count()
    );
    assert!(partial.contains(",pending"), "{partial}");

    // Written by another process now.
    let lock = fs::File::open(work("mine.shards/1-of-4/.lock")).unwrap();
    lock.lock().unwrap();
    refused(
        &world.run(&["merge", "mine"]),
        3,
        &["running", "wait for those"],
    );
    drop(lock);

    // The same commands resume; the merge joins what is new with what is there.
    sharded(&world, "mine", &["3/4", "2/4"]);
    code(&world.run(&["merge", "mine"]), 0);
    assert_eq!(scores(&world, "mine"), scores(&world, "whole"));
}

#[test]
fn what_does_not_belong_together_is_not_merged() {
    let world = World::new();
    sharded(&world, "mine", &["0/2", "1/2"]);
    let work = |path: &str| world.path(&format!("work/results/{path}"));
    let merge = |more: &[&str]| world.run(&[&["merge", "mine"], more].concat());
    let (one, other) = (work("mine.shards/0-of-2"), work("mine.shards/1-of-2"));
    let edit = |path: std::path::PathBuf, from: &str, to: &str| {
        let before = fs::read_to_string(&path).unwrap();
        let after = before.replace(from, to);
        assert_ne!(before, after);
        fs::write(&path, after).unwrap();
        move || fs::write(&path, before).unwrap()
    };

    // Folders that are no shard, another shard's, or given twice.
    let shard = "results/mine.shards/0-of-2";
    refused(&merge(&[shard]), 2, &["given twice"]);
    code(&asked(&world, "run", "whole", &[]), 0);
    refused(&merge(&["results/whole"]), 2, &["no [shard]"]);
    refused(&merge(&["results/nothing"]), 1, &["results/nothing"]);
    let undo = edit(other.join("run.toml"), "index = 1", "index = 0");
    refused(&merge(&[]), 1, &["says shard 0/2, expected shard 1/2"]);
    undo();
    // Settings of each kind.
    for (from, to, said) in [
        ("run_seed = 0", "run_seed = 1", "sampling.run_seed"),
        ("error = \"0.4\"", "error = \"0.5\"", "model.identity"),
        ("limit = 8", "limit = 9", "sampling.limit"),
    ] {
        let undo = edit(other.join("run.toml"), from, to);
        refused(&merge(&[]), 1, &["do not belong together", "1-of-2", said]);
        undo();
    }
    let undo = edit(other.join("run.toml"), "repeats = 1", "repeats = 2");
    // A repeat that only one shard was asked for lacks in both.
    refused(&merge(&[]), 3, &["unfinished"]);
    undo();

    // Records of another shard, another seed, and a run among the shards.
    let log = other.join("samples.jsonl");
    let (before, foreign) = (
        fs::read(&log).unwrap(),
        fs::read(one.join("samples.jsonl")).unwrap(),
    );
    fs::write(&log, [before.clone(), foreign].concat()).unwrap();
    refused(
        &merge(&[]),
        1,
        &["1-of-2/samples.jsonl", "belongs to shard 0/2"],
    );
    fs::write(&log, &before).unwrap();
    fs::create_dir(work("mine.shards/0-of-3")).unwrap();
    fs::copy(one.join("run.toml"), work("mine.shards/0-of-3/run.toml")).unwrap();
    refused(
        &merge(&[]),
        1,
        &["0-of-3", "not a shard of a run with 2 shards"],
    );
    fs::remove_dir_all(work("mine.shards/0-of-3")).unwrap();

    // A picture that is gone.
    let picture = fs::read_dir(other.join("images"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let bytes = fs::read(&picture).unwrap();
    fs::remove_file(&picture).unwrap();
    let name = picture.file_name().unwrap().to_str().unwrap();
    refused(&merge(&[]), 1, &[name, "--retry-missing"]);
    std::os::unix::fs::symlink("/etc/passwd", &picture).unwrap();
    refused(&merge(&[]), 1, &[name]);
    fs::remove_file(&picture).unwrap();
    fs::write(&picture, bytes).unwrap();
    assert!(!work("mine").exists());

    // A copy of a shard from another disk counts once; one with other answers is a conflict.
    let copy = work("copy");
    fs::create_dir_all(copy.join("images")).unwrap();
    for file in ["run.toml", "samples.jsonl", "judgments.jsonl"] {
        fs::copy(one.join(file), copy.join(file)).unwrap();
    }
    code(&merge(&["results/copy"]), 0);
    assert_eq!(scores(&world, "mine"), scores(&world, "whole"));
    fs::remove_dir_all(work("mine")).unwrap();
    let marks = fs::read(copy.join("judgments.jsonl")).unwrap();
    let mut records = marks.split_inclusive(|byte| *byte == b'\n');
    let first = parabench::common::checked_line::read(records.next().unwrap()).unwrap();
    let mut record: Value = serde_json::from_str(first).unwrap();
    record["answer"] = "0".repeat(64).into();
    let line = parabench::common::checked_line::write(&record).unwrap();
    fs::write(copy.join("judgments.jsonl"), line).unwrap();
    refused(
        &merge(&["results/copy"]),
        1,
        &["judgments.jsonl", "differs between", "task `"],
    );
    assert!(!work("mine").exists());
}

#[test]
fn judges_of_a_run_can_be_shared_out_as_well() {
    let world = World::new();
    code(&asked(&world, "run", "whole", &[]), 0);
    // Answers in shards, then marks in the same shards.
    for shard in ["0/2", "1/2"] {
        code(&asked(&world, "generate", "mine", &["--shard", shard]), 0);
    }
    let judge = |name: &str, shard: &str| {
        world.run(&[
            "judge",
            name,
            "--judge",
            "oracle",
            "--no-progress",
            "--shard",
            shard,
        ])
    };
    refused(&judge("mine", "0/3"), 2, &["2 shards"]);
    code(&judge("mine", "1/2"), 0);
    refused(
        &world.run(&["merge", "mine"]),
        3,
        &["    0  ", "marks to come"],
    );
    code(&judge("mine", "0/2"), 0);
    code(&world.run(&["merge", "mine"]), 0);
    assert_eq!(scores(&world, "mine"), scores(&world, "whole"));

    // A run that was made whole is shared out by its judges alone, and merged into itself.
    code(&asked(&world, "generate", "plain", &[]), 0);
    for shard in ["2/3", "0/3"] {
        code(&judge("plain", shard), 0);
    }
    refused(&world.run(&["merge", "plain"]), 3, &["shard 1", "absent"]);
    code(&judge("plain", "1/3"), 0);
    code(&world.run(&["merge", "plain"]), 0);
    assert_eq!(scores(&world, "plain"), scores(&world, "whole"));
    refused(&judge("nothing", "0/2"), 2, &["unknown run `nothing`"]);
}

#[test]
fn a_shard_waits_for_the_process_before_it() {
    let world = World::new();
    sharded(&world, "mine", &["0/2"]);
    let lock = fs::File::open(world.path("work/results/mine.shards/0-of-2/.lock")).unwrap();
    lock.lock().unwrap();
    let arguments = [
        &["generate"],
        &ASK[..],
        &["--name", "mine", "--shard", "0/2"],
    ]
    .concat();
    let child = world
        .command(&arguments)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Long enough for it to begin to wait; however long it takes, the end is the same.
    std::thread::sleep(std::time::Duration::from_secs(2));
    drop(lock);
    let output = child.wait_with_output().unwrap();
    code(&output, 0);
}
