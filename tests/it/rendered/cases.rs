//! The fixed runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use parabench::analysis::runs::declaration::Declaration;
use parabench::judge::MissingReason;
use parabench::run::folder::names;
use parabench::run::manifest::{DeclarationSection, Manifest};
use parabench::run::scores::{self, Status};
use parabench::suite::Axis;
use tempfile::TempDir;

use crate::results::text;
use crate::runs::{RunFixture, hashed, hashed_mark};

/// Runs in a folder of their own, where the binary works.
pub struct World(TempDir);

impl World {
    /// The candidate against the baseline under `declared.toml`.
    pub const DECLARED: [&'static str; 5] =
        ["cand", "--baseline", "base", "--declare", "declared.toml"];

    fn of(runs: &[RunFixture]) -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        for run in runs {
            run.write(&world.path("results"));
        }
        world
    }

    /// A baseline around mark 3 and a candidate around `level`.
    pub fn pair(level: f64) -> Self {
        Self::of(&[small("cand", level), small("base", 3.0)])
    }

    /// A thinking run with two lost marks, the same model without thinking, and a baseline; two repeats.
    pub fn trio() -> Self {
        let think = small("think", 0.0).with_marks(|place| {
            let lost = (place.category, place.axis) == (1, Axis::IMAGE_QUALITY) && place.item == 2;
            if lost {
                return Err(Status::Missing(MissingReason::Unparsable));
            }
            let better = place.axis == Axis::OUTPUT_ALIGNMENT;
            Ok(hashed_mark("good", place, if better { 4.3 } else { 3.4 }))
        });
        let mut silent = small("no-think", 3.3);
        silent.thinks = false;
        let mut runs = [think, silent, small("base", 2.8)];
        runs.iter_mut().for_each(|run| run.repeats = 2);
        Self::of(&runs)
    }

    /// A better candidate of whose marks 12 % are missing on one axis and 3 % on another.
    pub fn missing() -> Self {
        let candidate = small("cand", 0.0).with_marks(|place| {
            let share = match place.axis.key() {
                "image_alignment" => 0.12,
                "image_quality" => 0.03,
                _ => 0.0,
            };
            if hashed("lost", place) < share {
                return Err(Status::Missing(MissingReason::ContentFiltered));
            }
            Ok(hashed_mark("cand", place, 4.4))
        });
        Self::of(&[candidate, small("base", 2.8)])
    }

    /// Two equal models on so many tasks that the default margin can be shown.
    pub fn twins() -> Self {
        let twin = |name: &'static str| {
            RunFixture::new(name, 40, 60, 3.0).with_marks(move |place| {
                let same = hashed_mark("same", place, 3.0);
                Ok(match hashed(name, place) < 0.02 {
                    true => 6 - same,
                    false => same,
                })
            })
        };
        Self::of(&[twin("cand"), twin("base")])
    }

    /// Two runs that a strict and a lenient judge have marked.
    pub fn panel() -> Self {
        let world = Self::of(&[]);
        for (name, level) in [("cand", 3.6), ("base", 3.0)] {
            let of = |judge: &str, bonus: f64| {
                let mut run = small(&format!("{name}-{judge}"), level + bonus);
                run.name = name.to_owned();
                run.judge = judge.to_owned();
                run
            };
            let judged = [of("strict", 0.0), of("lenient", 0.7)];
            let folder = judged[0].write(&world.path("results"));
            let mut manifest = judged[0].manifest();
            manifest.judges = judged
                .iter()
                .flat_map(|run| run.manifest().judges)
                .collect();
            manifest.write(&folder.join(names::MANIFEST)).unwrap();
            let rows: Vec<_> = judged.iter().flat_map(RunFixture::rows).collect();
            scores::write(&folder.join(names::SCORES), &rows).unwrap();
        }
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes `declared.toml`, which the runs do not know.
    pub fn declare_late(&self, text: &str) {
        fs::write(self.path("declared.toml"), text).unwrap();
    }

    /// Writes `declared.toml` and its digest into the runs, as before their first mark.
    pub fn declare(&self, text: &str) {
        self.declare_late(text);
        let declared = Declaration::read(&self.path("declared.toml")).unwrap();
        for run in ["cand", "base"] {
            let path = self.path("results").join(run).join(names::MANIFEST);
            let mut manifest = Manifest::read(&path).unwrap();
            manifest.declaration = declared.digest.map(|digest| DeclarationSection { digest });
            manifest.write(&path).unwrap();
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        run(self.0.path(), arguments)
    }

    /// What a command that succeeds prints.
    pub fn shown(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    }
}

/// Five edit categories of six tasks and eight generation tasks.
fn small(name: &str, level: f64) -> RunFixture {
    RunFixture::new(name, 6, 8, level)
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    assert_cmd::Command::cargo_bin("parabench")
        .unwrap()
        .args(arguments)
        .current_dir(folder)
        .env("PARABENCH_RESULTS", "results")
        .env("PARABENCH_CACHE", folder.join("cache"))
        .env_remove("COLUMNS")
        .output()
        .unwrap()
}
