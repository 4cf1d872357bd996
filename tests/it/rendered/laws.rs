//! Laws of every form of a report, over random small runs: one contrast has one standing everywhere, exchanging the runs
//! exchanges every sentence, the order of runs and of rows changes nothing, a claim has the sign of its estimate, and a place
//! lies in its own rank set.

use parabench::analysis::compare::Comparison;
use parabench::analysis::compare::standing::Direction;
use parabench::analysis::findings::{Findings, ReportRequest, findings};
use parabench::analysis::published::Figures;
use parabench::analysis::ranks::boards::{self as ranks, Boards};
use parabench::analysis::runs::declaration::Declaration;
use parabench::analysis::runs::load::LoadedRun;
use parabench::analysis::runs::source::RunSource;
use parabench::judge::MissingReason;
use parabench::report::compare_csv::compare_csv;
use parabench::report::compare_text::compare_text;
use parabench::report::kit;
use parabench::report::page::{self, Content};
use parabench::report::standing::Speaker;
use parabench::report::table::text::Detail;
use parabench::run::scores::Status;
use proptest::prelude::*;
use tempfile::TempDir;

use super::boards;
use super::same::{Forms, agree};
use crate::runs::{Place, RunFixture, hashed, hashed_mark};

/// What a random world is made of.
#[derive(Clone, Debug)]
struct Recipe {
    salt: u32,
    /// Levels of the candidate and of a second baseline; the first baseline is at 3.
    levels: [f64; 2],
    /// Share of the candidate's marks that are lost on one axis.
    lost: f64,
    /// Whether the second baseline thinks.
    thinks: bool,
    margin: Option<f64>,
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let levels = [1.5..4.5f64, 1.5..4.5f64];
    let lost = prop_oneof![Just(0.0), 0.0..0.08f64, Just(0.3)];
    let margin = prop_oneof![Just(None), (5.0..60.0f64).prop_map(Some)];
    (0u32..1_000_000, levels, lost, any::<bool>(), margin).prop_map(
        |(salt, levels, lost, thinks, margin)| Recipe {
            salt,
            levels,
            lost,
            thinks,
            margin,
        },
    )
}

/// Runs `a`, `b` and `c` on disk.
struct World {
    folder: TempDir,
    sources: [RunSource; 3],
    margin: Option<f64>,
}

impl World {
    fn of(recipe: &Recipe) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [cand, other] = recipe.levels;
        let run = |name: &str, level: f64, lost: f64| {
            let salt = format!("{name}{}", recipe.salt);
            RunFixture::new(name, 3, 4, 0.0).with_marks(move |place: Place| {
                let here = place.axis == parabench::suite::Axis::IMAGE_QUALITY;
                if here && hashed(&format!("{salt} lost"), place) < lost {
                    return Err(Status::Missing(MissingReason::Transport));
                }
                Ok(hashed_mark(&salt, place, level))
            })
        };
        let mut runs = [
            run("a", cand, recipe.lost),
            run("b", 3.0, 0.0),
            run("c", other, 0.0),
        ];
        runs[2].thinks = recipe.thinks;
        let sources = runs.map(|run| RunSource::read(&run.write(folder.path())).unwrap());
        Self {
            folder,
            sources,
            margin: recipe.margin,
        }
    }

    fn sources(&self, names: &[&str]) -> Vec<&RunSource> {
        let named = |name: &&str| {
            let mut all = self.sources.iter();
            all.find(|source| source.run.label == *name).unwrap()
        };
        names.iter().map(named).collect()
    }

    fn findings(&self, runs: &[&str], baselines: &[&str]) -> Findings {
        findings(&ReportRequest {
            runs: self.sources(runs),
            baselines: self.sources(baselines),
            beside: Vec::new(),
            judge: None,
            across: parabench::analysis::compare::Across::Refused,
            declaration: Declaration {
                margin: self.margin,
                ..Declaration::default()
            },
            draws: 499,
            multiverse: false,
            published: &Figures::read(None).unwrap(),
            audits: &[],
            command: "parabench report".to_owned(),
        })
        .unwrap()
    }

    fn boards(&self) -> Boards {
        let runs = self.sources(&["a", "b", "c"]);
        ranks::boards(&ranks::LeaderboardRequest {
            runs: runs.iter().map(|source| &source.run).collect(),
            judge: None,
            across: parabench::analysis::compare::Across::Refused,
            alpha: 0.05,
            declaration: Declaration::default(),
            published: &Figures::read(None).unwrap(),
        })
        .unwrap()
    }

    /// Every form of a report, made in memory.
    fn forms(&self, found: &Findings, runs: &[&str]) -> Forms {
        let comparison = found.comparison.as_ref().unwrap();
        let loaded: Vec<&LoadedRun> = self.sources(runs).iter().map(|s| &s.run).collect();
        let rendered = page::render(&Content {
            findings: found,
            runs: &loaded,
            suite: None,
            cache: &self.folder.path().join("cache"),
        })
        .unwrap();
        let kit = kit::render(found).unwrap();
        let file = |name: &str| {
            let mut all = kit.iter();
            all.find(|file| file.name == name).unwrap().text.clone()
        };
        let (_, page) = rendered
            .files()
            .find(|(name, _)| name == page::PAGE)
            .unwrap();
        Forms {
            contrasts: serde_json::to_value(&comparison.contrasts).unwrap(),
            terminal: compare_text(comparison, true, Detail::LINE),
            compare_csv: compare_csv(comparison).unwrap(),
            results_json: file(kit::names::JSON),
            results_csv: file(kit::names::CSV),
            table_tex: file(kit::names::TABLE),
            significance_tex: file(kit::names::SIGNIFICANCE),
            markdown: file(kit::names::MARKDOWN),
            page: String::from_utf8(page.to_vec()).unwrap(),
        }
    }
}

