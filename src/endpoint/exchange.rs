//! From one question to its reply: sends, waits, sends again, and gives up by name.

use std::time::Instant;

use reqwest::Body;
use serde_json::Value;

use super::ask::EndpointReply;
use super::backoff;
use super::client::Client;
use super::encoding::{EncodeError, Encoded};
use super::error::Lost;
use super::fault::{Fault, FaultKind, Scope};
use super::prepared::Prepared;
use super::price::Usage;
use super::provider::text;
use super::response::{self, Response, shorten};
use super::transport::Call;
use super::tries::Tries;
use super::wording::Wording;
use super::{EndpointError, breaker};

/// Characters of an endpoint's words that are kept.
const ERROR_CHARS: usize = 300;

impl Client {
    /// Asks until there is a reply or no try is left.
    ///
    /// # Errors
    /// [`Lost`]; where all is lost, the error holds the money of all tries so far.
    pub async fn ask(&self, prepared: &Prepared, tries: &mut Tries) -> Result<EndpointReply, Lost> {
        let asked = ask(self, prepared, tries).await;
        asked.map_err(|lost| match lost {
            Lost::All(error) => Lost::All(EndpointError {
                spent: tries.spent(),
                ..error
            }),
            item => item,
        })
    }

    /// Nothing spent yet.
    pub fn no_tries(&self) -> Tries {
        Tries {
            cost_usd: self.profile.price.map(|_| 0.0),
            ..Tries::default()
        }
    }

    /// Checks that the pictures of a question are what they should be, for one whose reply is kept.
    ///
    /// # Errors
    /// A picture that is gone or another one.
    pub async fn check_pictures(&self, prepared: &Prepared) -> Result<(), EndpointError> {
        for shown in &prepared.template.pictures {
            let checked = self.pictures.check(&shown.file).await;
            checked.map_err(|error| not_shown(self, error))?;
        }
        Ok(())
    }
}

/// Asks until there is a reply or no try is left.
async fn ask(
    client: &Client,
    prepared: &Prepared,
    tries: &mut Tries,
) -> Result<EndpointReply, Lost> {
    let policy = &client.profile.retry;
    loop {
        let fault = match once(client, prepared, tries).await.map_err(Lost::All)? {
            Ok(reply) => return Ok(reply),
            Err(fault) => fault,
        };
        tries.fault(&fault.what);
        match fault.kind.scope() {
            Scope::All => return Err(Lost::All(client.end(fault))),
            Scope::Item => return Err(give_up(client, fault)),
            Scope::Passing => {}
        }
        tries.failures += 1;
        let no_more_money = fault.kind.may_be_billed() && tries.billed >= policy.most_billed();
        if tries.failures > policy.transport_retries || no_more_money {
            return Err(give_up(client, fault));
        }
        let waits = &policy.waits;
        let wait = backoff::wait(waits, &prepared.key, tries.failures, fault.retry_after);
        client.voice.retrying(&fault, wait);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            cause = client.breaker.tripped() => return Err(Lost::All(client.ended(&cause))),
        }
    }
}

/// The item is lost, unless all are.
fn give_up(client: &Client, fault: Fault) -> Lost {
    match client.breaker.cause() {
        Some(cause) => Lost::All(client.ended(&cause)),
        None => Lost::Item(fault),
    }
}

async fn once(
    client: &Client,
    prepared: &Prepared,
    tries: &mut Tries,
) -> Result<Result<EndpointReply, Fault>, EndpointError> {
    let mut headers = client.provider.headers(&client.profile);
    headers.extend(client.authorisation()?);
    let slot = client.limiter.acquire().await;
    let sent = encoded(client, prepared).await?;
    if let Some(cause) = client.breaker.cause() {
        return Err(client.ended(&cause));
    }
    tries.image_digests = sent.iter().map(|picture| picture.digest).collect();
    let template = &prepared.template;
    let body = Body::wrap(template.body(&sent));
    drop(sent);
    let replica = (prepared.key.as_u64() as usize).wrapping_add(tries.failures as usize);
    let Some(transport) = client
        .transports
        .get(replica % client.transports.len().max(1))
    else {
        return Err(EndpointError::new("there is no address to ask"));
    };
    let call = Call {
        path: &template.path,
        body: Some((&template.media_type, body)),
        headers,
        key: client.key.as_ref(),
    };
    tries.attempts += 1;
    let ticket = client.breaker.begin(prepared.has_pictures());
    let started = Instant::now();
    let response = transport.send(call).await;
    tries.latency_ms = Some(started.elapsed().as_secs_f64() * 1e3);
    let outcome = response
        .map_err(Fault::from)
        .and_then(|response| read(client, &response));
    book(client, prepared, tries, &outcome);
    let outcome = outcome.and_then(|reply| wanted(client, reply));
    settle(ticket, &outcome);
    match &outcome {
        Ok(_) => slot.succeeded(),
        Err(fault) if matches!(fault.kind, FaultKind::Throttled | FaultKind::ComeBack) => {
            slot.throttled()
        }
        Err(_) => {}
    }
    Ok(outcome)
}

/// The reply, unless a model gave it that may not answer for the one that was asked.
fn wanted(client: &Client, reply: EndpointReply) -> Result<EndpointReply, Fault> {
    if client.takes(&reply) {
        return Ok(reply);
    }
    let served = reply.served_model.as_deref().unwrap_or_default();
    let what = format!(
        "asked for `{}`, `{}` answered",
        client.profile.model,
        shorten(served, 100)
    );
    Err(Fault::new(FaultKind::ServedOther, what))
}

fn settle(ticket: breaker::Ticket<'_>, outcome: &Result<EndpointReply, Fault>) {
    match outcome {
        Ok(_) => ticket.succeeded(),
        Err(fault) => ticket.failed(fault),
    }
}

