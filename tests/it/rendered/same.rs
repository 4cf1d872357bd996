//! No form of a report contradicts another: the standing of each comparison is the same in all of them.

use crate::envelope;
use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::cases::World;

/// Candidate, baseline, metric key and number of axes.
type Which = (String, String, String, usize);

fn standings(contrasts: &Value) -> BTreeMap<Which, String> {
    let of = |contrast: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let which = (
            text(&contrast["candidate"]),
            text(&contrast["baseline"]),
            text(&contrast["metric"]["key"]),
            contrast["metric"]["axes"].as_array().unwrap().len(),
        );
        (which, text(&contrast["standing"]))
    };
    contrasts.as_array().unwrap().iter().map(of).collect()
}

/// Rows of a CSV file as maps.
pub fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.deserialize();
    rows.map(Result::unwrap).collect()
}

/// How a cell says a standing.
fn badge(standing: &str) -> &'static str {
    match standing {
        "shown-higher" => "higher",
        "shown-lower" => "lower",
        "conditional-higher" => "higher, if …",
        "conditional-lower" => "lower, if …",
        "equivalent" | "conditional-equivalent" => "equivalent ±",
        "non-inferior" | "conditional-non-inferior" => "at most ",
        "not-shown" => "not shown",
        "not-tested" => "not tested",
        "withheld" => "no claim",
        "descriptive" => "reported, not tested",
        other => panic!("{other}"),
    }
}

/// The sign that the score table puts beside a standing.
fn mark(standing: &str) -> &'static str {
    match standing {
        "shown-higher" => "$+$",
        "shown-lower" => "$-$",
        "conditional-higher" => "($+$)",
        "conditional-lower" => "($-$)",
        _ => "",
    }
}

fn title(key: &str, axes: usize) -> String {
    match (key, axes) {
        ("overall", 6) => "Overall".to_owned(),
        ("overall", axes) => format!("Overall of {axes} common axes"),
        (key, _) => {
            let words = key.replace('_', " ");
            words[..1].to_uppercase() + &words[1..]
        }
    }
}

/// Every form of one report.
pub struct Forms {
    /// The standings, as the JSON of `compare` has them.
    pub contrasts: Value,
    /// What the terminal shows.
    pub terminal: String,
    pub compare_csv: String,
    pub results_json: String,
    pub results_csv: String,
    pub table_tex: String,
    pub significance_tex: String,
    pub markdown: String,
    pub page: String,
}

/// Every form says the same standing for the same contrast. `name` is what forms for readers call a run.
pub fn agree(forms: &Forms, name: impl Fn(&str) -> String) {
    let wanted = standings(&forms.contrasts);
    let json: Value = serde_json::from_str(&forms.results_json).unwrap();
    assert_eq!(standings(&json["comparison"]["contrasts"]), wanted);
    let (compared, reported) = (rows(&forms.compare_csv), rows(&forms.results_csv));
    for (which, standing) in &wanted {
        let (candidate, baseline, key, axes) = which;
        let place = format!("{candidate} minus {baseline} on {key}");
        let row = compared.iter().find(|row| {
            let scope = match (key.as_str(), axes) {
                ("overall", 6) => "overall",
                ("overall", _) => "overall-of-common-axes",
                _ => "axis",
            };
            row["candidate"] == *candidate
                && row["baseline"] == *baseline
                && row["metric"] == *key
                && row["scope"] == scope
        });
        assert_eq!(
            row.unwrap()["standing"],
            *standing,
            "compare --csv: {place}"
        );
        let row = reported.iter().find(|row| {
            row["scope"] == "difference"
                && row["run"] == *candidate
                && row["baseline"] == *baseline
                && row["metric"] == *key
        });
        assert_eq!(row.unwrap()["standing"], *standing, "results.csv: {place}");
        let title = title(key, *axes);
        for (form, row) in rows_of_readers(forms, which, &title, &name) {
            let row = row.unwrap_or_else(|| panic!("{form}: no row for {place}"));
            assert!(
                row.trim_start().starts_with(badge(standing)),
                "{form}: {place}: {row}, not {standing}"
            );
        }
        if *axes == 1 || *axes == 6 {
            let cell = score_cell(&forms.table_tex, &name(candidate), &title);
            let sign = mark_of(&cell, baseline_letter(&wanted, candidate, baseline));
            assert_eq!(sign, mark(standing), "table.tex: {place}: {cell}");
        }
    }
}

