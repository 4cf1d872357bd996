//! Anthropic and Gemini over real HTTP on loopback: what is sent, the right mark or the right name for
//! why there is none, and the key nowhere. What all providers share is tested with the first of them.

use crate::judge_setup::{CANARY, Setup, assert_no_canary};
use crate::mock_judge::{End, Fault, MockJudge, Script};
use parabench::judge::{Mark, MissingReason, Verdict};

const PROVIDERS: [&str; 2] = ["anthropic", "gemini"];
/// Tries with the profile of the tests: one and its retries.
const REPLY_TRIES: u32 = 1 + 3;
const TRANSPORT_TRIES: u32 = 1 + 2;

fn setup(provider: &str) -> Setup {
    let name = format!("provider = \"{provider}\"");
    Setup::new().with("provider = \"openai\"", &name)
}

async fn verdict(provider: &str, script: Script) -> (Verdict, MockJudge) {
    let (mock, setup) = (MockJudge::start(script), setup(provider));
    let judge = setup.judge(&mock.base_url());
    let question = setup.question("It will be green.");
    let verdict = judge.mark(&question).await.unwrap();
    assert_no_canary(&verdict);
    (verdict, mock)
}

#[tokio::test]
async fn a_mark_comes_with_all_that_is_needed_to_check_it() {
    for provider in PROVIDERS {
        let (verdict, mock) = verdict(provider, Script::honest().keeping()).await;
        assert!(matches!(verdict.mark, Mark::Scored(_)), "{verdict:?}");
        assert_eq!(verdict.served_model.as_deref(), Some("mock-judge-1"));
        assert_eq!(verdict.image_digests.len(), 2);
        let (input, output) = (verdict.usage.input_tokens, verdict.usage.output_tokens);
        assert_eq!(output, 40);
        let expected = (input as f64 + 40.0 * 10.0) / 1e6;
        approx::assert_relative_eq!(verdict.cost_usd.unwrap(), expected);
        let [request] = mock.kept().try_into().unwrap();
        let header = |name: &str| {
            let mut headers = request.headers.iter();
            headers
                .find(|(n, _)| n == name)
                .map(|(_, value)| value.clone())
        };
        let (path, key) = match provider {
            "anthropic" => ("POST /v1/messages ", "x-api-key"),
            _ => (
                "POST /v1/models/test-model:generateContent ",
                "x-goog-api-key",
            ),
        };
        assert!(request.line.starts_with(path), "{}", request.line);
        assert_eq!(header(key).as_deref(), Some(CANARY));
        assert_eq!(header("authorization"), None);
        let version = header("anthropic-version");
        assert_eq!(version.is_some(), provider == "anthropic");
    }
}

/// The newest version of Anthropic's API takes no temperature, the one before does.
#[tokio::test]
async fn the_version_follows_the_temperature() {
    for (temperature, expected) in [("temperature = 0.0", "2023-06-01"), ("", "2026-10-21")] {
        let mock = MockJudge::start(Script::honest().keeping());
        let setup = setup("anthropic").with("temperature = 0.0", temperature);
        let judge = setup.judge(&mock.base_url());
        judge.mark(&setup.question("x")).await.unwrap();
        let [request] = mock.kept().try_into().unwrap();
        let version = ("anthropic-version".to_owned(), expected.to_owned());
        assert!(request.headers.contains(&version), "{:?}", request.headers);
    }
}

#[tokio::test]
async fn a_slow_answer_is_read_to_its_end() {
    for provider in ["openai", "anthropic", "gemini"] {
        let (verdict, mock) = verdict(provider, Script::always(Fault::Trickle)).await;
        assert!(matches!(verdict.mark, Mark::Scored(_)), "{verdict:?}");
        // Longer than any pause that the profile allows: only the pauses between pieces count.
        assert!(verdict.latency_ms.unwrap() > 1000.0, "{verdict:?}");
        assert_eq!(mock.requests(), 1);
    }
}

#[tokio::test]
async fn replies_without_a_mark_are_asked_for_again_and_then_named() {
    use MissingReason::{ContentFiltered, OutOfRange, Refused, Truncated, Unparsable};
    let six = r#"{"reasoning": "r", "output_alignment_score": 6}"#;
    let cases = [
        ("anthropic", Fault::Refusal, Refused),
        ("gemini", Fault::Finish(End::Filter), ContentFiltered),
    ];
    let both = [
        (Fault::Words("lovely!".into()), Unparsable),
        (Fault::Words(six.into()), OutOfRange),
        (
            Fault::Words("I'm sorry, I can't help with that.".into()),
            Refused,
        ),
        (Fault::ContentFilter, ContentFiltered),
    ];
    let both = PROVIDERS.into_iter().flat_map(|provider| {
        let each = both.iter().cloned();
        each.map(move |(fault, reason)| (provider, fault, reason))
    });
    for (provider, fault, reason) in both.chain(cases) {
        expect_missing(provider, fault, reason, REPLY_TRIES).await;
    }
    for provider in PROVIDERS {
        expect_missing(provider, Fault::Finish(End::Length), Truncated, 1).await;
    }
}

