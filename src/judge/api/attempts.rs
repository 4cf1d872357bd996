//! From one question to its verdict: asks, waits, asks again, and gives up by name.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::outcome::{Completion, Finish, Outcome};
use super::{ApiJudge, Prepared};
use crate::common::digest::Digest;
use crate::common::http::{Failure, Obstacle, Post, Response, SendError, backoff, shorten};
use crate::judge::cache::Entry;
use crate::judge::profile::KeySource;
use crate::judge::{JudgeError, Mark, MissingReason, Usage, Verdict, price, reply};

/// Characters of a raw reply that are kept.
const MAX_RAW_CHARS: usize = 16_000;
/// Characters of a fault's line that are kept.
const MAX_FAULT_CHARS: usize = 400;
/// Characters of names that an endpoint gives itself.
const MAX_NAME_CHARS: usize = 200;

/// The tries for one mark, and what they left behind.
pub(super) struct Attempts<'a> {
    judge: &'a ApiJudge,
    prepared: &'a Prepared,
    reply_failures: u32,
    transport_failures: u32,
    /// The name of the last exchange that gave no reply.
    lost_by: MissingReason,
    verdict: Verdict,
}

/// What one try means for the next.
enum Step {
    /// A mark, with the reply to keep.
    Marked(Box<Entry>),
    /// A reply without a mark.
    NoMark(MissingReason),
    /// No reply; perhaps later.
    Later(Option<Duration>),
    /// No reply, ever.
    Never,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(judge: &'a ApiJudge, prepared: &'a Prepared) -> Self {
        let none_yet = Mark::Missing(MissingReason::Unreachable);
        Self {
            judge,
            prepared,
            reply_failures: 0,
            transport_failures: 0,
            lost_by: MissingReason::Unreachable,
            verdict: Verdict {
                cost_usd: judge.profile.price.map(|_| 0.0),
                ..Verdict::local(none_yet, None)
            },
        }
    }

    /// Asks until there is a mark or no try is left: replies without a mark and lost
    /// exchanges have their own numbers of tries. The verdict's reason is that of
    /// the last failure. The entry is there when there is a mark to keep.
    pub(super) async fn run(mut self) -> Result<(Verdict, Option<Entry>), JudgeError> {
        let policy = &self.judge.profile.retry;
        loop {
            match self.once().await? {
                Step::Marked(entry) => return Ok((self.verdict, Some(*entry))),
                Step::NoMark(reason) => {
                    self.verdict.mark = Mark::Missing(reason);
                    self.reply_failures += 1;
                    // Under the same limit the next reply would be cut as well.
                    let is_last = self.reply_failures > policy.reply_retries;
                    if is_last || reason == MissingReason::Truncated {
                        return Ok((self.verdict, None));
                    }
                }
                Step::Later(retry_after) => {
                    self.verdict.mark = Mark::Missing(self.lost_by);
                    self.transport_failures += 1;
                    if self.transport_failures > policy.transport_retries {
                        return Ok((self.verdict, None));
                    }
                    let key = &self.prepared.cache_key;
                    let wait =
                        backoff::wait(&policy.waits, key, self.transport_failures, retry_after);
                    tokio::time::sleep(wait).await;
                }
                Step::Never => {
                    self.verdict.mark = Mark::Missing(self.lost_by);
                    return Ok((self.verdict, None));
                }
            }
        }
    }

    async fn once(&mut self) -> Result<Step, JudgeError> {
        let judge = self.judge;
        let authorisation = authorisation(judge)?;
        let slot = judge.limiter.acquire().await;
        let base64 = self.pictures().await?;
        let body = self.prepared.template.body(&base64);
        drop(base64);
        self.verdict.attempts += 1;
        let started = Instant::now();
        let mut headers = judge.provider.headers(&judge.profile);
        headers.extend(authorisation);
        let post = Post {
            path: &judge.path,
            content_type: "application/json",
            body: reqwest::Body::wrap(body),
            headers,
            key: judge.key.as_ref(),
        };
        let sent = judge.transport.send(post).await;
        self.verdict.latency_ms = Some(started.elapsed().as_secs_f64() * 1e3);
        self.lost_by = lost_by(&sent);
        let outcome = match sent {
            Ok(response) => judge.provider.read(&response),
            Err(error) => Outcome::Failed(Failure::Setback {
                what: error.to_string(),
                retry_after: None,
                throttled: false,
            }),
        };
        match &outcome {
            Outcome::Completed(_) | Outcome::Filtered(_) => slot.succeeded(),
            Outcome::Failed(Failure::Setback {
                throttled: true, ..
            }) => slot.throttled(),
            _ => {}
        }
        drop(slot);
        self.take(outcome)
    }

