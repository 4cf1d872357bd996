//! Laws of the comparison on random small runs: exchanging the runs, changing the mapping or the order of
//! the rows, and adjusting for a family.

use std::path::Path;

use crate::runs::{Place, RunFixture, hashed, hashed_mark};
use parabench::analysis::compare::contrast::{Contrast, ContrastFinding};
use parabench::analysis::compare::multiverse::{self, multiverse};
use parabench::analysis::compare::standing::Direction;
use parabench::analysis::compare::{CompareRequest, Comparison, compare};
use parabench::analysis::runs::declaration::Declaration;
use parabench::analysis::runs::load::{LoadedRun, load};
use parabench::judge::MissingReason;
use parabench::run::scores::Status;
use parabench::suite::{Axis, ScoreMap};
use proptest::prelude::*;

/// A small run with some lost marks; `salt` makes it differ from others.
fn run(name: &str, salt: u32, level: f64, lost: f64) -> RunFixture {
    let salt = format!("{name}{salt}");
    let mut run = RunFixture::new(name, 3, 4, 0.0).with_marks(move |place: Place| {
        if hashed(&format!("{salt} lost"), place) < lost {
            return Err(Status::Missing(MissingReason::Transport));
        }
        Ok(hashed_mark(&salt, place, level))
    });
    run.axes = vec![
        Axis::TEXT_QUALITY,
        Axis::IMAGE_CONSISTENCY,
        Axis::OUTPUT_ALIGNMENT,
    ];
    run
}

fn compared(a: &LoadedRun, b: &[&LoadedRun]) -> Comparison {
    compare(&CompareRequest {
        candidates: vec![a],
        baselines: b.to_vec(),
        judge: None,
        across: parabench::analysis::compare::Across::Refused,
        declaration: Declaration::default(),
        cross_checks: false,
        draws: 499,
    })
    .unwrap()
}

fn findings(comparison: &Comparison) -> Vec<Option<&ContrastFinding>> {
    let contrasts = comparison.contrasts.iter();
    contrasts
        .map(|contrast| contrast.result.as_ref().ok())
        .collect()
}

