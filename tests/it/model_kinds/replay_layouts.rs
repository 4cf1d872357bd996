//! Folders as Bagel's, MMaDA-Parallel's and other people's scripts leave them.

use parabench::common::digest::Digest;
use parabench::model::replay::{Layout, Replay};
use parabench::model::{Model, OpenContext, Part, Spec};
use parabench::suite::{Category, Kind, Prompt, ScoreMap, Suite, Task};

use super::fixture::{ask, contains_all, png};
use super::replay_fixture::{Bench, given, is_lost};

/// Generation tasks of one category with these ids and instructions.
fn suite_of(name: &str, tasks: &[(&str, &str)]) -> Suite {
    let task = |(id, instruction): &(&str, &str)| Task {
        prompt: Prompt {
            id: (*id).into(),
            category: "all".into(),
            instruction: (*instruction).into(),
            inputs: Default::default(),
        },
        target: None,
        cluster: None,
        reference: None,
        reference_image: None,
        without: Vec::new(),
        original_id: None,
    };
    Suite {
        name: name.into(),
        version: "1".into(),
        licence: "MIT".into(),
        extra: Vec::new(),
        axes: Vec::new(),
        calls: Vec::new(),
        scores: Vec::new(),
        print: None,
        mapping: ScoreMap::Affine25,
        rubrics: None,
        frozen: Default::default(),
        categories: vec![Category {
            name: "all".into(),
            kind: Kind::Generation,
            planned: tasks.len() as u32,
            ids: None,
        }],
        tasks: tasks.iter().map(task).collect(),
        digest: Digest::of(name.as_bytes()),
        folder: "".into(),
    }
}

fn open(bench: &Bench, suite: &Suite, options: &str) -> Replay {
    let spec = Spec::parse(&format!("replay:{}{options}", bench.root().display())).unwrap();
    Replay::open(&spec, &OpenContext::new(suite)).unwrap()
}

#[tokio::test]
async fn bagel_wise_folder() {
    let files: [(&str, &[u8]); 4] = [
        ("1.png", &png(1)),
        ("1.txt", b"<think>mooncakes</think>"),
        ("401.png", &png(2)),
        ("1000.txt", b"text was written, the picture was not"),
    ];
    let bench = Bench::new(&files);
    // Ids as the file numbers stand, and ids that carry the suite's name.
    for ids in [["1", "401", "1000"], ["wise-1", "wise-401", "wise-1000"]] {
        let suite = suite_of("wise", &ids.map(|id| (id, "draw")));
        let model = open(&bench, &suite, "");
        let report = model.report();
        assert_eq!(report.layout, Layout::Flat);
        assert_eq!((report.asked, report.complete), (3, 1));
        assert_eq!(report.without_text, [ids[1]]);
        assert_eq!(report.without_image, [ids[2]]);
        let answer = ask(&model, &suite, ids[0], 0).await;
        assert_eq!(answer.reasoning, given("<think>mooncakes</think>"));
        assert_eq!(answer.image, Part::Given(png(1).into()));
    }
    // Two tasks that would be called 1: neither is.
    let twins = suite_of("s", &[("all-1", "x"), ("s-1", "y"), ("401", "z")]);
    let report = open(&bench, &twins, "").report().clone();
    assert_eq!(report.without_answer, ["all-1", "s-1"]);
    assert_eq!(report.left_over.len(), 3);
}

/// Eleven words of which ten are shared, and a prompt of its own.
const TWIN: &str = "Make the big red barn look old and worn by rain";
const TWIN_TOO: &str = "Make the big red barn look old and worn by snow";
const ALONE: &str = "Add a \"stop\" sign, please!";

fn parallel_suite() -> Suite {
    suite_of("p", &[("a-1", TWIN), ("a-2", TWIN_TOO), ("a-3", ALONE)])
}

#[tokio::test]
async fn mmada_parallel_outputs_with_names_that_collide() {
    let alone = "Add_a_stop_sign_please_512x512_t64_cfg0.0_ti2ti";
    let twins = "Make_the_big_red_barn_look_old_and_worn_by_512x512_t64_cfg0.0_ti2ti";
    let bench = Bench::new(&[]);
    for stem in [alone, twins] {
        bench.write(&format!("{stem}.png"), &png(1));
        bench.write(&format!("{stem}_concat.png"), &png(2));
        bench.write(&format!("{stem}_thinking.txt"), b"I will add it.\n");
    }
    bench.write("Draw_a_cat_512x512_t64_cfg0.0_ti2ti.png", &png(1));
    let suite = parallel_suite();
    let model = open(&bench, &suite, "");
    let report = model.report();
    assert_eq!(report.layout, Layout::PromptWords);
    assert_eq!((report.complete, report.companions), (1, 2));
    assert_eq!(report.without_answer, ["a-1", "a-2"]);
    assert_eq!(report.left_over.len(), 1);
    let [collision] = report.collisions.as_slice() else {
        panic!("one collision: {:?}", report.collisions);
    };
    assert_eq!(collision.tasks, ["a-1", "a-2"]);
    assert_eq!(
        collision.files,
        [format!("{twins}.png"), format!("{twins}_thinking.txt")]
    );
    assert!(!report.is_clean());
    contains_all(
        &model.notices().join("\n"),
        &[
            "1 of 3 answers complete",
            "1 names are shared by several tasks, whose answers overwrote each other",
            "(a-1, a-2)",
        ],
    );
    let answer = ask(&model, &suite, "a-3", 0).await;
    assert_eq!(answer.reasoning, given("I will add it.\n"));
    assert_eq!(answer.image, Part::Given(png(1).into()));
    assert!(is_lost(&ask(&model, &suite, "a-1", 0).await.image));
}

