//! Where an endpoint lies, and what stands for the place in an identity.

use super::address::Address;
use super::error::EndpointError;
use super::guard::Served;
use super::profile::Profile;
use super::provider::Facts;

/// The endpoints: from the command, else from the profile, else from the environment, else the
/// provider's own.
pub(super) fn addresses(
    profile: &Profile,
    facts: Facts,
    option: Option<String>,
) -> Result<Vec<Address>, EndpointError> {
    let from_env = || {
        std::env::var(facts.base_url_variable)
            .ok()
            .filter(|url| !url.trim().is_empty())
    };
    let (source, urls) = if let Some(url) = option {
        ("the options", vec![url])
    } else if !profile.base_urls.is_empty() {
        ("the profile", profile.base_urls.clone())
    } else if let Some(url) = from_env() {
        (facts.base_url_variable, vec![url])
    } else {
        ("the provider", vec![facts.base_url.to_owned()])
    };
    urls.iter()
        .map(|url| {
            Address::parse(url, facts.root).map_err(|error| {
                EndpointError::caused_by(format!("faulty base URL from {source}"), error)
            })
        })
        .collect()
}

/// Which served models are taken: what the profile says of the endpoint that it names, or of the
/// provider's own. Elsewhere, behind a gateway, models have other names.
pub(super) fn served(profile: &Profile, facts: Facts, addresses: &[Address]) -> Served {
    let own = [facts.base_url.to_owned()];
    let stated = match profile.base_urls.as_slice() {
        [] => own.as_slice(),
        urls => urls,
    };
    let stated: Vec<Address> = stated
        .iter()
        .filter_map(|url| Address::parse(url, facts.root).ok())
        .collect();
    let is_stated = |address: &Address| stated.iter().any(|other| other.host() == address.host());
    match addresses.iter().all(is_stated) {
        true => profile.served,
        false => Served::Any,
    }
}

/// What stands for the endpoint in an identity.
pub(super) fn label(profile: &Profile, addresses: &[Address]) -> Result<String, EndpointError> {
    if let Some(label) = &profile.endpoint_label {
        return Ok(label.clone());
    }
    let mut labels: Vec<_> = addresses.iter().map(Address::label).collect();
    labels.dedup();
    match labels.as_slice() {
        [one] => Ok((*one).to_owned()),
        _ => Err(EndpointError::new(format!(
            "the profile `{}` names several hosts: put endpoint_label = \"…\" next to base_url, one name for all of \
             them, and make sure that they serve the same model",
            profile.name
        ))),
    }
}
