//! Models that end, and models that answer for others.

use parabench::judge::panel;
use parabench::judge::profile::Profile;

use crate::cli_world::{World, stderr, stdout};
use crate::mock_judge::{MockJudge, Script};

/// A profile that names its endpoint; the mock says that `mock-judge-1` answered.
fn write_profile(world: &World, mock: &MockJudge, lines: &str) {
    let model = "model = \"mock-1\"";
    world.write_profile("");
    let path = world.path("judge.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(model));
    let text = text.replace(model, lines);
    let address = format!("base_url = \"{}\"\n", mock.base_url());
    std::fs::write(&path, address + &text).unwrap();
}

#[test]
fn another_model_than_asked_for_ends_the_run_which_resumes() {
    let (world, mock) = (World::new(2), MockJudge::start(Script::honest()));
    for served in ["exact", "prefix"] {
        write_profile(
            &world,
            &mock,
            &format!("model = \"mock-1\"\nserved = \"{served}\""),
        );
        let output = world.run(&mock.base_url(), "r").output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains("asked for `mock-1`, `mock-judge-1` answered"),
            "{said}"
        );
        assert!(said.contains("not on one scale"), "{said}");
    }
    assert!(mock.requests() <= 16, "{}", mock.requests());
    // What may answer is no part of the judge: the same run goes on.
    write_profile(&world, &mock, "model = \"mock-1\"\nserved = \"any\"");
    let output = world.run(&mock.base_url(), "r").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let before = mock.requests();
    // Kept replies of another model are not taken either.
    write_profile(&world, &mock, "model = \"mock-1\"\nserved = \"exact\"");
    let output = world.run(&mock.base_url(), "again").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(mock.requests() > before);
}

#[test]
fn a_version_of_the_model_is_the_model() {
    let (world, mock) = (World::new(1), MockJudge::start(Script::honest()));
    write_profile(&world, &mock, "model = \"mock-judge\"\nserved = \"prefix\"");
    let output = world.run(&mock.base_url(), "r").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn the_days_that_are_left_are_said_before_anything_is_asked() {
    let (world, mock) = (World::new(1), MockJudge::start(Script::honest()));
    let lines = "model = \"mock-1\"\nends = \"2001-02-03\"\nsuccessor = \"mock-2\"";
    write_profile(&world, &mock, lines);
    let dry = world
        .run(&mock.base_url(), "r")
        .arg("--dry-run")
        .output()
        .unwrap();
    let run = world.run(&mock.base_url(), "r").output().unwrap();
    let mut doctor = world.command(&mock.base_url());
    let doctor = doctor
        .args(["doctor", "--judge", "judge.toml"])
        .output()
        .unwrap();
    for said in [stderr(&dry), stderr(&run), stdout(&doctor)] {
        assert!(said.contains("was to end on 2001-02-03"), "{said}");
        assert!(said.contains("`mock-2`"), "{said}");
    }
    assert_eq!(doctor.status.code(), Some(0), "{}", stderr(&doctor));
    assert!(stdout(&doctor).contains("mock-1"));
}

#[test]
fn doctor_reads_the_last_day_from_the_endpoint() {
    let list = r#"{"data": [{"id": "mock-1", "shutdown_date": "2101-05-06"}]}"#;
    let mock = MockJudge::start(Script::honest().listing(list));
    let world = World::new(1);
    write_profile(&world, &mock, "model = \"mock-1\"\nends = \"2001-02-03\"");
    let doctor = |world: &World| {
        let mut command = world.command(&mock.base_url());
        command
            .args(["doctor", "--judge", "judge.toml"])
            .output()
            .unwrap()
    };
    let said = stdout(&doctor(&world));
    assert!(
        said.contains("2101-05-06") && !said.contains("2001-02-03"),
        "{said}"
    );
    write_profile(&world, &mock, "model = \"mock-9\"");
    let said = stdout(&doctor(&world));
    assert!(said.contains("does not list the model `mock-9`"), "{said}");
}

#[test]
fn doctor_says_what_keeps_a_judge_from_being_asked() {
    let (world, mock) = (World::new(1), MockJudge::start(Script::honest()));
    write_profile(&world, &mock, "model = \"mock-1\"\nends = \"2001-02-03\"");
    let mut command = world.command(&mock.base_url());
    command.env_remove("OPENAI_API_KEY");
    let output = command
        .args(["doctor", "--judge", "judge.toml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("OPENAI_API_KEY"),
        "{}",
        stderr(&output)
    );
    assert!(
        stdout(&output).contains("2001-02-03"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_panel_is_asked_judge_by_judge() {
    let (world, mock) = (World::new(1), MockJudge::start(Script::honest()));
    write_profile(&world, &mock, "model = \"mock-1\"");
    let text = std::fs::read_to_string(world.path("judge.toml")).unwrap();
    let second = text.replace("name = \"mock\"", "name = \"second\"");
    std::fs::write(world.path("second.toml"), second).unwrap();
    std::fs::write(
        world.path("both.toml"),
        "panel = [\"judge.toml\", \"second.toml\"]",
    )
    .unwrap();
    assert_eq!(panel::members("succession").unwrap().len(), 3);
    let mut command = world.command(&mock.base_url());
    command.args([
        "run",
        "--suite",
        "suite/",
        "--model",
        "replay:answers",
        "--judge",
        "both.toml",
    ]);
    let output = command
        .args(["--name", "r", "--no-progress"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let scores = world.scores("r");
    for judge in [",mock,", ",second,"] {
        assert!(scores.contains(judge), "{scores}");
    }
}

#[test]
fn the_profiles_of_the_page_on_endpoints_are_sound() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/endpoints.md");
    let page = std::fs::read_to_string(page).unwrap();
    let blocks = page.split("```toml\n").skip(1);
    let names: Vec<String> = blocks
        .map(|block| {
            let text = block.split("```").next().unwrap();
            let profile = Profile::parse("docs/endpoints.md", text).unwrap();
            assert!(profile.endpoint.notes.is_empty(), "{text}");
            profile.endpoint.name
        })
        .collect();
    assert_eq!(names.len(), 6, "{names:?}");
}
