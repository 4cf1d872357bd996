//! One identity for report, leaderboard, audit and labels: a style sheet, and the digests by which a page's policy allows it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::common::digest::Digest;

/// The style sheet of every page.
pub const STYLE: &str = include_str!("style.css");

/// What a page's content security policy allows a style sheet or a script by: its SHA-256, in base64.
pub fn allowed(text: &str) -> String {
    STANDARD.encode(Digest::of(text.as_bytes()).as_bytes())
}
