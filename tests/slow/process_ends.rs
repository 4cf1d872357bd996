//! Nothing that a run started outlives it, however it ends.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::stranger::{World, is_alive, within};

/// A model in the middle of a task that has started another program, which ignores what it is told.
fn computing(world: &World) -> (Child, [String; 2]) {
    world.program(
        "child = subprocess.Popen(['sh', '-c', 'trap \"\" TERM HUP INT; echo $$ > child; while :; do sleep 1; done'])\n\
         while not os.path.exists('child') or not open('child').read().endswith('\\n'): time.sleep(0.01)\n\
         open(os.path.join(os.path.dirname(task['output']), 'junk'), 'w').write('x')\n\
         open('pid', 'w').write(str(os.getpid()) + '\\n')\n\
         time.sleep(300)",
    );
    let process = world.start();
    let id =
        |name: &str| fs::read_to_string(world.path(&format!("work/m/{name}"))).unwrap_or_default();
    assert!(within(Duration::from_secs(60), || id("pid").ends_with('\n')));
    let ids = ["pid", "child"].map(|name| id(name).trim().to_owned());
    assert!(ids.iter().all(|id| is_alive(id)));
    (process, ids)
}

fn send(signal: &str, target: &str) {
    let status = Command::new("kill")
        .args([signal, "--", target])
        .status()
        .unwrap();
    assert!(status.success(), "kill {signal} {target}");
}

/// What is left of a run after it was ended in some way: nothing but its folder.
fn nothing_is_left_after(end: impl FnOnce(&str)) -> Option<i32> {
    let world = World::new();
    let (mut process, ids) = computing(&world);
    end(&process.id().to_string());
    let mut code = None;
    assert!(
        within(Duration::from_secs(20), || {
            code = process.try_wait().unwrap();
            code.is_some()
        }),
        "it did not end"
    );
    for id in &ids {
        assert!(
            within(Duration::from_secs(10), || !is_alive(id)),
            "{id} lives on"
        );
    }
    let left = || fs::read_dir(world.path("tmp")).unwrap().count();
    assert!(
        within(Duration::from_secs(10), || left() == 0),
        "folders are left"
    );
    code.unwrap().code()
}

#[test]
fn schedulers_end_a_run_with_everything_it_started() {
    assert_eq!(nothing_is_left_after(|id| send("-TERM", id)), Some(130));
    assert_eq!(nothing_is_left_after(|id| send("-HUP", id)), Some(130));
}

#[test]
fn a_second_interrupt_leaves_at_once() {
    let code = nothing_is_left_after(|id| {
        send("-INT", id);
        std::thread::sleep(Duration::from_millis(300));
        send("-INT", id);
    });
    assert_eq!(code, Some(130));
}

#[test]
fn a_run_that_is_killed_leaves_nothing_running() {
    assert_eq!(nothing_is_left_after(|id| send("-KILL", id)), None);
    // With its whole process group.
    assert_eq!(
        nothing_is_left_after(|id| send("-KILL", &format!("-{id}"))),
        None
    );
}

/// Where the keeper is killed as well, the system still ends the program itself.
#[cfg(target_os = "linux")]
#[test]
fn the_program_ends_without_the_keeper() {
    let world = World::new();
    let (mut process, [program, child]) = computing(&world);
    let threads = fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    let children =
        |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children")).unwrap();
    let children: String = threads.flatten().map(children).collect();
    let others = |id: &&str| **id != program;
    for keeper in children.split_whitespace().filter(others) {
        send("-KILL", keeper);
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(within(Duration::from_secs(10), || !is_alive(&program)));
    send("-KILL", &child);
}

/// `nohup` asks that a closed terminal changes nothing.
#[cfg(target_os = "linux")]
#[test]
fn what_was_ignored_from_the_start_stays_ignored() {
    let world = World::new();
    world.program("time.sleep(2)\nprint(json.dumps({'id': task['id'], 'reasoning': 'r', 'image': None}), flush=True)");
    let run = "generate --suite shapes --limit 2 --model command:m/m.toml --results . --name run --no-progress";
    let mut shell = world.by_shell("trap '' HUP", run);
    let mut process = shell.stdout(Stdio::null()).spawn().unwrap();
    assert!(within(Duration::from_secs(60), || world
        .path("work/run/samples.jsonl")
        .exists()));
    send("-HUP", &process.id().to_string());
    assert_eq!(process.wait().unwrap().code(), Some(0));
}