    fn take(&mut self, outcome: Outcome) -> Result<Step, JudgeError> {
        match outcome {
            Outcome::Completed(completion) => Ok(self.completed(completion)),
            Outcome::Filtered(what) => {
                self.fault(&format!("content filter: {what}"));
                Ok(Step::NoMark(MissingReason::ContentFiltered))
            }
            Outcome::Failed(failure) => self.failed(failure),
        }
    }

    fn failed(&mut self, failure: Failure) -> Result<Step, JudgeError> {
        match failure {
            Failure::Setback {
                what, retry_after, ..
            } => {
                self.fault(&what);
                Ok(Step::Later(retry_after))
            }
            Failure::Hopeless(what) => {
                self.fault(&what);
                Ok(Step::Never)
            }
            Failure::Blocked(obstacle, what) => Err(blocked(self.judge, obstacle, &what)),
        }
    }

    fn completed(&mut self, completion: Completion) -> Step {
        let usage = completion.usage;
        self.verdict.usage = Usage {
            input_tokens: self
                .verdict
                .usage
                .input_tokens
                .saturating_add(usage.input_tokens),
            output_tokens: self
                .verdict
                .usage
                .output_tokens
                .saturating_add(usage.output_tokens),
        };
        let price = self.judge.profile.price;
        self.verdict.cost_usd = price.map(|price| price::cost_usd(&price, &self.verdict.usage));
        self.verdict.served_model = completion.model.map(|m| shorten(&m, MAX_NAME_CHARS));
        self.verdict.fingerprint = completion.fingerprint.map(|f| shorten(&f, MAX_NAME_CHARS));
        let said = completion.refusal.as_ref().unwrap_or(&completion.text);
        self.verdict.raw_reply = Some(said.chars().take(MAX_RAW_CHARS).collect());
        let missing = match (completion.finish, &completion.refusal) {
            (Finish::Filter, _) => Some(MissingReason::ContentFiltered),
            (_, Some(_)) => Some(MissingReason::Refused),
            // A reply that was cut may lack its last word; it gives no mark.
            (Finish::Length, None) => Some(MissingReason::Truncated),
            (Finish::Done, None) => None,
        };
        if let Some(reason) = missing {
            let said = said.clone();
            return self.no_mark(reason, &said);
        }
        let prompt = &self.prepared.prompt;
        let reading = reply::read(&completion.text, &prompt.key, &prompt.material);
        self.verdict.mark = reading.mark;
        self.verdict.rationale = reading.rationale;
        match reading.mark {
            Mark::Scored(_) => Step::Marked(Box::new(self.entry(completion.text, usage))),
            Mark::Missing(reason) => self.no_mark(reason, &completion.text),
        }
    }

    fn no_mark(&mut self, reason: MissingReason, said: &str) -> Step {
        let said = shorten(said, 100);
        self.fault(&match reason {
            MissingReason::Truncated => {
                let limit = self.judge.profile.output_limit;
                let (name, tokens) = (limit.name(), limit.tokens());
                format!("the reply was cut off: raise {name}, now {tokens}, in the profile: {said}")
            }
            _ => format!("{reason}: {said}"),
        });
        Step::NoMark(reason)
    }

    fn entry(&self, reply: String, usage: Usage) -> Entry {
        let template = &self.prepared.template;
        let images = &self.verdict.image_digests;
        Entry {
            reply,
            served_model: self.verdict.served_model.clone(),
            fingerprint: self.verdict.fingerprint.clone(),
            usage,
            prompt_digest: self
                .verdict
                .prompt_digest
                .unwrap_or_else(|| prompt_digest(template.digest(), images)),
            image_digests: images.clone(),
        }
    }

