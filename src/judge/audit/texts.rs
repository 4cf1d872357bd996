//! Reasoning spoilt by degrees.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::suite::shapes::board::Colour;

/// Shares of the words that are garbled, each containing those before.
const GARBLED: [f64; 6] = [0.04, 0.08, 0.15, 0.25, 0.35, 0.5];

/// The text without its last sentence: cut off before the result.
pub fn without_result(text: &str) -> String {
    let end = text.find(" The result").unwrap_or(text.len());
    text.get(..end).unwrap_or(text).to_owned()
}

/// The text with more and more of its words garbled.
pub fn garbled(text: &str, seed: u64) -> Vec<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let order = shuffled(words.len(), seed);
    let spoil = |share: f64| {
        let count = ((words.len() as f64 * share).ceil() as usize).max(1);
        let hit = order.get(..count).unwrap_or_default();
        let all = words.iter().enumerate();
        let words: Vec<String> = all
            .map(|(index, word)| {
                if hit.contains(&index) {
                    garble(word)
                } else {
                    (*word).to_owned()
                }
            })
            .collect();
        words.join(" ")
    };
    GARBLED.iter().map(|share| spoil(*share)).collect()
}

/// A word with its letters in reverse order between two that it does not have; marks stay.
fn garble(word: &str) -> String {
    let body = word.trim_end_matches(['.', ',']);
    let marks = word.get(body.len()..).unwrap_or_default();
    let letters: String = body.chars().rev().collect();
    format!("qz{letters}xv{marks}")
}

/// The text with more and more of its colours wrong, one mention after the other.
pub fn wrong_colours(text: &str, seed: u64) -> Vec<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let named: Vec<usize> = (0..)
        .zip(&words)
        .filter(|(_, word)| Colour::named(word).is_some())
        .map(|(index, _)| index)
        .collect();
    let order = shuffled(named.len(), seed);
    let mut spoilt: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let mut texts = Vec::new();
    for at in order.iter().filter_map(|place| named.get(*place)) {
        if let Some(word) = spoilt.get_mut(*at)
            && let Some(colour) = Colour::named(word)
        {
            *word = other_colour(colour).name().to_owned();
            texts.push(spoilt.join(" "));
        }
    }
    texts
}

/// The colour after this one.
pub fn other_colour(colour: Colour) -> Colour {
    let after = Colour::ALL
        .into_iter()
        .cycle()
        .skip_while(|other| *other != colour);
    after.skip(1).take(1).next().unwrap_or(colour)
}

/// The words in reverse order.
pub fn reversed(text: &str) -> String {
    text.split(' ').rev().collect::<Vec<_>>().join(" ")
}

/// The numbers below `count` in a random order.
pub fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "I see red circle at b2, blue star at e5. I remove red circle. The result holds blue star at e5.";

    #[test]
    fn damage_grows_word_by_word() {
        assert_eq!(
            without_result(TEXT),
            "I see red circle at b2, blue star at e5. I remove red circle."
        );
        let differing = |text: &str| {
            let pairs = text.split(' ').zip(TEXT.split(' '));
            pairs.filter(|(a, b)| a != b).count()
        };
        let colours: Vec<usize> = wrong_colours(TEXT, 3)
            .iter()
            .map(|t| differing(t))
            .collect();
        assert_eq!(colours, [1, 2, 3, 4]);
        let words: Vec<usize> = garbled(TEXT, 3).iter().map(|t| differing(t)).collect();
        assert!(words.is_sorted() && words.first() == Some(&1), "{words:?}");
        assert_eq!(reversed(&reversed(TEXT)), TEXT);
        assert_eq!(other_colour(Colour::Black), Colour::Red);
    }
}
