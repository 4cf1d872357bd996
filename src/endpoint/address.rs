//! Base URLs of endpoints: what people write, made one form.

use std::net::IpAddr;

use reqwest::Url;
use thiserror::Error;

/// Ends of paths that name an operation and no base.
const OPERATIONS: [&str; 8] = [
    "/completions",
    "/chat",
    "/responses",
    "/messages",
    "/images",
    "/generations",
    "/edits",
    ":generateContent",
];

/// Why a base URL cannot be used. Never repeats user name or password.
#[derive(Debug, Error)]
#[error(
    "the base URL {shown} cannot be used: {fault}; expected something like https://api.openai.com/v1"
)]
pub struct AddressError {
    shown: String,
    fault: &'static str,
}

/// An endpoint's base URL without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    base: String,
    /// `?api-version=…` of a deployment on Azure; else empty.
    query: String,
    host: String,
    plain: bool,
    place: Place,
}

/// How far away a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Here,
    Private,
    Public,
}

impl Address {
    /// Reads a base URL. A bare host gets `root`, the path under which the provider's operations
    /// lie (`/v1`); any other path is taken as it stands, since compatible endpoints lie under many.
    ///
    /// # Errors
    /// No `http` or `https` URL, a user name or password, a fragment, a query other than
    /// `api-version`, a doubled root, the path of an operation instead of the base.
    pub fn parse(text: &str, root: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let fail = |shown: &str, fault| {
            let shown = shown.chars().take(200).collect();
            Err(AddressError { shown, fault })
        };
        let Ok(url) = Url::parse(text) else {
            return fail("given", "it is not a URL");
        };
        let host = url.host_str().unwrap_or("").to_owned();
        let shown = format!("`{}://{host}{}`", url.scheme(), url.path());
        if !["http", "https"].contains(&url.scheme()) || host.is_empty() {
            return fail(&shown, "it is not an http or https URL with a host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return fail(
                &shown,
                "it holds a user name or password, and keys come from the environment only",
            );
        }
        let Some(query) = query_of(&url) else {
            return fail(
                &shown,
                "it has a fragment, or a query other than `api-version`",
            );
        };
        let path = url.path().trim_end_matches('/');
        if OPERATIONS.iter().any(|operation| path.ends_with(operation)) {
            return fail(&shown, "it ends with an operation; leave that part out");
        }
        if path.contains("//") || path.ends_with(&root.repeat(2)) {
            return fail(&shown, "the same path is in it twice");
        }
        let path = if path.is_empty() { root } else { path };
        Ok(Self {
            base: format!("{}{path}", url.origin().ascii_serialization()),
            query,
            plain: url.scheme() == "http",
            place: place_of(&host),
            host,
        })
    }

    /// The URL of an operation; `path` starts with `/`.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}{}", self.base, self.query)
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What stands for the endpoint in an identity: its host, or `local` for this machine and
    /// private networks, whose addresses change with every start of a server.
    pub fn label(&self) -> &str {
        match self.place {
            Place::Public => &self.host,
            Place::Here | Place::Private => "local",
        }
    }

    /// Whether the connection is not encrypted.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether the host is this machine: no proxy stands between.
    pub fn is_loopback(&self) -> bool {
        self.place == Place::Here
    }
}

/// The query that a base URL may have; `None` for any other, which may hold a key.
fn query_of(url: &Url) -> Option<String> {
    let names_only_version = url.query_pairs().all(|(name, _)| name == "api-version");
    match url.query() {
        _ if url.fragment().is_some() => None,
        None => Some(String::new()),
        Some(query) => names_only_version.then(|| format!("?{query}")),
    }
}

/// Private networks are those of RFC 1918, RFC 6598 and RFC 4193, link-local addresses, and names
/// that public name servers do not know.
fn place_of(host: &str) -> Place {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let private_name = !host.contains('.')
        || [".local", ".internal", ".lan", ".localhost"]
            .iter()
            .any(|end| host.ends_with(end));
    let (here, private) = match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            let private = v4.is_private() || v4.is_link_local() || shared;
            (v4.is_loopback() || v4.is_unspecified(), private)
        }
        Ok(IpAddr::V6(v6)) => {
            let private = v6.is_unique_local() || v6.is_unicast_link_local();
            (v6.is_loopback() || v6.is_unspecified(), private)
        }
        Err(_) => (host == "localhost", private_name),
    };
    match (here, private) {
        (true, _) => Place::Here,
        (false, true) => Place::Private,
        (false, false) => Place::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_become_one_form() {
        for (text, base) in [
            ("https://api.openai.com", "https://api.openai.com/v1"),
            ("https://api.openai.com/", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1", "https://api.openai.com/v1"),
            (" https://api.openai.com/v1/ ", "https://api.openai.com/v1"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
            (
                "https://openrouter.ai/api/v1",
                "https://openrouter.ai/api/v1",
            ),
            (
                "https://host.example/v1beta/openai/",
                "https://host.example/v1beta/openai",
            ),
        ] {
            assert_eq!(Address::parse(text, "/v1").unwrap().base(), base, "{text}");
        }
        assert!(
            Address::parse("http://[::1]:1", "/v1")
                .unwrap()
                .is_loopback()
        );
        assert!(
            !Address::parse("http://10.0.0.1:1", "/v1")
                .unwrap()
                .is_loopback()
        );
    }

    #[test]
    fn faulty_bases_are_refused_without_their_secrets() {
        for text in [
            "",
            "api.openai.com/v1",
            "ftp://host/v1",
            "https://user:canary@host/v1",
            "https://host/v1?key=canary",
            "https://host/v1?api-version=1&key=canary",
            "https://host/v1#canary",
            "https://host/v1/v1",
            "https://host//v1",
            "https://host/v1/chat/completions",
            "https://host/v1/chat/completions/",
            "https://host/v1/chat",
            "https://host/v1/messages",
        ] {
            let message = Address::parse(text, "/v1").unwrap_err().to_string();
            assert!(message.contains("base URL"), "{message}");
            assert!(!message.contains("canary"), "{message}");
        }
    }

    #[test]
    fn a_deployment_keeps_its_version_and_places_have_labels() {
        let azure = "https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21";
        let azure = Address::parse(azure, "/v1").unwrap();
        assert_eq!(
            azure.join("/chat/completions"),
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"
        );
        for (host, label) in [
            ("api.openai.com", "api.openai.com"),
            ("8.8.8.8", "8.8.8.8"),
            ("127.0.0.1:8000", "local"),
            ("0.0.0.0:8000", "local"),
            ("localhost", "local"),
            ("10.1.2.3", "local"),
            ("172.20.0.1", "local"),
            ("192.168.1.9:1", "local"),
            ("100.64.0.9", "local"),
            ("[::1]:9", "local"),
            ("[fd00::1]", "local"),
            ("gpu01:8000", "local"),
            ("node7.internal", "local"),
        ] {
            let address = Address::parse(&format!("http://{host}"), "/v1").unwrap();
            assert_eq!(address.label(), label, "{host}");
        }
    }
}
