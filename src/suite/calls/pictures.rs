//! The pictures of a call: in which order they are shown, and with which words.

use serde::{Deserialize, Serialize};

use crate::suite::axes::sight::SightPart;

/// Where pictures are told apart in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Labels {
    /// Their order is announced before them, and words stand before each.
    #[default]
    Between,
    /// Their order is announced before them, and they follow each other without words.
    Before,
    /// Nothing is said of them.
    None,
}

impl Labels {
    /// The name in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Between => "between",
            Self::Before => "before",
            Self::None => "none",
        }
    }
}

/// The parts that are pictures, in their usual order.
const PICTURES: [SightPart; 3] = [
    SightPart::Input,
    SightPart::Output,
    SightPart::ReferenceImage,
];

/// In which order pictures are shown, and with which words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// All parts that are pictures; those that a call does not show stand last.
    order: [SightPart; 3],
    /// Where they are told apart in words.
    pub labels: Labels,
    /// Whether a call states its order or labels.
    stated: bool,
}

impl Default for Arrangement {
    fn default() -> Self {
        Self {
            order: PICTURES,
            labels: Labels::Between,
            stated: false,
        }
    }
}

impl Arrangement {
    /// What a call states: the pictures in order, none where it leaves that to us, and their labels.
    pub(super) fn of(images: &[SightPart], labels: Option<Labels>) -> Self {
        let rest = PICTURES.into_iter().filter(|part| !images.contains(part));
        let mut order = PICTURES;
        for (place, part) in order.iter_mut().zip(images.iter().copied().chain(rest)) {
            *place = part;
        }
        Self {
            order,
            labels: labels.unwrap_or_default(),
            stated: !images.is_empty() || labels.is_some(),
        }
    }

    /// The parts that are pictures, in order; with `output_first` the output and the inputs have changed places.
    pub fn order(&self, output_first: bool) -> [SightPart; 3] {
        self.order.map(|part| match (output_first, part) {
            (true, SightPart::Input) => SightPart::Output,
            (true, SightPart::Output) => SightPart::Input,
            (_, part) => part,
        })
    }

    /// What a call states of the pictures that it shows, for the identity of a judge; `None` where it states nothing.
    pub fn told(&self, shows: impl Fn(SightPart) -> bool) -> Option<String> {
        let shown = self.order.into_iter().filter(|part| shows(*part));
        let shown: Vec<&str> = shown.map(SightPart::key).collect();
        let (shown, labels) = (shown.join(", "), self.labels.key());
        self.stated.then(|| format!("{shown}; labels {labels}"))
    }
}

/// What is wrong with the pictures that a call lists, as what was found and what was expected. `shows` are the parts that
/// each of its axes may be shown.
pub(super) fn faults(
    images: &[SightPart],
    sees: &[SightPart],
    shows: impl Fn(SightPart) -> bool,
) -> Vec<(String, &'static str)> {
    let mut faults = Vec::new();
    for (at, part) in images.iter().enumerate() {
        let key = part.key();
        if !part.is_picture() {
            let found = format!("images lists {key}, which is not a picture");
            faults.push((found, "inputs, output, reference-image"));
        } else if images.iter().take(at).any(|before| before == part) {
            faults.push((format!("images lists {key} twice"), "each once"));
        } else if !shows(*part) {
            let found = format!("images lists {key}, which the call does not show");
            faults.push((found, "pictures that are in its `sees`"));
        }
    }
    let hidden = |part: &&SightPart| part.is_picture() && !images.contains(part);
    if let Some(part) = sees.iter().find(hidden).filter(|_| !images.is_empty()) {
        let found = format!("sees {}, which images does not list", part.key());
        faults.push((found, "all pictures of its `sees`, in order"));
    }
    faults
}
