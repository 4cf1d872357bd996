//! `significance.tex`: every contrast with estimate, interval, wins, p and adjusted p; never a p alone.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, Finding};
use crate::analysis::findings::Findings;
use crate::report::compare_notes;
use crate::report::compare_text::{metric_title, pairs, why_undefined};
use crate::report::escape::latex;
use crate::report::kit::{tex, words};
use crate::report::names::Names;
use crate::report::number::{decimals, p_value, signed, signed_interval};

/// The file: one table per pair of runs.
pub fn significance(findings: &Findings) -> String {
    let mut text = tex::head(
        &findings.program,
        "Needs \\usepackage{booktabs} and \\usepackage{graphicx}.",
    );
    let Some(comparison) = &findings.comparison else {
        text.push_str("No baseline was named, so nothing was tested.\n");
        return text;
    };
    let names = Names::of(findings);
    for (number, (candidate, baseline)) in pairs(comparison).into_iter().enumerate() {
        text.push_str(&pair(comparison, (candidate, baseline), number + 1, &names));
    }
    text
}

fn pair(comparison: &Comparison, runs: (&str, &str), number: usize, names: &Names) -> String {
    let contrasts: Vec<&Contrast> = comparison
        .contrasts
        .iter()
        .filter(|contrast| (contrast.candidate.as_str(), contrast.baseline.as_str()) == runs)
        .collect();
    let caption = words::pair_caption(comparison, names.get(runs.0), names.get(runs.1));
    let mut text = format!(
        "\\begin{{table}}[t]\n\\centering\n\\caption{{{}}}\n\\label{{tab:parabench-tests-{number}}}\n\
         \\resizebox{{\\linewidth}}{{!}}{{%\n\\begin{{tabular}}{{lrlrcrrrrc}}\n\\toprule\n\
         Metric & Points & 95\\,\\% interval & Items & Win/tie/loss & Superiority & $p$ & \
         adjusted $p$ & Holm $p$ & Flags \\\\\n\\midrule\n",
        latex(&caption)
    );
    for contrast in &contrasts {
        text.push_str(&row(contrast));
    }
    text.push_str("\\bottomrule\n\\end{tabular}}\n");
    let mut notes = compare_notes::flag_meanings(contrasts.iter().copied());
    notes.extend(words::pair_notes(&contrasts));
    text.push_str(&tex::note(&notes));
    text.push_str("\\end{table}\n\n");
    text
}

fn row(contrast: &Contrast) -> String {
    let title = latex(&metric_title(contrast));
    match &contrast.result {
        Err(why) => format!(
            "{title} & -- & \\multicolumn{{8}}{{l}}{{{}}} \\\\\n",
            latex(&why_undefined(why))
        ),
        Ok(finding) => format!("{title} & {} \\\\\n", cells(contrast, finding).join(" & ")),
    }
}

fn cells(contrast: &Contrast, finding: &Finding) -> Vec<String> {
    let difference = &finding.difference;
    let digits = decimals(difference.se);
    let p = |p: f64| tex::p_value(&p_value(p));
    let adjusted = finding.adjusted.as_ref();
    let outside = if contrast.metric.is_overall() {
        "beside"
    } else {
        "not declared"
    };
    let stepped = adjusted.map_or_else(
        || outside.to_owned(),
        |a| {
            format!(
                "{}{}",
                p(a.p_westfall_young),
                if a.primary { " (primary)" } else { "" }
            )
        },
    );
    vec![
        tex::signed(&signed(difference.points, digits)),
        tex::signed_interval(&signed_interval(difference.ci95, digits)),
        difference.items.to_string(),
        format!(
            "{}/{}/{}",
            finding.wins.wins, finding.wins.ties, finding.wins.losses
        ),
        format!("{:.2}", finding.effects.superiority),
        p(finding.test.p),
        stepped,
        adjusted.map_or_else(|| "--".to_owned(), |a| p(a.p_holm)),
        compare_notes::letters(&finding.flags),
    ]
}
