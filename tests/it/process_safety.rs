//! A process that can be trusted on a shared machine: what lies in the current folder is not run, what is printed does
//! not steer the terminal, and printing never ends in a panic.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::envelope;
use crate::stranger::{World, text};

const MARK: &str = "import os\nopen(os.path.join(os.environ['HOME'], 'ran'), 'a').write('x')\n";

#[test]
fn nothing_of_the_current_folder_is_run_or_loaded() {
    let world = World::new();
    for module in [
        "csv.py",
        "site.py",
        "sitecustomize.py",
        "usercustomize.py",
        "json/__init__.py",
        "pip/__init__.py",
        "pip/__main__.py",
        "onnxruntime/__init__.py",
    ] {
        world.write(&format!("work/{module}"), MARK);
    }
    world.write("work/onnxruntime/capi/libonnxruntime.so.1.28.0", "");
    world.write(
        "work/onnxruntime-1.28.0.dist-info/METADATA",
        "Name: onnxruntime\nVersion: 1.28.0\n",
    );
    for arguments in [
        &["doctor", "--offline"][..],
        &["doctor", "--fetch"],
        &["doctor"],
    ] {
        for variables in [&[][..], &["PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME"]] {
            let mut command = world.command(arguments);
            command.envs(variables.iter().map(|name| (name, world.path("work"))));
            let output = command.output().unwrap();
            assert!(!world.path("home/ran").exists(), "{}", text(&output));
            let loaded = text(&output).contains(&*world.path("work/onnxruntime").to_string_lossy());
            assert!(!loaded, "{}", text(&output));
        }
    }
}

/// A Python below the current folder (an environment in an unpacked archive) is not run, even first in `PATH`.
#[test]
fn a_python_of_the_current_folder_is_passed_over() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    for name in ["python3", "python", "pip", "uv"] {
        world.write(
            &format!("work/bin/{name}"),
            "#!/bin/sh\ntouch \"$HOME/ran\"\n",
        );
        let file = world.path(&format!("work/bin/{name}"));
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for path in [world.path("work/bin").into_os_string(), "bin:.:".into()] {
        let output = world
            .command(&["doctor", "--fetch"])
            .env("PATH", path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(!world.path("home/ran").exists(), "{}", text(&output));
    }
}

/// `pip install --user` puts packages where an isolated Python does not look by itself.
#[test]
fn the_users_own_packages_are_found() {
    let world = World::new();
    let ask = "import site, importlib.util as u; print(site.getusersitepackages()); print(u.find_spec('onnxruntime') is not None)";
    let asked = Command::new("python3")
        .args(["-I", "-c", ask])
        .env("HOME", world.path("home"))
        .output()
        .unwrap();
    let answer = String::from_utf8(asked.stdout).unwrap();
    let (site, elsewhere) = answer.trim().split_once('\n').unwrap();
    let site = Path::new(site);
    let library = site.join("onnxruntime/capi/libonnxruntime.so.1.28.0");
    fs::create_dir_all(library.parent().unwrap()).unwrap();
    fs::write(&library, "no library").unwrap();
    fs::write(site.join("onnxruntime/__init__.py"), MARK).unwrap();
    let info = site.join("onnxruntime-1.28.0.dist-info");
    fs::create_dir_all(&info).unwrap();
    fs::write(
        info.join("METADATA"),
        "Metadata-Version: 2.1\nName: onnxruntime\nVersion: 1.28.0\n",
    )
    .unwrap();
    let output = world.run(&["doctor", "--offline"]);
    let said = text(&output);
    // Where the machine has a package of its own, that one comes first.
    assert!(
        elsewhere == "True" || said.contains(&*library.to_string_lossy()),
        "{said}"
    );
    assert!(!world.path("home/ran").exists());
}

/// A Python wheel puts the library into `PREFIX/lib/parabench` and the program into `PREFIX/bin`.
#[test]
fn the_library_of_the_own_installation_is_found_from_any_folder() {
    let world = World::new();
    world.write("prefix/bin/.keep", "");
    let program = world.path("prefix/bin/parabench");
    let built = assert_cmd::cargo::cargo_bin("parabench");
    if fs::hard_link(&built, &program).is_err() {
        fs::copy(&built, &program).unwrap();
    }
    let name = match cfg!(target_os = "macos") {
        true => "libonnxruntime.1.28.0.dylib",
        false => "libonnxruntime.so.1.28.0",
    };
    // A trap where the program is started, and the same program by way of a link in that folder.
    world.write(&format!("work/lib/parabench/{name}"), "no library");
    world.write("work/bin/.keep", "");
    std::os::unix::fs::symlink(&program, world.path("work/bin/parabench")).unwrap();
    let doctor = |program: &Path| {
        let template = world.command(&["doctor", "--offline"]);
        let mut command = Command::new(program);
        command
            .args(template.get_args())
            .current_dir(world.path("work"));
        for (variable, value) in template.get_envs() {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        let output = command.env("PATH", world.path("home")).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&output)
    };
    let through_link = world.path("work/bin/parabench");
    for program in [&program, &through_link] {
        let said = doctor(program);
        assert!(
            said.contains("prefix/lib/parabench") && said.contains("no ONNX Runtime"),
            "{said}"
        );
        assert!(!said.contains("work/lib"), "{said}");
    }
    world.write(&format!("prefix/lib/parabench/{name}"), "no library");
    for program in [&program, &through_link] {
        let said = doctor(program);
        assert!(
            said.contains("prefix/lib/parabench") && said.contains("cannot be loaded"),
            "{said}"
        );
        assert!(!said.contains("work/lib"), "{said}");
    }
}

#[test]
fn a_file_that_is_no_library_is_an_error() {
    let world = World::new();
    world.write("work/notes.txt", "no library");
    let output = world.run(&["doctor", "--offline", "--onnxruntime", "notes.txt"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("notes.txt") && !text(&output).contains("panicked"),
        "{}",
        text(&output)
    );
}

#[test]
fn offline_is_yes_or_no() {
    let world = World::new();
    for (value, code) in [
        ("1", 0),
        ("yes", 0),
        ("TRUE", 0),
        ("0", 0),
        ("no", 0),
        ("", 0),
        ("perhaps", 2),
    ] {
        let output = world
            .command(&["suite", "list"])
            .env("PARABENCH_OFFLINE", value)
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{value}: {}",
            text(&output)
        );
    }
    let path = world.path("home");
    for (value, offline) in [("1", true), ("0", false)] {
        let mut command = world.command(&["demo", "--limit", "6"]);
        let output = command
            .env("PATH", &path)
            .env("PARABENCH_OFFLINE", value)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert_eq!(
            text(&output).contains("the network is off"),
            offline,
            "{}",
            text(&output)
        );
    }
}

#[test]
fn fetching_offline_is_refused() {
    let world = World::new();
    for (value, code) in [("1", 2), ("0", 1)] {
        let mut command = world.command(&["doctor", "--fetch"]);
        command.env("PATH", world.path("home"));
        let output = command.env("PARABENCH_OFFLINE", value).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", text(&output));
    }
}

/// A whole library is asked for rather than downloaded.
#[test]
fn doctor_downloads_nothing_by_itself() {
    let world = World::new();
    let empty = world.path("home");
    let output = world
        .command(&["doctor"])
        .env("PATH", &empty)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("doctor --fetch") && !text(&output).contains("pip could"),
        "{}",
        text(&output)
    );
}

