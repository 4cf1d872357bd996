//! Killed at any moment and resumed: the same score table, and no request again that was
//! not in flight.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::cli_world::{World, log_lines, stderr};
use crate::mock_judge::{MockJudge, Script};
use parabench::common::digest::Digest;

/// Requests that the profile allows in flight.
const SLOTS: usize = 6;
/// Marks of a run: 4 edits on six axes, 4 generation tasks on five.
const MARKS: usize = 4 * 6 + 4 * 5;

fn slow_judge() -> MockJudge {
    MockJudge::start(Script::honest().latency(Duration::from_millis(25)))
}

#[test]
fn killed_at_many_moments_and_resumed_nothing_is_lost_or_doubled() {
    let world = World::new(4);
    let judge = slow_judge();
    let started = Instant::now();
    let whole = world.run(&judge.base_url(), "whole").output().unwrap();
    assert!(whole.status.success(), "{}", stderr(&whole));
    let whole_run = started.elapsed();
    let expected = world.scores("whole");
    assert_eq!(judge.requests(), MARKS);

    let rounds: u64 = std::env::var("PARABENCH_KILLS").map_or(8, |text| text.parse().unwrap());
    let mut killed_while_judging = 0;
    for round in 0..rounds {
        // A cache of its own, so that nothing is answered from another round.
        std::fs::remove_dir_all(world.path("cache")).unwrap();
        let judge = slow_judge();
        let name = format!("round-{round}");
        let share = Digest::of(&round.to_le_bytes()).as_u64() % 1000;
        let moment = whole_run.mul_f64(share as f64 / 1000.0);

        let mut child = world
            .run(&judge.base_url(), &name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = log_lines(&world.run_folder(&name).join("judgments.jsonl"));
        // Requests on their way when the process died may still arrive.
        thread::sleep(Duration::from_millis(40));
        let sent = judge.requests();

        let resumed = world.run(&judge.base_url(), &name).output().unwrap();
        assert!(resumed.status.success(), "{}", stderr(&resumed));
        assert_eq!(world.scores(&name), expected, "killed after {moment:?}");
        let again = judge.requests() - MARKS;
        assert!(again <= SLOTS, "{again} requests again, {SLOTS} slots");
        assert!(
            again <= sent.saturating_sub(acknowledged),
            "asked again for a durable mark"
        );
        killed_while_judging += u64::from(sent > 0 && acknowledged < MARKS);
    }
    assert!(
        killed_while_judging * 6 > rounds,
        "the kills came too early or too late to prove anything"
    );
}

#[test]
fn a_full_disk_ends_the_run_cleanly_and_it_resumes() {
    let world = World::new(4);
    let judge = slow_judge();
    let whole = world.run(&judge.base_url(), "whole").output().unwrap();
    assert!(whole.status.success(), "{}", stderr(&whole));

    // A limit on the size of files stands in for a full disk: writes fail half-way, and the
    // signal that comes with it is survived.
    std::fs::remove_dir_all(world.path("cache")).unwrap();
    let plain = world.run(&judge.base_url(), "limited");
    let mut limited = std::process::Command::new("bash");
    limited.args(["-c", "ulimit -f 16; exec \"$0\" \"$@\""]);
    limited.arg(plain.get_program()).args(plain.get_args());
    for (key, value) in plain
        .get_envs()
        .filter_map(|(key, value)| Some((key, value?)))
    {
        limited.env(key, value);
    }
    let limited = limited.current_dir(world.folder.path()).output().unwrap();
    let text = stderr(&limited);
    assert_eq!(limited.status.code(), Some(1), "{text}");
    assert!(
        text.contains("judgments.jsonl") && text.contains("resume"),
        "{text}"
    );
    assert!(log_lines(&world.run_folder("limited").join("judgments.jsonl")) > 0);

    let resumed = world.run(&judge.base_url(), "limited").output().unwrap();
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    assert_eq!(world.scores("limited"), world.scores("whole"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_finishes_what_is_in_flight_and_says_how_to_resume() {
    let world = World::new(4);
    let judge = slow_judge();
    let child = world
        .run(&judge.base_url(), "stopped")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while judge.requests() < 5 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(2));
    }
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(stderr(&output).contains("resumes"), "{}", stderr(&output));
    let sent = judge.requests();
    let kept = log_lines(&world.run_folder("stopped").join("judgments.jsonl"));
    assert_eq!(kept, sent, "everything in flight was kept");
    assert!(sent < MARKS);

    let resumed = world.run(&judge.base_url(), "stopped").output().unwrap();
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    assert_eq!(judge.requests(), MARKS);
}
