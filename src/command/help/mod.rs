//! How `-h` and `--help` are laid out: headings of options, examples, and the names of commands, in one place.

mod examples;
mod headings;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory};

use self::examples::EXAMPLES;
use self::headings::HEADINGS;
use super::Cli;
use crate::common::suggest;

/// The command line with headings and examples.
pub fn command() -> Command {
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version)
        .help("Print the version");
    arranged(Cli::command().disable_version_flag(true).arg(version), "")
}

/// The command with headings and examples, and all below it; `path` is what was typed to reach it.
fn arranged(command: Command, path: &str) -> Command {
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Print help: -h short, --help long");
    let examples = EXAMPLES.iter().find(|(name, _)| *name == path);
    let examples = examples.map(|(_, lines)| format!("Examples:\n  {}", lines.join("\n  ")));
    let command = command
        .disable_help_flag(true)
        .arg(help)
        .mut_args(|arg| match arg.is_positional() {
            true => arg,
            false => {
                let heading = heading(path, arg.get_id().as_str());
                arg.help_heading(heading)
            }
        })
        .mut_subcommands(|below| {
            let name = below.get_name().to_owned();
            let path = format!("{path} {name}");
            arranged(below, path.trim())
        });
    match examples {
        Some(examples) => command.after_help(examples),
        None => command,
    }
}

/// The heading of an option of a command; those without stand under "Options".
fn heading(path: &str, option: &str) -> Option<&'static str> {
    let of = |wanted: &str| {
        let found = HEADINGS.iter().find(|(_, ids)| ids.contains(&wanted));
        found.map(|(heading, _)| *heading)
    };
    of(&format!("{path}/{option}")).or_else(|| of(option))
}

/// What parsers of numbers say, and what that means.
const PARSERS: [(&str, &str); 5] = [
    (
        "invalid digit found in string",
        "a whole number is expected",
    ),
    (
        "cannot parse integer from empty string",
        "a whole number is expected",
    ),
    (
        "number too large to fit in target type",
        "the number is too large",
    ),
    ("invalid float literal", "a number is expected"),
    (
        "cannot parse float from empty string",
        "a number is expected",
    ),
];

/// A message about the command line without the words of parsers.
pub fn plain(message: &str) -> String {
    let words = PARSERS.iter();
    words.fold(message.to_owned(), |text, (said, meant)| {
        text.replace(said, meant)
    })
}

/// What is said of a command that does not exist; `path` leads to the commands that do.
pub fn unknown_command(error: &clap::Error, path: &str) -> Option<String> {
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let root = Cli::command();
    let mut parts = path.split_whitespace();
    let at = parts.try_fold(&root, |at, part| at.find_subcommand(part))?;
    let known: Vec<&str> = at.get_subcommands().map(Command::get_name).collect();
    let list = format!("parabench {path} -h").replace("  ", " ");
    let unknown = suggest::unknown("command", name, &known, Some(&list));
    Some(format!("error: {unknown}\n"))
}

/// The subcommand that was asked for, as it is typed: `compare`, `suite import`.
pub fn path_of(matches: &ArgMatches) -> String {
    let mut names = Vec::new();
    let mut at = matches;
    while let Some((name, below)) = at.subcommand() {
        names.push(name);
        at = below;
    }
    names.join(" ")
}

/// The same of a command line that cannot be read: the words that name commands.
pub fn typed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let root = Cli::command();
    let mut at = &root;
    let mut names = Vec::new();
    for word in words.filter(|word| !word.starts_with('-')) {
        let Some(below) = at.find_subcommand(word) else {
            break;
        };
        names.push(word);
        at = below;
    }
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command with what is typed to reach it.
    fn all() -> Vec<(String, Command)> {
        fn walk(command: &Command, path: &str, into: &mut Vec<(String, Command)>) {
            into.push((path.to_owned(), command.clone()));
            for below in command.get_subcommands() {
                if below.get_name() != "help" {
                    let path = format!("{path} {}", below.get_name());
                    walk(below, path.trim(), into);
                }
            }
        }
        let mut root = command();
        root.build();
        let mut found = Vec::new();
        walk(&root, "", &mut found);
        found
    }

    #[test]
    fn every_option_has_a_heading_and_every_heading_an_option() {
        let mut used = std::collections::BTreeSet::new();
        for (path, command) in all() {
            for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
                let id = arg.get_id().as_str();
                assert!(arg.get_help_heading().is_some(), "{path}: {id}");
                used.insert(id.to_owned());
                used.insert(format!("{path}/{id}"));
            }
        }
        for (_, ids) in HEADINGS {
            for id in ids {
                assert!(used.contains(*id), "{id} names no option");
            }
        }
    }

    #[test]
    fn every_example_can_be_read_and_every_command_has_one() {
        let mut wrong = Vec::new();
        for (path, lines) in EXAMPLES {
            for line in lines {
                if line.len() > 78 {
                    wrong.push(format!("{line} is {} long", line.len()));
                }
                match command().try_get_matches_from(words(line)) {
                    Ok(matches) if path_of(&matches).starts_with(path) => {}
                    Ok(_) => wrong.push(format!("{line} stands under {path}")),
                    Err(error) => wrong.push(format!("{line}: {error}")),
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let known = |path: &str| EXAMPLES.iter().any(|(name, _)| *name == path);
        for (path, command) in all() {
            let top = !path.contains(' ');
            assert!(!top || known(&path) || path == "man", "{path}");
            assert!(command.get_about().is_some(), "{path} says nothing");
        }
    }

    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quote = None;
        for c in line.chars() {
            match (quote, c) {
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                (None, ' ') => words.push(String::new()),
                (_, c) => words.last_mut().unwrap().push(c),
            }
        }
        words
    }

    #[test]
    fn short_help_has_one_line_for_each_option() {
        let mut wrong = Vec::new();
        for (path, command) in all() {
            let mut command = command.term_width(80).max_term_width(80);
            let short = command.render_help().to_string();
            if short == command.render_long_help().to_string() {
                wrong.push(format!("{path}: --help says no more than -h"));
            }
            let free = |line: &str| {
                line.starts_with("Usage") || line.trim_start().starts_with("parabench ")
            };
            let wide = short
                .lines()
                .filter(|line| !free(line) && line.chars().count() > 80);
            wrong.extend(wide.map(|line| format!("{path}: {line}")));
            for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
                let Some(name) = arg.get_long() else { continue };
                let name = format!("--{name}");
                let of = |line: &&str| {
                    line.starts_with("  ")
                        && !free(line)
                        && line.split([' ', ',']).any(|word| word == name)
                };
                let line = short.lines().find(of).unwrap_or_default();
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                if help.is_empty() || !line.contains(&help) {
                    wrong.push(format!("{path}: {name}: `{line}` lacks `{help}`"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_command_is_named_also_where_the_line_cannot_be_read() {
        let typed = |line: &str| super::typed(line.split(' '));
        assert_eq!(typed("suite import x --nope"), "suite import");
        assert_eq!(typed("--json compare a"), "compare");
        assert_eq!(typed("compre"), "");
    }
}
