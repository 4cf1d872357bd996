//! The sentences of captions, notes and methods. Each is made of what was actually done; verdicts are not
//! among them. Names inside are harmless but not escaped for any form.

use crate::analysis::compare::Comparison;
use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::runs::declaration::Declared;
use crate::report::board::SECOND_STATEMENT;
use crate::report::compare_notes;
use crate::report::escape::name;
use crate::report::names::Names;
use crate::report::number::percent;

/// One paragraph of the methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// Its title.
    pub title: &'static str,
    /// Its sentences.
    pub sentences: Vec<String>,
}

impl Paragraph {
    /// Title and sentences in one line.
    pub fn text(&self) -> String {
        format!("{}. {}", self.title, self.sentences.join(" "))
    }
}

/// Caption of the score table.
pub fn table_caption(findings: &Findings) -> String {
    let suite = &findings.suite;
    format!(
        "Scores on {} {}: points with 95 % intervals, {} tasks. {}",
        name(&suite.name),
        name(&suite.version),
        suite.items,
        judges(findings)
    )
}

/// Who judged: one judge, or several by force.
pub fn judges(findings: &Findings) -> String {
    let mut judges: Vec<String> = Vec::new();
    for run in &findings.runs {
        let judge = name(&run.info.judge);
        if !judges.contains(&judge) {
            judges.push(judge);
        }
    }
    let list = judges.join(", ");
    if findings.judges_differ {
        format!(
            "The runs were marked by different judges ({list}): differences may come from the judges."
        )
    } else if let Some(bridge) = &findings.bridge {
        format!(
            "The runs were marked by different judges ({list}), joined by a bridge onto the scale of {}.",
            name(&bridge.new)
        )
    } else {
        format!("Judge: {list}.")
    }
}

/// Notes below the score table, its marks aside.
pub fn table_notes(findings: &Findings) -> Vec<String> {
    let mut notes = vec![format!(
        "Points: {}. Means are weighted by the suite's plan; intervals are over tasks, or clusters where the suite names \
         some. Digits follow the standard error: none where it is above one point.",
        findings.suite.mapping.formula()
    )];
    if findings.runs.iter().any(|run| run.table.overall.is_err()) {
        notes.push(
            "Overall needs every axis; a model that does not think has no text axes, no output alignment \
             and no Overall (-)."
                .to_owned(),
        );
    }
    notes.extend(missing_counts(findings));
    notes.extend(left_out(findings));
    if !findings.published.is_empty() {
        notes.push(
            "Published rows are printed means without scores of single tasks, from other runs of another judge; \
             the paper does not state how its marks became points."
                .to_owned(),
        );
    }
    notes
}

/// How many marks are missing, by run; nothing where none is.
fn missing_counts(findings: &Findings) -> Option<String> {
    let names = Names::of(findings);
    let counts: Vec<String> = findings
        .runs
        .iter()
        .filter(|run| run.table.missing_share > 0.0)
        .map(|run| format!("{} {}", names.get(&run.info.label), missing(run)))
        .collect();
    (!counts.is_empty()).then(|| {
        format!(
            "Missing marks, left out of the means and never counted as numbers: {}.",
            counts.join("; ")
        )
    })
}

/// `12 of 1800 (0.7 %)`.
pub fn missing(run: &RunFindings) -> String {
    let table = &run.table;
    let (missing, expected) = (table.missing(), table.expected());
    format!("{missing} of {expected} ({})", percent(table.missing_share))
}

fn left_out(findings: &Findings) -> Option<String> {
    let strata = findings.runs.iter().map(|run| &run.table.strata_left_out);
    let strata = strata.into_iter().find(|strata| !strata.is_empty())?;
    let list: Vec<String> = strata.iter().map(|stratum| name(stratum)).collect();
    Some(format!(
        "Categories that were not asked, so the means do not cover them: {}.",
        list.join(", ")
    ))
}

/// Caption of the tests of one pair of runs, `pair` in words.
pub fn pair_caption(comparison: &Comparison, pair: &str) -> String {
    format!(
        "{pair}: paired differences in points, {} tasks.",
        comparison.suite.items
    )
}

/// How the p of a table of tests were made.
pub fn pair_note(comparison: &Comparison) -> String {
    format!(
        "p: sign flips; adjusted p: step-down max-T over m = {} comparisons, level {}.",
        comparison.family.size, comparison.family.alpha
    )
}