async fn encoded(client: &Client, prepared: &Prepared) -> Result<Vec<Encoded>, EndpointError> {
    let mut sent = Vec::new();
    for shown in &prepared.template.pictures {
        let picture = client.pictures.get(shown).await;
        sent.push(picture.map_err(|error| not_shown(client, error))?);
    }
    Ok(sent)
}

fn not_shown(client: &Client, error: EncodeError) -> EndpointError {
    EndpointError::caused_by(
        format!("`{}` cannot be shown a picture", client.name()),
        error,
    )
}

/// Books what an exchange cost: what was told, and the most where it was not.
fn book(
    client: &Client,
    prepared: &Prepared,
    tries: &mut Tries,
    outcome: &Result<EndpointReply, Fault>,
) {
    let (usage, assumed) = match outcome {
        Ok(reply) => {
            add(&mut tries.usage, &reply.usage);
            reply.usage.or_most(&prepared.most)
        }
        Err(fault) if fault.kind.may_be_billed() => (prepared.most, true),
        Err(_) => return,
    };
    tries.billed += 1;
    let Some(price) = &client.profile.price else {
        return;
    };
    let cost = price.cost_usd(&usage);
    client.note_cost(cost, price.cost_usd(&prepared.most));
    *tries.cost_usd.get_or_insert(0.0) += cost;
    if assumed {
        tries.assumed_usd += cost;
    }
}

fn add(sum: &mut Usage, usage: &Usage) {
    sum.input_text += usage.input_text;
    sum.input_image += usage.input_image;
    sum.cached += usage.cached;
    sum.cache_written += usage.cache_written;
    sum.output_text += usage.output_text;
    sum.output_image += usage.output_image;
    sum.pictures += usage.pictures;
}

/// What a response says: its reply, or its fault.
pub(super) fn read(client: &Client, response: &Response) -> Result<EndpointReply, Fault> {
    let shown = || shorten(&response.text, ERROR_CHARS);
    let value = match response.body() {
        response::Body::Json(Value::Array(list)) => list.into_iter().next().unwrap_or_default(),
        response::Body::Json(value) => value,
        response::Body::Events(events) => client.provider.joined(&events),
        response::Body::Page if response.is_success() => {
            let what = format!("a web page in place of an answer: {}", shown());
            return Err(Fault::new(FaultKind::NotAnApi, what));
        }
        response::Body::Neither(why) if response.is_success() => {
            let what = format!("the body is not JSON ({why}): {}", shown());
            return Err(Fault::new(FaultKind::Garbled, what));
        }
        _ => return Err(told(client, response, &Value::String(shown()))),
    };
    let scrub = |text: String| match &client.key {
        Some(key) => key.scrub(text),
        None => text,
    };
    if let Some(error) = error_in(&value, response) {
        let fault = told(client, response, error);
        return Err(Fault {
            what: scrub(fault.what),
            ..fault
        });
    }
    match client.provider.reply(&value) {
        Ok(mut reply) => {
            for text in reply.texts_mut() {
                *text = scrub(std::mem::take(text));
            }
            Ok(reply)
        }
        Err(fault) => Err(Fault {
            what: format!("{}: {}", fault.what, scrub(shown())),
            ..fault
        }),
    }
}

/// The error of a body, if it holds one: a field `error` that says something, or, beside a status
/// of an error, whatever the body is.
fn error_in<'a>(value: &'a Value, response: &Response) -> Option<&'a Value> {
    let says = |error: &&Value| match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    let kind = |name: &str| value.get(name).and_then(Value::as_str) == Some("error");
    let named = value.get("error").filter(says);
    let whole = !response.is_success() || kind("object") || kind("type");
    named.or(whole.then_some(value))
}

/// What an error means: an object with code, type and message, or a mere text.
fn told(client: &Client, response: &Response, error: &Value) -> Fault {
    let as_text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let message = ["message", "detail", "msg"]
        .iter()
        .find_map(|name| error.get(name));
    let message = as_text(message.unwrap_or(error));
    let places = ["/code", "/type", "/status", "/innererror/code"];
    let codes = places.iter().filter_map(|place| error.pointer(place));
    let codes: Vec<String> = codes.map(as_text).filter(|code| !code.is_empty()).collect();
    let mut what = shorten(&message, ERROR_CHARS);
    if !codes.is_empty() {
        what = format!("{what} ({})", shorten(&codes.join(", "), 100));
    }
    // What a gateway quotes of the provider it asks.
    let raw = text(error, "/metadata/raw").unwrap_or_default();
    if !raw.is_empty() {
        what = format!("{what}: {}", shorten(&raw, ERROR_CHARS));
    }
    let mut wording = Wording {
        codes,
        message: format!("{message} {raw}"),
        wait: None,
    };
    client.provider.wording(error, &mut wording);
    let mut kind = wording.kind(response.status);
    // The header is rarely there; some write the wait into the body.
    let retry_after = response.retry_after.or(wording.wait);
    let longest = client.profile.retry.waits.max_retry_after;
    if kind == FaultKind::Throttled && retry_after.is_some_and(|wait| wait > longest) {
        kind = FaultKind::ComeBack;
    }
    let status = match response.is_success() {
        true => format!("HTTP {} with an error", response.status),
        false => format!("HTTP {}", response.status),
    };
    let later = match (kind, retry_after) {
        (FaultKind::ComeBack, Some(wait)) => format!(" (Retry-After: {} s)", wait.as_secs()),
        _ => String::new(),
    };
    Fault {
        kind,
        what: format!("{status}: {what}{later}"),
        retry_after,
    }
}
