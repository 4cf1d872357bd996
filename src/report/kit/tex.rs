//! Small pieces of LaTeX.

use crate::report::escape::latex;

/// A number with its sign as LaTeX: a true minus instead of a hyphen.
pub fn signed(text: &str) -> String {
    if text.starts_with(['+', '-']) {
        format!("${text}$")
    } else {
        text.to_owned()
    }
}

/// An interval `+0.4 to +6.8` as LaTeX.
pub fn signed_interval(text: &str) -> String {
    let ends: Vec<String> = text.split(" to ").map(signed).collect();
    ends.join(" to ")
}

/// A p-value as `number::p_value` writes it, as LaTeX.
pub fn p_value(text: &str) -> String {
    let (sign, number) = match text.strip_prefix('<') {
        Some(number) => ("<", number),
        None => ("", text),
    };
    match number.split_once('e') {
        Some((factor, power)) => format!("${sign}{factor}\\times 10^{{{power}}}$"),
        None if sign.is_empty() => number.to_owned(),
        None => format!("${sign}{number}$"),
    }
}

/// The lines that every file starts with.
pub fn head(program: &str, needs: &str) -> String {
    format!(
        "% Written by {}. Do not edit: `parabench verify` recomputes every number.\n% {needs}\n",
        latex(program)
    )
}

/// Sentences as a note below a table.
pub fn note(sentences: &[String]) -> String {
    let text: Vec<String> = sentences.iter().map(|sentence| latex(sentence)).collect();
    format!(
        "\n\\par\\smallskip\n\\begin{{minipage}}{{\\linewidth}}\n\\footnotesize\n{}\n\\end{{minipage}}\n",
        text.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_as_mathematics() {
        assert_eq!(signed("-0.3"), "$-0.3$");
        assert_eq!(signed("0.0"), "0.0");
        assert_eq!(signed_interval("+0.4 to +6.8"), "$+0.4$ to $+6.8$");
        assert_eq!(p_value("3.3e-18"), "$3.3\\times 10^{-18}$");
        assert_eq!(p_value("<1e-300"), "$<1\\times 10^{-300}$");
        assert_eq!(p_value("0.0347"), "0.0347");
    }
}
