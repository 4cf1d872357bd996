//! Examples of command lines.

/// Examples by command.
pub(super) const EXAMPLES: [(&str, &[&str]); 37] = [
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
            "parabench published --suite wise-verified",
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
