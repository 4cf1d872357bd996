//! Whether runs may be compared. What differs is listed all at once, with what to do.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::analysis::runs::load::LoadedRun;
use crate::judge::reply::READING_DETAIL;
use crate::run::manifest::{JudgeSection, SuiteSection};

/// Two runs that were not made alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The run that differs from the reference.
    pub run: String,
    /// What differs, with both values.
    pub what: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Why runs cannot be compared.
#[derive(Debug, thiserror::Error)]
pub struct NotComparable {
    /// The run that the others were held against.
    pub reference: String,
    /// Everything that differs.
    pub differences: Vec<Difference>,
}

impl fmt::Display for NotComparable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "these runs cannot be compared with {}:", self.reference)?;
        for difference in &self.differences {
            write!(
                f,
                "\n  {}: {}\n      {}",
                difference.run, difference.what, difference.remedy
            )?;
        }
        Ok(())
    }
}

/// Checks every run against the first. `judges` holds the position of the judge in each run.
/// Returns whether judges differ, which only `may_differ` allows.
///
/// # Errors
/// [`NotComparable`], with everything that differs.
pub fn check(
    runs: &[&LoadedRun],
    judges: &[usize],
    may_differ: bool,
) -> Result<bool, NotComparable> {
    let Some((reference, others)) = runs.split_first() else {
        return Ok(false);
    };
    let judge_of = |index: usize| {
        let run = runs.get(index)?;
        run.manifest.judges.get(*judges.get(index)?)
    };
    let mut differences = Vec::new();
    let mut judges_differ = false;
    for (index, run) in others.iter().enumerate() {
        let mut found = List {
            run: &run.label,
            differences: &mut differences,
        };
        found.suite(&reference.manifest.suite, &run.manifest.suite);
        found.selection(reference, run);
        if let (Some(before), Some(now)) = (judge_of(0), judge_of(index + 1))
            && (before.digest != now.digest || before.reading() != now.reading())
        {
            judges_differ = true;
            if !may_differ {
                found.judge(before, now);
            }
        }
    }
    if differences.is_empty() {
        return Ok(judges_differ);
    }
    Err(NotComparable {
        reference: reference.label.clone(),
        differences,
    })
}

struct List<'a> {
    run: &'a str,
    differences: &'a mut Vec<Difference>,
}

impl List<'_> {
    fn add(&mut self, what: String, remedy: &'static str) {
        self.differences.push(Difference {
            run: self.run.to_owned(),
            what,
            remedy,
        });
    }

    fn suite(&mut self, before: &SuiteSection, now: &SuiteSection) {
        if before.name != now.name {
            let what = format!("suite {}, reference {}", now.name, before.name);
            self.add(what, "compare runs of one suite");
            return;
        }
        if before.digest != now.digest {
            let what = format!(
                "suite {} version {} with digest {}, reference version {} with digest {}",
                now.name,
                now.version,
                now.digest.short(12),
                before.version,
                before.digest.short(12)
            );
            self.add(what, "run both models on the same data of the suite");
        }
        if before.mapping != now.mapping {
            let what = format!("mapping {}, reference {}", now.mapping, before.mapping);
            self.add(
                what,
                "points of two mappings are not on one scale: run both with one mapping",
            );
        }
        if before.axes != now.axes {
            let list = |suite: &SuiteSection| {
                let keys: Vec<&str> = suite.axes.iter().map(|axis| axis.key()).collect();
                keys.join(", ")
            };
            let what = format!("axes {}, reference {}", list(now), list(before));
            self.add(what, "judge both runs on the same axes");
        }
        if before.categories != now.categories {
            let list = |suite: &SuiteSection| {
                let sizes = suite.categories.iter();
                let sizes = sizes.map(|c| format!("{} {}/{}", c.name, c.selected, c.planned));
                sizes.collect::<Vec<_>>().join(", ")
            };
            let what = format!(
                "categories (selected/planned) {}, reference {}",
                list(now),
                list(before)
            );
            self.add(what, "ask both models the same tasks");
        }
    }

    fn selection(&mut self, before: &LoadedRun, now: &LoadedRun) {
        let ids = |run: &LoadedRun| -> BTreeSet<String> {
            run.rows.iter().map(|row| row.task.to_string()).collect()
        };
        let (first, second) = (ids(before), ids(now));
        let digests = (
            before.manifest.sampling.tasks_digest,
            now.manifest.sampling.tasks_digest,
        );
        let common = first.intersection(&second).count();
        if first != second {
            let what = format!(
                "{} tasks, reference {} tasks, {common} in common",
                second.len(),
                first.len()
            );
            self.add(
                what,
                "ask both models the same tasks: the same --limit, --tasks, --categories and --seed",
            );
        } else if digests.0 != digests.1 {
            let what = format!(
                "digest {} of the selected tasks, reference {}",
                digests.1.short(12),
                digests.0.short(12)
            );
            self.add(what, "one of the two run.toml was changed: repeat that run");
        }
    }

    fn judge(&mut self, before: &JudgeSection, now: &JudgeSection) {
        let (old, new) = (&before.identity, &now.identity);
        let mut lines = Vec::new();
        if old.name != new.name {
            lines.push(format!("name {} / {}", new.name, old.name));
        }
        if old.kind != new.kind {
            lines.push(format!("kind {} / {}", new.kind, old.kind));
        }
        let keys: BTreeSet<_> = old.details.keys().chain(new.details.keys()).collect();
        let shown = |value: Option<&String>| value.map_or("absent".to_owned(), Clone::clone);
        if old.details.get(READING_DETAIL) == new.details.get(READING_DETAIL)
            && before.reading() != now.reading()
        {
            let shown = |judge: &JudgeSection| judge.reading().unwrap_or("absent").to_owned();
            lines.push(format!("reading {} / {}", shown(now), shown(before)));
        }
        for key in keys {
            let (a, b) = (old.details.get(key), new.details.get(key));
            if a != b {
                lines.push(format!("{key} {} / {}", shown(b), shown(a)));
            }
        }
        let what = format!("another judge than the reference: {}", lines.join("; "));
        self.add(
            what,
            "mark both with one judge (`parabench judge RUN --judge J`), join them with --bridge FILE (`parabench \
             judge-bridge`), or use --force-judge, which flags every line",
        );
    }
}
