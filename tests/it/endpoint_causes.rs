//! What ends the asking and what costs one item only, over real HTTP on loopback, for judges and
//! models alike.

use std::sync::Arc;
use std::time::Duration;

use parabench::judge::{Judge, Mark, MissingReason};
use parabench::model::{FailureKind, Part};
use serde_json::json;

use crate::judge_setup::Setup;
use crate::mock_judge::{Fault, MockJudge, Script};
use crate::mock_models::Canned;
use crate::model_api::world::{WAYS, World};
use crate::model_kinds::fixture::request;

fn status(status: u16, body: serde_json::Value) -> Fault {
    Fault::Status {
        status,
        retry_after: None,
        body: body.to_string(),
    }
}

/// Asks the same kind of question one after the other until the judge gives up; what it says then,
/// and how many marks were lost before.
async fn ended(judge: &dyn Judge, setup: &Setup, most: usize) -> Option<(String, usize)> {
    for lost in 0..most {
        match judge.mark(&setup.question(&format!("text {lost}"))).await {
            Ok(verdict) => assert!(matches!(verdict.mark, Mark::Missing(_)), "{verdict:?}"),
            Err(error) => return Some((error.to_string(), lost)),
        }
    }
    None
}

#[tokio::test]
async fn a_common_cause_ends_the_asking_and_is_named() {
    let cases = [
        (Fault::Html, "web page", "sign-in"),
        (status(500, json!({"error": "down"})), "down", "own log"),
        (
            status(
                400,
                json!({"error": {"message": "m is not a multimodal model"}}),
            ),
            "multimodal",
            "takes no pictures",
        ),
        (
            status(
                400,
                json!({"error": {"message": "maximum context length is 4096 tokens"}}),
            ),
            "4096",
            "context of `test-model` is too small",
        ),
        (
            status(400, json!({"detail": "Something else"})),
            "Something else",
            "own log",
        ),
        (Fault::too_many("9999"), "9999", "come back later"),
    ];
    for (fault, words, advice) in cases {
        let mock = MockJudge::start(Script::always(fault.clone()));
        let setup = Setup::new()
            .with("max_retry_after_s = 3", "max_retry_after_s = 0.01")
            .with("max_ms = 4", "max_ms = 2");
        let judge = setup.judge(&mock.base_url());
        let (said, lost) = ended(&*judge, &setup, 9).await.unwrap();
        for part in [words, advice, "`test`", &mock.base_url(), "same command"] {
            assert!(
                said.contains(part) || part == "same command" && advice.contains("pictures"),
                "{part} is not in {said}"
            );
        }
        assert!(lost < 5, "{lost} marks were lost before: {said}");
        assert_eq!(mock.requests(), 5, "{fault:?}: {said}");
    }
}