    /// The pictures as they are sent; notes their digests.
    async fn pictures(&mut self) -> Result<Vec<Bytes>, JudgeError> {
        let mut base64 = Vec::new();
        let mut digests = Vec::new();
        for file in &self.prepared.template.pictures {
            let encoded = self.judge.pictures.get(file).await.map_err(|error| {
                JudgeError::new("the judge cannot be shown a picture of this run", error)
            })?;
            base64.push(encoded.base64);
            digests.push(encoded.digest);
        }
        let digest = prompt_digest(self.prepared.template.digest(), &digests);
        self.verdict.prompt_digest = Some(digest);
        self.verdict.image_digests = digests;
        Ok(base64)
    }

    fn fault(&mut self, what: &str) {
        self.verdict.faults.push(shorten(what, MAX_FAULT_CHARS));
    }
}

/// What the loss is called when this exchange gives no reply.
fn lost_by(sent: &Result<Response, SendError>) -> MissingReason {
    match sent {
        Err(SendError::Connection(_)) => MissingReason::Unreachable,
        Err(SendError::TooLong(_)) => MissingReason::BadResponse,
        Err(_) => MissingReason::TimedOut,
        Ok(response) => match response.status {
            200..=299 => MissingReason::BadResponse,
            401 | 403 => MissingReason::Denied,
            402 => MissingReason::Quota,
            413 => MissingReason::TooLarge,
            429 => MissingReason::Throttled,
            408 | 409 | 425 => MissingReason::ServerError,
            400..=499 => MissingReason::RefusedRequest,
            _ => MissingReason::ServerError,
        },
    }
}

fn prompt_digest(template: Digest, images: &[Digest]) -> Digest {
    let fields = std::iter::once(&template).chain(images);
    Digest::of_fields(fields.map(|digest| digest.as_bytes().as_slice()))
}

type Header = (reqwest::header::HeaderName, reqwest::header::HeaderValue);

/// The header with the key, or what to do when there is none.
fn authorisation(judge: &ApiJudge) -> Result<Option<Header>, JudgeError> {
    if judge.profile.key == Some(KeySource::None) {
        return Ok(None);
    }
    let variable = key_variable(judge);
    let Some(key) = &judge.key else {
        return Err(JudgeError::plain(format!(
            "the judge `{}` needs a key and {variable} is not set: export it, or put key = \"none\" \
             in the profile of an endpoint that asks for none",
            judge.profile.name
        )));
    };
    let header = judge.provider.authorise(key).ok_or_else(|| {
        JudgeError::plain(format!(
            "the key in {variable} holds characters that cannot be sent; is there a line break or a quote in it?"
        ))
    })?;
    Ok(Some(header))
}

fn key_variable(judge: &ApiJudge) -> String {
    match &judge.profile.key {
        Some(KeySource::Variable(variable)) => variable.clone(),
        _ => judge.provider.facts().key_variables.join(" or "),
    }
}

/// Why the run ends: what was found, where, and what to do about it.
fn blocked(judge: &ApiJudge, obstacle: Obstacle, what: &str) -> JudgeError {
    let variable = key_variable(judge);
    let model = &judge.profile.model;
    let advice = match obstacle {
        Obstacle::Key if judge.profile.key == Some(KeySource::None) => {
            "the endpoint asks for a key: name its environment variable as `key` in the judge profile".into()
        }
        Obstacle::Key => format!("check that {variable} holds a valid key for this endpoint"),
        Obstacle::Permission => {
            format!("check that the key in {variable} may use the model `{model}` from here")
        }
        Obstacle::NotFound => {
            format!("check the model `{model}` and the base URL (it should end where /chat/completions or its like begins)")
        }
        Obstacle::Quota => {
            format!("the account of the key in {variable} has no credit left: add some, then run the same command to resume")
        }
        Obstacle::Parameter => format!(
            "the model `{model}` does not take a parameter of the profile `{}`: leave it out or change it \
             (max_completion_tokens instead of max_tokens, no temperature)",
            judge.profile.name
        ),
        Obstacle::Redirect => {
            "redirects are not followed, since the key would go elsewhere: put the final address into base_url".into()
        }
    };
    JudgeError::plain(format!(
        "the judge `{}` at {} cannot mark: {}; {advice}",
        judge.profile.name,
        judge.endpoint.base(),
        shorten(what, MAX_FAULT_CHARS)
    ))
}