/// What was done, in paragraphs.
pub fn methods(findings: &Findings) -> Vec<Paragraph> {
    let paragraph = |title, sentences| Paragraph { title, sentences };
    let mut paragraphs = vec![
        paragraph("Tasks and answers", tasks(findings)),
        paragraph("Judging", judging(findings)),
        paragraph("Means and intervals", means(findings)),
    ];
    match &findings.comparison {
        Some(comparison) => {
            paragraphs.push(paragraph("Comparison", tests(findings, comparison)));
            paragraphs.push(paragraph("Limits", compare_notes::limits(comparison)));
        }
        None => paragraphs.push(paragraph(
            "Comparison",
            vec!["No baseline was named, so nothing was compared.".to_owned()],
        )),
    }
    if !findings.leaderboards.is_empty() {
        paragraphs.push(paragraph("Ranks", ranks(findings)));
    }
    paragraphs.push(paragraph("Software", software(findings)));
    paragraphs
}

fn tasks(findings: &Findings) -> Vec<String> {
    let suite = &findings.suite;
    let names = Names::of(findings);
    let mut sentences = vec![format!(
        "Suite {} version {} (digest {}), {} tasks.",
        name(&suite.name),
        name(&suite.version),
        suite.digest.short(12),
        suite.items
    )];
    for run in &findings.runs {
        sentences.push(format!(
            "{}: model {} of kind {}, which is declared {}, {} sample(s) per task, run seed {}.",
            names.get(&run.info.label),
            name(&run.info.model),
            name(&run.model.identity.kind),
            if run.info.thinks {
                "to think"
            } else {
                "not to think"
            },
            run.info.samples,
            run.sampling.run_seed
        ));
    }
    sentences
}

fn judging(findings: &Findings) -> Vec<String> {
    let names = Names::of(findings);
    let mut sentences = vec![
        judges(findings),
        "One call per answer and axis, an integer mark from 1 to 5. If the part of the answer that an axis needs is \
         missing, the mark is set to 1 without asking the judge; a mark that could not be obtained is missing, never \
         a number."
            .to_owned(),
    ];
    for run in &findings.runs {
        let judging = &run.judging;
        let served = judging.log.as_ref().map(|log| {
            let models: Vec<String> = log.served_models.keys().map(|model| name(model)).collect();
            models.join(", ")
        });
        let served = match served {
            Some(models) if !models.is_empty() => format!(", served model {models}"),
            _ => String::new(),
        };
        sentences.push(format!(
            "{}: judge {} (digest {}), {} mark(s) per answer and axis{served}, missing {}.",
            names.get(&run.info.label),
            name(&judging.name),
            judging.digest.short(12),
            judging.repeats,
            missing(run)
        ));
    }
    sentences
}

fn means(findings: &Findings) -> Vec<String> {
    let mut sentences = vec![
        format!(
            "Points: {}. A task's value is the mean over its samples of the mean over the marks that are \
             there; neither counts as a task.",
            findings.suite.mapping.formula()
        ),
        "Axis means are weighted by the planned sizes of the categories; Overall is the unweighted mean of \
         the axis means. Intervals of levels are 95 % logit-t intervals with stratified standard errors."
            .to_owned(),
    ];
    if findings.runs.iter().any(degenerate) {
        sentences.push(
            "Where all marks of an axis are equal, the interval is a bound: other marks could occur on other tasks."
                .to_owned(),
        );
    }
    sentences.extend(left_out(findings));
    sentences
}

fn degenerate(run: &RunFindings) -> bool {
    let levels = run
        .table
        .axes
        .iter()
        .filter_map(|axis| axis.level.as_ref().ok());
    levels.into_iter().any(|level| level.method == "degenerate")
}

fn tests(findings: &Findings, comparison: &Comparison) -> Vec<String> {
    let mut sentences = compare_notes::methods(comparison);
    sentences.push(format!(
        "Categories are exploratory: {} comparisons at a false discovery rate of {}.",
        comparison.categories.family_size,
        percent(comparison.categories.false_discovery_rate)
    ));
    if findings.declared == Declared::Nothing {
        sentences.push(
            "Nothing was declared beforehand: the defaults of the program were used.".to_owned(),
        );
    }
    sentences
}

fn ranks(findings: &Findings) -> Vec<String> {
    let mut sentences: Vec<String> = findings
        .leaderboards
        .iter()
        .map(|board| {
            let axes: Vec<&str> = board.axes.iter().map(|axis| axis.key()).collect();
            format!(
                "{} runs are ranked by Overall over {} axes ({}); rank sets hold together at {}, from the sign-flip p \
                 of {} pairs, adjusted by Holm.",
                board.places.len(),
                axes.len(),
                axes.join(", "),
                percent(1.0 - board.alpha),
                board.pairs.len()
            )
        })
        .collect();
    sentences.push(
        "Runs that share a letter are not shown to differ. This is not evidence of equality."
            .to_owned(),
    );
    sentences.push(SECOND_STATEMENT.to_owned());
    sentences
}

fn software(findings: &Findings) -> Vec<String> {
    vec![
        format!("Made by {}.", name(&findings.program)),
        format!(
            "Command: {}",
            crate::report::columns::printable(&findings.command)
        ),
    ]
}
