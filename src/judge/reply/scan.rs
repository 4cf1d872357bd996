//! One pass over a reply: thoughts cut out, complete objects found, the rest kept as prose.

use super::object::{self, Brace, Object, Value};
use super::thought::{self, TagKind};
use super::{Claim, Search};
use crate::judge::mark::MissingReason;

/// Most opening braces that are tried: each may cost a look at all that follows.
const MAX_BRACES: usize = 500;
/// Field of the judge's reasons.
const REASONING: &str = "reasoning";
/// Quotes around a key.
const QUOTES: [char; 4] = ['"', '\'', '“', '”'];

/// What a reply is made of.
#[derive(Debug, Default)]
pub struct Scan<'a> {
    objects: Vec<(Object, &'a str)>,
    /// Everything outside thoughts and complete objects.
    pub prose: String,
    /// Whether an object does not end.
    pub broken: bool,
    /// Whether the reply ends inside a thought.
    pub ends_in_thought: bool,
}

/// What one object says.
#[derive(Debug)]
pub(super) struct ClaimedMark {
    pub claim: Claim,
    /// The judge's reasons beside it.
    pub rationale: Option<String>,
}

impl<'a> Scan<'a> {
    /// Goes through a reply.
    pub fn of(text: &'a str) -> Self {
        let mut scan = Self::default();
        let (mut skip_to, mut braces) = (0, 0);
        for (at, c) in text.char_indices() {
            if at < skip_to {
                continue;
            }
            if thought::may_begin(c)
                && let Some((kind, length)) = thought::tag_at(text, at)
            {
                scan.tag(kind);
                skip_to = at + length;
            } else if scan.ends_in_thought {
                continue;
            } else if c == '{' && !scan.broken {
                braces += 1;
                skip_to = at + scan.brace(text.get(at..).unwrap_or_default(), braces);
            } else {
                scan.prose.push(c);
            }
        }
        scan
    }

    fn tag(&mut self, kind: TagKind) {
        match kind {
            TagKind::Opens => self.ends_in_thought = true,
            TagKind::Closes if self.ends_in_thought => self.ends_in_thought = false,
            // It began before the reply, or in what was taken for its end.
            TagKind::Closes => *self = Self::default(),
        }
    }

    /// Takes in what a brace begins and tells how long it is.
    fn brace(&mut self, text: &'a str, number: usize) -> usize {
        if number > MAX_BRACES {
            self.broken = true;
            return 1;
        }
        match object::at_brace(text) {
            Brace::Complete(object, length) => {
                let words = text.get(..length).unwrap_or_default();
                self.objects.push((object, words));
                self.prose.push('\n');
                return length;
            }
            Brace::Prose => self.prose.push('{'),
            Brace::Broken => self.broken = true,
        }
        1
    }

    /// Whether there is a complete object.
    pub(super) fn has_objects(&self) -> bool {
        !self.objects.is_empty()
    }

    /// What the complete objects say under a key, in their order, without quotes of the material
    /// that the judge's own words follow; nothing where all are quotes.
    pub(super) fn verdicts(&self, sought: Search<'_>, material: &[String]) -> Vec<ClaimedMark> {
        let material: Vec<String> = material.iter().map(|text| squeezed(text)).collect();
        let mut found: Vec<(bool, ClaimedMark)> = Vec::new();
        for (object, words) in &self.objects {
            let verdicts = verdicts_of(object, sought);
            let words = squeezed(words);
            let quoted = !verdicts.is_empty() && material.iter().any(|text| text.contains(&words));
            found.extend(verdicts.into_iter().map(|verdict| (quoted, verdict)));
        }
        let Some(last_own) = found.iter().rposition(|(quoted, _)| !quoted) else {
            return Vec::new();
        };
        let kept = found.into_iter().enumerate();
        kept.filter(|(index, (quoted, _))| !quoted || *index > last_own)
            .map(|(_, (_, verdict))| verdict)
            .collect()
    }

    /// What the ends of objects without a beginning say under a key: `…", "key": 1}`.
    pub(super) fn torn_claims(&self, sought: Search<'_>) -> Vec<Claim> {
        let key = sought.key;
        let places = self.prose.match_indices(key);
        places
            .filter_map(|(at, _)| {
                let before = unquoted_end(self.prose.get(..at)?)?;
                let after = unquoted_start(self.prose.get(at + key.len()..)?)?;
                torn_claim(
                    before,
                    after.trim_start().strip_prefix([':', '：'])?,
                    sought,
                )
            })
            .collect()
    }
}

/// The claim of a key between two texts, where these show that both belong to an object.
fn torn_claim(before: &str, after: &str, sought: Search<'_>) -> Option<Claim> {
    if let Some(place) = sought.list {
        let (value, rest) = object::value_at(after)?;
        let in_object =
            before.trim_end().ends_with([',', '，']) || rest.trim_start().starts_with('}');
        let claim = Claim::of_list(&value, place, sought.scale);
        return (in_object && claim != unparsable()).then_some(claim);
    }
    let value = after
        .trim_start()
        .trim_start_matches(['\\', '"', '\'', '“']);
    let word = object::bare(value);
    let rest = value.get(word.len()..)?.trim_start_matches(QUOTES);
    let word = word.trim_end_matches(['\\', '\'', '”']);
    let in_object = before.trim_end().ends_with([',', '，']) || rest.trim_start().starts_with('}');
    if !in_object {
        return None;
    }
    match Claim::of(&Value::Bare(word.to_owned()), sought.scale) {
        Claim::Form if after.trim().is_empty() => Some(unparsable()),
        claim if claim == unparsable() => None,
        claim => Some(claim),
    }
}

/// That something is there which cannot be read.
pub(super) fn unparsable() -> Claim {
    Claim::Says(Err(MissingReason::Unparsable))
}

fn unquoted_end(text: &str) -> Option<&str> {
    let text = text.strip_suffix(QUOTES)?;
    Some(text.strip_suffix('\\').unwrap_or(text))
}

fn unquoted_start(text: &str) -> Option<&str> {
    let text = text.strip_prefix('\\').unwrap_or(text);
    text.strip_prefix(QUOTES)
}

fn verdicts_of(object: &Object, sought: Search<'_>) -> Vec<ClaimedMark> {
    let mut found = Vec::new();
    object.each(&mut |object| {
        let reasons = object.values(REASONING).last();
        let rationale = reasons.and_then(|value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        });
        found.extend(object.values(sought.key).map(|value| ClaimedMark {
            claim: match sought.list {
                Some(place) => Claim::of_list(value, place, sought.scale),
                None => Claim::of(value, sought.scale),
            },
            rationale: rationale.clone(),
        }));
    });
    found
}

/// A text without white space, which a quote need not keep.
pub(super) fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
