//! What cannot be compared, and what the user is told.

use super::*;

#[test]
fn runs_made_differently_are_refused_with_every_reason() {
    let folder = tempfile::tempdir().unwrap();
    RunFixture::new("base", 4, 4, 3.5).write(folder.path());
    let mut other = RunFixture::new("other", 5, 4, 3.5);
    other.suite_digest = parabench::common::digest::Digest::of(b"changed");
    other.mapping = ScoreMap::Times20;
    other.judge_model = "gpt-4o".to_owned();
    other.axes.pop();
    other.write(folder.path());
    let output = compare(folder.path(), &["other", "--baseline", "base"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stderr), @r#"
error: these runs cannot be compared with base:
  other: suite parabench version 1 with digest d67e2e944994, reference version 1 with digest f8ebd43dbef1
      run both models on the same data of the suite
  other: mapping times20, reference affine25
      points of two mappings are not on one scale: run both with one mapping
  other: axes text_quality, text_alignment, image_consistency, image_alignment, image_quality, reference text_quality, text_alignment, image_consistency, image_alignment, image_quality, output_alignment
      judge both runs on the same axes
  other: categories (selected/planned) spatial 5/5, temporal 5/5, causal 5/5, knowledge 5/5, general 5/5, generation 4/4, reference spatial 4/4, temporal 4/4, causal 4/4, knowledge 4/4, general 4/4, generation 4/4
      ask both models the same tasks
  other: 29 tasks, reference 24 tasks, 24 in common
      ask both models the same tasks: the same --limit, --tasks, --categories and --seed
  other: another judge than the reference: model gpt-4o / gpt-4.1
      mark both with one judge (`parabench judge RUN --judge J`), join them with --bridge FILE (`parabench judge-bridge`), or use --force-judge, which flags every line
"#);
}

#[test]
fn differing_judges_need_force_and_flag_every_line() {
    let folder = tempfile::tempdir().unwrap();
    RunFixture::new("base", 4, 4, 3.5).write(folder.path());
    let mut other = RunFixture::new("other", 4, 4, 3.5);
    other.judge_model = "gpt-4o".to_owned();
    other.write(folder.path());
    let refused = compare(folder.path(), &["other", "--baseline", "base"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("model gpt-4o / gpt-4.1"),
        "{}",
        text(&refused.stderr)
    );
    let forced = json(
        folder.path(),
        &["other", "--baseline", "base", "--force-judge"],
    );
    assert_eq!(forced["comparison"]["judges_differ"], true);
    for contrast in forced["comparison"]["contrasts"].as_array().unwrap() {
        let flags = contrast["result"]["Ok"]["flags"].as_array().unwrap();
        assert!(flags.contains(&"judges-differ".into()), "{contrast}");
    }
}

#[test]
fn a_score_table_that_does_not_fit_its_manifest_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    RunFixture::new("base", 4, 4, 3.5).write(folder.path());
    let torn = RunFixture::new("torn", 4, 4, 3.5);
    let path = torn.write(folder.path()).join(names::SCORES);
    let table = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = table.lines().collect();
    lines.pop();
    let doubled = lines[3];
    lines[4] = doubled;
    std::fs::write(&path, lines.join("\n")).unwrap();
    std::fs::create_dir(folder.path().join("unjudged")).unwrap();
    let manifest = folder.path().join("unjudged").join(names::MANIFEST);
    torn.manifest().write(&manifest).unwrap();
    let output = compare(
        folder.path(),
        &["torn", "unjudged", "missing", "--baseline", "base"],
    );
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stderr).replace(folder.path().to_str().unwrap(), "RESULTS");
    insta::assert_snapshot!(shown, @r#"
error: RESULTS/torn: scores.csv does not fit run.toml:
  rows 3 and 4 are about the same mark
  142 of 144 rows are there (24 tasks x 1 samples x 6 axes x 1 repeats of all judges)
resume the run with its own command, which rebuilds scores.csv from the logs
RESULTS/unjudged: no scores.csv; `parabench judge` writes it, from the answers that are stored there
unknown run `missing`; expected one of: base, torn, unjudged; looked in RESULTS
"#);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = pair();
    for arguments in [
        &["cand"][..],
        &["cand", "--baseline", "cand"],
        &["cand", "--baseline", "base", "--judge", "nobody"],
    ] {
        let output = compare(folder.path(), arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?} {}",
            text(&output.stderr)
        );
    }
}
