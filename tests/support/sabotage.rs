//! Judges that know the truth and spoil it in one way each, with parameters drawn at random.

// Every user needs another part of it; a test may stop at a surprise.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use parabench::analysis::judges::audit::{Audit, Thresholds, audit};
use parabench::common::BoxFuture;
use parabench::common::digest::Digest;
use parabench::judge::audit::{Asking, AuditSettings, Probe, Stop, ask, plan};
use parabench::judge::evidence::Parts;
use parabench::judge::oracle::Oracle;
use parabench::judge::{
    Evidence, Identity, Judge, JudgeError, Mark, MarkCost, MissingReason, Question, Score, Verdict,
    reply,
};
use parabench::suite::{self, Axis};
use rand::{Rng, RngExt as _};

/// How a judge is spoilt.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Not at all; one mark in so many is off by one.
    Honest { slips: f64 },
    /// Always the same mark.
    Constant(u8),
    /// Any mark.
    Random,
    /// Sees no pictures; guesses a mark per axis where there is nothing else.
    ImageBlind { guess: u8 },
    /// Sees no reasoning; guesses where there is nothing else.
    TextBlind { guess: u8 },
    /// Does what judged text tells it, with some probability.
    Obeying { share: f64, mark: u8 },
    /// Takes the first picture for the input.
    FirstIsInput,
    /// Likes or dislikes pictures that come first.
    OrderBiased { bonus: i64 },
    /// Gives one mark more than deserved.
    Lenient,
    /// Gives no mark in a share of the calls.
    Failing { share: f64 },
    /// Ends its reply with the planted one, where a text tells it to, with some probability.
    Quoting { share: f64 },
    /// Takes a planted end of a thought for its own, with some probability: it copies the text as a thought, up to the
    /// planted reply or with one of its own in the same sense.
    EndingThought { share: f64, own_words: bool },
}

/// Words of the text that plants a reply to be quoted.
const PLANTED_QUOTE: &str = "word for word:\n";
/// The planted end of a thought.
const PLANTED_END: &str = "</think>";

impl Fault {
    /// One of each kind that is a fault, its parameters drawn.
    pub fn drawn(dice: &mut impl Rng) -> Vec<Self> {
        let strong = [-2, -1, 1, 2];
        vec![
            Self::Constant(dice.random_range(1..=5)),
            Self::Random,
            Self::ImageBlind {
                guess: dice.random_range(1..=5),
            },
            Self::TextBlind {
                guess: dice.random_range(1..=5),
            },
            Self::Obeying {
                share: dice.random_range(0.7..=1.0),
                mark: dice.random_range(4..=5),
            },
            Self::FirstIsInput,
            Self::OrderBiased {
                bonus: strong[dice.random_range(0..4)],
            },
            Self::Lenient,
            Self::Failing {
                share: dice.random_range(0.1..=0.3),
            },
        ]
    }

    /// One of each kind that shows in one form of injection only, its parameters drawn.
    pub fn of_one_form(dice: &mut impl Rng) -> Vec<Self> {
        vec![
            Self::Quoting {
                share: dice.random_range(0.7..=1.0),
            },
            Self::EndingThought {
                share: dice.random_range(0.7..=1.0),
                own_words: dice.random(),
            },
        ]
    }

    /// The axes on which the fault shows; the others are as good as the oracle's.
    pub fn axes(&self) -> Vec<Axis> {
        let all = Axis::ALL.into_iter();
        match self {
            Self::Honest { .. } => Vec::new(),
            Self::ImageBlind { .. } => all.filter(|axis| axis.needs_image()).collect(),
            Self::TextBlind { .. }
            | Self::Obeying { .. }
            | Self::Quoting { .. }
            | Self::EndingThought { .. } => all.filter(|axis| axis.needs_reasoning()).collect(),
            Self::FirstIsInput | Self::OrderBiased { .. } => all
                .filter(|axis| axis.needs_image() && *axis != Axis::IMAGE_QUALITY)
                .collect(),
            _ => all.collect(),
        }
    }
}

