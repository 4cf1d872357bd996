//! Golden vectors of the model: every folder under `$PARABENCH_GOLDEN/model/` (default `tests/golden/model/`) whose
//! name starts with one of the known forms is read and must be reproduced. Run with `--nocapture` to see the largest
//! deviation of each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may stop at the first surprise, their helpers too"
)]

#[path = "golden_model/clip.rs"]
mod clip;
#[path = "golden_model/common.rs"]
mod common;
#[path = "golden_model/crop.rs"]
mod crop;
#[path = "golden_model/lm.rs"]
mod lm;
#[path = "golden_model/vq.rs"]
mod vq;