#[tokio::test]
async fn a_folder_per_task_has_no_collisions() {
    let bench = Bench::new(&[]);
    let stem = "Make_the_big_red_barn_look_old_and_worn_by_512x512_t64_cfg0.0_ti2ti";
    for (id, shade) in [("a-1", 1), ("a-2", 2)] {
        bench.write(&format!("{id}/{stem}.png"), &png(shade));
        bench.write(&format!("{id}/{stem}_concat.png"), &png(9));
        bench.write(&format!("{id}/{stem}_thinking.txt"), id.as_bytes());
    }
    let suite = parallel_suite();
    let model = open(&bench, &suite, "");
    assert_eq!(model.report().complete, 2);
    assert!(model.report().collisions.is_empty());
    let answer = ask(&model, &suite, "a-2", 0).await;
    assert_eq!(answer.reasoning, given("a-2"));
    assert_eq!(answer.image, Part::Given(png(2).into()));
    // Two runs in one folder: which of the two is meant, only a person knows.
    bench.write(
        &format!("a-1/{}", stem.replace("t64", "t30") + ".png"),
        &png(3),
    );
    let spec = Spec::parse(&format!("replay:{}", bench.root().display())).unwrap();
    let error = Replay::open(&spec, &OpenContext::new(&suite))
        .err()
        .unwrap();
    contains_all(
        &error.to_string(),
        &["two files for the same half", "_t30_"],
    );
}

#[tokio::test]
async fn a_map_says_which_file_belongs_to_which_task() {
    let map = "sample,task,image,text\n\
               ,chem-1,out/7.png,./out/7.reason\n\
               1,chem-1,out/8.png,\n\
               ,chem-2,,out/9.reason\n\
               ,draw_1,out/gone.png,\n\
               ,Draw-02,out/9.png,\n";
    let bench = Bench::new(&[
        ("map.csv", map.as_bytes()),
        ("out/7.png", &png(7)),
        ("out/7.reason", b"because"),
        ("out/8.png", &png(8)),
        ("out/9.png", &png(9)),
        ("out/9.reason", b"words"),
    ]);
    let options = format!("?map={}", bench.root().join("map.csv").display());
    let model = bench.open(&options);
    let report = model.report();
    assert_eq!(report.layout, Layout::Map);
    assert_eq!((report.asked, report.complete, report.not_asked), (4, 1, 1));
    assert_eq!(report.without_image, ["chem-2"]);
    assert_eq!(report.without_answer, ["draw_2"]);
    assert_eq!(report.broken, ["draw_1"]);
    assert_eq!(report.unusable, ["out/gone.png (line 5): no such file"]);
    let left: Vec<_> = report.left_over.iter().map(ToString::to_string).collect();
    assert_eq!(
        left,
        [
            "line 6 of the map (task `Draw-02`) (meant for `draw_2`?)",
            "out/9.png"
        ]
    );
    let suite = &bench.suite;
    let first = ask(&model, suite, "chem-1", 0).await;
    assert_eq!(first.reasoning, given("because"));
    assert_eq!(first.image, Part::Given(png(7).into()));
    let second = ask(&model, suite, "chem-1", 1).await;
    assert_eq!(second.image, Part::Given(png(8).into()));
}

#[test]
fn every_fault_of_a_map_is_named_with_its_line() {
    let map = "task,image,text\n\
               chem-1,../suite/input.png,\n\
               chem-2,a.png,\n\
               chem-2,b.png,\n\
               draw_1,a.png,\n\
               draw_2,b.png,x,y\n";
    let bench = Bench::new(&[
        ("map.csv", map.as_bytes()),
        ("a.png", &png(1)),
        ("b.png", &png(2)),
    ]);
    let at = |name: &str| format!("?map={}", bench.root().join(name).display());
    contains_all(
        &bench.error(&at("map.csv")),
        &[
            "line 2: image `../suite/input.png` is not a path inside the folder",
            "line 4: task `chem-2`, sample 0 again, first on line 3",
            "line 5: image `a.png` is already an answer, on line 3",
            "line: 6",
            "task,image,text",
        ],
    );
    bench.write("wrong.csv", b"id,picture\nchem-1,a.png\n");
    contains_all(
        &bench.error(&at("wrong.csv")),
        &["line 2: ", "unknown field `id`"],
    );
    contains_all(&bench.error(&at("no.csv")), &["no.csv` cannot be read"]);
    contains_all(&bench.error("?layout=map"), &["needs map=FILE.csv"]);
    let both = format!("{}&layout=flat", at("map.csv"));
    contains_all(&bench.error(&both), &["so leave out layout="]);
}
