//! Many marks at once over real HTTP: limits of flight, and estimates against what
//! was really used.

use crate::judge_setup;
use crate::mock_judge;

use std::sync::Arc;
use std::time::Duration;

use crate::judge_setup::Setup;
use crate::mock_judge::{Fault, MockJudge, Script};
use parabench::judge::{Judge, Mark, OpenOptions, open};

/// Marks `n` questions at once; the number of marks that were given.
async fn mark_all(setup: &Setup, judge: Box<dyn Judge>, n: usize) -> usize {
    let judge: Arc<dyn Judge> = judge.into();
    let tasks: Vec<_> = (0..n)
        .map(|n| {
            let (judge, question) = (Arc::clone(&judge), setup.question(&format!("text {n}")));
            tokio::spawn(async move { judge.mark(&question).await.unwrap() })
        })
        .collect();
    let mut given = 0;
    for task in tasks {
        let verdict = task.await.unwrap();
        given += usize::from(matches!(verdict.mark, Mark::Scored(_)));
    }
    given
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    let mock = MockJudge::start(Script::honest().latency(Duration::from_millis(30)));
    let setup = Setup::new();
    let judge = setup.judge(&mock.base_url());
    assert_eq!(judge.concurrency(), 8);
    assert_eq!(mark_all(&setup, judge, 60).await, 60);
    let stats = mock.stats();
    assert_eq!((stats.requests, stats.answered.len()), (60, 60));
    assert!(
        (5..=8).contains(&stats.max_in_flight),
        "{}",
        stats.max_in_flight
    );
}

/// An endpoint that bears two at a time and says 429 to the rest.
#[tokio::test]
async fn an_endpoint_that_bears_less_is_not_overrun() {
    let crowded = |seen: &mock_judge::Seen| (seen.in_flight > 2).then(|| Fault::too_many("0.01"));
    let mock = MockJudge::start(Script::decide(crowded).latency(Duration::from_millis(10)));
    let setup = Setup::new().with("transport_retries = 2", "transport_retries = 20");
    let judge = setup.judge(&mock.base_url());
    assert_eq!(mark_all(&setup, judge, 80).await, 80);
    let refused = mock.requests() - 80;
    assert!((1..80).contains(&refused), "{refused} refusals");
}

#[tokio::test]
async fn an_estimate_covers_what_the_request_holds() {
    let mock = MockJudge::start(Script::honest());
    let setup = Setup::new();
    let judge = setup.judge(&mock.base_url());
    let estimate = judge.estimate(&setup.question("x"));
    assert_eq!((estimate.calls, estimate.output_tokens), (1, 200));
    // The rules and criteria alone are some five hundred words.
    assert!((700..3000).contains(&estimate.input_tokens), "{estimate:?}");
    let cost = (estimate.input_tokens as f64 + 200.0 * 10.0) / 1e6;
    approx::assert_relative_eq!(estimate.cost_usd.unwrap(), cost);
    assert_eq!(mock.requests(), 0);
}

#[tokio::test]
async fn the_identity_follows_what_decides_the_marks_and_holds_no_key() {
    let identity = |setup: &Setup| setup.judge("http://127.0.0.1:9").identity().clone();
    let plain = identity(&Setup::new());
    assert_eq!(plain.digest(), identity(&Setup::new()).digest());
    assert!(!format!("{plain:?}").contains("canary"));
    for (from, to) in [
        ("temperature = 0.0", "temperature = 0.1"),
        ("\"test-model\"", "\"other\""),
        ("[retry]", "[image]\nlongest_side = 512\n[retry]"),
        ("[retry]", "[extra]\ntop_k = 1\n[retry]"),
    ] {
        assert_ne!(
            identity(&Setup::new().with(from, to)).digest(),
            plain.digest(),
            "{to}"
        );
    }
    // How fast, how patiently and at which private address it is asked decides nothing.
    for (from, to) in [
        ("max_connections = 8", "max_connections = 2"),
        ("reply_retries = 3", "reply_retries = 2"),
        ("transport_retries = 2", "transport_retries = 9"),
    ] {
        let other = Setup::new().with(from, to);
        assert_eq!(identity(&other).digest(), plain.digest(), "{to}");
    }
    let moved = Setup::new().judge("http://10.0.0.7:8000/other/v1");
    assert_eq!(moved.identity().digest(), plain.digest());
    assert_eq!(
        moved.provenance()["address"],
        "http://10.0.0.7:8000/other/v1"
    );
    let elsewhere = Setup::new().judge("https://api.openai.com/v1");
    assert_ne!(elsewhere.identity().digest(), plain.digest());
}

/// Set for the child process.
const CHILD: &str = "PARABENCH_TEST_CHILD";

/// Run by the next test as another process, with the environment that users set.
#[tokio::test]
#[ignore = "a part of the_environment_names_endpoint_and_key"]
async fn asks_with_the_environment_alone() {
    if std::env::var_os(CHILD).is_none() {
        return; // Without its parent this would ask a real endpoint.
    }
    let options = OpenOptions {
        cache: None,
        ..OpenOptions::default()
    };
    let setup = Setup::new();
    let judge = open("gpt-4.1", &options).unwrap();
    let verdict = judge.mark(&setup.question("x")).await.unwrap();
    assert!(matches!(verdict.mark, Mark::Scored(_)), "{verdict:?}");
    // A profile that names its endpoint is asked there.
    let path = setup.folder.path().join("own.toml");
    let profile = Setup::new()
        .profile
        .replace("[retry]", "base_url = \"http://127.0.0.1:9\"\n[retry]");
    std::fs::write(&path, profile).unwrap();
    let judge = open(path.to_str().unwrap(), &options).unwrap();
    assert_eq!(judge.provenance()["address"], "http://127.0.0.1:9/v1");
}

#[test]
fn the_environment_names_endpoint_and_key() {
    let mock = MockJudge::start(Script::honest());
    for base in [mock.base_url(), mock.base_url().replace("/v1", "/")] {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "--ignored",
                "judge_requests::asks_with_the_environment_alone",
            ])
            .env(CHILD, "1")
            .env("OPENAI_BASE_URL", base)
            .env("OPENAI_API_KEY", judge_setup::CANARY)
            .output()
            .unwrap();
        assert!(child.status.success(), "{child:?}");
    }
    assert_eq!(mock.requests(), 2);
}
