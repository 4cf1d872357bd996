//! A comparison for the terminal. The order is fixed: difference in points and raw, interval,
//! wins/ties/losses, effect size, exact p, adjusted p with the size of the family.

use crate::analysis::compare::contrast::{Contrast, Finding, Undefined};
use crate::analysis::compare::{Comparison, RunInfo};
use crate::report::columns::{Side, columns, printable};
use crate::report::looks_text::interim_text;
use crate::report::number::{decimals, p_value, signed, signed_interval};
use crate::report::{
    categories_text, compare_details, compare_notes, leaderboard_text, levels_text,
};
use crate::suite::Axis;

/// The whole comparison. `all_categories` prints every exploratory line instead of those that pass.
pub fn compare_text(comparison: &Comparison, all_categories: bool) -> String {
    let mut parts = vec![head(comparison)];
    for (candidate, baseline) in pairs(comparison) {
        parts.push(pair_text(comparison, candidate, baseline));
    }
    parts.extend(look(comparison));
    parts.push(compare_notes::notes(comparison));
    parts.push(categories_text::categories_text(
        &comparison.categories,
        all_categories,
    ));
    parts.extend(
        comparison
            .leaderboard
            .as_ref()
            .map(leaderboard_text::leaderboard_text),
    );
    parts.join("\n")
}

/// The declared look at the primary contrast.
fn look(comparison: &Comparison) -> Option<String> {
    let interim = comparison.interim.as_ref()?;
    let difference = comparison.contrasts.iter().find_map(|contrast| {
        let finding = contrast.result.as_ref().ok()?;
        let primary = finding.adjusted.as_ref().is_some_and(|a| a.primary);
        primary.then_some(&finding.difference)
    });
    let (points, se) = (difference.map(|d| d.points), difference.and_then(|d| d.se));
    Some(interim_text(interim, points, se))
}

/// Pairs of run labels in the order of the contrasts.
pub fn pairs(comparison: &Comparison) -> Vec<(&str, &str)> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for contrast in &comparison.contrasts {
        let pair = (contrast.candidate.as_str(), contrast.baseline.as_str());
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs
}

fn head(comparison: &Comparison) -> String {
    let suite = &comparison.suite;
    let mut lines = vec![format!(
        "{} {} (digest {}), {} items, {}",
        printable(&suite.name),
        printable(&suite.version),
        suite.digest.short(12),
        suite.items,
        suite.mapping.formula()
    )];
    let mut rows = vec![
        ["run", "model", "thinks", "judge", "samples", "repeats"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(comparison.runs.iter().map(run_row));
    let sides = [
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Right,
    ];
    lines.push(String::new());
    lines.push(columns(&sides, &rows));
    let labels: Vec<&str> = comparison.runs.iter().map(|run| &*run.label).collect();
    lines.push(levels_text::levels_text(&labels, &comparison.levels));
    if let Some(digest) = &comparison.declaration.digest {
        lines.push(format!(
            "Declared beforehand: file with digest {}.\n",
            digest.short(12)
        ));
    }
    lines.join("\n")
}

fn run_row(run: &RunInfo) -> Vec<String> {
    vec![
        run.label.clone(),
        run.model.clone(),
        if run.thinks { "yes" } else { "no" }.to_owned(),
        format!("{} ({})", run.judge, run.judge_digest.short(8)),
        run.samples.to_string(),
        run.repeats.to_string(),
    ]
}

fn pair_text(comparison: &Comparison, candidate: &str, baseline: &str) -> String {
    let contrasts: Vec<&Contrast> = comparison
        .contrasts
        .iter()
        .filter(|c| c.candidate == candidate && c.baseline == baseline)
        .collect();
    let title = format!("{} minus {}", printable(candidate), printable(baseline));
    let m = comparison.family.size;
    let header = [
        "metric".to_owned(),
        "points".to_owned(),
        "raw".to_owned(),
        "95 % interval".to_owned(),
        "win/tie/loss".to_owned(),
        "superiority (95 %)".to_owned(),
        "p".to_owned(),
        format!("adjusted p (m={m})"),
        "Holm".to_owned(),
        "survives failures".to_owned(),
        "flags".to_owned(),
    ];
    let mut rows = vec![header.to_vec()];
    rows.extend(contrasts.iter().map(|contrast| row(contrast)));
    let sides = [
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
        Side::Left,
    ];
    let mut text = format!("{title}\n\n{}", columns(&sides, &rows));
    for detail in compare_details::details(comparison, &contrasts) {
        text.push('\n');
        text.push_str(&detail);
    }
    text
}

/// What a metric is called; an Overall over some axes says over how many.
pub fn metric_title(contrast: &Contrast) -> String {
    let axes = &contrast.metric.axes;
    match axes.as_slice() {
        [axis] if !contrast.metric.is_overall() => axis.title().to_owned(),
        _ if axes.len() == Axis::ALL.len() => "Overall".to_owned(),
        _ => format!("Overall of {} common axes", axes.len()),
    }
}

fn row(contrast: &Contrast) -> Vec<String> {
    let mut row = vec![metric_title(contrast)];
    match &contrast.result {
        Err(why) => {
            row.extend(["-".to_owned(), "-".to_owned(), why_undefined(why)]);
        }
        Ok(finding) => row.extend(cells(contrast, finding)),
    }
    row
}

fn cells(contrast: &Contrast, finding: &Finding) -> Vec<String> {
    let (difference, wins, effects) = (&finding.difference, &finding.wins, &finding.effects);
    let digits = decimals(difference.se);
    let adjusted = finding.adjusted.as_ref();
    let outside = if finding.descriptive {
        "descriptive"
    } else if contrast.metric.is_overall() {
        "beside"
    } else {
        "not declared"
    };
    let superiority = match effects.superiority_ci95 {
        Some([lo, hi]) => format!("{:.2} ({lo:.2} to {hi:.2})", effects.superiority),
        None => format!("{:.2}", effects.superiority),
    };
    vec![
        signed(difference.points, digits),
        // One raw mark is 20 or 25 points: two decimals more show the same.
        signed(difference.raw, digits + 2),
        signed_interval(difference.ci95, digits),
        format!("{}/{}/{}", wins.wins, wins.ties, wins.losses),
        superiority,
        p_value(finding.test.p),
        adjusted.map_or_else(
            || outside.to_owned(),
            |a| {
                let label = match (a.primary, finding.descriptive) {
                    (true, _) => " primary",
                    (false, true) => " descriptive",
                    (false, false) => "",
                };
                format!("{}{label}", p_value(a.p_westfall_young))
            },
        ),
        adjusted.map_or_else(|| "-".to_owned(), |a| p_value(a.p_holm)),
        if finding.failures.survives {
            "yes"
        } else {
            "no"
        }
        .to_owned(),
        compare_notes::letters(&finding.flags),
    ]
}

/// Why there is no difference, in words.
pub fn why_undefined(why: &Undefined) -> String {
    match why {
        Undefined::NotApplicable => "does not apply to both".to_owned(),
        Undefined::EmptyStratum(name) => format!("no pair in {}", printable(name)),
        Undefined::NoPairs => "no pairs".to_owned(),
        Undefined::TooFine => "too fine for exact arithmetic".to_owned(),
    }
}