/// What follows the metric's title in the row of a contrast, in every form that people read.
fn rows_of_readers<'a>(
    forms: &'a Forms,
    (candidate, baseline, ..): &Which,
    title: &str,
    name: impl Fn(&str) -> String,
) -> Vec<(&'static str, Option<String>)> {
    let after = |text: &'a str, pair: &str, start: &str| -> Option<String> {
        let (_, text) = text.split_once(pair)?;
        let (_, row) = text.split_once(start)?;
        Some(row.lines().next().unwrap_or_default().to_owned())
    };
    let shown = format!("{} minus {}", name(candidate), name(baseline));
    let plain =
        |row: Option<String>| row.map(|row| row.replace("\\ldots{}", "…").replace("$\\pm$", "±"));
    vec![
        (
            "terminal",
            after(
                &forms.terminal,
                &format!("{candidate} minus {baseline}\n\n"),
                &format!("\n{title}  "),
            ),
        ),
        (
            "significance.tex",
            plain(after(
                &forms.significance_tex,
                &shown,
                &format!("\n{title} & "),
            )),
        ),
        (
            "report.md",
            after(
                &forms.markdown,
                &format!("\n{shown}: "),
                &format!("\n| {title} | "),
            ),
        ),
        (
            "page",
            after(
                &forms.page,
                &format!("<summary><bdi>{shown}</bdi>"),
                &format!("<bdi>{title}</bdi></th><td><bdi>"),
            ),
        ),
    ]
}

/// The cell of a run in the score table.
fn score_cell(table: &str, run: &str, title: &str) -> String {
    let row = table.lines().find(|line| line.starts_with(run)).unwrap();
    let cells: Vec<&str> = row.split(" & ").collect();
    let mut lines = table.lines();
    let head = lines.find(|line| line.starts_with("Model &")).unwrap();
    let mut heads = head.split(" & ");
    let column = heads.position(|head| head.trim_end_matches(" \\\\") == title);
    cells[column.unwrap()].to_owned()
}

/// The letter of a baseline, where a candidate has several.
fn baseline_letter(
    wanted: &BTreeMap<Which, String>,
    candidate: &str,
    baseline: &str,
) -> Option<char> {
    let of = wanted.keys().filter(|which| which.0 == candidate);
    let all: std::collections::BTreeSet<&str> = of.map(|which| &*which.1).collect();
    let position = all.iter().position(|known| *known == baseline)?;
    (all.len() > 1).then(|| char::from(b'a' + position as u8))
}

/// The sign that a cell of the score table puts beside the points, for one baseline.
fn mark_of(cell: &str, letter: Option<char>) -> String {
    let raised = cell.split_once("\\textsuperscript{");
    let raised = raised.and_then(|(_, rest)| rest.split_once('}'));
    let raised = raised.map_or("", |(marks, _)| marks);
    let Some(letter) = letter else {
        return raised.to_owned();
    };
    let marks = raised.split(',').map(str::trim);
    let own = marks.into_iter().find(|mark| mark.contains(letter));
    own.map(|mark| mark.replace(letter, "")).unwrap_or_default()
}

fn hold(world: &World, arguments: &[&str]) {
    let json = world.shown(&[&["compare", "--json"], arguments].concat());
    let json: Value = envelope::result(&json);
    world.shown(&[&["report"], arguments, &["-o", "out"]].concat());
    let terminal =
        world.shown(&[&["compare"], arguments, &["--full", "--csv", "compare.csv"]].concat());
    let read = |name: &str| fs::read_to_string(world.path(name)).unwrap();
    let forms = Forms {
        contrasts: json["comparison"]["contrasts"].clone(),
        terminal,
        compare_csv: read("compare.csv"),
        results_json: read("out/results.json"),
        results_csv: read("out/results.csv"),
        table_tex: read("out/table.tex"),
        significance_tex: read("out/significance.tex"),
        markdown: read("out/report.md"),
        page: read("out/index.html"),
    };
    agree(&forms, |label| format!("{label}-model"));
}

#[test]
fn every_form_holds_the_same_standings() {
    hold(&World::trio(), &["think", "no-think", "--baseline", "base"]);
    hold(&World::missing(), &["cand", "--baseline", "base"]);
    let look = "primary_axis = \"image_alignment\"\n[looks]\nplanned_items = 95\nshares = [0.4, 0.6, 0.8, 1.0]\n";
    for (level, declaration) in [
        (4.0, look),
        (3.1, "primary_axis = \"image_consistency\"\nmargin = 20.0\n"),
    ] {
        let world = World::pair(level);
        world.declare(declaration);
        hold(&world, &World::DECLARED);
    }
    let late = World::pair(4.0);
    late.declare_late(look);
    hold(&late, &World::DECLARED);
}
