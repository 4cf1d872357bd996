//! Folders as benchmarks and the hub's cache leave them, and layouts that the user describes.

use std::fs;

use parabench::model::replay::{Layout, Replay};
use parabench::model::{Model, OpenContext, Part, Spec};
use parabench::suite::Suite;

use super::fixture::{ask, contains_all, png};
use super::replay_fixture::{Bench, given};

fn open_as(bench: &Bench, suite: &Suite, options: &str, samples: std::ops::Range<u32>) -> Replay {
    let spec = Spec::parse(&format!("replay:{}{options}", bench.root().display())).unwrap();
    let context = OpenContext {
        samples,
        ..OpenContext::new(suite)
    };
    Replay::open(&spec, &context).unwrap()
}

/// Every answer of the four tasks is there, with the picture of its shade.
async fn complete(bench: &Bench, options: &str, layout: Layout, shades: &[(&str, u32, u8)]) {
    let samples = shades
        .iter()
        .map(|(_, sample, _)| sample + 1)
        .max()
        .unwrap();
    let model = open_as(bench, &bench.suite, options, 0..samples);
    assert_eq!(model.report().layout, layout, "{}", model.report());
    for &(task, sample, shade) in shades {
        let answer = ask(&model, &bench.suite, task, sample).await;
        assert_eq!(
            answer.image,
            Part::Given(png(shade).into()),
            "{task}@{sample}"
        );
    }
}

#[tokio::test]
async fn samples_in_folders_and_at_the_end_of_names() {
    let bench = Bench::new(&[
        ("seed0/chem-1.png", &png(1)),
        ("seed1/chem-1.png", &png(2)),
        ("seed0/chem-2.png", &png(3)),
        ("seed1/draw_1.png", &png(4)),
    ]);
    let shades = [
        ("chem-1", 0, 1),
        ("chem-1", 1, 2),
        ("chem-2", 0, 3),
        ("draw_1", 1, 4),
    ];
    complete(&bench, "", Layout::SeedFolders, &shades).await;

    let bench = Bench::new(&[
        ("chem/1_0.png", &png(1)),
        ("chem/1_1.png", &png(2)),
        ("draw/draw_2_1.png", &png(3)),
    ]);
    let shades = [("chem-1", 0, 1), ("chem-1", 1, 2), ("draw_2", 1, 3)];
    complete(&bench, "", Layout::Numbered, &shades).await;
}

#[tokio::test]
async fn gedit_folders() {
    let bench = Bench::new(&[
        ("chem/en/chem-1.png", &png(1)),
        ("chem/en/chem-1_SRCIMG.png", &png(9)),
        ("chem/en/chem-2.png", &png(2)),
        ("chem/en/chem-2_SRCIMG.png", &png(9)),
    ]);
    complete(
        &bench,
        "",
        Layout::Gedit,
        &[("chem-1", 0, 1), ("chem-2", 0, 2)],
    )
    .await;
    let report = bench.open("").report().clone();
    assert_eq!((report.companions, report.left_over.len()), (2, 0));

    // Two languages for one answer: nobody can tell, and the message names the way.
    bench.write("chem/cn/chem-1.png", &png(3));
    contains_all(&bench.error(""), &["chem/cn/chem-1.png", "pattern="]);
    let chosen = "?pattern={category}/en/{id}.png";
    complete(&bench, chosen, Layout::Pattern, &[("chem-1", 0, 1)]).await;
}

