//! One exchange over HTTP: sent, awaited and read within bounds of time and size.

use std::error::Error as _;
use std::sync::Once;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Body, Client, redirect};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use super::address::Address;
use super::backoff;
use super::fault::{Fault, FaultKind};
use super::response::{Response, shorten, unpacked};
use super::secret::Secret;

/// Characters of an error's chain of causes that are kept.
const ERROR_CHARS: usize = 300;

/// Why no response arrived.
#[derive(Debug, Error)]
pub enum SendError {
    /// No connection came about, so nothing was sent.
    #[error("the connection failed: {0}")]
    Unconnected(String),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// Nothing came back in time.
    #[error("no response within {} s", .0.as_secs_f64())]
    FirstByte(Duration),
    /// The response stopped half-way.
    #[error("the response stalled for {} s", .0.as_secs_f64())]
    Stalled(Duration),
    /// The whole exchange took too long.
    #[error("not finished within {} s", .0.as_secs_f64())]
    TooSlow(Duration),
    /// The response does not end.
    #[error("the response is longer than {0} bytes")]
    TooLong(usize),
}

impl From<SendError> for Fault {
    fn from(error: SendError) -> Self {
        let kind = match &error {
            SendError::Unconnected(what) if what.to_lowercase().contains("certificate") => {
                FaultKind::Certificate
            }
            SendError::Unconnected(_) => FaultKind::Unreachable,
            SendError::Broken(_) => FaultKind::Broken,
            SendError::FirstByte(_) | SendError::Stalled(_) | SendError::TooSlow(_) => {
                FaultKind::Timeout
            }
            SendError::TooLong(_) => FaultKind::Endless,
        };
        Self::new(kind, error.to_string())
    }
}

/// How long to wait for an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// From sending to the first byte of the response.
    pub first_byte: Duration,
    /// Between two pieces of the response.
    pub idle: Duration,
    /// For the whole exchange.
    pub total: Duration,
}

/// One request.
#[derive(Debug)]
pub struct Call<'a> {
    /// The operation below the base URL; starts with `/`.
    pub path: &'a str,
    /// Media type and body of a POST; without, it is a GET.
    pub body: Option<(&'a str, Body)>,
    /// Further headers, the one with the key among them.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The key, to be blotted out of whatever comes back.
    pub key: Option<&'a Secret>,
}

/// Sends requests to one endpoint.
#[derive(Debug)]
pub struct Transport {
    client: Client,
    address: Address,
    timeouts: Timeouts,
    /// Longest response that is read, in bytes.
    max_response: usize,
}

impl Transport {
    /// A client for one endpoint that keeps up to `connections` open and reads responses of up
    /// to `max_response` bytes. Redirects are not followed: a key goes to the host that was
    /// named and to no other.
    ///
    /// # Errors
    /// When the system's root certificates cannot be loaded.
    pub fn new(
        address: &Address,
        timeouts: &Timeouts,
        connections: usize,
        max_response: usize,
    ) -> Result<Self, reqwest::Error> {
        install_crypto();
        let mut builder = Client::builder()
            .user_agent(concat!("parabench/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(timeouts.connect)
            .pool_max_idle_per_host(connections);
        if address.is_plain() {
            // No certificate is ever checked, so a machine without any will do.
            builder = builder.tls_certs_only([]);
        }
        if address.is_loopback() {
            builder = builder.no_proxy();
        }
        Ok(Self {
            client: builder.build()?,
            address: address.clone(),
            timeouts: timeouts.clone(),
            max_response,
        })
    }

    /// The address that is asked.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Sends one request and reads its response. Whatever comes back has the key
    /// blotted out.
    ///
    /// # Errors
    /// [`SendError`]: all of them may pass.
    pub async fn send(&self, call: Call<'_>) -> Result<Response, SendError> {
        let key = call.key;
        let deadline = Instant::now() + self.timeouts.total;
        let url = self.address.join(call.path);
        let mut request = match call.body {
            Some((media_type, body)) => {
                let post = self.client.post(url).header(CONTENT_TYPE, media_type);
                post.body(body)
            }
            None => self.client.get(url),
        };
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let first_byte = Instant::now() + self.timeouts.first_byte;
        let response = match timeout_at(first_byte.min(deadline), request.send()).await {
            Ok(response) => response.map_err(|error| connection(error, key))?,
            Err(_) if first_byte <= deadline => {
                return Err(SendError::FirstByte(self.timeouts.first_byte));
            }
            Err(_) => return Err(SendError::TooSlow(self.timeouts.total)),
        };
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name)?.to_str().ok();
        let retry_after =
            header(RETRY_AFTER).and_then(|text| backoff::retry_after(text, Timestamp::now()));
        let location = header(LOCATION).map(|text| format!("it points to {text}"));
        let mut text = self.read(response, deadline, key).await?;
        if let (300..=399, Some(location)) = (status, location) {
            text = location;
        }
        let text = match key {
            Some(key) => key.scrub(text),
            None => text,
        };
        Ok(Response {
            status,
            retry_after,
            text,
        })
    }

    async fn read(
        &self,
        mut response: reqwest::Response,
        deadline: Instant,
        key: Option<&Secret>,
    ) -> Result<String, SendError> {
        let mut bytes = Vec::new();
        loop {
            let idle = Instant::now() + self.timeouts.idle;
            let chunk = match timeout_at(idle.min(deadline), response.chunk()).await {
                Ok(chunk) => chunk.map_err(|error| connection(error, key))?,
                Err(_) if idle <= deadline => return Err(SendError::Stalled(self.timeouts.idle)),
                Err(_) => return Err(SendError::TooSlow(self.timeouts.total)),
            };
            let Some(chunk) = chunk else {
                let bytes = unpacked(bytes, self.max_response)
                    .ok_or(SendError::TooLong(self.max_response))?;
                return Ok(String::from_utf8(bytes).unwrap_or_else(|error| {
                    String::from_utf8_lossy(error.as_bytes()).into_owned()
                }));
            };
            if bytes.len() + chunk.len() > self.max_response {
                return Err(SendError::TooLong(self.max_response));
            }
            bytes.extend_from_slice(&chunk);
        }
    }
}

/// An error of the client with its causes, on one line, without URL or key.
fn connection(error: reqwest::Error, key: Option<&Secret>) -> SendError {
    let unconnected = error.is_connect();
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    let text = match key {
        Some(key) => key.scrub(text),
        None => text,
    };
    let text = shorten(&text, ERROR_CHARS);
    match unconnected {
        true => SendError::Unconnected(text),
        false => SendError::Broken(text),
    }
}

/// Makes ring the process's cryptography, once; a choice made before stays.
fn install_crypto() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
