//! Exact and seeded bootstrap.

use super::support::{Computed, ends, number, read};
use parabench::stats::bootstrap_design::BootstrapDesign;
use parabench::stats::exact_bootstrap::ExactBootstrap;
use parabench::stats::interval::Confidence;
use parabench::stats::seeded_bootstrap::{SeededBootstrap, drawn_indices};
use parabench::stats::splitmix::Resampling;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Exact {
    strata: Vec<Vec<i64>>,
}

/// `asked` names the totals at which a vector wants the law: the first entries of its `cdf_at` pairs.
pub fn exact_bootstrap(input: Value, asked: &Value) -> Computed {
    let input: Exact = read(input)?;
    let bootstrap = ExactBootstrap::new(BootstrapDesign::proportional(&input.strata)?)?;
    let levels = bootstrap.levels(Confidence::P95);
    let pairs: Vec<(i64, f64)> = read(asked["cdf_at"].clone())?;
    let cdf_at: Vec<Value> = pairs
        .iter()
        .map(|(total, _)| json!([total, bootstrap.cdf_of_total(*total)]))
        .collect();
    Ok(json!({
        "estimate": bootstrap.estimate,
        "frac_below": bootstrap.share_below,
        "z0": levels.map(|levels| levels.z0),
        "a": levels.map(|levels| levels.acceleration),
        "alpha1": levels.map(|levels| levels.lower),
        "alpha2": levels.map(|levels| levels.upper),
        "bca": ends(bootstrap.bca(Confidence::P95)),
        "percentile": ends(bootstrap.percentile(Confidence::P95)),
        "boot_sd": bootstrap.sd,
        "cdf_at": cdf_at,
    }))
}

#[derive(Deserialize)]
struct Seeded {
    strata: Vec<Vec<i64>>,
    seed: u64,
    draws: u64,
    confidence: f64,
}

pub fn seeded_bootstrap(input: Value) -> Computed {
    let Seeded {
        strata,
        seed,
        draws,
        confidence,
    } = read(input)?;
    let confidence = Confidence::new(confidence)?;
    let bootstrap = SeededBootstrap::new(
        BootstrapDesign::proportional(&strata)?,
        Resampling { seed, draws },
    )?;
    let levels = bootstrap.levels(confidence);
    let bca = bootstrap.bca(confidence);
    let studentised = bootstrap.studentised(confidence);
    let indices = |(stratum, values): (usize, &Vec<i64>)| {
        drawn_indices(seed, stratum, 0, values.len())
            .into_iter()
            .take(8)
            .collect::<Vec<_>>()
    };
    let totals: Vec<i64> = bootstrap
        .totals()
        .iter()
        .map(|&total| i64::try_from(total))
        .collect::<Result<_, _>>()?;
    Ok(json!({
        "estimate": bootstrap.estimate,
        "frac_below": bootstrap.share_below,
        "z0": levels.map(|levels| levels.z0),
        "a": levels.map(|levels| levels.acceleration),
        "alpha1": levels.map(|levels| levels.lower),
        "alpha2": levels.map(|levels| levels.upper),
        "lo": bca.map(|interval| interval.lo),
        "hi": bca.map(|interval| interval.hi),
        "boot_se": bootstrap.standard_deviation(),
        "percentile": ends(bootstrap.percentile(confidence)),
        "basic": ends(bootstrap.basic(confidence)),
        "se_formula": bootstrap.formula_standard_error(),
        "t_star_quantiles": studentised.map(|t| t.quantiles.map(number)),
        "studentised": ends(studentised.map(|t| t.interval)),
        "first_totals": totals.iter().take(8).collect::<Vec<_>>(),
        "checksum_totals": totals.iter().sum::<i64>(),
        "first_indices": strata.iter().enumerate().map(indices).collect::<Vec<_>>(),
    }))
}
