//! Numbers as text, no finer than they are known.

use crate::analysis::compare::sign_flip::SMALLEST_P;

/// Decimals that a mean with this standard error deserves: none above 1, one above 0.1, and so on.
pub fn decimals(se: Option<f64>) -> usize {
    match se {
        Some(se) if se > 1.0 => 0,
        Some(se) if se > 0.1 => 1,
        Some(se) if se > 0.01 => 2,
        Some(se) if se > 0.0 => 3,
        _ => 1,
    }
}

/// A difference with its sign.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:+.decimals$}");
    // A rounded-off minus would show a direction that the digits do not.
    let zero = text.chars().skip(1).all(|c| c == '0' || c == '.');
    if zero {
        text.replacen(['+', '-'], "", 1)
    } else {
        text
    }
}

/// An interval of a difference. An end that would read as 0 gets more decimals, so that one sees on
/// which side of 0 it lies.
pub fn signed_interval(ends: Option<[f64; 2]>, decimals: usize) -> String {
    let Some([lo, hi]) = ends else {
        return "none".to_owned();
    };
    let reads_zero = |value: f64, decimals: usize| {
        value != 0.0 && !signed(value, decimals).starts_with(['+', '-'])
    };
    let mut fine = decimals;
    while fine < decimals + 3 && (reads_zero(lo, fine) || reads_zero(hi, fine)) {
        fine += 1;
    }
    format!("{} to {}", signed(lo, fine), signed(hi, fine))
}

/// A p-value: two significant digits, never 0.
pub fn p_value(p: f64) -> String {
    if p <= SMALLEST_P {
        format!("<{SMALLEST_P:e}")
    } else if p >= 0.9995 {
        "1.0".to_owned()
    } else if p >= 0.0995 {
        format!("{p:.3}")
    } else if p >= 0.00995 {
        format!("{p:.4}")
    } else if p >= 0.000_095 {
        format!("{p:.5}")
    } else {
        format!("{p:.1e}")
    }
}

/// The smallest p that draws can give: two significant digits without zeros at the end.
pub fn limit(p: f64) -> String {
    let digits = (1.0 - p.log10().floor()).clamp(1.0, 20.0) as usize;
    let text = format!("{p:.digits$}");
    text.trim_end_matches('0').to_owned()
}

/// A level or limit in percent: at most one decimal, none where it says nothing.
pub fn level(share: f64) -> String {
    format!("{} %", (1000.0 * share).round() / 10.0)
}

/// A share in percent.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_follow_the_error() {
        assert_eq!([2.0, 0.5, 0.05].map(|se| decimals(Some(se))), [0, 1, 2]);
        assert_eq!(signed(-0.04, 1), "0.0");
        assert_eq!(signed(5.96, 0), "+6");
        assert_eq!(signed_interval(Some([0.36, 6.84]), 0), "+0.4 to +6.8");
        assert_eq!(signed_interval(Some([-0.004, 6.84]), 0), "-0.004 to +6.840");
        assert_eq!(signed_interval(Some([0.0, 1.0]), 0), "0 to +1");
        assert_eq!(signed_interval(None, 1), "none");
    }

    #[test]
    fn p_is_never_zero() {
        assert_eq!(p_value(1e-300), "<1e-300");
        assert_eq!(p_value(3.26e-18), "3.3e-18");
        assert_eq!(p_value(0.0001), "0.00010");
        assert_eq!(p_value(0.03473), "0.0347");
        assert_eq!(p_value(0.6319), "0.632");
        assert_eq!(p_value(1.0), "1.0");
        assert_eq!([0.95, 0.05, 0.975].map(level), ["95 %", "5 %", "97.5 %"]);
        assert_eq!(
            [1e-4, 0.005, 1e-5].map(limit),
            ["0.0001", "0.005", "0.00001"]
        );
    }
}
