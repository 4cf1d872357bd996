use super::*;
use crate::judge::evidence::Parts;
use crate::judge::rubric::{Marked, Rubrics, ToMark};
use crate::suite::axes::sight::SightPart;
use crate::suite::axes::wire::{WireAcross, WireAxis, declare};
use crate::suite::calls::WireCall;
use crate::suite::{Axis, Call, Category, Input};

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
    for name in ["a", "r"] {
        std::fs::write(folder.path().join(format!("{name}.toml")), rubric).unwrap();
    }
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
        let evidence = Evidence::gather(axis, all.clone()).unwrap();
        for (call, output_first) in calls(&sees, axis)
            .into_iter()
            .flat_map(|call| [(call.clone(), false), (call, true)])
        {
            let view = View {
                output_first,
                ..View::default()
            };
            let arranged = call.as_ref().map(|call| call.pictures).unwrap_or_default();
            let to_mark = ToMark {
                axes: vec![marked.clone()],
                calls: call.into_iter().collect(),
                extra: Vec::new(),
            };
            let rubrics = Rubrics::load(folder.path().to_str().unwrap(), &to_mark).unwrap();
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
            // The order that the call states, or that of the view.
            let wanted = arranged.order(output_first).into_iter();
            let wanted: Vec<Role> = wanted
                .filter(|part| sees.contains(part))
                .flat_map(|part| match part {
                    SightPart::Input => vec![Role::Input, Role::Input],
                    SightPart::Output => vec![Role::Output],
                    _ => vec![Role::Reference],
                })
                .collect();
            assert_eq!(roles, wanted, "{sees:?}");
            let seen = seen && arranged.labels == Labels::Between;
            let announces = [" follow.", " follows.", "There follow"];
            let announces = announces.iter().any(|said| words.contains(said));
            let quiet = arranged.labels == Labels::None;
            assert_eq!(announces, !roles.is_empty() && !quiet, "{words}");
            let at = |text: &str| words.find(text);
            let (first, second) = (at("image 1 of 2:"), at("image 2 of 2 (SECOND):"));
            assert_eq!((first.is_some(), second.is_some()), (seen, seen));
            assert!(first <= second);
        }
    }
}

fn orders<'a>(parts: &[&'a str]) -> Vec<Vec<&'a str>> {
    if parts.is_empty() {
        return vec![Vec::new()];
    }
    let first = |at: usize| {
        let mut rest = parts.to_vec();
        let part = rest.remove(at);
        orders(&rest).into_iter().map(move |mut order| {
            order.push(part);
            order
        })
    };
    (0..parts.len()).flat_map(first).collect()
}

/// No call, and a call for every order of the pictures and every way of labels.
fn calls(sees: &[SightPart], axis: Axis) -> Vec<Option<Call>> {
    let pictures: Vec<&str> = sees
        .iter()
        .filter(|part| part.is_picture())
        .map(|part| part.key())
        .collect();
    let category = Category {
        name: "c".to_owned(),
        kind: Kind::Edit,
        planned: 1,
        ids: None,
    };
    let mut found = vec![None];
    for order in orders(&pictures) {
        for labels in ["between", "before", "none"] {
            let images = match order.is_empty() {
                true => String::new(),
                false => format!("images = {order:?}\n"),
            };
            let text = format!("marks = [\"a\"]\nrubric = \"r\"\nlabels = \"{labels}\"\n{images}");
            let wire: WireCall = toml::from_str(&text).unwrap();
            let call = crate::suite::calls::check(&wire, &[axis], std::slice::from_ref(&category));
            found.push(Some(call.unwrap()));
        }
    }
    found
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
