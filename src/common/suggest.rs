//! What a user may have meant by a name that does not exist.

/// From this similarity on (Jaro–Winkler, 0 to 1) a name counts as near.
const NEAR: f64 = 0.8;
/// The similarity of a name to one that it is a part of: near where nothing is nearer.
const PART: f64 = NEAR;
/// Shorter parts are in many names, in characters.
const SHORTEST_PART: usize = 4;
/// Names that are this much less similar than the most similar one are not meant.
const WIDTH: f64 = 0.05;
/// Most near names that are shown.
const MAX_NEAR: usize = 3;
/// Most names that are listed where none is near.
const MAX_LISTED: usize = 12;
/// Longest part of a wrong name that is shown, in characters.
const MAX_SHOWN: usize = 60;

/// A name that was typed and does not exist, as [`unknown`] says it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UnknownName(pub String);

/// The known names that are most similar to `name`, the most similar first.
pub fn near<'a>(name: &str, known: &[&'a str]) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut near: Vec<(f64, &str)> = known
        .iter()
        .map(|&other| (similarity(&wanted, &other.to_lowercase()), other))
        .filter(|&(similarity, _)| similarity >= NEAR)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.dedup_by_key(|(_, other)| *other);
    let best = near.first().map_or(0.0, |(similarity, _)| *similarity);
    near.retain(|(similarity, _)| best - similarity <= WIDTH);
    near.truncate(MAX_NEAR);
    near.into_iter().map(|(_, other)| other).collect()
}

/// How alike two names are. One that is a whole part of the other is as good as near: `parallel` of `shapes-parallel-1a2b`.
fn similarity(wanted: &str, other: &str) -> f64 {
    let is_part = wanted.chars().count() >= SHORTEST_PART && other.contains(wanted);
    let alike = strsim::jaro_winkler(wanted, other);
    match is_part {
        true => alike.max(PART),
        false => alike,
    }
}

/// ` (did you mean …?)`, or nothing when no name is near.
pub fn did_you_mean(name: &str, known: &[&str]) -> String {
    match question(name, known) {
        Some(question) => format!(" ({question})"),
        None => String::new(),
    }
}

/// `unknown judge …`: with the near names, else with those that exist, and with the command that lists them all, where there
/// is one.
pub fn unknown(noun: &str, name: &str, known: &[&str], list: Option<&str>) -> String {
    let shown: String = name.chars().take(MAX_SHOWN).collect();
    let (hint, has_all) = match question(name, known) {
        Some(question) => (question, false),
        None if known.is_empty() => ("there are none".to_owned(), true),
        None => {
            let listed = known.iter().take(MAX_LISTED).copied();
            let listed = listed.collect::<Vec<_>>().join(", ");
            let more = known.len().saturating_sub(MAX_LISTED);
            let more = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            (format!("expected one of: {listed}{more}"), more.is_empty())
        }
    };
    let list = list.filter(|_| !has_all);
    let list = list.map_or_else(String::new, |list| format!(" (all: `{list}`)"));
    format!("unknown {noun} `{shown}`; {hint}{list}")
}

fn question(name: &str, known: &[&str]) -> Option<String> {
    let near = near(name, known);
    let names: Vec<String> = near.iter().map(|other| format!("`{other}`")).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_asked_for_and_others_listed() {
        let known = ["gpt-4.1", "oracle", "succession"];
        let list = Some("parabench list judges");
        assert_eq!(
            unknown("judge", "gtp-4.1", &known, list),
            "unknown judge `gtp-4.1`; did you mean `gpt-4.1`? (all: `parabench list judges`)"
        );
        assert_eq!(
            unknown("judge", "xyz", &known, list),
            "unknown judge `xyz`; expected one of: gpt-4.1, oracle, succession"
        );
        assert_eq!(
            unknown("run", "a", &[], None),
            "unknown run `a`; there are none"
        );
        let many: Vec<String> = (0..20).map(|n| format!("{n}-{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let text = unknown("task", "zzz", &many, None);
        assert!(text.ends_with("11-11 and 8 more"), "{text}");
    }

    #[test]
    fn a_part_of_a_name_leads_to_it() {
        let runs = ["shapes-parallel-f80087c4", "shapes-no-thinking-f5339a7d"];
        assert_eq!(near("parallel", &runs), ["shapes-parallel-f80087c4"]);
        assert_eq!(near("no-thinking", &runs), ["shapes-no-thinking-f5339a7d"]);
        assert!(near("par", &runs).is_empty());
        let commands = ["judge", "judge-audit", "judge-bridge"];
        assert_eq!(near("judg", &commands), ["judge"]);
    }

    #[test]
    fn a_name_in_another_case_is_near_and_a_long_one_is_cut() {
        assert_eq!(near("ORACLE", &["oracle", "gpt"]), ["oracle"]);
        let text = unknown("axis", &"x".repeat(500), &["a"], None);
        assert!(text.len() < 120, "{text}");
    }
}
