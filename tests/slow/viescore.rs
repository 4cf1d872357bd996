//! The example of judges and people: its tables and its report follow from the marks that are shipped.

use std::fs;
use std::path::{Path, PathBuf};

const OTHERS: [&str; 7] = [
    "CycleDiffusion",
    "DiffEdit",
    "MagicBrush",
    "Pix2PixZero",
    "Prompt2prompt",
    "SDEdit",
    "Text2Live",
];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with the report and the runs it was made of.
struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("results/viescore")).unwrap();
        Self(folder)
    }

    fn output(&self, arguments: &[String]) -> std::process::Output {
        assert_cmd::Command::new(assert_cmd::cargo_bin!("parabench"))
            .current_dir(self.0.path())
            .env("PARABENCH_CACHE", self.0.path().join("cache"))
            .env_remove("PARABENCH_BENCHMARKS")
            .args(arguments)
            .output()
            .unwrap()
    }

    fn shown(&self, arguments: &[String]) -> String {
        let output = self.output(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The marks of a judge as runs.
    fn import(&self, judge: &str) -> String {
        let marks = format!("examples/viescore/judges/{judge}_0shot");
        self.shown(&words(&format!(
            "scores import {} --suite viescore-imagenhub --as viescore --judge {judge}_0shot -o results/viescore/{judge}",
            repository().join(marks).display()
        )))
    }

    /// What people say of the runs of a judge.
    fn people(&self, judge: &str, file: &str) -> String {
        let runs = OTHERS.map(|model| format!("{judge}-{model}")).join(" ");
        let people = repository().join("examples/viescore").join(file);
        let text = self.shown(&words(&format!(
            "compare {runs} --baseline {judge}-InstructPix2Pix --results results/viescore --human {} --human-scale 0..1 \
             --human-step 0.5",
            people.display()
        )));
        text[text.find("Human ratings").unwrap()..].to_owned()
    }
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn table(name: &str) -> String {
    let path = repository().join("reports/viescore-judges").join(name);
    fs::read_to_string(path).unwrap()
}

fn copied(from: &Path, to: PathBuf) {
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        match entry.path().is_dir() {
            true => copied(&entry.path(), to.join(entry.file_name())),
            false => fs::copy(entry.path(), to.join(entry.file_name()))
                .map(drop)
                .unwrap(),
        }
    }
}

/// `PARABENCH_VIESCORE_JUDGES=gpt4v,llava,qwenvl` does the same for the other judges.
#[test]
fn the_example_of_judges_and_people_comes_out_again() {
    let world = World::new();
    let more = std::env::var("PARABENCH_VIESCORE_JUDGES").unwrap_or_default();
    for judge in ["gemini"]
        .into_iter()
        .chain(more.split(',').filter(|name| !name.is_empty()))
    {
        let figures = |text: String| text.split("Written:").next().unwrap().to_owned();
        assert_eq!(
            figures(world.import(judge)),
            figures(table(&format!("import-{judge}.txt")))
        );
        assert_eq!(
            world.people(judge, "people.csv"),
            table(&format!("people-{judge}.txt"))
        );
    }
    assert_eq!(
        world.people("gemini", "people-40-pictures.csv"),
        table("people-gemini-40-pictures.txt")
    );
    copied(
        &repository().join("reports/viescore"),
        world.0.path().join("reports/viescore"),
    );
    // The page also changes with its looks; `examples/viescore/remake.sh` makes it again.
    let verified = world.output(&words("verify reports/viescore"));
    let verified = String::from_utf8(verified.stdout).unwrap();
    for file in [
        "table.tex",
        "significance.tex",
        "results.csv",
        "results.json",
        "report.md",
    ] {
        assert!(verified.contains(&format!("ok    {file}")), "{verified}");
    }
}
