//! Puts tasks, answers, marks and pictures together.

use std::collections::HashMap;

use super::film;
use super::records::{GalleryAnswer, GalleryError, Records};
use super::telling::{Telling, telling};
use super::wire::{
    WireAnswers, WireAxis, WireFrame, WireGallery, WireMark, WireRun, WireSample, WireTask,
};
use crate::analysis::findings::run::RunFindings;
use crate::analysis::findings::{Findings, Item};
use crate::analysis::runs::load::LoadedRun;
use crate::report::names::Names;
use crate::report::page::album::{Album, Developed};
use crate::report::page::text::{bounded, script_json};
use crate::report::page::thumbnail::Thumbnails;
use crate::report::page::view::roles::Role;
use crate::run::answer::picture_name;
use crate::run::folder::names::IMAGES;
use crate::run::record::{MarkKey, SampleKey};
use crate::run::scores::{ScoreRow, Status};
use crate::suite::axes::scale::MarkScale;
use crate::suite::shapes;
use crate::suite::{Axis, Suite, Task};

/// Longest side of a picture in the gallery, in pixels.
const SIDE: u32 = 320;
/// Longest side of a frame of a film, in pixels.
const FRAME_SIDE: u32 = 192;
/// Cells of a picture's side where the pictures are no picture world's.
const BLOCKS: u8 = 8;
/// The kind of the judge that knows a picture world, whose pictures have cells.
const ORACLE: &str = "oracle";
/// Most characters of an instruction.
const MAX_INSTRUCTION: usize = 4_000;

/// The gallery, ready for the page.
#[derive(Debug, Default)]
pub struct Gallery {
    /// Its data, as JSON that may stand in a script element.
    pub json: String,
    /// Tasks that tell what the numbers mean; empty where nothing is compared.
    pub telling: Vec<Telling>,
    /// Pictures for the folder beside the page, by file name; empty where they are embedded.
    pub images: Vec<(String, Vec<u8>)>,
}

/// Builds the gallery of `runs`, which are those of the findings in the same order. Without a suite there are
/// neither instructions nor input pictures.
///
/// # Errors
/// [`GalleryError`] for logs of a form that this program does not know.
pub fn gallery(
    findings: &Findings,
    names: &Names,
    runs: &[&LoadedRun],
    suite: Option<&Suite>,
    thumbnails: &Thumbnails,
) -> Result<Gallery, GalleryError> {
    let mut album = Album::default();
    let mut answers = Vec::new();
    for (run, found) in runs.iter().zip(&findings.runs) {
        let records = Records::read(run, &found.judging.name)?;
        answers.push(of_run(findings, run, found, &records, &mut album));
    }
    let tasks = tasks(findings, suite, answers, &mut album);
    let mut wire = WireGallery {
        runs: findings.runs.iter().map(|run| head(run, names)).collect(),
        axes: findings
            .suite
            .axes
            .iter()
            .map(|&axis| title(axis))
            .collect(),
        categories: categories(findings),
        grid: match findings.runs.iter().all(|run| run.judging.kind == ORACLE) {
            true => shapes::SIDE,
            false => BLOCKS,
        },
        pictures: Vec::new(),
        tasks,
    };
    let texts = serde_json::to_string(&wire)?.len();
    let Developed { entries, files } = album.develop(thumbnails, texts);
    wire.pictures = entries;
    Ok(Gallery {
        json: script_json(&wire)?,
        telling: first_pair(findings)
            .map_or_else(Vec::new, |(pair, number)| telling(&wire, pair, number)),
        images: files,
    })
}

/// The places of the first pair of runs that is not about a control, and its number in the gallery.
fn first_pair(findings: &Findings) -> Option<((usize, usize), usize)> {
    let of = |baseline: bool| {
        let runs = findings.runs.iter().enumerate();
        let chosen = runs.filter(move |(_, run)| run.baseline == baseline);
        chosen.map(|(place, _)| place).collect::<Vec<_>>()
    };
    let (candidates, baselines) = (of(false), of(true));
    let is_model = |place: &&usize| {
        let run = findings.runs.get(**place);
        run.is_some_and(|run| !Role::of(run).is_control())
    };
    let run = candidates.iter().find(is_model).or(candidates.first())?;
    let number = candidates.iter().position(|place| place == run)? * baselines.len() + 1;
    Some(((*run, *baselines.first()?), number))
}

fn head(run: &RunFindings, names: &Names) -> WireRun {
    WireRun {
        label: names.get(&run.info.label).to_owned(),
        baseline: run.baseline,
    }
}

fn title(axis: Axis) -> WireAxis {
    WireAxis {
        key: axis.key(),
        title: axis.title(),
        top: axis.scale().hi.to_f64(),
        five: axis.scale() == MarkScale::FIVE_POINT,
    }
}

fn categories(findings: &Findings) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for item in &findings.items {
        if !names.contains(&item.category) {
            names.push(item.category.clone());
        }
    }
    names
}

