//! Every way in which an endpoint fails, over real HTTP on loopback: the right mark,
//! the right number of requests, and the key nowhere.

use std::time::{Duration, Instant};

use crate::judge_setup::{Setup, assert_no_canary};
use crate::mock_judge::{End, Fault, MockJudge, Script};
use parabench::judge::{Mark, MissingReason, Verdict};

/// Tries with the profile of the tests: one and its retries.
const REPLY_TRIES: u32 = 1 + 3;
const TRANSPORT_TRIES: u32 = 1 + 2;

async fn verdict(script: Script) -> (Verdict, usize) {
    let (mock, setup) = (MockJudge::start(script), Setup::new());
    let judge = setup.judge(&mock.base_url());
    let verdict = judge
        .mark(&setup.question("It will be green."))
        .await
        .unwrap();
    assert_no_canary(&verdict);
    (verdict, mock.requests())
}

async fn expect_missing(fault: Fault, reason: MissingReason, tries: u32) {
    let (verdict, requests) = verdict(Script::always(fault.clone())).await;
    assert_eq!(
        verdict.mark,
        Mark::Missing(reason),
        "{fault:?}: {verdict:?}"
    );
    assert_eq!(verdict.attempts, tries, "{fault:?}: {verdict:?}");
    assert_eq!(requests as u32, tries, "{fault:?}");
    assert_eq!(verdict.faults.len() as u32, tries, "{fault:?}: {verdict:?}");
}

#[tokio::test]
async fn a_mark_comes_with_all_that_is_needed_to_check_it() {
    let (verdict, _) = verdict(Script::honest()).await;
    assert!(matches!(verdict.mark, Mark::Scored(_)), "{verdict:?}");
    assert!(verdict.rationale.unwrap().contains("Stand-in"));
    assert!(
        verdict
            .raw_reply
            .unwrap()
            .contains("output_alignment_score")
    );
    assert_eq!(verdict.served_model.as_deref(), Some("mock-judge-1"));
    assert_eq!(verdict.fingerprint.as_deref(), Some("fp_mock"));
    assert!(verdict.prompt_digest.is_some());
    assert_eq!(verdict.image_digests.len(), 2);
    assert_eq!(verdict.usage.output_tokens, 40);
    let expected = (verdict.usage.input_tokens as f64 + 40.0 * 10.0) / 1e6;
    approx::assert_relative_eq!(verdict.cost_usd.unwrap(), expected);
    assert_eq!((verdict.attempts, verdict.cached), (1, false));
    assert!(verdict.latency_ms.unwrap() > 0.0);
}

