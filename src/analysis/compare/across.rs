//! A line across judges.

use crate::analysis::compare::computed::{Computed, Means, Part};
use crate::analysis::compare::contrast::{Contrast, ContrastFinding, Difference, Flag, Metric};
use crate::analysis::compare::crossing::{Basis, Crossed};
use crate::analysis::compare::effects::ends;
use crate::analysis::compare::margin::margin_across;
use crate::analysis::compare::pairs::Pairs;
use crate::analysis::compare::setting::Setting;
use crate::analysis::compare::sign_flip::{BRIDGE, Test, bounded};
use crate::analysis::compare::standing::Standing;
use crate::analysis::scores::failures::{FLAGGED_SHARE, failures};
use crate::analysis::scores::sheet::Sheet;
use crate::stats::bridge::Joined;
use crate::stats::error::Result;

/// A line across judges: everything in it carries the uncertainty of the bridge.
pub(super) fn across(
    setting: &Setting<'_>,
    (a, b): (&Sheet, &Sheet),
    metric: Metric,
    parts: &[Part<'_>],
    (pairs, (joined, basis)): (Pairs, (Joined, Basis)),
) -> Result<Computed> {
    let slope = setting.mapping.slope();
    // What missing marks could do across a bridge is not bounded: a claim is conditional then.
    let (failures, _) = failures(setting.items, setting.mapping, parts, setting.seed)?;
    let raw = ends(joined.interval);
    let mut flags = vec![Flag::Bridged];
    if failures.worst_share() > FLAGGED_SHARE {
        flags.push(Flag::MissingAboveTwoPercent);
    }
    let units = pairs.mean.units();
    let finding = ContrastFinding {
        difference: Difference {
            points: joined.estimate * slope,
            raw: joined.estimate,
            se: Some(joined.se * slope),
            df: Some(joined.df),
            ci95: Some(raw.map(|end| end * slope)),
            ci95_raw: Some(raw),
            ci95_method: BRIDGE,
            no_interval: None,
            se_judge_only: None,
            items: pairs.count(),
            units: units.min(joined.anchors),
            unseen: None,
        },
        wins: None,
        effects: None,
        crossed: Some(Crossed {
            basis,
            tasks: joined.anchors,
            shift: joined.shift * slope,
            se_shift: joined.se_shift * slope,
        }),
        test: Test {
            method: BRIDGE,
            p: bounded(joined.p),
            mid_p: None,
            p_ci95: None,
            p_wilcoxon_pratt: None,
            nonzero: pairs.mean.changed().any,
            lattice_step: 0.0,
        },
        adjusted: None,
        pass: None,
        margin: margin_across(setting, &joined)?,
        failures,
        bca95: None,
        ratio: None,
        by_category: None,
        sources: None,
        flags,
    };
    Ok(Computed {
        contrast: Contrast {
            candidate: a.label.clone(),
            baseline: b.label.clone(),
            metric,
            // Until its page is decided.
            standing: Standing::NotShown { interval: false },
            result: Ok(finding),
        },
        means: Some(Means {
            observed: pairs.mean,
            extremes: None,
            judges_differ: false,
            joined: Some(joined),
        }),
    })
}