/// A judge with a fault.
pub struct Sabotaged {
    identity: Identity,
    fault: Fault,
    seed: u64,
}

impl Sabotaged {
    pub fn new(fault: Fault, seed: u64) -> Self {
        let details = BTreeMap::from([("seed".to_owned(), seed.to_string())]);
        Self {
            identity: Identity {
                name: "subject".to_owned(),
                kind: "test".to_owned(),
                details,
            },
            fault,
            seed,
        }
    }

    fn verdict(&self, question: &Question) -> Verdict {
        let chance = self.chance(question);
        if let Fault::Failing { share } = self.fault
            && chance < share
        {
            return Verdict::local(Mark::Missing(MissingReason::Unparsable), None);
        }
        if let Some(reply) = self.planted(question, chance) {
            return reply;
        }
        let mark = self.mark(question, chance).clamp(1, 5);
        Verdict::local(Mark::Scored(Score::new(mark).unwrap()), None)
    }

    /// What becomes of the reply of a judge that falls for a planted one, read as a judge's reply is.
    fn planted(&self, question: &Question, chance: f64) -> Option<Verdict> {
        let reasoning = question.evidence.reasoning()?;
        let reply = match self.fault {
            Fault::Quoting { share } if chance < share => {
                let (_, line) = reasoning.split_once(PLANTED_QUOTE)?;
                format!(
                    "{{\"reasoning\": \"As I see it.\", {}}}\n{line}",
                    keyed(line, truth(question))
                )
            }
            Fault::EndingThought { share, own_words } if chance < share => {
                let (_, line) = reasoning.split_once(PLANTED_END)?;
                match own_words {
                    true => format!("{{\"reasoning\": \"Flawless.\", {}}}", keyed(line, 5)),
                    false => format!("<think>{reasoning}"),
                }
            }
            _ => return None,
        };
        let key = key_of(&reply);
        let form = reply::Form::one_key(question.evidence.axis(), &key);
        let reading = reply::read_at(&reply, &form, 0, &[reasoning.to_owned()]);
        Some(Verdict::local(reading.mark, None))
    }

    fn mark(&self, question: &Question, chance: f64) -> i64 {
        let evidence = &question.evidence;
        let first = evidence.input().is_some() && question.view.output_first;
        match self.fault {
            Fault::Honest { slips } if chance < slips => {
                truth(question) + if chance < slips / 2.0 { -1 } else { 1 }
            }
            Fault::Constant(mark) => mark.into(),
            Fault::Random => 1 + (5.0 * chance) as i64,
            Fault::ImageBlind { guess } if evidence.output().is_some() => {
                match evidence.reasoning() {
                    Some(_) => truth(&with(question, Axis::TEXT_QUALITY)),
                    None => guess.into(),
                }
            }
            Fault::TextBlind { guess } if evidence.reasoning().is_some() => {
                match evidence.output() {
                    Some(_) => truth(&with(question, Axis::IMAGE_QUALITY)),
                    None => guess.into(),
                }
            }
            Fault::Obeying { share, mark } if chance < share => {
                if evidence.reasoning().is_some_and(asks_for_five) {
                    mark.into()
                } else {
                    truth(question)
                }
            }
            Fault::FirstIsInput if first => truth(&swapped(question)),
            Fault::OrderBiased { bonus } if first => truth(question) + bonus,
            Fault::Lenient => truth(question) + 1,
            _ => truth(question),
        }
    }

    /// A number from 0 to 1 that is this call's alone.
    fn chance(&self, question: &Question) -> f64 {
        let call = format!("{} {:?} {}", self.seed, question.view, question.repeat);
        let fields = [call.as_bytes(), shown(question).as_bytes()].map(<[u8]>::to_vec);
        Digest::of_fields(fields.iter().map(Vec::as_slice)).as_u64() as f64 / 2f64.powi(64)
    }
}

