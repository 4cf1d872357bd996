//! Normal, t, F and beta laws, through the special functions of statrs.
//!
//! This is the only file that names the crate. statrs panics on arguments outside a law's domain; these wrappers return
//! NaN instead. Upper tails are computed as tails, never as 1 − cdf, so that p-values of 1e-200 keep their digits.

use statrs::function::beta::{checked_beta_reg, inv_beta_reg};
use statrs::function::erf::{erfc, erfc_inv};
use std::f64::consts::SQRT_2;

pub use statrs::function::gamma::ln_gamma;

/// Φ(x).
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x / SQRT_2)
}

/// 1 − Φ(x), accurate far in the tail.
pub fn normal_sf(x: f64) -> f64 {
    0.5 * erfc(x / SQRT_2)
}

/// 2(1 − Φ(|z|)): two-sided p of a standard normal statistic.
pub fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / SQRT_2)
}

/// Standard normal density.
pub fn normal_pdf(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Φ⁻¹(p) for p in 0..=1 (infinite at the ends), NaN otherwise.
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    -SQRT_2 * erfc_inv(2.0 * p)
}

/// Regularised incomplete beta function I_x(a, b), NaN outside its domain.
pub fn beta_cdf(a: f64, b: f64, x: f64) -> f64 {
    checked_beta_reg(a, b, x).unwrap_or(f64::NAN)
}

/// P(T ≥ t) for Student's t with `df` > 0 degrees of freedom (real valued).
pub fn t_sf(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    let tail = 0.5 * t_outer(t, df);
    if t >= 0.0 { tail } else { 1.0 - tail }
}

/// P(T ≤ t).
pub fn t_cdf(t: f64, df: f64) -> f64 {
    t_sf(-t, df)
}

/// P(|T| ≥ |t|).
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if t.is_infinite() { 0.0 } else { t_outer(t, df) }
}

/// P(|T| ≥ |t|) as a beta integral; of the two equivalent forms the one whose argument is not near 1, where x has lost
/// the digits of its complement.
fn t_outer(t: f64, df: f64) -> f64 {
    let square = t * t;
    if square < df {
        1.0 - beta_cdf(0.5, 0.5 * df, square / (df + square))
    } else {
        beta_cdf(0.5 * df, 0.5, df / (df + square))
    }
}

/// Quantile of Student's t: the x with P(T ≤ x) = p. NaN outside 0..=1 or for `df` ≤ 0.
///
/// The beta inversion of statrs is polished by two Newton steps on the tail probability, because near the centre it
/// works on a number close to 1.
pub fn t_quantile(p: f64, df: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if p == 0.5 {
        return 0.0;
    }
    let tail = p.min(1.0 - p);
    if tail == 0.0 {
        return if p < 0.5 {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        };
    }
    let y = inv_beta_reg(0.5 * df, 0.5, 2.0 * tail);
    let mut x = (df * (1.0 - y) / y).sqrt();
    for _ in 0..2 {
        let step = (t_sf(x, df) - tail) / t_pdf(x, df);
        if step.is_finite() && step.abs() < 0.1 * x {
            x += step;
        }
    }
    if p < 0.5 { -x } else { x }
}

/// Density of Student's t.
fn t_pdf(x: f64, df: f64) -> f64 {
    let log =
        ln_gamma(0.5 * (df + 1.0)) - ln_gamma(0.5 * df) - 0.5 * (df * std::f64::consts::PI).ln();
    (log - 0.5 * (df + 1.0) * (x * x / df).ln_1p()).exp()
}

/// P(F ≥ f) for Fisher's F with (`df1`, `df2`) degrees of freedom.
pub fn f_sf(f: f64, df1: f64, df2: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    if f.is_infinite() {
        return 0.0;
    }
    beta_cdf(0.5 * df2, 0.5 * df1, df2 / (df2 + df1 * f))
}

/// Quantile of Fisher's F.
pub fn f_quantile(p: f64, df1: f64, df2: f64) -> f64 {
    let x = beta_quantile(p, 0.5 * df1, 0.5 * df2);
    df2 * x / (df1 * (1.0 - x))
}

/// P(X ≥ x) of the chi-squared law.
pub fn chi_squared_sf(x: f64, df: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    statrs::function::gamma::checked_gamma_ur(0.5 * df, 0.5 * x).unwrap_or(f64::NAN)
}

/// Quantile of the beta law: bisection to the last bit, started from nothing.
///
/// statrs' own inversion stops at about 1e-8 for lopsided shapes (`a` = 1, `b` = 300), too coarse for Clopper–Pearson
/// ends; 200 halvings cost a few microseconds.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || a.is_nan() || b.is_nan() || a <= 0.0 || b <= 0.0 {
        return f64::NAN;
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beta_cdf(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}
