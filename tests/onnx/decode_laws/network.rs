//! A network without weights: every logit is a hash of the row's ids, the position and the vocabulary entry, so that a
//! row's logits depend on all of that row and on nothing else.

use parabench::model::diffusion::canvas::{Canvas, Guide, Vocabulary};
use parabench::model::diffusion::forward::{Forward, Parts, Readings};
use parabench::model::diffusion::lane::{Guides, Lane};
use parabench::model::diffusion::noise::Seeded;
use parabench::onnx::language::{ForwardError, Read, Want};

pub const VOCABULARY: Vocabulary = Vocabulary {
    mask: 3,
    text: 20,
    codes: 16,
    total: 40,
};

#[derive(Default)]
pub struct HashNetwork {
    /// Sequences evaluated.
    pub evaluated: usize,
    /// From this evaluated sequence on, logits are no numbers.
    pub breaks_at: Option<usize>,
    /// A row that holds this id gives no numbers.
    pub poison: Option<i64>,
}

pub struct HashReadings(Vec<[Vec<f32>; 3]>);

impl Readings for HashReadings {
    fn parts(&self, index: usize) -> Result<Parts<'_>, ForwardError> {
        let [text, codes, rest] = &self.0[index];
        Ok([text, codes, rest])
    }
}

fn mix(state: u64, value: u64) -> u64 {
    let mut z = (state ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^ (z >> 27)
}

impl Forward for HashNetwork {
    type Readings = HashReadings;

    fn forward(
        &mut self,
        ids: &[i64],
        [batch, length]: [usize; 2],
        reads: &[Read],
    ) -> Result<HashReadings, ForwardError> {
        assert_eq!(
            ids.len(),
            batch * length,
            "rows of different length in one pass"
        );
        self.evaluated += batch;
        let broken = self.breaks_at.is_some_and(|at| self.evaluated >= at);
        let row = |read: &Read| {
            let ids = &ids[read.row * length..][..length];
            let state = ids.iter().fold(1, |state, &id| mix(state, id as u64));
            let state = mix(state, read.position as u64);
            let broken = broken || self.poison.is_some_and(|poison| ids.contains(&poison));
            let logit = |entry: usize| match broken {
                true => f32::NAN,
                false => (mix(state, entry as u64) >> 40) as f32 / 4e6,
            };
            let (text, codes) = (VOCABULARY.text, VOCABULARY.text + VOCABULARY.codes);
            let part = |wanted: bool, range: std::ops::Range<usize>| {
                if wanted {
                    range.map(logit).collect()
                } else {
                    Vec::new()
                }
            };
            [
                part(read.want != Want::Codes, 0..text),
                part(read.want != Want::Text, text..codes),
                part(read.want == Want::Everything, codes..VOCABULARY.total),
            ]
        };
        Ok(HashReadings(reads.iter().map(row).collect()))
    }
}

/// A sample: a prompt with an input picture, masked cells, masked text, an end; and the prompt without the picture.
pub fn lane(prompt: &[i64], cells: usize, text: usize, seed: u64) -> Lane {
    let mut ids = prompt.to_vec();
    ids.extend([30, 31, 32]);
    let answer = ids.len();
    ids.push(5);
    let first = ids.len();
    ids.extend(std::iter::repeat_n(VOCABULARY.mask, cells));
    ids.push(6);
    let start = ids.len();
    ids.extend(std::iter::repeat_n(VOCABULARY.mask, text));
    ids.push(7);
    let canvas = Canvas {
        ids,
        cells: (first..first + cells).collect(),
        text: start..start + text,
        vocabulary: VOCABULARY,
    };
    let guide = Guide {
        prefix: prompt.to_vec(),
        from: answer,
    };
    let guides = Guides {
        text: Some(guide.clone()),
        image: Some(guide),
    };
    Lane::new(canvas, guides, Box::new(Seeded::new(seed)))
}
