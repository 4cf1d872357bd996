//! The paper kit: layout, escaping, rounding, words, LaTeX.

use crate::findings_of;

use std::path::Path;
use std::process::Command;

use crate::runs::RunFixture;
use parabench::analysis::findings::{Findings, SCHEMA};
use parabench::report::kit::{KitFile, names, render};

const HOSTILE: &str = "=cmd|'/c' </script><script>alert(1)</script> \\input{/etc/passwd} $x_1^2$ & % # ~ {{7*7}} \u{202e}dlrow\u{2028}`|`";

fn file<'a>(files: &'a [KitFile], name: &str) -> &'a str {
    &files.iter().find(|file| file.name == name).unwrap().text
}

fn trio() -> (tempfile::TempDir, Findings) {
    let folder = tempfile::tempdir().unwrap();
    let [with, without, base] = findings_of::trio(folder.path());
    let found = findings_of::of(&[&with, &without], &[&base]);
    (folder, found)
}

/// Two runs whose suite, judge, models and categories are hostile texts; a name of 100 kB among them.
fn hostile() -> (tempfile::TempDir, Findings) {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, level: f64| {
        let mut run = RunFixture::new(name, 3, 3, level);
        run.suite = HOSTILE.to_owned();
        run.judge = format!("{HOSTILE}{}", "x".repeat(100_000));
        for (category, _, _) in &mut run.categories {
            *category = format!("{HOSTILE}{category}");
        }
        run.write(folder.path())
    };
    let (a, b) = (make("a{b}$&_%#", 4.0), make("-b<i>|x", 2.5));
    let found = findings_of::of(&[&a], &[&b]);
    (folder, found)
}

/// Braces that are balanced outside of escapes and comments, and no special character on its own.
fn assert_sound_latex(text: &str) {
    let (mut depth, mut escaped, mut comment) = (0_i64, false, false);
    for c in text.chars() {
        if comment {
            comment = c != '\n';
            continue;
        }
        match c {
            '{' if !escaped => depth += 1,
            '}' if !escaped => depth -= 1,
            '%' if !escaped => comment = true,
            '#' | '_' | '~' => assert!(escaped, "a bare {c}"),
            '<' | '>' | '|' | '"' => panic!("a bare {c}"),
            _ => assert!(c == '\n' || !c.is_control(), "a control character"),
        }
        assert!(depth >= 0, "a brace too many");
        escaped = c == '\\' && !escaped;
    }
    assert_eq!(depth, 0, "a brace is missing");
    assert!(text.is_ascii(), "a character that pdflatex may not set");
    let dollars = text.replace("\\$", "").matches('$').count();
    assert_eq!(dollars % 2, 0, "mathematics is not closed");
}

#[test]
fn the_table_has_the_papers_columns_and_sets_published_rows_apart() {
    let (_folder, found) = trio();
    let files = render(&found).unwrap();
    let table = file(&files, names::TABLE);
    let columns = "Model & Text quality & Text alignment & Image consistency & Image alignment & Image quality \
                   & Output alignment & Overall \\\\";
    assert!(table.contains(columns), "{table}");
    let (measured, published) = table.split_once("means only, other judge runs").unwrap();
    assert!(measured.contains("base-model (baseline)"));
    assert!(published.contains(
        "MMaDA-Parallel w/ ParaRL (Table 2) & 80.4 & 71.0 & 73.4 & 63.2 & 81.2 & 59.8 & 71.5"
    ));
    assert!(!measured.contains("ParaRL"));
    // The model without thinking has no text axes and no Overall: dashes, never numbers.
    let row = measured
        .lines()
        .find(|line| line.starts_with("bagel-nothink"))
        .unwrap();
    let cells: Vec<&str> = row.trim_end_matches(" \\\\").split(" & ").collect();
    assert_eq!(
        (cells[1], cells[2], cells[6], cells[7]),
        ("-", "-", "-", "-"),
        "{row}"
    );
    assert!(
        measured.contains("\\textsuperscript{$+$}"),
        "a significant difference is marked"
    );
    assert!(table.contains("No mark is not evidence of equality"));
}

#[test]
fn no_digit_is_finer_than_its_error_and_no_p_stands_alone() {
    let (_folder, found) = trio();
    let files = render(&found).unwrap();
    for run in &found.runs {
        for axis in &run.table.axes {
            let Ok(level) = &axis.level else { continue };
            assert!(
                level.se.unwrap() > 1.0,
                "these runs are too small for tenths"
            );
        }
    }
    let md = file(&files, names::MARKDOWN);
    let row = md
        .lines()
        .find(|line| line.starts_with("| bagel-think"))
        .unwrap();
    // Overall, the last cell, has a smaller error than any axis.
    let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
    let (_, axes) = cells.split_last().unwrap();
    assert!(
        axes.iter().all(|cell| !cell.contains('.')),
        "tenths where the standard error is above one point: {row}"
    );
    let m = found.comparison.as_ref().unwrap().family.size;
    for text in [md, file(&files, names::SIGNIFICANCE)] {
        assert!(text.contains(&format!("m = {m}")), "the family's size");
        assert!(
            text.contains("common axes"),
            "an Overall over three axes is labelled"
        );
        for line in text.lines() {
            assert!(
                !line.contains(" 0 & 0 & 0 ") && !line.contains("p = 0."),
                "{line}"
            );
        }
    }
    let sum: String = files.iter().map(|file| file.text.to_lowercase()).collect();
    for phrase in [
        "on par with",
        "no difference between",
        "outperform",
        "state of the art",
        "improvement of",
    ] {
        assert!(!sum.contains(phrase), "{phrase}");
    }
}

