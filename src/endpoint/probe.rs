//! A question that costs nothing, asked before anything is paid or loaded.

use std::time::Duration;

use super::breaker::Cause;
use super::client::Client;
use super::error::EndpointError;
use super::exchange;
use super::fault::{Fault, FaultKind};
use super::guard::Listing;
use super::transport::Call;

/// How long it is waited for.
const PROBE: Duration = Duration::from_secs(15);

/// What an address of this machine where nobody listens is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NobodyHere {
    /// An error.
    Error,
    /// A warning: its server may be started beside the model.
    Warning,
}

impl Client {
    /// Asks every address for its list of models, which costs nothing: finds addresses where nobody
    /// listens and keys that are not accepted before anything is paid or loaded. An endpoint without
    /// such a list, or a slow one, passes.
    ///
    /// # Errors
    /// No key, nobody there, or the key is refused.
    pub async fn probe(&self, nobody_here: NobodyHere) -> Result<(), EndpointError> {
        let mut headers = self.provider.headers(&self.profile);
        headers.extend(self.authorisation()?);
        for transport in &self.transports {
            let call = Call {
                path: "/models",
                body: None,
                headers: headers.clone(),
                key: self.key.as_ref(),
            };
            let Ok(sent) = tokio::time::timeout(PROBE, transport.send(call)).await else {
                continue;
            };
            let fault = match sent {
                Err(error) => Fault::from(error),
                Ok(response) if response.is_success() => {
                    if let Some(listing) = Listing::read(&response.text, &self.profile.model) {
                        // Another address may have told already.
                        let _ = self.listing.set(listing);
                    }
                    continue;
                }
                Ok(response) => match exchange::read(self, &response) {
                    Err(fault) if response.status == 401 || response.status == 403 => fault,
                    _ => continue,
                },
            };
            let address = transport.address();
            if fault.kind == FaultKind::Unreachable
                && address.is_loopback()
                && nobody_here == NobodyHere::Warning
            {
                tracing::warn!(
                    "nothing answers at {} yet; start the judge's server before the first answer is ready",
                    address.base()
                );
                continue;
            }
            if stands_in_the_way(fault.kind) {
                let cause = Cause {
                    fault,
                    failures: 1,
                    only: None,
                };
                return Err(self.ended(&cause));
            }
        }
        Ok(())
    }
}

fn stands_in_the_way(kind: FaultKind) -> bool {
    use FaultKind::{Certificate, Key, Permission, Quota, Unreachable};
    matches!(kind, Key | Permission | Quota | Unreachable | Certificate)
}
