//! How `-h` and `--help` are laid out: headings of options, examples, and the names of commands, in one place.

use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory};

use super::Cli;

/// What a model answers, and how.
const ANSWER: &str = "Answer";
/// Who scores, for how much money.
const JUDGE: &str = "Judge";
/// What is computed.
const ANALYSIS: &str = "Analysis";
/// Where files lie.
const WHERE: &str = "Where";
/// What is printed and written.
const OUTPUT: &str = "Output";
/// The rest.
const GENERAL: &str = "General";

/// Every option, by its id, under its heading. An option that means something else in one command stands as
/// `command/option`.
const HEADINGS: [(&str, &[&str]); 6] = [
    (
        ANSWER,
        &[
            "suite",
            "model",
            "limit",
            "tasks",
            "categories",
            "seed",
            "seeds",
            "trajectory",
            "number",
            "items",
            "instruction",
            "generation",
            "controls_only",
            "dtype",
            "resolution",
            "tokens",
            "vq",
            "verify",
            "count",
            "new",
            "map",
            "category",
            "only",
            "split",
            "revision",
            "no_image",
            "skip_unmapped",
            "counts_as_found",
            "format",
            "columns",
            "scale",
            "step",
            "language",
            "skip_unknown",
            "repeats_in_order",
            "scores import/model",
            "scores import/judge",
            "scores import/dry_run",
            "limit_bytes",
            "task",
            "demo/onnxruntime",
            "run/onnxruntime",
            "generate/onnxruntime",
            "generate/no_cache",
            "generate/max_cost",
            "generate/retry_missing",
            "generate/allow_missing",
            "generate/dry_run",
            "generate/grace",
            "generate/declare",
        ],
    ),
    (
        JUDGE,
        &[
            "judges",
            "judge",
            "rubrics",
            "repeats",
            "max_connections",
            "no_cache",
            "max_cost",
            "retry_missing",
            "allow_missing",
            "dry_run",
            "grace",
            "calls",
            "thresholds",
            "anchors",
            "save_anchors",
            "old",
            "judge-bridge/new",
            "judge-audit/seed",
            "judge-audit/suite",
            "judge-bridge/seed",
            "judge-bridge/items",
            "scorer",
            "run/declare",
            "judge/declare",
        ],
    ),
    (
        ANALYSIS,
        &[
            "baselines",
            "combine",
            "human",
            "force_judge",
            "bridge",
            "requirements",
            "ratio",
            "multiverse",
            "alpha",
            "margin",
            "half_width",
            "axis",
            "axes",
            "all_kinds",
            "pilot",
            "published",
            "sd",
            "power/items",
            "difference",
            "contrasts",
            "looks",
            "cost_ratio",
            "correlation",
            "power",
            "source",
            "file",
            "declare",
            "standard",
            "published/suite",
        ],
    ),
    (
        WHERE,
        &[
            "results",
            "name",
            "shard",
            "judge/suite",
            "merge/suite",
            "report/suite",
            "label/suite",
            "verify/suite",
            "judge-bridge/suite",
            "export-results/suite",
            "partial",
            "mixed_served",
            "runs rm/only",
        ],
    ),
    (
        OUTPUT,
        &[
            "json",
            "full",
            "to",
            "output",
            "csv",
            "markdown",
            "html",
            "figures",
            "write_standard",
            "report",
            "no_published",
            "rebuttal",
            "compare/categories",
            "force",
            "yes",
        ],
    ),
    (
        GENERAL,
        &[
            "offline",
            "no_progress",
            "onnxruntime",
            "device",
            "threads",
            "fetch",
            "help",
            "version",
        ],
    ),
];

