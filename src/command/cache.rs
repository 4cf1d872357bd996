//! `parabench cache`: what is kept for later runs, what it takes, and its removal.

use std::path::Path;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::terminal::{confirm, listing_detail};
use super::{Exit, Globals, UsageError};
use crate::common::disk::{DiskUsage, human_bytes};
use crate::common::files::{self, FileError};
use crate::common::suggest;
use crate::report::table::text;
use crate::report::table::{Column, Table, TableCell};

/// What a folder of the cache holds, and what its removal costs.
struct Kind {
    name: &'static str,
    holds: &'static str,
    cost: &'static str,
    /// Whether it comes back by itself and for nothing.
    free: bool,
}

/// Every folder that this program makes in the cache.
const KINDS: [Kind; 8] = [
    kind(
        "judge",
        "replies of judges",
        "the same marks are paid for again",
        false,
    ),
    kind(
        "model",
        "replies of models behind an API",
        "the same answers are paid for again",
        false,
    ),
    kind(
        "imported",
        "suites that you imported",
        "they must be imported again",
        false,
    ),
    kind(
        "suites",
        "suites of this program, unpacked; which suites were checked",
        "they are unpacked and checked again",
        true,
    ),
    kind(
        "thumbnails-2",
        "small pictures of reports",
        "they are made again",
        true,
    ),
    kind(
        "thumbnails-1",
        "small pictures of reports, by an earlier version",
        "nothing uses them",
        true,
    ),
    kind(
        "bundles",
        "exported checkpoints",
        "they are exported again",
        true,
    ),
    kind(
        "onnxruntime",
        "the ONNX Runtime library",
        "it is fetched again (about 20 MB)",
        true,
    ),
];

const fn kind(name: &'static str, holds: &'static str, cost: &'static str, free: bool) -> Kind {
    Kind {
        name,
        holds,
        cost,
        free,
    }
}

/// Options of `parabench cache`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    verb: CacheVerb,
}

#[derive(Debug, Subcommand)]
enum CacheVerb {
    /// Show its disk space, and what removal costs
    Du,
    /// Remove parts of it
    ///
    /// Without names, everything is removed that is made again without cost.
    Clear {
        /// Parts to remove, as `cache du` names them
        parts: Vec<String>,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

/// One part as `--json` shows it.
#[derive(Serialize)]
struct Part {
    name: String,
    usage: DiskUsage,
    holds: &'static str,
    cost_of_removal: &'static str,
    comes_back_for_nothing: bool,
}

/// Runs the command.
///
/// # Errors
/// A part that is not there or cannot be removed.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    let folder = files::cache_folder();
    match &options.verb {
        CacheVerb::Du => du(&folder, globals),
        CacheVerb::Clear { parts, yes } => clear(&folder, parts, *yes, globals),
    }
}

/// What lies in the cache. Folders of other versions of this program are named as unknown.
fn parts(folder: &Path) -> Result<Vec<Part>, FileError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(FileError::at(folder))?,
    };
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut parts: Vec<Part> = names
        .map(|name| {
            let known = KINDS.iter().find(|kind| kind.name == name);
            Part {
                usage: DiskUsage::of(&folder.join(&name)),
                holds: known.map_or("not known to this version", |kind| kind.holds),
                cost_of_removal: known.map_or("unknown", |kind| kind.cost),
                comes_back_for_nothing: known.is_some_and(|kind| kind.free),
                name,
            }
        })
        .collect();
    parts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(parts)
}

fn du(folder: &Path, globals: &Globals) -> anyhow::Result<Exit> {
    let parts = parts(folder)?;
    if globals.json {
        globals.print_json(&serde_json::json!({"folder": folder, "parts": parts}))?;
        return Ok(Exit::Done);
    }
    let columns = [
        Column::words("part"),
        Column::numbers("size", ""),
        Column::numbers("files", ""),
        Column::words("holds"),
        Column::words("cost of removal"),
    ];
    let rows = parts.iter().map(|part| {
        vec![
            TableCell::words(&*part.name),
            TableCell::Figures(human_bytes(part.usage.bytes)),
            TableCell::count(part.usage.files),
            TableCell::words(part.holds),
            TableCell::words(part.cost_of_removal),
        ]
    });
    let table = Table::new("", columns).with_rows(rows);
    print!("{}", text::listing(&table, listing_detail()));
    let all: DiskUsage = parts.iter().map(|part| part.usage).sum();
    println!(
        "{} in {} files in {}",
        human_bytes(all.bytes),
        all.files,
        folder.display()
    );
    println!(
        "`parabench cache clear` removes what can be made again at no cost, `cache clear PART` one part."
    );
    Ok(Exit::Done)
}

fn clear(folder: &Path, wanted: &[String], yes: bool, globals: &Globals) -> anyhow::Result<Exit> {
    let there = parts(folder)?;
    if let Some(absent) = wanted
        .iter()
        .find(|name| there.iter().all(|part| part.name != **name))
    {
        let names: Vec<&str> = there.iter().map(|part| part.name.as_str()).collect();
        let text = suggest::unknown(
            "part of the cache",
            absent,
            &names,
            Some("parabench cache du"),
        );
        return Err(UsageError(text).into());
    }
    let chosen = |part: &&Part| match wanted.is_empty() {
        true => part.comes_back_for_nothing,
        false => wanted.contains(&part.name),
    };
    let chosen: Vec<&Part> = there.iter().filter(chosen).collect();
    for part in &chosen {
        let size = human_bytes(part.usage.bytes);
        eprintln!(
            "{}  {size}  {}: {}",
            part.name, part.holds, part.cost_of_removal
        );
    }
    if !chosen.is_empty() && !yes && !confirm("Remove this for good?") {
        return Err(
            UsageError("nothing was removed; --yes removes without asking".to_owned()).into(),
        );
    }
    for part in &chosen {
        let path = folder.join(&part.name);
        let removed = match path.is_dir() && !path.is_symlink() {
            true => std::fs::remove_dir_all(&path),
            false => std::fs::remove_file(&path),
        };
        removed.map_err(FileError::at(&path))?;
    }
    let freed: DiskUsage = chosen.iter().map(|part| part.usage).sum();
    if globals.json {
        let names: Vec<&str> = chosen.iter().map(|part| part.name.as_str()).collect();
        globals.print_json(&serde_json::json!({"removed": names, "freed": freed}))?;
    } else {
        println!("{} freed", human_bytes(freed.bytes));
    }
    Ok(Exit::Done)
}
