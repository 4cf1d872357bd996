//! A headless Chromium for tests, driven through the DevTools protocol: enough of it to open a page, evaluate
//! JavaScript, press keys, and to see what the page logged and asked the network for.

#![allow(dead_code)] // each test file uses its part

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// Longest wait for anything that the browser is to do.
const PATIENCE: Duration = Duration::from_secs(90);

/// The browser's executable: `PARABENCH_CHROMIUM`, else one on the path.
pub fn executable() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PARABENCH_CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let paths = std::env::var_os("PATH")?;
    let places =
        std::env::split_paths(&paths).flat_map(|folder| names.map(|name| folder.join(name)));
    places.into_iter().find(|path| path.is_file())
}

/// A running browser with one tab; ends when dropped.
pub struct Browser {
    process: Child,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    next: u64,
    /// Events of the tab, in order.
    pub events: Vec<Value>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser with a window of this size.
    pub fn start(width: u32, height: u32) -> Self {
        let executable = executable().expect(
            "no Chromium: install it (`apt-get install chromium`) or name it in PARABENCH_CHROMIUM",
        );
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new(executable)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args([
                "--disable-dev-shm-usage",
                "--remote-debugging-port=0",
                "--hide-scrollbars",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .arg(format!("--window-size={width},{height}"))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let address = address(&mut process);
        let (socket, _) = tungstenite::connect(address).unwrap();
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        let mut browser = Self {
            process,
            socket,
            session: None,
            next: 0,
            events: Vec::new(),
            _profile: profile,
        };
        browser.attach();
        browser
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}));
        let target = target["targetId"].clone();
        let attached = self.call(
            "Target.attachToTarget",
            json!({"targetId": target, "flatten": true}),
        );
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
    }

    /// Calls a method of the protocol and returns its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket
            .send(Message::text(message.to_string()))
            .unwrap();
        loop {
            let answer = self.receive();
            if answer["id"] == json!(self.next) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn receive(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.socket.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// Opens a file and waits until it is loaded.
    pub fn open(&mut self, page: &Path) {
        self.open_at(page, "");
    }

    /// Opens a place of a file anew, by the part of the address from `#` on.
    pub fn open_at(&mut self, page: &Path, fragment: &str) {
        let page = page.canonicalize().unwrap();
        // Another fragment alone loads nothing.
        self.load("about:blank");
        self.load(&format!("file://{}{fragment}", page.display()));
    }

    /// Goes to an address and waits until that, not what was asked for before it, is loaded.
    fn load(&mut self, url: &str) {
        let from = self.events.len();
        self.call("Page.navigate", json!({"url": url}));
        let loaded = |event: &Value| event["method"] == "Page.loadEventFired";
        while !self.events[from..].iter().any(loaded) {
            let event = self.receive();
            self.events.push(event);
        }
    }

    /// The value of a JavaScript expression; a promise is awaited.
    pub fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", params);
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {}",
            result["exceptionDetails"]
        );
        result["result"]["value"].clone()
    }

    /// Waits until a JavaScript expression is true.
    pub fn wait_for(&mut self, expression: &str) {
        let start = Instant::now();
        while self.value(expression) != json!(true) {
            assert!(start.elapsed() < PATIENCE, "never true: {expression}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Presses a key that has a letter or sign.
    pub fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            // Keys such as ArrowLeft write nothing.
            let writes = kind == "keyDown" && key.chars().count() == 1;
            let text = if writes { key } else { "" };
            self.call(
                "Input.dispatchKeyEvent",
                json!({"type": kind, "key": key, "text": text}),
            );
        }
    }

    /// What the page logged as error or warning, and exceptions.
    pub fn complaints(&self) -> Vec<String> {
        let of = |event: &Value| match event["method"].as_str()? {
            "Runtime.exceptionThrown" => Some(event["params"].to_string()),
            "Runtime.consoleAPICalled" => Some(event["params"]["args"].to_string()),
            "Log.entryAdded" => Some(event["params"]["entry"].to_string()),
            _ => None,
        };
        self.events.iter().filter_map(of).collect()
    }

    /// Addresses that the page asked for.
    pub fn requests(&self) -> Vec<String> {
        let of = |event: &Value| {
            let sent = event["method"] == "Network.requestWillBeSent";
            let url = event["params"]["request"]["url"].as_str()?;
            sent.then(|| url.to_owned())
        };
        self.events.iter().filter_map(of).collect()
    }

    /// A PNG of the window.
    pub fn screenshot(&mut self) -> Vec<u8> {
        use base64::Engine as _;
        let shot = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let data = shot["data"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD
            .decode(data)
            .unwrap()
    }
}

/// Where the protocol listens: the browser says so on standard error.
fn address(process: &mut Child) -> String {
    let lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    let mut lines = lines.map_while(Result::ok);
    let found = lines.find_map(|line| {
        let address = line
            .strip_prefix("DevTools listening on ")
            .map(str::to_owned);
        said.push(line);
        address
    });
    // The pipe is read to its end, so that the browser never waits for it.
    std::thread::spawn(move || lines.for_each(drop));
    found.unwrap_or_else(|| panic!("the browser did not start:\n{}", said.join("\n")))
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
