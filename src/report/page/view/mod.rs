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
use crate::analysis::thinking::Thinking;
use crate::report::control_checks::{self, CheckRow};
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

/// A pair of runs with and without thinking.
#[derive(Clone, Debug, Serialize)]
struct ThinkingView {
    figure: FigureView,
    notes: Vec<String>,
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
    figures_ranks: Vec<FigureView>,
    thinking: Vec<ThinkingView>,
    bars: Vec<bars::Block>,
    cards: Vec<judge_card::Card>,
    /// What the controls say about the judge.
    checks: Vec<CheckRow>,
    checks_reading: &'static str,
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
        figures_ranks: about(Subject::Ranks)?,
        thinking: thinking(findings, about(Subject::Thinking)?),
        bars: bars::bars(findings, names),
        cards: judge_card::cards(findings),
        checks: checks(findings, names),
        checks_reading: control_checks::READING,
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

/// The pairs with and without thinking, each with what stands below its own figure; those with a baseline first.
fn thinking(findings: &Findings, figures: Vec<FigureView>) -> Vec<ThinkingView> {
    let drawn = findings.thinking.iter();
    let drawn = drawn.filter(|found| !found.categories.is_empty());
    let mut pairs: Vec<(&Thinking, FigureView)> = drawn.zip(figures).collect();
    let is_baseline = |label: &str| findings.run(label).is_some_and(|run| run.baseline);
    pairs.sort_by_key(|(found, _)| !(is_baseline(&found.with) || is_baseline(&found.without)));
    let view = |(found, figure): (&Thinking, FigureView)| ThinkingView {
        notes: differences::thinking_notes(found),
        figure,
    };
    pairs.into_iter().map(view).collect()
}

/// The checks, with typographic numbers.
fn checks(findings: &Findings, names: &Names) -> Vec<CheckRow> {
    let rows = control_checks::rows(findings, names).into_iter();
    rows.map(|row| CheckRow {
        got: typographic(&row.got),
        ..row
    })
    .collect()
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