#[tokio::test]
async fn geneval_folders_are_matched_by_their_prompts() {
    let metadata = |task: &str| {
        let prompt = format!("Do what {task} says: \"ä\"");
        serde_json::json!({"tag": "single_object", "include": [], "prompt": prompt}).to_string()
    };
    let bench = Bench::new(&[
        ("00000/metadata.jsonl", metadata("draw_2").as_bytes()),
        ("00000/samples/0000.png", &png(1)),
        ("00000/samples/0001.png", &png(2)),
        ("00000/grid.png", &png(9)),
        ("00007/metadata.jsonl", metadata("draw_1").as_bytes()),
        ("00007/samples/00000.png", &png(3)),
        ("00008/metadata.jsonl", metadata("nobody").as_bytes()),
        ("00008/samples/00000.png", &png(4)),
    ]);
    let shades = [("draw_2", 0, 1), ("draw_2", 1, 2), ("draw_1", 0, 3)];
    complete(&bench, "", Layout::GenEval, &shades).await;
    let report = bench.open("").report().clone();
    let left: Vec<&str> = report
        .left_over
        .iter()
        .map(|left| left.name.as_str())
        .collect();
    assert_eq!(left, ["00008/samples/00000.png"]);
}

#[tokio::test]
async fn patterns_describe_any_layout() {
    let bench = Bench::new(&[
        ("run3/chem__chem-1_final.webp.png", &png(1)),
        ("run3/chem__chem-1_final.webp.txt", b"words"),
        ("out/take-2/chem-2.png", &png(2)),
    ]);
    let options = "?pattern=run{sample}/{category}__{id}_final.webp.png";
    let model = open_as(&bench, &bench.suite, options, 0..4);
    let answer = ask(&model, &bench.suite, "chem-1", 3).await;
    assert_eq!(answer.reasoning, given("words"));
    assert_eq!(answer.image, Part::Given(png(1).into()));
    assert_ne!(
        model.identity(),
        bench.open("?pattern=out/*/{id}").identity()
    );
    let take = [("chem-2", 0, 2)];
    complete(&bench, "?pattern=out/*/{id}", Layout::Pattern, &take).await;
    for (options, part) in [
        ("?pattern={name}.png", "no other braces"),
        ("?pattern=../{id}", "below the folder"),
        ("?texts={id}.txt", "give both"),
        ("?pattern={id}&texts={ID}", "texts=`{ID}`"),
        ("?pattern={id}&layout=flat", "so leave out layout="),
        ("?pattern={id}&map=m.csv", "give one of them"),
        ("?pattern=no/{id}", "expected (pattern=): no/chem-1.png"),
    ] {
        contains_all(&bench.error(options), &[part]);
    }
}

#[tokio::test]
async fn texts_may_lie_elsewhere_than_pictures() {
    let bench = Bench::new(&[
        ("out/chem-1_final.png", &png(1)),
        ("thoughts/run0/chem-1.txt", b"words"),
        // Beside the picture lies what is no reasoning.
        ("out/chem-1_final.txt", b"prompt"),
    ]);
    let options = "?pattern=out/{id}_final.png&texts=thoughts/run{sample}/{id}.txt";
    let model = bench.open(options);
    let answer = ask(&model, &bench.suite, "chem-1", 0).await;
    assert_eq!(answer.reasoning, given("words"));
    assert_eq!(answer.image, Part::Given(png(1).into()));
    let left: Vec<_> = model
        .report()
        .left_over
        .iter()
        .map(|left| &*left.name)
        .collect();
    assert_eq!(left, ["out/chem-1_final.txt"]);
    let error = bench.error("?pattern=no/{id}&texts=nowhere/{id}.txt");
    contains_all(&error, &["no/chem-1.png", "nowhere/chem-1.txt"]);
}

