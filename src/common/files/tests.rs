//! Bounds, names and folders.

use super::*;

#[test]
fn names_and_paths_stay_inside() {
    for good in ["a", "spatial-001", "0001_x.y", "console", "com10", "a.nul"] {
        assert!(is_safe_name(good), "{good}");
    }
    for bad in [
        "", ".", "..", ".a", "a/b", "a\\b", "ü", "a b", "-1", "a.", "con", "NUL.txt", "Com1",
        "lpt9.a.b",
    ] {
        assert!(!is_safe_name(bad), "{bad}");
    }
    let folder = Path::new("/data");
    assert_eq!(
        join_contained(folder, "images/a.png"),
        Some(PathBuf::from("/data/images/a.png"))
    );
    for bad in ["", "/etc/passwd", "../x", "a/../../x", "..\\x"] {
        assert_eq!(join_contained(folder, bad), None, "{bad}");
    }
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_folders_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for (path, what) in [
        (pipe.as_path(), "a named pipe"),
        (folder.path(), "a folder"),
        (Path::new("/dev/zero"), "a device"),
    ] {
        let message = read_bounded(path, 5).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    }
}

#[test]
fn reads_are_bounded_and_writes_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    write_atomic(&path, b"12345").unwrap();
    assert_eq!(read_bounded(&path, 5).unwrap(), b"12345");
    assert!(matches!(
        read_bounded(&path, 4),
        Err(FileError::TooLong { limit: 4, .. })
    ));
    assert!(
        read_bounded(&folder.path().join("y"), 4)
            .unwrap_err()
            .is_not_found()
    );
}
