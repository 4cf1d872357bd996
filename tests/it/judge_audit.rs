//! The audit finds what is wrong with a judge, and only that.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use crate::page_text;
use crate::sabotage::{Fault, Sabotaged, answers, audited, questions};
use parabench::analysis::judges::audit::{
    Audit, Check, Drift, Fitness, Outcome, Thresholds, audit,
};
use parabench::judge::audit::anchors;
use parabench::judge::audit::{Asking, Probe, Shown, Stop, Variation, ask};
use parabench::judge::oracle::Oracle;
use parabench::judge::{Judge, Mark, MissingReason, Score, Verdict};
use parabench::report::audit_page::audit_page;
use parabench::report::audit_text::audit_text;
use parabench::suite::Axis;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

fn standard() -> &'static [Probe] {
    static PROBES: OnceLock<Vec<Probe>> = OnceLock::new();
    PROBES.get_or_init(|| questions(120, 0))
}

fn unfit(audit: &Audit) -> Vec<Axis> {
    let axes = audit.axes.iter();
    axes.filter(|axis| axis.fitness == Fitness::Unfit)
        .map(|axis| axis.axis)
        .collect()
}

fn failed(audit: &Audit) -> String {
    let mut text = String::new();
    for axis in &audit.axes {
        for finding in axis.findings.iter().filter(|f| f.outcome != Outcome::Holds) {
            text += &format!("{} {:?}\n", axis.axis, finding);
        }
    }
    text
}

#[test]
fn the_questions_are_what_they_claim() {
    let probes = standard();
    assert_eq!(probes.len(), 120);
    for probe in probes {
        let truth = probe.truth.rounded();
        match probe.shown {
            Shown::Right => assert_eq!(truth, 5),
            Shown::Slight => assert!((3..=4).contains(&truth), "{probe:?}"),
            Shown::Medium => assert!((2..=3).contains(&truth), "{probe:?}"),
            Shown::Control(_) => assert_eq!(truth, 1),
        }
    }
    let again = questions(120, 0);
    let key = |probe: &Probe| {
        let evidence = &probe.question.evidence;
        let output = evidence.output().map(|picture| picture.digest);
        let text = evidence.reasoning().map(str::to_owned);
        (probe.family(), probe.question.task.clone(), output, text)
    };
    assert!(probes.iter().map(key).eq(again.iter().map(key)));
    let tasks = |probes: &[Probe]| -> BTreeSet<_> {
        probes
            .iter()
            .map(|probe| probe.question.task.clone())
            .collect()
    };
    assert_ne!(tasks(probes), tasks(&questions(60, 1)));
}

#[test]
fn the_oracle_is_fit_at_every_number_of_calls() {
    for calls in [60, 97, 120, 240] {
        let probes = questions(calls, 3);
        assert!(probes.len() <= calls as usize && probes.len() + 11 > calls as usize);
        let found = audited(Oracle::new(), &probes);
        assert_eq!(found.fitness, Fitness::Fit, "{calls}:\n{}", failed(&found));
    }
}

/// Parameters are drawn anew for each seed. A fault shows on its axes and on no other.
#[test]
fn every_sabotaged_judge_is_found() {
    for seed in 0..12 {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        for fault in Fault::drawn(&mut dice) {
            let found = audited(Sabotaged::new(fault.clone(), seed), standard());
            let (unfit, expected) = (unfit(&found), fault.axes());
            let whole = match fault {
                // At random, luck may spare an axis, never all of them.
                Fault::Failing { .. }
                | Fault::Random
                | Fault::Obeying { .. }
                | Fault::FirstIsInput => !unfit.is_empty(),
                _ => unfit.len() == expected.len(),
            };
            let only = unfit.iter().all(|axis| expected.contains(axis));
            assert!(
                whole && only && found.fitness == Fitness::Unfit,
                "{fault:?} seed {seed}: unfit {unfit:?}, expected {expected:?}\n{}",
                failed(&found)
            );
        }
    }
}

/// The name of what is wrong, not only that something is.
#[test]
fn the_failed_check_says_what_is_wrong() {
    let checks = |fault: Fault| -> BTreeSet<&'static str> {
        let found = audited(Sabotaged::new(fault, 5), standard());
        let findings = found.axes.iter().flat_map(|axis| &axis.findings);
        findings
            .filter(|finding| finding.outcome == Outcome::Fails)
            .map(|finding| finding.check.threshold())
            .collect()
    };
    let obeying = Fault::Obeying {
        share: 1.0,
        mark: 5,
    };
    assert_eq!(checks(obeying), BTreeSet::from(["injection"]));
    assert_eq!(checks(Fault::Lenient), BTreeSet::from(["leniency"]));
    assert_eq!(
        checks(Fault::OrderBiased { bonus: -2 }),
        BTreeSet::from(["image-order"])
    );
    assert!(checks(Fault::Random).contains("noise"));
    assert!(checks(Fault::Failing { share: 0.2 }).contains("missing"));
    assert!(checks(Fault::Constant(3)).contains("control-gap"));
}

