//! Words of the reasoning, tolerant of a slip of one letter.

use crate::suite::shapes::board::{Colour, Object, Shape};
use crate::suite::shapes::target::{Class, Side};

/// Longest text that is read, in tokens: ten times the longest right one.
const MAX_TOKENS: usize = 1000;
/// Words that carry no claim.
const FILLERS: &[&str] = &[
    "a", "an", "the", "and", "then", "i", "so", "is", "are", "there", "at", "in", "on", "to",
    "into", "of", "by", "it", "now", "will", "with", "must", "be", "picture", "scene", "input",
    "plan", "from", "goes", "becomes", "also", "we", "this", "that", "as", "than",
];
/// Words that carry one, beside colours, shapes, numbers and cells.
const SIGNS: &[&str] = &[
    "see",
    "sees",
    "need",
    "needs",
    "move",
    "turn",
    "remove",
    "add",
    "result",
    "holds",
    "nothing",
    "else",
    "shape",
    "shapes",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "above",
    "below",
    "left",
    "right",
    "beside",
    "row",
    "column",
    "top",
    "bottom",
    "corner",
    "corners",
    "different",
    "colours",
    "more",
    "many",
];
/// Shortest word in which a wrong letter is forgiven.
const FORGIVEN_FROM: usize = 4;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A word of the vocabulary, mended where a letter was wrong.
    Word(String),
    /// A word that means nothing here.
    Unknown,
    /// A comma, full stop or the like.
    Break,
}

impl Token {
    /// The word, where it is one of the vocabulary.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// Cuts a text into tokens; what is beyond 1,000 of them is not read.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for piece in text.split_whitespace() {
        let body = piece.trim_end_matches(|letter: char| !letter.is_alphanumeric());
        if !body.is_empty() {
            let word = body.to_lowercase();
            tokens.push(mend(&word).map_or(Token::Unknown, Token::Word));
        }
        if body.len() < piece.len() {
            tokens.push(Token::Break);
        }
        if tokens.len() >= MAX_TOKENS {
            break;
        }
    }
    tokens
}

/// Whether a word carries no claim.
pub fn is_filler(word: &str) -> bool {
    FILLERS.contains(&word)
}

fn vocabulary() -> impl Iterator<Item = &'static str> {
    let colours = Colour::ALL.into_iter().map(Colour::name);
    let shapes = Shape::ALL
        .into_iter()
        .flat_map(|shape| [shape.name(), shape.plural()]);
    let rest = FILLERS.iter().chain(SIGNS).copied();
    colours.chain(shapes).chain(rest)
}

/// The word of the vocabulary that is meant: the same, or the only one that is one
/// letter away.
fn mend(word: &str) -> Option<String> {
    let is_cell = word.parse::<crate::suite::shapes::board::Cell>().is_ok();
    if is_cell || vocabulary().any(|known| known == word) {
        return Some(word.to_owned());
    }
    let long = |text: &str| text.chars().count() >= FORGIVEN_FROM;
    let mut near =
        vocabulary().filter(|known| long(known) && long(word) && one_letter_away(known, word));
    match (near.next(), near.next()) {
        (Some(only), None) => Some(only.to_owned()),
        _ => None,
    }
}

/// Whether one letter was changed, lost, added, or two neighbours were exchanged.
fn one_letter_away(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = |text: &[char], skip: usize| text.get(start + skip..).map(<[char]>::to_vec);
    let tail = |x: usize, y: usize| rest(&a, x).is_some() && rest(&a, x) == rest(&b, y);
    let swapped = a.get(start) == b.get(start + 1) && a.get(start + 1) == b.get(start);
    tail(1, 1) || tail(1, 0) || tail(0, 1) || (swapped && tail(2, 2))
}

/// The number that a word names.
pub fn number(word: &str) -> Option<u8> {
    let words = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    (1..)
        .zip(words)
        .find(|(_, name)| *name == word)
        .map(|(number, _)| number)
}

/// The colour that a word names.
pub fn colour(word: &str) -> Option<Colour> {
    Colour::ALL.into_iter().find(|colour| colour.name() == word)
}

/// The shape that a word names, in the singular or plural.
pub fn shape(word: &str) -> Option<Shape> {
    Shape::ALL
        .into_iter()
        .find(|shape| shape.name() == word || shape.plural() == word)
}

/// The object that stands at the start of the words, and what follows.
pub fn object<'a>(words: &'a [&'a str]) -> Option<(Object, &'a [&'a str])> {
    match words {
        [first, second, rest @ ..] => {
            let (colour, shape) = (colour(first)?, shape(second)?);
            Some((Object { colour, shape }, rest))
        }
        _ => None,
    }
}

/// The class that stands at the start of the words, and what follows.
pub fn class<'a>(words: &'a [&'a str]) -> Option<(Class, &'a [&'a str])> {
    let (tint, rest) = match words {
        [first, rest @ ..] if colour(first).is_some() => (colour(first), rest),
        _ => (None, words),
    };
    match rest {
        [noun, rest @ ..] if *noun == "shape" || *noun == "shapes" => Some((
            Class {
                colour: tint,
                shape: None,
            },
            rest,
        )),
        [noun, rest @ ..] => {
            let shape = Some(shape(noun)?);
            Some((
                Class {
                    colour: tint,
                    shape,
                },
                rest,
            ))
        }
        [] => None,
    }
}

/// The side that stands at the start of the words, and what follows.
pub fn side<'a>(words: &'a [&'a str]) -> Option<(Side, &'a [&'a str])> {
    Side::ALL.into_iter().find_map(|side| {
        let first = side.words().split(' ').next()?;
        match words {
            [word, "of", rest @ ..] if *word == first => Some((side, rest)),
            [word, rest @ ..] if *word == first => Some((side, rest)),
            _ => None,
        }
    })
}
