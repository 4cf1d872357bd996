//! The sequences of both families, id by id.

use parabench::model::diffusion::prompt::{Layout, Prompt};
use parabench::model::diffusion::settings::{DecodingSettings, Preset};
use parabench::onnx::bundle::Bundle;
use parabench::onnx::image::Codes;

use super::world::{bundle_a, bundle_m};

const MASK: i64 = 300;

fn layout(bundle: &Bundle, preset: Preset) -> Layout {
    let settings = DecodingSettings {
        text_length: 3,
        ..DecodingSettings::of(preset)
    };
    let facts = bundle.diffusion().unwrap();
    let tokenizer = bundle.tokenizer().unwrap();
    Layout::new(bundle.manifest().family, facts, tokenizer, [1, 2], settings).unwrap()
}

/// The sequence that guidance without the image compares with.
fn without_image(prompt: &Prompt) -> Vec<i64> {
    let mut ids = Vec::new();
    let guide = prompt.guides.image.as_ref().unwrap();
    guide.write(&prompt.canvas, &mut ids);
    for (&cell, at) in prompt.canvas.cells.iter().zip(0..) {
        assert_eq!(
            ids[guide.place(cell)],
            MASK,
            "cell {at} is not where guidance reads it"
        );
    }
    ids
}

fn join(parts: &[&[i64]]) -> Vec<i64> {
    parts.concat()
}

#[test]
fn family_a() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = Bundle::open(&bundle_a(folder.path())).unwrap();
    let tokenizer = bundle.tokenizer().unwrap();
    let codes = Codes::new(&[5, 6], [2, 1], 64).unwrap();
    let encode = |system: &str, instruction: &str| {
        let text = format!("<system>{system}</system><user>{instruction}</user>");
        tokenizer.encode(&text, true).unwrap()
    };
    let system =
        "Generate an image applying the following editing instruction based on the original image.";
    let (prompt, blank) = (
        encode(system, "word5 word6"),
        encode(system, "<uncondition>"),
    );
    // newline 314, boi 315, eoi 316, uncondition 317, answer 318 and 319; code 0 is 320.
    assert!(blank.contains(&317) && !prompt.contains(&317));
    let picture: &[i64] = &[315, 325, 314, 326, 314, 316];
    let answer: &[i64] = &[318, 315, MASK, MASK, 314, 316, MASK, MASK, MASK, 319];
    let with_picture = |ids: &[i64]| {
        let (last, before) = ids.split_last().unwrap();
        join(&[before, picture, &[*last]])
    };

    let released = layout(&bundle, Preset::ReleasedA)
        .prompt("word5 word6", Some(&codes))
        .unwrap();
    let sequence = join(&[&with_picture(&prompt), answer]);
    assert_eq!(released.canvas.ids, sequence);
    assert_eq!(released.canvas.text.len(), 3);
    assert!(
        released
            .canvas
            .text
            .clone()
            .all(|position| sequence[position] == MASK)
    );
    // Written over the sequence, as released: nothing moves and most of the input image stays.
    let over = released.guides.image.as_ref().unwrap();
    assert_eq!(
        (over.prefix.clone(), over.from),
        (prompt.clone(), prompt.len())
    );
    let text = released.guides.text.as_ref().unwrap();
    assert_eq!(text.prefix, with_picture(&blank));

    let paper = layout(&bundle, Preset::Paper)
        .prompt("word5 word6", Some(&codes))
        .unwrap();
    assert_eq!(paper.canvas.ids, sequence);
    assert_eq!(without_image(&paper), join(&[&prompt, answer]));

    let system = "Generate an image according to the text prompt.";
    let generation = layout(&bundle, Preset::Paper)
        .prompt("word5 word6", None)
        .unwrap();
    assert_eq!(
        generation.canvas.ids,
        join(&[&encode(system, "word5 word6"), answer])
    );
    assert_eq!(
        without_image(&generation),
        join(&[&encode(system, "<uncondition>"), answer])
    );
}

#[test]
fn family_m() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = Bundle::open(&bundle_m(folder.path())).unwrap();
    let tokens = bundle.diffusion().unwrap().tokens;
    let (soi, eoi) = (tokens.begin_image, tokens.end_image);
    let (interleave, bos, eos) = (
        tokens.interleave.unwrap(),
        tokens.begin_text.unwrap(),
        tokens.end_text,
    );
    let codes = Codes::new(&[5, 6], [1, 2], 64).unwrap();
    let text: &[i64] = &[bos, 5, 6, eos];
    let blank: &[i64] = &[bos, eos, eos, eos];
    let picture = |ids: &[i64]| join(&[&[soi], ids, &[eoi]]);

    let released = layout(&bundle, Preset::ReleasedM)
        .prompt("word5 word6", Some(&codes))
        .unwrap();
    let answer: &[i64] = &[soi, MASK, MASK, eoi, bos, MASK, MASK];
    let sequence = join(&[&[interleave], &picture(&[325, 326]), text, answer]);
    assert_eq!(released.canvas.ids, sequence);
    // The text begins with a token that is not masked.
    assert_eq!(released.canvas.text, sequence.len() - 3..sequence.len());
    assert_eq!(
        without_image(&released),
        join(&[&[interleave], &picture(&[0, 0]), blank, answer])
    );

    let paper = layout(&bundle, Preset::Paper)
        .prompt("word5 word6", Some(&codes))
        .unwrap();
    let answer: &[i64] = &[soi, MASK, MASK, eoi, bos, MASK, MASK, MASK];
    assert_eq!(
        paper.canvas.ids,
        join(&[&[interleave], &picture(&[325, 326]), text, answer])
    );
    assert_eq!(paper.canvas.text.len(), 3);
    assert_eq!(without_image(&paper), join(&[&[interleave], text, answer]));

    let generation = layout(&bundle, Preset::Paper)
        .prompt("word5 word6", None)
        .unwrap();
    assert_eq!(generation.canvas.ids, join(&[&[interleave], text, answer]));
    assert_eq!(
        without_image(&generation),
        join(&[&[interleave], blank, answer])
    );
}
