//! Reading runs for a comparison: every contradiction between the two public files is named, and missing
//! marks have the bounds that can be worked out by hand.

use crate::runs::RunFixture;
use parabench::analysis::compare::{CompareRequest, compare};
use parabench::analysis::runs::declaration::Declaration;
use parabench::analysis::runs::load::{LoadError, load};
use parabench::judge::{MissingReason, Score};
use parabench::run::folder::names;
use parabench::run::scores::{self, ScoreRow, Status};
use parabench::suite::{Axis, Kind};

/// What is done to the rows of a sound run.
type Change = fn(&mut Vec<ScoreRow>);

/// Loads a run whose rows were changed, and returns the faults.
fn faults_after(change: impl Fn(&mut Vec<ScoreRow>)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let fixture = RunFixture::new("run", 2, 2, 3.0);
    let path = fixture.write(folder.path());
    let mut rows = fixture.rows();
    change(&mut rows);
    scores::write(&path.join(names::SCORES), &rows).unwrap();
    match load(&path) {
        Err(LoadError::Contradiction { faults, .. }) => faults.join("\n"),
        Err(other) => panic!("another error: {other}"),
        Ok(_) => String::new(),
    }
}

#[test]
fn every_kind_of_contradiction_is_named() {
    assert_eq!(faults_after(|_| ()), "");
    let cases: [(&str, Change); 11] = [
        ("row 1: suite other instead of parabench", |rows| {
            rows[0].suite = "other".into()
        }),
        ("row 1: model other instead of run-model", |rows| {
            rows[0].model = "other".into()
        }),
        ("row 1: unknown category nowhere", |rows| {
            rows[0].category = "nowhere".into()
        }),
        ("row 1: kind generation in category spatial", |rows| {
            rows[0].kind = Kind::Generation
        }),
        ("row 1: seed 7 outside 0..1", |rows| rows[0].seed = 7),
        ("row 1: unknown judge nobody", |rows| {
            rows[0].judge = "nobody".into()
        }),
        (
            "row 1: repeat 4 of judge judge, which marks 1 times",
            |rows| rows[0].repeat = 4,
        ),
        ("row 1: status not-applicable on text_quality", |rows| {
            rows[0].status = Status::NotApplicable;
            rows[0].score = None;
        }),
        ("rows 1 and 2 are about the same mark", |rows| {
            rows[1] = rows[0].clone()
        }),
        ("71 of 72 rows are there", |rows| drop(rows.pop())),
        ("category spatial: 1 tasks, 2 were selected", |rows| {
            drop(rows.drain(..6))
        }),
    ];
    for (expected, change) in cases {
        let faults = faults_after(change);
        assert!(faults.contains(expected), "{expected}\n{faults}");
    }
}

#[test]
fn many_faults_are_counted_not_all_listed() {
    let faults = faults_after(|rows| rows.iter_mut().for_each(|row| row.seed = 9));
    assert!(faults.lines().count() <= 21, "{faults}");
    assert!(faults.contains("more"), "{faults}");
}

#[test]
fn a_task_in_two_categories_is_refused() {
    let faults = faults_after(|rows| rows[1].category = "temporal".into());
    assert!(
        faults.contains("row 2: task spatial-000 in category temporal, elsewhere in spatial"),
        "{faults}"
    );
}

#[test]
fn a_status_for_an_axis_that_does_not_apply_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut fixture = RunFixture::new("run", 2, 2, 3.0);
    fixture.thinks = false;
    let path = fixture.write(folder.path());
    let mut rows = fixture.rows();
    rows[0].status = Status::Ok;
    rows[0].score = Some(Score::LOWEST);
    scores::write(&path.join(names::SCORES), &rows).unwrap();
    let error = load(&path).unwrap_err().to_string();
    assert!(
        error.contains("status ok on text_quality of a edit task, where the axis does not apply"),
        "{error}"
    );
}

#[test]
fn worst_cases_by_hand() {
    // Ten items, 3 against 2; one mark of the candidate is lost: 9 pairs say +1 raw = +25 points. Filled
    // with 1 or 5 the tenth item is -1 or +3 raw: (9 - 1)/10 and (9 + 3)/10.
    let folder = tempfile::tempdir().unwrap();
    let mut candidate = RunFixture::new("cand", 10, 0, 0.0).with_marks(|place| {
        if place.item == 0 {
            return Err(Status::Missing(MissingReason::Refused));
        }
        Ok(3)
    });
    let mut baseline = RunFixture::new("base", 10, 0, 0.0).with_marks(|_| Ok(2));
    for run in [&mut candidate, &mut baseline] {
        run.axes = vec![Axis::IMAGE_QUALITY];
        run.categories.truncate(1);
    }
    let (a, b) = (
        load(&candidate.write(folder.path())).unwrap(),
        load(&baseline.write(folder.path())).unwrap(),
    );
    let comparison = compare(&CompareRequest {
        candidates: vec![&a],
        baselines: vec![&b],
        judge: None,
        across: parabench::analysis::compare::Across::Refused,
        declaration: Declaration::default(),
        cross_checks: false,
        draws: 99,
    })
    .unwrap();
    assert_eq!(comparison.contrasts[0].standing.key(), "withheld");
    let finding = comparison.contrasts[0].result.as_ref().unwrap();
    assert_eq!(finding.difference.points, 25.0);
    let [lo, hi] = finding.failures.bounds.unwrap();
    assert!((lo - 20.0).abs() < 1e-9 && (hi - 30.0).abs() < 1e-9);
    assert!((finding.failures.worst_share() - 0.1).abs() < 1e-12);
    assert_eq!(finding.failures.candidate.by_status["refused"], 1);
    assert!((finding.failures.p_missing_equally.unwrap() - 1.0).abs() < 1e-12);
    // Nine pairs won: p = 2/2^9.
    assert_eq!(finding.test.p, 2.0 / 512.0);
    // All differences are equal: a bound instead of an interval, and no effect size that would be infinite.
    assert_eq!(finding.difference.ci95_method, "constant-bound");
    let [lo, hi] = finding.difference.ci95.unwrap();
    assert!((-100.0..25.0).contains(&lo) && (25.0..=100.0).contains(&hi));
    assert_eq!(finding.effects.as_ref().unwrap().dz, None);
}
