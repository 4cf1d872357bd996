//! Every way in which a judge's program can fail: the mark is missing by name, or the run ends in words.

use std::fs;
use std::time::Duration;

use parabench::suite::Axis;

use super::fixture::{Bench, told};
use crate::model_kinds::command_fixture::ends;
use crate::model_kinds::fixture::contains_all;

#[tokio::test]
async fn a_crash_is_tried_once_more_and_then_the_mark_is_missing() {
    let bench = Bench::new("", "if starts == 1: os._exit(3)\nreply(2)");
    let verdict = bench.mark(&*bench.open()).await;
    assert_eq!((told(&verdict).as_str(), verdict.attempts), ("2", 2));
    contains_all(&verdict.faults[0], &["exit status: 3"]);

    let bench = Bench::new(
        "",
        "if axis == 'image_quality':\n    print('CUDA error 700', file=sys.stderr, flush=True)\n    os._exit(3)\nreply()",
    );
    let judge = bench.open();
    let lost = bench.mark(&*judge).await;
    assert_eq!((told(&lost).as_str(), lost.attempts), ("crashed", 2));
    contains_all(&lost.faults.join("\n"), &["CUDA error 700"]);
    // The judge goes on with a fresh program.
    let next = judge
        .mark(&bench.question(Axis::TEXT_QUALITY))
        .await
        .unwrap();
    assert_eq!((told(&next).as_str(), bench.starts()), ("4", 3));
}

#[tokio::test]
async fn hostile_replies_cost_their_mark_and_are_named() {
    for (body, parts) in [
        (
            "raw('x' * 2000000)",
            &["a line of more than 1048576 bytes"][..],
        ),
        (
            "raw('{\"id\": \"q-'); os._exit(0)",
            &["in the middle of a line"],
        ),
        ("R['id'] = 'q-0'; reply()", &["was awaited"]),
        (
            "raw('{\"id\": \"%s\", \"marks\": {\"%s\": 4, \"%s\": 5}}\\n' % (R['id'], axis, axis))",
            &["given twice"],
        ),
        (
            "say({'id': R['id'], 'marks': {axis: 4, 'text_quality': 5}})",
            &["only `image_quality`"],
        ),
        (
            "raw('{\"id\": \"%s\", \"rationale\": \"\\x1b[31m\"}\\n' % R['id'])",
            &["control character"],
        ),
        (
            "say({'id': R['id'], 'marks': [[[[[[[[[[4]]]]]]]]]]})",
            &["nested"],
        ),
        ("say({'id': R['id'], 'marks': 4})", &["marks: "]),
    ] {
        let bench = Bench::new("", body);
        let lost = bench.mark(&*bench.open()).await;
        let expected = if body.contains("_exit") {
            "crashed"
        } else {
            "bad-response"
        };
        assert_eq!(told(&lost), expected, "{body}");
        let said = lost.faults.join("\n");
        contains_all(&said, parts);
        assert!(!said.contains('\u{1b}') && said.len() < 10_000, "{said}");
        assert_eq!(bench.starts(), 2, "{body}");
    }
}

#[tokio::test]
async fn a_hanging_program_is_killed_with_its_children() {
    let bench = Bench::new(
        "import subprocess",
        "if axis == 'image_quality':\n    child = subprocess.Popen(['sleep', '300'])\n    \
         open('pids', 'w').write('%d %d' % (os.getpid(), child.pid))\n    time.sleep(300)\nreply()",
    );
    bench.describe("task_timeout_s = 4");
    let judge = bench.open();
    let lost = bench.mark(&*judge).await;
    assert_eq!((told(&lost).as_str(), lost.attempts), ("timed-out", 1));
    contains_all(&lost.faults[0], &["did not answer a request within 4 s"]);
    for pid in fs::read_to_string(bench.path("pids")).unwrap().split(' ') {
        assert!(ends(pid).await, "process {pid} still runs");
    }
    let next = judge
        .mark(&bench.question(Axis::TEXT_QUALITY))
        .await
        .unwrap();
    assert_eq!(told(&next), "4");
}

#[tokio::test]
async fn a_common_cause_ends_the_run() {
    // The same breach at every question.
    let bench = Bench::new("", "R['id'] = 'q-0'; reply()");
    let judge = bench.open();
    let question = bench.question(Axis::IMAGE_QUALITY);
    for _ in 0..2 {
        assert_eq!(told(&judge.mark(&question).await.unwrap()), "bad-response");
    }
    let error = judge.mark(&question).await.unwrap_err();
    contains_all(&error.to_string(), &["6 times in a row", "--retry-missing"]);
    assert_eq!(error.spent.cost_usd, 0.0);

    // A program that only prints, and one whose second start says that it is another.
    let bench = Bench::new("", "print('lovely picture', flush=True)");
    bench.describe("task_timeout_s = 1");
    let error = bench.open().mark(&question).await.unwrap_err().to_string();
    contains_all(&error, &["`lovely picture`", "the run ends"]);
    let bench = Bench::new("hello['version'] = str(starts)", "os._exit(1)");
    let error = bench.open().mark(&question).await.unwrap_err().to_string();
    contains_all(&error, &["says mock 2", "said mock 1"]);
}

#[tokio::test]
async fn a_picture_that_changed_is_not_shown() {
    let bench = Bench::new("", "reply()");
    let judge = bench.open();
    assert!(judge.checks_pictures());
    let question = bench.question(Axis::IMAGE_QUALITY);
    let other = bench.picture("other.png", 12);
    fs::copy(&other.path, bench.path("secret-task-out.png")).unwrap();
    let error = judge.mark(&question).await.unwrap_err().to_string();
    contains_all(&error, &["cannot be given to the program"]);
    assert_eq!(bench.requests().len(), 0);
}

#[tokio::test]
async fn the_program_ends_with_its_judge_and_its_words_are_kept() {
    let bench = Bench::new(
        "print('weights loaded', file=sys.stderr, flush=True); open('pid', 'w').write(str(os.getpid()))",
        "print('marking', axis, file=sys.stderr, flush=True)\nreply()",
    );
    let judge = bench.open();
    let logs = bench.path("logs");
    // The program runs before the folder of the run is known.
    judge.log_into(&logs);
    bench.mark(&*judge).await;
    let log = logs.join("judge-mock-0.stderr.log");
    for _ in 0..100 {
        if fs::read_to_string(&log).is_ok_and(|text| text.contains("marking")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let text = fs::read_to_string(&log).unwrap();
    assert_eq!(text, "weights loaded\nmarking image_quality\n");
    drop(judge);
    assert!(ends(&fs::read_to_string(bench.path("pid")).unwrap()).await);
}

#[tokio::test]
async fn a_question_given_up_does_not_meet_the_next() {
    let bench = Bench::new("", "if axis == 'image_quality': time.sleep(300)\nreply(3)");
    let judge = bench.open();
    let question = bench.question(Axis::IMAGE_QUALITY);
    let asked = tokio::time::timeout(Duration::from_millis(500), judge.mark(&question));
    assert!(asked.await.is_err());
    let next = judge
        .mark(&bench.question(Axis::TEXT_QUALITY))
        .await
        .unwrap();
    assert_eq!((told(&next).as_str(), bench.starts()), ("3", 2));
}