/// All tasks; `answers` holds, per run, the answers by item.
fn tasks(
    findings: &Findings,
    suite: Option<&Suite>,
    answers: Vec<Vec<WireAnswers>>,
    album: &mut Album,
) -> Vec<WireTask> {
    let known: HashMap<&str, &Task> = suite
        .iter()
        .flat_map(|suite| &suite.tasks)
        .map(|task| (task.id(), task))
        .collect();
    let mut columns: Vec<_> = answers.into_iter().map(Vec::into_iter).collect();
    let mut task = |item: &Item| {
        let prompt = known.get(item.task.as_str()).map(|task| &task.prompt);
        let input = prompt.and_then(|prompt| prompt.inputs.first());
        WireTask {
            id: item.task.clone(),
            category: item.category.clone(),
            kind: item.kind.to_string(),
            instruction: prompt.map(|prompt| bounded(&prompt.instruction, MAX_INSTRUCTION)),
            input: input.map(|file| album.add(&file.path, file.digest, SIDE)),
            answers: columns.iter_mut().filter_map(Iterator::next).collect(),
        }
    };
    findings.items.iter().map(&mut task).collect()
}

/// What a run made of every item, in the order of the items.
fn of_run(
    findings: &Findings,
    run: &LoadedRun,
    found: &RunFindings,
    records: &Records,
    album: &mut Album,
) -> Vec<WireAnswers> {
    let mut rows: HashMap<(&str, u32), Vec<&ScoreRow>> = HashMap::new();
    for row in run
        .rows
        .iter()
        .filter(|row| *row.judge == *found.judging.name)
    {
        rows.entry((&row.task, row.seed)).or_default().push(row);
    }
    let film = film::folder(run);
    let axes = &findings.suite.axes;
    let points = |position: usize, axis: Axis| {
        let scores = found.items.iter().find(|scores| scores.axis == axis)?;
        let points = scores.points.get(position).copied().flatten()?;
        // Thirds of a mark need no more digits than this to be told apart.
        Some((points * 100.0).round() / 100.0)
    };
    let items = findings.items.iter().enumerate();
    let one = |(position, item): (usize, &Item)| {
        let samples = run.samples.iter().map(|number| {
            let key = SampleKey {
                task: item.task.as_str().into(),
                sample: number,
            };
            let rows = rows.get(&(item.task.as_str(), number));
            let rows = rows.map_or(&[][..], Vec::as_slice);
            let answer = records.answers.get(&key);
            let mut sample = sample(run, number, answer, album);
            sample.marks = marks(axes, rows, &key, records);
            let recorded = film
                .as_ref()
                .and_then(|folder| film::Recorded::read(folder, &key));
            let text = sample.text.as_ref();
            sample.passes = recorded.as_ref().and_then(|found| found.passes(text));
            // Frames are for what masks over the final picture cannot show.
            let frames = recorded.filter(|_| sample.passes.is_none());
            let frames = frames.map(|found| found.frames());
            let frame = |frame: film::Frame| WireFrame {
                step: frame.step,
                text: frame.text,
                decided: frame.decided,
                picture: album.add(&frame.path, frame.digest, FRAME_SIDE),
            };
            sample.film = frames.into_iter().flatten().map(frame).collect();
            sample
        });
        WireAnswers {
            samples: samples.collect(),
            points: axes.iter().map(|&axis| points(position, axis)).collect(),
        }
    };
    items.map(one).collect()
}

fn sample(
    run: &LoadedRun,
    number: u32,
    answer: Option<&GalleryAnswer>,
    album: &mut Album,
) -> WireSample {
    let mut sample = WireSample {
        number,
        ..WireSample::default()
    };
    let Some(answer) = answer else {
        sample.no_picture = Some("No answer is stored here.".to_owned());
        return sample;
    };
    sample.stored = true;
    match &answer.text {
        Ok(text) => sample.text = Some(text.clone()),
        Err(why) if run.manifest.model.identity.thinks => sample.no_text = Some(why.clone()),
        Err(_) => {}
    }
    match &answer.picture {
        Ok(picture) => {
            let path = run.folder.join(IMAGES).join(picture_name(picture));
            sample.picture = Some(album.add(&path, picture.digest, SIDE));
            sample.size = Some([picture.width, picture.height]);
        }
        Err(why) => sample.no_picture = Some(why.clone()),
    }
    sample
}

/// Marks by axis, repeats within.
fn marks(
    axes: &[Axis],
    rows: &[&ScoreRow],
    sample: &SampleKey,
    records: &Records,
) -> Vec<Vec<WireMark>> {
    let mark = |row: &&ScoreRow| {
        let key = MarkKey {
            sample: sample.clone(),
            axis: row.axis.key(),
            repeat: row.repeat,
        };
        let judged = matches!(row.status, Status::Ok | Status::Missing(_));
        WireMark {
            score: row.score.map(|score| score.get()),
            status: row.status.key(),
            why: judged.then(|| records.rationale(&key)).flatten(),
        }
    };
    let of_axis = |axis: &Axis| {
        let rows = rows.iter().filter(|row| row.axis == *axis);
        rows.map(mark).collect()
    };
    axes.iter().map(of_axis).collect()
}
