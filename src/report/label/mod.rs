//! A page on which people mark answers: self-contained, offline, blind to model and judge. It shows of each answer what a judge
//! sees on the same axis, keeps its state, and gives the CSV that `compare --human` reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;

use crate::common::digest::Digest;
use crate::report::identity::{STYLE, allowed};
use crate::report::page::text::script_json;
use crate::suite::Axis;
use crate::suite::axes::parabench::ParabenchAxis;

const TEMPLATE: &str = include_str!("label.html");
const SCRIPT: &str = include_str!("label.js");

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
    pub question: &'static str,
    /// The instruction, where the axis looks at it.
    pub instruction: Option<String>,
    /// The input picture as a data URI, where the axis looks at it.
    pub input: Option<String>,
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

/// What a rater is asked on an axis; `None` for one that this page has no words for.
pub fn question(axis: Axis) -> Option<&'static str> {
    Some(match ParabenchAxis::of(axis)? {
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
    })
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
                question: question(Axis::TEXT_QUALITY).unwrap(),
                instruction: None,
                input: None,
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
}
