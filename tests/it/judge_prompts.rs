//! What judges are shown, axis by axis: a change of wording must be seen.

use crate::judge_setup;

use std::fmt::Write as _;

use parabench::judge::View;
use parabench::judge::prompt::{self, JudgePrompt, PromptPart};
use parabench::judge::rubric::{Rubrics, ToMark};
use parabench::suite::{Axis, Kind};

fn shown(prompt: &JudgePrompt) -> String {
    let mut text = format!("SYSTEM\n{}\n", prompt.system);
    for part in &prompt.parts {
        let _ = match part {
            PromptPart::Text(words) => write!(text, "\nTEXT\n{words}\n"),
            PromptPart::Image(role, _) => write!(text, "\nIMAGE {role:?}\n"),
        };
    }
    text
}

#[test]
fn every_axis_and_kind() {
    let folder = tempfile::tempdir().unwrap();
    let rubrics = Rubrics::load("default", &ToMark::parabench()).unwrap();
    for axis in Axis::ALL {
        for kind in [Kind::Edit, Kind::Generation] {
            let Some(evidence) = judge_setup::evidence(axis, kind, folder.path()) else {
                continue;
            };
            let prompt = prompt::build(
                rubrics.of(axis, None).unwrap(),
                kind,
                &evidence,
                &View::default(),
            );
            assert!(
                prompt
                    .system
                    .contains(&format!("\"{}\": <1-5>", prompt.form.keys[0].1))
            );
            insta::assert_snapshot!(format!("{axis}-{kind}"), shown(&prompt));
        }
    }
}
