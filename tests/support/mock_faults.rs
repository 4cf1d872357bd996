//! The ways in which the mock judge fails.

use std::io;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::mock_dialect::{Dialect, End};
use super::mock_http::{Request, respond};

/// How a request goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This status with this body.
    Status {
        /// HTTP status.
        status: u16,
        /// Value of the `Retry-After` header.
        retry_after: Option<String>,
        /// The body.
        body: String,
    },
    /// 200 with an error object of this code.
    ErrorObject(&'static str),
    /// A well-formed completion whose words are these.
    Words(String),
    /// A reply that ends in this way, its words cut off.
    Finish(End),
    /// A reply that the provider marks as declined.
    Refusal,
    /// The content filter refuses the request, in the provider's way.
    ContentFilter,
    /// The answer, a few bytes at a time: slow, and good in the end.
    Trickle,
    /// 200 with half of a completion, correctly framed.
    HalfJson,
    /// Fewer bytes than announced, then the connection closes.
    TornBody,
    /// 200 with a page of HTML.
    Html,
    /// The connection closes without a response.
    Disconnect,
    /// No response, ever.
    Stall,
    /// Headers and the start of a body, then nothing.
    StallMidway,
    /// A body without an end, as fast as it is read.
    Endless,
    /// A body without an end, a byte at a time.
    Drip,
    /// 307 to another place.
    Redirect(String),
    /// This status; its message repeats the request's key.
    EchoKey(u16),
}

impl Fault {
    /// A status with an empty error body.
    pub fn status(status: u16) -> Self {
        Self::Status {
            status,
            retry_after: None,
            body: json!({"error": {"message": format!("scripted {status}")}}).to_string(),
        }
    }

    /// 429 with a `Retry-After`.
    pub fn too_many(retry_after: &str) -> Self {
        Self::Status {
            status: 429,
            retry_after: Some(retry_after.into()),
            body: json!({"error": {"message": "slow down", "code": "rate_limit_exceeded"}})
                .to_string(),
        }
    }
}

/// Waits until the client gives up.
async fn hang(stream: &mut BufReader<TcpStream>) {
    while stream.read_u8().await.is_ok() {}
}

/// Headers and the start of a body that never comes whole.
const HALF: &[u8] = b"HTTP/1.1 200 X\r\ncontent-length: 999\r\n\r\n{\"choices\"";

const CHUNKED: &[u8] = b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n";

impl Fault {
    /// Answers one request in this way.
    pub async fn play(
        &self,
        stream: &mut BufReader<TcpStream>,
        request: &Request,
    ) -> io::Result<()> {
        match self.response(request) {
            Some((status, header, body)) => respond(stream, status, &header, &body).await,
            None => self.misbehave(stream, request).await,
        }
    }

    /// Status, further header and body of a fault that is correct HTTP.
    fn response(&self, request: &Request) -> Option<(u16, String, String)> {
        let error = |message: &str, code: &str| request.dialect.error(message, code).to_string();
        let ok = |body| Some((200, String::new(), body));
        match self {
            Self::Status {
                status,
                retry_after,
                body,
            } => {
                let after = retry_after.as_ref();
                let header = after.map_or(String::new(), |v| format!("retry-after: {v}\r\n"));
                Some((*status, header, body.clone()))
            }
            Self::ErrorObject(code) => ok(error("scripted", code)),
            Self::Words(text) => ok(request.reply(text, End::Done)),
            Self::Finish(end) => ok(request.reply("{\"reasoning\": \"as far as", *end)),
            Self::Refusal => ok(request.reply("I will not.", End::Refusal)),
            Self::ContentFilter => match request.dialect {
                Dialect::OpenAi => Some((400, String::new(), error("filtered", "content_filter"))),
                Dialect::Anthropic => {
                    let words = "Output blocked by content filtering policy";
                    Some((400, String::new(), error(words, "invalid_request_error")))
                }
                Dialect::Gemini => {
                    ok(json!({"promptFeedback": {"blockReason": "SAFETY"}}).to_string())
                }
            },
            Self::HalfJson => {
                let whole = request.answer();
                ok(whole[..whole.len() / 2].to_owned())
            }
            Self::Redirect(to) => Some((307, format!("location: {to}\r\n"), String::new())),
            Self::EchoKey(status) => {
                let message = format!("wrong key {}", request.authorization);
                Some((*status, String::new(), error(&message, "echo")))
            }
            _ => None,
        }
    }

    /// Faults below or beside HTTP.
    async fn misbehave(
        &self,
        stream: &mut BufReader<TcpStream>,
        request: &Request,
    ) -> io::Result<()> {
        match self {
            Self::Trickle => {
                stream.write_all(CHUNKED).await?;
                for piece in request.answer().as_bytes().chunks(24) {
                    let head = format!("{:x}\r\n", piece.len());
                    stream.write_all(head.as_bytes()).await?;
                    stream.write_all(piece).await?;
                    stream.write_all(b"\r\n").await?;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                return stream.write_all(b"0\r\n\r\n").await;
            }
            Self::Html => {
                let head = "HTTP/1.1 200 X\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n";
                return stream.write_all(format!("{head}<html>").as_bytes()).await;
            }
            Self::TornBody => stream.write_all(HALF).await?,
            Self::Stall => hang(stream).await,
            Self::StallMidway => {
                stream.write_all(HALF).await?;
                hang(stream).await;
            }
            Self::Drip => {
                stream.write_all(CHUNKED).await?;
                loop {
                    stream.write_all(b"1\r\n \r\n").await?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Self::Endless => {
                stream.write_all(CHUNKED).await?;
                let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
                loop {
                    stream.write_all(chunk.as_bytes()).await?;
                }
            }
            _ => {}
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }
}
