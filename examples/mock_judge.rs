//! The tests' stand-in judge as a process of its own, for measurements: answers chat
//! completions on loopback with marks that follow from a hash of the request.
//!
//! ```text
//! cargo run --release --example mock_judge -- --port 8100 --latency-ms 200
//! ```

use std::time::Duration;

use clap::Parser;

#[path = "../tests/support/mock_judge.rs"]
mod mock_judge;

use mock_judge::{MockJudge, Script};

#[derive(Parser)]
struct Options {
    /// Port on loopback; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Milliseconds before each response.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
}

fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let script = Script::honest().latency(Duration::from_millis(options.latency_ms));
    let judge = MockJudge::start_on(options.port, script)?;
    // The first line is for whoever started this process.
    println!("{}", judge.base_url());
    loop {
        std::thread::park();
    }
}
