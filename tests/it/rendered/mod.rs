//! Every rendered artefact of small fixed runs as a snapshot: a change of a byte is seen and read.
//!
//! After a change on purpose: `INSTA_UPDATE=always cargo test --test it rendered`, then read the difference.

mod boards;
pub mod cases;
mod laws;
mod same;

use std::fs;

use self::cases::World;
use crate::envelope;
use crate::page_text;

/// What differs between versions, builds and machines, in this order: the program, digits behind the ninth, digests.
const FILTERS: [(&str, &str); 4] = [
    (r"parabench \d+\.\d+\.\d+[^\s,.<]*", "parabench [version]"),
    (r"(\d\.\d{8})\d+", "$1"),
    (r"\b([0-9a-f]{64}|[0-9a-f]{12})\b", "[digest]"),
    (r"\([0-9a-f]{8}\)", "([digest])"),
];

fn snapshot(case: &str, file: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, to) in FILTERS {
        settings.add_filter(pattern, to);
    }
    settings.bind(|| insta::assert_snapshot!(format!("{case}.{file}"), text));
}

/// The report of a case: its files for the paper and the text of its page.
fn report(world: &World, case: &str, arguments: &[&str]) {
    let arguments = [&["report"], arguments, &["-o", "out"]].concat();
    world.shown(&arguments);
    let read = |name: &str| fs::read_to_string(world.path("out").join(name)).unwrap();
    for name in [
        "table.tex",
        "significance.tex",
        "methods.tex",
        "report.md",
        "results.csv",
    ] {
        snapshot(case, name, &read(name));
    }
    snapshot(case, "page", &page_text::of(&read("index.html")));
}

/// The same runs compared: the first screen, everything that the terminal can show, and the table as CSV.
fn compare(world: &World, case: &str, arguments: &[&str]) {
    let first = world.shown(&[&["compare"], arguments].concat());
    let wide = first.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None, "the first screen fits 80 columns");
    snapshot(case, "compare", &first);
    let arguments = [&["compare"], arguments, &["--full", "--csv", "compare.csv"]].concat();
    snapshot(case, "compare-full", &world.shown(&arguments));
    let csv = fs::read_to_string(world.path("compare.csv")).unwrap();
    snapshot(case, "compare.csv", &csv);
}

fn both(case: &str, world: &World, arguments: &[&str]) {
    report(world, case, arguments);
    compare(world, case, arguments);
}

#[test]
fn three_runs_of_which_one_does_not_think() {
    let world = World::trio();
    both("trio", &world, &["think", "no-think", "--baseline", "base"]);
    let shown = world.shown(&[
        "leaderboard",
        "think",
        "no-think",
        "base",
        "--csv",
        "board.csv",
        "--markdown",
        "board.md",
        "--html",
        "board.html",
    ]);
    snapshot("trio", "leaderboard", &shown);
    let read = |name: &str| fs::read_to_string(world.path(name)).unwrap();
    snapshot("trio", "leaderboard.csv", &read("board.csv"));
    snapshot("trio", "leaderboard.md", &read("board.md"));
    snapshot(
        "trio",
        "leaderboard.page",
        &page_text::of(&read("board.html")),
    );
}

#[test]
fn two_baselines() {
    let world = World::trio();
    report(
        &world,
        "two-baselines",
        &["think", "--baseline", "base", "--baseline", "no-think"],
    );
}

#[test]
fn a_declared_look() {
    let world = World::pair(4.0);
    world.declare(
        "primary_axis = \"image_alignment\"\n[looks]\nplanned_items = 95\nshares = [0.4, 0.6, 0.8, 1.0]\n",
    );
    both("look", &world, &World::DECLARED);
    let json = world.shown(&[&["compare", "--json"][..], &World::DECLARED].concat());
    snapshot("look", "compare.json", &json);
}

/// The same declaration after the marks: it does not act, and every form says when it was made.
#[test]
fn looks_that_were_declared_too_late() {
    let world = World::pair(4.0);
    world.declare_late(
        "primary_axis = \"image_alignment\"\n[looks]\nplanned_items = 95\nshares = [0.4, 0.6, 0.8, 1.0]\n",
    );
    compare(&world, "late-look", &World::DECLARED);
}

#[test]
fn a_gate_that_stays_closed() {
    let world = World::pair(3.1);
    world.declare("primary_axis = \"image_consistency\"\n");
    both("gate", &world, &World::DECLARED);
}

#[test]
fn a_margin_that_holds() {
    let world = World::pair(3.1);
    world.declare("margin = 20.0\n");
    both("margin", &world, &World::DECLARED);
    world.declare_late("margin = 21.0\n");
    compare(&world, "late-margin", &World::DECLARED);
}

/// Where no margin is declared, the default is tested, and every form says that nobody declared it.
#[test]
fn the_default_margin_that_holds() {
    both(
        "default-margin",
        &World::twins(),
        &["cand", "--baseline", "base"],
    );
}

#[test]
fn missing_marks() {
    both(
        "missing",
        &World::missing(),
        &["cand", "--baseline", "base"],
    );
}

#[test]
fn a_run_alone() {
    let world = World::pair(3.4);
    report(&world, "alone", &["cand"]);
    let json = fs::read_to_string(world.path("out/results.json")).unwrap();
    snapshot("alone", "results.json", &json);
}

#[test]
fn a_panel() {
    let world = World::panel();
    let panel = [
        "--judge",
        "strict",
        "--judge",
        "lenient",
        "--combine",
        "mean",
    ];
    compare(
        &world,
        "panel",
        &[&["cand", "--baseline", "base"][..], &panel].concat(),
    );
}

#[test]
fn other_analyses() {
    let world = World::missing();
    world.declare_late("margin = 20.0\n");
    let arguments = [
        "cand",
        "--baseline",
        "base",
        "--declare",
        "declared.toml",
        "--multiverse",
    ];
    let shown = world.shown(&[&["compare"][..], &arguments].concat());
    let (_, shown) = shown.split_once("other analyses").unwrap();
    snapshot("multiverse", "compare", shown);
    world.shown(&[&["report"][..], &arguments, &["-o", "out"]].concat());
    let markdown = fs::read_to_string(world.path("out/report.md")).unwrap();
    let (_, shown) = markdown.split_once("## Other analyses").unwrap();
    let (shown, _) = shown.split_once("\n## ").unwrap();
    snapshot("multiverse", "report.md", shown);
    let page = page_text::of(&fs::read_to_string(world.path("out/index.html")).unwrap());
    assert!(page.contains("analyses that could have been made instead"));
    world.shown(&["verify", "out"]);
}

#[test]
fn requirements() {
    let world = World::pair(4.0);
    let arguments = ["compare", "cand", "--baseline", "base"];
    let required = [
        "--require",
        "overall > 0",
        "--require",
        "image_quality > 90",
        "--json",
    ];
    let output = world.run(&[&arguments[..], &required].concat());
    assert_eq!(
        output.status.code(),
        Some(4),
        "one requirement does not hold"
    );
    let json: serde_json::Value = envelope::result(&output.stdout);
    let shown = serde_json::to_string_pretty(&json["requirements"]).unwrap();
    snapshot("requirements", "json", &shown);
}