fn sentences(comparison: &Comparison) -> Vec<(String, String)> {
    let name = |label: &str| format!("run {label}");
    let speaker = Speaker {
        comparison,
        name: &name,
    };
    let said = comparison.contrasts.iter().map(|contrast| {
        let key = contrast.standing.key().to_owned();
        (key, speaker.sentence(contrast))
    });
    said.collect()
}

/// A sentence about b and a as it must be for a and b: names, direction, sign and ends of the interval exchanged.
fn exchanged(sentence: &str) -> String {
    let number = r"[+-]?\d+(?:\.\d+)?";
    let negative = |text: &str| match text.parse::<f64>().unwrap() {
        0.0 => text.to_owned(),
        value if value > 0.0 => format!("-{}", text.trim_start_matches('+')),
        _ => format!("+{}", text.trim_start_matches('-')),
    };
    let interval = regex::Regex::new(&format!("({number}) to ({number})")).unwrap();
    let text = interval.replace_all(sentence, |found: &regex::Captures<'_>| {
        format!("{} to {}", negative(&found[2]), negative(&found[1]))
    });
    let points = regex::Regex::new(&format!("([:,]) ({number}) points")).unwrap();
    let text = points.replace_all(&text, |found: &regex::Captures<'_>| {
        format!("{} {} points", &found[1], negative(&found[2]))
    });
    let wins = regex::Regex::new(r"\((\d+)/(\d+)/(\d+)\)").unwrap();
    let text = wins.replace_all(&text, "($3/$2/$1)");
    let both = [
        ("run a", "run b"),
        ("scores higher", "scores lower"),
        ("more tasks than higher", "more tasks than lower"),
    ];
    both.iter().fold(text.into_owned(), |text, (one, other)| {
        let marked = text.replace(one, "\u{1}").replace(other, one);
        marked.replace('\u{1}', other)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn every_form_says_the_same_standing(recipe in recipe()) {
        let world = World::of(&recipe);
        let found = world.findings(&["a"], &["b", "c"]);
        let forms = world.forms(&found, &["a", "b", "c"]);
        agree(&forms, |label| format!("{label}-model"));
        boards::of_a_report(&found, &forms, |label| format!("{label}-model"));
        boards::of_the_command(&world.boards(), &found);
        boards::contradict_nothing(&found);
        let comparison = found.comparison.as_ref().unwrap();
        for contrast in &comparison.contrasts {
            let Ok(finding) = &contrast.result else { continue };
            let sign = Direction::of(finding.difference.points);
            prop_assert!(contrast.standing.direction().is_none_or(|said| Some(said) == sign));
        }
        for board in &found.leaderboards {
            for (place, number) in board.places.iter().zip(1..) {
                let [best, worst] = place.rank_set;
                prop_assert!(board.places_withheld || (best..=worst).contains(&number));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn exchanging_the_runs_exchanges_every_sentence(recipe in recipe()) {
        let world = World::of(&recipe);
        let forth = world.findings(&["a"], &["b"]).comparison.unwrap();
        let back = world.findings(&["b"], &["a"]).comparison.unwrap();
        for ((key, said), (_, turned)) in sentences(&forth).iter().zip(sentences(&back)) {
            // Being at most so much worse is no symmetric claim; what was lost is whose it is.
            if key.ends_with("non-inferior") || key == "withheld" || said.contains("at most") || turned.contains("at most") {
                continue;
            }
            prop_assert_eq!(said, &exchanged(&turned));
        }
    }

    #[test]
    fn the_order_of_runs_and_rows_changes_no_sentence(recipe in recipe()) {
        let mut world = World::of(&recipe);
        let before = world.findings(&["a"], &["b", "c"]).comparison.unwrap();
        for source in &mut world.sources {
            source.run.rows.reverse();
        }
        let after = world.findings(&["a"], &["c", "b"]).comparison.unwrap();
        let (mut before, mut after) = (sentences(&before), sentences(&after));
        before.sort();
        after.sort();
        prop_assert_eq!(before, after);
    }
}
