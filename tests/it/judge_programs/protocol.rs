//! What a program is shown and what its replies are worth.

use std::collections::BTreeMap;
use std::fs;

use parabench::judge::MarkCost;
use parabench::suite::Axis;
use parabench::suite::axes::sight::SightPart;

use super::fixture::{ALL_AXES, Bench, told};
use crate::model_kinds::fixture::contains_all;

#[tokio::test]
async fn a_program_sees_what_its_axis_sees_and_nothing_that_names_the_task() {
    let bench = Bench::new(
        "",
        "shown = {os.path.basename(path): os.path.getsize(path) for path in R.get('inputs', []) + [R[key] for key in ('output',) if key in R]}\n\
         reply(rationale=json.dumps(shown))",
    );
    let judge = bench.open();
    for axis in Axis::ALL {
        let question = bench.question(axis);
        let verdict = judge.mark(&question).await.unwrap();
        assert_eq!(told(&verdict), "4", "{axis}");
        let request = bench.requests().pop().unwrap();
        assert_eq!(request["axes"], serde_json::json!([axis.key()]));
        assert_eq!(request["kind"], "edit");
        let expected = [
            ("instruction", SightPart::Instruction),
            ("reasoning", SightPart::Reasoning),
            ("inputs", SightPart::Input),
            ("output", SightPart::Output),
            ("references", SightPart::Reference),
        ];
        for (field, part) in expected {
            assert_eq!(
                request.get(field).is_some(),
                axis.sees(part),
                "{axis} {field}"
            );
        }
        assert_eq!(request.get("target"), None);
        let text = request.to_string();
        assert_eq!(
            text.contains("INSTRUCTION"),
            axis.sees(SightPart::Instruction)
        );
        assert_eq!(text.contains("REASONING"), axis.sees(SightPart::Reasoning));
        for hidden in ["secret-", "TARGET", "REFERENCE"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
        // The pictures are copies under names that say nothing, byte for byte, and gone afterwards.
        let shown: BTreeMap<String, u64> =
            serde_json::from_str(verdict.rationale.as_deref().unwrap()).unwrap();
        let size = |name: &str| fs::metadata(bench.path(name)).unwrap().len();
        let mut expected = BTreeMap::new();
        if axis.sees(SightPart::Input) {
            expected.insert("input-1.png".to_owned(), size("secret-task-in.png"));
        }
        if axis.sees(SightPart::Output) {
            expected.insert("output.png".to_owned(), size("secret-task-out.png"));
            assert!(!fs::exists(request["output"].as_str().unwrap()).unwrap());
        }
        assert_eq!(shown, expected, "{axis}");
        assert_eq!(verdict.image_digests.len(), expected.len());
    }
    assert_eq!(bench.starts(), 1);
    // The same question has the same id, another repeat another one.
    let ids: Vec<_> = bench
        .requests()
        .iter()
        .map(|request| request["id"].clone())
        .collect();
    let mut question = bench.question(Axis::ALL[0]);
    judge.mark(&question).await.unwrap();
    assert_eq!(bench.requests()[6]["id"], ids[0]);
    question.repeat = 1;
    judge.mark(&question).await.unwrap();
    assert_ne!(bench.requests()[7]["id"], ids[0]);
}

#[tokio::test]
async fn the_target_is_shown_where_the_description_asks_for_it_and_stands_in_the_identity() {
    let bench = Bench::new("", "reply(rationale=json.dumps(sorted(R)))");
    let plain = bench.open().identity().clone();
    assert!(!plain.details.contains_key("target_shown"));
    let axes = "[[axes]]\nkey = \"image_quality\"\nsees = [\"output\", \"target\"]\n";
    bench.describe_axes("", axes);
    let judge = bench.open();
    assert_eq!(judge.identity().details["target_shown"], "image_quality");
    let mut question = bench.question(Axis::IMAGE_QUALITY);
    judge.mark(&question).await.unwrap();
    assert_eq!(bench.requests()[0]["target"]["truth"], "TARGET");
    question.target = None;
    let error = judge.mark(&question).await.unwrap_err().to_string();
    contains_all(&error, &["secret-task", "has none"]);

    // What an axis may not see cannot be asked for.
    let axes = "[[axes]]\nkey = \"image_quality\"\nsees = [\"output\", \"reasoning\"]\n";
    bench.describe_axes("", axes);
    contains_all(
        &bench.try_open().err().unwrap(),
        &["Reasoning", "may not see"],
    );
    assert_eq!(bench.requests().len(), 1);
}

#[tokio::test]
async fn fewer_parts_are_shown_where_the_description_says_so() {
    let bench = Bench::new("", "reply()");
    bench.describe_axes(
        "",
        "[[axes]]\nkey = \"image_alignment\"\nsees = [\"instruction\", \"output\"]\n",
    );
    let judge = bench.open();
    let marks = |axis| judge.identity().marks(axis);
    assert_eq!(Axis::ALL.into_iter().filter(|axis| marks(*axis)).count(), 1);
    let question = bench.question(Axis::IMAGE_ALIGNMENT);
    judge.mark(&question).await.unwrap();
    let request = &bench.requests()[0];
    assert!(request.get("inputs").is_none() && request.get("output").is_some());
}

#[tokio::test]
async fn what_replies_are_worth() {
    for (body, expected) in [
        ("reply(5)", "5"),
        ("reply(6)", "out-of-range"),
        ("reply(3.5)", "out-of-range"),
        ("reply(float('nan'))", "no-mark"),
        ("reply(float('inf'))", "no-mark"),
        ("reply(None)", "no-mark"),
        ("reply('4')", "unparsable"),
        ("say({'id': R['id']})", "unparsable"),
        (
            "say({'id': R['id'], 'missing': {axis: 'refused'}})",
            "refused",
        ),
        ("reply(missing={axis: 'refused'})", "ambiguous"),
    ] {
        let bench = Bench::new("", body);
        let verdict = bench.mark(&*bench.open()).await;
        assert_eq!(told(&verdict), expected, "{body}");
        assert_eq!((verdict.attempts, bench.starts()), (1, 1), "{body}");
        assert_eq!(verdict.served_model.as_deref(), Some("mock 1"));
    }
}

#[tokio::test]
async fn a_number_of_the_programs_own_becomes_a_mark_by_the_calibration() {
    let bench = Bench::new("", "say({'id': R['id'], 'values': {'reward': VALUE}})");
    let axes = "[[axes]]\nkey = \"image_quality\"\nvalue = \"reward\"\n[calibration]\nversion = \"7\"\n\
                [calibration.image_quality]\nthresholds = [-1, 0, 1.5, 9]\n";
    bench.describe_axes("", axes);
    let text = fs::read_to_string(bench.path("program.py")).unwrap();
    for (value, expected) in [
        ("-3.2", "1"),
        ("1.5", "4"),
        ("1e30", "5"),
        ("float('nan')", "no-mark"),
    ] {
        fs::write(bench.path("program.py"), text.replace("VALUE", value)).unwrap();
        let judge = bench.open();
        assert_eq!(judge.identity().details["calibration_version"], "7");
        assert_eq!(told(&bench.mark(&*judge).await), expected, "{value}");
    }
    // One threshold too few for the scale of the axis.
    bench.describe_axes("", &axes.replace(", 9]", "]"));
    contains_all(
        &bench.try_open().err().unwrap(),
        &["3 thresholds", "from 1 to 5"],
    );
}

#[test]
fn descriptions_and_hellos_are_checked() {
    let bench = Bench::new("", "reply()");
    let error = |more: &str, axes: &str| {
        bench.describe_axes(more, axes);
        bench.try_open().err().unwrap()
    };
    contains_all(
        &error(
            "workers = 0\nusd_per_mark = -1",
            "[[axes]]\nkey = \"A b\"\nsees = []",
        ),
        &["workers = 0", "usd_per_mark = -1", "A b", "sees nothing"],
    );
    contains_all(
        &error("thinks = true", ALL_AXES),
        &["malformed", "`thinks`", "axes"],
    );
    contains_all(
        &error("", "[[axes]]\nkey = \"correct\""),
        &["marks correct", "text_quality"],
    );
    contains_all(&error("", ""), &["no [[axes]]", "in its hello"]);
    assert_eq!(bench.starts(), 1, "a faulty description starts nothing");

    for (before, part) in [
        ("hello['hello'] = 2", "version 2"),
        ("del hello['role']", "\"role\": \"judge\""),
        ("hello['axes'] = ['text_quality']", "asks it for"),
        ("sys.exit(3)", "exit status: 3"),
        ("print('no GPU', file=sys.stderr); os._exit(1)", "no GPU"),
    ] {
        let bench = Bench::new(before, "reply()");
        contains_all(&bench.try_open().err().unwrap(), &[part]);
    }
    // Axes that only the hello names.
    let bench = Bench::new(
        "hello['axes'] = ['image_quality']; hello['batch'] = 16",
        "reply()",
    );
    bench.describe_axes("", "");
    assert_eq!(bench.open().identity().details["axes"], "image_quality");
}

#[test]
fn identities_hold_what_decides_the_marks() {
    let bench = Bench::new("", "reply()");
    let first = bench.open().identity().clone();
    assert_eq!((&*first.name, &*first.kind), ("mock", "command"));
    assert_eq!(first.details["program_version"], "1");
    assert_eq!(first.digest(), bench.open().identity().digest());
    let program = fs::read_to_string(bench.path("program.py")).unwrap();
    // The file of the program.
    fs::write(bench.path("program.py"), format!("{program}\n# changed\n")).unwrap();
    let changed = bench.open().identity().clone();
    assert_ne!(
        first.details["file.program.py"],
        changed.details["file.program.py"]
    );
    // What it says, where that comes from elsewhere.
    let told = program.replace("\"version\": \"1\"", "\"version\": open('v').read()");
    fs::write(bench.path("program.py"), told).unwrap();
    let digest_with = |version: &str| {
        fs::write(bench.path("v"), version).unwrap();
        bench.open().identity().digest()
    };
    assert_ne!(digest_with("1"), digest_with("2"));
    // The description.
    bench.describe("task_timeout_s = 9");
    assert_ne!(digest_with("2"), first.digest());
}

#[tokio::test]
async fn a_price_is_booked_for_every_request() {
    let free = Bench::new("", "reply()");
    let judge = free.open();
    let question = free.question(Axis::IMAGE_QUALITY);
    assert_eq!(judge.estimate(&question), MarkCost::FREE);
    assert_eq!(judge.mark(&question).await.unwrap().cost_usd, None);

    let bench = Bench::new("", "if starts == 1: os._exit(1)\nreply()");
    bench.describe("usd_per_mark = 0.25");
    let judge = bench.open();
    let estimate = judge.estimate(&question);
    assert_eq!(
        (estimate.cost_usd, estimate.most_usd),
        (Some(0.25), Some(0.5))
    );
    let verdict = bench.mark(&*judge).await;
    assert_eq!(
        (verdict.cost_usd, verdict.assumed_usd),
        (Some(0.5), Some(0.25))
    );
}
