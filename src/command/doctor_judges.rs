//! `parabench doctor --judge J`: can this judge be asked, and for how long?

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Serialize;

use crate::command::{Exit, Globals};
use crate::endpoint::probe::NobodyHere;
use crate::judge::{self, Judge, OpenOptions, panel};
use crate::report::columns::printable;

/// What was found, as `--json` prints it.
#[derive(Serialize)]
struct Found {
    judge: String,
    kind: String,
    details: BTreeMap<String, String>,
    provenance: BTreeMap<String, String>,
    notices: Vec<String>,
    /// What keeps it from being asked.
    fault: Option<String>,
}

/// Looks at judges, and asks their endpoints for their lists of models, which cost nothing.
///
/// # Errors
/// A judge that cannot be opened, or the first that cannot be asked.
pub fn run(specs: &[String], globals: &Globals) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a worker thread")?;
    let mut fault = None;
    let mut found = Vec::new();
    for spec in specs {
        for member in panel::members(spec)? {
            let judge = judge::open(&member, &OpenOptions::default())?;
            let asked = judge
                .ready()
                .and_then(|()| runtime.block_on(judge.probe(NobodyHere::Error)))
                .map_err(anyhow::Error::new);
            let one = Found::of(judge.as_ref(), asked.as_ref().err());
            if !globals.json {
                print!("{}", one.text());
            }
            found.push(one);
            fault = fault.or(asked.err());
        }
    }
    if globals.json {
        globals.print_json(&found)?;
    }
    match fault {
        // What is wrong stands in the result already.
        Some(fault) if globals.json => {
            eprintln!("error: {fault:#}");
            Ok(Exit::Failed)
        }
        Some(fault) => Err(fault),
        None => Ok(Exit::Done),
    }
}

impl Found {
    fn of(judge: &dyn Judge, fault: Option<&anyhow::Error>) -> Self {
        let identity = judge.identity();
        Self {
            judge: identity.name.clone(),
            kind: identity.kind.clone(),
            details: identity.details.clone(),
            provenance: judge.provenance(),
            notices: judge.notices(),
            fault: fault.map(|fault| format!("{fault:#}")),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("judge     {} ({})\n", self.judge, self.kind);
        let shown = [("model", &self.details), ("address", &self.provenance)];
        for (name, from) in shown {
            if let Some(value) = from.get(name) {
                text += &format!("{name:9} {}\n", printable(value));
            }
        }
        for notice in &self.notices {
            text += &format!("note      {}\n", printable(notice));
        }
        text += match &self.fault {
            Some(_) => "It cannot be used.\n",
            None => "It can be used, as far as free requests can show.\n",
        };
        text
    }
}
