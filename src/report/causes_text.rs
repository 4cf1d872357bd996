//! Why marks and answers are missing, for the terminal.

use crate::report::columns::printable;
use crate::run::causes::Cause;
use crate::run::scores::Status;

/// Causes that are shown; the rest is counted.
const SHOWN: usize = 4;

/// The commonest causes with the words that came with them; nothing where nothing is missing.
pub fn causes_text(causes: &[Cause]) -> Option<String> {
    if causes.is_empty() {
        return None;
    }
    let mut lines = vec!["Why something is missing, the commonest cause first:".to_owned()];
    lines.extend(causes.iter().take(SHOWN).map(line));
    let rest = causes
        .iter()
        .skip(SHOWN)
        .map(|cause| cause.count)
        .sum::<u64>();
    if rest > 0 {
        lines.push(format!(
            "  {rest} more by other causes; judgments.jsonl and samples.jsonl hold each"
        ));
    }
    Some(lines.join("\n"))
}

fn line(cause: &Cause) -> String {
    let what = match (cause.status, cause.count) {
        (Status::ModelLost(_), 1) => "answer",
        (Status::ModelLost(_), _) => "answers",
        (_, 1) => "mark",
        _ => "marks",
    };
    let mut line = format!(
        "  {} {what} of {}: {}",
        cause.count,
        printable(&cause.of),
        cause.status
    );
    if let Some(words) = &cause.words {
        let often = match cause.with_words == cause.count {
            true => String::new(),
            false => format!(" ({} times)", cause.with_words),
        };
        line += &format!("; in its words{often}: {}", printable(words));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::MissingReason;

    #[test]
    fn the_commonest_four_are_shown_in_their_own_words() {
        assert_eq!(causes_text(&[]), None);
        let cause = |count, words: &str| Cause {
            of: "j".into(),
            status: Status::Missing(MissingReason::RefusedRequest),
            count,
            words: Some(words.to_owned()),
            with_words: count.min(2),
        };
        let text = causes_text(&[
            cause(7, "HTTP 400: no \u{1b}[31mpictures"),
            cause(2, "a"),
            cause(1, "b"),
            cause(1, "c"),
            cause(1, "d"),
        ]);
        let text = text.unwrap();
        assert!(
            text.contains(
                "7 marks of j: refused-request; in its words (2 times): HTTP 400: no ?[31mpictures"
            ),
            "{text}"
        );
        assert!(
            text.contains("1 mark of j") && text.contains("1 more by other causes"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}') && !text.contains(": d"), "{text}");
    }
}
