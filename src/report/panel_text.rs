//! The agreement of a panel for the terminal.

use crate::analysis::judges::panel_agreement::{AxisAgreement, Panel};
use crate::report::columns::{Side, columns, printable};

/// The table of agreement, with what it means.
pub fn panel_text(panel: &Panel) -> String {
    let judges: Vec<String> = panel.judges.iter().map(|name| printable(name)).collect();
    let mut rows = vec![
        [
            "run",
            "axis",
            "answers",
            "alpha",
            "95 % interval",
            "pairs: kappa, equal marks, bias",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    rows.extend(panel.agreement.iter().map(row));
    let sides = [
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Left,
        Side::Left,
    ];
    format!(
        "Panel: {} of {}. Agreement of its judges before their marks were combined:\n\n{}\
         alpha: Krippendorff, ordinal; interval by resampling items. kappa: quadratic weights. bias: first minus \
         second, raw marks. Judges that agree may share a fault.\n",
        panel.combined_by.key(),
        judges.join(", "),
        columns(&sides, &rows)
    )
}

fn row(line: &AxisAgreement) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
    let interval = line
        .alpha_ci95
        .map_or_else(|| "-".to_owned(), |[lo, hi]| format!("{lo:.2} to {hi:.2}"));
    let pairs = line.pairs.iter().map(|pair| {
        let [a, b] = &pair.judges;
        let equal = 100.0 * pair.exact;
        format!(
            "{}/{} {}, {equal:.0} %, {:+.2}",
            printable(a),
            printable(b),
            number(pair.kappa),
            pair.bias
        )
    });
    vec![
        printable(&line.run),
        line.axis.title().to_owned(),
        line.units.to_string(),
        number(line.alpha),
        interval,
        pairs.collect::<Vec<_>>().join("; "),
    ]
}
