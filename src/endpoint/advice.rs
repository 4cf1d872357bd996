//! Why a run ends at an endpoint: what was found, where, and what to do about it.

use super::breaker::Cause;
use super::client::Client;
use super::error::EndpointError;
use super::fault::FaultKind;
use super::profile::KeySource;
use super::response::shorten;

/// Characters of the endpoint's words that are repeated.
const CHARS: usize = 400;

const RESUME: &str = "the same command continues where this one stopped";

impl Client {
    /// No key is set.
    pub(super) fn no_key(&self) -> EndpointError {
        let (role, name, variables) = (self.role.noun(), self.name(), self.variables());
        EndpointError::new(format!(
            "the {role} `{name}` needs a key and {variables} is not set: export it, or put \
             key = \"none\" in the profile of an endpoint that asks for none"
        ))
    }

    /// The key cannot stand in a header.
    pub(super) fn unsendable_key(&self) -> EndpointError {
        EndpointError::new(format!(
            "the key in {} holds characters that cannot be sent; is there a line break or a quote in it?",
            self.variables()
        ))
    }

    /// Nothing is asked any more.
    pub(super) fn ended(&self, cause: &Cause) -> EndpointError {
        let said = shorten(&cause.fault.what, CHARS);
        let found = match (cause.failures, cause.only) {
            (0 | 1, _) => said,
            (many, None) => format!("{many} requests in a row failed; the last one: {said}"),
            (many, Some(true)) => format!(
                "{many} requests with pictures in a row failed while those of words alone were answered; the last \
                 one: {said}"
            ),
            (many, Some(false)) => format!(
                "{many} requests of words alone in a row failed while those with pictures were answered; the last \
                 one: {said}"
            ),
        };
        EndpointError::new(format!(
            "the {} `{}` at {} cannot {}: {found}; {}",
            self.role.noun(),
            self.name(),
            self.place(),
            self.role.verb(),
            self.advice(cause.fault.kind)
        ))
    }

    /// The variables that may hold the key, for people.
    pub(super) fn variables(&self) -> String {
        match &self.profile.key {
            KeySource::Variable(variable) => variable.clone(),
            _ => self.provider.facts().key_variables.join(" or "),
        }
    }

    fn advice(&self, kind: FaultKind) -> String {
        let (model, name) = (&self.profile.model, self.name());
        let variables = self.variables();
        match kind {
            FaultKind::Key if self.profile.key == KeySource::None => {
                "the endpoint asks for a key: name its environment variable as `key` in the profile"
                    .to_owned()
            }
            FaultKind::Key => format!("check that {variables} holds a valid key for this endpoint"),
            FaultKind::Permission => {
                format!("check that the key in {variables} may use the model `{model}` from here")
            }
            FaultKind::NotFound => format!(
                "check the model `{model}`, the base URL (it should end where /chat/completions or its \
                 like begins), and whether the endpoint offers `{}`",
                self.profile.provider
            ),
            FaultKind::Quota => format!(
                "the account of the key in {variables} has no credit or quota left: add some, then run \
                 the same command to resume"
            ),
            FaultKind::Parameter => format!(
                "the model `{model}` does not take a parameter of the profile `{name}` or of its \
                 [request], or needs one more: leave it out or change it (max_completion_tokens instead \
                 of max_tokens, no temperature)"
            ),
            FaultKind::ServedOther => {
                let other = match &self.profile.life.successor {
                    Some(successor) => format!(" (the provider names `{successor}`)"),
                    None => String::new(),
                };
                format!(
                    "marks and answers of two models are not on one scale: ask a model that is still \
                     offered{other} under another name, or put served = \"any\" into the profile to take \
                     whatever answers; {RESUME}"
                )
            }
            FaultKind::Redirect => {
                "redirects are not followed, since the key would go elsewhere: put the final address \
                 into base_url"
                    .to_owned()
            }
            FaultKind::Unreachable => format!(
                "check that the server runs and that the address is right (base_url in the profile, or \
                 {}); {RESUME}",
                self.provider.facts().base_url_variable
            ),
            FaultKind::Certificate => format!(
                "the certificate of the endpoint is not trusted: check the address and the machine's \
                 root certificates (ca-certificates, SSL_CERT_FILE); {RESUME}"
            ),
            FaultKind::Timeout => {
                format!("the endpoint is slow or hangs: raise [timeouts] in the profile; {RESUME}")
            }
            FaultKind::NotAnApi => format!(
                "the address leads to a web page, not to an API: check base_url, and whether this network asks for a \
                 sign-in; {RESUME}"
            ),
            FaultKind::ComeBack => format!(
                "the endpoint asks to come back later than retry.max_retry_after_s allows: wait until \
                 then; {RESUME}"
            ),
            FaultKind::Throttled => format!(
                "the endpoint takes fewer requests: lower max_connections, or come back later; {RESUME}"
            ),
            FaultKind::NoPictures => format!(
                "the model `{model}` takes no pictures: name a model that does; a local server may need \
                 its picture part loaded (a projector file)"
            ),
            FaultKind::ContextFull => format!(
                "the context of `{model}` is too small: serve it with a longer one, send smaller \
                 pictures (image.longest_side), or lower max_tokens; {RESUME}"
            ),
            FaultKind::TooLarge => {
                format!("send smaller pictures: image.longest_side in the profile; {RESUME}")
            }
            FaultKind::Garbled => format!(
                "the response is not one of the provider `{}`: check provider and base_url in the \
                 profile; {RESUME}",
                self.profile.provider
            ),
            FaultKind::Broken
            | FaultKind::Server
            | FaultKind::Endless
            | FaultKind::Filtered
            | FaultKind::Refused => {
                format!("see what the endpoint says and its own log; {RESUME}")
            }
        }
    }
}
