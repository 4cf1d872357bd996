//! Marks on lines of their own: `Score: 4`, `**Consistency**: 2`, `Final Score: 3, 4`.
//!
//! A line counts when nothing but marks of Markdown stands before its label, a colon follows, and the rest of the line
//! is numbers. A line of this form that stands in the judged material is a quote and counts for nothing.

use super::Claim;
use super::object::Value;
use super::scan::unparsable;
use crate::suite::axes::scale::MarkScale;

/// What Markdown puts before a line.
const BEFORE: [char; 7] = ['*', '_', '#', '>', '-', '`', '•'];
/// What Markdown puts around words.
const AROUND: [char; 3] = ['*', '_', '`'];

/// What the lines under a label say, and what stands before the first of them.
pub(super) struct Lines<'a> {
    pub claims: Vec<Claim>,
    pub before: &'a str,
}

/// Looks through the words of a reply for lines with `count` numbers under a label.
pub(super) fn read<'a>(
    prose: &'a str,
    label: &str,
    scale: MarkScale,
    count: usize,
    material: &[String],
) -> Lines<'a> {
    let quoted = |line: &str| {
        let mut lines = material.iter().flat_map(|text| text.lines());
        lines.any(|shown| shown.trim() == line.trim())
    };
    let mut lines = Lines {
        claims: Vec::new(),
        before: prose,
    };
    let mut passed = 0;
    for line in prose.split_inclusive('\n') {
        if let Some(rest) = after_label(line, label).filter(|_| !quoted(line)) {
            if lines.claims.is_empty() {
                lines.before = prose.get(..passed).unwrap_or_default();
            }
            lines.claims.push(claim(rest, scale, count));
        }
        passed += line.len();
    }
    lines
}

/// What follows the label and the colon of a line.
fn after_label<'a>(line: &'a str, label: &str) -> Option<&'a str> {
    let around = |c: char| c.is_whitespace() || AROUND.contains(&c);
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || BEFORE.contains(&c));
    let (start, rest) = (line.get(..label.len())?, line.get(label.len()..)?);
    if !start.eq_ignore_ascii_case(label) {
        return None;
    }
    let rest = rest.trim_start_matches(around).strip_prefix([':', '：'])?;
    Some(rest.trim_matches(around))
}

fn claim(rest: &str, scale: MarkScale, count: usize) -> Claim {
    let words: Vec<&str> = rest.split([',', '，']).map(str::trim).collect();
    let claims: Vec<Claim> = words
        .iter()
        .map(|word| Claim::of(&Value::Bare((*word).to_owned()), scale))
        .collect();
    match claims.len() == count || claims.iter().all(|claim| *claim == Claim::Form) {
        true => Claim::of_all(claims),
        false => unparsable(),
    }
}
