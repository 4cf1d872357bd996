//! The mock judge's side of HTTP/1.1.

use std::io;

use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::mock_dialect::{Dialect, End};

/// Start of a body that is kept to find the rubric's key in.
const KEPT_PREFIX: usize = 64 << 10;
/// Longest header line.
const MAX_LINE: u64 = 16 << 10;

/// A request whose body was hashed and let go.
pub struct Request {
    pub line: String,
    /// Headers in order of arrival, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The provider's dialect, by the path; chat completions where there is none.
    pub dialect: Dialect,
    /// The header with the key.
    pub authorization: String,
    /// The beginning of the body; all of a body that is shorter than [`KEPT_PREFIX`].
    pub prefix: Vec<u8>,
    digest: [u8; 32],
    pub hash: String,
    length: u64,
}

impl Request {
    /// The next request of a connection; `None` at its end.
    pub async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let line = read_line(stream).await?;
        if line.is_empty() {
            return Ok(None);
        }
        let (mut length, mut authorization) = (0, String::new());
        let mut headers = Vec::new();
        loop {
            let header = read_line(stream).await?;
            let Some((name, value)) = header.trim_end().split_once(':') else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().map_err(io::Error::other)?,
                "authorization" | "x-api-key" | "x-goog-api-key" => {
                    authorization = value.trim().to_owned();
                }
                _ => {}
            }
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let (prefix, digest) = read_body(stream, length).await?;
        Ok(Some(Self {
            dialect: Dialect::of(&line).unwrap_or(Dialect::OpenAi),
            line,
            headers,
            authorization,
            prefix,
            digest,
            hash: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            length,
        }))
    }

    /// The start of the body, as far as it was kept.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.prefix).into_owned()
    }

    /// The key that the prompt asks for: the word before `": <1-5>`.
    fn key(&self) -> String {
        let text = self.text();
        let key = text
            .split_once(r#"\": <1-5>"#)
            .and_then(|(before, _)| before.rsplit_once('"'));
        key.map_or("score", |(_, key)| key).to_owned()
    }

    /// A completion whose mark, 1–5, follows from the request alone.
    pub fn answer(&self) -> String {
        let score = 1 + self.digest[0] % 5;
        let reasoning = format!("Stand-in judge; request {}.", &self.hash[..12]);
        let words = json!({"reasoning": reasoning, self.key(): score}).to_string();
        self.reply(&words, End::Done)
    }

    /// A reply of these words in the request's dialect.
    pub fn reply(&self, words: &str, end: End) -> String {
        let tokens = self.length / 400 + 1;
        let reply = self.dialect.reply(&self.hash[..12], words, end, tokens);
        reply.to_string()
    }
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    (&mut *stream).take(MAX_LINE).read_line(&mut line).await?;
    Ok(line)
}

async fn read_body(
    stream: &mut BufReader<TcpStream>,
    length: u64,
) -> io::Result<(Vec<u8>, [u8; 32])> {
    let (mut prefix, mut hasher, mut left) = (Vec::new(), Sha256::new(), length);
    while left > 0 {
        let buffer = stream.fill_buf().await?;
        if buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let taken = buffer.len().min(left as usize);
        hasher.update(&buffer[..taken]);
        let kept = taken.min(KEPT_PREFIX - prefix.len());
        prefix.extend_from_slice(&buffer[..kept]);
        stream.consume(taken);
        left -= taken as u64;
    }
    Ok((prefix, hasher.finalize().into()))
}

/// A whole response.
pub async fn respond(
    stream: &mut BufReader<TcpStream>,
    status: u16,
    headers: &str,
    body: &str,
) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await
}
