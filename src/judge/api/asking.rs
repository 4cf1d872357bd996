//! From one question to its verdict: reads replies, asks again where one gave no mark, and gives up
//! by name.

use crate::endpoint::ask::{Finish, Reply};
use crate::endpoint::client::{Client, Lost, Prepared};
use crate::endpoint::exchange::Tries;
use crate::endpoint::fault::{Fault, Kind};
use crate::endpoint::response::shorten;
use crate::judge::reply::Sought;
use crate::judge::{JudgeError, Mark, MissingReason, Usage, Verdict, reply};
use crate::suite::axes::scale::MarkScale;

/// Characters of a raw reply that are kept.
const MAX_RAW_CHARS: usize = 16_000;
/// Characters of names that an endpoint gives itself.
const MAX_NAME_CHARS: usize = 200;

/// Asks until there is a mark or no try is left: replies without a mark and lost exchanges have
/// their own numbers of tries. The verdict's reason is that of the last failure. The reply is there
/// when there is a mark to keep.
pub(super) async fn verdict(
    client: &Client,
    prepared: &Prepared,
    wanted: &Wanted,
) -> Result<(Verdict, Option<Reply>, Tries), JudgeError> {
    let mut tries = client.no_tries();
    let mut failures = 0;
    let mut said = Verdict::local(Mark::Missing(MissingReason::Unreachable), None);
    let kept = loop {
        match client.ask(prepared, &mut tries).await {
            Ok(reply) => {
                said = read(&reply, wanted);
                let Mark::Missing(reason) = said.mark else {
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
                said.mark = Mark::Missing(reason_of(&fault));
                if fault.kind != Kind::Filtered {
                    break None;
                }
            }
        }
        failures += 1;
        if failures > client.profile().retry.reply_retries {
            break None;
        }
    };
    Ok((with_tries(said, &tries, prepared), kept, tries))
}

fn fault_of(client: &Client, reason: MissingReason, reply: &Reply) -> String {
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
    /// The key of the mark.
    pub key: String,
    /// The marks that there are.
    pub scale: MarkScale,
    /// The texts that are judged and may be quoted.
    pub material: Vec<String>,
}

/// What one reply says.
pub(super) fn read(reply: &Reply, wanted: &Wanted) -> Verdict {
    let missing = match (&reply.withheld, &reply.refusal, reply.finish) {
        (Some(_), ..) => Some(MissingReason::ContentFiltered),
        (None, Some(_), _) => Some(MissingReason::Refused),
        // A reply that was cut may lack its last word; it gives no mark.
        (None, None, Finish::Length) => Some(MissingReason::Truncated),
        (None, None, Finish::Done) => None,
    };
    let (mark, rationale) = match missing {
        Some(reason) => (Mark::Missing(reason), None),
        None => {
            let sought = Sought {
                key: &wanted.key,
                scale: wanted.scale,
            };
            let reading = reply::read(&reply.text, sought, &wanted.material);
            (reading.mark, reading.rationale)
        }
    };
    let words = reply.refusal.as_ref().unwrap_or(&reply.text);
    let name = |name: &Option<String>| name.as_ref().map(|n| shorten(n, MAX_NAME_CHARS));
    Verdict {
        raw_reply: Some(words.chars().take(MAX_RAW_CHARS).collect()),
        served_model: name(&reply.served_model),
        fingerprint: name(&reply.fingerprint),
        ..Verdict::local(mark, rationale)
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
        Kind::Filtered => MissingReason::ContentFiltered,
        Kind::Unreachable | Kind::Certificate | Kind::Broken => MissingReason::Unreachable,
        Kind::Timeout => MissingReason::TimedOut,
        Kind::Throttled | Kind::ComeBack => MissingReason::Throttled,
        Kind::Server => MissingReason::ServerError,
        Kind::NotAnApi | Kind::Garbled | Kind::Endless => MissingReason::BadResponse,
        Kind::TooLarge | Kind::ContextFull => MissingReason::TooLarge,
        Kind::Key | Kind::Permission => MissingReason::Denied,
        Kind::Quota => MissingReason::Quota,
        Kind::ServedOther => MissingReason::ServedOther,
        Kind::NoPictures | Kind::Refused | Kind::NotFound | Kind::Parameter | Kind::Redirect => {
            MissingReason::RefusedRequest
        }
    }
}