#[test]
fn hostile_names_stay_text_in_every_form() {
    let (_folder, found) = hostile();
    let files = render(&found).unwrap();
    for name in [names::TABLE, names::SIGNIFICANCE, names::METHODS] {
        let text = file(&files, name);
        assert_sound_latex(text);
        assert!(!text.contains("\\input"), "{name}");
    }
    let md = file(&files, names::MARKDOWN);
    let unescaped = md.replace("\\\\", "").replace("\\<", "");
    assert!(!unescaped.contains("<script"), "markup in Markdown");
    for found in [md, file(&files, names::CSV), file(&files, names::TABLE)] {
        assert!(
            !found.contains(['\u{202e}', '\u{2028}']),
            "direction and line marks"
        );
        assert!(!found.contains(&"x".repeat(200)), "a name of 100 kB");
    }
    let mut reader = csv::Reader::from_reader(file(&files, names::CSV).as_bytes());
    let mut rows = 0;
    for record in reader.records() {
        rows += 1;
        for cell in &record.unwrap() {
            let formula = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
            assert!(!formula, "{cell}");
        }
    }
    assert!(rows > 40);
    let json: serde_json::Value = serde_json::from_str(file(&files, names::JSON)).unwrap();
    assert_eq!(
        json["suite"]["name"], HOSTILE,
        "JSON keeps data as they are"
    );
    assert!(
        !file(&files, names::JSON).contains(['\u{202e}', '\u{2028}']),
        "but escapes them"
    );
}

#[test]
fn csv_and_json_hold_the_same_numbers() {
    let (_folder, found) = trio();
    let files = render(&found).unwrap();
    let json: serde_json::Value = serde_json::from_str(file(&files, names::JSON)).unwrap();
    assert_eq!(json["schema"], SCHEMA);
    let contrast = &json["comparison"]["contrasts"][0];
    let points = contrast["result"]["Ok"]["difference"]["points"]
        .as_f64()
        .unwrap();
    let mut reader = csv::Reader::from_reader(file(&files, names::CSV).as_bytes());
    let column = |name: &str| {
        let headers = csv::Reader::from_reader(file(&files, names::CSV).as_bytes())
            .headers()
            .unwrap()
            .clone();
        headers.iter().position(|header| header == name).unwrap()
    };
    let (scope, at) = (column("scope"), column("points"));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let difference = rows.iter().find(|row| &row[scope] == "difference").unwrap();
    assert_eq!(difference[at].parse::<f64>().unwrap(), points);
    for wanted in [
        "level",
        "category-level",
        "difference",
        "category-difference",
        "rank",
        "published",
    ] {
        assert!(rows.iter().any(|row| &row[scope] == wanted), "{wanted}");
    }
    assert!(json["published"][0]["reading"] == "means only, other judge runs");
    assert_eq!(
        json["thinking"][0]["with"], "bagel-think",
        "the pair of one model is found"
    );
    assert_eq!(json["leaderboards"][0]["axes"].as_array().unwrap().len(), 3);
    assert_eq!(json["leaderboards"][1]["axes"].as_array().unwrap().len(), 6);
}

#[test]
fn the_same_runs_give_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let [with, without, base] = findings_of::trio(folder.path());
    let made = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| render(&findings_of::of(&[&with, &without], &[&base])).unwrap())
    };
    assert_eq!(made(1), made(5));
}

#[test]
fn a_report_without_a_baseline_tests_nothing_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFixture::new("only", 3, 3, 3.0).write(folder.path());
    let files = render(&findings_of::of(&[&run], &[])).unwrap();
    assert!(file(&files, names::SIGNIFICANCE).contains("nothing was tested"));
    assert!(file(&files, names::MARKDOWN).contains("nothing was compared"));
    assert!(!file(&files, names::TABLE).contains("Marks:"));
    assert_sound_latex(file(&files, names::TABLE));
}

/// Compiles a document in a folder; `None` where no TeX engine is installed.
fn compile(folder: &Path) -> Option<std::process::Output> {
    let engines: [(&str, &[&str]); 2] = [
        (
            "pdflatex",
            &[
                "-interaction=nonstopmode",
                "-halt-on-error",
                "-no-shell-escape",
            ],
        ),
        ("tectonic", &["--untrusted"]),
    ];
    engines.into_iter().find_map(|(engine, options)| {
        let mut command = Command::new(engine);
        command
            .args(options)
            .arg("document.tex")
            .current_dir(folder)
            .output()
            .ok()
    })
}

#[test]
fn the_tables_compile_or_are_at_least_balanced() {
    for (_folder, found) in [trio(), hostile()] {
        let files = render(&found).unwrap();
        let place = tempfile::tempdir().unwrap();
        let mut body = String::new();
        for name in [names::TABLE, names::SIGNIFICANCE, names::METHODS] {
            assert_sound_latex(file(&files, name));
            std::fs::write(place.path().join(name), file(&files, name)).unwrap();
            body.push_str(&format!("\\input{{{name}}}\n"));
        }
        let document = format!(
            "\\documentclass{{article}}\n\\usepackage{{booktabs}}\n\\usepackage{{graphicx}}\n\\begin{{document}}\n{body}\\end{{document}}\n"
        );
        std::fs::write(place.path().join("document.tex"), document).unwrap();
        match compile(place.path()) {
            None => {
                eprintln!("no TeX engine: braces and escapes were checked, nothing was compiled")
            }
            Some(output) => assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stdout)
            ),
        }
    }
}