#[test]
fn text_of_strangers_does_not_steer_the_terminal() {
    let world = World::new();
    let hostile = r"1\u001b]0;T\u0007\u001b[31m\u202e\u200b\u009b\r";
    let suite = format!(
        "format = 1\nname = \"evil\"\nversion = \"{hostile}\"\nlicence = \"{hostile}\"\naxes = [\"text_quality\"]\n\
         [[categories]]\nname = \"gen\"\nkind = \"generation\"\nplanned = 1\n"
    );
    world.write("work/evil/suite.toml", &suite);
    let task = format!(
        r#"{{"id":"g0","kind":"generation","category":"gen","instruction":"Draw {}"}}"#,
        hostile.replace(r"\u009b", "")
    );
    world.write("work/evil/tasks.jsonl", &format!("{task}\n"));
    world.write(
        "work/bad/suite.toml",
        "format = 1\nname = \"\\u001b[31m\\u202e\"\n",
    );
    let name = "./\u{1b}[31mno\u{202e}where";
    for arguments in [
        &["suite", "show", "./evil"][..],
        &["suite", "check", "./evil"],
        &["suite", "show", "./evil", "--task", "g0"],
        &["suite", "show", "./evil", "--json"],
        &["suite", "check", "./bad"],
        &["suite", "show", "./bad"],
        &["suite", "show", name],
        &["suite", "show", "x", name],
        &["compare", name, "--baseline", name],
    ] {
        let output = world.run(arguments);
        let said = text(&output);
        let steers = |c: char| c != '\n' && parabench::common::plain::hidden(c).is_some();
        assert!(!said.contains(steers), "{arguments:?}: {said:?}");
        assert!(!said.trim().is_empty(), "{arguments:?}");
    }
    let shown: serde_json::Value =
        envelope::result(&world.run(&["suite", "show", "./evil", "--json"]).stdout);
    assert_eq!(
        shown["definition"]["version"],
        "1\u{1b}]0;T\u{7}\u{1b}[31m\u{202e}\u{200b}\u{9b}\r"
    );
}

#[test]
fn a_reader_that_goes_away_ends_printing_quietly() {
    let world = World::new();
    for arguments in [
        &["published"][..],
        &["published", "--json"],
        &["suite", "list"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = world.command(arguments).stdout(writer).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            text(&output)
        );
        assert!(output.stderr.is_empty(), "{arguments:?}: {}", text(&output));
    }
    // The same on standard error.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = world
        .command(&["suite", "show", "./nowhere"])
        .stderr(writer)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let world = World::new();
    for arguments in [&["published"][..], &["published", "--json"]] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = world.command(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(
            text(&output).contains("standard output"),
            "{}",
            text(&output)
        );
    }
}

#[test]
fn no_colours_where_standard_error_is_a_file() {
    let world = World::new();
    world.program("sys.exit(3)");
    let output = world.start().wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("WARN") && !said.contains('\u{1b}'),
        "{said:?}"
    );
}

#[test]
fn a_cache_of_another_user_is_refused() {
    if rustix::process::geteuid().is_root() {
        let world = World::new();
        let cache = world.path("cache");
        fs::create_dir(&cache).unwrap();
        std::os::unix::fs::chown(&cache, Some(12_345), None).unwrap();
        let output = world.run(&["suite", "list"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output).contains("another user") && text(&output).contains("PARABENCH_CACHE"),
            "{}",
            text(&output)
        );
    }
}

#[test]
fn what_programs_say_on_standard_error_is_kept_with_the_run() {
    let world = World::new();
    world.program("print('working on', task['id'], file=sys.stderr, flush=True)\nprint(json.dumps({'id': task['id'], 'reasoning': 'r', 'image': None}), flush=True)");
    let output = world.start().wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let log = fs::read_to_string(world.path("work/run/logs/m-0.stderr.log")).unwrap();
    assert_eq!(log.lines().count(), 3, "{log}");
}
