//! Files of other harnesses, on suites that a folder declares.

use super::{World, marks, official};

/// A suite of one category with axes on one scale, whose tasks only the files tell.
fn suite(world: &World, axes: &[&str], scale: &str, categories: &[(&str, u32)]) {
    let axes = axes.iter().map(|axis| {
        format!(
            "[[axes]]\nkey = \"{axis}\"\ntitle = \"{axis}\"\nscale = {scale}\nsees = [\"output\"]\n"
        )
    });
    let categories = categories.iter().map(|(name, planned)| {
        format!("[[categories]]\nname = \"{name}\"\nkind = \"edit\"\nplanned = {planned}\n")
    });
    let head = "format = 2\nname = \"mine\"\nversion = \"1\"\nlicence = \"CC0-1.0\"\n\
                print = { lowest = 1, highest = 5, digits = 4 }\n";
    let text: String = axes.chain(categories).collect();
    std::fs::create_dir_all(world.path("mine")).unwrap();
    world.put("mine/suite.toml", &format!("{head}{text}"));
}

/// The mean of an axis, its marks that are there, and all that should be.
fn mean(printed: &serde_json::Value, axis: &str) -> (f64, u64, u64) {
    let counts = printed["models"][0]["axes"][axis].as_object().unwrap();
    let all = counts.values().map(|count| count.as_u64().unwrap()).sum();
    (
        official(printed, axis).0,
        counts["ok"].as_u64().unwrap(),
        all,
    )
}

fn near((value, ok, all): (f64, u64, u64), wanted: f64, counts: (u64, u64)) {
    assert!((value - wanted).abs() < 1e-9, "{value} {wanted}");
    assert_eq!((ok, all), counts);
}

#[test]
fn vlmevalkit() {
    let world = World::new();
    suite(&world, &["score"], "{ lo = 1, hi = 5 }", &[("all", 40)]);
    let printed = world.import(
        &[marks("vlmevalkit")],
        "./mine",
        &["--as", "vlmevalkit", "-o", "results/x"],
    );
    near(mean(&printed, "score"), 3.236_842_105_263_158, (38, 40));
    assert_eq!(printed["models"][0]["model"], "m");
    assert_eq!(printed["models"][0]["judges"][0], "gpt-4.1");
    assert_eq!(printed["models"][0]["axes"]["score"]["transport"], 1);
}

#[test]
fn lmms_eval() {
    let world = World::new();
    let more = ["--as", "lmms-eval", "-o", "results/x", "--model", "m"];
    let printed = world.import(&[marks("lmms-eval")], "kris", &more);
    let read = |axis: &str| {
        let counts = printed["models"][0]["axes"][axis].as_object().unwrap();
        let there = counts.iter().filter(|(status, _)| *status != "not-in-file");
        let there: u64 = there.map(|(_, count)| count.as_u64().unwrap()).sum();
        (
            (official(&printed, axis).0 / 25.0 + 1.0),
            counts["ok"].as_u64().unwrap(),
            there,
        )
    };
    near(read("consistency"), 3.1, (40, 40));
    near(read("instruction"), 2.85, (40, 40));
    near(read("quality"), 2.897_435_897_435_897_3, (39, 40));
    near(read("knowledge"), 3.45, (20, 20));
}