async fn expect_missing(provider: &str, fault: Fault, reason: MissingReason, tries: u32) {
    let (verdict, mock) = verdict(provider, Script::always(fault.clone())).await;
    let case = format!("{provider} {fault:?}: {verdict:?}");
    assert_eq!(verdict.mark, Mark::Missing(reason), "{case}");
    assert_eq!(verdict.attempts, tries, "{case}");
    assert_eq!(mock.requests() as u32, tries, "{case}");
}

#[tokio::test]
async fn lost_exchanges_are_tried_again_and_then_named() {
    use MissingReason::{
        BadResponse, RefusedRequest, ServerError, Throttled, TimedOut, TooLarge, Unreachable,
    };
    for provider in PROVIDERS {
        let busy = match provider {
            "anthropic" => Fault::ErrorObject("overloaded_error"),
            _ => Fault::ErrorObject("UNAVAILABLE"),
        };
        for (fault, reason) in [
            (busy, ServerError),
            (Fault::status(500), ServerError),
            (Fault::status(529), Throttled),
            (Fault::too_many("0"), Throttled),
            (Fault::HalfJson, BadResponse),
            (Fault::TornBody, Unreachable),
            (Fault::Html, BadResponse),
            (Fault::Disconnect, Unreachable),
            (Fault::Stall, TimedOut),
            (Fault::StallMidway, TimedOut),
        ] {
            expect_missing(provider, fault, reason, TRANSPORT_TRIES).await;
        }
        for (status, reason) in [
            (400, RefusedRequest),
            (413, TooLarge),
            (422, RefusedRequest),
        ] {
            expect_missing(provider, Fault::status(status), reason, 1).await;
        }
    }
}

#[tokio::test]
async fn what_blocks_every_mark_ends_the_run_and_says_what_to_do() {
    let own = |status, body: &str| Fault::Status {
        status,
        retry_after: None,
        body: body.into(),
    };
    let cases = [
        ("anthropic", Fault::EchoKey(401), "ANTHROPIC_API_KEY"),
        ("anthropic", Fault::EchoKey(403), "test-model"),
        ("anthropic", Fault::status(404), "base URL"),
        (
            "anthropic",
            own(
                400,
                r#"{"error": {"type": "invalid_request_error", "message": "Your credit balance is too low"}}"#,
            ),
            "credit",
        ),
        (
            "anthropic",
            own(
                400,
                r#"{"error": {"type": "invalid_request_error", "message": "temperature: no longer taken"}}"#,
            ),
            "parameter",
        ),
        (
            "gemini",
            Fault::EchoKey(401),
            "GEMINI_API_KEY or GOOGLE_API_KEY",
        ),
        ("gemini", Fault::EchoKey(403), "test-model"),
        ("gemini", Fault::status(404), "base URL"),
        (
            "gemini",
            own(
                400,
                r#"{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT",
                   "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]}}"#,
            ),
            "GEMINI_API_KEY",
        ),
        (
            "gemini",
            own(
                400,
                r#"{"error": {"message": "Invalid JSON payload received. Unknown name \"x\"", "status": "INVALID_ARGUMENT"}}"#,
            ),
            "parameter",
        ),
    ];
    for (provider, fault, advice) in cases {
        let mock = MockJudge::start(Script::always(fault.clone()));
        let setup = setup(provider);
        let judge = setup.judge(&mock.base_url());
        let error = judge.mark(&setup.question("x")).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(advice), "{provider} {fault:?}: {shown}");
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(mock.requests(), 1, "{provider} {fault:?}");
    }
}

#[test]
fn what_a_provider_does_not_take_is_refused_before_anything_is_sent() {
    let refused = |setup: Setup| {
        let path = setup.folder.path().join("p.toml");
        std::fs::write(&path, &setup.profile).unwrap();
        let options = parabench::judge::OpenOptions::default();
        let opened = parabench::judge::open(path.to_str().unwrap(), &options);
        let error = anyhow::Error::new(opened.err().unwrap());
        format!("{error:#}")
    };
    let more = "max_completion_tokens = 200\n seed = 99999999999\n [image]\n detail = \"auto\"\n";
    let anthropic = refused(
        setup("anthropic")
            .with("temperature = 0.0", "temperature = 1.5")
            .with(
                "max_tokens = 200",
                &more.replace("[image]", "extra = { system = \"x\" }\n[image]"),
            )
            .with("max_connections = 8", ""),
    );
    for word in [
        "temperature",
        "seed",
        "detail",
        "max_tokens",
        "request.system",
    ] {
        assert!(anthropic.contains(word), "{word}: {anthropic}");
    }
    let extra = "extra = { generationConfig = { temperature = 1.0 } }\n[image]";
    let gemini = refused(
        setup("gemini")
            .with("max_tokens = 200", &more.replace("[image]", extra))
            .with("max_connections = 8", ""),
    );
    for word in [
        "seed",
        "detail",
        "max_completion_tokens",
        "generationConfig.temperature",
    ] {
        assert!(gemini.contains(word), "{word}: {gemini}");
    }
}