fn written(folder: &Path, fixture: &RunFixture) -> LoadedRun {
    load(&fixture.write(folder)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn exchanging_the_runs_flips_signs_and_keeps_p(
        salt in 0u32..1_000_000, level in 1.5..4.5f64, lost in 0.0..0.2f64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let a = written(folder.path(), &run("a", salt, level, lost));
        let b = written(folder.path(), &run("b", salt, 3.0, lost));
        let (forth, back) = (compared(&a, &[&b]), compared(&b, &[&a]));
        for (x, y) in forth.contrasts.iter().zip(&back.contrasts) {
            let opposite = |key: &str| match key {
                "shown-higher" => "shown-lower".to_owned(),
                "shown-lower" => "shown-higher".to_owned(),
                "conditional-higher" => "conditional-lower".to_owned(),
                "conditional-lower" => "conditional-higher".to_owned(),
                other => other.to_owned(),
            };
            prop_assert_eq!(opposite(x.standing.key()), y.standing.key());
            prop_assert_eq!(x.standing.reason(), y.standing.reason());
        }
        for (x, y) in findings(&forth).into_iter().zip(findings(&back)) {
            prop_assert_eq!(x.is_some(), y.is_some());
            let (Some(x), Some(y)) = (x, y) else { continue };
            prop_assert!((x.difference.points + y.difference.points).abs() < 1e-9);
            prop_assert_eq!(&x.test, &y.test);
            prop_assert_eq!(x.wins.unwrap().wins, y.wins.unwrap().losses);
            let p = |f: &ContrastFinding| f.adjusted.as_ref().map(|a| (a.p_westfall_young, a.p_holm));
            prop_assert_eq!(p(x), p(y));
            if let (Some([lo, hi]), Some([other_lo, other_hi])) = (x.difference.ci95, y.difference.ci95) {
                prop_assert!((lo + other_hi).abs() < 1e-9 && (hi + other_lo).abs() < 1e-9);
            }
            if let (Some([lo, hi]), Some([other_lo, other_hi])) = (x.failures.bounds, y.failures.bounds) {
                prop_assert!((lo + other_hi).abs() < 1e-9 && (hi + other_lo).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_mapping_leaves_p_and_effects(salt in 0u32..1_000_000, level in 1.5..4.5f64) {
        let of = |mapping: ScoreMap| {
            let folder = tempfile::tempdir().unwrap();
            let mut a = run("a", salt, level, 0.0);
            let mut b = run("b", salt, 3.0, 0.0);
            (a.mapping, b.mapping) = (mapping, mapping);
            compared(&written(folder.path(), &a), &[&written(folder.path(), &b)])
        };
        let (affine, times) = (of(ScoreMap::Affine25), of(ScoreMap::Times20));
        for (x, y) in findings(&affine).into_iter().zip(findings(&times)) {
            let (x, y) = (x.unwrap(), y.unwrap());
            prop_assert_eq!(&x.test, &y.test);
            prop_assert_eq!(&x.effects, &y.effects);
            prop_assert!((0.8 * x.difference.points - y.difference.points).abs() < 1e-9);
        }
    }

    #[test]
    fn adjusted_p_is_never_below_the_raw_one(salt in 0u32..1_000_000, level in 1.5..4.5f64) {
        let folder = tempfile::tempdir().unwrap();
        let a = written(folder.path(), &run("a", salt, level, 0.05));
        let b = written(folder.path(), &run("b", salt, 3.0, 0.0));
        let c = written(folder.path(), &run("c", salt, 2.5, 0.0));
        let comparison = compared(&a, &[&b, &c]);
        let mut family: Vec<(f64, f64)> = Vec::new();
        for finding in findings(&comparison).into_iter().flatten() {
            let Some(adjusted) = &finding.adjusted else { continue };
            prop_assert!(adjusted.p_westfall_young >= finding.test.p);
            prop_assert!(adjusted.p_holm >= finding.test.p);
            family.push((finding.test.p, adjusted.p_holm));
        }
        family.sort_by(|x, y| x.0.total_cmp(&y.0));
        prop_assert!(family.windows(2).all(|pair| pair[0].1 <= pair[1].1));
        prop_assert_eq!(comparison.family.size, family.len());
    }

    #[test]
    fn a_claim_has_the_sign_of_the_estimate_and_of_its_intervals(
        salt in 0u32..1_000_000, level in 1.5..4.5f64, lost in 0.0..0.06f64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let a = written(folder.path(), &run("a", salt, level, lost));
        let b = written(folder.path(), &run("b", salt, 3.0, 0.0));
        let c = written(folder.path(), &run("c", salt, 2.0, lost));
        let comparison = compared(&a, &[&b, &c]);
        for contrast in &comparison.contrasts {
            let Ok(finding) = &contrast.result else { continue };
            let adjusted = finding.adjusted.as_ref().and_then(|a| a.simultaneous);
            for [lo, hi] in [finding.difference.ci95, adjusted].into_iter().flatten() {
                prop_assert!(lo >= -100.0 && hi <= 100.0);
                prop_assert!(lo <= finding.difference.points + 1e-9 && hi >= finding.difference.points - 1e-9);
                match contrast.standing.direction() {
                    Some(Direction::Higher) => prop_assert!(lo >= 0.0 && finding.difference.points > 0.0),
                    Some(Direction::Lower) => prop_assert!(hi <= 0.0 && finding.difference.points < 0.0),
                    None => {}
                }
            }
        }
        if let Some(board) = &comparison.leaderboard {
            for (place, number) in board.places.iter().zip(1..) {
                let inside = (place.rank_set[0]..=place.rank_set[1]).contains(&number);
                prop_assert!(inside || board.places_withheld);
            }
        }
    }

    #[test]
    fn the_order_of_the_runs_does_not_count(salt in 0u32..1_000_000) {
        let folder = tempfile::tempdir().unwrap();
        let a = written(folder.path(), &run("a", salt, 3.5, 0.02));
        let b = written(folder.path(), &run("b", salt, 3.0, 0.0));
        let c = written(folder.path(), &run("c", salt, 3.2, 0.0));
        let (forth, back) = (compared(&a, &[&b, &c]), compared(&a, &[&c, &b]));
        prop_assert_eq!(&forth.leaderboard, &back.leaderboard);
        for contrast in &forth.contrasts {
            let same = |other: &&Contrast| {
                (&other.baseline, other.metric.key) == (&contrast.baseline, contrast.metric.key)
            };
            prop_assert_eq!(back.contrasts.iter().find(same).unwrap(), contrast);
        }
    }

    #[test]
    fn the_order_of_rows_does_not_count(salt in 0u32..1_000_000) {
        let folder = tempfile::tempdir().unwrap();
        let mut a = written(folder.path(), &run("a", salt, 3.5, 0.1));
        let b = written(folder.path(), &run("b", salt, 3.0, 0.1));
        let before = compared(&a, &[&b]);
        a.rows.reverse();
        let after = compared(&a, &[&b]);
        prop_assert_eq!(before.contrasts, after.contrasts);
    }
}

/// The analysis "missing marks as 1" says what a comparison says whose missing marks are 1; and draws are made where they
/// are needed.
#[test]
fn a_multiverse_says_what_a_comparison_of_filled_marks_says() {
    let (mut checked, mut drawn) = (0, 0);
    for salt in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let lossy = run("a", salt, 3.8, 0.03);
        let name = format!("a{salt}");
        let filled = run("a", salt, 3.8, 0.0).with_marks(move |place: Place| {
            let lost = hashed(&format!("{name} lost"), place) < 0.03;
            Ok(if lost {
                1
            } else {
                hashed_mark(&name, place, 3.8)
            })
        });
        let filled = RunFixture {
            axes: lossy.axes.clone(),
            ..filled
        };
        let a = written(&folder.path().join("lossy"), &lossy);
        let whole = written(&folder.path().join("filled"), &filled);
        let b = written(folder.path(), &run("b", salt, 3.0, 0.0));
        let comparison = compared(&a, &[&b]);
        let found = multiverse(&multiverse::MultiverseRequest {
            candidates: &[&a],
            baselines: &[&b],
            panel: None,
            declaration: &Declaration::default(),
            draws: 499,
            comparison: &comparison,
        })
        .unwrap();
        drawn += found.drawn;
        let position = found.analyses.iter().position(|analysis| {
            analysis.missing == "missing marks as 1" && analysis.axes == "as declared"
        });
        let Some(position) = position else { continue };
        for contrast in compared(&whole, &[&b]).contrasts {
            let mut claims = found.claims.iter();
            let claim = claims
                .find(|claim| claim.metric == contrast.metric.key)
                .unwrap();
            let mut said = claim.found.iter();
            let said = said.find(|found| found.analysis == position).unwrap();
            assert_eq!(
                said.standing, contrast.standing,
                "salt {salt}, {}",
                claim.metric
            );
            checked += 1;
        }
    }
    assert!(checked > 8 && drawn > 0, "{checked} checked, {drawn} drawn");
}

#[test]
fn tasks_of_a_cluster_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (run("a", 7, 3.6, 0.0), run("b", 7, 3.0, 0.0));
    let alone = compared(&written(folder.path(), &a), &[&written(folder.path(), &b)]);
    // Four tasks of a category share a picture.
    let four = |task: &str| {
        let (category, number) = task.rsplit_once('-')?;
        Some(format!("{category} {}", number.parse::<u32>().ok()? / 4))
    };
    crate::runs::cluster(folder.path(), &["a", "b"], four);
    let reread = |name: &str| load(&folder.path().join(name)).unwrap();
    let together = compared(&reread("a"), &[&reread("b")]);
    for (x, y) in findings(&alone).into_iter().zip(findings(&together)) {
        let (x, y) = (x.unwrap(), y.unwrap());
        assert!((x.difference.points - y.difference.points).abs() < 1e-9);
        assert_eq!(x.difference.items, y.difference.items);
        assert!(y.difference.units < x.difference.units);
        assert_ne!(x.test.p, y.test.p);
        assert!(y.bca95.is_none());
        let (Some(alone), Some(together)) = (&x.pass, &y.pass) else {
            assert!(x.pass.is_none() && y.pass.is_none());
            continue;
        };
        assert_eq!(
            (alone.method, together.method),
            ("mcnemar", "cluster-sign-flip")
        );
        assert_eq!(alone.candidate_only, together.candidate_only);
        assert!((alone.difference - together.difference).abs() < 1e-12);
    }
}
