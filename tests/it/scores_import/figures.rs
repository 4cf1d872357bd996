//! Official figures of benchmarks, to the last digit.

use super::{World, estimate, marks, official};

/// Files, suite, form, metric, what the authors print and its value; ends in points (0 to 100) and units.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    f64,
    [f64; 2],
    u64,
);

/// Published or official figures with intervals that were computed elsewhere.
const CASES: [Case; 16] = [
    (
        "geneval",
        "geneval",
        "geneval",
        "correct",
        "0.74342",
        0.743_421_426_1,
        [72.680_011_64, 75.936_631_04],
        553,
    ),
    (
        "wise-verified",
        "wise-verified",
        "wise",
        "score",
        "0.6280",
        0.628,
        [59.878_931_64, 65.630_466_5],
        1000,
    ),
    (
        "wise-legacy",
        "wise-legacy",
        "wise",
        "wiscore",
        "0.4926",
        0.492_609_705_4,
        [47.599_801_65, 50.774_841_66],
        995,
    ),
    (
        "gedit",
        "gedit-full",
        "gedit",
        "sc",
        "6.332",
        6.331_880_223_1,
        [60.564_420_95, 65.988_837_98],
        605,
    ),
    (
        "gedit",
        "gedit-full",
        "gedit",
        "o",
        "5.830",
        5.829_704_056_9,
        [56.128_976_17, 60.433_489_14],
        605,
    ),
    (
        "viescore",
        "viescore-imagenhub",
        "viescore",
        "sc",
        "0.6263",
        0.626_256_983_2,
        [55.612_750_43, 69.145_374_33],
        116,
    ),
    (
        "viescore",
        "viescore-imagenhub",
        "viescore",
        "pq",
        "0.4855",
        0.485_474_860_3,
        [46.262_758_36, 50.838_300_68],
        116,
    ),
    (
        "viescore",
        "viescore-imagenhub",
        "viescore",
        "o",
        "0.4544",
        0.454_439_395_9,
        [40.525_326_61, 50.453_106_8],
        116,
    ),
    (
        "gedit",
        "gedit-full-en",
        "gedit",
        "pq",
        "6.393",
        6.3926281748,
        [62.30283334, 65.51850975],
        605,
    ),
    (
        "gedit",
        "gedit-full-cn",
        "gedit",
        "sc",
        "6.044",
        6.0438857129,
        [57.55106235, 63.25562622],
        606,
    ),
    (
        "gedit",
        "gedit-full-cn",
        "gedit",
        "o",
        "5.549",
        5.5493346011,
        [53.17928840, 57.78382591],
        606,
    ),
    (
        "gedit",
        "gedit-intersection-en",
        "gedit",
        "sc",
        "6.518",
        6.5184701264,
        [61.77273974, 68.44767911],
        399,
    ),
    (
        "gedit",
        "gedit-intersection-en",
        "gedit",
        "o",
        "5.935",
        5.9347923316,
        [56.68658768, 61.95548268],
        399,
    ),
    (
        "gedit",
        "gedit-intersection-cn",
        "gedit",
        "pq",
        "6.420",
        6.4199917758,
        [62.07609490, 66.26943013],
        400,
    ),
    (
        "gedit",
        "gedit-intersection-cn",
        "gedit",
        "o",
        "5.534",
        5.5337953669,
        [52.48748355, 58.15375319],
        400,
    ),
    (
        "kris",
        "kris",
        "kris",
        "total",
        "57.37",
        57.3737373737,
        [56.2051641418, 58.492851836],
        1266,
    ),
];

#[test]
fn figures_of_benchmarks_come_out_to_the_last_digit() {
    for (at, (folder, suite, form, metric, text, value, ends, units)) in
        CASES.into_iter().enumerate()
    {
        let world = World::new();
        let folder = if folder == "viescore" {
            "viescore/results_gemini_0shot"
        } else {
            folder
        };
        let output = format!("results/{at}");
        let mut more = vec!["--as", form, "-o", &output];
        if suite == "gedit-full" {
            more.extend(["--language", "en"]);
        }
        let printed = world.import(&[marks(folder)], suite, &more);
        let (found, (shown, count)) = (official(&printed, metric), estimate(&printed, metric));
        assert!(
            (found.0 - value).abs() < 1e-9 * value.abs().max(1.0),
            "{suite} {metric}: {found:?} {shown:?}"
        );
        assert_eq!(found.1, text, "{suite} {metric}");
        for (end, wanted) in shown.into_iter().zip(ends) {
            assert!(
                (end - wanted).abs() < 2e-5,
                "{suite} {metric}: {found:?} {shown:?}"
            );
        }
        assert_eq!(count, units, "{suite} {metric}");
    }
}

#[test]
fn rise_and_kris_follow_their_rules() {
    let world = World::new();
    let rise = world.import(
        &[marks("rise/m_judge.xlsx")],
        "rise",
        &["--as", "rise", "-o", "results/rise"],
    );
    let accuracy = official(&rise, "accuracy");
    assert!((accuracy.0 - 18.611_111_111_1).abs() < 1e-9);
    assert_eq!(accuracy.1, "18.6");
    // What the script computes where it means to weigh otherwise.
    let computed = official(&rise, "score-as-computed");
    assert!((computed.0 - 70.205_382_436_3).abs() < 1e-9, "{computed:?}");
    // A task that is free of consistency could not pass before 2026-04.
    let before = world.import(
        &[marks("rise/m_judge.xlsx")],
        "rise-pre-2026-04",
        &["--as", "rise", "-o", "results/before"],
    );
    let before = official(&before, "accuracy");
    assert!((before.0 - 15.833_333_333_3).abs() < 1e-9, "{before:?}");
    assert_eq!(before.1, "15.8");
    let score = official(&rise, "score");
    assert!((score.0 - 68.866_855_524_1).abs() < 1e-9);
    let kris = world.import(
        &[marks("kris")],
        "kris",
        &["--as", "kris", "-o", "results/kris", "--model", "m"],
    );
    let total = official(&kris, "total");
    assert!((total.0 - 57.373_737_373_7).abs() < 1e-9);
    assert_eq!(
        kris["models"][0]["absent"],
        serde_json::json!(["biology/3"])
    );
}
