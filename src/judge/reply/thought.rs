//! Tags between which models leave their thoughts when no server takes them out.

/// Names of such tags in lower case, without brackets, bars and name spaces.
const NAMES: [&str; 12] = [
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reflection",
    "analysis",
    "scratchpad",
    "deliberation",
    "monologue",
    "inner_monologue",
    "chain_of_thought",
];
/// Longest tag, in bytes.
const MAX_TAG: usize = 120;
/// The brackets of tags.
const BRACKETS: [(char, char); 3] = [('<', '>'), ('[', ']'), ('◁', '▷')];

/// What a tag does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKind {
    /// A thought begins.
    Opens,
    /// A thought ends.
    Closes,
}

/// Whether a character can begin a tag.
pub fn may_begin(c: char) -> bool {
    BRACKETS.iter().any(|(open, _)| *open == c)
}

/// The tag at byte `at` of a text and its length in bytes. A tag that stands alone in quotes is
/// spoken of, not used.
pub fn tag_at(text: &str, at: usize) -> Option<(TagKind, usize)> {
    let (before, from) = text.split_at_checked(at)?;
    let first = from.chars().next()?;
    let (_, close) = BRACKETS.iter().find(|(open, _)| *open == first)?;
    let mut near = from.char_indices().take_while(|(end, _)| *end <= MAX_TAG);
    let end = near.find(|(_, c)| c == close)?.0;
    let inner = from.get(first.len_utf8()..end)?;
    let length = end + close.len_utf8();
    let after = from.get(length..)?;
    if is_quoted(before, after) {
        return None;
    }
    let kind = match first {
        '<' => angle(inner, after),
        // Other names in square brackets are headings.
        '[' => named(inner).filter(|_| inner.to_lowercase().contains("think")),
        _ => named(inner),
    }?;
    Some((kind, length))
}

fn is_quoted(before: &str, after: &str) -> bool {
    let pair = (before.chars().next_back(), after.chars().next());
    matches!(
        pair,
        (Some('"'), Some('"'))
            | (Some('\''), Some('\''))
            | (Some('`'), Some('`'))
            | (Some('“'), Some('”'))
            | (Some('‘'), Some('’'))
            | (Some('«'), Some('»'))
    )
}

/// `think`, `/think`, `ns:think kind="x"`.
fn named(inner: &str) -> Option<TagKind> {
    let inner = inner.trim();
    if inner.ends_with('/') {
        return None;
    }
    let (kind, name) = match inner.strip_prefix('/') {
        Some(name) => (TagKind::Closes, name),
        None => (TagKind::Opens, inner),
    };
    let name = name.split_whitespace().next()?.to_lowercase();
    let name = name.rsplit(':').next()?;
    NAMES.contains(&name).then_some(kind)
}

/// A tag in angle brackets; with bars it is a special token of a model's template.
fn angle(inner: &str, after: &str) -> Option<TagKind> {
    let bars = ['|', '｜'];
    let token = inner.trim_matches(bars);
    if token.len() == inner.len() {
        return named(inner);
    }
    let name = token.to_lowercase();
    let (begins, ends) = (inner.starts_with(bars), inner.ends_with(bars));
    if name == "channel" {
        // gpt-oss: `<|channel|>analysis … <|channel|>final`; others: `<|channel>thought … <channel|>`.
        if !begins {
            return Some(TagKind::Closes);
        }
        let said = after.trim_start().to_lowercase();
        let is_final = ends && said.starts_with("final");
        return Some(if is_final {
            TagKind::Closes
        } else {
            TagKind::Opens
        });
    }
    if let Some(kind) = named(&name) {
        return Some(kind);
    }
    let words: Vec<&str> = name.split(['_', '▁']).collect();
    let thinks = words.iter().any(|word| NAMES.contains(word));
    match words.first() {
        Some(&("begin" | "start")) if thinks => Some(TagKind::Opens),
        Some(&"end") if thinks => Some(TagKind::Closes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_many_models_are_known() {
        for (open, close) in [
            ("<think>", "</think>"),
            ("< THINK >", "</ think >"),
            ("<thinking budget=\"3\">", "</thinking>"),
            ("<seed:think>", "</seed:think>"),
            ("<reasoning>", "</reasoning>"),
            ("[THINK]", "[/THINK]"),
            ("◁think▷", "◁/think▷"),
            ("<|think|>", "<|/think|>"),
            ("<|begin_of_thought|>", "<|end_of_thought|>"),
            ("<|START_THINKING|>", "<|END_THINKING|>"),
            ("<｜begin▁of▁thinking｜>", "<｜end▁of▁thinking｜>"),
            ("<|channel|>analysis", "<|channel|>final"),
            ("<|channel>thought", "<channel|>"),
        ] {
            let kind = |text: &str| tag_at(text, 0).map(|(kind, _)| kind);
            assert_eq!(kind(open), Some(TagKind::Opens), "{open}");
            assert_eq!(kind(close), Some(TagKind::Closes), "{close}");
            for quoted in [format!("`{open}`"), format!("\"{open}\"")] {
                if !open.starts_with("<|channel") {
                    assert_eq!(tag_at(&quoted, 1), None, "{quoted}");
                }
            }
        }
        for other in [
            "<b>",
            "<",
            "<think",
            "[Reasoning]",
            "<answer>",
            "[1]",
            "<think/>",
            "<|end|>",
            "<<<MATERIAL 1>>>",
        ] {
            assert_eq!(tag_at(other, 0), None, "{other}");
        }
    }
}
