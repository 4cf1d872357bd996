//! How often intervals contain the truth and claims are false, through the functions that a report uses: prints the tables of
//! `docs/coverage.md`.
//!
//! `cargo bench --bench coverage` prints all, `-- levels`, `-- differences`, `-- pages`, `-- margins`, `-- looks` or
//! `-- passes` one;
//! `-- pages 4000` takes so many pages of a kind. The samples are seeded, so the tables are reproducible.

mod differences;
mod laws;
mod levels;
mod looks;
mod margins;
mod pages;
mod passes;

use parabench::stats::error::Result;

/// Prints one table.
type Print = fn() -> Result<()>;

fn main() -> Result<()> {
    let named = |argument: &String| !argument.starts_with('-') && argument.parse::<u64>().is_err();
    let wanted: Vec<String> = std::env::args().skip(1).filter(named).collect();
    let tables: [(&str, Print); 6] = [
        ("levels", levels::print),
        ("differences", differences::print),
        ("pages", pages::print),
        ("margins", margins::print),
        ("looks", looks::print),
        ("passes", passes::print),
    ];
    for (name, print) in tables {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            print()?;
            println!();
        }
    }
    Ok(())
}

/// The number among the arguments.
fn number() -> Option<u64> {
    std::env::args().find_map(|argument| argument.parse().ok())
}
