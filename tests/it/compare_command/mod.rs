//! `parabench compare` through the real binary, on run folders written here.

mod gates;
mod refusals;
use std::path::Path;
use std::process::Output;

use crate::results::{parabench, text};
use crate::runs::{Place, RunFixture, hashed, hashed_mark};
use parabench::judge::MissingReason;
use parabench::run::folder::names;
use parabench::run::scores::Status;
use parabench::suite::{Axis, ScoreMap};
use serde_json::Value;
use tempfile::TempDir;

fn compare(results: &Path, arguments: &[&str]) -> Output {
    parabench(results, &[&["compare"], arguments].concat())
}

fn json(results: &Path, arguments: &[&str]) -> Value {
    let output = compare(results, &[arguments, &["--json"]].concat());
    assert_eq!(text(&output.stderr), "");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Two thinking runs of which the first is better on output alignment alone, with a few lost marks.
fn pair() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let marks = |place: Place| {
        if hashed("lost", place) < 0.02 {
            return Err(Status::Missing(MissingReason::Unparsable));
        }
        let level = if place.axis == Axis::OutputAlignment {
            4.1
        } else {
            3.6
        };
        Ok(hashed_mark("cand", place, level))
    };
    RunFixture::new("cand", 12, 30, 0.0)
        .with_marks(marks)
        .write(folder.path());
    RunFixture::new("base", 12, 30, 3.5).write(folder.path());
    folder
}

