//! How long a model lives, and which models may answer in its place.
//!
//! Providers end models on a date, and some then answer with another model under the old name. A
//! profile states the date (`ends`), what follows (`successor`) and how far the served name may
//! differ from the asked one (`served`).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

/// Which served models are taken for the one that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Served {
    /// The same name only.
    Exact,
    /// The same name, or one that goes on with a date or a number: `-2025-04-14`, `-001`.
    Prefix,
    /// Every name; it is recorded with each mark.
    #[default]
    Any,
}

impl Served {
    /// Whether a model may answer. An endpoint that does not say who answered passes.
    pub fn accepts(self, asked: &str, served: Option<&str>) -> bool {
        let Some(served) = served else {
            return true;
        };
        let [asked, served] = [asked, served].map(|name| name.trim().trim_start_matches("models/"));
        let rest = served.strip_prefix(asked);
        match self {
            Self::Any => true,
            Self::Exact => rest == Some(""),
            Self::Prefix => rest.is_some_and(is_version),
        }
    }
}

/// Nothing, or a date or number after a mark that divides.
fn is_version(rest: &str) -> bool {
    let divides = |c: char| "-@:._".contains(c);
    rest.is_empty()
        || (rest.starts_with(divides) && rest.chars().all(|c| c.is_ascii_digit() || divides(c)))
}

/// How long a model lives, as its profile states it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// The day on which the provider ends it.
    pub ends: Option<Date>,
    /// The model that the provider names to follow it.
    pub successor: Option<String>,
}

impl Life {
    /// What people should know today; nothing where no date is stated.
    pub fn notice(&self, model: &str, today: Date) -> Option<String> {
        let ends = self.ends?;
        let follows = match &self.successor {
            Some(successor) => format!("; its successor is `{successor}`"),
            None => String::new(),
        };
        let days = days_until(ends, today);
        Some(match days {
            1.. => format!(
                "the provider ends `{model}` on {ends}, in {days} {}{follows}; what to do before: docs/judges-end.md",
                if days == 1 { "day" } else { "days" }
            ),
            0 => format!("the provider ends `{model}` today, {ends}{follows}"),
            _ => format!(
                "`{model}` was to end on {ends}, {} days ago: expect errors, or answers of another model{follows}",
                -days
            ),
        })
    }
}

/// Days from `today` to a date; negative when it has passed.
pub fn days_until(date: Date, today: Date) -> i64 {
    let seconds = date.duration_since(today).as_secs();
    seconds / 86_400
}

/// The date of this day (UTC).
pub fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// What an endpoint's list of models says about one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Whether it is in the list.
    pub listed: bool,
    /// When the endpoint shuts it down, where it says.
    pub shutdown_date: Option<Date>,
}

impl Listing {
    /// Reads the body of `GET /models`: `data` with `id` (OpenAI and its like), or `models` with `name`
    /// (Gemini). Nothing where the body is no such list.
    pub fn read(body: &str, model: &str) -> Option<Self> {
        let body: Value = serde_json::from_str(body).ok()?;
        let models = body
            .get("data")
            .or_else(|| body.get("models"))?
            .as_array()?;
        let is_it = |entry: &&Value| {
            let name = entry.get("id").or_else(|| entry.get("name"));
            let name = name.and_then(Value::as_str).unwrap_or_default();
            name.trim_start_matches("models/") == model
        };
        let entry = models.iter().find(is_it);
        let date = entry
            .and_then(|entry| entry.get("shutdown_date"))
            .and_then(Value::as_str);
        Some(Self {
            listed: entry.is_some(),
            // A date, or a moment that begins with one.
            shutdown_date: date.and_then(|text| text.get(..10)?.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_model_is_told_from_another_version() {
        let cases = [
            ("gpt-4.1", "gpt-4.1", true, true),
            ("gpt-4.1", "gpt-4.1-2025-04-14", false, true),
            (
                "gemini-3.8-flash",
                "models/gemini-3.8-flash-001",
                false,
                true,
            ),
            ("gpt-4.1", "gpt-4.1-mini-2025-04-14", false, false),
            ("gpt-4.1", "gpt-4.10", false, false),
            ("gpt-4.1", "gpt-6-luna", false, false),
            ("gpt-4.1-2025-04-14", "gpt-4.1", false, false),
            ("gpt-4.1", "", false, false),
        ];
        for (asked, served, exact, prefix) in cases {
            assert_eq!(
                Served::Exact.accepts(asked, Some(served)),
                exact,
                "{served}"
            );
            assert_eq!(
                Served::Prefix.accepts(asked, Some(served)),
                prefix,
                "{served}"
            );
            assert!(Served::Any.accepts(asked, Some(served)));
        }
        assert!(Served::Exact.accepts("gpt-4.1", None));
    }

    #[test]
    fn the_days_that_are_left_are_counted() {
        let life = Life {
            ends: Some("2027-01-14".parse().unwrap()),
            successor: Some("next".to_owned()),
        };
        let notice = |today: &str| life.notice("m", today.parse().unwrap()).unwrap();
        assert!(notice("2026-11-28").contains("in 47 days; its successor is `next`"));
        assert!(notice("2027-01-13").contains("in 1 day;"));
        assert!(notice("2027-01-14").contains("today"));
        assert!(notice("2027-01-16").contains("2 days ago"));
        assert_eq!(Life::default().notice("m", today()), None);
    }

    #[test]
    fn lists_of_models_tell_the_last_day() {
        let body = r#"{"data": [{"id": "a"}, {"id": "b", "shutdown_date": "2027-01-14"}, {"id": "c", "shutdown_date": "soon"}]}"#;
        let read = |model| Listing::read(body, model).unwrap();
        assert_eq!(read("b").shutdown_date, "2027-01-14".parse().ok());
        assert!(read("a").listed && read("a").shutdown_date.is_none());
        assert!(read("c").listed && read("c").shutdown_date.is_none());
        assert!(!read("d").listed);
        let gemini =
            r#"{"models": [{"name": "models/g", "shutdown_date": "2027-01-14T00:00:00Z"}]}"#;
        assert!(Listing::read(gemini, "g").unwrap().shutdown_date.is_some());
        assert_eq!(Listing::read("<html>", "a"), None);
    }
}
