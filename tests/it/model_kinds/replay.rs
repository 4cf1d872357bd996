//! Stored answers in every layout.

use parabench::model::replay::{Layout, Replay, ReplayReport};
use parabench::model::{Model, OpenContext, Part, Spec};

use super::fixture::{ask, contains_all, png};
use super::replay_fixture::{Bench, given, is_lost};

#[tokio::test]
async fn pictures_beside_texts() {
    let bench = Bench::new(&[
        ("chem-1.png", &png(1)),
        ("chem-1.txt", b"<think>raw</think> \n"),
        ("chem-2.jpeg", &png(2)),
        ("draw_1.txt", b"only words"),
        ("draw_2.WEBP", &png(3)),
        ("draw_2.txt", b" \n"),
        ("chem-1@1.png", &png(4)),
        ("chem-1@1.txt", b"second"),
        ("notes.md", b"x"),
        ("Chem_02.txt", b"x"),
    ]);
    let model = bench.open("");
    let report = model.report();
    assert_eq!(report.layout, Layout::Flat);
    assert_eq!((report.asked, report.complete), (4, 2));
    assert_eq!(report.without_text, ["chem-2"]);
    assert_eq!(report.without_image, ["draw_1"]);
    assert!(report.without_answer.is_empty());
    assert_eq!(report.not_asked, 1);
    let left: Vec<_> = report.left_over.iter().map(ToString::to_string).collect();
    assert_eq!(left, ["Chem_02.txt (meant for `chem-2`?)", "notes.md"]);
    assert!(!report.is_clean());
    contains_all(
        &model.notices().join("\n"),
        &["2 of 4 answers complete", "1 with no text", "absent=empty"],
    );

    let first = ask(&model, &bench.suite, "chem-1", 0).await;
    assert_eq!(first.reasoning, given("<think>raw</think> \n"));
    assert_eq!(first.image, Part::Given(png(1).into()));
    let second = ask(&model, &bench.suite, "chem-1", 1).await;
    assert_eq!(second.reasoning, given("second"));
    assert!(is_lost(&ask(&model, &bench.suite, "chem-2", 1).await.image));
    assert!(is_lost(
        &ask(&model, &bench.suite, "chem-2", 0).await.reasoning
    ));
    let words = ask(&model, &bench.suite, "draw_1", 0).await;
    assert_eq!(words.reasoning, given("only words"));
    assert!(is_lost(&words.image));
    // A text of white space: the model said nothing, and that is an answer.
    assert_eq!(
        ask(&model, &bench.suite, "draw_2", 0).await.reasoning,
        Part::Empty
    );
}

#[tokio::test]
async fn absent_halves_can_be_declared_empty() {
    let bench = Bench::new(&[("chem-1.png", &png(1)), ("draw_1.txt", b"words")]);
    let model = bench.open("?absent=empty");
    let suite = &bench.suite;
    assert_eq!(ask(&model, suite, "chem-1", 0).await.reasoning, Part::Empty);
    assert_eq!(ask(&model, suite, "draw_1", 0).await.image, Part::Empty);
    // Nothing at all stored is never an answer.
    assert!(is_lost(&ask(&model, suite, "draw_2", 0).await.image));
    assert_ne!(model.identity(), bench.open("").identity());
}

#[tokio::test]
async fn bagel_kris_folders() {
    let bench = Bench::new(&[
        ("chem/1.png", &png(1)),
        ("chem/1.txt", b"one"),
        ("chem/2.jpg", &png(2)),
        ("chem/2.txt", b"two"),
        ("draw/draw_1.png", &png(3)),
        ("draw/draw_1.txt", b"three"),
        ("draw/9.png", &png(4)),
    ]);
    let model = bench.open("");
    let report = model.report();
    assert_eq!(report.layout, Layout::Category);
    assert_eq!(report.complete, 3);
    assert_eq!(report.without_answer, ["draw_2"]);
    assert_eq!(report.left_over[0].name, "draw/9.png");
    let answer = ask(&model, &bench.suite, "chem-2", 0).await;
    assert_eq!(answer.reasoning, given("two"));
    assert_eq!(answer.image, Part::Given(png(2).into()));
}

