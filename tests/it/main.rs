//! Everything but ONNX and what takes long: one executable, one module for each subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may stop at the first surprise, their helpers too"
)]

#[path = "../support/bridges.rs"]
mod bridges;
#[path = "../support/cli_world.rs"]
mod cli_world;
#[path = "../support/envelope.rs"]
mod envelope;
#[path = "../support/findings.rs"]
mod findings_of;
#[path = "../support/judge_setup.rs"]
mod judge_setup;
#[path = "../support/mock_judge.rs"]
mod mock_judge;
#[path = "../support/mock_models.rs"]
mod mock_models;
#[path = "../support/page_text.rs"]
mod page_text;
#[path = "../support/parquet.rs"]
mod parquet_fixture;
#[path = "../support/results.rs"]
mod results;
#[path = "../support/runs.rs"]
mod runs;
#[path = "../support/sabotage.rs"]
mod sabotage;
#[cfg(unix)]
#[path = "../support/stranger.rs"]
mod stranger;
#[path = "../support/suite.rs"]
mod suite_fixture;

#[cfg(unix)]
mod adapters;
mod command_line;
mod compare_command;
mod compare_golden;
mod compare_judges;
mod compare_laws;
mod compare_load;
mod control_checks;
mod documentation;
mod endpoint_causes;
mod endpoint_wrappings;
#[cfg(unix)]
mod experiment_file;
#[cfg(unix)]
mod export_results;
mod first_screens;
mod golden_stats;
mod judge_audit;
mod judge_audit_command;
mod judge_bridge;
mod judge_cache;
mod judge_faults;
mod judge_guards;
mod judge_pixels;
#[cfg(unix)]
mod judge_programs;
mod judge_prompts;
mod judge_providers;
mod judge_recorded;
mod judge_requests;
mod judging_declared;
mod kit_files;
mod leaderboard_command;
mod library;
mod model_api;
mod model_api_run;
mod model_kinds;
mod planning_commands;
#[cfg(unix)]
mod process_safety;
mod rendered;
mod replay_cli;
mod report_audit;
mod report_page;
mod run_cli;
mod run_executor;
mod run_money;
mod run_preflight;
mod run_reading;
#[cfg(unix)]
mod runs_and_cache;
mod scores_import;
mod shapes_anchors;
mod shapes_files;
mod shapes_reader;
#[cfg(unix)]
mod shards_command;
#[cfg(unix)]
mod shards_judged;
#[cfg(unix)]
mod shards_laws;
mod stopping_commands;
mod suite_cli;
mod suite_import;
mod suite_load;
mod suite_select;
mod trajectory_command;
mod tutorial;
mod verify_report;
