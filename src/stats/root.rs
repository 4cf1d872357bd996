//! Solving one equation in one unknown.

/// The point between `low` and `high` where `below` turns from true to false, to the last bit.
pub(super) fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) {
            low = middle
        } else {
            high = middle
        }
    }
    0.5 * (low + high)
}

/// A zero of `f` between `low` and `high`, where it changes sign: Chandrupatla's method (1997), which takes an inverse
/// quadratic step when that is safe and halves the bracket when not. About ten evaluations instead of bisection's fifty.
/// Without a change of sign the end with the smaller |f| is returned.
pub(super) fn zero(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut a, mut b) = (high, low);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa * fb > 0.0 {
        return if fa.abs() < fb.abs() { a } else { b };
    }
    let mut t = 0.5;
    for _ in 0..200 {
        let x = a + t * (b - a);
        let fx = f(x);
        // c is the point that leaves the bracket; it still bends the next step.
        let (c, fc) = if (fx > 0.0) == (fa > 0.0) {
            (a, fa)
        } else {
            let left = (b, fb);
            (b, fb) = (a, fa);
            left
        };
        (a, fa) = (x, fx);
        let (best, f_best) = if fa.abs() < fb.abs() {
            (a, fa)
        } else {
            (b, fb)
        };
        let limit = 2.0 * f64::EPSILON * best.abs() / (b - a).abs();
        if f_best == 0.0 || limit > 0.5 || a == b {
            return best;
        }
        t = step(a, b, c, fa, fb, fc).clamp(limit, 1.0 - limit);
    }
    a
}

/// Relative position of the next point: inverse quadratic interpolation where it is monotone between a and b, else ½.
fn step(a: f64, b: f64, c: f64, fa: f64, fb: f64, fc: f64) -> f64 {
    let (xi, phi) = ((a - b) / (c - b), (fa - fb) / (fc - fb));
    let safe = phi * phi < xi && (1.0 - phi).powi(2) < 1.0 - xi;
    if !safe {
        return 0.5;
    }
    let t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb);
    if t.is_finite() { t } else { 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_of_easy_and_awkward_functions() {
        assert!((zero(0.0, 2.0, |x| x * x - 2.0) - 2.0_f64.sqrt()).abs() < 1e-15);
        assert!((zero(-10.0, 10.0, |x| x.powi(9) - 1e-9) - 0.1).abs() < 1e-12);
        assert!(
            (zero(0.0, 50.0, |x| (-x).exp() - 1e-12) - 12.0 * std::f64::consts::LN_10).abs() < 1e-9
        );
        assert_eq!(zero(0.0, 1.0, |x| x), 0.0);
    }

    #[test]
    fn no_change_of_sign_returns_the_nearer_end() {
        assert_eq!(zero(1.0, 2.0, |x| x), 1.0);
        assert!((bisect(0.0, 4.0, |x| x * x < 2.0) - 2.0_f64.sqrt()).abs() < 1e-15);
    }
}
