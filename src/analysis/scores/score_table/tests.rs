use super::*;
use crate::common::digest::Digest;
use crate::judge::{MissingReason, Score};
use crate::run::manifest::CategorySection;
use crate::run::scores::{PartsCell, Status};
use crate::suite::Kind;

fn suite(selected: [u32; 2]) -> SuiteSection {
    let category = |name: &str, kind, selected| CategorySection {
        name: name.into(),
        kind,
        planned: 2,
        selected,
    };
    SuiteSection {
        name: "s".into(),
        version: "1".into(),
        digest: Digest::of(b""),
        mapping: ScoreMap::Affine25,
        axes: vec![Axis::IMAGE_CONSISTENCY, Axis::IMAGE_QUALITY],
        scores: Vec::new(),
        print: None,
        exempt: Default::default(),
        categories: vec![
            category("edits", Kind::Edit, selected[0]),
            category("drawings", Kind::Generation, selected[1]),
        ],
        clusters: [].into(),
    }
}

fn row(task: &str, axis: Axis, seed: u32, repeat: u32, mark: Result<i64, Status>) -> ScoreRow {
    let edit = task.starts_with('e');
    ScoreRow {
        suite: "s".into(),
        task: task.into(),
        category: if edit { "edits" } else { "drawings" }.into(),
        kind: if edit { Kind::Edit } else { Kind::Generation },
        model: "m".into(),
        seed,
        axis,
        judge: "j".into(),
        repeat,
        score: mark.ok().and_then(Score::new),
        status: mark.err().unwrap_or(Status::Ok),
        parts: PartsCell::Absent,
    }
}

#[test]
fn seeds_and_repeats_are_averaged_within_the_item() {
    const C: Axis = Axis::IMAGE_CONSISTENCY;
    const Q: Axis = Axis::IMAGE_QUALITY;
    let rows = [
        row("e1", C, 0, 0, Ok(5)),
        row("e2", C, 0, 0, Ok(3)),
        row("d1", C, 0, 0, Err(Status::NotApplicable)),
        row("d2", C, 0, 0, Err(Status::NotApplicable)),
        // Sample 0 has two repeats, sample 1 has one: the item is the mean of 4 and 2.
        row("e1", Q, 0, 0, Ok(3)),
        row("e1", Q, 0, 1, Ok(5)),
        row("e1", Q, 1, 0, Ok(2)),
        row("e2", Q, 0, 0, Ok(3)),
        row("d1", Q, 0, 0, Ok(1)),
        row("d2", Q, 0, 0, Ok(1)),
        row("d3", Q, 0, 0, Err(Status::Missing(MissingReason::Refused))),
    ];
    let tables = score_tables(&suite([2, 2]), &rows).unwrap();
    let [table] = &tables[..] else {
        panic!("one judge")
    };
    let consistency = table.axes[0].level.as_ref().unwrap();
    assert_eq!((consistency.points, consistency.items), (75.0, 2));
    let quality = table.axes[1].level.as_ref().unwrap();
    assert_eq!((quality.raw, quality.items), (2.0, 4));
    assert_eq!(table.axes[1].missing, 1);
    assert_eq!(table.axes[1].counts["refused"], 1);
    assert_eq!(table.overall.as_ref().unwrap().points, (75.0 + 25.0) / 2.0);
    assert!((table.missing_share - 1.0 / 9.0).abs() < 1e-12);
}

#[test]
fn an_empty_stratum_gives_no_mean_and_no_overall() {
    let rows = [
        row("e1", Axis::IMAGE_QUALITY, 0, 0, Ok(5)),
        row("e2", Axis::IMAGE_QUALITY, 0, 0, Ok(5)),
        row("d1", Axis::IMAGE_QUALITY, 0, 0, Err(Status::Pending)),
    ];
    let table = score_tables(&suite([2, 1]), &rows).unwrap().remove(0);
    let empty = Err(NoLevel::EmptyStratum("drawings".into()));
    assert_eq!(table.axes[1].level, empty);
    assert_eq!(table.overall, Err(NoLevel::Lacks(Axis::IMAGE_CONSISTENCY)));

    let only_edits = score_tables(&suite([2, 0]), &rows[..2]).unwrap().remove(0);
    let level = only_edits.axes[1].level.as_ref().unwrap();
    assert_eq!((level.points, level.method), (100.0, "degenerate"));
    assert!(level.ci95[0] < 100.0);
    assert_eq!(only_edits.strata_left_out, ["drawings"]);
}
