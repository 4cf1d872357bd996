//! A process that can be trusted on a shared machine: what lies in the current folder is not run, what is printed does
//! not steer the terminal, nothing outlives a run, and printing never ends in a panic.
#![allow(clippy::unwrap_used)] // A test may stop at a surprise.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder of a stranger to work in, and a home of one's own.
struct World {
    root: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["home", "work", "tmp"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("parabench"));
        command
            .args(arguments)
            .current_dir(self.path("work"))
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("PARABENCH_CACHE", self.path("cache"))
            .env_remove("ORT_DYLIB_PATH")
            .env_remove("PARABENCH_ONNXRUNTIME")
            .env("PIP_INDEX_URL", "http://127.0.0.1:1/")
            .env("PIP_RETRIES", "0")
            .env("OPENAI_API_KEY", "sk-canary-1234567890")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The same command by way of a shell that does something before.
    fn by_shell(&self, before: &str, arguments: &str) -> Command {
        let binary = assert_cmd::cargo::cargo_bin("parabench");
        let script = format!("{before}; exec {} {arguments}", binary.display());
        let mut shell = Command::new("bash");
        shell.args(["-c", &script]).current_dir(self.path("work"));
        for (name, value) in self.command(&[]).get_envs() {
            if let Some(value) = value {
                shell.env(name, value);
            }
        }
        shell
    }

    /// A program for `command:` that does `body` with each `task`.
    fn program(&self, body: &str) {
        let head = "import json, os, subprocess, sys, time\n\
            print(json.dumps({'hello': 1}), flush=True)\n\
            for line in sys.stdin:\n    task = json.loads(line)\n";
        let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
        self.write("work/m/m.py", &format!("{head}{body}"));
        let toml = "program = \"python3\"\nargs = [\"m.py\"]\n";
        self.write("work/m/m.toml", toml);
    }

