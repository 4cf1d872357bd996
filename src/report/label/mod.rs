//! A page on which people mark answers: self-contained, offline, blind to model and judge. It shows of each answer what a judge
//! sees on the same axis, keeps its state, and gives the CSV that `compare --human` reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;

use crate::common::decimal::Decimal;
use crate::common::digest::Digest;
use crate::report::identity::{STYLE, allowed};
use crate::report::page::text::script_json;
use crate::suite::Axis;
use crate::suite::axes::parabench::ParabenchAxis;
use crate::suite::axes::scale::{MarkParts, MarkScale};

const TEMPLATE: &str = include_str!("label.html");
const SCRIPT: &str = include_str!("label.js");
/// Most marks of a scale that get a button each: 0 to 10 in halves.
const MAX_BUTTONS: usize = 21;

/// The marks that people may give on a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Marks {
    /// The lowest one.
    pub lo: String,
    /// The highest one.
    pub hi: String,
    /// Distance of two neighbours.
    pub step: String,
    /// All of them, ascending, where they are few.
    pub buttons: Vec<String>,
    /// The scale in words; none for whole marks from 1 to 5, which the head of the page explains.
    pub words: Option<String>,
}

impl Marks {
    /// The marks of a scale. Where a judge gives several numbers for a mark, people are told what they are and give the mark.
    pub fn of(scale: MarkScale, parts: Option<&MarkParts>) -> Self {
        let (lo, step) = (scale.lo.scaled(), scale.step.scaled().max(1));
        let count = (scale.hi.scaled() - lo) / step + 1;
        let mark = |at: i128| Decimal::from_scaled(lo + at * step).map(|mark| mark.to_string());
        let few = usize::try_from(count).is_ok_and(|count| count <= MAX_BUTTONS);
        Self {
            lo: scale.lo.to_string(),
            hi: scale.hi.to_string(),
            step: scale.step.to_string(),
            buttons: match few {
                true => (0..count).filter_map(mark).collect(),
                false => Vec::new(),
            },
            words: (scale != MarkScale::FIVE_POINT || parts.is_some())
                .then(|| described(scale, parts)),
        }
    }

    /// What tells this scale from that of whole marks from 1 to 5.
    pub fn unusual(&self) -> Option<String> {
        let own = || format!("{}..{} in steps of {}", self.lo, self.hi, self.step);
        self.words.as_ref().map(|_| own())
    }
}

fn described(scale: MarkScale, parts: Option<&MarkParts>) -> String {
    let step = match scale.step == Decimal::whole(1) {
        true => "whole numbers".to_owned(),
        false => format!("steps of {}", scale.step),
    };
    let mut words = format!(
        "From {} (lowest) to {} (highest), in {step}.",
        scale.lo, scale.hi
    );
    if let Some(parts) = parts {
        let names = parts.names.join(", ");
        words.push_str(&format!(" Give the lowest of: {names}."));
    }
    words
}

/// A picture with what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelPicture {
    /// What the page calls it.
    pub label: String,
    /// The picture as a data URI.
    pub picture: String,
}

/// One task on one axis, with the answers of all runs in an order that tells nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// The task's id.
    pub task: String,
    /// The axis.
    pub axis: Axis,
    /// Its name.
    pub title: &'static str,
    /// What is asked of the rater.
    pub question: String,
    /// The marks that a rater may give.
    pub marks: Marks,
    /// The instruction, where the axis looks at it.
    pub instruction: Option<String>,
    /// The pictures to edit, where the axis looks at them.
    pub inputs: Vec<LabelPicture>,
    /// What a right answer shows, where the axis looks at it.
    pub reference: Option<String>,
    /// A picture of a right answer as a data URI, where the axis looks at it.
    pub reference_image: Option<String>,
    /// The answers.
    pub answers: Vec<LabelAnswer>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelAnswer {
    /// The reasoning, where the axis looks at it.
    pub reasoning: Option<String>,
    /// The output picture as a data URI, where the axis looks at it.
    pub output: Option<String>,
    /// The model's name in base 64: it is needed for the CSV, and nobody reads it by accident.
    pub model: String,
}

/// Everything that a page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Name and version of the suite.
    pub suite: String,
    /// Digest of what is asked: the state of another page is not taken up.
    pub digest: Digest,
    /// The cards, in the order in which they are shown.
    pub cards: Vec<Card>,
}

