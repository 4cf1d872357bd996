//! The oracle's own parser of reasoning: what a text claims to see, to do or to
//! need, and what it says the result holds.

use std::collections::BTreeMap;

use super::words::{Token, class, is_filler, number, object, side, tokens};
use crate::suite::shapes::board::{Cell, Object};
use crate::suite::shapes::target::{Need, Zone};

/// One thing that a text says it does; objects as they are in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// It goes to a cell.
    Move(Object, Cell),
    /// It becomes another object.
    Turn(Object, Object),
    /// It vanishes.
    Remove(Object),
    /// It comes into being.
    Add(Object, Cell),
}

/// What a text claims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    /// What it sees, in order.
    pub seen: Vec<(Cell, Object)>,
    /// What it does.
    pub plan: Vec<Step>,
    /// What it needs. `nothing else` is [`Need::Only`] of no class.
    pub needs: Vec<Need>,
    /// What the result holds, in order.
    pub held: Vec<(Cell, Object)>,
    /// How often each part begins: seeing, planning, the result.
    pub parts: [usize; 3],
    /// Words in all.
    pub words: usize,
    /// Words of no known meaning, or in no understood phrase.
    pub lost: usize,
}

impl Claims {
    /// Where the text says it sees an object.
    pub fn place_of(&self, object: Object) -> Option<Cell> {
        self.seen
            .iter()
            .find(|(_, seen)| *seen == object)
            .map(|(cell, _)| *cell)
    }

    /// The result as a board; a cell named twice keeps the first.
    pub fn result(&self) -> BTreeMap<Cell, Object> {
        self.held.iter().rev().copied().collect()
    }

