//! A scripted judge on loopback: speaks enough HTTP/1.1 and every provider's dialect to be asked by the real client, answers by a hash of the request, and can fail in
//! every way that endpoints fail.
//!
//! Runs on a thread of its own, so it serves async tests, plain tests and other
//! processes alike. Request bodies are hashed as they arrive, never kept.
//! `GET /stats` gives the counts as JSON.

// Every user needs another part of it; a test or example may stop at a surprise.
#![allow(dead_code, unused_imports, clippy::unwrap_used)]

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

mod mock_dialect;
mod mock_faults;
mod mock_http;

pub use mock_dialect::{Dialect, End};
pub use mock_faults::Fault;
use mock_http::{Request, respond};

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
    /// The first 64 KiB of the body.
    pub body: Arc<str>,
}

type Decide = dyn Fn(&Seen) -> Option<Fault> + Send + Sync;

/// What the judge does with each request.
#[derive(Clone)]
pub struct Script {
    keep: bool,
    models: Option<Arc<str>>,
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
            keep: false,
            models: None,
            latency: Duration::ZERO,
            decide: Arc::new(decide),
        }
    }

    /// Answers `GET …/models` with this body.
    pub fn listing(mut self, models: &str) -> Self {
        self.models = Some(models.into());
        self
    }

    /// Keeps the requests, which must be short.
    pub fn keeping(mut self) -> Self {
        self.keep = true;
        self
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
    kept: Vec<Kept>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Method, path and version.
    pub line: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

struct Shared {
    script: Script,
    counts: Mutex<Counts>,
}

impl Shared {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap()
    }

    fn keep(&self, request: &Request) {
        if self.script.keep {
            self.counts().kept.push(Kept {
                line: request.line.trim_end().to_owned(),
                headers: request.headers.clone(),
                body: String::from_utf8_lossy(&request.prefix).into_owned(),
            });
        }
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

    /// The requests that were kept.
    pub fn kept(&self) -> Vec<Kept> {
        self.shared.counts().kept.clone()
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
        } else if let Some(models) = &shared.script.models
            && request.line.starts_with("GET /v1/models ")
        {
            respond(&mut stream, 200, "", models).await?;
        } else if Dialect::of(&request.line).is_some() {
            let flight = Flight::start(shared, &request);
            shared.keep(&request);
            tokio::time::sleep(shared.script.latency).await;
            match (shared.script.decide)(&flight.seen) {
                None => {
                    // Counted before it is sent: a client that has it is in the count.
                    shared.counts().stats.answered.push(request.hash.clone());
                    respond(&mut stream, 200, "", &request.answer()).await?;
                }
                Some(fault) => fault.play(&mut stream, &request).await?,
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
            body: request.text().into(),
        };
        Self { shared, seen }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.shared.counts().in_flight -= 1;
    }
}
