//! Why a run ends at an endpoint: what was found, where, and what to do about it.

use super::breaker::Cause;
use super::client::{Client, Role};
use super::fault::FaultKind;
use super::price::Spent;
use super::profile::KeySource;
use super::response::shorten;

/// Characters of the endpoint's words that are repeated.
const CHARS: usize = 400;

/// Why nothing can be asked. Never a mark or an answer.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct EndpointError {
    /// What was found, what was expected, what to do next. Holds no secret.
    pub message: String,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Money that went to tries of the question which was given up with it, and stands nowhere else.
    pub spent: Spent,
}

impl EndpointError {
    /// An error with nothing beneath it.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
            spent: Spent::default(),
        }
    }

    /// An error with its cause.
    pub fn caused_by(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            message: message.into(),
            source: Some(source.into()),
            spent: Spent::default(),
        }
    }
}

/// No key is set.
pub(super) fn no_key(client: &Client) -> EndpointError {
    let (role, name, variables) = (client.role.noun(), client.name(), variables(client));
    EndpointError::new(format!(
        "the {role} `{name}` needs a key and {variables} is not set: export it, or put \
         key = \"none\" in the profile of an endpoint that asks for none"
    ))
}

/// The key cannot stand in a header.
pub(super) fn unsendable_key(client: &Client) -> EndpointError {
    EndpointError::new(format!(
        "the key in {} holds characters that cannot be sent; is there a line break or a quote in it?",
        variables(client)
    ))
}

/// Nothing is asked any more.
pub(super) fn ended(client: &Client, cause: &Cause) -> EndpointError {
    let said = shorten(&cause.fault.what, CHARS);
    let found = match (cause.failures, cause.only) {
        (0 | 1, _) => said,
        (many, None) => format!("{many} requests in a row failed, the last so: {said}"),
        (many, Some(true)) => format!(
            "{many} requests with pictures in a row failed while those of words alone were \
             answered, the last so: {said}"
        ),
        (many, Some(false)) => format!(
            "{many} requests of words alone in a row failed while those with pictures were \
             answered, the last so: {said}"
        ),
    };
    EndpointError::new(format!(
        "the {} `{}` at {} cannot {}: {found}; {}",
        client.role.noun(),
        client.name(),
        client.place(),
        client.role.verb(),
        advice(client, cause.fault.kind)
    ))
}

/// The variables that may hold the key, for people.
pub(super) fn variables(client: &Client) -> String {
    match &client.profile.key {
        KeySource::Variable(variable) => variable.clone(),
        _ => client.provider.facts().key_variables.join(" or "),
    }
}

const RESUME: &str = "the same command goes on where this one stopped";

fn advice(client: &Client, kind: FaultKind) -> String {
    let (model, name) = (&client.profile.model, client.name());
    let variables = variables(client);
    match kind {
        FaultKind::Key if client.profile.key == KeySource::None => {
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
            client.profile.provider
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
            let other = match &client.profile.life.successor {
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
            client.provider.facts().base_url_variable
        ),
        FaultKind::Certificate => format!(
            "the certificate of the endpoint is not trusted: check the address and the machine's \
             root certificates (ca-certificates, SSL_CERT_FILE); {RESUME}"
        ),
        FaultKind::Timeout => {
            format!("the endpoint is slow or hangs: raise [timeouts] in the profile; {RESUME}")
        }
        FaultKind::NotAnApi => format!(
            "a web page is not an API: check base_url, and whether this network asks for a sign-in; \
             {RESUME}"
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
            client.profile.provider
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

impl Role {
    fn noun(self) -> &'static str {
        match self {
            Self::Judge => "judge",
            Self::Model => "model",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Judge => "mark",
            Self::Model => "answer",
        }
    }
}