fn contrast<'a>(result: &'a Value, metric: &str) -> &'a Value {
    let contrasts = result["comparison"]["contrasts"].as_array().unwrap();
    let found = contrasts
        .iter()
        .find(|c| c["metric"]["key"] == metric)
        .unwrap();
    &found["result"]["Ok"]
}
#[test]
fn the_text_has_the_fixed_order() {
    let folder = pair();
    let output = compare(folder.path(), &["cand", "--baseline", "base"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    let (own, published) = shown.split_once("\nPublished: ").unwrap();
    assert!(published.starts_with("means only, other judge runs."));
    assert!(published.contains("MMaDA-Parallel w/ ParaRL (Table 2)"));
    insta::assert_snapshot!(own, @r#"
parabench 1 (digest f8ebd43dbef1), 90 items, affine25: points = (mark - 1) x 25

run   model       thinks  judge             samples  repeats
------------------------------------------------------------
cand  cand-model  yes     judge (9310a75b)        1        1
base  base-model  yes     judge (9310a75b)        1        1

mean points (95 %)  cand                 base
------------------------------------------------------------
Text quality        66 (61 to 71)        64 (59 to 69)
Text alignment      64 (60 to 69)        61 (57 to 66)
Image consistency   59 (53 to 64)        59 (53 to 64)
Image alignment     68 (63 to 72)        66 (61 to 71)
Image quality       62 (57 to 66)        62 (57 to 67)
Output alignment    78 (73 to 82)        63 (58 to 68)
Overall             66.2 (64.4 to 68.0)  62.5 (60.7 to 64.3)

cand minus base

metric             points    raw  95 % interval  win/tie/loss  superiority (95 %)         p  adjusted p (m=6)    Holm  survives failures  flags
-----------------------------------------------------------------------------------------------------------------------------------------------
Text quality           +2  +0.10  -4 to +9       31/28/27      0.52 (0.44 to 0.61)    0.514             0.936     1.0  no                 MB
Text alignment         +3  +0.11  -3 to +8       30/32/26      0.52 (0.44 to 0.61)    0.355             0.848     1.0  yes                M
Image consistency      -1  -0.02  -8 to +7       22/17/20      0.52 (0.41 to 0.63)      1.0               1.0     1.0  no                 B
Image alignment        +2  +0.09  -4 to +8       28/28/30      0.49 (0.40 to 0.58)    0.581             0.936     1.0  no                 MB
Image quality          -1  -0.03  -6 to +4       21/42/25      0.48 (0.40 to 0.55)    0.829             0.968     1.0  no                 MB
Output alignment      +15  +0.59  +10 to +19     49/31/10      0.72 (0.64 to 0.78)   3.6e-8           0.00010  2.1e-7  yes
Overall                +3  +0.14  +1 to +6       47/9/34       0.57 (0.47 to 0.67)  0.00623            beside       -  yes                M

missing marks      candidate                         baseline  p missing alike  worst cases  95 % of them
---------------------------------------------------------------------------------------------------------
Text quality       4 of 90, 4.4 % (4 unparsable)     0 of 90   0.125            -1 to +4     -6 to +9
Text alignment     2 of 90, 2.2 % (2 unparsable)     0 of 90   0.500            +2 to +4     -3 to +9
Image consistency  1 of 60, 1.7 % (1 unparsable)     0 of 60   1.0              -1 to +1     -7 to +8
Image alignment    4 of 90, 4.4 % (4 unparsable)     0 of 90   0.125            -1 to +3     -7 to +8
Image quality      2 of 90, 2.2 % (2 unparsable)     0 of 90   0.500            -1 to +1     -6 to +6
Overall            13 of 510, 2.5 % (13 unparsable)  0 of 510  -                +2 to +5     +0.1 to +6.6

pass rates (mark >= 4)  candidate (95 %)  baseline (95 %)  difference (95 %)                   only one passes  McNemar p
-------------------------------------------------------------------------------------------------------------------------
Text quality            50 % (40 to 60)   48 % (37 to 58)  +2 (-12 to +17) percentage points   21 / 19          0.875
Text alignment          50 % (40 to 60)   52 % (42 to 62)  -2 (-16 to +12) percentage points   18 / 20          0.871
Image consistency       46 % (34 to 58)   46 % (34 to 58)  0 (-18 to +18) percentage points    14 / 14          1.0
Image alignment         59 % (49 to 69)   58 % (48 to 68)  +1 (-14 to +16) percentage points   22 / 21          1.0
Image quality           47 % (37 to 57)   52 % (42 to 62)  -6 (-18 to +7) percentage points    13 / 18          0.473
Output alignment        76 % (66 to 83)   54 % (44 to 64)  +21 (+10 to +33) percentage points  25 / 6           0.00088

M: more than 2 % of a side's marks are missing.
B: missing marks could change who is ahead.
Differences are in points, never in percent. Means are weighted by the suite's plan; intervals are stratified t over items; the item is the only independent unit.
p: exact sign flips of the item differences, two-sided. Superiority: share of items won plus half of the ties.
Adjusted p: step-down max-T over the m=6 contrasts of axes and pairs of runs (9999 joint sign flips, exact within one pair of runs); Holm beside it. Overall stands beside the family with its own p.
Survives failures: yes where nothing is missing or the worst cases (every missing mark 1 for one side and 5 for the other) keep the sign. A p above 0.05 does not show that two runs are equal; declare a margin to test that.
The intervals cover new items of the same kinds, samples and calls of this judge. They cover neither another training run nor another judge.
Up to 2.5 % of a run's marks are missing; they are left out of the means, never counted as numbers.

Exploratory: categories x axes, 1 of m=35 at a false discovery rate of 10 % (Benjamini, Hochberg). These lines suggest, they confirm nothing.

runs             axis              category    points  95 % interval  win/tie/loss  items        p     BH p
-----------------------------------------------------------------------------------------------------------
cand minus base  Output alignment  generation     +17  +9 to +24      18/10/2          30  0.00027  0.00941
"#);
}

#[test]
fn three_runs_have_rank_sets_and_their_own_overall() {
    let folder = pair();
    let mut plain = RunFixture::new("plain", 12, 30, 2.9);
    plain.thinks = false;
    plain.write(folder.path());
    let output = compare(
        folder.path(),
        &["cand", "--baseline", "base", "--baseline", "plain"],
    );
    let shown = text(&output.stdout);
    let board = shown.split_once("Ranks by").unwrap().1;
    let board = board.split_once("\nPublished").unwrap().0;
    insta::assert_snapshot!(board, @r#"
 Overall of the axes common to all runs (image_consistency, image_alignment, image_quality), with simultaneous 95 % rank sets (Holm over exact sign-flip p of all m=3 pairs). Runs that share a letter are not told apart.

run    rank  rank set  group  points  95 % interval
---------------------------------------------------
cand      1  1 to 2    a          63  60 to 66
base      2  1 to 2    a          62  59 to 65
plain     3  3 to 3    b          46  43 to 49

row wins (ties) against  cand            base            plain
-----------------------------------------------------------------------
cand                                     41.0 % (9.6 %)  78.3 % (8.4 %)
base                     49.4 % (9.6 %)                  82.2 % (6.7 %)
plain                    13.3 % (8.4 %)  11.1 % (6.7 %)
"#);
    assert!(shown.contains("Overall of 3 common axes"));
    let result = json(folder.path(), &["cand", "--baseline", "plain"]);
    // Text axes do not apply: they are undefined, and not in the family.
    assert_eq!(result["comparison"]["family"]["size"], 3);
    let contrasts = result["comparison"]["contrasts"].as_array().unwrap();
    let text_quality = contrasts
        .iter()
        .find(|c| c["metric"]["key"] == "text_quality")
        .unwrap();
    assert_eq!(text_quality["result"]["Err"], "not-applicable");

    // Wherever an Overall is written down, it says that it is one of common axes.
    let csv = folder.path().join("table.csv");
    let arguments = [
        "cand",
        "--baseline",
        "plain",
        "--csv",
        csv.to_str().unwrap(),
    ];
    let arguments = [&arguments[..], &["--require", "overall > 0"]].concat();
    let shown = text(&compare(folder.path(), &arguments).stdout);
    assert!(shown.contains("Overall of 3 common axes"), "{shown}");
    assert!(
        shown.contains("It cannot be compared with an Overall of six axes"),
        "{shown}"
    );
    assert!(shown.contains("over 3 common axes"), "{shown}");
    let csv = std::fs::read_to_string(csv).unwrap();
    assert!(
        csv.contains("cand,plain,overall-of-common-axes,overall"),
        "{csv}"
    );
    let text_row = csv.lines().find(|line| line.contains("axis,text_quality"));
    assert!(text_row.unwrap().contains("text_quality,,,,,"), "{csv}");
}

#[test]
fn exchanging_the_runs_flips_signs_and_keeps_p() {
    let folder = pair();
    let forth = json(folder.path(), &["cand", "--baseline", "base"]);
    let back = json(folder.path(), &["base", "--baseline", "cand"]);
    for metric in ["output_alignment", "text_quality", "overall"] {
        let (a, b) = (contrast(&forth, metric), contrast(&back, metric));
        let points = |c: &Value| c["difference"]["points"].as_f64().unwrap();
        assert!((points(a) + points(b)).abs() < 1e-9, "{metric}");
        assert_eq!(a["wins"]["wins"], b["wins"]["losses"]);
        assert_eq!(a["test"], b["test"], "{metric}");
        assert_eq!(
            a["adjusted"]["p_westfall_young"],
            b["adjusted"]["p_westfall_young"]
        );
    }
}

#[test]
fn the_mapping_changes_points_and_nothing_else() {
    let results = |mapping| {
        let folder = tempfile::tempdir().unwrap();
        for (name, level) in [("cand", 3.7), ("base", 3.5)] {
            let mut run = RunFixture::new(name, 12, 30, level);
            run.mapping = mapping;
            run.write(folder.path());
        }
        json(folder.path(), &["cand", "--baseline", "base"])
    };
    let (affine, times) = (results(ScoreMap::Affine25), results(ScoreMap::Times20));
    for metric in ["image_quality", "overall"] {
        let (a, b) = (contrast(&affine, metric), contrast(&times, metric));
        for same in ["test", "effects", "wins"] {
            assert_eq!(a[same], b[same], "{metric} {same}");
        }
        assert_eq!(a["adjusted"]["p_holm"], b["adjusted"]["p_holm"]);
        let points = |c: &Value| c["difference"]["points"].as_f64().unwrap();
        assert!((0.8 * points(a) - points(b)).abs() < 1e-9);
    }
}

#[test]
fn the_csv_has_every_contrast() {
    let folder = pair();
    let path = folder.path().join("out.csv");
    let arguments = [
        "cand",
        "--baseline",
        "base",
        "--csv",
        path.to_str().unwrap(),
    ];
    assert_eq!(compare(folder.path(), &arguments).status.code(), Some(0));
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let scopes: Vec<String> = reader.records().map(|r| r.unwrap()[2].to_owned()).collect();
    let count = |scope: &str| scopes.iter().filter(|s| *s == scope).count();
    // Six axes; five of them in six categories, image consistency in the five of edits.
    assert_eq!(
        (count("axis"), count("overall"), count("category")),
        (6, 1, 35)
    );
}

#[test]
fn unequal_repeats_are_asymptotic_and_judge_noise_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    for (name, repeats) in [("cand", 3), ("base", 2)] {
        let mut run = RunFixture::new(name, 6, 6, 3.5);
        run.repeats = repeats;
        run.write(folder.path());
    }
    let result = json(folder.path(), &["cand", "--baseline", "base"]);
    let overall = contrast(&result, "overall");
    assert!(
        overall["flags"]
            .as_array()
            .unwrap()
            .contains(&"unequal-repeats".into())
    );
    let difference = &overall["difference"];
    let judge = difference["se_judge_only"].as_f64().unwrap();
    assert!(judge > 0.0 && judge < 2.0 * difference["se"].as_f64().unwrap());
}

#[test]
fn no_output_says_what_must_not_be_said() {
    let folder = pair();
    let mut plain = RunFixture::new("plain", 12, 30, 3.4);
    plain.thinks = false;
    plain.write(folder.path());
    let commands: [&[&str]; 6] = [
        &[
            "compare",
            "cand",
            "--baseline",
            "base",
            "--baseline",
            "plain",
            "--categories",
        ],
        &["thinking", "cand", "plain"],
        &["power", "--sd", "27"],
        &[
            "power",
            "--published",
            "MMaDA-Parallel w/ ParaRL",
            "Bagel w/ think",
        ],
        &[
            "power",
            "--pilot",
            "cand",
            "base",
            "--axis",
            "output_alignment",
        ],
        &["published"],
    ];
    for command in commands {
        let output = parabench(folder.path(), command);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{command:?} {}",
            text(&output.stderr)
        );
        let shown = text(&output.stdout).to_lowercase();
        let forbidden = [
            "no difference",
            "on par",
            "p = 0 ",
            "p=0 ",
            "error bar",
            "robust to the judge",
            "unbiased",
            "overlap",
            "nan",
            "inf ",
        ];
        for words in forbidden {
            assert!(
                !shown.contains(words),
                "{command:?} says {words:?}:\n{shown}"
            );
        }
    }
}
