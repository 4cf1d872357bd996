//! The documented surface of the library says what the program prints.

use assert_cmd::Command;
use parabench::{CompareRequest, compare, load_run};
use serde_json::Value;

use crate::runs::{Place, RunFixture, hashed_mark};

#[test]
fn a_comparison_of_the_library_is_that_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &'static str, level: f64| {
        let marks = move |place: Place| Ok(hashed_mark(name, place, level));
        RunFixture::new(name, 6, 9, 0.0)
            .with_marks(marks)
            .write(folder.path())
    };
    let (candidate, baseline) = (written("candidate", 4.0), written("baseline", 3.0));
    let loaded = [&candidate, &baseline].map(|run| load_run(run).unwrap());
    let mut request = CompareRequest::new(vec![&loaded[0]], vec![&loaded[1]]);
    request.cross_checks = true;
    let ours = serde_json::to_string(&compare(&request).unwrap()).unwrap();

    let output = Command::new(env!("CARGO_BIN_EXE_parabench"))
        .args(["compare", "--json", "--baseline"])
        .args([&baseline, &candidate])
        .output()
        .unwrap();
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ours: Value = serde_json::from_str(&ours).unwrap();
    assert_eq!(printed["result"]["comparison"], ours);
}
