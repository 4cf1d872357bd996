//! A model behind an API, made ready: addresses, key, limits. Nothing is asked on opening.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::address::Address;
use super::ask::{Ask, EndpointReply};
use super::breaker::{Breaker, Cause};
use super::cache::{Cache, CacheEntry};
use super::error::{EndpointError, Role};
use super::fault::{Fault, Scope};
use super::guard::{self, Life, Listing, Served};
use super::limiter::Limiter;
use super::pictures::Pictures;
use super::prepared::Prepared;
use super::price::Usage;
use super::profile::{KeySource, Profile};
use super::provider::{Header, Provider};
use super::secret::Secret;
use super::template::Template;
use super::transport::Transport;
use super::tries::Tries;
use super::voice::Voice;
use super::{encoding, identity, place, providers};
use crate::common::digest::Digest;
use crate::common::picture::MAX_ENCODED_BYTES;

/// Longest response of words that is read, in bytes.
const MAX_WORDS_BYTES: usize = 4 << 20;
/// Longest response with a picture: a longest picture in base 64, and a mebibyte for words.
const MAX_PICTURE_BYTES: usize = (MAX_ENCODED_BYTES as usize).div_ceil(3) * 4 + (1 << 20);

/// What may be said about a client beside its profile.
#[derive(Clone, Debug, Default)]
pub struct ClientOptions {
    /// Another base URL than the profile's.
    pub base_url: Option<String>,
    /// A key in place of the environment's.
    pub key: Option<Secret>,
    /// Where replies are kept; `None` asks every time.
    pub cache: Option<Cache>,
}

/// Asks one model behind an API.
pub struct Client {
    pub(super) role: Role,
    pub(super) profile: Profile,
    pub(super) provider: &'static dyn Provider,
    pub(super) key: Option<Secret>,
    pub(super) transports: Vec<Transport>,
    pub(super) limiter: Limiter,
    pub(super) breaker: Breaker,
    pub(super) voice: Voice,
    pub(super) pictures: Pictures,
    label: String,
    cache: Option<Cache>,
    served: Served,
    /// What the endpoint's list of models said.
    pub(super) listing: OnceLock<Listing>,
    /// The largest ratio of what a reply cost to the most that it should have, as bits of `f64`.
    worst: AtomicU64,
}

/// Width and height as bytes of a digest.
fn bytes_of([width, height]: [u32; 2]) -> [u8; 8] {
    ((u64::from(width) << 32) | u64::from(height)).to_le_bytes()
}

impl Client {
    /// Opens a client. A missing key is no error yet: replies from the cache and estimates need
    /// none.
    ///
    /// # Errors
    /// An unknown provider, an unusable base URL, no root certificates.
    pub fn open(
        role: Role,
        profile: Profile,
        options: ClientOptions,
    ) -> Result<Self, EndpointError> {
        let provider = providers::find(profile.provider).ok_or_else(|| {
            EndpointError::new(format!("there is no provider `{}`", profile.provider))
        })?;
        let facts = provider.facts();
        let addresses = place::addresses(&profile, facts, options.base_url)?;
        let label = place::label(&profile, &addresses)?;
        let usual = || facts.key_variables.iter().find_map(|v| Secret::from_env(v));
        let key = match &profile.key {
            KeySource::None => None,
            KeySource::Variable(variable) => options.key.or_else(|| Secret::from_env(variable)),
            KeySource::Usual => options.key.or_else(usual),
        };
        let longest = match profile.draws {
            true => MAX_PICTURE_BYTES,
            false => MAX_WORDS_BYTES,
        };
        let transport = |address: &Address| {
            Transport::new(address, &profile.timeouts, profile.max_connections, longest)
        };
        let transports: Result<Vec<_>, _> = addresses.iter().map(transport).collect();
        let transports = transports.map_err(|error| {
            EndpointError::caused_by(
                "the HTTPS client cannot be set up; are root certificates (ca-certificates) installed?",
                error,
            )
        })?;
        let raw = !facts.can_write;
        let client = Self {
            role,
            provider,
            key,
            transports,
            limiter: Limiter::new(profile.max_connections),
            breaker: Breaker::default(),
            voice: Voice::new(String::new()),
            pictures: Pictures::new(profile.encoding, facts.limits, raw),
            label,
            cache: options.cache,
            served: place::served(&profile, facts, &addresses),
            listing: OnceLock::new(),
            worst: AtomicU64::new(1_f64.to_bits()),
            profile,
        };
        let voice = Voice::new(format!("{} at {}", client.name(), client.place()));
        Ok(Self { voice, ..client })
    }

