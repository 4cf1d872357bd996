//! Standings of several pairs of runs, counted in one sentence.

use super::words::word;
use crate::analysis::compare::standing::{Standing, WithinMargin};

/// `three score lower; one differs by less than 2.5 points`: how many have each standing, in the order of the first of
/// them. `margin` is in points.
pub fn counted(standings: &[Standing], margin: f64) -> String {
    let mut groups: Vec<([String; 2], usize)> = Vec::new();
    for standing in standings {
        let said = said(*standing, margin);
        match groups.iter_mut().find(|(known, _)| *known == said) {
            Some((_, count)) => *count += 1,
            None => groups.push((said, 1)),
        }
    }
    let parts = groups.into_iter().map(|([one, many], count)| match count {
        1 => format!("one {one}"),
        _ => format!("{} {many}", number(count)),
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// What one run, and what several runs of this standing do.
fn said(standing: Standing, margin: f64) -> [String; 2] {
    let both = |one: String, many: String| [one, many];
    match standing {
        Standing::Shown { direction, .. } => {
            let word = word(direction);
            both(format!("scores {word}"), format!("score {word}"))
        }
        Standing::Conditional { direction, .. } => {
            let word = word(direction);
            both(
                format!("scores {word} under a condition"),
                format!("score {word} under a condition"),
            )
        }
        Standing::Margin(within) => {
            let [one, many] = within_margin(within, margin);
            let condition = match within.conditional {
                true => " under a condition",
                false => "",
            };
            both(format!("{one}{condition}"), format!("{many}{condition}"))
        }
        Standing::NotShown { .. } => both(
            "is not shown to differ".to_owned(),
            "are not shown to differ".to_owned(),
        ),
        Standing::NotTested(_) => both("was not tested".to_owned(), "were not tested".to_owned()),
        Standing::Withheld(_) => both("carries no claim".to_owned(), "carry no claim".to_owned()),
        Standing::Descriptive(_) => both(
            "is reported, not tested".to_owned(),
            "are reported, not tested".to_owned(),
        ),
    }
}

fn within_margin(within: WithinMargin, margin: f64) -> [String; 2] {
    match within.equivalent {
        true => ["differs", "differ"].map(|verb| format!("{verb} by less than {margin} points")),
        false => ["is", "are"].map(|verb| format!("{verb} at most {margin} points worse")),
    }
}

/// Small numbers as words.
pub fn number(count: usize) -> String {
    const WORDS: [&str; 10] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    WORDS
        .get(count)
        .map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::compare::standing::Direction;

    #[test]
    fn equal_standings_are_counted_together() {
        let lower = Standing::Shown {
            direction: Direction::Lower,
            also: None,
        };
        let within = Standing::Margin(WithinMargin {
            equivalent: true,
            conditional: false,
        });
        assert_eq!(
            counted(&[lower, within, lower], 2.5),
            "two score lower; one differs by less than 2.5 points"
        );
        let open = Standing::NotShown { interval: false };
        assert_eq!(counted(&[open; 12], 2.5), "12 are not shown to differ");
    }
}
