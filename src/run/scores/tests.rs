//! Tests of the score table and its statuses.

use super::*;

#[test]
fn every_status_survives_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.csv");
    let rows: Vec<ScoreRow> = Status::all()
        .map(|status| ScoreRow {
            suite: "s".into(),
            task: "t, with \"commas\"".into(),
            category: "c".into(),
            kind: Kind::Edit,
            model: "m".into(),
            seed: 3,
            axis: Axis::OUTPUT_ALIGNMENT,
            judge: "j".into(),
            repeat: 1,
            score: matches!(status, Status::Ok | Status::ModelEmpty).then_some(Score::LOWEST),
            status,
            parts: PartsCell::Absent,
        })
        .collect();
    write(&path, &rows).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("suite,task,category,kind,model,seed,axis,judge,repeat,score,status\n")
    );
    assert_eq!(read(&path, &Axis::ALL).unwrap(), rows);
}

#[test]
fn a_missing_mark_with_a_number_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.csv");
    let text = "suite,task,category,kind,model,seed,axis,judge,repeat,score,status\n\
                s,t,c,edit,m,0,text_quality,j,0,3,refused\n";
    std::fs::write(&path, text).unwrap();
    let error = read(&path, &Axis::ALL).unwrap_err();
    assert!(error.to_string().contains("row 1"), "{error}");
}