#[test]
fn calls_that_were_not_made_leave_the_verdict_open() {
    let judge: Arc<dyn Judge> = Arc::new(Sabotaged::new(Fault::Honest { slips: 0.0 }, 0));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let asking = Asking {
        max_cost_usd: Some(0.105),
        seed: 0,
    };
    let verdicts = runtime
        .block_on(ask(&judge, standard(), asking, &Stop::default(), &|_| {}))
        .unwrap();
    assert_eq!(verdicts.iter().flatten().count(), 10);
    let found = audit(
        judge.identity(),
        standard(),
        &verdicts,
        &Thresholds::default(),
    );
    assert_eq!(found.fitness, Fitness::NotEnoughCalls);
    assert!(audit_text(&found).contains("undecided"));
    let stop = Stop::default();
    stop.ask();
    let none = runtime.block_on(ask(&judge, standard(), Asking::default(), &stop, &|_| {}));
    assert!(none.unwrap().iter().all(Option::is_none));
}

#[test]
fn a_mark_from_a_cache_ends_the_audit() {
    struct Cached(Oracle);
    impl Judge for Cached {
        fn identity(&self) -> &parabench::judge::Identity {
            self.0.identity()
        }
        fn concurrency(&self) -> usize {
            1
        }
        fn has_price(&self) -> bool {
            true
        }
        fn estimate(&self, question: &parabench::judge::Question) -> parabench::judge::MarkCost {
            self.0.estimate(question)
        }
        fn mark<'a>(
            &'a self,
            question: &'a parabench::judge::Question,
        ) -> parabench::common::BoxFuture<'a, Result<Verdict, parabench::judge::JudgeError>>
        {
            Box::pin(async move {
                Ok(Verdict {
                    cached: true,
                    ..self.0.verdict(question)?
                })
            })
        }
    }
    let judge: Arc<dyn Judge> = Arc::new(Cached(Oracle::new()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let ended = runtime.block_on(ask(
        &judge,
        standard(),
        Asking::default(),
        &Stop::default(),
        &|_| {},
    ));
    assert!(ended.unwrap_err().to_string().contains("cache"));
}

#[test]
fn anchors_come_back_as_they_were_and_show_drift() {
    let probes = standard();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("anchors");
    let honest = Sabotaged::new(Fault::Honest { slips: 0.0 }, 0);
    let identity = honest.identity().clone();
    let verdicts = answers(Arc::new(honest), probes);
    anchors::save(&place, &identity, probes, &verdicts).unwrap();
    assert!(anchors::save(&place, &identity, probes, &verdicts).is_err());

    let kept = anchors::load(&place).unwrap();
    assert_eq!(kept.probes.len(), probes.len());
    for (kept, probe) in kept.probes.iter().zip(probes) {
        let digests = |probe: &Probe| {
            let evidence = &probe.question.evidence;
            [evidence.input(), evidence.output()].map(|p| p.map(|p| p.digest))
        };
        assert_eq!(digests(kept), digests(probe));
        assert_eq!(kept.question.view, probe.question.view);
        assert_eq!(
            kept.question.evidence.reasoning(),
            probe.question.evidence.reasoning()
        );
        assert_eq!(
            (kept.family(), kept.variation),
            (probe.family(), probe.variation)
        );
    }

    let same = answers(
        Arc::new(Sabotaged::new(Fault::Honest { slips: 0.0 }, 0)),
        &kept.probes,
    );
    let still = Drift::of(&kept, &identity, &same);
    assert_eq!((still.all.changed, still.all.p), (0, Some(1.0)));
    assert!(still.changed.is_empty());

    let other = Sabotaged::new(Fault::Lenient, 1);
    let later = other.identity().clone();
    let drifted = Drift::of(&kept, &later, &answers(Arc::new(other), &kept.probes));
    assert!(drifted.all.p.unwrap() < 1e-6);
    assert!(drifted.all.interval.unwrap()[0] > 0.5);
    assert_eq!(drifted.changed.len(), 1, "the seed is part of the identity");
}

#[test]
fn damaged_anchors_are_refused() {
    let probes = standard();
    let folder = tempfile::tempdir().unwrap();
    let judge = Sabotaged::new(Fault::Lenient, 0);
    let verdicts: Vec<Option<Verdict>> = probes.iter().map(|_| None).collect();
    anchors::save(folder.path(), judge.identity(), probes, &verdicts).unwrap();
    let file = folder.path().join("anchors.json");
    let text = std::fs::read_to_string(&file).unwrap();
    for (from, to, expected) in [
        ("\"version\": 1", "\"version\": 7", "version 7"),
        ("\"truth\": 5", "\"truth\": 9", "probes[0]"),
        ("\"round\": 0", "\"rnd\": 0", "rnd"),
    ] {
        assert!(text.contains(from));
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let message = anchors::load(folder.path()).unwrap_err().to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
    std::fs::write(&file, format!("{text}{{}}")).unwrap();
    let message = anchors::load(folder.path()).unwrap_err().to_string();
    assert!(message.contains("trailing characters"), "{message}");
    std::fs::write(&file, &text).unwrap();
    let pictures = folder.path().join("pictures");
    let mut all: Vec<_> = std::fs::read_dir(&pictures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    all.sort();
    std::fs::copy(&all[0], &all[1]).unwrap();
    let message = anchors::load(folder.path()).unwrap_err().to_string();
    assert!(message.contains("digest"), "{message}");
}

/// A judge's name and words are data: the page escapes them.
#[test]
fn the_page_is_whole_and_escaped() {
    let probes = standard();
    let judge = Sabotaged::new(Fault::Lenient, 0);
    let mut identity = judge.identity().clone();
    identity.name = "<script>alert(1)</script>".to_owned();
    let verdicts = answers(Arc::new(judge), probes);
    let mut found = audit(&identity, probes, &verdicts, &Thresholds::default());
    found.drift = None;
    let page = audit_page(&found).unwrap();
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    assert!(!page.contains("http://") && !page.contains("https://"));
    for axis in Axis::ALL {
        assert!(page.contains(axis.title()));
    }
    assert!(page.contains("leniency") && page.ends_with("</html>"));
}

/// What is printed of a judge with faults: a change of wording must be seen.
#[test]
fn the_words_of_an_audit() {
    let found = audited(Sabotaged::new(Fault::Lenient, 0), standard());
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\b([0-9a-f]{64}|[0-9a-f]{12})\b", "[digest]");
    settings.bind(|| {
        insta::assert_snapshot!("audit", audit_text(&found));
        insta::assert_snapshot!("audit-page", page_text::of(&audit_page(&found).unwrap()));
    });
}

/// A judge that always declines is not fit, whatever its other marks would be.
#[test]
fn no_marks_at_all_is_unfit_and_shown_as_such() {
    let probes = standard();
    let refused = Verdict::local(Mark::Missing(MissingReason::Refused), None);
    let verdicts: Vec<Option<Verdict>> = probes.iter().map(|_| Some(refused.clone())).collect();
    let judge = Sabotaged::new(Fault::Lenient, 0);
    let found = audit(judge.identity(), probes, &verdicts, &Thresholds::default());
    assert_eq!(found.fitness, Fitness::Unfit);
    assert_eq!(found.calls.missing, probes.len());
    audit_page(&found).unwrap();
}

/// One injected call that is obeyed moves only the check of injections.
#[test]
fn a_single_obeyed_order_is_listed_first() {
    let probes = standard();
    let mut verdicts = answers(
        Arc::new(Sabotaged::new(Fault::Honest { slips: 0.0 }, 0)),
        probes,
    );
    let at = probes
        .iter()
        .position(|probe| {
            matches!(probe.variation, Variation::Injected(_)) && probe.truth == Score::LOWEST
        })
        .unwrap();
    verdicts[at].as_mut().unwrap().mark = Mark::Scored(Score::HIGHEST);
    let judge = Sabotaged::new(Fault::Lenient, 0);
    let found = audit(judge.identity(), probes, &verdicts, &Thresholds::default());
    assert_eq!(found.injections[0].shift, 4.0);
    assert!(found.injections[1].shift <= 0.0);
    let moved = found.axes.iter().flat_map(|axis| &axis.findings);
    let broken: Vec<Check> = moved
        .filter(|finding| finding.outcome != Outcome::Holds)
        .map(|finding| finding.check)
        .collect();
    assert_eq!(broken, [Check::Injection]);
}
