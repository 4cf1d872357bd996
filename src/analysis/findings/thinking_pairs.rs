//! Which runs are one model with and without thinking.

use crate::analysis::runs::load::LoadedRun;

/// Words of a name that say how a model was run, not which model it is.
const WORDS: [&str; 14] = [
    "think",
    "thinks",
    "thinking",
    "nothink",
    "nothinking",
    "no",
    "non",
    "not",
    "with",
    "without",
    "w",
    "o",
    "wo",
    "reasoning",
];

/// Pairs of positions (with, without) in `runs`: one run is declared to think, the other is not, and both
/// are one model by [`same_model`]. In the order of the runs.
pub fn thinking_pairs(runs: &[&LoadedRun]) -> Vec<(usize, usize)> {
    let thinks = |run: &LoadedRun| run.manifest.model.identity.thinks;
    let mut pairs = Vec::new();
    for (with, a) in runs.iter().enumerate().filter(|(_, run)| thinks(run)) {
        for (without, b) in runs.iter().enumerate().filter(|(_, run)| !thinks(run)) {
            if same_model(a, b) {
                pairs.push((with, without));
            }
        }
    }
    pairs
}

/// Whether two runs are of one model, as far as manifests tell: same kind, and either the same
/// specification apart from its options, or names that differ only in words about thinking.
pub fn same_model(a: &LoadedRun, b: &LoadedRun) -> bool {
    let (a, b) = (&a.manifest.model, &b.manifest.model);
    if a.identity.kind != b.identity.kind {
        return false;
    }
    base(&a.spec) == base(&b.spec) || same_name(&a.identity.name, &b.identity.name)
}

fn base(spec: &str) -> &str {
    spec.split('?').next().unwrap_or(spec)
}

fn same_name(a: &str, b: &str) -> bool {
    let (a, b) = (own_words(a), own_words(b));
    !a.is_empty() && a == b
}

/// The words of a name in lower case, without those about thinking.
fn own_words(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !WORDS.contains(&word.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_their_words_about_thinking() {
        assert!(same_name("bagel-think", "bagel-nothink"));
        assert!(same_name("Bagel w/ think", "bagel-without-thinking"));
        assert!(same_name("bagel-7b", "bagel-7b.think"));
        assert!(!same_name("bagel-7b", "bagel-14b-think"));
        assert!(
            !same_name("think", "no-think"),
            "nothing is left to compare"
        );
    }
}
