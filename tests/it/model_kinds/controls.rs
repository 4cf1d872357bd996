//! The negative controls answer as docs/controls.md says.

use super::fixture::{ask, png, suite};
use parabench::common::picture;
use parabench::model::{self, OpenContext, Part};
use parabench::suite::Suite;

fn bench() -> (tempfile::TempDir, Suite) {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    (folder, suite)
}

/// Size of a picture, and its shade if it has only one.
fn look(image: &Part<bytes::Bytes>) -> (u32, u32, Option<[u8; 3]>) {
    let Part::Given(bytes) = image else {
        panic!("a picture was expected");
    };
    let pixels = picture::decode(bytes).unwrap().1.to_rgb8();
    let first = pixels.get_pixel(0, 0);
    let uniform = pixels.pixels().all(|pixel| pixel == first);
    (pixels.width(), pixels.height(), uniform.then_some(first.0))
}

#[tokio::test]
async fn copy_input_returns_the_input_or_grey() {
    let (_folder, suite) = bench();
    let model = model::open("control:copy-input", &OpenContext::new(&suite)).unwrap();
    assert_eq!(model.identity().name, "control-copy-input");
    assert!(model.identity().thinks);
    let edit = ask(&*model, &suite, "chem-1", 0).await;
    assert_eq!(edit.image, Part::Given(png(200).into()));
    let drawn = ask(&*model, &suite, "draw_1", 0).await;
    assert_eq!(look(&drawn.image), (512, 512, Some([128; 3])));
    assert_eq!(edit.reasoning, drawn.reasoning);
    assert!(matches!(edit.reasoning, Part::Given(text) if text.contains("fine as it is")));
}

#[tokio::test]
async fn blank_is_white_and_nearly_silent() {
    let (_folder, suite) = bench();
    let model = model::open("control:blank?name=paper", &OpenContext::new(&suite)).unwrap();
    assert_eq!(model.identity().name, "paper");
    let edit = ask(&*model, &suite, "chem-1", 0).await;
    assert_eq!(look(&edit.image), (12, 8, Some([255; 3])));
    assert_eq!(edit.reasoning, Part::Given(".".into()));
    let drawn = ask(&*model, &suite, "draw_2", 3).await;
    assert_eq!(look(&drawn.image), (512, 512, Some([255; 3])));
}

#[tokio::test]
async fn shuffled_reasoning_is_never_the_own() {
    let (folder, suite) = bench();
    let answers = folder.path().join("answers");
    std::fs::create_dir(&answers).unwrap();
    for (index, task) in suite.tasks.iter().enumerate() {
        for (suffix, sample) in [("", 0), ("@1", 1)] {
            let stem = format!("{}{suffix}", task.id());
            let text = format!("reasoning of {} sample {sample}", task.id());
            std::fs::write(answers.join(format!("{stem}.txt")), text).unwrap();
            std::fs::write(answers.join(format!("{stem}.png")), png(index as u8)).unwrap();
        }
    }
    let over = format!("replay:{}", answers.display());
    let spec = format!("control:shuffled-reasoning?over={over}");
    let mut context = OpenContext::new(&suite);
    context.samples = 0..2;
    let model = model::open(&spec, &context).unwrap();
    assert_eq!(model.identity().name, "shuffled-answers");
    assert!(
        model
            .notices()
            .join("\n")
            .contains("8 of 8 answers complete")
    );
    let inner = model::open(&over, &context).unwrap();
    let digest = inner.identity().details.get("answers");
    assert_eq!(model.identity().details.get("over.answers"), digest);

    // Two tasks of each kind: each gets the other's, whatever the sample.
    for (task, donor) in [("chem-1", "chem-2"), ("draw_2", "draw_1")] {
        for sample in 0..2 {
            let own = ask(&*inner, &suite, task, sample).await;
            let mixed = ask(&*model, &suite, task, sample).await;
            assert_eq!(mixed.image, own.image);
            let expected = format!("reasoning of {donor} sample {sample}");
            assert_eq!(mixed.reasoning, Part::Given(expected));
            assert_eq!(mixed.details["reasoning_of"], donor);
        }
    }
}

#[test]
fn wrong_controls_say_what_is_right() {
    let (folder, mut suite) = bench();
    let error = |spec: &str, suite: &Suite| {
        let opened = model::open(spec, &OpenContext::new(suite));
        format!("{:#}", anyhow::Error::from(opened.err().unwrap()))
    };
    assert!(error("control:white", &suite).contains("unknown control `white`; expected one of: "));
    assert!(
        error("control:blank?thinks=false", &suite).contains("always declares whether it thinks")
    );
    assert!(error("control:blank?over=control:blank", &suite).contains("takes no `over=`"));
    let shuffled = "control:shuffled-reasoning";
    assert!(error(shuffled, &suite).contains("?over=MODEL"));
    assert!(error(&format!("{shuffled}?over=nothing"), &suite).contains("no kind"));

    let silent = format!(
        "{shuffled}?over=replay:{}?thinks=false",
        folder.path().display()
    );
    std::fs::write(folder.path().join("chem-1.png"), png(1)).unwrap();
    assert!(error(&silent, &suite).contains("no reasoning to shuffle"));

    suite.tasks.truncate(3);
    let alone = error(&format!("{shuffled}?over=control:blank"), &suite);
    assert!(
        alone.contains("`draw_1` is the only generation task"),
        "{alone}"
    );
}