#[tokio::test]
async fn rise_folders_with_images_and_without() {
    for (prefix, layout) in [("images/", Layout::ImagesCategory), ("", Layout::Category)] {
        let bench = Bench::new(&[]);
        for (index, id) in ["draw_1", "draw_2"].iter().enumerate() {
            bench.write(&format!("{prefix}draw/{id}.png"), &png(index as u8));
        }
        let model = bench.open("?thinks=false");
        assert_eq!(model.report().layout, layout);
        assert_eq!(model.report().complete, 2);
        assert!(model.report().without_text.is_empty());
        assert!(!model.identity().thinks);
        let answer = ask(&model, &bench.suite, "draw_2", 0).await;
        assert_eq!(answer.image, Part::Given(png(1).into()));
    }
}

#[tokio::test]
async fn records_tell_empty_from_absent() {
    let lines = r#"
{"task":"chem-1","reasoning":"because \u00e4","image":"pics/a.png"}
{"task":"chem-1","seed":1,"reasoning":null,"image":null}
{"task":"chem-2","image":"pics/gone.png"}
{"task":"Draw-01","reasoning":"x","image":null}
"#;
    let bench = Bench::new(&[
        ("answers.jsonl", lines.as_bytes()),
        ("pics/a.png", &png(7)),
        ("pics/b.png", &png(8)),
    ]);
    let model = bench.open("");
    let suite = &bench.suite;
    assert_eq!(model.report().layout, Layout::Records);
    let left = model.report().left_over.iter();
    let left: Vec<_> = left.map(ToString::to_string).collect();
    assert_eq!(
        left,
        [
            "line 5 of answers.jsonl (task `Draw-01`) (meant for `draw_1`?)",
            "pics/b.png"
        ]
    );
    assert_eq!(
        model.report().unusable,
        ["pics/gone.png (line 4): no such file"]
    );
    let full = ask(&model, suite, "chem-1", 0).await;
    assert_eq!(full.reasoning, given("because ä"));
    assert_eq!(full.image, Part::Given(png(7).into()));
    let empty = ask(&model, suite, "chem-1", 1).await;
    assert_eq!((empty.reasoning, empty.image), (Part::Empty, Part::Empty));
    let lost = ask(&model, suite, "chem-2", 0).await;
    assert!(is_lost(&lost.reasoning) && is_lost(&lost.image));
    assert!(is_lost(&ask(&model, suite, "draw_1", 0).await.reasoning));
}

#[test]
fn the_best_layout_wins_and_the_others_are_told() {
    let bench = Bench::new(&[
        ("chem-1.png", &png(1)),
        ("draw/1.png", &png(1)),
        ("draw/2.png", &png(1)),
    ]);
    let report = |options| -> ReplayReport { bench.open(options).report().clone() };
    assert_eq!(report("").layout, Layout::Category);
    assert_eq!(report("").rivals, [(Layout::Flat, 1)]);
    assert_eq!(report("?layout=flat").complete, 0);
    assert_eq!(report("?layout=flat&thinks=false").complete, 1);
}

#[test]
fn only_what_is_asked_is_missed() {
    let bench = Bench::new(&[
        ("chem-1.png", &png(1)),
        ("chem-1.txt", b"one"),
        ("chem-2.png", &png(2)),
        ("chem-2@1.png", &png(2)),
    ]);
    let spec = Spec::parse(&format!("replay:{}", bench.root().display())).unwrap();
    let mut context = OpenContext::new(&bench.suite);
    context.asked = Some(["chem-1".into(), "draw_1".into()].into());
    let asked_for_two = Replay::open(&spec, &context).unwrap();
    let report = asked_for_two.report();
    assert_eq!((report.asked, report.complete, report.not_asked), (2, 1, 2));
    assert_eq!(report.without_answer, ["draw_1"]);
    // Who is asked does not change who answers.
    assert_eq!(asked_for_two.identity(), bench.open("").identity());
}
