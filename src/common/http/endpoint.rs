//! Base URLs of endpoints: what people write, made one form.

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
pub struct EndpointError {
    shown: String,
    fault: &'static str,
}

/// An endpoint's base URL without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    base: String,
    plain: bool,
    loopback: bool,
}

impl Endpoint {
    /// Reads a base URL. A bare host gets `root`, the path under which the provider's operations
    /// lie (`/v1`); any other path is taken as it stands, since compatible endpoints lie under many.
    ///
    /// # Errors
    /// No `http` or `https` URL, a user name or password, a query or fragment, a
    /// doubled root, the path of an operation instead of the base.
    pub fn parse(text: &str, root: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        let fail = |shown: &str, fault| {
            let shown = shown.chars().take(200).collect();
            Err(EndpointError { shown, fault })
        };
        let Ok(url) = Url::parse(text) else {
            return fail("given", "it is no URL");
        };
        let shown = format!(
            "`{}://{}{}`",
            url.scheme(),
            url.host_str().unwrap_or(""),
            url.path()
        );
        if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
            return fail(&shown, "it is no http or https URL with a host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return fail(
                &shown,
                "it holds a user name or password, and keys come from the environment only",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return fail(&shown, "it has a query or a fragment");
        }
        let path = url.path().trim_end_matches('/');
        if OPERATIONS.iter().any(|operation| path.ends_with(operation)) {
            return fail(
                &shown,
                "it names an operation, not the base below which the operations lie",
            );
        }
        if path.contains("//") || path.ends_with(&root.repeat(2)) {
            return fail(&shown, "its path is doubled");
        }
        let path = if path.is_empty() { root } else { path };
        Ok(Self {
            base: format!("{}{path}", url.origin().ascii_serialization()),
            plain: url.scheme() == "http",
            loopback: is_loopback(&url),
        })
    }

    /// The URL of an operation; `path` starts with `/`.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Whether the connection is not encrypted.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether the host is this machine: no proxy stands between.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
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
            assert_eq!(Endpoint::parse(text, "/v1").unwrap().base(), base, "{text}");
        }
        assert!(
            Endpoint::parse("http://[::1]:1", "/v1")
                .unwrap()
                .is_loopback()
        );
        assert!(
            !Endpoint::parse("http://10.0.0.1:1", "/v1")
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
            "https://host/v1/v1",
            "https://host//v1",
            "https://host/v1/chat/completions",
            "https://host/v1/chat/completions/",
            "https://host/v1/chat",
            "https://host/v1/messages",
        ] {
            let message = Endpoint::parse(text, "/v1").unwrap_err().to_string();
            assert!(message.contains("base URL"), "{message}");
            assert!(!message.contains("canary"), "{message}");
        }
    }
}