#[tokio::test]
async fn nobody_there_ends_the_asking_with_the_address() {
    let mock = MockJudge::start(Script::honest());
    let (url, setup) = (mock.base_url(), Setup::new());
    drop(mock);
    let (said, _) = ended(&*setup.judge(&url), &setup, 9).await.unwrap();
    for part in ["connection failed", &url, "server runs", "OPENAI_BASE_URL"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

/// Requests that wait for their next try are told, too.
#[tokio::test]
async fn whoever_waits_is_told_at_once() {
    let mock = MockJudge::start(Script::always(Fault::status(503)));
    let setup = Setup::new()
        .with("base_ms = 1", "base_ms = 60000")
        .with("max_ms = 4", "max_ms = 60000");
    let judge: Arc<dyn Judge> = setup.judge(&mock.base_url()).into();
    let asked = (0..6).map(|n| {
        let (judge, question) = (Arc::clone(&judge), setup.question(&format!("text {n}")));
        tokio::spawn(async move { judge.mark(&question).await })
    });
    let asked: Vec<_> = asked.collect();
    for task in asked {
        let outcome = tokio::time::timeout(Duration::from_secs(20), task).await;
        assert!(outcome.unwrap().unwrap().is_err());
    }
}

#[tokio::test]
async fn a_fault_of_the_account_ends_the_asking_at_once_whatever_its_code() {
    for (code, message, advice) in [
        (
            429,
            "litellm.RateLimitError: You exceeded your current quota, please check your plan and billing details.",
            "credit",
        ),
        (
            400,
            "Your credit balance is too low to access the API",
            "credit",
        ),
        (403, "Your account has been suspended", "may use the model"),
        (
            400,
            "litellm.UnsupportedParamsError: m does not support parameters: ['seed']",
            "parameter",
        ),
        (400, "The model `x` does not exist", "base URL"),
    ] {
        let fault = status(
            code,
            json!({"error": {"message": message, "code": code.to_string()}}),
        );
        let (mock, setup) = (MockJudge::start(Script::always(fault)), Setup::new());
        let (said, lost) = ended(&*setup.judge(&mock.base_url()), &setup, 9)
            .await
            .unwrap();
        assert!(said.contains(advice), "{advice} is not in {said}");
        assert_eq!((lost, mock.requests()), (0, 1), "{said}");
    }
}

#[tokio::test]
async fn one_refused_item_costs_that_item() {
    use MissingReason::{ContentFiltered, RefusedRequest, TooLarge};
    for (code, message, reason) in [
        (
            403,
            "The model requires moderation. Your input was flagged",
            ContentFiltered,
        ),
        (
            400,
            "ContentPolicyViolationError: the content management policy",
            ContentFiltered,
        ),
        (
            400,
            "image exceeds 5 MB maximum: 9 bytes > 5 bytes",
            TooLarge,
        ),
        (400, "Unable to process input image", RefusedRequest),
    ] {
        let fault = status(code, json!({"error": {"message": message, "code": code}}));
        let refused = move |seen: &crate::mock_judge::Seen| {
            seen.body.contains("text 3").then(|| fault.clone())
        };
        let (mock, setup) = (MockJudge::start(Script::decide(refused)), Setup::new());
        let judge = setup.judge(&mock.base_url());
        for n in 0..8 {
            let verdict = judge
                .mark(&setup.question(&format!("text {n}")))
                .await
                .unwrap();
            match n {
                3 => assert_eq!(verdict.mark, Mark::Missing(reason), "{verdict:?}"),
                _ => assert!(matches!(verdict.mark, Mark::Scored(_)), "{verdict:?}"),
            }
        }
    }
}

#[tokio::test]
async fn models_know_the_same_faults() {
    // A quota of a day, told in the details of the provider.
    let day = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded",
        "details": [{"violations": [{"quotaId": "RequestsPerDayPerProject"}]}, {"retryDelay": "9s"}]}});
    let world = World::new(move |_| Canned::error(429, day.clone()));
    let model = world.open(&WAYS[2], "");
    let batch = vec![request(&world.suite, "chem-1", 0)];
    let error = model.answer(batch).await.unwrap_err().to_string();
    assert!(error.contains("credit or quota"), "{error}");
    assert_eq!(world.endpoint.requests(), 1);

    // A filter that a gateway retells.
    let message = "litellm.ContentPolicyViolationError: AzureException - content management policy";
    let filtered = json!({"error": {"message": message, "code": "400"}});
    for way in &WAYS {
        let canned = filtered.clone();
        let world = World::new(move |_| Canned::error(400, canned.clone()));
        let answer = world.ask(way, "chem-1").await;
        assert!(
            matches!(&answer.image, Part::Lost(failure) if failure.kind == FailureKind::Withheld),
            "{answer:?}"
        );
    }

    // Nothing but failures: the second answer ends the asking.
    let world = World::new(|_| Canned::error(500, json!({"error": "down"})));
    let model = world.open(&WAYS[0], "");
    let mut said = None;
    for sample in 0..3 {
        let batch = vec![request(&world.suite, "chem-1", sample)];
        said = model.answer(batch).await.err().or(said);
    }
    let said = said.unwrap().to_string();
    for part in ["5 requests in a row failed", "down", "cannot answer"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert_eq!(world.endpoint.requests(), 5);
}
