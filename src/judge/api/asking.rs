//! From one question to its verdict: reads replies, asks again where one gave no mark, and gives up
//! by name.

use crate::endpoint::Lost;
use crate::endpoint::ask::{EndpointReply, Finish};
use crate::endpoint::client::Client;
use crate::endpoint::fault::{Fault, FaultKind};
use crate::endpoint::prepared::Prepared;
use crate::endpoint::response::shorten;
use crate::endpoint::tries::Tries;
use crate::judge::reply::{Form, Reading};
use crate::judge::{JudgeError, Mark, MissingReason, Usage, Verdict, reply};

/// Characters of a raw reply that are kept.
const MAX_RAW_CHARS: usize = 16_000;
/// Characters of names that an endpoint gives itself.
const MAX_NAME_CHARS: usize = 200;

/// Asks until every mark of the call is there or no try is left: replies without a mark and lost exchanges have
/// their own numbers of tries. Verdicts stand by key, all of the last reply, each with what the call cost; the reasons
/// are those of the last failure. The reply is there when all marks are, to be kept.
pub(super) async fn verdicts(
    client: &Client,
    prepared: &Prepared,
    wanted: &Wanted,
) -> Result<(Vec<Verdict>, Option<EndpointReply>, Tries), JudgeError> {
    let mut tries = client.no_tries();
    let mut failures = 0;
    let nothing = Verdict::local(Mark::Missing(MissingReason::Unreachable), None);
    let count = wanted.form.keys.len();
    let mut said = vec![nothing; count];
    let kept = loop {
        match client.ask(prepared, &mut tries).await {
            Ok(reply) => {
                said = (0..count).map(|at| read(&reply, wanted, at)).collect();
                let Some(reason) = said.iter().find_map(|verdict| verdict.mark.missing()) else {
                    break Some(reply);
                };
                tries.fault(&fault_of(client, reason, &reply));
                // Under the same limit the next reply would be cut as well.
                if reason == MissingReason::Truncated {
                    break None;
                }
            }
            Err(Lost::All(error)) => return Err(error.into()),
            Err(Lost::Item(fault)) => {
                let reason = reason_of(&fault);
                said.iter_mut()
                    .for_each(|verdict| verdict.mark = Mark::Missing(reason));
                if fault.kind != FaultKind::Filtered {
                    break None;
                }
            }
        }
        failures += 1;
        if failures > client.profile().retry.reply_retries {
            break None;
        }
    };
    let said = said
        .into_iter()
        .map(|verdict| with_tries(verdict, &tries, prepared));
    Ok((said.collect(), kept, tries))
}

/// The verdict at a place among those of a call.
pub(super) fn verdict_at(verdicts: Vec<Verdict>, at: usize) -> Verdict {
    let none = || Verdict::local(Mark::Missing(MissingReason::Unparsable), None);
    verdicts.into_iter().nth(at).unwrap_or_else(none)
}

fn fault_of(client: &Client, reason: MissingReason, reply: &EndpointReply) -> String {
    let words = shorten(reply.refusal.as_ref().unwrap_or(&reply.text), 100);
    match (reason, client.profile().output_limit) {
        (MissingReason::Truncated, Some(limit)) => {
            let (name, tokens) = (limit.name(), limit.tokens());
            format!("the reply was cut off: raise {name}, now {tokens}, in the profile: {words}")
        }
        _ => format!("{reason}: {words}"),
    }
}

/// What a reply is to hold.
pub(super) struct Wanted {
    /// How it holds the marks of the call.
    pub form: Form,
    /// The place of the axis that is asked about.
    pub at: usize,
    /// The texts that are judged and may be quoted.
    pub material: Vec<String>,
}

/// What one reply says under the key at a place.
pub(super) fn read(reply: &EndpointReply, wanted: &Wanted, at: usize) -> Verdict {
    let missing = match (&reply.withheld, &reply.refusal, reply.finish) {
        (Some(_), ..) => Some(MissingReason::ContentFiltered),
        (None, Some(_), _) => Some(MissingReason::Refused),
        // A reply that was cut may lack its last word; it gives no mark.
        (None, None, Finish::Length) => Some(MissingReason::Truncated),
        (None, None, Finish::Done) => None,
    };
    let reading = match missing {
        Some(reason) => Reading::missing(reason),
        None => reply::read_at(&reply.text, &wanted.form, at, &wanted.material),
    };
    let words = reply.refusal.as_ref().unwrap_or(&reply.text);
    let name = |name: &Option<String>| name.as_ref().map(|n| shorten(n, MAX_NAME_CHARS));
    Verdict {
        raw_reply: Some(words.chars().take(MAX_RAW_CHARS).collect()),
        served_model: name(&reply.served_model),
        fingerprint: name(&reply.fingerprint),
        parts: reading.parts,
        ..Verdict::local(reading.mark, reading.rationale)
    }
}

fn with_tries(said: Verdict, tries: &Tries, prepared: &Prepared) -> Verdict {
    Verdict {
        prompt_digest: (tries.attempts > 0).then(|| prepared.digest(&tries.image_digests)),
        image_digests: tries.image_digests.clone(),
        usage: Usage {
            input_tokens: tries.usage.input(),
            output_tokens: tries.usage.output(),
        },
        cost_usd: tries.cost_usd,
        assumed_usd: (tries.assumed_usd > 0.0).then_some(tries.assumed_usd),
        attempts: tries.attempts,
        faults: tries.faults.clone(),
        latency_ms: tries.latency_ms,
        ..said
    }
}

/// The name under which a mark is missing for a fault.
fn reason_of(fault: &Fault) -> MissingReason {
    match fault.kind {
        FaultKind::Filtered => MissingReason::ContentFiltered,
        FaultKind::Unreachable | FaultKind::Certificate | FaultKind::Broken => {
            MissingReason::Unreachable
        }
        FaultKind::Timeout => MissingReason::TimedOut,
        FaultKind::Throttled | FaultKind::ComeBack => MissingReason::Throttled,
        FaultKind::Server => MissingReason::ServerError,
        FaultKind::NotAnApi | FaultKind::Garbled | FaultKind::Endless => MissingReason::BadResponse,
        FaultKind::TooLarge | FaultKind::ContextFull => MissingReason::TooLarge,
        FaultKind::Key | FaultKind::Permission => MissingReason::Denied,
        FaultKind::Quota => MissingReason::Quota,
        FaultKind::ServedOther => MissingReason::ServedOther,
        FaultKind::NoPictures
        | FaultKind::Refused
        | FaultKind::NotFound
        | FaultKind::Parameter
        | FaultKind::Redirect => MissingReason::RefusedRequest,
    }
}