#[tokio::test]
async fn replies_without_a_mark_are_asked_for_again_and_then_named() {
    use MissingReason::{Ambiguous, ContentFiltered, OutOfRange, Refused, Unparsable};
    let two = |first: &str, second: &str| {
        let object = |n| format!(r#"{{"reasoning": "r", "output_alignment_score": {n}}}"#);
        format!("Draft: {} Final: {}", object(first), object(second))
    };
    let score = |n: &str| {
        Fault::Words(format!(
            r#"{{"reasoning": "r", "output_alignment_score": {n}}}"#
        ))
    };
    let cases = [
        (Fault::Words("lovely!".into()), Unparsable),
        (Fault::Words(r#"{"reasoning": "cut"#.into()), Unparsable),
        (Fault::Words(String::new()), Unparsable),
        (score("null"), Unparsable),
        (score("6"), OutOfRange),
        (score("4.5"), OutOfRange),
        (Fault::Refusal, Refused),
        (
            Fault::Words("I'm sorry, I can't help with that.".into()),
            Refused,
        ),
        (Fault::Finish(End::Filter), ContentFiltered),
        (Fault::ContentFilter, ContentFiltered),
        (Fault::Words(two("5", "2")), Ambiguous),
    ];
    for (fault, reason) in cases {
        expect_missing(fault, reason, REPLY_TRIES).await;
    }
}

/// Under the same limit the next reply would be cut as well: it is not bought.
#[tokio::test]
async fn a_reply_that_was_cut_off_is_bought_once_and_names_the_limit() {
    let thought = "<think>A draft: {\"output_alignment_score\": 2} but";
    for fault in [Fault::Finish(End::Length), Fault::Words(thought.into())] {
        let (verdict, requests) = verdict(Script::always(fault.clone())).await;
        let missing = Mark::Missing(MissingReason::Truncated);
        assert_eq!((verdict.mark, requests), (missing, 1), "{fault:?}");
        assert!(
            verdict.faults[0].contains("raise max_tokens, now"),
            "{verdict:?}"
        );
    }
}

#[tokio::test]
async fn lost_exchanges_are_tried_again_and_then_named() {
    use MissingReason::{BadResponse, ServerError, Throttled, TimedOut, Unreachable};
    let cases = [
        (Fault::status(500), ServerError),
        (Fault::status(503), ServerError),
        (Fault::status(408), ServerError),
        (Fault::status(409), ServerError),
        (Fault::too_many("0"), Throttled),
        (Fault::ErrorObject("server_error"), ServerError),
        (Fault::HalfJson, BadResponse),
        (Fault::TornBody, Unreachable),
        (Fault::Html, BadResponse),
        (Fault::Disconnect, Unreachable),
        (Fault::Stall, TimedOut),
        (Fault::StallMidway, TimedOut),
    ];
    for (fault, reason) in cases {
        expect_missing(fault, reason, TRANSPORT_TRIES).await;
    }
}

/// A response that is longer than is read would be as long, and be paid for, the next time.
#[tokio::test]
async fn a_response_that_does_not_end_is_not_bought_again() {
    expect_missing(Fault::Endless, MissingReason::BadResponse, 1).await;
}

#[tokio::test]
async fn each_bound_of_time_and_size_is_named() {
    let cases = [
        (
            Fault::Stall,
            MissingReason::TimedOut,
            "no response within 0.8 s",
        ),
        (
            Fault::StallMidway,
            MissingReason::TimedOut,
            "stalled for 0.8 s",
        ),
        (
            Fault::Drip,
            MissingReason::TimedOut,
            "not finished within 1.2 s",
        ),
        (Fault::Endless, MissingReason::BadResponse, "longer than"),
    ];
    for (fault, reason, name) in cases {
        let mock = MockJudge::start(Script::always(fault));
        let setup = Setup::new()
            .with("total_s = 5", "total_s = 1.2")
            .with("transport_retries = 2", "transport_retries = 0");
        let judge = setup.judge(&mock.base_url());
        let verdict = judge.mark(&setup.question("x")).await.unwrap();
        assert_eq!(verdict.mark, Mark::Missing(reason));
        assert!(verdict.faults[0].contains(name), "{name}: {verdict:?}");
    }
}

#[tokio::test]
async fn a_request_that_can_never_work_is_not_sent_again() {
    use MissingReason::{RefusedRequest, TooLarge};
    for (status, reason) in [
        (400, RefusedRequest),
        (413, TooLarge),
        (422, RefusedRequest),
    ] {
        expect_missing(Fault::status(status), reason, 1).await;
    }
}

#[tokio::test]
async fn every_passing_fault_is_survived() {
    let faults = [
        Fault::status(500),
        Fault::too_many("0"),
        Fault::Words("hm".into()),
        Fault::Disconnect,
        Fault::Stall,
        Fault::HalfJson,
        Fault::Refusal,
    ];
    for fault in faults {
        let (verdict, requests) = verdict(Script::first_tries(2, fault.clone())).await;
        assert!(
            matches!(verdict.mark, Mark::Scored(_)),
            "{fault:?}: {verdict:?}"
        );
        assert_eq!((requests, verdict.faults.len()), (3, 2), "{fault:?}");
    }
}

#[tokio::test]
async fn tokens_of_failed_replies_are_paid_for() {
    let bad = Fault::Words("no mark".into());
    let (once, _) = verdict(Script::honest()).await;
    let (thrice, _) = verdict(Script::first_tries(2, bad)).await;
    assert_eq!(thrice.usage.input_tokens, 3 * once.usage.input_tokens);
    assert!(thrice.cost_usd.unwrap() > 2.9 * once.cost_usd.unwrap());
}

#[tokio::test]
async fn retry_after_is_honoured_and_bounded() {
    for (header, least, most) in [("0.5", 0.5, 30.0), ("1", 1.0, 30.0), ("9999", 3.0, 60.0)] {
        let started = Instant::now();
        let (verdict, _) = verdict(Script::first_tries(1, Fault::too_many(header))).await;
        assert!(matches!(verdict.mark, Mark::Scored(_)), "{verdict:?}");
        let waited = started.elapsed().as_secs_f64();
        assert!(
            (least..most).contains(&waited),
            "{header}: waited {waited} s"
        );
    }
    // A date two seconds ahead, cut to whole seconds, is one to two seconds away.
    let date = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
    let date = jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&date)
        .unwrap();
    let started = Instant::now();
    verdict(Script::first_tries(1, Fault::too_many(&date))).await;
    assert!(started.elapsed() >= Duration::from_millis(900), "{date}");
}

#[tokio::test]
async fn what_blocks_every_mark_ends_the_run_and_says_what_to_do() {
    let code = |status, code: &str| Fault::Status {
        status,
        retry_after: None,
        body: format!(r#"{{"error": {{"message": "m", "code": "{code}"}}}}"#),
    };
    let cases = [
        (Fault::EchoKey(401), "OPENAI_API_KEY"),
        (Fault::EchoKey(403), "test-model"),
        (Fault::status(404), "base URL"),
        (code(404, "model_not_found"), "test-model"),
        (code(429, "insufficient_quota"), "credit"),
        (code(400, "unsupported_parameter"), "max_completion_tokens"),
        (
            Fault::Redirect("http://127.0.0.1:1/steal".into()),
            "redirect",
        ),
    ];
    for (fault, advice) in cases {
        let (mock, setup) = (
            MockJudge::start(Script::always(fault.clone())),
            Setup::new(),
        );
        let judge = setup.judge(&mock.base_url());
        let error = judge.mark(&setup.question("x")).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(advice), "{fault:?}: {shown}");
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(mock.requests(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_key_that_comes_back_is_blotted_out() {
    let (verdict, _) = verdict(Script::always(Fault::EchoKey(500))).await;
    assert!(
        verdict.faults.iter().all(|f| f.contains("[key]")),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn a_dead_endpoint_is_a_missing_mark() {
    let mock = MockJudge::start(Script::honest());
    let (url, setup) = (mock.base_url(), Setup::new());
    drop(mock);
    let verdict = setup.judge(&url).mark(&setup.question("x")).await.unwrap();
    assert_eq!(verdict.mark, Mark::Missing(MissingReason::Unreachable));
    assert_eq!(verdict.attempts, TRANSPORT_TRIES);
}

/// TLS is spoken where it is asked for: a server that cannot gets no request.
#[tokio::test]
async fn an_endpoint_that_cannot_speak_tls_is_told_nothing() {
    let (mock, setup) = (MockJudge::start(Script::honest()), Setup::new());
    let judge = setup.judge(&mock.base_url().replace("http:", "https:"));
    let verdict = judge.mark(&setup.question("x")).await.unwrap();
    assert_eq!(verdict.mark, Mark::Missing(MissingReason::Unreachable));
    assert!(verdict.faults[0].contains("connection"), "{verdict:?}");
    assert_eq!(mock.requests(), 0);
}

/// Everything that any part of the client logs, at every level.
#[tokio::test]
async fn nothing_secret_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (mock, setup) = (
        MockJudge::start(Script::first_tries(1, Fault::EchoKey(500))),
        Setup::new(),
    );
    // A cache that cannot be written makes the client say something for certain.
    std::fs::write(setup.cache_folder(), "a file, not a folder").unwrap();
    let judge = setup.judge(&mock.base_url());
    judge.mark(&setup.question("x")).await.unwrap();
    let text = log.text();
    assert!(text.contains("could not be kept"), "{text}");
    assert!(!text.contains("canary"), "{text}");
}

#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