/// A page that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// The template is faulty, which the tests rule out.
    #[error("the page cannot be rendered: {0}")]
    Template(#[from] minijinja::Error),
    /// The cards have no JSON form.
    #[error("the cards cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// A name in base 64.
pub fn veiled(name: &str) -> String {
    STANDARD.encode(name)
}

/// What a rater is asked on an axis: our words for ParaBench's axes, the title of any other.
pub fn question(axis: Axis) -> String {
    let known = ParabenchAxis::of(axis).map(|axis| match axis {
        ParabenchAxis::TextQuality => {
            "Is the text clear, complete, consistent, relevant, concise and accurate?"
        }
        ParabenchAxis::TextAlignment => {
            "Does the text understand and follow the instruction and the input image?"
        }
        ParabenchAxis::ImageQuality => "Is the output image well made?",
        ParabenchAxis::ImageAlignment => "Are exactly the requested changes there, and correct?",
        ParabenchAxis::ImageConsistency => "Is everything that was not to change unchanged?",
        ParabenchAxis::OutputAlignment => "Does the output image show what the text says?",
    });
    known.map_or_else(
        || format!("How good is each answer on this: {}?", axis.title()),
        str::to_owned,
    )
}

/// What the head of the page says about marks.
fn scale_in_head(cards: &[Card]) -> &'static str {
    match cards.iter().all(|card| card.marks.words.is_none()) {
        true => "Mark each answer from 1 (not at all) to 5 (fully).",
        false => "Mark each answer on the scale that stands below its question.",
    }
}

/// The page as HTML. Texts of models are data that the script sets as text, never as HTML.
///
/// # Errors
/// [`LabelError`].
pub fn label_page(content: &Content) -> Result<String, LabelError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("label", TEMPLATE)?;
    Ok(environment.get_template("label")?.render(context! {
        suite => content.suite.clone(),
        scale => scale_in_head(&content.cards),
        style => STYLE,
        style_hash => allowed(STYLE),
        script => SCRIPT,
        script_hash => allowed(SCRIPT),
        digest => content.digest.to_string(),
        data => script_json(&content.cards)?,
        program => crate::run::manifest::program(),
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_wrote_stays_data() {
        let content = Content {
            suite: "</title><b>".to_owned(),
            digest: Digest::of(b"x"),
            cards: vec![Card {
                task: "t".to_owned(),
                axis: Axis::TEXT_QUALITY,
                title: Axis::TEXT_QUALITY.title(),
                question: question(Axis::TEXT_QUALITY),
                marks: Marks::of(MarkScale::FIVE_POINT, None),
                instruction: None,
                inputs: Vec::new(),
                reference: None,
                reference_image: None,
                answers: vec![LabelAnswer {
                    reasoning: Some("</script><script>alert(1)</script>".to_owned()),
                    output: None,
                    model: veiled("secret-model"),
                }],
            }],
        };
        let page = label_page(&content).unwrap();
        assert_eq!(page.matches("<script").count(), 2);
        assert!(!page.contains("alert(1)</script>") && !page.contains("</title><b>"));
        assert!(!page.contains("secret-model") && page.contains("default-src 'none'"));
    }

    #[test]
    fn scales_have_buttons_where_they_are_short_and_words_where_they_are_unusual() {
        let d = |text: &str| text.parse::<Decimal>().unwrap();
        let of = |lo, hi, step| Marks::of(MarkScale::new(d(lo), d(hi), d(step)).unwrap(), None);
        let five = Marks::of(MarkScale::FIVE_POINT, None);
        assert_eq!(five.buttons, ["1", "2", "3", "4", "5"]);
        assert_eq!((five.words.as_ref(), five.unusual()), (None, None));
        let halves = of("0", "1", "0.5");
        assert_eq!(halves.buttons, ["0", "0.5", "1"]);
        assert!(halves.words.unwrap().contains("steps of 0.5"));
        assert_eq!(of("0", "10", "0.5").buttons.len(), 21);
        assert!(of("0", "1", "0.0001").buttons.is_empty());
        assert!(of("-1", "0", "0.25").buttons.contains(&"-0.75".to_owned()));
    }
}
