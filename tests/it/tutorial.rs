//! The tutorial on a benchmark of one's own: its files are written, its commands run, and they print what the page shows.

use std::fs;
use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

const PAGE: &str = include_str!("../../docs/own-benchmark.md");

/// What the page says to do, in its order.
enum Step {
    /// Write a file.
    File(String, String),
    /// Run a command.
    Run(String),
    /// The commands so far printed this.
    Printed(String),
}

/// Bold text names the file of the next block; `sh` holds commands, `text` what they print.
fn steps() -> Vec<Step> {
    let (mut steps, mut bold, mut file) = (Vec::new(), None, None);
    let mut block: Option<(String, String)> = None;
    for event in Parser::new_ext(PAGE, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Strong) => bold = Some(String::new()),
            Event::End(TagEnd::Strong) => file = bold.take(),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                block = Some((kind.into_string(), String::new()));
            }
            Event::End(TagEnd::CodeBlock) => {
                let (kind, text) = block.take().unwrap();
                match kind.as_str() {
                    "sh" => steps.extend(text.lines().map(|line| Step::Run(line.to_owned()))),
                    "text" => steps.push(Step::Printed(text)),
                    _ => steps.push(Step::File(file.take().unwrap(), text)),
                }
            }
            Event::Text(text) => {
                for open in [bold.as_mut(), block.as_mut().map(|(_, text)| text)] {
                    open.into_iter().for_each(|open| open.push_str(&text));
                }
            }
            _ => {}
        }
    }
    steps
}

fn run(folder: &Path, line: &str) -> String {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("parabench"), "{line}");
    let output = assert_cmd::Command::new(assert_cmd::cargo_bin!("parabench"))
        .current_dir(folder)
        .env("PARABENCH_CACHE", folder.join("cache"))
        .env_remove("PARABENCH_BENCHMARKS")
        .args(words)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_tutorial_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (mut printed, mut commands, mut shown) = (String::new(), 0, 0);
    for step in steps() {
        match step {
            Step::File(name, text) => {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Step::Run(line) => {
                printed.push_str(&run(folder.path(), &line));
                commands += 1;
            }
            Step::Printed(text) => {
                assert!(
                    printed.contains(&text),
                    "the page shows\n{text}\nbut\n{printed}"
                );
                shown += 1;
            }
        }
    }
    assert_eq!((commands, shown), (5, 2));
    assert!(folder.path().join("reports/kitchen/index.html").is_file());
}

/// The page on judges and people shows lines of the outputs that are kept, and nothing else.
#[test]
fn every_line_of_the_tables_on_judges_was_printed() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tables = fs::read_dir(repository.join("reports/viescore-judges")).unwrap();
    let printed: std::collections::BTreeSet<String> = tables
        .flatten()
        .flat_map(|file| {
            let text = fs::read_to_string(file.path()).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let page = fs::read_to_string(repository.join("docs/viescore.md")).unwrap();
    let mut shown = 0;
    for block in page.split("```text\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            assert!(printed.contains(line), "{line}");
            shown += 1;
        }
    }
    assert!(shown > 80, "only {shown} lines were found");
}
