//! Compares two run folders and prints one line per axis.
//!
//! ```text
//! cargo run --example compare_runs -- results/mine results/bagel
//! ```

use std::path::PathBuf;

use parabench::{CompareRequest, compare, load_run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [candidate, baseline] = &folders[..] else {
        return Err("expected two run folders: CANDIDATE BASELINE".into());
    };
    let (candidate, baseline) = (load_run(candidate)?, load_run(baseline)?);
    let comparison = compare(&CompareRequest::new(vec![&candidate], vec![&baseline]))?;
    for contrast in &comparison.contrasts {
        let metric = contrast.metric.key;
        let standing = contrast.standing.key();
        match &contrast.result {
            Ok(finding) => println!(
                "{metric}: {:+.1} points, {standing}",
                finding.difference.points
            ),
            Err(_) => println!("{metric}: {standing}"),
        }
    }
    Ok(())
}
