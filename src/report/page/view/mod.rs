//! What the page's template shows, as plain words and numbers: everything is formatted here, nothing in the
//! template.

mod bar;
mod bars;
mod differences;
mod front;
mod judge_card;
mod provenance;
pub(super) mod roles;
mod scores;
mod verdict;

use serde::Serialize;

use crate::analysis::findings::Findings;
use crate::report::figures::render::{FigureError, inline_svg};
use crate::report::figures::{Figure, Subject};
use crate::report::judging;
use crate::report::kit::words;
use crate::report::names::Names;
use crate::report::page::gallery::Telling;
use crate::report::table::html;
use crate::report::typography::typographic;
use crate::report::verdict::verdict;

/// A figure in the page.
#[derive(Clone, Debug, Serialize)]
struct FigureView {
    name: String,
    title: String,
    caption: String,
    svg: String,
}

/// Everything in the template.
#[derive(Debug, Serialize)]
pub(super) struct PageContext {
    front: front::Front,
    verdicts: Option<verdict::Verdicts>,
    /// Per run what it scores, where nothing is compared.
    statements: Vec<[String; 2]>,
    caveats: Vec<String>,
    scores: scores::Scores,
    differences: Vec<differences::Pair>,
    difference_notes: Vec<String>,
    telling: Vec<Telling>,
    multiverse: Vec<html::TableView>,
    multiverse_notes: Vec<String>,
    figures_differences: Vec<FigureView>,
    figures_categories: Vec<FigureView>,
    figures_items: Vec<FigureView>,
    figures_thinking: Vec<FigureView>,
    figures_ranks: Vec<FigureView>,
    thinking_notes: Vec<String>,
    bars: Vec<bars::Block>,
    cards: Vec<judge_card::Card>,
    judges: html::TableView,
    agreement: html::TableView,
    missing: html::TableView,
    cost: html::TableView,
    methods: Vec<String>,
    provenance: provenance::Provenance,
    tasks: usize,
    instructions: bool,
    images_beside: bool,
}

/// What the page knows beside the findings.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    /// Tasks that tell what the numbers mean.
    pub telling: Vec<Telling>,
    /// Whether the suite was at hand, so that instructions and input pictures are shown.
    pub instructions: bool,
    /// Whether pictures lie beside the page.
    pub images_beside: bool,
}

/// The view of a report.
///
/// # Errors
/// [`FigureError`].
pub(super) fn view(
    findings: &Findings,
    names: &Names,
    figures: &[Figure],
    around: Surroundings,
) -> Result<PageContext, FigureError> {
    let about = |subject| of_subject(figures, subject);
    let verdict = verdict(findings, names);
    Ok(PageContext {
        front: front::front(findings, names),
        verdicts: verdict::verdicts(findings, names),
        statements: match findings.comparison {
            Some(_) => Vec::new(),
            None => verdict.statements.into_iter().map(typeset).collect(),
        },
        caveats: verdict.caveats,
        scores: scores::scores(findings, names),
        differences: differences::pairs(findings, names),
        difference_notes: differences::notes(findings),
        telling: around.telling,
        multiverse: differences::multiverse(findings, names),
        multiverse_notes: differences::multiverse_notes(findings),
        figures_differences: about(Subject::Differences)?,
        figures_categories: about(Subject::Categories)?,
        figures_items: about(Subject::Items)?,
        figures_thinking: about(Subject::Thinking)?,
        figures_ranks: about(Subject::Ranks)?,
        thinking_notes: differences::thinking_notes(findings),
        bars: bars::bars(findings, names),
        cards: judge_card::cards(findings),
        judges: html::view(&judging::judges(findings, names)),
        agreement: html::view(&judging::agreement(findings, names)),
        missing: html::view(&judging::missing(findings, names)),
        cost: html::view(&judging::cost(findings, names)),
        methods: words::methods(findings)
            .iter()
            .map(words::Paragraph::text)
            .collect(),
        provenance: provenance::provenance(findings, names),
        tasks: findings.items.len(),
        instructions: around.instructions,
        images_beside: around.images_beside,
    })
}

fn of_subject(figures: &[Figure], subject: Subject) -> Result<Vec<FigureView>, FigureError> {
    let chosen = figures.iter().filter(|figure| figure.subject == subject);
    chosen
        .map(|figure| {
            Ok(FigureView {
                name: figure.name.clone(),
                title: figure.title.clone(),
                caption: figure.caption.clone(),
                svg: inline_svg(&figure.drawing, &figure.title)?,
            })
        })
        .collect()
}

fn title(findings: &Findings, names: &Names) -> String {
    let of = |baseline: bool| -> Vec<&str> {
        let runs = findings.runs.iter().filter(|run| run.baseline == baseline);
        runs.map(|run| names.get(&run.info.label)).collect()
    };
    let (candidates, baselines) = (of(false), of(true));
    let listed = |all: &[&str]| match all {
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        many => format!("{} runs", many.len()),
    };
    if baselines.is_empty() {
        listed(&candidates)
    } else {
        format!(
            "{} compared with {}",
            listed(&candidates),
            listed(&baselines)
        )
    }
}

fn typeset(pair: [String; 2]) -> [String; 2] {
    pair.map(|text| typographic(&text))
}

/// At most `most` characters, with a mark where something was cut.
fn short(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
