//! A scripted judge on loopback: speaks enough HTTP/1.1 and OpenAI chat completions
//! to be asked by the real client, answers by a hash of the request, and can fail in
//! every way that endpoints fail.
//!
//! Runs on a thread of its own, so it serves async tests, plain tests and other
//! processes alike. Request bodies are hashed as they arrive, never kept.
//! `GET /stats` gives the counts as JSON.

// Every user needs another part of it; a test or example may stop at a surprise.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Start of a body that is kept to find the rubric's key in.
const KEPT_PREFIX: usize = 64 << 10;
/// Longest header line.
const MAX_LINE: u64 = 16 << 10;

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
    /// A completion with this finish reason, its words cut off.
    Finish(&'static str),
    /// A completion with a `refusal` and no words.
    Refusal,
    /// 400 with the code `content_filter`.
    ContentFilter400,
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
    /// A body without an end.
    Endless,
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

/// What the script may decide by.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Number of the request, from 0, in order of arrival.
    pub number: usize,
    /// SHA-256 of its body, in hex.
    pub hash: String,
    /// How often the same body came before.
    pub tries: usize,
    /// Requests in flight, this one included.
    pub in_flight: usize,
}

type Decide = dyn Fn(&Seen) -> Option<Fault> + Send + Sync;

/// What the judge does with each request.
#[derive(Clone)]
pub struct Script {
    latency: Duration,
    decide: Arc<Decide>,
}

impl Script {
    /// Answers everything.
    pub fn honest() -> Self {
        Self::decide(|_| None)
    }

    /// Fails always in the same way.
    pub fn always(fault: Fault) -> Self {
        Self::decide(move |_| Some(fault.clone()))
    }

    /// Fails the first `n` tries of every request, then answers.
    pub fn first_tries(n: usize, fault: Fault) -> Self {
        Self::decide(move |seen| (seen.tries < n).then(|| fault.clone()))
    }

    /// Decides for each request.
    pub fn decide(decide: impl Fn(&Seen) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self {
            latency: Duration::ZERO,
            decide: Arc::new(decide),
        }
    }

    /// Waits so long before each response.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }
}

/// Counts since the start.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Requests that arrived whole.
    pub requests: usize,
    /// Most requests in flight at once.
    pub max_in_flight: usize,
    /// Hashes of the requests that were answered with a mark, in order.
    pub answered: Vec<String>,
}

#[derive(Default)]
struct Counts {
    stats: Stats,
    in_flight: usize,
    tries: HashMap<String, usize>,
}

struct Shared {
    script: Script,
    counts: Mutex<Counts>,
}

impl Shared {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap()
    }
}

/// A running mock judge; stops when dropped.
pub struct MockJudge {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MockJudge {
    /// Starts on a free port.
    pub fn start(script: Script) -> Self {
        Self::start_on(0, script).unwrap()
    }

    /// Starts on a given port.
    pub fn start_on(port: u16, script: Script) -> io::Result<Self> {
        let listener = StdListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script,
            counts: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = accept(listener, serving) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self {
            address,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The base URL to give to a client.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Counts so far.
    pub fn stats(&self) -> Stats {
        self.shared.counts().stats.clone()
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.shared.counts().stats.requests
    }
}

impl Drop for MockJudge {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let shared = Arc::clone(&shared);
            // A client that goes away ends its connection and nothing else.
            tokio::spawn(async move { while_open(stream, &shared).await });
        }
    }
}

async fn while_open(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut stream = BufReader::with_capacity(64 << 10, stream);
    while let Some(request) = Request::read(&mut stream).await? {
        if request.line.starts_with("GET /stats") {
            let stats = shared.counts().stats.clone();
            let body = json!({"requests": stats.requests, "answered": stats.answered,
                "max_in_flight": stats.max_in_flight});
            respond(&mut stream, 200, "", &body.to_string()).await?;
        } else if request.line.starts_with("POST /v1/chat/completions ") {
            let flight = Flight::start(shared, &request);
            tokio::time::sleep(shared.script.latency).await;
            match (shared.script.decide)(&flight.seen) {
                None => {
                    // Counted before it is sent: a client that has it is in the count.
                    shared.counts().stats.answered.push(request.hash.clone());
                    respond(&mut stream, 200, "", &request.answer()).await?;
                }
                Some(fault) => fail(&mut stream, &request, fault).await?,
            }
        } else {
            let body = json!({"error": {"message": "no such path"}}).to_string();
            respond(&mut stream, 404, "", &body).await?;
        }
    }
    Ok(())
}

/// One request in flight; counted out when dropped.
struct Flight<'a> {
    shared: &'a Shared,
    seen: Seen,
}

impl<'a> Flight<'a> {
    fn start(shared: &'a Shared, request: &Request) -> Self {
        let mut counts = shared.counts();
        let number = counts.stats.requests;
        counts.stats.requests += 1;
        counts.in_flight += 1;
        let in_flight = counts.in_flight;
        counts.stats.max_in_flight = counts.stats.max_in_flight.max(in_flight);
        let before = counts.tries.entry(request.hash.clone()).or_default();
        let tries = *before;
        *before += 1;
        let seen = Seen {
            number,
            hash: request.hash.clone(),
            tries,
            in_flight,
        };
        Self { shared, seen }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.shared.counts().in_flight -= 1;
    }
}