/// Examples by command.
const EXAMPLES: [(&str, &[&str]); 37] = [
    (
        "",
        &[
            "parabench demo",
            "parabench run --suite shapes --model control:truth --judge oracle --name mine",
            "parabench compare mine --baseline other",
        ],
    ),
    (
        "demo",
        &[
            "parabench demo",
            "parabench demo --limit 60",
            "parabench demo --controls-only",
        ],
    ),
    (
        "run",
        &[
            "parabench run --suite shapes --model control:truth --judge oracle --name mine",
            "parabench run --suite parabench --model onnx:mine --judge gpt-4.1 --max-cost 9",
            "parabench run --suite parabench --model replay:DIR --judge gpt-4.1 --dry-run",
        ],
    ),
    (
        "generate",
        &[
            "parabench generate --suite parabench --model onnx:mine --name mine",
            "parabench generate --suite parabench --model command:./model.toml --limit 20",
            "parabench generate --suite parabench --model onnx:mine --shard auto/8",
        ],
    ),
    (
        "judge",
        &[
            "parabench judge mine --judge gpt-4.1 --max-cost 25",
            "parabench judge mine --judge gpt-4.1 --retry-missing",
            "parabench judge mine --judge ./my-judge.toml --dry-run",
        ],
    ),
    (
        "merge",
        &[
            "parabench merge mine",
            "parabench merge mine --partial",
            "parabench merge mine /disk2/mine.shards/3-of-8",
        ],
    ),
    (
        "judge-audit",
        &[
            "parabench judge-audit --judge gpt-4.1 --dry-run",
            "parabench judge-audit --judge gpt-4.1 --max-cost 2 -o audit",
            "parabench judge-audit --judge gpt-4.1 --anchors old-marks",
        ],
    ),
    (
        "judge-bridge",
        &[
            "parabench judge-bridge mine other --old gpt-4.1 --new gpt-6-luna -o bridge",
            "parabench judge-bridge mine other --old gpt-4.1 --new gpt-6-luna --dry-run",
            "parabench judge-bridge mine --old gpt-4.1 --save-anchors old-marks",
        ],
    ),
    (
        "label",
        &[
            "parabench label mine other -o label.html",
            "parabench label mine other --axis image_alignment -n 100 -o label.html",
        ],
    ),
    (
        "compare",
        &[
            "parabench compare mine --baseline other",
            "parabench compare mine --baseline other --full --csv table.csv",
            "parabench compare mine --baseline other --require 'overall > -2.5'",
        ],
    ),
    (
        "leaderboard",
        &[
            "parabench leaderboard mine other third",
            "parabench leaderboard mine other third --html board.html",
        ],
    ),
    (
        "report",
        &[
            "parabench report mine --baseline other -o report",
            "parabench report mine --baseline other --declare plan.toml -o report",
            "parabench report mine --baseline other -o report --rebuttal",
        ],
    ),
    (
        "scores",
        &["parabench scores import marks.csv --suite mine --scale 1..5 -o results/mine"],
    ),
    (
        "scores import",
        &[
            "parabench scores import marks.csv --suite mine --scale 1..5 -o results/mine",
            "parabench scores import r.jsonl --suite geneval --as geneval -o results/a",
            "parabench scores import marks.xlsx --suite kris --map quality=Q -o results/a",
        ],
    ),
    (
        "export-results",
        &[
            "parabench export-results mine other --to hugging-face -o data",
            "parabench export-results mine --to mlflow -o tracking",
        ],
    ),
    (
        "verify",
        &[
            "parabench verify report",
            "parabench verify report --results results",
        ],
    ),
    (
        "thinking",
        &[
            "parabench thinking with without",
            "parabench thinking with without --axis image_quality",
            "parabench thinking",
        ],
    ),
    (
        "trajectory",
        &[
            "parabench trajectory mine --scorer oracle",
            "parabench trajectory mine other --scorer clip:clip-bundle --figure curves.svg",
        ],
    ),
    (
        "power",
        &[
            "parabench power --sd 20",
            "parabench power --pilot mine other --difference 2,5",
            "parabench power --published \"MMaDA-Parallel w/ ParaRL\" \"Bagel w/ think\"",
        ],
    ),
    (
        "published",
        &[
            "parabench published",
            "parabench published --full",
            "parabench published --source table2",
        ],
    ),
    ("list", &["parabench list judges", "parabench list models"]),
    (
        "suite",
        &[
            "parabench suite list",
            "parabench suite check shapes",
            "parabench suite import data.jsonl --new mine",
        ],
    ),
    ("suite list", &["parabench suite list"]),
    ("suite check", &["parabench suite check shapes"]),
    (
        "suite show",
        &[
            "parabench suite show parabench",
            "parabench suite show shapes --task spatial-001",
        ],
    ),
    (
        "suite import",
        &[
            "parabench suite import data.jsonl --new mine",
            "parabench suite import dataset --suite parabench",
            "parabench suite import data.csv --new mine --map instruction=prompt",
        ],
    ),
    (
        "runs",
        &[
            "parabench runs list",
            "parabench runs show mine",
            "parabench runs rm mine",
        ],
    ),
    ("runs list", &["parabench runs list"]),
    ("runs show", &["parabench runs show mine"]),
    ("runs status", &["parabench runs status mine"]),
    (
        "runs rm",
        &[
            "parabench runs rm mine",
            "parabench runs rm mine --only logs",
        ],
    ),
    ("cache", &["parabench cache du", "parabench cache clear"]),
    (
        "export",
        &[
            "parabench export MMaDA-Parallel-A",
            "parabench export MMaDA-Parallel-M --dtype f16 --verify",
        ],
    ),
    (
        "doctor",
        &[
            "parabench doctor",
            "parabench doctor --fetch",
            "parabench doctor --judge gpt-4.1",
        ],
    ),
    (
        "bench-model",
        &[
            "parabench bench-model my-bundle",
            "parabench bench-model 'my-bundle?strategy=parallel&batch=4'",
        ],
    ),
    (
        "shapes",
        &[
            "parabench shapes suite --seed 7 -o shapes-7",
            "parabench shapes training-data --count 1000 -o training",
        ],
    ),
    (
        "completions",
        &[
            "parabench completions bash",
            "parabench completions zsh",
            "parabench completions fish",
        ],
    ),
];

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
pub fn typed(words: impl Iterator<Item = String>) -> String {
    let root = Cli::command();
    let mut at = &root;
    let mut names = Vec::new();
    for word in words.filter(|word| !word.starts_with('-')) {
        let Some(below) = at.find_subcommand(&word) else {
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
        let typed = |line: &str| super::typed(line.split(' ').map(str::to_owned));
        assert_eq!(typed("suite import x --nope"), "suite import");
        assert_eq!(typed("--json compare a"), "compare");
        assert_eq!(typed("compre"), "");
    }
}
