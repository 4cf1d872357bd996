//! From one question to its reply: asks, waits, asks again, and gives up by name.

use std::time::{Duration, Instant};

use reqwest::header::{HeaderName, HeaderValue};

use super::advice;
use super::client::{Ask, Client, Got};
use super::profile::KeySource;
use super::provider::{InputPicture, Outcome, Reply};
use crate::common::digest::Digest;
use crate::common::http::{self, Post, SendError, backoff, shorten};
use crate::model::{Failure, FailureKind, ModelError};

/// Characters of a fault's line that are kept.
const MAX_FAULT_CHARS: usize = 400;

/// The tries for one answer, and what they left behind.
pub(super) struct Attempts<'a> {
    client: &'a Client,
    ask: &'a Ask,
    key: Digest,
    attempts: u32,
    faults: Vec<String>,
}

/// What one try means for the next.
enum Step {
    /// A reply, and the body to keep of one that nothing was withheld of.
    Replied(Box<Reply>, Option<String>),
    /// No reply; perhaps later.
    Later(Option<Duration>),
    /// No reply, ever.
    Never(FailureKind),
}

impl<'a> Attempts<'a> {
    pub(super) fn new(client: &'a Client, ask: &'a Ask, key: Digest) -> Self {
        Self {
            client,
            ask,
            key,
            attempts: 0,
            faults: Vec::new(),
        }
    }

    /// Asks until there is a reply or no try is left.
    pub(super) async fn run(mut self) -> Result<(Got, Option<String>), ModelError> {
        let started = Instant::now();
        let policy = &self.client.profile.retry;
        let mut failures = 0;
        let (reply, body) = loop {
            match self.once().await? {
                Step::Replied(reply, body) => break (Ok(*reply), body),
                Step::Never(kind) => break (Err(self.failure(kind)), None),
                Step::Later(retry_after) => {
                    failures += 1;
                    if failures > policy.transport_retries {
                        break (Err(self.failure(FailureKind::Transport)), None);
                    }
                    let wait = backoff::wait(&policy.waits, &self.key, failures, retry_after);
                    tokio::time::sleep(wait).await;
                }
            }
        };
        let price = self.client.profile.price;
        let used = reply
            .as_ref()
            .map(|reply: &Reply| reply.usage)
            .unwrap_or_default();
        let got = Got {
            reply,
            cost_usd: price.map(|price| price.cost_usd(&used)),
            attempts: self.attempts,
            faults: self.faults,
            total_ms: started.elapsed().as_secs_f64() * 1e3,
        };
        Ok((got, body))
    }

    async fn once(&mut self) -> Result<Step, ModelError> {
        let client = self.client;
        let authorisation = authorisation(client)?;
        let slot = client.limiter.acquire().await;
        // Read and written for each try: what waits its turn holds no picture in memory.
        let body = self.body().await?;
        self.attempts += 1;
        let post = Post {
            path: &body.path,
            content_type: &body.content_type,
            body: reqwest::Body::from(body.bytes),
            headers: authorisation.into_iter().collect(),
            key: client.key.as_ref(),
        };
        let response = match client.transport.send(post).await {
            Ok(response) => response,
            Err(error) => {
                drop(slot);
                self.fault(&error.to_string());
                return Ok(match error {
                    SendError::TooLong(_) => Step::Never(FailureKind::Oversized),
                    _ => Step::Later(None),
                });
            }
        };
        let outcome = client.provider.read(&response);
        match &outcome {
            Outcome::Replied(_) => slot.succeeded(),
            Outcome::Failed(http::Failure::Setback {
                throttled: true, ..
            }) => slot.throttled(),
            Outcome::Failed(_) => {}
        }
        drop(slot);
        match outcome {
            Outcome::Replied(reply) => {
                let keep = reply.withheld.is_none().then_some(response.text);
                Ok(Step::Replied(reply, keep))
            }
            Outcome::Failed(failure) => self.failed(failure),
        }
    }

    async fn body(&self) -> Result<super::provider::Body, ModelError> {
        let picture = match &self.ask.picture {
            None => None,
            Some(file) => {
                let file = file.clone();
                let load = move || InputPicture::load(&file);
                let loaded = tokio::task::spawn_blocking(load).await;
                let gone = |error| ModelError::caused_by("a reading thread failed", error);
                Some(loaded.map_err(gone)??)
            }
        };
        let client = self.client;
        client
            .provider
            .body(&client.profile, self.ask, picture.as_ref())
            .map_err(|error| ModelError::caused_by("the request cannot be written", error))
    }

    fn failed(&mut self, failure: http::Failure) -> Result<Step, ModelError> {
        match failure {
            http::Failure::Setback {
                what, retry_after, ..
            } => {
                self.fault(&what);
                Ok(Step::Later(retry_after))
            }
            http::Failure::Hopeless(what) => {
                self.fault(&what);
                Ok(Step::Never(FailureKind::Transport))
            }
            http::Failure::Blocked(obstacle, what) => {
                let what = shorten(&what, MAX_FAULT_CHARS);
                Err(advice::blocked(self.client, obstacle, &what))
            }
        }
    }

    fn failure(&self, kind: FailureKind) -> Failure {
        let last = self.faults.last().map_or("no reply", String::as_str);
        Failure::new(kind, format!("after {} requests: {last}", self.attempts))
    }

    fn fault(&mut self, what: &str) {
        self.faults.push(shorten(what, MAX_FAULT_CHARS));
    }
}

/// The header with the key, or what to do when there is none.
fn authorisation(client: &Client) -> Result<Option<(HeaderName, HeaderValue)>, ModelError> {
    if client.profile.key == KeySource::None {
        return Ok(None);
    }
    let Some(key) = &client.key else {
        return Err(advice::no_key(client));
    };
    let header = client.provider.authorise(key);
    Ok(Some(header.ok_or_else(|| advice::unsendable_key(client))?))
}