struct Request {
    line: String,
    authorization: String,
    prefix: Vec<u8>,
    digest: [u8; 32],
    hash: String,
    length: u64,
}

impl Request {
    /// The next request of a connection; `None` at its end.
    async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let line = read_line(stream).await?;
        if line.is_empty() {
            return Ok(None);
        }
        let (mut length, mut authorization) = (0, String::new());
        loop {
            let header = read_line(stream).await?;
            let Some((name, value)) = header.trim_end().split_once(':') else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().map_err(io::Error::other)?,
                "authorization" => authorization = value.trim().to_owned(),
                _ => {}
            }
        }
        let (prefix, digest) = read_body(stream, length).await?;
        Ok(Some(Self {
            line,
            authorization,
            prefix,
            digest,
            hash: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            length,
        }))
    }

    /// The key that the prompt asks for: the word before `": <1-5>`.
    fn key(&self) -> String {
        let text = String::from_utf8_lossy(&self.prefix);
        let key = text
            .split_once(r#"\": <1-5>"#)
            .and_then(|(before, _)| before.rsplit_once('"'));
        key.map_or("score", |(_, key)| key).to_owned()
    }

    /// A completion whose mark, 1–5, follows from the request alone.
    fn answer(&self) -> String {
        let score = 1 + self.digest[0] % 5;
        let reasoning = format!("Stand-in judge; request {}.", &self.hash[..12]);
        let words = json!({"reasoning": reasoning, self.key(): score}).to_string();
        self.completion(json!({"role": "assistant", "content": words}), "stop")
    }

    fn completion(&self, message: serde_json::Value, finish: &str) -> String {
        json!({
            "id": format!("chatcmpl-{}", &self.hash[..12]), "object": "chat.completion",
            "created": 0, "model": "mock-judge-1", "system_fingerprint": "fp_mock",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": self.length / 400 + 1, "completion_tokens": 40},
        })
        .to_string()
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

async fn respond(
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

/// Waits until the client gives up, then ends the connection.
async fn hang(stream: &mut BufReader<TcpStream>) -> io::Result<()> {
    while stream.read_u8().await.is_ok() {}
    Err(io::ErrorKind::ConnectionAborted.into())
}

async fn fail(
    stream: &mut BufReader<TcpStream>,
    request: &Request,
    fault: Fault,
) -> io::Result<()> {
    let closed = || Err(io::ErrorKind::ConnectionAborted.into());
    let words = |text: &str, finish| {
        request.completion(json!({"role": "assistant", "content": text}), finish)
    };
    match fault {
        Fault::Status {
            status,
            retry_after,
            body,
        } => {
            let header = retry_after.map_or(String::new(), |v| format!("retry-after: {v}\r\n"));
            respond(stream, status, &header, &body).await
        }
        Fault::ErrorObject(code) => {
            let body = json!({"error": {"message": "scripted", "code": code}}).to_string();
            respond(stream, 200, "", &body).await
        }
        Fault::Words(text) => respond(stream, 200, "", &words(&text, "stop")).await,
        Fault::Finish(reason) => {
            respond(
                stream,
                200,
                "",
                &words("{\"reasoning\": \"as far as", reason),
            )
            .await
        }
        Fault::Refusal => {
            let message = json!({"role": "assistant", "content": null, "refusal": "I will not."});
            respond(stream, 200, "", &request.completion(message, "stop")).await
        }
        Fault::ContentFilter400 => {
            let body = json!({"error": {"message": "filtered", "code": "content_filter"}});
            respond(stream, 400, "", &body.to_string()).await
        }
        Fault::HalfJson => {
            let whole = request.answer();
            respond(stream, 200, "", &whole[..whole.len() / 2]).await
        }
        Fault::TornBody => {
            stream
                .write_all(b"HTTP/1.1 200 X\r\ncontent-length: 999\r\n\r\n{\"choices\"")
                .await?;
            closed()
        }
        Fault::Html => {
            let page = "<html>Gateway</html>";
            let head = format!(
                "HTTP/1.1 200 X\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n{page}",
                page.len()
            );
            stream.write_all(head.as_bytes()).await
        }
        Fault::Disconnect => closed(),
        Fault::Stall => hang(stream).await,
        Fault::StallMidway => {
            stream
                .write_all(b"HTTP/1.1 200 X\r\ncontent-length: 999\r\n\r\n{\"choices\"")
                .await?;
            hang(stream).await
        }
        Fault::Endless => {
            stream
                .write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")
                .await?;
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            loop {
                stream.write_all(chunk.as_bytes()).await?;
            }
        }
        Fault::Redirect(to) => respond(stream, 307, &format!("location: {to}\r\n"), "").await,
        Fault::EchoKey(status) => {
            let message = format!("wrong key {}", request.authorization);
            let body = json!({"error": {"message": message}}).to_string();
            respond(stream, status, "", &body).await
        }
    }
}
