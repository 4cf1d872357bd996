//! With and without thinking, for the terminal: own runs first, then the paper's table again.

use crate::analysis::thinking::Thinking;
use crate::analysis::thinking::association::{Coefficients, ItemAssociation};
use crate::analysis::thinking::disattenuation::NotDisattenuated;
use crate::analysis::thinking::five_points::{PaperTable, PointCorrelation};
use crate::report::number::{decimals, p_value, percent};
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// The analysis of two runs.
pub fn thinking_text(thinking: &Thinking) -> String {
    let mut parts = vec![text::paragraph(&format!(
        "{} (with thinking) minus {} (without), {}. Points: {}.",
        thinking.with,
        thinking.without,
        thinking.axis.title().to_lowercase(),
        thinking.mapping.formula()
    ))];
    if thinking.both_think {
        parts.push("Note: the model of the second run is declared to think, too.\n".to_owned());
    }
    parts.push(categories(thinking));
    parts.push(lines(thinking));
    if !thinking.associations.is_empty() {
        parts.push(associations(&thinking.associations));
    }
    if !thinking.category_correlations.is_empty() {
        parts.push(format!(
            "{}\n{}",
            text::paragraph(
                "Over category means. So few points tell nothing about other categories; use the results over tasks \
                 above."
            ),
            correlations(&thinking.category_correlations)
        ));
    }
    parts.join("\n")
}

fn categories(thinking: &Thinking) -> String {
    let columns = [
        Column::words("category"),
        Column::numbers("points", ""),
        Column::words("95 % interval"),
        Column::numbers("tasks", ""),
        Column::numbers("p (exploratory)", ""),
        Column::numbers("output alignment", ""),
        Column::numbers("text quality", ""),
    ];
    let level = |level: Option<f64>| TableCell::or_none(level, |level| TableCell::number(level, 0));
    let rows = thinking.categories.iter().map(|category| {
        let digits = decimals(category.se);
        vec![
            TableCell::words(&*category.category),
            TableCell::signed(category.points, digits),
            TableCell::signed_interval(category.ci95, digits),
            TableCell::count(category.items),
            TableCell::p(category.p),
            level(category.output_alignment),
            level(category.text_quality),
        ]
    });
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}

fn lines(thinking: &Thinking) -> String {
    let mut lines = Vec::new();
    match &thinking.homogeneity {
        Some(test) => lines.push(format!(
            "Do the categories differ? Cochran's Q = {:.2} on {} df, p {}.{}",
            test.q,
            test.df,
            p_value(test.p),
            if test.p > 0.05 {
                " These differences vary by no more than their errors explain. This is not evidence of equality."
            } else {
                ""
            }
        )),
        None => lines.push("Too few categories with spread to ask whether they differ.".to_owned()),
    }
    if let Some(lowered) = &thinking.lowered {
        lines.push(format!(
            "Thinking lowers the score of {} of {} tasks, {} ({} to {}).",
            lowered.items,
            lowered.of,
            percent(lowered.share),
            percent(lowered.ci95[0]),
            percent(lowered.ci95[1])
        ));
    }
    lines.iter().map(|line| text::paragraph(line)).collect()
}

fn associations(associations: &[ItemAssociation]) -> String {
    let columns = [
        Column::words("gain is associated with"),
        Column::words("coefficient"),
        Column::words("value (95 %)"),
        Column::numbers("p", ""),
        Column::numbers("tasks", ""),
    ];
    let rows = associations.iter().flat_map(|association| {
        let row = |what: &str, found: &Coefficients, p: Option<f64>| {
            vec![
                TableCell::words(association.explanation.title()),
                TableCell::words(what),
                coefficient(found),
                TableCell::or_none(p, TableCell::p),
                TableCell::count(association.items),
            ]
        };
        [
            row("within category", &association.within, association.p_within),
            row("pooled Pearson", &association.pooled_pearson, None),
            row("pooled Spearman", &association.pooled_spearman, None),
        ]
    });
    let table = Table::new("", columns).with_rows(rows);
    let noise = match associations.first().map(|a| a.noise) {
        Some("samples") => {
            "Gain from the first sample, explanation from the second: they have no answer and no mark in common."
        }
        Some("repeats") => {
            "Gain from the judge's first repeat, explanation from the second. They still share the answer: a \
             lucky image raises both; several samples would separate the two."
        }
        _ => {
            "Gain and explanation are marks of the same answer: a lucky image raises both, so part of the \
             association is shared noise. Several samples would separate the two."
        }
    };
    let how = text::paragraph(&format!(
        "{noise} Intervals: tasks bootstrapped within categories; p: by permuting within categories. An association \
         does not prove a cause."
    ));
    format!(
        "{}\n{how}{}",
        text::body(&table, Detail::Full),
        corrected(associations)
    )
}

