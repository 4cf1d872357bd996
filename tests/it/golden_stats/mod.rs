//! Golden vectors of the statistics: every file of `$PARABENCH_GOLDEN/stats` (default `tests/golden/stats`) is computed
//! again by the library's public functions and compared entry by entry.
//!
//! Nothing is computed here: the modules read a family's input, call the library and name the results.

mod agreement;
mod benchmark;
mod bootstrap;
mod compare;
mod exact;
mod inference;
mod intervals;
mod judges;
mod multiple;
mod pages;
mod reliability;
mod standing;
mod support;

use compare::{Tolerance, differences};
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use support::Computed;

/// One golden file. Further keys (method, package, version, note) explain the case to people.
#[derive(Deserialize)]
struct Case {
    family: String,
    case: String,
    input: Value,
    expected: Value,
    tolerance: Tolerance,
}

/// Computes a case of a family. The list is closed: an unknown family is a failure.
fn compute(family: &str, input: Value, expected: &Value) -> Computed {
    match family {
        "association_items" => agreement::association_items(input),
        "board" => pages::leaderboard(input, expected),
        "bounded_mean_ci" => intervals::bounded_mean_ci(input),
        "bridge" => judges::bridge(input),
        "clusters" => inference::intervals(input, expected),
        "degenerate_difference_bound" => inference::intervals(input, expected),
        "degenerate_pairs" => inference::degenerate_pairs(input),
        "equivalence_adjusted" => inference::equivalence_adjusted(input),
        "exact_bootstrap" => bootstrap::exact_bootstrap(input, expected),
        "exact_correlation" => agreement::exact_correlation(input),
        "generalise" => judges::generalise(input),
        "group_sequential" => multiple::group_sequential(input),
        "heterogeneity" => judges::heterogeneity(input),
        "icc" => reliability::icc(input),
        "imbens_manski_adjusted" => judges::imbens_manski_adjusted(input),
        "kappa_and_rank_agreement" => agreement::kappa_and_rank_agreement(input),
        "krippendorff" => reliability::krippendorff(input),
        "looks_small_n" => judges::looks_small_n(input),
        "mcnemar" => exact::mcnemar(input),
        "means_only_bounds" => intervals::means_only_bounds(input),
        "missing_bounds" => intervals::missing_bounds(input),
        "multiplicity" => multiple::multiplicity(input),
        "nested_anova" => reliability::nested_anova(input),
        "one_family_maxt" => pages::one_family_maxt(input),
        "oneway_unbalanced" => reliability::oneway_unbalanced(input),
        "paired_t_tost_effects" => intervals::paired_t_tost_effects(input),
        "power_paired" => intervals::power_paired(input),
        "ppi_mean" => reliability::ppi_mean(input),
        "proportions" => intervals::proportions(input),
        "published_pilot" => judges::published_pilot(input),
        "rank_sets" => multiple::rank_sets(input),
        "ratio_fieller" => intervals::ratio_fieller(input),
        "seeded_bootstrap" => bootstrap::seeded_bootstrap(input),
        "signflip_inversion_ci" => exact::signflip_inversion_ci(input),
        "signflip_mc" => exact::signflip_mc(input),
        "signflip_repeats" => exact::signflip_repeats(input),
        "signflip_small" => exact::signflip_small(input),
        "simultaneous_small_n" => inference::intervals(input, expected),
        "standing" => standing::standing(input),
        "thin_strata" => inference::intervals(input, expected),
        "weighted_signflip" => inference::weighted_signflip(input, expected),
        "westfall_young" => multiple::westfall_young(input),
        "whole_benchmark" => benchmark::whole_benchmark(input, expected),
        "wilcoxon" => exact::wilcoxon(input),
        unknown => Err(format!("unknown family `{unknown}`").into()),
    }
}

fn golden_folder() -> PathBuf {
    let root = std::env::var_os("PARABENCH_GOLDEN").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
        PathBuf::from,
    );
    root.join("stats")
}

/// What is wrong with one file; empty if nothing is.
fn check(path: &Path) -> Vec<String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return vec![error.to_string()],
    };
    let case: Case = match serde_json::from_str(&text) {
        Ok(case) => case,
        Err(error) => return vec![error.to_string()],
    };
    match compute(&case.family, case.input, &case.expected) {
        Ok(got) => differences(&case.case, &got, &case.expected, &case.tolerance),
        Err(error) => vec![format!("{}: {error}", case.case)],
    }
}

#[test]
fn golden_statistics_agree_with_every_vector() {
    let folder = golden_folder();
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    assert!(
        !paths.is_empty(),
        "no golden vectors in {}",
        folder.display()
    );
    let mut failures = Vec::new();
    for path in &paths {
        let wrong = check(path);
        for line in wrong.iter().take(12) {
            failures.push(format!("{}: {line}", path.display()));
        }
        if wrong.len() > 12 {
            failures.push(format!("{}: and {} more", path.display(), wrong.len() - 12));
        }
    }
    assert!(
        failures.is_empty(),
        "{} differences\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn golden_unknown_families_fail() {
    assert!(compute("no_such_family", Value::Null, &Value::Null).is_err());
}
