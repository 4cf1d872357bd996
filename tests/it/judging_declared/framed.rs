//! Judges that are shown the model's picture in the size of the picture to edit.

use std::collections::BTreeSet;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::steps::png;
use super::{MARKS, marks, run, world};
use crate::cli_world::{World, stderr};
use crate::mock_judge::MockJudge;

/// Whether both pictures are shown, and their sides.
type Asked = (bool, Vec<(u32, u32)>);

/// Sides of the pictures of a request, in order.
fn sides(body: &str) -> Vec<(u32, u32)> {
    let shown = body.split("data:image/png;base64,").skip(1);
    shown
        .map(|rest| {
            let end = rest.find(['"', '\\']).unwrap();
            let bytes = STANDARD.decode(&rest[..end]).unwrap();
            let picture = image::load_from_memory(&bytes).unwrap();
            (picture.width(), picture.height())
        })
        .collect()
}

/// Judges answers of 24 pixels to inputs of 16, all but one.
fn judged(tables: &str) -> (World, BTreeSet<Asked>, String) {
    let world = world();
    world.write_profile(tables);
    for number in 1..6 {
        fs::write(
            world.path(&format!("answers/plain-{number}.png")),
            png(24, number),
        )
        .unwrap();
    }
    let judge = MockJudge::start(marks(MARKS).keeping());
    let output = run(&world, &judge, "a");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let requests = judge.kept();
    let of = |wanted: &str| {
        requests
            .iter()
            .filter(|kept| kept.body.contains(wanted))
            .collect::<Vec<_>>()
    };
    let mut found = BTreeSet::new();
    for request in of("COMMON-RUBRIC") {
        found.insert((true, sides(&request.body)));
    }
    for request in of("QUALITY-RUBRIC") {
        found.insert((false, sides(&request.body)));
    }
    let manifest = fs::read_to_string(world.run_folder("a").join("run.toml")).unwrap();
    (world, found, manifest)
}

#[test]
fn the_output_is_sent_in_the_size_of_the_input_also_where_the_axis_does_not_see_it() {
    let (_world, found, manifest) = judged("[image]\noutput_to_input = true\n");
    let (small, both) = ((16, 16), vec![(16, 16), (16, 16)]);
    assert_eq!(found, BTreeSet::from([(true, both), (false, vec![small])]));
    assert!(
        manifest.contains("output in the size of the input by bicubic"),
        "{manifest}"
    );

    let (_world, found, manifest) = judged("");
    let large = (24, 24);
    let expected = [
        (true, vec![small, small]),
        (true, vec![small, large]),
        (false, vec![small]),
        (false, vec![large]),
    ];
    assert_eq!(found, BTreeSet::from(expected));
    assert!(!manifest.contains("size of the input"));
}