/// The secondary lines: the correlations within categories without noise, or why not.
fn corrected(associations: &[ItemAssociation]) -> String {
    let noise = match associations.first().map(|a| a.noise) {
        Some("samples") => "of single answers and of the judge",
        _ => "of the judge; that of the answers stays",
    };
    let line = |association: &ItemAssociation| {
        let title = association.explanation.title();
        match &association.disattenuated {
            Ok(found) => format!(
                "Secondary: {title} within category, corrected for the noise {noise}: {:+.2} (reliability of \
                 the gain {:.2}, of the explanation {:.2}).",
                found.value, found.reliability_gain, found.reliability_explanation
            ),
            Err(why) => format!(
                "Secondary: {title} is not corrected for noise: {}.",
                why_not(*why)
            ),
        }
    };
    let lines = associations.iter().map(line);
    lines.map(|line| text::paragraph(&line)).collect()
}

fn why_not(why: NotDisattenuated) -> &'static str {
    match why {
        NotDisattenuated::NoReplicates => {
            "both runs need several samples, or both one sample and several repeats of the judge"
        }
        NotDisattenuated::NoiseNotEstimable => {
            "noise not estimable, no two repeats of a side differ (temperature 0 or a cache)"
        }
        NotDisattenuated::Unreliable => "on one side noise explains the whole variance",
        NotDisattenuated::Undefined => "one side does not vary within categories",
    }
}

fn coefficient(coefficient: &Coefficients) -> TableCell {
    match (coefficient.value, coefficient.ci95) {
        (Some(value), Some([lo, hi])) => {
            TableCell::Figures(format!("{value:+.2} ({lo:+.2} to {hi:+.2})"))
        }
        (Some(value), None) => TableCell::Figures(format!("{value:+.2}")),
        (None, _) => TableCell::words("undefined"),
    }
}

fn correlations(correlations: &[PointCorrelation]) -> String {
    let columns = [
        Column::words("correlation"),
        Column::words("coefficient"),
        Column::numbers("value", ""),
        Column::numbers("exact p", ""),
        Column::numbers("orders", ""),
        Column::numbers("Holm p", ""),
    ];
    let rows = correlations.iter().map(|c| {
        vec![
            TableCell::words(format!("{} and {}", c.x, c.y)),
            TableCell::words(c.coefficient),
            TableCell::number(c.value, 3),
            TableCell::p(c.p),
            TableCell::count(format!("{}/{}", c.orders, c.of)),
            TableCell::or_none(c.p_holm, TableCell::p),
        ]
    });
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}

/// The paper's Table 1 with exact p-values and what they do not say.
pub fn paper_text(paper: &PaperTable) -> String {
    let columns = [
        Column::words("Table 1 of the paper"),
        Column::numbers("without", ""),
        Column::numbers("with", ""),
        Column::numbers("difference", ""),
        Column::numbers("output alignment", ""),
        Column::numbers("text quality", ""),
    ];
    let rows = paper.categories.iter().map(|category| {
        vec![
            TableCell::words(&*category.category),
            TableCell::number(category.without, 1),
            TableCell::number(category.with, 1),
            TableCell::signed(category.delta, 1),
            TableCell::number(category.output_alignment, 1),
            TableCell::number(category.text_quality, 1),
        ]
    });
    let table = Table::new("", columns).with_rows(rows);
    let smallest = paper
        .correlations
        .iter()
        .filter_map(|c| c.p_holm)
        .fold(1.0, f64::min);
    let between = paper.between.as_ref().map_or_else(String::new, |between| {
        format!(
            " Text quality and output alignment correlate {:.3} themselves (p {}), so these points cannot separate \
             the two.",
            between.value,
            p_value(between.p)
        )
    });
    let limits = format!(
        "{} category means, no intervals, an edit score that the paper does not identify. Smallest \
         adjusted p: {}.{between} At an SD of {} points of the task differences (assumed), each difference has \
         a standard error of {:.1} and the categories differ by no more than that: Q = {:.2} on {} df, p {}. \
         The difference and the output alignment come from the same thinking images.",
        paper.categories.len(),
        p_value(smallest),
        paper.assumed_sd,
        paper.assumed_se,
        paper.q,
        paper.df,
        p_value(paper.p)
    );
    format!(
        "{}\n{}\n{}",
        text::body(&table, Detail::Full),
        correlations(&paper.correlations),
        text::paragraph(&limits)
    )
}
