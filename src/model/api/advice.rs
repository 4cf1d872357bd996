//! Why a run ends at a model behind an API: what was found, where, and what to do about it.

use super::client::Client;
use super::profile::KeySource;
use crate::common::http::Obstacle;
use crate::model::ModelError;

/// The variables that may hold the key, for people.
fn variables(client: &Client) -> String {
    match &client.profile.key {
        KeySource::Variable(variable) => variable.clone(),
        _ => client.provider.facts().key_variables.join(" or "),
    }
}

/// No key is set.
pub(super) fn no_key(client: &Client) -> ModelError {
    let (name, variables) = (&client.profile.name, variables(client));
    ModelError::new(format!(
        "the model `{name}` needs a key and {variables} is not set: export it, or put \
         key = \"none\" in the profile of an endpoint that asks for none"
    ))
}

/// The key cannot stand in a header.
pub(super) fn unsendable_key(client: &Client) -> ModelError {
    ModelError::new(format!(
        "the key in {} holds characters that cannot be sent; is there a line break or a quote in it?",
        variables(client)
    ))
}

/// Something stands in the way of every request; `what` is what the endpoint said.
pub(super) fn blocked(client: &Client, obstacle: Obstacle, what: &str) -> ModelError {
    let variables = variables(client);
    let model = &client.profile.model;
    let advice = match obstacle {
        Obstacle::Key if client.profile.key == KeySource::None => {
            "the endpoint asks for a key: name its environment variable as `key` in the profile"
                .into()
        }
        Obstacle::Key => format!("check that {variables} holds a valid key for this endpoint"),
        Obstacle::Permission => {
            format!("check that the key in {variables} may use the model `{model}` from here")
        }
        Obstacle::NotFound => format!(
            "check the model `{model}`, the base URL, and whether the endpoint offers `{}`",
            client.profile.api.key()
        ),
        Obstacle::Quota => format!(
            "the account of the key in {variables} has no credit left: add some, then run the same \
             command to resume"
        ),
        Obstacle::Parameter => format!(
            "the model `{model}` does not take a field of [request] in its profile, or needs one more"
        ),
        Obstacle::Redirect => {
            "redirects are not followed, since the key would go elsewhere: put the final address \
             into base_url"
                .into()
        }
    };
    ModelError::new(format!(
        "the model `{}` at {} cannot answer: {what}; {advice}",
        client.profile.name,
        client.endpoint.base()
    ))
}
