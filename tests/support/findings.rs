//! Findings of run folders written for a test.

#![allow(dead_code)] // each test file uses its part

use std::path::Path;

use parabench::analysis::findings::{Findings, ReportRequest, findings};
use parabench::analysis::published::Figures;
use parabench::analysis::runs::declaration::Declaration;
use parabench::analysis::runs::source::RunSource;
use parabench::judge::MissingReason;
use parabench::run::scores::Status;
use parabench::suite::Axis;

use crate::runs::{Place, RunFixture, hashed, hashed_mark};

/// The findings of runs that were written before, few draws.
pub fn of(runs: &[&Path], baselines: &[&Path]) -> Findings {
    let read = |folders: &[&Path]| -> Vec<RunSource> {
        folders
            .iter()
            .map(|folder| RunSource::read(folder).unwrap())
            .collect()
    };
    let (runs, baselines) = (read(runs), read(baselines));
    findings(&ReportRequest {
        runs: runs.iter().collect(),
        baselines: baselines.iter().collect(),
        beside: Vec::new(),
        judge: None,
        across: parabench::analysis::compare::Across::Refused,
        declaration: Declaration::default(),
        draws: 199,
        multiverse: false,
        published: &Figures::read(None).unwrap(),
        audits: &[],
        command: "parabench report a b --baseline c -o reports/x".to_owned(),
    })
    .unwrap()
}

/// A thinking run that is better on output alignment, with a few lost marks and two repeats; the same model
/// without thinking; a baseline.
pub fn trio(results: &Path) -> [std::path::PathBuf; 3] {
    let marks = |place: Place| {
        if hashed("lost", place) < 0.02 {
            return Err(Status::Missing(MissingReason::Unparsable));
        }
        let level = if place.axis == Axis::OUTPUT_ALIGNMENT {
            4.3
        } else {
            3.4
        };
        Ok(hashed_mark("good", place, level))
    };
    let mut with = RunFixture::new("bagel-think", 6, 8, 0.0).with_marks(marks);
    let mut without = RunFixture::new("bagel-nothink", 6, 8, 3.2);
    let mut base = RunFixture::new("base", 6, 8, 2.9);
    without.thinks = false;
    for run in [&mut with, &mut without, &mut base] {
        run.repeats = 2;
    }
    [with, without, base].map(|run| run.write(results))
}
