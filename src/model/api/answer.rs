//! From a reply to an answer: what is there, what the model left out, what was withheld.
//!
//! | reply | text | image |
//! |---|---|---|
//! | words and picture | given | given |
//! | a refusal in words | given | empty: the model declined |
//! | words, no picture | given | empty: the model did not draw |
//! | a picture, no words | empty | given |
//! | a picture that is broken, or too large | as above | lost: `broken-file`, `oversized` |
//! | kept back by a content filter | lost: `withheld`, unless it came first | lost: `withheld` |
//! | nothing arrived | lost | lost |
//!
//! What is empty was the model's doing and is scored 1; what is lost is a missing mark.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::client::{Fetched, spoken};
use crate::common::picture::{MAX_ENCODED_BYTES, PictureError};
use crate::endpoint::ask::EndpointReply;
use crate::endpoint::price::Usage;
use crate::model::{Answer, Failure, FailureKind, Part, text};

/// The detail that holds the part of the money that is the most that it can be, since the endpoint
/// did not tell what was used.
pub const ASSUMED_USD: &str = "assumed_usd";
/// Characters of the endpoint's own words that are kept in the details.
const MAX_NOTE_BYTES: usize = 2000;

/// The answer of a model that `thinks` or does not.
pub(crate) fn answer_of(got: Fetched, thinks: bool) -> Answer {
    let mut details = Map::new();
    let (reasoning, image) = match got.reply {
        Err(failure) => (Part::Lost(failure.clone()), Part::Lost(failure)),
        Ok(reply) => {
            note(&mut details, &reply);
            let image = image_of(&reply, &mut details);
            (reasoning_of(reply, thinks, &mut details), image)
        }
    };
    let tries = got.tries;
    details.insert("attempts".into(), tries.attempts.into());
    if tries.attempts == 0 {
        details.insert("cached".into(), true.into());
    }
    if !tries.faults.is_empty() {
        details.insert("faults".into(), tries.faults.into());
    }
    if tries.assumed_usd > 0.0 {
        details.insert(ASSUMED_USD.into(), tries.assumed_usd.into());
    }
    let mut answer = Answer::of(reasoning, image);
    answer.timing_ms.insert("total".to_owned(), got.total_ms);
    answer.details = details;
    answer.cost_usd = tries.cost_usd;
    answer
}

fn note(details: &mut Map<String, Value>, reply: &EndpointReply) {
    let notes = [
        ("served_model", &reply.served_model),
        ("finish", &reply.reason),
        ("revised_prompt", &reply.revised_prompt),
        ("withheld", &reply.withheld),
    ];
    for (name, value) in notes {
        if let Some(value) = value {
            details.insert(name.into(), text::excerpt(value, MAX_NOTE_BYTES).into());
        }
    }
    let Usage {
        input_text,
        input_image,
        cached,
        cache_written,
        output_text,
        output_image,
        ..
    } = reply.usage;
    let input_text = input_text + cached + cache_written;
    details.insert(
        "tokens".into(),
        json!({"input_text": input_text, "input_image": input_image,
               "output_text": output_text, "output_image": output_image}),
    );
}

fn reasoning_of(
    reply: EndpointReply,
    thinks: bool,
    details: &mut Map<String, Value>,
) -> Part<String> {
    if !thinks {
        return Part::Empty;
    }
    let words = spoken(&reply).to_owned();
    let part = text::reasoning(words.into_bytes(), details);
    match (part, reply.withheld) {
        (Part::Empty, Some(why)) => Part::Lost(withheld(&why)),
        (Part::Empty, None) => {
            details.insert("text_missing".into(), "the model wrote none".into());
            Part::Empty
        }
        (part, _) => part,
    }
}

fn image_of(reply: &EndpointReply, details: &mut Map<String, Value>) -> Part<Bytes> {
    let mut missing = |why: String| {
        details.insert("image_missing".into(), why.into());
        Part::Empty
    };
    let Some(image) = &reply.image else {
        return match (&reply.withheld, reply.refusal.is_some()) {
            (Some(why), _) => Part::Lost(withheld(why)),
            (None, true) => missing("the model declined".into()),
            (None, false) => missing("the model drew none".into()),
        };
    };
    let bytes = image.len() as u64 / 4 * 3;
    if bytes > MAX_ENCODED_BYTES + 3 {
        return Part::Lost(Failure::of_picture(&PictureError::TooLong(bytes)));
    }
    match STANDARD.decode(image.trim()) {
        // Whether it is a picture is found by whoever stores it.
        Ok(bytes) => Part::Given(bytes.into()),
        Err(error) => Part::Lost(Failure::new(
            FailureKind::BrokenFile,
            format!("the endpoint's picture is not base 64 ({error})"),
        )),
    }
}

fn withheld(why: &str) -> Failure {
    Failure::new(
        FailureKind::Withheld,
        format!("a content filter of the endpoint kept it back: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::tries::Tries;

    fn answer(image: &str) -> Answer {
        let reply = EndpointReply {
            text: "words".into(),
            image: Some(image.into()),
            ..EndpointReply::default()
        };
        let got = Fetched {
            reply: Ok(reply),
            tries: Tries {
                attempts: 1,
                ..Tries::default()
            },
            total_ms: 1.0,
        };
        answer_of(got, true)
    }

    #[test]
    fn an_oversized_picture_is_named_and_not_decoded() {
        let most = MAX_ENCODED_BYTES as usize;
        let over = answer(&"A".repeat(most / 3 * 4 + 16));
        assert_eq!(over.reasoning, Part::Given("words".into()));
        let lost = |part: &Part<Bytes>| match part {
            Part::Lost(failure) => Some(failure.kind),
            _ => None,
        };
        assert_eq!(lost(&over.image), Some(FailureKind::Oversized));
        // Line feeds around it are no fault; bytes in it are.
        assert_eq!(answer("QUJD\n").image, Part::Given("ABC".into()));
        assert_eq!(lost(&answer("QU!D").image), Some(FailureKind::BrokenFile));
    }
}
