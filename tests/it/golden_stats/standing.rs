//! What may be said about a contrast, through the decision that every form reads.

use parabench::analysis::compare::standing::{
    Described, Facts, Gate, MarginFacts, Role, Tested, WithinMargin,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::support::{ALPHA, Computed, each, read};

#[derive(Deserialize)]
struct Known {
    undefined: Option<String>,
    judges_differ: bool,
    bridge: bool,
    missing_share: f64,
    role: String,
    units: usize,
    gate: Option<String>,
    estimate: f64,
    p_adjusted: f64,
    im: Option<[f64; 2]>,
    margin: Option<f64>,
    im_margin: Option<[f64; 2]>,
    p_equivalence: Option<f64>,
    p_noninferiority: Option<f64>,
    #[serde(default)]
    interval: Option<[f64; 2]>,
}

pub fn standing(input: Value) -> Computed {
    let inputs: Vec<Known> = read(input)?;
    each(inputs, |known| {
        // Without an estimate there is nothing to decide.
        if let Some(reason) = &known.undefined {
            return Ok(json!({"standing": "not-tested", "reason": reason, "also": null}));
        }
        let found = facts(&known)?.standing();
        Ok(json!({
            "standing": found.key(),
            "reason": found.reason(),
            "also": found.also().map(WithinMargin::key),
        }))
    })
}

fn facts(known: &Known) -> Result<Facts, Box<dyn std::error::Error>> {
    let margin = known.margin.map(|margin| MarginFacts {
        margin,
        p_equivalence: known.p_equivalence.unwrap_or(1.0),
        p_noninferiority: known.p_noninferiority.unwrap_or(1.0),
        bounds: known.im_margin,
        alpha: ALPHA,
    });
    Ok(Facts {
        judges_differ: known.judges_differ && !known.bridge,
        missing_share: known.missing_share,
        role: match known.role.as_str() {
            "confirmatory" => Role::Confirmatory,
            "exploratory" => Role::Described(Described::Exploratory),
            "looks" => Role::Described(Described::Looks),
            other => return Err(format!("unknown role `{other}`").into()),
        },
        units: known.units,
        gate: match known.gate.as_deref() {
            None => Gate::None,
            Some("open") => Gate::Open,
            Some("conditional") => Gate::Conditional,
            Some("closed") => Gate::Closed,
            Some(other) => return Err(format!("unknown gate `{other}`").into()),
        },
        estimate: known.estimate,
        interval: known.interval,
        test: Tested::P {
            p: known.p_adjusted,
            alpha: ALPHA,
        },
        bounds: known.im,
        margin,
    })
}
