//! Money of questions that were given up with a run: it stands in the run, and a cap counts it when the run resumes.

use std::fs;

use parabench::run::folder::{RunData, names};
use serde_json::json;

use crate::cli_world::{World, stderr};
use crate::envelope;
use crate::mock_judge::{Fault, MockJudge, Script};
use crate::mock_models::{Canned, MockModels, base64, reply};
use crate::suite_fixture;

/// One request at the profiles' prices, at the most: 100 tokens at 1,000 dollars a million.
const REQUEST: f64 = 0.1;
const PRICE: &str = "[price]\ninput = 0.0\noutput = 1000.0\n";
const QUICK: &str = "[retry]\ntransport_retries = 2\nbase_ms = 1\nmax_ms = 2\n";

fn spent(world: &World, name: &str) -> (f64, f64) {
    let data = RunData::read(&world.run_folder(name)).unwrap();
    (data.spent_usd, data.assumed_usd)
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-9
}

#[test]
fn a_judge_that_ends_the_run_leaves_its_money_there() {
    let world = World::new(6);
    world.write_profile(&format!("{PRICE}{QUICK}"));
    // Every reply breaks off, so each request may be billed.
    let broken = MockJudge::start(Script::always(Fault::HalfJson));
    let output = world.run(&broken.base_url(), "r").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("in a row failed"),
        "{}",
        stderr(&output)
    );
    let most = broken.requests() as f64 * REQUEST;
    let (before, assumed) = spent(&world, "r");
    assert!(
        close(before, most) && close(assumed, most),
        "{before}, {assumed} of {most}"
    );
    let costs = fs::read_to_string(world.run_folder("r").join(names::COSTS)).unwrap();
    assert!(costs.contains(r#""asked":{"judge":"mock"}"#), "{costs}");

    // A cap below what is spent asks for nothing more.
    let honest = MockJudge::start(Script::honest());
    let resume = |cap: f64| {
        let mut command = world.run(&honest.base_url(), "r");
        command.args([
            "--allow-missing",
            "1",
            "--json",
            "--max-cost",
            &cap.to_string(),
        ]);
        let output = command.output().unwrap();
        envelope::result(&output.stdout)
    };
    let json = resume(before - REQUEST / 2.0);
    assert_eq!(json["ending"], "out-of-budget");
    assert_eq!(honest.requests(), 0);
    // Room for some: 4 tries of one mark may be billed, and lost exchanges.
    let cap = before + 8.0 * REQUEST;
    let json = resume(cap);
    let total = json["spent_usd"].as_f64().unwrap();
    assert!(
        honest.requests() > 0 && total > before && total <= cap,
        "{total} of {cap}"
    );

    // The report's table of judges counts it, too.
    let log = parabench::analysis::runs::log::RunLog::read(&world.run_folder("r")).unwrap();
    assert!(close(log.judges["mock"].cost_usd.unwrap(), total));
}

#[test]
fn a_model_that_ends_the_run_leaves_its_money_there() {
    let endpoint = MockModels::start(|seen| match seen.text().contains("reasoner") {
        // The first model of a pipeline answers; the one that draws never does.
        true => Canned::ok(json!({
            "choices": [{"message": {"content": "I reason."}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 40}
        })),
        false => Canned::text(200, "{\"candidates\": [".to_owned()),
    });
    let world = World::new(6);
    let limits = "max_connections = 2\n";
    let drawer = format!(
        "name = \"drawer\"\nmodel = \"g-1\"\nbase_url = \"{}\"\n{limits}{QUICK}[price]\ninput = 0.0\noutput = 0.0\n\
         output_image = 1000.0\noutput_tokens = 1\noutput_image_tokens = 100\n",
        endpoint.url()
    );
    fs::write(world.path("drawer.toml"), drawer).unwrap();
    let reasoner = format!(
        "name = \"reasoner\"\nmodel = \"reasoner-1\"\nprovider = \"openai\"\nmax_tokens = 100\nbase_url = \"{}\"\n{limits}{PRICE}",
        endpoint.url()
    );
    fs::write(world.path("reasoner.toml"), reasoner).unwrap();
    let sit = |model: &str, name: &str, cap: &str| {
        let mut command = world.command("http://127.0.0.1:9");
        command
            .env("GEMINI_API_KEY", "g")
            .args(["generate", "--suite", "suite/", "--model", model]);
        command.args([
            "--name",
            name,
            "--no-progress",
            "--no-cache",
            "--max-cost",
            cap,
        ]);
        command.output().unwrap()
    };
    let output = sit("gemini:drawer.toml", "alone", "100");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let asked = endpoint.requests() as f64;
    let (alone, assumed) = spent(&world, "alone");
    assert!(
        close(alone, asked * REQUEST) && close(assumed, alone),
        "{alone}, {assumed} of {asked} requests"
    );
    let output = sit("gemini:drawer.toml", "alone", &alone.to_string());
    assert!(
        stderr(&output).contains("--max-cost"),
        "{}",
        stderr(&output)
    );
    assert_eq!(endpoint.requests() as f64, asked);

    // What the first model of a pipeline cost is not forgotten when the second one ends the run.
    let output = sit(
        "pipeline:openai:reasoner.toml?over=gemini:drawer.toml",
        "both",
        "100",
    );
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let requests = endpoint.seen().split_off(asked as usize);
    let reasoned = requests
        .iter()
        .filter(|seen| seen.text().contains("reasoner"))
        .count();
    let drawn = requests.len() - reasoned;
    let expected = 0.04 * reasoned as f64 + REQUEST * drawn as f64;
    let (both, assumed) = spent(&world, "both");
    assert!(
        close(both, expected),
        "{both}, expected {expected} of {reasoned} and {drawn}"
    );
    assert!(close(assumed, REQUEST * drawn as f64), "{assumed}");
}

#[test]
fn what_is_assumed_of_the_parts_of_a_pipeline_is_told() {
    let picture = base64(&suite_fixture::picture(16, 3, image::ImageFormat::Png));
    // Neither tells what was used.
    let endpoint = MockModels::start(move |seen| match seen.text().contains("reasoner") {
        true => Canned::ok(
            json!({"choices": [{"message": {"content": "I reason."}, "finish_reason": "stop"}]}),
        ),
        false => {
            let mut body = reply(&seen.path, None, Some(&picture));
            body.as_object_mut().unwrap().remove("usageMetadata");
            Canned::ok(body)
        }
    });
    let world = World::new(1);
    for (name, provider) in [("reasoner", "openai"), ("drawer", "gemini")] {
        let profile = format!(
            "name = \"{name}\"\nmodel = \"{name}-1\"\nprovider = \"{provider}\"\nbase_url = \"{}\"\n{}[price]\ninput = 0.0\noutput = 1000.0\n{}",
            endpoint.url(),
            if name == "reasoner" {
                "max_tokens = 100\n"
            } else {
                ""
            },
            if name == "drawer" {
                "output_image = 1000.0\noutput_tokens = 1\noutput_image_tokens = 99\n"
            } else {
                ""
            },
        );
        fs::write(world.path(&format!("{name}.toml")), profile).unwrap();
    }
    let mut command = world.command("http://127.0.0.1:9");
    command.env("GEMINI_API_KEY", "g").args([
        "generate",
        "--suite",
        "suite/",
        "--name",
        "p",
        "--no-progress",
    ]);
    command.args([
        "--model",
        "pipeline:openai:reasoner.toml?over=gemini:drawer.toml",
    ]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let (all, assumed) = spent(&world, "p");
    assert!(
        close(all, assumed) && close(all, 2.0 * 2.0 * REQUEST),
        "{assumed} of {all}"
    );
}
