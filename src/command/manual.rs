//! `parabench completions` and `parabench man`: what shells and `man` read about the command line.

use std::path::PathBuf;

use anyhow::Context;
use clap_complete::Shell;
use serde_json::json;

use super::{Exit, Globals, help};
use crate::common::files;

/// Options of `parabench completions`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct CompletionOptions {
    /// Shell to complete in
    shell: Shell,
}

/// Options of `parabench man`.
#[derive(Clone, Debug, clap::Args)]
pub struct ManOptions {
    /// Folder of the pages, for example ~/.local/share/man/man1
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Prints the completions of a shell.
///
/// # Errors
/// When they cannot be written as JSON.
pub fn completions(options: &CompletionOptions, globals: &Globals) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(
        options.shell,
        &mut help::command(),
        "parabench",
        &mut script,
    );
    let script = String::from_utf8(script).context("the completions are not valid text")?;
    if globals.json {
        globals.print_json(&json!({"shell": options.shell.to_string(), "script": script}))?;
    } else {
        print!("{script}");
    }
    Ok(Exit::Done)
}

/// Writes a manual page for every command.
///
/// # Errors
/// A folder that cannot be written.
pub fn man(options: &ManOptions, globals: &Globals) -> anyhow::Result<Exit> {
    files::create_folder(&options.folder)?;
    let mut root = help::command();
    root.build();
    let mut written = Vec::new();
    write_page(&root, "parabench", options, &mut written)?;
    if globals.json {
        globals.print_json(&json!({"folder": options.folder, "pages": written}))?;
    } else {
        println!(
            "{} pages written to {}",
            written.len(),
            options.folder.display()
        );
        println!(
            "read one with: man -l {}",
            options.folder.join("parabench.1").display()
        );
    }
    Ok(Exit::Done)
}

fn write_page(
    command: &clap::Command,
    name: &str,
    options: &ManOptions,
    written: &mut Vec<String>,
) -> anyhow::Result<()> {
    let file = format!("{name}.1");
    let mut page = Vec::new();
    // No date: the same program writes the same bytes.
    clap_mangen::Man::new(command.clone())
        .date("")
        .render(&mut page)
        .context("a manual page cannot be rendered")?;
    files::write_atomic(&options.folder.join(&file), &page)?;
    written.push(file);
    for below in command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
    {
        write_page(
            below,
            &format!("{name}-{}", below.get_name()),
            options,
            written,
        )?;
    }
    Ok(())
}
