//! Exact paired tests.

use super::support::{Computed, each, ends, number, read};
use parabench::stats::flips::drawn::drawn;
use parabench::stats::interval::Confidence;
use parabench::stats::lattice::{Lattice, differences, item_value};
use parabench::stats::rational::Rational;
use parabench::stats::signflip::{SignFlip, sign_flip};
use parabench::stats::signflip_inversion::invert;
use parabench::stats::splitmix::{Resampling, signs};
use parabench::stats::wilcoxon::{self as ranks, Wilcoxon, Zeros};
use parabench::stats::{effect, mcnemar as pairs};
use serde::Deserialize;
use serde_json::{Value, json};

fn law(test: &SignFlip) -> Value {
    json!({
        "t": test.statistic,
        "n_nonzero": test.nonzero,
        "sum_abs": test.sum_abs,
        "p_greater": test.p_greater,
        "p_less": test.p_less,
        "p_two_sided": test.p_two_sided(),
        "midp_greater": test.mid_p_greater(),
        "midp_less": test.mid_p_less(),
        "midp_two_sided": test.mid_p_two_sided(),
        "p_two_sided_fraction": test.p_two_sided_fraction().map(|(count, of)| format!("{count}/{of}")),
    })
}

#[derive(Deserialize)]
struct Samples {
    d: Vec<Vec<i64>>,
}

pub fn signflip_small(input: Value) -> Computed {
    let input: Samples = read(input)?;
    each(input.d, |d| Ok(law(&sign_flip(&d)?)))
}

#[derive(Deserialize)]
struct Repeats {
    a_repeats: Vec<Vec<Option<i64>>>,
    b_repeats: Vec<Vec<Option<i64>>>,
}

pub fn signflip_repeats(input: Value) -> Computed {
    let inputs: Vec<Repeats> = read(input)?;
    each(inputs, |repeats| {
        let values = |side: &[Vec<Option<i64>>]| {
            side.iter()
                .map(|item| item_value(&[item]))
                .collect::<Result<Vec<_>, _>>()
        };
        let pairs = differences(&values(&repeats.a_repeats)?, &values(&repeats.b_repeats)?)?;
        let complete: Vec<Rational> = pairs.into_iter().flatten().collect();
        let lattice = Lattice::of(&complete)?;
        let mut result = law(&sign_flip(&lattice.steps)?);
        result["n_pairs"] = json!(complete.len());
        result["lattice_denominator"] = json!(lattice.denominator);
        result["gcd"] = json!(lattice.divisor);
        result["mean_difference"] = json!(Rational::mean(&complete)?.map(Rational::to_f64));
        Ok(result)
    })
}

#[derive(Deserialize)]
struct Seeded {
    d: Vec<i64>,
    seed: u64,
    draws: u64,
}

pub fn signflip_mc(input: Value) -> Computed {
    let Seeded { d, seed, draws } = read(input)?;
    let floats: Vec<f64> = d.iter().map(|&d| d as f64).collect();
    let test = drawn(&floats, Resampling { seed, draws })?;
    let exact = sign_flip(&d)?;
    let flipped = |draw| -> i64 {
        let signs = signs(seed, draw, d.len());
        d.iter().zip(signs).map(|(d, sign)| d * sign).sum()
    };
    Ok(json!({
        "t": exact.statistic,
        "count": test.count,
        "p": test.p,
        "mc_ci": ends(test.interval),
        "p_exact": exact.p_two_sided(),
        "first_signs": signs(seed, 0, d.len()).take(10).collect::<Vec<_>>(),
        "first_T": (0..5).map(flipped).collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize)]
struct Inversion {
    d: Vec<i64>,
    grid_per_point: u32,
    alpha: f64,
}

pub fn signflip_inversion_ci(input: Value) -> Computed {
    let input: Inversion = read(input)?;
    let interval = invert(&input.d, input.grid_per_point, input.alpha)?;
    Ok(json!({
        "lo": interval.lower.map(|end| end.shift),
        "hi": interval.upper.map(|end| end.shift),
        "p_at_lo": interval.lower.map(|end| end.p_inside),
        "p_below_lo": interval.lower.map(|end| end.p_outside),
        "p_at_hi": interval.upper.map(|end| end.p_inside),
        "p_above_hi": interval.upper.map(|end| end.p_outside),
    }))
}

pub fn wilcoxon(input: Value) -> Computed {
    let input: Samples = read(input)?;
    let describe = |test: Wilcoxon| {
        json!({
            "n_used": test.ranked,
            "n_zero": test.zeros,
            "r_plus": test.r_plus,
            "r_minus": test.r_minus,
            "z": test.z,
            "p_asymptotic": test.p_asymptotic,
            "p_exact": test.p_exact,
            "midp_exact": test.mid_p_exact,
        })
    };
    each(input.d, |d| {
        let wins = effect::WinCount::of(&d).ok();
        Ok(json!({
            "pratt": describe(ranks::wilcoxon(&d, Zeros::Pratt, false)),
            "pratt_cc": describe(ranks::wilcoxon(&d, Zeros::Pratt, true)),
            "wilcox": describe(ranks::wilcoxon(&d, Zeros::Discard, false)),
            "wilcox_cc": describe(ranks::wilcoxon(&d, Zeros::Discard, true)),
            "matched_rank_biserial_nonzero": ranks::rank_biserial(&d, Zeros::Discard),
            "matched_rank_biserial_pratt": ranks::rank_biserial(&d, Zeros::Pratt),
            "ps_dep": wins.map(|wins| wins.superiority()),
            "net_win_rate": wins.map(|wins| wins.net_win_rate()),
        }))
    })
}

#[derive(Deserialize)]
struct Tables {
    n11_n10_n01_n00: Vec<[u64; 4]>,
}

pub fn mcnemar(input: Value) -> Computed {
    let input: Tables = read(input)?;
    each(
        input.n11_n10_n01_n00,
        |[both, first_only, second_only, neither]| {
            let table = pairs::PairedOutcomes {
                both,
                first_only,
                second_only,
                neither,
            };
            let test = pairs::mcnemar(table);
            let (difference, interval) = pairs::tango(table, Confidence::P95)?;
            Ok(json!({
                "b": first_only,
                "c": second_only,
                "p_exact": test.p_exact,
                "p_mid": test.p_mid,
                "chi2_uncorrected": number(test.chi_squared),
                "p_asymptotic": number(test.p_asymptotic),
                "difference": difference,
                "tango": ends(interval),
                "signflip": sign_flip(&table.differences())?.p_two_sided(),
            }))
        },
    )
}
