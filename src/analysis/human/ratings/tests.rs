//! Tests of files of ratings.

use super::*;

fn read(text: &str) -> Result<Ratings, RatingsError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ratings.csv");
    std::fs::write(&path, text).unwrap();
    let rated = Rated {
        axes: Axis::ALL.to_vec(),
        scores: Vec::new(),
        scale: None,
    };
    Ratings::read(&path, rated)
}

#[test]
fn columns_may_stand_in_any_order() {
    let ratings =
        read("rater, score,task,model,axis\nann,4,t,m,image_quality\nbob,1,t,m,image_quality\n")
            .unwrap();
    assert_eq!(ratings.mean("m", Axis::IMAGE_QUALITY, "t"), Some(2.5));
    assert_eq!((ratings.len(), ratings.raters()), (2, 2));
}

#[test]
fn all_faults_are_reported_at_once() {
    let text = "task,model,axis,rater,score\nt,m,beauty,ann,3\nt,m,image_quality,ann,6\nt,,image_quality,ann,4.5\n\
                t,m,image_quality,bob,2\nt,m,image_quality,bob,2\nt,m\n";
    let message = read(text).unwrap_err().to_string();
    for part in [
        "row 1: unknown axis `beauty`",
        "row 2: score `6`",
        "row 3: score `4.5`",
        "row 3: model",
        "row 5: rater bob",
        "row 6",
    ] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
    let header = read("task,model,axis,score\n").unwrap_err().to_string();
    assert!(header.contains("missing: rater"), "{header}");
    let empty = read("task,model,axis,rater,score\n")
        .unwrap_err()
        .to_string();
    assert!(empty.contains("no ratings"), "{empty}");
}
