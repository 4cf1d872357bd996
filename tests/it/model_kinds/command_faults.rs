//! Every way in which a program can fail, and that the run goes on or ends in words.

use std::fs;
use std::time::{Duration, Instant};

use parabench::model::{FailureKind, Part};

use super::command_fixture::{Bench, ends, failure};
use super::fixture::{contains_all, request};

#[tokio::test]
async fn a_crash_is_tried_once_more() {
    let bench = Bench::new(
        "",
        "if starts == 1: os._exit(3)\nanswer('attempt %d' % starts)",
    );
    let answer = bench.ask(&*bench.open(), "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("attempt 2".into()));
    assert_eq!(answer.details["restarts"], 1);
}

#[tokio::test]
async fn a_task_that_always_crashes_is_lost_and_the_run_goes_on() {
    let bench = Bench::new(
        "",
        "if T['id'] == 'chem-1':\n    print('CUDA error 700', file=sys.stderr, flush=True)\n    os._exit(3)\nanswer()",
    );
    let model = bench.open();
    let lost = bench.ask(&*model, "chem-1").await;
    let (kind, message) = failure(&lost);
    assert_eq!(kind, FailureKind::Crash);
    contains_all(
        message,
        &[
            "closed its standard output",
            "exit status: 3",
            "CUDA error 700",
        ],
    );
    assert_eq!(bench.starts(), 2);
    let next = bench.ask(&*model, "chem-2").await;
    assert_eq!(next.reasoning, Part::Given("because".into()));
    assert_eq!(bench.starts(), 3);
}

#[tokio::test]
async fn a_hanging_task_is_killed_with_its_children_and_the_run_goes_on() {
    let bench = Bench::new(
        "import subprocess",
        "if T['id'] == 'chem-1':\n    child = subprocess.Popen(['sleep', '300'])\n    \
         open('pids', 'w').write('%d %d' % (os.getpid(), child.pid))\n    time.sleep(300)\nanswer()",
    );
    bench.describe("task_timeout_s = 4");
    let model = bench.open();
    let lost = bench.ask(&*model, "chem-1").await;
    let (kind, message) = failure(&lost);
    assert_eq!(kind, FailureKind::Timeout);
    contains_all(message, &["did not answer a task within 4 s"]);
    assert_eq!(bench.starts(), 1, "a time-out is not tried again");
    for pid in fs::read_to_string(bench.path("pids")).unwrap().split(' ') {
        assert!(ends(pid).await, "process {pid} still runs");
    }
    let next = bench.ask(&*model, "chem-2").await;
    assert_eq!(next.reasoning, Part::Given("because".into()));
}

#[tokio::test]
async fn broken_replies_are_named() {
    for (body, parts) in [
        (
            "T['id'] = 'other'; answer()",
            &["the reply to task `chem-1` was awaited", "standard error"][..],
        ),
        (
            "sys.stdout.write('{\"id\": \"che'); sys.stdout.flush(); os._exit(0)",
            &["in the middle of a line"],
        ),
        (
            "say({'id': T['id'], 'reasoning': 'a'})",
            &["`image` is not there"],
        ),
        (
            "sys.stdout.write('x' * 9000000); sys.stdout.flush()",
            &["a line of more than"],
        ),
        (
            "answer('a', draw(name=os.path.abspath('outside.png')))",
            &["/outside.png`", "not in the folder"],
        ),
        (
            "answer('a', '../x.png')",
            &["`../x.png`, which is not in the folder"],
        ),
        (
            "answer('a', T['output'] + '/../../../etc/passwd')",
            &["etc/passwd"],
        ),
        (
            "os.symlink('/etc/hostname', T['output'] + '.png'); answer('a', T['output'] + '.png')",
            &["not in the folder"],
        ),
        (
            "answer('a', os.path.dirname(T['output']))",
            &["not in the folder"],
        ),
        ("answer('a', T['output'] + '.png')", &["No such file"]),
    ] {
        let bench = Bench::new("", body);
        let lost = bench.ask(&*bench.open(), "chem-1").await;
        let (kind, message) = failure(&lost);
        assert_eq!(kind, FailureKind::Crash, "{body}");
        contains_all(message, parts);
        assert!(message.len() < 4100);
        assert_eq!(bench.starts(), 2, "{body}");
    }
}

#[tokio::test]
async fn a_picture_beyond_all_bounds_is_lost_and_its_text_is_not() {
    let bench = Bench::new(
        "",
        "path = draw()\nos.truncate(path, 65 << 20)\nanswer('a', path)",
    );
    let answer = bench.ask(&*bench.open(), "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("a".into()));
    let Part::Lost(failure) = answer.image else {
        panic!("a picture that is not read is lost");
    };
    assert_eq!(failure.kind, FailureKind::Oversized);
    contains_all(&failure.message, &["longer than"]);
}

#[tokio::test]
async fn three_deaths_at_the_start_end_the_run() {
    let bench = Bench::new(
        "print('no weights at /data/w%d' % starts, file=sys.stderr); sys.exit(5)",
        "",
    );
    let error = bench.fatal().await;
    contains_all(
        &error,
        &[
            "failed to start 3 times in a row",
            "exit status: 5",
            "no weights at /data/w3",
        ],
    );
    assert_eq!(bench.starts(), 3);

    // Two deaths do not.
    let bench = Bench::new("if starts < 3: sys.exit(5)", "answer()");
    let answer = bench.ask(&*bench.open(), "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("because".into()));
}

#[tokio::test]
async fn a_start_may_be_slow_but_not_endless() {
    let slow = Bench::new("time.sleep(1)", "answer()");
    slow.describe("startup_timeout_s = 20\ntask_timeout_s = 20");
    let answer = slow.ask(&*slow.open(), "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("because".into()));

    let endless = Bench::new("time.sleep(300)", "answer()");
    endless.describe("startup_timeout_s = 0.4");
    contains_all(&endless.fatal().await, &["did not say hello within 0.4 s"]);
}

#[tokio::test]
async fn a_wrong_hello_ends_the_run_at_once() {
    for (before, part) in [
        ("hello['hello'] = 9", "speaks version 9"),
        ("hello['thinks'] = False", "declared with thinks = true"),
    ] {
        let bench = Bench::new(before, "answer()");
        contains_all(&bench.fatal().await, &[part]);
        assert_eq!(bench.starts(), 1);
    }
}

#[tokio::test]
async fn a_question_given_up_kills_its_worker() {
    let bench = Bench::new(
        "",
        "if T['id'] == 'chem-1':\n    open('pid', 'w').write(str(os.getpid()))\n    time.sleep(300)\nanswer(T['id'])",
    );
    let model = bench.open();
    let begin = Instant::now();
    let given_up = async {
        while !bench.path("pid").exists() || fs::read(bench.path("pid")).unwrap().is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = given_up => {}
        answer = bench.ask(&*model, "chem-1") => panic!("answered: {answer:?}"),
    }
    assert!(ends(&fs::read_to_string(bench.path("pid")).unwrap()).await);
    let next = bench.ask(&*model, "chem-2").await;
    assert_eq!(next.reasoning, Part::Given("chem-2".into()));
}

#[tokio::test]
async fn prints_on_standard_output_are_passed_over_and_told() {
    let bench = Bench::new(
        "print('Loading checkpoint', flush=True)",
        "print('Conditioning prompt:'); print(' <system>'); print('{\"loss\": 1}')\n\
         sys.stdout.write(' 50%|##\\r')\nanswer()",
    );
    let model = bench.open();
    for task in ["chem-1", "chem-2"] {
        let answer = bench.ask(&*model, task).await;
        assert_eq!(answer.reasoning, Part::Given("because".into()));
        assert_eq!(answer.details["prints_passed_over"], 3);
    }
    assert_eq!(bench.starts(), 1);
}

#[tokio::test]
async fn a_program_that_only_prints_ends_the_run() {
    for (before, body, part, within) in [
        (
            "",
            "print('a red cat', flush=True)",
            "`a red cat`",
            "within 1 s",
        ),
        (
            "print('no server', flush=True); time.sleep(60)",
            "answer()",
            "`no server`",
            "within 8 s",
        ),
    ] {
        let bench = Bench::new(before, body);
        // Python itself can take seconds to start on a busy machine.
        bench.describe("startup_timeout_s = 8\ntask_timeout_s = 1");
        contains_all(&bench.fatal().await, &[part, within, "standard error"]);
        assert_eq!(bench.starts(), 1);
    }
}

#[tokio::test]
async fn the_same_breach_of_the_protocol_ends_the_run() {
    let bench = Bench::new("", "say({'id': T['id']})");
    let model = bench.open();
    for task in ["chem-1", "chem-2"] {
        assert_eq!(
            failure(&bench.ask(&*model, task).await).0,
            FailureKind::Crash
        );
    }
    let batch = vec![request(&bench.suite, "draw_1", 0)];
    let error = model.answer(batch).await.unwrap_err().to_string();
    contains_all(
        &error,
        &[
            "6 times in a row",
            "`image` is not there",
            "--retry-missing",
        ],
    );
    assert_eq!(bench.starts(), 6);

    // A good reply between begins the count anew.
    let bench = Bench::new(
        "",
        "if T['id'] == 'chem-1': say({'id': T['id']})\nelse: answer()",
    );
    let model = bench.open();
    for _ in 0..4 {
        bench.ask(&*model, "chem-1").await;
        let good = bench.ask(&*model, "chem-2").await;
        assert_eq!(good.reasoning, Part::Given("because".into()));
    }
}

#[tokio::test]
async fn a_bad_detail_costs_the_detail_and_not_the_answer() {
    for (more, part) in [
        ("details={'loss': float('nan')}", "NaN"),
        ("details={'name': '\\ud800'}", "surrogate"),
        ("details=[1]", "details"),
        ("timing_ms={'draw': -1}", "timing_ms.draw"),
        ("imgae='x'", "unknown field `imgae`"),
    ] {
        let bench = Bench::new("", &format!("answer('\\udc00a', draw(), {more})"));
        let answer = bench.ask(&*bench.open(), "chem-1").await;
        assert_eq!(answer.reasoning, Part::Given("\u{fffd}a".into()), "{more}");
        assert!(matches!(answer.image, Part::Given(_)), "{more}");
        contains_all(&answer.details["reply_faults"].to_string(), &[part]);
    }
}

#[tokio::test]
async fn memory_told_in_an_exception_is_out_of_memory() {
    let bench = Bench::new(
        "",
        "raise RuntimeError('CUDA out of memory. Tried to allocate 2.00 GiB')",
    );
    let lost = bench.ask(&*bench.open(), "chem-1").await;
    let (kind, message) = failure(&lost);
    assert_eq!(kind, FailureKind::OutOfMemory);
    contains_all(message, &["Tried to allocate"]);
}
