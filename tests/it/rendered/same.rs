//! No form of a report contradicts another: the standing of each comparison is the same in all of them.

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
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
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
        "descriptive" => "described",
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

fn hold(world: &World, arguments: &[&str]) {
    let compared: Value =
        serde_json::from_str(&world.shown(&[&["compare", "--json"], arguments].concat())).unwrap();
    let wanted = standings(&compared["comparison"]["contrasts"]);
    world.shown(&[&["report"], arguments, &["-o", "out"]].concat());
    world.shown(&[&["compare"], arguments, &["--csv", "compare.csv"]].concat());
    let read = |name: &str| fs::read_to_string(world.path(name)).unwrap();
    let json: Value = serde_json::from_str(&read("out/results.json")).unwrap();
    assert_eq!(standings(&json["comparison"]["contrasts"]), wanted);
    let compared = rows(&read("compare.csv"));
    let reported = rows(&read("out/results.csv"));
    let (table, significance) = (read("out/table.tex"), read("out/significance.tex"));
    let (markdown, page) = (read("out/report.md"), read("out/index.html"));
    for ((candidate, baseline, key, axes), standing) in &wanted {
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
        let name = title(key, *axes);
        let starts = format!("{name} & {}", badge(standing))
            .replace('…', "\\ldots{}")
            .replace('±', "$\\pm$");
        let in_pair = |text: &str, from: &str, line: &str| {
            let after = text.split_once(from).map_or("", |(_, after)| after);
            after.contains(line)
        };
        let pair = format!("{candidate}-model minus {baseline}-model");
        assert!(
            in_pair(&significance, &pair, &starts),
            "significance.tex: {place}: {starts}"
        );
        let starts = format!("| {name} | {}", badge(standing));
        assert!(
            in_pair(&markdown, &pair, &starts),
            "report.md: {place}: {starts}"
        );
        assert!(page.contains(badge(standing)), "page: {place}");
        if *axes == 1 || *axes == 6 {
            let row = table
                .lines()
                .find(|line| line.starts_with(&format!("{candidate}-model")));
            let cells: Vec<&str> = row.unwrap().split(" & ").collect();
            let head = table
                .lines()
                .find(|line| line.starts_with("Model &"))
                .unwrap();
            let column = head
                .split(" & ")
                .position(|head| head.trim_end_matches(" \\\\") == name);
            let cell = cells[column.unwrap()];
            let raised = cell.split_once("\\textsuperscript{");
            let raised = raised
                .and_then(|(_, rest)| rest.split_once('}'))
                .map_or("", |(mark, _)| mark);
            assert_eq!(raised, mark(standing), "table.tex: {place}: {cell}");
        }
    }
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