/// The name of the mark in a planted reply.
fn key_of(reply: &str) -> String {
    let (_, rest) = reply.split_once("\", \"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// A mark under the name that a planted reply has for it.
fn keyed(reply: &str, mark: i64) -> String {
    format!("\"{}\": {}", key_of(reply), mark.clamp(1, 5))
}

/// Whether a text names the mark 5: the world's texts know it only as a part of cells.
fn asks_for_five(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|c| {
        let found = (c == '5' && !before.is_alphabetic()) || c == '\u{e0035}';
        before = c;
        found
    })
}

/// What a question shows, put as a question of another axis.
fn with(question: &Question, axis: Axis) -> Question {
    Question {
        evidence: Evidence::gather(axis, question.evidence.parts().clone()).unwrap(),
        ..question.clone()
    }
}

/// The question with the input image in the place of the output image.
fn swapped(question: &Question) -> Question {
    let mut question = question.clone();
    let Parts {
        instruction,
        reasoning,
        inputs,
        output,
        reference,
        reference_image,
    } = question.evidence.parts().clone();
    if let (Some(input), Some(_)) = (inputs.first(), &output) {
        let input = Arc::clone(input);
        let parts = Parts {
            instruction,
            reasoning,
            inputs: output.into(),
            output: Some(input),
            reference,
            reference_image,
        };
        question.evidence = Evidence::gather(question.evidence.axis(), parts).unwrap();
    }
    question
}

/// The oracle's mark; each question is put to it once.
fn truth(question: &Question) -> i64 {
    static ORACLE: OnceLock<Oracle> = OnceLock::new();
    static KNOWN: Mutex<BTreeMap<Digest, i64>> = Mutex::new(BTreeMap::new());
    let key = Digest::of(shown(question).as_bytes());
    if let Some(mark) = KNOWN.lock().unwrap().get(&key) {
        return *mark;
    }
    let verdict = ORACLE.get_or_init(Oracle::new).verdict(question).unwrap();
    let mark = match verdict.mark {
        Mark::Scored(score) => score.rounded(),
        Mark::Missing(reason) => panic!("the oracle always marks, not {reason}"),
    };
    KNOWN.lock().unwrap().insert(key, mark);
    mark
}

/// All that a judge sees of a question, and its task.
fn shown(question: &Question) -> String {
    let evidence = &question.evidence;
    let pictures = [evidence.input(), evidence.output()];
    format!(
        "{} {} {:?} {:?}",
        question.task,
        evidence.axis(),
        pictures.map(|picture| picture.map(|file| file.digest)),
        evidence.reasoning(),
    )
}

impl Judge for Sabotaged {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn concurrency(&self) -> usize {
        4
    }

    fn has_price(&self) -> bool {
        true
    }

    fn estimate(&self, _: &Question) -> MarkCost {
        MarkCost {
            calls: 1,
            cost_usd: Some(0.01),
            most_usd: Some(0.01),
            ..MarkCost::default()
        }
    }

    fn mark<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        let verdict = self.verdict(question);
        Box::pin(async move { Ok(verdict) })
    }
}

/// The questions of an audit on the bundled suite; pictures live as long as the test.
pub fn questions(calls: u32, seed: u64) -> Vec<Probe> {
    let suite = suite::open("shapes").unwrap();
    let folder: PathBuf = tempfile::tempdir().unwrap().keep();
    plan(&suite, AuditSettings { calls, seed }, &folder).unwrap()
}

/// The judge's verdicts.
pub fn answers(judge: Arc<dyn Judge>, probes: &[Probe]) -> Vec<Option<Verdict>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let asking = Asking::default();
    runtime
        .block_on(ask(&judge, probes, asking, &Stop::default(), &|_| {}))
        .unwrap()
}

/// The whole audit of a judge.
pub fn audited(judge: impl Judge + 'static, probes: &[Probe]) -> Audit {
    let judge: Arc<dyn Judge> = Arc::new(judge);
    let verdicts = answers(Arc::clone(&judge), probes);
    audit(judge.identity(), probes, &verdicts, &Thresholds::default())
}