    /// Whether it claims anything about the result.
    pub fn is_silent(&self) -> bool {
        self.plan.is_empty() && self.needs.is_empty() && self.held.is_empty()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Before,
    Seen,
    Plan,
    Needs,
    Result,
}

/// Parses a text. Every text has claims; a foreign one has none and many lost words.
pub fn parse(text: &str) -> Claims {
    let tokens = tokens(text);
    let mut claims = Claims {
        words: tokens
            .iter()
            .filter(|token| **token != Token::Break)
            .count(),
        ..Claims::default()
    };
    let mut part = Part::Before;
    for segment in tokens.split(|token| *token == Token::Break) {
        claims.lost += segment
            .iter()
            .filter(|token| **token == Token::Unknown)
            .count();
        let words: Vec<&str> = segment.iter().filter_map(Token::word).collect();
        part = read_segment(&mut claims, part, &words);
    }
    claims
}

/// Reads what stands between two marks; returns the part that it ends in.
fn read_segment(claims: &mut Claims, mut part: Part, words: &[&str]) -> Part {
    let mut left = words;
    while let [first, rest @ ..] = left {
        if let Some(begun) = begins(first, part) {
            claims.begin(begun, part);
            part = begun;
        }
        let after = match part {
            Part::Seen | Part::Result => placed(left).map(|(found, rest)| {
                if part == Part::Seen {
                    claims.seen.push(found);
                } else {
                    claims.held.push(found);
                }
                rest
            }),
            Part::Plan => step(left).map(|(step, rest)| {
                claims.plan.push(step);
                rest
            }),
            Part::Needs => need(left).map(|need| {
                claims.needs.push(need);
                &[][..]
            }),
            Part::Before => None,
        };
        left = after.unwrap_or_else(|| {
            let said_nothing = *first == "nothing" && part != Part::Before;
            if begins(first, part).is_none() && !is_filler(first) && !said_nothing {
                claims.lost += 1;
            }
            rest
        });
    }
    part
}

impl Claims {
    fn begin(&mut self, part: Part, before: Part) {
        let index = match part {
            Part::Seen => 0,
            Part::Plan | Part::Needs => 1,
            Part::Result => 2,
            Part::Before => return,
        };
        if part != before
            && let Some(count) = self.parts.get_mut(index)
        {
            *count += 1;
        }
    }
}

/// The part that a word begins.
fn begins(word: &str, part: Part) -> Option<Part> {
    match word {
        "see" | "sees" => Some(Part::Seen),
        "need" | "needs" => Some(Part::Needs),
        "move" | "turn" | "remove" | "add" if part != Part::Needs => Some(Part::Plan),
        "result" | "holds" => Some(Part::Result),
        _ => None,
    }
}

/// `red circle at b2`.
fn placed<'a>(words: &'a [&'a str]) -> Option<((Cell, Object), &'a [&'a str])> {
    let (object, rest) = object(without_article(words))?;
    let (cell, rest) = cell(rest)?;
    Some(((cell, object), rest))
}

fn cell<'a>(words: &'a [&'a str]) -> Option<(Cell, &'a [&'a str])> {
    match words {
        ["at" | "in" | "on" | "to", cell, rest @ ..] | [cell, rest @ ..] => {
            Some((cell.parse().ok()?, rest))
        }
        [] => None,
    }
}

fn without_article<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    match words {
        ["a" | "an" | "the", rest @ ..] => rest,
        _ => words,
    }
}

/// `move red circle to c4`, `turn blue star into green star`, …
fn step<'a>(words: &'a [&'a str]) -> Option<(Step, &'a [&'a str])> {
    let [verb, rest @ ..] = words else {
        return None;
    };
    let (what, rest) = object(without_article(rest))?;
    match *verb {
        "move" => cell(rest).map(|(cell, rest)| (Step::Move(what, cell), rest)),
        "add" => cell(rest).map(|(cell, rest)| (Step::Add(what, cell), rest)),
        "remove" => Some((Step::Remove(what), rest)),
        "turn" => {
            let rest = match rest {
                ["into" | "to", rest @ ..] => rest,
                _ => rest,
            };
            let (into, rest) = object(without_article(rest))?;
            Some((Step::Turn(what, into), rest))
        }
        _ => None,
    }
}

/// A whole phrase of a need; an opening `I need` is skipped.
fn need(words: &[&str]) -> Option<Need> {
    let words = match words {
        ["need" | "needs", rest @ ..] => rest,
        _ => words,
    };
    match words {
        ["nothing", "else"] => Some(Need::Only { of: Vec::new() }),
        ["more", rest @ ..] => {
            let (of, rest) = class(rest)?;
            let (than, []) = class(rest.strip_prefix(&["than"])?)? else {
                return None;
            };
            Some(Need::More { of, than })
        }
        ["as", "many", rest @ ..] => {
            let (of, rest) = class(rest)?;
            let (and, []) = class(rest.strip_prefix(&["as"])?)? else {
                return None;
            };
            Some(Need::Equal { of, and })
        }
        [first, rest @ ..] if number(first).is_some() => {
            let (is, (of, [])) = (number(first)?, class(rest)?) else {
                return None;
            };
            Some(Need::Count { of, is })
        }
        _ => relation(words),
    }
}

/// A class and how it lies.
fn relation(words: &[&str]) -> Option<Need> {
    let (of, rest) = class(without_article(words))?;
    match rest {
        ["in", "one", "row"] => return Some(Need::OneRow { of }),
        ["in", "one", "column"] => return Some(Need::OneColumn { of }),
        ["of", "different", "colours"] => return Some(Need::AllColours { of }),
        _ => {}
    }
    let zone = Zone::ALL.into_iter().find(|zone| {
        let words: Vec<&str> = zone.words().split(' ').collect();
        rest == words
    });
    if let Some(zone) = zone {
        return Some(Need::Within { of, zone });
    }
    let (side, rest) = side(rest)?;
    let (than, []) = class(without_article(rest))? else {
        return None;
    };
    Some(Need::Place { of, side, than })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(cell: &str, object: &str) -> (Cell, Object) {
        (cell.parse().unwrap(), object.parse().unwrap())
    }

    #[test]
    fn three_sentences() {
        let claims = parse(
            "I see red circle at b2, blue star at e5. I move red circle to c4, turn blue star \
             into green star. The result holds red circle at c4, green star at e5.",
        );
        assert_eq!(claims.seen, [at("b2", "red circle"), at("e5", "blue star")]);
        assert_eq!(
            claims.plan,
            [
                Step::Move("red circle".parse().unwrap(), "c4".parse().unwrap()),
                Step::Turn("blue star".parse().unwrap(), "green star".parse().unwrap())
            ]
        );
        assert_eq!(
            claims.held,
            [at("c4", "red circle"), at("e5", "green star")]
        );
        assert_eq!((claims.parts, claims.lost), ([1, 1, 1], 0));
    }

    #[test]
    fn small_slips_are_forgiven_and_large_ones_counted() {
        let claims =
            parse("I sees a red cirlce at b2 and the blu star at e5. Add a pink hart at a1");
        assert_eq!(claims.seen[0], at("b2", "red circle"));
        assert!(claims.lost > 0, "`blu` is too short to mend");
        assert_eq!(claims.plan.len(), 1);
        let foreign = parse("The quick brown fox jumps over the lazy dog.");
        assert!(foreign.is_silent() && foreign.lost > 5);
        assert_eq!(parse("").words, 0);
    }

    #[test]
    fn needs() {
        let text = "I see nothing. I need three red circles, one blue star, more hearts than \
                    stars, as many red shapes as pink shapes, red circles left of blue star, \
                    hearts in one row, stars of different colours, heart in a corner, heart in \
                    the top row, blue star beside red circles, nothing else. The result holds red circle at a1.";
        let claims = parse(text);
        assert_eq!(
            (claims.needs.len(), claims.lost),
            (11, 0),
            "{:?}",
            claims.needs
        );
        assert_eq!(claims.held.len(), 1);
    }

    #[test]
    fn long_and_strange_texts_do_no_harm() {
        let long = "red circle at b2, ".repeat(100_000);
        assert!(parse(&long).words <= 1001);
        for text in [
            "...",
            "move move move",
            "need",
            "ü 😀 \u{0}",
            "turn red",
            "as many",
            "more red",
        ] {
            parse(text);
        }
    }
}
