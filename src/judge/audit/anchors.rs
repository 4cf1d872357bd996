//! Questions and marks of an audit as files, to be asked again on a later day.
//!
//! A folder holds `anchors.json` and `pictures/<sha256>.png`. It is complete: a later program
//! with another world, other damage or other injections still asks the very same questions.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::probe::{Probe, Shown, Variation};
use crate::common::digest::Digest;
use crate::common::files;
use crate::common::picture::PictureFile;
use crate::common::picture::shelf::Shelf;
use crate::common::saved::{self, SavedError};
use crate::endpoint::identity::modernise;
use crate::judge::anchor_folder::{AnchorError, FILE, check_free};
use crate::judge::evidence::{Evidence, Parts};
use crate::judge::{Identity, Mark, Question, Score, Verdict, View};
use crate::suite::{Axis, Kind, Target};

/// Version of the files' layout.
const VERSION: u32 = 1;
/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 32 << 20;
/// What writes it.
const ORIGIN: &str = "an anchor set is written by `parabench judge-audit --save-anchors`";
/// Most questions that are read.
const MAX_PROBES: usize = 10_000;

/// An anchor set as it was saved.
#[derive(Clone, Debug)]
pub struct Anchors {
    /// The judge of that day.
    pub judge: Identity,
    /// Its served models and fingerprints.
    pub served: BTreeSet<String>,
    /// The questions.
    pub probes: Vec<Probe>,
    /// Its marks, in the order of the questions.
    pub marks: Vec<Option<Mark>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAnchors {
    version: u32,
    judge: Identity,
    served: BTreeSet<String>,
    probes: Vec<WireProbe>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireProbe {
    axis: Axis,
    round: u32,
    shown: Shown,
    variation: Variation,
    truth: Score,
    task: Arc<str>,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instruction: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reasoning: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aside: Option<Arc<str>>,
    #[serde(default)]
    output_first: bool,
    #[serde(default)]
    reworded: bool,
    repeat: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<Mark>,
}

/// Saves questions and marks to a folder that holds no anchor set yet.
///
/// # Errors
/// [`AnchorError`].
pub fn save(
    folder: &Path,
    judge: &Identity,
    probes: &[Probe],
    verdicts: &[Option<Verdict>],
) -> Result<(), AnchorError> {
    check_free(folder)?;
    Shelf::within(folder, ORIGIN).keep(probes.iter().flat_map(pictures_of))?;
    let wire = WireAnchors {
        version: VERSION,
        judge: judge.clone(),
        served: served(verdicts),
        probes: probes
            .iter()
            .zip(verdicts)
            .map(|(probe, verdict)| to_wire(probe, verdict.as_ref()))
            .collect(),
    };
    let path = folder.join(FILE);
    let text = serde_json::to_vec_pretty(&wire).map_err(|error| faulty(&path, error))?;
    Ok(files::write_atomic(&path, &text).map_err(SavedError::from)?)
}

/// Reads an anchor set; every picture is checked against its name.
///
/// # Errors
/// [`AnchorError`].
pub fn load(folder: &Path) -> Result<Anchors, AnchorError> {
    let path = folder.join(FILE);
    let wire: WireAnchors = saved::read_json(&path, MAX_BYTES, ORIGIN)?;
    if wire.version != VERSION {
        let fault = format!("layout version {}, expected {VERSION}", wire.version);
        return Err(faulty(&path, fault));
    }
    if wire.probes.len() > MAX_PROBES {
        let fault = format!("{} questions, at most {MAX_PROBES}", wire.probes.len());
        return Err(faulty(&path, fault));
    }
    let mut shelf = Shelf::within(folder, ORIGIN);
    let marks = wire.probes.iter().map(|probe| probe.mark).collect();
    let probes: Result<_, AnchorError> = wire
        .probes
        .into_iter()
        .enumerate()
        .map(|(number, probe)| from_wire(probe, number, &path, &mut shelf))
        .collect();
    Ok(Anchors {
        judge: modern(wire.judge),
        served: wire.served,
        probes: probes?,
        marks,
    })
}

/// The models and fingerprints that the endpoint named.
pub fn served(verdicts: &[Option<Verdict>]) -> BTreeSet<String> {
    let named = verdicts.iter().flatten().filter_map(|verdict| {
        let model = verdict.served_model.as_ref()?;
        Some(match &verdict.fingerprint {
            Some(fingerprint) => format!("{model} ({fingerprint})"),
            None => model.clone(),
        })
    });
    named.collect()
}

/// The models that the endpoint named, without fingerprints.
pub fn served_models(verdicts: &[Option<Verdict>]) -> BTreeSet<String> {
    let verdicts = verdicts.iter().flatten();
    verdicts
        .filter_map(|verdict| verdict.served_model.clone())
        .collect()
}

fn faulty(path: &Path, fault: impl std::fmt::Display) -> AnchorError {
    SavedError::faulty(path, ORIGIN, fault).into()
}

fn pictures_of(probe: &Probe) -> impl Iterator<Item = &Arc<PictureFile>> {
    let evidence = &probe.question.evidence;
    evidence.input().into_iter().chain(evidence.output())
}

fn to_wire(probe: &Probe, verdict: Option<&Verdict>) -> WireProbe {
    let question = &probe.question;
    let evidence = &question.evidence;
    WireProbe {
        axis: probe.axis,
        round: probe.round,
        shown: probe.shown,
        variation: probe.variation,
        truth: probe.truth,
        task: Arc::clone(&question.task),
        kind: question.kind,
        instruction: evidence.instruction().map(Arc::from),
        reasoning: evidence.reasoning().map(Arc::from),
        input: evidence.input().map(|picture| picture.digest),
        output: evidence.output().map(|picture| picture.digest),
        target: question.target.as_ref().map(|target| target.0.clone()),
        aside: question.view.aside.clone(),
        output_first: question.view.output_first,
        reworded: question.view.reworded,
        repeat: question.repeat,
        mark: verdict.map(|verdict| verdict.mark),
    }
}

fn from_wire(
    wire: WireProbe,
    number: usize,
    path: &Path,
    shelf: &mut Shelf,
) -> Result<Probe, AnchorError> {
    let given = wire.mark.and_then(|mark| match mark {
        Mark::Scored(score) => Some(score),
        Mark::Missing(_) => None,
    });
    let mut scores = [Some(wire.truth), given].into_iter().flatten();
    if let Some(fault) = scores.find_map(|score| score.fault(wire.axis)) {
        return Err(faulty(path, format!("probes[{number}]: {fault}")));
    }
    let input = shelf.picture(wire.input)?;
    let output = shelf.picture(wire.output)?;
    let parts = Parts {
        instruction: wire.instruction,
        reasoning: wire.reasoning,
        inputs: input.into(),
        output,
        ..Parts::default()
    };
    let evidence = Evidence::gather(wire.axis, parts).ok_or_else(|| {
        let axis = wire.axis;
        faulty(
            path,
            format!("question {number} does not have what {axis} needs"),
        )
    })?;
    Ok(Probe {
        axis: wire.axis,
        round: wire.round,
        shown: wire.shown,
        variation: wire.variation,
        truth: wire.truth,
        question: Question {
            task: wire.task,
            kind: wire.kind,
            category: None,
            together: Arc::default(),
            evidence,
            target: wire.target.map(|value| Arc::new(Target(value))),
            view: View {
                aside: wire.aside,
                output_first: wire.output_first,
                reworded: wire.reworded,
            },
            repeat: wire.repeat,
        },
    })
}

/// An identity that an earlier version saved, in the present form.
fn modern(mut judge: Identity) -> Identity {
    // Where it was asked is no part of it.
    let _address = modernise(&mut judge.details);
    judge
}
