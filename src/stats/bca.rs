//! The constants of the bias-corrected and accelerated bootstrap interval.
//!
//! Efron (1987); DiCiccio, Efron (1996); the multi-sample form is that of SciPy's `bootstrap`.

use super::bootstrap_design::BootstrapDesign;
use super::distribution::{normal_cdf, normal_quantile};
use super::interval::Confidence;
use super::sample;

/// Bias correction, acceleration and the two levels at which the bootstrap law is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BcaLevels {
    /// z0 = Φ⁻¹(share of the bootstrap law below the estimate, ties counted half).
    pub z0: f64,
    /// Acceleration a.
    pub acceleration: f64,
    /// Level of the lower end.
    pub lower: f64,
    /// Level of the upper end.
    pub upper: f64,
}

/// α_k = Φ(z0 + (z0 + z_k)/(1 − a(z0 + z_k))) for both tails; `None` where the sample has no variance or the bootstrap
/// law lies wholly on one side of the estimate.
pub fn bca_levels(
    share_below: f64,
    acceleration: Option<f64>,
    confidence: Confidence,
) -> Option<BcaLevels> {
    let (z0, acceleration) = (normal_quantile(share_below), acceleration?);
    let level = |p: f64| {
        let z = z0 + normal_quantile(p);
        normal_cdf(z0 + z / (1.0 - acceleration * z))
    };
    let (lower, upper) = (level(confidence.tail()), level(1.0 - confidence.tail()));
    let usable = z0.is_finite() && lower.is_finite() && upper.is_finite();
    usable.then_some(BcaLevels {
        z0,
        acceleration,
        lower,
        upper,
    })
}

/// a = (1/6) Σ_h Σ_i U³/n_h³ ÷ (Σ_h Σ_i U²/n_h²)^{3/2} with U = W_h(y − ȳ_h); `None` without variance.
pub fn acceleration(design: &BootstrapDesign) -> Option<f64> {
    let (mut cubes, mut squares) = (0.0, 0.0);
    for (values, weight) in design.strata().iter().zip(design.weights()) {
        let values: Vec<f64> = values.iter().map(|&value| value as f64).collect();
        let centre = sample::mean(&values)?;
        let factor = weight / values.len() as f64;
        for value in values {
            let u = factor * (value - centre);
            cubes += u * u * u;
            squares += u * u;
        }
    }
    (squares > 0.0).then(|| cubes / (6.0 * squares.powf(1.5)))
}
