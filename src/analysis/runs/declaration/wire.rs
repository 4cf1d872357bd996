//! A declaration as people write it, and what of it cannot be.

use serde::Deserialize;

use crate::common::plain::{Hidden, hidden};
use crate::suite::{Axis, ScoreMap};

/// Most looks.
const MAX_LOOKS: usize = 20;

/// Longest question, in characters.
const MAX_QUESTION_CHARS: usize = 200;

/// The file as people write it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireDeclaration {
    pub(super) question: Option<String>,
    #[serde(default)]
    pub(super) headline_axis: Vec<Axis>,
    pub(super) primary_axis: Option<Axis>,
    pub(super) primary_baseline: Option<String>,
    pub(super) margin: Option<f64>,
    pub(super) alpha: Option<f64>,
    pub(super) pass_threshold: Option<u8>,
    pub(super) family: Option<Vec<Axis>>,
    pub(super) mapping: Option<ScoreMap>,
    pub(super) samples: Option<u32>,
    pub(super) repeats: Option<u32>,
    pub(super) looks: Option<WireLooks>,
}

/// The table `[looks]` as people write it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireLooks {
    pub(super) planned_items: u32,
    pub(super) shares: Vec<f64>,
}

/// What of it cannot be, a line each.
pub(super) fn faults(wire: &WireDeclaration) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |sound: bool, text: String| {
        if !sound {
            faults.push(format!("  {text}"));
        }
    };
    if let Some(question) = &wire.question {
        expect(
            is_one_line(question),
            format!(
                "question: one line of 1 to {MAX_QUESTION_CHARS} readable characters is expected"
            ),
        );
    }
    if let Some(alpha) = wire.alpha {
        let text = format!("alpha = {alpha}: a level above 0 and at most 0.2 is expected");
        expect(alpha > 0.0 && alpha <= 0.2, text);
    }
    if let Some(margin) = wire.margin {
        let text = format!("margin = {margin}: points above 0 and below 100 are expected");
        expect(margin > 0.0 && margin < 100.0, text);
    }
    if let Some(threshold) = wire.pass_threshold {
        let text = format!("pass_threshold = {threshold}: a raw mark from 2 to 5 is expected");
        expect((2..=5).contains(&threshold), text);
    }
    if let Some(family) = &wire.family {
        expect(
            !family.is_empty(),
            "family = []: name at least one axis, or leave it out for all".to_owned(),
        );
        if let Some(primary) = wire.primary_axis {
            let text = format!("primary_axis {primary} is not in the family");
            expect(family.contains(&primary), text);
        }
    }
    expect(
        wire.primary_axis.is_some() || wire.primary_baseline.is_none(),
        "primary_baseline without primary_axis: a comparison needs both".to_owned(),
    );
    if let Some(looks) = &wire.looks {
        faults.extend(looks_faults(looks, wire.primary_axis));
    }
    faults
}

/// Whether a text is a line that shows itself and nothing else.
fn is_one_line(text: &str) -> bool {
    let length = text.chars().count();
    let shows = |c| matches!(hidden(c), None | Some(Hidden::Joiner));
    !text.trim().is_empty() && length <= MAX_QUESTION_CHARS && text.chars().all(shows)
}

fn looks_faults(looks: &WireLooks, primary: Option<Axis>) -> Vec<String> {
    let mut faults = Vec::new();
    if primary.is_none() {
        faults.push("  [looks] without primary_axis: looks are about one comparison".to_owned());
    }
    if !(2..=10_000_000).contains(&looks.planned_items) {
        faults.push(format!(
            "  [looks] planned_items = {}: expected the number of tasks of the primary axis in a whole run, 2 or more",
            looks.planned_items
        ));
    }
    let shares = &looks.shares;
    let rising = shares.is_sorted_by(|a, b| a < b) && shares.first().is_some_and(|&t| t > 0.0);
    if !rising || shares.last() != Some(&1.0) || shares.len() > MAX_LOOKS {
        faults.push(format!(
            "  [looks] shares = {shares:?}: shares that rise from above 0 to exactly 1 are expected, at most \
             {MAX_LOOKS}, for example [0.4, 0.6, 0.8, 1.0]"
        ));
    }
    faults
}