#[tokio::test]
async fn original_ids_find_their_task() {
    let bench = Bench::new(&[
        ("图片一.png", &png(1)),
        ("图片一.txt", "好".as_bytes()),
        ("7.png", &png(2)),
    ]);
    let mut suite = bench.suite.clone();
    suite.tasks[0].original_id = Some("图片一".into());
    // Two tasks had this id, as where every category counts anew: nobody can tell.
    suite.tasks[1].original_id = Some("7".into());
    suite.tasks[2].original_id = Some("7".into());
    let model = open_as(&bench, &suite, "", 0..1);
    assert_eq!(model.report().complete, 1, "{}", model.report());
    let answer = ask(&model, &suite, "chem-1", 0).await;
    assert_eq!(answer.reasoning, given("好"));
    assert_eq!(model.report().left_over.len(), 1);

    // Beside the category there is no doubt.
    let bench = Bench::new(&[("chem/7.png", &png(1)), ("draw/7.png", &png(2))]);
    let model = open_as(&bench, &suite, "", 0..1);
    for (task, shade) in [("chem-2", 1), ("draw_1", 2)] {
        let answer = ask(&model, &suite, task, 0).await;
        assert_eq!(answer.image, Part::Given(png(shade).into()), "{task}");
    }

    let records = "{\"task\":\"图片一\",\"reasoning\":\"a\",\"image\":null}";
    let bench = Bench::new(&[("answers.jsonl", records.as_bytes())]);
    let model = open_as(&bench, &suite, "", 0..1);
    assert_eq!(ask(&model, &suite, "chem-1", 0).await.reasoning, given("a"));
}

#[tokio::test]
async fn records_are_read_as_people_write_them() {
    let lines = concat!(
        "\u{feff}{\"task\":\"chem-1\",\"reasoning\":\"a\",\"image\":\"./p/1.png\",\"score\":NaN}\r\n",
        "\r\n",
        "{\"task\":\"chem-2\",\"reasoning\":\"\\ud800b\",\"image\":null,\"model\":{\"deep\":[[]]}}\n",
    );
    let bench = Bench::new(&[("answers.jsonl", lines.as_bytes()), ("p/1.png", &png(1))]);
    let model = bench.open("");
    let first = ask(&model, &bench.suite, "chem-1", 0).await;
    assert_eq!(first.reasoning, given("a"));
    assert_eq!(first.image, Part::Given(png(1).into()));
    let second = ask(&model, &bench.suite, "chem-2", 0).await;
    assert_eq!(second.reasoning, given("\u{fffd}b"));
    assert_eq!(second.image, Part::Empty);
    let report = model.report().to_string();
    contains_all(
        &report,
        &["are ignored", "`model` (1 lines)", "`score` (1 lines)"],
    );
}

#[tokio::test]
async fn texts_in_other_encodings_are_told() {
    let utf16: Vec<u8> = "\u{feff}rot"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let bench = Bench::new(&[
        ("chem-1.txt", &utf16),
        ("chem-1.png", &png(1)),
        ("chem-2.txt", b"caf\xe9"),
        ("draw_1.txt", b"r\0o\0t\0"),
    ]);
    let model = bench.open("");
    assert_eq!(
        ask(&model, &bench.suite, "chem-1", 0).await.reasoning,
        given("rot")
    );
    contains_all(
        &model.report().to_string(),
        &[
            "1 texts are in UTF-16",
            "chem-1.txt",
            "1 texts are not in UTF-8",
            "draw_1.txt: it holds zero bytes",
        ],
    );
    assert_eq!(model.report().broken, ["draw_1"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_snapshot_of_the_hub_is_followed_to_its_own_blobs_alone() {
    use std::os::unix::fs::symlink;
    let bench = Bench::new(&[
        ("models--a--b/blobs/01", &png(1)),
        ("models--a--b/blobs/02", b"words"),
        ("private.png", &png(9)),
    ]);
    let snapshot = bench.root().join("models--a--b/snapshots/abc");
    fs::create_dir_all(&snapshot).unwrap();
    for (blob, name) in [("01", "chem-1.png"), ("02", "chem-1.txt")] {
        symlink(format!("../../blobs/{blob}"), snapshot.join(name)).unwrap();
    }
    symlink("../../../private.png", snapshot.join("chem-2.png")).unwrap();
    let spec = Spec::parse(&format!("replay:{}", snapshot.display())).unwrap();
    let model = Replay::open(&spec, &OpenContext::new(&bench.suite)).unwrap();
    let answer = ask(&model, &bench.suite, "chem-1", 0).await;
    assert_eq!(answer.image, Part::Given(png(1).into()));
    assert_eq!(answer.reasoning, given("words"));
    contains_all(
        &model.report().to_string(),
        &["chem-2.png", "outside of the folder"],
    );
}
