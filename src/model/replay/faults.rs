//! Many faults of a file in one message.

/// The first faults, one a line, and how many more there are.
pub(super) fn first_faults(faults: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<&str> = faults.iter().take(SHOWN).map(String::as_str).collect();
    let more = match faults.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    shown.join("\n  ") + &more
}
