use super::*;
use crate::judge::evidence::Parts;
use crate::judge::rubric::{Marked, Rubrics, ToMark};
use crate::suite::axes::sight::SightPart;
use crate::suite::axes::wire::{WireAcross, WireAxis, declare};
use crate::suite::{Axis, Input};

fn rubric(rubrics: &Rubrics) -> &Rubric {
    rubrics.of(Axis::TEXT_QUALITY, None).unwrap()
}

#[test]
fn marks_are_named_by_the_scale() {
    let scale = |lo: &str, hi: &str, step: &str| {
        let [lo, hi, step] = [lo, hi, step].map(|text| text.parse().unwrap());
        MarkScale::new(lo, hi, step).unwrap()
    };
    for (scale, listed, brief) in [
        (
            scale("1", "5", "1"),
            "one of the integers 1, 2, 3, 4, 5",
            "an integer from 1 to 5",
        ),
        (
            scale("0", "1", "1"),
            "one of the integers 0, 1",
            "an integer from 0 to 1",
        ),
        (
            scale("0", "100", "1"),
            "one of the integers from 0 to 100",
            "an integer from 0 to 100",
        ),
        (
            scale("0", "1", "0.5"),
            "a number from 0 to 1 in steps of 0.5",
            "a number from 0 to 1 in steps of 0.5",
        ),
    ] {
        assert_eq!(
            (marks(scale, false).as_str(), marks(scale, true).as_str()),
            (listed, brief)
        );
    }
}

/// Every set of parts that a suite can declare.
#[test]
fn a_prompt_holds_exactly_what_its_axis_declares() {
    let folder = tempfile::tempdir().unwrap();
    let rubric = "version = \"1\"\naxis = \"a\"\nkey = \"mark\"\n[edit]\ntask = \"Judge it.\"\n";
    std::fs::write(folder.path().join("a.toml"), rubric).unwrap();
    let picture = |name: &str| {
        Some(Arc::new(PictureFile {
            path: name.into(),
            digest: crate::common::digest::Digest::of(name.as_bytes()),
            width: 8,
            height: 8,
        }))
    };
    let all = Parts {
        instruction: Some("the INSTRUCTION".into()),
        reasoning: Some("the REASONING".into()),
        inputs: ["in", "in-2"]
            .into_iter()
            .zip([None, Some("SECOND")])
            .filter_map(|(name, label)| {
                Some(Input {
                    picture: picture(name)?,
                    label: label.map(Arc::from),
                })
            })
            .collect(),
        output: picture("out"),
        reference: Some("the REFERENCE".into()),
        reference_image: picture("right"),
    };
    for set in 1_u32..1 << SightPart::ALL.len() {
        let parts = SightPart::ALL.into_iter().enumerate();
        let sees: Vec<SightPart> = parts
            .filter(|(at, _)| set >> at & 1 == 1)
            .map(|(_, part)| part)
            .collect();
        let wire = WireAxis {
            key: "a".to_owned(),
            title: "A".to_owned(),
            scale: MarkScale::FIVE_POINT.into(),
            sees: sees.clone(),
            applies: None,
            across: WireAcross::Planned,
            pooled: false,
            complete: false,
        };
        let axis = declare(&[wire], &[], &["c"]).unwrap().axes[0];
        let marked = Marked {
            axis,
            categories: vec![("c".to_owned(), Kind::Edit)],
        };
        let to_mark = ToMark {
            axes: vec![marked],
            calls: Vec::new(),
        };
        let rubrics = Rubrics::load(folder.path().to_str().unwrap(), &to_mark).unwrap();
        let evidence = Evidence::gather(axis, all.clone()).unwrap();
        for output_first in [false, true] {
            let view = View {
                output_first,
                ..View::default()
            };
            let rubric = rubrics.of(axis, Some("c")).unwrap();
            let prompt = build(rubric, Kind::Edit, &evidence, &view);
            let mut words = prompt.system.clone();
            let mut roles = Vec::new();
            for part in &prompt.parts {
                match part {
                    PromptPart::Text(text) => words += text,
                    PromptPart::Image(role, _) => roles.push(*role),
                }
            }
            for (part, held) in [
                (SightPart::Instruction, words.contains("INSTRUCTION")),
                (SightPart::Reasoning, words.contains("REASONING")),
                (SightPart::Reference, words.contains("REFERENCE")),
                (SightPart::Input, roles.contains(&Role::Input)),
                (SightPart::Output, roles.contains(&Role::Output)),
                (SightPart::ReferenceImage, roles.contains(&Role::Reference)),
            ] {
                assert_eq!(held, sees.contains(&part), "{sees:?} {part:?}");
            }
            // All inputs in their order, with their labels.
            let inputs = roles.iter().filter(|role| **role == Role::Input).count();
            let seen = sees.contains(&SightPart::Input);
            assert_eq!(inputs, if seen { 2 } else { 0 }, "{sees:?}");
            let at = |text: &str| words.find(text);
            let (first, second) = (at("image 1 of 2:"), at("image 2 of 2 (SECOND):"));
            assert_eq!((first.is_some(), second.is_some()), (seen, seen));
            assert!(first <= second);
        }
    }
}

fn prompt(view: &View) -> JudgePrompt {
    let rubrics = Rubrics::load("default", &ToMark::parabench()).unwrap();
    let parts = Parts {
        reasoning: Some("I see a ball.".into()),
        ..Parts::default()
    };
    let evidence = Evidence::gather(Axis::TEXT_QUALITY, parts).unwrap();
    build(rubric(&rubrics), Kind::Edit, &evidence, view)
}

#[test]
fn the_second_wording_says_the_same_and_the_form_of_the_reply_comes_last() {
    let first = prompt(&View::default());
    let second = prompt(&View {
        reworded: true,
        ..View::default()
    });
    assert_eq!(first.parts.first(), second.parts.first());
    assert_ne!(first.system, second.system);
    let rubrics = Rubrics::load("default", &ToMark::parabench()).unwrap();
    for criterion in &rubric(&rubrics).wording(Kind::Edit).criteria {
        assert!(first.system.contains(criterion) && second.system.contains(criterion));
    }
    for prompt in [first, second] {
        let Some(PromptPart::Text(last)) = prompt.parts.last() else {
            panic!("a text last");
        };
        assert!(last.ends_with(&reply_form(&rubric(&rubrics).form)));
    }
}
