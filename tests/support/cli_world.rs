//! A suite, stored answers and a judge profile on disk, and the real binary that uses them.

#![allow(dead_code)] // each test file uses its part

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::suite_fixture;

/// A key that must turn up nowhere.
pub const CANARY: &str = "sk-canary-51e0c7d2";

/// Files of one test, and where the binary finds them.
pub struct World {
    pub folder: TempDir,
}

impl World {
    /// A suite of `tasks` edits and as many generation tasks with stored answers for all.
    pub fn new(tasks: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let categories = [("spatial", "edit", tasks), ("scenes", "generation", tasks)];
        suite_fixture::write_tiny(&folder.path().join("suite"), &categories, 16);
        let answers = folder.path().join("answers");
        fs::create_dir(&answers).unwrap();
        for (category, _, planned) in categories {
            for number in 0..planned {
                let stem = answers.join(format!("{category}-{number:03}"));
                let text = format!("I will do task {number} of {category} with care.");
                fs::write(stem.with_extension("txt"), text).unwrap();
                let picture =
                    suite_fixture::picture(16, 500 + number as u32, image::ImageFormat::Png);
                fs::write(stem.with_extension("png"), picture).unwrap();
            }
        }
        let world = Self { folder };
        world.write_profile("");
        world
    }

    /// Writes another suite of `tasks` edits in place of the first.
    pub fn write_suite(&self, tasks: usize) {
        suite_fixture::write_tiny(&self.path("suite"), &[("spatial", "edit", tasks)], 16);
    }

    /// Writes the judge's profile with these further lines in its tables.
    pub fn write_profile(&self, tables: &str) {
        let profile = format!(
            "name = \"mock\"\nprovider = \"openai\"\nmodel = \"mock-1\"\ntemperature = 0.0\n\
             max_tokens = 100\nmax_connections = 6\n{tables}"
        );
        fs::write(self.path("judge.toml"), profile).unwrap();
    }

    /// A path in the test's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary, with its caches in the test's folder and the canary as key.
    pub fn command(&self, base_url: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("parabench"));
        command
            .current_dir(self.folder.path())
            .env("PARABENCH_CACHE", self.path("cache"))
            .env("OPENAI_API_KEY", CANARY)
            .env("OPENAI_BASE_URL", base_url)
            .env_remove("RUST_BACKTRACE");
        command
    }

    /// `parabench run` over the stored answers into `results/<name>`.
    pub fn run(&self, base_url: &str, name: &str) -> Command {
        let mut command = self.command(base_url);
        command.args(["run", "--suite", "suite/", "--model", "replay:answers"]);
        command.args(["--judge", "judge.toml", "--name", name, "--no-progress"]);
        command
    }

    /// The folder of a run.
    pub fn run_folder(&self, name: &str) -> PathBuf {
        self.path("results").join(name)
    }

    /// The score table of a run.
    pub fn scores(&self, name: &str) -> String {
        fs::read_to_string(self.run_folder(name).join("scores.csv")).unwrap()
    }
}

/// The program in a folder, with a cache of its own there, no network and a terminal of 80 columns.
pub fn parabench(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_parabench"))
        .args(arguments)
        .current_dir(folder)
        .env("PARABENCH_CACHE", folder.join("cache"))
        .env("PARABENCH_OFFLINE", "1")
        .env("COLUMNS", "80")
        .output()
        .unwrap()
}

/// Standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Standard output as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Lines of a log, 0 when it is not there.
pub fn log_lines(path: &Path) -> usize {
    fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

/// Every file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}