    /// What it is asked by.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Its name in tables.
    pub fn name(&self) -> &str {
        &self.profile.name
    }

    /// Where it lies: the base URLs.
    pub fn place(&self) -> String {
        let addresses = self.transports.iter().map(Transport::address);
        let bases: Vec<_> = addresses.map(Address::base).collect();
        bases.join(", ")
    }

    /// Whatever of the profile decides a reply. Holds no secret.
    pub fn details(&self) -> BTreeMap<String, String> {
        identity::details(&self.profile, &self.label)
    }

    /// What does not decide a reply and is worth knowing later: the addresses, and how often lost
    /// exchanges were tried again.
    pub fn provenance(&self) -> BTreeMap<String, String> {
        let retry = &self.profile.retry;
        [
            ("address", self.place()),
            ("reply_retries", retry.reply_retries.to_string()),
            ("transport_retries", retry.transport_retries.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// What people should know before anything is sent, line by line.
    pub fn notices(&self) -> Vec<String> {
        let name = self.name();
        let mut notices: Vec<String> = self.profile.notes.clone();
        for line in &mut notices {
            *line = format!("profile `{name}`: {line}");
        }
        notices.extend(self.guards());
        let facts = self.provider.facts();
        let own = Address::parse(facts.base_url, facts.root).ok();
        let usual_key = self.profile.key == KeySource::Usual && self.key.is_some();
        for address in self.transports.iter().map(Transport::address) {
            let host = address.host();
            if address.is_plain() && !address.is_loopback() {
                notices.push(format!(
                    "`{name}` at {} is asked without encryption (http): others on the network can read prompts, \
                     pictures and the key",
                    address.base()
                ));
            }
            if usual_key && own.as_ref().is_some_and(|own| own.host() != host) {
                notices.push(format!(
                    "the key of {} is sent to {host}; if that is wrong, put key = \"none\" or another variable in the \
                     profile `{name}`",
                    self.variables()
                ));
            }
        }
        notices
    }

    /// Makes a question ready. `salt` tells calls apart that are of their own although they ask the
    /// same: repeats and samples.
    pub fn prepare(&self, ask: &Ask, salt: &[u8]) -> Prepared {
        let write = |holes: &_| self.provider.request(&self.profile, ask, holes);
        let template = Template::new(ask, write);
        let encoding = encoding::describe(&self.profile.encoding);
        let request = template.digest();
        let fields = [
            b"parabench reply 1".as_slice(),
            self.label.as_bytes(),
            self.profile.provider.as_bytes(),
            request.as_bytes(),
            encoding.as_bytes(),
            salt,
        ];
        let pictures = template.pictures.iter();
        let pictures = pictures.map(|shown| shown.file.digest.as_bytes().as_slice());
        let sizes = template.pictures.iter().filter_map(|shown| shown.size);
        let sizes: Vec<[u8; 8]> = sizes.map(bytes_of).collect();
        let sizes = sizes.iter().map(<[u8; 8]>::as_slice);
        Prepared {
            key: Digest::of_fields(fields.into_iter().chain(pictures).chain(sizes)),
            most: self.profile.most(ask),
            template,
        }
    }

    /// What a profile's guards have to say, line by line.
    fn guards(&self) -> Vec<String> {
        let (name, model) = (self.name(), &self.profile.model);
        let listing = self.listing.get();
        let told = listing.and_then(|listing| listing.shutdown_date);
        let life = Life {
            ends: told.or(self.profile.life.ends),
            successor: self.profile.life.successor.clone(),
        };
        let life = life.notice(model, guard::today());
        let mut notices: Vec<String> = life
            .map(|notice| format!("`{name}`: {notice}"))
            .into_iter()
            .collect();
        if listing.is_some_and(|listing| !listing.listed) {
            notices.push(format!(
                "`{name}`: the endpoint does not list the model `{model}`"
            ));
        }
        if self.served != self.profile.served {
            notices.push(format!(
                "`{name}` is asked at {}, not at the address in its profile: the model that answers is recorded, not \
                 checked",
                self.place()
            ));
        }
        notices
    }

    /// Whether the model that gave a reply may answer for the one that was asked.
    pub fn takes(&self, reply: &EndpointReply) -> bool {
        let served = reply.served_model.as_deref();
        self.served.accepts(&self.profile.model, served)
    }

    /// The reply to a question from the cache, if it is there. Reads a file.
    pub fn kept(&self, prepared: &Prepared) -> Option<CacheEntry> {
        let kept = self.cache.as_ref()?.get(&prepared.key);
        kept.filter(|entry| self.takes(&entry.reply))
    }

    /// Whether a reply seems to be in the cache.
    pub fn seems_kept(&self, prepared: &Prepared) -> bool {
        let path = self.cache.as_ref().map(|cache| cache.path(&prepared.key));
        path.is_some_and(|path| path.is_file())
    }

    /// The same as [`kept`](Self::kept), without holding up other tasks.
    pub async fn kept_reply(&self, prepared: &Prepared) -> Option<CacheEntry> {
        let (cache, key) = (self.cache.clone()?, prepared.key);
        let read = tokio::task::spawn_blocking(move || cache.get(&key));
        read.await.ok()?.filter(|entry| self.takes(&entry.reply))
    }

    /// Keeps a reply; that it could not be kept is said and nothing else.
    pub async fn keep(&self, prepared: &Prepared, reply: EndpointReply, tries: &Tries) {
        let Some(cache) = self.cache.clone() else {
            return;
        };
        let key = prepared.key;
        let entry = CacheEntry {
            reply,
            prompt_digest: prepared.digest(&tries.image_digests),
            image_digests: tries.image_digests.clone(),
        };
        let put = tokio::task::spawn_blocking(move || cache.put(&key, &entry));
        if let Ok(Err(error)) = put.await {
            tracing::warn!("a reply could not be kept in the cache: {error}");
        }
    }

    /// US dollars that one request costs at the most, where a price is known: more than its tokens
    /// say once replies were billed beyond their limit.
    pub fn most_usd(&self, most: &Usage) -> Option<f64> {
        let price = self.profile.price?;
        let worst = f64::from_bits(self.worst.load(Ordering::Relaxed));
        Some(price.cost_usd(most) * worst)
    }

    /// Notes what a request cost.
    pub(super) fn note_cost(&self, cost: f64, most: f64) {
        if most > 0.0 && cost > most {
            // Non-negative floats are ordered as their bits are.
            let ratio = (cost / most).to_bits();
            self.worst.fetch_max(ratio, Ordering::Relaxed);
        }
    }

    /// The header with the key.
    ///
    /// # Errors
    /// There is no key, or none that can be sent.
    pub fn authorisation(&self) -> Result<Option<Header>, EndpointError> {
        if self.profile.key == KeySource::None {
            return Ok(None);
        }
        let key = self.key.as_ref().ok_or_else(|| self.no_key())?;
        let header = match self.key_header() {
            Some(name) => key.header("").zip(name.parse().ok()).map(|(v, n)| (n, v)),
            None => self.provider.authorise(key),
        };
        Ok(Some(header.ok_or_else(|| self.unsendable_key())?))
    }

    /// Another header than the provider's for the key: Azure's deployments want their own.
    fn key_header(&self) -> Option<&str> {
        let azure = |transport: &Transport| {
            let host = transport.address().host();
            host.ends_with(".azure.com") && self.profile.provider != "anthropic"
        };
        let own = self.profile.key_header.as_deref();
        own.or_else(|| self.transports.iter().any(azure).then_some("api-key"))
    }

    /// Ends the asking for a fault that stands in the way of every request.
    pub(super) fn end(&self, fault: Fault) -> EndpointError {
        debug_assert_eq!(fault.kind.scope(), Scope::All);
        let cause = Cause {
            fault,
            failures: 1,
            only: None,
        };
        self.breaker.trip(cause.clone());
        self.ended(&cause)
    }
}
