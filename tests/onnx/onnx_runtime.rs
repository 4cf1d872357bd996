//! Where ONNX Runtime comes from, and whether it works.

use parabench::onnx::arch::Precision;
use parabench::onnx::doctor;
use parabench::onnx::runtime::{
    Device, LibrarySource, Runtime, RuntimeError, RuntimeOptions, SessionOptions, find,
};

#[test]
fn the_doctor_finds_a_runtime_that_computes() {
    let report = doctor(&RuntimeOptions::default(), &SessionOptions::default()).unwrap();
    assert!(
        report.providers.contains(&"CPUExecutionProvider"),
        "{report:?}"
    );
    assert!(report.precisions.contains(&Precision::F32), "{report:?}");
    assert!(report.version.starts_with("1."), "{report:?}");
    assert!(report.found.path.is_absolute(), "{report:?}");
}

#[test]
fn a_device_that_is_not_there_is_an_error() {
    let device = Device::Cuda(0);
    // Where the provider is there this machine may well have the device: nothing to refuse then.
    let runtime = Runtime::open(&RuntimeOptions::default()).unwrap();
    if runtime.providers().contains(&"CUDAExecutionProvider") {
        return;
    }
    let error = doctor(
        &RuntimeOptions::default(),
        &SessionOptions { device, threads: 1 },
    )
    .unwrap_err();
    assert!(
        error.to_string().starts_with("cuda:0 was asked for"),
        "{error}"
    );
}

#[test]
fn a_second_library_cannot_be_loaded() {
    Runtime::open(&RuntimeOptions::default()).unwrap();
    let library = Some("/nowhere/libonnxruntime.so".into());
    let error = Runtime::open(&RuntimeOptions {
        library,
        ..Default::default()
    })
    .unwrap_err();
    assert!(
        matches!(error, RuntimeError::AlreadyLoaded { .. }),
        "{error}"
    );
}

/// The search depends on the environment of the process, so each case runs in a process of its own: this program
/// again, with [`CASE`] set, running [`search_in_this_environment`] only.
#[cfg(unix)]
mod search {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;

    use super::*;

    const CASE: &str = "PARABENCH_TEST_SEARCH";

    /// Not a test of its own: what the other tests run in a process of its own.
    #[test]
    fn search_in_this_environment() {
        let Some(mode) = std::env::var_os(CASE) else {
            return;
        };
        let library = std::env::var_os("PARABENCH_TEST_LIBRARY").map(Into::into);
        let options = RuntimeOptions {
            library,
            offline: mode == "offline",
            ..Default::default()
        };
        match find(&options) {
            Ok(found) => println!("RESULT found {:?} {}", found.source, found.path.display()),
            Err(error) => {
                let causes = std::iter::successors(std::error::Error::source(&error), |cause| {
                    cause.source()
                });
                println!(
                    "RESULT error {}",
                    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
                );
            }
        }
    }

    /// What the search says in a folder that holds the only programs on the path, with some variables set.
    fn search(folder: &Path, mode: &str, variables: &[(&str, &Path)]) -> String {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "onnx_runtime::search::search_in_this_environment",
            "--nocapture",
        ]);
        command
            .env_remove("ORT_DYLIB_PATH")
            .env_remove("ORT_DISABLE_TELEMETRY")
            .env(CASE, mode);
        command
            .env("PATH", folder.join("bin"))
            .env("PARABENCH_CACHE", folder.join("cache"));
        command.envs(variables.iter().copied());
        let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let line = text.lines().find_map(|line| line.split_once("RESULT "));
        line.unwrap_or_else(|| unreachable!("{text}")).1.to_owned()
    }

    fn script(folder: &Path, name: &str, body: &str) {
        let path = folder.join("bin").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A Python that has a package of this version, and no pip.
    fn python(folder: &Path, version: &str) {
        let package = folder.join("site/onnxruntime");
        fs::create_dir_all(package.join("capi")).unwrap();
        fs::write(package.join("capi/libonnxruntime.so.1.28.0"), b"").unwrap();
        let answer = format!(
            "[ \"$1 $2\" = '-I -c' ] && echo {version} && echo '{}'",
            package.display()
        );
        script(folder, "python3", &answer);
    }

    #[test]
    fn named_files_come_first_and_must_exist() {
        let folder = tempfile::tempdir().unwrap();
        python(folder.path(), "1.28.0");
        let file = folder.path().join("mine.so");
        fs::write(&file, b"").unwrap();
        let absent = folder.path().join("absent.so");
        let shown = file.canonicalize().unwrap();
        let configured = ("PARABENCH_TEST_LIBRARY", file.as_path());
        let variable = ("ORT_DYLIB_PATH", file.as_path());
        let nowhere = ("ORT_DYLIB_PATH", absent.as_path());
        for (variables, source) in [
            (&[configured, nowhere][..], "Configured"),
            (&[configured], "Configured"),
            (&[variable], "Environment"),
        ] {
            let found = search(folder.path(), "online", variables);
            assert_eq!(found, format!("found {source} {}", shown.display()));
        }
        let wrong = ("PARABENCH_TEST_LIBRARY", absent.as_path());
        let found = search(folder.path(), "online", &[wrong, variable]);
        assert!(found.starts_with("error configuration names"), "{found}");
        let found = search(folder.path(), "online", &[("ORT_DYLIB_PATH", &absent)]);
        assert!(found.starts_with("error ORT_DYLIB_PATH names"), "{found}");
    }

    #[test]
    fn an_installed_package_is_taken_if_it_is_fit() {
        let folder = tempfile::tempdir().unwrap();
        python(folder.path(), "1.26.0");
        let found = search(folder.path(), "offline", &[]);
        assert!(
            found.starts_with("found Python") && found.ends_with("libonnxruntime.so.1.28.0"),
            "{found}"
        );
        python(folder.path(), "1.20.0");
        let found = search(folder.path(), "offline", &[]);
        assert!(
            found.contains("1.20.0 is older than 1.23") && found.contains("network is off"),
            "{found}"
        );
        python(folder.path(), "1.31.1");
        let found = search(folder.path(), "offline", &[]);
        assert!(found.contains("reports usage"), "{found}");
        let found = search(
            folder.path(),
            "offline",
            &[("ORT_DISABLE_TELEMETRY", Path::new("1"))],
        );
        assert!(found.starts_with("found Python"), "{found}");
    }

    #[test]
    fn a_wheel_that_is_not_the_pinned_one_is_refused_and_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        // Writes something into the folder that pip is told to download to: the argument after --dest.
        let pip = "while [ $# -gt 1 ]; do [ \"$1\" = --dest ] && echo x > \"$2/onnxruntime.whl\"; shift; done";
        script(folder.path(), "pip", pip);
        let found = search(folder.path(), "online", &[]);
        assert!(
            found.starts_with("error ") && found.contains("it was not used"),
            "{found}"
        );
        let mut left = Vec::new();
        collect(&folder.path().join("cache"), &mut left);
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn without_pip_and_uv_the_error_says_so() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        let found = search(folder.path(), "online", &[]);
        assert!(found.contains("neither pip nor uv"), "{found}");
    }

    fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                collect(&entry.path(), files)
            } else {
                files.push(entry.path())
            }
        }
    }
}

#[test]
fn places_have_names_for_people() {
    assert_eq!(LibrarySource::Environment.to_string(), "ORT_DYLIB_PATH");
    assert_eq!(LibrarySource::Fetched.to_string(), "fetched now");
}
