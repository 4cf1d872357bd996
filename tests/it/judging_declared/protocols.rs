//! Stand-ins of what authors published go all the way: import, replay, judge, and the authors' figure, computed by hand.

use std::fs;

use serde_json::{Value, json};

use crate::cli_world::{World, stderr, stdout};
use crate::mock_judge::{Fault, MockJudge, Script, Seen};
use crate::parquet_fixture::{GeditRow, write_gedit};
use crate::suite_fixture;

/// Stand-ins of the authors' repository and of a model's folder of pictures go all the way to the authors' figure.
#[test]
fn wise_goes_from_its_repository_to_its_figure() {
    let world = World::new(1);
    let data = world.path("wise/data_verified");
    fs::create_dir_all(&data).unwrap();
    for (name, ids) in [
        ("cultural_common_sense", 1..=400),
        ("spatio-temporal_reasoning", 401..=640),
        ("natural_science", 641..=1000),
    ] {
        let records = ids.map(|id| {
            json!({"prompt_id": id, "Prompt": format!("PROMPT-{id}."), "Explanation": format!("MEANING-{id}."),
                "Category": "Cultural knowledge", "Subcategory": "Festival"})
        });
        let text = Value::Array(records.collect()).to_string();
        fs::write(data.join(format!("{name}.json")), text).unwrap();
    }
    let pictures = world.path("pictures");
    fs::create_dir_all(&pictures).unwrap();
    let picture = suite_fixture::picture(8, 1, image::ImageFormat::Png);
    for id in (1..=1000).filter(|id| *id != 7) {
        fs::write(pictures.join(format!("{id}.png")), &picture).unwrap();
    }
    // The judge passes all prompts of culture and every third other, by the meaning that it is shown.
    let judge = MockJudge::start(Script::decide(|seen: &Seen| {
        let (_, rest) = seen.body.split_once("MEANING-")?;
        let (id, _) = rest.split_once('.')?;
        let id: u32 = id.parse().ok()?;
        let passed = u32::from(id <= 400 || id.is_multiple_of(3));
        Some(Fault::Words(format!(
            "{{\"reasoning\": \"r\", \"knowledge_score\": {passed}}}"
        )))
    }));
    let mut import = world.command(&judge.base_url());
    import.args([
        "suite",
        "import",
        "wise",
        "--suite",
        "wise-verified",
        "-o",
        "wise-suite",
    ]);
    let output = import.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let mut run = world.command(&judge.base_url());
    run.args([
        "run",
        "--suite",
        "wise-suite/",
        "--model",
        "replay:pictures",
        "--judge",
        "judge.toml",
    ]);
    let output = run.args(["--name", "w", "--no-progress"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(judge.requests(), 999);
    // .4 · 399/399 + 5 · .12 · 40/120; a plain share would be 599/999 = .5996.
    let shown = stdout(&output);
    let official = shown
        .lines()
        .find(|line| line.trim_start().starts_with("score "))
        .unwrap();
    assert!(official.contains("0.6000"), "{shown}");
    // The picture that is not there is named as such, and no answer of the judge stands for it.
    assert!(
        world
            .scores("w")
            .lines()
            .any(|row| row.contains(",7,") && row.contains("model-")),
        "{shown}"
    );
}

/// Types of edits with their numbers, as the data set has them.
const GEDIT: [(&str, usize); 11] = [
    ("background_change", 40),
    ("color_alter", 40),
    ("material_alter", 40),
    ("motion_change", 40),
    ("ps_human", 70),
    ("style_change", 60),
    ("subject-add", 60),
    ("subject-remove", 57),
    ("subject-replace", 60),
    ("text_change", 99),
    ("tone_transfer", 40),
];

#[test]
fn gedit_goes_from_the_hub_to_its_figure() {
    let world = World::new(1);
    let data = world.path("gedit/data");
    fs::create_dir_all(&data).unwrap();
    let picture = |number| suite_fixture::picture(8, number, image::ImageFormat::Png);
    let mut rows = Vec::new();
    for (task_type, planned) in GEDIT {
        for number in 0..planned {
            for language in ["en", "cn"] {
                let key = format!("{task_type}-{number}-{language}");
                let answers = world.path(&format!("outputs/fullset/{task_type}/{language}"));
                fs::create_dir_all(&answers).unwrap();
                fs::write(answers.join(format!("{key}.png")), picture(900)).unwrap();
                fs::write(answers.join(format!("{key}_SRCIMG.png")), picture(1)).unwrap();
                rows.push(GeditRow {
                    intersection: true,
                    task_type,
                    instruction: format!("INSTRUCTION-{key}."),
                    key,
                    language,
                    picture: picture(1),
                });
            }
        }
    }
    write_gedit(&data.join("train-00000-of-00001.parquet"), &rows);
    // Two languages are two benchmarks: their records are not mixed without a word.
    let judge = MockJudge::start(Script::decide(|seen: &Seen| {
        let parts = match seen.body.split_once("INSTRUCTION-") {
            Some((_, rest)) if rest.starts_with("text_change") => "[9, 10]",
            Some(_) => "[8, 1]",
            None => "[4, 7]",
        };
        Some(Fault::Words(format!(
            "{{\"score\": {parts}, \"reasoning\": \"r\"}}"
        )))
    }));
    let import = |suite: &str, more: &[&str]| {
        let mut import = world.command(&judge.base_url());
        import.args([
            "suite",
            "import",
            "gedit",
            "--suite",
            suite,
            "-o",
            "gedit-suite",
        ]);
        import.args(more).output().unwrap()
    };
    let both = import("gedit-full", &[]);
    assert_ne!(both.status.code(), Some(0));
    assert!(stderr(&both).contains("40"), "{}", stderr(&both));
    // The suite of one language knows which records are its own.
    for (wrong, told) in [
        ("language=en", "instruction_language"),
        ("instruction_language=fr", "cn, en"),
    ] {
        let refused = import("gedit-full", &["--where", wrong]);
        assert!(stderr(&refused).contains(told), "{}", stderr(&refused));
    }
    let output = import("gedit-full-en", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("606 of 1212 records"),
        "{}",
        stdout(&output)
    );
    let mut run = world.command(&judge.base_url());
    run.args([
        "run",
        "--suite",
        "gedit-suite/",
        "--model",
        "replay:outputs",
        "--judge",
        "judge.toml",
    ]);
    let output = run.args(["--name", "g", "--no-progress"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    // √(9 · 4) = 6 for one type, √(1 · 4) = 2 for ten; types weigh alike: 26 / 11 = 2.3636.
    let shown = stdout(&output);
    let mut lines = shown
        .lines()
        .skip_while(|line| !line.starts_with("Figures"));
    let official = lines.find(|line| line.starts_with("o ")).unwrap();
    assert!(official.contains("2.364"), "{shown}");
    // The parts stand beside the mark that the smallest of them is.
    let scores = world.scores("g");
    assert!(
        scores
            .lines()
            .next()
            .unwrap()
            .ends_with(",score,status,parts")
    );
    let ends = |end: &str| scores.lines().filter(|row| row.ends_with(end)).count();
    assert_eq!(
        (ends(",9,ok,9;10"), ends(",1,ok,8;1"), ends(",4,ok,4;7")),
        (99, 507, 606)
    );
}
