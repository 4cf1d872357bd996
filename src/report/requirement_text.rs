//! Requirements and how they fared.

use std::fmt::Write as _;

use crate::analysis::compare::requirement::RequirementOutcome;
use crate::report::columns::printable;

/// One block per requirement; empty without any.
pub fn requirement_text(verdicts: &[RequirementOutcome]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let held = if verdict.held {
            "holds"
        } else {
            "DOES NOT HOLD"
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\nrequired {}: {held}", verdict.requirement);
        if verdict.checks.is_empty() {
            let _ = writeln!(
                text,
                "  the suite does not judge {}",
                verdict.requirement.metric
            );
        }
        for check in &verdict.checks {
            let _ = writeln!(
                text,
                "  {} minus {}: {}",
                printable(&check.candidate),
                printable(&check.baseline),
                printable(&check.found)
            );
        }
    }
    text
}