#[test]
fn inspect() {
    let world = World::new();
    suite(&world, &["judge"], "{ lo = 0, hi = 1 }", &[("all", 40)]);
    let printed = world.import(
        &[marks("inspect")],
        "./mine",
        &["--as", "inspect", "-o", "results/x"],
    );
    // On the scale that the suite prints, 1 to 5; epochs are averaged within samples. Inspect counts N as 0; here it is no mark.
    near(mean(&printed, "judge"), 1.0 + 4.0 * 0.65, (77, 80));
    let raw = &printed["figures"][0]["estimate"]["axes"][0]["level"]["Ok"]["raw"];
    assert!((raw.as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9, "{raw}");
}

#[test]
fn rover() {
    let world = World::new();
    let axes = [
        "reasoning_process",
        "reasoning_visual",
        "reasoning_alignment",
        "visual_consistency",
        "image_quality",
    ];
    let areas = ["science", "culture", "common_sense"];
    let kinds = [
        "temporal",
        "spatial",
        "quantitative",
        "causal",
        "imaginative",
    ];
    let names = areas
        .iter()
        .flat_map(|area| kinds.map(|kind| format!("{area}_{kind}")));
    let names: Vec<String> = names
        .chain(["logic_abstract".to_owned(), "logic_math".to_owned()])
        .collect();
    let categories: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 10)).collect();
    suite(&world, &axes, "{ lo = 1, hi = 5 }", &categories);
    let printed = world.import(
        &[marks("rover")],
        "./mine",
        &["--as", "rover", "-o", "results/x"],
    );
    let points = |axis: &str| {
        let (mark, ok, all) = mean(&printed, axis);
        ((mark - 1.0) * 25.0, ok, all)
    };
    near(
        points("reasoning_process"),
        52.794_117_647_058_82,
        (170, 170),
    );
    near(
        points("reasoning_alignment"),
        43.676_470_588_235_29,
        (170, 170),
    );
    near(
        points("visual_consistency"),
        45.882_352_941_176_47,
        (170, 170),
    );
    near(points("image_quality"), 47.5, (170, 170));
    // By the bundled definition, which takes the tasks of the file for the plan. The authors' script averages 0 as −25 points:
    // 45.62 over 850 marks; over the 833 that are marks it is 47.06.
    let own = world.import(
        &[marks("rover")],
        "rover",
        &["--as", "rover", "-o", "results/y"],
    );
    assert_eq!(super::official(&own, "average").1, "45.62");
    let overall = &own["figures"][0]["estimate"]["overall"]["Ok"];
    let points = overall["points"].as_f64().unwrap();
    assert!((points - 47.058_823_529_411_77).abs() < 1e-9, "{points}");
    assert_eq!(overall["items"], 170);
    // An error stands as 0 in the file, which is no mark.
    let counts = &printed["models"][0]["axes"]["reasoning_visual"];
    assert_eq!(
        (&counts["ok"], &counts["out-of-range"]),
        (&153.into(), &17.into())
    );
}

#[test]
fn what_a_form_does_not_take_is_refused() {
    let world = World::new();
    let gedit = [marks("gedit")];
    let said = world.refused(&gedit, &["--suite", "gedit-full", "--as", "gedit"]);
    assert!(
        said.contains("several languages: cn, en; say which one with --language"),
        "{said}"
    );
    let more = ["--suite", "gedit-full", "--as", "gedit", "--language", "fr"];
    let said = world.refused(&gedit, &more);
    assert!(said.contains("no record of this language"), "{said}");
    let wise = [marks("wise-verified")];
    let said = world.refused(&wise, &["--suite", "wise-legacy", "--as", "wise"]);
    assert!(said.contains("no record has a `consistency`"), "{said}");
    let said = world.refused(
        &wise,
        &[
            "--suite",
            "wise-verified",
            "--as",
            "wise",
            "--map",
            "score=x",
        ],
    );
    assert!(
        said.contains("--map: the columns of this form are known"),
        "{said}"
    );
    let said = world.refused(
        &wise,
        &[
            "--suite",
            "wise-verified",
            "--as",
            "wise",
            "--language",
            "en",
        ],
    );
    assert!(
        said.contains("--language: only files of --as gedit"),
        "{said}"
    );
    let other = world.put("other.csv", "task,model,score\n9001,m,1\n");
    let said = world.refused(&[other], &["--suite", "wise-verified", "--skip-unknown"]);
    assert!(
        said.contains("no row is about a task and an axis of the suite"),
        "{said}"
    );
}

#[test]
fn repeats_models_and_judges_are_kept_apart() {
    let world = World::new();
    suite(&world, &["score"], "{ lo = 1, hi = 5 }", &[("all", 2)]);
    let rows = "task,judge,score\nt1,x,3\nt1,x,4\nt2,x,5\nt2,x,5\nt1,y,2\nt2,y,1\n";
    let file = [world.put("marks.csv", rows)];
    let said = world.refused(&file, &["--suite", "./mine"]);
    assert!(said.contains("--repeats-in-order"), "{said}");
    let more = [
        "-o",
        "results/x",
        "--repeats-in-order",
        "--model",
        "m",
        "--judge",
        "z",
    ];
    let printed = world.import(&file, "./mine", &more);
    assert_eq!(printed["models"][0]["model"], "m");
    // A judge that the file names is not renamed; every judge has figures of its own.
    assert_eq!(
        printed["models"][0]["judges"],
        serde_json::json!(["x", "y"])
    );
    let values: Vec<f64> = printed["figures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["official"][0]["value"].as_f64().unwrap())
        .collect();
    assert_eq!(values, [4.25, 1.5]);
    let again = world
        .command()
        .args(["scores", "import", "--suite", "./mine"])
        .args(&file)
        .args(more)
        .output();
    let again = again.unwrap();
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists already"));
    let mixed = [world.put("mixed.csv", "task,repeat,score\nt1,1,3\nt1,,4\n")];
    let said = world.refused(&mixed, &["--suite", "./mine"]);
    assert!(
        said.contains("some rows have a repeat and others none"),
        "{said}"
    );
}
