//! A table for LaTeX with booktabs: rules, escapes, true minus signs and powers of ten.

use super::{Side, Table, TableCell};
use crate::report::escape::latex;

/// The whole float: caption, label, table no wider than the line, notes.
pub fn float(table: &Table, label: &str) -> String {
    let mut text = format!(
        "\\begin{{table}}[t]\n\\centering\n\\caption{{{}}}\n\\label{{{label}}}\n\\resizebox{{\\linewidth}}{{!}}{{%\n",
        latex(&table.title)
    );
    text.push_str(&body(table));
    text.push_str("}\n");
    text.push_str(&notes(&table.notes));
    text.push_str("\\end{table}\n\n");
    text
}

/// The `tabular`.
fn body(table: &Table) -> String {
    let sides = table.columns.iter().map(|column| match column.side {
        Side::Left => 'l',
        Side::Right => 'r',
    });
    let heads: Vec<String> = table.columns.iter().map(|c| latex(&c.head())).collect();
    let mut text = format!(
        "\\begin{{tabular}}{{{}}}\n\\toprule\n{} \\\\\n\\midrule\n",
        sides.collect::<String>(),
        heads.join(" & ")
    );
    for row in &table.rows {
        let mut cells: Vec<String> = row.iter().map(cell).collect();
        if let (2.., Some(last)) = (table.span(row), cells.last_mut()) {
            *last = format!("\\multicolumn{{{}}}{{l}}{{{last}}}", table.span(row));
        }
        text.push_str(&format!("{} \\\\\n", cells.join(" & ")));
    }
    text.push_str("\\bottomrule\n\\end{tabular}");
    text
}

/// Sentences as a note below a table.
pub fn notes(sentences: &[String]) -> String {
    let text: Vec<String> = sentences.iter().map(|sentence| latex(sentence)).collect();
    format!(
        "\n\\par\\smallskip\n\\begin{{minipage}}{{\\linewidth}}\n\\footnotesize\n{}\n\\end{{minipage}}\n",
        text.join("\n")
    )
}

fn cell(cell: &TableCell) -> String {
    match cell {
        TableCell::None => "--".to_owned(),
        TableCell::Words(text) => latex(text),
        TableCell::Figures(text) => figures(text),
    }
}

/// Numbers as mathematics where they have a sign, a bound or a power of ten.
pub fn figures(text: &str) -> String {
    let words: Vec<String> = text.split(' ').map(figure).collect();
    words.join(" ")
}

fn figure(word: &str) -> String {
    let (open, word) = word
        .strip_prefix('(')
        .map_or(("", word), |rest| ("(", rest));
    let (word, close) = word
        .strip_suffix(')')
        .map_or((word, ""), |rest| (rest, ")"));
    let (bound, number) = match (word.strip_prefix('≤'), word.strip_prefix('<')) {
        (Some(number), _) => ("\\le ", number),
        (_, Some(number)) => ("<", number),
        _ => ("", word),
    };
    let power = number
        .split_once('e')
        .filter(|(_, power)| power.parse::<i32>().is_ok());
    let set = match power {
        Some((factor, power)) => format!("${bound}{factor}\\times 10^{{{power}}}$"),
        None if !bound.is_empty() || number.starts_with(['+', '-']) => format!("${bound}{number}$"),
        None => latex(word),
    };
    format!("{open}{set}{close}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_as_mathematics() {
        for (plain, set) in [
            ("-0.3", "$-0.3$"),
            ("0.0", "0.0"),
            ("+0.4 to +6.8", "$+0.4$ to $+6.8$"),
            ("0.63 (0.51 to 0.74)", "0.63 (0.51 to 0.74)"),
            ("3.3e-18", "$3.3\\times 10^{-18}$"),
            ("0.0347", "0.0347"),
            ("12/3/4", "12/3/4"),
            ("<1e-300", "$<1\\times 10^{-300}$"),
            ("≤0.0001", "$\\le 0.0001$"),
        ] {
            assert_eq!(figures(plain), set);
        }
    }
}
