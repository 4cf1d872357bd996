//! Ids of tasks as whole numbers: `1-400`, `3, 7-9`.

use std::fmt;
use std::str::FromStr;

/// Most ids.
const MAX_IDS: u64 = 100_000;

/// Ranges of whole numbers, ascending and without overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdRanges(Vec<(u32, u32)>);

/// Text that is no list of ranges.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a list of ids; expected ids in ascending order, such as `1-400` or `3, 7-9`")]
pub struct NotIds(String);

impl IdRanges {
    /// How many ids there are.
    pub fn count(&self) -> u64 {
        let sizes = self
            .0
            .iter()
            .map(|(first, last)| u64::from(last - first) + 1);
        sizes.sum()
    }

    /// Whether a number is one of the ids.
    pub fn has(&self, id: u32) -> bool {
        self.0
            .iter()
            .any(|&(first, last)| (first..=last).contains(&id))
    }

    /// The ids, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|&(first, last)| first..=last)
    }
}

impl fmt::Display for IdRanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (first, last)) in self.0.iter().enumerate() {
            let gap = if place > 0 { ", " } else { "" };
            if first == last {
                write!(f, "{gap}{first}")?;
            } else {
                write!(f, "{gap}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for IdRanges {
    type Err = NotIds;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let range = |part: &str| -> Option<(u32, u32)> {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let range = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            (range.0 <= range.1).then_some(range)
        };
        let ranges: Option<Vec<(u32, u32)>> = text.split(',').map(range).collect();
        ranges
            .filter(|ranges| ranges.is_sorted_by(|a, b| a.1 < b.0))
            .map(Self)
            .filter(|ranges| ranges.count() <= MAX_IDS)
            .ok_or_else(|| NotIds(text.chars().take(60).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_written() {
        let ids: IdRanges = "3, 7-9".parse().unwrap();
        assert_eq!(ids.iter().collect::<Vec<_>>(), [3, 7, 8, 9]);
        assert_eq!((ids.count(), ids.to_string().as_str()), (4, "3, 7-9"));
        for text in ["", "a", "9-7", "1-3, 3-5", "5, 1", "1-4294967295", "-3"] {
            assert!(text.parse::<IdRanges>().is_err(), "{text}");
        }
    }
}
