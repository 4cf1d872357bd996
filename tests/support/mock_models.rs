//! A loopback endpoint for models that draw: keeps every request whole and answers as a
//! script says. Runs on a thread of its own, so that it serves other processes too.

// Every user needs another part of it; a test may stop at a surprise.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Number of the request, from 0.
    pub number: usize,
    /// How often the same path and body came before.
    pub tries: usize,
    pub path: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What is sent back.
#[derive(Clone, Debug)]
pub struct Canned {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
}

impl Canned {
    pub fn ok(body: Value) -> Self {
        Self::text(200, body.to_string())
    }

    pub fn error(status: u16, body: Value) -> Self {
        Self::text(status, body.to_string())
    }

    pub fn text(status: u16, body: String) -> Self {
        Self::bytes(status, body.into_bytes())
    }

    pub fn bytes(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: String::new(),
            body,
        }
    }

    pub fn header(mut self, line: &str) -> Self {
        self.headers += &format!("{line}\r\n");
        self
    }
}

type Script = dyn Fn(&Seen) -> Canned + Send + Sync;

struct Shared {
    script: Box<Script>,
    latency: Duration,
    seen: Mutex<Vec<Seen>>,
}

/// A running endpoint; stops when dropped.
pub struct MockModels {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MockModels {
    pub fn start(script: impl Fn(&Seen) -> Canned + Send + Sync + 'static) -> Self {
        Self::slow(Duration::ZERO, script)
    }

    /// Waits so long before each response.
    pub fn slow(
        latency: Duration,
        script: impl Fn(&Seen) -> Canned + Send + Sync + 'static,
    ) -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            latency,
            seen: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = accept(listener, served) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The address without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub fn requests(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }
}

impl Drop for MockModels {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            while one(&mut stream, &shared).await.is_some() {}
        });
    }
}

/// Serves one request of a connection; `None` at its end.
async fn one(stream: &mut BufReader<TcpStream>, shared: &Shared) -> Option<()> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let seen = {
        let mut all = shared.seen.lock().unwrap();
        let same = |other: &&Seen| other.path == path && other.body == body;
        let seen = Seen {
            number: all.len(),
            tries: all.iter().filter(same).count(),
            path,
            headers,
            body,
        };
        all.push(seen.clone());
        seen
    };
    tokio::time::sleep(shared.latency).await;
    let Canned {
        status,
        headers,
        body,
    } = (shared.script)(&seen);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(&body).await.ok()
}

/// A picture in base 64.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A whole reply of the endpoint that a path names, with these words and this picture.
pub fn reply(path: &str, words: Option<&str>, picture: Option<&str>) -> Value {
    if path.contains(":generateContent") {
        let text = words.map(|words| json!({"text": words}));
        let image =
            picture.map(|data| json!({"inlineData": {"mimeType": "image/png", "data": data}}));
        let parts: Vec<Value> = text.into_iter().chain(image).collect();
        return json!({
            "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
            "modelVersion": "served-g",
            "usageMetadata": {
                "promptTokenCount": 300, "candidatesTokenCount": 1300, "thoughtsTokenCount": 7,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 42}, {"modality": "IMAGE", "tokenCount": 258}],
                "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}],
            },
        });
    }
    if path.ends_with("/responses") {
        let message = words.map(
            |words| json!({"type": "message", "content": [{"type": "output_text", "text": words}]}),
        );
        let image = picture.map(|data| {
            json!({"type": "image_generation_call", "result": data, "revised_prompt": "revised"})
        });
        let output: Vec<Value> = message.into_iter().chain(image).collect();
        return json!({"model": "served-r", "status": "completed", "output": output,
                      "usage": {"input_tokens": 100, "output_tokens": 20}});
    }
    if path.ends_with("/chat/completions") {
        return json!({"model": "served-c",
                      "choices": [{"message": {"content": words}, "finish_reason": "stop"}],
                      "usage": {"prompt_tokens": 100, "completion_tokens": 50}});
    }
    json!({"data": [{"b64_json": picture, "revised_prompt": words}],
           "usage": {"input_tokens": 60, "output_tokens": 4000,
                     "input_tokens_details": {"text_tokens": 10, "image_tokens": 50}}})
}
