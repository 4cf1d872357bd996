//! Every call of every bundled suite shows exactly what it declares.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parabench::common::digest::Digest;
use parabench::common::picture::PictureFile;
use parabench::judge::evidence::Parts;
use parabench::judge::prompt::{self, PromptPart};
use parabench::judge::rubric::{Marked, Rubrics, ToMark};
use parabench::judge::{Evidence, View};
use parabench::suite::axes::sight::{Sight, SightPart};
use parabench::suite::calls;
use parabench::suite::{Axis, Definition, Input, Kind, RubricSource};

/// Suites for marks that were made elsewhere, or by programs: nobody is asked in words.
const WITHOUT_RUBRICS: [&str; 3] = ["geneval", "imagenhub", "viescore-imagenhub"];

fn picture(name: &str) -> Arc<PictureFile> {
    Arc::new(PictureFile {
        path: name.into(),
        digest: Digest::of(name.as_bytes()),
        width: 8,
        height: 8,
    })
}

/// Everything there is of a task, each part with a sentinel.
fn everything(kind: Kind) -> Parts {
    let inputs = ["SENTINEL-input-1", "SENTINEL-input-2"].map(|name| Input {
        picture: picture(name),
        label: None,
    });
    Parts {
        instruction: Some("SENTINEL-instruction".into()),
        reasoning: Some("SENTINEL-reasoning".into()),
        inputs: match kind {
            Kind::Edit => inputs.into_iter().collect(),
            Kind::Generation => Default::default(),
        },
        output: Some(picture("SENTINEL-output")),
        reference: Some("SENTINEL-reference-text".into()),
        reference_image: Some(picture("SENTINEL-reference-image")),
    }
}

/// The parts whose sentinels are in a prompt.
fn shown(prompt: &prompt::JudgePrompt) -> Vec<SightPart> {
    let mut all = prompt.system.clone();
    for part in &prompt.parts {
        match part {
            PromptPart::Text(text) => all += text,
            PromptPart::Image(_, file) => all += &file.path.to_string_lossy(),
        }
        all.push('\n');
    }
    let sentinel = |part: &SightPart| match part {
        SightPart::Instruction => "SENTINEL-instruction",
        SightPart::Reasoning => "SENTINEL-reasoning",
        SightPart::Input => "SENTINEL-input-1\n",
        SightPart::Output => "SENTINEL-output\n",
        SightPart::Reference => "SENTINEL-reference-text",
        SightPart::ReferenceImage => "SENTINEL-reference-image\n",
    };
    assert_eq!(
        all.contains("SENTINEL-input-1\n"),
        all.contains("SENTINEL-input-2\n")
    );
    SightPart::ALL
        .into_iter()
        .filter(|part| all.contains(sentinel(part)))
        .collect()
}

/// What judges of a suite are asked to mark.
fn to_mark(definition: &Definition) -> ToMark {
    let marked = |axis: &Axis| Marked {
        axis: *axis,
        categories: definition
            .categories
            .iter()
            .filter(|category| axis.exists_in(&category.name, category.kind))
            .map(|category| (category.name.clone(), category.kind))
            .collect(),
    };
    ToMark {
        axes: definition.axes.iter().map(marked).collect(),
        extra: Vec::new(),
        calls: definition.calls.clone(),
    }
}

fn definitions() -> Vec<Definition> {
    let benchmarks = Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks");
    let folders = std::fs::read_dir(benchmarks).unwrap();
    let mut folders: Vec<PathBuf> = folders
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("suite.toml").exists())
        .collect();
    folders.sort();
    folders
        .iter()
        .map(|folder| Definition::read(folder).unwrap())
        .collect()
}

#[test]
fn every_call_of_every_bundled_suite_shows_exactly_what_it_declares() {
    let (mut without, mut asked) = (Vec::new(), 0);
    for definition in definitions() {
        let rubrics = match &definition.rubrics {
            Some(RubricSource::Named(name)) => name.clone(),
            Some(RubricSource::Folder(folder)) => folder.display().to_string(),
            None if !definition.declares() => "default".to_owned(),
            None => {
                without.push(definition.name);
                continue;
            }
        };
        let rubrics = Rubrics::load(&rubrics, &to_mark(&definition)).unwrap();
        for axis in &definition.axes {
            for category in &definition.categories {
                let (name, kind) = (category.name.as_str(), category.kind);
                if !axis.exists_in(name, kind) {
                    continue;
                }
                let evidence = Evidence::gather(*axis, everything(kind)).unwrap();
                let rubric = rubrics.of(*axis, Some(name)).unwrap();
                let declared = calls::shown(*axis, name, &definition.calls);
                let mut expected = declared.parts();
                expected.retain(|part| *part != SightPart::Input || kind == Kind::Edit);
                for output_first in [false, true] {
                    let view = View {
                        output_first,
                        ..View::default()
                    };
                    let prompt = prompt::build(rubric, kind, &evidence, &view);
                    assert_eq!(
                        shown(&prompt),
                        expected,
                        "{} {axis} {name}",
                        definition.name
                    );
                }
                // A call is within the sight of each of its axes.
                let within = Sight::of(&declared.parts());
                for (marked, _) in &rubric.form.keys {
                    assert!(within.parts().iter().all(|part| marked.sees(*part)));
                }
                asked += 1;
            }
        }
    }
    without.sort();
    assert_eq!(without, WITHOUT_RUBRICS);
    assert!(asked > 100, "{asked}");
}
