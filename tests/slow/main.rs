//! What takes long: kills, rates of an audit, the demonstration, pages in a browser.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may stop at the first surprise, their helpers too"
)]

#[path = "../support/bridges.rs"]
mod bridges;
#[path = "../support/chromium.rs"]
mod chromium;
#[path = "../support/cli_world.rs"]
mod cli_world;
#[path = "../support/envelope.rs"]
mod envelope;
#[path = "../support/mock_judge.rs"]
mod mock_judge;
#[path = "../support/runs.rs"]
mod runs;
#[path = "../support/sabotage.rs"]
mod sabotage;
#[cfg(unix)]
#[path = "../support/stranger.rs"]
mod stranger;
#[path = "../support/suite.rs"]
mod suite_fixture;

mod bridge_rates;
mod demo;
mod first_screen_browser;
mod judge_audit_rates;
mod label_browser;
#[cfg(unix)]
mod process_ends;
mod report_browser;
mod report_pages;
mod run_kill;
#[cfg(unix)]
mod run_kill_models;
#[cfg(unix)]
mod shards_kill;
mod viescore;
