//! The agreement of a panel for the terminal.

use crate::analysis::judges::panel_agreement::{AxisAgreement, Panel};
use crate::report::columns::printable;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// The table of agreement, with what it means.
pub fn panel_text(panel: &Panel) -> String {
    let judges: Vec<String> = panel.judges.iter().map(|name| printable(name)).collect();
    let columns = [
        Column::words("run"),
        Column::words("axis"),
        Column::numbers("answers", ""),
        Column::numbers("alpha", ""),
        Column::words("95 % interval"),
        Column::words("pairs: kappa, equal marks, bias"),
    ];
    let table = Table::new("", columns).with_rows(panel.agreement.iter().map(row));
    format!(
        "Panel: {} of {}. Agreement of its judges before their marks were combined:\n\n{}\
         alpha: Krippendorff, ordinal; interval by resampling tasks. kappa: quadratic weights. bias: first minus \
         second, raw marks. Judges that agree may make the same error.\n",
        panel.combined_by.key(),
        judges.join(", "),
        text::body(&table, Detail::Full)
    )
}

fn row(line: &AxisAgreement) -> Vec<TableCell> {
    let pairs = line.pairs.iter().map(|pair| {
        let [a, b] = &pair.judges;
        let kappa = pair
            .kappa
            .map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
        let equal = 100.0 * pair.exact;
        format!("{a}/{b} {kappa}, {equal:.0} %, {:+.2}", pair.bias)
    });
    vec![
        TableCell::words(&*line.run),
        TableCell::words(line.axis.title()),
        TableCell::count(line.units),
        TableCell::or_none(line.alpha, |alpha| TableCell::number(alpha, 2)),
        TableCell::or_none(line.alpha_ci95, |ends| TableCell::interval(ends, 2)),
        TableCell::words(pairs.collect::<Vec<_>>().join("; ")),
    ]
}
