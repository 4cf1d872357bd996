//! `crop-*`: sizes, choice, cut and pixels.

use std::path::Path;

use parabench::onnx::image::{CropChoice, CropPlan, crop_sizes};
use serde_json::Value;

use super::common::{folders, meta, report, sha256};

#[test]
fn golden_crops_are_reproduced() {
    for folder in folders("crop") {
        check(&folder);
    }
}

fn check(folder: &Path) {
    let meta = meta(folder);
    for (name, expected) in meta["other_lists"].as_object().unwrap() {
        let numbers: Vec<f64> = name
            .split([' ', 'x'])
            .filter_map(|word| word.parse().ok())
            .collect();
        let sizes = crop_sizes(numbers[0] as u32, numbers[1] as u32, numbers[2]);
        assert_eq!(sizes, pairs(expected), "{name}");
    }
    let list = pairs(&meta["crop_list_for_512"]);
    // Patches of 32 pixels fill 512 × 512; the list itself shows the side of a patch.
    let patch = list
        .iter()
        .flatten()
        .copied()
        .reduce(greatest_common_divisor)
        .unwrap();
    assert_eq!(crop_sizes((512 / patch).pow(2), patch, 4.0), list);
    for case in meta["cases"].as_array().unwrap() {
        plan(case, &list);
    }
    let small = &meta["small"];
    let sizes = crop_sizes(
        number(&small["num_patches"]),
        number(&small["patch_size"]),
        4.0,
    );
    assert_eq!(sizes, pairs(&small["crop_list"]));
    for case in small["cases"].as_array().unwrap() {
        pixels(folder, case, &plan(case, &sizes));
    }
    report(folder, &[("pixels", 0.0)]);
}

fn plan(case: &Value, sizes: &[[u32; 2]]) -> CropPlan {
    let picture = pair(&case["image"]);
    let ranked = CropChoice::ranked(picture, sizes);
    assert_eq!(ranked[0].size, pair(&case["chosen_crop"]), "{case}");
    same_ratio(ranked[0].fit, &case["chosen_ratio"]);
    if let Some(second) = case.get("runner_up") {
        assert_eq!(ranked[1].size, pair(&second["crop"]), "{case}");
        same_ratio(ranked[1].fit, &second["ratio"]);
    }
    let plan = CropPlan::new(picture, ranked[0].size);
    assert_eq!(plan.halvings, pairs(&case["halvings"]), "{case}");
    assert_eq!(plan.resized, pair(&case["final_resize"]), "{case}");
    let highest = [0, 1].map(|axis| number(&case["draws"][axis]["high_inclusive"]));
    assert_eq!(plan.freedom(), highest, "{case}");
    let [left, upper] = drawn(case);
    let [width, height] = plan.crop;
    let found = vec![left, upper, left + width, upper + height];
    let expected: Vec<u32> = case["crop_box"]
        .as_array()
        .unwrap()
        .iter()
        .map(number)
        .collect();
    assert_eq!(found, expected, "{case}");
    plan
}

/// Equal but for the last bit, which the JSON reader does not keep.
fn same_ratio(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= f64::EPSILON,
        "{found} against {expected}"
    );
}

fn pixels(folder: &Path, case: &Value, plan: &CropPlan) {
    let picture = image::open(folder.join(case["png"].as_str().unwrap()))
        .unwrap()
        .into_rgb8();
    let cut = plan.apply(&picture, drawn(case));
    let expected = image::open(folder.join(case["result_png"].as_str().unwrap()))
        .unwrap()
        .into_rgb8();
    assert!(cut == expected, "pixels differ: {case}");
    assert_eq!(
        sha256(cut.as_raw()),
        case["result_rgb_sha256"].as_str().unwrap(),
        "{case}"
    );
}

fn drawn(case: &Value) -> [u32; 2] {
    [0, 1].map(|axis| number(&case["draws"][axis]["drawn"]))
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

fn pair(value: &Value) -> [u32; 2] {
    [number(&value[0]), number(&value[1])]
}

fn pairs(value: &Value) -> Vec<[u32; 2]> {
    value.as_array().unwrap().iter().map(pair).collect()
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}
