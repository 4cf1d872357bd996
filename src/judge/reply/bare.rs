//! Numbers without an object: what VIEScore's script (`mllm_output_to_dict` at 2cbea4e) reads where a reply has no braces.

use super::object::Value;
use super::scan::{Scan, squeezed};

impl Scan<'_> {
    /// The numbers of a reply without braces: the only list in it, `[7, 9]`, or a number that is all of it. `None` for any
    /// other reply, for a list that is not two whole numbers, and for one that stands in the judged material.
    pub(super) fn bare_numbers(&self, material: &[String]) -> Option<Value> {
        if self.has_objects() || self.broken || self.prose.contains(['{', '}']) {
            return None;
        }
        let whole = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        let Some(start) = self.prose.find('[') else {
            let word = self.prose.trim();
            return whole(word).then(|| Value::Bare(word.to_owned()));
        };
        let end = self.prose.rfind(']')?;
        let list = self.prose.get(start..=end)?;
        let words = list.strip_prefix('[')?.strip_suffix(']')?;
        let (first, second) = words.split_once(',')?;
        let (first, second) = (first.trim(), second.trim());
        let quoted = squeezed(list);
        let quoted = material.iter().any(|text| squeezed(text).contains(&quoted));
        let number = |word: &str| Value::Bare(word.to_owned());
        (whole(first) && whole(second) && !quoted)
            .then(|| Value::List(vec![number(first), number(second)]))
    }
}
