//! A folder of a stranger to work in, a home of one's own, and looks at processes.

#![allow(dead_code)] // each test file uses its part

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder of a stranger to work in, and a home of one's own.
pub struct World {
    root: tempfile::TempDir,
}

impl World {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["home", "work", "tmp"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        Self { root }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
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

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The same command by way of a shell that does something before.
    pub fn by_shell(&self, before: &str, arguments: &str) -> Command {
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
    pub fn program(&self, body: &str) {
        let head = "import json, os, subprocess, sys, time\n\
            print(json.dumps({'hello': 1}), flush=True)\n\
            for line in sys.stdin:\n    task = json.loads(line)\n";
        let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
        self.write("work/m/m.py", &format!("{head}{body}"));
        let toml = "program = \"python3\"\nargs = [\"m.py\"]\n";
        self.write("work/m/m.toml", toml);
    }

    /// `generate` by that program, started and not waited for.
    pub fn start(&self) -> Child {
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

pub fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

pub fn within(limit: Duration, mut true_by_then: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < limit {
        if true_by_then() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true_by_then()
}

pub fn is_alive(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}
