//! By which rules the replies of a run's judges were read.

use crate::judge::api::PROMPT_DETAIL;
use crate::judge::reply;
use crate::run::manifest::{JudgeSection, add_provenance};

/// What [`JudgeSection::reading`] says of judges from before the rules of reading replies had a number.
const UNNUMBERED: &str = "unnumbered";

impl JudgeSection {
    /// By which rules replies were read, in order of time; none for judges without replies.
    pub fn reading(&self) -> Option<&str> {
        let own = self.identity.details.get(reply::READING_DETAIL);
        let later = self.provenance.get(reply::READING_DETAIL);
        later.or(own).map(String::as_str)
    }

    /// Whether this is the judge `now` from before the rules of reading replies had a number.
    pub fn is_unnumbered(&self, now: &Self) -> bool {
        let mut without = now.identity.clone();
        let number = without.details.remove(reply::READING_DETAIL);
        number.is_some() && without == self.identity
    }

    /// Whether its replies are read by rules of which the identity tells no number. Judges that are no models behind
    /// an API have no replies.
    pub fn reads_unnumbered(&self) -> bool {
        let details = &self.identity.details;
        details.contains_key(PROMPT_DETAIL) && !details.contains_key(reply::READING_DETAIL)
    }

    /// Notes that marks under the present rules of reading were added to those from before.
    pub fn note_reading(&mut self) {
        let known = self.provenance.entry(reply::READING_DETAIL.to_owned());
        known.or_insert_with(|| UNNUMBERED.to_owned());
        let now = [(reply::READING_DETAIL.to_owned(), reply::READING.to_owned())];
        add_provenance(&mut self.provenance, &now.into());
    }
}