    /// `generate` by that program, started and not waited for.
    fn start(&self) -> Child {
        let mut command = self.command(&[
            "generate",
            "--suite",
            "shapes",
            "--limit",
            "3",
            "--model",
            "command:m/m.toml",
            "--results",
            ".",
            "--name",
            "run",
            "--no-progress",
        ]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.process_group(0).spawn().unwrap()
    }
}

fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

fn within(limit: Duration, mut true_by_then: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < limit {
        if true_by_then() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true_by_then()
}

fn is_alive(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

const MARK: &str = "import os\nopen(os.path.join(os.environ['HOME'], 'ran'), 'a').write('x')\n";

#[test]
fn nothing_of_the_current_folder_is_run_or_loaded() {
    let world = World::new();
    for module in [
        "csv.py",
        "site.py",
        "sitecustomize.py",
        "usercustomize.py",
        "json/__init__.py",
        "pip/__init__.py",
        "pip/__main__.py",
        "onnxruntime/__init__.py",
    ] {
        world.write(&format!("work/{module}"), MARK);
    }
    world.write("work/onnxruntime/capi/libonnxruntime.so.1.28.0", "");
    world.write(
        "work/onnxruntime-1.28.0.dist-info/METADATA",
        "Name: onnxruntime\nVersion: 1.28.0\n",
    );
    for arguments in [
        &["doctor", "--offline"][..],
        &["doctor", "--fetch"],
        &["doctor"],
    ] {
        for variables in [&[][..], &["PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME"]] {
            let mut command = world.command(arguments);
            command.envs(variables.iter().map(|name| (name, world.path("work"))));
            let output = command.output().unwrap();
            assert!(!world.path("home/ran").exists(), "{}", text(&output));
            let loaded = text(&output).contains(&*world.path("work/onnxruntime").to_string_lossy());
            assert!(!loaded, "{}", text(&output));
        }
    }
}

/// A Python below the current folder (an environment in an unpacked archive) is not run, even first in `PATH`.
#[test]
fn a_python_of_the_current_folder_is_passed_over() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    for name in ["python3", "python", "pip", "uv"] {
        world.write(
            &format!("work/bin/{name}"),
            "#!/bin/sh\ntouch \"$HOME/ran\"\n",
        );
        let file = world.path(&format!("work/bin/{name}"));
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for path in [world.path("work/bin").into_os_string(), "bin:.:".into()] {
        let output = world
            .command(&["doctor", "--fetch"])
            .env("PATH", path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(!world.path("home/ran").exists(), "{}", text(&output));
    }
}

/// `pip install --user` puts packages where an isolated Python does not look by itself.
#[test]
fn the_users_own_packages_are_found() {
    let world = World::new();
    let ask = "import site, importlib.util as u; print(site.getusersitepackages()); print(u.find_spec('onnxruntime') is not None)";
    let asked = Command::new("python3")
        .args(["-I", "-c", ask])
        .env("HOME", world.path("home"))
        .output()
        .unwrap();
    let answer = String::from_utf8(asked.stdout).unwrap();
    let (site, elsewhere) = answer.trim().split_once('\n').unwrap();
    let site = Path::new(site);
    let library = site.join("onnxruntime/capi/libonnxruntime.so.1.28.0");
    fs::create_dir_all(library.parent().unwrap()).unwrap();
    fs::write(&library, "no library").unwrap();
    fs::write(site.join("onnxruntime/__init__.py"), MARK).unwrap();
    let info = site.join("onnxruntime-1.28.0.dist-info");
    fs::create_dir_all(&info).unwrap();
    fs::write(
        info.join("METADATA"),
        "Metadata-Version: 2.1\nName: onnxruntime\nVersion: 1.28.0\n",
    )
    .unwrap();
    let output = world.run(&["doctor", "--offline"]);
    let said = text(&output);
    // Where the machine has a package of its own, that one comes first.
    assert!(
        elsewhere == "True" || said.contains(&*library.to_string_lossy()),
        "{said}"
    );
    assert!(!world.path("home/ran").exists());
}

#[test]
fn a_file_that_is_no_library_is_an_error() {
    let world = World::new();
    world.write("work/notes.txt", "no library");
    let output = world.run(&["doctor", "--offline", "--onnxruntime", "notes.txt"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("notes.txt") && !text(&output).contains("panicked"),
        "{}",
        text(&output)
    );
}

#[test]
fn offline_is_yes_or_no() {
    let world = World::new();
    for (value, code) in [
        ("1", 0),
        ("yes", 0),
        ("TRUE", 0),
        ("0", 0),
        ("no", 0),
        ("", 0),
        ("perhaps", 2),
    ] {
        let output = world
            .command(&["suite", "list"])
            .env("PARABENCH_OFFLINE", value)
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{value}: {}",
            text(&output)
        );
    }
    let path = world.path("home");
    for (value, offline) in [("1", true), ("0", false)] {
        let mut command = world.command(&["demo", "--limit", "6"]);
        let output = command
            .env("PATH", &path)
            .env("PARABENCH_OFFLINE", value)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert_eq!(
            text(&output).contains("the network is off"),
            offline,
            "{}",
            text(&output)
        );
    }
}

/// A whole library is asked for rather than downloaded.
#[test]
fn doctor_downloads_nothing_by_itself() {
    let world = World::new();
    let empty = world.path("home");
    let output = world
        .command(&["doctor"])
        .env("PATH", &empty)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("doctor --fetch") && !text(&output).contains("pip could"),
        "{}",
        text(&output)
    );
}

#[test]
fn text_of_strangers_does_not_steer_the_terminal() {
    let world = World::new();
    let hostile = r"1\u001b]0;T\u0007\u001b[31m\u202e\u200b\u009b\r";
    let suite = format!(
        "format = 1\nname = \"evil\"\nversion = \"{hostile}\"\nlicence = \"{hostile}\"\naxes = [\"text_quality\"]\n\
         [[categories]]\nname = \"gen\"\nkind = \"generation\"\nplanned = 1\n"
    );
    world.write("work/evil/suite.toml", &suite);
    let task = format!(
        r#"{{"id":"g0","kind":"generation","category":"gen","instruction":"Draw {}"}}"#,
        hostile.replace(r"\u009b", "")
    );
    world.write("work/evil/tasks.jsonl", &format!("{task}\n"));
    world.write(
        "work/bad/suite.toml",
        "format = 1\nname = \"\\u001b[31m\\u202e\"\n",
    );
    let name = "./\u{1b}[31mno\u{202e}where";
    for arguments in [
        &["suite", "show", "./evil"][..],
        &["suite", "check", "./evil"],
        &["suite", "show", "./evil", "--task", "g0"],
        &["suite", "show", "./evil", "--json"],
        &["suite", "check", "./bad"],
        &["suite", "show", "./bad"],
        &["suite", "show", name],
        &["suite", "show", "x", name],
        &["compare", name, "--baseline", name],
    ] {
        let output = world.run(arguments);
        let said = text(&output);
        let steers = |c: char| c != '\n' && parabench::common::plain::hidden(c).is_some();
        assert!(!said.contains(steers), "{arguments:?}: {said:?}");
        assert!(!said.trim().is_empty(), "{arguments:?}");
    }
    let shown: serde_json::Value =
        serde_json::from_slice(&world.run(&["suite", "show", "./evil", "--json"]).stdout).unwrap();
    assert_eq!(
        shown["definition"]["version"],
        "1\u{1b}]0;T\u{7}\u{1b}[31m\u{202e}\u{200b}\u{9b}\r"
    );
}

#[test]
fn a_reader_that_goes_away_ends_printing_quietly() {
    let world = World::new();
    for arguments in [
        &["published"][..],
        &["published", "--json"],
        &["suite", "list"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = world.command(arguments).stdout(writer).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            text(&output)
        );
        assert!(output.stderr.is_empty(), "{arguments:?}: {}", text(&output));
    }
    // The same on standard error.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = world
        .command(&["suite", "show", "./nowhere"])
        .stderr(writer)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let world = World::new();
    for arguments in [&["published"][..], &["published", "--json"]] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = world.command(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(
            text(&output).contains("standard output"),
            "{}",
            text(&output)
        );
    }
}

/// `ulimit -f` is told as a full disk is; the same command resumes without it.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_on_file_sizes_is_an_error() {
    let world = World::new();
    let run = "run --suite shapes --limit 40 --model control:copy-input --judge oracle --results . --name run --no-progress";
    assert!(world.run(&["suite", "check", "shapes"]).status.success());
    let output = world.by_shell("ulimit -f 8", run).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("resume"), "{}", text(&output));
    let arguments: Vec<&str> = run.split(' ').collect();
    let output = world.run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn no_colours_where_standard_error_is_a_file() {
    let world = World::new();
    world.program("sys.exit(3)");
    let output = world.start().wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("WARN") && !said.contains('\u{1b}'),
        "{said:?}"
    );
}

/// A model in the middle of a task that has started another program, which ignores what it is told.
fn computing(world: &World) -> (Child, [String; 2]) {
    world.program(
        "child = subprocess.Popen(['sh', '-c', 'trap \"\" TERM HUP INT; echo $$ > child; while :; do sleep 1; done'])\n\
         while not os.path.exists('child') or not open('child').read().endswith('\\n'): time.sleep(0.01)\n\
         open(os.path.join(os.path.dirname(task['output']), 'junk'), 'w').write('x')\n\
         open('pid', 'w').write(str(os.getpid()) + '\\n')\n\
         time.sleep(300)",
    );
    let process = world.start();
    let id =
        |name: &str| fs::read_to_string(world.path(&format!("work/m/{name}"))).unwrap_or_default();
    assert!(within(Duration::from_secs(60), || id("pid").ends_with('\n')));
    let ids = ["pid", "child"].map(|name| id(name).trim().to_owned());
    assert!(ids.iter().all(|id| is_alive(id)));
    (process, ids)
}

fn send(signal: &str, target: &str) {
    let status = Command::new("kill")
        .args([signal, "--", target])
        .status()
        .unwrap();
    assert!(status.success(), "kill {signal} {target}");
}

/// What is left of a run after it was ended in some way: nothing but its folder.
fn nothing_is_left_after(end: impl FnOnce(&str)) -> Option<i32> {
    let world = World::new();
    let (mut process, ids) = computing(&world);
    end(&process.id().to_string());
    let mut code = None;
    assert!(
        within(Duration::from_secs(20), || {
            code = process.try_wait().unwrap();
            code.is_some()
        }),
        "it did not end"
    );
    for id in &ids {
        assert!(
            within(Duration::from_secs(10), || !is_alive(id)),
            "{id} lives on"
        );
    }
    let left = || fs::read_dir(world.path("tmp")).unwrap().count();
    assert!(
        within(Duration::from_secs(10), || left() == 0),
        "folders are left"
    );
    code.unwrap().code()
}

#[test]
fn schedulers_end_a_run_with_everything_it_started() {
    assert_eq!(nothing_is_left_after(|id| send("-TERM", id)), Some(130));
    assert_eq!(nothing_is_left_after(|id| send("-HUP", id)), Some(130));
}

#[test]
fn a_second_interrupt_leaves_at_once() {
    let code = nothing_is_left_after(|id| {
        send("-INT", id);
        std::thread::sleep(Duration::from_millis(300));
        send("-INT", id);
    });
    assert_eq!(code, Some(130));
}

#[test]
fn a_run_that_is_killed_leaves_nothing_running() {
    assert_eq!(nothing_is_left_after(|id| send("-KILL", id)), None);
    // With its whole process group.
    assert_eq!(
        nothing_is_left_after(|id| send("-KILL", &format!("-{id}"))),
        None
    );
}

/// Where the keeper is killed as well, the system still ends the program itself.
#[cfg(target_os = "linux")]
#[test]
fn the_program_ends_without_the_keeper() {
    let world = World::new();
    let (mut process, [program, child]) = computing(&world);
    let threads = fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    let children =
        |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children")).unwrap();
    let children: String = threads.flatten().map(children).collect();
    let others = |id: &&str| **id != program;
    for keeper in children.split_whitespace().filter(others) {
        send("-KILL", keeper);
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(within(Duration::from_secs(10), || !is_alive(&program)));
    send("-KILL", &child);
}

/// `nohup` asks that a closed terminal changes nothing.
#[cfg(target_os = "linux")]
#[test]
fn what_was_ignored_from_the_start_stays_ignored() {
    let world = World::new();
    world.program("time.sleep(2)\nprint(json.dumps({'id': task['id'], 'reasoning': 'r', 'image': None}), flush=True)");
    let run = "generate --suite shapes --limit 2 --model command:m/m.toml --results . --name run --no-progress";
    let mut shell = world.by_shell("trap '' HUP", run);
    let mut process = shell.stdout(Stdio::null()).spawn().unwrap();
    assert!(within(Duration::from_secs(60), || world
        .path("work/run/samples.jsonl")
        .exists()));
    send("-HUP", &process.id().to_string());
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

#[test]
fn a_cache_of_another_user_is_refused() {
    if rustix::process::geteuid().is_root() {
        let world = World::new();
        let cache = world.path("cache");
        fs::create_dir(&cache).unwrap();
        std::os::unix::fs::chown(&cache, Some(12_345), None).unwrap();
        let output = world.run(&["suite", "list"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output).contains("another user") && text(&output).contains("PARABENCH_CACHE"),
            "{}",
            text(&output)
        );
    }
}

#[test]
fn what_programs_say_on_standard_error_is_kept_with_the_run() {
    let world = World::new();
    world.program("print('working on', task['id'], file=sys.stderr, flush=True)\nprint(json.dumps({'id': task['id'], 'reasoning': 'r', 'image': None}), flush=True)");
    let output = world.start().wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let log = fs::read_to_string(world.path("work/run/logs/m-0.stderr.log")).unwrap();
    assert_eq!(log.lines().count(), 3, "{log}");
}
